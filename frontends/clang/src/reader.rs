// SPDX-License-Identifier: MIT OR Apache-2.0
//! The tables of one unit while it is read: files, names, incidents.
//!
//! Everything that is asked of libclang more than once per unit is asked once and kept here.

use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};
use waitctx_model::{FieldId, Incident, IncidentKind, NameId, Span, Symbol, Type, Unit};

use crate::ffi::{CType, Cursor, File, Kind, Location, Position, TranslationUnit};
use crate::paths::Roots;
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
pub(crate) struct SourceFile<'tu> {
    /// Its name in the model.
    pub(crate) name: NameId,
    /// Its text.
    pub(crate) text: &'tu [u8],
}

/// The state of reading one unit.
pub(crate) struct Reader<'tu> {
    pub(crate) tu: &'tu TranslationUnit<'tu>,
    pub(crate) settings: &'tu Settings,
    /// What has been read so far.
    pub(crate) unit: Unit,
    /// The declarations at file level.
    pub(crate) top: Vec<Cursor<'tu>>,
    files: FxHashMap<File<'tu>, Rc<SourceFile<'tu>>>,
    pub(crate) callables: FxHashMap<Cursor<'tu>, Callable>,
    pub(crate) variables: FxHashMap<Cursor<'tu>, Symbol>,
    pub(crate) types: FxHashMap<CType<'tu>, Type>,
    pub(crate) records: FxHashMap<Cursor<'tu>, NameId>,
    pub(crate) fields: FxHashMap<Cursor<'tu>, Option<FieldId>>,
    pub(crate) declared: FxHashSet<Symbol>,
    functions_by_name: Option<FxHashMap<String, Cursor<'tu>>>,
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
            incidents: Vec::new(),
        }
    }

    /// The id of a string.
    pub(crate) fn name(&mut self, text: &str) -> NameId {
        self.unit.names.intern(text)
    }

    /// What is known of a file.
    pub(crate) fn file(&mut self, file: File<'tu>) -> Rc<SourceFile<'tu>> {
        if let Some(known) = self.files.get(&file) {
            return Rc::clone(known);
        }
        let name = self.settings.roots.name(&file.name());
        let known = Rc::new(SourceFile {
            name: self.unit.names.intern(&name),
            text: self.tu.contents(file),
        });
        self.files.insert(file, Rc::clone(&known));
        known
    }

    /// Whether the position is in the file that the unit is named after.
    pub(crate) fn is_main(&mut self, position: Position<'tu>) -> bool {
        let name = self.file(position.file).name;
        self.unit.file == Some(name)
    }

    /// The identifier that the programmer wrote at a position.
    pub(crate) fn identifier(&mut self, position: Position<'tu>) -> Option<&'tu str> {
        let text = self.file(position.file).text;
        source::identifier_at(text, position.offset as usize)
    }

    /// The span of the identifier at a position, or of the position itself.
    pub(crate) fn word_span(&mut self, position: Position<'tu>) -> Span {
        let width = self.identifier(position).map_or(1, str::len);
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

    /// The function that a name stands for at file level, its definition when there is one.
    pub(crate) fn function_named(&mut self, name: &str) -> Option<Cursor<'tu>> {
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
