/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_HARDIRQ_H
#define __STUB_LINUX_HARDIRQ_H

#include <linux/preempt.h>

#endif
