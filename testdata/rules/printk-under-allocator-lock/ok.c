// SPDX-License-Identifier: MIT OR Apache-2.0
// Messages after the lock, deferred ones, and those under locks that no console needs.
#include <linux/bug.h>
#include <linux/mmzone.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

struct device {
	spinlock_t lock;
	int state;
};

int after_the_lock_ok(struct zone *zone, bool movable)
{
	unsigned long flags;

	spin_lock_irqsave(&zone->lock, flags);
	if (movable)
		zone->nr_isolate++;
	spin_unlock_irqrestore(&zone->lock, flags);
	if (!movable)
		pr_info("cannot be isolated\n");
	return movable ? 0 : -1;
}

void deferred_ok(struct task_struct *task)
{
	raw_spin_lock(&task->pi_lock);
	printk_deferred("task %d\n", task->pid);
	raw_spin_unlock(&task->pi_lock);
}

static void report(struct zone *zone)
{
	pr_err("%lu isolated\n", zone->nr_isolate);
}

void deferred_section_ok(struct zone *zone)
{
	spin_lock(&zone->lock);
	printk_deferred_enter();
	report(zone);
	printk_deferred_exit();
	spin_unlock(&zone->lock);
}

static void report_locked(struct zone *zone)
{
	spin_lock(&zone->lock);
	report(zone);
	spin_unlock(&zone->lock);
}

void deferred_by_caller_ok(struct zone *zone)
{
	printk_deferred_enter();
	report_locked(zone);
	printk_deferred_exit();
}

void other_lock_ok(struct device *device)
{
	spin_lock(&device->lock);
	pr_info("state %d\n", device->state);
	spin_unlock(&device->lock);
}

void add_taint(unsigned int flag, int lockdep_ok);

/* Whatever calls this has found a bug already. */
static void report_corruption(struct zone *zone)
{
	pr_err("%lu isolated, which cannot be\n", zone->nr_isolate);
	add_taint(5, 1);
}

void corrupted_ok(struct zone *zone)
{
	spin_lock(&zone->lock);
	if (zone->nr_isolate > 100)
		report_corruption(zone);
	spin_unlock(&zone->lock);
}
