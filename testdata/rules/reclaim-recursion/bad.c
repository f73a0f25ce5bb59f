// SPDX-License-Identifier: MIT OR Apache-2.0
// Memory that is waited for under locks that reclaim waits for.
#include <linux/fs.h>
#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/sched/mm.h>
#include <linux/shrinker.h>
#include <linux/slab.h>

struct cache {
	struct mutex lock;
	struct rw_semaphore table_sem;
	struct mutex mirror_lock;
	void *table;
	unsigned long count;
	struct shrinker shrinker;
};

static struct cache cache;

static void drop(struct cache *c)
{
	mutex_lock(&c->lock);
	c->count = 0;
	mutex_unlock(&c->lock);
}

static unsigned long cache_scan(struct shrinker *shrinker, struct shrink_control *sc)
{
	drop(&cache);
	return 1;
}

static unsigned long cache_count(struct shrinker *shrinker, struct shrink_control *sc)
{
	unsigned long count;

	down_read(&cache.table_sem);
	count = cache.count;
	up_read(&cache.table_sem);
	return count;
}

void cache_init(struct cache *c)
{
	c->shrinker.count_objects = cache_count;
	c->shrinker.scan_objects = cache_scan;
}

void kernel_flags_bad(struct cache *c)
{
	mutex_lock(&c->lock);
	c->table = kmalloc(64, GFP_KERNEL); //~ ERROR reclaim-recursion
	mutex_unlock(&c->lock);
}

static void *allocate(size_t size, gfp_t gfp)
{
	return kzalloc(size, gfp | __GFP_ZERO);
}

void below_bad(void)
{
	down_write(&cache.table_sem);
	cache.table = allocate(128, GFP_KERNEL); //~ ERROR reclaim-recursion
	up_write(&cache.table_sem);
}

static bool mirror_invalidate(struct mmu_interval_notifier *notifier,
			      const struct mmu_notifier_range *range, unsigned long seq)
{
	if (!mmu_notifier_range_blockable(range))
		return false;
	mutex_lock(&cache.mirror_lock);
	cache.count = 0;
	mutex_unlock(&cache.mirror_lock);
	return true;
}

const struct mmu_interval_notifier_ops mirror_ops = { .invalidate = mirror_invalidate };

void guard_bad(void)
{
	guard(mutex)(&cache.mirror_lock);
	cache.table = allocate(32, GFP_KERNEL); //~ ERROR reclaim-recursion
}

/* Says to lockdep what reclaim does, without being reclaim. */
void wrong_nesting_bad(void)
{
	fs_reclaim_acquire(GFP_KERNEL);
	cache.table = kzalloc(16, GFP_KERNEL); //~ ERROR reclaim-recursion
	fs_reclaim_release(GFP_KERNEL);
}
