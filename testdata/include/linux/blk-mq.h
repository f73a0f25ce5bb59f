/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_BLK_MQ_H
#define __STUB_LINUX_BLK_MQ_H

#include <linux/types.h>

typedef unsigned char blk_status_t;
#define BLK_STS_OK 0

struct blk_mq_hw_ctx {
	void *driver_data;
};

struct request;
struct blk_mq_queue_data {
	struct request *rq;
	bool last;
};

struct blk_mq_ops {
	blk_status_t (*queue_rq)(struct blk_mq_hw_ctx *hctx, const struct blk_mq_queue_data *data);
	void (*commit_rqs)(struct blk_mq_hw_ctx *hctx);
};

#endif
