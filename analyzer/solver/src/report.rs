// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the solver finds, in terms that every output can print without knowing the model.

use serde::{Deserialize, Serialize};

use crate::WaitType;

/// All that a solved program has to say.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Report {
    /// The findings, in the order of file, line, column, rule and fingerprint of their main place.
    pub findings: Vec<Finding>,
    /// How much of the program the findings rest on.
    pub coverage: Coverage,
}

impl Report {
    /// Adds findings, in the order of places.
    pub fn add(&mut self, more: Vec<Finding>) {
        self.findings.extend(more);
        sort(&mut self.findings);
    }

    /// Tells each further place as a finding of its own, in the order of places.
    pub fn tell_further(&mut self) {
        let further: Vec<Finding> = self
            .findings
            .iter_mut()
            .flat_map(Finding::take_further)
            .collect();
        self.findings.extend(further);
        sort(&mut self.findings);
    }
}

/// Puts findings in the order of their places.
pub(crate) fn sort(findings: &mut [Finding]) {
    findings.sort_by_cached_key(|it| {
        (
            it.main_step().place.clone(),
            it.rule.clone(),
            it.fingerprint.clone(),
        )
    });
}

/// One violation: a demand in a context that does not allow it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Finding {
    /// The rule's name.
    pub rule: String,
    /// Which kernels it hits.
    pub verdict: Verdict,
    /// How sure it is.
    pub confidence: Confidence,
    /// What lowers the confidence, in words; empty for high.
    pub reasons: Vec<String>,
    /// What sets the limit.
    pub context: InForce,
    /// What exceeds it.
    pub demand: Demanded,
    /// How it comes to pass: the acquisition (or the place that makes the function one which is
    /// entered so) first, then every call on the way, the demand last.
    /// Each step is a real place in the source.
    pub witness: Vec<Step>,
    /// For two chains that wait for each other: how the lock in question comes to be taken on the
    /// other one, from its entry on. Empty for everything that is wrong by itself.
    pub other_half: Vec<Step>,
    /// The configurations it holds in, when several were scanned and [merged](crate::merge); empty
    /// for one.
    pub configurations: Vec<String>,
    /// How many other chains lead from the same kind of context to the same demand.
    pub other_chains: usize,
    /// The other places at which chains of the same cause start, as far as these were looked at.
    pub further: Vec<FurtherPlace>,
    /// For a further place that is told as a finding of its own: the one it is a place of.
    pub further_of: Option<Known>,
    /// For a chain that was [asked for](crate::Solution::through): the call that it leads through.
    pub through: Option<Through>,
    /// Stays the same when lines move: made of the rule, the lock class and the functions, never
    /// of line numbers. 16 hexadecimal digits.
    pub fingerprint: String,
}

impl Finding {
    /// The place the finding is shown at: the first step inside the function that holds the
    /// context at which the chain to the demand leaves (the offending call or operation).
    pub fn main_step(&self) -> &Step {
        main_step(&self.witness)
    }

    /// What others can call it by.
    pub fn known(&self) -> Known {
        known(&self.witness, &self.fingerprint)
    }

    /// Takes the further places out, as findings of their own.
    fn take_further(&mut self) -> Vec<Finding> {
        let further = std::mem::take(&mut self.further);
        let known = self.known();
        let own = further.into_iter().map(|it| Self {
            confidence: it.confidence,
            reasons: it.reasons,
            demand: it.demand,
            witness: it.witness,
            other_half: it.other_half,
            other_chains: 0,
            further: Vec::new(),
            further_of: Some(known.clone()),
            fingerprint: it.fingerprint,
            ..self.clone()
        });
        own.collect()
    }
}

/// The step of a witness that its finding is shown at.
pub(crate) fn main_step(witness: &[Step]) -> &Step {
    witness
        .iter()
        .find(|step| !step.kind.is_beginning() && step.depth == 0)
        .unwrap_or_else(|| witness.last().expect("a witness has steps"))
}

/// Another place at which a chain of a finding's cause starts: one that stays when only the first
/// one is repaired where it starts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FurtherPlace {
    /// How sure it is: no less than what is shown when nobody asks for guesses.
    pub confidence: Confidence,
    /// What lowers the confidence, in words.
    pub reasons: Vec<String>,
    /// What is demanded, as this chain comes to it.
    pub demand: Demanded,
    /// How it comes to pass there: see [`Finding::witness`].
    pub witness: Vec<Step>,
    /// See [`Finding::other_half`].
    pub other_half: Vec<Step>,
    /// What the place is called across versions of a tree: see [`Finding::fingerprint`].
    pub fingerprint: String,
}

impl FurtherPlace {
    /// The step it is shown at: see [`Finding::main_step`].
    pub fn main_step(&self) -> &Step {
        main_step(&self.witness)
    }

    /// What others can call it by.
    pub fn known(&self) -> Known {
        known(&self.witness, &self.fingerprint)
    }
}

fn known(witness: &[Step], fingerprint: &str) -> Known {
    let step = main_step(witness);
    Known {
        fingerprint: fingerprint.to_owned(),
        function: step.function.clone(),
        place: step.place.clone(),
    }
}

/// A call that a chain leads through.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Through {
    /// The function that makes it.
    pub function: String,
    /// What is called.
    pub callee: String,
    /// Where.
    pub place: SourcePlace,
}

/// What a finding is known by.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Known {
    /// Its fingerprint.
    pub fingerprint: String,
    /// The function it is shown in.
    pub function: String,
    /// The place it is shown at.
    pub place: SourcePlace,
}

/// Which kernels a finding hits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Verdict {
    /// Every kernel: something sleeps where nothing may.
    EveryKernel,
    /// Fails on PREEMPT_RT, and `CONFIG_PROVE_RAW_LOCK_NESTING` complains everywhere.
    RawNesting,
}

/// How sure a finding is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Confidence {
    /// Rests on guesses, such as a call through a pointer that many functions match.
    Low,
    /// One assumption on the way is likely but not proved.
    Medium,
    /// Every step is in the source.
    High,
}

/// What is in force.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct InForce {
    /// The context kind's name in the data files: `raw-spinlock`.
    pub kind: String,
    /// What people call it: `raw_spinlock_t held`.
    pub label: String,
    /// The lock class: `worker_pool.lock` for a field, the name for a variable; `None` for
    /// counters and switches.
    pub lock: Option<String>,
    /// The highest wait type that may still be acquired there.
    pub limit: WaitType,
}

/// What is demanded.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Demanded {
    /// The demand kind's name in the data files: `allocation`.
    pub kind: String,
    /// What it does, as a verb phrase: `allocates memory`.
    pub label: String,
    /// The function that makes the demand: `__alloc_pages_noprof`.
    pub function: String,
    /// For a lock, its class; for an allocation, its flags when known (`0x820`).
    pub detail: Option<String>,
    /// The wait type of it.
    pub wait: WaitType,
}

/// One place on the way.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Step {
    /// What happens there.
    pub kind: StepKind,
    /// How many calls below the function that holds the context: 0 in that function itself. An
    /// acquisition made by a callee that returns with the lock held has its own depth.
    pub depth: u32,
    /// The function in whose body the place is.
    pub function: String,
    /// The function that is called there.
    pub callee: String,
    /// The macro that the programmer wrote there, when the call came out of one.
    pub via_macro: Option<String>,
    /// For a call through a pointer: the record field or variable it was read from.
    pub through: Option<String>,
    /// Where.
    pub place: SourcePlace,
}

/// What happens at a [`Step`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum StepKind {
    /// The context is put into force there.
    Acquire,
    /// The callee is registered there as a function that is entered with the context in force. No
    /// call: [`Step::function`] is empty for an initialiser.
    Enter,
    /// Control goes on into the callee.
    Call,
    /// The demand is made there.
    Demand,
}

impl StepKind {
    /// Whether the step tells how the context comes into force, rather than what leads to the
    /// demand.
    pub fn is_beginning(self) -> bool {
        matches!(self, Self::Acquire | Self::Enter)
    }
}

/// A place in a file.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct SourcePlace {
    /// The file, relative to the scanned tree.
    pub file: String,
    /// First line, counted from 1.
    pub line: u32,
    /// First column in bytes, counted from 1.
    pub column: u32,
    /// Last line.
    pub end_line: u32,
    /// The column in bytes just after the last character.
    pub end_column: u32,
}

/// A call through a table of functions with at most so many possible targets counts as resolved.
pub const FEW_TABLE_TARGETS: usize = 20;

/// How much of the program the findings rest on.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Coverage {
    /// Functions with bodies in the linked program.
    pub functions: usize,
    /// Functions that are only declared and that no model describes.
    pub unknown_functions: usize,
    /// Calls in the linked program.
    pub calls: usize,
    /// Of these, calls through a pointer.
    pub indirect_calls: usize,
    /// Of these, the ones for which at least one target is known.
    pub indirect_resolved: usize,
    /// Of the calls through a pointer, those through a field that only constant tables fill.
    pub table_calls: usize,
    /// Of these, the ones that at most [`FEW_TABLE_TARGETS`] functions can be meant by.
    pub table_calls_resolved: usize,
    /// Functions whose path states had to be merged because there were too many.
    pub merged_functions: usize,
    /// Functions for which some demand was left out because there were too many.
    pub cut_off_functions: usize,
}
