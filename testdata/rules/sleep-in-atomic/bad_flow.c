// SPDX-License-Identifier: MIT OR Apache-2.0
// Where on the paths, and how far away, the sleeping happens.
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/wait.h>

struct bus {
	spinlock_t lock;
	spinlock_t stats_lock;
	raw_spinlock_t raw;
	struct completion done;
	const struct bus_ops *ops;
	int state;
	int retries;
	bool fast;
	bool gone;
};

struct bus_ops {
	int (*transfer)(struct bus *b, int value);
	void (*reset)(struct bus *b);
};

static void settle(struct bus *b)
{
	msleep(b->retries);
}

void one_call_bad(struct bus *b)
{
	spin_lock(&b->lock);
	settle(b); //~ ERROR sleep-in-atomic
	spin_unlock(&b->lock);
}

static int send_byte(struct bus *b, int value)
{
	if (b->gone)
		return -ENODEV;
	b->state = value;
	usleep_range(50, 100);
	return 0;
}

static int send_word(struct bus *b, int value)
{
	return send_byte(b, value & 0xff) ? : send_byte(b, value >> 8);
}

static int send_all(struct bus *b, const int *values, int count)
{
	int err = 0;

	while (!err && count--)
		err = send_word(b, *values++);
	return err;
}

static int transfer_slowly(struct bus *b, int value)
{
	ssleep(1);
	return value;
}

static int transfer(struct bus *b, int value)
{
	return send_all(b, &value, 1);
}

void four_calls_bad(struct bus *b)
{
	spin_lock(&b->lock);
	transfer(b, 7); //~ ERROR sleep-in-atomic
	spin_unlock(&b->lock);
}

static void reset_fast(struct bus *b)
{
	udelay(10);
}

static const struct bus_ops slow_ops = {
	.transfer = transfer_slowly,
	.reset = reset_fast,
};

void bus_init(struct bus *b)
{
	b->ops = &slow_ops;
}

int ops_table_bad(struct bus *b)
{
	int err;

	spin_lock(&b->lock);
	err = b->ops->transfer(b, 1); //~ ERROR sleep-in-atomic
	spin_unlock(&b->lock);
	return err;
}

static void poll(struct bus *b, bool may_sleep)
{
	while (b->state) {
		if (may_sleep)
			msleep(1);
		else
			udelay(100);
	}
}

void permission_bad(struct bus *b)
{
	spin_lock(&b->lock);
	poll(b, true); //~ ERROR sleep-in-atomic
	spin_unlock(&b->lock);
}

static void wait_ready(struct bus *b, int flags)
{
	might_sleep_if(!(flags & 1));
	while (b->state && b->retries--)
		b->state = 0;
}

/* It asks whether it may sleep, and that it rarely does is no excuse. */
void might_sleep_if_bad(struct bus *b)
{
	spin_lock(&b->lock);
	wait_ready(b, 0); //~ ERROR sleep-in-atomic
	spin_unlock(&b->lock);
}

struct message {
	struct rcu_head rcu;
	int value;
};

static void free_later(struct rcu_head *head, void *object)
{
	if (!head)
		might_sleep();
	((struct message *)object)->value = 0;
}

/* Without a head to queue it with, the object has to be waited for. */
void no_head_bad(struct bus *b, struct message *m)
{
	spin_lock(&b->lock);
	free_later(NULL, m); //~ ERROR sleep-in-atomic
	spin_unlock(&b->lock);
}

int trylock_bad(struct bus *b)
{
	if (!spin_trylock_bh(&b->lock))
		return -EBUSY;
	msleep(1); //~ ERROR sleep-in-atomic
	spin_unlock_bh(&b->lock);
	return 0;
}

void guard_bad(struct bus *b)
{
	guard(spinlock)(&b->lock);
	wait_for_completion(&b->done); //~ ERROR sleep-in-atomic
}

void preempt_guard_bad(struct bus *b)
{
	scoped_guard(preempt) {
		if (b->gone)
			return;
		msleep(1); //~ ERROR sleep-in-atomic
	}
}

int ladder_bad(struct bus *b)
{
	int err = -EBUSY;

	spin_lock(&b->lock);
	if (b->state)
		goto wait;
	err = 0;
unlock:
	spin_unlock(&b->lock);
	return err;
wait:
	msleep(b->retries); //~ ERROR sleep-in-atomic
	goto unlock;
}

/* Sleeps at the end of each round, with what the round has locked. */
void loop_bad(struct bus *b)
{
	bool locked = false;

	do {
		if (!locked) {
			spin_lock(&b->lock);
			locked = true;
		}
		b->state++;
		cond_resched(); //~ ERROR sleep-in-atomic
	} while (b->state < 10);
	spin_unlock(&b->lock);
}

void for_loop_bad(struct bus *buses, int count)
{
	int i;

	rcu_read_lock_bh();
	for (i = 0; i < count; i++) {
		if (buses[i].fast)
			continue;
		settle(&buses[i]); //~ ERROR sleep-in-atomic
	}
	rcu_read_unlock_bh();
}

int switch_bad(struct bus *b, int state)
{
	spin_lock(&b->lock);
	switch (state) {
	case 0:
		b->state = 1;
		break;
	case 1:
		b->retries++;
		fallthrough;
	case 2:
		msleep(2); //~ ERROR sleep-in-atomic
		break;
	default:
		spin_unlock(&b->lock);
		msleep(2);
		return -EINVAL;
	}
	spin_unlock(&b->lock);
	return 0;
}

void out_of_order_bad(struct bus *b)
{
	spin_lock(&b->lock);
	spin_lock(&b->stats_lock);
	spin_unlock(&b->lock);
	msleep(1); //~ ERROR sleep-in-atomic
	spin_unlock(&b->stats_lock);
}

/* cond_resched() is for task context, also with the inner lock released. */
void outer_lock_bad(struct bus *b)
{
	spin_lock(&b->stats_lock);
	spin_lock(&b->lock);
	b->state++;
	spin_unlock(&b->lock);
	cond_resched(); //~ ERROR sleep-in-atomic
	spin_unlock(&b->stats_lock);
}

static void bus_lock(struct bus *b, unsigned long *flags)
{
	spin_lock_irqsave(&b->lock, *flags);
}

static void bus_unlock(struct bus *b, unsigned long *flags)
{
	spin_unlock_irqrestore(&b->lock, *flags);
}

void returned_locked_bad(struct bus *b)
{
	unsigned long flags;

	bus_lock(b, &flags);
	schedule(); //~ ERROR sleep-in-atomic
	bus_unlock(b, &flags);
}

static void drop_and_settle(struct bus *b)
{
	spin_unlock(&b->lock);
	wait_for_completion(&b->done);
	spin_lock(&b->lock);
}

/* Only the lock is dropped, the section goes on. */
void not_only_the_lock_bad(struct bus *b)
{
	spin_lock(&b->lock);
	rcu_read_lock_bh();
	b->state++;
	drop_and_settle(b); //~ ERROR sleep-in-atomic
	rcu_read_unlock_bh();
	spin_unlock(&b->lock);
}

static void back_off(struct bus *b, int depth)
{
	if (depth > 5) {
		schedule_timeout_uninterruptible(depth);
		return;
	}
	back_off(b, depth + 1);
}

void recursion_bad(struct bus *b)
{
	raw_spin_lock(&b->raw);
	back_off(b, 0); //~ ERROR sleep-in-atomic
	raw_spin_unlock(&b->raw);
}

#define under_lock(b, operation) \
({ \
	spin_lock(&(b)->lock); \
	operation; \
	spin_unlock(&(b)->lock); \
	(b)->state; \
})

int statement_expression_bad(struct bus *b)
{
	return under_lock(b, msleep(2)); //~ ERROR sleep-in-atomic
}

int comma_bad(struct bus *b)
{
	int state;

	spin_lock(&b->lock);
	state = (msleep(2), b->state); //~ ERROR sleep-in-atomic
	spin_unlock(&b->lock);
	return state;
}

int condition_bad(struct bus *b)
{
	int err = 0;

	spin_lock(&b->lock);
	if (b->fast || schedule_timeout(2) > 0) //~ ERROR sleep-in-atomic
		err = -EIO;
	spin_unlock(&b->lock);
	return err;
}
