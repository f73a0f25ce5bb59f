// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a program of crates defines: modules, types, traits, implementations, functions, constants.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use proc_macro2::Span;

use crate::expand::Macro;
use crate::ty::{Args, Bound, Name, Ty};

/// Defines an index type.
macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
            pub(crate) struct $name(pub(crate) u32);

            impl From<usize> for $name {
                fn from(index: usize) -> Self {
                    Self(u32::try_from(index).expect("fewer than 2^32 items"))
                }
            }

            impl From<$name> for usize {
                fn from(id: $name) -> usize {
                    id.0 as usize
                }
            }
        )*
    };
}

ids! {
    /// A crate.
    CrateId
    /// A module, or the items of a block.
    ModId
    /// A struct, enum or union.
    AdtId
    /// A type alias.
    AliasId
    /// A trait.
    TraitId
    /// An `impl` block.
    ImplId
    /// A function.
    FnId
    /// A constant or a variable with static storage.
    ConstId
}

/// Items of one kind. Bodies may define further ones while others are looked at.
#[derive(Debug)]
pub(crate) struct Table<Id, T> {
    items: RefCell<Vec<Rc<T>>>,
    id: std::marker::PhantomData<Id>,
}

impl<Id, T> Default for Table<Id, T> {
    fn default() -> Self {
        Self {
            items: RefCell::default(),
            id: std::marker::PhantomData,
        }
    }
}

impl<Id: From<usize> + Into<usize> + Copy, T> Table<Id, T> {
    pub(crate) fn add(&self, item: T) -> Id {
        let mut items = self.items.borrow_mut();
        items.push(Rc::new(item));
        Id::from(items.len() - 1)
    }

    pub(crate) fn get(&self, id: Id) -> Rc<T> {
        Rc::clone(&self.items.borrow()[id.into()])
    }

    pub(crate) fn len(&self) -> usize {
        self.items.borrow().len()
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = Id> + use<Id, T> {
        (0..self.len()).map(Id::from)
    }
}

/// What a name means.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Def {
    Mod(ModId),
    Adt(AdtId),
    Alias(AliasId),
    Trait(TraitId),
    Fn(FnId),
    Const(ConstId),
    Variant(AdtId, u32),
    /// Of C.
    Foreign(Name),
    Prim(Ty),
}

/// A crate.
#[derive(Debug)]
pub(crate) struct Crate {
    pub(crate) name: Name,
    pub(crate) root: Cell<ModId>,
    /// Whether temporaries of a tail expression are dropped before the block's variables, and
    /// those of an `if let` before its `else`.
    pub(crate) edition_2024: bool,
    pub(crate) macros: RefCell<BTreeMap<String, Rc<Macro>>>,
    /// Whether its functions are part of the program. Those of the library are entered only when
    /// they are called.
    pub(crate) is_library: bool,
}

/// A module, or the items of a block.
#[derive(Debug)]
pub(crate) struct Module {
    pub(crate) krate: CrateId,
    pub(crate) parent: Option<ModId>,
    /// It is a block: names that it does not have are looked up around it.
    pub(crate) is_block: bool,
    /// Its path with the name of the crate: `kernel::sync::lock`.
    pub(crate) path: Name,
    /// The file that it is written in.
    pub(crate) file: Name,
    pub(crate) types: RefCell<BTreeMap<Name, Def>>,
    pub(crate) values: RefCell<BTreeMap<Name, Def>>,
    pub(crate) imports: RefCell<Vec<Rc<Import>>>,
    /// Some of it is generated from C and not there: names that nobody knows are of C.
    pub(crate) is_open: Cell<bool>,
}

/// A `use`.
#[derive(Debug)]
pub(crate) struct Import {
    pub(crate) path: Vec<String>,
    /// It starts at the root of a crate (`::a`).
    pub(crate) is_absolute: bool,
    /// The name it gives; `None` for `*`.
    pub(crate) name: Option<Name>,
}

/// The generic parameters of an item, those of the item around it first.
#[derive(Debug)]
pub(crate) struct Generics {
    pub(crate) names: Vec<Name>,
    pub(crate) defaults: Vec<Option<syn::Type>>,
    pub(crate) written: Vec<Rc<syn::Generics>>,
    /// What is demanded of them; found when it is asked for.
    pub(crate) bounds: OnceCell<Rc<Vec<(Ty, Bound)>>>,
    /// The first is `Self` of a trait.
    pub(crate) has_self: bool,
}

impl Generics {
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }
}

/// A struct, enum or union.
#[derive(Debug)]
pub(crate) struct Adt {
    pub(crate) name: Name,
    pub(crate) span: Span,
    pub(crate) module: ModId,
    pub(crate) generics: Rc<Generics>,
    pub(crate) kind: AdtKind,
    pub(crate) variants: Vec<Variant>,
    /// `#[repr(transparent)]`, or one of the library's that is nothing but its content.
    pub(crate) is_transparent: bool,
    /// What the library's type does to drops: nothing in it is dropped.
    pub(crate) never_drops: bool,
    /// It is a pointer that is never null.
    pub(crate) is_non_null: bool,
    pub(crate) derives: Vec<String>,
}

/// The kind of an [`Adt`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum AdtKind {
    Struct,
    Enum,
    Union,
}

/// A variant of an enum; a struct has one.
#[derive(Debug)]
pub(crate) struct Variant {
    pub(crate) name: Name,
    pub(crate) fields: Vec<Field>,
    /// `()` after the name, not `{}`.
    pub(crate) is_tuple: bool,
    pub(crate) discriminant: Option<Rc<syn::Expr>>,
}

/// A field.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: Name,
    pub(crate) written: syn::Type,
    pub(crate) ty: OnceCell<Ty>,
}

/// `type A<T> = B`
#[derive(Debug)]
pub(crate) struct Alias {
    pub(crate) module: ModId,
    pub(crate) generics: Rc<Generics>,
    pub(crate) written: syn::Type,
}

/// A trait.
#[derive(Debug)]
pub(crate) struct Trait {
    pub(crate) name: Name,
    pub(crate) module: ModId,
    pub(crate) generics: Rc<Generics>,
    pub(crate) supertraits: Vec<syn::TypeParamBound>,
    pub(crate) supers: OnceCell<Rc<Vec<Bound>>>,
    pub(crate) functions: RefCell<BTreeMap<Name, FnId>>,
    pub(crate) consts: RefCell<BTreeMap<Name, ConstId>>,
    /// Associated types with their defaults and bounds.
    pub(crate) types: BTreeMap<Name, AssocType>,
}

/// An associated type of a trait.
#[derive(Debug)]
pub(crate) struct AssocType {
    pub(crate) default: Option<syn::Type>,
    pub(crate) bounds: Vec<syn::TypeParamBound>,
}

/// An `impl` block.
#[derive(Debug)]
pub(crate) struct Impl {
    pub(crate) module: ModId,
    pub(crate) generics: Rc<Generics>,
    pub(crate) written_trait: Option<syn::Path>,
    pub(crate) written_self: syn::Type,
    /// Found after all items are known.
    pub(crate) header: OnceCell<Header>,
    pub(crate) functions: RefCell<BTreeMap<Name, FnId>>,
    pub(crate) consts: RefCell<BTreeMap<Name, ConstId>>,
    pub(crate) types: BTreeMap<Name, syn::Type>,
}

/// What an `impl` is of.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    pub(crate) self_ty: Ty,
    /// The trait and its arguments without `Self`.
    pub(crate) of: Option<(TraitId, Args)>,
}

/// Where a function or constant is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Container {
    Free,
    Impl(ImplId),
    Trait(TraitId),
}

/// A function.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: Name,
    pub(crate) module: ModId,
    pub(crate) container: Container,
    pub(crate) generics: Rc<Generics>,
    pub(crate) written: Rc<syn::Signature>,
    pub(crate) signature: OnceCell<Rc<Signature>>,
    pub(crate) body: Option<Rc<syn::Block>>,
    pub(crate) span: Span,
    /// The name that C calls it by.
    pub(crate) exported: Option<Name>,
    /// It is in an `extern` block: this is C's name.
    pub(crate) foreign: Option<Name>,
    /// Its section is that of code for system start.
    pub(crate) init: bool,
    pub(crate) attributes: Vec<syn::Attribute>,
}

/// The types of a function.
#[derive(Debug)]
pub(crate) struct Signature {
    pub(crate) inputs: Vec<Ty>,
    pub(crate) output: Ty,
    /// The first parameter is `self`.
    pub(crate) has_self: bool,
    /// The output has an `impl Trait` in it, with these bounds.
    pub(crate) opaque: Vec<Bound>,
}

/// A constant or a variable with static storage.
#[derive(Debug)]
pub(crate) struct Const {
    pub(crate) name: Name,
    pub(crate) module: ModId,
    pub(crate) container: Container,
    pub(crate) generics: Rc<Generics>,
    pub(crate) written: syn::Type,
    pub(crate) value: ConstValue,
    pub(crate) is_static: bool,
    pub(crate) span: Span,
    /// The name that C calls it by.
    pub(crate) exported: Option<Name>,
}

/// What a constant is.
#[derive(Clone, Debug)]
pub(crate) enum ConstValue {
    Expr(Rc<syn::Expr>),
    /// A number that is known without looking.
    Known(i64),
    /// It is elsewhere.
    Missing,
}
