// SPDX-License-Identifier: MIT OR Apache-2.0
/* Keeps every stack trace once, in pools of pages. */
#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/mm_types.h>
#include <linux/spinlock.h>
#include <linux/stackdepot.h>

#define DEPOT_POOL_ORDER 2

static DEFINE_RAW_SPINLOCK(pool_lock);
static LIST_HEAD(pools);
static unsigned int room;
static depot_stack_handle_t last_handle;

static bool depot_needs_pool(unsigned int nr_entries)
{
	return READ_ONCE(room) < nr_entries;
}

/* Called with pool_lock held. */
static depot_stack_handle_t depot_store(unsigned long *entries, unsigned int nr_entries)
{
	if (room < nr_entries)
		return 0;
	room -= nr_entries;
	return ++last_handle;
}

depot_stack_handle_t stack_depot_save(unsigned long *entries, unsigned int nr_entries,
				      gfp_t gfp, bool can_alloc)
{
	struct page *pool = NULL;
	depot_stack_handle_t handle;
	unsigned long flags;

	/* allocated in advance: the lock below is a raw one */
	if (can_alloc && depot_needs_pool(nr_entries))
		pool = alloc_pages(gfp & ~__GFP_DIRECT_RECLAIM, DEPOT_POOL_ORDER);

	raw_spin_lock_irqsave(&pool_lock, flags);
	if (pool) {
		list_add(&pool->lru, &pools);
		room += 512;
	}
	handle = depot_store(entries, nr_entries);
	raw_spin_unlock_irqrestore(&pool_lock, flags);
	return handle;
}
