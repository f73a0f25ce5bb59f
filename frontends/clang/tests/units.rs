// SPDX-License-Identifier: MIT OR Apache-2.0
//! Units as a whole: what they declare, initialise and alias, who delivers what headers define,
//! and what happens to broken ones.

mod common;

use std::sync::atomic::{AtomicUsize, Ordering};

use common::{Tree, expect, library, read, text};
use waitctx_clang::{Job, read_units};
use waitctx_model::{IncidentKind, Unit};

fn names(unit: &Unit) -> Vec<&str> {
    unit.functions
        .iter()
        .map(|it| unit.names.get(it.symbol.name))
        .collect()
}

fn declared(unit: &Unit) -> Vec<String> {
    unit.declarations
        .iter()
        .map(|it| {
            let file = it
                .symbol
                .file
                .map_or(String::new(), |file| format!("{}:", unit.names.get(file)));
            format!("{file}{}", unit.names.get(it.symbol.name))
        })
        .collect()
}

#[test]
fn function_addresses_in_static_storage_are_recorded() {
    expect(
        "int f(int); int h(int);
struct ops { int (*fn)(int); int (*arr[3])(int); };
struct o { struct ops *ops; long n; };
typedef struct { int (*cb)(int); union { int (*u)(int); long n; }; struct { int (*deep)(int); } in; } td;
static struct ops table[] = { { f, { h, [2] = f } }, { .fn = (void *)h, .arr[1] = &f } };
static struct o wrapped = { .ops = &(struct ops){ .fn = f } };
int (*plain)(int) = f;
td tds[] = { { f, { .u = f }, { h } }, { .u = h, .in.deep = f }, { h, f, h } };
static long number = (long)f;
#define IS_ENABLED(x) 0
struct ops chosen = { .fn = sizeof(int) == 4 ? f : h, .arr = { IS_ENABLED(CONFIG_A) ? f : h } };
int t(void) { static const struct ops inner = { .fn = h }; return inner.fn(1); }",
        "fn t(0) {
         b0:
          %0 = call [a.c:t.inner.fn](0x1) @12:67
          return %0
        }
        init a.c:table ops.fn = f
        init a.c:table ops.arr = h
        init a.c:table ops.arr = f
        init a.c:table ops.fn = h
        init a.c:table ops.arr = f
        init a.c:wrapped ops.fn = f
        init plain itself = f
        init tds td.cb = f
        init tds td.u = f
        init tds td.deep = h
        init tds td.u = h
        init tds td.deep = f
        init tds td.cb = h
        init tds td.u = f
        init tds td.deep = h
        init a.c:number itself = f
        init chosen ops.fn = f
        init chosen ops.arr = f
        init chosen ops.arr = h
        init a.c:t.inner ops.fn = h",
    );
}

#[test]
fn aliases_are_second_names() {
    let unit = read(
        "long sys_x(int) __attribute__((alias(\"__se_sys_x\")));
static long __se_sys_x(int a) { return a; }
long weak_x(int) __attribute__((weak, alias(\"__se_sys_x\")));",
    );
    assert!(text(&unit).ends_with("alias sys_x = a.c:__se_sys_x\nalias weak_x = a.c:__se_sys_x\n"));
    assert_eq!(
        unit.aliases.iter().map(|it| it.weak).collect::<Vec<_>>(),
        [false, true]
    );
}

#[test]
fn declarations_say_what_is_called_but_not_defined_here() {
    let tree = Tree::new(&[
        (
            "a.c",
            "#include \"a.h\"
typedef unsigned gfp_t;
void stop(int code) __attribute__((noreturn)); int unused(void); void *stored(gfp_t flags);
int t(int n) { void *(*p)(gfp_t) = stored; if (inl(n)) stop(1); return p != 0; }
__attribute__((weak)) void weak(void) {}
__attribute__((section(\".init.text\"))) void early(void) {}",
        ),
        (
            "include/a.h",
            "static inline int inl(int n) { return n; }\n#define MACRO 1\n",
        ),
    ]);
    let unit = tree.read("a.c");
    assert_eq!(names(&unit), ["inl", "t", "weak", "early"]);
    // What the unit defines itself, in a header, needs no declaration.
    assert_eq!(declared(&unit), ["stop", "stored"]);
    let stop = &unit.declarations[0];
    assert!(stop.flags.noreturn && !stop.flags.in_header);
    let parameter = unit.declarations[1].parameters[0];
    assert_eq!(unit.names.get(parameter.name), "gfp_t");
    let flags: Vec<_> = unit.functions.iter().map(|it| it.flags).collect();
    assert!(flags[0].in_header && !flags[1].in_header);
    assert!(flags[2].weak && !flags[2].init && flags[3].init && !flags[3].weak);
    assert_eq!(unit.file.map(|file| unit.names.get(file)), Some("a.c"));
    assert_eq!(unit.stats.calls, 2);
}

#[test]
fn headers_are_delivered_once_whatever_the_threads_do() {
    let header = "struct s { int (*fn)(int); };
int call(struct s *); static inline int only(int n) { struct s s = { 0 }; return call(&s) + n; }
static inline int twice(int n) { return only(n) + only(n); }
static struct s table = { only };";
    let mut files: Vec<(String, String)> = vec![("include/h.h".to_owned(), header.to_owned())];
    for number in 0..12 {
        files.push((
            format!("{number:02}.c"),
            format!("#include \"h.h\"\nint f{number}(void) {{ return twice({number}); }}"),
        ));
    }
    // The first includes nothing, the second is broken: its copies come last.
    files[1].1 = "int f0(void) { return 0; }".to_owned();
    files[2].1 =
        "#include \"missing.h\"\n#include \"h.h\"\nint f1(void) { return twice(1); }".to_owned();
    let list: Vec<(&str, &str)> = files.iter().map(|(a, b)| (&a[..], &b[..])).collect();
    let tree = Tree::new(&list);
    let jobs: Vec<Job> = (0..12)
        .map(|number| tree.job(&format!("{number:02}.c")))
        .collect();
    let mut first = None;
    for threads in [1, 2, 5, 1] {
        let mut options = tree.options();
        options.jobs = threads;
        let seen = AtomicUsize::new(0);
        let units = read_units(library(), &jobs, &options, &|_, _| {
            seen.fetch_add(1, Ordering::Relaxed);
        });
        assert_eq!(seen.into_inner(), 12);
        assert_eq!(names(&units[0]), ["f0"]);
        assert_eq!(names(&units[1]), ["f1"]);
        assert_eq!(names(&units[2]), ["only", "twice", "f2"]);
        assert_eq!(names(&units[3]), ["f3"]);
        assert_eq!(declared(&units[3]), ["include/h.h:twice"]);
        assert_eq!(units[2].initialisers.len(), 1);
        assert_eq!(units[3].initialisers.len(), 0);
        assert_eq!(units[3].stats.calls, 1);
        let everything = format!("{units:?}");
        assert_eq!(*first.get_or_insert(everything.clone()), everything);
    }
}

#[test]
fn an_assertion_of_sizes_damages_nothing() {
    let unit = read("_Static_assert(sizeof(int) == 1, \"size\");\nint t(int n) { return n; }");
    assert_eq!(unit.incidents, []);
    assert!(names(&unit).contains(&"t"));
}

#[test]
fn a_broken_unit_keeps_what_can_be_read() {
    let unit = read(
        "#include \"missing.h\"\nint f(int);\nint t(int n) { return f(n); }\nint u(void) { return nothing; }",
    );
    let told: Vec<_> = unit
        .incidents
        .iter()
        .map(|it| (it.kind, it.message.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (
                IncidentKind::UnitDamaged,
                "a.c:1: 'missing.h' file not found"
            ),
            (
                IncidentKind::UnitDamaged,
                "a.c:4: use of undeclared identifier 'nothing'"
            ),
        ]
    );
    assert!(names(&unit).contains(&"t"));
}

#[test]
fn a_missing_file_is_a_lost_unit() {
    let tree = Tree::new(&[]);
    let unit = tree.read("no.c");
    assert_eq!(unit.file.map(|file| unit.names.get(file)), Some("no.c"));
    assert_eq!(unit.incidents[0].kind, IncidentKind::UnitLost);
    assert_eq!(unit.incidents[0].message, "the source file does not exist");
}

#[test]
fn arguments_that_libclang_does_not_know_are_left_out() {
    let tree = Tree::new(&[("a.c", "int t(void) { return VALUE; }")]);
    let mut job = tree.job("a.c");
    job.arguments.extend(
        [
            "-fno-such-flag",
            "-DVALUE=7",
            "-mno-such-thing=3",
            "--no-such",
        ]
        .map(str::to_owned),
    );
    let unit = waitctx_clang::read_unit(library(), &job, &tree.options());
    assert!(text(&unit).contains("return 0x7"), "{:?}", unit.incidents);
    let kinds: Vec<_> = unit.incidents.iter().map(|it| it.kind).collect();
    assert_eq!(kinds, [IncidentKind::Approximated; 3]);
}

#[test]
fn what_nests_too_deeply_is_cut_off_and_told() {
    let sum = "a + ".repeat(5000);
    let source = format!("int t(int a) {{ return {sum}1; }}\nint u(int a) {{ return a; }}");
    let tree = Tree::new(&[("a.c", &source)]);
    let units = read_units(library(), &[tree.job("a.c")], &tree.options(), &|_, _| {});
    assert_eq!(names(&units[0]), ["t", "u"]);
    let incident = &units[0].incidents[0];
    assert_eq!(incident.kind, IncidentKind::Approximated);
    assert_eq!(incident.message, "nested too deeply to be followed");
}
