// SPDX-License-Identifier: MIT OR Apache-2.0
// The spinlock_t is taken some calls away from the raw section.
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/seqlock.h>
#include <linux/spinlock.h>

struct event {
	struct list_head node;
	int code;
};

struct channel {
	raw_spinlock_t hw_lock;
	spinlock_t event_lock;
	rwlock_t names;
	seqlock_t clock;
	struct list_head events;
	int pending;
	int state;
	bool closed;
};

static void queue_event(struct channel *ch, struct event *event)
{
	unsigned long flags;

	spin_lock_irqsave(&ch->event_lock, flags);
	list_add_tail(&event->node, &ch->events);
	spin_unlock_irqrestore(&ch->event_lock, flags);
}

void one_call_bad(struct channel *ch, struct event *event)
{
	raw_spin_lock(&ch->hw_lock);
	queue_event(ch, event); //~ ERROR spinlock-under-raw-spinlock
	raw_spin_unlock(&ch->hw_lock);
}

static void report(struct channel *ch, struct event *event)
{
	if (ch->closed)
		return;
	spin_lock(&ch->event_lock);
	list_add(&event->node, &ch->events);
	spin_unlock(&ch->event_lock);
}

static void handle(struct channel *ch, struct event *event)
{
	event->code++;
	report(ch, event);
}

static void handle_all(struct channel *ch, struct event *event)
{
	do {
		handle(ch, event);
	} while (ch->pending--);
}

void four_calls_bad(struct channel *ch, struct event *event)
{
	raw_spin_lock(&ch->hw_lock);
	handle_all(ch, event); //~ ERROR spinlock-under-raw-spinlock
	raw_spin_unlock(&ch->hw_lock);
}

static void update(spinlock_t *lock, int *value)
{
	spin_lock(lock);
	++*value;
	spin_unlock(lock);
}

/* The callee knows its lock by pointer only. */
void lock_parameter_bad(struct channel *ch)
{
	raw_spin_lock(&ch->hw_lock);
	update(&ch->event_lock, &ch->state); //~ ERROR spinlock-under-raw-spinlock
	raw_spin_unlock(&ch->hw_lock);
}

static void set_state(struct channel *ch, int state, bool locked)
{
	if (!locked)
		spin_lock(&ch->event_lock);
	ch->state = state;
	if (!locked)
		spin_unlock(&ch->event_lock);
}

/* The flag says that the lock is still to be taken. */
void lock_flag_bad(struct channel *ch)
{
	raw_spin_lock(&ch->hw_lock);
	set_state(ch, 1, false); //~ ERROR spinlock-under-raw-spinlock
	raw_spin_unlock(&ch->hw_lock);
}

static void hw_begin(struct channel *ch, unsigned long *flags)
{
	raw_spin_lock_irqsave(&ch->hw_lock, *flags);
}

static void hw_end(struct channel *ch, unsigned long flags)
{
	raw_spin_unlock_irqrestore(&ch->hw_lock, flags);
}

void returned_locked_bad(struct channel *ch)
{
	unsigned long flags;

	hw_begin(ch, &flags);
	read_lock(&ch->names); //~ ERROR spinlock-under-raw-spinlock
	ch->state = 2;
	read_unlock(&ch->names);
	hw_end(ch, flags);
}

static void names_lock(struct channel *ch)
{
	write_lock(&ch->names);
}

static void names_unlock(struct channel *ch)
{
	write_unlock(&ch->names);
}

/* The spinning one comes from a function too. */
void callee_takes_lock_bad(struct channel *ch)
{
	raw_spin_lock(&ch->hw_lock);
	names_lock(ch); //~ ERROR spinlock-under-raw-spinlock
	ch->state = 3;
	names_unlock(ch);
	raw_spin_unlock(&ch->hw_lock);
}

static void advance(struct channel *ch)
{
	write_seqlock_bh(&ch->clock);
	ch->state++;
	write_sequnlock_bh(&ch->clock);
}

void sequence_in_callee_bad(struct channel *ch)
{
	preempt_disable();
	advance(ch); //~ ERROR spinlock-under-raw-spinlock
	preempt_enable();
}

static void drain(struct channel *ch, int depth)
{
	if (depth == 0) {
		spin_lock_bh(&ch->event_lock);
		ch->pending = 0;
		spin_unlock_bh(&ch->event_lock);
		return;
	}
	drain(ch, depth - 1);
}

void recursion_bad(struct channel *ch)
{
	raw_spin_lock(&ch->hw_lock);
	drain(ch, 3); //~ ERROR spinlock-under-raw-spinlock
	raw_spin_unlock(&ch->hw_lock);
}

/* Woken under the raw lock: this wait queue is guarded by a spinlock_t. */
struct waiters {
	spinlock_t lock;
	int count;
};

static void wake_waiters(struct waiters *w)
{
	guard(spinlock_irqsave)(&w->lock);
	w->count = 0;
}

void wake_up_bad(struct channel *ch, struct waiters *w)
{
	guard(raw_spinlock)(&ch->hw_lock);
	ch->state = 0;
	wake_waiters(w); //~ ERROR spinlock-under-raw-spinlock
}
