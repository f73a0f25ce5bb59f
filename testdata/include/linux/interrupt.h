/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_INTERRUPT_H
#define __STUB_LINUX_INTERRUPT_H

#include <linux/types.h>

typedef enum { IRQ_NONE, IRQ_HANDLED, IRQ_WAKE_THREAD } irqreturn_t;
typedef irqreturn_t (*irq_handler_t)(int irq, void *dev_id);

#define IRQF_SHARED 0x00000080
#define IRQF_PERCPU 0x00000400
#define IRQF_ONESHOT 0x00002000
#define IRQF_NO_THREAD 0x00010000
#define IRQF_COND_ONESHOT 0x00200000

extern int request_threaded_irq(unsigned int irq, irq_handler_t handler, irq_handler_t thread_fn,
				unsigned long flags, const char *name, void *dev);
extern void disable_irq(unsigned int irq);
extern void disable_irq_nosync(unsigned int irq);
extern void enable_irq(unsigned int irq);
extern void synchronize_irq(unsigned int irq);

static inline int request_irq(unsigned int irq, irq_handler_t handler, unsigned long flags,
			      const char *name, void *dev)
{
	return request_threaded_irq(irq, handler, NULL, flags | IRQF_COND_ONESHOT, name, dev);
}

struct tasklet_struct {
	struct tasklet_struct *next;
	unsigned long state;
	void (*callback)(struct tasklet_struct *t);
};

extern void tasklet_setup(struct tasklet_struct *t, void (*callback)(struct tasklet_struct *t));
extern void tasklet_kill(struct tasklet_struct *t);

#endif
