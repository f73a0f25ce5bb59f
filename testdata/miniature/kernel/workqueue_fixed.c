// SPDX-License-Identifier: MIT OR Apache-2.0
/* workqueue.c as it should be: what is recorded under the raw lock must not need memory. */
#include <linux/kasan.h>
#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

struct worker_pool {
	raw_spinlock_t lock;
	struct list_head worklist;
	int nr_running;
};

struct fixed_workqueue {
	struct worker_pool *pool;
};

/* Called with pool->lock held. */
static void insert_work(struct worker_pool *pool, struct work_struct *work)
{
	kasan_record_aux_stack_noalloc(work);

	list_add_tail(&work->entry, &pool->worklist);
	pool->nr_running++;
}

static void __queue_work(struct fixed_workqueue *wq, struct work_struct *work)
{
	struct worker_pool *pool;

	rcu_read_lock();
	pool = rcu_dereference(wq->pool);
	raw_spin_lock(&pool->lock);
	if (list_empty(&work->entry))
		insert_work(pool, work);
	raw_spin_unlock(&pool->lock);
	rcu_read_unlock();
}

bool queue_fixed_work_on(int cpu, struct fixed_workqueue *wq, struct work_struct *work)
{
	unsigned long flags;

	local_irq_save(flags);
	__queue_work(wq, work);
	local_irq_restore(flags);
	return true;
}
