// SPDX-License-Identifier: MIT OR Apache-2.0
// Everything that sleeps, between rcu_read_lock() and rcu_read_unlock().
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>

struct node {
	struct mutex mutex;
	spinlock_t lock;
	struct node *next;
	int value;
};

static struct node *head;

void sleep_bad(void)
{
	rcu_read_lock();
	schedule(); //~ ERROR sleep-in-rcu-read-section
	rcu_read_unlock();
}

void mutex_bad(void)
{
	struct node *node;

	guard(rcu)();
	for (node = rcu_dereference(head); node; node = node->next) {
		mutex_lock(&node->mutex); //~ ERROR sleep-in-rcu-read-section
		node->value++;
		mutex_unlock(&node->mutex);
	}
}

static void *copy(struct node *node, gfp_t gfp)
{
	return kmalloc(sizeof(*node), gfp);
}

void *allocation_bad(void)
{
	void *duplicate = NULL;

	scoped_guard(rcu)
		duplicate = copy(rcu_dereference(head), GFP_KERNEL); //~ ERROR sleep-in-rcu-read-section
	return duplicate;
}

int user_memory_bad(int __user *to)
{
	int err;

	rcu_read_lock();
	err = copy_to_user(to, &head->value, sizeof(int)); //~ ERROR sleep-in-rcu-read-section
	rcu_read_unlock();
	return err ? -1 : 0;
}

/* The lock has been dropped, the section goes on. */
void section_goes_on_bad(struct node *node)
{
	rcu_read_lock();
	spin_lock(&node->lock);
	node->value++;
	spin_unlock(&node->lock);
	yield(); //~ ERROR sleep-in-rcu-read-section
	rcu_read_unlock();
}
