/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef JOURNAL_H
#define JOURNAL_H

#include <linux/spinlock.h>
#include <linux/types.h>

struct journal {
	spinlock_t lock;
	void *record;
};

int journal_write(struct journal *j, bool atomic);
void *journal_record(struct journal *j, gfp_t gfp);

#endif
