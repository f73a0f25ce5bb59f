// SPDX-License-Identifier: MIT OR Apache-2.0
/* The C side of a device whose driver is Rust. */
#include <linux/delay.h>
#include <linux/spinlock.h>

struct acme {
	spinlock_t lock;
	spinlock_t other;
	spinlock_t third;
	spinlock_t fourth;
	int state;
};

struct blk_mq_ops {
	int (*queue_rq)(unsigned int tag);
	int (*poll)(void);
};

struct work_struct {
	void (*func)(struct work_struct *work);
};

extern void acme_notify(struct acme *acme);

/* Called from Rust: sleeps. */
void acme_reset(struct acme *acme)
{
	acme->state = 0;
	msleep(10);
}

static inline void acme_flush(struct acme *acme)
{
	msleep(20);
}

/* What Rust calls for an inline function. */
void rust_helper_acme_flush(struct acme *acme)
{
	acme_flush(acme);
}

/* Calls back whatever Rust hands in. */
void acme_for_each(struct acme *acme, void (*visit)(struct acme *acme))
{
	visit(acme);
}

/* Into Rust by name. */
void acme_interrupt_bad(struct acme *acme)
{
	spin_lock(&acme->lock);
	acme_notify(acme); //~ ERROR sleep-in-atomic
	spin_unlock(&acme->lock);
}

static const struct blk_mq_ops *acme_ops;

int blk_register_ops(const struct blk_mq_ops *ops)
{
	acme_ops = ops;
	return 0;
}

/* Into Rust through a table that an implementation of a trait makes. */
int acme_submit_bad(struct acme *acme, const struct blk_mq_ops *ops)
{
	int ret;

	spin_lock(&acme->other);
	ret = ops->queue_rq(1); //~ ERROR sleep-in-atomic
	spin_unlock(&acme->other);
	return ret;
}

/* No implementation has this function. */
int acme_poll_ok(struct acme *acme, const struct blk_mq_ops *ops)
{
	int ret;

	spin_lock(&acme->third);
	ret = ops->poll();
	spin_unlock(&acme->third);
	return ret;
}

void init_work_with_key(struct work_struct *work, void (*func)(struct work_struct *work))
{
	work->func = func;
}

/* Into Rust through a work item. */
void acme_run_work_bad(struct acme *acme, struct work_struct *work)
{
	spin_lock(&acme->fourth);
	work->func(work); //~ ERROR sleep-in-atomic
	spin_unlock(&acme->fourth);
}
