// SPDX-License-Identifier: MIT OR Apache-2.0
/* Receive buffers of a network card. */
#include <linux/errno.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

struct rx_ring {
	spinlock_t lock;
	void *slots[8];
	unsigned int head;
};

static void *new_buffer(gfp_t gfp)
{
	return kmalloc(2048, gfp);
}

/* From the interrupt handler: must not wait for memory. */
void rx_refill(struct rx_ring *ring)
{
	unsigned long flags;

	spin_lock_irqsave(&ring->lock, flags);
	ring->slots[ring->head++ % 8] = new_buffer(GFP_ATOMIC);
	spin_unlock_irqrestore(&ring->lock, flags);
}

/* From user space, but with the lock of the interrupt handler. */
void rx_reset(struct rx_ring *ring)
{
	unsigned long flags;
	int i;

	spin_lock_irqsave(&ring->lock, flags);
	for (i = 0; i < 8; i++)
		ring->slots[i] = new_buffer(GFP_KERNEL);
	ring->head = 0;
	spin_unlock_irqrestore(&ring->lock, flags);
}

int rx_open(struct rx_ring *ring)
{
	int i;

	for (i = 0; i < 8; i++) {
		ring->slots[i] = new_buffer(GFP_KERNEL);
		if (!ring->slots[i])
			return -ENOMEM;
	}
	return 0;
}
