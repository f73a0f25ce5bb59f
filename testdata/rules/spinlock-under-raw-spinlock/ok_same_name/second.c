// SPDX-License-Identifier: MIT OR Apache-2.0
// The other record: its lock spins on every kernel.
#include <linux/irqflags.h>
#include <linux/spinlock.h>

struct gadget {
	raw_spinlock_t lock;
	int count;
};

void second_ok(struct gadget *g)
{
	local_irq_disable();
	raw_spin_lock(&g->lock);
	g->count++;
	raw_spin_unlock(&g->lock);
	local_irq_enable();
}
