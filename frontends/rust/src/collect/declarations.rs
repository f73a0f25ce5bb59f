// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a declaration says: of a type, a function, a constant.

use std::cell::OnceCell;
use std::rc::Rc;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::Attribute;
use syn::visit_mut::VisitMut;

use super::{Collector, define};
use crate::items::{
    Adt, AdtId, AdtKind, Const, ConstId, ConstValue, Container, Def, Field, FnId, Function,
    Generics, ModId, Variant,
};
use crate::ty::Name;

impl Collector<'_> {
    pub(super) fn variant(
        &self,
        name: &syn::Ident,
        fields: &syn::Fields,
        value: Option<&syn::Expr>,
    ) -> Variant {
        let kept = fields.iter().filter(|it| self.cx.cfg.keeps(&it.attrs));
        let fields_found = kept.enumerate().map(|(index, it)| Field {
            name: match &it.ident {
                Some(name) => Rc::from(name.to_string()),
                None => Rc::from(index.to_string()),
            },
            written: it.ty.clone(),
            ty: OnceCell::new(),
        });
        Variant {
            name: Rc::from(name.to_string()),
            fields: fields_found.collect(),
            is_tuple: matches!(fields, syn::Fields::Unnamed(_)),
            discriminant: value.map(|it| Rc::new(it.clone())),
        }
    }

    pub(super) fn adt(
        &self,
        kind: AdtKind,
        (name, written, attrs): (&syn::Ident, &syn::Generics, &[Attribute]),
        module: ModId,
        variants: Vec<Variant>,
    ) -> AdtId {
        let mut derives = Vec::new();
        let mut is_transparent = false;
        let mut never_drops = kind == AdtKind::Union;
        let mut is_non_null = false;
        for attribute in attrs {
            let path = attribute.path();
            let text = || attribute.meta.to_token_stream().to_string();
            if path.is_ident("derive") {
                let text = text();
                derives.extend(
                    text.split(|c: char| !c.is_alphanumeric() && c != '_')
                        .filter(|it| !it.is_empty() && *it != "derive")
                        .map(str::to_owned),
                );
            } else if path.is_ident("repr") {
                is_transparent |= text().contains("transparent");
            } else if path.is_ident("never_drops") {
                never_drops = true; // only the library says so
            } else if path.is_ident("non_null") {
                is_non_null = true; // likewise
            }
        }
        let id = self.cx.adts.add(Adt {
            name: Rc::from(name.to_string()),
            span: name.span(),
            module,
            generics: generics(None, written, false),
            kind,
            variants,
            is_transparent,
            never_drops,
            is_non_null,
            derives,
        });
        let target = self.cx.modules.get(module);
        define(&target.types, name, Def::Adt(id));
        id
    }

    pub(super) fn function(
        &self,
        written: &syn::Signature,
        body: Option<&syn::Block>,
        attrs: &[Attribute],
        module: ModId,
        (container, around): (Container, Option<&Rc<Generics>>),
    ) -> FnId {
        let mut written = written.clone();
        let mut implicit = ImplicitParameters::default();
        for input in &mut written.inputs {
            implicit.visit_fn_arg_mut(input);
        }
        for (name, bounds) in implicit.found {
            let parameter: syn::TypeParam = syn::parse_quote!(#name: #bounds);
            written
                .generics
                .params
                .push(syn::GenericParam::Type(parameter));
        }
        let own = generics(around, &written.generics, false);
        let name: Name = Rc::from(written.ident.to_string());
        let exported = exported_name(attrs, &name);
        self.cx.functions.add(Function {
            span: written.ident.span(),
            name,
            module,
            container,
            generics: own,
            written: Rc::new(written),
            signature: OnceCell::new(),
            body: body.map(|it| Rc::new(it.clone())),
            exported,
            foreign: None,
            init: attrs.iter().any(|attribute| {
                let text = attribute.meta.to_token_stream().to_string();
                text.contains("link_section") && text.contains(".init.text")
            }),
            attributes: attrs.to_vec(),
        })
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of a declaration")]
    pub(super) fn constant(
        &self,
        name: &syn::Ident,
        ty: &syn::Type,
        value: ConstValue,
        module: ModId,
        (container, generics): (Container, Rc<Generics>),
        is_static: bool,
        attrs: &[Attribute],
    ) -> ConstId {
        let text: Name = Rc::from(name.to_string());
        self.cx.consts.add(Const {
            exported: exported_name(attrs, &text),
            name: text,
            module,
            container,
            generics,
            written: ty.clone(),
            value,
            is_static,
            span: name.span(),
        })
    }
}

/// The generic parameters of an item inside another.
pub(crate) fn generics(
    around: Option<&Rc<Generics>>,
    own: &syn::Generics,
    has_self: bool,
) -> Rc<Generics> {
    let mut names: Vec<Name> = around.map_or_else(Vec::new, |it| it.names.clone());
    let mut defaults = around.map_or_else(Vec::new, |it| it.defaults.clone());
    let mut written = around.map_or_else(Vec::new, |it| it.written.clone());
    if has_self {
        names.push(Rc::from("Self"));
        defaults.push(None);
    }
    for parameter in &own.params {
        match parameter {
            syn::GenericParam::Type(it) => {
                names.push(Rc::from(it.ident.to_string()));
                defaults.push(it.default.as_ref().map(|(_, ty)| ty.clone()));
            }
            syn::GenericParam::Const(it) => {
                names.push(Rc::from(it.ident.to_string()));
                let default = it.default.as_ref().map(|(_, value)| value);
                // Lowering knows that what is no type is a constant.
                defaults.push(default.map(|it| syn::Type::Verbatim(it.to_token_stream())));
            }
            syn::GenericParam::Lifetime(_) => {}
        }
    }
    written.push(Rc::new(own.clone()));
    Rc::new(Generics {
        names,
        defaults,
        written,
        bounds: OnceCell::new(),
        has_self: has_self || around.is_some_and(|it| it.has_self),
    })
}

/// What C calls the item by, from `#[no_mangle]` or `#[export_name]`.
fn exported_name(attrs: &[Attribute], name: &Name) -> Option<Name> {
    attrs.iter().find_map(|attribute| {
        let text = attribute.meta.to_token_stream().to_string();
        if text.contains("no_mangle") && !text.contains("cfg_attr") {
            return Some(Rc::clone(name));
        }
        let (_, rest) = text.split_once("export_name")?;
        rest.split('"').nth(1).map(Rc::from)
    })
}

/// `impl Trait` in the parameters of a function, which are generic parameters without a name.
#[derive(Default)]
struct ImplicitParameters {
    found: Vec<(syn::Ident, TokenStream)>,
}

impl VisitMut for ImplicitParameters {
    fn visit_type_mut(&mut self, ty: &mut syn::Type) {
        syn::visit_mut::visit_type_mut(self, ty);
        if let syn::Type::ImplTrait(it) = ty {
            let name = format!("impl_{}", self.found.len());
            let name = syn::Ident::new(&name, Span::call_site());
            self.found.push((name.clone(), it.bounds.to_token_stream()));
            *ty = syn::parse_quote!(#name);
        }
    }
}
