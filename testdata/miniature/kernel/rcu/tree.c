// SPDX-License-Identifier: MIT OR Apache-2.0
/* kfree_rcu() in miniature: pointers are gathered in pages and freed after a grace period. */
#include <linux/gfp.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>

struct bulk_page {
	unsigned int nr_records;
	void *records[64];
};

struct kfree_rcu_cpu {
	raw_spinlock_t lock;
	struct rcu_head *head;
	struct bulk_page *bulk;
};

static DEFINE_PER_CPU(struct kfree_rcu_cpu, krc);

static struct kfree_rcu_cpu *krc_this_cpu_lock(unsigned long *flags)
{
	struct kfree_rcu_cpu *krcp;

	local_irq_save(*flags);
	krcp = this_cpu_ptr(&krc);
	raw_spin_lock(&krcp->lock);
	return krcp;
}

static void krc_this_cpu_unlock(struct kfree_rcu_cpu *krcp, unsigned long flags)
{
	raw_spin_unlock_irqrestore(&krcp->lock, flags);
}

/* Allocates with krcp->lock held: a caller of kfree_rcu() may itself hold a raw lock, too. */
static bool add_ptr_to_bulk(struct kfree_rcu_cpu *krcp, void *ptr)
{
	if (!krcp->bulk)
		krcp->bulk = (struct bulk_page *)__get_free_page(GFP_NOWAIT);
	if (!krcp->bulk || krcp->bulk->nr_records == 64)
		return false;
	krcp->bulk->records[krcp->bulk->nr_records++] = ptr;
	return true;
}

void kvfree_call_rcu(struct rcu_head *head, void *ptr)
{
	struct kfree_rcu_cpu *krcp;
	unsigned long flags;

	krcp = krc_this_cpu_lock(&flags);
	if (!add_ptr_to_bulk(krcp, ptr)) {
		head->next = krcp->head;
		krcp->head = head;
	}
	krc_this_cpu_unlock(krcp, flags);
}
