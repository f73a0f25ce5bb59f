// SPDX-License-Identifier: MIT OR Apache-2.0
// What is done while the system runs.
#include <linux/bug.h>
#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

static DEFINE_SPINLOCK(first);
static DEFINE_SPINLOCK(second);

void while_it_runs_bad(void)
{
	spin_lock(&first);
	if (system_state >= SYSTEM_SCHEDULING)
		msleep(1); //~ ERROR sleep-in-atomic
	spin_unlock(&first);
}

void while_nothing_is_broken_bad(void)
{
	if (oops_in_progress)
		return;
	spin_lock(&second);
	msleep(2); //~ ERROR sleep-in-atomic
	spin_unlock(&second);
}

/* Other bits say nothing of softirqs. */
static void asks_another_bad(struct rcu_head *head)
{
	if (current->softirq_disable_cnt & 0xff)
		return;
	msleep(4); //~ ERROR sleep-in-atomic
}

void free_later(struct rcu_head *head)
{
	call_rcu(head, asks_another_bad);
}

/* Softirqs are no answer to whether a lock is held. */
static int patience(const int *timeout)
{
	if (preempt_count() & 0xff00)
		return 0;
	return *timeout;
}

static void stop(int timeout)
{
	if (timeout)
		msleep(timeout);
}

static void halt(const int *timeout)
{
	stop(patience(timeout));
}

void another_question_bad(const int *timeout)
{
	spin_lock(&first);
	halt(timeout); //~ ERROR sleep-in-atomic
	spin_unlock(&first);
}

/* This one is there for what it does; that it does not return is told behind it. */
void does_not_return_bad(void)
{
	spin_lock(&second);
	msleep(5); //~ ERROR sleep-in-atomic
	BUG();
}
