/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_SHRINKER_H
#define __STUB_LINUX_SHRINKER_H

#include <linux/gfp.h>
#include <linux/types.h>

#define SHRINK_STOP (~0UL)

struct shrink_control {
	gfp_t gfp_mask;
	unsigned long nr_to_scan;
};

struct shrinker {
	unsigned long (*count_objects)(struct shrinker *shrinker, struct shrink_control *sc);
	unsigned long (*scan_objects)(struct shrinker *shrinker, struct shrink_control *sc);
};

#endif
