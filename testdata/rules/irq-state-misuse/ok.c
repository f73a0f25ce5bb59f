// SPDX-License-Identifier: MIT OR Apache-2.0
// What is enabled was disabled here, or restored to what it was.
#include <linux/bottom_half.h>
#include <linux/interrupt.h>
#include <linux/kconfig.h>
#include <linux/irqflags.h>
#include <linux/spinlock.h>

struct device {
	spinlock_t outer;
	spinlock_t inner;
	raw_spinlock_t raw;
	int count;
};

void paired_ok(struct device *d)
{
	unsigned long flags;

	spin_lock_irq(&d->outer);
	spin_lock(&d->inner);
	d->count++;
	spin_unlock(&d->inner);
	spin_unlock_irq(&d->outer);

	spin_lock_irqsave(&d->outer, flags);
	d->count++;
	spin_unlock_irqrestore(&d->outer, flags);
	local_irq_disable();
	local_irq_enable();
}

void nested_saves_ok(struct device *d)
{
	unsigned long outer, inner;

	local_irq_save(outer);
	raw_spin_lock_irqsave(&d->raw, inner);
	d->count++;
	raw_spin_unlock_irqrestore(&d->raw, inner);
	local_irq_restore(outer);
}

int restored_on_every_path_ok(struct device *d)
{
	unsigned long flags;

	if (!spin_trylock_irqsave(&d->outer, flags))
		return -1;
	if (!d->count) {
		spin_unlock_irqrestore(&d->outer, flags);
		spin_lock_irq(&d->inner);
		d->count++;
		spin_unlock_irq(&d->inner);
		return 0;
	}
	spin_unlock(&d->outer);
	local_irq_restore(flags);
	return 1;
}

static void drop_and_wait(struct device *d)
{
	spin_unlock_irq(&d->outer);
	d->count++;
	spin_lock_irq(&d->outer);
}

/* The callee releases the very lock. */
void lock_dropped_in_callee_ok(struct device *d)
{
	unsigned long flags;

	spin_lock_irqsave(&d->outer, flags);
	drop_and_wait(d);
	spin_unlock_irqrestore(&d->outer, flags);
}

void taken_apart_ok(struct device *d)
{
	local_irq_disable();
	raw_spin_lock(&d->raw);
	d->count++;
	raw_spin_unlock_irq(&d->raw);
}

void softirqs_first_ok(struct device *d)
{
	local_bh_disable();
	spin_lock_irq(&d->inner);
	d->count++;
	spin_unlock_irq(&d->inner);
	local_bh_enable();
}

static irqreturn_t handler_ok(int irq, void *data)
{
	struct device *d = data;
	unsigned long flags;

	spin_lock_irqsave(&d->inner, flags);
	d->count++;
	spin_unlock_irqrestore(&d->inner, flags);
	return IRQ_HANDLED;
}

/* Its thread runs with interrupts enabled. */
static irqreturn_t thread_ok(int irq, void *data)
{
	struct device *d = data;

	spin_lock_irq(&d->inner);
	d->count++;
	spin_unlock_irq(&d->inner);
	return IRQ_HANDLED;
}

int set_up_ok(struct device *d, unsigned int irq)
{
	return request_threaded_irq(irq, handler_ok, thread_ok, 0, "device", d);
}

/* Hand over hand: interrupts stay disabled for the second lock. */
void hand_over_hand_ok(struct device *d)
{
	spin_lock_irq(&d->outer);
	spin_lock(&d->inner);
	spin_unlock(&d->outer);
	d->count++;
	spin_unlock_irq(&d->inner);
}

/* Only kernels with PREEMPT_RT enable softirqs there, and these do not disable interrupts. */
static void let_softirqs_run(void)
{
	if (IS_ENABLED(CONFIG_PREEMPT_RT)) {
		local_bh_disable();
		local_bh_enable();
	}
}

void of_another_world_ok(struct device *d)
{
	unsigned long flags;

	spin_lock_irqsave(&d->outer, flags);
	let_softirqs_run();
	spin_unlock_irqrestore(&d->outer, flags);
}

struct dev_pm_info {
	spinlock_t lock;
	unsigned int irq_safe : 1;
};

static void suspend(struct dev_pm_info *power)
{
	if (power->irq_safe)
		spin_unlock(&power->lock);
	else
		spin_unlock_irq(&power->lock);
	if (power->irq_safe)
		spin_lock(&power->lock);
	else
		spin_lock_irq(&power->lock);
}

static struct dev_pm_info power;

/* Whoever does that has said that the device is irq_safe. */
void irq_safe_ok(struct device *d)
{
	unsigned long flags;

	spin_lock_irqsave(&d->inner, flags);
	spin_lock(&power.lock);
	suspend(&power);
	spin_unlock(&power.lock);
	spin_unlock_irqrestore(&d->inner, flags);
}

/* Interrupts are handed over disabled to what idles, and it enables them in between as well. */
void default_idle_call(void)
{
	local_irq_disable();
	local_irq_enable();
}

void idle_ok(void)
{
	local_irq_disable();
	default_idle_call();
}
