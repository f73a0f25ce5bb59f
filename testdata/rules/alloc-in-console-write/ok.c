// SPDX-License-Identifier: MIT OR Apache-2.0
// Consoles that take the lock of their port and write, and what may allocate.
#include <linux/console.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

struct port {
	spinlock_t lock;
	char *buffer;
	unsigned int used;
};

static void put(struct port *port, char c)
{
	port->buffer[port->used++ & 0xff] = c;
}

static void write_ok(struct console *co, const char *text, unsigned int count)
{
	struct port *port = co->data;
	unsigned long flags;

	spin_lock_irqsave(&port->lock, flags);
	while (count--)
		put(port, *text++);
	spin_unlock_irqrestore(&port->lock, flags);
}

static void thread_ok(struct console *co, struct nbcon_write_context *wctxt)
{
	char *line = kmalloc(80, GFP_KERNEL);

	kfree(line);
}

int set_up_ok(struct console *co, struct port *port)
{
	port->buffer = kmalloc(256, GFP_KERNEL);
	co->data = port;
	register_console(co);
	return port->buffer ? 0 : -1;
}

static struct console serial = { .name = "serial", .write = write_ok, .write_thread = thread_ok };
