// SPDX-License-Identifier: MIT OR Apache-2.0
// The interrupt core: calls the chip with the raw lock of the descriptor held. Its calls are no
// findings of their own.
#include <linux/irq.h>
#include <linux/spinlock.h>

static void __mask_irq(struct irq_desc *desc)
{
	if (desc->irq_data.chip->irq_mask)
		desc->irq_data.chip->irq_mask(&desc->irq_data);
}

void disable_line(struct irq_desc *desc)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&desc->lock, flags);
	if (!desc->depth++)
		__mask_irq(desc);
	raw_spin_unlock_irqrestore(&desc->lock, flags);
}

int set_trigger(struct irq_desc *desc, unsigned int type)
{
	struct irq_chip *chip = desc->irq_data.chip;
	int err;

	raw_spin_lock(&desc->lock);
	err = chip->irq_set_type(&desc->irq_data, type);
	raw_spin_unlock(&desc->lock);
	return err;
}
