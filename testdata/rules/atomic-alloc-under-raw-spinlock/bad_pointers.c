// SPDX-License-Identifier: MIT OR Apache-2.0
// The allocation is behind a function pointer.
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

struct sensor;

struct sensor_ops {
	int (*start)(struct sensor *s);
	int (*resume)(struct sensor *s);
	void (*sample)(struct sensor *s, int channel);
	const struct sensor_filter_ops *filter;
};

struct sensor_filter_ops {
	void *(*window)(struct sensor *s);
};

struct sensor {
	raw_spinlock_t lock;
	const struct sensor_ops *ops;
	void (*notify)(struct sensor *s);
	void *buffer;
};

static int start_with_buffer(struct sensor *s)
{
	s->buffer = kmalloc(256, GFP_ATOMIC);
	return s->buffer ? 0 : -ENOMEM;
}

static int resume_with_buffer(struct sensor *s)
{
	s->buffer = kmalloc(512, GFP_ATOMIC);
	return s->buffer ? 0 : -ENOMEM;
}

static void sample_channel(struct sensor *s, int channel)
{
	(void)channel;
}

static void *window_copy(struct sensor *s)
{
	return kzalloc(64, GFP_NOWAIT);
}

static const struct sensor_filter_ops filter_ops = {
	.window = window_copy,
};

static const struct sensor_ops ops = {
	.start = start_with_buffer,
	.resume = resume_with_buffer,
	.sample = sample_channel,
	.filter = &filter_ops,
};

int ops_table_bad(struct sensor *s)
{
	int err;

	raw_spin_lock(&s->lock);
	err = s->ops->start(s); //~ ERROR atomic-alloc-under-raw-spinlock
	raw_spin_unlock(&s->lock);
	return err;
}

void nested_table_bad(struct sensor *s)
{
	raw_spin_lock(&s->lock);
	s->buffer = s->ops->filter->window(s); //~ ERROR atomic-alloc-under-raw-spinlock
	raw_spin_unlock(&s->lock);
}

static int resume_chip(const struct sensor_ops *chip, struct sensor *s)
{
	return chip->resume(s);
}

/* The pointer is called one function further down. */
int ops_in_callee_bad(struct sensor *s)
{
	int err;

	raw_spin_lock(&s->lock);
	err = resume_chip(s->ops, s); //~ ERROR atomic-alloc-under-raw-spinlock
	raw_spin_unlock(&s->lock);
	return err;
}

static void notify_with_copy(struct sensor *s)
{
	s->buffer = kmalloc(16, GFP_ATOMIC);
}

/* The pointer is stored at run time. */
void sensor_init(struct sensor *s)
{
	s->ops = &ops;
	s->notify = notify_with_copy;
}

void stored_pointer_bad(struct sensor *s)
{
	raw_spin_lock(&s->lock);
	if (s->notify)
		s->notify(s); //~ ERROR atomic-alloc-under-raw-spinlock
	raw_spin_unlock(&s->lock);
}

static int each_channel_bad(struct sensor *s, void (*visit)(struct sensor *s, long channel))
{
	long channel;

	raw_spin_lock(&s->lock);
	for (channel = 0; channel < 4; channel++)
		visit(s, channel); //~ ERROR atomic-alloc-under-raw-spinlock
	raw_spin_unlock(&s->lock);
	return 0;
}

static void copy_channel(struct sensor *s, long channel)
{
	s->buffer = kmalloc(channel, GFP_ATOMIC);
}

/* The callback is handed to the function that holds the lock. */
int callback_argument(struct sensor *s)
{
	return each_channel_bad(s, copy_channel);
}

static int restart_with_buffer(struct sensor *s)
{
	s->buffer = kmalloc(128, GFP_ATOMIC);
	return s->buffer ? 0 : -ENOMEM;
}

/* A local variable holds the address. */
int local_pointer_bad(struct sensor *s)
{
	int (*restart)(struct sensor *) = restart_with_buffer;
	int err;

	raw_spin_lock(&s->lock);
	err = restart(s); //~ ERROR atomic-alloc-under-raw-spinlock
	raw_spin_unlock(&s->lock);
	return err;
}
