/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_CONTAINER_OF_H
#define __STUB_LINUX_CONTAINER_OF_H

#define container_of(ptr, type, member) \
({ \
	void *__inner = (void *)(ptr); \
	(type *)(__inner - offsetof(type, member)); \
})

#endif
