// SPDX-License-Identifier: MIT OR Apache-2.0
//! Places and types of the model.

use std::rc::Rc;

use waitctx_model as model;
use waitctx_model::{FieldId, Projection, Symbol};

use super::body::Lowering;
use super::{Emitter, Instance};
use crate::items::{ConstId, FnId, TraitId};
use crate::mir::{Place, Root, Step};
use crate::ty::{Name, Ty};

impl Lowering<'_> {
    /// The type of what is at a place.
    pub(super) fn place_type(&mut self, place: &Place) -> Ty {
        let mut ty = match &place.root {
            Root::Local(id) => self.body.locals[id.0 as usize].ty.clone(),
            Root::Static(id) => self.emitter.cx.const_type(*id),
        };
        for step in &place.path {
            ty = self.emitter.open_opaque(&ty);
            ty = self.step_type(&ty, step);
        }
        self.emitter.open_opaque(&ty)
    }

    fn step_type(&mut self, ty: &Ty, step: &Step) -> Ty {
        match step {
            Step::Deref => ty.pointee().unwrap_or(Ty::Unknown),
            Step::Field(variant, index) => match ty {
                Ty::Adt(id, args) => {
                    let fields = self.emitter.cx.adts.get(*id);
                    let variant_known = fields.variants.get(*variant as usize);
                    match variant_known {
                        Some(it) if (*index as usize) < it.fields.len() => self
                            .emitter
                            .layouts
                            .field(*id, args, *variant, *index as usize),
                        _ => Ty::Unknown,
                    }
                }
                Ty::Tuple(parts) => parts.get(*index as usize).cloned().unwrap_or(Ty::Unknown),
                _ => Ty::Unknown,
            },
            Step::Foreign(_) => Ty::Unknown,
            Step::Upvar(id, index) => {
                let closures = self.emitter.layouts.closures.borrow();
                let taken = closures.get(id).and_then(|it| it.get(*index as usize));
                taken.map_or(Ty::Unknown, |it| it.ty.clone())
            }
            Step::Element => match ty {
                Ty::Array(of) | Ty::Slice(of) => (**of).clone(),
                _ => Ty::Unknown,
            },
            Step::Others(_) => ty.clone(),
        }
    }

    /// The model's place.
    pub(super) fn place(&mut self, place: &Place) -> model::Place {
        let root = match &place.root {
            Root::Local(id) => model::Root::Local(model::LocalId(self.numbers[id.0 as usize])),
            Root::Static(id) => model::Root::Global(self.emitter.static_symbol(*id)),
        };
        let mut out = model::Place {
            root,
            path: Vec::new(),
        };
        if let Root::Local(local) = place.root
            && self.behind[local.0 as usize]
        {
            out.path.push(Projection::Deref);
        }
        let mut ty = match &place.root {
            Root::Local(id) => self.body.locals[id.0 as usize].ty.clone(),
            Root::Static(id) => self.emitter.cx.const_type(*id),
        };
        for step in &place.path {
            ty = self.emitter.open_opaque(&ty);
            match step {
                Step::Deref => out.path.push(Projection::Deref),
                Step::Element => out.path.push(Projection::Index),
                Step::Field(variant, index) => {
                    if let Some(field) = self.field(&ty, *variant, *index) {
                        out.path.push(Projection::Field(field));
                    }
                }
                Step::Foreign(name) => {
                    let field = self.emitter.foreign_field(&ty, name);
                    out.path.push(Projection::Field(field));
                }
                Step::Upvar(id, index) => {
                    let (field, is_owned) = self.emitter.upvar_field(*id, *index);
                    out.path.push(Projection::Field(field));
                    if !is_owned {
                        out.path.push(Projection::Deref);
                    }
                }
                Step::Others(_) => {}
            }
            ty = self.step_type(&ty, step);
        }
        out
    }

    /// The field of a closure itself, where a pointer or the content is put.
    pub(super) fn place_of_capture(&mut self, place: &Place) -> model::Place {
        let mut out = self.place(place);
        if out.path.last() == Some(&Projection::Deref) {
            out.path.pop();
        }
        out
    }

    /// `&*p` is `p`.
    pub(super) fn place_as_pointer(&mut self, place: &Place) -> Option<model::Value> {
        let mut model = self.place(place);
        match model.path.last() {
            Some(Projection::Deref) => {
                model.path.pop();
                Some(model::Value::Read(model))
            }
            _ => None,
        }
    }

    fn field(&mut self, ty: &Ty, variant: u32, index: u32) -> Option<FieldId> {
        match ty {
            Ty::Adt(id, args) => {
                if self.emitter.layouts.is_whole(*id, args, variant, index) {
                    return None;
                }
                let adt = self.emitter.cx.adts.get(*id);
                let it = adt.variants.get(variant as usize)?;
                let field = it.fields.get(index as usize)?;
                let name = if adt.variants.len() > 1 {
                    format!("{}.{}", it.name, field.name)
                } else {
                    field.name.to_string()
                };
                let field_ty = self
                    .emitter
                    .layouts
                    .field(*id, args, variant, index as usize);
                Some(self.emitter.make_field(ty, &name, &field_ty))
            }
            Ty::Tuple(parts) => {
                let part = parts.get(index as usize)?.clone();
                Some(self.emitter.make_field(ty, &index.to_string(), &part))
            }
            _ => Some(
                self.emitter
                    .make_field(ty, &index.to_string(), &Ty::Unknown),
            ),
        }
    }
}

impl Emitter {
    /// The model's type.
    pub(super) fn model_type(&mut self, ty: &Ty) -> model::Type {
        let ty = self.open_opaque(ty);
        match &ty {
            Ty::Ref(to) | Ty::Ptr(to) => {
                let inner = self.model_type(to);
                model::Type {
                    pointer: true,
                    ..inner
                }
            }
            Ty::Foreign(name) => {
                let name = self.unit.names.intern(name);
                model::Type {
                    name,
                    record: Some(name),
                    pointer: false,
                }
            }
            Ty::Adt(id, args) => {
                let adt = self.cx.adts.get(*id);
                if adt.is_transparent
                    && adt.variants.len() == 1
                    && let Some(index) = (0..adt.variants[0].fields.len()).find(|index| {
                        let index = u32::try_from(*index).expect("few fields");
                        self.layouts.is_whole(*id, args, 0, index)
                    })
                {
                    let inner = self.layouts.field(*id, args, 0, index);
                    return self.model_type(&inner);
                }
                let name = self.cx.type_name(&ty);
                let name = self.unit.names.intern(&name);
                model::Type {
                    name,
                    record: Some(name),
                    pointer: false,
                }
            }
            _ => {
                let name = self.cx.type_name(&ty);
                model::Type {
                    name: self.unit.names.intern(&name),
                    record: None,
                    pointer: matches!(ty, Ty::Array(_) | Ty::FnPtr(..)),
                }
            }
        }
    }

    /// The type of a number that nobody wrote.
    pub(super) fn number_type(&mut self) -> model::Type {
        model::Type {
            name: self.unit.names.intern("isize"),
            record: None,
            pointer: false,
        }
    }

    pub(super) fn make_field(&mut self, of: &Ty, name: &str, ty: &Ty) -> FieldId {
        let record = self.cx.type_name(of);
        let record = self.unit.names.intern(&record);
        let name = self.unit.names.intern(name);
        let ty = self.model_type(ty);
        self.unit.intern_field(model::Field { record, name, ty })
    }

    /// The field that tells the variants of an enum apart.
    pub(super) fn tag_field(&mut self, of: &Ty) -> FieldId {
        let of = self.open_opaque(of);
        self.make_field(&of, "variant", &Ty::Prim("isize"))
    }

    pub(super) fn foreign_field(&mut self, of: &Ty, name: &Name) -> FieldId {
        let record = match of {
            Ty::Foreign(record) => record.to_string(),
            other => self.cx.type_name(other),
        };
        let record = self.unit.names.intern(&record);
        let name = self.unit.names.intern(name);
        // C knows the type.
        let ty = model::Type {
            name: self.unit.names.intern(UNKNOWN_TYPE),
            record: None,
            pointer: false,
        };
        self.unit.intern_field(model::Field { record, name, ty })
    }

    pub(super) fn upvar_field(&mut self, id: crate::ty::ClosureId, index: u32) -> (FieldId, bool) {
        let taken = {
            let closures = self.layouts.closures.borrow();
            let taken = closures.get(&id).and_then(|it| it.get(index as usize));
            taken.cloned()
        };
        let of = Ty::Closure(id);
        match taken {
            Some(taken) => {
                let ty = if taken.is_owned {
                    taken.ty
                } else {
                    taken.ty.reference()
                };
                let name = format!("{}.{index}", taken.name);
                (self.make_field(&of, &name, &ty), taken.is_owned)
            }
            None => (self.make_field(&of, &index.to_string(), &Ty::Unknown), true),
        }
    }

    /// The symbol of a C function.
    pub(super) fn foreign_symbol(&mut self, name: &Name) -> Symbol {
        self.foreign.insert(Rc::clone(name), ());
        Symbol {
            name: self.unit.names.intern(name),
            file: None,
        }
    }

    pub(super) fn static_symbol(&mut self, id: ConstId) -> Symbol {
        let it = self.cx.consts.get(id);
        let name = match &it.exported {
            Some(name) => name.to_string(),
            None => format!("{}::{}", self.cx.modules.get(it.module).path, it.name),
        };
        Symbol {
            name: self.unit.names.intern(&name),
            file: None,
        }
    }

    /// The field of a trait's table that has a function, which any implementation can be.
    pub(super) fn virtual_field(&mut self, of: TraitId, function: FnId) -> FieldId {
        let it = self.cx.traits.get(of);
        let record = format!("dyn {}::{}", self.cx.modules.get(it.module).path, it.name);
        let record = self.unit.names.intern(&record);
        let name = Rc::clone(&self.cx.functions.get(function).name);
        let name_id = self.unit.names.intern(&name);
        let ty = self.number_type();
        let before = self.unit.fields.len();
        let field = self.unit.intern_field(model::Field {
            record,
            name: name_id,
            ty,
        });
        if self.unit.fields.len() > before {
            self.fill_table(of, &name, field);
        }
        field
    }

    fn fill_table(&mut self, of: TraitId, name: &Name, field: FieldId) {
        let cx = Rc::clone(&self.cx);
        let impls = cx
            .index
            .borrow()
            .impls
            .get(&of)
            .cloned()
            .unwrap_or_default();
        for id in impls {
            let it = cx.impls.get(id);
            if it.generics.len() > 0 {
                continue; // whoever uses it with certain types is not looked for
            }
            let function = it.functions.borrow().get(name).copied();
            let Some(function) = function else {
                continue;
            };
            let target = self.request(Instance::Function(function, Rc::from([])));
            let span = self.span(cx.functions.get(function).span, it.module);
            let variable = self.unit.fields[field.0 as usize].record;
            self.unit.initialisers.push(model::Initialiser {
                variable: Symbol {
                    name: variable,
                    file: None,
                },
                field: Some(field),
                target,
                span,
            });
        }
    }
}

/// The name of a type that only C knows.
pub(crate) const UNKNOWN_TYPE: &str = "?";
