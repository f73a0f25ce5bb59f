// SPDX-License-Identifier: MIT OR Apache-2.0
//! The form of a model file. The field documentation here is the format's reference.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

/// A model file. Every table is optional.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ModelFile {
    /// Build options whose value PREEMPT_RT sets.
    pub(crate) raw_nesting_options: BTreeMap<String, i64>,
    /// Code that is not part of kernels with PREEMPT_RT.
    pub(crate) not_with_preempt_rt: Vec<FoldersRow>,
    /// Kinds of context.
    pub(crate) context: Vec<ContextRow>,
    /// Kinds of demand.
    pub(crate) demand: Vec<DemandRow>,
    /// Named tests of an argument.
    pub(crate) condition: Vec<ConditionRow>,
    /// Functions and what they do.
    pub(crate) function: Vec<FunctionRow>,
    /// Functions that do nothing of interest to any caller.
    pub(crate) boundary: Vec<BoundaryRow>,
    /// Fields that tell what is in force.
    pub(crate) field: Vec<FieldRow>,
    /// What objects say of themselves.
    pub(crate) flag: Vec<FlagRow>,
    /// What nobody on a chain through a function has looked at.
    pub(crate) doubt: Vec<DoubtRow>,
    /// Files that do on purpose what is reported.
    pub(crate) on_purpose: Vec<OnPurposeRow>,
    /// Functions for which it matters how an object was allocated.
    pub(crate) provenance: Vec<ProvenanceRow>,
    /// What is known of the objects that functions return.
    pub(crate) result: Vec<ResultRow>,
    /// What variables of the whole system are while it runs.
    pub(crate) variable: Vec<VariableRow>,
    /// What assertions expand to.
    pub(crate) assertion: Vec<AssertionRow>,
    /// Macros that their expansion does not tell all of.
    #[serde(rename = "macro")]
    pub(crate) macros: Vec<MacroRow>,
    /// Functions that are entered in a context of their own.
    pub(crate) entry: Vec<EntryRow>,
    /// Locks that count as more than what their type says.
    pub(crate) lock: Vec<LockRow>,
    /// Functions that are patched to call what is stored in a field.
    pub(crate) trampoline: Vec<TrampolineRow>,
}

/// `[[context]]`: something that can be in force.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContextRow {
    /// Its name, kebab-case.
    pub(crate) name: Spanned<String>,
    /// What people call it while it is in force.
    pub(crate) label: Spanned<String>,
    /// The highest wait type that may still be acquired.
    pub(crate) limit: WaitTypeName,
    /// Lock, counter or switch.
    pub(crate) identity: IdentityName,
    /// The demand that waiting for it makes; without it, it may be entered anywhere.
    pub(crate) demand: Option<Spanned<String>>,
    /// Names of the lock's type: records and typedefs.
    #[serde(default)]
    pub(crate) types: Vec<Spanned<String>>,
    /// Demands that it does not allow although its limit does.
    #[serde(default)]
    pub(crate) forbids: Vec<Spanned<String>>,
    /// Whether it says nothing any more once the lock that it was begun for is released by itself.
    #[serde(default)]
    pub(crate) while_held: bool,
    /// Demands that are not made while it is in force.
    #[serde(default)]
    pub(crate) silences: Vec<Spanned<String>>,
    /// Where that can be read.
    pub(crate) source: Spanned<String>,
}

/// `[[demand]]`: something an operation needs to be allowed to do.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DemandRow {
    /// Its name, kebab-case.
    pub(crate) name: Spanned<String>,
    /// What such an operation does, as a verb phrase.
    pub(crate) label: Spanned<String>,
    /// The wait type that must be allowed.
    pub(crate) wait: WaitTypeName,
    /// Functions make it that return with something in force which they end on other ways: the
    /// lowest number by which a function says that it has failed.
    pub(crate) at_return: Option<i64>,
    /// Where that can be read.
    pub(crate) source: Spanned<String>,
}

/// `[[condition]]`: a test of an argument, to be named in `only_if`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConditionRow {
    /// Its name, kebab-case.
    pub(crate) name: Spanned<String>,
    /// The argument: a position counted from 0, or the name of its type.
    pub(crate) argument: Argument,
    /// The bits that are looked at; all when left out.
    #[serde(default = "all_bits")]
    pub(crate) mask: Spanned<i64>,
    /// Whether some of the bits must be set (`true`) or all clear.
    pub(crate) set: bool,
    /// Whether all of the bits must be set, not only some.
    #[serde(default)]
    pub(crate) all: bool,
    /// Bits of which none may be known to be set, besides.
    #[serde(default)]
    pub(crate) clear: i64,
    /// Whether it must be proved; otherwise a value that is not known passes.
    pub(crate) proof: bool,
    /// Where the meaning of the bits can be read.
    pub(crate) source: Spanned<String>,
}

/// `[[function]]`: some functions that do the same.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FunctionRow {
    /// Their names.
    pub(crate) names: Spanned<Vec<Spanned<String>>>,
    /// What they do, in order.
    #[serde(default)]
    pub(crate) does: Vec<Spanned<EffectRow>>,
    /// Whether a body is analysed too; normally the row replaces it.
    #[serde(default)]
    pub(crate) enter_body: bool,
    /// Whether the row takes the place of earlier ones.
    #[serde(default, rename = "override")]
    pub(crate) overrides: bool,
    /// Where that can be read: a path in the kernel tree.
    pub(crate) source: Spanned<String>,
    /// The kernels that have them, when the reference tree (6.12) has not: `6.1`, `since 6.15`.
    pub(crate) kernels: Option<Spanned<String>>,
}

/// `[[boundary]]`: functions whose inside is no concern of any caller. Their bodies are not
/// entered from a caller.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BoundaryRow {
    /// Their names.
    pub(crate) names: Spanned<Vec<Spanned<String>>>,
    /// Why it is right to trust them.
    pub(crate) reason: Spanned<String>,
    /// Whether the row takes the place of earlier ones.
    #[serde(default, rename = "override")]
    pub(crate) overrides: bool,
    /// Where that can be read: a path in the kernel tree.
    pub(crate) source: Spanned<String>,
    /// The kernels that have them, when the reference tree (6.12) has not.
    pub(crate) kernels: Option<Spanned<String>>,
}

/// `[[not_with_preempt_rt]]`: code that cannot be built with PREEMPT_RT.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FoldersRow {
    /// The folders, ending in `/`.
    pub(crate) folders: Vec<Spanned<String>>,
    /// Where that can be read: a path in the kernel tree.
    pub(crate) source: Spanned<String>,
}

/// `[[field]]`: fields that tell what is in force.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FieldRow {
    /// The fields: `record.field`.
    pub(crate) fields: Vec<Spanned<String>>,
    /// None of these contexts is in force where the value is zero.
    pub(crate) none_in_force: Vec<Spanned<String>>,
    /// The bits of the value that tell; all when left out.
    #[serde(default = "all_bits")]
    pub(crate) mask: Spanned<i64>,
    /// Where that can be read: a path in the kernel tree.
    pub(crate) source: Spanned<String>,
}

/// `[[flag]]`: flags of objects that whoever comes from a place where a demand matters has set.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FlagRow {
    /// The flags: `record.field`.
    pub(crate) fields: Vec<Spanned<String>>,
    /// Whether they are set on such objects (`true`) or clear.
    pub(crate) set: bool,
    /// What is not demanded where they are seen to be otherwise.
    pub(crate) excuses: Vec<Spanned<String>>,
    /// Why who comes from there has taken care of it.
    pub(crate) reason: Spanned<String>,
    /// Where that can be read: a path in the kernel tree.
    pub(crate) source: Spanned<String>,
}

/// `[[doubt]]`: functions that do what matters in a state of an object which the chains that lead to
/// them do not show.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DoubtRow {
    /// The functions.
    pub(crate) names: Vec<Spanned<String>>,
    /// When they do it: `only for a device that is asleep`.
    pub(crate) reason: Spanned<String>,
    /// The demands that they make only then; all when left out.
    #[serde(default)]
    pub(crate) demands: Vec<Spanned<String>>,
    /// Whether those that use an object keep it from being so. What is entered by itself uses none.
    #[serde(default)]
    pub(crate) of_users: bool,
    /// Where that can be read: a path in the kernel tree.
    pub(crate) source: Spanned<String>,
}

/// `[[on_purpose]]`: files that break rules to see what comes of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OnPurposeRow {
    /// The files, by their paths in the kernel tree.
    pub(crate) files: Vec<Spanned<String>>,
    /// What for: `tests the lock checker`.
    pub(crate) reason: Spanned<String>,
    /// Where that can be read: a path in the kernel tree.
    pub(crate) source: Spanned<String>,
}

/// `[[provenance]]`: functions whose body matters only for objects that were allocated in a certain
/// way. For others they do what their row says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProvenanceRow {
    /// The functions.
    pub(crate) names: Vec<Spanned<String>>,
    /// The position of the argument that is the object, counted from 0.
    pub(crate) argument: usize,
    /// The name of a condition on the call that allocates it.
    pub(crate) allocated: Spanned<String>,
    /// Where that can be read: a path in the kernel tree.
    pub(crate) source: Spanned<String>,
}

/// `[[result]]`: functions that return a pointer to an object of which something is known.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResultRow {
    /// The functions.
    pub(crate) names: Vec<Spanned<String>>,
    /// A field of the object: `record.field`.
    pub(crate) field: Spanned<String>,
    /// Its value.
    pub(crate) is: i64,
    /// Where that can be read: a path in the kernel tree.
    pub(crate) source: Spanned<String>,
}

/// `[[variable]]`: variables of the whole system that have a certain value while it runs and nothing
/// has gone wrong.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VariableRow {
    /// Their names.
    pub(crate) names: Vec<Spanned<String>>,
    /// The value.
    pub(crate) is: i64,
    /// What is not looked at because of that.
    pub(crate) reason: Spanned<String>,
    /// Where that can be read: a path in the kernel tree.
    pub(crate) source: Spanned<String>,
}

/// `[[trampoline]]`: functions that are called by name and patched at run time to call what is stored
/// in a field. Their names are `prefix`, the name of the field, and numbers, each after a `_`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrampolineRow {
    /// What the names begin with.
    pub(crate) prefix: Spanned<String>,
    /// The record that has the fields.
    pub(crate) record: Spanned<String>,
    /// Where that can be read: a path in the kernel tree.
    pub(crate) source: Spanned<String>,
}

/// `[[assertion]]`: local variables of macros, in which those keep whether something has gone wrong
/// that never should.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AssertionRow {
    /// Their names.
    pub(crate) variables: Vec<Spanned<String>>,
    /// Whether constants count that they are set to, as those of `WARN_ON(1)`.
    #[serde(default = "yes")]
    pub(crate) constants: bool,
    /// Where that can be read: a path in the kernel tree.
    pub(crate) source: Spanned<String>,
}

/// `[[macro]]`: macros that without PREEMPT_RT put something into force that they do not with it
/// (`from` and `to`), that do something by an assignment (`does`), or that take a lock in a subclass
/// (`nested`).
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MacroRow {
    /// Their names.
    pub(crate) names: Spanned<Vec<Spanned<String>>>,
    /// What they put into force without PREEMPT_RT.
    #[serde(default)]
    pub(crate) from: Vec<Spanned<String>>,
    /// What that counts as, so that nothing is said of PREEMPT_RT because of it.
    pub(crate) to: Option<Spanned<String>>,
    /// What they do. Their expansion has one call, which stands for it.
    #[serde(default)]
    pub(crate) does: Vec<Spanned<EffectRow>>,
    /// Whether they take a lock in a subclass, which their expansion does not tell.
    #[serde(default)]
    pub(crate) nested: bool,
    /// Where that can be read: a path in the kernel tree.
    pub(crate) source: Spanned<String>,
}

/// `[[entry]]`: functions that are entered in a context of their own, told by exactly one of
/// `names`, `fields` and `passed_to`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EntryRow {
    /// What people call being in one, beginning with "in ".
    pub(crate) label: Spanned<String>,
    /// What is in force.
    pub(crate) contexts: Spanned<Vec<Spanned<String>>>,
    /// Of several rows with the same group, the first that fits a function counts.
    pub(crate) group: Option<Spanned<String>>,
    /// The functions called so.
    pub(crate) names: Option<Vec<Spanned<String>>>,
    /// The functions stored in one of these fields: `record.field`.
    pub(crate) fields: Option<Vec<Spanned<String>>>,
    /// The functions passed to one of these functions.
    pub(crate) passed_to: Option<Vec<Spanned<String>>>,
    /// The position of the argument, counted from 0. For `passed_to`.
    pub(crate) argument: Option<Spanned<usize>>,
    /// The field with the function, when the argument points to an object. For `passed_to`.
    pub(crate) in_field: Option<Spanned<String>>,
    /// The name of a condition on the call. For `passed_to`.
    pub(crate) only_if: Option<Spanned<String>>,
    /// Where that can be read: a path in the kernel tree.
    pub(crate) source: Spanned<String>,
}

/// `[[lock]]`: locks that count as a context besides what their type says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LockRow {
    /// Their classes: `record.field`, or the name of a variable.
    #[serde(default)]
    pub(crate) classes: Vec<Spanned<String>>,
    /// All locks that are waited for where this is in force at an entry.
    pub(crate) taken_within: Option<Spanned<String>>,
    /// The kinds of lock that are meant. For `taken_within`.
    #[serde(default)]
    pub(crate) kinds: Vec<Spanned<String>>,
    /// Classes that are not meant after all: the lock that is taken there is never one that is held
    /// elsewhere. For `taken_within`.
    #[serde(default)]
    pub(crate) except: Vec<Spanned<String>>,
    /// What they count as.
    pub(crate) counts_as: Spanned<String>,
    /// Where that can be read: a path in the kernel tree.
    pub(crate) source: Spanned<String>,
}

/// One thing that a function does: exactly one of the first eleven fields says what, the others
/// say more of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EffectRow {
    /// Puts this context into force.
    pub(crate) acquire: Option<Spanned<String>>,
    /// Ends this context.
    pub(crate) release: Option<Spanned<String>>,
    /// Makes this demand.
    pub(crate) demand: Option<Spanned<String>>,
    /// The innermost of these contexts counts as `to` from here on.
    pub(crate) convert: Option<Vec<Spanned<String>>>,
    /// None of these contexts is in force when the result says so.
    pub(crate) none_in_force: Option<Vec<Spanned<String>>>,
    /// Returns the argument at this position.
    pub(crate) returns_argument: Option<usize>,
    /// Returns this constant.
    pub(crate) returns: Option<i64>,
    /// Fills what the argument at this position points to.
    pub(crate) fills: Option<usize>,
    /// It drops a reference to an object; a result that is not zero says that it was the last.
    pub(crate) drops_reference: Option<bool>,
    /// It says that nothing can be relied on any more.
    pub(crate) tells_of_bug: Option<bool>,
    /// Control does not come back.
    pub(crate) never_returns: Option<bool>,

    /// The argument that names the lock. For acquire, release and convert.
    pub(crate) lock: Option<Spanned<Argument>>,
    /// The context is told by the type of the lock; the named one stands when that is unknown. A
    /// table says what a lock's own kind means here. For acquire and release.
    pub(crate) by_type: Option<Spanned<ByType>>,
    /// On which result. For acquire and `none_in_force`.
    pub(crate) when: Option<Spanned<WhenName>>,
    /// Whether it waits for the lock (the default); a trylock does not. For acquire.
    pub(crate) waits: Option<Spanned<bool>>,
    /// The position of the argument with the subclass in which it takes the lock. For acquire.
    pub(crate) subclass: Option<Spanned<usize>>,
    /// Whether it ends all nested ones. For release.
    pub(crate) all: Option<Spanned<bool>>,
    /// The name of a condition. For acquire, release, demand and `tells_of_bug`.
    pub(crate) only_if: Option<Spanned<String>>,
    /// What the contexts become. For convert.
    pub(crate) to: Option<Spanned<String>>,
    /// Only for a `lock` of this kind. For convert.
    pub(crate) of: Option<Spanned<String>>,
    /// The position of the argument with the byte. For fills.
    pub(crate) byte: Option<Spanned<usize>>,
    /// The bits of the result that tell; all when left out. For `none_in_force`.
    pub(crate) mask: Option<Spanned<i64>>,
}

/// An argument of a call.
#[derive(Deserialize, Clone)]
#[serde(untagged)]
pub(crate) enum Argument {
    /// By position, counted from 0.
    Index(usize),
    /// The first one whose declared type has this name.
    Typed(String),
}

/// Whether the type of a lock tells the context.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum ByType {
    /// `true`: the lock's own kind.
    Plain(bool),
    /// The lock's own kind, except that these mean something else here.
    Map(BTreeMap<String, String>),
}

/// A wait type by name.
#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum WaitTypeName {
    Free,
    Spin,
    Config,
    Sleep,
}

/// An identity by name.
#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum IdentityName {
    Lock,
    Counter,
    Switch,
    Entry,
}

/// A test of a result by name.
#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum WhenName {
    Any,
    Nonzero,
    Zero,
}

fn yes() -> bool {
    true
}

fn all_bits() -> Spanned<i64> {
    Spanned::new(0..0, -1)
}
