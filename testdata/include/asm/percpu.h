/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_ASM_PERCPU_H
#define __STUB_ASM_PERCPU_H

#include <linux/types.h>

/* Per-CPU data is addressed through a segment register: the compiler sees only assembly. */
struct pcpu_hot {
	int preempt_count;
	int cpu_number;
	void *current_task;
};
extern struct pcpu_hot pcpu_hot;
extern unsigned long this_cpu_off;

#define raw_cpu_read_4(var) \
({ \
	int __val; \
	__asm__("movl %%gs:%1, %0" : "=r"(__val) : "m"(var)); \
	__val; \
})
#define raw_cpu_add_4(var, val) \
do { \
	__asm__("addl %1, %%gs:%0" : "+m"(var) : "ri"(val)); \
} while (0)

#define arch_raw_cpu_ptr(ptr) \
({ \
	unsigned long __addr; \
	__asm__("addq %%gs:%1, %0" : "=r"(__addr) : "m"(this_cpu_off), "0"(ptr)); \
	(typeof(*(ptr)) *)__addr; \
})

#endif
