// SPDX-License-Identifier: MIT OR Apache-2.0
/* A slow bus: a transfer takes milliseconds and sleeps meanwhile. */
#include <linux/delay.h>
#include <linux/i2c.h>

static void wait_idle(struct bus *bus)
{
	while (READ_ONCE(*(u8 *)bus->regs))
		msleep(1);
}

int bus_read(struct bus *bus, u8 reg)
{
	wait_idle(bus);
	return ((u8 *)bus->regs)[reg];
}
