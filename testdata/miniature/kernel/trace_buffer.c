// SPDX-License-Identifier: MIT OR Apache-2.0
/* A buffer for events that come from anywhere, so its lock is a raw one. */
#include <linux/errno.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

struct event {
	struct list_head node;
	int code;
};

struct trace_buffer {
	raw_spinlock_t lock;
	struct list_head events;
	struct list_head spare;
	unsigned int count;
};

static void drop_event(struct event *event)
{
	list_del(&event->node);
	kfree(event);
}

/* Frees with the lock held. */
void trace_overwrite(struct trace_buffer *buffer)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&buffer->lock, flags);
	if (buffer->count > 100) {
		drop_event(list_first_entry(&buffer->events, struct event, node));
		buffer->count--;
	}
	raw_spin_unlock_irqrestore(&buffer->lock, flags);
}

/* Takes an event that was allocated before. */
int trace_write(struct trace_buffer *buffer, int code)
{
	struct event *event;

	guard(raw_spinlock_irqsave)(&buffer->lock);
	event = list_first_entry_or_null(&buffer->spare, struct event, node);
	if (!event)
		return -ENOSPC;
	event->code = code;
	list_move(&event->node, &buffer->events);
	buffer->count++;
	return 0;
}

int trace_refill(struct trace_buffer *buffer)
{
	struct event *event = kmalloc(sizeof(*event), GFP_KERNEL);

	if (!event)
		return -ENOMEM;
	scoped_guard(raw_spinlock_irqsave, &buffer->lock)
		list_add(&event->node, &buffer->spare);
	return 0;
}

void trace_clear(struct trace_buffer *buffer)
{
	struct event *event, *next;
	LIST_HEAD(doomed);

	scoped_guard(raw_spinlock_irqsave, &buffer->lock) {
		list_splice_init(&buffer->events, &doomed);
		buffer->count = 0;
	}
	list_for_each_entry_safe(event, next, &doomed, node)
		kfree(event);
}
