// SPDX-License-Identifier: MIT OR Apache-2.0
#include <linux/gfp.h>
#include <linux/kasan.h>

struct kasan_meta {
	depot_stack_handle_t aux_stack[2];
};

extern struct kasan_meta *kasan_find_meta(const void *addr);

static void __kasan_record_aux_stack(void *addr, bool can_alloc)
{
	struct kasan_meta *meta = kasan_find_meta(addr);

	if (!meta)
		return;
	meta->aux_stack[1] = meta->aux_stack[0];
	meta->aux_stack[0] = kasan_save_stack(GFP_NOWAIT, can_alloc);
}

/* For callers that may allocate. */
void kasan_record_aux_stack(void *addr)
{
	__kasan_record_aux_stack(addr, true);
}

/* For callers that hold a raw_spinlock_t. */
void kasan_record_aux_stack_noalloc(void *addr)
{
	__kasan_record_aux_stack(addr, false);
}
