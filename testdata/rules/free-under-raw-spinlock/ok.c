// SPDX-License-Identifier: MIT OR Apache-2.0
// Memory freed where it may be, or handed to somebody who may.
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

struct entry {
	struct list_head node;
	struct rcu_head rcu;
	refcount_t users;
	void *data;
};

struct table {
	raw_spinlock_t lock;
	spinlock_t spin;
	rwlock_t rw;
	struct mutex mutex;
	struct list_head entries;
	struct work_struct reaper;
	void *spare;
	int used;
};

void spinlock_ok(struct table *t)
{
	unsigned long flags;

	spin_lock_irqsave(&t->spin, flags);
	kfree(t->spare);
	t->spare = NULL;
	spin_unlock_irqrestore(&t->spin, flags);
}

void write_lock_ok(struct table *t)
{
	write_lock_irq(&t->rw);
	kfree(t->spare);
	write_unlock_irq(&t->rw);
}

void rcu_ok(struct table *t)
{
	rcu_read_lock();
	kfree(t->spare);
	rcu_read_unlock();
}

void bottom_halves_ok(struct table *t)
{
	local_bh_disable();
	kfree(t->spare);
	local_bh_enable();
}

void mutex_ok(struct table *t)
{
	guard(mutex)(&t->mutex);
	kfree(t->spare);
}

void after_unlock_ok(struct table *t)
{
	void *doomed;

	raw_spin_lock(&t->lock);
	doomed = t->spare;
	t->spare = NULL;
	raw_spin_unlock(&t->lock);
	kfree(doomed);
}

void collected_ok(struct table *t)
{
	struct entry *entry, *next;
	LIST_HEAD(doomed);

	raw_spin_lock(&t->lock);
	list_splice_init(&t->entries, &doomed);
	raw_spin_unlock(&t->lock);
	list_for_each_entry_safe(entry, next, &doomed, node)
		kfree(entry);
}

/* kfree_rcu() with an rcu_head in the object only queues it. */
void after_grace_period_ok(struct table *t, struct entry *entry)
{
	raw_spin_lock(&t->lock);
	list_del(&entry->node);
	kfree_rcu(entry, rcu);
	raw_spin_unlock(&t->lock);
}

static void free_entry(struct rcu_head *head)
{
	kfree(container_of(head, struct entry, rcu));
}

/* The callback runs later, without the lock. */
void callback_ok(struct table *t, struct entry *entry)
{
	raw_spin_lock(&t->lock);
	list_del(&entry->node);
	call_rcu(&entry->rcu, free_entry);
	raw_spin_unlock(&t->lock);
}

static void reap(struct work_struct *work)
{
	struct table *t = container_of(work, struct table, reaper);

	kfree(t->spare);
}

void table_init(struct table *t)
{
	INIT_WORK(&t->reaper, reap);
}

void worker_ok(struct table *t)
{
	raw_spin_lock(&t->lock);
	t->used = 0;
	schedule_work(&t->reaper);
	raw_spin_unlock(&t->lock);
}

int error_path_ok(struct table *t, struct entry *entry)
{
	raw_spin_lock(&t->lock);
	if (t->used > 100) {
		raw_spin_unlock(&t->lock);
		kfree(entry);
		return -ENOSPC;
	}
	t->used++;
	list_add(&entry->node, &t->entries);
	raw_spin_unlock(&t->lock);
	return 0;
}

/* Variables go out of scope in reverse order: the lock is released first. */
int freed_after_guard_ok(struct table *t)
{
	struct entry *entry __free(kfree) = kzalloc(sizeof(*entry), GFP_KERNEL);

	if (!entry)
		return -ENOMEM;
	guard(raw_spinlock)(&t->lock);
	if (t->used > 100)
		return -ENOSPC;
	t->spare = entry->data;
	return 0;
}

/* The variable gives its pointer away, so nothing is left to free. */
int kept_ok(struct table *t)
{
	struct entry *entry __free(kfree) = kzalloc(sizeof(*entry), GFP_KERNEL);

	if (!entry)
		return -ENOMEM;
	scoped_guard(raw_spinlock_irqsave, &t->lock) {
		list_add(&entry->node, &t->entries);
		t->used++;
		t->spare = no_free_ptr(entry);
	}
	return 0;
}

/* Freed at the end of the scope, under the lock, but by then there is nothing to free. */
void given_away_ok(struct table *t)
{
	guard(raw_spinlock)(&t->lock);
	struct entry *entry __free(kfree) = t->spare;

	t->spare = no_free_ptr(entry);
}

static void drop_entry(struct table *t, struct entry *entry)
{
	raw_spin_unlock(&t->lock);
	kfree(entry);
	raw_spin_lock(&t->lock);
}

void dropped_by_callee_ok(struct table *t, struct entry *entry)
{
	raw_spin_lock(&t->lock);
	drop_entry(t, entry);
	t->used--;
	raw_spin_unlock(&t->lock);
}

static void put_entry(struct table *t, struct entry *entry, bool deferred)
{
	if (!refcount_dec_and_test(&entry->users))
		return;
	if (deferred)
		list_add(&entry->node, &t->entries);
	else
		kfree(entry);
}

void deferred_ok(struct table *t, struct entry *entry)
{
	raw_spin_lock(&t->lock);
	put_entry(t, entry, true);
	raw_spin_unlock(&t->lock);
	put_entry(t, entry, false);
}

void percpu_after_preempt_ok(struct table *t, void *counters)
{
	preempt_disable();
	t->used = smp_processor_id();
	preempt_enable();
	free_percpu(counters);
}

void page_after_restore_ok(struct table *t, struct page *page)
{
	unsigned long flags;

	local_irq_save(flags);
	t->used--;
	local_irq_restore(flags);
	put_page(page);
}

void trylock_failed_ok(struct table *t, struct entry *entry)
{
	if (raw_spin_trylock(&t->lock)) {
		list_add(&entry->node, &t->entries);
		raw_spin_unlock(&t->lock);
	} else {
		kfree(entry);
	}
}

/* Nothing is given back where there is nothing. */
static int exchange(struct table *t, bool replaces)
{
	void *old = NULL;

	if (replaces)
		old = t->spare;
	t->used++;
	kfree(old);
	return t->used;
}

static void drop(void *data)
{
	kfree(data);
}

int nothing_to_free_ok(struct table *t)
{
	int used;

	raw_spin_lock(&t->lock);
	used = exchange(t, false);
	drop(NULL);
	raw_spin_unlock(&t->lock);
	return used + exchange(t, true);
}

/* A test that has failed says so. */
void __kunit_do_failed_assertion(void *message)
{
	kfree(message);
}

void tested_ok(struct table *t, void *message)
{
	raw_spin_lock(&t->lock);
	if (t->used != 1)
		__kunit_do_failed_assertion(message);
	raw_spin_unlock(&t->lock);
}
