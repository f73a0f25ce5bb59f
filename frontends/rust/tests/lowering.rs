// SPDX-License-Identifier: MIT OR Apache-2.0
//! What functions are lowered to, printed: drops, ways out, closures, generics, macros, values.

mod common;

use common::{expect, read};

/// A guard of a lock of C, and what else the functions use.
const GUARD: &str = "
extern \"C\" { fn c_lock(l: *const Lock); fn c_unlock(l: *const Lock); fn work(n: u32) -> i32; }
struct Lock { word: u32, more: u32 }
struct Guard<'a> { lock: &'a Lock }
impl Lock { fn lock(&self) -> Guard<'_> { unsafe { c_lock(self) }; Guard { lock: self } } }
impl Drop for Guard<'_> { fn drop(&mut self) { unsafe { c_unlock(self.lock) } } }
";

#[track_caller]
fn expect_function(name: &str, source: &str, expected: &str) {
    expect(&format!("{GUARD}{source}"), name, expected);
}

#[test]
fn a_guard_is_dropped_at_the_end_of_its_scope() {
    expect_function(
        "t",
        "fn t(l: &Lock) { let _g = l.lock(); unsafe { work(1) }; }",
        "fn a::t(1) {
          %0 l: a::Lock
          %3 _g: a::Guard
         b0:
          %6 = call a::Lock::lock(%0) @7:29
          %2 = %6
          %3 = %2
          %7 = call work(0x1) @7:46
          %4 = %7
          %5 = %4
          call drop(a::Guard)(&%3) @7:22 via _g
          return
        }",
    );
}

#[test]
fn underscore_drops_at_once() {
    expect_function(
        "t",
        "fn t(l: &Lock) { let _ = l.lock(); unsafe { work(1) }; }",
        "fn a::t(1) {
          %0 l: a::Lock
         b0:
          %5 = call a::Lock::lock(%0) @7:28
          %2 = %5
          call drop(a::Guard)(&%2) @7:28
          %6 = call work(0x1) @7:45
          %3 = %6
          %4 = %3
          return
        }",
    );
}

#[test]
fn variables_are_dropped_in_reverse_order() {
    expect_function(
        "t",
        "fn t(a: &Lock, b: &Lock) { let _a = a.lock(); let _b = b.lock(); }",
        "fn a::t(2) {
          %0 a: a::Lock
          %1 b: a::Lock
          %4 _a: a::Guard
          %6 _b: a::Guard
         b0:
          %7 = call a::Lock::lock(%0) @7:39
          %3 = %7
          %4 = %3
          %8 = call a::Lock::lock(%1) @7:58
          %5 = %8
          %6 = %5
          call drop(a::Guard)(&%6) @7:51 via _b
          call drop(a::Guard)(&%4) @7:32 via _a
          return
        }",
    );
}

#[test]
fn what_is_moved_away_is_not_dropped() {
    expect_function(
        "t",
        "fn take(_g: Guard<'_>) {} fn t(l: &Lock) { let g = l.lock(); take(g); unsafe { work(1) }; }",
        "fn a::t(1) {
          %0 l: a::Lock
          %3 g: a::Guard
         b0:
          %7 = call a::Lock::lock(%0) @7:54
          %2 = %7
          %3 = %2
          call a::take(%3) @7:62
          %8 = call work(0x1) @7:80
          %5 = %8
          %6 = %5
          return
        }",
    );
}

#[test]
fn a_flag_tells_what_depends_on_the_path() {
    expect_function(
        "t",
        "fn t(l: &Lock, b: bool) { let g = l.lock(); if b { drop(g); } unsafe { work(1) }; }",
        "fn a::t(2) {
          %0 l: a::Lock
          %1 b: bool
          %4 g: a::Guard
         b0:
          %9 = 0x0
          %10 = call a::Lock::lock(%0) @7:37
          %3 = %10
          %9 = 0x0
          %4 = %3
          %9 = 0x1
          if %1 then b1 else b2
         b1:
          %12 = %4
          call drop(a::Guard)(&%12) @7:52
          %9 = 0x0
          goto b2
         b2:
          %11 = call work(0x1) @7:72
          %7 = %11
          %8 = %7
          if %9 then b3 else b4
         b3:
          call drop(a::Guard)(&%4) @7:31 via g
          goto b4
         b4:
          %9 = 0x0
          return
        }",
    );
}

#[test]
fn question_mark_drops_on_its_way_out() {
    expect_function(
        "t",
        "fn t(l: &Lock, x: Option<u32>) -> Option<u32> { let _g = l.lock(); let y = x?; Some(y) }",
        "fn a::t(3) {
          %0 l: a::Lock
          %1 x: core::option::Option<u32>
          %4 _g: a::Guard
          %5 y: u32
         b0:
          %8 = call a::Lock::lock(%0) @7:60
          %3 = %8
          %4 = %3
          if ((*%1).variant == 0x1) then b1 else b2
         b1:
          %5 = (*%1).Some.0
          %6.Some.0 = %5
          %6.variant = 0x1
          %7 = %6
          call drop(a::Guard)(&%4) @7:53 via _g
          (*%2) = %7
          return (*%2).variant
         b2:
          (*%2).variant = 0x0
          call drop(a::Guard)(&%4) @7:53 via _g
          return (*%2).variant
        }",
    );
}

#[test]
fn break_drops_what_is_in_the_loop() {
    expect_function(
        "t",
        "fn t(l: &Lock, n: u32) { loop { let _g = l.lock(); if n == 0 { break; } } unsafe { work(n) }; }",
        "fn a::t(2) {
          %0 l: a::Lock
          %1 n: u32
          %5 _g: a::Guard
         b0:
          goto b1
         b1:
          %10 = call a::Lock::lock(%0) @7:44
          %4 = %10
          %5 = %4
          if (%1 == 0x0) then b2 else b3
         b2:
          call drop(a::Guard)(&%5) @7:37 via _g
          %11 = call work(%1) @7:84
          %8 = %11
          %9 = %8
          return
         b3:
          call drop(a::Guard)(&%5) @7:37 via _g
          goto b1
        }",
    );
}

#[test]
fn temporaries_of_a_condition_are_gone_in_the_branches() {
    expect_function(
        "t",
        "fn t(l: &Lock) { if l.lock().lock.word == 0 { unsafe { work(1) }; } }",
        "fn a::t(1) {
          %0 l: a::Lock
         b0:
          %7 = call a::Lock::lock(%0) @7:23
          %3 = %7
          if ((*%3).word == 0x0) then b1 else b3
         b1:
          call drop(a::Guard)(&%3) @7:23
          %8 = call work(0x1) @7:56
          %4 = %8
          %5 = %4
          goto b2
         b2:
          return
         b3:
          call drop(a::Guard)(&%3) @7:23
          goto b2
        }",
    );
}

#[test]
fn temporaries_of_what_is_matched_live_in_the_arms() {
    expect_function(
        "t",
        "fn t(l: &Lock) { match l.lock().lock.word { 0 => { unsafe { work(1) }; } _ => {} } }",
        "fn a::t(1) {
          %0 l: a::Lock
         b0:
          %7 = call a::Lock::lock(%0) @7:26
          %2 = %7
          if ((*%2).word == 0x0) then b1 else b2
         b1:
          %8 = call work(0x1) @7:61
          %4 = %8
          %5 = %4
          goto b2
         b2:
          call drop(a::Guard)(&%2) @7:26
          return
        }",
    );
}

#[test]
fn a_forgotten_value_is_never_dropped() {
    expect_function(
        "t",
        "fn t(l: &Lock) { core::mem::forget(l.lock()); }",
        "fn a::t(1) {
          %0 l: a::Lock
         b0:
          %4 = call a::Lock::lock(%0) @7:38
          %2 = %4
          %5 = %2
          %9 = %5
          %11 = %9
          %12 = %11
          %10 = %12
          %8 = %10
          %7 = %8
          return
        }",
    );
}

#[test]
fn closures_point_to_what_they_use() {
    expect_function(
        "t",
        "fn call(f: impl FnOnce(u32) -> i32) -> i32 { f(7) }
         fn t(l: &Lock) -> i32 { call(|n| { let _g = l.lock(); unsafe { work(n) } }) }",
        "fn a::t(1) {
          %0 l: a::Lock
         b0:
          %2.l.0 = %0
          %5 = call a::call<closure#0>(&%2) @8:34
          %3 = %5
          %4 = %3
          %1 = %4
          return %1
        }",
    );
}

#[test]
fn generics_are_replaced_by_what_they_stand_for() {
    expect_function(
        "t",
        "trait Act { fn act(&self) -> i32; }
         struct A { n: u32, m: u32 }
         impl Act for A { fn act(&self) -> i32 { unsafe { work(self.n) } } }
         fn run<T: Act>(it: &T) -> i32 { it.act() }
         fn t(a: &A) -> i32 { run(a) }",
        "fn a::t(1) {
          %0 a: a::A
         b0:
          %4 = call a::run<A>(%0) @11:31
          %2 = %4
          %3 = %2
          %1 = %3
          return %1
        }",
    );
}

#[test]
fn flags_stay_constants() {
    expect_function(
        "t",
        "#[derive(Clone, Copy)] struct Flags(u32);
         impl core::ops::BitOr for Flags { type Output = Self; fn bitor(self, r: Self) -> Self { Flags(self.0 | r.0) } }
         const A: Flags = Flags(1 << 4);
         fn t() -> i32 { let f = A; unsafe { work(f.0) } }",
        "fn a::t(0) {
          %1 f: a::Flags
         b0:
          %1 = 0x10
          %5 = call work(%1) @10:46
          %2 = %5
          %3 = %2
          %4 = %3
          %0 = %4
          return %0
        }",
    );
}

#[test]
fn macros_of_the_program_are_expanded() {
    expect_function(
        "t",
        "macro_rules! twice { ($($e:expr),*) => { $( unsafe { work($e) }; unsafe { work($e) }; )* } }
         fn t() { twice!(1, 2); }",
        "fn a::t(0) {
         b0:
          %9 = call work(0x1) @8:19
          %1 = %9
          %2 = %1
          %10 = call work(0x1) @8:19
          %3 = %10
          %4 = %3
          %11 = call work(0x2) @8:19
          %5 = %11
          %6 = %5
          %12 = call work(0x2) @8:19
          %7 = %12
          %8 = %7
          return
        }",
    );
}

#[test]
fn options_of_pointers_are_pointers() {
    expect_function(
        "t",
        "fn t(l: Option<&Lock>) -> u32 { match l { Some(l) => l.word, None => 0 } }",
        "fn a::t(1) {
          %0 l: core::option::Option<&Lock>
          %3 l: a::Lock
         b0:
          if ((%0 != 0x0) == 0x1) then b1 else b3
         b1:
          %3 = %0
          %2 = (*%3).word
          goto b2
         b2:
          %4 = %2
          %1 = %4
          return %1
         b3:
          if ((%0 != 0x0) == 0x0) then b4 else b5
         b4:
          %2 = 0x0
          goto b2
         b5:
          unreachable
        }",
    );
}

#[test]
fn what_is_not_understood_is_told() {
    let reading = read("fn f() { unknown_macro!(1); missing(2); }");
    let messages: Vec<&str> = reading
        .units
        .iter()
        .flat_map(|unit| &unit.incidents)
        .map(|incident| incident.message.as_str())
        .collect();
    assert_eq!(messages, ["macro `unknown_macro!` is not understood"]);
    assert_eq!(reading.coverage.unknown_calls, 1);
    let [(file, line, column, name)] = reading.coverage.unknown.as_slice() else {
        panic!("{:?}", reading.coverage.unknown);
    };
    assert_eq!(
        (file.as_str(), *line, *column, name.as_str()),
        ("a.rs", 1, 29, "missing")
    );
}

#[test]
fn a_file_that_is_no_rust_loses_no_other() {
    let reading = read("mod b; fn f() {");
    assert_eq!(reading.coverage.failed_files, 1);
    assert_eq!(reading.units.len(), 1);
    let incident = &reading.units[0].incidents[0];
    assert_eq!(incident.kind, waitctx_model::IncidentKind::UnitLost);
}

/// The order of the crates does not matter, though a macro comes from a later one.
#[test]
fn a_macro_of_a_later_crate_is_expanded() {
    let reading = common::read_crates(&[
        ("a", "b::define!(f);"),
        (
            "b",
            "#[macro_export] macro_rules! define { ($f:ident) => { fn $f() {} } }",
        ),
    ]);
    assert_eq!(reading.coverage.losses, 0);
    let functions: usize = reading.units.iter().map(|unit| unit.functions.len()).sum();
    assert_eq!(functions, 1);
}
