// SPDX-License-Identifier: MIT OR Apache-2.0
/* The page allocator in miniature: the reason why no flag makes an allocation legal in raw context. */
#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/mm_types.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

struct zone {
	spinlock_t lock;
	struct list_head free_pages;
	unsigned long nr_free;
};

static struct zone zone;

/* Takes a page off the zone, under a lock that sleeps on PREEMPT_RT. */
static struct page *rmqueue(struct zone *zone)
{
	struct page *page;
	unsigned long flags;

	spin_lock_irqsave(&zone->lock, flags);
	page = list_first_entry_or_null(&zone->free_pages, struct page, lru);
	if (page) {
		list_del(&page->lru);
		zone->nr_free--;
	}
	spin_unlock_irqrestore(&zone->lock, flags);
	return page;
}

static void wait_for_reclaim(void)
{
	schedule_timeout_uninterruptible(HZ / 50);
}

struct page *__alloc_pages_noprof(gfp_t gfp, unsigned int order, int preferred_nid, void *nodemask)
{
	struct page *page = rmqueue(&zone);

	while (!page && gfpflags_allow_blocking(gfp)) {
		wait_for_reclaim();
		page = rmqueue(&zone);
	}
	return page;
}

struct page *alloc_pages_noprof(gfp_t gfp, unsigned int order)
{
	return __alloc_pages_noprof(gfp, order, 0, NULL);
}

void __free_pages(struct page *page, unsigned int order)
{
	unsigned long flags;

	spin_lock_irqsave(&zone.lock, flags);
	list_add(&page->lru, &zone.free_pages);
	zone.nr_free++;
	spin_unlock_irqrestore(&zone.lock, flags);
}
