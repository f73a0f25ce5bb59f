// SPDX-License-Identifier: MIT OR Apache-2.0
//! Places: fields through any number of pointers, elements, dereferences; and writing to them.

use std::rc::Rc;

use syn::Expr;
use syn::spanned::Spanned;

use super::Builder;
use crate::mir::{Callee, Place, Statement, Step, Value};
use crate::ty::Ty;

/// Pointers to pointers to pointers.
const DEEPEST: usize = 8;

impl Builder {
    pub(super) fn field_place(&mut self, it: &syn::ExprField) -> (Place, Ty) {
        let (mut place, mut ty) = self.place(&it.base);
        for _ in 0..DEEPEST {
            ty = self.typer.normalize(&ty);
            ty = self.typer.infer.shallow(&ty);
            if !matches!(ty, Ty::Ref(_) | Ty::Ptr(_)) {
                let variants = match &ty {
                    Ty::Adt(id, _) => self.cx.adts.get(*id).variants.len(),
                    _ => 1,
                };
                if variants == 1
                    && let (Some(step), field) = self.member(&ty, 0, &it.member)
                {
                    return (place.then(step), field);
                }
            }
            match self.deref_once(&place, &ty, it.span()) {
                Some((next, next_ty)) => (place, ty) = (next, next_ty),
                None => break,
            }
        }
        // A field of something that is not known.
        let name = super::expressions::member_name(&it.member);
        (place.then(Step::Foreign(name)), self.typer.infer.fresh())
    }

    pub(super) fn deref_place(&mut self, it: &syn::ExprUnary) -> (Place, Ty) {
        let (place, ty) = self.place(&it.expr);
        let ty = self.typer.normalize(&ty);
        match self.deref_once(&place, &ty, it.span()) {
            Some(found) => found,
            None => {
                let to = self.typer.infer.fresh();
                self.typer.infer.unify(&ty, &to.clone().reference());
                (place.then(Step::Deref), to)
            }
        }
    }

    pub(super) fn index_place(&mut self, it: &syn::ExprIndex) -> (Place, Ty) {
        let (mut place, mut ty) = self.place(&it.expr);
        let (index, index_ty) = self.expr(&it.index, None);
        let is_range = matches!(self.typer.infer.shallow(&index_ty), Ty::Adt(..));
        for _ in 0..DEEPEST {
            ty = self.typer.normalize(&ty);
            ty = self.typer.infer.shallow(&ty);
            match &ty {
                Ty::Array(of) | Ty::Slice(of) if is_range => {
                    return (place, Ty::Slice(Rc::clone(of)));
                }
                Ty::Array(of) | Ty::Slice(of) => {
                    return (place.then(Step::Element), (**of).clone());
                }
                Ty::Prim("str") => return (place, ty),
                Ty::Adt(..) => {
                    if let Some(found) = self.overloaded_index(&place, &ty, &index, &index_ty, it) {
                        return found;
                    }
                }
                _ => {}
            }
            match self.deref_once(&place, &ty, it.span()) {
                Some((next, next_ty)) => (place, ty) = (next, next_ty),
                None => break,
            }
        }
        (place.then(Step::Element), self.typer.infer.fresh())
    }

    fn overloaded_index(
        &mut self,
        place: &Place,
        ty: &Ty,
        index: &Value,
        index_ty: &Ty,
        it: &syn::ExprIndex,
    ) -> Option<(Place, Ty)> {
        let of = self.cx.lang_trait("index")?;
        let args = Rc::from([index_ty.clone()]);
        self.typer.select(ty, of, &args, 0)?;
        let function = self.cx.trait_function(of, "index")?;
        let output = Ty::Proj(Rc::new(crate::ty::Projection {
            self_ty: ty.clone(),
            of,
            args,
            name: Rc::from("Output"),
        }));
        let output = self.typer.normalize(&output);
        let callee = Callee::Function(function, Rc::from([ty.clone(), index_ty.clone()]));
        let args = vec![Value::AddressOf(place.clone()), index.clone()];
        let result = output.clone().reference();
        let written = Some(Rc::from("["));
        let value = self.call_written(callee, args, &result, it.span(), written);
        match value {
            Value::Move(pointer) => Some((pointer.then(Step::Deref), output)),
            _ => None,
        }
    }

    /// `left = right`: what was there is dropped.
    pub(super) fn assignment(&mut self, left: &Expr, right: &Expr) {
        match left {
            Expr::Infer(_) => {
                let (value, ty) = self.expr(right, None);
                self.spill(value, &ty, right.span());
                return;
            }
            Expr::Tuple(it) => {
                let (value, ty) = self.expr(right, None);
                let from = Place::local(self.spill(value, &ty, right.span()));
                for (index, part) in (0..).zip(&it.elems) {
                    let member = syn::Member::from(index as usize);
                    let (_, part_ty) = self.member(&ty, 0, &member);
                    if !matches!(part, Expr::Infer(_)) {
                        let (place, place_ty) = self.place(part);
                        self.typer.infer.unify(&place_ty, &part_ty);
                        let step = Step::Field(0, index);
                        self.assign(place, Value::Move(from.clone().then(step)));
                    }
                }
                return;
            }
            _ => {}
        }
        // The right side is evaluated first.
        let expected = self.type_of_place(left);
        let (value, ty) = self.expr(right, expected.as_ref());
        let (place, wanted) = self.place(left);
        let value = self.coerce(value, &ty, &wanted, right.span());
        match place.owner() {
            Some(local) if place.path.is_empty() => {
                // A variable may have no content yet; whether it has is known later.
                let held = Place::local(self.spill(value, &wanted, right.span()));
                self.push(Statement::Drop(local));
                self.assign(place, Value::Move(held));
            }
            _ => {
                let held = Place::local(self.spill(value, &wanted, right.span()));
                self.push(Statement::DropPlace(place.clone(), left.span()));
                self.assign(place, Value::Move(held));
            }
        }
    }

    /// The type of a variable that is going to be assigned.
    fn type_of_place(&mut self, left: &Expr) -> Option<Ty> {
        match left {
            Expr::Path(it) => {
                let name = it.path.get_ident()?.to_string();
                self.variable(&name).map(|(_, ty)| ty)
            }
            _ => None,
        }
    }
}
