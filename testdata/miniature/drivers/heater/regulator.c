// SPDX-License-Identifier: MIT OR Apache-2.0
/* The C half of the driver: it regulates what the Rust half measures. */
#include <linux/i2c.h>
#include <linux/spinlock.h>

struct heater;

extern int heater_temperature(struct heater *heater, struct bus *bus);

struct regulator {
	spinlock_t target_lock;
	int target;
	struct heater *heater;
	struct bus *bus;
};

/* Asks the Rust half, which asks the bus, which sleeps. */
int regulator_deviation(struct regulator *regulator)
{
	int deviation;

	spin_lock(&regulator->target_lock);
	deviation = heater_temperature(regulator->heater, regulator->bus) - regulator->target;
	spin_unlock(&regulator->target_lock);
	return deviation;
}
