// SPDX-License-Identifier: MIT OR Apache-2.0
#include <linux/slab.h>
#include "journal.h"

void *journal_record(struct journal *j, gfp_t gfp)
{
	return kmalloc(128, gfp);
}

int journal_write(struct journal *j, bool atomic)
{
	j->record = journal_record(j, atomic ? GFP_ATOMIC : GFP_NOFS);
	return j->record != NULL;
}
