/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_VMALLOC_H
#define __STUB_LINUX_VMALLOC_H

#include <linux/alloc_tag.h>
#include <linux/types.h>

extern void *vmalloc_noprof(unsigned long size);
extern void *vzalloc_noprof(unsigned long size);
#define vmalloc(...) alloc_hooks(vmalloc_noprof(__VA_ARGS__))
#define vzalloc(...) alloc_hooks(vzalloc_noprof(__VA_ARGS__))
extern void vfree(const void *addr);

#endif
