// SPDX-License-Identifier: MIT OR Apache-2.0
//! One entry of a row's `does`: which effect it is, and whether all it says belongs to that.

use std::ops::Range;

use toml::Spanned;
use waitctx_solver::{Effect, Identity, KindSelector, ResultTest};

use super::build::Tables;
use super::check::Mistakes;
use super::convert::selector;
use super::schema::{ByType, EffectRow, WhenName};

/// The effect that `row` describes, or nothing when it is wrong.
pub(super) fn effect(
    tables: &Tables,
    row: &Spanned<EffectRow>,
    mistakes: &mut Mistakes,
) -> Option<Effect> {
    let span = row.span();
    let row = row.get_ref();
    let action = action(row, &span, mistakes)?;
    let stray = mistakes.len();
    check_modifiers(row, action, mistakes);
    if mistakes.len() > stray {
        return None;
    }
    match action {
        Action::Acquire => {
            let context = kind(tables, row.acquire.as_ref()?, row, mistakes)?;
            Some(Effect::Acquire {
                context,
                lock: row.lock.as_ref().map(|lock| selector(lock.get_ref())),
                when: result_test(row, ResultTest::Any),
                waits: row.waits.as_ref().is_none_or(|waits| *waits.get_ref()),
                subclass: row.subclass.as_ref().map(|it| *it.get_ref()),
                only_if: only_if(tables, row, mistakes),
            })
        }
        Action::Release => {
            let context = kind(tables, row.release.as_ref()?, row, mistakes)?;
            Some(Effect::Release {
                context,
                lock: row.lock.as_ref().map(|lock| selector(lock.get_ref())),
                all: row.all.as_ref().is_some_and(|all| *all.get_ref()),
                only_if: only_if(tables, row, mistakes),
            })
        }
        Action::Demand => Some(Effect::Demand {
            demand: tables.demand(row.demand.as_ref()?, mistakes)?,
            only_if: only_if(tables, row, mistakes),
        }),
        Action::Convert => convert(tables, row, &span, mistakes),
        Action::NoneInForce => {
            let mask = row.mask.as_ref().map_or(-1, |mask| *mask.get_ref());
            if mask == 0 {
                mistakes.push((span, "a mask without bits tells nothing".to_owned()));
                return None;
            }
            let names = row.none_in_force.as_ref()?.iter();
            Some(Effect::TestsContext {
                mask,
                contexts: names
                    .filter_map(|name| tables.context(name, mistakes))
                    .collect(),
                when: result_test(row, ResultTest::Zero),
            })
        }
        Action::ReturnsArgument => row.returns_argument.map(Effect::ReturnsArgument),
        Action::Returns => row.returns.map(Effect::ReturnsConst),
        Action::Fills => Some(Effect::Fills {
            object: row.fills?,
            byte: row.byte.as_ref().map_or(1, |byte| *byte.get_ref()),
        }),
        Action::DropsReference => Some(Effect::DropsReference),
        Action::TellsOfBug => Some(Effect::TellsOfBug {
            only_if: only_if(tables, row, mistakes),
        }),
        Action::NeverReturns => Some(Effect::NeverReturns),
    }
}

/// What an effect does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Action {
    Acquire,
    Release,
    Demand,
    Convert,
    NoneInForce,
    ReturnsArgument,
    Returns,
    Fills,
    DropsReference,
    TellsOfBug,
    NeverReturns,
}

impl Action {
    fn name(self) -> &'static str {
        match self {
            Self::Acquire => "acquire",
            Self::Release => "release",
            Self::Demand => "demand",
            Self::Convert => "convert",
            Self::NoneInForce => "none_in_force",
            Self::ReturnsArgument => "returns_argument",
            Self::Returns => "returns",
            Self::Fills => "fills",
            Self::DropsReference => "drops_reference",
            Self::TellsOfBug => "tells_of_bug",
            Self::NeverReturns => "never_returns",
        }
    }
}

/// The one action that `row` names.
fn action(row: &EffectRow, span: &Range<usize>, mistakes: &mut Mistakes) -> Option<Action> {
    let named = [
        (row.acquire.is_some(), Action::Acquire),
        (row.release.is_some(), Action::Release),
        (row.demand.is_some(), Action::Demand),
        (row.convert.is_some(), Action::Convert),
        (row.none_in_force.is_some(), Action::NoneInForce),
        (row.returns_argument.is_some(), Action::ReturnsArgument),
        (row.returns.is_some(), Action::Returns),
        (row.fills.is_some(), Action::Fills),
        (row.drops_reference == Some(true), Action::DropsReference),
        (row.tells_of_bug == Some(true), Action::TellsOfBug),
        (row.never_returns == Some(true), Action::NeverReturns),
    ];
    let actions: Vec<Action> = named.iter().filter(|it| it.0).map(|it| it.1).collect();
    match actions[..] {
        [action] => Some(action),
        [] => {
            let names: Vec<&str> = named.iter().map(|it| it.1.name()).collect();
            let message = format!("it does nothing; it needs one of {}", names.join(", "));
            mistakes.push((span.clone(), message));
            None
        }
        [first, second, ..] => {
            let (first, second) = (first.name(), second.name());
            let message = format!("`{first}` and `{second}` must be entries of their own");
            mistakes.push((span.clone(), message));
            None
        }
    }
}

/// The name of a field that says more of an action, where it is set, and for which actions it may
/// be.
type Modifier<'a> = (&'a str, Option<Range<usize>>, &'a [Action]);

/// Says which modifiers do not belong to `action`.
fn check_modifiers(row: &EffectRow, action: Action, mistakes: &mut Mistakes) {
    use Action::{Acquire, Convert, Demand, Fills, NoneInForce, Release, TellsOfBug};
    let span = |it: &Option<Spanned<String>>| it.as_ref().map(Spanned::span);
    let modifiers: [Modifier<'_>; 11] = [
        (
            "lock",
            row.lock.as_ref().map(Spanned::span),
            &[Acquire, Release, Convert],
        ),
        (
            "by_type",
            row.by_type.as_ref().map(Spanned::span),
            &[Acquire, Release],
        ),
        (
            "when",
            row.when.as_ref().map(Spanned::span),
            &[Acquire, NoneInForce],
        ),
        ("waits", row.waits.as_ref().map(Spanned::span), &[Acquire]),
        (
            "subclass",
            row.subclass.as_ref().map(Spanned::span),
            &[Acquire],
        ),
        ("all", row.all.as_ref().map(Spanned::span), &[Release]),
        (
            "only_if",
            span(&row.only_if),
            &[Acquire, Release, Demand, TellsOfBug],
        ),
        ("to", span(&row.to), &[Convert]),
        ("of", span(&row.of), &[Convert]),
        ("byte", row.byte.as_ref().map(Spanned::span), &[Fills]),
        ("mask", row.mask.as_ref().map(Spanned::span), &[NoneInForce]),
    ];
    for (name, span, actions) in modifiers {
        if let Some(span) = span
            && !actions.contains(&action)
        {
            let message = format!("`{name}` says nothing of `{}`", action.name());
            mistakes.push((span, message));
        }
    }
}

/// The kind that `name` and the type of the lock select.
fn kind(
    tables: &Tables,
    name: &Spanned<String>,
    row: &EffectRow,
    mistakes: &mut Mistakes,
) -> Option<KindSelector> {
    let default = tables.context(name, mistakes)?;
    let Some(by_type) = &row.by_type else {
        if row.lock.is_some() && tables.identity(default) != Identity::Lock {
            let message = format!(
                "`{}` is not a lock, so no argument names it",
                name.get_ref()
            );
            mistakes.push((name.span(), message));
            return None;
        }
        return Some(KindSelector::Fixed(default));
    };
    let span = by_type.span();
    if row.lock.is_none() {
        mistakes.push((
            span,
            "`by_type` needs the `lock` whose type tells".to_owned(),
        ));
        return None;
    }
    let map = match by_type.get_ref() {
        ByType::Plain(true) => Vec::new(),
        ByType::Plain(false) => return Some(KindSelector::Fixed(default)),
        ByType::Map(map) => map
            .iter()
            .filter_map(|(from, to)| {
                let from = tables.context_in(from, span.clone(), mistakes)?;
                Some((from, tables.context_in(to, span.clone(), mistakes)?))
            })
            .collect(),
    };
    Some(KindSelector::OfLockType { default, map })
}

fn convert(
    tables: &Tables,
    row: &EffectRow,
    span: &Range<usize>,
    mistakes: &mut Mistakes,
) -> Option<Effect> {
    let Some(to) = &row.to else {
        mistakes.push((span.clone(), "`convert` needs `to`".to_owned()));
        return None;
    };
    let lock = match (&row.lock, &row.of) {
        (Some(lock), Some(of)) => Some((selector(lock.get_ref()), tables.context(of, mistakes)?)),
        (None, None) => None,
        _ => {
            let message = "`lock` and `of` of `convert` need each other".to_owned();
            mistakes.push((span.clone(), message));
            return None;
        }
    };
    let from = row.convert.as_ref()?.iter();
    Some(Effect::Convert {
        from: from
            .filter_map(|name| tables.context(name, mistakes))
            .collect(),
        to: tables.context(to, mistakes)?,
        lock,
    })
}

fn result_test(row: &EffectRow, default: ResultTest) -> ResultTest {
    row.when
        .as_ref()
        .map_or(default, |when| match when.get_ref() {
            WhenName::Any => ResultTest::Any,
            WhenName::Nonzero => ResultTest::NonZero,
            WhenName::Zero => ResultTest::Zero,
        })
}

fn only_if(
    tables: &Tables,
    row: &EffectRow,
    mistakes: &mut Mistakes,
) -> Option<waitctx_solver::ArgumentTest> {
    tables.condition(row.only_if.as_ref()?, mistakes)
}
