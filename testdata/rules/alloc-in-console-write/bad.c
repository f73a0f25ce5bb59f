// SPDX-License-Identifier: MIT OR Apache-2.0
// Consoles that need memory in order to print.
#include <linux/console.h>
#include <linux/slab.h>
#include <linux/wait.h>

static void *last;

static void atomic_flags_bad(struct console *co, const char *text, unsigned int count)
{
	last = kmalloc(count, GFP_ATOMIC); //~ ERROR alloc-in-console-write
}

static void frees_bad(struct console *co, const char *text, unsigned int count)
{
	kfree(last); //~ ERROR alloc-in-console-write
	last = NULL;
}

struct port {
	void *(*get_buffer)(unsigned int size);
};

static void *get_buffer(unsigned int size)
{
	return kzalloc(size, GFP_NOWAIT);
}

static const struct port port = { .get_buffer = get_buffer };

static void port_write(const struct port *p, unsigned int count)
{
	last = p->get_buffer(count);
}

static void through_the_port_bad(struct console *co, const char *text, unsigned int count)
{
	port_write(co->data, count); //~ ERROR alloc-in-console-write
}

static struct console first = { .name = "first", .write = atomic_flags_bad };
static struct console second = { .name = "second", .write = frees_bad };
static struct console third = { .name = "third", .write = through_the_port_bad, .data = (void *)&port };
