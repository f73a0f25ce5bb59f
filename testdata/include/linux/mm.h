/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_MM_H
#define __STUB_LINUX_MM_H

#include <linux/atomic.h>
#include <linux/gfp.h>
#include <linux/mm_types.h>

#define PAGE_SIZE 4096UL

extern void __folio_put(struct folio *folio);

static inline int put_page_testzero(struct page *page)
{
	return atomic_dec_and_test(&page->_refcount);
}

static inline void put_page(struct page *page)
{
	if (put_page_testzero(page))
		__folio_put((struct folio *)page);
}

#endif
