/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_BIT_SPINLOCK_H
#define __STUB_LINUX_BIT_SPINLOCK_H

#include <linux/preempt.h>

extern bool test_and_set_bit_lock(long nr, volatile unsigned long *addr);
extern void clear_bit_unlock(long nr, volatile unsigned long *addr);
extern void cpu_relax(void);

/* Spins with preemption disabled only while it tries. */
static inline int bit_spin_trylock(int bitnum, unsigned long *addr)
{
	preempt_disable();
	if (likely(!test_and_set_bit_lock(bitnum, addr)))
		return 1;
	preempt_enable();
	return 0;
}

static inline void bit_spin_lock(int bitnum, unsigned long *addr)
{
	for (;;) {
		preempt_disable();
		if (likely(!test_and_set_bit_lock(bitnum, addr)))
			return;
		preempt_enable();
		cpu_relax();
	}
}

static inline void bit_spin_unlock(int bitnum, unsigned long *addr)
{
	clear_bit_unlock(bitnum, addr);
	preempt_enable();
}

static inline void __bit_spin_unlock(int bitnum, unsigned long *addr)
{
	bit_spin_unlock(bitnum, addr);
}

#endif
