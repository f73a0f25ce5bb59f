// SPDX-License-Identifier: MIT OR Apache-2.0
// Locks that sleep on PREEMPT_RT, taken in sections that stay non-preemptible there.
#include <linux/list_bl.h>
#include <linux/local_lock.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/seqlock.h>
#include <linux/spinlock.h>

struct port {
	raw_spinlock_t raw;
	raw_spinlock_t banks[2];
	spinlock_t lock;
	spinlock_t queue_lock;
	rwlock_t map_lock;
	seqlock_t time_lock;
	struct hlist_bl_head hash;
	unsigned long bits;
	atomic_t users;
	int count;
};

struct cpu_stats {
	local_lock_t lock;
	long packets;
};

static DEFINE_PER_CPU(struct cpu_stats, cpu_stats);
static DEFINE_SPINLOCK(table_lock);
static DEFINE_RAW_SPINLOCK(chip_lock);

void plain_bad(struct port *p)
{
	raw_spin_lock(&p->raw);
	spin_lock(&p->lock); //~ ERROR spinlock-under-raw-spinlock
	p->count++;
	spin_unlock(&p->lock);
	raw_spin_unlock(&p->raw);
}

void irqsave_bad(struct port *p)
{
	unsigned long flags;

	raw_spin_lock(&p->raw);
	spin_lock_irqsave(&p->lock, flags); //~ ERROR spinlock-under-raw-spinlock
	p->count++;
	spin_unlock_irqrestore(&p->lock, flags);
	raw_spin_unlock(&p->raw);
}

void irq_bad(struct port *p)
{
	raw_spin_lock(&p->raw);
	spin_lock_irq(&p->lock); //~ ERROR spinlock-under-raw-spinlock
	p->count++;
	spin_unlock_irq(&p->lock);
	raw_spin_unlock(&p->raw);
}

void bh_bad(struct port *p)
{
	raw_spin_lock(&p->raw);
	spin_lock_bh(&p->lock); //~ ERROR spinlock-under-raw-spinlock
	p->count++;
	spin_unlock_bh(&p->lock);
	raw_spin_unlock(&p->raw);
}

void nested_class_bad(struct port *p)
{
	raw_spin_lock_nested(&p->raw, 1);
	spin_lock_nested(&p->lock, 1); //~ ERROR spinlock-under-raw-spinlock
	p->count++;
	spin_unlock(&p->lock);
	raw_spin_unlock(&p->raw);
}

void read_bad(struct port *p)
{
	raw_spin_lock(&p->raw);
	read_lock(&p->map_lock); //~ ERROR spinlock-under-raw-spinlock
	p->count++;
	read_unlock(&p->map_lock);
	raw_spin_unlock(&p->raw);
}

void write_bad(struct port *p)
{
	unsigned long flags;

	raw_spin_lock(&p->raw);
	write_lock_irqsave(&p->map_lock, flags); //~ ERROR spinlock-under-raw-spinlock
	p->count++;
	write_unlock_irqrestore(&p->map_lock, flags);
	raw_spin_unlock(&p->raw);
}

void sequence_writer_bad(struct port *p)
{
	raw_spin_lock(&p->raw);
	write_seqlock(&p->time_lock); //~ ERROR spinlock-under-raw-spinlock
	p->count++;
	write_sequnlock(&p->time_lock);
	raw_spin_unlock(&p->raw);
}

void sequence_writer_irqsave_bad(struct port *p)
{
	unsigned long flags;

	raw_spin_lock(&p->raw);
	write_seqlock_irqsave(&p->time_lock, flags); //~ ERROR spinlock-under-raw-spinlock
	p->count++;
	write_sequnlock_irqrestore(&p->time_lock, flags);
	raw_spin_unlock(&p->raw);
}

void local_lock_bad(struct port *p)
{
	raw_spin_lock(&p->raw);
	local_lock(&cpu_stats.lock); //~ ERROR spinlock-under-raw-spinlock
	this_cpu_ptr(&cpu_stats)->packets++;
	local_unlock(&cpu_stats.lock);
	raw_spin_unlock(&p->raw);
}

/* The shape of the page allocator's fast path. */
void local_lock_irqsave_bad(struct port *p)
{
	unsigned long flags;

	raw_spin_lock(&p->raw);
	local_lock_irqsave(&cpu_stats.lock, flags); //~ ERROR spinlock-under-raw-spinlock
	this_cpu_ptr(&cpu_stats)->packets++;
	local_unlock_irqrestore(&cpu_stats.lock, flags);
	raw_spin_unlock(&p->raw);
}

void raw_irqsave_bad(struct port *p)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&p->raw, flags);
	spin_lock(&p->lock); //~ ERROR spinlock-under-raw-spinlock
	p->count++;
	spin_unlock(&p->lock);
	raw_spin_unlock_irqrestore(&p->raw, flags);
}

void global_locks_bad(void)
{
	raw_spin_lock(&chip_lock);
	spin_lock(&table_lock); //~ ERROR spinlock-under-raw-spinlock
	spin_unlock(&table_lock);
	raw_spin_unlock(&chip_lock);
}

void bank_lock_bad(struct port *p, int bank)
{
	raw_spin_lock(&p->banks[bank]);
	spin_lock(&p->lock); //~ ERROR spinlock-under-raw-spinlock
	spin_unlock(&p->lock);
	raw_spin_unlock(&p->banks[bank]);
}

void preempt_disabled_bad(struct port *p)
{
	preempt_disable();
	spin_lock(&p->lock); //~ ERROR spinlock-under-raw-spinlock
	p->count++;
	spin_unlock(&p->lock);
	preempt_enable();
}

/* Not the same as spin_lock_irqsave(): PREEMPT_RT keeps these interrupts off. */
void interrupts_saved_bad(struct port *p)
{
	unsigned long flags;

	local_irq_save(flags);
	spin_lock(&p->lock); //~ ERROR spinlock-under-raw-spinlock
	p->count++;
	spin_unlock(&p->lock);
	local_irq_restore(flags);
}

void interrupts_disabled_bad(struct port *p)
{
	local_irq_disable();
	read_lock(&p->map_lock); //~ ERROR spinlock-under-raw-spinlock
	p->count++;
	read_unlock(&p->map_lock);
	local_irq_enable();
}

void bit_lock_bad(struct port *p)
{
	bit_spin_lock(0, &p->bits);
	spin_lock(&p->lock); //~ ERROR spinlock-under-raw-spinlock
	p->count++;
	spin_unlock(&p->lock);
	bit_spin_unlock(0, &p->bits);
}

void hash_lock_bad(struct port *p)
{
	hlist_bl_lock(&p->hash);
	spin_lock(&p->lock); //~ ERROR spinlock-under-raw-spinlock
	p->count++;
	spin_unlock(&p->lock);
	hlist_bl_unlock(&p->hash);
}

void sched_rcu_bad(struct port *p)
{
	rcu_read_lock_sched();
	spin_lock(&p->lock); //~ ERROR spinlock-under-raw-spinlock
	p->count++;
	spin_unlock(&p->lock);
	rcu_read_unlock_sched();
}

void this_cpu_bad(struct port *p)
{
	int cpu = get_cpu();

	spin_lock(&p->lock); //~ ERROR spinlock-under-raw-spinlock
	p->count = cpu;
	spin_unlock(&p->lock);
	put_cpu();
}

void per_cpu_variable_bad(struct port *p)
{
	struct cpu_stats *stats = &get_cpu_var(cpu_stats);

	spin_lock(&p->lock); //~ ERROR spinlock-under-raw-spinlock
	stats->packets++;
	spin_unlock(&p->lock);
	put_cpu_var(cpu_stats);
}

/* Takes the lock only for the last user, but then it waits for it. */
void last_user_bad(struct port *p)
{
	raw_spin_lock(&p->raw);
	if (atomic_dec_and_lock(&p->users, &p->lock)) { //~ ERROR spinlock-under-raw-spinlock
		p->count = 0;
		spin_unlock(&p->lock);
	}
	raw_spin_unlock(&p->raw);
}

/* Legal at first: the raw section starts only after the outer spinlock_t. */
void second_lock_bad(struct port *p)
{
	spin_lock(&p->lock);
	raw_spin_lock(&p->raw);
	spin_lock(&p->queue_lock); //~ ERROR spinlock-under-raw-spinlock
	p->count++;
	spin_unlock(&p->queue_lock);
	raw_spin_unlock(&p->raw);
	spin_unlock(&p->lock);
}
