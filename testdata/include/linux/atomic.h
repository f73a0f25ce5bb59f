/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_ATOMIC_H
#define __STUB_LINUX_ATOMIC_H

#include <linux/types.h>

extern int atomic_read(const atomic_t *v);
extern void atomic_set(atomic_t *v, int i);
extern void atomic_inc(atomic_t *v);
extern bool atomic_dec_and_test(atomic_t *v);

#endif
