/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_TIMER_H
#define __STUB_LINUX_TIMER_H

#include <linux/types.h>

struct timer_list {
	struct hlist_node entry;
	unsigned long expires;
	void (*function)(struct timer_list *timer);
	u32 flags;
};

extern void init_timer_key(struct timer_list *timer, void (*func)(struct timer_list *),
			   unsigned int flags, const char *name, void *key);
#define TIMER_IRQSAFE 0x00200000
#define timer_setup(timer, callback, flags) \
	init_timer_key((timer), (callback), (flags), #timer, NULL)

extern unsigned long volatile jiffies;
extern int timer_delete_sync(struct timer_list *timer);
extern int mod_timer(struct timer_list *timer, unsigned long expires);

#endif
