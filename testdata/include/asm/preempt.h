/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_ASM_PREEMPT_H
#define __STUB_ASM_PREEMPT_H

#include <asm/percpu.h>

#define PREEMPT_NEED_RESCHED 0x80000000

static __always_inline int preempt_count(void)
{
	return raw_cpu_read_4(pcpu_hot.preempt_count) & ~PREEMPT_NEED_RESCHED;
}

static __always_inline void __preempt_count_add(int val)
{
	raw_cpu_add_4(pcpu_hot.preempt_count, val);
}

static __always_inline void __preempt_count_sub(int val)
{
	raw_cpu_add_4(pcpu_hot.preempt_count, -val);
}

static __always_inline bool __preempt_count_dec_and_test(void)
{
	bool zero;

	__asm__ __volatile__("decl %%gs:%0; sete %1"
			     : "+m"(pcpu_hot.preempt_count), "=qm"(zero) : : "memory");
	return zero;
}

#define __preempt_schedule() __asm__ __volatile__("call __SCT__preempt_schedule")

#endif
