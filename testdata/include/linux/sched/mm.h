/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_SCHED_MM_H
#define __STUB_LINUX_SCHED_MM_H

#include <linux/gfp.h>

extern void fs_reclaim_acquire(gfp_t gfp_mask);
extern void fs_reclaim_release(gfp_t gfp_mask);

extern unsigned int memalloc_nofs_save(void);
extern void memalloc_nofs_restore(unsigned int flags);
extern unsigned int memalloc_noio_save(void);
extern void memalloc_noio_restore(unsigned int flags);
extern unsigned int memalloc_noreclaim_save(void);
extern void memalloc_noreclaim_restore(unsigned int flags);

#endif
