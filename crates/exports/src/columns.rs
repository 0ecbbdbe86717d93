//! What the columns of an export are called, and how their cells are to look.
use meta::{Field, Kind, Model, Object};
use query::{Member, Shape};

#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// As the API says it: `client.name`.
    pub name: String,
    pub label: String,
    /// Of the field, where the column is one and no aggregate.
    pub kind: Option<Kind>,
}

/// In the order in which `store::Batch::values` gives the cells.
pub fn of(model: &Model, object: &Object, shape: &Shape) -> Vec<Column> {
    let mut all = vec![];
    add(model, Some(object), shape, &mut vec![], &mut all);
    all
}

/// Names and labels of the embedded records that lead here.
type Way = Vec<(String, String)>;

fn add(model: &Model, object: Option<&Object>, shape: &Shape, way: &mut Way, all: &mut Vec<Column>) {
    for member in &shape.members {
        match member {
            // Whose members stand beside ours cannot be told from the shape: they keep their names.
            Member::Spread { shape } => add(model, None, shape, way, all),
            Member::One { prefix, shape, .. } => {
                let name = plain(prefix);
                let (target, label) = embedded(model, object, &name);
                way.push((name, label));
                add(model, target, shape, way, all);
                way.pop();
            }
            Member::Many { prefix, .. } => {
                let name = plain(prefix);
                let (_, label) = embedded(model, object, &name);
                all.push(column(way, name, label, None));
            }
            Member::Column { prefix, .. } => {
                let name = plain(prefix);
                let field = object.and_then(|o| o.fields.get(&name));
                let label = field.map_or(name.clone(), label);
                all.push(column(way, name, label, field.map(Field::stored_kind)));
            }
        }
    }
}

fn column(way: &Way, name: String, label: String, kind: Option<Kind>) -> Column {
    let names: Vec<&str> = way.iter().map(|w| w.0.as_str()).chain([name.as_str()]).collect();
    let labels: Vec<&str> = way.iter().map(|w| w.1.as_str()).chain([label.as_str()]).collect();
    Column { name: names.join("."), label: labels.join(" › "), kind }
}

/// Where a relation leads, and what it is called: by its field, else by those it leads to.
fn embedded<'m>(model: &'m Model, object: Option<&'m Object>, name: &str) -> (Option<&'m Object>, String) {
    let relations = object.map(|o| query::relations(model, o)).unwrap_or_default();
    let Some(relation) = relations.into_iter().find(|r| r.name == name) else {
        return (None, name.to_owned());
    };
    let label = match relation.how {
        query::How::Out(field) | query::How::Several(field) => label(field),
        _ if relation.is_to_one() => relation.target.label.clone(),
        _ => relation.target.label_plural.clone(),
    };
    (Some(relation.target), label)
}

fn label(field: &Field) -> String {
    if field.label.is_empty() { field.name.clone() } else { field.label.clone() }
}

/// `"name":` as `name`.
fn plain(prefix: &str) -> String {
    let quoted = prefix.strip_suffix(':').unwrap_or(prefix);
    serde_json::from_str(quoted).unwrap_or_else(|_| quoted.to_owned())
}
