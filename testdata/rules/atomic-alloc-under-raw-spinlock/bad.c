// SPDX-License-Identifier: MIT OR Apache-2.0
// An allocation right inside a section that stays non-preemptible on PREEMPT_RT. No GFP flag helps:
// the allocators take spinlock_t and local_lock_t inside.
#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/list_bl.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

struct item {
	struct list_head node;
	int value;
};

struct box {
	raw_spinlock_t lock;
	raw_spinlock_t slots[4];
	struct list_head items;
	struct hlist_bl_head bucket;
	unsigned long state;
	void *memory;
};

static DEFINE_RAW_SPINLOCK(registry_lock);
static struct kmem_cache *item_cache;
static void *registry;
static DEFINE_PER_CPU(struct box, local_box);

void atomic_bad(struct box *box)
{
	raw_spin_lock(&box->lock);
	box->memory = kmalloc(64, GFP_ATOMIC); //~ ERROR atomic-alloc-under-raw-spinlock
	raw_spin_unlock(&box->lock);
}

void nowait_bad(struct box *box)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&box->lock, flags);
	box->memory = kzalloc(64, GFP_NOWAIT); //~ ERROR atomic-alloc-under-raw-spinlock
	raw_spin_unlock_irqrestore(&box->lock, flags);
}

/* Not even without any flag: the fast path of the allocator takes a local lock. */
void no_flags_bad(struct box *box)
{
	raw_spin_lock_irq(&box->lock);
	box->memory = kmalloc(64, 0); //~ ERROR atomic-alloc-under-raw-spinlock
	raw_spin_unlock_irq(&box->lock);
}

void runtime_size_bad(struct box *box, size_t size)
{
	raw_spin_lock_bh(&box->lock);
	box->memory = kmalloc(size, GFP_ATOMIC); //~ ERROR atomic-alloc-under-raw-spinlock
	raw_spin_unlock_bh(&box->lock);
}

void array_bad(struct box *box, size_t count)
{
	raw_spin_lock_nested(&box->lock, 1);
	box->memory = kcalloc(count, 16, GFP_ATOMIC); //~ ERROR atomic-alloc-under-raw-spinlock
	raw_spin_unlock(&box->lock);
}

void cache_bad(struct box *box)
{
	unsigned long flags;
	struct item *item;

	raw_spin_lock_irqsave_nested(&box->lock, flags, 2);
	item = kmem_cache_zalloc(item_cache, GFP_ATOMIC); //~ ERROR atomic-alloc-under-raw-spinlock
	if (item)
		list_add(&item->node, &box->items);
	raw_spin_unlock_irqrestore(&box->lock, flags);
}

struct page *page_bad(struct box *box)
{
	struct page *page;

	raw_spin_lock(&box->lock);
	page = alloc_page(GFP_NOWAIT); //~ ERROR atomic-alloc-under-raw-spinlock
	raw_spin_unlock(&box->lock);
	return page;
}

void free_page_bad(struct box *box)
{
	raw_spin_lock(&box->lock);
	box->memory = (void *)__get_free_page(GFP_ATOMIC); //~ ERROR atomic-alloc-under-raw-spinlock
	raw_spin_unlock(&box->lock);
}

void percpu_bad(struct box *box)
{
	raw_spin_lock(&box->lock);
	box->memory = alloc_percpu_gfp(int, GFP_ATOMIC); //~ ERROR atomic-alloc-under-raw-spinlock
	raw_spin_unlock(&box->lock);
}

void duplicate_bad(struct box *box, const void *from)
{
	raw_spin_lock(&box->lock);
	box->memory = kmemdup(from, 64, GFP_ATOMIC); //~ ERROR atomic-alloc-under-raw-spinlock
	raw_spin_unlock(&box->lock);
}

void string_bad(struct box *box, const char *name)
{
	raw_spin_lock(&box->lock);
	box->memory = kstrdup(name, GFP_NOWAIT); //~ ERROR atomic-alloc-under-raw-spinlock
	raw_spin_unlock(&box->lock);
}

void grow_bad(struct box *box, size_t size)
{
	raw_spin_lock(&box->lock);
	box->memory = krealloc(box->memory, size, GFP_ATOMIC); //~ ERROR atomic-alloc-under-raw-spinlock
	raw_spin_unlock(&box->lock);
}

void global_lock_bad(void)
{
	raw_spin_lock(&registry_lock);
	registry = kzalloc(128, GFP_ATOMIC); //~ ERROR atomic-alloc-under-raw-spinlock
	raw_spin_unlock(&registry_lock);
}

void slot_lock_bad(struct box *box, int slot)
{
	raw_spin_lock(&box->slots[slot]);
	box->memory = kmalloc(32, GFP_ATOMIC); //~ ERROR atomic-alloc-under-raw-spinlock
	raw_spin_unlock(&box->slots[slot]);
}

void lock_pointer_bad(struct box *box)
{
	raw_spinlock_t *lock = &box->slots[0];

	raw_spin_lock(lock);
	box->memory = kmalloc(32, GFP_ATOMIC); //~ ERROR atomic-alloc-under-raw-spinlock
	raw_spin_unlock(lock);
}

void preempt_disabled_bad(struct box *box)
{
	preempt_disable();
	box->memory = kmalloc(32, GFP_ATOMIC); //~ ERROR atomic-alloc-under-raw-spinlock
	preempt_enable();
}

void interrupts_saved_bad(struct box *box)
{
	unsigned long flags;

	local_irq_save(flags);
	box->memory = kmalloc(32, GFP_ATOMIC); //~ ERROR atomic-alloc-under-raw-spinlock
	local_irq_restore(flags);
}

void interrupts_disabled_bad(struct box *box)
{
	local_irq_disable();
	box->memory = kmalloc(32, GFP_ATOMIC); //~ ERROR atomic-alloc-under-raw-spinlock
	local_irq_enable();
}

void bit_lock_bad(struct box *box)
{
	bit_spin_lock(3, &box->state);
	box->memory = kmalloc(32, GFP_ATOMIC); //~ ERROR atomic-alloc-under-raw-spinlock
	bit_spin_unlock(3, &box->state);
}

void bucket_lock_bad(struct box *box)
{
	hlist_bl_lock(&box->bucket);
	box->memory = kmalloc(32, GFP_ATOMIC); //~ ERROR atomic-alloc-under-raw-spinlock
	hlist_bl_unlock(&box->bucket);
}

void sched_rcu_bad(struct box *box)
{
	rcu_read_lock_sched();
	box->memory = kmalloc(32, GFP_ATOMIC); //~ ERROR atomic-alloc-under-raw-spinlock
	rcu_read_unlock_sched();
}

int this_cpu_bad(struct box *box)
{
	int cpu = get_cpu();

	box->memory = kmalloc(32, GFP_ATOMIC); //~ ERROR atomic-alloc-under-raw-spinlock
	put_cpu();
	return cpu;
}

void percpu_pointer_bad(void)
{
	struct box *box = get_cpu_ptr(&local_box);

	box->memory = kmalloc(32, GFP_ATOMIC); //~ ERROR atomic-alloc-under-raw-spinlock
	put_cpu_ptr(&local_box);
}

/* The spinlock_t outside does not make the inner section any more preemptible. */
void inner_raw_bad(struct box *box, spinlock_t *outer)
{
	spin_lock(outer);
	raw_spin_lock(&box->lock);
	box->memory = kmalloc(32, GFP_ATOMIC); //~ ERROR atomic-alloc-under-raw-spinlock
	raw_spin_unlock(&box->lock);
	spin_unlock(outer);
}
