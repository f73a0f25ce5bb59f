/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_UACCESS_H
#define __STUB_LINUX_UACCESS_H

#include <linux/kernel.h>
#include <linux/types.h>

extern unsigned long _copy_from_user(void *to, const void __user *from, unsigned long n);
extern unsigned long _copy_to_user(void __user *to, const void *from, unsigned long n);

static __always_inline unsigned long copy_from_user(void *to, const void __user *from,
						    unsigned long n)
{
	might_fault();
	return _copy_from_user(to, from, n);
}

static __always_inline unsigned long copy_to_user(void __user *to, const void *from,
						  unsigned long n)
{
	might_fault();
	return _copy_to_user(to, from, n);
}

#endif
