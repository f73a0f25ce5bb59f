/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_SRCU_H
#define __STUB_LINUX_SRCU_H

#include <linux/cleanup.h>

struct srcu_struct {
	unsigned int srcu_idx;
};

extern int __srcu_read_lock(struct srcu_struct *ssp);
extern void __srcu_read_unlock(struct srcu_struct *ssp, int idx);
extern void synchronize_srcu(struct srcu_struct *ssp);

static inline int srcu_read_lock(struct srcu_struct *ssp)
{
	return __srcu_read_lock(ssp);
}

static inline void srcu_read_unlock(struct srcu_struct *ssp, int idx)
{
	__srcu_read_unlock(ssp, idx);
}

DEFINE_LOCK_GUARD_1(srcu, struct srcu_struct,
		    _T->idx = srcu_read_lock(_T->lock),
		    srcu_read_unlock(_T->lock, _T->idx),
		    int idx)

extern int init_srcu_struct(struct srcu_struct *ssp);

#endif
