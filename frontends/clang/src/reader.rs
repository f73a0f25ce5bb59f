// SPDX-License-Identifier: MIT OR Apache-2.0
//! The tables of one unit while it is read: files, names, incidents.
//!
//! Everything that is asked of libclang more than once per unit is asked once and kept here.

use std::cell::OnceCell;
use std::fs;
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};
use waitctx_model::{FieldId, Incident, IncidentKind, NameId, Span, Symbol, Type, Unit};

use crate::ffi::{CType, Cursor, File, Kind, Location, Position, TranslationUnit};
use crate::paths::Roots;
use crate::precompiled::SharedFunctions;
use crate::source;
use crate::symbols::Callable;

/// More approximations than this in one definition are not told.
const MOST_APPROXIMATIONS: usize = 5;

/// What is the same for all units of a scan.
pub(crate) struct Settings {
    pub(crate) roots: Roots,
    /// What the names of build options start with.
    pub(crate) option_prefix: String,
}

/// A file of the unit.
pub(crate) struct SourceFile {
    /// Its name in the model.
    pub(crate) name: NameId,
    text: OnceCell<Rc<[u8]>>,
}

/// The state of reading one unit.
pub(crate) struct Reader<'tu> {
    pub(crate) tu: &'tu TranslationUnit<'tu>,
    pub(crate) settings: &'tu Settings,
    /// What has been read so far.
    pub(crate) unit: Unit,
    /// The declarations at file level.
    pub(crate) top: Vec<Cursor<'tu>>,
    files: FxHashMap<File<'tu>, Rc<SourceFile>>,
    pub(crate) callables: FxHashMap<Cursor<'tu>, Callable>,
    pub(crate) variables: FxHashMap<Cursor<'tu>, Symbol>,
    pub(crate) types: FxHashMap<CType<'tu>, Type>,
    pub(crate) records: FxHashMap<Cursor<'tu>, NameId>,
    pub(crate) fields: FxHashMap<Cursor<'tu>, Option<FieldId>>,
    pub(crate) declared: FxHashSet<Symbol>,
    functions_by_name: Option<FxHashMap<String, Cursor<'tu>>>,
    /// Functions that are not listed in the file, as they come with precompiled headers.
    pub(crate) shared: Option<&'tu SharedFunctions>,
    /// Whether a function was looked up by its name in vain.
    pub(crate) lacks_functions: bool,
    /// What went wrong since the last [`Self::take_incidents`].
    pub(crate) incidents: Vec<Incident>,
}

impl<'tu> Reader<'tu> {
    /// Nothing read yet; `main` is the file as it was given to the parser.
    pub(crate) fn new(tu: &'tu TranslationUnit<'tu>, settings: &'tu Settings, main: &str) -> Self {
        let mut unit = Unit::default();
        unit.file = Some(unit.names.intern(&settings.roots.name(main)));
        Self {
            tu,
            settings,
            unit,
            top: tu.cursor().children(),
            files: FxHashMap::default(),
            callables: FxHashMap::default(),
            variables: FxHashMap::default(),
            types: FxHashMap::default(),
            records: FxHashMap::default(),
            fields: FxHashMap::default(),
            declared: FxHashSet::default(),
            functions_by_name: None,
            shared: None,
            lacks_functions: false,
            incidents: Vec::new(),
        }
    }

    /// The id of a string.
    pub(crate) fn name(&mut self, text: &str) -> NameId {
        self.unit.names.intern(text)
    }

    /// What is known of a file.
    pub(crate) fn file(&mut self, file: File<'tu>) -> Rc<SourceFile> {
        if let Some(known) = self.files.get(&file) {
            return Rc::clone(known);
        }
        let name = self.settings.roots.name(&file.name());
        let known = Rc::new(SourceFile {
            name: self.unit.names.intern(&name),
            text: OnceCell::new(),
        });
        self.files.insert(file, Rc::clone(&known));
        known
    }

    /// The text of a file.
    pub(crate) fn text(&mut self, file: File<'tu>) -> Rc<[u8]> {
        let known = self.file(file);
        let is_main = self.unit.file == Some(known.name);
        let text = known.text.get_or_init(|| {
            // libclang finds a header by going through all that is in precompiled headers, and
            // loads all of them for it.
            let read = (!is_main).then(|| fs::read(file.name()).ok()).flatten();
            read.map_or_else(|| self.tu.contents(file).into(), Into::into)
        });
        Rc::clone(text)
    }

    /// Whether the position is in the file that the unit is named after.
    pub(crate) fn is_main(&mut self, position: Position<'tu>) -> bool {
        let name = self.file(position.file).name;
        self.unit.file == Some(name)
    }

    /// The identifier that the programmer wrote at a position.
    pub(crate) fn identifier(&mut self, position: Position<'tu>) -> Option<String> {
        let text = self.text(position.file);
        source::identifier_at(&text, position.offset as usize).map(str::to_owned)
    }

    /// The span of the identifier at a position, or of the position itself.
    pub(crate) fn word_span(&mut self, position: Position<'tu>) -> Span {
        let width = self.identifier(position).map_or(1, |it| it.len());
        Span {
            file: self.file(position.file).name,
            line: position.line,
            column: position.column,
            end_line: position.line,
            end_column: position.column + u32::try_from(width).unwrap_or(1),
        }
    }

    /// The span of what is written at a location, for messages.
    pub(crate) fn span_at(&mut self, location: Location<'tu>) -> Option<Span> {
        let position = location.written()?;
        Some(self.word_span(position))
    }

    /// The span of the character before a location: the brace that closes a body.
    pub(crate) fn last_character(&mut self, end: Location<'tu>) -> Option<Span> {
        let position = end.written()?;
        Some(Span {
            file: self.file(position.file).name,
            line: position.line,
            column: position.column.saturating_sub(1).max(1),
            end_line: position.line,
            end_column: position.column,
        })
    }

    /// Notes that a construct was approximated.
    pub(crate) fn approximated(&mut self, construct: &str, cursor: Cursor<'tu>) {
        if self.incidents.len() >= MOST_APPROXIMATIONS {
            return;
        }
        let span = self.span_at(cursor.location());
        self.incidents.push(Incident {
            kind: IncidentKind::Approximated,
            message: construct.to_owned(),
            span,
        });
    }

    /// What went wrong since the last time.
    pub(crate) fn take_incidents(&mut self) -> Vec<Incident> {
        std::mem::take(&mut self.incidents)
    }

    /// The function that a name stands for at file level.
    pub(crate) fn symbol_named(&mut self, name: &str) -> Option<Symbol> {
        if let Some(function) = self.function_named(name) {
            return Some(self.callable(function).symbol);
        }
        let shared = self.shared;
        let Some(declaration) = shared.and_then(|it| it.declaration(name, &mut self.unit)) else {
            self.lacks_functions = true;
            return None;
        };
        let symbol = declaration.symbol;
        if self.declared.insert(symbol) {
            self.unit.declarations.push(declaration);
        }
        Some(symbol)
    }

    /// The definition of a function that the file lists, or its declaration.
    fn function_named(&mut self, name: &str) -> Option<Cursor<'tu>> {
        let top = &self.top;
        let table = self.functions_by_name.get_or_insert_with(|| {
            top.iter()
                .filter(|cursor| cursor.kind() == Kind::Function)
                .map(|cursor| (cursor.spelling(), *cursor))
                .collect()
        });
        let found = *table.get(name)?;
        Some(found.definition().unwrap_or(found))
    }
}
