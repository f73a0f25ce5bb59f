// SPDX-License-Identifier: MIT OR Apache-2.0
//! A report over two small files, for the tests of all formats.

use std::fs;

use camino::Utf8PathBuf;
use codespan_reporting::term::termcolor::Buffer;
use waitctx_solver::{
    Confidence, Coverage, Demanded, Finding, FurtherPlace, InForce, SourcePlace, Step, StepKind,
    Verdict, WaitType,
};

use waitctx_solver::query::{Lock, Nesting};

use super::{Format, Presentation, Suppressed, SuppressionPlace, write};
use crate::catalogue::{Catalogue, Level, Rule};
use crate::sources::Sources;
use crate::tally::{ConfigurationTally, FailedUnit, UnitState, UnitTally};

const WORK: &str = "\
#include <linux/work.h>

static void insert_work(struct work *work) {
\thelper_alloc();
}

void queue(struct pool *pool, struct work *work)
{
\traw_spin_lock(&pool->lock);
\tinsert_work(work);
\traw_spin_unlock(&pool->lock);
}
";

const ALLOC: &str = "\
void *helper_alloc(void)
{
\treturn alloc_pages(GFP_ATOMIC);
}
";

pub(crate) struct Fixture {
    tree: tempfile::TempDir,
    pub(crate) findings: Vec<Finding>,
    pub(crate) units: UnitTally,
    configurations: Vec<ConfigurationTally>,
    suppressed: Vec<(Finding, String)>,
    pub(crate) nesting: Vec<Nesting>,
    rules: Catalogue,
    sources: Sources,
}

/// A further place of `finding`, which is the one that it is shown at.
pub(crate) fn further_place(finding: &Finding) -> FurtherPlace {
    FurtherPlace {
        confidence: finding.confidence,
        reasons: Vec::new(),
        demand: finding.demand.clone(),
        witness: finding.witness.clone(),
        other_half: Vec::new(),
        fingerprint: finding.fingerprint.clone(),
    }
}

impl Fixture {
    pub(crate) fn new() -> Self {
        let tree = tempfile::tempdir().unwrap();
        for (name, text) in [("kernel/work.c", WORK), ("mm/alloc.c", ALLOC)] {
            let path = tree.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let root = Utf8PathBuf::from_path_buf(tree.path().to_owned()).unwrap();
        Self {
            sources: Sources::new([root]),
            tree,
            findings: vec![finding()],
            suppressed: Vec::new(),
            nesting: vec![
                nesting(
                    (WaitType::Sleep, "bus.mutex"),
                    (WaitType::Spin, "pool.lock"),
                ),
                nesting(
                    (WaitType::Spin, "pool.lock"),
                    (WaitType::Config, "depot.lock"),
                ),
            ],
            units: UnitTally {
                units: 3,
                failed: vec![FailedUnit {
                    file: "drivers/odd.c".to_owned(),
                    state: UnitState::Damaged,
                    reasons: vec!["drivers/odd.c:3:1: unknown type name 'u9'".to_owned()],
                }],
                approximated: 0,
            },
            configurations: Vec::new(),
            rules: Catalogue::new(vec![Rule {
                name: "atomic-alloc-under-raw-spinlock".to_owned(),
                level: Level::Warning,
                summary: "memory is allocated while a raw_spinlock_t is held".to_owned(),
                tags: vec!["locking".to_owned()],
                page_path: "rules/x.md".to_owned(),
                page: "# atomic-alloc-under-raw-spinlock\n\nText.\n\n## What to do instead\n\n\
                    Allocate before the lock is taken.\n"
                    .to_owned(),
            }]),
        }
    }

    pub(crate) fn forget_sources(&mut self) {
        self.sources = Sources::new([]);
    }

    /// Adds a finding that is suppressed for a reason.
    pub(crate) fn suppress(&mut self, reason: &str) {
        let mut suppressed = finding();
        suppressed.fingerprint = "fedcba9876543210".to_owned();
        self.suppressed.push((suppressed, reason.to_owned()));
    }

    /// Makes it a report of several configurations: the finding holds in the first, and in the second
    /// a unit failed.
    pub(crate) fn configure(&mut self, names: &[&str]) {
        self.findings[0].configurations = vec![names[0].to_owned()];
        let tally = |(index, &name): (usize, &&str)| ConfigurationTally {
            name: name.to_owned(),
            failed: match index {
                1 => self.units.failed.clone(),
                _ => Vec::new(),
            },
        };
        self.configurations = names.iter().enumerate().map(tally).collect();
    }

    /// Puts `tabs` tabs in front of every line of the sources.
    pub(crate) fn indent(&mut self, tabs: u32) {
        let before = "\t".repeat(usize::try_from(tabs - 1).unwrap());
        for name in ["kernel/work.c", "mm/alloc.c"] {
            let path = self.tree.path().join(name);
            let text = fs::read_to_string(&path).unwrap();
            fs::write(path, text.replace('\t', &format!("{before}\t"))).unwrap();
        }
        for step in &mut self.findings[0].witness {
            step.place.column += tabs - 1;
            step.place.end_column += tabs - 1;
        }
    }

    /// Puts `count` more calls between the second and the third step.
    pub(crate) fn lengthen(&mut self, count: usize) {
        let witness = &mut self.findings[0].witness;
        let model = witness[2].clone();
        for index in 0..count {
            let mut step = model.clone();
            step.callee = format!("a_function_with_a_rather_long_name_{index}");
            step.function.clone_from(&step.callee);
            witness.insert(2, step);
        }
    }

    pub(crate) fn present<T>(&self, use_it: impl FnOnce(&Presentation<'_>) -> T) -> T {
        use_it(&Presentation {
            findings: self.findings.iter().collect(),
            hidden: 2,
            suppressed: self
                .suppressed
                .iter()
                .map(|(finding, reason)| Suppressed {
                    finding,
                    place: SuppressionPlace::InSource,
                    reason: reason.clone(),
                })
                .collect(),
            category: None,
            source_url: None,
            nesting: &self.nesting,
            dismissed: &[],
            untouched: 0,
            old: 0,
            elsewhere: 0,
            unseen: None,
            coverage: Coverage {
                functions: 5,
                calls: 9,
                indirect_calls: 2,
                indirect_resolved: 1,
                table_calls: 1,
                table_calls_resolved: 1,
                ..Coverage::default()
            },
            units: &self.units,
            configurations: &self.configurations,
            rules: &self.rules,
            sources: &self.sources,
        })
    }

    pub(crate) fn render(&self, format: Format) -> String {
        let mut out = Buffer::no_color();
        self.present(|it| write(format, it, &mut out)).unwrap();
        String::from_utf8(out.into_inner()).unwrap()
    }
}

fn step(
    kind: StepKind,
    depth: u32,
    names: (&str, &str),
    file: &str,
    line: u32,
    columns: (u32, u32),
) -> Step {
    Step {
        kind,
        depth,
        function: names.0.to_owned(),
        callee: names.1.to_owned(),
        via_macro: None,
        through: None,
        place: SourcePlace {
            file: file.to_owned(),
            line,
            column: columns.0,
            end_line: line,
            end_column: columns.1,
        },
    }
}

/// Two locks, one taken inside the other.
pub(crate) fn nesting(outer: (WaitType, &str), inner: (WaitType, &str)) -> Nesting {
    let lock = |(wait, name): (WaitType, &str)| Lock {
        wait,
        name: name.to_owned(),
    };
    Nesting {
        outer: lock(outer),
        inner: lock(inner),
        place: finding().main_step().place.clone(),
        function: "queue".to_owned(),
        functions: 2,
    }
}

fn finding() -> Finding {
    let work = "kernel/work.c";
    let mut acquire = step(
        StepKind::Acquire,
        0,
        ("queue", "_raw_spin_lock"),
        work,
        9,
        (2, 28),
    );
    acquire.via_macro = Some("raw_spin_lock".to_owned());
    Finding {
        rule: "atomic-alloc-under-raw-spinlock".to_owned(),
        verdict: Verdict::RawNesting,
        confidence: Confidence::High,
        reasons: Vec::new(),
        context: InForce {
            kind: "raw-spinlock".to_owned(),
            label: "raw_spinlock_t held".to_owned(),
            lock: Some("pool.lock".to_owned()),
            limit: WaitType::Spin,
        },
        demand: Demanded {
            kind: "allocation".to_owned(),
            label: "allocates memory".to_owned(),
            function: "alloc_pages".to_owned(),
            detail: Some("0x820".to_owned()),
            wait: WaitType::Config,
        },
        other_half: Vec::new(),
        configurations: Vec::new(),
        witness: vec![
            acquire,
            step(
                StepKind::Call,
                0,
                ("queue", "insert_work"),
                work,
                10,
                (2, 19),
            ),
            step(
                StepKind::Call,
                1,
                ("insert_work", "helper_alloc"),
                work,
                4,
                (2, 16),
            ),
            step(
                StepKind::Demand,
                2,
                ("helper_alloc", "alloc_pages"),
                "mm/alloc.c",
                3,
                (9, 32),
            ),
        ],
        other_chains: 0,
        further: Vec::new(),
        further_of: None,
        through: None,
        fingerprint: "0123456789abcdef".to_owned(),
    }
}
