/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_PERCPU_H
#define __STUB_LINUX_PERCPU_H

#include <linux/alloc_tag.h>
#include <linux/cleanup.h>
#include <linux/gfp.h>
#include <linux/percpu-defs.h>
#include <linux/smp.h>

extern void __percpu *pcpu_alloc_noprof(size_t size, size_t align, bool reserved, gfp_t gfp);
extern void free_percpu(void __percpu *ptr);

#define __alloc_percpu_gfp(size, align, gfp) \
	alloc_hooks(pcpu_alloc_noprof(size, align, false, gfp))
#define alloc_percpu_gfp(type, gfp) \
	((typeof(type) __percpu *)__alloc_percpu_gfp(sizeof(type), __alignof__(type), gfp))
#define alloc_percpu(type) \
	((typeof(type) __percpu *)__alloc_percpu_gfp(sizeof(type), __alignof__(type), GFP_KERNEL))

DEFINE_FREE(free_percpu, void __percpu *, free_percpu(_T))

#endif
