// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a path means: modules, `use`, re-exports, globs, preludes.

use std::rc::Rc;

use crate::context::Cx;
use crate::expand::CRATE_PREFIX;
use crate::items::{Def, Import, ModId};
use crate::ty::{Name, Ty};

impl Cx {
    /// What `segments` mean in `module`, and how many of them that uses up: what follows names
    /// something that belongs to a type. `values` tells whether the last one names a value.
    pub(crate) fn resolve(
        &self,
        module: ModId,
        segments: &[String],
        is_absolute: bool,
        values: bool,
    ) -> Option<(Def, usize)> {
        let last = segments.len().checked_sub(1)?;
        let own = self.modules.get(module).krate;
        let first = segments[0].as_str();
        let wants_value = |index: usize| values && index == last;
        let mut def = if is_absolute || first == "crate" || first.starts_with(CRATE_PREFIX) {
            Def::Mod(self.crates.get(self.crate_named(first, own)?).root.get())
        } else if first == "self" {
            Def::Mod(self.proper_module(module))
        } else if first == "super" {
            Def::Mod(self.modules.get(self.proper_module(module)).parent?)
        } else {
            self.lexical(module, first, wants_value(0))?
        };
        let mut used = 1;
        while used < segments.len() {
            let name = segments[used].as_str();
            let next = match &def {
                Def::Mod(id) if name == "super" => {
                    Def::Mod(self.modules.get(self.proper_module(*id)).parent?)
                }
                Def::Mod(id) => match self.member(*id, name, wants_value(used)) {
                    Some(def) => def,
                    None if self.is_open(*id) => {
                        // A type of C, or a module of bindings with one.
                        return Some((Def::Foreign(Rc::from(name)), used + 1));
                    }
                    None => return None,
                },
                Def::Adt(id) => {
                    let adt = self.adts.get(*id);
                    let variant = match adt.kind {
                        crate::items::AdtKind::Enum => {
                            adt.variants.iter().position(|it| &*it.name == name)
                        }
                        _ => None,
                    };
                    match variant {
                        Some(index) => {
                            let index = u32::try_from(index).expect("few variants");
                            return Some((Def::Variant(*id, index), used + 1));
                        }
                        None => return Some((def, used)),
                    }
                }
                _ => return Some((def, used)),
            };
            def = next;
            used += 1;
        }
        Some((def, used))
    }

    /// A name in the scope of `module`.
    fn lexical(&self, module: ModId, name: &str, value: bool) -> Option<Def> {
        let mut at = module;
        loop {
            if let Some(def) = self.member(at, name, value) {
                return Some(def);
            }
            let it = self.modules.get(at);
            match it.parent {
                Some(parent) if it.is_block => at = parent,
                _ => break,
            }
        }
        let krate = self.modules.get(at).krate;
        if !value {
            if let Some(krate) = self.crate_named(name, krate) {
                return Some(Def::Mod(self.crates.get(krate).root.get()));
            }
            if let Some(ty) = Ty::primitive(name) {
                return Some(Def::Prim(ty));
            }
        }
        if let Some(core) = self.crate_names.borrow().get("core").copied() {
            let root = self.crates.get(core).root.get();
            let prelude = self
                .modules
                .get(root)
                .types
                .borrow()
                .get("prelude")
                .cloned();
            if let Some(Def::Mod(prelude)) = prelude
                && let Some(def) = self.member(prelude, name, value)
            {
                return Some(def);
            }
        }
        self.is_open(at).then(|| Def::Foreign(Rc::from(name)))
    }

    /// A name in a module: what it defines, imports, or gets through `*`.
    fn member(&self, module: ModId, name: &str, value: bool) -> Option<Def> {
        let it = self.modules.get(module);
        let scope = if value { &it.values } else { &it.types };
        if let Some(def) = scope.borrow().get(name) {
            return Some(def.clone());
        }
        let key: (ModId, Name, bool) = (module, Rc::from(name), value);
        if !self.following.borrow_mut().insert(key.clone()) {
            return None; // imports in a circle
        }
        let found = self.imported(module, name, value);
        self.following.borrow_mut().remove(&key);
        found
    }

    fn imported(&self, module: ModId, name: &str, value: bool) -> Option<Def> {
        let imports: Vec<Rc<Import>> = self.modules.get(module).imports.borrow().clone();
        for import in &imports {
            if import.name.as_deref() == Some(name)
                && let Some(def) = self.follow(module, import, value)
            {
                return Some(def);
            }
        }
        for import in imports.iter().filter(|it| it.name.is_none()) {
            let found = match self.follow(module, import, false) {
                Some(Def::Mod(target)) if target != module => self.member(target, name, value),
                Some(Def::Adt(adt)) => {
                    let variants = &self.adts.get(adt).variants;
                    let index = variants.iter().position(|it| &*it.name == name);
                    index.map(|it| Def::Variant(adt, u32::try_from(it).expect("few variants")))
                }
                _ => None,
            };
            if found.is_some() {
                return found;
            }
        }
        None
    }

    fn follow(&self, module: ModId, import: &Import, value: bool) -> Option<Def> {
        if import.path.is_empty() {
            return Some(Def::Mod(module));
        }
        // The first segment of an import is a crate rather than the import's own name.
        let starts = import.path[0].as_str();
        let own = self.modules.get(module).krate;
        let named_crate = import.name.as_deref() == Some(starts) || import.path.len() == 1;
        let is_absolute = import.is_absolute
            || (named_crate && starts != "self" && self.crate_named(starts, own).is_some());
        let (def, used) = self.resolve(module, &import.path, is_absolute, value)?;
        match def {
            Def::Variant(..) if used == import.path.len() => Some(def),
            Def::Mod(_) | Def::Adt(_) if value => None,
            def => (used == import.path.len()).then_some(def),
        }
    }

    /// Whether names that a module does not have are of C.
    fn is_open(&self, module: ModId) -> bool {
        let key: (ModId, Name, bool) = (module, Rc::from("*"), false);
        let it = self.modules.get(module);
        if it.is_open.get() {
            return true;
        }
        if !self.following.borrow_mut().insert(key.clone()) {
            return false;
        }
        let imports: Vec<Rc<Import>> = it.imports.borrow().clone();
        let globs = imports.iter().filter(|import| import.name.is_none());
        let krate = it.krate;
        let open = globs.into_iter().any(|import| {
            // Openness is of a crate's own generated modules, not of who imports them.
            match self.follow(module, import, false) {
                Some(Def::Mod(target)) => {
                    self.modules.get(target).krate == krate
                        && import.path.len() == 1
                        && self.is_open(target)
                }
                _ => false,
            }
        });
        self.following.borrow_mut().remove(&key);
        open
    }
}
