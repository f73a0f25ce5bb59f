// SPDX-License-Identifier: MIT OR Apache-2.0
//! Calls: who is called, with what, and the few calls that are part of the language
//! (`__builtin_expect` and its like) rather than calls.

use waitctx_model::{Call, Callee, Place, Projection, Root, Statement, Terminator, Value};

use crate::body::Body;
use crate::ffi::{Cursor, Kind, TypeKind};
use crate::symbols::Callable;
use crate::unexposed::Unexposed;

impl<'tu> Body<'_, 'tu> {
    /// Lowers a call; its value is a temporary if `wanted`.
    pub(crate) fn call(&mut self, call: Cursor<'tu>, wanted: bool) -> Value {
        let children = call.children();
        let Some((&callee, args)) = children.split_first() else {
            self.reader.approximated("call of nothing", call);
            return Value::Unknown;
        };
        let target = self.direct_target(callee);
        if let Some((target, declaration)) = target {
            // That the compiler did not complain of it proves that what leads to such a call is
            // never true; here it may look true, as not everything that the compiler finds to be
            // constant is known. So it is passed over.
            if target.impossible {
                args.iter().for_each(|arg| self.effects(*arg));
                return Value::Unknown;
            }
            let name = self.reader.unit.names.get(target.symbol.name);
            if name.starts_with("__builtin_") {
                let name = name.to_owned();
                if let Some(value) = self.builtin(&name, call, args) {
                    return value;
                }
            }
            return self.finish_call(
                call,
                Callee::Direct(target.symbol),
                declaration,
                args,
                target.noreturn,
                wanted,
            );
        }
        let pointer = self.value(callee);
        let ctype = callee.ctype().canonical();
        let function_type = if ctype.kind() == TypeKind::Pointer {
            ctype.pointee()
        } else {
            ctype
        };
        let noreturn = function_type.spelling().contains("noreturn");
        let callee_model = match pointer {
            Value::Function(symbol) => Callee::Direct(symbol),
            value => Callee::Pointer {
                value,
                signature: self.reader.signature(function_type),
            },
        };
        self.finish_call(call, callee_model, callee, args, noreturn, wanted)
    }

    fn finish_call(
        &mut self,
        call: Cursor<'tu>,
        callee: Callee,
        written: Cursor<'tu>,
        args: &[Cursor<'tu>],
        noreturn: bool,
        wanted: bool,
    ) -> Value {
        let args = args.iter().map(|arg| self.value(*arg)).collect();
        let Some(site) = self.reader.site(call).or_else(|| self.reader.site(written)) else {
            self.reader.approximated("call without a place", call);
            return Value::Unknown;
        };
        let ctype = call.ctype();
        let returns = ctype.canonical().kind() != TypeKind::Void;
        let dest = (wanted && returns && !noreturn).then(|| self.temporary(ctype));
        self.reader.unit.stats.calls += 1;
        self.reader.unit.stats.indirect_calls +=
            u64::from(matches!(callee, Callee::Pointer { .. }));
        self.push(Statement::Call(Call {
            dest,
            callee,
            args,
            span: site.span,
            via_macro: site.via_macro,
        }));
        if noreturn {
            self.end(Terminator::Unreachable);
        }
        dest.map_or(Value::Unknown, |dest| Value::Read(Place::local(dest)))
    }

    /// The function that the callee names directly.
    fn direct_target(&mut self, callee: Cursor<'tu>) -> Option<(Callable, Cursor<'tu>)> {
        let mut at = callee;
        loop {
            match at.kind() {
                Kind::DeclRef => {
                    let function = at.referenced()?;
                    return (function.kind() == Kind::Function)
                        .then(|| (self.callable(function), at));
                }
                Kind::Paren | Kind::Unary => at = *at.children().first()?,
                Kind::UnexposedExpr => match Unexposed::of(at) {
                    Unexposed::Conversion(inner) | Unexposed::Chosen(inner) => at = inner,
                    _ => return None,
                },
                _ => return None,
            }
        }
    }

    /// `x` if the call is `__builtin_expect(x, c)`.
    pub(crate) fn expectation(&mut self, call: Cursor<'tu>) -> Option<Cursor<'tu>> {
        let children = call.children();
        let (&callee, args) = children.split_first()?;
        let (target, _) = self.direct_target(callee)?;
        let name = self.reader.unit.names.get(target.symbol.name);
        matches!(
            name,
            "__builtin_expect" | "__builtin_expect_with_probability"
        )
        .then(|| args.first().copied())?
    }

    /// Whether a call does anything: only those that are part of the language may not.
    pub(crate) fn call_has_effects(&mut self, call: Cursor<'tu>) -> bool {
        let children = call.children();
        let Some((&callee, args)) = children.split_first() else {
            return true;
        };
        let Some((target, _)) = self.direct_target(callee) else {
            return true;
        };
        match self.reader.unit.names.get(target.symbol.name) {
            "__builtin_constant_p" | "__builtin_object_size" | "__builtin_dynamic_object_size" => {
                false
            }
            "__builtin_expect" | "__builtin_expect_with_probability" => {
                args.iter().any(|arg| self.has_effects(*arg))
            }
            name => {
                !name.starts_with("__builtin_")
                    || call.evaluate().is_none()
                    || args.iter().any(|arg| self.has_effects(*arg))
            }
        }
    }

    /// The calls that are part of the language. Any other builtin is a call like another.
    fn builtin(&mut self, name: &str, call: Cursor<'tu>, args: &[Cursor<'tu>]) -> Option<Value> {
        match name {
            "__builtin_expect" | "__builtin_expect_with_probability" => {
                args.first().map(|value| self.value(*value))
            }
            // What the compiler cannot tell is not constant. Its operand is not evaluated.
            "__builtin_constant_p" => Some(Value::Const(i64::from(call.evaluate() == Some(1)))),
            "__builtin_unreachable" | "__builtin_trap" => {
                self.end(Terminator::Unreachable);
                Some(Value::Unknown)
            }
            // Their operands are not evaluated either.
            "__builtin_object_size" | "__builtin_dynamic_object_size" => {
                Some(call.evaluate().map_or(Value::Unknown, Value::Const))
            }
            "__builtin_assume" | "__builtin_prefetch" => {
                args.iter().for_each(|arg| self.effects(*arg));
                Some(Value::Unknown)
            }
            "__builtin_va_start" | "__builtin_va_end" | "__builtin_va_copy" => Some(Value::Unknown),
            _ => {
                if args.iter().all(|arg| !self.has_effects(*arg)) {
                    call.evaluate().map(Value::Const)
                } else {
                    None
                }
            }
        }
    }

    /// The object that a pointer points to.
    pub(crate) fn target_of(&mut self, pointer: Value) -> Place {
        match pointer {
            Value::Read(place) => place.then(Projection::Deref),
            Value::AddressOf(place) => place,
            other => Place {
                root: Root::Target(Box::new(other)),
                path: Vec::new(),
            },
        }
    }
}
