// SPDX-License-Identifier: MIT OR Apache-2.0
//! Solving again what has changed against solving everything: both must say the same.

use std::sync::Arc;

use waitctx_model::{Call, Callee, Function, Statement, Symbol, Unit, Value};
use waitctx_solver::{
    Kept, Knowledge, Linked, Pending, Report, Solution, ask, ask_again, leave_and_ask, link, solve,
    solve_again,
};

use crate::bytes::{kept, leave};
use crate::for_programs;
use crate::program::{Style, make};

fn text(report: &Report) -> String {
    format!("{report:#?}")
}

/// Another program of as many units: the same one with other choices made in it.
fn other(units: &[Unit], bytes: &[u8]) -> Option<Vec<Unit>> {
    let bytes: Vec<u8> = bytes.iter().rev().map(|it| it.wrapping_add(1)).collect();
    (0..=u8::MAX).find_map(|first| {
        // What is first decides how many functions there are.
        let mut bytes = bytes.clone();
        if bytes.len() > 1 {
            bytes[0] = first;
            bytes[1] = first / 3;
        }
        let other = make(&bytes, Style::Rich);
        (other.len() == units.len()).then_some(other)
    })
}

/// The same with a function more in each unit, which does what another one does and is called first.
fn grown(units: &[Unit]) -> Vec<Unit> {
    let grow = |unit: &Unit| {
        let mut unit = unit.clone();
        let name = |prefix: &str, unit: &Unit| {
            format!("{prefix}{}", unit.names.get(unit.functions[0].symbol.name))
        };
        for (prefix, lines) in [("a_", 1000), ("z_", 2000)] {
            let mut more = moved(&unit.functions[0], lines);
            let name = name(prefix, &unit);
            more.symbol = Symbol {
                name: unit.names.intern(&name),
                file: unit.file,
            };
            let call = Call {
                dest: None,
                callee: Callee::Direct(more.symbol),
                args: vec![Value::Const(1), Value::Const(0)],
                span: more.span,
                via_macro: None,
            };
            let first = &mut unit.functions[0].blocks[0].statements;
            first.insert(0, Statement::Call(call));
            unit.functions.push(more);
        }
        unit
    };
    units.iter().map(grow).collect()
}

/// A function so many lines further down.
fn moved(function: &Function, lines: u32) -> Function {
    let mut function = function.clone();
    function.span.line += lines;
    for block in &mut function.blocks {
        for statement in &mut block.statements {
            if let Statement::Call(call) = statement {
                call.span.line += lines;
                call.span.end_line += lines;
            }
        }
    }
    function
}

/// The units of `now`, where `replaced` says so, and those of `before`.
fn mixed(before: &[Unit], now: &[Unit], replaced: impl Fn(usize) -> bool) -> Vec<Unit> {
    let pairs = before.iter().zip(now).enumerate();
    let mixed = pairs.map(|(index, (before, now))| if replaced(index) { now } else { before });
    mixed.cloned().collect()
}

/// Whether solving again says the same as solving everything; `None` when there is no outcome.
fn agrees(
    kept: &Arc<dyn Kept>,
    (before, now): (&[Unit], &[Unit]),
    knowledge: &Knowledge,
    replaced: impl Fn(usize) -> bool,
) -> Result<bool, String> {
    let numbers = (0..before.len()).filter(|&index| replaced(index));
    let numbered = numbers.map(|index| (u32::try_from(index).unwrap(), now[index].clone()));
    let Some(again) = solve_again(Arc::clone(kept), numbered.collect(), knowledge) else {
        return Ok(false);
    };
    let units = mixed(before, now, &replaced);
    let anew = solve(link(units, knowledge), knowledge);
    let (again, anew) = (text(&again), text(&anew));
    if again == anew {
        Ok(true)
    } else {
        Err(format!("solved again:\n{again}\nsolved anew:\n{anew}"))
    }
}

#[test]
fn what_is_solved_again_is_what_is_solved_anew() {
    for_programs(Style::Rich, 150, |case| {
        let Some(now) = other(&case.units, &case.bytes) else {
            return Ok(false);
        };
        let knowledge = &case.knowledge;
        let (report, bytes) = leave(&case.units, knowledge);
        if text(&report) != text(&case.report) {
            return Err("what is left changes what is said".to_owned());
        }
        let kept = kept(bytes);
        let both = (&case.units[..], &now[..]);
        let mut used = false;
        for changed in 0..case.units.len() {
            used |= agrees(&kept, both, knowledge, |it| it == changed)?;
            used |= agrees(&kept, both, knowledge, |it| it != changed)?;
        }
        Ok(used)
    })
    .unwrap();
}

/// All that can be asked of the functions of a program, by their names.
fn answers(solution: &Solution<'_>) -> String {
    // That nobody speaks of one any more that has no body is not looked for.
    let is_there = |&it: &_| solution.has_body(it) || !solution.contexts(it).is_empty();
    let mut answers: Vec<String> = solution
        .functions()
        .filter(is_there)
        .map(|it| {
            let calls: Vec<_> = solution
                .calls(it)
                .into_iter()
                .map(|call| {
                    let targets = call.targets.iter();
                    let targets: Vec<&str> = targets.map(|&it| solution.name(it)).collect();
                    (call.place, call.through, call.held, format!("{targets:?}"))
                })
                .collect();
            let callees: Vec<&str> = solution
                .callees(it)
                .iter()
                .map(|&it| solution.name(it))
                .collect();
            format!(
                "{} {:?}\n{callees:?}\n{:#?}\n{:#?}\n{:#?}\n{calls:#?}\n{:#?}\n",
                solution.name(it),
                solution.place(it),
                solution.demands(it),
                solution.returns(it),
                solution.contexts(it),
                solution.effects(it)
            )
        })
        .collect();
    answers.push(text(&solution.report()));
    answers.concat()
}

#[test]
fn what_is_asked_of_what_was_left_is_answered_as_by_a_solution_for_questions() {
    for_programs(Style::Rich, 30, |case| {
        let Some(now) = other(&case.units, &case.bytes) else {
            return Ok(false);
        };
        let more = grown(&case.units);
        let knowledge = &case.knowledge;
        let anew = |units: Vec<Unit>| {
            let program = link(units, knowledge);
            answers(&Solution::new(&program, knowledge))
        };
        let compare = |kept: String, anew: String| {
            let differ = || {
                let pairs = kept.lines().zip(anew.lines()).enumerate();
                let first = pairs
                    .clone()
                    .find(|(_, (a, b))| a != b)
                    .map_or(0, |it| it.0);
                let around = pairs.skip(first.saturating_sub(12)).take(24);
                let lines = around.map(|(_, (a, b))| format!("{a:<60}| {b}\n"));
                format!("of what was left | anew\n{}", lines.collect::<String>())
            };
            if kept == anew { Ok(()) } else { Err(differ()) }
        };
        let mut bytes = Vec::new();
        let mut leave = |more: &[u8]| bytes.extend_from_slice(more);
        let pending = case.units.iter().cloned().map(Pending::from).collect();
        let linked = Linked::new(pending, knowledge).unwrap();
        let first = leave_and_ask(linked, knowledge, &mut leave, |it| answers(it));
        compare(first, anew(case.units.clone()))?;
        let program = link(case.units.clone(), knowledge);
        compare(
            ask(program, knowledge, |it| answers(it)),
            anew(case.units.clone()),
        )?;
        let kept = kept(bytes);
        let mut used = false;
        for (changed, now) in (0..case.units.len()).flat_map(|it| [(it, &now), (it, &more)]) {
            let numbered = vec![(u32::try_from(changed).unwrap(), now[changed].clone())];
            if let Some(again) = ask_again(Arc::clone(&kept), numbered, knowledge, |it| answers(it))
            {
                used = true;
                compare(again, anew(mixed(&case.units, now, |it| it == changed)))?;
            }
        }
        Ok(used)
    })
    .unwrap();
}

#[test]
fn functions_come_and_go() {
    for_programs(Style::Rich, 40, |case| {
        let knowledge = &case.knowledge;
        let more = grown(&case.units);
        let mut used = true;
        for (before, now) in [(&case.units, &more), (&more, &case.units)] {
            let kept = kept(leave(before, knowledge).1);
            for changed in 0..before.len() {
                used &= agrees(&kept, (before, now), knowledge, |it| it == changed)?;
                used &= agrees(&kept, (before, now), knowledge, |it| it != changed)?;
            }
        }
        Ok(used)
    })
    .unwrap();
}

#[test]
fn what_was_left_and_is_damaged_is_of_no_use() {
    for_programs(Style::Rich, 20, |case| {
        let knowledge = &case.knowledge;
        let (_, mut bytes) = leave(&case.units, knowledge);
        let unit = || vec![(0, case.units[0].clone())];
        for at in (0..bytes.len()).step_by(97) {
            let mut bytes = bytes.clone();
            bytes[at] ^= 0x10;
            let again = solve_again(kept(bytes), unit(), knowledge);
            if again.is_some_and(|it| text(&it) != text(&case.report)) {
                return Err(format!("damage at {at} is not seen"));
            }
        }
        bytes.truncate(bytes.len() / 2);
        let again = solve_again(kept(bytes), unit(), knowledge);
        Ok(again.is_none())
    })
    .unwrap();
}
