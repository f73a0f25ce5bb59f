// SPDX-License-Identifier: MIT OR Apache-2.0
// Sections that may sleep, and sleep after the section.
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/srcu.h>

struct node {
	struct mutex mutex;
	struct node *next;
	int value;
};

static struct node *head;
static struct srcu_struct srcu;

void srcu_ok(void)
{
	int index = srcu_read_lock(&srcu);

	mutex_lock(&head->mutex);
	head->value++;
	mutex_unlock(&head->mutex);
	schedule();
	srcu_read_unlock(&srcu, index);
}

void *atomic_allocation_ok(void)
{
	void *copy;

	rcu_read_lock();
	copy = kmalloc(sizeof(*head), GFP_ATOMIC);
	rcu_read_unlock();
	return copy;
}

int trylock_ok(struct node *node)
{
	guard(rcu)();
	if (!mutex_trylock(&node->mutex))
		return -1;
	node->value++;
	mutex_unlock(&node->mutex);
	return 0;
}

/* Leaves the section around the sleep, as a walk over a long list does. */
void left_and_entered_again_ok(void)
{
	struct node *node;

	rcu_read_lock();
	for (node = rcu_dereference(head); node; node = node->next) {
		if (need_resched()) {
			rcu_read_unlock();
			schedule();
			rcu_read_lock();
		}
	}
	rcu_read_unlock();
}
