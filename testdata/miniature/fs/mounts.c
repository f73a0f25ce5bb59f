// SPDX-License-Identifier: MIT OR Apache-2.0
/* A list of mounts that is read under RCU. */
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

struct mount {
	struct list_head node;
	struct rcu_head rcu;
	struct mutex options_lock;
	int options;
};

static LIST_HEAD(mounts);
static DEFINE_MUTEX(mounts_lock);

static int mount_options(struct mount *m)
{
	int options;

	mutex_lock(&m->options_lock);
	options = m->options;
	mutex_unlock(&m->options_lock);
	return options;
}

/* The list may be walked like this, but an entry's mutex may not be taken on the way. */
int count_options(int wanted)
{
	struct mount *m;
	int count = 0;

	rcu_read_lock();
	list_for_each_entry(m, &mounts, node)
		if (mount_options(m) == wanted)
			count++;
	rcu_read_unlock();
	return count;
}

struct mount *add_mount(int options)
{
	struct mount *m = kzalloc(sizeof(*m), GFP_KERNEL);

	if (!m)
		return NULL;
	m->options = options;
	mutex_lock(&mounts_lock);
	list_add(&m->node, &mounts);
	mutex_unlock(&mounts_lock);
	return m;
}

void remove_mount(struct mount *m)
{
	guard(mutex)(&mounts_lock);
	list_del(&m->node);
	kfree_rcu(m, rcu);
}
