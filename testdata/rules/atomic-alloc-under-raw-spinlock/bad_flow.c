// SPDX-License-Identifier: MIT OR Apache-2.0
// Where on the paths through one function the raw lock is held.
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

struct queue {
	raw_spinlock_t lock;
	raw_spinlock_t stats_lock;
	struct list_head entries;
	int length;
	bool busy;
	void *spare;
};

int trylock_success_bad(struct queue *q)
{
	if (!raw_spin_trylock(&q->lock))
		return -EBUSY;
	q->spare = kmalloc(16, GFP_ATOMIC); //~ ERROR atomic-alloc-under-raw-spinlock
	raw_spin_unlock(&q->lock);
	return 0;
}

void trylock_irqsave_bad(struct queue *q)
{
	unsigned long flags;

	if (raw_spin_trylock_irqsave(&q->lock, flags)) {
		q->spare = kmalloc(16, GFP_ATOMIC); //~ ERROR atomic-alloc-under-raw-spinlock
		raw_spin_unlock_irqrestore(&q->lock, flags);
	}
}

void trylock_variable_bad(struct queue *q)
{
	int locked = raw_spin_trylock(&q->lock);

	q->length++;
	if (locked) {
		q->spare = kmalloc(16, GFP_ATOMIC); //~ ERROR atomic-alloc-under-raw-spinlock
		raw_spin_unlock(&q->lock);
	}
}

/* The label stands behind the unlock, but is reached with the lock still held. */
int ladder_bad(struct queue *q)
{
	int err = -EBUSY;

	raw_spin_lock(&q->lock);
	if (q->busy)
		goto unlock;
	err = -EINVAL;
	if (q->length < 0)
		goto refill;
	err = 0;
unlock:
	raw_spin_unlock(&q->lock);
	return err;
refill:
	q->spare = kmalloc(16, GFP_ATOMIC); //~ ERROR atomic-alloc-under-raw-spinlock
	goto unlock;
}

/* The first round is fine. The second one starts with the lock taken at the end of the first. */
void second_round_bad(struct queue *q)
{
	int round;

	for (round = 0; round < 2; round++) {
		q->spare = kmalloc(16, GFP_ATOMIC); //~ ERROR atomic-alloc-under-raw-spinlock
		if (round == 0)
			raw_spin_lock(&q->lock);
	}
	raw_spin_unlock(&q->lock);
}

int fall_through_bad(struct queue *q, int command)
{
	switch (command) {
	case 1:
		raw_spin_lock(&q->lock);
		fallthrough;
	case 2:
		q->spare = kmalloc(16, GFP_ATOMIC); //~ ERROR atomic-alloc-under-raw-spinlock
		break;
	default:
		return -EINVAL;
	}
	if (command == 1)
		raw_spin_unlock(&q->lock);
	return 0;
}

/* Under the lock on one of the two paths. */
void sometimes_locked_bad(struct queue *q, bool shared)
{
	if (shared)
		raw_spin_lock(&q->lock);
	q->spare = kmalloc(16, GFP_ATOMIC); //~ ERROR atomic-alloc-under-raw-spinlock
	if (shared)
		raw_spin_unlock(&q->lock);
}

/* Dropped around one of the two allocations only. */
void half_dropped_bad(struct queue *q)
{
	raw_spin_lock(&q->lock);
	if (q->length > 100) {
		raw_spin_unlock(&q->lock);
		q->spare = kmalloc(4096, GFP_KERNEL);
		raw_spin_lock(&q->lock);
	} else {
		q->spare = kmalloc(16, GFP_ATOMIC); //~ ERROR atomic-alloc-under-raw-spinlock
	}
	raw_spin_unlock(&q->lock);
}

/* Released in the order of acquisition: the second lock is still held. */
void out_of_order_bad(struct queue *q)
{
	raw_spin_lock(&q->lock);
	raw_spin_lock(&q->stats_lock);
	raw_spin_unlock(&q->lock);
	q->spare = kmalloc(16, GFP_ATOMIC); //~ ERROR atomic-alloc-under-raw-spinlock
	raw_spin_unlock(&q->stats_lock);
}

/* The lock is gone, its interrupts are not. */
void interrupts_left_off_bad(struct queue *q)
{
	raw_spin_lock_irq(&q->lock);
	q->length++;
	raw_spin_unlock(&q->lock);
	q->spare = kmalloc(16, GFP_ATOMIC); //~ ERROR atomic-alloc-under-raw-spinlock
	local_irq_enable();
}

/* preempt_disable() nests: the first enable does not end the section. */
void still_disabled_bad(struct queue *q)
{
	preempt_disable();
	preempt_disable();
	q->length++;
	preempt_enable();
	q->spare = kmalloc(16, GFP_ATOMIC); //~ ERROR atomic-alloc-under-raw-spinlock
	preempt_enable();
}

void guard_bad(struct queue *q)
{
	guard(raw_spinlock)(&q->lock);
	q->spare = kmalloc(16, GFP_ATOMIC); //~ ERROR atomic-alloc-under-raw-spinlock
}

void guard_irqsave_bad(struct queue *q)
{
	if (q->busy)
		return;
	guard(raw_spinlock_irqsave)(&q->lock);
	if (q->length)
		q->spare = kmalloc(16, GFP_ATOMIC); //~ ERROR atomic-alloc-under-raw-spinlock
}

void scoped_guard_bad(struct queue *q)
{
	scoped_guard(raw_spinlock_irqsave, &q->lock) {
		q->spare = kmalloc(16, GFP_ATOMIC); //~ ERROR atomic-alloc-under-raw-spinlock
	}
}

void scoped_preempt_bad(struct queue *q)
{
	scoped_guard(preempt)
		q->spare = kmalloc(16, GFP_ATOMIC); //~ ERROR atomic-alloc-under-raw-spinlock
}

int try_guard_bad(struct queue *q)
{
	scoped_cond_guard(raw_spinlock_try, return -EBUSY, &q->lock) {
		q->spare = kmalloc(16, GFP_ATOMIC); //~ ERROR atomic-alloc-under-raw-spinlock
	}
	return 0;
}

#define with_queue_locked(q, expression) \
({ \
	unsigned long __flags; \
	typeof(expression) __result; \
	raw_spin_lock_irqsave(&(q)->lock, __flags); \
	__result = (expression); \
	raw_spin_unlock_irqrestore(&(q)->lock, __flags); \
	__result; \
})

void *statement_expression_bad(struct queue *q)
{
	return with_queue_locked(q, kmalloc(16, GFP_ATOMIC)); //~ ERROR atomic-alloc-under-raw-spinlock
}

bool short_circuit_bad(struct queue *q)
{
	bool grown;

	raw_spin_lock(&q->lock);
	grown = q->length && (q->spare = kmalloc(16, GFP_ATOMIC)); //~ ERROR atomic-alloc-under-raw-spinlock
	raw_spin_unlock(&q->lock);
	return grown;
}

void while_loop_bad(struct queue *q)
{
	raw_spin_lock(&q->lock);
	while (q->length-- > 0) {
		if (q->busy)
			continue;
		q->spare = kmalloc(16, GFP_ATOMIC); //~ ERROR atomic-alloc-under-raw-spinlock
		if (!q->spare)
			break;
	}
	raw_spin_unlock(&q->lock);
}

void list_walk_bad(struct queue *q)
{
	struct entry {
		struct list_head node;
		void *copy;
	} *entry;

	raw_spin_lock(&q->lock);
	list_for_each_entry(entry, &q->entries, node)
		entry->copy = kmalloc(16, GFP_ATOMIC); //~ ERROR atomic-alloc-under-raw-spinlock
	raw_spin_unlock(&q->lock);
}

/* What counts is the source as PREEMPT_RT builds it, and there the branch is taken. */
void rt_branch_bad(struct queue *q)
{
	raw_spin_lock(&q->lock);
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		q->spare = kmalloc(16, GFP_ATOMIC); //~ ERROR atomic-alloc-under-raw-spinlock
	raw_spin_unlock(&q->lock);
}

void multi_line_bad(struct queue *q)
{
	raw_spin_lock(&q->lock);
	q->spare = kmalloc_node(16, //~ ERROR atomic-alloc-under-raw-spinlock
				GFP_ATOMIC,
				NUMA_NO_NODE);
	raw_spin_unlock(&q->lock);
}
