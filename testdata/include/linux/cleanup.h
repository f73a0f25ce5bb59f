/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef __STUB_LINUX_CLEANUP_H
#define __STUB_LINUX_CLEANUP_H

#include <linux/compiler.h>
#include <linux/err.h>

/*
 * Scope-based release. A class has a type class_NAME_t, a function class_NAME_constructor() and a
 * function class_NAME_destructor() that runs when a variable of it goes out of scope; one that
 * stands for a lock also has class_NAME_lock_ptr(). What takes and releases a lock calls the object
 * _T, and the lock it is made for l.
 */

#define DEFINE_FREE(name, type, release) \
static inline void __free_##name(void *variable) \
{ \
	type _T = *(type *)variable; \
	release; \
}
#define __free(name) __cleanup(__free_##name)

#define no_free_ptr(pointer) \
({ \
	__auto_type __kept = (pointer); \
	(pointer) = NULL; \
	__kept; \
})
#define return_ptr(pointer) return no_free_ptr(pointer)

#define DEFINE_CLASS(name, type, leave, enter, parameters...) \
typedef type class_##name##_t; \
static inline type class_##name##_constructor(parameters) \
{ \
	type object = enter; \
	return object; \
} \
static inline void class_##name##_destructor(type *object) \
{ \
	type _T = *object; \
	leave; \
}

/* Another way to enter a class that is there already, and may fail to. */
#define EXTEND_CLASS(name, suffix, enter, parameters...) \
typedef class_##name##_t class_##name##suffix##_t; \
static inline class_##name##_t class_##name##suffix##_constructor(parameters) \
{ \
	class_##name##_t object = enter; \
	return object; \
} \
static inline void class_##name##suffix##_destructor(class_##name##_t *object) \
{ \
	class_##name##_destructor(object); \
} \
static inline void *class_##name##suffix##_lock_ptr(class_##name##_t *object) \
{ \
	return class_##name##_lock_ptr(object); \
} \
static __maybe_unused const bool class_##name##suffix##_is_conditional = true;

#define CLASS(name, variable) \
	class_##name##_t variable __cleanup(class_##name##_destructor) = class_##name##_constructor

/* The object is the pointer to the lock. */
#define DEFINE_GUARD(name, type, take, release) \
DEFINE_CLASS(name, type, if (_T) { release; }, ({ take; _T; }), type _T) \
static inline void *class_##name##_lock_ptr(class_##name##_t *object) \
{ \
	return (void *)(unsigned long)*object; \
} \
static __maybe_unused const bool class_##name##_is_conditional = false;

#define DEFINE_GUARD_COND(name, suffix, taken) \
EXTEND_CLASS(name, suffix, \
	     ({ \
		void *__got = _T; \
		if (_T && !(taken)) \
			__got = NULL; \
		__got; \
	     }), \
	     class_##name##_t _T)

/* The object holds the pointer to the lock and whatever else is needed to release it. */
#define __lock_guard(name, type, release, members...) \
typedef struct { \
	type *lock; \
	members; \
} class_##name##_t; \
static inline void class_##name##_destructor(class_##name##_t *_T) \
{ \
	if (_T->lock) { \
		release; \
	} \
} \
static inline void *class_##name##_lock_ptr(class_##name##_t *_T) \
{ \
	return (void *)(unsigned long)_T->lock; \
} \
static __maybe_unused const bool class_##name##_is_conditional = false;

#define DEFINE_LOCK_GUARD_1(name, type, take, release, members...) \
__lock_guard(name, type, release, members) \
static inline class_##name##_t class_##name##_constructor(type *l) \
{ \
	class_##name##_t __object = { .lock = l }, *_T = &__object; \
	take; \
	return __object; \
}

#define DEFINE_LOCK_GUARD_0(name, take, release, members...) \
__lock_guard(name, void, release, members) \
static inline class_##name##_t class_##name##_constructor(void) \
{ \
	class_##name##_t __object = { .lock = (void *)1 }, *_T __maybe_unused = &__object; \
	take; \
	return __object; \
}

#define DEFINE_LOCK_GUARD_1_COND(name, suffix, taken) \
EXTEND_CLASS(name, suffix, \
	     ({ \
		class_##name##_t __object = { .lock = l }, *_T = &__object; \
		if (_T->lock && !(taken)) \
			_T->lock = NULL; \
		__object; \
	     }), \
	     typeof(((class_##name##_t *)0)->lock) l)

#define guard(name) CLASS(name, __UNIQUE_ID(guard))

/* A loop that runs once, so that `break` leaves it; its last expression jumps out of it. */
#define __scoped_guard(name, after, args...) \
	for (CLASS(name, scope)(args); \
	     class_##name##_lock_ptr(&scope) || !class_##name##_is_conditional; \
	     ({ goto after; })) \
		if (0) { \
after: \
			break; \
		} else
#define scoped_guard(name, args...) __scoped_guard(name, __UNIQUE_ID(label), args)

#define __scoped_cond_guard(name, failed, after, args...) \
	for (CLASS(name, scope)(args); true; ({ goto after; })) \
		if (!class_##name##_lock_ptr(&scope)) { \
			failed; \
after: \
			break; \
		} else
#define scoped_cond_guard(name, failed, args...) \
	__scoped_cond_guard(name, failed, __UNIQUE_ID(label), args)

#endif
