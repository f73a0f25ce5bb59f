// SPDX-License-Identifier: MIT OR Apache-2.0
//! Types that are found out while a body is read: variables and unification.
//!
//! Nothing is checked here. A program that compiles unifies; where it does not, something was not
//! understood, and what is known stays as it is.

use std::rc::Rc;

use crate::ty::{Args, Ty};

/// What a variable may become.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Any,
    Integer,
}

/// The variables of one body.
#[derive(Clone, Default, Debug)]
pub(crate) struct Infer {
    bound: Vec<Option<Ty>>,
    kinds: Vec<Kind>,
    /// Variables that were bound, in order: what a snapshot goes back to.
    trail: Vec<u32>,
}

/// A state of [`Infer`] to go back to.
#[derive(Clone, Copy)]
pub(crate) struct Snapshot {
    trail: usize,
    variables: usize,
}

impl Infer {
    /// A new variable.
    pub(crate) fn fresh(&mut self) -> Ty {
        self.variable(Kind::Any)
    }

    /// A new variable for the type of a number.
    pub(crate) fn fresh_integer(&mut self) -> Ty {
        self.variable(Kind::Integer)
    }

    fn variable(&mut self, kind: Kind) -> Ty {
        self.bound.push(None);
        self.kinds.push(kind);
        Ty::Infer(u32::try_from(self.bound.len() - 1).expect("fewer than 2^32 variables"))
    }

    /// `count` new variables.
    pub(crate) fn fresh_args(&mut self, count: usize) -> Args {
        (0..count).map(|_| self.fresh()).collect()
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot {
            trail: self.trail.len(),
            variables: self.bound.len(),
        }
    }

    pub(crate) fn roll_back(&mut self, to: Snapshot) {
        for variable in self.trail.drain(to.trail..) {
            self.bound[variable as usize] = None;
        }
        self.bound.truncate(to.variables);
        self.kinds.truncate(to.variables);
    }

    /// `ty` as far as its outermost constructor is known.
    pub(crate) fn shallow(&self, ty: &Ty) -> Ty {
        let mut ty = ty;
        while let Ty::Infer(variable) = ty {
            match &self.bound[*variable as usize] {
                Some(bound) => ty = bound,
                None => break,
            }
        }
        ty.clone()
    }

    /// `ty` with all that is known put in.
    pub(crate) fn resolve(&self, ty: &Ty) -> Ty {
        ty.map(&mut |part| match part {
            Ty::Infer(_) => match self.shallow(part) {
                Ty::Infer(variable) => Some(Ty::Infer(variable)),
                known => Some(self.resolve(&known)),
            },
            _ => None,
        })
    }

    /// `ty` with all that is known put in, numbers of unknown type taken for `i32` and everything
    /// else that is not known for [`Ty::Unknown`].
    pub(crate) fn finish(&self, ty: &Ty) -> Ty {
        self.resolve(ty).map(&mut |part| match part {
            Ty::Infer(variable) => Some(match self.kinds[*variable as usize] {
                Kind::Any => Ty::Unknown,
                Kind::Integer => Ty::Prim("i32"),
            }),
            _ => None,
        })
    }

    /// Whether `ty` is a variable that stands for a number.
    pub(crate) fn is_integer_variable(&self, ty: &Ty) -> bool {
        matches!(ty, Ty::Infer(it) if self.kinds[*it as usize] == Kind::Integer)
    }

    /// Makes two types the same, as far as that is possible; `false` when they differ. A part that
    /// does not fit does not keep the others from being learnt.
    pub(crate) fn unify(&mut self, a: &Ty, b: &Ty) -> bool {
        let a = self.shallow(a);
        let b = self.shallow(b);
        match (&a, &b) {
            (Ty::Infer(x), Ty::Infer(y)) if x == y => true,
            (Ty::Infer(x), Ty::Infer(_)) if self.kinds[*x as usize] == Kind::Any => {
                self.bind(*x, b)
            }
            (Ty::Infer(_), Ty::Infer(y)) => self.bind(*y, a),
            (Ty::Infer(x), _) => self.bind(*x, b),
            (_, Ty::Infer(y)) => self.bind(*y, a),
            (Ty::Unknown, _) | (_, Ty::Unknown) => true,
            (Ty::Ref(x) | Ty::Ptr(x), Ty::Ref(y) | Ty::Ptr(y)) => {
                std::mem::discriminant(&a) == std::mem::discriminant(&b) && self.unify(x, y)
            }
            (Ty::Slice(x), Ty::Slice(y)) | (Ty::Array(x), Ty::Array(y)) => self.unify(x, y),
            (Ty::Tuple(x), Ty::Tuple(y)) => self.unify_all(x, y),
            (Ty::Adt(f, x), Ty::Adt(g, y)) => f == g && self.unify_all(x, y),
            (Ty::FnItem(f, x), Ty::FnItem(g, y)) | (Ty::Opaque(f, x), Ty::Opaque(g, y)) => {
                f == g && self.unify_all(x, y)
            }
            (Ty::FnPtr(x, r), Ty::FnPtr(y, s)) => {
                let same = self.unify_all(x, y);
                self.unify(r, s) && same
            }
            (Ty::Proj(x), Ty::Proj(y)) => {
                x.name == y.name
                    && x.of == y.of
                    && self.unify(&x.self_ty, &y.self_ty)
                    && self.unify_all(&x.args, &y.args)
            }
            (Ty::Dyn(x), Ty::Dyn(y)) => x.first().map(|it| it.of) == y.first().map(|it| it.of),
            // What C calls a number is an alias of one.
            (Ty::Foreign(_), Ty::Prim(_)) | (Ty::Prim(_), Ty::Foreign(_)) => true,
            _ => a == b,
        }
    }

    fn unify_all(&mut self, a: &Args, b: &Args) -> bool {
        let (a, b) = (Rc::clone(a), Rc::clone(b));
        let mut same = a.len() == b.len();
        for (x, y) in a.iter().zip(b.iter()) {
            same &= self.unify(x, y);
        }
        same
    }

    fn bind(&mut self, variable: u32, ty: Ty) -> bool {
        if matches!(ty, Ty::Unknown | Ty::Never) && self.kinds[variable as usize] == Kind::Any {
            return true; // something better may come
        }
        if self.kinds[variable as usize] == Kind::Integer
            && !(ty.is_scalar_prim() || matches!(ty, Ty::Infer(_) | Ty::Foreign(_)))
        {
            return false;
        }
        if self
            .resolve(&ty)
            .any(&mut |part| *part == Ty::Infer(variable))
        {
            return false;
        }
        self.bound[variable as usize] = Some(ty);
        self.trail.push(variable);
        true
    }
}
