/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_SLAB_H
#define __STUB_LINUX_SLAB_H

#include <linux/cleanup.h>
#include <linux/gfp.h>
#include <linux/types.h>

struct kmem_cache;

#define NUMA_NO_NODE (-1)

extern void *__kmalloc_noprof(size_t size, gfp_t flags);
extern void *__kmalloc_node_noprof(size_t size, gfp_t flags, int node);
extern void *__kmalloc_cache_noprof(struct kmem_cache *s, gfp_t flags, size_t size);
extern void *__kmalloc_large_noprof(size_t size, gfp_t flags);
extern void *__kvmalloc_node_noprof(size_t size, gfp_t flags, int node);
extern void *krealloc_noprof(const void *p, size_t size, gfp_t flags);
extern void *kmem_cache_alloc_noprof(struct kmem_cache *s, gfp_t flags);
extern struct kmem_cache *kmalloc_cache_of(size_t size);

static __always_inline void *kmalloc_noprof(size_t size, gfp_t flags)
{
	if (__builtin_constant_p(size) && size) {
		if (size > 8192)
			return __kmalloc_large_noprof(size, flags);
		return __kmalloc_cache_noprof(kmalloc_cache_of(size), flags, size);
	}
	return __kmalloc_noprof(size, flags);
}

static inline void *kmalloc_array_noprof(size_t n, size_t size, gfp_t flags)
{
	size_t bytes;

	if (unlikely(__builtin_mul_overflow(n, size, &bytes)))
		return NULL;
	return kmalloc_noprof(bytes, flags);
}

static inline void *kzalloc_noprof(size_t size, gfp_t flags)
{
	return kmalloc_noprof(size, flags | __GFP_ZERO);
}

#define kmalloc(...) alloc_hooks(kmalloc_noprof(__VA_ARGS__))
#define kzalloc(...) alloc_hooks(kzalloc_noprof(__VA_ARGS__))
#define kmalloc_array(...) alloc_hooks(kmalloc_array_noprof(__VA_ARGS__))
#define kcalloc(n, size, flags) kmalloc_array(n, size, (flags) | __GFP_ZERO)
#define kmalloc_node(...) alloc_hooks(__kmalloc_node_noprof(__VA_ARGS__))
#define krealloc(...) alloc_hooks(krealloc_noprof(__VA_ARGS__))
#define kvmalloc(size, flags) alloc_hooks(__kvmalloc_node_noprof((size), (flags), NUMA_NO_NODE))
#define kvzalloc(size, flags) kvmalloc(size, (flags) | __GFP_ZERO)
#define kmem_cache_alloc(...) alloc_hooks(kmem_cache_alloc_noprof(__VA_ARGS__))
#define kmem_cache_zalloc(k, flags) kmem_cache_alloc(k, (flags) | __GFP_ZERO)

extern void kfree(const void *objp);
extern void kfree_sensitive(const void *objp);
extern void kvfree(const void *addr);
extern void kmem_cache_free(struct kmem_cache *s, void *objp);

DEFINE_FREE(kfree, void *, if (!IS_ERR_OR_NULL(_T)) kfree(_T))
DEFINE_FREE(kvfree, void *, if (!IS_ERR_OR_NULL(_T)) kvfree(_T))

#endif
