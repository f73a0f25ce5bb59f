// SPDX-License-Identifier: MIT OR Apache-2.0
//! Initialisers: which part of an object gets which expression.
//!
//! libclang shows lists as they are written. C's rules for what a list element without a
//! designator initialises (the next member, through unnamed members and lists without their own
//! braces) are followed here, once for locals and once more for static storage, which share the
//! walk.

use waitctx_model::{FieldId, Place, Projection, Value};

use crate::body::Body;
use crate::ffi::{CType, Cursor, Kind, TypeKind};
use crate::reader::Reader;

/// A local record with more fields than this does not get zeros for those that its initialiser
/// leaves out.
const MOST_ZEROS: usize = 16;

/// Where a part of an object is: the fields and elements that lead to it.
pub(crate) type Steps = Vec<Projection>;

/// A part of an object and the expression that it gets.
pub(crate) struct Leaf<'tu> {
    pub(crate) steps: Steps,
    pub(crate) ctype: CType<'tu>,
    pub(crate) value: Cursor<'tu>,
}

impl<'tu> Reader<'tu> {
    /// All parts of an object of type `ctype` that `initialiser` mentions.
    pub(crate) fn leaves(&mut self, ctype: CType<'tu>, initialiser: Cursor<'tu>) -> Vec<Leaf<'tu>> {
        let mut leaves = Vec::new();
        self.object(ctype, initialiser, &mut Vec::new(), &mut leaves);
        leaves
    }

    fn object(
        &mut self,
        ctype: CType<'tu>,
        value: Cursor<'tu>,
        steps: &mut Steps,
        leaves: &mut Vec<Leaf<'tu>>,
    ) {
        let value = without_wrapping(value);
        let is_aggregate = is_aggregate(ctype);
        if value.kind() == Kind::InitList {
            let items = value.children();
            if is_aggregate {
                self.list(ctype, &items, &mut 0, true, steps, leaves);
                return;
            }
            if let [inner] = items[..] {
                return self.object(ctype, inner, steps, leaves);
            }
        }
        if is_aggregate
            && value.kind() == Kind::CompoundLiteral
            && let Some(&list) = value.children().last()
        {
            return self.object(ctype, list, steps, leaves);
        }
        leaves.push(Leaf {
            steps: steps.clone(),
            ctype,
            value,
        });
    }

    /// The elements `items[*next..]` of a list that initialise an aggregate, with braces of its
    /// own or (`braced` false) as many as belong to it.
    fn list(
        &mut self,
        ctype: CType<'tu>,
        items: &[Cursor<'tu>],
        next: &mut usize,
        braced: bool,
        steps: &mut Steps,
        leaves: &mut Vec<Leaf<'tu>>,
    ) {
        let canonical = ctype.canonical();
        let members = Members::of(canonical);
        let mut member = 0;
        while let Some(&item) = items.get(*next) {
            if let Some(parts) = designated(item) {
                if !braced {
                    return;
                }
                *next += 1;
                member = self.designated_item(canonical, &members, &parts, steps, leaves);
                continue;
            }
            let Some((step, part)) = members.get(member) else {
                // More than it has room for; with braces that is an error, so skip it.
                if braced {
                    *next += 1;
                    continue;
                }
                return;
            };
            member += 1;
            let depth = steps.len();
            self.push_step(step, steps);
            let value = without_wrapping(item);
            let whole = !is_aggregate(part)
                || matches!(
                    value.kind(),
                    Kind::InitList | Kind::CompoundLiteral | Kind::String
                )
                || value.ctype().canonical().unqualified() == part.canonical().unqualified();
            if whole {
                *next += 1;
                self.object(part, value, steps, leaves);
            } else {
                let before = *next;
                self.list(part, items, next, false, steps, leaves);
                // An aggregate without members takes nothing.
                *next = (*next).max(before + usize::from(members.is_last(member)));
            }
            steps.truncate(depth);
            if !braced && members.is_last(member) {
                return;
            }
        }
    }

    /// `.a.b[1] = value`; returns which member comes after it.
    fn designated_item(
        &mut self,
        canonical: CType<'tu>,
        members: &Members<'tu>,
        parts: &[Cursor<'tu>],
        steps: &mut Steps,
        leaves: &mut Vec<Leaf<'tu>>,
    ) -> usize {
        let depth = steps.len();
        let Some((&value, designators)) = parts.split_last() else {
            return 0;
        };
        let mut at = canonical;
        for designator in designators {
            if designator.kind() == Kind::MemberRef {
                let Some(field) = designator.referenced() else {
                    continue;
                };
                self.push_step(Step::Field(field), steps);
                at = field.ctype().canonical();
            } else if at.kind() == TypeKind::Array {
                steps.push(Projection::Index);
                at = at.element().canonical();
            }
            // Otherwise it is the upper end of a range.
        }
        self.object(at, value, steps, leaves);
        steps.truncate(depth);
        designators
            .first()
            .and_then(|first| first.referenced())
            .and_then(|field| members.position(field))
            .map_or(0, |position| position + 1)
    }

    fn push_step(&mut self, step: Step<'tu>, steps: &mut Steps) {
        match step {
            Step::Field(field) => {
                if let Some(id) = self.field(field) {
                    steps.push(Projection::Field(id));
                }
            }
            Step::Element => steps.push(Projection::Index),
        }
    }
}

/// A step into an aggregate.
#[derive(Clone, Copy)]
enum Step<'tu> {
    Field(Cursor<'tu>),
    Element,
}

/// The members of an aggregate in the order in which a list initialises them.
enum Members<'tu> {
    Fields { all: Vec<Cursor<'tu>>, union: bool },
    Elements(CType<'tu>),
}

impl<'tu> Members<'tu> {
    fn of(canonical: CType<'tu>) -> Self {
        match canonical.kind() {
            TypeKind::Array => Self::Elements(canonical.element()),
            _ => Self::Fields {
                all: canonical.fields(),
                union: canonical.declaration().kind() == Kind::Union,
            },
        }
    }

    fn get(&self, index: usize) -> Option<(Step<'tu>, CType<'tu>)> {
        match self {
            Self::Fields { all, union } => {
                let field = *all.get(index).filter(|_| index == 0 || !union)?;
                Some((Step::Field(field), field.ctype()))
            }
            Self::Elements(element) => Some((Step::Element, *element)),
        }
    }

    /// Whether nothing comes after so many members.
    fn is_last(&self, index: usize) -> bool {
        match self {
            Self::Fields { all, union } => *union || index >= all.len(),
            // How many elements there are does not matter: all are the same to the model.
            Self::Elements(_) => false,
        }
    }

    fn position(&self, field: Cursor<'tu>) -> Option<usize> {
        match self {
            Self::Fields { all, .. } => all.iter().position(|it| *it == field),
            Self::Elements(_) => None,
        }
    }
}

/// The designators of a list element and, last, its value.
fn designated(item: Cursor<'_>) -> Option<Vec<Cursor<'_>>> {
    if item.kind() != Kind::UnexposedExpr || item.ctype().kind() != TypeKind::Void {
        return None;
    }
    let parts = item.children();
    (parts.len() >= 2).then_some(parts)
}

/// Without parentheses and conversions that were not written.
fn without_wrapping(mut value: Cursor<'_>) -> Cursor<'_> {
    while matches!(value.kind(), Kind::Paren | Kind::UnexposedExpr) {
        let children = value.children();
        let [inner] = children[..] else { break };
        let wraps_list = matches!(
            inner.kind(),
            Kind::InitList
                | Kind::CompoundLiteral
                | Kind::String
                | Kind::Paren
                | Kind::UnexposedExpr
        );
        if !wraps_list {
            break;
        }
        value = inner;
    }
    value
}

fn is_aggregate(ctype: CType<'_>) -> bool {
    matches!(ctype.canonical().kind(), TypeKind::Record | TypeKind::Array)
}

impl<'tu> Body<'_, 'tu> {
    /// Gives a local object its initial value.
    pub(crate) fn initialise(&mut self, place: Place, ctype: CType<'tu>, value: Cursor<'tu>) {
        if !is_aggregate(ctype) {
            let value = self.value(value);
            return self.assign(place, value);
        }
        let leaves = self.reader.leaves(ctype, value);
        let mut given: Vec<FieldId> = Vec::new();
        let mut is_list = false;
        for leaf in leaves {
            if leaf.steps.is_empty() {
                // One expression for the whole object.
                let whole = self.value(leaf.value);
                if matches!(whole, Value::Read(_)) {
                    self.assign(place.clone(), whole);
                }
                return;
            }
            is_list = true;
            if let Some(Projection::Field(field)) = leaf.steps.first() {
                given.push(*field);
            }
            let value = self.value(leaf.value);
            if matches!(
                leaf.ctype.canonical().kind(),
                TypeKind::Pointer
                    | TypeKind::Integer
                    | TypeKind::Enum
                    | TypeKind::Bool
                    | TypeKind::Record
            ) {
                let mut part = place.clone();
                part.path.extend(leaf.steps);
                self.assign(part, value);
            }
        }
        let empty_list = {
            let bare = without_wrapping(value);
            bare.kind() == Kind::InitList || bare.kind() == Kind::CompoundLiteral
        };
        if is_list || empty_list {
            self.zero_the_rest(&place, ctype, &given);
        }
    }

    /// `0` for the fields that an initialiser leaves out.
    fn zero_the_rest(&mut self, place: &Place, ctype: CType<'tu>, given: &[FieldId]) {
        let canonical = ctype.canonical();
        if canonical.kind() != TypeKind::Record || canonical.declaration().kind() == Kind::Union {
            return;
        }
        let fields: Vec<_> = canonical
            .fields()
            .into_iter()
            .filter(|field| {
                matches!(
                    field.ctype().canonical().kind(),
                    TypeKind::Pointer | TypeKind::Integer | TypeKind::Enum | TypeKind::Bool
                )
            })
            .filter_map(|field| self.reader.field(field))
            .filter(|field| !given.contains(field))
            .collect();
        if fields.len() > MOST_ZEROS {
            return;
        }
        for field in fields {
            self.assign(
                place.clone().then(Projection::Field(field)),
                Value::Const(0),
            );
        }
    }

    /// `(type){ ... }`: an object without a name.
    pub(crate) fn compound_literal(&mut self, expression: Cursor<'tu>) -> Place {
        let place = Place::local(self.temporary(expression.ctype()));
        if let Some(&list) = expression.children().last() {
            self.initialise(place.clone(), expression.ctype(), list);
        }
        place
    }
}
