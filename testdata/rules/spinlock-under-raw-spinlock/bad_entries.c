// SPDX-License-Identifier: MIT OR Apache-2.0
// Callbacks that are called with a raw lock held, or in interrupts that are never threads.
#include <linux/container_of.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/timer.h>

struct bank {
	spinlock_t mask_lock;
	spinlock_t type_lock;
	spinlock_t hard_lock;
	spinlock_t cpu_lock;
	spinlock_t tick_lock;
	spinlock_t safe_lock;
	struct hrtimer tick;
	struct timer_list safe;
	u32 enabled;
};

static void mask_bad(struct irq_data *data)
{
	struct bank *bank = irq_data_get_irq_chip_data(data);

	spin_lock(&bank->mask_lock); //~ ERROR spinlock-under-raw-spinlock
	bank->enabled &= ~data->mask;
	spin_unlock(&bank->mask_lock);
}

static void change(struct bank *bank, unsigned int type)
{
	guard(spinlock_irqsave)(&bank->type_lock);
	bank->enabled = type;
}

static int set_type_bad(struct irq_data *data, unsigned int type)
{
	change(irq_data_get_irq_chip_data(data), type); //~ ERROR spinlock-under-raw-spinlock
	return 0;
}

struct irq_chip bank_chip = {
	.name = "bank",
	.irq_mask = mask_bad,
	.irq_set_type = set_type_bad,
};

static irqreturn_t no_thread_bad(int irq, void *dev)
{
	struct bank *bank = dev;

	spin_lock(&bank->hard_lock); //~ ERROR spinlock-under-raw-spinlock
	bank->enabled = 0;
	spin_unlock(&bank->hard_lock);
	return IRQ_HANDLED;
}

static void other_cpu_bad(void *info)
{
	struct bank *bank = info;

	spin_lock(&bank->cpu_lock); //~ ERROR spinlock-under-raw-spinlock
	bank->enabled = 0;
	spin_unlock(&bank->cpu_lock);
}

static enum hrtimer_restart tick_bad(struct hrtimer *timer)
{
	struct bank *bank = container_of(timer, struct bank, tick);

	spin_lock(&bank->tick_lock); //~ ERROR spinlock-under-raw-spinlock
	bank->enabled = 0;
	spin_unlock(&bank->tick_lock);
	return HRTIMER_NORESTART;
}

static void irqsafe_timer_bad(struct timer_list *timer)
{
	struct bank *bank = container_of(timer, struct bank, safe);

	spin_lock(&bank->safe_lock); //~ ERROR spinlock-under-raw-spinlock
	bank->enabled = 0;
	spin_unlock(&bank->safe_lock);
}

int set_up(struct bank *bank, unsigned int irq)
{
	hrtimer_init(&bank->tick, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
	bank->tick.function = tick_bad;
	timer_setup(&bank->safe, irqsafe_timer_bad, TIMER_IRQSAFE);
	smp_call_function_single(1, other_cpu_bad, bank, 1);
	return request_threaded_irq(irq, no_thread_bad, NULL, IRQF_NO_THREAD, "bank", bank);
}
