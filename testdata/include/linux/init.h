/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_INIT_H
#define __STUB_LINUX_INIT_H

#include <linux/compiler.h>

#define __init __section(".init.text")

#endif
