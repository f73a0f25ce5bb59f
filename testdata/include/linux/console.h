/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_CONSOLE_H
#define __STUB_LINUX_CONSOLE_H

#include <linux/types.h>

struct nbcon_write_context;

struct console {
	char name[16];
	void (*write)(struct console *co, const char *s, unsigned int count);
	void (*write_atomic)(struct console *co, struct nbcon_write_context *wctxt);
	void (*write_thread)(struct console *co, struct nbcon_write_context *wctxt);
	short flags;
	void *data;
};

extern void register_console(struct console *co);
extern int oops_in_progress;

#endif
