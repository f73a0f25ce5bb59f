/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_STACKDEPOT_H
#define __STUB_LINUX_STACKDEPOT_H

#include <linux/gfp.h>

typedef u32 depot_stack_handle_t;

extern int stack_depot_init(void);
extern int stack_depot_early_init(void);

#endif
