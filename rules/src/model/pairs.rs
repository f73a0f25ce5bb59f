// SPDX-License-Identifier: MIT OR Apache-2.0
//! What each rule is about, as pairs of a context and a demand that it does not allow.

use std::collections::BTreeSet;

use waitctx_solver::{ContextId, DemandId, RulePair, Verdict};

use super::build::Tables;
use crate::catalogue::{self, Level};

impl Tables {
    /// Adds the rules. The contexts of general ones are chosen by limit, so that a context that a
    /// file adds is covered as well; what a rule with contexts of its own names, they leave alone.
    pub(super) fn add_rules(&mut self, rules: &[catalogue::Rule]) {
        let mut claimed = BTreeSet::new();
        let mut pairs: Vec<Vec<(ContextId, DemandId)>> = vec![Vec::new(); rules.len()];
        for specific in [true, false] {
            for (rule, pairs) in rules.iter().zip(&mut pairs) {
                if rule.below.is_none() == specific {
                    *pairs = self.pairs(rule);
                    pairs.retain(|&pair| claimed.insert(pair));
                }
            }
        }
        for (rule, pairs) in rules.iter().zip(pairs) {
            self.knowledge.rules.push(RulePair {
                name: rule.name.clone(),
                verdict: match rule.level {
                    Level::Error => Verdict::EveryKernel,
                    Level::Warning => Verdict::RawNesting,
                },
                doubt: rule.doubt.clone(),
                pairs,
            });
        }
    }

    /// What a rule is about that is not allowed.
    fn pairs(&self, rule: &catalogue::Rule) -> Vec<(ContextId, DemandId)> {
        let knowledge = &self.knowledge;
        let contexts = self
            .contexts
            .iter()
            .filter(|&(name, &id)| match rule.below {
                Some(below) => knowledge.context(id).limit < below,
                None => rule.contexts.contains(name),
            });
        contexts
            .flat_map(|(_, &context)| {
                let demands = rule
                    .demands
                    .iter()
                    .filter_map(|name| self.demands.get(name));
                demands.map(move |&demand| (context, demand))
            })
            .filter(|&(context, demand)| !knowledge.allows(context, demand))
            .collect()
    }
}
