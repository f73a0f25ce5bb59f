// SPDX-License-Identifier: MIT OR Apache-2.0
// Handlers of non-maskable interrupts that wait, allocate or free.
#include <asm/nmi.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

static DEFINE_RAW_SPINLOCK(raw_lock);
static DEFINE_SPINLOCK(config_lock);
static unsigned long hits;

static int raw_lock_bad(unsigned int type, void *regs)
{
	raw_spin_lock(&raw_lock); //~ ERROR nmi-unsafe
	hits++;
	raw_spin_unlock(&raw_lock);
	return NMI_HANDLED;
}

static int spinlock_bad(unsigned int type, void *regs)
{
	spin_lock(&config_lock); //~ ERROR nmi-unsafe
	hits++;
	spin_unlock(&config_lock);
	return NMI_HANDLED;
}

static void *buffer(void)
{
	return kmalloc(64, GFP_ATOMIC);
}

static int allocates_below_bad(unsigned int type, void *regs)
{
	return buffer() != NULL; //~ ERROR nmi-unsafe
}

void set_up(void)
{
	register_nmi_handler(NMI_LOCAL, raw_lock_bad, 0, "raw");
	register_nmi_handler(NMI_LOCAL, spinlock_bad, 0, "spin");
	register_nmi_handler(NMI_LOCAL, allocates_below_bad, 0, "copy");
}
