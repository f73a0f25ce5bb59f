// SPDX-License-Identifier: MIT OR Apache-2.0
//! A unit without what nothing refers to.
//!
//! Which definitions a unit lowers, and so which names it meets, depends on what other threads
//! have claimed in the meantime. After dropping what others deliver, all tables are made again
//! from what is left, so the same unit always comes out the same.

use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};
use waitctx_model::{
    Callee, Field, FieldId, Function, Incident, IncidentKind, NameId, Rename, Statement, Symbol,
    Unit, rename_function,
};

use crate::claims::DefinitionKey;

/// More approximations than this in one unit are counted, not told.
const MOST_APPROXIMATIONS: usize = 20;

/// What the parts of a unit are claimed as, in the order of the unit's lists.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Keys {
    pub(crate) functions: Vec<Option<DefinitionKey>>,
    pub(crate) initialisers: Vec<Option<DefinitionKey>>,
    pub(crate) incidents: Vec<Option<DefinitionKey>>,
}

impl Keys {
    /// Whether all of them are still this unit's.
    fn all(&self, keep: &dyn Fn(DefinitionKey) -> bool) -> bool {
        [&self.functions, &self.initialisers, &self.incidents]
            .into_iter()
            .flatten()
            .flatten()
            .all(|&key| keep(key))
    }
}

/// Makes the tables of a unit anew. The result still declares what it defines,
/// as it may have to give that up later.
pub(crate) fn draft(unit: Unit, keys: Keys) -> (Unit, Keys) {
    compact(unit, keys, &|_| true, false)
}

/// What is left of a draft when all claims are settled.
pub(crate) fn finish(unit: Unit, keys: Keys, keep: &dyn Fn(DefinitionKey) -> bool) -> Unit {
    let defined: FxHashSet<Symbol> = unit.functions.iter().map(|it| it.symbol).collect();
    let is_final = keys.all(keep)
        && unit
            .declarations
            .iter()
            .all(|it| !defined.contains(&it.symbol))
        && approximations(&unit.incidents) <= MOST_APPROXIMATIONS;
    if is_final {
        unit
    } else {
        compact(unit, keys, keep, true).0
    }
}

/// Drops what `keep` refuses and makes the tables anew; with `last` also the declarations of what
/// is defined.
fn compact(
    unit: Unit,
    keys: Keys,
    keep: &dyn Fn(DefinitionKey) -> bool,
    last: bool,
) -> (Unit, Keys) {
    let mut old = unit;
    let mut new_keys = Keys::default();
    let functions = retain(
        std::mem::take(&mut old.functions),
        keys.functions,
        keep,
        &mut new_keys.functions,
    );
    let initialisers = retain(
        std::mem::take(&mut old.initialisers),
        keys.initialisers,
        keep,
        &mut new_keys.initialisers,
    );
    let mut incidents = retain(
        std::mem::take(&mut old.incidents),
        keys.incidents,
        keep,
        &mut new_keys.incidents,
    );
    if last {
        limit(&mut incidents);
    }
    let declarations = std::mem::take(&mut old.declarations);
    let aliases = std::mem::take(&mut old.aliases);

    let mut move_ = Move {
        names: vec![None; old.names.len()],
        fields: vec![None; old.fields.len()],
        referred: FxHashSet::default(),
        new: Unit::default(),
        old,
    };
    move_.new.is_shared = move_.old.is_shared;
    move_.new.file = move_.old.file.map(|file| move_.name(file));

    let defined: FxHashSet<Symbol> = if last {
        functions.iter().map(|it| it.symbol).collect()
    } else {
        FxHashSet::default()
    };
    for mut function in functions {
        move_.count(&function);
        rename_function(&mut function, &mut move_);
        move_.new.functions.push(function);
    }
    for mut it in initialisers {
        move_.referred.insert(it.target);
        it.variable = move_.symbol(it.variable);
        it.target = move_.symbol(it.target);
        it.field = it.field.map(|field| move_.field(field));
        it.span = move_.span(it.span);
        move_.new.initialisers.push(it);
    }
    for mut it in aliases {
        move_.referred.insert(it.target);
        it.alias = move_.symbol(it.alias);
        it.target = move_.symbol(it.target);
        move_.new.aliases.push(it);
    }
    // Sorted by what they are called: the order in which they were met is a matter of timing.
    let mut declarations: Vec<_> = declarations
        .into_iter()
        .filter(|it| move_.referred.contains(&it.symbol) && !defined.contains(&it.symbol))
        .collect();
    declarations.sort_by_cached_key(|it| {
        (
            move_.old.names.get(it.symbol.name).to_owned(),
            it.symbol
                .file
                .map(|file| move_.old.names.get(file).to_owned()),
        )
    });
    for mut it in declarations {
        it.symbol = move_.symbol(it.symbol);
        for parameter in &mut it.parameters {
            *parameter = move_.ty(*parameter);
        }
        move_.new.declarations.push(it);
    }
    for mut it in incidents {
        it.span = it.span.map(|span| move_.span(span));
        move_.new.incidents.push(it);
    }
    (move_.new, new_keys)
}

fn approximations(incidents: &[Incident]) -> usize {
    incidents
        .iter()
        .filter(|it| it.kind == IncidentKind::Approximated)
        .count()
}

/// Counts what there is too much of instead of telling it.
fn limit(incidents: &mut Vec<Incident>) {
    let more = approximations(incidents).saturating_sub(MOST_APPROXIMATIONS);
    if more == 0 {
        return;
    }
    let mut told = 0;
    incidents.retain(|it| {
        told += usize::from(it.kind == IncidentKind::Approximated);
        it.kind != IncidentKind::Approximated || told <= MOST_APPROXIMATIONS
    });
    incidents.push(Incident {
        kind: IncidentKind::Approximated,
        message: format!("{more} more approximations in this unit"),
        span: None,
    });
}

fn retain<T>(
    items: Vec<T>,
    keys: Vec<Option<DefinitionKey>>,
    keep: &dyn Fn(DefinitionKey) -> bool,
    kept_keys: &mut Vec<Option<DefinitionKey>>,
) -> Vec<T> {
    items
        .into_iter()
        .zip(keys)
        .filter_map(|(item, key)| {
            if key.is_some_and(|key| !keep(key)) {
                return None;
            }
            kept_keys.push(key);
            Some(item)
        })
        .collect()
}

/// From the tables of one unit to those of another.
struct Move {
    old: Unit,
    new: Unit,
    names: Vec<Option<NameId>>,
    fields: Vec<Option<FieldId>>,
    /// Functions that something refers to, in the old tables.
    referred: FxHashSet<Symbol>,
}

impl Rename for Move {
    fn name(&mut self, id: NameId) -> NameId {
        let index = id.0 as usize;
        if let Some(known) = self.names[index] {
            return known;
        }
        let moved = self.new.names.intern(self.old.names.get(id));
        self.names[index] = Some(moved);
        moved
    }

    fn field(&mut self, id: FieldId) -> FieldId {
        let index = id.0 as usize;
        if let Some(known) = self.fields[index] {
            return known;
        }
        let field = self.old.field(id).clone();
        let moved = Field {
            record: self.name(field.record),
            name: self.name(field.name),
            ty: self.ty(field.ty),
        };
        let moved = self.new.intern_field(moved);
        self.fields[index] = Some(moved);
        moved
    }

    fn function(&mut self, symbol: Symbol) -> Symbol {
        self.referred.insert(symbol);
        self.symbol(symbol)
    }
}

impl Move {
    /// Counts what is left of the calls.
    fn count(&mut self, function: &Function) {
        let statements = function.blocks.iter().flat_map(|block| &block.statements);
        for statement in statements {
            if let Statement::Call(call) = statement {
                self.new.stats.calls += 1;
                let indirect = matches!(call.callee, Callee::Pointer { .. });
                self.new.stats.indirect_calls += u64::from(indirect);
            }
        }
    }
}
