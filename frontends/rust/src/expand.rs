// SPDX-License-Identifier: MIT OR Apache-2.0
//! `macro_rules!`: which rule matches an invocation, and what it becomes.
//!
//! Tokens of the invocation keep their places, and everything that the macro adds is given the
//! place of the invocation: that is where the programmer looks. Hygiene is not modelled.

use std::collections::BTreeMap;

use proc_macro2::{Delimiter, Group, Ident, Punct, Spacing, Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::discouraged::Speculative;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Lifetime, Lit, Result, Token};

/// How `$crate` is written after expansion: this and the name of the crate.
pub(crate) const CRATE_PREFIX: &str = "__crate_";

/// A macro by rules.
#[derive(Debug)]
pub(crate) struct Macro {
    rules: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    matcher: Vec<Pattern>,
    body: Vec<Pattern>,
}

/// A part of a matcher or of what it becomes.
#[derive(Clone, Debug)]
enum Pattern {
    Token(TokenTree),
    Group(Delimiter, Vec<Pattern>),
    /// `$name:kind`, and `$name` in the body, where there is no kind.
    Variable {
        name: String,
        kind: String,
    },
    /// `$( ... ) separator repeat`
    Repeat {
        parts: Vec<Pattern>,
        separator: Option<TokenTree>,
        kind: char,
    },
    /// `$crate`
    Crate,
}

/// What a variable matched.
#[derive(Clone, Debug)]
enum Matched {
    Tokens(Vec<TokenTree>),
    Many(Vec<Bindings>),
}

type Bindings = BTreeMap<String, Matched>;

/// More rounds than any macro of a kernel needs.
const MAX_TOKENS: usize = 200_000;

impl Macro {
    /// Reads the rules of a `macro_rules!`.
    pub(crate) fn parse(tokens: TokenStream) -> Result<Self> {
        let rules = |input: ParseStream<'_>| {
            let mut rules = Vec::new();
            while !input.is_empty() {
                let matcher: Group = input.parse()?;
                input.parse::<Token![=>]>()?;
                let body: Group = input.parse()?;
                input.parse::<Option<Token![;]>>()?;
                rules.push(Rule {
                    matcher: patterns(matcher.stream(), true),
                    body: patterns(body.stream(), false),
                });
            }
            Ok(rules)
        };
        Ok(Self {
            rules: rules.parse2(tokens)?,
        })
    }

    /// What an invocation with `input` becomes, if a rule matches. `krate` is the crate that
    /// defines the macro, `at` the place of the invocation.
    pub(crate) fn expand(&self, input: &TokenStream, krate: &str, at: Span) -> Option<TokenStream> {
        for rule in &self.rules {
            let mut bindings = Bindings::new();
            let matched = (|input: ParseStream<'_>| {
                sequence(&rule.matcher, input, &mut bindings)?;
                if input.is_empty() {
                    Ok(())
                } else {
                    Err(input.error("more than the rule takes"))
                }
            })
            .parse2(input.clone());
            if matched.is_ok() {
                let mut out = Vec::new();
                transcribe(&rule.body, &bindings, krate, at, &mut out);
                return (out.len() < MAX_TOKENS).then(|| out.into_iter().collect());
            }
        }
        None
    }
}

/// In a matcher, a variable has a kind; in a body, a colon after one is a colon.
fn patterns(tokens: TokenStream, is_matcher: bool) -> Vec<Pattern> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut out = Vec::new();
    let mut index = 0;
    while index < tokens.len() {
        let rest = &tokens[index + 1..];
        let (pattern, taken) = match (&tokens[index], rest.first()) {
            (TokenTree::Punct(it), Some(next)) if it.as_char() == '$' => match next {
                TokenTree::Ident(name) if name == "crate" => (Pattern::Crate, 2),
                TokenTree::Ident(name) => variable(name, rest, is_matcher),
                TokenTree::Group(group) => repeat(group, &rest[1..], is_matcher),
                _ => (Pattern::Token(tokens[index].clone()), 1),
            },
            (TokenTree::Group(group), _) => (
                Pattern::Group(group.delimiter(), patterns(group.stream(), is_matcher)),
                1,
            ),
            (token, _) => (Pattern::Token(token.clone()), 1),
        };
        out.push(pattern);
        index += taken;
    }
    out
}

fn variable(name: &Ident, rest: &[TokenTree], is_matcher: bool) -> (Pattern, usize) {
    let kind = match (rest.get(1), rest.get(2)) {
        (Some(TokenTree::Punct(colon)), Some(TokenTree::Ident(kind)))
            if is_matcher && colon.as_char() == ':' && colon.spacing() == Spacing::Alone =>
        {
            Some(kind.to_string())
        }
        _ => None,
    };
    let taken = if kind.is_some() { 4 } else { 2 };
    let pattern = Pattern::Variable {
        name: name.to_string(),
        kind: kind.unwrap_or_default(),
    };
    (pattern, taken)
}

fn repeat(group: &Group, rest: &[TokenTree], is_matcher: bool) -> (Pattern, usize) {
    let sign = |token: Option<&TokenTree>| match token {
        Some(TokenTree::Punct(it)) if matches!(it.as_char(), '*' | '+' | '?') => Some(it.as_char()),
        _ => None,
    };
    let (separator, kind, taken) = match (sign(rest.first()), sign(rest.get(1))) {
        (Some(kind), _) => (None, kind, 3),
        (None, Some(kind)) => (rest.first().cloned(), kind, 4),
        (None, None) => (None, '*', 2),
    };
    let pattern = Pattern::Repeat {
        parts: patterns(group.stream(), is_matcher),
        separator,
        kind,
    };
    (pattern, taken)
}

fn sequence(parts: &[Pattern], input: ParseStream<'_>, bindings: &mut Bindings) -> Result<()> {
    for part in parts {
        match part {
            Pattern::Token(token) => literal(token, input)?,
            Pattern::Crate => return Err(input.error("`$crate` matches nothing")),
            Pattern::Group(delimiter, parts) => {
                let TokenTree::Group(group) = input.parse()? else {
                    return Err(input.error("not a group"));
                };
                if group.delimiter() != *delimiter {
                    return Err(input.error("another delimiter"));
                }
                (|inner: ParseStream<'_>| {
                    sequence(parts, inner, bindings)?;
                    if inner.is_empty() {
                        Ok(())
                    } else {
                        Err(inner.error("more than the rule takes"))
                    }
                })
                .parse2(group.stream())?;
            }
            Pattern::Variable { name, kind } => {
                let tokens = fragment(kind, input)?;
                bindings.insert(name.clone(), Matched::Tokens(tokens));
            }
            Pattern::Repeat {
                parts,
                separator,
                kind,
            } => repetition(parts, separator.as_ref(), *kind, input, bindings)?,
        }
    }
    Ok(())
}

fn repetition(
    parts: &[Pattern],
    separator: Option<&TokenTree>,
    kind: char,
    input: ParseStream<'_>,
    bindings: &mut Bindings,
) -> Result<()> {
    let mut rounds: Vec<Bindings> = Vec::new();
    loop {
        let fork = input.fork();
        if fork.is_empty() && !rounds.is_empty() {
            break;
        }
        if !rounds.is_empty()
            && let Some(separator) = separator
            && literal(separator, &fork).is_err()
        {
            break;
        }
        let mut round = Bindings::new();
        let before = fork.cursor();
        if sequence(parts, &fork, &mut round).is_err() || fork.cursor() == before {
            break;
        }
        input.advance_to(&fork);
        rounds.push(round);
        if kind == '?' {
            break;
        }
    }
    if kind == '+' && rounds.is_empty() {
        return Err(input.error("nothing to repeat"));
    }
    let mut names = Vec::new();
    variables(parts, &mut names);
    for name in names {
        bindings.insert(name, Matched::Many(rounds.clone()));
    }
    Ok(())
}

fn variables(parts: &[Pattern], into: &mut Vec<String>) {
    for part in parts {
        match part {
            Pattern::Variable { name, .. } => into.push(name.clone()),
            Pattern::Group(_, parts) | Pattern::Repeat { parts, .. } => variables(parts, into),
            Pattern::Token(_) | Pattern::Crate => {}
        }
    }
}

/// Takes a token that has to be there as it is.
fn literal(expected: &TokenTree, input: ParseStream<'_>) -> Result<()> {
    let token: TokenTree = input.parse()?;
    let same = match (&token, expected) {
        (TokenTree::Ident(a), TokenTree::Ident(b)) => a == b,
        (TokenTree::Punct(a), TokenTree::Punct(b)) => a.as_char() == b.as_char(),
        (TokenTree::Literal(a), TokenTree::Literal(b)) => a.to_string() == b.to_string(),
        _ => false,
    };
    if same {
        Ok(())
    } else {
        Err(input.error("another token"))
    }
}

fn parsed<T: Parse + quote::ToTokens>(input: ParseStream<'_>) -> Result<Vec<TokenTree>> {
    let parsed: T = input.parse()?;
    Ok(parsed.into_token_stream().into_iter().collect())
}

fn fragment(kind: &str, input: ParseStream<'_>) -> Result<Vec<TokenTree>> {
    match kind {
        "tt" => {
            if input.peek(Lifetime) {
                return parsed::<Lifetime>(input);
            }
            let first: TokenTree = input.parse()?;
            let mut tokens = vec![first];
            // An operator of several characters is one token tree.
            while let Some(TokenTree::Punct(last)) = tokens.last()
                && last.spacing() == Spacing::Joint
                && let Ok(next) = input.fork().parse::<Punct>()
                && joins(last.as_char(), next.as_char())
            {
                tokens.push(TokenTree::Punct(input.parse()?));
            }
            Ok(tokens)
        }
        "ident" => Ok(vec![TokenTree::Ident(input.call(Ident::parse_any)?)]),
        "expr" | "expr_2021" => {
            let tokens = parsed::<syn::Expr>(input)?;
            Ok(match tokens.as_slice() {
                [_] => tokens,
                _ => {
                    let span = tokens.first().map_or_else(Span::call_site, TokenTree::span);
                    let mut group = Group::new(Delimiter::None, tokens.into_iter().collect());
                    group.set_span(span);
                    vec![TokenTree::Group(group)]
                }
            })
        }
        "ty" => parsed::<syn::Type>(input),
        "path" => parsed::<syn::Path>(input),
        "block" => parsed::<syn::Block>(input),
        "item" => parsed::<syn::Item>(input),
        "meta" => parsed::<syn::Meta>(input),
        "vis" => parsed::<syn::Visibility>(input),
        "lifetime" => parsed::<Lifetime>(input),
        "literal" => {
            if input.peek(Token![-]) {
                let mut tokens = parsed::<Token![-]>(input)?;
                tokens.extend(parsed::<Lit>(input)?);
                return Ok(tokens);
            }
            parsed::<Lit>(input)
        }
        "stmt" => {
            let statement = input.call(syn::Stmt::parse)?;
            Ok(quote::ToTokens::into_token_stream(statement)
                .into_iter()
                .collect())
        }
        "pat" => {
            let pattern = input.call(syn::Pat::parse_multi_with_leading_vert)?;
            Ok(quote::ToTokens::into_token_stream(pattern)
                .into_iter()
                .collect())
        }
        "pat_param" => {
            let pattern = input.call(syn::Pat::parse_single)?;
            Ok(quote::ToTokens::into_token_stream(pattern)
                .into_iter()
                .collect())
        }
        _ => Err(input.error("an unknown kind of fragment")),
    }
}

/// Whether two characters are one operator.
fn joins(a: char, b: char) -> bool {
    matches!(
        (a, b),
        ('=' | '-', '>')
            | ('<', '-' | '=' | '<')
            | ('>', '=' | '>')
            | (':', ':')
            | ('.', '.')
            | ('&', '&')
            | ('|', '|')
            | (
                '=' | '!' | '+' | '-' | '*' | '/' | '%' | '^' | '&' | '|',
                '='
            )
    )
}

fn transcribe(
    parts: &[Pattern],
    bindings: &Bindings,
    krate: &str,
    at: Span,
    out: &mut Vec<TokenTree>,
) {
    for part in parts {
        if out.len() >= MAX_TOKENS {
            return;
        }
        match part {
            Pattern::Token(token) => {
                let mut token = token.clone();
                token.set_span(at);
                out.push(token);
            }
            Pattern::Crate => {
                out.push(TokenTree::Ident(Ident::new(
                    &format!("{CRATE_PREFIX}{krate}"),
                    at,
                )));
            }
            Pattern::Group(delimiter, parts) => {
                let mut inner = Vec::new();
                transcribe(parts, bindings, krate, at, &mut inner);
                let mut group = Group::new(*delimiter, inner.into_iter().collect());
                group.set_span(at);
                out.push(TokenTree::Group(group));
            }
            Pattern::Variable { name, .. } => match bindings.get(name) {
                Some(Matched::Tokens(tokens)) => out.extend(tokens.iter().cloned()),
                Some(Matched::Many(_)) => {}
                None => {
                    // Not a variable of this macro: of one that it defines.
                    out.push(TokenTree::Punct(Punct::new('$', Spacing::Alone)));
                    out.push(TokenTree::Ident(Ident::new(name, at)));
                }
            },
            Pattern::Repeat {
                parts, separator, ..
            } => {
                let mut names = Vec::new();
                variables(parts, &mut names);
                let rounds = names.iter().find_map(|name| match bindings.get(name) {
                    Some(Matched::Many(rounds)) => Some(rounds),
                    _ => None,
                });
                for index in 0..rounds.map_or(0, Vec::len) {
                    if index > 0
                        && let Some(separator) = separator
                    {
                        let mut separator = separator.clone();
                        separator.set_span(at);
                        out.push(separator);
                    }
                    let mut inner = bindings.clone();
                    for name in &names {
                        if let Some(Matched::Many(rounds)) = bindings.get(name)
                            && let Some(bound) = rounds.get(index).and_then(|it| it.get(name))
                        {
                            inner.insert(name.clone(), bound.clone());
                        }
                    }
                    transcribe(parts, &inner, krate, at, out);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(rules: &str, input: &str) -> Option<String> {
        let rules = Macro::parse(rules.parse().unwrap()).unwrap();
        let input: TokenStream = input.parse().unwrap();
        let out = rules.expand(&input, "kernel", Span::call_site())?;
        Some(out.to_string().split_whitespace().collect())
    }

    #[test]
    fn the_first_rule_that_matches_decides() {
        let rules = "($x:literal) => { lit($x) }; ($x:expr) => { expr($x) };";
        assert_eq!(expand(rules, "3").unwrap(), "lit(3)");
        assert_eq!(expand(rules, "a").unwrap(), "expr(a)");
        assert_eq!(expand(rules, "a b"), None);
    }

    #[test]
    fn repetitions_nest() {
        let rules = "($($name:ident: [$($value:expr),*]);* $(;)?) => { $($name($($value),*);)* };";
        assert_eq!(expand(rules, "a: [1, 2]; b: [];").unwrap(), "a(1,2);b();");
    }

    #[test]
    fn the_crate_of_the_macro_is_named() {
        assert_eq!(
            expand("() => { $crate::f() };", "").unwrap(),
            "__crate_kernel::f()"
        );
    }

    #[test]
    fn operators_are_one_token_tree() {
        let rules = "($a:tt $b:tt $c:tt) => { $c $b $a };";
        assert_eq!(expand(rules, "x => y").unwrap(), "y=>x");
    }
}
