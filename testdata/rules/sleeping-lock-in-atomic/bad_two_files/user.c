// SPDX-License-Identifier: MIT OR Apache-2.0
#include "store.h"

void other_file_bad(struct store *store)
{
	spin_lock(&store->index_lock);
	store_commit(store); //~ ERROR sleeping-lock-in-atomic
	spin_unlock(&store->index_lock);
}

void header_inline_bad(struct store *store)
{
	scoped_guard(spinlock, &store->tree_lock)
		store_commit_if_dirty(store); //~ ERROR sleeping-lock-in-atomic
}

/* True means locked, and the lock was taken in the other file. */
void try_there_bad(struct store *store)
{
	if (!store_begin(store))
		return;
	store_commit(store); //~ ERROR sleeping-lock-in-atomic
	store_end(store);
}

void not_locked_ok(struct store *store)
{
	if (store_begin(store))
		store_end(store);
	else
		store_commit(store);
}
