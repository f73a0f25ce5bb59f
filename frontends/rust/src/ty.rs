// SPDX-License-Identifier: MIT OR Apache-2.0
//! Types as far as calls depend on them. Lifetimes do not occur.

use std::rc::Rc;

use crate::items::{AdtId, FnId, TraitId};

/// Generic arguments by position: of the parent item first.
pub(crate) type Args = Rc<[Ty]>;

/// A name.
pub(crate) type Name = Rc<str>;

/// Index of a closure among those that have been lowered.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct ClosureId(pub(crate) u32);

/// A type.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Ty {
    /// A number, `bool`, `char` or `str`, by its name.
    Prim(&'static str),
    /// `!`
    Never,
    /// `&T` and `&mut T`; nothing here depends on which.
    Ref(Rc<Ty>),
    /// `*const T` and `*mut T`.
    Ptr(Rc<Ty>),
    /// `[T]`
    Slice(Rc<Ty>),
    /// `[T; N]`
    Array(Rc<Ty>),
    /// `(A, B)`
    Tuple(Args),
    /// A struct, enum or union.
    Adt(AdtId, Args),
    /// A function pointer.
    FnPtr(Args, Rc<Ty>),
    /// The type of a function's name.
    FnItem(FnId, Args),
    /// The type of the name of a struct or variant that is called like a function.
    Ctor(AdtId, u32, Args),
    /// A closure.
    Closure(ClosureId),
    /// `dyn Trait`
    Dyn(Rc<[Bound]>),
    /// A generic parameter of the item that the type is written in, by position.
    Param(u32),
    /// A generic parameter that is looked at without knowing what it stands for.
    Placeholder(u32, Name),
    /// What a function returns as `impl Trait`, with the arguments of the function.
    Opaque(FnId, Args),
    /// `<T as Trait>::Name` that is not known yet.
    Proj(Rc<Projection>),
    /// A type of C.
    Foreign(Name),
    /// The type of a C function's name.
    ForeignFn(Name),
    /// The value of a const parameter.
    Const(i64),
    /// To be found out.
    Infer(u32),
    /// Nothing is known of it, nor will be.
    Unknown,
}

/// `T: Trait<Args, Assoc = Ty>` without the `T`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Bound {
    /// The trait.
    pub(crate) of: TraitId,
    /// Its arguments without `Self`.
    pub(crate) args: Args,
    /// What it says of associated types.
    pub(crate) assoc: Vec<(Name, Ty)>,
}

/// `<self as Trait<args>>::name`
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Projection {
    /// The implementing type.
    pub(crate) self_ty: Ty,
    /// The trait.
    pub(crate) of: TraitId,
    /// The trait's arguments.
    pub(crate) args: Args,
    /// The associated type.
    pub(crate) name: Name,
}

/// Names of the primitive types.
const PRIMITIVES: &[&str] = &[
    "bool", "char", "str", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64",
    "i128", "isize", "f32", "f64",
];

impl Ty {
    pub(crate) const BOOL: Self = Self::Prim("bool");
    pub(crate) const STR: Self = Self::Prim("str");
    pub(crate) const USIZE: Self = Self::Prim("usize");

    /// `()`
    pub(crate) fn unit() -> Self {
        Self::Tuple(Rc::from([]))
    }

    /// The primitive type called `name`.
    pub(crate) fn primitive(name: &str) -> Option<Self> {
        let found = PRIMITIVES.iter().find(|it| **it == name)?;
        Some(Self::Prim(found))
    }

    /// `&self`
    pub(crate) fn reference(self) -> Self {
        Self::Ref(Rc::new(self))
    }

    /// Whether it is a number, a truth value or a character.
    pub(crate) fn is_scalar_prim(&self) -> bool {
        matches!(self, Self::Prim(name) if *name != "str")
    }

    /// What it points to, if the language can dereference it by itself.
    pub(crate) fn pointee(&self) -> Option<Self> {
        match self {
            Self::Ref(to) | Self::Ptr(to) => Some((**to).clone()),
            _ => None,
        }
    }

    /// This type with `f` applied to each part that `f` has an answer for.
    pub(crate) fn map(&self, f: &mut dyn FnMut(&Ty) -> Option<Ty>) -> Ty {
        if let Some(ty) = f(self) {
            return ty;
        }
        match self {
            Self::Ref(to) => Self::Ref(Rc::new(to.map(f))),
            Self::Ptr(to) => Self::Ptr(Rc::new(to.map(f))),
            Self::Slice(of) => Self::Slice(Rc::new(of.map(f))),
            Self::Array(of) => Self::Array(Rc::new(of.map(f))),
            Self::Tuple(parts) => Self::Tuple(map_all(parts, f)),
            Self::Adt(id, args) => Self::Adt(*id, map_all(args, f)),
            Self::FnPtr(args, result) => Self::FnPtr(map_all(args, f), Rc::new(result.map(f))),
            Self::FnItem(id, args) => Self::FnItem(*id, map_all(args, f)),
            Self::Ctor(id, variant, args) => Self::Ctor(*id, *variant, map_all(args, f)),
            Self::Opaque(id, args) => Self::Opaque(*id, map_all(args, f)),
            Self::Dyn(bounds) => Self::Dyn(bounds.iter().map(|bound| bound.map(f)).collect()),
            Self::Proj(it) => Self::Proj(Rc::new(Projection {
                self_ty: it.self_ty.map(f),
                of: it.of,
                args: map_all(&it.args, f),
                name: it.name.clone(),
            })),
            Self::Prim(_)
            | Self::Never
            | Self::Closure(_)
            | Self::Param(_)
            | Self::Placeholder(..)
            | Self::Foreign(_)
            | Self::ForeignFn(_)
            | Self::Const(_)
            | Self::Infer(_)
            | Self::Unknown => self.clone(),
        }
    }

    /// This type with `args` for the generic parameters.
    pub(crate) fn subst(&self, args: &[Ty]) -> Ty {
        self.map(&mut |ty| match ty {
            Self::Param(index) => Some(args.get(*index as usize).cloned().unwrap_or(Self::Unknown)),
            _ => None,
        })
    }

    /// Whether `test` holds for any part of it.
    pub(crate) fn any(&self, test: &mut dyn FnMut(&Ty) -> bool) -> bool {
        let mut found = false;
        self.map(&mut |ty| {
            found |= test(ty);
            found.then(|| ty.clone())
        });
        found
    }

    /// How deep it is nested.
    pub(crate) fn depth(&self) -> usize {
        let deepest = |parts: &[Ty]| parts.iter().map(Ty::depth).max().unwrap_or(0);
        1 + match self {
            Self::Ref(it) | Self::Ptr(it) | Self::Slice(it) | Self::Array(it) => it.depth(),
            Self::Tuple(args)
            | Self::Adt(_, args)
            | Self::FnItem(_, args)
            | Self::Ctor(_, _, args)
            | Self::Opaque(_, args) => deepest(args),
            Self::FnPtr(args, result) => deepest(args).max(result.depth()),
            Self::Proj(it) => it.self_ty.depth().max(deepest(&it.args)),
            _ => 0,
        }
    }
}

impl Bound {
    /// This bound with `f` applied to its types.
    pub(crate) fn map(&self, f: &mut dyn FnMut(&Ty) -> Option<Ty>) -> Bound {
        Bound {
            of: self.of,
            args: map_all(&self.args, f),
            assoc: self
                .assoc
                .iter()
                .map(|(name, ty)| (name.clone(), ty.map(f)))
                .collect(),
        }
    }

    /// This bound with `args` for the generic parameters.
    pub(crate) fn subst(&self, args: &[Ty]) -> Bound {
        self.map(&mut |ty| match ty {
            Ty::Param(index) => Some(args.get(*index as usize).cloned().unwrap_or(Ty::Unknown)),
            _ => None,
        })
    }
}

fn map_all(tys: &Args, f: &mut dyn FnMut(&Ty) -> Option<Ty>) -> Args {
    tys.iter().map(|ty| ty.map(f)).collect()
}
