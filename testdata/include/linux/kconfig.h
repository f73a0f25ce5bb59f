/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_KCONFIG_H
#define __STUB_LINUX_KCONFIG_H

/* Build options: IS_ENABLED(CONFIG_X) is 1 when CONFIG_X or CONFIG_X_MODULE is defined as 1. */

#define __option_value_1 0,
#define __option_second(first, second, ...) second
#define __option_test(junk) __option_second(junk 1, 0)
#define __option_glue(value) __option_test(__option_value_##value)
#define __option_set(option) __option_glue(option)

#define __option_either_00 0
#define __option_either_01 1
#define __option_either_10 1
#define __option_either_11 1
#define __option_paste(a, b) __option_either_##a##b
#define __option_either(a, b) __option_paste(a, b)

#define IS_BUILTIN(option) __option_set(option)
#define IS_MODULE(option) __option_set(option##_MODULE)
#define IS_ENABLED(option) __option_either(IS_BUILTIN(option), IS_MODULE(option))

#define CONFIG_SMP 1
#define CONFIG_PREEMPT_COUNT 1
#define CONFIG_PREEMPT_RCU 1

#endif
