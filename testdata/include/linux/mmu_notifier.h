/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_MMU_NOTIFIER_H
#define __STUB_LINUX_MMU_NOTIFIER_H

#include <linux/types.h>

struct mmu_notifier;
struct mmu_interval_notifier;

#define MMU_NOTIFIER_RANGE_BLOCKABLE (1 << 0)

struct mmu_notifier_range {
	unsigned long start;
	unsigned long end;
	unsigned int flags;
};

struct mmu_notifier_ops {
	void (*release)(struct mmu_notifier *subscription, void *mm);
	int (*invalidate_range_start)(struct mmu_notifier *subscription,
				      const struct mmu_notifier_range *range);
	void (*invalidate_range_end)(struct mmu_notifier *subscription,
				     const struct mmu_notifier_range *range);
};

struct mmu_notifier {
	const struct mmu_notifier_ops *ops;
};

struct mmu_interval_notifier_ops {
	bool (*invalidate)(struct mmu_interval_notifier *notifier,
			   const struct mmu_notifier_range *range, unsigned long seq);
};

struct mmu_interval_notifier {
	const struct mmu_interval_notifier_ops *ops;
};

static inline bool mmu_notifier_range_blockable(const struct mmu_notifier_range *range)
{
	return range->flags & MMU_NOTIFIER_RANGE_BLOCKABLE;
}

#endif
