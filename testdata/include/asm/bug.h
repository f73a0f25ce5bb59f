/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_ASM_BUG_H
#define __STUB_ASM_BUG_H

#include <linux/compiler.h>

#define _BUG_FLAGS(flags) \
do { \
	__asm__ __volatile__("ud2" : : "i"(flags)); \
} while (0)

#define BUG() \
do { \
	_BUG_FLAGS(0); \
	__builtin_unreachable(); \
} while (0)

#define __WARN_FLAGS(flags) \
do { \
	__auto_type __flags = 1 | (flags); \
	_BUG_FLAGS(__flags); \
} while (0)

#endif
