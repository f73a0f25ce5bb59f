// SPDX-License-Identifier: MIT OR Apache-2.0
// Locks of one class and one subclass are the same to lockdep.
#include <linux/mutex.h>
#include <linux/shrinker.h>
#include <linux/slab.h>

struct node {
	struct mutex lock;
	struct node *parent;
	void *table;
};

static struct node node;

static void drop(struct node *n)
{
	mutex_lock_nested(&n->lock, 1);
	mutex_unlock(&n->lock);
}

static unsigned long node_scan(struct shrinker *shrinker, struct shrink_control *sc)
{
	drop(&node);
	return 1;
}

void node_init(struct shrinker *shrinker)
{
	shrinker->scan_objects = node_scan;
}

void the_same_subclass_bad(struct node *n)
{
	mutex_lock_nested(&n->lock, 1);
	n->table = kmalloc(64, GFP_KERNEL); //~ ERROR reclaim-recursion
	mutex_unlock(&n->lock);
}
