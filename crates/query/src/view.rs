//! A saved view speaks where the question is silent.
use crate::ask::{Ask, Headers};
use crate::parse::{pairs, parse};
use kernel::Problem;
use meta::{Object, View};
use std::borrow::Cow;
use std::collections::HashMap;

/// The question with the view's filter, order and columns filled in. A field that the question filters itself is not
/// filtered by the view; an order or a `select` of its own replaces the view's.
pub fn with_view<'a>(object: &Object, ask: &'a Ask) -> Result<Cow<'a, Ask>, Problem> {
    let Some(name) = &ask.view else { return Ok(Cow::Borrowed(ask)) };
    let Some(view) = object.views.iter().find(|v| v.name == *name) else {
        let names: Vec<_> = object.views.iter().map(|v| format!("`{}`", v.name)).collect();
        let problem =
            Problem::new("query.invalid", format!("`{}` has no view `{name}`.", object.name)).at("view");
        return Err(if names.is_empty() {
            problem
        } else {
            problem.hint(format!("It has {}.", names.join(", ")))
        });
    };
    let said = read(object, view)?;
    let mut ask = ask.clone();
    if ask.select.is_none() {
        ask.select = said.select;
    }
    if ask.order.is_empty() {
        ask.order = said.order;
    }
    let own = std::mem::take(&mut ask.filters);
    let silent = |f: &crate::ask::Filter| !names_of(f).iter().any(|n| own.iter().any(|o| o.names(n)));
    ask.filters = said.filters.into_iter().filter(silent).collect();
    ask.filters.extend(own);
    Ok(Cow::Owned(ask))
}

fn read(object: &Object, view: &View) -> Result<Ask, Problem> {
    let mut said = pairs(&view.filter);
    if !view.order.is_empty() {
        said.push(("order".into(), view.order.clone()));
    }
    if !view.columns.is_empty() {
        said.push(("select".into(), columns(object, &view.columns)));
    }
    parse(&said, &Headers::default()).map_err(|problems| {
        let why: Vec<_> = problems.iter().map(|p| p.detail.as_str()).collect();
        let detail = format!("The view `{}` cannot be read: {}", view.name, why.join(" "));
        Problem::new("query.invalid", detail).at("view")
    })
}

/// `["number", "client.name"]` as `id,number,client(name)`: rows without an id could not be opened.
fn columns(object: &Object, columns: &[String]) -> String {
    let mut plain = object.key.clone();
    let mut order: Vec<&str> = vec![];
    let mut embeds: HashMap<&str, Vec<&str>> = HashMap::new();
    for column in columns {
        match column.split_once('.') {
            Some((relation, field)) => {
                if !embeds.contains_key(relation) {
                    order.push(relation);
                }
                embeds.entry(relation).or_default().push(field);
            }
            // A part list is shown by its rows.
            None if object.fields.get(column).is_some_and(|f| f.parts.is_some()) => {
                plain.push(format!("{column}(*)"))
            }
            None if plain.contains(column) => {}
            None => plain.push(column.clone()),
        }
    }
    plain.extend(order.into_iter().map(|r| format!("{r}({})", embeds[r].join(","))));
    plain.join(",")
}

fn names_of(filter: &crate::ask::Filter) -> Vec<&str> {
    use crate::ask::Filter::*;
    match filter {
        Test(t) => vec![t.path.name.as_str()],
        And(all) | Or(all) => all.iter().flat_map(names_of).collect(),
        Not(inner) => names_of(inner),
    }
}
