// SPDX-License-Identifier: MIT OR Apache-2.0
// Initialisation on demand, where the first use is atomic.
#include <linux/interrupt.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>
#include <linux/stackdepot.h>

struct refs {
	spinlock_t lock;
	raw_spinlock_t raw;
	struct srcu_struct srcu;
	bool ready;
	int count;
};

static void record_backtrace(struct refs *refs)
{
	if (!refs->ready)
		refs->ready = stack_depot_init() == 0;
}

void under_spinlock_bad(struct refs *refs)
{
	spin_lock(&refs->lock);
	record_backtrace(refs); //~ ERROR sleeping-init-in-atomic
	refs->count++;
	spin_unlock(&refs->lock);
}

void under_raw_spinlock_bad(struct refs *refs)
{
	guard(raw_spinlock)(&refs->raw);
	if (!refs->ready)
		stack_depot_init(); //~ ERROR sleeping-init-in-atomic
}

static irqreturn_t first_interrupt_bad(int irq, void *data)
{
	struct refs *refs = data;

	init_srcu_struct(&refs->srcu); //~ ERROR sleeping-init-in-atomic
	return IRQ_HANDLED;
}

int set_up(struct refs *refs, unsigned int irq)
{
	return request_irq(irq, first_interrupt_bad, 0, "refs", refs);
}
