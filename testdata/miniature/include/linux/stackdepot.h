/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef _LINUX_STACKDEPOT_H
#define _LINUX_STACKDEPOT_H

#include <linux/types.h>

typedef u32 depot_stack_handle_t;

/* Stores a stack trace once. Without can_alloc it drops traces for which there is no room. */
depot_stack_handle_t stack_depot_save(unsigned long *entries, unsigned int nr_entries,
				      gfp_t gfp, bool can_alloc);

#endif
