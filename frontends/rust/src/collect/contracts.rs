// SPDX-License-Identifier: MIT OR Apache-2.0
//! Traits and their implementations.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use proc_macro2::TokenStream;
use syn::spanned::Spanned;
use syn::{Attribute, ImplItem, TraitItem};

use super::declarations::generics;
use super::{Collector, define};
use crate::items::{AssocType, ConstId, ConstValue, Container, Def, Generics, Impl, ModId, Trait};
use crate::knowledge::AttributeMeaning;

impl Collector<'_> {
    pub(super) fn a_trait(&self, it: &syn::ItemTrait, module: ModId) {
        let cx = self.cx;
        let own = generics(None, &it.generics, true);
        let mut types = BTreeMap::new();
        for item in &it.items {
            if let TraitItem::Type(it) = item {
                types.insert(
                    Rc::from(it.ident.to_string()),
                    AssocType {
                        default: it.default.as_ref().map(|(_, ty)| ty.clone()),
                        bounds: it.bounds.iter().cloned().collect(),
                    },
                );
            }
        }
        let id = cx.traits.add(Trait {
            name: Rc::from(it.ident.to_string()),
            module,
            generics: Rc::clone(&own),
            supertraits: it.supertraits.iter().cloned().collect(),
            supers: OnceCell::new(),
            functions: RefCell::default(),
            consts: RefCell::default(),
            types,
        });
        let target = cx.modules.get(module);
        define(&target.types, &it.ident, Def::Trait(id));
        let this = cx.traits.get(id);
        let container = Container::Trait(id);
        let presence = self.presence(&it.attrs);
        for item in &it.items {
            match item {
                TraitItem::Fn(it) if cx.cfg.keeps(&it.attrs) => {
                    let at = (container, Some(&own));
                    let id = self.function(&it.sig, it.default.as_ref(), &it.attrs, module, at);
                    define(&this.functions, &it.sig.ident, id);
                    if let Some(prefix) = &presence {
                        let at = (container, Rc::clone(&own));
                        let (name, id) = self.presence_of(&it.sig.ident, prefix, false, module, at);
                        define(&this.consts, &name, id);
                    }
                }
                TraitItem::Const(it) if cx.cfg.keeps(&it.attrs) => {
                    let value = match &it.default {
                        Some((_, value)) => ConstValue::Expr(Rc::new(value.clone())),
                        None => ConstValue::Missing,
                    };
                    let at = (container, Rc::clone(&own));
                    let id = self.constant(&it.ident, &it.ty, value, module, at, false, &[]);
                    define(&this.consts, &it.ident, id);
                }
                TraitItem::Macro(it) => cx.lost(module, it.span(), "a macro makes trait items"),
                _ => {}
            }
        }
    }

    pub(super) fn an_impl(&self, it: &syn::ItemImpl, module: ModId) {
        let cx = self.cx;
        if it.modifiers.polarity.is_some() {
            return;
        }
        let own = generics(None, &it.generics, false);
        let items: Vec<&ImplItem> = it.items.iter().collect();
        let mut expanded = Vec::new();
        for item in &items {
            if let ImplItem::Macro(it) = item {
                match self.expand(&it.mac, module).map(parse_impl_items) {
                    Some(Ok(items)) => expanded.extend(items),
                    _ => cx.lost(
                        module,
                        it.span(),
                        "a macro that makes items is not understood",
                    ),
                }
            }
        }
        let mut types = BTreeMap::new();
        for item in items.iter().copied().chain(&expanded) {
            if let ImplItem::Type(it) = item {
                types.insert(Rc::from(it.ident.to_string()), it.ty.clone());
            }
        }
        let mut written_trait = it.trait_.as_ref().map(|(path, _)| path.clone());
        if self.means(&it.attrs, |it| *it == AttributeMeaning::Drop) {
            written_trait = Some(syn::parse_quote!(::core::ops::Drop));
        }
        let presence = self.presence(&it.attrs);
        let id = cx.impls.add(Impl {
            module,
            generics: Rc::clone(&own),
            written_trait,
            written_self: (*it.self_ty).clone(),
            header: OnceCell::new(),
            functions: RefCell::default(),
            consts: RefCell::default(),
            types,
        });
        let this = cx.impls.get(id);
        let container = Container::Impl(id);
        for item in items.into_iter().chain(&expanded) {
            match item {
                ImplItem::Fn(it) if cx.cfg.keeps(&it.attrs) => {
                    let at = (container, Some(&own));
                    let id = self.function(&it.sig, Some(&it.block), &it.attrs, module, at);
                    define(&this.functions, &it.sig.ident, id);
                    if let Some(prefix) = &presence {
                        let at = (container, Rc::clone(&own));
                        let (name, id) = self.presence_of(&it.sig.ident, prefix, true, module, at);
                        define(&this.consts, &name, id);
                    }
                }
                ImplItem::Const(it) if cx.cfg.keeps(&it.attrs) => {
                    let value = ConstValue::Expr(Rc::new(it.expr.clone()));
                    let at = (container, Rc::clone(&own));
                    let id =
                        self.constant(&it.ident, &it.ty, value, module, at, false, &it.attrs[..]);
                    define(&this.consts, &it.ident, id);
                }
                _ => {}
            }
        }
    }

    pub(super) fn means(
        &self,
        attrs: &[Attribute],
        test: impl Fn(&AttributeMeaning) -> bool,
    ) -> bool {
        attrs
            .iter()
            .any(|it| self.cx.meaning(it).is_some_and(&test))
    }

    pub(super) fn presence(&self, attrs: &[Attribute]) -> Option<String> {
        attrs.iter().find_map(|it| match self.cx.meaning(it) {
            Some(AttributeMeaning::Presence(prefix)) => Some(prefix.clone()),
            _ => None,
        })
    }

    /// The constant that says whether an implementation has a function: the trait says no.
    fn presence_of(
        &self,
        function: &syn::Ident,
        prefix: &str,
        is_there: bool,
        module: ModId,
        at: (Container, Rc<Generics>),
    ) -> (syn::Ident, ConstId) {
        let name = format!("{prefix}{}", function.to_string().to_uppercase());
        let name = syn::Ident::new(&name, function.span());
        let ty = syn::parse_quote!(bool);
        let value = ConstValue::Known(i64::from(is_there));
        let id = self.constant(&name, &ty, value, module, at, false, &[]);
        (name, id)
    }
}

fn parse_impl_items(tokens: TokenStream) -> syn::Result<Vec<ImplItem>> {
    let item: syn::ItemImpl = syn::parse2(quote::quote!(impl X { #tokens }))?;
    Ok(item.items)
}
