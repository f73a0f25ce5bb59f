// SPDX-License-Identifier: MIT OR Apache-2.0
// What the GFP flags are at the allocation: handed down, added to, chosen.
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

struct ring {
	spinlock_t lock;
	void *buffer;
	gfp_t gfp;
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

/* Handed down through three functions. The same with GFP_ATOMIC is in ok_flags.c. */
void parameter_bad(struct ring *r)
{
	spin_lock(&r->lock);
	r->buffer = reserve(r, GFP_KERNEL); //~ ERROR blocking-alloc-in-atomic
	spin_unlock(&r->lock);
}

void variable_bad(struct ring *r)
{
	gfp_t gfp = GFP_NOWAIT;

	gfp |= __GFP_DIRECT_RECLAIM;
	spin_lock(&r->lock);
	r->buffer = kmalloc(16, gfp); //~ ERROR blocking-alloc-in-atomic
	spin_unlock(&r->lock);
}

/* The wrong bit is masked: without kswapd it waits all the same. */
void masked_bad(struct ring *r)
{
	spin_lock(&r->lock);
	r->buffer = kmalloc(16, GFP_KERNEL & ~__GFP_KSWAPD_RECLAIM); //~ ERROR blocking-alloc-in-atomic
	spin_unlock(&r->lock);
}

static void *grow_quietly(struct ring *r, gfp_t gfp)
{
	gfp &= ~__GFP_FS;
	return kmalloc(r->used, gfp | __GFP_NOWARN | __GFP_NORETRY);
}

void masked_in_callee_bad(struct ring *r)
{
	spin_lock(&r->lock);
	r->buffer = grow_quietly(r, GFP_KERNEL); //~ ERROR blocking-alloc-in-atomic
	spin_unlock(&r->lock);
}

/* The nested mask keeps what the caller may do. */
void nested_mask_bad(struct ring *r)
{
	spin_lock(&r->lock);
	r->buffer = kmalloc(16, gfp_nested_mask(GFP_KERNEL)); //~ ERROR blocking-alloc-in-atomic
	spin_unlock(&r->lock);
}

static void *fetch(struct ring *r, bool may_wait)
{
	return kmalloc(r->used, may_wait ? GFP_KERNEL : GFP_ATOMIC);
}

void permission_bad(struct ring *r)
{
	spin_lock(&r->lock);
	r->buffer = fetch(r, true); //~ ERROR blocking-alloc-in-atomic
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

/* The flag that would forbid the waiting is not among them. */
void permission_bits_bad(struct ring *r)
{
	spin_lock(&r->lock);
	r->buffer = fetch_with(r, RING_ZERO); //~ ERROR blocking-alloc-in-atomic
	spin_unlock(&r->lock);
}

static void *retry(struct ring *r, gfp_t gfp)
{
	void *buffer = kmalloc(r->used, gfp & ~__GFP_DIRECT_RECLAIM);

	if (!buffer && gfpflags_allow_blocking(gfp))
		buffer = kmalloc(r->used, gfp);
	return buffer;
}

/* The second try waits when the flags allow it. */
void guarded_bad(struct ring *r)
{
	spin_lock(&r->lock);
	r->buffer = retry(r, GFP_KERNEL); //~ ERROR blocking-alloc-in-atomic
	spin_unlock(&r->lock);
}

/* Every way of choosing may wait. */
void chosen_bad(struct ring *r)
{
	spin_lock(&r->lock);
	r->buffer = kmalloc(16, r->used ? GFP_KERNEL : GFP_NOFS); //~ ERROR blocking-alloc-in-atomic
	spin_unlock(&r->lock);
}

void chosen_by_branch_bad(struct ring *r)
{
	gfp_t gfp;

	spin_lock(&r->lock);
	if (r->used > 10)
		gfp = GFP_ATOMIC;
	else
		gfp = GFP_NOIO;
	r->buffer = kmalloc(16, gfp); //~ ERROR blocking-alloc-in-atomic
	spin_unlock(&r->lock);
}
