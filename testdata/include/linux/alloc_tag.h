/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_ALLOC_TAG_H
#define __STUB_LINUX_ALLOC_TAG_H

/* Every allocation macro mentions its call twice: once for its type, once for its value. */
#define alloc_hooks(_do_alloc) \
({ \
	typeof(_do_alloc) _res = _do_alloc; \
	do { } while (0); \
	_res; \
})

#endif
