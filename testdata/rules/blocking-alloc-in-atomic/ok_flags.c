// SPDX-License-Identifier: MIT OR Apache-2.0
// Flags that could wait, made so that they do not. All of this is under a spinlock_t, where an
// allocation that does not wait is allowed.
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

struct ring {
	spinlock_t lock;
	void *buffer;
	int used;
};

static void *grow(struct ring *r, gfp_t gfp)
{
	return kmalloc(r->used, gfp);
}

static void *resize(struct ring *r, gfp_t gfp)
{
	r->used *= 2;
	return grow(r, gfp | __GFP_ZERO);
}

static void *reserve(struct ring *r, gfp_t gfp)
{
	if (r->buffer)
		return r->buffer;
	return resize(r, gfp);
}

void parameter_ok(struct ring *r)
{
	spin_lock(&r->lock);
	r->buffer = reserve(r, GFP_ATOMIC);
	spin_unlock(&r->lock);
	r->buffer = reserve(r, GFP_KERNEL);
}

/* What the flags are is the caller's business, and no caller is known. */
void unknown_flags_ok(struct ring *r, gfp_t gfp)
{
	spin_lock(&r->lock);
	r->buffer = kmalloc(16, gfp);
	spin_unlock(&r->lock);
}

void masked_ok(struct ring *r)
{
	spin_lock(&r->lock);
	r->buffer = kmalloc(16, GFP_KERNEL & ~__GFP_DIRECT_RECLAIM);
	spin_unlock(&r->lock);
}

void masked_parameter_ok(struct ring *r, gfp_t gfp)
{
	spin_lock(&r->lock);
	r->buffer = kmalloc(16, gfp & ~__GFP_DIRECT_RECLAIM);
	spin_unlock(&r->lock);
}

static void *grow_without_waiting(struct ring *r, gfp_t gfp)
{
	gfp &= ~__GFP_RECLAIM;
	gfp |= __GFP_NOWARN;
	return kmalloc(r->used, gfp);
}

void masked_in_callee_ok(struct ring *r)
{
	spin_lock(&r->lock);
	r->buffer = grow_without_waiting(r, GFP_KERNEL);
	spin_unlock(&r->lock);
}

static void *retry(struct ring *r, gfp_t gfp)
{
	void *buffer = kmalloc(r->used, gfp & ~__GFP_DIRECT_RECLAIM);

	if (!buffer && gfpflags_allow_blocking(gfp))
		buffer = kmalloc(r->used, gfp | GFP_KERNEL);
	return buffer;
}

/* The second try is only for flags that may wait. */
void guarded_ok(struct ring *r)
{
	spin_lock(&r->lock);
	r->buffer = retry(r, GFP_NOWAIT);
	spin_unlock(&r->lock);
}

static void *retry_unlocked(struct ring *r, gfp_t gfp)
{
	if (gfpflags_allow_blocking(gfp)) {
		spin_unlock(&r->lock);
		r->buffer = kmalloc(r->used, gfp);
		spin_lock(&r->lock);
	} else {
		r->buffer = kmalloc(r->used, gfp);
	}
	return r->buffer;
}

/* Drops the lock when the flags may wait, and only then. */
void dropped_when_blocking_ok(struct ring *r)
{
	spin_lock(&r->lock);
	retry_unlocked(r, GFP_KERNEL);
	retry_unlocked(r, GFP_ATOMIC);
	spin_unlock(&r->lock);
}

static void *fetch(struct ring *r, bool may_wait)
{
	return kmalloc(r->used, may_wait ? GFP_KERNEL : GFP_ATOMIC);
}

void permission_ok(struct ring *r)
{
	spin_lock(&r->lock);
	r->buffer = fetch(r, false);
	spin_unlock(&r->lock);
	r->buffer = fetch(r, true);
}

static void *fetch_deep(struct ring *r, bool atomic)
{
	return fetch(r, !atomic);
}

/* The permission turns round on the way. */
void negated_permission_ok(struct ring *r)
{
	spin_lock(&r->lock);
	r->buffer = fetch_deep(r, true);
	spin_unlock(&r->lock);
}

#define RING_NOWAIT 0x1u
#define RING_ZERO 0x2u

static void *fetch_with(struct ring *r, unsigned int flags)
{
	gfp_t gfp = flags & RING_NOWAIT ? GFP_NOWAIT : GFP_KERNEL;

	if (flags & RING_ZERO)
		gfp |= __GFP_ZERO;
	return kmalloc(r->used, gfp);
}

void permission_bits_ok(struct ring *r)
{
	spin_lock(&r->lock);
	r->buffer = fetch_with(r, RING_NOWAIT | RING_ZERO);
	spin_unlock(&r->lock);
}

void nested_mask_ok(struct ring *r)
{
	spin_lock(&r->lock);
	r->buffer = kmalloc(16, gfp_nested_mask(GFP_ATOMIC));
	spin_unlock(&r->lock);
}

void chosen_ok(struct ring *r)
{
	spin_lock(&r->lock);
	r->buffer = kmalloc(16, r->used ? GFP_ATOMIC : GFP_NOWAIT);
	spin_unlock(&r->lock);
}

/* Locked and allowed to wait exclude each other. */
void chosen_with_lock_ok(struct ring *r, bool locked)
{
	gfp_t gfp = GFP_KERNEL;

	if (locked) {
		spin_lock(&r->lock);
		gfp = GFP_ATOMIC;
	}
	r->buffer = kmalloc(16, gfp);
	if (locked)
		spin_unlock(&r->lock);
}

void chosen_by_condition_ok(struct ring *r, bool locked)
{
	if (locked)
		spin_lock(&r->lock);
	r->buffer = kmalloc(16, locked ? GFP_ATOMIC : GFP_KERNEL);
	if (locked)
		spin_unlock(&r->lock);
}

static void *alloc_by_level(struct ring *r)
{
	if (in_atomic() || irqs_disabled())
		return NULL;
	return kmalloc(r->used, GFP_KERNEL);
}

/* The allocation looks at the context before it chooses. */
void context_tested_ok(struct ring *r)
{
	preempt_disable();
	r->buffer = alloc_by_level(r);
	preempt_enable();
}
