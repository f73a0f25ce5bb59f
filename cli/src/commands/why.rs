// SPDX-License-Identifier: MIT OR Apache-2.0
//! `waitctx why`: what is known of a function. Decides what people are told of it and in which order.

use std::collections::BTreeSet;
use std::io::{self, Write};

use anyhow::Result;
use clap::Args;
use codespan_reporting::term::termcolor::{Buffer, ColorSpec, WriteColor};
use waitctx_solver::query::{CalledIn, DemandChain, FunctionRef, Return};
use waitctx_solver::{Confidence, Finding, InForce, Knowledge, Solution, Step, StepKind};

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

/// Contexts that are shown of a function; what is called everywhere has hundreds.
const MOST_CONTEXTS: usize = 12;

/// Runs the command.
pub(super) fn run(arguments: &Arguments) -> Result<Outcome> {
    let mut buffer = arguments.color.buffer();
    arguments.source.ask(|solution, knowledge| {
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
                function,
                out: &mut buffer,
            };
            match &arguments.under {
                Some(lock) => page.under(lock, knowledge)?,
                None => page.all(knowledge, &findings)?,
            }
        }
        Ok(())
    })?;
    let mut out = io::stdout().lock();
    out.write_all(buffer.as_slice())?;
    out.flush()?;
    Ok(Outcome::Clean)
}

struct Page<'a> {
    solution: &'a Solution<'a>,
    function: FunctionRef,
    out: &'a mut Buffer,
}

impl Page<'_> {
    fn all(&mut self, knowledge: &Knowledge, findings: &[Finding]) -> Result<()> {
        self.title()?;
        if self.solution.is_modelled(self.function) {
            self.paragraph("The models describe it; if it has a body, that is not looked at:")?;
            self.model(knowledge)?;
        } else if self.solution.has_body(self.function) {
            self.demands()?;
            self.returns()?;
        } else {
            self.paragraph("It is only declared: no body was read, and no model describes it.")?;
        }
        self.contexts()?;
        self.findings(findings)
    }

    fn title(&mut self) -> Result<()> {
        let name = self.solution.name(self.function).to_owned();
        let place = self.solution.place(self.function);
        self.heading(&match place {
            Some(place) => format!("{name} ({}:{})", place.file, place.line),
            None => name,
        })
    }

    fn model(&mut self, knowledge: &Knowledge) -> Result<()> {
        let name = self.solution.name(self.function);
        for words in wording::model(knowledge, name) {
            self.item(&words)?;
        }
        Ok(())
    }

    fn demands(&mut self) -> Result<()> {
        let chains = self.solution.demands(self.function);
        self.section("What it demands")?;
        if chains.is_empty() {
            return self.paragraph("Nothing that is known: it may be called anywhere.");
        }
        for chain in &chains {
            self.demand(chain)?;
        }
        Ok(())
    }

    fn demand(&mut self, chain: &DemandChain) -> Result<()> {
        let mut words = format!(
            "{} (wait type {})",
            wording::demands(&chain.demand),
            chain.demand.wait
        );
        if !chain.conditions.is_empty() {
            words.push_str(&format!(", if {}", chain.conditions.join(" and ")));
        }
        if !chain.ended.is_empty() {
            words.push_str(&format!("; it has ended {} by then", list(&chain.ended)));
        }
        self.item(&words)?;
        self.steps(&chain.steps, None, Some(&chain.demand))?;
        match chain.confidence {
            Confidence::High => Ok(()),
            Confidence::Medium => self.paragraph("      The chain is likely, not sure."),
            Confidence::Low => self.paragraph("      The chain rests on a guess."),
        }
    }

    fn returns(&mut self) -> Result<()> {
        let returns = self.solution.returns(self.function);
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

    fn contexts(&mut self) -> Result<()> {
        let mut contexts = self.solution.contexts(self.function);
        self.section("In which contexts it is called")?;
        if contexts.is_empty() {
            return self.paragraph(if self.solution.is_modelled(self.function) {
                "No call of it that demands something is known."
            } else {
                "No call of it is known."
            });
        }
        // The tightest limits first, then the shortest chains.
        contexts.sort_by_key(|it| {
            let limit = it.context.as_ref().map(|context| context.limit);
            (limit.is_none(), limit, it.steps.len())
        });
        for context in contexts.iter().take(MOST_CONTEXTS) {
            self.context(context)?;
        }
        let more = contexts.len().saturating_sub(MOST_CONTEXTS);
        if more > 0 {
            self.paragraph(&format!("and {more} more; `--under LOCK` asks for one."))?;
        }
        Ok(())
    }

    fn context(&mut self, it: &CalledIn) -> Result<()> {
        let words = match &it.context {
            Some(context) => format!(
                "{} (limit {})",
                wording::while_in_force(context),
                context.limit
            ),
            None => "with nothing in force that is known".to_owned(),
        };
        self.item(&words)?;
        self.steps(&it.steps, it.context.as_ref(), None)
    }

    /// Whether it is called under a lock or another context.
    fn under(&mut self, lock: &str, knowledge: &Knowledge) -> Result<()> {
        self.title()?;
        let contexts = self.solution.contexts(self.function);
        let is_meant = |it: &&CalledIn| {
            it.context.as_ref().is_some_and(|context| {
                context.lock.as_deref() == Some(lock)
                    || context.kind == lock
                    || context.label == lock
            })
        };
        let found: Vec<&CalledIn> = contexts.iter().filter(is_meant).collect();
        if found.is_empty() {
            let name = self.solution.name(self.function);
            let text =
                format!("No path is known on which `{name}` is called while `{lock}` is in force.");
            self.paragraph(&text)?;
            let mut near: Vec<&str> = contexts
                .iter()
                .filter_map(|it| it.context.as_ref())
                .map(|it| it.lock.as_deref().unwrap_or(&it.kind))
                .filter(|it| it.contains(lock) || lock.contains(it))
                .collect();
            near.dedup();
            if !near.is_empty() {
                return self.paragraph(&format!("There is one for `{}`.", near.join("`, `")));
            }
            if let Some(words) = mistyped(self.solution, knowledge, lock) {
                self.paragraph(&words)?;
            }
            return Ok(());
        }
        for context in found {
            self.context(context)?;
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
        let through: Vec<&Finding> = findings
            .iter()
            .filter(|finding| finding.witness.iter().any(takes_part))
            .collect();
        if through.is_empty() {
            return Ok(());
        }
        self.section("Findings it takes part in")?;
        for finding in through {
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
        Ok(())
    }

    fn steps(
        &mut self,
        steps: &[Step],
        context: Option<&InForce>,
        demand: Option<&waitctx_solver::Demanded>,
    ) -> Result<()> {
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
            let below = steps
                .get(index + 1)
                .is_some_and(|next| next.kind == StepKind::Acquire && next.depth > step.depth);
            let words = match (step.kind, context, demand) {
                (StepKind::Acquire, Some(context), _) => wording::acquiring(step, context, below),
                (StepKind::Demand, _, Some(demand)) => wording::demanding(step, demand),
                _ => wording::calling(step),
            };
            let place = &step.place;
            let line = format!("{}:{}: {words}", place.file, place.line);
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

/// What to say of a lock or kind of context that does not occur.
fn mistyped(solution: &Solution<'_>, knowledge: &Knowledge, lock: &str) -> Option<String> {
    let kinds = knowledge.contexts.iter();
    let kinds = kinds.flat_map(|it| [it.name.clone(), it.label.clone()]);
    let locks = solution.functions().flat_map(|it| solution.effects(it));
    let locks = locks.filter_map(|effect| effect.detail);
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
