// SPDX-License-Identifier: MIT OR Apache-2.0
/* A temperature sensor on that bus. */
#include <linux/i2c.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>

struct thermometer {
	struct bus *bus;
	spinlock_t cache_lock;
	struct mutex update_lock;
	int cached;
};

/* Holds a spinlock_t over the whole transfer. */
int thermometer_update(struct thermometer *t)
{
	spin_lock(&t->cache_lock);
	t->cached = bus_read(t->bus, 0);
	spin_unlock(&t->cache_lock);
	return t->cached;
}

/* The spinlock_t is for the cache, the transfer has a mutex. */
int thermometer_update_limits(struct thermometer *t)
{
	int limit;

	guard(mutex)(&t->update_lock);
	limit = bus_read(t->bus, 1);
	scoped_guard(spinlock, &t->cache_lock)
		t->cached = limit;
	return limit;
}
