// SPDX-License-Identifier: MIT OR Apache-2.0
// Handlers of non-maskable interrupts that never wait, and functions that look like them.
#include <asm/nmi.h>
#include <linux/hardirq.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

static DEFINE_RAW_SPINLOCK(raw_lock);
static unsigned long hits;

static int trylock_ok(unsigned int type, void *regs)
{
	if (raw_spin_trylock(&raw_lock)) {
		hits++;
		raw_spin_unlock(&raw_lock);
	}
	return NMI_HANDLED;
}

static void note(void)
{
	if (preempt_count() & NMI_MASK) {
		hits++;
		return;
	}
	raw_spin_lock(&raw_lock);
	hits++;
	raw_spin_unlock(&raw_lock);
}

/* What it calls asks where it is. */
static int asks_first_ok(unsigned int type, void *regs)
{
	note();
	return NMI_HANDLED;
}

/* Has the signature of a handler, and is none. */
int not_a_handler_ok(unsigned int type, void *regs)
{
	raw_spin_lock(&raw_lock);
	hits++;
	raw_spin_unlock(&raw_lock);
	return NMI_HANDLED;
}

void set_up_ok(void)
{
	register_nmi_handler(NMI_LOCAL, trylock_ok, 0, "trylock");
	register_nmi_handler(NMI_LOCAL, asks_first_ok, 0, "asks");
	not_a_handler_ok(NMI_LOCAL, NULL);
}
