/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_IRQFLAGS_H
#define __STUB_LINUX_IRQFLAGS_H

#include <linux/cleanup.h>
#include <asm/irqflags.h>

#define raw_local_irq_disable() arch_local_irq_disable()
#define raw_local_irq_enable() arch_local_irq_enable()
#define raw_local_irq_save(flags) \
do { \
	typecheck(unsigned long, flags); \
	flags = arch_local_irq_save(); \
} while (0)
#define raw_local_irq_restore(flags) \
do { \
	typecheck(unsigned long, flags); \
	arch_local_irq_restore(flags); \
} while (0)
#define raw_local_save_flags(flags) \
do { \
	typecheck(unsigned long, flags); \
	flags = arch_local_save_flags(); \
} while (0)
#define raw_irqs_disabled() (arch_irqs_disabled())

#define local_irq_disable() do { raw_local_irq_disable(); } while (0)
#define local_irq_enable() do { raw_local_irq_enable(); } while (0)
#define local_irq_save(flags) do { raw_local_irq_save(flags); } while (0)
#define local_irq_restore(flags) do { raw_local_irq_restore(flags); } while (0)
#define irqs_disabled() raw_irqs_disabled()

DEFINE_LOCK_GUARD_0(irq, local_irq_disable(), local_irq_enable())
DEFINE_LOCK_GUARD_0(irqsave, local_irq_save(_T->flags), local_irq_restore(_T->flags),
		    unsigned long flags)

#endif
