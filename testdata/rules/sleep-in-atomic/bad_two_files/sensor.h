/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef SENSOR_H
#define SENSOR_H

#include <linux/spinlock.h>

struct sensor {
	spinlock_t lock;
	int value;
	int (*read)(struct sensor *s);
};

int sensor_read(struct sensor *s);
void sensor_setup(struct sensor *s);
void sensor_lock(struct sensor *s);
void sensor_unlock(struct sensor *s);

#endif
