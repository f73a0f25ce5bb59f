// SPDX-License-Identifier: MIT OR Apache-2.0
// What is done only while the system starts, goes down or is broken.
#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/spinlock.h>

static DEFINE_SPINLOCK(lock);

void while_it_starts_ok(void)
{
	spin_lock(&lock);
	if (system_state < SYSTEM_SCHEDULING)
		msleep(1);
	if (system_state > SYSTEM_RUNNING)
		msleep(2);
	spin_unlock(&lock);
}

void while_it_is_broken_ok(void)
{
	spin_lock(&lock);
	if (oops_in_progress)
		msleep(3);
	spin_unlock(&lock);
}
