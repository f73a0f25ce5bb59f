/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_SPINLOCK_TYPES_H
#define __STUB_LINUX_SPINLOCK_TYPES_H

#include <linux/types.h>

typedef struct { atomic_t val; } arch_spinlock_t;
typedef struct { atomic_t cnts; } arch_rwlock_t;

typedef struct raw_spinlock {
	arch_spinlock_t raw_lock;
} raw_spinlock_t;

/* Without PREEMPT_RT a spinlock_t is a raw_spinlock_t inside. */
typedef struct spinlock {
	union {
		struct raw_spinlock rlock;
	};
} spinlock_t;

typedef struct {
	arch_rwlock_t raw_lock;
} rwlock_t;

#define __RAW_SPIN_LOCK_UNLOCKED(name) (raw_spinlock_t) { .raw_lock = { { 0 } } }
#define __SPIN_LOCK_UNLOCKED(name) (spinlock_t) { { .rlock = { .raw_lock = { { 0 } } } } }
#define __RW_LOCK_UNLOCKED(name) (rwlock_t) { .raw_lock = { { 0 } } }

#define DEFINE_RAW_SPINLOCK(x) raw_spinlock_t x = __RAW_SPIN_LOCK_UNLOCKED(x)
#define DEFINE_SPINLOCK(x) spinlock_t x = __SPIN_LOCK_UNLOCKED(x)
#define DEFINE_RWLOCK(x) rwlock_t x = __RW_LOCK_UNLOCKED(x)

#endif
