// SPDX-License-Identifier: MIT OR Apache-2.0
// Sleeping locks taken where sleeping is allowed, or not waited for.
#include <linux/completion.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/mmap_lock.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/semaphore.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>

struct host {
	spinlock_t lock;
	raw_spinlock_t raw;
	struct mutex mutex;
	struct mutex inner;
	struct rw_semaphore sem;
	struct semaphore slots;
	struct completion done;
	struct srcu_struct srcu;
	struct mm_struct *mm;
	int count;
	bool dead;
};

void mutex_in_mutex_ok(struct host *h)
{
	mutex_lock(&h->mutex);
	mutex_lock_nested(&h->inner, 1);
	h->count++;
	mutex_unlock(&h->inner);
	mutex_unlock(&h->mutex);
}

void spinlock_in_mutex_ok(struct host *h)
{
	mutex_lock(&h->mutex);
	spin_lock(&h->lock);
	h->count++;
	spin_unlock(&h->lock);
	mutex_unlock(&h->mutex);
}

void semaphore_in_mutex_ok(struct host *h)
{
	guard(mutex)(&h->mutex);
	guard(rwsem_read)(&h->sem);
	down(&h->slots);
	h->count++;
	up(&h->slots);
}

void srcu_ok(struct host *h)
{
	int idx = srcu_read_lock(&h->srcu);

	mutex_lock(&h->mutex);
	h->count++;
	mutex_unlock(&h->mutex);
	srcu_read_unlock(&h->srcu, idx);
}

void migration_disabled_ok(struct host *h)
{
	migrate_disable();
	mutex_lock(&h->mutex);
	h->count++;
	mutex_unlock(&h->mutex);
	migrate_enable();
}

/* A trylock does not wait. */
void mutex_trylock_ok(struct host *h)
{
	spin_lock(&h->lock);
	if (mutex_trylock(&h->mutex)) {
		h->count++;
		mutex_unlock(&h->mutex);
	}
	spin_unlock(&h->lock);
}

void rwsem_trylock_ok(struct host *h)
{
	rcu_read_lock();
	if (down_read_trylock(&h->sem)) {
		h->count++;
		up_read(&h->sem);
	}
	rcu_read_unlock();
}

/* This one says zero when it got the semaphore. */
void semaphore_trylock_ok(struct host *h)
{
	spin_lock(&h->lock);
	if (!down_trylock(&h->slots)) {
		h->count++;
		up(&h->slots);
	}
	spin_unlock(&h->lock);
}

void mmap_trylock_ok(struct host *h)
{
	spin_lock(&h->lock);
	if (mmap_read_trylock(h->mm)) {
		h->count++;
		mmap_read_unlock(h->mm);
	}
	spin_unlock(&h->lock);
}

void inode_trylock_ok(struct inode *inode)
{
	spin_lock(&inode->i_lock);
	if (inode_trylock(inode))
		inode_unlock(inode);
	spin_unlock(&inode->i_lock);
}

void try_guard_ok(struct host *h)
{
	guard(spinlock)(&h->lock);
	scoped_guard(mutex_try, &h->mutex)
		h->count++;
}

/* Giving back does not wait. */
void release_in_atomic_ok(struct host *h)
{
	down(&h->slots);
	spin_lock(&h->lock);
	h->count--;
	up(&h->slots);
	complete(&h->done);
	spin_unlock(&h->lock);
}

void after_unlock_ok(struct host *h)
{
	unsigned long flags;

	spin_lock_irqsave(&h->lock, flags);
	h->count++;
	spin_unlock_irqrestore(&h->lock, flags);
	mutex_lock(&h->mutex);
	h->count++;
	mutex_unlock(&h->mutex);
}

void after_rcu_ok(struct host *h)
{
	scoped_guard(rcu)
		h->count++;
	guard(mutex)(&h->mutex);
	h->count++;
}

int trylock_failed_ok(struct host *h)
{
	if (!spin_trylock(&h->lock)) {
		mutex_lock(&h->mutex);
		h->count++;
		mutex_unlock(&h->mutex);
		return -EBUSY;
	}
	h->count++;
	spin_unlock(&h->lock);
	return 0;
}

static void set_count(struct host *h, int count, bool may_sleep)
{
	if (may_sleep)
		mutex_lock(&h->mutex);
	h->count = count;
	if (may_sleep)
		mutex_unlock(&h->mutex);
}

void permission_ok(struct host *h)
{
	spin_lock(&h->lock);
	set_count(h, 1, false);
	spin_unlock(&h->lock);
	set_count(h, 2, true);
}

static void swap_locks(struct host *h)
{
	spin_unlock(&h->lock);
	mutex_lock(&h->mutex);
	h->count++;
	mutex_unlock(&h->mutex);
	spin_lock(&h->lock);
}

void dropped_by_callee_ok(struct host *h)
{
	spin_lock(&h->lock);
	swap_locks(h);
	h->count++;
	spin_unlock(&h->lock);
}

int ladder_ok(struct host *h)
{
	int err = 0;

	mutex_lock(&h->mutex);
	spin_lock(&h->lock);
	if (h->dead) {
		err = -ENODEV;
		goto out;
	}
	h->count++;
out:
	spin_unlock(&h->lock);
	mutex_unlock(&h->mutex);
	if (err) {
		down_read(&h->sem);
		up_read(&h->sem);
	}
	return err;
}

int retry_ok(struct host *h)
{
retry:
	spin_lock(&h->lock);
	if (!mutex_trylock(&h->mutex)) {
		spin_unlock(&h->lock);
		mutex_lock(&h->mutex);
		mutex_unlock(&h->mutex);
		goto retry;
	}
	h->count++;
	mutex_unlock(&h->mutex);
	spin_unlock(&h->lock);
	return 0;
}

static void lock_context_aware(struct host *h)
{
	if (in_atomic() || irqs_disabled())
		return;
	mutex_lock(&h->mutex);
	h->count++;
	mutex_unlock(&h->mutex);
}

void context_tested_ok(struct host *h)
{
	unsigned long flags;

	raw_spin_lock(&h->raw);
	lock_context_aware(h);
	raw_spin_unlock(&h->raw);
	local_irq_save(flags);
	lock_context_aware(h);
	local_irq_restore(flags);
}

int interruptible_ok(struct host *h)
{
	if (mutex_lock_interruptible(&h->mutex))
		return -EAGAIN;
	spin_lock_bh(&h->lock);
	h->count++;
	spin_unlock_bh(&h->lock);
	mutex_unlock(&h->mutex);
	return 0;
}

void panic_path_ok(struct host *h)
{
	spin_lock(&h->lock);
	if (h->dead)
		panic("host %p", h);
	spin_unlock(&h->lock);
	mutex_lock(&h->mutex);
	mutex_unlock(&h->mutex);
}
