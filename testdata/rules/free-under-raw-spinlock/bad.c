// SPDX-License-Identifier: MIT OR Apache-2.0
// Freeing takes the allocator's sleeping locks as much as allocating does.
#include <linux/bit_spinlock.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

struct entry {
	struct list_head node;
	struct rcu_head rcu;
	void *data;
};

struct table {
	raw_spinlock_t lock;
	raw_spinlock_t buckets[8];
	struct list_head entries;
	unsigned long bits;
	void *spare;
	void *counters;
	struct page *page;
	int used;
};

static struct kmem_cache *entry_cache;

void kfree_bad(struct table *t)
{
	raw_spin_lock(&t->lock);
	kfree(t->spare); //~ ERROR free-under-raw-spinlock
	t->spare = NULL;
	raw_spin_unlock(&t->lock);
}

void irqsave_bad(struct table *t)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&t->lock, flags);
	kfree(t->spare); //~ ERROR free-under-raw-spinlock
	raw_spin_unlock_irqrestore(&t->lock, flags);
}

void secret_bad(struct table *t)
{
	raw_spin_lock_irq(&t->lock);
	kfree_sensitive(t->spare); //~ ERROR free-under-raw-spinlock
	raw_spin_unlock_irq(&t->lock);
}

void cache_bad(struct table *t, struct entry *entry)
{
	raw_spin_lock_bh(&t->lock);
	list_del(&entry->node);
	kmem_cache_free(entry_cache, entry); //~ ERROR free-under-raw-spinlock
	raw_spin_unlock_bh(&t->lock);
}

void page_bad(struct table *t)
{
	raw_spin_lock(&t->lock);
	__free_page(t->page); //~ ERROR free-under-raw-spinlock
	raw_spin_unlock(&t->lock);
}

void pages_bad(struct table *t)
{
	raw_spin_lock(&t->lock);
	free_pages((unsigned long)t->spare, 1); //~ ERROR free-under-raw-spinlock
	raw_spin_unlock(&t->lock);
}

/* The last reference frees the page. */
void page_reference_bad(struct table *t)
{
	raw_spin_lock(&t->lock);
	put_page(t->page); //~ ERROR free-under-raw-spinlock
	raw_spin_unlock(&t->lock);
}

void percpu_bad(struct table *t)
{
	raw_spin_lock(&t->lock);
	free_percpu(t->counters); //~ ERROR free-under-raw-spinlock
	raw_spin_unlock(&t->lock);
}

void bucket_bad(struct table *t, int i)
{
	raw_spin_lock_nested(&t->buckets[i], 1);
	kfree(t->spare); //~ ERROR free-under-raw-spinlock
	raw_spin_unlock(&t->buckets[i]);
}

void preempt_disabled_bad(struct table *t)
{
	preempt_disable();
	kfree(t->spare); //~ ERROR free-under-raw-spinlock
	preempt_enable();
}

void interrupts_disabled_bad(struct table *t)
{
	unsigned long flags;

	local_irq_save(flags);
	kfree(t->spare); //~ ERROR free-under-raw-spinlock
	local_irq_restore(flags);
}

void bit_lock_bad(struct table *t)
{
	bit_spin_lock(2, &t->bits);
	kfree(t->spare); //~ ERROR free-under-raw-spinlock
	bit_spin_unlock(2, &t->bits);
}

void sched_rcu_bad(struct table *t)
{
	rcu_read_lock_sched();
	kfree(t->spare); //~ ERROR free-under-raw-spinlock
	rcu_read_unlock_sched();
}

void guard_bad(struct table *t)
{
	guard(raw_spinlock_irqsave)(&t->lock);
	kfree(t->spare); //~ ERROR free-under-raw-spinlock
}

/* Variables go out of scope in reverse order: the memory is freed before the lock is released. */
void freed_before_unlock_bad(struct table *t)
{
	guard(raw_spinlock)(&t->lock);
	void *doomed __free(kfree) = t->spare; //~ ERROR free-under-raw-spinlock

	t->spare = NULL;
}

void list_walk_bad(struct table *t)
{
	struct entry *entry, *next;

	raw_spin_lock(&t->lock);
	list_for_each_entry_safe(entry, next, &t->entries, node) {
		list_del(&entry->node);
		kfree(entry); //~ ERROR free-under-raw-spinlock
	}
	raw_spin_unlock(&t->lock);
}

int trylock_bad(struct table *t)
{
	if (!raw_spin_trylock(&t->lock))
		return -EBUSY;
	kfree(t->spare); //~ ERROR free-under-raw-spinlock
	raw_spin_unlock(&t->lock);
	return 0;
}

int error_path_bad(struct table *t, struct entry *entry)
{
	int err = 0;

	raw_spin_lock(&t->lock);
	if (t->used > 100) {
		err = -ENOSPC;
		goto drop;
	}
	t->used++;
	list_add(&entry->node, &t->entries);
out:
	raw_spin_unlock(&t->lock);
	return err;
drop:
	kfree(entry); //~ ERROR free-under-raw-spinlock
	goto out;
}
