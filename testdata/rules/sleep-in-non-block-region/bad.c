// SPDX-License-Identifier: MIT OR Apache-2.0
// Blocking between non_block_start() and non_block_end(), and in notifiers that have not asked.
#include <linux/bug.h>
#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/slab.h>

struct mirror {
	struct mutex lock;
	struct mutex other;
	void *pages;
};

static struct mirror mirror;

void written_out_bad(void)
{
	non_block_start();
	schedule(); //~ ERROR sleep-in-non-block-region
	non_block_end();
}

static void drop_pages(struct mirror *m)
{
	mutex_lock(&m->lock);
	kfree(m->pages);
	m->pages = NULL;
	mutex_unlock(&m->lock);
}

static int range_start_bad(struct mmu_notifier *subscription,
			   const struct mmu_notifier_range *range)
{
	drop_pages(&mirror); //~ ERROR sleep-in-non-block-region
	return 0;
}

static bool asks_too_late_bad(struct mmu_interval_notifier *notifier,
			      const struct mmu_notifier_range *range, unsigned long seq)
{
	mutex_lock(&mirror.other); //~ ERROR sleep-in-non-block-region
	if (!mmu_notifier_range_blockable(range)) {
		mutex_unlock(&mirror.other);
		return false;
	}
	mirror.pages = NULL;
	mutex_unlock(&mirror.other);
	return true;
}

const struct mmu_notifier_ops range_ops = { .invalidate_range_start = range_start_bad };
const struct mmu_interval_notifier_ops interval_ops = { .invalidate = asks_too_late_bad };
