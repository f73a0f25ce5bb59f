// SPDX-License-Identifier: MIT OR Apache-2.0
// Allocations that may wait, where they may; and others that do not.
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>
#include <linux/vmalloc.h>

struct dev {
	spinlock_t lock;
	spinlock_t log_lock;
	struct mutex mutex;
	struct rw_semaphore sem;
	struct srcu_struct srcu;
	void *buffer;
	int used;
	bool closing;
};

void nothing_held_ok(struct dev *d)
{
	d->buffer = kmalloc(64, GFP_KERNEL);
	d->buffer = vmalloc(4096);
	d->buffer = alloc_percpu(int);
}

void mutex_ok(struct dev *d)
{
	mutex_lock(&d->mutex);
	d->buffer = kmalloc(64, GFP_KERNEL);
	mutex_unlock(&d->mutex);
}

void semaphore_ok(struct dev *d)
{
	guard(rwsem_write)(&d->sem);
	d->buffer = kvmalloc(1 << 20, GFP_KERNEL);
}

void srcu_ok(struct dev *d)
{
	guard(srcu)(&d->srcu);
	d->buffer = kmalloc(64, GFP_KERNEL);
}

void migration_disabled_ok(struct dev *d)
{
	guard(migrate)();
	d->buffer = kmalloc(64, GFP_KERNEL);
}

void before_lock_ok(struct dev *d)
{
	void *fresh = kmalloc(64, GFP_KERNEL);

	spin_lock(&d->lock);
	if (!d->buffer) {
		d->buffer = fresh;
		fresh = NULL;
	}
	spin_unlock(&d->lock);
	kfree(fresh);
}

void after_unlock_ok(struct dev *d)
{
	unsigned long flags;
	bool grow;

	spin_lock_irqsave(&d->lock, flags);
	grow = d->used > 10;
	spin_unlock_irqrestore(&d->lock, flags);
	if (grow)
		d->buffer = kmalloc(64, GFP_KERNEL);
}

void dropped_around_ok(struct dev *d)
{
	spin_lock(&d->lock);
	while (!d->buffer) {
		void *fresh;

		spin_unlock(&d->lock);
		fresh = kmalloc(64, GFP_KERNEL);
		spin_lock(&d->lock);
		d->buffer = fresh;
	}
	spin_unlock(&d->lock);
}

void atomic_flags_ok(struct dev *d)
{
	spin_lock(&d->lock);
	d->buffer = kmalloc(64, GFP_ATOMIC);
	d->buffer = kmalloc(64, GFP_NOWAIT);
	d->buffer = kmalloc(64, 0);
	d->buffer = kmalloc(64, GFP_DMA);
	spin_unlock(&d->lock);
}

void after_rcu_ok(struct dev *d)
{
	rcu_read_lock();
	rcu_read_lock();
	d->used++;
	rcu_read_unlock();
	rcu_read_unlock();
	d->buffer = kmalloc(64, GFP_KERNEL);
}

void after_bottom_halves_ok(struct dev *d)
{
	local_bh_disable();
	d->used++;
	local_bh_enable();
	d->buffer = kmalloc(64, GFP_KERNEL);
}

int trylock_failed_ok(struct dev *d)
{
	if (!spin_trylock(&d->lock)) {
		d->buffer = kmalloc(64, GFP_KERNEL);
		return -EBUSY;
	}
	spin_unlock(&d->lock);
	return 0;
}

void trylock_irqsave_failed_ok(struct dev *d)
{
	unsigned long flags;

	if (spin_trylock_irqsave(&d->lock, flags))
		spin_unlock_irqrestore(&d->lock, flags);
	else
		d->buffer = kmalloc(64, GFP_KERNEL);
}

int ladder_ok(struct dev *d)
{
	int err = -ENOMEM;
	void *fresh = kmalloc(64, GFP_KERNEL);

	if (!fresh)
		goto out;
	spin_lock_bh(&d->lock);
	err = -EBUSY;
	if (d->closing)
		goto unlock;
	d->buffer = fresh;
	err = 0;
unlock:
	spin_unlock_bh(&d->lock);
	if (err)
		kfree(fresh);
out:
	return err;
}

void correlated_ok(struct dev *d, bool locked)
{
	if (!locked)
		spin_lock(&d->lock);
	d->used++;
	if (!locked)
		spin_unlock(&d->lock);
	d->buffer = kmalloc(64, GFP_KERNEL);
}

void guard_scope_ok(struct dev *d)
{
	scoped_guard(spinlock_irqsave, &d->lock) {
		if (d->closing)
			return;
		d->used++;
	}
	d->buffer = kmalloc(64, GFP_KERNEL);
}

static void grow_unlocked(struct dev *d)
{
	spin_unlock(&d->lock);
	d->buffer = kmalloc(64, GFP_KERNEL);
	spin_lock(&d->lock);
}

void dropped_by_callee_ok(struct dev *d)
{
	spin_lock(&d->lock);
	grow_unlocked(d);
	d->used++;
	spin_unlock(&d->lock);
}

static struct dev *find_dev(struct dev *d)
{
	spin_lock(&d->lock);
	if (!d->closing)
		return d;
	spin_unlock(&d->lock);
	return NULL;
}

int not_locked_on_failure_ok(struct dev *first)
{
	struct dev *d = find_dev(first);

	if (!d) {
		first->buffer = kmalloc(64, GFP_KERNEL);
		return -ENODEV;
	}
	d->used++;
	spin_unlock(&d->lock);
	return 0;
}

static struct dev *find_dev_or_error(struct dev *d)
{
	spin_lock(&d->lock);
	if (!d->closing)
		return d;
	spin_unlock(&d->lock);
	return ERR_PTR(-ENODEV);
}

int not_locked_on_error_ok(struct dev *first)
{
	struct dev *d = find_dev_or_error(first);

	if (IS_ERR(d)) {
		first->buffer = kmalloc(64, GFP_KERNEL);
		return PTR_ERR(d);
	}
	spin_unlock(&d->lock);
	return 0;
}

void unevaluated_ok(struct dev *d)
{
	spin_lock(&d->lock);
	typeof(kmalloc(64, GFP_KERNEL)) copy = d->buffer;
	d->used = sizeof(kmalloc(64, GFP_KERNEL));
	spin_unlock(&d->lock);
	kfree(copy);
}

void panic_path_ok(struct dev *d)
{
	spin_lock(&d->lock);
	if (!d->closing)
		spin_unlock(&d->lock);
	else
		panic("dev %p", d);
	d->buffer = kmalloc(64, GFP_KERNEL);
}

void only_on_rt_ok(struct dev *d)
{
	preempt_disable();
	if (!IS_ENABLED(CONFIG_PREEMPT_RT))
		d->used++;
	preempt_enable();
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		d->buffer = kmalloc(64, GFP_KERNEL);
}
