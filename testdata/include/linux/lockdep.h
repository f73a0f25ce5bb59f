/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_LOCKDEP_H
#define __STUB_LINUX_LOCKDEP_H

#include <linux/compiler.h>

#define lockdep_assert_held(l) do { (void)(l); } while (0)
#define lockdep_assert_irqs_disabled() do { } while (0)
#define lockdep_assert_preemption_disabled() do { } while (0)
#define lockdep_assert_in_softirq() do { } while (0)
#define might_lock(lock) do { (void)(lock); } while (0)

#endif
