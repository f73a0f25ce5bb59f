/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_REFCOUNT_H
#define __STUB_LINUX_REFCOUNT_H

#include <linux/types.h>

extern void refcount_inc(refcount_t *r);
extern bool refcount_dec_and_test(refcount_t *r);

#endif
