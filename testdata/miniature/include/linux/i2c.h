/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef _LINUX_I2C_H
#define _LINUX_I2C_H

#include <linux/mutex.h>
#include <linux/types.h>

struct bus {
	struct mutex lock;
	void *regs;
};

int bus_read(struct bus *bus, u8 reg);

#endif
