/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_KERNEL_H
#define __STUB_LINUX_KERNEL_H

#include <linux/compiler.h>
#include <linux/container_of.h>
#include <linux/types.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define min(a, b) ({ __auto_type __a = (a); __auto_type __b = (b); __a < __b ? __a : __b; })
#define max(a, b) ({ __auto_type __a = (a); __auto_type __b = (b); __a > __b ? __a : __b; })

/* The voluntary preemption point is a call through a patched trampoline. */
extern int __SCT__might_resched(void);
extern int __SCT__cond_resched(void);

static __always_inline void might_resched(void)
{
	__SCT__might_resched();
}

extern void __might_resched(const char *file, int line, unsigned int offsets);

#define might_sleep() do { might_resched(); } while (0)
#define might_sleep_if(cond) do { if (cond) might_sleep(); } while (0)
#define might_fault() do { } while (0)

/* Built without DEBUG_ATOMIC_SLEEP, these leave nothing behind. */
#define non_block_start() do { } while (0)
#define non_block_end() do { } while (0)

/* The states as Linux numbers them. */
extern enum system_states {
	SYSTEM_BOOTING,
	SYSTEM_SCHEDULING,
	SYSTEM_FREEING_INITMEM,
	SYSTEM_RUNNING,
	SYSTEM_HALT,
} system_state;

extern int oops_in_progress;

extern void panic(const char *fmt, ...) __noreturn;

#endif
