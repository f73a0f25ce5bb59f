/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_MEMPOOL_H
#define __STUB_LINUX_MEMPOOL_H

#include <linux/alloc_tag.h>
#include <linux/types.h>

typedef struct mempool_s mempool_t;

extern void *mempool_alloc_noprof(mempool_t *pool, gfp_t gfp_mask);
#define mempool_alloc(...) alloc_hooks(mempool_alloc_noprof(__VA_ARGS__))
extern void mempool_free(void *element, mempool_t *pool);

#endif
