// SPDX-License-Identifier: MIT OR Apache-2.0
// Many chains from one kind of lock to one allocation have one cause. It is shown once, where the
// chain is shortest.
#include <linux/slab.h>
#include <linux/spinlock.h>

struct meter {
	raw_spinlock_t lock;
	raw_spinlock_t history_lock;
	void *sample;
};

static void take_sample(struct meter *m)
{
	m->sample = kmalloc(64, GFP_ATOMIC);
}

static void update(struct meter *m)
{
	take_sample(m);
}

void longer_chain(struct meter *m)
{
	raw_spin_lock(&m->lock);
	update(m);
	raw_spin_unlock(&m->lock);
}

void shortest_chain_bad(struct meter *m)
{
	raw_spin_lock(&m->lock);
	take_sample(m); //~ ERROR atomic-alloc-under-raw-spinlock
	raw_spin_unlock(&m->lock);
}

/* Interrupts are off in the caller, too. What is reported is the lock, which is nearer. */
void outer_context(struct meter *m)
{
	unsigned long flags;

	local_irq_save(flags);
	shortest_chain_bad(m);
	local_irq_restore(flags);
}

/* Another lock, so another cause. */
void other_lock_bad(struct meter *m)
{
	raw_spin_lock(&m->history_lock);
	update(m); //~ ERROR atomic-alloc-under-raw-spinlock
	raw_spin_unlock(&m->history_lock);
}

/* Another allocation, so another cause, too. */
void other_allocation_bad(struct meter *m)
{
	raw_spin_lock(&m->lock);
	m->sample = kmalloc(64, GFP_ATOMIC); //~ ERROR atomic-alloc-under-raw-spinlock
	raw_spin_unlock(&m->lock);
}
