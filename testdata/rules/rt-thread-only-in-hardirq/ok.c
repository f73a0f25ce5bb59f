// SPDX-License-Identifier: MIT OR Apache-2.0
// The same in interrupts that PREEMPT_RT runs in threads, and what hard ones may do.
#include <linux/completion.h>
#include <linux/container_of.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/spinlock.h>
#include <linux/timer.h>

struct device {
	struct completion done;
	struct timer_list timeout;
	struct hrtimer poll;
	struct hrtimer tick;
	struct hrtimer soft;
	spinlock_t lock;
	raw_spinlock_t raw;
	int count;
};

static irqreturn_t threaded_ok(int irq, void *dev)
{
	struct device *d = dev;

	complete_all(&d->done);
	return IRQ_HANDLED;
}

static irqreturn_t one_waiter_ok(int irq, void *dev)
{
	struct device *d = dev;

	complete(&d->done);
	hrtimer_try_to_cancel(&d->poll);
	return IRQ_HANDLED;
}

/* It runs in a thread, which is the owner; and a raw lock has none. */
static irqreturn_t trylock_ok(int irq, void *dev)
{
	struct device *d = dev;

	if (spin_trylock(&d->lock)) {
		d->count++;
		spin_unlock(&d->lock);
	}
	return IRQ_HANDLED;
}

static irqreturn_t raw_trylock_ok(int irq, void *dev)
{
	struct device *d = dev;

	if (raw_spin_trylock(&d->raw)) {
		d->count++;
		raw_spin_unlock(&d->raw);
	}
	return IRQ_HANDLED;
}

static irqreturn_t in_thread_ok(int irq, void *dev)
{
	struct device *d = dev;

	timer_delete_sync(&d->timeout);
	return IRQ_HANDLED;
}

static enum hrtimer_restart soft_timer_ok(struct hrtimer *timer)
{
	struct device *d = container_of(timer, struct device, soft);

	complete_all(&d->done);
	return HRTIMER_NORESTART;
}

/* One of its timers is hard, and it is not this one. */
int set_up_ok(struct device *d, unsigned int irq)
{
	hrtimer_init(&d->tick, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
	hrtimer_init(&d->soft, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	d->soft.function = soft_timer_ok;
	request_irq(irq, threaded_ok, IRQF_SHARED, "device", d);
	request_irq(irq + 3, trylock_ok, IRQF_SHARED, "device", d);
	request_irq(irq + 4, raw_trylock_ok, IRQF_NO_THREAD, "device", d);
	request_irq(irq + 1, one_waiter_ok, IRQF_NO_THREAD, "device", d);
	return request_threaded_irq(irq + 2, one_waiter_ok, in_thread_ok, IRQF_ONESHOT, "device", d);
}
