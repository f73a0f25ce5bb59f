// SPDX-License-Identifier: MIT OR Apache-2.0
// Notifiers that allocate without reclaim, and allocation where the notifier is set up.
#include <linux/mmu_notifier.h>
#include <linux/slab.h>

struct work {
	unsigned long start;
	struct work *next;
};

static struct work *queue;
static struct work *spare;

static void enqueue(unsigned long start, gfp_t gfp)
{
	struct work *work = kzalloc(sizeof(*work), gfp);

	if (!work) {
		work = spare;
		spare = NULL;
	}
	if (work) {
		work->start = start;
		queue = work;
	}
}

static int atomic_ok(struct mmu_notifier *subscription, const struct mmu_notifier_range *range)
{
	enqueue(range->start, GFP_NOWAIT);
	return 0;
}

/* The flags are those of the caller; reclaim is masked out here. */
static bool masked_ok(struct mmu_interval_notifier *notifier,
		      const struct mmu_notifier_range *range, unsigned long seq)
{
	enqueue(range->start, GFP_KERNEL & ~__GFP_DIRECT_RECLAIM);
	return true;
}

int set_up_ok(void)
{
	spare = kmalloc(sizeof(*spare), GFP_KERNEL);
	enqueue(0, GFP_KERNEL);
	return spare ? 0 : -1;
}

const struct mmu_notifier_ops ops = { .invalidate_range_start = atomic_ok };
const struct mmu_interval_notifier_ops interval_ops = { .invalidate = masked_ok };
