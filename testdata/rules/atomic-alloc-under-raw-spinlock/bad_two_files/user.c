// SPDX-License-Identifier: MIT OR Apache-2.0
// The locking half: each chain ends in ring.c.
#include <linux/slab.h>
#include "ring.h"

static void *allocate(struct ring *ring)
{
	return ring_page(ring, GFP_ATOMIC);
}

void other_file_bad(struct ring *ring)
{
	raw_spin_lock(&ring->lock);
	ring->pages[0] = ring_grow(ring, GFP_NOWAIT); //~ ERROR atomic-alloc-under-raw-spinlock
	raw_spin_unlock(&ring->lock);
}

/* The static function of this file is meant, not the one of ring.c. */
void own_static_bad(struct ring *ring)
{
	raw_spin_lock(&ring->lock);
	ring->pages[1] = allocate(ring); //~ ERROR atomic-alloc-under-raw-spinlock
	raw_spin_unlock(&ring->lock);
}

/* The lock is taken in the other file too. */
void locked_there_bad(struct ring *ring)
{
	ring_lock(ring);
	ring->pages[2] = kmalloc(64, GFP_ATOMIC); //~ ERROR atomic-alloc-under-raw-spinlock
	ring_unlock(ring);
}

void table_of_other_file_bad(struct ring *ring)
{
	raw_spin_lock(&ring->lock);
	ring->pages[3] = ring_ops.new_page(ring, GFP_ATOMIC); //~ ERROR atomic-alloc-under-raw-spinlock
	raw_spin_unlock(&ring->lock);
}

void header_inline_bad(struct ring *ring)
{
	raw_spin_lock(&ring->lock);
	ring->pages[4] = ring_take(ring); //~ ERROR atomic-alloc-under-raw-spinlock
	raw_spin_unlock(&ring->lock);
}
