// SPDX-License-Identifier: MIT OR Apache-2.0
// What PREEMPT_RT does in threads, in interrupts that stay hard.
#include <linux/completion.h>
#include <linux/container_of.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/smp.h>
#include <linux/timer.h>

struct device {
	struct completion done;
	struct timer_list timeout;
	struct hrtimer poll;
	struct hrtimer tick;
};

static irqreturn_t complete_all_bad(int irq, void *dev)
{
	struct device *d = dev;

	complete_all(&d->done); //~ ERROR rt-thread-only-in-hardirq
	return IRQ_HANDLED;
}

/* The wrapper adds flags of its own; those of the caller decide. */
static int request_hard(unsigned int irq, irq_handler_t handler, unsigned long flags, void *dev)
{
	return request_irq(irq, handler, flags | IRQF_SHARED, "hard", dev);
}

static irqreturn_t timer_wait_bad(int irq, void *dev)
{
	struct device *d = dev;

	timer_delete_sync(&d->timeout); //~ ERROR rt-thread-only-in-hardirq
	return IRQ_HANDLED;
}

static void other_cpu_bad(void *info)
{
	struct device *d = info;

	hrtimer_cancel(&d->poll); //~ ERROR rt-thread-only-in-hardirq
}

static enum hrtimer_restart hard_timer_bad(struct hrtimer *timer)
{
	struct device *d = container_of(timer, struct device, tick);

	complete_all(&d->done); //~ ERROR rt-thread-only-in-hardirq
	return HRTIMER_NORESTART;
}

int set_up(struct device *d, unsigned int irq)
{
	hrtimer_init(&d->tick, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
	d->tick.function = hard_timer_bad;
	on_each_cpu(other_cpu_bad, d, 1);
	request_irq(irq, complete_all_bad, IRQF_NO_THREAD, "device", d);
	return request_hard(irq + 1, timer_wait_bad, IRQF_PERCPU, d);
}
