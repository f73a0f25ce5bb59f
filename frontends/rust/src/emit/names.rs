// SPDX-License-Identifier: MIT OR Apache-2.0
//! What things are called in the program model, which is what people read.

use std::rc::Rc;

use crate::context::Cx;
use crate::items::{AdtId, Container, FnId};
use crate::ty::{Args, Ty};

/// Types in names are not nested deeper than this.
const DEEPEST: usize = 6;

impl Cx {
    /// The name of a type: with its path, and with the last part of the path of its arguments.
    pub(crate) fn type_name(&self, ty: &Ty) -> String {
        self.name_at(ty, true, 0)
    }

    fn name_at(&self, ty: &Ty, full: bool, depth: usize) -> String {
        if depth > DEEPEST {
            return "..".to_owned();
        }
        let inner = |ty: &Ty| self.name_at(ty, false, depth + 1);
        let all = |args: &[Ty]| args.iter().map(inner).collect::<Vec<_>>().join(", ");
        match ty {
            Ty::Prim(name) => (*name).to_owned(),
            Ty::Never => "!".to_owned(),
            Ty::Ref(to) => format!("&{}", inner(to)),
            Ty::Ptr(to) => format!("*{}", inner(to)),
            Ty::Slice(of) | Ty::Array(of) => format!("[{}]", inner(of)),
            Ty::Tuple(parts) => format!("({})", all(parts)),
            Ty::Adt(id, args) => {
                let adt = self.adts.get(*id);
                let name = if full {
                    self.adt_path(*id)
                } else {
                    adt.name.to_string()
                };
                if args.is_empty() {
                    name
                } else {
                    format!("{name}<{}>", all(args))
                }
            }
            Ty::FnPtr(inputs, _) => format!("fn({})", all(inputs)),
            Ty::FnItem(id, _) => self.functions.get(*id).name.to_string(),
            Ty::Ctor(id, ..) => self.adts.get(*id).name.to_string(),
            Ty::Closure(id) => format!("closure#{}", id.0),
            Ty::Dyn(bounds) => match bounds.first() {
                Some(bound) => format!("dyn {}", self.traits.get(bound.of).name),
                None => "dyn".to_owned(),
            },
            Ty::Placeholder(_, name) => name.to_string(),
            Ty::Opaque(id, _) => format!("impl {}", self.functions.get(*id).name),
            Ty::Proj(it) => format!("{}::{}", inner(&it.self_ty), it.name),
            Ty::Foreign(name) | Ty::ForeignFn(name) => name.to_string(),
            Ty::Const(value) => value.to_string(),
            Ty::Param(_) | Ty::Infer(_) | Ty::Unknown => "_".to_owned(),
        }
    }

    /// The path of a type without its arguments.
    pub(crate) fn adt_path(&self, id: AdtId) -> String {
        let adt = self.adts.get(id);
        format!("{}::{}", self.modules.get(adt.module).path, adt.name)
    }

    /// The name of a function with its generic arguments; with the trait when `qualified`.
    pub(crate) fn function_name(&self, id: FnId, args: &Args, qualified: bool) -> String {
        let function = self.functions.get(id);
        let (mut name, used) = match function.container {
            Container::Free => {
                let path = &self.modules.get(function.module).path;
                (format!("{path}::{}", function.name), 0)
            }
            Container::Impl(of) => {
                let it = self.impls.get(of);
                let self_ty = it.header.get().map(|it| it.self_ty.subst(args));
                let self_ty = self_ty.unwrap_or(Ty::Unknown);
                let self_name = self.type_name(&self_ty);
                let of = it.header.get().and_then(|it| it.of.clone());
                let name = match of {
                    Some((of, trait_args)) if qualified => {
                        let of = self.trait_name(of, &trait_args, args);
                        format!("<{self_name} as {of}>::{}", function.name)
                    }
                    _ => format!("{self_name}::{}", function.name),
                };
                (name, it.generics.len())
            }
            Container::Trait(of) => {
                let it = self.traits.get(of);
                let path = &self.modules.get(it.module).path;
                let count = it.generics.len().min(args.len());
                let own: Vec<String> = args[..count]
                    .iter()
                    .map(|ty| self.name_at(ty, false, 1))
                    .collect();
                let own = own.join(", ");
                (
                    format!("{path}::{}<{own}>::{}", it.name, function.name),
                    count,
                )
            }
        };
        let rest: Vec<String> = args
            .iter()
            .skip(used)
            .map(|ty| self.name_at(ty, false, 1))
            .collect();
        if !rest.is_empty() {
            name.push_str(&format!("<{}>", rest.join(", ")));
        }
        name
    }

    fn trait_name(&self, of: crate::items::TraitId, trait_args: &Args, args: &Args) -> String {
        let name = Rc::clone(&self.traits.get(of).name);
        if trait_args.is_empty() {
            return name.to_string();
        }
        let own: Vec<String> = trait_args
            .iter()
            .map(|ty| self.name_at(&ty.subst(args), false, 1))
            .collect();
        format!("{name}<{}>", own.join(", "))
    }
}
