/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef STORE_H
#define STORE_H

#include <linux/mutex.h>
#include <linux/spinlock.h>

struct store {
	spinlock_t index_lock;
	spinlock_t tree_lock;
	spinlock_t stats_lock;
	struct mutex commit_mutex;
	int dirty;
};

void store_commit(struct store *store);
bool store_begin(struct store *store);
void store_end(struct store *store);

static inline void store_commit_if_dirty(struct store *store)
{
	if (store->dirty)
		store_commit(store);
}

#endif
