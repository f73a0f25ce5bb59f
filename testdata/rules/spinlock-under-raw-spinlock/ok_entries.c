// SPDX-License-Identifier: MIT OR Apache-2.0
// Interrupts that PREEMPT_RT runs in threads take spinlocks as they like, and callbacks of slow
// buses are called with nothing held.
#include <linux/container_of.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/spinlock.h>
#include <linux/timer.h>

struct bank {
	spinlock_t lock;
	raw_spinlock_t raw;
	struct hrtimer tick;
	struct timer_list timer;
	u32 enabled;
};

static void mask_ok(struct irq_data *data)
{
	struct bank *bank = irq_data_get_irq_chip_data(data);

	raw_spin_lock(&bank->raw);
	bank->enabled &= ~data->mask;
	raw_spin_unlock(&bank->raw);
}

static void bus_sync_ok(struct irq_data *data)
{
	struct bank *bank = irq_data_get_irq_chip_data(data);

	spin_lock(&bank->lock);
	bank->enabled = 0;
	spin_unlock(&bank->lock);
}

struct irq_chip bank_chip = {
	.name = "bank",
	.irq_mask = mask_ok,
	.irq_bus_sync_unlock = bus_sync_ok,
};

static irqreturn_t handler_ok(int irq, void *dev)
{
	struct bank *bank = dev;

	spin_lock(&bank->lock);
	bank->enabled = 0;
	spin_unlock(&bank->lock);
	return IRQ_HANDLED;
}

static enum hrtimer_restart tick_ok(struct hrtimer *timer)
{
	struct bank *bank = container_of(timer, struct bank, tick);

	spin_lock(&bank->lock);
	bank->enabled = 0;
	spin_unlock(&bank->lock);
	return HRTIMER_NORESTART;
}

static void timer_ok(struct timer_list *timer)
{
	struct bank *bank = container_of(timer, struct bank, timer);

	spin_lock(&bank->lock);
	bank->enabled = 0;
	spin_unlock(&bank->lock);
}

int set_up_ok(struct bank *bank, unsigned int irq, bool shared)
{
	unsigned long flags = shared ? IRQF_SHARED : 0;

	hrtimer_init(&bank->tick, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	bank->tick.function = tick_ok;
	timer_setup(&bank->timer, timer_ok, 0);
	return request_irq(irq, handler_ok, flags, "bank", bank);
}
