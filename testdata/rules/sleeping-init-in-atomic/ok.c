// SPDX-License-Identifier: MIT OR Apache-2.0
// Initialisation where the user is initialised; recording afterwards needs none.
#include <linux/init.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>
#include <linux/stackdepot.h>

struct refs {
	spinlock_t lock;
	struct mutex mutex;
	struct srcu_struct srcu;
	bool ready;
	int count;
};

int __init early_ok(void)
{
	return stack_depot_early_init();
}

int probe_ok(struct refs *refs)
{
	mutex_lock(&refs->mutex);
	if (!refs->ready)
		refs->ready = stack_depot_init() == 0;
	mutex_unlock(&refs->mutex);
	return init_srcu_struct(&refs->srcu);
}

void record_ok(struct refs *refs)
{
	spin_lock(&refs->lock);
	if (refs->ready)
		refs->count++;
	spin_unlock(&refs->lock);
}

/* Lets go of the lock to set up what is missing. */
void lock_dropped_ok(struct refs *refs)
{
	spin_lock(&refs->lock);
	if (!refs->ready) {
		spin_unlock(&refs->lock);
		stack_depot_init();
		spin_lock(&refs->lock);
	}
	refs->count++;
	spin_unlock(&refs->lock);
}
