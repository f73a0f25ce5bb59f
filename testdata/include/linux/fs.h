/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_FS_H
#define __STUB_LINUX_FS_H

#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct inode {
	spinlock_t i_lock;
	struct rw_semaphore i_rwsem;
	void *i_private;
};

struct file {
	struct inode *f_inode;
	void *private_data;
	const struct file_operations *f_op;
};

struct file_operations {
	ssize_t (*read)(struct file *file, char __user *buf, size_t len, loff_t *pos);
	ssize_t (*write)(struct file *file, const char __user *buf, size_t len, loff_t *pos);
	int (*open)(struct inode *inode, struct file *file);
	int (*release)(struct inode *inode, struct file *file);
};

static inline void inode_lock(struct inode *inode)
{
	down_write(&inode->i_rwsem);
}

static inline int inode_trylock(struct inode *inode)
{
	return down_write_trylock(&inode->i_rwsem);
}

static inline void inode_unlock(struct inode *inode)
{
	up_write(&inode->i_rwsem);
}

#endif
