// SPDX-License-Identifier: MIT OR Apache-2.0
/* The interrupt core in miniature: it calls the chips with desc->lock held, which is a raw lock. */
#include <linux/irq.h>
#include <linux/spinlock.h>

static void mask_irq(struct irq_desc *desc)
{
	if (desc->irq_data.chip->irq_mask)
		desc->irq_data.chip->irq_mask(&desc->irq_data);
}

void handle_level_irq(struct irq_desc *desc)
{
	raw_spin_lock(&desc->lock);
	desc->depth++;
	mask_irq(desc);
	raw_spin_unlock(&desc->lock);
}

void irq_ack(struct irq_desc *desc)
{
	raw_spin_lock(&desc->lock);
	desc->irq_data.chip->irq_ack(&desc->irq_data);
	raw_spin_unlock(&desc->lock);
}
