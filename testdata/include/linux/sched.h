/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_SCHED_H
#define __STUB_LINUX_SCHED_H

#include <linux/kernel.h>
#include <linux/preempt.h>
#include <linux/spinlock.h>
#include <asm/current.h>

#define TASK_RUNNING 0
#define TASK_INTERRUPTIBLE 1
#define TASK_UNINTERRUPTIBLE 2
#define TASK_NORMAL (TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE)

#define HZ 250
#define MAX_SCHEDULE_TIMEOUT (~0UL >> 1)

struct task_struct {
	unsigned int __state;
	int pid;
	unsigned int non_block_count;
	/* With PREEMPT_RT only, where it is what the preemption counter is elsewhere. */
	int softirq_disable_cnt;
	raw_spinlock_t pi_lock;
};

#define __set_current_state(state_value) \
do { \
	WRITE_ONCE(current->__state, (state_value)); \
} while (0)
#define set_current_state(state_value) \
do { \
	WRITE_ONCE(current->__state, (state_value)); \
	barrier(); \
} while (0)

/* As with CONFIG_DEBUG_ATOMIC_SLEEP; without it they are nothing. */
#define non_block_start() (current->non_block_count++)
#define non_block_end() WARN_ON(current->non_block_count-- == 0)

extern void schedule(void);
extern long schedule_timeout(long timeout);
extern long schedule_timeout_uninterruptible(long timeout);
extern void io_schedule(void);
extern void yield(void);
extern int wake_up_process(struct task_struct *p);
extern int signal_pending(struct task_struct *p);
extern int need_resched(void);

static __always_inline int _cond_resched(void)
{
	return __SCT__cond_resched();
}

#define cond_resched() \
({ \
	__might_resched(__FILE__, __LINE__, 0); \
	_cond_resched(); \
})

/* Gives the CPU away with the lock dropped, and takes it again. */
extern int __cond_resched_lock(spinlock_t *lock);
#define cond_resched_lock(lock) \
({ \
	__might_resched(__FILE__, __LINE__, PREEMPT_LOCK_OFFSET); \
	__cond_resched_lock(lock); \
})

#endif
