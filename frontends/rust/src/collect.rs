// SPDX-License-Identifier: MIT OR Apache-2.0
//! From the syntax of files to items: which modules there are and what they define.

mod contracts;
mod declarations;

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use camino::{Utf8Path, Utf8PathBuf};
use proc_macro2::TokenStream;
use syn::spanned::Spanned;
use syn::{Attribute, Item, UseTree};

pub(crate) use self::declarations::generics;
use crate::context::Cx;
use crate::expand::Macro;
use crate::items::{
    AdtKind, Alias, ConstValue, Container, CrateId, Def, Function, Import, ModId, Module,
};
use crate::ty::Name;

/// Macros that expand to items that expand to items.
const DEEPEST: usize = 64;

/// Collects the items of one crate.
pub(crate) struct Collector<'a> {
    pub(crate) cx: &'a Cx,
    pub(crate) krate: CrateId,
    /// How many macros are being expanded.
    pub(crate) depth: usize,
    /// Where macros go that nobody has defined yet: the crate that does may come later.
    pub(crate) later: Option<&'a RefCell<Vec<Postponed>>>,
}

/// An invocation of a macro that is not known yet.
pub(crate) struct Postponed {
    krate: CrateId,
    item: syn::ItemMacro,
    module: ModId,
    directory: Utf8PathBuf,
}

/// Expands the macros that were not known when they were met.
pub(crate) fn expand_postponed(cx: &Cx, postponed: Vec<Postponed>) {
    for it in postponed {
        let collector = Collector {
            cx,
            krate: it.krate,
            depth: 0,
            later: None,
        };
        collector.item_macro(&it.item, it.module, &it.directory);
    }
}

impl Collector<'_> {
    /// Reads the file of a module. `directory` is where its own modules are.
    pub(crate) fn file(&self, path: &Utf8Path, module: ModId, directory: &Utf8Path) {
        let Some(file) = self.cx.sources.parse(path) else {
            return;
        };
        for attribute in &file.attrs {
            if !self.cx.cfg.keeps(std::slice::from_ref(attribute)) {
                return;
            }
        }
        self.items(&file.items, module, directory);
    }

    /// Collects `items` into `module`.
    pub(crate) fn items(&self, items: &[Item], module: ModId, directory: &Utf8Path) {
        for item in items {
            self.item(item, module, directory);
        }
    }

    fn item(&self, item: &Item, module: ModId, directory: &Utf8Path) {
        let cx = self.cx;
        if !cx.cfg.keeps(attributes(item)) {
            return;
        }
        let target = cx.modules.get(module);
        match item {
            Item::Mod(it) => self.module(it, module, directory),
            Item::Use(it) => {
                let mut path = Vec::new();
                imports(
                    &it.tree,
                    &mut path,
                    it.leading_colon.is_some(),
                    &mut |import| {
                        target.imports.borrow_mut().push(Rc::new(import));
                    },
                );
            }
            Item::ExternCrate(it) => {
                let name = it.rename.as_ref().map_or(&it.ident, |(_, name)| name);
                target.imports.borrow_mut().push(Rc::new(Import {
                    path: vec![it.ident.to_string()],
                    is_absolute: true,
                    name: Some(Rc::from(name.to_string())),
                }));
            }
            Item::Struct(it) => {
                let variants = vec![self.variant(&it.ident, &it.fields, None)];
                let parts = (&it.ident, &it.generics, &it.attrs[..]);
                let id = self.adt(AdtKind::Struct, parts, module, variants);
                if !matches!(it.fields, syn::Fields::Named(_)) {
                    define(&target.values, &it.ident, Def::Variant(id, 0));
                }
            }
            Item::Union(it) => {
                let fields = syn::Fields::Named(it.fields.clone());
                let variants = vec![self.variant(&it.ident, &fields, None)];
                let parts = (&it.ident, &it.generics, &it.attrs[..]);
                self.adt(AdtKind::Union, parts, module, variants);
            }
            Item::Enum(it) => {
                let kept = it.variants.iter().filter(|it| cx.cfg.keeps(&it.attrs));
                let variants = kept
                    .map(|it| {
                        let value = it.discriminant.as_ref().map(|(_, value)| value);
                        self.variant(&it.ident, &it.fields, value)
                    })
                    .collect();
                let parts = (&it.ident, &it.generics, &it.attrs[..]);
                self.adt(AdtKind::Enum, parts, module, variants);
            }
            Item::Type(it) => {
                let id = cx.aliases.add(Alias {
                    module,
                    generics: generics(None, &it.generics, false),
                    written: (*it.ty).clone(),
                });
                define(&target.types, &it.ident, Def::Alias(id));
            }
            Item::Fn(it) => {
                let id = self.function(
                    &it.sig,
                    Some(&it.block),
                    &it.attrs,
                    module,
                    (Container::Free, None),
                );
                define(&target.values, &it.sig.ident, Def::Fn(id));
            }
            Item::Const(it) => {
                let value = ConstValue::Expr(Rc::new((*it.expr).clone()));
                let at = (Container::Free, generics(None, &it.generics, false));
                let id = self.constant(&it.ident, &it.ty, value, module, at, false, &it.attrs[..]);
                define(&target.values, &it.ident, Def::Const(id));
            }
            Item::Static(it) => {
                let value = ConstValue::Expr(Rc::new((*it.expr).clone()));
                let at = (
                    Container::Free,
                    generics(None, &syn::Generics::default(), false),
                );
                let id = self.constant(&it.ident, &it.ty, value, module, at, true, &it.attrs[..]);
                define(&target.values, &it.ident, Def::Const(id));
            }
            Item::Trait(it) => self.a_trait(it, module),
            Item::Impl(it) => self.an_impl(it, module),
            Item::ForeignMod(it) => {
                for item in &it.items {
                    self.foreign(item, module);
                }
            }
            Item::Macro(it) => self.item_macro(it, module, directory),
            Item::TraitAlias(it) => {
                cx.lost(module, it.span(), "a trait alias is not understood");
            }
            Item::Verbatim(tokens) => {
                cx.lost(module, tokens.span(), "an item is not understood");
            }
            _ => cx.lost(module, item.span(), "an item is not understood"),
        }
    }

    fn module(&self, it: &syn::ItemMod, parent: ModId, directory: &Utf8Path) {
        let cx = self.cx;
        let name = it.ident.to_string();
        let around = cx.modules.get(parent);
        let path = named_path(&it.attrs);
        let (file, inner) = match &it.content {
            Some(_) => (Utf8PathBuf::from(&*around.file), directory.join(&name)),
            None => {
                let candidates = match path {
                    Some(path) => vec![(directory.join(&path), directory.join(&name))],
                    None => vec![
                        (directory.join(format!("{name}.rs")), directory.join(&name)),
                        (directory.join(&name).join("mod.rs"), directory.join(&name)),
                    ],
                };
                match candidates
                    .into_iter()
                    .find(|(file, _)| cx.sources.has(file))
                {
                    Some(found) => found,
                    None => {
                        let what = format!("there is no file for module `{name}`");
                        cx.lost(parent, it.ident.span(), &what);
                        return;
                    }
                }
            }
        };
        let id = cx.modules.add(Module {
            krate: self.krate,
            parent: Some(parent),
            is_block: false,
            path: Rc::from(format!("{}::{name}", around.path)),
            file: Rc::from(file.as_str()),
            types: RefCell::default(),
            values: RefCell::default(),
            imports: RefCell::default(),
            is_open: Cell::new(false),
        });
        define(&around.types, &it.ident, Def::Mod(id));
        match &it.content {
            Some((_, items)) => self.items(items, id, &inner),
            None => self.file(&file, id, &inner),
        }
    }

    fn foreign(&self, item: &syn::ForeignItem, module: ModId) {
        let target = self.cx.modules.get(module);
        match item {
            syn::ForeignItem::Fn(it) => {
                let id = self.cx.functions.add(Function {
                    name: Rc::from(it.sig.ident.to_string()),
                    module,
                    container: Container::Free,
                    generics: generics(None, &it.sig.generics, false),
                    written: Rc::new(it.sig.clone()),
                    signature: OnceCell::new(),
                    body: None,
                    span: it.sig.ident.span(),
                    exported: None,
                    foreign: Some(Rc::from(it.sig.ident.to_string())),
                    init: false,
                    attributes: it.attrs.clone(),
                });
                define(&target.values, &it.sig.ident, Def::Fn(id));
            }
            syn::ForeignItem::Static(it) => {
                let at = (
                    Container::Free,
                    generics(None, &syn::Generics::default(), false),
                );
                let missing = ConstValue::Missing;
                let id = self.constant(&it.ident, &it.ty, missing, module, at, true, &it.attrs[..]);
                define(&target.values, &it.ident, Def::Const(id));
            }
            syn::ForeignItem::Type(it) => {
                let name = Rc::from(it.ident.to_string());
                define(&target.types, &it.ident, Def::Foreign(name));
            }
            _ => {}
        }
    }

    fn item_macro(&self, it: &syn::ItemMacro, module: ModId, directory: &Utf8Path) {
        let cx = self.cx;
        let name = it.mac.path.segments.last().map(|it| it.ident.to_string());
        let name = name.unwrap_or_default();
        match name.as_str() {
            "macro_rules" => {
                let Some(name) = &it.ident else {
                    return;
                };
                match Macro::parse(it.mac.tokens.clone()) {
                    Ok(rules) => {
                        let krate = cx.crates.get(self.krate);
                        let mut macros = krate.macros.borrow_mut();
                        macros.insert(name.to_string(), Rc::new(rules));
                    }
                    Err(_) => cx.lost(module, name.span(), "a macro's rules are not understood"),
                }
                return;
            }
            "include" => {
                cx.modules.get(module).is_open.set(true);
                return;
            }
            "compile_error" => return,
            _ => {}
        }
        match self.expand(&it.mac, module) {
            Some(tokens) => match syn::parse2::<syn::File>(tokens) {
                Ok(file) => {
                    let inner = Collector {
                        depth: self.depth + 1,
                        ..*self
                    };
                    inner.items(&file.items, module, directory);
                }
                Err(_) => {
                    let what = format!("what `{name}!` expands to is not understood");
                    cx.lost(module, it.mac.path.span(), &what);
                }
            },
            None => match self.later {
                Some(later) => later.borrow_mut().push(Postponed {
                    krate: self.krate,
                    item: it.clone(),
                    module,
                    directory: directory.to_owned(),
                }),
                None => {
                    let what = format!("macro `{name}!` is not understood");
                    cx.lost(module, it.mac.path.span(), &what);
                }
            },
        }
    }

    fn expand(&self, mac: &syn::Macro, module: ModId) -> Option<TokenStream> {
        if self.depth > DEEPEST {
            return None;
        }
        self.cx.expand(mac, module)
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(it) => &it.attrs,
        Item::Enum(it) => &it.attrs,
        Item::ExternCrate(it) => &it.attrs,
        Item::Fn(it) => &it.attrs,
        Item::ForeignMod(it) => &it.attrs,
        Item::Impl(it) => &it.attrs,
        Item::Macro(it) => &it.attrs,
        Item::Mod(it) => &it.attrs,
        Item::Static(it) => &it.attrs,
        Item::Struct(it) => &it.attrs,
        Item::Trait(it) => &it.attrs,
        Item::TraitAlias(it) => &it.attrs,
        Item::Type(it) => &it.attrs,
        Item::Union(it) => &it.attrs,
        Item::Use(it) => &it.attrs,
        _ => &[],
    }
}

fn define<T>(scope: &RefCell<BTreeMap<Name, T>>, name: &syn::Ident, what: T) {
    scope.borrow_mut().insert(Rc::from(name.to_string()), what);
}

fn imports(tree: &UseTree, path: &mut Vec<String>, is_absolute: bool, add: &mut dyn FnMut(Import)) {
    match tree {
        UseTree::Path(it) => {
            path.push(it.ident.to_string());
            imports(&it.tree, path, is_absolute, add);
            path.pop();
        }
        UseTree::Name(it) => {
            let mut full = path.clone();
            if it.ident != "self" {
                full.push(it.ident.to_string());
            }
            let name = full.last().cloned().unwrap_or_default();
            add(Import {
                path: full,
                is_absolute,
                name: Some(Rc::from(name)),
            });
        }
        UseTree::Rename(it) => {
            let mut full = path.clone();
            if it.ident != "self" {
                full.push(it.ident.to_string());
            }
            add(Import {
                path: full,
                is_absolute,
                name: Some(Rc::from(it.rename.to_string())),
            });
        }
        UseTree::Glob(_) => add(Import {
            path: path.clone(),
            is_absolute,
            name: None,
        }),
        UseTree::Group(it) => {
            for tree in &it.items {
                imports(tree, path, is_absolute, add);
            }
        }
    }
}

fn named_path(attrs: &[Attribute]) -> Option<String> {
    attrs.iter().find_map(|attribute| {
        let syn::Meta::NameValue(pair) = &attribute.meta else {
            return None;
        };
        let syn::Expr::Lit(literal) = &pair.value else {
            return None;
        };
        match &literal.lit {
            syn::Lit::Str(text) if pair.path.is_ident("path") => Some(text.value()),
            _ => None,
        }
    })
}
