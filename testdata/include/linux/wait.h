/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_WAIT_H
#define __STUB_LINUX_WAIT_H

#include <linux/list.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

struct wait_queue_entry {
	unsigned int flags;
	void *private;
	struct list_head entry;
};

struct wait_queue_head {
	spinlock_t lock;
	struct list_head head;
};
typedef struct wait_queue_head wait_queue_head_t;

#define DEFINE_WAIT(name) \
	struct wait_queue_entry name = { .private = current, .entry = LIST_HEAD_INIT(name.entry) }

extern void init_wait_entry(struct wait_queue_entry *wq_entry, int flags);
extern void prepare_to_wait(struct wait_queue_head *wq, struct wait_queue_entry *entry,
			    int state);
extern long prepare_to_wait_event(struct wait_queue_head *wq_head,
				  struct wait_queue_entry *wq_entry, int state);
extern void finish_wait(struct wait_queue_head *wq, struct wait_queue_entry *entry);
extern int __wake_up(struct wait_queue_head *wq_head, unsigned int mode, int nr, void *key);

#define wake_up(x) __wake_up(x, TASK_NORMAL, 1, NULL)
#define wake_up_all(x) __wake_up(x, TASK_NORMAL, 0, NULL)

#define ___wait_is_interruptible(state) \
	(!__builtin_constant_p(state) || (state) == TASK_INTERRUPTIBLE)

/* Enqueues, looks at the condition and sleeps, over and over. */
#define ___wait_event(wq, condition, state, exclusive, initial, sleep) \
({ \
	__label__ __interrupted; \
	struct wait_queue_entry __entry; \
	long __ret = initial; \
	init_wait_entry(&__entry, exclusive ? 1 : 0); \
	for (;;) { \
		long __signal = prepare_to_wait_event(&wq, &__entry, state); \
		if (condition) \
			break; \
		if (___wait_is_interruptible(state) && __signal) { \
			__ret = __signal; \
			goto __interrupted; \
		} \
		sleep; \
	} \
	finish_wait(&wq, &__entry); \
__interrupted: \
	__ret; \
})

#define wait_event(wq, condition) \
do { \
	might_sleep(); \
	if (condition) \
		break; \
	(void)___wait_event(wq, condition, TASK_UNINTERRUPTIBLE, 0, 0, schedule()); \
} while (0)

#define wait_event_interruptible(wq, condition) \
({ \
	int __err = 0; \
	might_sleep(); \
	if (!(condition)) \
		__err = ___wait_event(wq, condition, TASK_INTERRUPTIBLE, 0, 0, schedule()); \
	__err; \
})

/* True also when the time is over; with the condition true, some of it is left. */
#define ___wait_cond_timeout(condition) \
({ \
	bool __true = (condition); \
	if (__true && !__ret) \
		__ret = 1; \
	__true || !__ret; \
})

#define wait_event_timeout(wq, condition, timeout) \
({ \
	long __ret = timeout; \
	might_sleep(); \
	if (!___wait_cond_timeout(condition)) \
		__ret = ___wait_event(wq, ___wait_cond_timeout(condition), TASK_UNINTERRUPTIBLE, \
				      0, timeout, __ret = schedule_timeout(__ret)); \
	__ret; \
})

/* Called with the lock held; drops it while it sleeps. */
#define wait_event_lock_irq(wq, condition, lock) \
do { \
	if (condition) \
		break; \
	(void)___wait_event(wq, condition, TASK_UNINTERRUPTIBLE, 0, 0, \
			    spin_unlock_irq(&lock); \
			    schedule(); \
			    spin_lock_irq(&lock)); \
} while (0)

#endif
