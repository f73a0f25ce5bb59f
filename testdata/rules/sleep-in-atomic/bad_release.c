// SPDX-License-Identifier: MIT OR Apache-2.0
// The last reference of a per-CPU counter may go in an RCU callback.
#include <linux/container_of.h>
#include <linux/delay.h>

struct percpu_ref {
	unsigned long count;
};

int percpu_ref_init(struct percpu_ref *ref, void (*release)(struct percpu_ref *ref),
		    unsigned int flags, unsigned int gfp);

struct queue {
	struct percpu_ref users;
	int closed;
};

static void queue_release_bad(struct percpu_ref *ref)
{
	struct queue *queue = container_of(ref, struct queue, users);

	queue->closed = 1;
	msleep(1); //~ ERROR sleep-in-atomic
}

int queue_open(struct queue *queue)
{
	return percpu_ref_init(&queue->users, queue_release_bad, 0, 0);
}
