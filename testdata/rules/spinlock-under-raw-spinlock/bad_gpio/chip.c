// SPDX-License-Identifier: MIT OR Apache-2.0
// An interrupt controller driver whose registers are guarded by a spinlock_t. Its callbacks run under
// desc->lock, which is written elsewhere; here is what has to change.
#include <linux/irq.h>
#include <linux/spinlock.h>

struct gpio_bank {
	spinlock_t lock;
	u32 enabled;
	u32 rising;
};

static void gpio_mask_bad(struct irq_data *d)
{
	struct gpio_bank *bank = irq_data_get_irq_chip_data(d);
	unsigned long flags;

	spin_lock_irqsave(&bank->lock, flags); //~ ERROR spinlock-under-raw-spinlock
	bank->enabled &= ~d->mask;
	spin_unlock_irqrestore(&bank->lock, flags);
}

static void gpio_update(struct gpio_bank *bank, u32 mask, bool rising)
{
	guard(spinlock_irqsave)(&bank->lock);
	if (rising)
		bank->rising |= mask;
	else
		bank->rising &= ~mask;
}

static int gpio_set_type_bad(struct irq_data *d, unsigned int type)
{
	gpio_update(irq_data_get_irq_chip_data(d), d->mask, type & 1); //~ ERROR spinlock-under-raw-spinlock
	return 0;
}

struct irq_chip gpio_chip = {
	.name = "gpio",
	.irq_mask = gpio_mask_bad,
	.irq_set_type = gpio_set_type_bad,
};
