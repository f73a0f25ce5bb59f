/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_PERCPU_DEFS_H
#define __STUB_LINUX_PERCPU_DEFS_H

#include <asm/percpu.h>
#include <linux/lockdep.h>
#include <linux/preempt.h>

#define DECLARE_PER_CPU(type, name) extern __section(".data..percpu") __percpu typeof(type) name
#define DEFINE_PER_CPU(type, name) __section(".data..percpu") __percpu typeof(type) name

#define __verify_pcpu_ptr(ptr) \
do { \
	const void __percpu *__pcpu = (typeof((ptr) + 0))NULL; \
	(void)__pcpu; \
} while (0)

#define raw_cpu_ptr(ptr) \
({ \
	__verify_pcpu_ptr(ptr); \
	arch_raw_cpu_ptr(ptr); \
})
#define this_cpu_ptr(ptr) raw_cpu_ptr(ptr)

extern void *__per_cpu_address(const void *ptr, int cpu);
#define per_cpu_ptr(ptr, cpu) \
({ \
	__verify_pcpu_ptr(ptr); \
	(typeof(*(ptr)) *)__per_cpu_address((ptr), (cpu)); \
})

#define get_cpu_var(var) \
(*({ \
	preempt_disable(); \
	this_cpu_ptr(&var); \
}))
#define put_cpu_var(var) \
do { \
	(void)&(var); \
	preempt_enable(); \
} while (0)
#define get_cpu_ptr(var) \
({ \
	preempt_disable(); \
	this_cpu_ptr(var); \
})
#define put_cpu_ptr(var) \
do { \
	(void)(var); \
	preempt_enable(); \
} while (0)

#endif
