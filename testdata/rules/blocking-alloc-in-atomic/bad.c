// SPDX-License-Identifier: MIT OR Apache-2.0
// Allocations that may wait for memory, in sections where nothing may sleep on any kernel.
#include <linux/bit_spinlock.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/local_lock.h>
#include <linux/mempool.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/seqlock.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

struct dev {
	spinlock_t lock;
	spinlock_t queues[4];
	raw_spinlock_t raw;
	rwlock_t map_lock;
	seqlock_t time_lock;
	struct mutex mutex;
	seqcount_mutex_t config_seq;
	unsigned long bits;
	void *buffer;
	mempool_t *pool;
	struct kmem_cache *cache;
};

struct cpu_cache {
	local_lock_t lock;
	void *object;
};

static DEFINE_PER_CPU(struct cpu_cache, cpu_cache);
static DEFINE_SPINLOCK(devices_lock);
static void *devices;

void spinlock_bad(struct dev *d)
{
	spin_lock(&d->lock);
	d->buffer = kmalloc(64, GFP_KERNEL); //~ ERROR blocking-alloc-in-atomic
	spin_unlock(&d->lock);
}

void irqsave_bad(struct dev *d)
{
	unsigned long flags;

	spin_lock_irqsave(&d->lock, flags);
	d->buffer = kzalloc(64, GFP_KERNEL); //~ ERROR blocking-alloc-in-atomic
	spin_unlock_irqrestore(&d->lock, flags);
}

void irq_bad(struct dev *d)
{
	spin_lock_irq(&d->lock);
	d->buffer = kcalloc(4, 16, GFP_KERNEL); //~ ERROR blocking-alloc-in-atomic
	spin_unlock_irq(&d->lock);
}

void bh_bad(struct dev *d)
{
	spin_lock_bh(&d->lock);
	d->buffer = kmalloc(64, GFP_KERNEL); //~ ERROR blocking-alloc-in-atomic
	spin_unlock_bh(&d->lock);
}

void nested_bad(struct dev *d)
{
	spin_lock_nested(&d->lock, 1);
	d->buffer = kmalloc(64, GFP_KERNEL); //~ ERROR blocking-alloc-in-atomic
	spin_unlock(&d->lock);
}

void global_lock_bad(void)
{
	spin_lock(&devices_lock);
	devices = kmalloc(64, GFP_KERNEL); //~ ERROR blocking-alloc-in-atomic
	spin_unlock(&devices_lock);
}

void lock_array_bad(struct dev *d, int queue)
{
	spin_lock(&d->queues[queue]);
	d->buffer = kmalloc(64, GFP_KERNEL); //~ ERROR blocking-alloc-in-atomic
	spin_unlock(&d->queues[queue]);
}

/* No filesystem, no IO: it may still wait for reclaim. */
void no_filesystem_bad(struct dev *d)
{
	spin_lock(&d->lock);
	d->buffer = kmalloc(64, GFP_NOFS); //~ ERROR blocking-alloc-in-atomic
	spin_unlock(&d->lock);
}

void no_io_bad(struct dev *d)
{
	spin_lock(&d->lock);
	d->buffer = kmalloc(64, GFP_NOIO); //~ ERROR blocking-alloc-in-atomic
	spin_unlock(&d->lock);
}

void direct_reclaim_bad(struct dev *d)
{
	spin_lock(&d->lock);
	d->buffer = kmalloc(64, __GFP_DIRECT_RECLAIM | __GFP_NOWARN); //~ ERROR blocking-alloc-in-atomic
	spin_unlock(&d->lock);
}

void raw_lock_bad(struct dev *d)
{
	raw_spin_lock(&d->raw);
	d->buffer = kmalloc(64, GFP_KERNEL); //~ ERROR blocking-alloc-in-atomic
	raw_spin_unlock(&d->raw);
}

void read_lock_bad(struct dev *d)
{
	read_lock(&d->map_lock);
	d->buffer = kmalloc(64, GFP_KERNEL); //~ ERROR blocking-alloc-in-atomic
	read_unlock(&d->map_lock);
}

void write_lock_bad(struct dev *d)
{
	unsigned long flags;

	write_lock_irqsave(&d->map_lock, flags);
	d->buffer = kmalloc(64, GFP_KERNEL); //~ ERROR blocking-alloc-in-atomic
	write_unlock_irqrestore(&d->map_lock, flags);
}

void sequence_writer_bad(struct dev *d)
{
	write_seqlock(&d->time_lock);
	d->buffer = kmalloc(64, GFP_KERNEL); //~ ERROR blocking-alloc-in-atomic
	write_sequnlock(&d->time_lock);
}

void rcu_bad(struct dev *d)
{
	rcu_read_lock_bh();
	d->buffer = kmalloc(64, GFP_KERNEL); //~ ERROR blocking-alloc-in-atomic
	rcu_read_unlock_bh();
}

void rcu_bh_bad(struct dev *d)
{
	rcu_read_lock_bh();
	d->buffer = kmalloc(64, GFP_KERNEL); //~ ERROR blocking-alloc-in-atomic
	rcu_read_unlock_bh();
}

void bottom_halves_bad(struct dev *d)
{
	local_bh_disable();
	d->buffer = kmalloc(64, GFP_KERNEL); //~ ERROR blocking-alloc-in-atomic
	local_bh_enable();
}

void local_lock_bad(void)
{
	local_lock(&cpu_cache.lock);
	this_cpu_ptr(&cpu_cache)->object = kmalloc(64, GFP_KERNEL); //~ ERROR blocking-alloc-in-atomic
	local_unlock(&cpu_cache.lock);
}

void preempt_disabled_bad(struct dev *d)
{
	preempt_disable();
	d->buffer = kmalloc(64, GFP_KERNEL); //~ ERROR blocking-alloc-in-atomic
	preempt_enable();
}

void interrupts_disabled_bad(struct dev *d)
{
	unsigned long flags;

	local_irq_save(flags);
	d->buffer = kmalloc(64, GFP_KERNEL); //~ ERROR blocking-alloc-in-atomic
	local_irq_restore(flags);
}

void bit_lock_bad(struct dev *d)
{
	bit_spin_lock(1, &d->bits);
	d->buffer = kmalloc(64, GFP_KERNEL); //~ ERROR blocking-alloc-in-atomic
	bit_spin_unlock(1, &d->bits);
}

int this_cpu_bad(struct dev *d)
{
	int cpu = get_cpu();

	d->buffer = kmalloc(64, GFP_KERNEL); //~ ERROR blocking-alloc-in-atomic
	put_cpu();
	return cpu;
}

/*
 * The write section of a counter that belongs to a mutex disables preemption, but not on
 * PREEMPT_RT. Which of the two it is, the kernel asks inside a macro that defines a function; the
 * model takes such sections to be preemptible, and this one is missed.
 */
void fn_sequence_counter(struct dev *d)
{
	mutex_lock(&d->mutex);
	write_seqcount_begin(&d->config_seq);
	d->buffer = kmalloc(64, GFP_KERNEL);
	write_seqcount_end(&d->config_seq);
	mutex_unlock(&d->mutex);
}

/* A spinlock_t inside a mutex: what counts is the strictest one held. */
void inside_mutex_bad(struct dev *d)
{
	mutex_lock(&d->mutex);
	spin_lock(&d->lock);
	d->buffer = kmalloc(64, GFP_KERNEL); //~ ERROR blocking-alloc-in-atomic
	spin_unlock(&d->lock);
	mutex_unlock(&d->mutex);
}

void cache_bad(struct dev *d)
{
	spin_lock(&d->lock);
	d->buffer = kmem_cache_alloc(d->cache, GFP_KERNEL); //~ ERROR blocking-alloc-in-atomic
	spin_unlock(&d->lock);
}

struct page *page_bad(struct dev *d)
{
	struct page *page;

	spin_lock(&d->lock);
	page = alloc_pages(GFP_KERNEL, 2); //~ ERROR blocking-alloc-in-atomic
	spin_unlock(&d->lock);
	return page;
}

void zeroed_page_bad(struct dev *d)
{
	spin_lock(&d->lock);
	d->buffer = (void *)get_zeroed_page(GFP_KERNEL); //~ ERROR blocking-alloc-in-atomic
	spin_unlock(&d->lock);
}

void string_bad(struct dev *d, const char *name)
{
	spin_lock(&d->lock);
	d->buffer = kstrdup(name, GFP_KERNEL); //~ ERROR blocking-alloc-in-atomic
	spin_unlock(&d->lock);
}

void pool_bad(struct dev *d)
{
	spin_lock(&d->lock);
	d->buffer = mempool_alloc(d->pool, GFP_NOIO); //~ ERROR blocking-alloc-in-atomic
	spin_unlock(&d->lock);
}

/* These have no flags: they always may wait. */
void implicit_percpu_bad(struct dev *d)
{
	spin_lock(&d->lock);
	d->buffer = alloc_percpu(long); //~ ERROR blocking-alloc-in-atomic
	spin_unlock(&d->lock);
}

void implicit_vmalloc_bad(struct dev *d)
{
	spin_lock(&d->lock);
	d->buffer = vmalloc(1 << 20); //~ ERROR blocking-alloc-in-atomic
	spin_unlock(&d->lock);
}

void large_buffer_bad(struct dev *d, size_t size)
{
	spin_lock(&d->lock);
	d->buffer = kvmalloc(size, GFP_KERNEL); //~ ERROR blocking-alloc-in-atomic
	spin_unlock(&d->lock);
}
