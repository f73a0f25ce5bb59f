// SPDX-License-Identifier: MIT OR Apache-2.0
/* A character device with nothing wrong in it. */
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

struct log {
	struct mutex lock;
	spinlock_t tail_lock;
	struct wait_queue_head readers;
	char *text;
	size_t size;
	size_t tail;
};

static ssize_t log_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	struct log *log = file->private_data;

	if (wait_event_interruptible(log->readers, READ_ONCE(log->tail)))
		return -EAGAIN;
	guard(mutex)(&log->lock);
	if (len > log->tail)
		len = log->tail;
	return copy_to_user(buf, log->text, len) ? -EFAULT : len;
}

static ssize_t log_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	struct log *log = file->private_data;
	char *copy __free(kfree) = kmalloc(len, GFP_KERNEL);
	unsigned long flags;

	if (!copy)
		return -ENOMEM;
	if (copy_from_user(copy, buf, len))
		return -EFAULT;
	mutex_lock(&log->lock);
	log->text = krealloc(log->text, log->size + len, GFP_KERNEL);
	spin_lock_irqsave(&log->tail_lock, flags);
	log->tail += len;
	spin_unlock_irqrestore(&log->tail_lock, flags);
	mutex_unlock(&log->lock);
	wake_up(&log->readers);
	return len;
}

const struct file_operations log_fops = {
	.read = log_read,
	.write = log_write,
};
