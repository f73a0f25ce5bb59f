// SPDX-License-Identifier: MIT OR Apache-2.0
// Notifiers that ask first, or do nothing that blocks; and blocking after the region.
#include <linux/bug.h>
#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

struct mirror {
	struct mutex lock;
	spinlock_t spin;
	void *pages;
};

static struct mirror mirror;

void after_the_region_ok(void)
{
	non_block_start();
	mirror.pages = NULL;
	non_block_end();
	schedule();
}

static int spinlock_ok(struct mmu_notifier *subscription, const struct mmu_notifier_range *range)
{
	spin_lock(&mirror.spin);
	mirror.pages = NULL;
	spin_unlock(&mirror.spin);
	return 0;
}

static bool asks_ok(struct mmu_interval_notifier *notifier,
		    const struct mmu_notifier_range *range, unsigned long seq)
{
	if (mmu_notifier_range_blockable(range))
		mutex_lock(&mirror.lock);
	else if (!mutex_trylock(&mirror.lock))
		return false;
	mirror.pages = NULL;
	mutex_unlock(&mirror.lock);
	return true;
}

static int refuses_ok(struct mmu_notifier *subscription, const struct mmu_notifier_range *range)
{
	if (!mmu_notifier_range_blockable(range))
		return -11;
	schedule();
	return 0;
}

/* Only its end may be told late, and nobody is waiting then. */
static void end_ok(struct mmu_notifier *subscription, const struct mmu_notifier_range *range)
{
	mutex_lock(&mirror.lock);
	mutex_unlock(&mirror.lock);
}

const struct mmu_notifier_ops spinning_ops = { .invalidate_range_start = spinlock_ok };
const struct mmu_notifier_ops careful_ops = {
	.invalidate_range_start = refuses_ok,
	.invalidate_range_end = end_ok,
};
const struct mmu_interval_notifier_ops interval_ops = { .invalidate = asks_ok };
