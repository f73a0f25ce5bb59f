/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_COMPLETION_H
#define __STUB_LINUX_COMPLETION_H

#include <linux/spinlock_types.h>

struct completion {
	unsigned int done;
	raw_spinlock_t lock;
};

extern void init_completion(struct completion *x);
extern void wait_for_completion(struct completion *x);
extern int wait_for_completion_interruptible(struct completion *x);
extern unsigned long wait_for_completion_timeout(struct completion *x, unsigned long timeout);
extern bool try_wait_for_completion(struct completion *x);
extern void complete(struct completion *x);
extern void complete_all(struct completion *x);

#endif
