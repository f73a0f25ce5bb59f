// SPDX-License-Identifier: MIT OR Apache-2.0
//! How values of a type look in the program model, and whether dropping them does anything.
//!
//! A struct that is one number or one pointer *is* that number or pointer: flags stay constants and
//! smart pointers stay pointers. `Option` of a pointer is a pointer that may be null. Everything
//! else is a record.

use std::cell::RefCell;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use crate::context::Cx;
use crate::infer::Infer;
use crate::items::{AdtId, AdtKind};
use crate::ty::{Args, ClosureId, Ty};
use crate::typer::{Selected, Typer};

/// How a value looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    /// There is nothing to it.
    Empty,
    /// A number or pointer.
    Scalar,
    /// A pointer that is not null.
    Pointer,
    /// Fields.
    Record,
    /// A record of C.
    Foreign,
}

/// How an enum tells its variants apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tag {
    /// There is only one.
    Single,
    /// It is the number of the variant.
    Number,
    /// It is null, or the content of the variant of this index.
    Nullable(u32),
    /// A field says it.
    Field,
}

/// What a closure has taken.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    pub(crate) name: Rc<str>,
    pub(crate) ty: Ty,
    /// Itself, not a pointer to it.
    pub(crate) is_owned: bool,
    /// The body has taken it away.
    pub(crate) is_consumed: bool,
}

/// Answers for types without variables.
pub(crate) struct Layouts {
    pub(crate) cx: Rc<Cx>,
    pub(crate) typer: RefCell<Typer>,
    pub(crate) closures: RefCell<FxHashMap<ClosureId, Vec<Taken>>>,
    /// What `impl Trait` of a function with arguments is.
    pub(crate) hidden: RefCell<FxHashMap<Ty, Ty>>,
    forms: RefCell<FxHashMap<Ty, Form>>,
    drops: RefCell<FxHashMap<Ty, bool>>,
}

impl Layouts {
    pub(crate) fn new(cx: &Rc<Cx>) -> Self {
        Self {
            cx: Rc::clone(cx),
            typer: RefCell::new(Typer {
                cx: Rc::clone(cx),
                infer: Infer::default(),
                env: Vec::new(),
                closures: Vec::new(),
            }),
            closures: RefCell::default(),
            hidden: RefCell::default(),
            forms: RefCell::default(),
            drops: RefCell::default(),
        }
    }

    /// `ty` without associated and opaque types, as far as they are known.
    pub(crate) fn reveal(&self, ty: &Ty) -> Ty {
        let mut ty = self.typer.borrow_mut().normalize(ty);
        if ty.any(&mut |it| matches!(it, Ty::Opaque(..))) {
            ty = ty.map(&mut |part| match part {
                Ty::Opaque(..) => self.hidden.borrow().get(part).cloned(),
                _ => None,
            });
            ty = self.typer.borrow_mut().normalize(&ty);
        }
        self.typer.borrow().infer.finish(&ty)
    }

    pub(crate) fn form(&self, ty: &Ty) -> Form {
        match ty {
            Ty::Ref(_) | Ty::FnPtr(..) | Ty::FnItem(..) | Ty::ForeignFn(_) => Form::Pointer,
            Ty::Ptr(_) | Ty::Unknown | Ty::Infer(_) | Ty::Placeholder(..) | Ty::Param(_) => {
                Form::Scalar
            }
            Ty::Prim("str") | Ty::Slice(_) | Ty::Array(_) | Ty::Dyn(_) | Ty::Closure(_) => {
                Form::Record
            }
            Ty::Prim(_) | Ty::Const(_) => Form::Scalar,
            Ty::Never | Ty::Ctor(..) => Form::Empty,
            Ty::Foreign(_) => Form::Foreign,
            Ty::Tuple(parts) if parts.is_empty() => Form::Empty,
            Ty::Tuple(_) => Form::Record,
            Ty::Opaque(..) | Ty::Proj(_) => {
                let known = self.reveal(ty);
                if matches!(known, Ty::Opaque(..) | Ty::Proj(_)) {
                    return Form::Scalar;
                }
                self.form(&known)
            }
            Ty::Adt(id, args) => {
                if let Some(form) = self.forms.borrow().get(ty) {
                    return *form;
                }
                // Types that contain themselves do so behind pointers.
                self.forms.borrow_mut().insert(ty.clone(), Form::Record);
                let form = self.form_of_adt(*id, args);
                self.forms.borrow_mut().insert(ty.clone(), form);
                form
            }
        }
    }

    fn form_of_adt(&self, id: AdtId, args: &Args) -> Form {
        let adt = self.cx.adts.get(id);
        match adt.kind {
            AdtKind::Union => Form::Record,
            AdtKind::Struct => match self.only_field(id, args, 0) {
                Only::Nothing => Form::Empty,
                Only::Field(index) => {
                    let form = self.form(&self.field(id, args, 0, index));
                    if adt.is_non_null {
                        Form::Pointer
                    } else if adt.is_transparent || matches!(form, Form::Scalar | Form::Pointer) {
                        form
                    } else {
                        Form::Record
                    }
                }
                Only::Several => Form::Record,
            },
            AdtKind::Enum => match self.tag(id, args) {
                Tag::Number | Tag::Nullable(_) => Form::Scalar,
                Tag::Single | Tag::Field => Form::Record,
            },
        }
    }

    /// How an enum's variants are told apart.
    pub(crate) fn tag(&self, id: AdtId, args: &Args) -> Tag {
        let adt = self.cx.adts.get(id);
        if adt.kind != AdtKind::Enum || adt.variants.len() < 2 {
            return Tag::Single;
        }
        if adt.variants.iter().all(|it| it.fields.is_empty()) {
            return Tag::Number;
        }
        if adt.variants.len() == 2 {
            for (full, empty) in [(1, 0), (0, 1)] {
                if let (Only::Field(index), Only::Nothing) = (
                    self.only_field(id, args, full),
                    self.only_field(id, args, empty),
                ) && self.form(&self.field(id, args, full, index)) == Form::Pointer
                {
                    return Tag::Nullable(full);
                }
            }
        }
        Tag::Field
    }

    /// Whether a field of this variant is the value itself.
    pub(crate) fn is_whole(&self, id: AdtId, args: &Args, variant: u32, field: u32) -> bool {
        let adt = self.cx.adts.get(id);
        match adt.kind {
            AdtKind::Union => false,
            AdtKind::Struct => {
                let Only::Field(only) = self.only_field(id, args, 0) else {
                    return false;
                };
                let form = self.form(&self.field(id, args, 0, only));
                only == field as usize
                    && (adt.is_transparent || matches!(form, Form::Scalar | Form::Pointer))
            }
            AdtKind::Enum => self.tag(id, args) == Tag::Nullable(variant),
        }
    }

    fn only_field(&self, id: AdtId, args: &Args, variant: u32) -> Only {
        let adt = self.cx.adts.get(id);
        let mut only = Only::Nothing;
        for index in 0..adt.variants[variant as usize].fields.len() {
            let ty = self.field(id, args, variant, index);
            if self.form(&ty) == Form::Empty {
                continue;
            }
            only = match only {
                Only::Nothing => Only::Field(index),
                _ => return Only::Several,
            };
        }
        only
    }

    /// The type of a field.
    pub(crate) fn field(&self, id: AdtId, args: &Args, variant: u32, index: usize) -> Ty {
        let ty = self.cx.field_type(id, variant, index).subst(args);
        self.reveal(&ty)
    }

    /// Whether dropping a value of this type may do something.
    pub(crate) fn needs_drop(&self, ty: &Ty) -> bool {
        match ty {
            Ty::Array(of) | Ty::Slice(of) => self.needs_drop(of),
            Ty::Tuple(parts) => parts.iter().any(|it| self.needs_drop(it)),
            Ty::Dyn(_) => true,
            Ty::Closure(id) => {
                let taken = self.closures.borrow().get(id).cloned().unwrap_or_default();
                taken
                    .iter()
                    .any(|it| it.is_owned && !it.is_consumed && self.needs_drop(&it.ty))
            }
            Ty::Opaque(..) | Ty::Proj(_) => {
                let known = self.reveal(ty);
                known != *ty && self.needs_drop(&known)
            }
            Ty::Adt(id, args) => {
                if let Some(known) = self.drops.borrow().get(ty) {
                    return *known;
                }
                self.drops.borrow_mut().insert(ty.clone(), false);
                let adt = self.cx.adts.get(*id);
                let needs = !adt.never_drops
                    && (self.has_destructor(ty)
                        || adt.variants.iter().enumerate().any(|(variant, it)| {
                            let variant = u32::try_from(variant).expect("few variants");
                            (0..it.fields.len())
                                .any(|at| self.needs_drop(&self.field(*id, args, variant, at)))
                        }));
                self.drops.borrow_mut().insert(ty.clone(), needs);
                needs
            }
            _ => false,
        }
    }

    /// Whether the type implements `Drop` itself.
    pub(crate) fn has_destructor(&self, ty: &Ty) -> bool {
        self.destructor(ty).is_some()
    }

    /// The `drop` of a type with its arguments.
    pub(crate) fn destructor(&self, ty: &Ty) -> Option<(crate::items::FnId, Args)> {
        let of = self.cx.lang_trait("drop")?;
        let Ty::Adt(..) = ty else {
            return None;
        };
        let none: Args = Rc::from([]);
        let mut typer = self.typer.borrow_mut();
        match typer.select(ty, of, &none, 0)? {
            Selected::Impl(id, own) => {
                let it = self.cx.impls.get(id);
                let function = it.functions.borrow().get("drop").copied()?;
                let own = own.iter().map(|arg| typer.infer.finish(arg)).collect();
                Some((function, own))
            }
            _ => None,
        }
    }
}

/// The fields of a variant that are something.
#[derive(Clone, Copy)]
enum Only {
    Nothing,
    Field(usize),
    Several,
}
