// SPDX-License-Identifier: MIT OR Apache-2.0
//! Labels and the jumps to them.
//!
//! A `goto` may leave scopes with cleanups, and how many it leaves is only known once its label
//! has been seen; so jumps are settled at the end of the function.
//!
//! libclang does not show the labels of an `asm goto`. They are read from the function as clang
//! prints it; where that fails, any label that no `goto` names is taken for one.

use rustc_hash::{FxHashMap, FxHashSet};
use waitctx_model::{BlockId, Terminator};

use crate::body::Body;
use crate::ffi::{Cursor, Kind, StatementId};
use crate::scopes::Chain;

struct Label {
    name: String,
    block: BlockId,
    /// The cleanups alive there, once it has been seen.
    alive: Option<Chain>,
}

/// Where `break` and `continue` go.
#[derive(Clone, Copy)]
pub(crate) struct Target {
    pub(crate) block: BlockId,
    pub(crate) alive: Chain,
}

/// The labels of a function and the jumps that wait for the end of it.
#[derive(Default)]
pub(crate) struct Jumps {
    labels: FxHashMap<StatementId, Label>,
    /// In the order in which they were met.
    order: Vec<StatementId>,
    gotos: Vec<(BlockId, Chain, StatementId)>,
    address_taken: FxHashSet<StatementId>,
    computed: Vec<BlockId>,
    asm_gotos: Vec<BlockId>,
    has_asm_goto: Option<bool>,
    pub(crate) breaks: Vec<Target>,
    pub(crate) continues: Vec<Target>,
}

impl<'tu> Body<'_, 'tu> {
    /// Comes to a label.
    pub(crate) fn place_label(&mut self, label: Cursor<'tu>) {
        let block = self.label_block(label);
        self.fall_into(block);
        let alive = self.cleanups.alive();
        if let Some(known) = self.jumps.labels.get_mut(&label.statement_id()) {
            known.alive = Some(alive);
        }
    }

    fn label_block(&mut self, label: Cursor<'tu>) -> BlockId {
        let id = label.statement_id();
        if let Some(known) = self.jumps.labels.get(&id) {
            return known.block;
        }
        let block = self.block();
        self.jumps.labels.insert(
            id,
            Label {
                name: label.spelling(),
                block,
                alive: None,
            },
        );
        self.jumps.order.push(id);
        block
    }

    /// `goto label;`
    pub(crate) fn goto(&mut self, statement: Cursor<'tu>) {
        let Some(label) = referenced_label(statement) else {
            self.reader.approximated("goto without a label", statement);
            self.end(Terminator::Unreachable);
            return;
        };
        let block = self.label_block(label);
        self.jumps
            .gotos
            .push((self.current, self.cleanups.alive(), label.statement_id()));
        self.end(Terminator::Goto(block));
    }

    /// `&&label`
    pub(crate) fn take_address(&mut self, expression: Cursor<'tu>) {
        if let Some(label) = referenced_label(expression) {
            self.label_block(label);
            self.jumps.address_taken.insert(label.statement_id());
        }
    }

    /// `goto *pointer;`
    pub(crate) fn computed_goto(&mut self) {
        self.jumps.computed.push(self.current);
        self.end(Terminator::Choice(Vec::new()));
    }

    /// Whether the function has an `asm goto` anywhere.
    pub(crate) fn has_asm_goto(&mut self) -> bool {
        let function = self.function;
        *self
            .jumps
            .has_asm_goto
            .get_or_insert_with(|| !asm_labels(&function.pretty(false)).is_empty())
    }

    /// `asm goto`: goes on, or to one of its labels.
    pub(crate) fn asm_goto(&mut self) {
        let next = self.block();
        self.jumps.asm_gotos.push(self.current);
        self.end(Terminator::Choice(vec![next]));
        self.enter(next);
    }

    /// `break` or `continue`.
    pub(crate) fn leave(&mut self, target: Option<Target>, statement: Cursor<'tu>) {
        match target {
            Some(target) => {
                self.run_cleanups(target.alive);
                self.end(Terminator::Goto(target.block));
            }
            None => {
                self.reader
                    .approximated("jump out of nothing that can be left", statement);
                self.end(Terminator::Unreachable);
            }
        }
    }

    /// Gives every jump its destination, now that all labels are known.
    pub(crate) fn settle_jumps(&mut self) {
        let jumps = std::mem::take(&mut self.jumps);
        for (block, alive, label) in &jumps.gotos {
            let there = jumps.labels.get(label).and_then(|it| it.alive);
            if let Some(there) = there {
                let calls = self.cleanup_calls(*alive, there);
                self.blocks[block.0 as usize].statements.extend(calls);
            }
        }
        let blocks_of = |wanted: &dyn Fn(&StatementId, &Label) -> bool| -> Vec<BlockId> {
            jumps
                .order
                .iter()
                .filter_map(|id| Some((id, jumps.labels.get(id)?)))
                .filter(|(id, label)| wanted(id, label))
                .map(|(_, label)| label.block)
                .collect()
        };
        // Tables of labels are static variables, into which nobody looks for labels; then it can
        // be any.
        let taken = if jumps.address_taken.is_empty() {
            blocks_of(&|_, _| true)
        } else {
            blocks_of(&|id, _| jumps.address_taken.contains(id))
        };
        for block in &jumps.computed {
            self.blocks[block.0 as usize].end = Some(Terminator::Choice(taken.clone()));
        }
        if jumps.asm_gotos.is_empty() {
            return;
        }
        let named = asm_labels(&self.function.pretty(false));
        let exact = named.len() == jumps.asm_gotos.len();
        let aimed: FxHashSet<_> = jumps.gotos.iter().map(|(_, _, label)| *label).collect();
        for (index, block) in jumps.asm_gotos.iter().enumerate() {
            let more = if exact {
                blocks_of(&|_, label| named[index].contains(&label.name))
            } else {
                blocks_of(&|id, _| !aimed.contains(id) && !jumps.address_taken.contains(id))
            };
            if let Some(Terminator::Choice(to)) = &mut self.blocks[block.0 as usize].end {
                to.extend(more);
            }
        }
    }
}

fn referenced_label(cursor: Cursor<'_>) -> Option<Cursor<'_>> {
    cursor
        .children()
        .into_iter()
        .find(|child| child.kind() == Kind::LabelRef)?
        .referenced()
}

/// The labels of every `asm goto` in a function as clang prints it, in order.
fn asm_labels(text: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("asm ") {
        let whole_word = rest[..at]
            .bytes()
            .next_back()
            .is_none_or(|byte| !byte.is_ascii_alphanumeric() && byte != b'_');
        rest = &rest[at + 4..];
        let Some(open) = rest.find('(') else { break };
        let qualifiers = &rest[..open];
        let is_goto = whole_word
            && qualifiers.split_whitespace().any(|it| it == "goto")
            && qualifiers
                .bytes()
                .all(|it| it.is_ascii_alphabetic() || it == b' ');
        if is_goto {
            let (labels, after) = last_section(&rest[open + 1..]);
            found.push(labels);
            rest = &rest[open + 1 + after..];
        }
    }
    found
}

/// The names after the last colon of an `asm`'s parentheses, and where these end.
fn last_section(text: &str) -> (Vec<String>, usize) {
    let mut depth = 0_u32;
    let mut start = 0;
    let mut in_string = false;
    let mut escaped = false;
    let mut end = text.len();
    for (at, byte) in text.bytes().enumerate() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'(' | b'[' | b'{' => depth += 1,
            b')' if depth == 0 => {
                end = at;
                break;
            }
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b':' if depth == 0 => start = at + 1,
            _ => {}
        }
    }
    let labels = text
        .get(start..end)
        .unwrap_or_default()
        .split(',')
        .map(|it| it.trim().to_owned())
        .collect();
    (labels, end)
}

#[cfg(test)]
mod tests {
    use super::asm_labels;

    #[test]
    fn labels_of_asm_goto_are_in_the_print() {
        let text = r#"{
            asm volatile ("nop");
            asm goto ("jmp %l[a] : \"" : "=r" (x[1]) : : : a);
            my_asm (goto);
            asm volatile goto ("" : : "i" (f(1, 2)) : "memory" : yes, no);
        }"#;
        assert_eq!(
            asm_labels(text),
            [
                vec!["a".to_owned()],
                vec!["yes".to_owned(), "no".to_owned()]
            ]
        );
    }
}
