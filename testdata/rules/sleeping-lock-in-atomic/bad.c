// SPDX-License-Identifier: MIT OR Apache-2.0
// Locks whose waiters sleep on every kernel, taken where nothing may sleep.
#include <linux/bit_spinlock.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/local_lock.h>
#include <linux/mmap_lock.h>
#include <linux/mutex.h>
#include <linux/percpu-rwsem.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/rtmutex.h>
#include <linux/rwsem.h>
#include <linux/semaphore.h>
#include <linux/seqlock.h>
#include <linux/spinlock.h>
#include <linux/ww_mutex.h>

struct host {
	spinlock_t lock;
	raw_spinlock_t raw;
	rwlock_t names;
	seqlock_t clock;
	struct mutex mutex;
	struct rw_semaphore sem;
	struct percpu_rw_semaphore gate;
	struct semaphore slots;
	struct rt_mutex pi;
	struct ww_mutex ww;
	struct mm_struct *mm;
	unsigned long bits;
	atomic_t users;
	int count;
};

struct cpu_state {
	local_lock_t lock;
	int count;
};

static DEFINE_PER_CPU(struct cpu_state, cpu_state);
static DEFINE_MUTEX(hosts_mutex);
static DEFINE_SPINLOCK(hosts_lock);

void mutex_bad(struct host *h)
{
	spin_lock(&h->lock);
	mutex_lock(&h->mutex); //~ ERROR sleeping-lock-in-atomic
	h->count++;
	mutex_unlock(&h->mutex);
	spin_unlock(&h->lock);
}

void irqsave_bad(struct host *h)
{
	unsigned long flags;

	spin_lock_irqsave(&h->lock, flags);
	mutex_lock_nested(&h->mutex, 1); //~ ERROR sleeping-lock-in-atomic
	h->count++;
	mutex_unlock(&h->mutex);
	spin_unlock_irqrestore(&h->lock, flags);
}

void bh_bad(struct host *h)
{
	spin_lock_bh(&h->lock);
	mutex_lock(&h->mutex); //~ ERROR sleeping-lock-in-atomic
	h->count++;
	mutex_unlock(&h->mutex);
	spin_unlock_bh(&h->lock);
}

void globals_bad(void)
{
	spin_lock(&hosts_lock);
	mutex_lock(&hosts_mutex); //~ ERROR sleeping-lock-in-atomic
	mutex_unlock(&hosts_mutex);
	spin_unlock(&hosts_lock);
}

/* It may be interrupted by a signal, but it sleeps until then. */
int interruptible_bad(struct host *h)
{
	int err;

	spin_lock(&h->lock);
	err = mutex_lock_interruptible(&h->mutex); //~ ERROR sleeping-lock-in-atomic
	if (!err) {
		h->count++;
		mutex_unlock(&h->mutex);
	}
	spin_unlock(&h->lock);
	return err;
}

int killable_bad(struct host *h)
{
	int err;

	rcu_read_lock_bh();
	err = down_read_killable(&h->sem); //~ ERROR sleeping-lock-in-atomic
	if (!err)
		up_read(&h->sem);
	rcu_read_unlock_bh();
	return err;
}

void raw_lock_bad(struct host *h)
{
	raw_spin_lock(&h->raw);
	mutex_lock(&h->mutex); //~ ERROR sleeping-lock-in-atomic
	h->count++;
	mutex_unlock(&h->mutex);
	raw_spin_unlock(&h->raw);
}

void read_lock_bad(struct host *h)
{
	read_lock(&h->names);
	mutex_lock(&h->mutex); //~ ERROR sleeping-lock-in-atomic
	h->count++;
	mutex_unlock(&h->mutex);
	read_unlock(&h->names);
}

void sequence_writer_bad(struct host *h)
{
	write_seqlock_bh(&h->clock);
	mutex_lock(&h->mutex); //~ ERROR sleeping-lock-in-atomic
	h->count++;
	mutex_unlock(&h->mutex);
	write_sequnlock_bh(&h->clock);
}

void rcu_bad(struct host *h)
{
	rcu_read_lock_bh();
	mutex_lock(&h->mutex); //~ ERROR sleeping-lock-in-atomic
	h->count++;
	mutex_unlock(&h->mutex);
	rcu_read_unlock_bh();
}

void rcu_bh_bad(struct host *h)
{
	rcu_read_lock_bh();
	mutex_lock(&h->mutex); //~ ERROR sleeping-lock-in-atomic
	h->count++;
	mutex_unlock(&h->mutex);
	rcu_read_unlock_bh();
}

void rcu_sched_bad(struct host *h)
{
	rcu_read_lock_sched();
	mutex_lock(&h->mutex); //~ ERROR sleeping-lock-in-atomic
	h->count++;
	mutex_unlock(&h->mutex);
	rcu_read_unlock_sched();
}

void bottom_halves_bad(struct host *h)
{
	local_bh_disable();
	mutex_lock(&h->mutex); //~ ERROR sleeping-lock-in-atomic
	h->count++;
	mutex_unlock(&h->mutex);
	local_bh_enable();
}

void preempt_disabled_bad(struct host *h)
{
	preempt_disable();
	mutex_lock(&h->mutex); //~ ERROR sleeping-lock-in-atomic
	h->count++;
	mutex_unlock(&h->mutex);
	preempt_enable();
}

void interrupts_disabled_bad(struct host *h)
{
	local_irq_disable();
	mutex_lock(&h->mutex); //~ ERROR sleeping-lock-in-atomic
	h->count++;
	mutex_unlock(&h->mutex);
	local_irq_enable();
}

void local_lock_bad(struct host *h)
{
	unsigned long flags;

	local_lock_irqsave(&cpu_state.lock, flags);
	mutex_lock(&h->mutex); //~ ERROR sleeping-lock-in-atomic
	h->count++;
	mutex_unlock(&h->mutex);
	local_unlock_irqrestore(&cpu_state.lock, flags);
}

void bit_lock_bad(struct host *h)
{
	bit_spin_lock(0, &h->bits);
	mutex_lock(&h->mutex); //~ ERROR sleeping-lock-in-atomic
	h->count++;
	mutex_unlock(&h->mutex);
	bit_spin_unlock(0, &h->bits);
}

void this_cpu_bad(struct host *h)
{
	h->count = get_cpu();
	mutex_lock(&h->mutex); //~ ERROR sleeping-lock-in-atomic
	h->count++;
	mutex_unlock(&h->mutex);
	put_cpu();
}

void down_read_bad(struct host *h)
{
	spin_lock(&h->lock);
	down_read(&h->sem); //~ ERROR sleeping-lock-in-atomic
	h->count++;
	up_read(&h->sem);
	spin_unlock(&h->lock);
}

void down_write_bad(struct host *h)
{
	spin_lock(&h->lock);
	down_write_nested(&h->sem, 1); //~ ERROR sleeping-lock-in-atomic
	h->count++;
	up_write(&h->sem);
	spin_unlock(&h->lock);
}

void percpu_rwsem_bad(struct host *h)
{
	spin_lock(&h->lock);
	percpu_down_read(&h->gate); //~ ERROR sleeping-lock-in-atomic
	h->count++;
	percpu_up_read(&h->gate);
	spin_unlock(&h->lock);
}

void semaphore_bad(struct host *h)
{
	spin_lock(&h->lock);
	down(&h->slots); //~ ERROR sleeping-lock-in-atomic
	h->count++;
	up(&h->slots);
	spin_unlock(&h->lock);
}

int semaphore_timeout_bad(struct host *h)
{
	int err;

	spin_lock(&h->lock);
	err = down_timeout(&h->slots, 100); //~ ERROR sleeping-lock-in-atomic
	if (!err)
		up(&h->slots);
	spin_unlock(&h->lock);
	return err;
}

void rt_mutex_bad(struct host *h)
{
	spin_lock(&h->lock);
	rt_mutex_lock(&h->pi); //~ ERROR sleeping-lock-in-atomic
	h->count++;
	rt_mutex_unlock(&h->pi);
	spin_unlock(&h->lock);
}

int ww_mutex_bad(struct host *h, struct ww_acquire_ctx *ctx)
{
	int err;

	spin_lock(&h->lock);
	err = ww_mutex_lock(&h->ww, ctx); //~ ERROR sleeping-lock-in-atomic
	if (!err)
		ww_mutex_unlock(&h->ww);
	spin_unlock(&h->lock);
	return err;
}

void last_user_bad(struct host *h)
{
	spin_lock(&h->lock);
	if (atomic_dec_and_mutex_lock(&h->users, &h->mutex)) { //~ ERROR sleeping-lock-in-atomic
		h->count = 0;
		mutex_unlock(&h->mutex);
	}
	spin_unlock(&h->lock);
}

/* The API's own wrappers. */
void mmap_lock_bad(struct host *h)
{
	spin_lock(&h->lock);
	mmap_read_lock(h->mm); //~ ERROR sleeping-lock-in-atomic
	h->count++;
	mmap_read_unlock(h->mm);
	spin_unlock(&h->lock);
}

void inode_lock_bad(struct inode *inode)
{
	spin_lock(&inode->i_lock);
	inode_lock(inode); //~ ERROR sleeping-lock-in-atomic
	inode->i_private = NULL;
	inode_unlock(inode);
	spin_unlock(&inode->i_lock);
}
