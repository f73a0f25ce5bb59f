// SPDX-License-Identifier: MIT OR Apache-2.0
//! What must be true of every finding, whatever it says: its witness leads from one real place to
//! the next.

use camino::Utf8Path;
use waitctx_solver::{
    Confidence, ContextId, DemandId, Finding, Knowledge, SourcePlace, Step, StepKind,
};

use super::text;

/// What is wrong with a finding about the files under `root`, a line each.
pub(crate) fn faults(root: &Utf8Path, finding: &Finding, knowledge: &Knowledge) -> Vec<String> {
    let mut faults = Vec::new();
    shape(finding, &mut faults);
    chain(&finding.witness, &mut faults);
    for step in &finding.witness {
        if let Err(fault) = place(root, step) {
            faults.push(fault);
        }
    }
    vocabulary(finding, knowledge, &mut faults);
    let main = &finding.main_step().place;
    for fault in &mut faults {
        *fault = format!("{}:{}: {}: {fault}", main.file, main.line, finding.rule);
    }
    faults
}

/// One acquisition or more (a callee can return with the lock held), then calls, then the demand.
fn shape(finding: &Finding, faults: &mut Vec<String>) {
    let kinds: Vec<StepKind> = finding.witness.iter().map(|step| step.kind).collect();
    let rest = kinds.iter().skip_while(|kind| kind.is_beginning());
    let mut rest = rest.skip_while(|kind| **kind == StepKind::Call);
    let ends = rest.next() == Some(&StepKind::Demand) && rest.next().is_none();
    let entered = kinds.iter().filter(|it| **it == StepKind::Enter).count();
    let begins = kinds.first().is_some_and(|kind| kind.is_beginning());
    if !begins || entered > usize::from(kinds[0] == StepKind::Enter) || !ends {
        faults.push(format!("the witness is {kinds:?}"));
    }
    let main = finding.main_step();
    if main.kind.is_beginning() || main.depth != 0 {
        faults.push("no step leaves the function that holds the context".to_owned());
    }
    let hexadecimal = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    if finding.fingerprint.len() != 16 || !finding.fingerprint.chars().all(hexadecimal) {
        faults.push(format!("the fingerprint is {:?}", finding.fingerprint));
    }
    if (finding.confidence == Confidence::High) != finding.reasons.is_empty() {
        faults.push(format!(
            "{:?} confidence for {:?}",
            finding.confidence, finding.reasons
        ));
    }
}

/// Each call leads into the function of the next step, on the way to the lock and on the way to the
/// demand.
fn chain(witness: &[Step], faults: &mut Vec<String>) {
    let (acquire, way): (Vec<&Step>, Vec<&Step>) =
        witness.iter().partition(|step| step.kind.is_beginning());
    for pair in acquire.windows(2).chain(way.windows(2)) {
        let (from, to) = (pair[0], pair[1]);
        if to.depth != from.depth + 1 || to.function != from.callee {
            faults.push(format!(
                "after {} in {} (depth {}) comes {} in {} (depth {})",
                from.callee, from.function, from.depth, to.callee, to.function, to.depth
            ));
        }
    }
    let (Some(acquire), Some(first)) = (acquire.first(), way.first()) else {
        return;
    };
    let holder = match acquire.kind {
        StepKind::Enter => &acquire.callee,
        _ => &acquire.function,
    };
    if acquire.depth != 0 || *holder != first.function {
        faults.push(format!(
            "acquired in {} (depth {}), left from {}",
            acquire.function, acquire.depth, first.function
        ));
    }
}

/// The place is in a file, and what the step is about is written there.
fn place(root: &Utf8Path, step: &Step) -> Result<(), String> {
    let written = written(root, &step.place)?;
    // A function that returns with something is shown where it does.
    let returns = step.kind == StepKind::Demand && step.callee == step.function;
    if returns && (written == "return" || written == "}") {
        return Ok(());
    }
    let expected = match (&step.via_macro, &step.through) {
        // Where a function is registered its name is written, or that of who stores it.
        _ if step.kind == StepKind::Enter && written.contains(&step.callee) => return Ok(()),
        (None, Some(taker)) if step.kind == StepKind::Enter && !taker.contains('.') => taker,
        _ if step.kind == StepKind::Enter => &step.function,
        (Some(name), _) | (None, Some(name)) => name,
        (None, None) => &step.callee,
    };
    // A field is called by its record and name, a function of Rust by its path.
    let word = expected.rsplit('.').next().unwrap_or(expected);
    let path = word.split('<').next().unwrap_or(word);
    let last = word.rsplit("::").next().unwrap_or(word);
    let is_nameless = step.place.file.ends_with(".rs") && is_nameless(expected, &written);
    let word = if word.contains("::") {
        last.split('<').next().unwrap_or(path)
    } else {
        word
    };
    if is_nameless {
        return Ok(());
    }
    // What runs at the end of a scope is shown where the variable is declared.
    if written.contains(word) || written.contains("__free(") {
        return Ok(());
    }
    Err(format!(
        "{}:{}: `{written}` does not mention {word}",
        step.place.file, step.place.line
    ))
}

/// In Rust some calls are written without the name of what is called: closures, operators, `?`, and
/// destructors, which are shown where the value comes from.
fn is_nameless(callee: &str, written: &str) -> bool {
    let is_closure = callee.contains("::{closure");
    let is_drop = callee.starts_with("drop(");
    !written.is_empty() && (is_closure || is_drop || written == "?")
}

/// The text at a place, up to the end of its first line.
fn written(root: &Utf8Path, place: &SourcePlace) -> Result<String, String> {
    let path = root.join(&place.file);
    if !path.is_file() {
        return Err(format!("{} is no file", place.file));
    }
    let text = text(&path);
    let line = text.lines().nth(place.line as usize - 1);
    let Some(line) = line else {
        return Err(format!("{} has no line {}", place.file, place.line));
    };
    let ordered = (place.line, place.column) < (place.end_line, place.end_column);
    let end = if place.end_line == place.line {
        place.end_column as usize - 1
    } else {
        line.len()
    };
    match line.get(place.column as usize - 1..end) {
        Some(written) if ordered => Ok(written.to_owned()),
        _ => Err(format!(
            "{}:{}: there is nothing from column {} to {}",
            place.file, place.line, place.column, place.end_column
        )),
    }
}

/// The finding speaks of things that the data files know, and its rule is about them.
fn vocabulary(finding: &Finding, knowledge: &Knowledge, faults: &mut Vec<String>) {
    let context = knowledge
        .contexts
        .iter()
        .position(|kind| kind.name == finding.context.kind);
    let demand = knowledge
        .demands
        .iter()
        .position(|kind| kind.name == finding.demand.kind);
    let (Some(context), Some(demand)) = (context, demand) else {
        faults.push(format!(
            "unknown: {} or {}",
            finding.context.kind, finding.demand.kind
        ));
        return;
    };
    let id = |index| u16::try_from(index).expect("few kinds");
    if knowledge.allows(ContextId(id(context)), DemandId(id(demand))) {
        faults.push(format!(
            "{} allows {}",
            finding.context.kind, finding.demand.kind
        ));
    }
    if waitctx_rules::rule(&finding.rule).is_none() {
        faults.push("no rule has this name".to_owned());
    }
}
