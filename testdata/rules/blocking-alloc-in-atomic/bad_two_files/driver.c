// SPDX-License-Identifier: MIT OR Apache-2.0
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "transport.h"

static int wire_open(struct transport *t)
{
	t->frame = kzalloc(1500, GFP_KERNEL);
	return t->frame ? 0 : -1;
}

static void *make_frame(const void *data, size_t size, gfp_t gfp)
{
	void *frame = kmalloc(size + 16, gfp);

	if (frame)
		memcpy(frame, data, size);
	return frame;
}

static int wire_send(struct transport *t, const void *data, size_t size)
{
	t->frame = make_frame(data, size, GFP_KERNEL);
	return t->frame ? 0 : -1;
}

static int loopback_send(struct transport *t, const void *data, size_t size)
{
	t->frame = make_frame(data, size, GFP_ATOMIC);
	return t->frame ? 0 : -1;
}

const struct transport_ops wire_ops = {
	.open = wire_open,
	.send = wire_send,
};

const struct transport_ops loopback_ops = {
	.open = wire_open,
	.send = loopback_send,
};

/* The lock is held by the caller's own doing here. */
void resize_bad(struct transport *t)
{
	transport_lock(t);
	t->frame = krealloc(t->frame, 64, GFP_KERNEL); //~ ERROR blocking-alloc-in-atomic
	transport_unlock(t);
}
