/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef _LINUX_KASAN_H
#define _LINUX_KASAN_H

#include <linux/stackdepot.h>
#include <linux/types.h>

#ifdef CONFIG_KASAN

depot_stack_handle_t kasan_save_stack(gfp_t gfp, bool can_alloc);
void kasan_record_aux_stack(void *addr);
void kasan_record_aux_stack_noalloc(void *addr);

#else

static inline void kasan_record_aux_stack(void *addr)
{
}

static inline void kasan_record_aux_stack_noalloc(void *addr)
{
}

#endif

#endif
