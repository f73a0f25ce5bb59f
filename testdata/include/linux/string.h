/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_STRING_H
#define __STUB_LINUX_STRING_H

#include <linux/alloc_tag.h>
#include <linux/types.h>

extern void *memcpy(void *to, const void *from, size_t n);
extern void *memset(void *s, int c, size_t n);
extern size_t strlen(const char *s);
extern char *kstrdup(const char *s, gfp_t gfp);
extern void *kmemdup_noprof(const void *src, size_t len, gfp_t gfp);
#define kmemdup(...) alloc_hooks(kmemdup_noprof(__VA_ARGS__))

#endif
