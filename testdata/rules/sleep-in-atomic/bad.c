// SPDX-License-Identifier: MIT OR Apache-2.0
// Operations that sleep, or ask that they may, in sections where nothing may.
#include <linux/bit_spinlock.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/seqlock.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>
#include <linux/uaccess.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

struct chip {
	spinlock_t lock;
	raw_spinlock_t raw;
	rwlock_t map_lock;
	seqlock_t clock;
	struct completion done;
	struct wait_queue_head queue;
	struct work_struct work;
	struct srcu_struct srcu;
	unsigned long bits;
	unsigned int irq;
	int state;
	bool ready;
};

void msleep_bad(struct chip *c)
{
	spin_lock(&c->lock);
	msleep(10); //~ ERROR sleep-in-atomic
	spin_unlock(&c->lock);
}

void usleep_bad(struct chip *c)
{
	unsigned long flags;

	spin_lock_irqsave(&c->lock, flags);
	usleep_range(100, 200); //~ ERROR sleep-in-atomic
	spin_unlock_irqrestore(&c->lock, flags);
}

void ssleep_bad(struct chip *c)
{
	spin_lock_bh(&c->lock);
	ssleep(1); //~ ERROR sleep-in-atomic
	spin_unlock_bh(&c->lock);
}

/* For this long a time it does not spin. */
void fsleep_bad(struct chip *c)
{
	spin_lock_irq(&c->lock);
	fsleep(500); //~ ERROR sleep-in-atomic
	spin_unlock_irq(&c->lock);
}

void schedule_bad(struct chip *c)
{
	spin_lock(&c->lock);
	schedule(); //~ ERROR sleep-in-atomic
	spin_unlock(&c->lock);
}

void timeout_bad(struct chip *c)
{
	spin_lock(&c->lock);
	set_current_state(TASK_UNINTERRUPTIBLE);
	schedule_timeout(HZ); //~ ERROR sleep-in-atomic
	spin_unlock(&c->lock);
}

void yield_bad(struct chip *c)
{
	spin_lock(&c->lock);
	yield(); //~ ERROR sleep-in-atomic
	spin_unlock(&c->lock);
}

void might_sleep_bad(struct chip *c)
{
	spin_lock(&c->lock);
	might_sleep(); //~ ERROR sleep-in-atomic
	spin_unlock(&c->lock);
}

void cond_resched_bad(struct chip *c)
{
	spin_lock(&c->lock);
	cond_resched(); //~ ERROR sleep-in-atomic
	spin_unlock(&c->lock);
}

void raw_lock_bad(struct chip *c)
{
	raw_spin_lock(&c->raw);
	msleep(1); //~ ERROR sleep-in-atomic
	raw_spin_unlock(&c->raw);
}

void read_lock_bad(struct chip *c)
{
	read_lock(&c->map_lock);
	msleep(1); //~ ERROR sleep-in-atomic
	read_unlock(&c->map_lock);
}

void sequence_writer_bad(struct chip *c)
{
	write_seqlock_irq(&c->clock);
	msleep(1); //~ ERROR sleep-in-atomic
	write_sequnlock_irq(&c->clock);
}

void rcu_bh_bad(struct chip *c)
{
	rcu_read_lock_bh();
	msleep(1); //~ ERROR sleep-in-atomic
	rcu_read_unlock_bh();
}

/* Waits for itself. */
void grace_period_bad(struct chip *c)
{
	rcu_read_lock_bh();
	c->state = 0;
	synchronize_rcu(); //~ ERROR sleep-in-atomic
	rcu_read_unlock_bh();
}

void preempt_disabled_bad(struct chip *c)
{
	preempt_disable();
	msleep(1); //~ ERROR sleep-in-atomic
	preempt_enable();
}

void interrupts_disabled_bad(struct chip *c)
{
	local_irq_disable();
	msleep(1); //~ ERROR sleep-in-atomic
	local_irq_enable();
}

void bottom_halves_bad(struct chip *c)
{
	local_bh_disable();
	msleep(1); //~ ERROR sleep-in-atomic
	local_bh_enable();
}

void bit_lock_bad(struct chip *c)
{
	bit_spin_lock(0, &c->bits);
	msleep(1); //~ ERROR sleep-in-atomic
	bit_spin_unlock(0, &c->bits);
}

void this_cpu_bad(struct chip *c)
{
	c->state = get_cpu();
	msleep(1); //~ ERROR sleep-in-atomic
	put_cpu();
}

void completion_bad(struct chip *c)
{
	spin_lock(&c->lock);
	wait_for_completion(&c->done); //~ ERROR sleep-in-atomic
	spin_unlock(&c->lock);
}

int completion_timeout_bad(struct chip *c)
{
	unsigned long left;

	spin_lock(&c->lock);
	left = wait_for_completion_timeout(&c->done, HZ); //~ ERROR sleep-in-atomic
	spin_unlock(&c->lock);
	return left ? 0 : -ETIMEDOUT;
}

void wait_event_bad(struct chip *c)
{
	spin_lock(&c->lock);
	wait_event(c->queue, c->ready); //~ ERROR sleep-in-atomic
	spin_unlock(&c->lock);
}

int wait_event_interruptible_bad(struct chip *c)
{
	int err;

	rcu_read_lock_bh();
	err = wait_event_interruptible(c->queue, c->ready); //~ ERROR sleep-in-atomic
	rcu_read_unlock_bh();
	return err;
}

long wait_event_timeout_bad(struct chip *c)
{
	long left;

	spin_lock_bh(&c->lock);
	left = wait_event_timeout(c->queue, c->ready, HZ); //~ ERROR sleep-in-atomic
	spin_unlock_bh(&c->lock);
	return left;
}

void synchronize_srcu_bad(struct chip *c)
{
	spin_lock(&c->lock);
	synchronize_srcu(&c->srcu); //~ ERROR sleep-in-atomic
	spin_unlock(&c->lock);
}

void flush_work_bad(struct chip *c)
{
	spin_lock(&c->lock);
	flush_work(&c->work); //~ ERROR sleep-in-atomic
	spin_unlock(&c->lock);
}

void cancel_work_bad(struct chip *c)
{
	spin_lock(&c->lock);
	cancel_work_sync(&c->work); //~ ERROR sleep-in-atomic
	spin_unlock(&c->lock);
}

/* Waits until the handler is done. */
void disable_irq_bad(struct chip *c)
{
	spin_lock(&c->lock);
	disable_irq(c->irq); //~ ERROR sleep-in-atomic
	spin_unlock(&c->lock);
}

static irqreturn_t handler(int irq, void *data)
{
	return IRQ_HANDLED;
}

int request_irq_bad(struct chip *c)
{
	int err;

	spin_lock(&c->lock);
	err = request_irq(c->irq, handler, 0, "chip", c); //~ ERROR sleep-in-atomic
	spin_unlock(&c->lock);
	return err;
}

/* User memory may have to be read from disk. */
int copy_from_user_bad(struct chip *c, const void __user *from)
{
	unsigned long left;

	spin_lock(&c->lock);
	left = copy_from_user(&c->state, from, sizeof(c->state)); //~ ERROR sleep-in-atomic
	spin_unlock(&c->lock);
	return left ? -EFAULT : 0;
}

int copy_to_user_bad(struct chip *c, void __user *to)
{
	unsigned long left;

	preempt_disable();
	left = copy_to_user(to, &c->state, sizeof(c->state)); //~ ERROR sleep-in-atomic
	preempt_enable();
	return left ? -EFAULT : 0;
}
