// SPDX-License-Identifier: MIT OR Apache-2.0
// The same driver with the lock that its callers allow.
#include <linux/irq.h>
#include <linux/spinlock.h>

struct gpio_bank {
	raw_spinlock_t lock;
	spinlock_t config_lock;
	u32 enabled;
	u32 pulls;
};

static void gpio_mask(struct irq_data *d)
{
	struct gpio_bank *bank = irq_data_get_irq_chip_data(d);
	unsigned long flags;

	raw_spin_lock_irqsave(&bank->lock, flags);
	bank->enabled &= ~d->mask;
	raw_spin_unlock_irqrestore(&bank->lock, flags);
}

/* Called by the core before it takes desc->lock. */
static void gpio_bus_lock(struct irq_data *d)
{
	struct gpio_bank *bank = irq_data_get_irq_chip_data(d);

	spin_lock(&bank->config_lock);
	bank->pulls = 0;
	spin_unlock(&bank->config_lock);
}

struct irq_chip gpio_chip = {
	.name = "gpio",
	.irq_mask = gpio_mask,
	.irq_bus_lock = gpio_bus_lock,
};
