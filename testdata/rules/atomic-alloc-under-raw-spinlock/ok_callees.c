// SPDX-License-Identifier: MIT OR Apache-2.0
// Callees that can allocate, called so that they do not.
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

struct tree {
	raw_spinlock_t lock;
	void *spare;
	int depth;
	bool dead;
	void (*changed)(struct tree *t);
	void (*grow)(struct tree *t);
};

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

/* `false` through four functions. */
void permission_denied_ok(struct tree *t)
{
	raw_spin_lock(&t->lock);
	record(t, false);
	raw_spin_unlock(&t->lock);
	record(t, true);
}

static void record_noalloc(struct tree *t)
{
	record(t, false);
}

void noalloc_variant_ok(struct tree *t)
{
	raw_spin_lock(&t->lock);
	record_noalloc(t);
	raw_spin_unlock(&t->lock);
}

void permission_in_variable_ok(struct tree *t)
{
	bool can_alloc = false;

	raw_spin_lock(&t->lock);
	record(t, can_alloc);
	raw_spin_unlock(&t->lock);
}

#define DEPOT_CAN_ALLOC 1u
#define DEPOT_GET 2u

static void *store(u32 depot_flags)
{
	bool can_alloc = depot_flags & DEPOT_CAN_ALLOC;
	void *page = NULL;

	if (can_alloc)
		page = alloc_page(GFP_NOWAIT);
	return page;
}

static void *store_stack(u32 depot_flags)
{
	return store(depot_flags | DEPOT_GET);
}

/* The bit is not set, and nobody on the way sets it. */
void permission_bit_ok(struct tree *t)
{
	raw_spin_lock(&t->lock);
	t->spare = store_stack(0);
	raw_spin_unlock(&t->lock);
}

static void grow_dropped(struct tree *t)
{
	raw_spin_unlock(&t->lock);
	t->spare = kmalloc(16, GFP_KERNEL);
	raw_spin_lock(&t->lock);
}

/* The callee drops the caller's lock around its allocation. */
void dropped_by_callee_ok(struct tree *t)
{
	raw_spin_lock(&t->lock);
	grow_dropped(t);
	t->depth++;
	raw_spin_unlock(&t->lock);
}

static void unlock_and_grow(struct tree *t)
{
	raw_spin_unlock(&t->lock);
	t->spare = kmalloc(16, GFP_KERNEL);
}

void released_by_callee_ok(struct tree *t)
{
	raw_spin_lock(&t->lock);
	unlock_and_grow(t);
	t->spare = kmalloc(16, GFP_KERNEL);
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

/*
 * With permission the lock is dropped around the allocation; without it there is none. It returns
 * with the lock held and the interrupt flags in *flags.
 */
static bool add_locked(struct tree **tp, struct tree *from, unsigned long *flags, bool can_alloc)
{
	struct tree *t;

	*tp = t = lock_tree(from, flags);
	if (!t->spare && can_alloc) {
		unlock_tree(t, *flags);
		t->spare = kmalloc(16, GFP_KERNEL);
		raw_spin_lock_irqsave(&t->lock, *flags);
	}
	return t->spare != NULL;
}

void locked_out_parameter_ok(struct tree *from, bool can_alloc)
{
	unsigned long flags;
	struct tree *t;

	if (add_locked(&t, from, &flags, can_alloc))
		t->depth++;
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

void *not_locked_on_failure_ok(struct tree *t)
{
	if (!lock_live_tree(t))
		return kmalloc(24, GFP_KERNEL);
	t->depth++;
	raw_spin_unlock(&t->lock);
	return NULL;
}

static int try_lock_tree(struct tree *t)
{
	if (!raw_spin_trylock(&t->lock))
		return -EBUSY;
	return 0;
}

/* Zero means locked. */
void *not_locked_on_error_ok(struct tree *t)
{
	int err = try_lock_tree(t);

	if (err)
		return kmalloc(24, GFP_KERNEL);
	raw_spin_unlock(&t->lock);
	return NULL;
}

static void count(struct tree *t)
{
	t->depth++;
}

static void grow(struct tree *t)
{
	t->spare = kmalloc(16, GFP_KERNEL);
}

void tree_init(struct tree *t)
{
	t->changed = count;
	t->grow = grow;
}

/* The two pointers have one type, but only one of them is called under the lock. */
void pointer_field_ok(struct tree *t)
{
	t->grow(t);
	raw_spin_lock(&t->lock);
	t->changed(t);
	raw_spin_unlock(&t->lock);
}

static void with_lock(struct tree *t, void (*fn)(struct tree *t))
{
	raw_spin_lock(&t->lock);
	fn(t);
	raw_spin_unlock(&t->lock);
}

static void without_lock(struct tree *t, void (*fn)(struct tree *t))
{
	fn(t);
}

void callback_argument_ok(struct tree *t)
{
	with_lock(t, count);
	without_lock(t, grow);
}

static int walk(struct tree *t, int depth)
{
	if (depth > 4)
		return 0;
	return 1 + walk(t, depth + 1);
}

void recursion_ok(struct tree *t)
{
	raw_spin_lock(&t->lock);
	t->depth = walk(t, 0);
	raw_spin_unlock(&t->lock);
}

static void *get_spare(struct tree *t, bool locked)
{
	if (!locked)
		raw_spin_lock(&t->lock);
	t->depth++;
	if (!locked)
		raw_spin_unlock(&t->lock);
	return t->spare;
}

/* The flag says who holds the lock; afterwards nobody does. */
void lock_flag_ok(struct tree *t)
{
	get_spare(t, false);
	t->spare = kmalloc(16, GFP_KERNEL);
	raw_spin_lock(&t->lock);
	get_spare(t, true);
	raw_spin_unlock(&t->lock);
	t->spare = kmalloc(16, GFP_KERNEL);
}
