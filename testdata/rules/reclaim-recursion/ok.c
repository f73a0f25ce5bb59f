// SPDX-License-Identifier: MIT OR Apache-2.0
// What keeps reclaim out: the flags, a scope, a trylock in reclaim, a lock of another class.
#include <linux/mutex.h>
#include <linux/sched/mm.h>
#include <linux/shrinker.h>
#include <linux/slab.h>

struct cache {
	struct mutex lock;
	struct mutex tried;
	struct mutex unrelated;
	struct mutex conditional;
	void *table;
	unsigned long count;
	struct shrinker shrinker;
};

static struct cache cache;

static void drop(struct cache *c, bool wait)
{
	if (wait)
		mutex_lock(&c->conditional);
	else if (!mutex_trylock(&c->conditional))
		return;
	c->count = 0;
	mutex_unlock(&c->conditional);
}

static unsigned long cache_scan(struct shrinker *shrinker, struct shrink_control *sc)
{
	mutex_lock(&cache.lock);
	cache.count = 0;
	mutex_unlock(&cache.lock);
	if (mutex_trylock(&cache.tried))
		mutex_unlock(&cache.tried);
	drop(&cache, false);
	return 1;
}

void cache_init(struct cache *c)
{
	c->shrinker.scan_objects = cache_scan;
}

void nofs_ok(struct cache *c)
{
	mutex_lock(&c->lock);
	c->table = kmalloc(64, GFP_NOFS);
	mutex_unlock(&c->lock);
}

void atomic_ok(struct cache *c)
{
	mutex_lock(&c->lock);
	c->table = kmalloc(64, GFP_ATOMIC);
	c->table = kmalloc(64, GFP_KERNEL & ~__GFP_DIRECT_RECLAIM);
	mutex_unlock(&c->lock);
}

void scope_ok(struct cache *c)
{
	unsigned int flags;

	mutex_lock(&c->lock);
	flags = memalloc_nofs_save();
	c->table = kmalloc(64, GFP_KERNEL);
	memalloc_nofs_restore(flags);
	mutex_unlock(&c->lock);
}

static void grow_locked(struct cache *c)
{
	mutex_lock(&c->lock);
	c->table = kmalloc(64, GFP_KERNEL);
	mutex_unlock(&c->lock);
}

/* Whoever calls it has begun a scope. */
void scope_of_the_caller_ok(struct cache *c)
{
	unsigned int flags = memalloc_nofs_save();

	grow_locked(c);
	memalloc_nofs_restore(flags);
}

void outside_ok(struct cache *c)
{
	void *table = kmalloc(64, GFP_KERNEL);

	mutex_lock(&c->lock);
	c->table = table;
	mutex_unlock(&c->lock);
}

/* Reclaim goes on without it. */
void tried_by_reclaim_ok(struct cache *c)
{
	guard(mutex)(&c->tried);
	c->table = kmalloc(64, GFP_KERNEL);
}

void not_of_reclaim_ok(struct cache *c)
{
	guard(mutex)(&c->unrelated);
	c->table = kmalloc(64, GFP_KERNEL);
}

/* Reclaim passes a constant with which it does not wait. */
void reclaim_does_not_wait_ok(struct cache *c)
{
	drop(c, true);
	guard(mutex)(&c->conditional);
	c->table = kmalloc(64, GFP_KERNEL);
}

void section_ok(struct cache *c)
{
	unsigned int flags;

	fs_reclaim_acquire(GFP_KERNEL);
	c->table = kmalloc(64, GFP_NOFS);
	flags = memalloc_nofs_save();
	c->table = kmalloc(64, GFP_KERNEL);
	memalloc_nofs_restore(flags);
	fs_reclaim_release(GFP_KERNEL);
	c->table = kmalloc(64, GFP_KERNEL);

	/* Not from filesystems. */
	fs_reclaim_acquire(GFP_NOFS);
	c->table = kmalloc(64, GFP_KERNEL);
	fs_reclaim_release(GFP_NOFS);
}
