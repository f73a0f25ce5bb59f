// SPDX-License-Identifier: MIT OR Apache-2.0
// Sleeping where it is allowed, and waiting without sleeping.
#include <linux/bug.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>
#include <linux/timer.h>
#include <linux/uaccess.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

struct chip {
	spinlock_t lock;
	spinlock_t other;
	raw_spinlock_t raw;
	struct mutex mutex;
	struct completion done;
	struct wait_queue_head queue;
	struct work_struct work;
	struct timer_list timer;
	struct srcu_struct srcu;
	struct task_struct *task;
	unsigned int irq;
	int state;
	bool ready;
	bool dead;
};

void nothing_held_ok(struct chip *c)
{
	might_sleep();
	msleep(10);
	cond_resched();
	wait_for_completion(&c->done);
}

void mutex_ok(struct chip *c)
{
	guard(mutex)(&c->mutex);
	msleep(10);
	flush_work(&c->work);
}

void srcu_ok(struct chip *c)
{
	int idx = srcu_read_lock(&c->srcu);

	msleep(10);
	synchronize_rcu();
	srcu_read_unlock(&c->srcu, idx);
}

/* Burns the time instead. */
void busy_wait_ok(struct chip *c)
{
	unsigned long flags;

	spin_lock_irqsave(&c->lock, flags);
	udelay(20);
	mdelay(2);
	spin_unlock_irqrestore(&c->lock, flags);
}

/* So short a time is not slept. */
void short_fsleep_ok(struct chip *c)
{
	spin_lock(&c->lock);
	fsleep(5);
	spin_unlock(&c->lock);
}

/* Waking, queueing and arming do not wait. */
void wake_others_ok(struct chip *c)
{
	spin_lock(&c->lock);
	wake_up(&c->queue);
	complete(&c->done);
	wake_up_process(c->task);
	schedule_work(&c->work);
	mod_timer(&c->timer, jiffies + HZ);
	disable_irq_nosync(c->irq);
	spin_unlock(&c->lock);
}

/* Under a raw lock too, as long as the waiters' lock is a raw one. */
void wake_from_raw_ok(struct chip *c)
{
	raw_spin_lock(&c->raw);
	complete(&c->done);
	wake_up_process(c->task);
	raw_spin_unlock(&c->raw);
}

void after_unlock_ok(struct chip *c)
{
	spin_lock_bh(&c->lock);
	c->state++;
	spin_unlock_bh(&c->lock);
	msleep(10);
}

void dropped_around_ok(struct chip *c)
{
	spin_lock(&c->lock);
	while (!c->ready) {
		spin_unlock(&c->lock);
		msleep(1);
		spin_lock(&c->lock);
	}
	spin_unlock(&c->lock);
}

/* The open-coded wait: enqueued, unlocked, asleep, locked again. */
void open_coded_wait_ok(struct chip *c)
{
	DEFINE_WAIT(wait);

	spin_lock(&c->lock);
	for (;;) {
		prepare_to_wait(&c->queue, &wait, TASK_UNINTERRUPTIBLE);
		if (c->ready)
			break;
		spin_unlock(&c->lock);
		schedule();
		spin_lock(&c->lock);
	}
	finish_wait(&c->queue, &wait);
	spin_unlock(&c->lock);
}

/* This macro drops the lock it is given while it sleeps. */
void wait_event_lock_ok(struct chip *c)
{
	spin_lock_irq(&c->lock);
	wait_event_lock_irq(c->queue, c->ready, c->lock);
	c->ready = false;
	spin_unlock_irq(&c->lock);
}

void cond_resched_lock_ok(struct chip *c)
{
	spin_lock(&c->lock);
	while (c->state--)
		cond_resched_lock(&c->lock);
	spin_unlock(&c->lock);
}

void preemption_enabled_ok(struct chip *c)
{
	preempt_disable();
	c->state++;
	preempt_enable();
	schedule();
	preempt_disable();
	c->state++;
	preempt_enable_no_resched();
	schedule();
}

void interrupts_restored_ok(struct chip *c)
{
	unsigned long flags;

	local_irq_save(flags);
	c->state++;
	local_irq_restore(flags);
	msleep(1);
	local_irq_disable();
	c->state++;
	local_irq_enable();
	msleep(1);
}

int trylock_failed_ok(struct chip *c)
{
	while (!spin_trylock(&c->lock))
		msleep(1);
	c->state++;
	spin_unlock(&c->lock);
	return 0;
}

static void poll(struct chip *c, bool may_sleep)
{
	while (!c->ready) {
		if (may_sleep)
			msleep(1);
		else
			udelay(100);
	}
}

void permission_ok(struct chip *c)
{
	spin_lock(&c->lock);
	poll(c, false);
	spin_unlock(&c->lock);
	poll(c, true);
}

static void wait_ready(struct chip *c, int flags)
{
	might_sleep_if(!(flags & 1));
	if (!(flags & 1))
		msleep(1);
	c->ready = true;
}

void might_sleep_if_ok(struct chip *c)
{
	spin_lock(&c->lock);
	wait_ready(c, 1);
	spin_unlock(&c->lock);
	wait_ready(c, 0);
}

struct message {
	struct rcu_head rcu;
	int value;
};

static void free_later(struct rcu_head *head, void *object)
{
	if (!head)
		might_sleep();
	((struct message *)object)->value = 0;
}

/* With a head, it is only queued. */
void with_head_ok(struct chip *c, struct message *m)
{
	spin_lock(&c->lock);
	free_later(&m->rcu, m);
	spin_unlock(&c->lock);
}

static void relax(struct chip *c)
{
	if (preemptible())
		cond_resched();
	c->state++;
}

void preemptible_guard_ok(struct chip *c)
{
	raw_spin_lock(&c->raw);
	relax(c);
	raw_spin_unlock(&c->raw);
	preempt_disable();
	relax(c);
	preempt_enable();
}

static void pause(struct chip *c)
{
	if (irqs_disabled() || in_atomic())
		udelay(10);
	else
		msleep(1);
}

void context_tested_ok(struct chip *c)
{
	unsigned long flags;

	local_irq_save(flags);
	pause(c);
	local_irq_restore(flags);
	raw_spin_lock(&c->raw);
	pause(c);
	raw_spin_unlock(&c->raw);
}

static void drop_and_wait(struct chip *c)
{
	spin_unlock(&c->lock);
	wait_for_completion(&c->done);
	spin_lock(&c->lock);
}

void dropped_by_callee_ok(struct chip *c)
{
	spin_lock(&c->lock);
	drop_and_wait(c);
	c->state++;
	spin_unlock(&c->lock);
}

/* The callee drops both. */
static void drop_both(struct chip *c)
{
	spin_unlock(&c->other);
	spin_unlock(&c->lock);
	msleep(1);
}

void both_released_by_callee_ok(struct chip *c)
{
	spin_lock(&c->lock);
	spin_lock(&c->other);
	drop_both(c);
	msleep(1);
}

void bug_ok(struct chip *c)
{
	spin_lock(&c->lock);
	if (WARN_ON(c->dead)) {
		spin_unlock(&c->lock);
		msleep(1);
		return;
	}
	BUG_ON(c->state < 0);
	spin_unlock(&c->lock);
	msleep(1);
}

void not_reached_ok(struct chip *c)
{
	spin_lock(&c->lock);
	if (c->dead) {
		panic("chip %p", c);
		msleep(1);
	}
	spin_unlock(&c->lock);
}

void endless_ok(struct chip *c)
{
	spin_lock(&c->lock);
	if (c->dead)
		for (;;)
			udelay(1);
	spin_unlock(&c->lock);
	msleep(1);
}

int copy_ok(struct chip *c, const void __user *from)
{
	int state;

	if (copy_from_user(&state, from, sizeof(state)))
		return -EFAULT;
	spin_lock(&c->lock);
	c->state = state;
	spin_unlock(&c->lock);
	return 0;
}

void guard_scope_ok(struct chip *c)
{
	scoped_guard(spinlock_irqsave, &c->lock) {
		if (c->dead)
			return;
		c->state++;
	}
	msleep(1);
}

void correlated_ok(struct chip *c, unsigned long *flags)
{
	if (flags)
		spin_lock_irqsave(&c->lock, *flags);
	c->state++;
	if (flags)
		spin_unlock_irqrestore(&c->lock, *flags);
	msleep(1);
}

void dead_code_ok(struct chip *c)
{
	spin_lock(&c->lock);
	if (IS_ENABLED(CONFIG_SLOW_CHIP))
		msleep(1);
	spin_unlock(&c->lock);
}
