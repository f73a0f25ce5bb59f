// SPDX-License-Identifier: MIT OR Apache-2.0
// An interrupt controller driver whose registers are guarded by a spinlock_t. Alone it looks right:
// that its callbacks run under desc->lock is written elsewhere.
#include <linux/irq.h>
#include <linux/spinlock.h>

struct gpio_bank {
	spinlock_t lock;
	u32 enabled;
	u32 rising;
};

static void gpio_mask(struct irq_data *d)
{
	struct gpio_bank *bank = irq_data_get_irq_chip_data(d);
	unsigned long flags;

	spin_lock_irqsave(&bank->lock, flags);
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

static int gpio_set_type(struct irq_data *d, unsigned int type)
{
	gpio_update(irq_data_get_irq_chip_data(d), d->mask, type & 1);
	return 0;
}

struct irq_chip gpio_chip = {
	.name = "gpio",
	.irq_mask = gpio_mask,
	.irq_set_type = gpio_set_type,
};
