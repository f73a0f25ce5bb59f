// SPDX-License-Identifier: MIT OR Apache-2.0
// What is done only while the system starts, goes down or is broken.
#include <linux/bug.h>
#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

static DEFINE_SPINLOCK(lock);

void while_it_starts_ok(void)
{
	spin_lock(&lock);
	if (system_state < SYSTEM_SCHEDULING)
		msleep(1);
	if (system_state > SYSTEM_RUNNING)
		msleep(2);
	spin_unlock(&lock);
}

void while_it_is_broken_ok(void)
{
	spin_lock(&lock);
	if (oops_in_progress)
		msleep(3);
	spin_unlock(&lock);
}

/* As `in_interrupt()` asks with PREEMPT_RT. */
static void asks_first_ok(struct rcu_head *head)
{
	if ((preempt_count() & 0xff0000) | (current->softirq_disable_cnt & 0xff00))
		return;
	msleep(4);
}

void free_later_ok(struct rcu_head *head)
{
	call_rcu(head, asks_first_ok);
}

/* As long as the engine may take where it can be waited for, and not at all elsewhere. */
static int patience(const int *timeout)
{
	if (preempt_count() != 0)
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

void no_patience_ok(const int *timeout)
{
	spin_lock(&lock);
	halt(timeout);
	spin_unlock(&lock);
	halt(timeout);
}

/* Describes what it has found, and stops: that is for a system that is broken. */
void describes_ok(const int *count)
{
	spin_lock(&lock);
	if (*count < 0) {
		msleep(5);
		BUG();
	}
	spin_unlock(&lock);
}
