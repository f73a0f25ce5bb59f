// SPDX-License-Identifier: MIT OR Apache-2.0
//! Values, places and assignments.

mod common;

use common::{expect, read};

const DECLARATIONS: &str = "\
int f(int); void g(void);
struct in { int x; union { int y; long z; }; };
struct s { struct in in; struct { int q; } named; int bits : 3; int *p; struct s *next; int arr[2][3]; };
typedef struct { int t; } tdef; typedef unsigned gfp_t;
";

#[track_caller]
fn expect_function(function: &str, expected: &str) {
    expect(&format!("{DECLARATIONS}{function}"), expected);
}

#[test]
fn constants_have_the_width_and_sign_of_their_type() {
    expect_function(
        "enum { THREE = 3 };
static const int limit = 4;
void u(gfp_t); void c(unsigned char); void l(long);
void t(int n) {
    u(0x400u | 0x800u); u(~0x10u); u(-1); c(300); l(-1); l(1l << 40); l('a'); l(sizeof(long));
    f(THREE); f(limit); f((int)0xffffffffu); f(!3); f(1 ? 5 : n); u(n & ~0x10u);
}",
        "fn t(1) {
          %0 n: int
         b0:
          call u(0xc00) @9:5
          call u(0xffffffef) @9:25
          call u(0xffffffff) @9:36
          call c(0x2c) @9:43
          call l(0xffffffffffffffff) @9:51
          call l(0x10000000000) @9:58
          call l(0x61) @9:71
          call l(0x8) @9:79
          call f(0x3) @10:5
          call f(0x4) @10:15
          call f(0xffffffffffffffff) @10:25
          call f(0x0) @10:46
          call f(0x5) @10:53
          call u((%0 & 0xffffffef)) @10:67
          return
        }",
    );
}

#[test]
fn places_are_paths() {
    expect_function(
        "int t(struct s *s, tdef *t, int **pp) {
    struct s copy = *s;
    s->next->in.y = 1; (*s).named.q = 2; s->bits = 3; s[1].arr[1][2] = 4; **pp = 5; *s->p = 6;
    (&copy)->next = &copy; t->t = ((tdef){ 7 }).t; (s ? s : copy.next)->p = 0;
    int *q = s->arr[0]; q = &s->arr[1][1]; q[2] = 1; q = q + 1; q++; q += 2;
    void *v = (char *)s - 8; struct in *in = &s->in; __auto_type other = s->p;
    (*({ g(); s; })).bits = f(1);
    return *&copy.in.x;
}",
        "fn t(3) {
          %0 s: struct s
          %1 t: tdef
          %2 pp: int
          %3 copy: struct s
          %5 q: int
          %6 v: void
          %7 in: struct in
          %8 other: int
         b0:
          %3 = (*%0)
          (*(*%0).next).in.y = 0x1
          (*%0).named.q = 0x2
          (*%0).bits = 0x3
          (*%0)[].arr[][] = 0x4
          (*(*%2)) = 0x5
          (*(*%0).p) = 0x6
          %3.next = &%3
          %4.t = 0x7
          (*%1).t = %4.t
          (*(%0 ? %0 : %3.next)).p = 0x0
          %5 = &(*%0).arr[]
          %5 = &(*%0).arr[][]
          (*%5)[] = 0x1
          %5 = &(*%5)[]
          %5 = ?
          %5 = ?
          %6 = (%0 - 0x8)
          %7 = &(*%0).in
          %8 = (*%0).p
          %9 = call f(0x1) @11:29
          call g() @11:10
          (*%0).bits = %9
          return %3.in.x
        }",
    );
}

#[test]
fn assignments_have_values() {
    expect_function(
        "int t(int n, int m, _Bool b, long l) {
    n |= 3; n <<= m; n *= 2; m = n++; m = --n; n = m = 4; b = n & 4; b = n == 3; b = b;
    int old = l, c = (g(), n); l = -m; l = ~m; l = !!n; l = n > m; l = n >= m; l = n - m;
    if ((n = f(m)) < 0) return n;
    int first, last; first = last = f(n); last++;
    return n++;
}",
        "fn t(4) {
          %0 n: int
          %1 m: int
          %2 b: _Bool
          %3 l: long
          %5 old: int
          %6 c: int
          %7 first: int
          %8 last: int
         b0:
          %0 = (%0 | 0x3)
          %0 = (%0 << %1)
          %0 = ?
          %4 = %0
          %0 = (%0 + 0x1)
          %1 = %4
          %0 = (%0 - 0x1)
          %1 = %0
          %1 = 0x4
          %0 = 0x4
          %2 = ((%0 & 0x4) != 0x0)
          %2 = (%0 == 0x3)
          %2 = %2
          %5 = %3
          call g() @7:23
          %6 = %0
          %3 = -%1
          %3 = ~%1
          %3 = !!%0
          %3 = (%1 < %0)
          %3 = (%1 <= %0)
          %3 = (%0 - %1)
          %0 = call f(%1) @8:14
          if (%0 < 0x0) then b2 else b1
         b1:
          %8 = call f(%0) @9:37
          %7 = %8
          %8 = (%8 + 0x1)
          %9 = %0
          %0 = (%0 + 0x1)
          return %9
         b2:
          return %0
        }",
    );
}

#[test]
fn functions_are_values() {
    expect_function(
        "void *keep(int (*)(int));
int t(int a) { int (*p)(int) = f; p = &f; p = a ? f : 0; keep(f); return p == f; }",
        "fn t(1) {
          %0 a: int
          %1 p: int (int)
         b0:
          %1 = fn f
          %1 = fn f
          %1 = (%0 ? fn f : 0x0)
          call keep(fn f) @6:58
          return (%1 == fn f)
        }",
    );
}

#[test]
fn assembly_makes_its_outputs_unknown() {
    expect_function(
        "int t(struct s *s, int n) {
    int out;
    asm volatile(\"\" : \"=r\"(out), \"+m\"(s->in.x) : \"r\"(n + f(1)), \"i\"(3) : \"memory\");
    return out;
}",
        "fn t(2) {
          %0 s: struct s
          %1 n: int
          %2 out: int
         b0:
          %3 = call f(0x1) @7:58
          %2 = ?
          (*%0).in.x = ?
          return %2
        }",
    );
}

#[test]
fn initialisers_assign_field_by_field() {
    expect_function(
        "void t(struct s *s) {
    struct s zero = {};
    struct s part = { .in.y = 2, .p = &s->in.x, .arr = { [1] = { 1 } } };
    struct in flat[2] = { 1, { 2 }, { 3, .z = 4 } };
    struct s whole = *s, call = { s->in, { f(5) } };
    tdef d = (tdef){ .t = 6 }; struct { int a; } x = { 1 }; x.a = 2;
    char text[] = \"abc\";
}",
        "fn t(1) {
          %0 s: struct s
          %1 zero: struct s
          %2 part: struct s
          %3 flat: struct in
          %4 whole: struct s
          %5 call: struct s
          %7 d: tdef
          %8 x: anon@a.c:10:32
          %9 text: char
         b0:
          %1.bits = 0x0
          %1.p = 0x0
          %1.next = 0x0
          %2.in.y = 0x2
          %2.p = &(*%0).in.x
          %2.arr[][] = 0x1
          %2.bits = 0x0
          %2.next = 0x0
          %3[].x = 0x1
          %3[].y = 0x2
          %3[].x = 0x3
          %3[].z = 0x4
          %4 = (*%0)
          %5.in = (*%0).in
          %6 = call f(0x5) @9:44
          %5.named.q = %6
          %5.bits = 0x0
          %5.p = 0x0
          %5.next = 0x0
          %7.t = 0x6
          %8.a = 0x1
          %8.a = 0x2
          return
        }",
    );
}

#[test]
fn variadic_arguments_are_unknown() {
    expect_function(
        "long t(int n, ...) {
    __builtin_va_list ap; __builtin_va_start(ap, n);
    long r = __builtin_va_arg(ap, long); struct s *p = __builtin_va_arg(ap, struct s *);
    __builtin_va_end(ap);
    return r + p->bits;
}",
        "fn t(1) {
          %0 n: int
          %1 ap: __builtin_va_list
          %2 r: long
          %3 p: struct s
         b0:
          %2 = ?
          %3 = ?
          return (%2 + (*%3).bits)
        }",
    );
}

#[test]
fn static_variables_have_names_of_their_own() {
    expect_function(
        "extern int shared; static int mine;
int t(void) { static int inner; extern int later; inner = 1; mine = later; return shared; }
int u(void) { static int inner; return inner; }",
        "fn t(0) {
         b0:
          a.c:t.inner = 0x1
          a.c:mine = later
          return shared
        }
        fn u(0) {
         b0:
          return a.c:u.inner
        }",
    );
}

#[test]
fn types_keep_typedefs_and_records() {
    let unit = read(
        "typedef unsigned gfp_t; typedef struct spinlock { int l; } spinlock_t;
typedef struct { int a; } anon_t; typedef spinlock_t *lockp; struct plain;
void t(const gfp_t flags, spinlock_t *l, struct plain **pp, anon_t a[2], lockp p, int (*cb)(gfp_t),
       struct spinlock direct, volatile struct plain *v) { __typeof__(l) x; __auto_type y = flags; }",
    );
    let described: Vec<String> = unit.functions[0]
        .locals
        .iter()
        .map(|local| {
            let ty = local.ty.expect("all have types");
            format!(
                "{}: {}{} {}",
                local.name.map_or("", |name| unit.names.get(name)),
                unit.names.get(ty.name),
                if ty.pointer { " *" } else { "" },
                ty.record.map_or("-", |record| unit.names.get(record)),
            )
        })
        .collect();
    assert_eq!(
        described,
        [
            "flags: gfp_t -",
            "l: spinlock_t * spinlock",
            "pp: struct plain * -",
            "a: anon_t * anon_t",
            "p: lockp * spinlock",
            "cb: int (gfp_t) * -",
            "direct: struct spinlock spinlock",
            "v: struct plain * plain",
            "x: spinlock_t * spinlock",
            "y: gfp_t -",
        ]
    );
}

#[test]
fn members_of_unnamed_records_belong_to_the_named_one() {
    let unit = read(
        "struct outer { union { struct { int deep; }; long n; }; struct { int in; } named; };
typedef struct { int t; } tdef;
int t(struct outer *o, tdef *d) { struct { int local; } v; v.local = d->t; return o->deep + o->named.in; }",
    );
    let mut fields: Vec<String> = unit
        .fields
        .iter()
        .map(|field| {
            format!(
                "{}.{}: {}",
                unit.names.get(field.record),
                unit.names.get(field.name),
                unit.names.get(field.ty.name)
            )
        })
        .collect();
    fields.sort();
    assert_eq!(
        fields,
        [
            "anon@a.c:3:35.local: int",
            "outer.deep: int",
            "outer.in: int",
            "outer.named: outer",
            "tdef.t: int"
        ]
    );
}
