// SPDX-License-Identifier: MIT OR Apache-2.0
#include "mail.h"

void spinning_ok(struct mailbox *box)
{
	spin_lock(&box->lock);
	mailbox_wait(box, true);
	spin_unlock(&box->lock);
	mailbox_wait(box, false);
}

void unlocked_there_ok(struct mailbox *box)
{
	spin_lock(&box->lock);
	mailbox_unlock_and_wait(box);
}

/* The field that is called under the lock never holds a function that sleeps. */
void pointer_fields_ok(struct mailbox *box)
{
	spin_lock(&box->lock);
	box->arrived(box);
	spin_unlock(&box->lock);
	box->drained(box);
}
