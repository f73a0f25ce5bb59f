/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_MMZONE_H
#define __STUB_LINUX_MMZONE_H

#include <linux/spinlock.h>

struct zone {
	unsigned long nr_isolate;
	spinlock_t lock;
};

#endif
