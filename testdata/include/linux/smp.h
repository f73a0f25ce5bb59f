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

#endif
