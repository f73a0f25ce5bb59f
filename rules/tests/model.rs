// SPDX-License-Identifier: MIT OR Apache-2.0
//! The built-in model holds together, and mistakes in model files are shown where they are.

use std::collections::BTreeSet;

use waitctx_rules::{ModelError, builtin, builtin_files, load};
use waitctx_solver::{
    ArgumentSelector, Effect, Identity, KindSelector, Knowledge, ResultTest, RulePair, WaitType,
};

#[track_caller]
fn knowledge() -> Knowledge {
    builtin().unwrap_or_else(|errors| panic!("{}", lines(&errors)))
}

fn lines(errors: &[ModelError]) -> String {
    errors.iter().map(|error| format!("{error}\n")).collect()
}

#[test]
fn the_built_in_model_loads() {
    let knowledge = knowledge();
    assert!(knowledge.functions.len() > 500);
    assert_eq!(
        knowledge.raw_nesting_options,
        [("CONFIG_PREEMPT_RT".to_owned(), 1)]
    );
}

#[test]
fn every_model_file_is_included() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/model");
    let on_disk: BTreeSet<String> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let included: BTreeSet<String> = builtin_files()
        .iter()
        .map(|(name, _)| name.trim_start_matches("rules/model/").to_owned())
        .collect();
    assert_eq!(on_disk, included);
    assert_eq!(
        builtin_files().len(),
        included.len(),
        "a file is included twice"
    );
}

#[test]
fn sources_are_paths_in_a_kernel_tree() {
    for (file, text) in builtin_files() {
        for line in text
            .lines()
            .filter_map(|line| line.strip_prefix("source = "))
        {
            let path = line.trim_matches('"');
            let known = [
                "arch",
                "block",
                "crypto",
                "Documentation",
                "drivers",
                "fs",
                "include",
                "kernel",
                "lib",
                "mm",
                "net",
                "rust",
                "security",
                "tools",
            ];
            let top = path.split('/').next().unwrap();
            let names_a_file = path.contains('.') || path.ends_with("/Kconfig");
            assert!(known.contains(&top) && names_a_file, "{file}: {path}");
        }
    }
}

#[test]
fn labels_read_well_in_a_message() {
    let knowledge = knowledge();
    let contexts = knowledge.contexts.iter().map(|kind| &kind.label);
    let demands = knowledge.demands.iter().map(|kind| &kind.label);
    for label in contexts.chain(demands) {
        assert!(!label.ends_with('.') && label.trim() == label, "{label}");
        assert!(label.starts_with(|c: char| c.is_ascii_lowercase()) || label.contains("RCU"));
    }
}

#[test]
fn a_lock_demands_what_its_holder_forbids_to_others() {
    let knowledge = knowledge();
    for kind in &knowledge.contexts {
        if let Some(demand) = kind.demand {
            assert_eq!(knowledge.demand(demand).wait, kind.limit, "{}", kind.name);
        }
        // Bit and architecture locks are taken by hand, and mostly by trylock, in interrupts.
        assert_eq!(
            kind.demand.is_some(),
            kind.limit > WaitType::Spin
                && kind.identity == Identity::Lock
                && kind.name != "irq-region"
                || ["local-lock", "raw-spinlock"].contains(&kind.name.as_str()),
            "{}",
            kind.name
        );
    }
}

#[test]
fn exactly_one_rule_names_each_violation() {
    let knowledge = knowledge();
    for context in &knowledge.contexts {
        for demand in &knowledge.demands {
            let id = |kinds: &[String], name: &str| kinds.iter().position(|it| it == name);
            let contexts: Vec<String> = knowledge
                .contexts
                .iter()
                .map(|it| it.name.clone())
                .collect();
            let demands: Vec<String> = knowledge.demands.iter().map(|it| it.name.clone()).collect();
            let context_id = id(&contexts, &context.name).unwrap();
            let demand_id = id(&demands, &demand.name).unwrap();
            let naming = knowledge.rules.iter().filter(|rule| {
                rule.pairs.iter().any(|(context, demand)| {
                    usize::from(context.0) == context_id && usize::from(demand.0) == demand_id
                })
            });
            let forbidden = context
                .forbids
                .iter()
                .any(|it| usize::from(it.0) == demand_id);
            let violation = demand.wait > context.limit || forbidden;
            assert_eq!(
                naming.count(),
                usize::from(violation),
                "{} {}",
                context.name,
                demand.name
            );
        }
    }
}

/// What is acquired and released by type must agree, or a lock would stay held.
#[test]
fn what_can_be_acquired_can_be_released() {
    let knowledge = knowledge();
    let mut acquired = BTreeSet::new();
    let mut released = BTreeSet::new();
    for name in sorted(&knowledge) {
        for effect in &knowledge.functions[name].effects {
            match effect {
                Effect::Acquire { context, .. } => acquired.extend(kinds(context)),
                Effect::Release { context, .. } => released.extend(kinds(context)),
                _ => {}
            }
        }
    }
    assert_eq!(acquired, released);
}

fn sorted(knowledge: &Knowledge) -> BTreeSet<&String> {
    knowledge.functions.keys().collect()
}

fn kinds(selector: &KindSelector) -> Vec<u16> {
    match selector {
        KindSelector::Fixed(id) => vec![id.0],
        KindSelector::OfLockType { default, map } => {
            map.iter().map(|(_, to)| to.0).chain([default.0]).collect()
        }
    }
}

#[test]
fn trylocks_do_not_wait() {
    let knowledge = knowledge();
    for name in sorted(&knowledge) {
        for effect in &knowledge.functions[name].effects {
            if let Effect::Acquire {
                context: KindSelector::Fixed(id),
                waits,
                when,
                ..
            } = effect
            {
                let lock = knowledge.context(*id).identity == Identity::Lock;
                if lock && (name.contains("trylock") || name.ends_with("::try_lock")) {
                    assert!(!waits && *when != ResultTest::Any, "{name}");
                } else {
                    assert!(waits, "{name}");
                }
            }
        }
    }
}

#[test]
fn allocators_look_at_their_flags() {
    let knowledge = knowledge();
    let effects = &knowledge.functions["__kmalloc_noprof"].effects;
    let [
        Effect::Demand {
            only_if: Some(atomic),
            ..
        },
        Effect::Demand {
            only_if: Some(blocking),
            ..
        },
        Effect::Demand {
            only_if: Some(filesystems),
            ..
        },
        Effect::Demand {
            only_if: Some(disks),
            ..
        },
    ] = &effects[..]
    else {
        panic!("{effects:?}")
    };
    for test in [atomic, blocking] {
        assert_eq!(test.argument, ArgumentSelector::Typed("gfp_t".to_owned()));
        assert_eq!(test.mask, 0x400);
    }
    for (test, mask) in [(filesystems, 0x480), (disks, 0x440)] {
        assert!(test.set && test.all && test.proof);
        assert_eq!((test.mask, test.clear), (mask, 0x100_0000));
    }
    assert!(blocking.set && blocking.proof);
    assert!(!atomic.set && !atomic.proof);
}

/// Whoever may wait for filesystems to give memory back may wait for disks, too: __GFP_FS comes with
/// __GFP_IO in every set of flags that has it.
#[test]
fn what_reclaims_from_filesystems_may_start_io() {
    let knowledge = knowledge();
    let demanded = |effects: &[Effect], name: &str| {
        effects.iter().any(|effect| {
            matches!(effect, Effect::Demand { demand, .. } if knowledge.demand(*demand).name == name)
        })
    };
    let is_wrong = |effects: &[Effect]| {
        demanded(effects, "blocking-allocation")
            && demanded(effects, "fs-reclaim")
            && !demanded(effects, "io-reclaim")
    };
    let functions = knowledge.functions.iter();
    let wrong = functions.filter(|(_, model)| is_wrong(&model.effects));
    let wrong: BTreeSet<&String> = wrong.map(|(name, _)| name).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[track_caller]
fn check_error(text: &str, marked: &str, message: &str) {
    let errors = load(&[("user.toml", text)]).expect_err("it is wrong");
    let [error] = &errors[..] else {
        panic!("{}", lines(&errors))
    };
    assert_eq!(error.file, "user.toml");
    assert_eq!(&text[error.span.clone()], marked);
    assert!(error.message.starts_with(message), "{}", error.message);
    assert!(error.to_string().starts_with("user.toml:"));
}

#[test]
fn a_user_can_add_rows() {
    let text = r#"
[[function]]
names = ["my_lock"]
does = [{ acquire = "raw-spinlock", lock = 0 }]
source = "drivers/my.c"
"#;
    let knowledge = load(&[("user.toml", text)]).unwrap();
    assert_eq!(knowledge.functions["my_lock"].effects.len(), 1);
}

#[test]
fn a_new_context_is_covered_by_the_rules() {
    let text = r#"
[[context]]
name = "my-lock"
label = "my_lock held"
limit = "spin"
identity = "lock"
source = "drivers/my.c"
"#;
    let knowledge = load(&[("user.toml", text)]).unwrap();
    let covering = |name: &str| -> Vec<&String> {
        let index = knowledge.contexts.iter().position(|it| it.name == name);
        let id = u16::try_from(index.unwrap()).unwrap();
        let covers = |rule: &&RulePair| rule.pairs.iter().any(|(context, _)| context.0 == id);
        let rules = knowledge.rules.iter().filter(covers);
        rules.map(|rule| &rule.name).collect()
    };
    // Like one that is built in, of which no more is said than that it must not be forgotten.
    let mut built_in = covering("bit-spinlock");
    built_in.retain(|it| *it != "context-not-restored");
    assert_eq!(covering("my-lock"), built_in);
    assert_eq!(covering("my-lock").len(), 7);
}

#[test]
fn a_row_is_replaced_only_on_purpose() {
    let row = |extra: &str| {
        format!(
            "[[boundary]]\nnames = [\"mutex_lock\"]\n{extra}reason = \"r\"\nsource = \"a/b.c\"\n"
        )
    };
    check_error(
        &row(""),
        "\"mutex_lock\"",
        "`mutex_lock` has a row in rules/model/mutex_rwsem_semaphore.toml already; say `override",
    );
    let text = row("override = true\n");
    let knowledge = load(&[("user.toml", &text)]).unwrap();
    assert!(knowledge.functions["mutex_lock"].effects.is_empty());
    check_error(
        &text.replace("mutex_lock", "mutex_lokc"),
        "\"mutex_lokc\"",
        "there is no row of `mutex_lokc` to override",
    );
    let twice = text.clone() + &text;
    assert!(
        load(&[("user.toml", &twice)]).is_ok(),
        "the later of two overrides wins"
    );
}

#[test]
fn mistakes_are_shown_where_they_are() {
    let row = |does: &str| {
        format!("[[function]]\nnames = [\"f\"]\ndoes = [{does}]\nsource = \"a/b.c\"\n")
    };
    check_error(
        &row(r#"{ acquire = "raw-spinlok" }"#),
        "\"raw-spinlok\"",
        "no context is called `raw-spinlok`; there are allocator-lock, arch-spinlock, ",
    );
    check_error(&row(r#"{ demand = "x" }"#), "\"x\"", "no demand is called");
    check_error(
        &row(r#"{ demand = "sleep", only_if = "y" }"#),
        "\"y\"",
        "no condition is called",
    );
    check_error(
        &row(r#"{ demand = "sleep", lock = 0 }"#),
        "0",
        "`lock` says nothing of `demand`",
    );
    check_error(
        &row(r#"{ acquire = "rcu", lock = 0 }"#),
        "\"rcu\"",
        "`rcu` is not a lock",
    );
    check_error(
        &row(r#"{ acquire = "rcu", release = "rcu" }"#),
        r#"{ acquire = "rcu", release = "rcu" }"#,
        "`acquire` and `release` must be entries of their own",
    );
    check_error(
        &row("{ when = \"zero\" }"),
        "{ when = \"zero\" }",
        "it does nothing",
    );
    check_error(
        &row(r#"{ acquire = "spinlock", by_type = true }"#),
        "true",
        "`by_type` needs the `lock`",
    );
    check_error(
        &row(r#"{ convert = ["irqs-off"] }"#),
        r#"{ convert = ["irqs-off"] }"#,
        "`convert` needs `to`",
    );
    check_error(
        &row(""),
        "[\"f\"]",
        "the row says nothing of these functions",
    );
    check_error(
        &row(r#"{ returns = 0 }"#).replace("\"f\"", "\"f g\""),
        "\"f g\"",
        "`f g` is not the name of a function",
    );
    check_error(
        &row(r#"{ returns = 0 }"#).replace("\"f\"", ""),
        "[]",
        "`names` is empty",
    );
    check_error(
        &row(r#"{ returns = 0 }"#).replace("a/b.c", " "),
        "\" \"",
        "`source` is empty",
    );
    check_error(
        &row(r#"{ returns = 0 }"#).replace("does", "dose"),
        "dose",
        "unknown field `dose`",
    );
    check_error(
        "[[condition]]\nname = \"c\"\nargument = 0\nmask = 0\nset = true\nproof = true\nsource = \"a/b.c\"\n",
        "0",
        "a mask without bits",
    );
    check_error(
        "[[demand]]\nname = \"Some Thing\"\nlabel = \"l\"\nwait = \"spin\"\nsource = \"a/b.c\"\n",
        "\"Some Thing\"",
        "`Some Thing` is not a name in kebab-case",
    );
}

#[test]
fn all_mistakes_are_told_at_once() {
    let text = "[[boundary]]\nnames = [\"f\", \"f\"]\nreason = \" \"\nsource = \"a/b.c\"\n";
    let errors = load(&[("user.toml", text), ("other.toml", "x = 1\n")])
        .map(|_| ())
        .unwrap_err();
    assert_eq!(
        errors.len(),
        1,
        "a file that cannot be read hides the rest: {}",
        lines(&errors)
    );
    let errors = load(&[("user.toml", text)]).unwrap_err();
    assert_eq!(errors.len(), 2, "{}", lines(&errors));
}

#[test]
fn mistakes_in_entries_are_shown() {
    let row = |text: &str| format!("[[entry]]\n{text}\nsource = \"drivers/my.c\"\n");
    check_error(
        &row("label = \"a callback\"\ncontexts = [\"softirq\"]\nnames = [\"f\"]"),
        "\"a callback\"",
        "a label says where one is",
    );
    check_error(
        &row("label = \"in a callback\"\ncontexts = [\"softirq\"]\nfields = [\"function\"]"),
        "\"function\"",
        "`function` is not a field",
    );
    check_error(
        &row("label = \"in a callback\"\ncontexts = [\"softirq\"]"),
        "\"in a callback\"",
        "an entry has one of",
    );
    check_error(
        &row("label = \"in a callback\"\ncontexts = [\"softirq\"]\nnames = [\"f\"]\nargument = 1"),
        "1",
        "`argument` says something of `passed_to` only",
    );
    check_error(
        &row("label = \"in a callback\"\ncontexts = [\"task\"]\nnames = [\"f\"]"),
        "\"task\"",
        "no context is called `task`",
    );
}

#[test]
fn mistakes_in_locks_are_shown() {
    check_error(
        "[[lock]]\ncounts_as = \"rcu\"\nsource = \"mm/my.c\"\n",
        "\"rcu\"",
        "the row names no lock",
    );
    check_error(
        "[[lock]]\nclasses = [\"a b\"]\ncounts_as = \"rcu\"\nsource = \"mm/my.c\"\n",
        "\"a b\"",
        "`a b` is not the class of a lock",
    );
}
