// SPDX-License-Identifier: MIT OR Apache-2.0
#include <linux/slab.h>
#include "object.h"

static void free_payload(struct object *object)
{
	kvfree(object->payload);
}

void object_free(struct object *object)
{
	free_payload(object);
}

static void slab_free(struct object *object)
{
	kfree(object);
}

const struct object_ops slab_object_ops = {
	.free = slab_free,
};
