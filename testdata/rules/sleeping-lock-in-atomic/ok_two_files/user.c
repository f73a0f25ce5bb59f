// SPDX-License-Identifier: MIT OR Apache-2.0
#include "pool.h"

void wait_when_empty_ok(struct pool *pool)
{
	if (!pool_get(pool)) {
		mutex_lock(&pool->mutex);
		mutex_unlock(&pool->mutex);
		return;
	}
	pool_resize(pool, true);
	pool_put(pool);
	pool_resize(pool, false);
}
