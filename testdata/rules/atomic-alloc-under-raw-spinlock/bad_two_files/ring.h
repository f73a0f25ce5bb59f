/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef RING_H
#define RING_H

#include <linux/spinlock.h>
#include <linux/types.h>

struct ring {
	raw_spinlock_t lock;
	void *pages[16];
	unsigned int used;
};

struct ring_ops {
	void *(*new_page)(struct ring *ring, gfp_t gfp);
};

extern const struct ring_ops ring_ops;

void *ring_grow(struct ring *ring, gfp_t gfp);
void *ring_page(struct ring *ring, gfp_t gfp);
struct ring *ring_lock(struct ring *ring);
void ring_unlock(struct ring *ring);
void *ring_slot(struct ring *ring);

/* Defined in the header: seen by both files. */
static inline void *ring_take(struct ring *ring)
{
	if (ring->used)
		return ring->pages[--ring->used];
	return ring_slot(ring);
}

#endif
