// SPDX-License-Identifier: MIT OR Apache-2.0
/* tree.c as it should be: whoever may allocate drops the lock for it, nobody else allocates. */
#include <linux/gfp.h>
#include <linux/kernel.h>
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

static DEFINE_PER_CPU(struct kfree_rcu_cpu, fixed_krc);

static struct kfree_rcu_cpu *krc_this_cpu_lock(unsigned long *flags)
{
	struct kfree_rcu_cpu *krcp;

	local_irq_save(*flags);
	krcp = this_cpu_ptr(&fixed_krc);
	raw_spin_lock(&krcp->lock);
	return krcp;
}

static void krc_this_cpu_unlock(struct kfree_rcu_cpu *krcp, unsigned long flags)
{
	raw_spin_unlock_irqrestore(&krcp->lock, flags);
}

/* Returns with the lock of *krcp held and interrupts off, to be restored from *flags. */
static bool add_ptr_to_bulk_krc_lock(struct kfree_rcu_cpu **krcp, unsigned long *flags, void *ptr,
				     bool can_alloc)
{
	struct bulk_page *fresh;

	*krcp = krc_this_cpu_lock(flags);
	if (!(*krcp)->bulk && can_alloc) {
		krc_this_cpu_unlock(*krcp, *flags);
		fresh = (struct bulk_page *)__get_free_page(GFP_KERNEL);
		raw_spin_lock_irqsave(&(*krcp)->lock, *flags);
		(*krcp)->bulk = fresh;
	}
	if (!(*krcp)->bulk || (*krcp)->bulk->nr_records == 64)
		return false;
	(*krcp)->bulk->records[(*krcp)->bulk->nr_records++] = ptr;
	return true;
}

void fixed_kvfree_call_rcu(struct rcu_head *head, void *ptr)
{
	struct kfree_rcu_cpu *krcp;
	unsigned long flags;

	/* without a head to queue the object with, the caller has to be able to wait */
	if (!head)
		might_sleep();
	if (!add_ptr_to_bulk_krc_lock(&krcp, &flags, ptr, !head) && head) {
		head->next = krcp->head;
		krcp->head = head;
	}
	krc_this_cpu_unlock(krcp, flags);
}
