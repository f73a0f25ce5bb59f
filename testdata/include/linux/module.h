/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_MODULE_H
#define __STUB_LINUX_MODULE_H

#include <linux/init.h>
#include <linux/kernel.h>

#define EXPORT_SYMBOL_GPL(sym) extern typeof(sym) sym

#endif
