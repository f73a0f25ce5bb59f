// SPDX-License-Identifier: MIT OR Apache-2.0
//! Traits: which implementation a type has, what its associated types are, and which method a name
//! means.

use std::rc::Rc;

use crate::context::Cx;
use crate::infer::Infer;
use crate::items::{Container, FnId, ImplId, TraitId};
use crate::lower::Scope;
use crate::ty::{Args, Bound, Name, Ty};

/// Types of one body, and what is known of its generic parameters.
pub(crate) struct Typer {
    pub(crate) cx: Rc<Cx>,
    pub(crate) infer: Infer,
    /// What is demanded of the parameters that are not known.
    pub(crate) env: Vec<(Ty, Bound)>,
    /// Closures of this body: parameters and result.
    pub(crate) closures: Vec<(crate::ty::ClosureId, Args, Ty)>,
}

/// How a type has a trait.
#[derive(Clone, Debug)]
pub(crate) enum Selected {
    /// By this implementation with these arguments.
    Impl(ImplId, Args),
    /// It is demanded of it.
    Bound(Bound),
    /// It can be called: parameters and result.
    Callable(Args, Ty),
    /// It is a trait object.
    Dyn(Bound),
    /// By the language or a `derive`.
    Builtin,
}

/// Traits demand traits that demand traits.
const DEEPEST: usize = 12;

impl Typer {
    pub(crate) fn resolve(&self, ty: &Ty) -> Ty {
        self.infer.resolve(ty)
    }

    /// How `ty` has the trait; `None` when it has not, or when too little is known.
    pub(crate) fn select(
        &mut self,
        ty: &Ty,
        of: TraitId,
        args: &Args,
        depth: usize,
    ) -> Option<Selected> {
        if depth > DEEPEST {
            return None;
        }
        let ty = self.infer.shallow(ty);
        if self.cx.is_fn_trait(of)
            && let Some((inputs, output)) = self.callable(&ty)
        {
            return Some(Selected::Callable(inputs, output));
        }
        if let Some(bound) = self.demanded(&ty, of, args) {
            return Some(Selected::Bound(bound));
        }
        if let Ty::Dyn(bounds) = &ty
            && let Some(bound) = bounds.iter().find_map(|it| self.above(it, of))
        {
            return Some(Selected::Dyn(bound));
        }
        if matches!(ty, Ty::Infer(_)) && !self.infer.is_integer_variable(&ty) || ty == Ty::Unknown {
            return None;
        }
        if let Some((id, args)) = self.implementation(&ty, of, args, depth) {
            return Some(Selected::Impl(id, args));
        }
        self.derived(&ty, of).then_some(Selected::Builtin)
    }

    /// What the environment or the declaration of an opaque type says.
    fn demanded(&mut self, ty: &Ty, of: TraitId, args: &Args) -> Option<Bound> {
        let mut known: Vec<Bound> = Vec::new();
        match ty {
            Ty::Opaque(id, own) => {
                let signature = self.cx.signature(*id);
                known.extend(signature.opaque.iter().map(|it| it.subst(own)));
            }
            Ty::Placeholder(..) | Ty::Proj(_) => {
                let wanted = self.resolve(ty);
                let same = self.env.iter().filter(|(subject, _)| *subject == wanted);
                known.extend(same.map(|(_, bound)| bound.clone()));
                if let Ty::Proj(it) = &wanted {
                    known.extend(self.bounds_of_assoc(it));
                }
            }
            _ => return None,
        }
        let found: Vec<Bound> = known.iter().filter_map(|it| self.above(it, of)).collect();
        for bound in &found {
            let at = self.infer.snapshot();
            let fits = bound
                .args
                .iter()
                .zip(args.iter())
                .all(|(a, b)| self.infer.unify(a, b));
            if fits {
                return Some(bound.clone());
            }
            self.infer.roll_back(at);
        }
        None
    }

    /// What a trait demands of its associated type.
    fn bounds_of_assoc(&self, it: &crate::ty::Projection) -> Vec<Bound> {
        let of = self.cx.traits.get(it.of);
        let Some(assoc) = of.types.get(&it.name) else {
            return Vec::new();
        };
        let scope = Scope {
            module: of.module,
            generics: &of.generics,
            self_ty: Some(Ty::Param(0)),
            container: Container::Trait(it.of),
            infer: None,
            opaque: None,
        };
        let mut args = vec![it.self_ty.clone()];
        args.extend(it.args.iter().cloned());
        let bounds = assoc.bounds.iter();
        bounds
            .filter_map(|bound| self.cx.bound(bound, &scope))
            .map(|bound| bound.subst(&args))
            .collect()
    }

    /// The bound on `of` that `bound` is or implies.
    fn above(&self, bound: &Bound, of: TraitId) -> Option<Bound> {
        if bound.of == of {
            return Some(bound.clone());
        }
        if self.cx.is_fn_trait(bound.of) && self.cx.is_fn_trait(of) {
            return Some(bound.clone());
        }
        let mut args = vec![Ty::Unknown];
        args.extend(bound.args.iter().cloned());
        let supers = self.cx.supertraits(bound.of);
        supers.iter().find_map(|up| {
            let mut up = up.subst(&args);
            up.assoc.extend(bound.assoc.iter().cloned());
            self.above(&up, of)
        })
    }

    /// The parameters and the result of what can be called.
    pub(crate) fn callable(&mut self, ty: &Ty) -> Option<(Args, Ty)> {
        match self.infer.shallow(ty) {
            Ty::Closure(id) => {
                let own = self.closures.iter().find(|(it, ..)| *it == id);
                own.map(|(_, inputs, output)| (Rc::clone(inputs), output.clone()))
                    .or_else(|| self.cx.closure_signature(id))
            }
            Ty::FnPtr(inputs, output) => Some((inputs, (*output).clone())),
            Ty::FnItem(id, args) => {
                let signature = self.cx.signature(id);
                let inputs = signature.inputs.iter().map(|it| it.subst(&args));
                let inputs: Vec<Ty> = inputs.collect();
                let output = signature.output.subst(&args);
                let inputs = inputs.iter().map(|it| self.normalize(it)).collect();
                Some((inputs, self.normalize(&output)))
            }
            Ty::Ctor(id, variant, args) => {
                let adt = self.cx.adts.get(id);
                let fields = 0..adt.variants[variant as usize].fields.len();
                let inputs = fields.map(|it| self.cx.field_type(id, variant, it).subst(&args));
                Some((inputs.collect(), Ty::Adt(id, args)))
            }
            Ty::Ref(to) => match self.infer.shallow(&to) {
                to @ (Ty::Closure(_) | Ty::FnPtr(..) | Ty::Placeholder(..)) => self.callable(&to),
                _ => None,
            },
            Ty::Placeholder(..) => {
                let fn_once = self.cx.lang_trait("fn_once")?;
                let args = Rc::from([self.infer.fresh()]);
                let bound = self.demanded(ty, fn_once, &args)?;
                let Some(Ty::Tuple(inputs)) = bound.args.first() else {
                    return None;
                };
                let output = bound.assoc.iter().find(|(name, _)| &**name == "Output");
                let output = output.map_or_else(Ty::unit, |(_, ty)| ty.clone());
                Some((Rc::clone(inputs), output))
            }
            _ => None,
        }
    }

    /// The one implementation that fits.
    fn implementation(
        &mut self,
        ty: &Ty,
        of: TraitId,
        args: &Args,
        depth: usize,
    ) -> Option<(ImplId, Args)> {
        let cx = Rc::clone(&self.cx);
        let candidates = cx.index.borrow().impls.get(&of).cloned();
        let mut fitting: Vec<(ImplId, usize)> = Vec::new();
        for id in candidates.unwrap_or_default() {
            let at = self.infer.snapshot();
            let before = self.infer.clone();
            if let Some(own) = self.fits(id, ty, args, depth) {
                // An implementation for a type is better than one for all types.
                let header = cx.impls.get(id).header.get().cloned();
                let blanket = header.is_some_and(|it| matches!(it.self_ty, Ty::Param(_)));
                let _ = own;
                fitting.push((id, usize::from(blanket)));
            }
            self.infer.roll_back(at);
            self.infer = before;
        }
        let best = fitting.iter().map(|(_, rank)| *rank).min()?;
        let mut best_ones = fitting.iter().filter(|(_, rank)| *rank == best);
        let (id, _) = best_ones.next()?;
        if best_ones.next().is_some() {
            return None; // more has to be known first
        }
        let own = self.fits(*id, ty, args, depth)?;
        Some((*id, own))
    }

    /// The arguments with which an implementation is one for `ty`.
    fn fits(&mut self, id: ImplId, ty: &Ty, args: &Args, depth: usize) -> Option<Args> {
        let cx = Rc::clone(&self.cx);
        let it = cx.impls.get(id);
        let header = it.header.get()?;
        let (of, trait_args) = header.of.as_ref()?;
        if !could_be(&header.self_ty, ty) {
            return None;
        }
        let own = self.infer.fresh_args(it.generics.len());
        let self_ty = self.normalize_at(&header.self_ty.subst(&own), depth + 1);
        if !self.infer.unify(&self_ty, ty) {
            return None;
        }
        for (a, b) in trait_args.iter().zip(args.iter()) {
            let a = self.normalize_at(&a.subst(&own), depth + 1);
            if !self.infer.unify(&a, b) {
                return None;
            }
        }
        let scope = Scope {
            module: it.module,
            generics: &it.generics,
            self_ty: Some(header.self_ty.clone()),
            container: Container::Impl(id),
            infer: None,
            opaque: None,
        };
        for (subject, bound) in cx.bounds(&it.generics, &scope).iter() {
            let subject = subject.subst(&own);
            let bound = bound.subst(&own);
            if !self.may_hold(&subject, &bound, depth + 1) {
                return None;
            }
        }
        let _ = of;
        Some(own)
    }

    /// Whether nothing speaks against a bound; what it says of associated types is learnt.
    fn may_hold(&mut self, ty: &Ty, bound: &Bound, depth: usize) -> bool {
        if depth > DEEPEST {
            return true;
        }
        let ty = self.normalize_at(ty, depth);
        let shallow = self.infer.shallow(&ty);
        if matches!(
            shallow,
            Ty::Infer(_) | Ty::Unknown | Ty::Foreign(_) | Ty::Proj(_)
        ) {
            return true;
        }
        let has_impls = self.cx.index.borrow().impls.contains_key(&bound.of);
        match self.select(&shallow, bound.of, &bound.args, depth) {
            Some(selected) => {
                self.learn(&selected, bound, &shallow, depth);
                true
            }
            // Auto traits and those that the library only declares are not looked at.
            None => {
                !has_impls && !self.cx.is_fn_trait(bound.of)
                    || self.cx.traits.get(bound.of).functions.borrow().is_empty()
            }
        }
    }

    /// Learns what holds because a type has a trait.
    pub(crate) fn learn(&mut self, selected: &Selected, bound: &Bound, ty: &Ty, depth: usize) {
        if let Selected::Callable(inputs, output) = selected {
            if let Some(args) = bound.args.first() {
                self.infer.unify(args, &Ty::Tuple(Rc::clone(inputs)));
            }
            if let Some((_, wanted)) = bound.assoc.iter().find(|(name, _)| &**name == "Output") {
                let wanted = self.normalize_at(wanted, depth + 1);
                self.infer.unify(&wanted, output);
            }
            return;
        }
        for (name, wanted) in &bound.assoc {
            if let Some(actual) = self.assoc(selected, ty, bound.of, &bound.args, name, depth + 1) {
                let wanted = self.normalize_at(wanted, depth + 1);
                self.infer.unify(&wanted, &actual);
            }
        }
    }

    /// An associated type.
    fn assoc(
        &mut self,
        selected: &Selected,
        ty: &Ty,
        of: TraitId,
        args: &Args,
        name: &Name,
        depth: usize,
    ) -> Option<Ty> {
        match selected {
            Selected::Impl(id, own) => {
                let cx = Rc::clone(&self.cx);
                let it = cx.impls.get(*id);
                let header = it.header.get()?;
                let (written, scope_self, container) = match it.types.get(name) {
                    Some(written) => (written.clone(), header.self_ty.clone(), *id),
                    None => {
                        let default = cx.traits.get(of).types.get(name)?.default.clone()?;
                        (default, header.self_ty.clone(), *id)
                    }
                };
                let scope = Scope {
                    module: it.module,
                    generics: &it.generics,
                    self_ty: Some(scope_self),
                    container: Container::Impl(container),
                    infer: None,
                    opaque: None,
                };
                let ty = cx.lower(&written, &scope).subst(own);
                Some(self.normalize_at(&ty, depth + 1))
            }
            Selected::Bound(bound) | Selected::Dyn(bound) => {
                let own = bound.assoc.iter().find(|(it, _)| it == name);
                own.map(|(_, ty)| ty.clone())
            }
            Selected::Callable(_, output) => (&**name == "Output").then(|| output.clone()),
            Selected::Builtin => {
                let _ = (ty, args);
                None
            }
        }
    }

    /// `ty` with the associated types in it replaced by what they are, as far as that is known.
    pub(crate) fn normalize(&mut self, ty: &Ty) -> Ty {
        self.normalize_at(ty, 0)
    }

    fn normalize_at(&mut self, ty: &Ty, depth: usize) -> Ty {
        if depth > DEEPEST || !self.resolve(ty).any(&mut |it| matches!(it, Ty::Proj(_))) {
            return ty.clone();
        }
        let ty = self.resolve(ty);
        ty.map(&mut |part| {
            let Ty::Proj(it) = part else {
                return None;
            };
            let self_ty = self.normalize_at(&it.self_ty, depth + 1);
            let args: Args = it
                .args
                .iter()
                .map(|arg| self.normalize_at(arg, depth + 1))
                .collect();
            let wanted = if args.is_empty() && self.cx.traits.get(it.of).generics.len() > 1 {
                let count = self.cx.traits.get(it.of).generics.len() - 1;
                self.infer.fresh_args(count)
            } else {
                args
            };
            if let Some(selected) = self.select(&self_ty, it.of, &wanted, depth + 1)
                && let Some(ty) =
                    self.assoc(&selected, &self_ty, it.of, &wanted, &it.name, depth + 1)
            {
                return Some(ty);
            }
            Some(Ty::Proj(Rc::new(crate::ty::Projection {
                self_ty,
                of: it.of,
                args: wanted,
                name: Rc::clone(&it.name),
            })))
        })
    }

    /// Whether the language or a `derive` gives a type a trait.
    fn derived(&self, ty: &Ty, of: TraitId) -> bool {
        let name = &self.cx.traits.get(of).name;
        match ty {
            Ty::Adt(id, _) => self
                .cx
                .adts
                .get(*id)
                .derives
                .iter()
                .any(|it| **it == **name),
            Ty::Prim(_) | Ty::Foreign(_) | Ty::Ptr(_) | Ty::Never => matches!(
                &**name,
                "Clone"
                    | "Copy"
                    | "PartialEq"
                    | "Eq"
                    | "PartialOrd"
                    | "Ord"
                    | "Default"
                    | "Debug"
                    | "Display"
                    | "Hash"
            ),
            Ty::Ref(_) | Ty::FnPtr(..) | Ty::FnItem(..) | Ty::Closure(_) => {
                matches!(&**name, "Clone" | "Copy")
            }
            Ty::Tuple(_) | Ty::Array(_) | Ty::Slice(_) => matches!(
                &**name,
                "Clone" | "Copy" | "PartialEq" | "Eq" | "Default" | "Debug"
            ),
            Ty::Infer(_) => matches!(&**name, "Clone" | "Copy" | "PartialEq" | "Eq" | "Debug"),
            _ => false,
        }
    }

    /// What dereferencing a type that is no pointer leads to.
    pub(crate) fn deref_target(&mut self, ty: &Ty) -> Option<Ty> {
        let of = self.cx.lang_trait("deref")?;
        let ty = self.infer.shallow(ty);
        if !matches!(
            ty,
            Ty::Adt(..) | Ty::Placeholder(..) | Ty::Opaque(..) | Ty::Proj(_)
        ) {
            return None;
        }
        let none: Args = Rc::from([]);
        let selected = self.select(&ty, of, &none, 0)?;
        let target: Name = Rc::from("Target");
        self.assoc(&selected, &ty, of, &none, &target, 0)
            .or_else(|| {
                Some(Ty::Proj(Rc::new(crate::ty::Projection {
                    self_ty: ty,
                    of,
                    args: none,
                    name: target,
                })))
            })
    }

    /// The function that a trait's function is for a type, when that is known.
    pub(crate) fn implementing(&mut self, function: FnId, args: &Args) -> Option<(FnId, Args)> {
        let cx = Rc::clone(&self.cx);
        let it = cx.functions.get(function);
        let Container::Trait(of) = it.container else {
            return Some((function, Rc::clone(args)));
        };
        let count = cx.traits.get(of).generics.len();
        let self_ty = args.first()?.clone();
        let trait_args: Args = args[1..count.min(args.len())].into();
        match self.select(&self_ty, of, &trait_args, 0)? {
            Selected::Impl(id, own) => {
                let own_function = cx.impls.get(id).functions.borrow().get(&it.name).copied();
                match own_function {
                    Some(found) => {
                        let mut all: Vec<Ty> = own.iter().map(|it| self.resolve(it)).collect();
                        all.extend(args.iter().skip(count).cloned());
                        Some((found, all.into()))
                    }
                    None => it.body.is_some().then(|| (function, Rc::clone(args))),
                }
            }
            Selected::Builtin | Selected::Bound(_) | Selected::Callable(..) | Selected::Dyn(_) => {
                None
            }
        }
    }
}

/// Whether two types can be the same at a glance.
fn could_be(header: &Ty, ty: &Ty) -> bool {
    match (header, ty) {
        (Ty::Param(_) | Ty::Proj(_), _) | (_, Ty::Infer(_)) => true,
        (Ty::Adt(a, _), Ty::Adt(b, _)) => a == b,
        (Ty::Prim(a), Ty::Prim(b)) => a == b,
        (Ty::Prim(_), Ty::Foreign(_)) => false,
        _ => std::mem::discriminant(header) == std::mem::discriminant(ty),
    }
}
