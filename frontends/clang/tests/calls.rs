// SPDX-License-Identifier: MIT OR Apache-2.0
//! Calls: who is called, where it was written and through which macro.

mod common;

use common::{expect, library, read};
use waitctx_model::{Callee, Statement};

const DECLARATIONS: &str = "\
struct lock { int v; }; struct ops { int (*fn)(int); int (*arr[3])(int); };
struct o { struct ops *ops; struct lock raw; };
void _lock(struct lock *); unsigned long _lock_irqsave(struct lock *);
struct lock *check(struct lock *); int f(int); int other(int); int f2(int);
void *alloc_noprof(int size, unsigned flags);
";

#[track_caller]
fn expect_function(function: &str, expected: &str) {
    expect(&format!("{DECLARATIONS}{function}"), expected);
}

#[test]
fn a_macro_gives_its_calls_its_name_and_place() {
    expect_function(
        "#define lock(l) _lock(l)
#define lock_irqsave(l, flags) do { flags = _lock_irqsave(check(l)); } while (0)
#define likely(x) __builtin_expect(!!(x), 1)
#define f2(x) f2(x)
#define hooks(e) ({ e; })
#define kalloc(...) hooks(alloc_noprof(__VA_ARGS__))
#define callop(o, a) (o)->ops->fn(a)
#define wrap(x) ({ __typeof__(f(x)) r = f(x); r; })
void t(struct o *o, int x) {
    unsigned long flags;
    lock(&o->raw);
    lock_irqsave(&o->raw, flags);
    if (likely(f(x)))
        wrap(f(x));
    f2(1);
    kalloc(x, 0x10u | 0x400u);
    callop(o, likely(f(2)));
    likely(callop(o, 3));
}",
        "fn t(2) {
          %0 o: struct o
          %1 x: int
          %2 flags: unsigned long
          %5 r: int
         b0:
          call _lock(&(*%0).raw) @16:5 via lock
          %3 = call check(&(*%0).raw) @17:5 via lock_irqsave
          %2 = call _lock_irqsave(%3) @17:5 via lock_irqsave
          %4 = call f(%1) @18:16
          if %4 then b2 else b1
         b1:
          call f2(0x1) @20:5 via f2
          call alloc_noprof(%1, 0x410) @21:5 via kalloc
          %7 = call f(0x2) @22:22
          call [(*(*%0).ops).fn](!!%7) @22:5 via callop
          %8 = call [(*(*%0).ops).fn](0x3) @23:12 via callop
          return
         b2:
          %6 = call f(%1) @19:14
          %5 = call f(%6) @19:9 via wrap
          goto b1
        }",
    );
}

#[test]
fn pointers_are_followed_to_the_field() {
    expect_function(
        "void t(struct o *o, int (*cb)(int), int x) {
    o->ops->fn(1);
    (*o->ops->arr[x])(2);
    cb(3);
    (x ? o->ops->fn : cb)(4);
    (x ? f : other)(5);
    ((int (*)(int))cb)(6);
    (*f)(7);
    (&f)(8);
}",
        "fn t(3) {
          %0 o: struct o
          %1 cb: int (int)
          %2 x: int
         b0:
          call [(*(*%0).ops).fn](0x1) @7:5
          call [(*(*%0).ops).arr[]](0x2) @8:5
          call [%1](0x3) @9:5
          call [(%2 ? (*(*%0).ops).fn : %1)](0x4) @10:5
          call [(%2 ? fn f : fn other)](0x5) @11:5
          call [%1](0x6) @12:5
          call f(0x7) @13:5
          call f(0x8) @14:5
          return
        }",
    );
}

#[test]
fn a_callee_that_ends_as_a_function_is_direct() {
    expect_function(
        "int __SCT__x(int); struct key { int k; } __SCK__x;
#define static_call(n) ({ (void)&__SCK__##n; &__SCT__##n; })
int t(void) { return static_call(x)(9); }",
        "fn t(0) {
         b0:
          %0 = call __SCT__x(0x9) @8:22 via static_call
          return %0
        }",
    );
}

#[test]
fn unevaluated_operands_make_no_calls() {
    expect_function(
        "int t(int n, double d) {
    long v = sizeof(f(1)) + _Alignof(__typeof__(f(2)));
    v += __builtin_types_compatible_p(__typeof__(f(3)), int);
    v += __builtin_constant_p(f(4));
    v += __builtin_choose_expr(sizeof(n) == 4, f(5), f(6));
    __typeof__(f(7)) w = (__typeof__(f(8)))n;
    v += __builtin_offsetof(__typeof__(*(struct o *)alloc_noprof(1, 2)), raw);
    return w;
}",
        "fn t(2) {
          %0 n: int
          %1 d: double
          %2 v: long
          %4 w: int
         b0:
          %2 = 0x8
          %2 = (%2 + 0x1)
          %2 = (%2 + 0x0)
          %3 = call f(0x5) @10:48
          %2 = (%2 + %3)
          %4 = %0
          %2 = (%2 + 0x8)
          return %4
        }",
    );
}

#[test]
fn calls_that_would_not_compile_are_passed_over() {
    expect_function(
        "void bad(void) __attribute__((error(\"size\"), noreturn));
#define BUILD_BUG_ON(c) do { if (c) bad(); } while (0)
static inline int index(int n) { BUILD_BUG_ON(!__builtin_constant_p(n)); return f(n); }",
        "fn a.c:index(1) {
          %0 n: int
         b0:
          %1 = call f(%0) @8:81
          return %1
        }",
    );
}

#[test]
fn only_the_selected_association_is_evaluated() {
    expect_function(
        "long g(const char *s, long l); double h(double); typedef struct { int a; } ta; typedef struct { int b, a; } tb;
int fa(ta *); int fb(tb *);
#define prop(p) _Generic(*(p), ta: fa, tb: fb)(p)
int t(ta *a, tb *b, long l, char *s) {
    int r = _Generic(l, int: f(1), long: g(\"x:,\", f(2)), default: f(3));
    r += _Generic((f(1)), int: f(4), default: f(5)) + _Generic(s, int : f(6), default : f(7));
    r += prop(b) + prop(a);
    return r;
}",
        "fn t(4) {
          %0 a: ta
          %1 b: tb
          %2 l: long
          %3 s: char
          %4 r: int
         b0:
          %5 = call f(0x2) @10:51
          %4 = call g(?, %5) @10:42
          %6 = call f(0x4) @11:32
          %7 = call f(0x7) @11:89
          %4 = (%4 + (%6 + %7))
          %8 = call fb(%1) @12:10 via prop
          %9 = call fa(%0) @12:20 via prop
          %4 = (%4 + (%8 + %9))
          return %4
        }",
    );
    // Before libclang 19 nothing tells these two apart.
    if library().major() >= 19 {
        expect_function(
            "struct a { int x; }; struct b { int n; int y; };
#define common(p) _Generic((p), struct a *: &((struct a *)p)->x, struct b *: &((struct b *)p)->y)
int t(struct b *p) { return *common(p); }",
            "fn t(1) {
              %0 p: struct b
             b0:
              return (*%0).y
            }",
        );
    }
}

#[test]
fn spans_cover_what_was_written() {
    let unit = read(
        "int f(int);
#define twice(x) f(f(x))
int t(int n) {
    return f(n +
             1) + twice(n);
}",
    );
    let spans: Vec<_> = unit.functions[0].blocks[0]
        .statements
        .iter()
        .filter_map(|statement| match statement {
            Statement::Call(call) => Some((
                call.span.line,
                call.span.column,
                call.span.end_line,
                call.span.end_column,
            )),
            Statement::Assign { .. } => None,
        })
        .collect();
    assert_eq!(spans, [(4, 12, 5, 16), (5, 19, 5, 27), (5, 19, 5, 27)]);
}

#[test]
fn pointers_carry_their_signature() {
    let unit = read("typedef unsigned gfp_t; void t(void *(*p)(gfp_t), int n) { p(n); }");
    let Some(Statement::Call(call)) = unit.functions[0].blocks[0].statements.first() else {
        panic!("there is a call");
    };
    let Callee::Pointer { signature, .. } = &call.callee else {
        panic!("it is through a pointer");
    };
    assert_eq!(unit.names.get(*signature), "void *(unsigned int)");
}
