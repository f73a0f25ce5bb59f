// SPDX-License-Identifier: MIT OR Apache-2.0
//! A unit as text, for people and for tests.

use std::fmt::{self, Write};

use crate::{
    BlockId, Callee, Function, Place, Projection, Root, Statement, Symbol, Terminator, Unit, Value,
};

/// Writes every function of `unit` in a readable form.
///
/// # Errors
/// Only when `out` fails.
pub fn write_unit(unit: &Unit, out: &mut dyn Write) -> fmt::Result {
    let printer = Printer { unit };
    for function in &unit.functions {
        printer.function(function, out)?;
    }
    for it in &unit.initialisers {
        let place = match it.field {
            Some(field) => {
                let field = unit.field(field);
                format!(
                    "{}.{}",
                    unit.names.get(field.record),
                    unit.names.get(field.name)
                )
            }
            None => "itself".to_owned(),
        };
        writeln!(
            out,
            "init {} {place} = {}",
            printer.symbol(it.variable),
            printer.symbol(it.target)
        )?;
    }
    for it in &unit.aliases {
        writeln!(
            out,
            "alias {} = {}",
            printer.symbol(it.alias),
            printer.symbol(it.target)
        )?;
    }
    Ok(())
}

struct Printer<'a> {
    unit: &'a Unit,
}

impl Printer<'_> {
    fn symbol(&self, symbol: Symbol) -> String {
        let name = self.unit.names.get(symbol.name);
        match symbol.file {
            Some(file) => format!("{}:{name}", self.unit.names.get(file)),
            None => name.to_owned(),
        }
    }

    fn function(&self, function: &Function, out: &mut dyn Write) -> fmt::Result {
        writeln!(
            out,
            "fn {}({}) {{",
            self.symbol(function.symbol),
            function.parameters
        )?;
        for (index, local) in function.locals.iter().enumerate() {
            if let Some(name) = local.name {
                let ty = local.ty.map_or("?", |ty| self.unit.names.get(ty.name));
                writeln!(out, "  %{index} {}: {ty}", self.unit.names.get(name))?;
            }
        }
        for (index, block) in function.blocks.iter().enumerate() {
            writeln!(out, " b{index}:")?;
            for statement in &block.statements {
                self.statement(statement, out)?;
            }
            writeln!(out, "  {}", self.terminator(&block.end))?;
        }
        writeln!(out, "}}")
    }

    fn statement(&self, statement: &Statement, out: &mut dyn Write) -> fmt::Result {
        match statement {
            Statement::Call(call) => {
                let dest = call
                    .dest
                    .map_or(String::new(), |dest| format!("%{} = ", dest.0));
                let callee = match &call.callee {
                    Callee::Direct(symbol) => self.symbol(*symbol),
                    Callee::Pointer { value, .. } => format!("[{}]", self.value(value)),
                };
                let args: Vec<String> = call.args.iter().map(|arg| self.value(arg)).collect();
                let macro_name = call.via_macro.map_or(String::new(), |name| {
                    format!(" via {}", self.unit.names.get(name))
                });
                writeln!(
                    out,
                    "  {dest}call {callee}({}) @{}:{}{macro_name}",
                    args.join(", "),
                    call.span.line,
                    call.span.column
                )
            }
            Statement::Assign { place, value } => {
                writeln!(out, "  {} = {}", self.place(place), self.value(value))
            }
        }
    }

    fn terminator(&self, end: &Terminator) -> String {
        let block = |id: &BlockId| format!("b{}", id.0);
        match end {
            Terminator::Goto(to) => format!("goto {}", block(to)),
            Terminator::Branch {
                cond,
                then,
                otherwise,
            } => {
                format!(
                    "if {} then {} else {}",
                    self.value(cond),
                    block(then),
                    block(otherwise)
                )
            }
            Terminator::Switch {
                value,
                cases,
                default,
            } => {
                let cases: Vec<String> = cases
                    .iter()
                    .map(|(lo, hi, to)| format!("{lo}..={hi}: {}", block(to)))
                    .collect();
                format!(
                    "switch {} {{{}; else {}}}",
                    self.value(value),
                    cases.join("; "),
                    block(default)
                )
            }
            Terminator::Choice(to) => {
                format!(
                    "any of {}",
                    to.iter().map(block).collect::<Vec<_>>().join(", ")
                )
            }
            Terminator::Return { value: None, .. } => "return".to_owned(),
            Terminator::Return {
                value: Some(value), ..
            } => format!("return {}", self.value(value)),
            Terminator::Unreachable => "unreachable".to_owned(),
        }
    }

    fn place(&self, place: &Place) -> String {
        let mut text = match &place.root {
            Root::Local(id) => format!("%{}", id.0),
            Root::Global(symbol) => self.symbol(*symbol),
            Root::Target(value) => format!("(*{})", self.value(value)),
        };
        for step in &place.path {
            match step {
                Projection::Deref => text = format!("(*{text})"),
                Projection::Field(field) => {
                    text.push('.');
                    text.push_str(self.unit.names.get(self.unit.field(*field).name));
                }
                Projection::Index => text.push_str("[]"),
            }
        }
        text
    }

    fn value(&self, value: &Value) -> String {
        match value {
            Value::Const(number) => format!("{number:#x}"),
            Value::Read(place) => self.place(place),
            Value::AddressOf(place) => format!("&{}", self.place(place)),
            Value::Function(symbol) => format!("fn {}", self.symbol(*symbol)),
            Value::Unary(op, a) => format!("{}{}", op.symbol(), self.value(a)),
            Value::Binary(op, a, b) => {
                format!("({} {} {})", self.value(a), op.symbol(), self.value(b))
            }
            Value::Select(cond, a, b) => {
                format!(
                    "({} ? {} : {})",
                    self.value(cond),
                    self.value(a),
                    self.value(b)
                )
            }
            Value::Option { name, value } => {
                format!("{}:{value}", self.unit.names.get(*name))
            }
            Value::Unknown => "?".to_owned(),
        }
    }
}
