/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_SCHED_MM_H
#define __STUB_LINUX_SCHED_MM_H

extern unsigned int memalloc_nofs_save(void);
extern void memalloc_nofs_restore(unsigned int flags);
extern unsigned int memalloc_noreclaim_save(void);
extern void memalloc_noreclaim_restore(unsigned int flags);

#endif
