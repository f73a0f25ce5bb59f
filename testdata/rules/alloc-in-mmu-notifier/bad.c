// SPDX-License-Identifier: MIT OR Apache-2.0
// Direct reclaim in notifiers that direct reclaim calls.
#include <linux/mmu_notifier.h>
#include <linux/slab.h>

struct work {
	unsigned long start;
	struct work *next;
};

static struct work *queue;

static int kernel_bad(struct mmu_notifier *subscription, const struct mmu_notifier_range *range)
{
	struct work *work = kmalloc(sizeof(*work), GFP_KERNEL); //~ ERROR alloc-in-mmu-notifier

	if (!work)
		return -1;
	work->start = range->start;
	queue = work;
	return 0;
}

static void enqueue(unsigned long start, bool wait)
{
	struct work *work = kzalloc(sizeof(*work), wait ? GFP_NOFS : GFP_ATOMIC);

	if (work) {
		work->start = start;
		queue = work;
	}
}

/* That it may block does not help: reclaim waits for it nevertheless. */
static bool asks_and_allocates_bad(struct mmu_interval_notifier *notifier,
				   const struct mmu_notifier_range *range, unsigned long seq)
{
	if (!mmu_notifier_range_blockable(range))
		return false;
	enqueue(range->start, true); //~ ERROR alloc-in-mmu-notifier
	return true;
}

static void end_bad(struct mmu_notifier *subscription, const struct mmu_notifier_range *range)
{
	queue = kmalloc(sizeof(*queue), GFP_NOIO); //~ ERROR alloc-in-mmu-notifier
}

const struct mmu_notifier_ops ops = {
	.invalidate_range_start = kernel_bad,
	.invalidate_range_end = end_bad,
};
const struct mmu_interval_notifier_ops interval_ops = { .invalidate = asks_and_allocates_bad };
