// SPDX-License-Identifier: MIT OR Apache-2.0
#include <linux/kasan.h>
#include <linux/kernel.h>

extern unsigned int stack_trace_save(unsigned long *entries, unsigned int size, unsigned int skip);

depot_stack_handle_t kasan_save_stack(gfp_t gfp, bool can_alloc)
{
	unsigned long entries[64];
	unsigned int nr_entries;

	nr_entries = stack_trace_save(entries, ARRAY_SIZE(entries), 0);
	return stack_depot_save(entries, nr_entries, gfp, can_alloc);
}
