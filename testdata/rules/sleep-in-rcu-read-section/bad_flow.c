// SPDX-License-Identifier: MIT OR Apache-2.0
// Sections that are still there where it is not obvious.
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/hardirq.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

struct bus {
	spinlock_t lock;
	struct mutex mutex;
	struct completion ready;
	struct list_head node;
	int state;
	bool dead;
};

static struct list_head buses;

/* Sections nest. */
void inner_section_ended_bad(struct bus *b)
{
	rcu_read_lock();
	rcu_read_lock();
	b->state++;
	rcu_read_unlock();
	msleep(1); //~ ERROR sleep-in-rcu-read-section
	rcu_read_unlock();
}

/* in_atomic() does not see RCU read-side sections. */
void *blind_guard_bad(void)
{
	void *copy = NULL;

	rcu_read_lock();
	if (!in_atomic())
		copy = kmalloc(32, GFP_KERNEL); //~ ERROR sleep-in-rcu-read-section
	rcu_read_unlock();
	return copy;
}

static void drop_and_settle(struct bus *b)
{
	spin_unlock(&b->lock);
	wait_for_completion(&b->ready);
	spin_lock(&b->lock);
}

/* Only the lock is dropped, the section goes on. */
void not_only_the_lock_bad(struct bus *b)
{
	spin_lock(&b->lock);
	rcu_read_lock();
	b->state++;
	drop_and_settle(b); //~ ERROR sleep-in-rcu-read-section
	rcu_read_unlock();
	spin_unlock(&b->lock);
}

static void update(struct bus *b)
{
	guard(mutex)(&b->mutex);
	b->state++;
}

void list_walk_bad(void)
{
	struct bus *b;

	rcu_read_lock();
	list_for_each_entry(b, &buses, node) {
		if (b->dead)
			continue;
		update(b); //~ ERROR sleep-in-rcu-read-section
	}
	rcu_read_unlock();
}

/* Atomic notifier chains are walked in a section. */
static int notified_bad(struct notifier_block *nb, unsigned long action, void *data)
{
	synchronize_rcu(); //~ ERROR sleep-in-rcu-read-section
	return NOTIFY_OK;
}

static struct notifier_block block = { .notifier_call = notified_bad };

static int join(struct atomic_notifier_head *chain, struct notifier_block *nb)
{
	return atomic_notifier_chain_register(chain, nb);
}

int set_up(struct atomic_notifier_head *chain)
{
	return join(chain, &block);
}
