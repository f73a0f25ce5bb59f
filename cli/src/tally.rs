// SPDX-License-Identifier: MIT OR Apache-2.0
//! What became of the units: decides when one counts as damaged or lost, and what is said of it.

use serde::{Deserialize, Serialize};
use waitctx_model::{Incident, IncidentKind, Unit};

/// What became of the units of a scan.
#[derive(Clone, Default, Debug, Serialize, Deserialize)]
pub(crate) struct UnitTally {
    /// All units.
    pub(crate) units: usize,
    /// Damaged and lost ones, in the order of their names.
    pub(crate) failed: Vec<FailedUnit>,
    /// Places where a construct was approximated.
    pub(crate) approximated: usize,
}

/// A unit that was not read without errors.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct FailedUnit {
    /// Its main source file.
    pub(crate) file: String,
    /// What became of it.
    pub(crate) state: UnitState,
    /// What went wrong, with places: at most [`MOST_REASONS`].
    pub(crate) reasons: Vec<String>,
}

/// What became of the units of one configuration, when several are scanned.
#[derive(Clone, Debug)]
pub(crate) struct ConfigurationTally {
    /// What the configuration is called.
    pub(crate) name: String,
    /// As in [`UnitTally`].
    pub(crate) failed: Vec<FailedUnit>,
}

/// What became of a unit that failed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(crate) enum UnitState {
    /// It has errors; what could be read of it is used.
    Damaged,
    /// Nothing of it is used.
    Lost,
}

impl UnitState {
    /// The word for it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Damaged => "damaged",
            Self::Lost => "lost",
        }
    }
}

/// Compilers complain in floods, and the first complaints are the cause.
const MOST_REASONS: usize = 3;

impl UnitTally {
    /// Counts `units`.
    pub(crate) fn new(units: &[Unit]) -> Self {
        let mut tally = Self::default();
        for unit in units.iter().filter(|unit| !unit.is_shared) {
            tally.add(unit);
        }
        tally.failed.sort_by(|a, b| a.file.cmp(&b.file));
        tally
    }

    /// Adds the units of another configuration, each of which counts by itself.
    pub(crate) fn absorb(&mut self, other: Self) {
        self.units += other.units;
        self.approximated += other.approximated;
        if !other.failed.is_empty() {
            self.failed.extend(other.failed);
            self.failed.sort_by(|a, b| a.file.cmp(&b.file));
        }
    }

    /// How many units are in `state`.
    pub(crate) fn count(&self, state: UnitState) -> usize {
        self.failed
            .iter()
            .filter(|unit| unit.state == state)
            .count()
    }

    /// How many units were read, with errors or without.
    pub(crate) fn read(&self) -> usize {
        self.units - self.count(UnitState::Lost)
    }

    fn add(&mut self, unit: &Unit) {
        self.units += 1;
        self.approximated += unit
            .incidents
            .iter()
            .filter(|incident| incident.kind == IncidentKind::Approximated)
            .count();
        let worst = unit.incidents.iter().map(|incident| incident.kind).max();
        let state = match worst {
            None | Some(IncidentKind::Approximated) => return,
            Some(IncidentKind::FunctionLost | IncidentKind::UnitDamaged) => UnitState::Damaged,
            Some(IncidentKind::UnitLost) => UnitState::Lost,
        };
        let reasons = unit
            .incidents
            .iter()
            .filter(|incident| incident.kind != IncidentKind::Approximated)
            .take(MOST_REASONS)
            .map(|incident| reason(unit, incident))
            .collect();
        self.failed.push(FailedUnit {
            file: unit
                .file
                .map_or("(no name)", |file| unit.names.get(file))
                .to_owned(),
            state,
            reasons,
        });
    }
}

fn reason(unit: &Unit, incident: &Incident) -> String {
    match &incident.span {
        Some(span) => {
            let place = format!("{}:{}", unit.names.get(span.file), span.line);
            // Compilers say themselves where, but not where in the line.
            let message = incident.message.strip_prefix(&format!("{place}: "));
            let message = message.unwrap_or(&incident.message);
            format!("{place}:{}: {message}", span.column)
        }
        None => incident.message.clone(),
    }
}

#[cfg(test)]
mod tests {
    use waitctx_model::Span;

    use super::*;

    #[test]
    fn a_place_is_said_once() {
        let mut unit = Unit::default();
        let incident = |unit: &mut Unit, message: &str| Incident {
            kind: IncidentKind::UnitDamaged,
            message: message.to_owned(),
            span: Some(Span {
                file: unit.names.intern("a.c"),
                line: 3,
                column: 10,
                end_line: 3,
                end_column: 11,
            }),
        };
        for message in ["a.c:3: 'x.h' file not found", "'x.h' file not found"] {
            let incident = incident(&mut unit, message);
            assert_eq!(reason(&unit, &incident), "a.c:3:10: 'x.h' file not found");
        }
    }

    #[test]
    fn the_worst_incident_decides() {
        let unit = |name: &str, kinds: &[IncidentKind]| {
            let mut unit = Unit::default();
            unit.file = Some(unit.names.intern(name));
            unit.incidents = kinds
                .iter()
                .map(|&kind| Incident {
                    kind,
                    message: "because".to_owned(),
                    span: None,
                })
                .collect();
            unit
        };
        let tally = UnitTally::new(&[
            unit("c.c", &[IncidentKind::UnitDamaged, IncidentKind::UnitLost]),
            unit("b.c", &[IncidentKind::FunctionLost]),
            unit("a.c", &[IncidentKind::Approximated]),
        ]);
        let failed: Vec<_> = tally
            .failed
            .iter()
            .map(|unit| (unit.file.as_str(), unit.state))
            .collect();
        assert_eq!(
            failed,
            [("b.c", UnitState::Damaged), ("c.c", UnitState::Lost)]
        );
        assert_eq!((tally.read(), tally.approximated), (2, 1));
    }
}
