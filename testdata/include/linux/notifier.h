/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_NOTIFIER_H
#define __STUB_LINUX_NOTIFIER_H

struct notifier_block;

typedef int (*notifier_fn_t)(struct notifier_block *nb, unsigned long action, void *data);

struct notifier_block {
	notifier_fn_t notifier_call;
	struct notifier_block *next;
	int priority;
};

struct atomic_notifier_head {
	struct notifier_block *head;
};

struct blocking_notifier_head {
	struct notifier_block *head;
};

#define NOTIFY_DONE 0
#define NOTIFY_OK 1

extern int atomic_notifier_chain_register(struct atomic_notifier_head *nh,
					  struct notifier_block *nb);
extern int blocking_notifier_chain_register(struct blocking_notifier_head *nh,
					    struct notifier_block *nb);

#endif
