/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_PRINTK_H
#define __STUB_LINUX_PRINTK_H

extern int _printk(const char *fmt, ...);
extern int _printk_deferred(const char *fmt, ...);
extern void __printk_deferred_enter(void);
extern void __printk_deferred_exit(void);
extern void dump_stack(void);
#define printk_deferred(fmt, ...) ({ _printk_deferred(fmt, ##__VA_ARGS__); })
#define printk_deferred_enter() __printk_deferred_enter()
#define printk_deferred_exit() __printk_deferred_exit()
#define printk(fmt, ...) ({ _printk(fmt, ##__VA_ARGS__); })
#define pr_err(fmt, ...) printk("3" fmt, ##__VA_ARGS__)
#define pr_info(fmt, ...) printk("6" fmt, ##__VA_ARGS__)

#endif
