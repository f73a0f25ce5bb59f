// SPDX-License-Identifier: MIT OR Apache-2.0
// Messages under locks that consoles need in turn.
#include <linux/mmzone.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

struct page {
	unsigned long flags;
};

static void describe(struct page *page)
{
	pr_err("page with flags %lx\n", page->flags);
}

int zone_lock_bad(struct zone *zone, struct page *page)
{
	unsigned long flags;

	spin_lock_irqsave(&zone->lock, flags);
	if (page->flags & 1) {
		describe(page); //~ ERROR printk-under-allocator-lock
		spin_unlock_irqrestore(&zone->lock, flags);
		return -1;
	}
	zone->nr_isolate++;
	spin_unlock_irqrestore(&zone->lock, flags);
	return 0;
}

void scheduler_lock_bad(struct task_struct *task)
{
	raw_spin_lock(&task->pi_lock);
	if (task->pid == 0)
		dump_stack(); //~ ERROR printk-under-allocator-lock
	raw_spin_unlock(&task->pi_lock);
}

void deferred_too_short_bad(struct zone *zone)
{
	guard(spinlock)(&zone->lock);
	printk_deferred_enter();
	pr_info("deferred\n");
	printk_deferred_exit();
	pr_info("not deferred\n"); //~ ERROR printk-under-allocator-lock
}
