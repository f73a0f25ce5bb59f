// SPDX-License-Identifier: MIT OR Apache-2.0
// Where on the paths through one function a spinlock_t meets a raw section.
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/spinlock.h>

struct link {
	raw_spinlock_t raw;
	raw_spinlock_t raw2;
	spinlock_t lock;
	rwlock_t rw;
	int state;
	bool up;
};

int trylock_bad(struct link *l)
{
	if (!raw_spin_trylock(&l->raw))
		return -EBUSY;
	spin_lock(&l->lock); //~ ERROR spinlock-under-raw-spinlock
	l->state++;
	spin_unlock(&l->lock);
	raw_spin_unlock(&l->raw);
	return 0;
}

void guard_under_guard_bad(struct link *l)
{
	guard(raw_spinlock)(&l->raw);
	guard(spinlock)(&l->lock); //~ ERROR spinlock-under-raw-spinlock
	l->state++;
}

void scoped_guards_bad(struct link *l)
{
	scoped_guard(raw_spinlock_irqsave, &l->raw) {
		l->state = 0;
		scoped_guard(spinlock, &l->lock) //~ ERROR spinlock-under-raw-spinlock
			l->state++;
	}
}

void irq_guard_bad(struct link *l)
{
	guard(irqsave)();
	guard(spinlock)(&l->lock); //~ ERROR spinlock-under-raw-spinlock
	l->state++;
}

void preempt_guard_bad(struct link *l)
{
	guard(preempt)();
	scoped_guard(read_lock, &l->rw) //~ ERROR spinlock-under-raw-spinlock
		l->state++;
}

int goto_bad(struct link *l)
{
	int err = 0;

	raw_spin_lock(&l->raw);
	if (!l->up) {
		err = -ENODEV;
		goto out;
	}
	l->state++;
	raw_spin_unlock(&l->raw);
	return 0;
out:
	spin_lock(&l->lock); //~ ERROR spinlock-under-raw-spinlock
	l->state = 0;
	spin_unlock(&l->lock);
	raw_spin_unlock(&l->raw);
	return err;
}

/* The raw lock taken last is still held when the other one has been released. */
void out_of_order_bad(struct link *l)
{
	raw_spin_lock(&l->raw);
	raw_spin_lock(&l->raw2);
	raw_spin_unlock(&l->raw);
	spin_lock(&l->lock); //~ ERROR spinlock-under-raw-spinlock
	l->state++;
	spin_unlock(&l->lock);
	raw_spin_unlock(&l->raw2);
}

/* Two instances of one lock class: releasing the one does not release the other. */
void two_instances_bad(struct link *a, struct link *b)
{
	raw_spin_lock(&a->raw);
	raw_spin_lock_nested(&b->raw, 1);
	raw_spin_unlock(&a->raw);
	spin_lock(&a->lock); //~ ERROR spinlock-under-raw-spinlock
	a->state++;
	spin_unlock(&a->lock);
	raw_spin_unlock(&b->raw);
}

void interrupts_left_off_bad(struct link *l)
{
	raw_spin_lock_irq(&l->raw);
	l->state++;
	raw_spin_unlock(&l->raw);
	spin_lock(&l->lock); //~ ERROR spinlock-under-raw-spinlock
	l->state++;
	spin_unlock(&l->lock);
	local_irq_enable();
}

void loop_bad(struct link *links, int count)
{
	int i;

	raw_spin_lock(&links[0].raw);
	for (i = 0; i < count; i++) {
		if (!links[i].up)
			continue;
		spin_lock(&links[i].lock); //~ ERROR spinlock-under-raw-spinlock
		links[i].state++;
		spin_unlock(&links[i].lock);
	}
	raw_spin_unlock(&links[0].raw);
}

void switch_bad(struct link *l, int event)
{
	raw_spin_lock(&l->raw);
	switch (event) {
	case 0 ... 3:
		l->state = event;
		break;
	case 4:
		l->up = true;
		fallthrough;
	case 5:
		write_lock(&l->rw); //~ ERROR spinlock-under-raw-spinlock
		l->state = 5;
		write_unlock(&l->rw);
		break;
	}
	raw_spin_unlock(&l->raw);
}

/* PREEMPT_RT takes this branch, and that is where the nesting matters. */
void rt_only_bad(struct link *l)
{
	raw_spin_lock(&l->raw);
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		spin_lock(&l->lock); //~ ERROR spinlock-under-raw-spinlock
	l->state++;
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		spin_unlock(&l->lock);
	raw_spin_unlock(&l->raw);
}

void ternary_bad(struct link *a, struct link *b, bool first)
{
	raw_spin_lock(&a->raw);
	spin_lock(first ? &a->lock : &b->lock); //~ ERROR spinlock-under-raw-spinlock
	a->state++;
	spin_unlock(first ? &a->lock : &b->lock);
	raw_spin_unlock(&a->raw);
}
