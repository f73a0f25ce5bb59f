// SPDX-License-Identifier: MIT OR Apache-2.0
#include <linux/slab.h>
#include "cache.h"

/* Allocates, but shares only its name with the function that the other file calls. */
static void *lookup(struct cache *cache)
{
	return kmalloc(32, GFP_KERNEL);
}

void *cache_refill(struct cache *cache)
{
	return lookup(cache);
}

void *cache_peek(struct cache *cache)
{
	return cache->entry;
}

void *cache_fill(struct cache *cache, bool may_allocate)
{
	if (!cache->entry && may_allocate)
		cache->entry = kmalloc(32, GFP_ATOMIC);
	return cache->entry;
}

/* True with the lock held. */
bool cache_lock(struct cache *cache)
{
	raw_spin_lock(&cache->lock);
	if (!cache->closed)
		return true;
	raw_spin_unlock(&cache->lock);
	return false;
}

void cache_end(struct cache *cache)
{
	raw_spin_unlock(&cache->lock);
}

/* The definition that counts; trace.c has a weak one. */
int cache_trace(struct cache *cache)
{
	return cache->entry != NULL;
}
