// SPDX-License-Identifier: MIT OR Apache-2.0
#include "pool.h"

/* Not null: locked. */
struct pool *pool_get(struct pool *pool)
{
	spin_lock(&pool->lock);
	if (pool->free)
		return pool;
	spin_unlock(&pool->lock);
	return NULL;
}

void pool_put(struct pool *pool)
{
	spin_unlock(&pool->lock);
}

void pool_resize(struct pool *pool, bool atomic)
{
	if (atomic) {
		pool->free = 1;
		return;
	}
	mutex_lock(&pool->mutex);
	pool->free *= 2;
	mutex_unlock(&pool->mutex);
}
