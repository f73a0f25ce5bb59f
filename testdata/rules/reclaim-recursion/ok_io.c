// SPDX-License-Identifier: MIT OR Apache-2.0
// What keeps IO out: the flags, a scope, a trylock in the submission.
#include <linux/blk-mq.h>
#include <linux/mutex.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

struct disk {
	struct mutex send_lock;
	struct mutex tried;
	void *table;
};

static blk_status_t queue(struct blk_mq_hw_ctx *hctx, const struct blk_mq_queue_data *data)
{
	struct disk *d = hctx->driver_data;

	mutex_lock(&d->send_lock);
	mutex_unlock(&d->send_lock);
	if (mutex_trylock(&d->tried))
		mutex_unlock(&d->tried);
	return BLK_STS_OK;
}

const struct blk_mq_ops disk_ops = { .queue_rq = queue };

void noio_ok(struct disk *d)
{
	mutex_lock(&d->send_lock);
	d->table = kmalloc(64, GFP_NOIO);
	mutex_unlock(&d->send_lock);
}

static void grow(struct disk *d)
{
	mutex_lock(&d->send_lock);
	d->table = kmalloc(64, GFP_KERNEL);
	mutex_unlock(&d->send_lock);
}

void noio_scope_ok(struct disk *d)
{
	unsigned int flags = memalloc_noio_save();

	grow(d);
	memalloc_noio_restore(flags);
}

void tried_ok(struct disk *d)
{
	guard(mutex)(&d->tried);
	d->table = kmalloc(64, GFP_KERNEL);
}
