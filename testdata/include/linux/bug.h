/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_BUG_H
#define __STUB_LINUX_BUG_H

#include <asm/bug.h>

#define BUG_ON(condition) do { if (unlikely(condition)) BUG(); } while (0)

#define WARN_ON(condition) \
({ \
	int __warn = !!(condition); \
	if (unlikely(__warn)) \
		__asm__ __volatile__("ud2"); \
	unlikely(__warn); \
})
#define WARN_ON_ONCE(condition) WARN_ON(condition)

#endif
