// SPDX-License-Identifier: MIT OR Apache-2.0
//! A scan that knows what earlier scans read prints what a scan from nothing prints, whatever was
//! changed in between and whatever became of the cache.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A copy of the miniature kernel with a cache of its own.
struct Tree {
    directory: TempDir,
}

impl Tree {
    fn new() -> Self {
        let tree = Self {
            directory: tempfile::tempdir().unwrap(),
        };
        let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata");
        copy(&testdata.join("miniature"), &tree.path("miniature"));
        copy(&testdata.join("include"), &tree.path("include"));
        tree
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn cache(&self) -> PathBuf {
        self.path("cache")
    }

    fn scan(&self, more: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_waitctx"))
            .current_dir(self.directory.path())
            .env("WAITCTX_CACHE_DIR", self.cache())
            .args(["scan", "miniature", "--all", "--output-format", "json"])
            .args(more)
            .output()
            .unwrap()
    }

    /// What a scan prints that knows what the last one read.
    fn warm(&self) -> (String, String) {
        let output = self.scan(&[]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() < Some(2), "{said}");
        (String::from_utf8(output.stdout).unwrap(), said)
    }

    /// What a scan prints that knows nothing.
    fn cold(&self) -> String {
        let output = self.scan(&["--no-cache"]);
        assert!(output.status.code() < Some(2));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Files that are not tables, with names below the copy.
    fn sources(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for folder in ["miniature", "include"] {
            list(&self.path(folder), &mut found);
        }
        found.retain(|it| it.extension().is_some_and(|it| it == "c" || it == "h"));
        found
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap().path();
        let target = to.join(entry.file_name().unwrap());
        if entry.is_dir() {
            copy(&entry, &target);
        } else {
            fs::copy(&entry, &target).unwrap();
        }
    }
}

fn list(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|it| it.unwrap().path())
        .collect();
    entries.sort();
    for entry in entries {
        if entry.is_dir() {
            list(&entry, found);
        } else {
            found.push(entry);
        }
    }
}

/// A small generator (Marsaglia's xorshift), so that a failing sequence can be run again.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % bound
    }

    fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

/// What replaces what in one edit; a call, a lock, a flag, a name.
const REPLACEMENTS: [(&str, &str); 12] = [
    ("GFP_KERNEL", "GFP_ATOMIC"),
    ("GFP_ATOMIC", "GFP_KERNEL"),
    ("raw_spin_lock_irqsave(", "spin_lock_irqsave("),
    ("spin_lock(", "raw_spin_lock("),
    ("mutex_lock(", "mutex_trylock("),
    ("kfree(", "(void)("),
    ("kmalloc(", "kzalloc("),
    ("if (", "if (!!"),
    ("return 0;", "return 1;"),
    ("static ", "static /* changed */ "),
    ("unlock", "lock"),
    ("struct event", "struct other_event"),
];

/// Makes one change to the tree and says which.
fn edit(tree: &Tree, random: &mut Random) -> String {
    let sources = tree.sources();
    let database = tree.path("miniature/compile_commands.json");
    let original = || {
        let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata");
        testdata.join("miniature/compile_commands.json")
    };
    match random.below(8) {
        0 => {
            let file = random.pick(&sources);
            let text = fs::read_to_string(file).unwrap();
            fs::write(file, format!("/* a line more */\n{text}")).unwrap();
            format!("comment before {}", file.display())
        }
        1 => {
            let file = random.pick(&sources);
            let text = fs::read_to_string(file).unwrap();
            fs::write(file, &text).unwrap();
            format!("wrote {} again as it was", file.display())
        }
        2 => {
            let text = fs::read_to_string(&database).unwrap();
            let mut entries: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
            if entries.len() > 3 {
                let gone = random.below(entries.len());
                entries.remove(gone);
            }
            fs::write(&database, serde_json::to_string(&entries).unwrap()).unwrap();
            "a unit less".to_owned()
        }
        3 => {
            fs::copy(original(), &database).unwrap();
            "all units and flags back".to_owned()
        }
        4 => {
            let text = fs::read_to_string(&database).unwrap();
            let flags = random.pick(&["-DCONFIG_KASAN=1 -DCONFIG_EXTRA=1", "-DCONFIG_SMP=1"]);
            fs::write(&database, text.replace("-DCONFIG_KASAN=1", flags)).unwrap();
            format!("configuration {flags}")
        }
        5 => {
            // A header that is found before the one that was.
            let name = random.pick(&["include/linux/slab.h", "include/linux/mutex.h"]);
            let shadow = tree.path("miniature").join(name);
            if shadow.exists() && !original().with_file_name(name).exists() {
                fs::remove_file(&shadow).unwrap();
                return format!("{name} no longer shadowed");
            }
            if !shadow.exists() {
                let shadowed = fs::read_to_string(tree.path(name)).unwrap();
                let text = shadowed.replace("__might_sleep", "might_not_sleep");
                fs::write(&shadow, text).unwrap();
            }
            format!("{name} shadowed")
        }
        _ => {
            let file = random.pick(&sources);
            let (old, new) = random.pick(&REPLACEMENTS);
            let text = fs::read_to_string(file).unwrap();
            let count = text.matches(old).count();
            if count > 0 {
                let nth = random.below(count);
                let at = text.match_indices(old).nth(nth).unwrap().0;
                let changed = format!("{}{new}{}", &text[..at], &text[at + old.len()..]);
                fs::write(file, changed).unwrap();
            }
            format!("{old} becomes {new} in {}", file.display())
        }
    }
}

#[test]
fn any_sequence_of_edits_prints_what_a_scan_from_nothing_prints() {
    for seed in [1, 0x1234_5678_9abc_def1, 0xfeed_f00d_dead_beef] {
        let tree = Tree::new();
        let mut random = Random(seed);
        let mut done = Vec::new();
        for _ in 0..12 {
            assert_eq!(tree.warm().0, tree.cold(), "seed {seed:#x} after {done:#?}");
            done.push(edit(&tree, &mut random));
            if random.below(2) == 0 {
                done.push(edit(&tree, &mut random));
            }
        }
    }
}

/// A header with a bug in a function, two units that include it, and one that does not.
fn shared_header() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(directory.path().join(name), text).unwrap();
    write(
        "x.h",
        "typedef struct raw_spinlock { int raw_lock; } raw_spinlock_t;
void _raw_spin_lock(raw_spinlock_t *lock);
void _raw_spin_unlock(raw_spinlock_t *lock);
void msleep(unsigned int msecs);
static inline void settle(raw_spinlock_t *lock)
{
	_raw_spin_lock(lock);
	msleep(10);
	_raw_spin_unlock(lock);
}
",
    );
    write(
        "a.c",
        "#include \"x.h\"\nvoid a(raw_spinlock_t *lock) { settle(lock); }\n",
    );
    write(
        "b.c",
        "#include \"x.h\"\nvoid b(raw_spinlock_t *lock) { settle(lock); }\n",
    );
    write("c.c", "int c(void) { return 0; }\n");
    directory
}

/// Scans some units of the tree, whose database is `name`, and says whether the bug is found.
fn finds(tree: &TempDir, name: &str, units: &[&str]) -> bool {
    let entry = |unit: &&str| {
        format!(
            r#"{{"directory": "{0}", "file": "{unit}", "arguments": ["cc", "-c", "{unit}"]}}"#,
            tree.path().display()
        )
    };
    let entries: Vec<String> = units.iter().map(entry).collect();
    let database = tree.path().join(name);
    fs::write(&database, format!("[{}]", entries.join(","))).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_waitctx"))
        .current_dir(tree.path())
        .env("WAITCTX_CACHE_DIR", tree.path().join("cache"))
        .args(["scan", ".", "--jobs", "1", "-p", name])
        .output()
        .unwrap();
    assert!(output.status.code() < Some(2), "{output:?}");
    output.status.code() == Some(1)
}

#[test]
fn what_a_unit_delivered_that_is_gone_is_delivered_by_another() {
    let tree = shared_header();
    assert!(finds(&tree, "one.json", &["a.c", "b.c"]));
    assert!(finds(&tree, "one.json", &["b.c"]));
    assert!(finds(&tree, "one.json", &["b.c", "c.c"]));
    assert!(!finds(&tree, "one.json", &["c.c"]));
}

#[test]
fn databases_that_share_a_cache_and_a_unit_do_not_share_what_it_delivers() {
    let tree = shared_header();
    assert!(finds(&tree, "one.json", &["b.c", "c.c"]));
    assert!(finds(&tree, "two.json", &["a.c", "b.c"]));
    // The first database again, with something to solve anew.
    let text = "int c(void) { return 1; }\n";
    fs::write(tree.path().join("c.c"), text).unwrap();
    assert!(finds(&tree, "one.json", &["b.c", "c.c"]));
}

#[test]
fn nothing_is_read_again_when_nothing_has_changed() {
    let tree = Tree::new();
    let first = tree.scan(&["--verbose"]);
    let second = tree.scan(&["--verbose"]);
    assert_eq!(first.stdout, second.stdout);
    let said = String::from_utf8(second.stderr).unwrap();
    assert!(
        said.contains("17 of the units are as an earlier scan read them"),
        "{said}"
    );
    assert!(!said.contains(", solve"), "{said}");

    // One unit is read when one is edited.
    let file = tree.path("miniature/kernel/workqueue.c");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(
        &file,
        format!("{text}\nint one_more(void) {{ return 1; }}\n"),
    )
    .unwrap();
    let said = String::from_utf8(tree.scan(&["--verbose"]).stderr).unwrap();
    assert!(
        said.contains("16 of the units are as an earlier scan read them"),
        "{said}"
    );
}

#[test]
fn without_precompiled_headers_it_prints_the_same() {
    let tree = Tree::new();
    let plain = tree.scan(&["--no-cache", "--no-pch"]);
    let shared = tree.scan(&["--no-cache", "--check-pch"]);
    assert_eq!(plain.stdout, shared.stdout);
    let said = String::from_utf8(shared.stderr).unwrap();
    assert!(!said.contains("precompiled headers changed"), "{said}");
}

#[test]
fn a_damaged_cache_loses_nothing() {
    let tree = Tree::new();
    let (expected, _) = tree.warm();
    let mut files = Vec::new();
    list(&tree.cache(), &mut files);
    assert!(files.len() > 16);
    let file = tree.path("miniature/kernel/workqueue.c");
    for (round, damage) in [0, 1, 2, 3].into_iter().enumerate() {
        for path in &files {
            let Ok(mut bytes) = fs::read(path) else {
                continue;
            };
            match damage {
                0 => bytes.truncate(bytes.len() / 2),
                1 => bytes.iter_mut().for_each(|it| *it = !*it),
                2 => bytes.clear(),
                _ => {
                    fs::remove_file(path).unwrap();
                    continue;
                }
            }
            fs::write(path, bytes).unwrap();
        }
        let (printed, said) = tree.warm();
        assert_eq!(printed, expected, "{said}");
        // What was stored for one unit must also do without what was stored for the others.
        let text = fs::read_to_string(&file).unwrap();
        fs::write(&file, format!("{text}/* {round} */\n")).unwrap();
        assert_eq!(tree.warm().0, tree.cold());
    }
}

#[test]
fn only_what_has_changed_is_solved_again() {
    let tree = Tree::new();
    tree.warm();
    let file = tree.path("miniature/kernel/trace_buffer.c");
    let text = fs::read_to_string(&file).unwrap();
    let scan = || {
        let output = tree.scan(&["--verbose"]);
        let said = String::from_utf8(output.stderr).unwrap();
        (String::from_utf8(output.stdout).unwrap(), said)
    };
    // A line more, a statement more, a function more: the second edit is one of what is left of the first.
    let helper = "static int wide(int size)\n{\n\treturn size + 1;\n}\n";
    for edited in [
        format!("/* a line more */\n{text}"),
        text.replacen("\n{\n", "\n{\n\t(void)0;\n", 1),
        format!("{text}\n{helper}"),
    ] {
        fs::write(&file, edited).unwrap();
        let (printed, said) = scan();
        assert_eq!(printed, tree.cold());
        assert!(said.contains("solve again"), "{said}");
        assert!(!solves_everything(&said), "{said}");
    }
    // What cannot be read costs time and nothing else.
    let mut files = Vec::new();
    list(&tree.cache(), &mut files);
    files.retain(|it| it.extension().is_some_and(|it| it == "left"));
    assert_eq!(files.len(), 1);
    let mut bytes = fs::read(&files[0]).unwrap();
    bytes.iter_mut().step_by(7).for_each(|it| *it = !*it);
    fs::write(&files[0], bytes).unwrap();
    fs::write(
        &file,
        format!("{text}\n{helper}\n{helper}").replace("wide", "broad"),
    )
    .unwrap();
    let (printed, said) = scan();
    assert_eq!(printed, tree.cold());
    assert!(solves_everything(&said), "{said}");
}

/// Whether a scan says that it solved everything, whatever it tried first.
fn solves_everything(said: &str) -> bool {
    said.replace("solve again", "").contains("solve ")
}

#[test]
fn a_cache_that_cannot_be_written_is_said_and_done_without() {
    let tree = Tree::new();
    let expected = tree.cold();
    fs::write(tree.cache(), "a file where a folder should be").unwrap();
    let (printed, said) = tree.warm();
    assert_eq!(printed, expected);
    assert!(said.contains("going on without a cache"), "{said}");
    assert!(said.contains(tree.cache().to_str().unwrap()), "{said}");
}

#[test]
fn two_scans_at_once_share_a_cache() {
    let tree = Tree::new();
    let expected = tree.cold();
    let printed: Vec<String> = std::thread::scope(|scope| {
        let scans: Vec<_> = (0..3).map(|_| scope.spawn(|| tree.warm().0)).collect();
        scans.into_iter().map(|it| it.join().unwrap()).collect()
    });
    for printed in printed {
        assert_eq!(printed, expected);
    }
    assert_eq!(tree.warm().0, expected);
}
