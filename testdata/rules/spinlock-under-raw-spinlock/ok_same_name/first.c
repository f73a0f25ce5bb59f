// SPDX-License-Identifier: MIT OR Apache-2.0
// A record that another file has, too, with another lock.
#include <linux/spinlock.h>

struct gadget {
	spinlock_t lock;
	int count;
};

void first_ok(struct gadget *g)
{
	spin_lock(&g->lock);
	g->count++;
	spin_unlock(&g->lock);
}
