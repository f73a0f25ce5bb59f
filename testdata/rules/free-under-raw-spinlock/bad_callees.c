// SPDX-License-Identifier: MIT OR Apache-2.0
// The memory is freed some calls away from the raw lock.
#include <linux/kernel.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

struct object {
	refcount_t users;
	void *name;
	void (*release)(struct object *object);
	struct object *parent;
};

struct owner {
	raw_spinlock_t lock;
	struct object *object;
	int generation;
};

static void free_object(struct object *object)
{
	kfree(object->name);
	kfree(object);
}

void one_call_bad(struct owner *o)
{
	raw_spin_lock(&o->lock);
	free_object(o->object); //~ ERROR free-under-raw-spinlock
	raw_spin_unlock(&o->lock);
}

static void put_object(struct object *object)
{
	if (refcount_dec_and_test(&object->users))
		kfree(object);
}

static void set_object(struct owner *o, struct object *object)
{
	struct object *old = o->object;

	o->object = object;
	if (old)
		put_object(old);
}

/* Dropping a reference looks harmless; dropping the last one frees. */
void last_reference_bad(struct owner *o, struct object *object)
{
	raw_spin_lock(&o->lock);
	set_object(o, object); //~ ERROR free-under-raw-spinlock
	raw_spin_unlock(&o->lock);
}

static void release_object(struct object *object)
{
	kfree(object);
}

void object_init(struct object *object)
{
	object->release = release_object;
}

void release_pointer_bad(struct owner *o)
{
	raw_spin_lock(&o->lock);
	o->object->release(o->object); //~ ERROR free-under-raw-spinlock
	raw_spin_unlock(&o->lock);
}

static void free_parents(struct object *object)
{
	if (!object)
		return;
	free_parents(object->parent);
	kfree(object);
}

void recursion_bad(struct owner *o)
{
	raw_spin_lock(&o->lock);
	free_parents(o->object); //~ ERROR free-under-raw-spinlock
	raw_spin_unlock(&o->lock);
}

static void destroy(struct object *object, bool deferred)
{
	if (deferred)
		object->name = NULL;
	else
		kfree(object);
}

/* The flag says that the memory may be freed right here. */
void not_deferred_bad(struct owner *o)
{
	raw_spin_lock(&o->lock);
	destroy(o->object, false); //~ ERROR free-under-raw-spinlock
	raw_spin_unlock(&o->lock);
}

static struct owner *lock_owner(struct owner *o)
{
	raw_spin_lock(&o->lock);
	return o;
}

void returned_locked_bad(struct owner *first)
{
	struct owner *o = lock_owner(first);

	kfree(o->object); //~ ERROR free-under-raw-spinlock
	raw_spin_unlock(&o->lock);
}
