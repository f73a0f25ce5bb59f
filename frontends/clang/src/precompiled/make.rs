// SPDX-License-Identifier: MIT OR Apache-2.0
//! Making precompiled headers.

use std::fs;
use std::io;

use camino::Utf8Path;
use rustc_hash::FxHashSet;

use super::plan::HeaderPlan;
use crate::ffi::{Purpose, TranslationUnit};
use crate::unit::Context;

/// How often headers that do not go together are left out before the plan is given up.
const MOST_TRIALS: usize = 8;

impl HeaderPlan {
    /// The text to compile.
    fn text(&self) -> String {
        let mut text = self.prelude.clone();
        for include in &self.includes {
            text.push_str("#include ");
            text.push_str(include);
            text.push('\n');
        }
        text
    }
}

/// Parses the headers of `plan`, which are then the unit `file`. Headers with errors are taken out
/// of the plan; `None` when nothing is left that goes together.
pub(crate) fn parse<'index>(
    context: Context<'index>,
    plan: &mut HeaderPlan,
    file: &Utf8Path,
) -> io::Result<Option<TranslationUnit<'index>>> {
    let arguments: Vec<String> = ["-xc-header".to_owned()]
        .into_iter()
        .chain(plan.arguments.iter().filter(|it| *it != "-xc").cloned())
        .collect();
    for _ in 0..MOST_TRIALS {
        if plan.includes.is_empty() {
            break;
        }
        fs::write(file, plan.text())?;
        let overlay = context.texts.overlay();
        let parsed =
            (context.index).parse(file.as_str(), &arguments, overlay, Purpose::Precompiling);
        let Ok(tu) = parsed else {
            return Ok(None);
        };
        let lines = lines_with_errors(&tu, file);
        let Some(lines) = lines else {
            return Ok(Some(tu));
        };
        let first = plan.prelude.lines().count() + 1;
        let before = plan.includes.len();
        let mut line = first;
        plan.includes.retain(|_| {
            line += 1;
            !lines.contains(&(line - 1))
        });
        if plan.includes.len() == before {
            break;
        }
    }
    Ok(None)
}

/// The lines of `file` whose includes have errors; `None` when there are no errors.
fn lines_with_errors(tu: &TranslationUnit<'_>, file: &Utf8Path) -> Option<FxHashSet<usize>> {
    let errors = tu.errors();
    if errors.is_empty() {
        return None;
    }
    let inclusions = tu.inclusions();
    let mut lines = FxHashSet::default();
    for error in errors {
        let Some(at) = error.location.expanded() else {
            continue;
        };
        if at.file.name() == file.as_str() {
            lines.insert(at.line as usize);
        }
        let through = inclusions.iter().find(|it| it.file == at.file);
        let outermost = through.and_then(|it| it.from.last()?.written());
        lines.extend(outermost.map(|it| it.line as usize));
    }
    Some(lines)
}
