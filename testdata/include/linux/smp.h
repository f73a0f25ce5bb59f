/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_SMP_H
#define __STUB_LINUX_SMP_H

#include <linux/preempt.h>
#include <asm/percpu.h>

#define raw_smp_processor_id() raw_cpu_read_4(pcpu_hot.cpu_number)
#define smp_processor_id() raw_smp_processor_id()
#define get_cpu() \
({ \
	preempt_disable(); \
	smp_processor_id(); \
})
#define put_cpu() preempt_enable()

extern int smp_call_function_single(int cpu, void (*func)(void *info), void *info, int wait);
extern void on_each_cpu_cond_mask(bool (*cond)(int cpu, void *info), void (*func)(void *info),
				  void *info, bool wait, const void *mask);

static inline void on_each_cpu(void (*func)(void *info), void *info, int wait)
{
	on_each_cpu_cond_mask(NULL, func, info, wait, NULL);
}

#endif
