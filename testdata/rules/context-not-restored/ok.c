// SPDX-License-Identifier: MIT OR Apache-2.0
// Functions that return with something in force because that is what they are for, and callers that
// can tell.
#include <linux/bit_spinlock.h>
#include <linux/bottom_half.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/irqflags.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>

struct device {
	spinlock_t lock;
	spinlock_t other;
	raw_spinlock_t raw;
	int count;
	int room;
	bool dead;
	struct device *next;
};

void device_lock_ok(struct device *d)
{
	spin_lock(&d->lock);
	d->count++;
}

/* What it returns says so. */
bool trylock_ok(struct device *d)
{
	if (!spin_trylock(&d->lock))
		return false;
	if (d->dead) {
		spin_unlock(&d->lock);
		return false;
	}
	return true;
}

int lock_unless_dead_ok(struct device *d)
{
	spin_lock(&d->lock);
	if (d->dead) {
		spin_unlock(&d->lock);
		return -ENODEV;
	}
	return 0;
}

struct device *find_and_lock_ok(struct device *d)
{
	for (; d; d = d->next) {
		spin_lock(&d->lock);
		if (!d->dead)
			return d;
		spin_unlock(&d->lock);
	}
	return NULL;
}

/* The caller says so. */
int keep_ok(struct device *d, bool keep)
{
	spin_lock(&d->lock);
	d->count++;
	if (!keep)
		spin_unlock(&d->lock);
	return 0;
}

/* A value of the caller's says so. */
void keep_and_tell_ok(struct device *d, bool *locked)
{
	spin_lock(&d->lock);
	if (d->dead) {
		spin_unlock(&d->lock);
		*locked = false;
		return;
	}
	*locked = true;
}

/* Its caller releases the lock when it fails. */
static int begin(struct device *d)
{
	spin_lock(&d->other);
	if (d->dead)
		return -ENODEV;
	d->count++;
	spin_unlock(&d->other);
	return 0;
}

int callers_end_it_ok(struct device *d)
{
	int err = begin(d);

	if (err)
		spin_unlock(&d->other);
	return err;
}

void correlated_ok(struct device *d, bool nested)
{
	unsigned long flags = 0;

	if (!nested)
		raw_spin_lock_irqsave(&d->raw, flags);
	d->count++;
	if (!nested)
		raw_spin_unlock_irqrestore(&d->raw, flags);
}

/* Taken and released where something is so that may have changed, as it looks. */
void flag_in_memory_ok(struct device *d, void (*call)(struct device *))
{
	if (d->dead)
		rcu_read_lock();
	call(d);
	if (d->dead)
		rcu_read_unlock();
}

int every_way_ok(struct device *d)
{
	int err = 0;

	guard(spinlock)(&d->lock);
	preempt_disable();
	if (d->count == d->room) {
		err = -ENOSPC;
		goto out;
	}
	if (d->dead) {
		preempt_enable();
		return -ENODEV;
	}
	d->count++;
out:
	preempt_enable();
	return err;
}

static void give_up(struct device *d)
{
	spin_unlock(&d->lock);
}

int released_in_callee_ok(struct device *d)
{
	spin_lock(&d->lock);
	if (d->dead) {
		give_up(d);
		return -ENODEV;
	}
	d->count++;
	spin_unlock(&d->lock);
	return 0;
}

int *table_of(struct device *d);
int make_table(struct device *d);

/* No entry of a table is null: where there is none, nothing has been taken. */
int entry_ok(struct device *d, int index)
{
	int *entry = d->dead && make_table(d) ? NULL : ({
		spin_lock(&d->lock);
		table_of(d) + index;
	});

	if (!entry)
		return -ENOMEM;
	d->count += *entry;
	spin_unlock(&d->lock);
	return 0;
}

/* The lock is a bit of what is stored; the rest of unlocking is written out. */
static inline void rht_assign_unlock(struct device *d, unsigned long *bucket, unsigned long head)
{
	*bucket = head;
	preempt_enable();
	local_bh_enable();
}

void stored_in_bucket_ok(struct device *d, unsigned long *bucket)
{
	local_bh_disable();
	bit_spin_lock(0, bucket);
	if (d->room) {
		rht_assign_unlock(d, bucket, 8);
		return;
	}
	bit_spin_unlock(0, bucket);
	local_bh_enable();
}

/* What is called back where the last reference goes gives the lock back. */
static inline int put(struct device *d, void (*release)(struct device *))
{
	if (--d->count)
		return 0;
	release(d);
	return 1;
}

static int put_locked(struct device *d)
{
	return put(d, give_up);
}

void last_reference_ok(struct device *d)
{
	spin_lock(&d->lock);
	if (put_locked(d))
		return;
	d->room++;
	spin_unlock(&d->lock);
}
