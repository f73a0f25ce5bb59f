/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OBJECT_H
#define OBJECT_H

#include <linux/list.h>
#include <linux/spinlock.h>

struct object {
	struct list_head node;
	void *payload;
	const struct object_ops *ops;
};

struct object_ops {
	void (*free)(struct object *object);
};

struct object_set {
	raw_spinlock_t lock;
	struct list_head objects;
};

extern const struct object_ops slab_object_ops;

void object_free(struct object *object);

#endif
