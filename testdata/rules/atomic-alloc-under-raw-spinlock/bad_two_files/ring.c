// SPDX-License-Identifier: MIT OR Apache-2.0
// The allocating half. Nothing is wrong in this file taken alone.
#include <linux/gfp.h>
#include <linux/slab.h>
#include "ring.h"

/* Same name as a function of the other file, and nothing to do with it. */
static void *allocate(struct ring *ring)
{
	return ring->pages[0];
}

void *ring_grow(struct ring *ring, gfp_t gfp)
{
	if (ring->used >= 16)
		return allocate(ring);
	return (void *)__get_free_page(gfp);
}

void *ring_page(struct ring *ring, gfp_t gfp)
{
	return (void *)get_zeroed_page(gfp);
}

static void *new_page(struct ring *ring, gfp_t gfp)
{
	return kmalloc(4096, gfp | __GFP_ZERO);
}

const struct ring_ops ring_ops = {
	.new_page = new_page,
};

struct ring *ring_lock(struct ring *ring)
{
	raw_spin_lock(&ring->lock);
	return ring;
}

void ring_unlock(struct ring *ring)
{
	raw_spin_unlock(&ring->lock);
}

void *ring_slot(struct ring *ring)
{
	return kmalloc(sizeof(void *), GFP_ATOMIC);
}
