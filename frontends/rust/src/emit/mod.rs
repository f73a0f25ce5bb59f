// SPDX-License-Identifier: MIT OR Apache-2.0
//! From bodies to the program model: every function once for each set of types that it is used with,
//! starting from the functions that are used with any.

mod body;
mod glue;
mod inline;
mod names;
mod places;
mod units;

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use proc_macro2::Span;
use rustc_hash::{FxHashMap, FxHashSet};
use waitctx_model as model;
use waitctx_model::{NameId, Symbol, Unit};

use crate::build::{Builder, Built, BuiltClosure, Site};
use crate::context::Cx;
use crate::drops;
use crate::items::{ConstId, ConstValue, FnId, ModId};
use crate::knowledge::AttributeMeaning;
use crate::layout::{Layouts, Taken};
use crate::mir::Body;
use crate::ty::{Args, Bound, ClosureId, Name, Ty};

pub(crate) use units::split;

/// Something that becomes a function.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Instance {
    Function(FnId, Args),
    Closure(ClosureId),
    /// The destructor of a type, given a pointer.
    Glue(Ty),
    /// What gives the value of a constant.
    Constant(ConstId, Args),
}

/// A function of the model, and where it comes from.
pub(crate) struct Emitted {
    pub(crate) file: Name,
    pub(crate) function: model::Function,
    /// It is of the library: callers get its body instead.
    pub(crate) is_library: bool,
}

/// Calls whose callee could or could not be told.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct CallCounts {
    pub(crate) resolved: u64,
    pub(crate) foreign: u64,
    pub(crate) through_values: u64,
    pub(crate) unknown: u64,
}

/// A call that could not be resolved.
pub(crate) struct UnknownCall {
    pub(crate) file: Name,
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) name: Name,
}

/// A function's body before it is lowered.
struct Waiting {
    body: Body,
    name: String,
    module: ModId,
    span: Span,
    result: Ty,
}

/// Makes the model.
pub(crate) struct Emitter {
    pub(crate) cx: Rc<Cx>,
    pub(crate) layouts: Layouts,
    pub(crate) unit: Unit,
    pub(crate) emitted: Vec<Emitted>,
    pub(crate) counts: CallCounts,
    pub(crate) unknown: Vec<UnknownCall>,
    /// C functions that are called or whose address is taken.
    pub(crate) foreign: BTreeMap<Name, ()>,
    symbols: FxHashMap<Instance, Symbol>,
    taken_names: FxHashSet<String>,
    queue: VecDeque<Instance>,
    closures: FxHashMap<ClosureId, Waiting>,
    /// Bodies that were built to find the type of an `impl Trait`.
    built: FxHashMap<Instance, Built>,
    building: FxHashSet<Instance>,
    /// Functions that have been made for some arguments.
    used: FxHashSet<FnId>,
    pub(crate) functions_seen: u64,
}

/// Types that are nested deeper come from recursion over types.
const MAX_DEPTH: usize = 12;

impl Emitter {
    pub(crate) fn new(cx: &Rc<Cx>) -> Self {
        Self {
            cx: Rc::clone(cx),
            layouts: Layouts::new(cx),
            unit: Unit::default(),
            emitted: Vec::new(),
            counts: CallCounts::default(),
            unknown: Vec::new(),
            foreign: BTreeMap::new(),
            symbols: FxHashMap::default(),
            taken_names: FxHashSet::default(),
            queue: VecDeque::new(),
            closures: FxHashMap::default(),
            built: FxHashMap::default(),
            building: FxHashSet::default(),
            used: FxHashSet::default(),
            functions_seen: 0,
        }
    }

    /// Makes everything that the crates of the program define.
    pub(crate) fn run(&mut self) {
        let cx = Rc::clone(&self.cx);
        // Constants without a name hold items that belong to the module around them.
        let mut seen_consts = self.request_constants(0);
        self.drain();
        let own = |id: &FnId| {
            let function = cx.functions.get(*id);
            let module = cx.modules.get(function.module);
            function.body.is_some() && !cx.crates.get(module.krate).is_library
        };
        // Bodies define further functions.
        let mut ids: Vec<FnId> = Vec::new();
        let mut seen = 0;
        while seen < cx.functions.len() {
            let new: Vec<FnId> = (seen..cx.functions.len()).map(FnId::from).collect();
            seen = cx.functions.len();
            for id in new.into_iter().filter(own) {
                if cx.functions.get(id).generics.len() == 0 {
                    self.request(Instance::Function(id, Rc::from([])));
                }
                ids.push(id);
            }
            self.drain();
            seen_consts = self.request_constants(seen_consts);
            self.drain();
        }
        self.functions_seen = ids.len() as u64;
        // Generic functions that nobody uses are looked at without knowing their types.
        for id in &ids {
            if !self.used.contains(id) {
                let function = cx.functions.get(*id);
                let names = function.generics.names.iter();
                let args = (0..)
                    .zip(names)
                    .map(|(index, name)| Ty::Placeholder(index, Rc::clone(name)));
                self.request(Instance::Function(*id, args.collect()));
                self.drain();
            }
        }
        inline::library(&mut self.emitted);
        self.emitted.retain(|it| !it.is_library);
    }

    /// Requests what has a value at the start of the program, from the constant `first` on; gives the
    /// number of constants there are.
    fn request_constants(&mut self, first: usize) -> usize {
        let cx = Rc::clone(&self.cx);
        let count = cx.consts.len();
        for id in (first..count).map(ConstId::from) {
            let it = cx.consts.get(id);
            let is_own = !cx.crates.get(cx.modules.get(it.module).krate).is_library;
            let has_value = matches!(it.value, ConstValue::Expr(_));
            let is_looked_at = it.is_static || &*it.name == "_";
            if is_own && has_value && is_looked_at && it.generics.len() == 0 {
                self.request(Instance::Constant(id, Rc::from([])));
            }
        }
        count
    }

    fn drain(&mut self) {
        while let Some(instance) = self.queue.pop_front() {
            self.make(&instance);
        }
    }

    /// The symbol of an instance, which will be made.
    pub(crate) fn request(&mut self, instance: Instance) -> Symbol {
        if let Some(symbol) = self.symbols.get(&instance) {
            return *symbol;
        }
        let name = self.name(&instance);
        let symbol = Symbol {
            name: self.unit.names.intern(&name),
            file: None,
        };
        self.symbols.insert(instance.clone(), symbol);
        let too_deep = match &instance {
            Instance::Function(_, args) | Instance::Constant(_, args) => {
                args.iter().any(|ty| ty.depth() > MAX_DEPTH)
            }
            Instance::Glue(ty) => ty.depth() > MAX_DEPTH,
            Instance::Closure(_) => false,
        };
        if !too_deep {
            self.queue.push_back(instance);
        }
        symbol
    }

    fn name(&mut self, instance: &Instance) -> String {
        let name = match instance {
            Instance::Function(id, args) => {
                let function = self.cx.functions.get(*id);
                match &function.exported {
                    Some(name) => name.to_string(),
                    None => {
                        let name = self.cx.function_name(*id, args, false);
                        if self.taken_names.contains(&name) {
                            self.cx.function_name(*id, args, true)
                        } else {
                            name
                        }
                    }
                }
            }
            Instance::Closure(id) => match self.closures.get(id) {
                Some(waiting) => waiting.name.clone(),
                None => format!("closure#{}", id.0),
            },
            Instance::Glue(ty) => format!("drop({})", self.cx.type_name(ty)),
            Instance::Constant(id, _) => {
                let it = self.cx.consts.get(*id);
                format!("{}::{}", self.cx.modules.get(it.module).path, it.name)
            }
        };
        let mut unique = name.clone();
        let mut number = 2;
        while !self.taken_names.insert(unique.clone()) {
            unique = format!("{name}#{number}");
            number += 1;
        }
        unique
    }

    fn make(&mut self, instance: &Instance) {
        match instance {
            Instance::Function(id, args) => {
                self.used.insert(*id);
                if let Some(built) = self.built(instance) {
                    let function = self.cx.functions.get(*id);
                    let symbol = self.symbols[instance];
                    let name = self.unit.names.get(symbol.name).to_owned();
                    let result = self.result_type(*id, args);
                    let waiting = Waiting {
                        body: built.body,
                        name,
                        module: function.module,
                        span: function.span,
                        result,
                    };
                    self.add_closures(built.closures, &waiting);
                    self.report_unknown(&built.unknown, function.module);
                    let init = function.init;
                    let mut made = self.lower(symbol, waiting, init);
                    self.annotate(*id, &mut made);
                    self.push(made, function.module);
                }
            }
            Instance::Closure(id) => {
                if let Some(waiting) = self.closures.remove(id) {
                    let symbol = self.symbols[instance];
                    let module = waiting.module;
                    let made = self.lower(symbol, waiting, false);
                    self.push(made, module);
                }
            }
            Instance::Glue(ty) => {
                let symbol = self.symbols[instance];
                if let Some((made, module)) = self.glue(symbol, ty) {
                    self.push(made, module);
                }
            }
            Instance::Constant(id, args) => {
                if let Some(built) = self.built(instance) {
                    let it = self.cx.consts.get(*id);
                    let symbol = self.symbols[instance];
                    let name = self.unit.names.get(symbol.name).to_owned();
                    let result = self.cx.const_type(*id).subst(args);
                    let waiting = Waiting {
                        result: self.layouts.reveal(&result),
                        body: built.body,
                        name,
                        module: it.module,
                        span: it.span,
                    };
                    self.add_closures(built.closures, &waiting);
                    self.report_unknown(&built.unknown, it.module);
                    let made = self.lower(symbol, waiting, false);
                    self.push(made, it.module);
                }
            }
        }
    }

    fn push(&mut self, function: model::Function, module: ModId) {
        let module = self.cx.modules.get(module);
        let is_library = self.cx.crates.get(module.krate).is_library;
        self.emitted.push(Emitted {
            file: Rc::clone(&module.file),
            function,
            is_library,
        });
    }

    fn report_unknown(&mut self, unknown: &[(Span, Name)], module: ModId) {
        let module = self.cx.modules.get(module);
        if self.cx.crates.get(module.krate).is_library {
            return;
        }
        for (span, name) in unknown {
            self.unknown.push(UnknownCall {
                file: Rc::clone(&module.file),
                line: span.start().line,
                column: span.start().column + 1,
                name: Rc::clone(name),
            });
        }
    }

    /// The type that a function's result has in the model.
    fn result_type(&self, id: FnId, args: &Args) -> Ty {
        let output = self.cx.signature(id).output.subst(args);
        self.layouts.reveal(&output)
    }

    /// Makes known what a closure takes with it, and its types.
    fn announce(&self, it: &BuiltClosure) {
        let taken = it.body.upvars.iter().zip(&it.owned);
        let taken = taken.map(|(upvar, owned)| Taken {
            name: Rc::clone(&upvar.name),
            ty: upvar.ty.clone(),
            is_owned: *owned,
            is_consumed: upvar.is_consumed,
        });
        let taken = taken.collect();
        self.layouts.closures.borrow_mut().insert(it.id, taken);
        let types = (Rc::clone(&it.inputs), it.output.clone());
        self.cx.closures.borrow_mut()[it.id.0 as usize] = Some(types);
    }

    fn add_closures(&mut self, closures: Vec<BuiltClosure>, around: &Waiting) {
        for it in closures {
            let name = format!("{}::{{closure#{}}}", around.name, it.id.0);
            self.announce(&it);
            let waiting = Waiting {
                body: it.body,
                name,
                module: around.module,
                span: it.span,
                result: it.output,
            };
            self.closures.insert(it.id, waiting);
        }
    }

    /// The body of an instance, types known.
    fn built(&mut self, instance: &Instance) -> Option<Built> {
        if let Some(built) = self.built.remove(instance) {
            return Some(built);
        }
        match instance {
            Instance::Function(id, args) => {
                let cx = Rc::clone(&self.cx);
                let function = cx.functions.get(*id);
                let block = function.body.as_ref()?;
                let signature = cx.signature(*id);
                let site = Site {
                    module: function.module,
                    generics: Rc::clone(&function.generics),
                    container: function.container,
                    args: Rc::clone(args),
                    env: self.environment(&cx.function_bounds(*id), args),
                    function: (!signature.opaque.is_empty()).then_some(*id),
                };
                let inputs: Vec<Ty> = signature.inputs.iter().map(|it| it.subst(args)).collect();
                let output = signature.output.subst(args);
                self.building.insert(instance.clone());
                let built =
                    Builder::new(cx, site).function(&function.written, &inputs, &output, block);
                self.building.remove(instance);
                if !signature.opaque.is_empty() {
                    let actual = &built.body.locals[0].ty;
                    self.learn_hidden(&output, actual);
                }
                Some(built)
            }
            Instance::Constant(id, args) => {
                let cx = Rc::clone(&self.cx);
                let it = cx.consts.get(*id);
                let ConstValue::Expr(value) = &it.value else {
                    return None;
                };
                let site = Site {
                    module: it.module,
                    generics: Rc::clone(&it.generics),
                    container: it.container,
                    args: Rc::clone(args),
                    env: Vec::new(),
                    function: None,
                };
                let ty = cx.const_type(*id).subst(args);
                Some(Builder::new(cx, site).constant(&ty, value))
            }
            Instance::Closure(_) | Instance::Glue(_) => None,
        }
    }

    /// What is demanded of those arguments that are not known.
    fn environment(&self, bounds: &[(Ty, Bound)], args: &Args) -> Vec<(Ty, Bound)> {
        bounds
            .iter()
            .map(|(ty, bound)| (ty.subst(args), bound.subst(args)))
            .filter(|(ty, _)| matches!(ty, Ty::Placeholder(..) | Ty::Proj(_)))
            .collect()
    }

    /// Finds out what the `impl Trait`s in a type are.
    pub(crate) fn open_opaque(&mut self, ty: &Ty) -> Ty {
        let mut ty = self.layouts.reveal(ty);
        for _ in 0..4 {
            let mut found: Vec<(FnId, Args)> = Vec::new();
            ty.any(&mut |part| {
                if let Ty::Opaque(id, args) = part {
                    found.push((*id, Rc::clone(args)));
                }
                false
            });
            if found.is_empty() {
                break;
            }
            for (id, args) in found {
                self.find_hidden(id, &args);
            }
            let next = self.layouts.reveal(&ty);
            if next == ty {
                break;
            }
            ty = next;
        }
        ty
    }

    fn find_hidden(&mut self, id: FnId, args: &Args) {
        let opaque = Ty::Opaque(id, Rc::clone(args));
        if self.layouts.hidden.borrow().contains_key(&opaque) {
            return;
        }
        // A trait's function: the one that implements it.
        let found = self.layouts.typer.borrow_mut().implementing(id, args);
        let (own, own_args) = found.unwrap_or((id, Rc::clone(args)));
        let own_args: Args = own_args.iter().map(|it| self.layouts.reveal(it)).collect();
        let instance = Instance::Function(own, Rc::clone(&own_args));
        if self.building.contains(&instance) || self.symbols.contains_key(&instance) && own == id {
            // It is being built, or was: then it is known, unless it is recursive.
            if self.layouts.hidden.borrow().contains_key(&opaque) {
                return;
            }
        }
        if self.building.contains(&instance) {
            return;
        }
        if let Some(built) = self.built(&instance) {
            if own != id {
                let actual = built.body.locals[0].ty.clone();
                let output = self.cx.signature(id).output.subst(args);
                self.learn_hidden(&output, &actual);
            }
            // Its closures are known from now on.
            let is_new = !self.built.contains_key(&instance);
            if is_new {
                for it in &built.closures {
                    self.announce(it);
                }
                self.built.insert(instance, built);
            }
        }
    }

    fn learn_hidden(&mut self, declared: &Ty, actual: &Ty) {
        match (declared, actual) {
            (Ty::Opaque(..), actual) if declared != actual && *actual != Ty::Unknown => {
                let mut hidden = self.layouts.hidden.borrow_mut();
                hidden.insert(declared.clone(), actual.clone());
            }
            (Ty::Adt(a, x), Ty::Adt(b, y)) if a == b => {
                for (x, y) in x.iter().zip(y.iter()) {
                    self.learn_hidden(x, y);
                }
            }
            (Ty::Tuple(x), Ty::Tuple(y)) => {
                for (x, y) in x.iter().zip(y.iter()) {
                    self.learn_hidden(x, y);
                }
            }
            (Ty::Ref(x), Ty::Ref(y)) => self.learn_hidden(x, y),
            _ => {}
        }
    }

    fn lower(&mut self, symbol: Symbol, waiting: Waiting, init: bool) -> model::Function {
        let mut waiting = waiting;
        for index in 0..waiting.body.locals.len() {
            let ty = waiting.body.locals[index].ty.clone();
            waiting.body.locals[index].ty = self.open_opaque(&ty);
        }
        let layouts = &self.layouts;
        drops::elaborate(&mut waiting.body, &|ty| layouts.needs_drop(ty));
        let result = self.open_opaque(&waiting.result);
        let mut lowering = body::Lowering::new(self, &waiting.body, waiting.module);
        lowering.run(symbol, waiting.span, &result, init)
    }

    /// Puts what an annotation says at the start of a function.
    fn annotate(&mut self, id: FnId, function: &mut model::Function) {
        let cx = Rc::clone(&self.cx);
        let it = cx.functions.get(id);
        for attribute in &it.attributes {
            let Some(AttributeMeaning::Preemption(markers)) = cx.meaning(attribute) else {
                continue;
            };
            let Some(annotation) = crate::annotation::Annotation::parse(attribute) else {
                cx.lost(it.module, it.span, "an annotation is not understood");
                continue;
            };
            let name = attribute.path().segments.last();
            let name = name.map_or_else(String::new, |it| it.ident.to_string());
            let via = self.unit.names.intern(&name);
            let span = self.span(syn::spanned::Spanned::span(attribute.path()), it.module);
            let calls = annotation.calls(markers);
            let mut statements: Vec<model::Statement> = Vec::new();
            for called in calls {
                let symbol = Symbol {
                    name: self.unit.names.intern(called),
                    file: None,
                };
                statements.push(model::Statement::Call(model::Call {
                    dest: None,
                    callee: model::Callee::Direct(symbol),
                    args: vec![model::Value::Const(1)],
                    span,
                    via_macro: Some(via),
                }));
            }
            if annotation.unchecked {
                function.blocks = vec![model::Block {
                    statements,
                    end: model::Terminator::Return {
                        value: Some(model::Value::Unknown),
                        span: None,
                    },
                }];
            } else if let Some(entry) = function.blocks.first_mut() {
                // What is checked says by itself how it changes the count.
                statements.truncate(usize::from(annotation.may_sleep()));
                statements.append(&mut entry.statements);
                entry.statements = statements;
            }
        }
    }

    /// A place in the file of a module.
    pub(crate) fn span(&mut self, span: Span, module: ModId) -> model::Span {
        let module = self.cx.modules.get(module);
        let file: NameId = self.unit.names.intern(&module.file);
        let (start, end) = (span.start(), span.end());
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        model::Span {
            file,
            line: number(start.line.max(1)),
            column: number(start.column + 1),
            end_line: number(end.line.max(1)),
            end_column: number(end.column + 1),
        }
    }
}
