// SPDX-License-Identifier: MIT OR Apache-2.0
//! Statements and conditions as blocks and edges.

mod common;

use common::{expect, read, text};

const DECLARATIONS: &str = "int f(int); void g(void); void die(void) __attribute__((noreturn));\n";

#[track_caller]
fn expect_function(function: &str, expected: &str) {
    expect(&format!("{DECLARATIONS}{function}"), expected);
}

#[test]
fn a_for_loop_has_up_to_three_parts() {
    expect_function(
        "void t(int n) {
            for (int i = 0; i < n; i++) g();
            for (; n;) g();
            for (;; n--) { if (n) break; }
            for (n = 1;;) { if (f(n)) continue; return; }
        }",
        "fn t(1) {
          %0 n: int
          %1 i: int
         b0:
          %1 = 0x0
          goto b1
         b1:
          if (%1 < %0) then b2 else b3
         b2:
          call g() @3:41
          %1 = (%1 + 0x1)
          goto b1
         b3:
          if %0 then b4 else b5
         b4:
          call g() @4:24
          goto b3
         b5:
          if %0 then b7 else b6
         b6:
          %0 = (%0 - 0x1)
          goto b5
         b7:
          %0 = 0x1
          goto b8
         b8:
          %2 = call f(%0) @6:33
          if %2 then b8 else b9
         b9:
          return
        }",
    );
}

#[test]
fn the_parts_of_a_for_in_a_macro_are_found_too() {
    expect_function(
        "#define each(i, n) for (; i < n; \\\n i++)
        void t(int i) { each(i, 3) g(); }",
        "fn t(1) {
          %0 i: int
         b0:
          goto b1
         b1:
          if (%0 < 0x3) then b2 else b3
         b2:
          call g() @4:36
          %0 = (%0 + 0x1)
          goto b1
         b3:
          return
        }",
    );
}

#[test]
fn loops_test_before_or_after() {
    expect_function(
        "int t(int n) { while (f(n) && n) g(); do { if (n) continue; g(); } while (n || f(1)); return n; }",
        "fn t(1) {
          %0 n: int
         b0:
          goto b1
         b1:
          %1 = call f(%0) @2:23
          if %1 then b3 else b4
         b2:
          call g() @2:34
          goto b1
         b3:
          if %0 then b2 else b4
         b4:
          if %0 then b5 else b7
         b5:
          if %0 then b4 else b8
         b6:
          return %0
         b7:
          call g() @2:61
          goto b5
         b8:
          %2 = call f(0x1) @2:80
          if %2 then b4 else b6
        }",
    );
}

#[test]
fn switch_falls_through_and_has_ranges() {
    expect_function(
        "int t(int n) {
            switch (n) { case 1: g(); case 2 ... 4: f(4); break; case 7: case 8: return 1; default: die(); }
            switch (sizeof(n)) { case 4: f(5); break; case 8: f(6); }
            return 0;
        }",
        "fn t(1) {
          %0 n: int
         b0:
          switch %0 {1..=1: b1; 2..=4: b2; 7..=7: b3; 8..=8: b3; else b4}
         b1:
          call g() @3:34
          goto b2
         b2:
          call f(0x4) @3:53
          call f(0x5) @4:42
          return 0x0
         b3:
          return 0x1
         b4:
          call die() @3:101
          unreachable
        }",
    );
}

#[test]
fn goto_reaches_into_dead_code() {
    expect_function(
        "int t(int n) {
            if (n < 0) goto out;
        again:
            g();
            if (f(n)) goto again;
            if (0) { out: return -1; }
            return 0;
        }",
        "fn t(1) {
          %0 n: int
         b0:
          if (%0 < 0x0) then b1 else b2
         b1:
          return 0xffffffffffffffff
         b2:
          call g() @5:13
          %1 = call f(%0) @6:17
          if %1 then b2 else b3
         b3:
          return 0x0
        }",
    );
}

#[test]
fn computed_goto_goes_to_labels_whose_address_is_taken() {
    expect_function(
        "void t(int n) { void *to = n ? &&a : &&b; goto *to; a: g(); return; b: f(1); return; c: f(2); }",
        "fn t(1) {
          %0 n: int
          %1 to: void
         b0:
          %1 = (%0 ? ? : ?)
          any of b1, b2
         b1:
          call g() @2:56
          return
         b2:
          call f(0x1) @2:72
          return
        }",
    );
}

#[test]
fn asm_goto_goes_on_or_to_its_labels() {
    expect_function(
        "#define branch(l) asm volatile goto(\"\" : : : : l)
        int t(int n) {
            branch(yes);
            asm goto(\"%l[no]\" : : \"r\"(f(n)) : \"memory\" : yes, no);
            if (n) goto yes;
            return 0;
        yes: return 1;
        no: return 2;
        }",
        "fn t(1) {
          %0 n: int
         b0:
          any of b1, b4
         b1:
          call f(%0) @5:39
          any of b2, b4, b5
         b2:
          if %0 then b4 else b3
         b3:
          return 0x0
         b4:
          return 0x1
         b5:
          return 0x2
        }",
    );
}

#[test]
fn short_circuits_with_effects_are_edges() {
    expect_function(
        "int t(int a, int b) { int c = a && f(b); int d = a > 2 && !b; return c || d; }",
        "fn t(2) {
          %0 a: int
          %1 b: int
          %2 c: int
          %5 d: int
         b0:
          if %0 then b4 else b2
         b1:
          %3 = 0x1
          goto b3
         b2:
          %3 = 0x0
          goto b3
         b3:
          %2 = %3
          %5 = ((0x2 < %0) && !%1)
          return (%2 || %5)
         b4:
          %4 = call f(%1) @2:36
          if %4 then b1 else b2
        }",
    );
}

#[test]
fn conditional_operators_evaluate_one_side() {
    expect_function(
        "int t(int a, int b) { int x = a ? b : 3; int y = a ? f(1) : b; a ? g() : die(); return x + y; }",
        "fn t(2) {
          %0 a: int
          %1 b: int
          %2 x: int
          %3 y: int
         b0:
          %2 = (%0 ? %1 : 0x3)
          if %0 then b1 else b2
         b1:
          %4 = call f(0x1) @2:54
          goto b3
         b2:
          %4 = %1
          goto b3
         b3:
          %3 = %4
          if %0 then b4 else b5
         b4:
          call g() @2:68
          return (%2 + %3)
         b5:
          call die() @2:74
          unreachable
        }",
    );
}

#[test]
fn the_tested_operand_of_elvis_is_evaluated_once() {
    expect_function(
        "int t(int a) { int x = a ?: 3; if (f(1) ?: f(2)) g(); return f(a) ?: f(x); }",
        "fn t(1) {
          %0 a: int
          %1 x: int
         b0:
          %2 = %0
          %1 = (%2 ? %2 : 0x3)
          %3 = call f(0x1) @2:36
          if %3 then b2 else b3
         b1:
          %5 = call f(%0) @2:62
          %6 = %5
          if %5 then b5 else b4
         b2:
          call g() @2:50
          goto b1
         b3:
          %4 = call f(0x2) @2:44
          if %4 then b2 else b1
         b4:
          %6 = call f(%1) @2:70
          goto b5
         b5:
          return %6
        }",
    );
}

#[test]
fn constant_conditions_leave_one_way() {
    expect_function(
        "int t(int n) {
            if (sizeof(int) == 4) f(1); else f(2);
            if (n && 0) f(3);
            if (__builtin_constant_p(n)) f(4);
            const int kind = __builtin_constant_p(n) ? n : 0;
            if (kind == 1 || ((2 + __builtin_constant_p(n)) & 5)) f(6);
            return __builtin_expect(!!n, 1) ? f(5) : 0;
        }",
        "fn t(1) {
          %0 n: int
          %1 kind: int
         b0:
          call f(0x1) @3:35
          %1 = 0x0
          if %0 then b1 else b2
         b1:
          %2 = call f(0x5) @8:47
          goto b3
         b2:
          %2 = 0x0
          goto b3
         b3:
          return %2
        }",
    );
}

#[test]
fn build_options_keep_both_ways() {
    expect_function(
        "#define IS_ENABLED(option) 1
        #define IS_BUILTIN(option) 0
        void t(int n) {
            if (IS_ENABLED(CONFIG_A)) f(1); else f(2);
            if (!IS_BUILTIN(CONFIG_B) && n) f(3);
            if (IS_ENABLED(OTHER)) f(4); else f(5);
            f(IS_ENABLED(CONFIG_C) ? 6 : 7);
        }",
        "fn t(1) {
          %0 n: int
         b0:
          if CONFIG_A:1 then b2 else b3
         b1:
          if CONFIG_B:0 then b6 else b5
         b2:
          call f(0x1) @5:39
          goto b1
         b3:
          call f(0x2) @5:50
          goto b1
         b4:
          call f(0x3) @6:45
          goto b6
         b5:
          if %0 then b4 else b6
         b6:
          call f(0x4) @7:36
          call f((CONFIG_C:1 ? 0x6 : 0x7)) @8:13
          return
        }",
    );
}

#[test]
fn calls_that_do_not_return_end_a_path() {
    expect_function(
        "int t(int n, void (*stop)(void) __attribute__((noreturn))) {
            if (n == 1) die();
            if (n == 2) __builtin_unreachable();
            if (n == 3) __builtin_trap();
            stop();
        }",
        "fn t(2) {
          %0 n: int
          %1 stop: void (void) __attribute__((noreturn))
         b0:
          if (%0 == 0x1) then b2 else b1
         b1:
          if (%0 == 0x2) then b4 else b3
         b2:
          call die() @3:25
          unreachable
         b3:
          if (%0 == 0x3) then b6 else b5
         b4:
          unreachable
         b5:
          call [%1]() @6:13
          unreachable
         b6:
          unreachable
        }",
    );
}

#[test]
fn statement_expressions_yield_their_last_expression() {
    expect_function(
        "#define min(a, b) ({ __typeof__(f(a)) _a = (a); int _b = (b); _a < _b ? _a : _b; })
        int t(int a) { if (({ g(); a; })) g(); return min(a, f(2)); }",
        "fn t(1) {
          %0 a: int
          %1 _a: int
          %2 _b: int
         b0:
          call g() @3:31
          if %0 then b2 else b1
         b1:
          %1 = %0
          %2 = call f(0x2) @3:62
          return ((%1 < %2) ? %1 : %2)
         b2:
          call g() @3:43
          goto b1
        }",
    );
}

#[test]
fn chains_of_else_are_followed_to_the_end() {
    let chain: String = (0..3000)
        .map(|n| format!("if (a == {n}) f({n}); else "))
        .collect();
    let unit = read(&format!("int f(int); int t(int a) {{ {chain} return a; }}"));
    assert!(text(&unit).contains("f(0xbb7)"));
}
