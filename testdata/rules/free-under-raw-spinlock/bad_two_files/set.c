// SPDX-License-Identifier: MIT OR Apache-2.0
#include <linux/slab.h>
#include "object.h"

/* Takes the objects off under the lock and frees them behind it. */
void empty_set_ok(struct object_set *set)
{
	struct object *object, *next;
	LIST_HEAD(doomed);

	raw_spin_lock(&set->lock);
	list_splice_init(&set->objects, &doomed);
	raw_spin_unlock(&set->lock);
	list_for_each_entry_safe(object, next, &doomed, node)
		object_free(object);
}

void other_file_bad(struct object_set *set, struct object *object)
{
	raw_spin_lock(&set->lock);
	list_del(&object->node);
	object_free(object); //~ ERROR free-under-raw-spinlock
	raw_spin_unlock(&set->lock);
}

void table_of_other_file_bad(struct object_set *set, struct object *object)
{
	raw_spin_lock(&set->lock);
	object->ops->free(object); //~ ERROR free-under-raw-spinlock
	raw_spin_unlock(&set->lock);
}
