// SPDX-License-Identifier: MIT OR Apache-2.0
//! `waitctx why` and `waitctx graph` on the kernel in miniature.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

#[path = "support/tree.rs"]
mod tree;

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tree::Tree;

fn waitctx(arguments: &[&str]) -> Output {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    Command::new(env!("CARGO_BIN_EXE_waitctx"))
        .current_dir(root)
        .args(arguments)
        .output()
        .unwrap()
}

fn answer(arguments: &[&str]) -> String {
    let output = waitctx(arguments);
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{complaints}");
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn assert_has(text: &str, parts: &[&str]) {
    let mut rest = text;
    for part in parts {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => panic!("{part:?} is not where it should be in\n{text}"),
        }
    }
}

#[test]
fn a_demand_has_its_condition_and_chain() {
    let text = answer(&["why", "kasan_save_stack", "testdata/miniature"]);
    assert_has(
        &text,
        &[
            "kasan_save_stack (mm/kasan/common.c:7)\n",
            "\nWhat it demands\n  - allocates memory (wait type config), if can_alloc\n",
            "      1. mm/kasan/common.c:13: kasan_save_stack calls stack_depot_save\n",
            "      2. lib/stackdepot.c:39: ",
            "\nWhat it returns with\n  The context it was called in.\n",
            "\nIn which contexts it is called\n",
            "  - while `worker_pool.lock` (raw_spinlock_t) is held and in an RCU read-side\n",
            "      1. kernel/workqueue.c:33: __queue_work: RCU read-side section begins here\n",
            "      2. kernel/workqueue.c:35: __queue_work takes `worker_pool.lock`\n",
            "\nFindings it takes part in\n",
            "[atomic-alloc-under-raw-spinlock]\n",
        ],
    );
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn what_a_scan_left_answers_as_the_sources_do() {
    let source = format!("{}{}", tree::SOURCE, tree::SECOND);
    let tree = Tree::new(&source);
    tree.run(&["scan"]);
    // Nothing happens in the last one, so that no report is about its calls.
    let edited = source
        .replace("int state; };", "int state; };\nvoid other(void);")
        .replace("\tmsleep(20);\n", "\tcount(device);\n\tmsleep(20);\n");
    let count = "\nstatic void count(struct device *device)\n{\n\tdevice->state++;\n}\n";
    let edited = edited.replace("\nvoid suspend", &format!("{count}\nvoid suspend"));
    for text in [source.clone(), edited] {
        tree.write("a.c", &text);
        let asked: &[&[&str]] = &[
            &["why", "reset"],
            &["why", "_raw_spin_lock"],
            &["why", "reset", "--under", "device.lock"],
            &["graph"],
            &["graph", "--function", "stop", "--format", "json"],
        ];
        for question in asked {
            let from_cache = tree.run(question);
            let from_sources = tree.run(&[question, &["--no-cache"][..]].concat());
            assert_eq!(tree::stdout(&from_cache), tree::stdout(&from_sources));
            assert!(!tree::stdout(&from_cache).is_empty());
        }
    }
    let text = tree.run(&["why", "count"]);
    assert_has(
        tree::stdout(&text),
        &[
            "while `device.lock` (raw_spinlock_t) is held",
            "suspend calls count",
        ],
    );
}

#[test]
fn what_is_held_on_return_is_told() {
    let function = "kernel/rcu/tree.c:krc_this_cpu_lock";
    let text = answer(&["why", function, "testdata/miniature"]);
    assert_has(
        &text,
        &[
            "krc_this_cpu_lock (kernel/rcu/tree.c:21)\n",
            "\nWhat it returns with\n",
        ],
    );
    // The page is as wide as a terminal, so a line may end anywhere.
    let words: Vec<&str> = text.split_whitespace().collect();
    assert_has(
        &words.join(" "),
        &["`kfree_rcu_cpu.lock` (raw-spinlock) in force"],
    );
    assert!(!text.contains("tree_fixed.c:22)"), "{text}");
}

#[test]
fn under_a_lock_there_is_a_path_or_none() {
    let ask = |lock| {
        let function = "kernel/workqueue.c:insert_work";
        answer(&["why", function, "testdata/miniature", "--under", lock])
    };
    assert_has(
        &ask("worker_pool.lock"),
        &["1. kernel/workqueue.c:35: ", "2. kernel/workqueue.c:37: "],
    );
    assert_has(&ask("rcu"), &["in an RCU read-side section"]);
    assert_has(
        &ask("rq.lock"),
        &["No path is known on which `insert_work`"],
    );
}

#[test]
fn a_modelled_function_shows_its_model() {
    let text = answer(&["why", "kmalloc_noprof", "testdata/miniature"]);
    assert_has(
        &text,
        &[
            "  - allocates memory (wait type config)",
            "while `rx_ring.lock` (spinlock_t) is held",
        ],
    );
    assert!(!text.contains("What it returns with"), "{text}");
}

/// What a guess leads to is told apart from what is sure.
#[test]
fn a_guess_is_counted_and_shown_when_it_is_asked_for() {
    let tree = Tree::of(&[("a.c", GUESSED)]);
    let ask = |more: &[&str]| {
        let output = tree.run(&[&["why", "reset"], more].concat());
        assert_eq!(tree::status(&output), Some(0), "{}", tree::stderr(&output));
        tree::stdout(&output).to_owned()
    };
    let text = ask(&[]);
    assert_has(
        &text,
        &[
            "In which contexts it is called\n",
            "  - while `device.lock` (raw_spinlock_t) is held (limit spin)\n",
            "      2. a.c:18: stop calls do_reset (reset)\n",
            "  It may also be called in 2 contexts by way of pointers",
        ],
    );
    assert!(!text.contains("other_lock"), "{text}");
    let under = ask(&["--under", "other_lock"]);
    assert_has(
        &under,
        &[
            "  - while `other_lock` (raw_spinlock_t) is held (limit spin)\n",
            "calls reset through operations.run\n",
            "      The chain rests on a guess.\n",
        ],
    );
    // A macro stands for what it calls.
    let output = tree.run(&["why", "do_reset"]);
    assert_has(
        tree::stdout(&output),
        &["reset (a.c:11)\n", "  The macro `do_reset` calls it.\n"],
    );
}

const GUESSED: &str = "\
typedef struct raw_spinlock { int raw_lock; } raw_spinlock_t;
void _raw_spin_lock(raw_spinlock_t *lock);
void _raw_spin_unlock(raw_spinlock_t *lock);
void msleep(unsigned int msecs);
struct device { raw_spinlock_t lock; };
raw_spinlock_t other_lock;
struct operations { void (*run)(struct device *device); };
static int sum;
static void a(struct device *device) { sum += 1; }
static void b(struct device *device) { sum += 2; }
static void reset(struct device *device) { msleep(10); }
static void c(struct device *device) { sum += 3; }
static void d(struct device *device) { sum += 4; }
#define do_reset(device) reset(device)
void stop(struct device *device)
{
\t_raw_spin_lock(&device->lock);
\tdo_reset(device);
\t_raw_spin_unlock(&device->lock);
}
struct operations all[] = { { a }, { b }, { reset }, { c }, { d } };
void run(struct operations *it, struct device *device)
{
\t_raw_spin_lock(&other_lock);
\tit->run(device);
\t_raw_spin_unlock(&other_lock);
}
void run_unlocked(struct operations *it, struct device *device) { it->run(device); }
";

#[test]
fn a_typing_error_finds_the_function() {
    let output = waitctx(&["why", "kasan_save_stak", "testdata/miniature"]);
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stderr).unwrap();
    assert_has(
        &text,
        &[
            "error: there is no function `kasan_save_stak` in the program",
            "there is `kasan_save_stack`",
        ],
    );
}

fn graph(arguments: &[&str]) -> Value {
    let format = ["graph", "testdata/miniature", "--format", "json"];
    serde_json::from_str(&answer(&[&format[..], arguments].concat())).unwrap()
}

fn names(graph: &Value) -> Vec<&str> {
    let nodes = graph["nodes"].as_array().unwrap();
    let mut names: Vec<&str> = nodes
        .iter()
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    names.sort_unstable();
    names
}

#[test]
fn a_graph_around_a_function() {
    let around = graph(&["--function", "kasan_save_stack", "--depth", "1"]);
    assert_eq!(
        names(&around),
        [
            "__kasan_record_aux_stack",
            "kasan_save_stack",
            "stack_depot_save",
            "stack_trace_save"
        ]
    );
    let nodes = around["nodes"].as_array().unwrap();
    let depot = nodes
        .iter()
        .find(|it| it["name"] == "stack_depot_save")
        .unwrap();
    let effects = depot["effects"].as_array().unwrap();
    assert!(
        effects
            .iter()
            .any(|it| it["kind"] == "demand" && it["label"] == "allocates memory")
    );
    assert!(
        effects
            .iter()
            .any(|it| it["kind"] == "acquire" && it["detail"] == "pool_lock")
    );
    assert_eq!(around["edges"].as_array().unwrap().len(), 3);
}

#[test]
fn a_graph_around_a_finding_has_its_chain() {
    let report = waitctx(&["scan", "testdata/miniature", "--output-format", "json"]);
    let report: Value = serde_json::from_slice(&report.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let finding = findings
        .iter()
        .max_by_key(|it| it["witness"].as_array().unwrap().len());
    let finding = finding.unwrap();
    let around = graph(&["--finding", finding["fingerprint"].as_str().unwrap()]);
    let names = names(&around);
    for step in finding["witness"].as_array().unwrap() {
        let function = step["function"].as_str().unwrap();
        assert!(names.contains(&function), "{function} is not in {names:?}");
    }
    // Between the first call and the demand the lock is told where it is held.
    let edges = around["edges"].as_array().unwrap();
    let held = |it: &&Value| it["held"][0]["lock"] == finding["context"]["lock"];
    assert!(edges.iter().any(|it| held(&it)), "{edges:#?}");
}

#[test]
fn a_graph_that_is_too_large_says_so() {
    let small = graph(&["--function", "insert_work", "--depth", "4", "--limit", "2"]);
    assert!(small["left_out"].as_u64().unwrap() > 0);
    let whole = graph(&[]);
    assert!(whole["nodes"].as_array().unwrap().len() > 100);
    assert_eq!(whole["left_out"], 0);
}

#[test]
fn every_form_of_a_graph_is_whole() {
    let around = ["--function", "stack_depot_save"];
    let nodes = graph(&around)["nodes"].as_array().unwrap().len();
    let text = |format| {
        let arguments = ["graph", "testdata/miniature", "--format", format];
        answer(&[&arguments[..], &around].concat())
    };
    let dot = text("dot");
    assert!(
        dot.starts_with("digraph calls {\n") && dot.ends_with("}\n"),
        "{dot}"
    );
    assert_eq!(dot.matches("[ label=").count(), nodes);
    let graphml = text("graphml");
    assert_eq!(graphml.matches("<node id=").count(), nodes);
    assert_eq!(graphml.matches("</node>").count(), nodes);
    assert!(graphml.ends_with("</graphml>\n"), "{graphml}");
}
