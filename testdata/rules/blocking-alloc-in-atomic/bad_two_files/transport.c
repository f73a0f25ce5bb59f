// SPDX-License-Identifier: MIT OR Apache-2.0
#include "transport.h"

void transport_lock(struct transport *t)
{
	spin_lock_bh(&t->lock);
}

void transport_unlock(struct transport *t)
{
	spin_unlock_bh(&t->lock);
}

/* Holds its lock while it calls the driver. */
int transport_send_bad(struct transport *t, const void *data, size_t size)
{
	int err;

	transport_lock(t);
	err = t->ops->send(t, data, size); //~ ERROR blocking-alloc-in-atomic
	transport_unlock(t);
	return err;
}

/* Called without the lock: it may allocate. */
int transport_open_ok(struct transport *t)
{
	return t->ops->open(t);
}
