// SPDX-License-Identifier: MIT OR Apache-2.0
//! `waitctx why`: what is known of a function. Decides what people are told of it and in which order.

mod contexts;

use std::collections::BTreeSet;
use std::io::{self, Write};

use anyhow::Result;
use clap::Args;
use codespan_reporting::term::termcolor::{Buffer, ColorSpec, WriteColor};
use rayon::prelude::*;
use waitctx_solver::query::{DemandChain, FunctionRef, Return};
use waitctx_solver::{Confidence, Finding, InForce, Knowledge, Solution, SourcePlace, Step};

use super::source::{self, Source};
use super::{Color, Outcome};
use crate::catalogue::distance;
use crate::output::{wording, wrap};

/// Say what is known of a function: its demands, its contexts, what it returns with
///
/// Chains are those of the whole program. In which contexts a function is called does not look at
/// arguments: a context that is listed is a place to look at, not a finding.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The function, or FILE:FUNCTION when several files have one of that name
    function: String,

    #[command(flatten)]
    source: Source,

    /// Only whether it is called under this: a lock such as `worker_pool.lock`, a kind such as
    /// `raw-spinlock`, `preempt-off` or `rcu`
    #[arg(long, value_name = "LOCK")]
    under: Option<String>,

    /// When the answer has colours
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    color: Color,
}

const EXAMPLES: &str = "\
Examples:
  waitctx why kasan_save_stack ~/linux -p /tmp/objects
  waitctx why mm/slub.c:allocate_slab ~/linux --facts linux.facts
  waitctx why stack_depot_save --under worker_pool.lock";

const WIDTH: usize = 80;

/// Chains that rest on a guess and are shown where nothing is sure.
const MOST_GUESSES: usize = 3;

/// Findings that are named.
const MOST_FINDINGS: usize = 12;

/// Runs the command.
pub(super) fn run(arguments: &Arguments) -> Result<Outcome> {
    let buffer = arguments.source.ask(|solution, knowledge| {
        let mut buffer = arguments.color.buffer();
        let functions = source::functions(solution, &arguments.function)?;
        let findings = match arguments.under {
            Some(_) => Vec::new(),
            None => solution.report().findings,
        };
        for (number, function) in functions.into_iter().enumerate() {
            if number > 0 {
                writeln!(buffer)?;
            }
            let mut page = Page {
                solution,
                knowledge,
                function,
                asked: &arguments.function,
                out: &mut buffer,
            };
            match &arguments.under {
                Some(lock) => page.under(lock)?,
                None => page.all(&findings)?,
            }
        }
        Ok(buffer)
    })?;
    let mut out = io::stdout().lock();
    out.write_all(buffer.as_slice())?;
    out.flush()?;
    Ok(Outcome::Clean)
}

struct Page<'a> {
    solution: &'a Solution<'a>,
    knowledge: &'a Knowledge,
    function: FunctionRef,
    /// What people call it.
    asked: &'a str,
    out: &'a mut Buffer,
}

impl Page<'_> {
    fn all(&mut self, findings: &[Finding]) -> Result<()> {
        self.title()?;
        if self.solution.is_modelled(self.function) {
            self.paragraph("The models describe it; if it has a body, that is not looked at:")?;
            self.model()?;
        } else if self.solution.has_body(self.function) {
            self.demands()?;
            self.returns()?;
        } else {
            self.paragraph("It is only declared: no body was read, and no model describes it.")?;
        }
        self.contexts()?;
        self.findings(findings)
    }

    /// Whether a context says something by itself: some only say of a lock what else relies on it.
    fn is_told(&self, context: &InForce) -> bool {
        let mut kinds = self.knowledge.contexts.iter();
        let kind = kinds.find(|it| it.name == context.kind);
        kind.is_none_or(|it| !it.while_held)
    }

    fn title(&mut self) -> Result<()> {
        let name = self.solution.name(self.function).to_owned();
        let place = self.solution.place(self.function);
        let is_macro = self.asked.rsplit(':').next() != Some(&name);
        self.heading(&match place {
            Some(place) => format!("{name} ({}:{})", place.file, place.line),
            None => name,
        })?;
        if is_macro {
            let words = format!("The macro `{}` calls it.", self.asked);
            return self.paragraph(&words);
        }
        Ok(())
    }

    fn model(&mut self) -> Result<()> {
        let name = self.solution.name(self.function);
        for words in wording::model(self.knowledge, name) {
            self.item(&words)?;
        }
        Ok(())
    }

    fn demands(&mut self) -> Result<()> {
        let chains = self.solution.demands(self.function);
        self.section("What it demands")?;
        if chains.is_empty() {
            return self.paragraph(
                "Nothing is known that sleeps, allocates or takes a lock which sleeps.",
            );
        }
        let (guesses, sure): (Vec<&DemandChain>, Vec<&DemandChain>) = chains
            .iter()
            .partition(|it| it.confidence == Confidence::Low);
        let (shown, named) = match sure.is_empty() {
            true => guesses.split_at(guesses.len().min(MOST_GUESSES)),
            false => (&sure[..], &guesses[..]),
        };
        for alike in by_place(shown) {
            self.demand(&alike)?;
        }
        let mut named: Vec<String> = named
            .iter()
            .map(|it| wording::demands(&it.demand))
            .filter(|words| {
                !shown
                    .iter()
                    .any(|it| wording::demands(&it.demand) == *words)
            })
            .collect();
        named.dedup();
        if named.is_empty() {
            return Ok(());
        }
        self.paragraph(&format!(
            "By way of pointers that can be many functions, it may be that it also {}.",
            named.join(", ")
        ))
    }

    /// The demands of chains that lead through the same places.
    fn demand(&mut self, chains: &[&DemandChain]) -> Result<()> {
        for chain in chains {
            self.item(&demanded(chain))?;
        }
        let (steps, last) = (&chains[0].steps, chains[0].steps.len().saturating_sub(1));
        let demand = (chains.len() == 1).then_some(&chains[0].demand);
        self.numbered(steps, |index, step| match demand {
            Some(demand) if index == last => wording::demanding(step, demand),
            _ => wording::calling(step),
        })?;
        match chains.iter().map(|it| it.confidence).max() {
            Some(Confidence::Low) => self.paragraph("      The chain rests on a guess."),
            Some(Confidence::Medium) => self.paragraph("      The chain is likely, not sure."),
            Some(Confidence::High) | None => Ok(()),
        }
    }

    fn returns(&mut self) -> Result<()> {
        let mut returns = self.solution.returns(self.function);
        for it in &mut returns {
            it.held.retain(|context| self.is_told(context));
            it.ended.retain(|context| self.is_told(context));
        }
        returns.dedup_by(|a, b| a.held == b.held && a.ended == b.ended);
        self.section("What it returns with")?;
        let changes = |it: &Return| !it.held.is_empty() || !it.ended.is_empty();
        if returns.is_empty() {
            return self.paragraph("It does not return.");
        }
        if !returns.iter().any(changes) {
            return self.paragraph("The context it was called in.");
        }
        for it in &returns {
            let mut words = Vec::new();
            if !it.held.is_empty() {
                words.push(format!("{} in force", list(&it.held)));
            }
            if !it.ended.is_empty() {
                words.push(format!("{} of its callers ended", list(&it.ended)));
            }
            if words.is_empty() {
                words.push("the context it was called in".to_owned());
            }
            let mut text = words.join(", ");
            if let Some(result) = &it.result {
                text.push_str(&format!("; the result is {result}"));
            }
            if !it.conditions.is_empty() {
                text.push_str(&format!("; if {}", it.conditions.join(" and ")));
            }
            self.item(&text)?;
        }
        Ok(())
    }

    fn findings(&mut self, findings: &[Finding]) -> Result<()> {
        let name = self.solution.name(self.function);
        let file = self.solution.place(self.function).map(|it| it.file);
        let is_only_one = self.solution.named(name).len() == 1;
        let takes_part = |step: &Step| {
            let is_in_it = step.function == name && file.as_ref() == Some(&step.place.file);
            is_in_it || is_only_one && step.callee == name
        };
        let through = findings
            .iter()
            .filter(|finding| finding.witness.iter().any(takes_part));
        let (low, sure): (Vec<&Finding>, Vec<&Finding>) =
            through.partition(|it| it.confidence == Confidence::Low);
        if low.is_empty() && sure.is_empty() {
            return Ok(());
        }
        self.section("Findings it takes part in")?;
        for finding in sure.iter().take(MOST_FINDINGS) {
            let place = &finding.main_step().place;
            self.item(&format!(
                "{} {}:{}: {} [{}]",
                finding.fingerprint,
                place.file,
                place.line,
                wording::message(finding),
                finding.rule
            ))?;
        }
        let more = sure.len().saturating_sub(MOST_FINDINGS);
        if more > 0 {
            self.paragraph(&format!("and {more} more, which a scan shows."))?;
        }
        match low.len() {
            0 => Ok(()),
            n => self.paragraph(&format!("{n} of low confidence (`waitctx scan --all`).")),
        }
    }

    /// A list of steps in these words; of a long one the middle is left out.
    fn numbered(&mut self, steps: &[Step], words: impl Fn(usize, &Step) -> String) -> Result<()> {
        let (head, tail) = wording::shown(steps.len(), wording::LONGEST_LISTED);
        let digits = steps.len().to_string().len();
        for index in head.clone().chain(tail.clone()) {
            if index == tail.start && !tail.is_empty() {
                writeln!(
                    self.out,
                    "      {:digits$}  … {} more",
                    "",
                    tail.start - head.end
                )?;
            }
            let step = &steps[index];
            let place = &step.place;
            let line = format!("{}:{}: {}", place.file, place.line, words(index, step));
            let line = wording::wrap(&line, WIDTH - digits - 8, digits + 10);
            writeln!(self.out, "      {:>digits$}. {line}", index + 1)?;
        }
        Ok(())
    }

    fn section(&mut self, title: &str) -> Result<()> {
        writeln!(self.out)?;
        self.heading(title)
    }

    fn heading(&mut self, text: &str) -> Result<()> {
        self.out.set_color(ColorSpec::new().set_bold(true))?;
        write!(self.out, "{text}")?;
        self.out.reset()?;
        writeln!(self.out)?;
        Ok(())
    }

    fn paragraph(&mut self, text: &str) -> Result<()> {
        let indent = text.len() - text.trim_start().len();
        let indent = if indent == 0 { 2 } else { indent };
        let text = wrap(text, WIDTH - indent, indent);
        writeln!(self.out, "{:indent$}{text}", "")?;
        Ok(())
    }

    fn item(&mut self, text: &str) -> Result<()> {
        writeln!(self.out, "  - {}", wrap(text, WIDTH - 4, 4))?;
        Ok(())
    }
}

/// What chains that lead through the same places come to, together.
fn by_place<'a>(chains: &[&'a DemandChain]) -> Vec<Vec<&'a DemandChain>> {
    let places = |it: &DemandChain| -> Vec<SourcePlace> {
        it.steps.iter().map(|step| step.place.clone()).collect()
    };
    let mut told: Vec<(Vec<SourcePlace>, Vec<&DemandChain>)> = Vec::new();
    for chain in chains {
        let places = places(chain);
        match told.iter_mut().find(|(known, _)| *known == places) {
            Some((_, alike)) => alike.push(chain),
            None => told.push((places, vec![chain])),
        }
    }
    told.into_iter().map(|(_, alike)| alike).collect()
}

/// What a chain demands, and when.
fn demanded(chain: &DemandChain) -> String {
    let mut words = wording::demands(&chain.demand);
    words.push_str(&wording::wait_type(chain.demand.wait));
    if !chain.conditions.is_empty() {
        words.push_str(&format!(", if {}", chain.conditions.join(" and ")));
    }
    if !chain.ended.is_empty() {
        words.push_str(&format!("; it has ended {} by then", list(&chain.ended)));
    }
    words
}

/// What to say of a lock or kind of context that does not occur.
fn mistyped(solution: &Solution<'_>, knowledge: &Knowledge, lock: &str) -> Option<String> {
    let kinds = knowledge.contexts.iter();
    let kinds = kinds.flat_map(|it| [it.name.clone(), it.label.clone()]);
    let functions: Vec<FunctionRef> = solution.functions().collect();
    let effects = functions.into_par_iter();
    let effects = effects.flat_map_iter(|it| solution.effects(it));
    let locks: BTreeSet<String> = effects.filter_map(|it| it.detail).collect();
    let known: BTreeSet<String> = kinds.chain(locks).collect();
    if known.contains(lock) {
        return None;
    }
    let nearest = known.iter().min_by_key(|it| distance(it, lock));
    Some(match nearest.filter(|it| distance(it, lock) <= 3) {
        Some(near) => format!("Nothing of that name is known; there is `{near}`."),
        None => "Nothing of that name is known: a lock is called after its record and field, as \
            `worker_pool.lock`, or after its variable."
            .to_owned(),
    })
}

/// `` `a.lock` (spinlock_t held) and interrupts disabled ``.
fn list(contexts: &[InForce]) -> String {
    let words: Vec<String> = contexts
        .iter()
        .map(|it| match &it.lock {
            Some(lock) => format!("`{lock}` ({})", it.kind),
            None => it.label.clone(),
        })
        .collect();
    words.join(" and ")
}
