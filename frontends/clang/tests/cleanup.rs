// SPDX-License-Identifier: MIT OR Apache-2.0
//! Cleanup attributes: a call wherever control leaves the scope.

mod common;

use common::expect;

const GUARDS: &str = "\
struct lock { int v; }; struct obj { struct lock a, b; }; struct guard_t { struct lock *l; };
int f(int); void *get(void); void put(void **p);
struct guard_t guard_init(struct lock *l); void guard_exit(struct guard_t *g);
#define CAT_(a, b) a##b
#define CAT(a, b) CAT_(a, b)
#define CLASS(name, var) struct name##_t var __attribute__((__cleanup__(name##_exit))) = name##_init
#define guard(name) CLASS(name, CAT(guard_, __COUNTER__))
#define scoped_guard(name, args...) for (CLASS(name, scope)(args), *done = 0; !done; done = (void *)8)
#define __free(n) __attribute__((cleanup(n)))
";

#[track_caller]
fn expect_function(function: &str, expected: &str) {
    expect(&format!("{GUARDS}{function}"), expected);
}

#[test]
fn every_way_out_runs_what_it_leaves() {
    expect_function(
        "int t(struct obj *o, int n) {
            guard(guard)(&o->a);
            for (int i = 0; i < n; i++) {
                guard(guard)(&o->b);
                if (f(1)) break;
                if (f(2)) continue;
                if (f(3)) goto out;
                if (f(4)) return o->b.v;
            }
            f(5);
        out:
            return 0;
        }",
        "fn t(2) {
          %0 o: struct obj
          %1 n: int
          %2 guard_11_13: struct guard_t
          %3 i: int
          %4 guard_13_17: struct guard_t
         b0:
          %2 = call guard_init(&(*%0).a) @11:13 via guard
          %3 = 0x0
          goto b1
         b1:
          if (%3 < %1) then b2 else b4
         b2:
          %4 = call guard_init(&(*%0).b) @13:17 via guard
          %5 = call f(0x1) @14:21
          if %5 then b6 else b5
         b3:
          %3 = (%3 + 0x1)
          goto b1
         b4:
          call f(0x5) @19:13
          goto b11
         b5:
          %6 = call f(0x2) @15:21
          if %6 then b8 else b7
         b6:
          call guard_exit(&%4) @13:17 via guard
          goto b4
         b7:
          %7 = call f(0x3) @16:21
          if %7 then b10 else b9
         b8:
          call guard_exit(&%4) @13:17 via guard
          goto b3
         b9:
          %8 = call f(0x4) @17:21
          if %8 then b13 else b12
         b10:
          call guard_exit(&%4) @13:17 via guard
          goto b11
         b11:
          call guard_exit(&%2) @11:13 via guard
          return 0x0
         b12:
          call guard_exit(&%4) @13:17 via guard
          goto b3
         b13:
          %9 = (*%0).b.v
          call guard_exit(&%4) @13:17 via guard
          call guard_exit(&%2) @11:13 via guard
          return %9
        }",
    );
}

#[test]
fn variables_are_cleaned_up_in_reverse_and_goto_back_runs_them() {
    expect_function(
        "void t(struct obj *o, int n) {
        again:;
            void *p __free(put) = get();
            void *q __free(put) __attribute__((unused)) = p;
            if (n) goto again;
        }",
        "fn t(2) {
          %0 o: struct obj
          %1 n: int
          %2 p: void
          %3 q: void
         b0:
          goto b1
         b1:
          %2 = call get() @12:35
          %3 = %2
          if %1 then b3 else b2
         b2:
          call put(&%3) @13:13 via __free
          call put(&%2) @12:13 via __free
          return
         b3:
          call put(&%3) @13:13 via __free
          call put(&%2) @12:13 via __free
          goto b1
        }",
    );
}

#[test]
fn a_guard_of_a_loop_header_lives_as_long_as_the_loop() {
    expect_function(
        "int t(struct obj *o) { scoped_guard(guard, &o->a) { if (f(1)) return 3; } return 0; }",
        "fn t(1) {
          %0 o: struct obj
          %1 scope: struct guard_t
          %2 done: struct guard_t
         b0:
          %1 = call guard_init(&(*%0).a) @10:24 via scoped_guard
          %2 = 0x0
          goto b1
         b1:
          if %2 then b4 else b2
         b2:
          %3 = call f(0x1) @10:57
          if %3 then b5 else b3
         b3:
          %2 = 0x8
          goto b1
         b4:
          call guard_exit(&%1) @10:24 via scoped_guard
          return 0x0
         b5:
          call guard_exit(&%1) @10:24 via scoped_guard
          return 0x3
        }",
    );
}

#[test]
fn a_statement_expression_is_a_scope() {
    expect_function(
        "int t(struct obj *o) { int n = ({ guard(guard)(&o->b); o->b.v; }); return n; }",
        "fn t(1) {
          %0 o: struct obj
          %1 n: int
          %2 guard_10_35: struct guard_t
         b0:
          %2 = call guard_init(&(*%0).b) @10:35 via guard
          %3 = (*%0).b.v
          call guard_exit(&%2) @10:35 via guard
          %1 = %3
          return %1
        }",
    );
}
