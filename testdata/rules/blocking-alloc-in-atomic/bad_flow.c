// SPDX-License-Identifier: MIT OR Apache-2.0
// Where the atomic section begins and ends.
#include <linux/err.h>
#include <linux/hardirq.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

struct session {
	spinlock_t lock;
	spinlock_t log_lock;
	struct list_head requests;
	void *reply;
	int state;
	bool closing;
};

int trylock_bad(struct session *s)
{
	if (!spin_trylock(&s->lock))
		return -EBUSY;
	s->reply = kmalloc(32, GFP_KERNEL); //~ ERROR blocking-alloc-in-atomic
	spin_unlock(&s->lock);
	return 0;
}

int trylock_irqsave_bad(struct session *s)
{
	unsigned long flags;
	int err = -EBUSY;

	if (spin_trylock_irqsave(&s->lock, flags)) {
		s->reply = kmalloc(32, GFP_KERNEL); //~ ERROR blocking-alloc-in-atomic
		spin_unlock_irqrestore(&s->lock, flags);
		err = 0;
	}
	return err;
}

void guard_bad(struct session *s)
{
	if (s->closing)
		return;
	guard(spinlock)(&s->lock);
	s->reply = kmalloc(32, GFP_KERNEL); //~ ERROR blocking-alloc-in-atomic
}

void scoped_guard_bad(struct session *s)
{
	scoped_guard(spinlock_irqsave, &s->lock)
		s->reply = kmalloc(32, GFP_KERNEL); //~ ERROR blocking-alloc-in-atomic
}

void preempt_guard_bad(struct session *s)
{
	guard(preempt)();
	s->reply = kmalloc(32, GFP_KERNEL); //~ ERROR blocking-alloc-in-atomic
}

/* The error path allocates its message before it unlocks. */
int ladder_bad(struct session *s)
{
	int err = 0;

	spin_lock(&s->lock);
	if (s->closing) {
		err = -EPERM;
		goto fail;
	}
	s->state++;
	goto unlock;
fail:
	s->reply = kmalloc(32, GFP_KERNEL); //~ ERROR blocking-alloc-in-atomic
unlock:
	spin_unlock(&s->lock);
	return err;
}

/* The inner lock is released, the outer one not. */
void inner_released_bad(struct session *s)
{
	spin_lock(&s->lock);
	spin_lock(&s->log_lock);
	s->state++;
	spin_unlock(&s->log_lock);
	s->reply = kmalloc(32, GFP_KERNEL); //~ ERROR blocking-alloc-in-atomic
	spin_unlock(&s->lock);
}

/* Sections nest. */
void inner_rcu_bh_released_bad(struct session *s)
{
	rcu_read_lock_bh();
	rcu_read_lock_bh();
	s->state++;
	rcu_read_unlock_bh();
	s->reply = kmalloc(32, GFP_KERNEL); //~ ERROR blocking-alloc-in-atomic
	rcu_read_unlock_bh();
}

void loop_bad(struct session *s, int count)
{
	while (count-- > 0) {
		spin_lock(&s->lock);
		if (s->closing) {
			spin_unlock(&s->lock);
			break;
		}
		s->reply = kmalloc(32, GFP_KERNEL); //~ ERROR blocking-alloc-in-atomic
		spin_unlock(&s->lock);
	}
}

int switch_bad(struct session *s, int command)
{
	spin_lock_bh(&s->lock);
	switch (command) {
	case 1:
		s->state = 1;
		break;
	case 2:
		s->state = 2;
		/* as for 3 */
	case 3:
		s->reply = kmalloc(32, GFP_KERNEL); //~ ERROR blocking-alloc-in-atomic
		break;
	}
	spin_unlock_bh(&s->lock);
	return s->state;
}

/* What in_hardirq() says has nothing to do with the lock. */
void wrong_guard_bad(struct session *s)
{
	spin_lock(&s->lock);
	if (!in_hardirq())
		s->reply = kmalloc(32, GFP_KERNEL); //~ ERROR blocking-alloc-in-atomic
	spin_unlock(&s->lock);
}

/* Interrupts are not the question when a spinlock_t is held. */
void half_guard_bad(struct session *s)
{
	spin_lock(&s->lock);
	if (!irqs_disabled())
		s->reply = kmalloc(32, GFP_KERNEL); //~ ERROR blocking-alloc-in-atomic
	spin_unlock(&s->lock);
}

static bool open_session(struct session *s)
{
	spin_lock(&s->lock);
	if (!s->closing)
		return true;
	spin_unlock(&s->lock);
	return false;
}

void locked_on_success_bad(struct session *s)
{
	if (open_session(s)) {
		s->reply = kmalloc(32, GFP_KERNEL); //~ ERROR blocking-alloc-in-atomic
		spin_unlock(&s->lock);
	}
}

static struct session *find_session(struct session *s)
{
	spin_lock(&s->lock);
	if (s->state)
		return s;
	spin_unlock(&s->lock);
	return ERR_PTR(-ENOENT);
}

int locked_unless_error_bad(struct session *first)
{
	struct session *s = find_session(first);

	if (IS_ERR(s))
		return PTR_ERR(s);
	s->reply = kmalloc(32, GFP_KERNEL); //~ ERROR blocking-alloc-in-atomic
	spin_unlock(&s->lock);
	return 0;
}

static void drop_and_log(struct session *s)
{
	spin_unlock(&s->lock);
	s->reply = kmalloc(32, GFP_KERNEL);
	spin_lock(&s->lock);
}

/* The callee drops the lock that it knows of. The caller holds one more. */
void other_lock_bad(struct session *s)
{
	spin_lock(&s->log_lock);
	spin_lock(&s->lock);
	drop_and_log(s); //~ ERROR blocking-alloc-in-atomic
	spin_unlock(&s->lock);
	spin_unlock(&s->log_lock);
}

#define locked_value(s, value) \
({ \
	typeof(value) __value; \
	spin_lock(&(s)->lock); \
	__value = (value); \
	spin_unlock(&(s)->lock); \
	__value; \
})

void statement_expression_bad(struct session *s)
{
	s->reply = locked_value(s, kmalloc(32, GFP_KERNEL)); //~ ERROR blocking-alloc-in-atomic
}

static void *clone_replies(struct session *s, int depth)
{
	if (depth)
		return clone_replies(s, depth - 1);
	return kmalloc(32, GFP_KERNEL);
}

void recursion_bad(struct session *s)
{
	spin_lock(&s->lock);
	s->reply = clone_replies(s, 3); //~ ERROR blocking-alloc-in-atomic
	spin_unlock(&s->lock);
}

/* With PREEMPT_RT it is not compiled in; without it, it sleeps. */
void not_on_rt_bad(struct session *s)
{
	spin_lock(&s->lock);
	if (!IS_ENABLED(CONFIG_PREEMPT_RT))
		s->reply = kmalloc(32, GFP_KERNEL); //~ ERROR blocking-alloc-in-atomic
	spin_unlock(&s->lock);
}
