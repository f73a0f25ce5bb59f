// SPDX-License-Identifier: MIT OR Apache-2.0
#include <linux/irq.h>
#include <linux/spinlock.h>

void disable_line_ok(struct irq_desc *desc)
{
	unsigned long flags;

	if (desc->irq_data.chip->irq_bus_lock)
		desc->irq_data.chip->irq_bus_lock(&desc->irq_data);
	raw_spin_lock_irqsave(&desc->lock, flags);
	if (!desc->depth++)
		desc->irq_data.chip->irq_mask(&desc->irq_data);
	raw_spin_unlock_irqrestore(&desc->lock, flags);
}
