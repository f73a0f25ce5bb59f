// SPDX-License-Identifier: MIT OR Apache-2.0
// What lockdep tells apart, and what it is told to leave alone.
#define CONFIG_LOCKDEP 1
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/shrinker.h>
#include <linux/slab.h>

struct node {
	struct mutex lock;
	struct rw_semaphore sem;
	struct mutex looked_at;
	struct mutex own;
	void *table;
};

static struct node node;

static void drop(struct node *n)
{
	mutex_lock_nested(&n->lock, 1);
	mutex_unlock(&n->lock);
	down_read(&n->sem);
	up_read(&n->sem);
	mutex_lock(&n->looked_at);
	mutex_unlock(&n->looked_at);

	/* The task that reclaims has reserves of its own and does not reclaim again. */
	mutex_lock(&n->own);
	n->table = kmalloc(64, GFP_KERNEL);
	mutex_unlock(&n->own);
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

/* Reclaim takes it as the second of two. */
void another_subclass_ok(struct node *n)
{
	mutex_lock(&n->lock);
	n->table = kmalloc(64, GFP_KERNEL);
	mutex_unlock(&n->lock);
}

void nested_here_ok(struct node *n)
{
	down_write_nested(&n->sem, 1);
	n->table = kmalloc(64, GFP_KERNEL);
	up_write(&n->sem);
}

static void *allocate(gfp_t flags)
{
	return kmalloc(64, flags | __GFP_ZERO);
}

void nolockdep_ok(struct node *n)
{
	mutex_lock(&n->looked_at);
	n->table = allocate(GFP_KERNEL | __GFP_NOLOCKDEP);
	mutex_unlock(&n->looked_at);
}
