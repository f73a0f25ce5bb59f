// SPDX-License-Identifier: MIT OR Apache-2.0
// Interrupts with an entry of their own: nobody registers a handler, the entry counts by itself.
#include <linux/preempt.h>
#include <linux/spinlock.h>

#define HARDIRQ_OFFSET 0x10000

static DEFINE_SPINLOCK(events_lock);
static unsigned int events;

static void count_event(void)
{
	spin_lock(&events_lock);
	events++;
	spin_unlock(&events_lock);
}

void sysvec_thermal_bad(void)
{
	preempt_count_add(HARDIRQ_OFFSET);
	count_event(); //~ ERROR spinlock-under-raw-spinlock
	preempt_count_sub(HARDIRQ_OFFSET);
}

void sysvec_deferred_ok(void)
{
	preempt_count_add(HARDIRQ_OFFSET);
	events++;
	preempt_count_sub(HARDIRQ_OFFSET);
	count_event();
}
