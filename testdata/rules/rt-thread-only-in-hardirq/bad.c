// SPDX-License-Identifier: MIT OR Apache-2.0
// What PREEMPT_RT does in threads, in interrupts that stay hard.
#include <linux/completion.h>
#include <linux/container_of.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <asm/nmi.h>

struct device {
	struct completion done;
	struct timer_list timeout;
	struct hrtimer poll;
	struct hrtimer tick;
	spinlock_t lock;
	int count;
};

static DEFINE_SPINLOCK(nmi_lock);

static irqreturn_t complete_all_bad(int irq, void *dev)
{
	struct device *d = dev;

	complete_all(&d->done); //~ ERROR rt-thread-only-in-hardirq
	return IRQ_HANDLED;
}

/* The wrapper adds flags of its own; those of the caller decide. */
static int request_hard(unsigned int irq, irq_handler_t handler, unsigned long flags, void *dev)
{
	return request_irq(irq, handler, flags | IRQF_SHARED, "hard", dev);
}

static irqreturn_t timer_wait_bad(int irq, void *dev)
{
	struct device *d = dev;

	timer_delete_sync(&d->timeout); //~ ERROR rt-thread-only-in-hardirq
	return IRQ_HANDLED;
}

static void other_cpu_bad(void *info)
{
	struct device *d = info;

	hrtimer_cancel(&d->poll); //~ ERROR rt-thread-only-in-hardirq
}

static enum hrtimer_restart hard_timer_bad(struct hrtimer *timer)
{
	struct device *d = container_of(timer, struct device, tick);

	complete_all(&d->done); //~ ERROR rt-thread-only-in-hardirq
	return HRTIMER_NORESTART;
}

/* The lock has an owner on PREEMPT_RT: whatever runs on this CPU. */
static irqreturn_t trylock_bad(int irq, void *dev)
{
	struct device *d = dev;

	if (spin_trylock(&d->lock)) { //~ ERROR rt-thread-only-in-hardirq
		d->count++;
		spin_unlock(&d->lock);
	}
	return IRQ_HANDLED;
}

static int nmi_trylock_bad(unsigned int type, void *regs)
{
	if (spin_trylock(&nmi_lock)) //~ ERROR rt-thread-only-in-hardirq
		spin_unlock(&nmi_lock);
	return NMI_HANDLED;
}

int set_up(struct device *d, unsigned int irq)
{
	hrtimer_init(&d->tick, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
	d->tick.function = hard_timer_bad;
	on_each_cpu(other_cpu_bad, d, 1);
	request_irq(irq, complete_all_bad, IRQF_NO_THREAD, "device", d);
	request_irq(irq + 2, trylock_bad, IRQF_NO_THREAD, "device", d);
	register_nmi_handler(NMI_LOCAL, nmi_trylock_bad, 0, "device");
	return request_hard(irq + 1, timer_wait_bad, IRQF_PERCPU, d);
}
