// SPDX-License-Identifier: MIT OR Apache-2.0
// Ways out that forget what the others end.
#include <linux/bottom_half.h>
#include <linux/errno.h>
#include <linux/irqflags.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

struct device {
	spinlock_t lock;
	raw_spinlock_t raw;
	spinlock_t list_lock;
	rwlock_t table;
	int count;
	int room;
	bool dead;
	void *buffer;
};

int on_error_bad(struct device *d)
{
	spin_lock(&d->lock);
	if (d->count == d->room)
		return -ENOSPC; //~ ERROR context-not-restored
	d->count++;
	spin_unlock(&d->lock);
	return 0;
}

/* Nothing is returned that could tell. */
void nothing_returned_bad(struct device *d)
{
	raw_spin_lock(&d->raw);
	if (d->dead)
		return; //~ ERROR context-not-restored
	d->count++;
	raw_spin_unlock(&d->raw);
}

/* The same is returned with it and without. */
int the_same_returned_bad(struct device *d)
{
	unsigned long flags;

	local_irq_save(flags);
	if (d->dead)
		return 0; //~ ERROR context-not-restored
	d->count++;
	local_irq_restore(flags);
	return 0;
}

/* The lock is released, the interrupts stay off. */
int interrupts_forgotten_bad(struct device *d)
{
	unsigned long flags;

	spin_lock_irqsave(&d->list_lock, flags);
	if (d->count == d->room) {
		spin_unlock(&d->list_lock);
		return -ENOSPC; //~ ERROR context-not-restored
	}
	d->count++;
	spin_unlock_irqrestore(&d->list_lock, flags);
	return 0;
}

void *no_object_bad(struct device *d)
{
	void *found;

	rcu_read_lock();
	found = d->buffer;
	if (!found)
		return NULL; //~ ERROR context-not-restored
	rcu_read_unlock();
	return d;
}

/* The way out that all the others take comes one too early. */
int wrong_label_bad(struct device *d)
{
	int err = -EINVAL;

	write_lock(&d->table);
	if (!d->room)
		goto out;
	if (d->dead) {
		err = -ENODEV;
		goto out_unlock;
	}
	d->count++;
	err = 0;
out_unlock:
	write_unlock(&d->table);
out:
	return err; //~ ERROR context-not-restored
}

int scope_bad(struct device *d)
{
	unsigned int flags = memalloc_noio_save();

	d->buffer = kmalloc(64, GFP_KERNEL);
	if (!d->buffer)
		return -ENOMEM; //~ ERROR context-not-restored
	memalloc_noio_restore(flags);
	return 0;
}

static bool is_full(struct device *d)
{
	return d->count == d->room;
}

/* Runs off the end. */
void at_the_end_bad(struct device *d)
{
	preempt_disable();
	if (!is_full(d)) {
		d->count++;
		preempt_enable();
	}
} //~ ERROR context-not-restored
