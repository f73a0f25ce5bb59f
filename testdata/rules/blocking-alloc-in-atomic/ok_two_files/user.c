// SPDX-License-Identifier: MIT OR Apache-2.0
#include "journal.h"

void atomic_ok(struct journal *j)
{
	spin_lock(&j->lock);
	journal_write(j, true);
	spin_unlock(&j->lock);
}

void waiting_ok(struct journal *j)
{
	journal_write(j, false);
}
