// SPDX-License-Identifier: MIT OR Apache-2.0
#include <linux/slab.h>
#include "cache.h"

static void *lookup(struct cache *cache)
{
	return cache_peek(cache);
}

void own_static_ok(struct cache *cache)
{
	raw_spin_lock(&cache->lock);
	lookup(cache);
	raw_spin_unlock(&cache->lock);
}

void not_permitted_ok(struct cache *cache)
{
	raw_spin_lock(&cache->lock);
	cache_fill(cache, false);
	raw_spin_unlock(&cache->lock);
	cache_fill(cache, true);
}

/* On the failed edge the lock is not held. */
void *not_locked_ok(struct cache *cache)
{
	void *entry;

	if (!cache_lock(cache))
		return kmalloc(32, GFP_KERNEL);
	entry = cache->entry;
	cache_end(cache);
	return entry;
}

/* Released by a function of the other file. */
void *released_there_ok(struct cache *cache)
{
	raw_spin_lock(&cache->lock);
	cache->closed = true;
	cache_end(cache);
	return cache_refill(cache);
}

void weak_definition_ok(struct cache *cache)
{
	raw_spin_lock(&cache->lock);
	cache_trace(cache);
	raw_spin_unlock(&cache->lock);
}
