/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef TRANSPORT_H
#define TRANSPORT_H

#include <linux/spinlock.h>
#include <linux/types.h>

struct transport;

struct transport_ops {
	int (*open)(struct transport *t);
	int (*send)(struct transport *t, const void *data, size_t size);
};

struct transport {
	spinlock_t lock;
	const struct transport_ops *ops;
	void *frame;
};

int transport_send_bad(struct transport *t, const void *data, size_t size);
void transport_lock(struct transport *t);
void transport_unlock(struct transport *t);

#endif
