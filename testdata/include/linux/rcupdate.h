/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_RCUPDATE_H
#define __STUB_LINUX_RCUPDATE_H

#include <linux/bottom_half.h>
#include <linux/cleanup.h>
#include <linux/preempt.h>

extern void __rcu_read_lock(void);
extern void __rcu_read_unlock(void);
extern void synchronize_rcu(void);
extern void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head));
extern void kvfree_call_rcu(struct rcu_head *head, void *ptr);

static __always_inline void rcu_read_lock(void)
{
	__rcu_read_lock();
	__acquire(RCU);
}

static inline void rcu_read_unlock(void)
{
	__release(RCU);
	__rcu_read_unlock();
}

static inline void rcu_read_lock_bh(void)
{
	local_bh_disable();
	__acquire(RCU_BH);
}

static inline void rcu_read_unlock_bh(void)
{
	__release(RCU_BH);
	local_bh_enable();
}

static inline void rcu_read_lock_sched(void)
{
	preempt_disable();
	__acquire(RCU_SCHED);
}

static inline void rcu_read_unlock_sched(void)
{
	__release(RCU_SCHED);
	preempt_enable();
}

#define rcu_dereference(p) ({ typeof(*p) *__p = READ_ONCE(p); __p; })
#define rcu_assign_pointer(p, v) do { WRITE_ONCE(p, v); } while (0)

#define kfree_rcu(ptr, rhf) \
do { \
	typeof(ptr) __object = (ptr); \
	if (__object) { \
		BUILD_BUG_ON(offsetof(typeof(*(ptr)), rhf) >= 4096); \
		kvfree_call_rcu(&((__object)->rhf), (void *)(__object)); \
	} \
} while (0)
#define kfree_rcu_mightsleep(ptr) \
do { \
	typeof(ptr) __object = (ptr); \
	if (__object) \
		kvfree_call_rcu(NULL, (void *)(__object)); \
} while (0)

DEFINE_LOCK_GUARD_0(rcu, rcu_read_lock(), rcu_read_unlock())

#endif
