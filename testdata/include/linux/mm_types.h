/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_MM_TYPES_H
#define __STUB_LINUX_MM_TYPES_H

#include <linux/rwsem.h>
#include <linux/spinlock_types.h>

struct page {
	unsigned long flags;
	atomic_t _refcount;
	struct list_head lru;
};

struct mm_struct {
	struct rw_semaphore mmap_lock;
	spinlock_t page_table_lock;
};

#endif
