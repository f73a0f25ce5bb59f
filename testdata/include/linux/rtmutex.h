/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_RTMUTEX_H
#define __STUB_LINUX_RTMUTEX_H

#include <linux/spinlock_types.h>

struct rt_mutex {
	raw_spinlock_t wait_lock;
	struct task_struct *owner;
};

extern void rt_mutex_lock(struct rt_mutex *lock);
extern int rt_mutex_trylock(struct rt_mutex *lock);
extern void rt_mutex_unlock(struct rt_mutex *lock);

#endif
