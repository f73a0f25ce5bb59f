/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_LOCAL_LOCK_H
#define __STUB_LINUX_LOCAL_LOCK_H

#include <linux/irqflags.h>
#include <linux/percpu-defs.h>
#include <linux/preempt.h>

/* Without PREEMPT_RT a local lock has no state at all; with it, it is a per-CPU spinlock_t. */
typedef struct {
} local_lock_t;

#define INIT_LOCAL_LOCK(name) { }

static inline void local_lock_acquire(local_lock_t *l)
{
}

static inline void local_lock_release(local_lock_t *l)
{
}

#define local_lock(lock) \
do { \
	preempt_disable(); \
	local_lock_acquire(this_cpu_ptr(lock)); \
} while (0)
#define local_lock_irq(lock) \
do { \
	local_irq_disable(); \
	local_lock_acquire(this_cpu_ptr(lock)); \
} while (0)
#define local_lock_irqsave(lock, flags) \
do { \
	local_irq_save(flags); \
	local_lock_acquire(this_cpu_ptr(lock)); \
} while (0)
#define local_lock_nested_bh(lock) \
do { \
	lockdep_assert_in_softirq(); \
	local_lock_acquire(this_cpu_ptr(lock)); \
} while (0)

#define local_unlock(lock) \
do { \
	local_lock_release(this_cpu_ptr(lock)); \
	preempt_enable(); \
} while (0)
#define local_unlock_irq(lock) \
do { \
	local_lock_release(this_cpu_ptr(lock)); \
	local_irq_enable(); \
} while (0)
#define local_unlock_irqrestore(lock, flags) \
do { \
	local_lock_release(this_cpu_ptr(lock)); \
	local_irq_restore(flags); \
} while (0)
#define local_unlock_nested_bh(lock) local_lock_release(this_cpu_ptr(lock))

#endif
