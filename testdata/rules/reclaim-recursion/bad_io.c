// SPDX-License-Identifier: MIT OR Apache-2.0
// Memory that is waited for under locks that the submission of IO takes: to get it, pages may have to
// be written to that very disk.
#include <linux/blk-mq.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

struct disk {
	struct mutex send_lock;
	struct mutex config_lock;
	struct rw_semaphore table_sem;
	void *table;
};

static struct disk disk;

static void look_up(struct disk *d)
{
	down_read(&d->table_sem);
	d->table = NULL;
	up_read(&d->table_sem);
}

static blk_status_t queue(struct blk_mq_hw_ctx *hctx, const struct blk_mq_queue_data *data)
{
	struct disk *d = hctx->driver_data;

	mutex_lock(&d->send_lock);
	look_up(d);
	mutex_unlock(&d->send_lock);
	mutex_lock(&d->config_lock);
	mutex_unlock(&d->config_lock);
	return BLK_STS_OK;
}

const struct blk_mq_ops disk_ops = { .queue_rq = queue };

/* Filesystems stay out of it, the disk does not. */
void nofs_is_not_enough_bad(struct disk *d)
{
	mutex_lock(&d->send_lock);
	d->table = kmalloc(64, GFP_NOFS); //~ ERROR reclaim-recursion
	mutex_unlock(&d->send_lock);
}

void kernel_flags_bad(struct disk *d)
{
	guard(mutex)(&d->config_lock);
	d->table = kmalloc(64, GFP_KERNEL); //~ ERROR reclaim-recursion
}

void nofs_scope_bad(struct disk *d)
{
	unsigned int flags = memalloc_nofs_save();

	down_write(&d->table_sem);
	d->table = kmalloc(64, GFP_KERNEL); //~ ERROR reclaim-recursion
	up_write(&d->table_sem);
	memalloc_nofs_restore(flags);
}
