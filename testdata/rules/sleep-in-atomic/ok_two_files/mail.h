/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef MAIL_H
#define MAIL_H

#include <linux/spinlock.h>

struct mailbox {
	spinlock_t lock;
	int pending;
	void (*arrived)(struct mailbox *box);
	void (*drained)(struct mailbox *box);
};

void mailbox_setup(struct mailbox *box);
int mailbox_wait(struct mailbox *box, bool spin);
void mailbox_unlock_and_wait(struct mailbox *box);

#endif
