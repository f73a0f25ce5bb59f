// SPDX-License-Identifier: MIT OR Apache-2.0
// Nestings that hold on PREEMPT_RT too.
#include <linux/bit_spinlock.h>
#include <linux/bug.h>
#include <linux/kernel.h>
#include <linux/local_lock.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/seqlock.h>
#include <linux/spinlock.h>

struct port {
	raw_spinlock_t raw;
	raw_spinlock_t raw2;
	spinlock_t lock;
	spinlock_t queue_lock;
	rwlock_t map_lock;
	seqlock_t time_lock;
	seqcount_mutex_t mutex_seq;
	struct mutex mutex;
	unsigned long bits;
	int count;
	bool dead;
};

struct cpu_stats {
	local_lock_t lock;
	long packets;
};

static DEFINE_PER_CPU(struct cpu_stats, cpu_stats);

void spin_in_spin_ok(struct port *p)
{
	spin_lock(&p->lock);
	spin_lock_nested(&p->queue_lock, 1);
	p->count++;
	spin_unlock(&p->queue_lock);
	spin_unlock(&p->lock);
}

/* The interrupts that spin_lock_irqsave() disables stay on with PREEMPT_RT. */
void spin_in_irqsave_ok(struct port *p)
{
	unsigned long flags;

	spin_lock_irqsave(&p->lock, flags);
	spin_lock(&p->queue_lock);
	read_lock(&p->map_lock);
	p->count++;
	read_unlock(&p->map_lock);
	spin_unlock(&p->queue_lock);
	spin_unlock_irqrestore(&p->lock, flags);
}

void spin_in_spin_irq_ok(struct port *p)
{
	spin_lock_irq(&p->lock);
	spin_lock(&p->queue_lock);
	p->count++;
	spin_unlock(&p->queue_lock);
	spin_unlock_irq(&p->lock);
}

void spin_in_write_irqsave_ok(struct port *p)
{
	unsigned long flags;

	write_lock_irqsave(&p->map_lock, flags);
	spin_lock(&p->lock);
	p->count++;
	spin_unlock(&p->lock);
	write_unlock_irqrestore(&p->map_lock, flags);
}

void spin_in_sequence_writer_ok(struct port *p)
{
	unsigned long flags;

	write_seqlock_irqsave(&p->time_lock, flags);
	spin_lock(&p->lock);
	p->count++;
	spin_unlock(&p->lock);
	write_sequnlock_irqrestore(&p->time_lock, flags);
}

void spin_in_local_lock_ok(struct port *p)
{
	unsigned long flags;

	local_lock_irqsave(&cpu_stats.lock, flags);
	spin_lock(&p->lock);
	p->count++;
	spin_unlock(&p->lock);
	local_unlock_irqrestore(&cpu_stats.lock, flags);
}

void local_lock_in_bh_ok(struct port *p)
{
	local_bh_disable();
	local_lock_nested_bh(&cpu_stats.lock);
	spin_lock(&p->lock);
	p->count++;
	spin_unlock(&p->lock);
	local_unlock_nested_bh(&cpu_stats.lock);
	local_bh_enable();
}

void raw_in_spin_ok(struct port *p)
{
	unsigned long flags;

	spin_lock(&p->lock);
	raw_spin_lock_irqsave(&p->raw, flags);
	p->count++;
	raw_spin_unlock_irqrestore(&p->raw, flags);
	spin_unlock(&p->lock);
}

void raw_in_raw_ok(struct port *p)
{
	raw_spin_lock(&p->raw);
	raw_spin_lock(&p->raw2);
	p->count++;
	raw_spin_unlock(&p->raw2);
	raw_spin_unlock(&p->raw);
}

/* A trylock does not wait. */
void trylock_in_raw_ok(struct port *p)
{
	raw_spin_lock(&p->raw);
	if (spin_trylock(&p->lock)) {
		p->count++;
		spin_unlock(&p->lock);
	}
	raw_spin_unlock(&p->raw);
}

void read_trylock_in_raw_ok(struct port *p)
{
	raw_spin_lock(&p->raw);
	if (read_trylock(&p->map_lock)) {
		p->count++;
		read_unlock(&p->map_lock);
	}
	raw_spin_unlock(&p->raw);
}

void spin_in_bh_ok(struct port *p)
{
	local_bh_disable();
	spin_lock(&p->lock);
	p->count++;
	spin_unlock(&p->lock);
	local_bh_enable();
}

void spin_in_rcu_ok(struct port *p)
{
	guard(rcu)();
	guard(spinlock_bh)(&p->lock);
	p->count++;
}

void spin_in_rcu_bh_ok(struct port *p)
{
	rcu_read_lock_bh();
	spin_lock(&p->lock);
	p->count++;
	spin_unlock(&p->lock);
	rcu_read_unlock_bh();
}

void spin_in_mutex_ok(struct port *p)
{
	guard(mutex)(&p->mutex);
	guard(spinlock_irq)(&p->lock);
	p->count++;
}

/* On PREEMPT_RT the write section of this counter does not disable preemption. */
void spin_in_mutex_seqcount_ok(struct port *p)
{
	mutex_lock(&p->mutex);
	write_seqcount_begin(&p->mutex_seq);
	spin_lock(&p->lock);
	p->count++;
	spin_unlock(&p->lock);
	write_seqcount_end(&p->mutex_seq);
	mutex_unlock(&p->mutex);
}

void spin_after_raw_ok(struct port *p)
{
	raw_spin_lock(&p->raw);
	p->count++;
	raw_spin_unlock(&p->raw);
	spin_lock(&p->lock);
	p->count++;
	spin_unlock(&p->lock);
}

void dropped_around_ok(struct port *p)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&p->raw, flags);
	while (p->count) {
		raw_spin_unlock_irqrestore(&p->raw, flags);
		spin_lock(&p->lock);
		p->count--;
		spin_unlock(&p->lock);
		raw_spin_lock_irqsave(&p->raw, flags);
	}
	raw_spin_unlock_irqrestore(&p->raw, flags);
}

/* Both released in the order in which they were taken. */
void overlapping_ok(struct port *p)
{
	spin_lock(&p->lock);
	raw_spin_lock(&p->raw);
	spin_unlock(&p->lock);
	p->count++;
	raw_spin_unlock(&p->raw);
	spin_lock(&p->lock);
	spin_unlock(&p->lock);
}

/* Disabling interrupts inside the spinlock_t is the allowed order. */
void interrupts_inside_ok(struct port *p)
{
	unsigned long flags;

	spin_lock(&p->lock);
	local_irq_save(flags);
	p->count++;
	local_irq_restore(flags);
	spin_unlock(&p->lock);
	spin_lock(&p->queue_lock);
	spin_unlock(&p->queue_lock);
}

/* The interrupts come back with the raw lock's own restore. */
void interrupts_of_raw_lock_ok(struct port *p)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&p->raw, flags);
	p->count++;
	raw_spin_unlock_irqrestore(&p->raw, flags);
	spin_lock(&p->lock);
	spin_unlock(&p->lock);
}

void not_on_rt_ok(struct port *p)
{
	raw_spin_lock(&p->raw);
	if (!IS_ENABLED(CONFIG_PREEMPT_RT)) {
		spin_lock(&p->lock);
		p->count++;
		spin_unlock(&p->lock);
	}
	raw_spin_unlock(&p->raw);
}

static void put_port(struct port *p)
{
	spin_lock(&p->lock);
	p->count--;
	spin_unlock(&p->lock);
}

extern void put_port_later(struct port *p);

/* What cannot be done here is left to somebody who can. */
static void put_port_anywhere(struct port *p)
{
	if (!IS_ENABLED(CONFIG_PREEMPT_RT) || preemptible())
		put_port(p);
	else
		put_port_later(p);
}

void deferred_on_rt_ok(struct port *p)
{
	raw_spin_lock(&p->raw);
	put_port_anywhere(p);
	raw_spin_unlock(&p->raw);
}

static void set_count(struct port *p, int count, bool locked)
{
	if (!locked)
		spin_lock(&p->lock);
	p->count = count;
	if (!locked)
		spin_unlock(&p->lock);
}

void lock_flag_ok(struct port *p)
{
	set_count(p, 1, false);
	raw_spin_lock(&p->raw);
	set_count(p, 2, true);
	raw_spin_unlock(&p->raw);
}

static void drop_and_notify(struct port *p)
{
	raw_spin_unlock(&p->raw);
	put_port(p);
	raw_spin_lock(&p->raw);
}

void dropped_by_callee_ok(struct port *p)
{
	raw_spin_lock(&p->raw);
	drop_and_notify(p);
	p->count++;
	raw_spin_unlock(&p->raw);
}

void raw_trylock_failed_ok(struct port *p)
{
	if (!raw_spin_trylock(&p->raw)) {
		put_port(p);
		return;
	}
	raw_spin_unlock(&p->raw);
}

void bit_trylock_failed_ok(struct port *p)
{
	if (!bit_spin_trylock(1, &p->bits)) {
		put_port(p);
		return;
	}
	p->count++;
	bit_spin_unlock(1, &p->bits);
}

void panic_path_ok(struct port *p)
{
	raw_spin_lock(&p->raw);
	if (p->dead)
		panic("port %p", p);
	raw_spin_unlock(&p->raw);
	put_port(p);
}
