// SPDX-License-Identifier: MIT OR Apache-2.0
/* A GPIO controller. Nothing here shows that gpio_mask() runs under a raw lock; irq/chip.c does. */
#include <linux/irq.h>
#include <linux/spinlock.h>

struct gpio_bank {
	spinlock_t lock;
	u32 enabled;
	u32 pending;
};

static void gpio_mask(struct irq_data *d)
{
	struct gpio_bank *bank = irq_data_get_irq_chip_data(d);
	unsigned long flags;

	spin_lock_irqsave(&bank->lock, flags);
	bank->enabled &= ~d->mask;
	spin_unlock_irqrestore(&bank->lock, flags);
}

static void gpio_ack(struct irq_data *d)
{
	struct gpio_bank *bank = irq_data_get_irq_chip_data(d);

	WRITE_ONCE(bank->pending, d->mask);
}

struct irq_chip gpio_irq_chip = {
	.name = "gpio-bank",
	.irq_ack = gpio_ack,
	.irq_mask = gpio_mask,
};
