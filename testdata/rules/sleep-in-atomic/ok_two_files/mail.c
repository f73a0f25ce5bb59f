// SPDX-License-Identifier: MIT OR Apache-2.0
#include <linux/delay.h>
#include "mail.h"

static void count(struct mailbox *box)
{
	box->pending++;
}

static void settle(struct mailbox *box)
{
	msleep(1);
}

void mailbox_setup(struct mailbox *box)
{
	box->arrived = count;
	box->drained = settle;
}

int mailbox_wait(struct mailbox *box, bool spin)
{
	while (!box->pending) {
		if (spin)
			udelay(1);
		else
			msleep(1);
	}
	return box->pending;
}

void mailbox_unlock_and_wait(struct mailbox *box)
{
	spin_unlock(&box->lock);
	msleep(1);
}
