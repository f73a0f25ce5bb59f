/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_ASM_NMI_H
#define __STUB_ASM_NMI_H

#include <linux/types.h>

typedef int (*nmi_handler_t)(unsigned int type, void *regs);

struct nmiaction {
	nmi_handler_t handler;
	unsigned long flags;
	const char *name;
};

#define NMI_LOCAL 0
#define NMI_UNKNOWN 1
#define NMI_HANDLED 1

#define register_nmi_handler(type, function, flag, text) \
({ \
	static struct nmiaction function##_na = { \
		.handler = (function), \
		.name = (text), \
		.flags = (flag), \
	}; \
	__register_nmi_handler((type), &function##_na); \
})

extern int __register_nmi_handler(unsigned int type, struct nmiaction *action);

#endif
