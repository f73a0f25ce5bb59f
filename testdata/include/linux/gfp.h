/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_GFP_H
#define __STUB_LINUX_GFP_H

#include <linux/alloc_tag.h>
#include <linux/cleanup.h>
#include <linux/gfp_types.h>

struct page;
struct folio;

static inline bool gfpflags_allow_blocking(const gfp_t gfp_flags)
{
	return !!(gfp_flags & __GFP_DIRECT_RECLAIM);
}

static inline gfp_t gfp_nested_mask(gfp_t flags)
{
	return (flags & (GFP_KERNEL | GFP_ATOMIC)) |
	       (__GFP_NORETRY | __GFP_NOMEMALLOC | __GFP_NOWARN);
}

extern struct page *__alloc_pages_noprof(gfp_t gfp, unsigned int order, int preferred_nid,
					 void *nodemask);
extern struct page *alloc_pages_noprof(gfp_t gfp, unsigned int order);
extern unsigned long get_free_pages_noprof(gfp_t gfp_mask, unsigned int order);
extern unsigned long get_zeroed_page_noprof(gfp_t gfp_mask);
extern struct folio *folio_alloc_noprof(gfp_t gfp, unsigned int order);

#define __alloc_pages(...) alloc_hooks(__alloc_pages_noprof(__VA_ARGS__))
#define alloc_pages(...) alloc_hooks(alloc_pages_noprof(__VA_ARGS__))
#define alloc_page(gfp_mask) alloc_pages(gfp_mask, 0)
#define __get_free_pages(...) alloc_hooks(get_free_pages_noprof(__VA_ARGS__))
#define __get_free_page(gfp_mask) __get_free_pages((gfp_mask), 0)
#define get_zeroed_page(...) alloc_hooks(get_zeroed_page_noprof(__VA_ARGS__))
#define folio_alloc(...) alloc_hooks(folio_alloc_noprof(__VA_ARGS__))

extern void __free_pages(struct page *page, unsigned int order);
extern void free_pages(unsigned long addr, unsigned int order);
#define __free_page(page) __free_pages((page), 0)
#define free_page(addr) free_pages((addr), 0)

DEFINE_FREE(free_page, void *, free_page((unsigned long)_T))

#endif
