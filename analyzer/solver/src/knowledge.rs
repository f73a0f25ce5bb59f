// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the solver has to be told about the analysed system: which functions acquire, release and
//! demand what. The solver knows no name of any kernel function; `rules` fills these tables.

use std::fmt;

use crate::context::KindSet;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::Verdict;

/// How much an operation may have to wait, in the order of lockdep's wait types
/// (`enum lockdep_wait_type`, `include/linux/lockdep_types.h`).
///
/// Of a context it is the *limit*: the highest type that may still be acquired there. Of an
/// operation it is the *demand*. A demand above the limit is a violation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum WaitType {
    /// Wait-free: as a limit, nothing may be acquired; as a demand, it is allowed anywhere.
    Free,
    /// Spins on every kernel (`raw_spinlock_t`).
    Spin,
    /// Spins, or sleeps where the kernel is configured for it: `spinlock_t` on PREEMPT_RT.
    Config,
    /// Sleeps on every kernel.
    Sleep,
}

/// Index of a [`ContextKind`] in [`Knowledge::contexts`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct ContextId(pub u16);

/// Index of a [`DemandKind`] in [`Knowledge::demands`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct DemandId(pub u16);

/// Index of a rule in [`Knowledge::rules`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct RuleId(pub u16);

/// Something that can be in force at a program point: a kind of lock held, preemption disabled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContextKind {
    /// Its name in the data files: `raw-spinlock`.
    pub name: String,
    /// What people call it while it is in force: `raw_spinlock_t held`, `preemption disabled`.
    pub label: String,
    /// The highest wait type that may still be acquired while it is in force.
    pub limit: WaitType,
    /// Demands that it does not allow although they do not exceed the limit: allocating in a
    /// console's write callback does not wait too long, it deadlocks.
    pub forbids: Vec<DemandId>,
    /// What acquiring it demands; `None` when that is allowed anywhere.
    pub demand: Option<DemandId>,
    /// Whether it is a lock with an identity, or a counter (nesting, no identity).
    pub identity: Identity,
    /// Whether it says nothing any more once the lock that it was begun for is released by itself.
    pub while_held: bool,
}

/// How a [`ContextKind`] comes into force, and whether two of it can be told apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Identity {
    /// A lock object: told apart by access path and lock class.
    Lock,
    /// A nesting count: preemption, softirqs, RCU read sections.
    Counter,
    /// A switch that is either on or off: interrupts. A release that is not a restore
    /// ([`Effect::Release::all`]) undoes all of them at once.
    Switch,
    /// In force from the entry of a function that somebody outside the program calls (an
    /// [`Entry`]), or a second name of a lock ([`Knowledge::lock_classes`], [`Taken`]). No
    /// [`Effect`] is about it.
    Entry,
}

/// A kind of demand.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DemandKind {
    /// Its name in the data files: `allocation`.
    pub name: String,
    /// What an operation of this kind does, as a verb phrase: `allocates memory`.
    pub label: String,
    /// The wait type it demands.
    pub wait: WaitType,
    /// Whether it is what a function demands that returns with something in force which it ends on
    /// other ways to return; then this is the lowest number by which functions say that they have
    /// failed, and -1 is the highest. No [`Effect`] makes it.
    pub at_return: Option<i64>,
    /// Contexts in which it is not made: an access to user memory does not wait for a page while
    /// page faults are disabled.
    pub silenced_by: Vec<ContextId>,
}

/// Which argument of a call an effect is about.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ArgumentSelector {
    /// By position, counted from 0.
    Index(usize),
    /// The first parameter whose declared type has this name: `gfp_t`.
    Typed(String),
}

/// Which context kind an acquire or release is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum KindSelector {
    /// Always this one.
    Fixed(ContextId),
    /// Told by the first lock type met on the access path of the lock argument (looked up in
    /// [`Knowledge::lock_types`]). `spinlock_t` contains a `raw_spinlock_t` without PREEMPT_RT, and
    /// the path tells which of them is meant.
    OfLockType {
        /// The kind taken when the path meets no lock type.
        default: ContextId,
        /// What a lock kind found on the path stands for here; a kind that is not listed stands
        /// for itself. `_raw_spin_lock_irqsave` disables interrupts for a `raw_spinlock_t`, but
        /// for a `spinlock_t` only on kernels without PREEMPT_RT.
        map: Vec<(ContextId, ContextId)>,
    },
}

/// A test of a call's result.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ResultTest {
    /// Whatever it returns (also for `void`).
    Any,
    /// It returned non-zero (true, a valid pointer).
    NonZero,
    /// It returned zero (false, success, null).
    Zero,
}

/// One thing a modelled function does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Effect {
    /// Puts a context into force.
    Acquire {
        /// What.
        context: KindSelector,
        /// The argument that names the lock; `None` for locks that are not named by an argument.
        lock: Option<ArgumentSelector>,
        /// On which result it is in force.
        when: ResultTest,
        /// Whether it waits for the lock and so makes the kind's demand (a trylock does not).
        waits: bool,
        /// The argument that says which of several locks of one class it is, where they nest in
        /// an order of their own: lockdep's subclass.
        subclass: Option<usize>,
        /// Only then; `None` for always.
        only_if: Option<ArgumentTest>,
    },
    /// Ends a context.
    Release {
        /// What.
        context: KindSelector,
        /// The argument that names the lock.
        lock: Option<ArgumentSelector>,
        /// Ends all nested ones of a [`Identity::Switch`] at once (`local_irq_enable()`).
        all: bool,
        /// Only then; `None` for always.
        only_if: Option<ArgumentTest>,
    },
    /// The innermost of `from` that the function has in force counts as `to` from here on. It
    /// still ends when what it was is released. `local_lock()` disables preemption first and then
    /// says what for; kernels with PREEMPT_RT do not disable it there.
    Convert {
        /// What turns.
        from: Vec<ContextId>,
        /// What it turns into.
        to: ContextId,
        /// Only when the lock that this argument names is of that kind (told as in
        /// [`KindSelector::OfLockType`]); `None` for always.
        lock: Option<(ArgumentSelector, ContextId)>,
    },
    /// Demands a wait type.
    Demand {
        /// What.
        demand: DemandId,
        /// Only then; `None` for always.
        only_if: Option<ArgumentTest>,
    },
    /// Returns its argument.
    ReturnsArgument(usize),
    /// Returns a constant.
    ReturnsConst(i64),
    /// The result tells whether some contexts are in force: when the bits of `mask` in it are
    /// `when`, none of `contexts` is.
    TestsContext {
        /// The bits of the result that tell it; `-1` for all. A test of more bits implies this one
        /// for [`ResultTest::Zero`].
        mask: i64,
        /// What is known not to be in force then.
        contexts: Vec<ContextId>,
        /// On which result.
        when: ResultTest,
    },
    /// What the argument points to is filled with the bytes in another argument, as by `memset()`.
    Fills {
        /// The pointer's position.
        object: usize,
        /// The byte's position.
        byte: usize,
    },
    /// It drops a reference to an object; a result that is not zero says that it was the last.
    DropsReference,
    /// It says that nothing can be relied on any more. What always comes to call it is there for a
    /// system that is broken.
    TellsOfBug {
        /// Only then; `None` for always. The argument has to be written as a constant.
        only_if: Option<ArgumentTest>,
    },
    /// Control does not come back.
    NeverReturns,
}

/// A test of an argument.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ArgumentTest {
    /// Which argument.
    pub argument: ArgumentSelector,
    /// The bits that are looked at; `-1` for all.
    pub mask: i64,
    /// Whether some of them must be set (`true`) or all clear (`false`).
    pub set: bool,
    /// Whether they must all be set for the test to count as set, instead of some.
    pub all: bool,
    /// Bits that must not be known to be set, besides.
    pub clear: i64,
    /// Whether the test must be proved to hold. If not, a value that is not known passes.
    pub proof: bool,
}

impl ArgumentTest {
    /// Whether an argument of this value passes.
    pub(crate) fn holds_of(&self, value: i64) -> bool {
        let bits = value & self.mask;
        let is_set = match self.all {
            true => bits == self.mask,
            false => bits != 0,
        };
        is_set == self.set && value & self.clear == 0
    }
}

/// What is known of one function.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FunctionModel {
    /// What it does, in order.
    pub effects: Vec<Effect>,
    /// Whether its body, when there is one, is analysed too. Normally the model replaces it.
    pub enter_body: bool,
}

/// What is known of a macro that the functions it expands to do not tell.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MacroModel {
    /// It expands to something else where the raw-nesting verdict looks, told apart from the
    /// configuration at hand.
    Elsewhere {
        /// What the macro puts into force as configured, and does not there.
        from: Vec<ContextId>,
        /// What that counts as.
        to: ContextId,
    },
    /// It does something by what it assigns. Its expansion has one call, which stands for it.
    Does(FunctionModel),
    /// It takes a lock in a subclass that its expansion does not tell.
    Nested,
}

/// A record's field, by the names that the source gives them.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct FieldName {
    /// The nearest named record around the field.
    pub record: String,
    /// The field.
    pub field: String,
}

/// Functions that are called from outside the program, or through so many hands that the calls say
/// nothing: what they are entered in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// What people call being in one: `in a timer callback`.
    pub label: String,
    /// What is in force when they are entered.
    pub contexts: Vec<ContextId>,
    /// Which functions they are.
    pub of: Registration,
    /// Of several entries with the same group, the first that fits a function counts, and the
    /// others do not.
    pub group: Option<String>,
}

/// How a function becomes an [`Entry`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Registration {
    /// It is called so.
    Named(Vec<String>),
    /// Its address is stored in one of these fields.
    Stored(Vec<FieldName>),
    /// It is passed to one of these functions, directly or through wrappers.
    Passed {
        /// The functions.
        to: Vec<String>,
        /// The position of the argument, counted from 0.
        argument: usize,
        /// The argument is not the function, it points to an object with the function in this
        /// field.
        field: Option<FieldName>,
        /// Only then.
        only_if: Option<ArgumentTest>,
    },
}

/// Locks that are taken in a certain context, wherever that leads: while one is held, the context
/// must not be entered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Taken {
    /// The context of [`Entry`] functions.
    pub within: ContextId,
    /// Locks of these kinds are meant.
    pub kinds: Vec<ContextId>,
    /// But not of these classes.
    pub except: Vec<String>,
    /// What a lock that is waited for there counts as, wherever else it is held.
    pub counts_as: ContextId,
}

/// A flag of objects that says what may be done to them where something is in force. Who comes from
/// there has taken care that it is set.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Flag {
    /// The flag.
    pub field: FieldName,
    /// Whether it is set on such objects (`true`) or clear.
    pub set: bool,
    /// What is not demanded where the flag has been seen to be otherwise.
    pub demands: Vec<DemandId>,
}

/// What nobody on a chain that leads into a function has looked at, and what decides whether the
/// function does what it is blamed for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Doubt {
    /// It, in words: `only for a device that is asleep`.
    pub reason: String,
    /// What it does only then; anything when there is nothing.
    pub demands: Vec<DemandId>,
    /// Whether those that use an object keep it from being so: what is entered by itself uses none,
    /// and is not in doubt.
    pub of_users: bool,
}

/// A function that goes on to what it does besides its [`FunctionModel`] only for some objects, told
/// by how they were allocated.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Provenance {
    /// The position of the argument that is the object.
    pub argument: usize,
    /// What holds of the call that allocates such an object.
    pub allocated: ArgumentTest,
}

/// A field whose value tells whether some contexts are in force, as the result of a function does
/// with [`Effect::TestsContext`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FieldTest {
    /// The field.
    pub field: FieldName,
    /// The bits that tell it; `-1` for all.
    pub mask: i64,
    /// What is known not to be in force when all these bits are zero.
    pub contexts: Vec<ContextId>,
}

/// Functions that are called by name and patched at run time to call whatever is stored in a field.
/// Their names are the prefix, the name of the field, and numbers, each after a `_`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trampoline {
    /// What the names begin with.
    pub prefix: String,
    /// The record that has the fields.
    pub record: String,
}

/// A local variable of a macro, which holds whether something has gone wrong that never should.
/// Nothing is said of what happens then.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Assertion {
    /// The name of the variable.
    pub variable: String,
    /// Whether a constant that it is set to counts as well: `WARN_ON(1)`. Some macros are used for
    /// other purposes with a constant.
    pub constants: bool,
}

/// A rule: a name for pairs of what is in force and what is demanded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RulePair {
    /// The rule's name: `atomic-alloc-under-raw-spinlock`.
    pub name: String,
    /// Which kernels its findings hit.
    pub verdict: Verdict,
    /// Why its findings rest on a guess whatever their chain, if they do.
    pub doubt: Option<String>,
    /// What is in force, and what is demanded there.
    pub pairs: Vec<(ContextId, DemandId)>,
}

/// Everything the solver is told.
#[derive(Clone, Default, Debug)]
pub struct Knowledge {
    /// The kinds of context.
    pub contexts: Vec<ContextKind>,
    /// The kinds of demand.
    pub demands: Vec<DemandKind>,
    /// Functions by name.
    pub functions: FxHashMap<String, FunctionModel>,
    /// Macros by name, whose expansion the configuration decides.
    pub macros: FxHashMap<String, MacroModel>,
    /// What objects say of themselves.
    pub flags: Vec<Flag>,
    /// Fields that tell what is in force.
    pub field_tests: Vec<FieldTest>,
    /// What makes chains through functions unsure, by the names of these.
    pub doubts: FxHashMap<String, Doubt>,
    /// Files that do on purpose what is reported, and why.
    pub on_purpose: FxHashMap<String, String>,
    /// Functions for which it matters how an object was allocated, by name.
    pub provenance: FxHashMap<String, Provenance>,
    /// What a field of the object is that a function returns a pointer to, by the function's name.
    pub results: FxHashMap<String, (FieldName, i64)>,
    /// Variables of the whole system by name, and what they are while it runs and nothing has
    /// gone wrong.
    pub variables: FxHashMap<String, i64>,
    /// What assertions expand to.
    pub assertions: Vec<Assertion>,
    /// Record names of lock types and what holding one means.
    pub lock_types: FxHashMap<String, ContextId>,
    /// Locks that mean more than their type says, by class: `zone.lock`, or the name of a variable.
    pub lock_classes: FxHashMap<String, ContextId>,
    /// Functions that are entered in a context of their own.
    pub entries: Vec<Entry>,
    /// Locks that are told by where they are taken.
    pub taken: Vec<Taken>,
    /// Functions that stand for what is stored in a field.
    pub trampolines: Vec<Trampoline>,
    /// The rules. No two have a pair in common.
    pub rules: Vec<RulePair>,
    /// Build options whose value the raw-nesting verdict sets: `CONFIG_PREEMPT_RT` to 1.
    pub raw_nesting_options: Vec<(String, i64)>,
    /// Folders, ending in `/`, whose code is not part of kernels with these options.
    pub not_raw_nesting: Vec<String>,
}

impl Knowledge {
    /// The kind behind `id`.
    pub fn context(&self, id: ContextId) -> &ContextKind {
        &self.contexts[usize::from(id.0)]
    }

    /// The name under which [`Knowledge::functions`] has a function: its own, or one with `_` for
    /// generic arguments of which any will do.
    pub fn row_of<'a>(&'a self, function: &'a str) -> Option<&'a str> {
        find(&self.functions, function).map(|(name, _)| name)
    }

    /// The lock that a record is, if it is one; records with generic arguments as in
    /// [`Knowledge::row_of`].
    pub fn lock_type(&self, record: &str) -> Option<ContextId> {
        find(&self.lock_types, record).map(|(_, id)| *id)
    }

    /// The kind behind `id`.
    pub fn demand(&self, id: DemandId) -> &DemandKind {
        &self.demands[usize::from(id.0)]
    }

    /// What a function demands that has forgotten to end something, if anything minds, and the
    /// lowest number by which functions say that they have failed.
    pub(crate) fn at_return(&self) -> Option<(DemandId, i64)> {
        let mut demands = (0..).zip(&self.demands);
        demands.find_map(|(index, it)| Some((DemandId(index), it.at_return?)))
    }

    /// Whether a demand may be made while a context is in force.
    pub fn allows(&self, context: ContextId, demand: DemandId) -> bool {
        let kind = self.context(context);
        self.demand(demand).wait <= kind.limit && !kind.forbids.contains(&demand)
    }

    /// The contexts in which a rule does not allow a demand.
    pub(crate) fn breaking(&self, demand: DemandId) -> KindSet {
        let mut kinds = KindSet::default();
        for (index, _) in (0..).zip(&self.contexts) {
            let context = ContextId(index);
            if !self.allows(context, demand) && self.rule(context, demand).is_some() {
                kinds.insert(context);
            }
        }
        kinds
    }

    /// The rule that names a demand in a context, if any does.
    pub fn rule(&self, context: ContextId, demand: DemandId) -> Option<RuleId> {
        self.rules
            .iter()
            .position(|rule| rule.pairs.contains(&(context, demand)))
            .and_then(|index| u16::try_from(index).ok())
            .map(RuleId)
    }
}

/// The entry called `name`, or the smallest pattern that fits.
fn find<'a, T>(table: &'a FxHashMap<String, T>, name: &str) -> Option<(&'a str, &'a T)> {
    if let Some((key, value)) = table.get_key_value(name) {
        return Some((key, value));
    }
    if !name.contains('<') {
        return None;
    }
    let start = name.split('<').next().unwrap_or_default();
    let fitting = table
        .iter()
        .filter(|(key, _)| key.starts_with(start) && fits(key.as_bytes(), name.as_bytes()));
    fitting
        .min_by_key(|(key, _)| *key)
        .map(|(key, value)| (key.as_str(), value))
}

/// Whether `name` is `pattern` with something for each generic argument that is written `_`.
fn fits(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    while p < pattern.len() {
        let starts = p > 0 && matches!(pattern[p - 1], b'<' | b' ');
        let ends = pattern
            .get(p + 1)
            .is_some_and(|it| matches!(it, b'>' | b','));
        if pattern[p] == b'_' && starts && ends {
            let mut depth = 0;
            while let Some(byte) = name.get(n) {
                match byte {
                    b'<' | b'(' | b'[' => depth += 1,
                    b'>' | b',' if depth == 0 => break,
                    b'>' | b')' | b']' => depth -= 1,
                    _ => {}
                }
                n += 1;
            }
            p += 1;
        } else if name.get(n) == Some(&pattern[p]) {
            p += 1;
            n += 1;
        } else {
            return false;
        }
    }
    n == name.len()
}

impl fmt::Display for WaitType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Free => "free",
            Self::Spin => "spin",
            Self::Config => "config",
            Self::Sleep => "sleep",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_generic_argument_fits_an_underscore() {
        let fits = |pattern: &str, name: &str| fits(pattern.as_bytes(), name.as_bytes());
        assert!(fits(
            "a::Lock<_, Spin>::lock",
            "a::Lock<B<C, D>, Spin>::lock"
        ));
        assert!(fits("a::Box<_, _>::new", "a::Box<(A, [B]), Kmalloc>::new"));
        assert!(!fits("a::Lock<_, Spin>::lock", "a::Lock<B, Mutex>::lock"));
        assert!(!fits("a::Lock<_>::lock", "a::Lock<B, C>::lock"));
        assert!(!fits("a_b", "axb"));
    }

    #[test]
    fn the_exact_name_goes_first() {
        let mut table = FxHashMap::default();
        for (index, name) in ["f<_>", "f<A>", "f"].into_iter().enumerate() {
            table.insert(name.to_owned(), index);
        }
        let found = |name| find(&table, name).map(|(_, index)| *index);
        assert_eq!(found("f<A>"), Some(1));
        assert_eq!(found("f<B>"), Some(0));
        assert_eq!(found("f"), Some(2));
        assert_eq!(found("g<A>"), None);
    }
}
