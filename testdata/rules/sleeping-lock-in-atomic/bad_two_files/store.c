// SPDX-License-Identifier: MIT OR Apache-2.0
#include "store.h"

static void write_out(struct store *store)
{
	mutex_lock(&store->commit_mutex);
	store->dirty = 0;
	mutex_unlock(&store->commit_mutex);
}

void store_commit(struct store *store)
{
	write_out(store);
}

bool store_begin(struct store *store)
{
	return spin_trylock(&store->stats_lock);
}

void store_end(struct store *store)
{
	spin_unlock(&store->stats_lock);
}
