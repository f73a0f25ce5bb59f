// SPDX-License-Identifier: MIT OR Apache-2.0
//! Types, records and fields: what the model calls them.

use waitctx_model::{Field, FieldId, NameId, Type};

use crate::ffi::{CType, Cursor, Kind, TypeKind};
use crate::reader::Reader;

impl<'tu> Reader<'tu> {
    /// The type in the model.
    pub(crate) fn model_type(&mut self, ctype: CType<'tu>) -> Type {
        if let Some(&known) = self.types.get(&ctype) {
            return known;
        }
        let name = self.type_name(ctype);
        let (record, pointer) = self.shape(ctype.canonical());
        let ty = Type {
            name,
            record,
            pointer,
        };
        self.types.insert(ctype, ty);
        ty
    }

    /// The type as spelled, the outermost typedef kept, without stars and qualifiers.
    fn type_name(&mut self, mut ctype: CType<'tu>) -> NameId {
        loop {
            let next = match ctype.kind() {
                TypeKind::Pointer => ctype.pointee(),
                TypeKind::Array => ctype.element(),
                TypeKind::Elaborated => ctype.named(),
                TypeKind::Attributed => ctype.modified(),
                // `typeof` and `__auto_type` do not say what they were made from.
                TypeKind::Auto | TypeKind::Unexposed => ctype.canonical(),
                TypeKind::Record => {
                    let record = ctype.declaration();
                    if record.is_anonymous() {
                        return self.record_name(record);
                    }
                    ctype
                }
                _ => ctype,
            };
            if next == ctype || next.kind() == TypeKind::Invalid {
                let text = without_places(&ctype.unqualified().spelling());
                return self.name(&text);
            }
            ctype = next;
        }
    }

    /// The record that a canonical type is or points to, and whether it is a pointer.
    fn shape(&mut self, mut ctype: CType<'tu>) -> (Option<NameId>, bool) {
        let mut pointer = false;
        loop {
            match ctype.kind() {
                TypeKind::Array => {
                    pointer = true;
                    ctype = ctype.element();
                }
                TypeKind::Pointer if !pointer => {
                    pointer = true;
                    ctype = ctype.pointee();
                }
                TypeKind::Record => return (Some(self.record_name(ctype.declaration())), pointer),
                _ => return (None, pointer),
            }
        }
    }

    /// The name of a record: its own, or the nearest one around it, or its place.
    pub(crate) fn record_name(&mut self, record: Cursor<'tu>) -> NameId {
        if let Some(&known) = self.records.get(&record) {
            return known;
        }
        let name = if record.is_anonymous() {
            match record
                .parent()
                .filter(|parent| matches!(parent.kind(), Kind::Struct | Kind::Union))
            {
                Some(parent) => self.record_name(parent),
                None => {
                    let text = match record.location().written() {
                        Some(at) => {
                            let file = self.file(at.file).name;
                            let file = self.unit.names.get(file);
                            format!("anon@{file}:{}:{}", at.line, at.column)
                        }
                        None => "anon".to_owned(),
                    };
                    self.name(&text)
                }
            }
        } else {
            let spelling = record.ctype().spelling();
            let text = spelling
                .strip_prefix("struct ")
                .or_else(|| spelling.strip_prefix("union "))
                .unwrap_or(&spelling);
            self.name(text)
        };
        self.records.insert(record, name);
        name
    }

    /// The field behind a declaration; `None` for a member without a name, whose own members count
    /// as members of the record around it.
    pub(crate) fn field(&mut self, cursor: Cursor<'tu>) -> Option<FieldId> {
        if let Some(&known) = self.fields.get(&cursor) {
            return known;
        }
        let spelling = cursor.spelling();
        // libclang makes up names such as "struct a::(anonymous at file:1:2)".
        let id = if spelling.is_empty() || spelling.contains('(') {
            None
        } else {
            cursor.parent().map(|parent| {
                let record = self.record_name(parent);
                let name = self.name(&spelling);
                let ty = self.model_type(cursor.ctype());
                self.unit.intern_field(Field { record, name, ty })
            })
        };
        self.fields.insert(cursor, id);
        id
    }

    /// A function type as text that is the same wherever the tree lies.
    pub(crate) fn signature(&mut self, ctype: CType<'tu>) -> NameId {
        let text = without_places(&ctype.canonical().spelling());
        self.name(&text)
    }
}

/// The spelling of a type with the places of unnamed records taken out: they are machine paths.
fn without_places(spelling: &str) -> String {
    let mut out = String::with_capacity(spelling.len());
    let mut rest = spelling;
    while let Some(at) = rest.find(" at /") {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        rest = rest.find(')').map_or("", |end| &rest[end..]);
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::without_places;

    #[test]
    fn spellings_lose_their_paths() {
        assert_eq!(
            without_places("void (struct (unnamed at /a/b.h:1:2) *, int)"),
            "void (struct (unnamed) *, int)"
        );
        assert_eq!(without_places("int"), "int");
    }
}
