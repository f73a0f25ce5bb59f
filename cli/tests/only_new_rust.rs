// SPDX-License-Identifier: MIT OR Apache-2.0
//! Only what is new, in Rust.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

#[path = "support/tree.rs"]
mod tree;

use tree::{SCAN, Tree, stdout};

const BINDINGS: &str = "\
pub struct raw_spinlock { raw_lock: i32 }
pub type raw_spinlock_t = raw_spinlock;
extern \"C\" {
    pub fn _raw_spin_lock(lock: *mut raw_spinlock_t);
    pub fn _raw_spin_unlock(lock: *mut raw_spinlock_t);
    pub fn msleep(msecs: u32);
}
";

/// A driver in Rust; with `body` under a raw spinlock.
fn driver(body: &str) -> String {
    format!(
        "pub struct Device {{ raw: bindings::raw_spinlock_t }}\n\
         pub fn stop(device: &mut Device) {{\n\
         unsafe {{ bindings::_raw_spin_lock(&mut device.raw) }};\n\
         {body}\n\
         unsafe {{ bindings::_raw_spin_unlock(&mut device.raw) }};\n\
         }}\n"
    )
}

const SLEEP: &str = "unsafe { bindings::msleep(10) };";

#[test]
fn staged_rust_is_what_the_index_has() {
    let tree = Tree::of(&[
        ("a.c", ""),
        ("rust/bindings.rs", BINDINGS),
        ("drivers/d.rs", &driver("")),
    ]);
    let project = r#"{"crates": [
        {"display_name": "bindings", "root_module": "rust/bindings.rs", "edition": "2021"},
        {"display_name": "d", "root_module": "drivers/d.rs", "edition": "2021"}
    ]}"#;
    tree.write("rust-project.json", project);
    tree.commit();
    let shown = |options: &[&str]| {
        let output = tree.run(&[&SCAN[..], options].concat());
        let line = stdout(&output).lines().next().unwrap_or("").to_owned();
        line.split(" [").next().unwrap_or("").to_owned()
    };
    let found = "drivers/d.rs:4:20: error: `msleep` may sleep";
    let sleeping = driver(SLEEP);
    // On the disk only, then in the index only.
    tree.write("drivers/d.rs", &sleeping);
    assert!(
        shown(&["--since", "HEAD"]).starts_with(found),
        "{}",
        shown(&["--since", "HEAD"])
    );
    assert_eq!(shown(&["--staged"]), "");
    tree.git(&["add", "."]);
    tree.write("drivers/d.rs", "this is no Rust");
    assert!(shown(&["--staged"]).starts_with(found));
    tree.git(&["commit", "--quiet", "-m", "it sleeps"]);
    // What was there before is old, as in C.
    tree.write("drivers/d.rs", &driver("unsafe { bindings::msleep(11) };"));
    tree.git(&["add", "."]);
    assert_eq!(shown(&["--staged"]), "");
    // A crate that is gone from the index is not read.
    tree.git(&["rm", "--quiet", "--cached", "drivers/d.rs"]);
    tree.write("drivers/d.rs", &sleeping);
    assert_eq!(shown(&["--staged"]), "");
}

/// The lines of findings in `drivers`, without their rule.
fn heads(tree: &Tree, options: &[&str]) -> Vec<String> {
    let scan = ["scan", "--output-format", "short", "--rust", "all"];
    let output = tree.run(&[&scan[..], options].concat());
    let lines = stdout(&output).lines();
    let heads = lines.filter_map(|it| it.strip_prefix("drivers/"));
    heads
        .map(|it| it.split(": ").next().unwrap_or(it).to_owned())
        .collect()
}

#[test]
fn which_crates_there_are_is_what_the_index_says() {
    let tree = Tree::of(&[
        ("a.c", ""),
        ("rust/Makefile", "obj-y += bindings.o\n"),
        ("rust/bindings.rs", BINDINGS),
        ("drivers/Makefile", "obj-y += other.o\n"),
        ("drivers/other.rs", ""),
    ]);
    tree.commit();
    let makefile = "obj-$(CONFIG_D) += d.o\n";
    tree.write("drivers/Makefile", makefile);
    tree.write("drivers/d.rs", &driver(SLEEP));
    assert_eq!(heads(&tree, &["--staged"]), [""; 0], "on the disk only");
    assert_eq!(heads(&tree, &["--since", "HEAD"]), ["d.rs:4:20"]);
    // In the index only: neither the driver nor who names it is on the disk.
    tree.git(&["add", "."]);
    tree.write("drivers/Makefile", "");
    std::fs::remove_file(tree.path("drivers/d.rs")).unwrap();
    assert_eq!(heads(&tree, &["--staged"]), ["d.rs:4:20"]);
    assert_eq!(heads(&tree, &["--since", "HEAD"]), [""; 0]);
    // What is not built any more, as the index says, is not read.
    tree.git(&["commit", "--quiet", "-m", "a driver"]);
    tree.git(&["checkout", "--quiet", "."]);
    tree.write("drivers/Makefile", "obj-y += other.o\n");
    tree.git(&["add", "."]);
    tree.write("drivers/Makefile", makefile);
    let before = ["--since", "HEAD~1"];
    assert_eq!(heads(&tree, &before), ["d.rs:4:20"]);
    assert_eq!(
        heads(&tree, &[&before[..], &["--staged"]].concat()),
        [""; 0]
    );
}
