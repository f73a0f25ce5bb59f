/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef POOL_H
#define POOL_H

#include <linux/mutex.h>
#include <linux/spinlock.h>

struct pool {
	spinlock_t lock;
	struct mutex mutex;
	int free;
};

struct pool *pool_get(struct pool *pool);
void pool_put(struct pool *pool);
void pool_resize(struct pool *pool, bool atomic);

#endif
