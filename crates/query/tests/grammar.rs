//! The grammar: it never panics, it can be written down again, and its refusals help.
mod support;

use proptest::prelude::*;
use query::{Ask, Filter, Headers, Item};
use support::shop;

fn parse(query: &str) -> Result<Ask, kernel::Problems> {
    query::parse(&query::pairs(query), &Headers::default())
}

/// Letters that the grammar knows, so that arbitrary strings get far into it.
const PIECES: &[&str] = &[
    "select",
    "order",
    "or",
    "and",
    "not",
    "limit",
    "offset",
    "=",
    "&",
    ".",
    ",",
    "(",
    ")",
    "{",
    "}",
    "!",
    "inner",
    "*",
    "...",
    "::",
    ":",
    "->",
    "->>",
    "\"",
    "\\",
    "eq",
    "in",
    "is",
    "like",
    "(any)",
    "fts(german)",
    "count",
    "()",
    "sum",
    "client",
    "name",
    "lines",
    " ",
    "null",
    "1",
    "-1",
    "desc",
    "nullsfirst",
    "ä",
    "\u{0}",
    "%",
    "text",
    "id",
    "orders",
    "amount",
];

fn pieces() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES), 0..40).prop_map(|p| p.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_answered_or_refused(key in ".{0,30}", value in ".{0,80}", header in ".{0,40}") {
        let headers = Headers { prefer: Some(&header), range: Some(&header), accept: Some(&header) };
        let _ = query::parse(&[(key, value.clone()), ("select".into(), value)], &headers);
    }

    #[test]
    fn any_mixture_of_the_grammar_is_planned_or_refused(select in pieces(), order in pieces(), key in pieces(), value in pieces(), logic in pieces()) {
        let pairs = [("select", select), ("order", order), ("or", format!("({logic})")), ("q", value.clone()), ("cursor", value.clone())];
        let mut pairs: Vec<(String, String)> = pairs.into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
        pairs.push((key, value));
        for wanted in 1..=pairs.len() {
            if let Ok(ask) = query::parse(&pairs[..wanted], &Headers::default()) {
                plan(&ask);
            }
        }
    }

    #[test]
    fn what_was_read_can_be_written_and_read_again(select in pieces(), order in pieces(), logic in pieces()) {
        if let Ok(ask) = query::parse(&[("select".into(), select)], &Headers::default()) {
            let again = text(ask.select.as_deref().unwrap_or_default());
            let read = query::parse(&[("select".into(), again.clone())], &Headers::default());
            prop_assert_eq!(read.map(|a| a.select), Ok(ask.select), "{}", again);
        }
        if let Ok(ask) = query::parse(&[("order".into(), order)], &Headers::default()) {
            let again = text(&ask.order);
            let read = query::parse(&[("order".into(), again.clone())], &Headers::default());
            prop_assert_eq!(read.map(|a| a.order), Ok(ask.order), "{}", again);
        }
        if let Ok(ask) = query::parse(&[("and".into(), format!("({logic})"))], &Headers::default()) {
            let again = format!("({})", text(&ask.filters));
            let read = query::parse(&[("and".into(), again.clone())], &Headers::default());
            prop_assert_eq!(read.map(|a| a.filters), Ok(vec![Filter::And(ask.filters)]), "{}", again);
        }
    }
}

fn text<T: std::fmt::Display>(all: &[T]) -> String {
    all.iter().map(T::to_string).collect::<Vec<_>>().join(",")
}

fn plan(ask: &Ask) {
    let model = shop::model();
    let actor = shop::actor(&[("director", None)]);
    for object in ["client", "order"] {
        if let Ok(grant) = policy::grant::<policy::Read>(&model, &actor, object) {
            let _ = query::list(&model, &actor, &grant, ask);
        }
    }
}

#[test]
fn nesting_without_end_is_refused() {
    let deep = "client(".repeat(100_000);
    assert!(parse(&format!("select={deep}")).is_err());
    let deep = "or(".repeat(50_000);
    assert!(parse(&format!("or=({deep}")).is_err());
    let wide = "id,".repeat(5_000);
    assert!(parse(&format!("select={wide}id")).is_err());
}

#[test]
fn an_empty_select_means_every_field() {
    assert_eq!(parse("select=").map(|a| a.select), Ok(None));
}

#[test]
fn spaces_around_names_mean_nothing() {
    let Ok(Ask { select: Some(items), .. }) = parse("select= id , name,client ( id )") else {
        panic!("is read")
    };
    assert_eq!(text(&items), "id,name,client(id)");
    assert!(matches!(items[2], Item::Embed(_)));
}

#[test]
fn a_range_stays_within_limit_and_offset() {
    let read = |query: &str, range| {
        let ask = query::parse(&query::pairs(query), &Headers { range: Some(range), ..Headers::default() });
        ask.map(|a| (a.offset, a.limit)).map_err(|p| p[0].code)
    };
    assert_eq!(read("", "10-19"), Ok((10, Some(10))));
    assert_eq!(read("limit=5", "0-1"), Ok((0, Some(2))));
    assert_eq!(read("offset=3&limit=5", "0-100"), Ok((3, Some(5))));
    assert_eq!(read("", "5-"), Ok((5, None)));
    assert_eq!(read("", "5-2"), Err("query.range"));
    assert_eq!(read("", "bytes=0-5"), Ok((0, None)));
}

#[test]
fn strict_handling_refuses_what_it_does_not_know() {
    let read = |prefer| query::parse(&[], &Headers { prefer: Some(prefer), ..Headers::default() });
    assert!(read("return=minimal, wings=two").is_ok());
    assert_eq!(read("handling=strict, wings=two").map_err(|p| p[0].code), Err("query.invalid"));
}

/// Question, code, the field it points at, and a word of the help.
const REFUSALS: &[(&str, &str, &str, &str)] = &[
    ("orders?amuont=gt.1", "query.no_such_field", "amuont", "Did you mean `amount`?"),
    ("orders?select=id,amuont", "query.no_such_field", "amuont", "Did you mean `amount`?"),
    ("clients?select=credit_limit", "query.no_such_field", "credit_limit", "has no field"),
    ("clients?credit_limit=gt.1", "query.no_such_field", "credit_limit", "has no field"),
    ("clients?select=iban", "query.no_such_field", "iban", "has no field"),
    ("clients?iban=eq.DE1", "query.no_such_field", "iban", "has no field"),
    ("clients?order=iban", "query.no_such_field", "iban", "has no field"),
    ("clients?as_of=yesterday", "query.invalid", "as_of", "must be a time"),
    ("clients?select=name,orders(number)&as_of=2026-01-31", "query.unsupported", "as_of", "has many records"),
    ("clients?order=credit_limit", "query.no_such_field", "credit_limit", "has no field"),
    ("orders?select=id,client(credit_limit)", "query.no_such_field", "credit_limit", "has no field"),
    (
        "orders?select=id,client(name)&client.credit_limit=gt.5",
        "query.no_such_field",
        "credit_limit",
        "has no field",
    ),
    ("orders?amount=gt.abc", "query.invalid", "amount", "needs a number"),
    ("orders?ordered_on=eq.2026-02-30", "query.invalid", "ordered_on", "needs a date"),
    ("orders?due_at=eq.soon", "query.invalid", "due_at", "needs a time"),
    ("orders?client_id=eq.5", "query.invalid", "client_id", "needs an id"),
    ("orders?priority=in.(1,x)", "query.invalid", "priority", "needs a whole number"),
    ("orders?paid=is.maybe", "query.invalid", "paid", "after `is`"),
    ("orders?stage=is.true", "query.unsupported", "stage", "does not fit"),
    ("orders?amount=like.1*", "query.unsupported", "amount", "These do: eq"),
    ("orders?stage=cs.{a}", "query.unsupported", "stage", "does not fit"),
    ("orders?stage=open", "query.invalid", "stage", "stage=eq.value"),
    ("orders?stage=is_like.open", "query.invalid", "stage", "operators are eq"),
    ("orders?stage=fts.a b", "query.invalid", "stage", "words joined by `&`"),
    ("orders?lines=eq.1", "query.unsupported", "lines", "lines(*)"),
    ("orders?select=lines", "query.unsupported", "lines", "lines(*)"),
    ("orders?select=ship(name)", "query.no_such_relation", "select", "It has `client`, `payer`"),
    ("orders?client.name=eq.x", "query.no_such_relation", "client.name", "select=*,client(*)"),
    ("orders?order=client(name)", "query.no_such_relation", "order", "select=*,client(*)"),
    ("orders?select=contacts(name)&order=contacts(name)", "query.unsupported", "order", "has many records"),
    ("clients?select=order(number)", "query.ambiguous_embed", "select", "`orders!payer_id`"),
    ("orders?select=client(vip_level.sum())", "query.unsupported", "select", "Spread the relation"),
    ("orders?select=client(count())", "query.unsupported", "select", "Spread the relation"),
    ("orders?select=...contacts(name)", "query.unsupported", "select", "cannot be spread"),
    ("orders?select=stage.sum()", "query.unsupported", "stage", "does not fit"),
    ("orders?select=stage::polygon", "query.unsupported", "stage", "no type `polygon`"),
    ("orders?select=ordered_on::integer", "query.unsupported", "ordered_on", "cannot be cast"),
    ("orders?order=amount.up", "query.invalid", "order", "`asc`, `desc`"),
    ("orders?limit=-1", "query.range", "limit", "zero or more"),
    ("orders?limit=many", "query.invalid", "limit", "a number"),
    ("orders?cursor=abc", "query.invalid", "cursor", "begin anew"),
    ("orders?q=abc", "query.unsupported", "q", "cannot be searched"),
    ("clients?view=lost", "query.invalid", "view", "It has `active`."),
];

#[test]
fn refusals_name_what_is_wrong_and_what_would_be_right() {
    let model = shop::model();
    let actor = shop::actor(&[("seller", None)]);
    let mut wrong = vec![];
    for (question, code, field, help) in REFUSALS {
        let (plural, query) = question.split_once('?').expect("a question has a query");
        let grant = model
            .by_plural(plural)
            .and_then(|o| policy::grant::<policy::Read>(&model, &actor, &o.name))
            .expect("the seller may read");
        match parse(query).and_then(|ask| query::list(&model, &actor, &grant, &ask)) {
            Ok(plan) => wrong.push(format!("{question}: is answered by {}", plan.rows.text)),
            Err(problems) => {
                let p = &problems[0];
                let said = format!("{} {}", p.detail, p.hint.as_deref().unwrap_or_default());
                if p.code != *code || p.field.as_deref() != Some(field) || !said.contains(help) {
                    wrong.push(format!("{question}: {} at {:?}: {said}", p.code, p.field));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_change_of_everything_must_be_said() {
    let model = shop::model();
    let actor = shop::actor(&[("director", None)]);
    let grant = policy::grant::<policy::Update>(&model, &actor, "order").expect("the director may");
    let refused = |query: &str| {
        let ask = parse(query).expect("is read");
        query::matching(&model, &actor, &grant, &ask, 10).map(|_| ()).map_err(|p| p[0].code)
    };
    assert_eq!(refused("select=id"), Err("query.unbounded"));
    assert_eq!(refused("id=not.is.null"), Ok(()));
}
