// SPDX-License-Identifier: MIT OR Apache-2.0
// Interrupts and softirqs that are enabled too early.
#include <linux/bottom_half.h>
#include <linux/interrupt.h>
#include <linux/irqflags.h>
#include <linux/spinlock.h>

struct device {
	spinlock_t outer;
	spinlock_t inner;
	spinlock_t bh;
	raw_spinlock_t raw;
	raw_spinlock_t other_raw;
	int count;
};

void inner_irq_lock_bad(struct device *d)
{
	unsigned long flags;

	spin_lock_irqsave(&d->outer, flags);
	spin_lock_irq(&d->inner);
	d->count++;
	spin_unlock_irq(&d->inner); //~ ERROR irq-state-misuse
	spin_unlock_irqrestore(&d->outer, flags);
}

void under_disabled_interrupts_bad(struct device *d)
{
	local_irq_disable();
	raw_spin_lock_irq(&d->other_raw);
	d->count++;
	raw_spin_unlock_irq(&d->other_raw); //~ ERROR irq-state-misuse
	local_irq_enable();
}

/* The section that ends is taken to be the one that saved the state. */
void fn_enabled_by_hand(struct device *d)
{
	unsigned long flags;

	local_irq_save(flags);
	d->count++;
	local_irq_enable();
	local_irq_restore(flags);
}

static void count(struct device *d)
{
	raw_spin_lock_irq(&d->raw);
	d->count++;
	raw_spin_unlock_irq(&d->raw);
}

void callee_enables_bad(struct device *d)
{
	guard(spinlock_irqsave)(&d->outer);
	count(d); //~ ERROR irq-state-misuse
}

void softirqs_bad(struct device *d)
{
	spin_lock_irq(&d->outer);
	spin_lock_bh(&d->bh);
	d->count++;
	spin_unlock_bh(&d->bh); //~ ERROR irq-state-misuse
	spin_unlock_irq(&d->outer);
}

static irqreturn_t handler_bad(int irq, void *data)
{
	struct device *d = data;

	spin_lock_irq(&d->inner);
	d->count++;
	spin_unlock_irq(&d->inner); //~ ERROR irq-state-misuse
	return IRQ_HANDLED;
}

int set_up(struct device *d, unsigned int irq)
{
	return request_irq(irq, handler_bad, 0, "device", d);
}
