// SPDX-License-Identifier: MIT OR Apache-2.0
// Guards that the program defines itself: what they do is read from their definitions.
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

struct device {
	spinlock_t lock;
	struct mutex config;
	struct mutex queue;
	struct mutex state;
	struct mutex names;
	struct mutex list;
	struct mutex last;
	int count;
	bool busy;
};

static void device_lock(struct device *d)
{
	spin_lock(&d->lock);
}

static void device_unlock(struct device *d)
{
	spin_unlock(&d->lock);
}

static bool device_trylock(struct device *d)
{
	return spin_trylock(&d->lock);
}

static void config_lock(struct device *d)
{
	mutex_lock(&d->config);
}

static void config_unlock(struct device *d)
{
	mutex_unlock(&d->config);
}

DEFINE_GUARD(device, struct device *, device_lock(_T), device_unlock(_T))
DEFINE_GUARD_COND(device, _try, device_trylock(_T))
DEFINE_GUARD(config, struct device *, config_lock(_T), config_unlock(_T))
DEFINE_LOCK_GUARD_0(pinned, preempt_disable(), preempt_enable())
DEFINE_LOCK_GUARD_1(busy, struct device, spin_lock_irqsave(&_T->lock->lock, _T->flags),
		    spin_unlock_irqrestore(&_T->lock->lock, _T->flags), unsigned long flags)

void guard_bad(struct device *d)
{
	guard(device)(d);
	mutex_lock(&d->queue); //~ ERROR sleeping-lock-in-atomic
	mutex_unlock(&d->queue);
}

void guard_in_guard_bad(struct device *d)
{
	guard(busy)(d);
	guard(config)(d); //~ ERROR sleeping-lock-in-atomic
	d->count++;
}

void no_lock_bad(struct device *d)
{
	scoped_guard(pinned) {
		mutex_lock(&d->state); //~ ERROR sleeping-lock-in-atomic
		mutex_unlock(&d->state);
	}
}

/* Only where it was got. */
int conditional_bad(struct device *d)
{
	scoped_cond_guard(device_try, return -1, d) {
		mutex_lock(&d->names); //~ ERROR sleeping-lock-in-atomic
		mutex_unlock(&d->names);
	}
	return 0;
}

static void config_free(struct device *d)
{
	mutex_lock(&d->list);
	d->count = 0;
	mutex_unlock(&d->list);
}

DEFINE_FREE(config, struct device *, if (_T) config_free(_T))

/* What is declared last is freed first: still with the lock held. */
void freed_under_guard_bad(struct device *d)
{
	guard(device)(d);
	struct device *used __free(config) = d; //~ ERROR sleeping-lock-in-atomic

	used->count++;
}

void class_bad(struct device *d)
{
	CLASS(device, held)(d);

	held->busy = true;
	mutex_lock(&d->last); //~ ERROR sleeping-lock-in-atomic
	mutex_unlock(&d->last);
}
