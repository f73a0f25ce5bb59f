/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_SEQLOCK_H
#define __STUB_LINUX_SEQLOCK_H

#include <linux/mutex.h>
#include <linux/spinlock.h>

typedef struct seqcount {
	unsigned int sequence;
} seqcount_t;

/*
 * A counter that knows which kind of lock serialises its writers. The flag says whether that lock
 * leaves the writer preemptible, so that the write section has to disable preemption itself.
 */
#define SEQCOUNT_LOCKNAME(lockname, preemptible) \
typedef struct seqcount_##lockname { \
	seqcount_t seqcount; \
} seqcount_##lockname##_t; \
static __always_inline seqcount_t *__seqprop_##lockname##_ptr(seqcount_##lockname##_t *s) \
{ \
	return &s->seqcount; \
} \
static __always_inline bool \
__seqprop_##lockname##_preemptible(const seqcount_##lockname##_t *s) \
{ \
	if (!IS_ENABLED(CONFIG_PREEMPT_RT)) \
		return preemptible; \
	return false; \
}

SEQCOUNT_LOCKNAME(raw_spinlock, false)
SEQCOUNT_LOCKNAME(spinlock, false)
SEQCOUNT_LOCKNAME(rwlock, false)
SEQCOUNT_LOCKNAME(mutex, true)

static inline seqcount_t *__seqprop_ptr(seqcount_t *s)
{
	return s;
}

static inline bool __seqprop_preemptible(const seqcount_t *s)
{
	return false;
}

#define __seqprop(s, prop) _Generic(*(s), \
	seqcount_t: __seqprop_##prop, \
	seqcount_raw_spinlock_t: __seqprop_raw_spinlock_##prop, \
	seqcount_spinlock_t: __seqprop_spinlock_##prop, \
	seqcount_rwlock_t: __seqprop_rwlock_##prop, \
	seqcount_mutex_t: __seqprop_mutex_##prop)
#define seqprop_ptr(s) __seqprop(s, ptr)(s)
#define seqprop_preemptible(s) __seqprop(s, preemptible)(s)

static inline void do_write_seqcount_begin(seqcount_t *s)
{
	s->sequence++;
	barrier();
}

static inline void do_write_seqcount_end(seqcount_t *s)
{
	barrier();
	s->sequence++;
}

#define write_seqcount_begin(s) \
do { \
	if (seqprop_preemptible(s)) \
		preempt_disable(); \
	do_write_seqcount_begin(seqprop_ptr(s)); \
} while (0)
#define write_seqcount_end(s) \
do { \
	do_write_seqcount_end(seqprop_ptr(s)); \
	if (seqprop_preemptible(s)) \
		preempt_enable(); \
} while (0)

typedef struct {
	seqcount_spinlock_t seqcount;
	spinlock_t lock;
} seqlock_t;

static inline void write_seqlock(seqlock_t *sl)
{
	spin_lock(&sl->lock);
	do_write_seqcount_begin(&sl->seqcount.seqcount);
}

static inline void write_sequnlock(seqlock_t *sl)
{
	do_write_seqcount_end(&sl->seqcount.seqcount);
	spin_unlock(&sl->lock);
}

static inline void write_seqlock_bh(seqlock_t *sl)
{
	spin_lock_bh(&sl->lock);
	do_write_seqcount_begin(&sl->seqcount.seqcount);
}

static inline void write_sequnlock_bh(seqlock_t *sl)
{
	do_write_seqcount_end(&sl->seqcount.seqcount);
	spin_unlock_bh(&sl->lock);
}

static inline void write_seqlock_irq(seqlock_t *sl)
{
	spin_lock_irq(&sl->lock);
	do_write_seqcount_begin(&sl->seqcount.seqcount);
}

static inline void write_sequnlock_irq(seqlock_t *sl)
{
	do_write_seqcount_end(&sl->seqcount.seqcount);
	spin_unlock_irq(&sl->lock);
}

static inline unsigned long __write_seqlock_irqsave(seqlock_t *sl)
{
	unsigned long flags;

	spin_lock_irqsave(&sl->lock, flags);
	do_write_seqcount_begin(&sl->seqcount.seqcount);
	return flags;
}

#define write_seqlock_irqsave(lock, flags) \
do { \
	flags = __write_seqlock_irqsave(lock); \
} while (0)

static inline void write_sequnlock_irqrestore(seqlock_t *sl, unsigned long flags)
{
	do_write_seqcount_end(&sl->seqcount.seqcount);
	spin_unlock_irqrestore(&sl->lock, flags);
}

#endif
