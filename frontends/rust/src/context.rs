// SPDX-License-Identifier: MIT OR Apache-2.0
//! Everything that is known of a program while its bodies are lowered.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::cfg::Cfg;
use crate::expand::{CRATE_PREFIX, Macro};
use crate::items::{
    Adt, AdtId, AdtKind, Alias, AliasId, Const, ConstId, Container, Crate, CrateId, Def, FnId,
    Function, Generics, Impl, ImplId, ModId, Module, Table, Trait, TraitId,
};
use crate::knowledge::{AttributeMeaning, Knowledge};
use crate::lower::Scope;
use crate::sources::Sources;
use crate::ty::{Args, Bound, ClosureId, Name, Ty};

/// Something that was not understood.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Loss {
    pub(crate) file: Name,
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) what: String,
}

/// A program.
#[derive(Debug)]
pub(crate) struct Cx {
    pub(crate) cfg: Cfg,
    pub(crate) knowledge: Knowledge,
    /// The macros that the knowledge gives.
    pub(crate) known_macros: BTreeMap<String, Rc<Macro>>,
    pub(crate) sources: Sources,
    pub(crate) crates: Table<CrateId, Crate>,
    pub(crate) crate_names: RefCell<BTreeMap<String, CrateId>>,
    pub(crate) modules: Table<ModId, Module>,
    pub(crate) adts: Table<AdtId, Adt>,
    pub(crate) aliases: Table<AliasId, Alias>,
    pub(crate) traits: Table<TraitId, Trait>,
    pub(crate) impls: Table<ImplId, Impl>,
    pub(crate) functions: Table<FnId, Function>,
    pub(crate) consts: Table<ConstId, Const>,
    pub(crate) index: RefCell<Index>,
    indexed: Cell<usize>,
    lang: OnceCell<BTreeMap<&'static str, Def>>,
    losses: RefCell<Vec<Loss>>,
    /// The scopes of blocks with items, by the scope around them and their place.
    pub(crate) blocks: RefCell<FxHashMap<(ModId, usize, usize, usize), ModId>>,
    /// Closures that have been lowered: their parameters and results.
    pub(crate) closures: RefCell<Vec<Option<(Args, Ty)>>>,
    /// Imports that are being followed.
    pub(crate) following: RefCell<FxHashSet<(ModId, Name, bool)>>,
}

/// Where methods and implementations are found.
#[derive(Default, Debug)]
pub(crate) struct Index {
    /// Functions of inherent implementations by name.
    pub(crate) inherent: FxHashMap<Name, Vec<(ImplId, FnId)>>,
    /// Functions of traits by name.
    pub(crate) of_traits: FxHashMap<Name, Vec<(TraitId, FnId)>>,
    /// Implementations by trait.
    pub(crate) impls: FxHashMap<TraitId, Vec<ImplId>>,
    pub(crate) inherent_consts: FxHashMap<Name, Vec<(ImplId, ConstId)>>,
    traits: usize,
}

/// Items of the library that the language itself speaks of, by the name used here.
const LANG: &[(&str, &str, bool)] = &[
    ("drop", "core::ops::Drop", true),
    ("deref", "core::ops::Deref", true),
    ("deref_mut", "core::ops::DerefMut", true),
    ("fn_once", "core::ops::FnOnce", true),
    ("fn_mut", "core::ops::FnMut", true),
    ("fn", "core::ops::Fn", true),
    ("index", "core::ops::Index", true),
    ("iterator", "core::iter::Iterator", true),
    ("into_iterator", "core::iter::IntoIterator", true),
    ("from", "core::convert::From", true),
    ("clone", "core::clone::Clone", true),
    ("option", "core::option::Option", true),
    ("result", "core::result::Result", true),
    ("range", "core::ops::Range", true),
    ("range_inclusive", "core::ops::RangeInclusive", true),
    ("range_from", "core::ops::RangeFrom", true),
    ("range_to", "core::ops::RangeTo", true),
    ("range_full", "core::ops::RangeFull", true),
    ("arguments", "core::fmt::Arguments", true),
    ("cstr", "core::ffi::CStr", true),
    ("drop_in_place", "core::ptr::drop_in_place", false),
];

impl Cx {
    pub(crate) fn new(cfg: Cfg, knowledge: Knowledge, sources: Sources) -> Self {
        let mut known_macros = BTreeMap::new();
        let file = syn::parse_file(&knowledge.macros).ok();
        for item in file.iter().flat_map(|file| &file.items) {
            if let syn::Item::Macro(it) = item
                && let Some(name) = &it.ident
                && let Ok(rules) = Macro::parse(it.mac.tokens.clone())
            {
                known_macros.insert(name.to_string(), Rc::new(rules));
            }
        }
        Self {
            cfg,
            knowledge,
            known_macros,
            sources,
            crates: Table::default(),
            crate_names: RefCell::default(),
            modules: Table::default(),
            adts: Table::default(),
            aliases: Table::default(),
            traits: Table::default(),
            impls: Table::default(),
            functions: Table::default(),
            consts: Table::default(),
            index: RefCell::default(),
            indexed: Cell::new(0),
            lang: OnceCell::new(),
            losses: RefCell::default(),
            blocks: RefCell::default(),
            closures: RefCell::default(),
            following: RefCell::default(),
        }
    }

    /// Notes that something was not understood.
    pub(crate) fn lost(&self, module: ModId, at: Span, what: &str) {
        let module = self.modules.get(module);
        if self.crates.get(module.krate).is_library {
            return;
        }
        self.losses.borrow_mut().push(Loss {
            file: Rc::clone(&module.file),
            line: at.start().line,
            column: at.start().column + 1,
            what: what.to_owned(),
        });
    }

    /// What was not understood, in order.
    pub(crate) fn losses(&self) -> Vec<Loss> {
        let mut losses = self.losses.borrow().clone();
        losses.sort();
        losses.dedup();
        losses
    }

    /// What an attribute means, if the knowledge has it.
    pub(crate) fn meaning(&self, attribute: &syn::Attribute) -> Option<&AttributeMeaning> {
        let path: String = attribute
            .path()
            .to_token_stream()
            .to_string()
            .split_whitespace()
            .collect();
        let last = path.rsplit("::").next().unwrap_or(&path);
        let meanings = &self.knowledge.attributes;
        meanings.get(&path).or_else(|| meanings.get(last))
    }

    /// What a macro that is no part of the language expands to.
    pub(crate) fn expand(&self, mac: &syn::Macro, module: ModId) -> Option<TokenStream> {
        let segments: Vec<String> = mac
            .path
            .segments
            .iter()
            .map(|it| it.ident.to_string())
            .collect();
        let name = segments.last()?;
        let own = self.modules.get(module).krate;
        let at = mac.path.segments.last()?.ident.span();
        if let Some(rules) = self.known_macros.get(name)
            && let Some(tokens) = rules.expand(&mac.tokens, &self.crates.get(own).name, at)
        {
            return Some(tokens);
        }
        let named = match segments.first() {
            Some(first) if segments.len() > 1 => self.crate_named(first, own),
            _ => None,
        };
        let mut order: Vec<CrateId> = named.into_iter().chain([own]).collect();
        order.extend(self.crates.ids());
        for id in order {
            let krate = self.crates.get(id);
            let rules = krate.macros.borrow().get(name).cloned();
            if let Some(rules) = rules {
                return rules.expand(&mac.tokens, &krate.name, at);
            }
        }
        None
    }

    /// The crate that a path starting with `name` in crate `own` begins in.
    pub(crate) fn crate_named(&self, name: &str, own: CrateId) -> Option<CrateId> {
        if name == "crate" {
            return Some(own);
        }
        let name = name.strip_prefix(CRATE_PREFIX).unwrap_or(name);
        let name = match name {
            "std" | "alloc" => "core",
            name => name,
        };
        self.crate_names.borrow().get(name).copied()
    }

    /// Finds what implementations are of and makes their items findable. May be called again when
    /// there are more.
    pub(crate) fn index_items(&self) {
        let first = self.indexed.get();
        let count = self.impls.len();
        self.indexed.set(count);
        for id in (first..count).map(ImplId::from) {
            let it = self.impls.get(id);
            let header = self.impl_header(&it);
            let mut index = self.index.borrow_mut();
            match &header.of {
                Some((of, _)) => index.impls.entry(*of).or_default().push(id),
                None if it.written_trait.is_none() => {
                    for (name, function) in it.functions.borrow().iter() {
                        let all = index.inherent.entry(Rc::clone(name)).or_default();
                        all.push((id, *function));
                    }
                    for (name, value) in it.consts.borrow().iter() {
                        let all = index.inherent_consts.entry(Rc::clone(name)).or_default();
                        all.push((id, *value));
                    }
                }
                None => {} // of a trait that is not there: of no interest
            }
            let _ = it.header.set(header);
        }
        let mut index = self.index.borrow_mut();
        for id in (index.traits..self.traits.len()).map(TraitId::from) {
            for (name, function) in self.traits.get(id).functions.borrow().iter() {
                let all = index.of_traits.entry(Rc::clone(name)).or_default();
                all.push((id, *function));
            }
        }
        index.traits = self.traits.len();
    }

    fn lang(&self, name: &str) -> Option<Def> {
        let lang = self.lang.get_or_init(|| {
            let mut found = BTreeMap::new();
            for (name, path, is_type) in LANG {
                let segments: Vec<String> = path.split("::").map(str::to_owned).collect();
                let Some(core) = self.crate_names.borrow().get("core").copied() else {
                    continue;
                };
                let root = self.crates.get(core).root.get();
                if let Some((def, _)) = self.resolve(root, &segments, true, !is_type) {
                    found.insert(*name, def);
                }
            }
            found
        });
        lang.get(name).cloned()
    }

    /// A trait of the language.
    pub(crate) fn lang_trait(&self, name: &str) -> Option<TraitId> {
        match self.lang(name) {
            Some(Def::Trait(id)) => Some(id),
            _ => None,
        }
    }

    /// The function of a trait that is called `name`.
    pub(crate) fn trait_function(&self, of: TraitId, name: &str) -> Option<FnId> {
        self.traits.get(of).functions.borrow().get(name).copied()
    }

    /// A type of the language's library.
    pub(crate) fn lang_adt(&self, name: &str) -> Option<AdtId> {
        match self.lang(name) {
            Some(Def::Adt(id)) => Some(id),
            _ => None,
        }
    }

    /// A function of the language's library.
    pub(crate) fn lang_fn(&self, name: &str) -> Option<FnId> {
        match self.lang(name) {
            Some(Def::Fn(id)) => Some(id),
            _ => None,
        }
    }

    /// Whether a trait is one of those that closures and functions have.
    pub(crate) fn is_fn_trait(&self, id: TraitId) -> bool {
        ["fn_once", "fn_mut", "fn"]
            .iter()
            .any(|name| self.lang_trait(name) == Some(id))
    }

    /// A new closure, of which nothing is known yet.
    pub(crate) fn new_closure(&self) -> ClosureId {
        let mut closures = self.closures.borrow_mut();
        closures.push(None);
        ClosureId(u32::try_from(closures.len() - 1).expect("fewer than 2^32 closures"))
    }

    /// The parameters and the result of a closure that has been lowered.
    pub(crate) fn closure_signature(&self, id: ClosureId) -> Option<(Args, Ty)> {
        self.closures.borrow()[id.0 as usize].clone()
    }

    /// The type of a constant.
    pub(crate) fn const_type(&self, id: ConstId) -> Ty {
        let it = self.consts.get(id);
        let scope = self.scope_of(it.module, &it.generics, it.container);
        self.lower(&it.written, &scope)
    }

    /// What a function demands of its generic parameters.
    pub(crate) fn function_bounds(&self, id: FnId) -> Rc<Vec<(Ty, Bound)>> {
        let it = self.functions.get(id);
        let scope = self.scope_of(it.module, &it.generics, it.container);
        self.bounds(&it.generics, &scope)
    }

    /// What an implementation demands of its generic parameters.
    pub(crate) fn impl_bounds(&self, id: ImplId) -> Rc<Vec<(Ty, Bound)>> {
        let it = self.impls.get(id);
        let scope = self.scope_of(it.module, &it.generics, Container::Impl(id));
        self.bounds(&it.generics, &scope)
    }

    fn scope_of<'a>(
        &self,
        module: ModId,
        generics: &'a Generics,
        container: Container,
    ) -> Scope<'a> {
        Scope {
            module,
            generics,
            self_ty: self.self_ty(container),
            container,
            infer: None,
            opaque: None,
        }
    }

    /// Whether a type is a number with a name: one field, or only variants without fields.
    pub(crate) fn is_scalar_adt(&self, id: AdtId) -> bool {
        let adt = self.adts.get(id);
        match adt.kind {
            AdtKind::Enum => adt.variants.iter().all(|it| it.fields.is_empty()),
            AdtKind::Struct => {
                adt.variants[0].fields.len() == 1 && self.field_type(id, 0, 0).is_scalar_prim()
            }
            AdtKind::Union => false,
        }
    }

    /// The module itself, or the one around a block.
    pub(crate) fn proper_module(&self, id: ModId) -> ModId {
        let mut id = id;
        loop {
            let module = self.modules.get(id);
            match module.parent {
                Some(parent) if module.is_block => id = parent,
                _ => return id,
            }
        }
    }
}
