/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_ASM_CURRENT_H
#define __STUB_ASM_CURRENT_H

#include <asm/percpu.h>

struct task_struct;

static __always_inline struct task_struct *get_current(void)
{
	struct task_struct *task;

	__asm__("movq %%gs:%1, %0" : "=r"(task) : "m"(pcpu_hot.current_task));
	return task;
}

#define current get_current()

#endif
