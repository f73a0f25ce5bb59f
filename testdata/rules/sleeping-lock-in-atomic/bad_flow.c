// SPDX-License-Identifier: MIT OR Apache-2.0
// Where on the paths, and how far away, the sleeping lock is taken.
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/rwsem.h>
#include <linux/semaphore.h>
#include <linux/spinlock.h>

struct volume {
	struct list_head node;
	spinlock_t lock;
	spinlock_t io_lock;
	struct mutex mutex;
	struct rw_semaphore sem;
	struct semaphore credits;
	const struct volume_ops *ops;
	int state;
	bool dead;
};

struct volume_ops {
	void (*sync)(struct volume *v);
};

static LIST_HEAD(volumes);

static void update(struct volume *v)
{
	mutex_lock(&v->mutex);
	v->state++;
	mutex_unlock(&v->mutex);
}

void one_call_bad(struct volume *v)
{
	spin_lock(&v->lock);
	update(v); //~ ERROR sleeping-lock-in-atomic
	spin_unlock(&v->lock);
}

static void flush(struct volume *v, int rounds)
{
	while (rounds--) {
		mutex_lock(&v->mutex);
		v->state--;
		mutex_unlock(&v->mutex);
	}
}

static int sync_volume(struct volume *v)
{
	if (v->dead)
		return -ENODEV;
	flush(v, 2);
	return 0;
}

static int sync_all(struct volume *v)
{
	return v->state ? sync_volume(v) : 0;
}

void four_calls_bad(struct volume *v)
{
	guard(spinlock_irqsave)(&v->lock);
	sync_all(v); //~ ERROR sleeping-lock-in-atomic
}

/* The list is walked under RCU-bh, and each entry wants its mutex. */
void list_walk_bad(void)
{
	struct volume *v;

	rcu_read_lock_bh();
	list_for_each_entry(v, &volumes, node) {
		if (v->dead)
			continue;
		update(v); //~ ERROR sleeping-lock-in-atomic
	}
	rcu_read_unlock_bh();
}

static void sync_meta(struct volume *v)
{
	down_write(&v->sem);
	v->state = 0;
	up_write(&v->sem);
}

static const struct volume_ops disk_ops = {
	.sync = sync_meta,
};

void volume_init(struct volume *v)
{
	v->ops = &disk_ops;
}

void ops_table_bad(struct volume *v)
{
	spin_lock(&v->lock);
	if (v->ops && v->ops->sync)
		v->ops->sync(v); //~ ERROR sleeping-lock-in-atomic
	spin_unlock(&v->lock);
}

void guards_bad(struct volume *v)
{
	guard(spinlock)(&v->lock);
	guard(mutex)(&v->mutex); //~ ERROR sleeping-lock-in-atomic
	v->state++;
}

void scoped_guards_bad(struct volume *v)
{
	scoped_guard(preempt) {
		if (v->dead)
			return;
		scoped_guard(rwsem_read, &v->sem) //~ ERROR sleeping-lock-in-atomic
			v->state++;
	}
}

int interruptible_guard_bad(struct volume *v)
{
	guard(spinlock)(&v->lock);
	scoped_cond_guard(mutex_intr, return -EAGAIN, &v->mutex) //~ ERROR sleeping-lock-in-atomic
		v->state++;
	return 0;
}

int trylock_bad(struct volume *v)
{
	if (spin_trylock(&v->lock)) {
		mutex_lock(&v->mutex); //~ ERROR sleeping-lock-in-atomic
		v->state++;
		mutex_unlock(&v->mutex);
		spin_unlock(&v->lock);
		return 0;
	}
	return -EBUSY;
}

int ladder_bad(struct volume *v)
{
	int err = 0;

	spin_lock(&v->lock);
	if (v->dead) {
		err = -ENODEV;
		goto unlock;
	}
	if (v->state > 3)
		goto slow;
	v->state++;
unlock:
	spin_unlock(&v->lock);
	return err;
slow:
	mutex_lock(&v->mutex); //~ ERROR sleeping-lock-in-atomic
	v->state = 0;
	mutex_unlock(&v->mutex);
	goto unlock;
}

/* Unlocked in the order of locking: the second one is still held. */
void out_of_order_bad(struct volume *v)
{
	spin_lock(&v->lock);
	spin_lock(&v->io_lock);
	spin_unlock(&v->lock);
	mutex_lock(&v->mutex); //~ ERROR sleeping-lock-in-atomic
	v->state++;
	mutex_unlock(&v->mutex);
	spin_unlock(&v->io_lock);
}

static void set_state(struct volume *v, int state, bool may_sleep)
{
	if (may_sleep)
		mutex_lock(&v->mutex);
	v->state = state;
	if (may_sleep)
		mutex_unlock(&v->mutex);
}

void permission_bad(struct volume *v)
{
	spin_lock(&v->lock);
	set_state(v, 1, true); //~ ERROR sleeping-lock-in-atomic
	spin_unlock(&v->lock);
}

static struct volume *get_volume(struct volume *v)
{
	spin_lock(&v->lock);
	if (!v->dead)
		return v;
	spin_unlock(&v->lock);
	return NULL;
}

void locked_unless_null_bad(struct volume *first)
{
	struct volume *v = get_volume(first);

	if (!v)
		return;
	down(&v->credits); //~ ERROR sleeping-lock-in-atomic
	spin_unlock(&v->lock);
}

static void lock_depth(struct volume *v, int depth)
{
	if (depth > 3)
		return;
	if (depth == 3)
		down_read(&v->sem);
	lock_depth(v, depth + 1);
	if (depth == 3)
		up_read(&v->sem);
}

void recursion_bad(struct volume *v)
{
	spin_lock(&v->lock);
	lock_depth(v, 0); //~ ERROR sleeping-lock-in-atomic
	spin_unlock(&v->lock);
}

static void repair(struct volume *v)
{
	down_write(&v->sem);
	v->dead = false;
	up_write(&v->sem);
}

int switch_bad(struct volume *v, int command)
{
	spin_lock(&v->lock);
	switch (command) {
	case 1:
		spin_unlock(&v->lock);
		repair(v);
		return 0;
	case 2:
		v->state = 2;
		break;
	default:
		repair(v); //~ ERROR sleeping-lock-in-atomic
		break;
	}
	spin_unlock(&v->lock);
	return 0;
}

/* Only one of the two sides of the branch drops the lock. */
void half_dropped_bad(struct volume *v)
{
	spin_lock(&v->lock);
	if (v->state)
		spin_unlock(&v->lock);
	mutex_lock(&v->mutex); //~ ERROR sleeping-lock-in-atomic
	mutex_unlock(&v->mutex);
	if (!v->state)
		spin_unlock(&v->lock);
}
