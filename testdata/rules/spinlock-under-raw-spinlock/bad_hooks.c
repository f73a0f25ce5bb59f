// SPDX-License-Identifier: MIT OR Apache-2.0
// Hooks of security modules are called by names that are patched to what a module has stored.
#include <linux/spinlock.h>

union security_list_options {
	int (*task_kill)(int signal);
	int (*task_wait)(int signal);
};

struct security_hook_list {
	union security_list_options hook;
};

extern int __SCT__lsm_static_call_task_kill_3_0(int signal);
extern int __SCT__lsm_static_call_task_wait_4_0(int signal);

static DEFINE_SPINLOCK(cache_lock);
static DEFINE_RAW_SPINLOCK(queue_lock);
static int allowed;

static int module_task_kill(int signal)
{
	int rc;

	spin_lock(&cache_lock);
	rc = allowed & signal;
	spin_unlock(&cache_lock);
	return rc;
}

static int module_task_wait(int signal)
{
	return allowed & signal;
}

struct security_hook_list module_hooks[] = {
	{ .hook = { .task_kill = module_task_kill } },
	{ .hook = { .task_wait = module_task_wait } },
};

int kill_bad(int signal)
{
	int rc;

	raw_spin_lock(&queue_lock);
	rc = __SCT__lsm_static_call_task_kill_3_0(signal); //~ ERROR spinlock-under-raw-spinlock
	raw_spin_unlock(&queue_lock);
	return rc;
}

int wait_ok(int signal)
{
	int rc;

	raw_spin_lock(&queue_lock);
	rc = __SCT__lsm_static_call_task_wait_4_0(signal);
	raw_spin_unlock(&queue_lock);
	return rc;
}
