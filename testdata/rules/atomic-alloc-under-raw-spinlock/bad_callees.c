// SPDX-License-Identifier: MIT OR Apache-2.0
// The allocation is some calls away. A finding is shown where the chain leaves the function that
// holds the lock.
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

struct node {
	struct node *left;
	void *payload;
};

struct tree {
	raw_spinlock_t lock;
	struct node *root;
	void *spare;
	int depth;
	bool dead;
};

static struct node *new_node(void)
{
	return kzalloc(sizeof(struct node), GFP_ATOMIC);
}

void one_call_bad(struct tree *t)
{
	raw_spin_lock(&t->lock);
	t->root = new_node(); //~ ERROR atomic-alloc-under-raw-spinlock
	raw_spin_unlock(&t->lock);
}

static void *grow_pages(gfp_t gfp)
{
	return (void *)__get_free_page(gfp);
}

static void *grow_zone(gfp_t gfp)
{
	return grow_pages(gfp | __GFP_NOWARN);
}

static void *grow_pool(gfp_t gfp)
{
	return grow_zone(gfp);
}

static void refill(struct tree *t, gfp_t gfp)
{
	t->spare = grow_pool(gfp);
}

/* Four calls away, with the flags handed down. */
void flags_handed_down_bad(struct tree *t)
{
	raw_spin_lock(&t->lock);
	refill(t, GFP_NOWAIT); //~ ERROR atomic-alloc-under-raw-spinlock
	raw_spin_unlock(&t->lock);
}

static void *depot_pool(gfp_t gfp, bool can_alloc)
{
	if (!can_alloc)
		return NULL;
	return alloc_page(gfp);
}

static void *depot_save(gfp_t gfp, bool can_alloc)
{
	return depot_pool(gfp, can_alloc);
}

static void *save_stack(gfp_t gfp, bool can_alloc)
{
	return depot_save(gfp, can_alloc);
}

static void record(struct tree *t, bool can_alloc)
{
	t->spare = save_stack(GFP_NOWAIT, can_alloc);
}

/* The flag says that it may allocate. The same chain with `false` is in ok_callees.c. */
void permission_granted_bad(struct tree *t)
{
	raw_spin_lock(&t->lock);
	record(t, true); //~ ERROR atomic-alloc-under-raw-spinlock
	raw_spin_unlock(&t->lock);
}

#define DEPOT_CAN_ALLOC 1u
#define DEPOT_GET 2u

static void *store(u32 depot_flags)
{
	bool can_alloc = depot_flags & DEPOT_CAN_ALLOC;
	void *page = NULL;

	if (can_alloc && depot_flags)
		page = alloc_page(GFP_NOWAIT);
	return page;
}

static void *store_stack(u32 depot_flags)
{
	return store(depot_flags | DEPOT_GET);
}

void permission_bit_bad(struct tree *t)
{
	raw_spin_lock(&t->lock);
	t->spare = store_stack(DEPOT_CAN_ALLOC); //~ ERROR atomic-alloc-under-raw-spinlock
	raw_spin_unlock(&t->lock);
}

static void *grow_if(struct tree *t, bool may_grow)
{
	return may_grow ? kmalloc(t->depth, GFP_ATOMIC) : NULL;
}

/* The permission is given on one of two paths. */
void permission_chosen_bad(struct tree *t)
{
	bool may_grow = false;

	raw_spin_lock(&t->lock);
	if (t->depth > 3)
		may_grow = true;
	t->spare = grow_if(t, may_grow); //~ ERROR atomic-alloc-under-raw-spinlock
	raw_spin_unlock(&t->lock);
}

static struct node *copy_tree(const struct node *from, int depth)
{
	struct node *to;

	if (!from || depth > 8)
		return NULL;
	to = kmalloc(sizeof(*to), GFP_ATOMIC);
	if (to)
		to->left = copy_tree(from->left, depth + 1);
	return to;
}

void recursion_bad(struct tree *t, struct node *from)
{
	raw_spin_lock(&t->lock);
	t->root = copy_tree(from, 0); //~ ERROR atomic-alloc-under-raw-spinlock
	raw_spin_unlock(&t->lock);
}

static void visit_odd(struct tree *t, struct node *node);

static void visit_even(struct tree *t, struct node *node)
{
	if (node)
		visit_odd(t, node->left);
}

static void visit_odd(struct tree *t, struct node *node)
{
	if (!node)
		return;
	node->payload = kmalloc(8, GFP_NOWAIT);
	visit_even(t, node->left);
}

void mutual_recursion_bad(struct tree *t)
{
	raw_spin_lock(&t->lock);
	visit_even(t, t->root); //~ ERROR atomic-alloc-under-raw-spinlock
	raw_spin_unlock(&t->lock);
}

static struct tree *lock_tree(struct tree *t, unsigned long *flags)
{
	raw_spin_lock_irqsave(&t->lock, *flags);
	return t;
}

static void unlock_tree(struct tree *t, unsigned long flags)
{
	raw_spin_unlock_irqrestore(&t->lock, flags);
}

/* The lock is taken by a function that returns with it held. */
void returned_locked_bad(struct tree *first)
{
	unsigned long flags;
	struct tree *t = lock_tree(first, &flags);

	t->spare = kmalloc(24, GFP_ATOMIC); //~ ERROR atomic-alloc-under-raw-spinlock
	unlock_tree(t, flags);
}

static bool lock_live_tree(struct tree *t)
{
	raw_spin_lock(&t->lock);
	if (t->dead) {
		raw_spin_unlock(&t->lock);
		return false;
	}
	return true;
}

int locked_on_success_bad(struct tree *t)
{
	if (!lock_live_tree(t))
		return -ENODEV;
	t->spare = kmalloc(24, GFP_ATOMIC); //~ ERROR atomic-alloc-under-raw-spinlock
	raw_spin_unlock(&t->lock);
	return 0;
}

static struct node *lock_root(struct tree *t)
{
	raw_spin_lock(&t->lock);
	if (t->root)
		return t->root;
	raw_spin_unlock(&t->lock);
	return NULL;
}

void locked_unless_null_bad(struct tree *t)
{
	struct node *root = lock_root(t);

	if (root) {
		root->payload = kmalloc(24, GFP_ATOMIC); //~ ERROR atomic-alloc-under-raw-spinlock
		raw_spin_unlock(&t->lock);
	}
}

static void retake(struct tree *t)
{
	raw_spin_unlock(&t->lock);
	t->depth++;
	raw_spin_lock(&t->lock);
}

/* Dropped and retaken in the callee, but held again when it comes back. */
void retaken_bad(struct tree *t)
{
	raw_spin_lock(&t->lock);
	retake(t);
	t->spare = kmalloc(24, GFP_ATOMIC); //~ ERROR atomic-alloc-under-raw-spinlock
	raw_spin_unlock(&t->lock);
}

/* The branch decides between two flags. Neither is allowed. */
void chosen_flags_bad(struct tree *t)
{
	raw_spin_lock(&t->lock);
	t->spare = kmalloc(24, t->dead ? GFP_NOWAIT : GFP_ATOMIC); //~ ERROR atomic-alloc-under-raw-spinlock
	raw_spin_unlock(&t->lock);
}

static inline void *inline_grow(struct tree *t)
{
	if (t->spare)
		return t->spare;
	return kmalloc(24, GFP_ATOMIC);
}

void inline_callee_bad(struct tree *t)
{
	raw_spin_lock(&t->lock);
	t->spare = inline_grow(t); //~ ERROR atomic-alloc-under-raw-spinlock
	raw_spin_unlock(&t->lock);
}

static void *grow_or_reuse(struct tree *t)
{
	void *memory = t->spare;

	if (!memory)
		goto grow;
	return memory;
grow:
	return kmalloc(24, GFP_ATOMIC);
}

void nested_locks_bad(struct tree *t, raw_spinlock_t *stats)
{
	raw_spin_lock(&t->lock);
	raw_spin_lock(stats);
	t->depth++;
	raw_spin_unlock(stats);
	t->spare = grow_or_reuse(t); //~ ERROR atomic-alloc-under-raw-spinlock
	raw_spin_unlock(&t->lock);
}
