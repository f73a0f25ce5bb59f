// SPDX-License-Identifier: MIT OR Apache-2.0
// Guards that the program defines itself, where nothing is in force any more, or not yet, or not on
// this way.
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

struct device {
	spinlock_t lock;
	struct mutex config;
	int count;
};

static bool device_trylock(struct device *d)
{
	return spin_trylock(&d->lock);
}

DEFINE_GUARD(device, struct device *, spin_lock(&_T->lock), spin_unlock(&_T->lock))
DEFINE_GUARD_COND(device, _try, device_trylock(_T))
DEFINE_LOCK_GUARD_0(pinned, preempt_disable(), preempt_enable())
DEFINE_LOCK_GUARD_1(busy, struct device, spin_lock_irqsave(&_T->lock->lock, _T->flags),
		    spin_unlock_irqrestore(&_T->lock->lock, _T->flags), unsigned long flags)
DEFINE_FREE(config, struct device *, if (_T) mutex_unlock(&_T->config))

void scope_is_over_ok(struct device *d)
{
	scoped_guard(device, d)
		d->count++;
	mutex_lock(&d->config);
	mutex_unlock(&d->config);
	{
		guard(busy)(d);
		d->count++;
	}
	mutex_lock(&d->config);
	mutex_unlock(&d->config);
}

void left_early_ok(struct device *d)
{
	scoped_guard(pinned) {
		if (!d->count)
			break;
		d->count++;
	}
	mutex_lock(&d->config);
	mutex_unlock(&d->config);
}

int not_got_ok(struct device *d)
{
	scoped_cond_guard(device_try, goto busy, d)
		return d->count;
	return 0;
busy:
	mutex_lock(&d->config);
	mutex_unlock(&d->config);
	return -1;
}

/* The lock is the inner one. */
void released_before_ok(struct device *d)
{
	struct device *used __free(config) = NULL;

	mutex_lock(&d->config);
	used = d;
	guard(device)(d);
	used->count++;
}

struct device *handed_out_ok(struct device *d)
{
	struct device *used __free(config) = d;

	guard(device)(d);
	return no_free_ptr(used);
}
