// SPDX-License-Identifier: MIT OR Apache-2.0
// Callbacks that may sleep, or look where they are before they do.
#include <linux/delay.h>
#include <linux/hardirq.h>
#include <linux/interrupt.h>
#include <linux/notifier.h>
#include <linux/timer.h>
#include <linux/workqueue.h>

struct device {
	struct timer_list timer;
	struct work_struct work;
};

static void work_ok(struct work_struct *work)
{
	msleep(1);
}

static irqreturn_t thread_ok(int irq, void *dev)
{
	msleep(1);
	return IRQ_HANDLED;
}

/* Shared with code that may sleep. */
static void reset(void)
{
	if (preempt_count() & (NMI_MASK | HARDIRQ_MASK | SOFTIRQ_OFFSET))
		return;
	msleep(1);
}

static void timer_ok(struct timer_list *timer)
{
	reset();
}

static irqreturn_t handler_ok(int irq, void *dev)
{
	reset();
	return IRQ_WAKE_THREAD;
}

static int event_ok(struct notifier_block *nb, unsigned long action, void *data)
{
	msleep(1);
	return NOTIFY_OK;
}

static struct notifier_block block = { .notifier_call = event_ok };

int set_up_ok(struct device *d, struct blocking_notifier_head *chain, unsigned int irq)
{
	timer_setup(&d->timer, timer_ok, 0);
	INIT_WORK(&d->work, work_ok);
	blocking_notifier_chain_register(chain, &block);
	return request_threaded_irq(irq, handler_ok, thread_ok, IRQF_SHARED, "device", d);
}
