/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_JUMP_LABEL_H
#define __STUB_LINUX_JUMP_LABEL_H

#include <linux/types.h>

/* A branch that is patched in and out at run time: nothing is known of its value. */
struct static_key_false {
	atomic_t enabled;
};

#define DEFINE_STATIC_KEY_FALSE(name) struct static_key_false name

static __always_inline bool arch_static_branch(struct static_key_false *key, bool branch)
{
	asm goto("1: nop # %c0" : : "i"(key), "i"(branch) : : l_yes);
	return false;
l_yes:
	return true;
}

#define static_branch_unlikely(key) unlikely(arch_static_branch(key, false))

#endif
