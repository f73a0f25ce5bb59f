// SPDX-License-Identifier: MIT OR Apache-2.0
// Nothing is taken in any of these functions: what they are registered as forbids sleeping.
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/timer.h>

struct device {
	struct timer_list timer;
	struct timer_list other_timer;
	struct tasklet_struct tasklet;
	struct rcu_head rcu;
	int state;
};

static void timer_bad(struct timer_list *timer)
{
	msleep(1); //~ ERROR sleep-in-atomic
}

static void wait_for_device(struct device *d)
{
	while (!d->state)
		schedule_timeout(1);
}

static irqreturn_t handler_bad(int irq, void *dev)
{
	wait_for_device(dev); //~ ERROR sleep-in-atomic
	return IRQ_HANDLED;
}

static void tasklet_bad(struct tasklet_struct *t)
{
	yield(); //~ ERROR sleep-in-atomic
}

static void rcu_callback_bad(struct rcu_head *head)
{
	synchronize_rcu(); //~ ERROR sleep-in-atomic
}

/* A wrapper that keeps what it is given. */
static void keep_callback(struct timer_list *timer, void (*callback)(struct timer_list *))
{
	timer->function = callback;
}

static void kept_bad(struct timer_list *timer)
{
	io_schedule(); //~ ERROR sleep-in-atomic
}

int set_up(struct device *d, unsigned int irq)
{
	timer_setup(&d->timer, timer_bad, 0);
	keep_callback(&d->other_timer, kept_bad);
	tasklet_setup(&d->tasklet, tasklet_bad);
	call_rcu(&d->rcu, rcu_callback_bad);
	return request_irq(irq, handler_bad, IRQF_SHARED, "device", d);
}
