// SPDX-License-Identifier: MIT OR Apache-2.0
// Paths on which the raw lock is not held, although it is held nearby.
#include <linux/bug.h>
#include <linux/jump_label.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

struct queue {
	raw_spinlock_t lock;
	int length;
	bool busy;
	bool shared;
	void *spare;
};

static DEFINE_STATIC_KEY_FALSE(tracing);

int trylock_failed_ok(struct queue *q)
{
	if (raw_spin_trylock(&q->lock)) {
		q->length++;
		raw_spin_unlock(&q->lock);
		return 0;
	}
	q->spare = kmalloc(16, GFP_KERNEL);
	return -EBUSY;
}

int trylock_irqsave_failed_ok(struct queue *q)
{
	unsigned long flags;

	if (!raw_spin_trylock_irqsave(&q->lock, flags)) {
		q->spare = kmalloc(16, GFP_KERNEL);
		return -EBUSY;
	}
	raw_spin_unlock_irqrestore(&q->lock, flags);
	return 0;
}

void trylock_variable_ok(struct queue *q)
{
	int locked = raw_spin_trylock(&q->lock);

	if (locked)
		raw_spin_unlock(&q->lock);
	else
		q->spare = kmalloc(16, GFP_KERNEL);
}

/* The lock is released under the condition under which it was taken. */
void correlated_ok(struct queue *q, bool shared)
{
	if (shared)
		raw_spin_lock(&q->lock);
	q->length++;
	if (shared)
		raw_spin_unlock(&q->lock);
	q->spare = kmalloc(16, GFP_KERNEL);
}

void correlated_local_ok(struct queue *q)
{
	bool locked = false;

	if (q->shared) {
		raw_spin_lock(&q->lock);
		locked = true;
	}
	q->length++;
	if (!locked)
		q->spare = kmalloc(16, GFP_KERNEL);
	if (locked)
		raw_spin_unlock(&q->lock);
}

int ladder_ok(struct queue *q)
{
	int err = -ENOMEM;

	q->spare = kmalloc(16, GFP_KERNEL);
	if (!q->spare)
		goto out;
	raw_spin_lock(&q->lock);
	err = -EBUSY;
	if (q->busy)
		goto unlock;
	q->length++;
	err = 0;
unlock:
	raw_spin_unlock(&q->lock);
	if (err)
		q->spare = krealloc(q->spare, 32, GFP_KERNEL);
out:
	return err;
}

int retry_ok(struct queue *q)
{
	void *fresh = NULL;

again:
	raw_spin_lock(&q->lock);
	if (!q->spare && !fresh) {
		raw_spin_unlock(&q->lock);
		fresh = kmalloc(16, GFP_KERNEL);
		if (!fresh)
			return -ENOMEM;
		goto again;
	}
	if (!q->spare)
		q->spare = fresh;
	raw_spin_unlock(&q->lock);
	return 0;
}

int switch_ok(struct queue *q, int command)
{
	switch (command) {
	case 1:
		raw_spin_lock(&q->lock);
		q->length++;
		raw_spin_unlock(&q->lock);
		fallthrough;
	case 2:
		q->spare = kmalloc(16, GFP_KERNEL);
		break;
	default:
		break;
	}
	return 0;
}

void guard_ended_ok(struct queue *q)
{
	{
		guard(raw_spinlock)(&q->lock);
		q->length++;
	}
	q->spare = kmalloc(16, GFP_KERNEL);
}

void scoped_guard_ended_ok(struct queue *q)
{
	scoped_guard(raw_spinlock_irqsave, &q->lock) {
		if (q->busy)
			break;
		q->length++;
	}
	q->spare = kmalloc(16, GFP_KERNEL);
}

/* Every way out of the loop body runs the guard's release. */
void guard_in_loop_ok(struct queue *q)
{
	int i;

	for (i = 0; i < 4; i++) {
		q->spare = kmalloc(16, GFP_KERNEL);
		guard(raw_spinlock)(&q->lock);
		if (q->busy)
			continue;
		if (q->length++ > 4)
			break;
	}
	q->spare = kmalloc(16, GFP_KERNEL);
}

void *guard_left_by_goto_ok(struct queue *q)
{
	scoped_guard(raw_spinlock, &q->lock) {
		if (!q->spare)
			goto grow;
		return q->spare;
	}
grow:
	return kmalloc(16, GFP_KERNEL);
}

int try_guard_failed_ok(struct queue *q)
{
	scoped_cond_guard(raw_spinlock_try, goto busy, &q->lock)
		q->length++;
	return 0;
busy:
	q->spare = kmalloc(16, GFP_KERNEL);
	return -EBUSY;
}

/* Nothing happens after BUG() and panic(). */
void bug_ok(struct queue *q)
{
	raw_spin_lock(&q->lock);
	if (q->length < 0)
		BUG();
	if (q->length > 100)
		panic("queue of %d entries", q->length);
	BUG_ON(q->busy);
	raw_spin_unlock(&q->lock);
	q->spare = kmalloc(16, GFP_KERNEL);
}

static void __noreturn queue_broken(struct queue *q)
{
	panic("queue %p", q);
}

void unlock_missing_before_panic_ok(struct queue *q)
{
	raw_spin_lock(&q->lock);
	if (!q->busy)
		raw_spin_unlock(&q->lock);
	else
		queue_broken(q);
	q->spare = kmalloc(16, GFP_KERNEL);
}

/* The operand of typeof and sizeof is not evaluated. */
void unevaluated_ok(struct queue *q)
{
	raw_spin_lock(&q->lock);
	typeof(kmalloc(16, GFP_ATOMIC)) copy = q->spare;
	q->length += sizeof(*(char *)kmalloc(16, GFP_ATOMIC));
	q->spare = copy;
	raw_spin_unlock(&q->lock);
}

/* On PREEMPT_RT, where the nesting matters, the branch is not there. */
void not_on_rt_ok(struct queue *q)
{
	raw_spin_lock(&q->lock);
	if (!IS_ENABLED(CONFIG_PREEMPT_RT))
		q->spare = kmalloc(16, GFP_ATOMIC);
	raw_spin_unlock(&q->lock);
}

/* Neither with PREEMPT_RT nor without it is the lock held at the allocation. */
void worlds_not_mixed_ok(struct queue *q)
{
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		raw_spin_lock(&q->lock);
	if (!IS_ENABLED(CONFIG_PREEMPT_RT))
		q->spare = kmalloc(16, GFP_ATOMIC);
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		raw_spin_unlock(&q->lock);
}

void dead_code_ok(struct queue *q)
{
	raw_spin_lock(&q->lock);
	if (0)
		q->spare = kmalloc(16, GFP_ATOMIC);
	while (0)
		q->spare = kmalloc(16, GFP_ATOMIC);
	raw_spin_unlock(&q->lock);
}

static void fill(struct queue *q)
{
	if (preemptible())
		q->spare = kmalloc(16, GFP_KERNEL);
}

/* preemptible() is false here. */
void preemptible_guard_ok(struct queue *q)
{
	raw_spin_lock(&q->lock);
	fill(q);
	raw_spin_unlock(&q->lock);
}

void in_atomic_guard_ok(struct queue *q)
{
	preempt_disable();
	if (!in_atomic())
		q->spare = kmalloc(16, GFP_KERNEL);
	preempt_enable();
}

void irqs_disabled_guard_ok(struct queue *q)
{
	unsigned long flags;

	local_irq_save(flags);
	if (!irqs_disabled())
		q->spare = kmalloc(16, GFP_KERNEL);
	local_irq_restore(flags);
}

/* Restoring ends what saving began, whatever lies between. */
void flags_restored_ok(struct queue *q)
{
	unsigned long flags;

	local_irq_save(flags);
	raw_spin_lock(&q->lock);
	q->length++;
	raw_spin_unlock(&q->lock);
	local_irq_restore(flags);
	q->spare = kmalloc(16, GFP_KERNEL);
}

/* Locked with one spelling, unlocked with two others. */
void split_unlock_ok(struct queue *q)
{
	raw_spin_lock_irq(&q->lock);
	q->length++;
	raw_spin_unlock(&q->lock);
	local_irq_enable();
	q->spare = kmalloc(16, GFP_KERNEL);
}

void static_branch_ok(struct queue *q)
{
	if (static_branch_unlikely(&tracing)) {
		q->spare = kmalloc(16, GFP_KERNEL);
		return;
	}
	raw_spin_lock(&q->lock);
	q->length++;
	raw_spin_unlock(&q->lock);
}
