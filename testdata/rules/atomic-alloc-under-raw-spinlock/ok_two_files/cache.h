/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef CACHE_H
#define CACHE_H

#include <linux/spinlock.h>
#include <linux/types.h>

struct cache {
	raw_spinlock_t lock;
	void *entry;
	bool closed;
};

void *cache_refill(struct cache *cache);
void *cache_peek(struct cache *cache);
void *cache_fill(struct cache *cache, bool may_allocate);
bool cache_lock(struct cache *cache);
void cache_end(struct cache *cache);
int cache_trace(struct cache *cache);

#endif
