// SPDX-License-Identifier: MIT OR Apache-2.0
// Allocations in sections that PREEMPT_RT leaves preemptible, and around raw sections.
#include <linux/gfp.h>
#include <linux/local_lock.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/rwsem.h>
#include <linux/seqlock.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>

struct box {
	raw_spinlock_t lock;
	raw_spinlock_t other;
	spinlock_t spin;
	rwlock_t rw;
	seqlock_t seq;
	struct mutex mutex;
	seqcount_mutex_t mutex_seq;
	seqcount_spinlock_t spin_seq;
	struct srcu_struct srcu;
	void *memory;
};

struct pool {
	local_lock_t lock;
	void *entry;
};

static DEFINE_PER_CPU(struct pool, pool);

void spinlock_ok(struct box *box)
{
	spin_lock(&box->spin);
	box->memory = kmalloc(64, GFP_ATOMIC);
	spin_unlock(&box->spin);
}

/* PREEMPT_RT leaves interrupts on in all of these. */
void spinlock_irqsave_ok(struct box *box)
{
	unsigned long flags;

	spin_lock_irqsave(&box->spin, flags);
	box->memory = kmalloc(64, GFP_ATOMIC);
	spin_unlock_irqrestore(&box->spin, flags);
}

void spinlock_irq_ok(struct box *box)
{
	spin_lock_irq(&box->spin);
	box->memory = kzalloc(64, GFP_NOWAIT);
	spin_unlock_irq(&box->spin);
}

void spinlock_bh_ok(struct box *box)
{
	spin_lock_bh(&box->spin);
	box->memory = kmalloc(64, GFP_ATOMIC);
	spin_unlock_bh(&box->spin);
}

void spinlock_nested_ok(struct box *box, spinlock_t *outer)
{
	unsigned long flags;

	spin_lock_irqsave(outer, flags);
	spin_lock_nested(&box->spin, 1);
	box->memory = kmalloc(64, GFP_ATOMIC);
	spin_unlock(&box->spin);
	spin_unlock_irqrestore(outer, flags);
}

void spin_trylock_ok(struct box *box)
{
	unsigned long flags;

	if (!spin_trylock_irqsave(&box->spin, flags))
		return;
	box->memory = kmalloc(64, GFP_ATOMIC);
	spin_unlock_irqrestore(&box->spin, flags);
}

void spin_trylock_irq_ok(struct box *box)
{
	if (!spin_trylock_irq(&box->spin))
		return;
	box->memory = kmalloc(64, GFP_ATOMIC);
	spin_unlock_irq(&box->spin);
}

void read_lock_ok(struct box *box)
{
	read_lock(&box->rw);
	box->memory = kmalloc(64, GFP_ATOMIC);
	read_unlock(&box->rw);
}

void write_lock_irqsave_ok(struct box *box)
{
	unsigned long flags;

	write_lock_irqsave(&box->rw, flags);
	box->memory = (void *)__get_free_page(GFP_ATOMIC);
	write_unlock_irqrestore(&box->rw, flags);
}

void seqlock_ok(struct box *box)
{
	unsigned long flags;

	write_seqlock_irqsave(&box->seq, flags);
	box->memory = kmalloc(64, GFP_ATOMIC);
	write_sequnlock_irqrestore(&box->seq, flags);
}

/* The counter's write section disables preemption, but not on PREEMPT_RT. */
void mutex_seqcount_ok(struct box *box)
{
	mutex_lock(&box->mutex);
	write_seqcount_begin(&box->mutex_seq);
	box->memory = kmalloc(64, GFP_ATOMIC);
	write_seqcount_end(&box->mutex_seq);
	mutex_unlock(&box->mutex);
}

void spin_seqcount_ok(struct box *box)
{
	spin_lock(&box->spin);
	write_seqcount_begin(&box->spin_seq);
	box->memory = kmalloc(64, GFP_ATOMIC);
	write_seqcount_end(&box->spin_seq);
	spin_unlock(&box->spin);
}

void local_lock_ok(void)
{
	local_lock(&pool.lock);
	this_cpu_ptr(&pool)->entry = kmalloc(64, GFP_ATOMIC);
	local_unlock(&pool.lock);
}

void local_lock_irqsave_ok(void)
{
	unsigned long flags;

	local_lock_irqsave(&pool.lock, flags);
	this_cpu_ptr(&pool)->entry = kmalloc(64, GFP_ATOMIC);
	local_unlock_irqrestore(&pool.lock, flags);
}

void bottom_halves_ok(struct box *box)
{
	local_bh_disable();
	box->memory = kmalloc(64, GFP_ATOMIC);
	local_bh_enable();
}

void rcu_ok(struct box *box)
{
	rcu_read_lock();
	box->memory = kmalloc(64, GFP_NOWAIT);
	rcu_read_unlock();
}

void rcu_bh_ok(struct box *box)
{
	rcu_read_lock_bh();
	box->memory = kmalloc(64, GFP_ATOMIC);
	rcu_read_unlock_bh();
}

void srcu_ok(struct box *box)
{
	int idx = srcu_read_lock(&box->srcu);

	box->memory = kmalloc(64, GFP_KERNEL);
	srcu_read_unlock(&box->srcu, idx);
}

void migration_disabled_ok(struct box *box)
{
	migrate_disable();
	box->memory = kmalloc(64, GFP_KERNEL);
	migrate_enable();
}

void mutex_ok(struct box *box)
{
	mutex_lock(&box->mutex);
	box->memory = kmalloc(64, GFP_KERNEL);
	mutex_unlock(&box->mutex);
}

void guards_ok(struct box *box)
{
	guard(mutex)(&box->mutex);
	box->memory = kmalloc(64, GFP_KERNEL);
	scoped_guard(spinlock_irqsave, &box->spin)
		box->memory = kmalloc(64, GFP_ATOMIC);
}

void before_and_after_ok(struct box *box)
{
	void *fresh = kmalloc(64, GFP_KERNEL);

	raw_spin_lock(&box->lock);
	box->memory = fresh;
	raw_spin_unlock(&box->lock);
	kfree(kmalloc(64, GFP_KERNEL));
}

void dropped_around_ok(struct box *box)
{
	unsigned long flags;
	void *fresh;

	raw_spin_lock_irqsave(&box->lock, flags);
	while (!box->memory) {
		raw_spin_unlock_irqrestore(&box->lock, flags);
		fresh = kmalloc(64, GFP_KERNEL);
		raw_spin_lock_irqsave(&box->lock, flags);
		box->memory = fresh;
	}
	raw_spin_unlock_irqrestore(&box->lock, flags);
}

void out_of_order_ok(struct box *box)
{
	raw_spin_lock(&box->lock);
	raw_spin_lock(&box->other);
	raw_spin_unlock(&box->lock);
	raw_spin_unlock(&box->other);
	box->memory = kmalloc(64, GFP_ATOMIC);
}

void preemption_enabled_again_ok(struct box *box)
{
	preempt_disable();
	box->memory = NULL;
	preempt_enable();
	box->memory = kmalloc(64, GFP_KERNEL);
}

int this_cpu_released_ok(struct box *box)
{
	int cpu = get_cpu();

	put_cpu();
	box->memory = kmalloc(64, GFP_KERNEL);
	return cpu;
}
