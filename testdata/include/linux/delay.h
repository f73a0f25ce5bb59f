/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_DELAY_H
#define __STUB_LINUX_DELAY_H

#include <linux/types.h>

extern void msleep(unsigned int msecs);
extern unsigned long msleep_interruptible(unsigned int msecs);
extern void usleep_range_state(unsigned long min, unsigned long max, unsigned int state);
extern void __const_udelay(unsigned long xloops);
extern void __udelay(unsigned long usecs);
extern void __ndelay(unsigned long nsecs);

static inline void usleep_range(unsigned long min, unsigned long max)
{
	usleep_range_state(min, max, 2);
}

static inline void ssleep(unsigned int seconds)
{
	msleep(seconds * 1000);
}

#define udelay(n) \
({ \
	if (__builtin_constant_p(n)) \
		__const_udelay((n) * 0x10c7ul); \
	else \
		__udelay(n); \
})
#define mdelay(n) ({ unsigned long __ms = (n); while (__ms--) udelay(1000); })

static inline void fsleep(unsigned long usecs)
{
	if (usecs <= 10)
		udelay(usecs);
	else
		usleep_range(usecs, 2 * usecs);
}

#endif
