//! A file as a tree that remembers its lines: TOML and overlay JSON become the same thing.
use crate::fault::Fault;
use serde_json::Value as Json;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use toml::de::{DeTable, DeValue};

#[derive(Debug, Clone)]
pub struct Node {
    /// The line of the key (of the value inside an array).
    pub line: usize,
    pub value: NodeValue,
}

#[derive(Debug, Clone)]
pub enum NodeValue {
    Scalar(Json),
    Array(Vec<Node>),
    /// In the order of the file.
    Table(Vec<(String, Node)>),
}

impl Node {
    pub fn get(&self, key: &str) -> Option<&Node> {
        match &self.value {
            NodeValue::Table(entries) => entries.iter().find(|(k, _)| k == key).map(|(_, n)| n),
            _ => None,
        }
    }
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            NodeValue::Scalar(Json::String(s)) => Some(s),
            _ => None,
        }
    }
    pub fn to_json(&self) -> Json {
        match &self.value {
            NodeValue::Scalar(j) => j.clone(),
            NodeValue::Array(items) => items.iter().map(Node::to_json).collect(),
            NodeValue::Table(entries) => entries.iter().map(|(k, n)| (k.clone(), n.to_json())).collect(),
        }
    }
    /// Without the places in `bad` (see `At::pointer`).
    pub fn to_json_without(&self, at: &At, bad: &HashSet<String>) -> Json {
        let kept = |at: &At, n: &Node| (!bad.contains(&at.pointer())).then(|| n.to_json_without(at, bad));
        match &self.value {
            _ if bad.is_empty() => self.to_json(),
            NodeValue::Scalar(j) => j.clone(),
            NodeValue::Array(items) => {
                items.iter().enumerate().filter_map(|(i, n)| kept(&at.index(i), n)).collect()
            }
            NodeValue::Table(entries) => {
                entries.iter().filter_map(|(k, n)| Some((k.clone(), kept(&at.key(k), n)?))).collect()
            }
        }
    }
    /// An overlay comes as JSON and has no lines.
    pub fn from_json(json: &Json) -> Node {
        let value = match json {
            Json::Array(items) => NodeValue::Array(items.iter().map(Node::from_json).collect()),
            Json::Object(map) => {
                NodeValue::Table(map.iter().map(|(k, v)| (k.clone(), Node::from_json(v))).collect())
            }
            scalar => NodeValue::Scalar(scalar.clone()),
        };
        Node { line: 0, value }
    }
}

/// Reads TOML; every syntax error becomes a fault.
pub fn read_toml(file: &str, text: &str) -> Result<Node, Vec<Fault>> {
    let lines = Lines::of(text);
    let (table, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        return Ok(Node { line: 1, value: table_value(table.get_ref(), &lines) });
    }
    let fault = |e: &toml::de::Error| Fault {
        file: file.into(),
        line: e.span().map_or(1, |s| lines.at(s.start)),
        key: String::new(),
        detail: format!("This is not TOML: {}.", e.message().trim().trim_end_matches('.')),
        hint: None,
    };
    Err(errors.iter().map(fault).collect())
}

fn table_value(table: &DeTable<'_>, lines: &Lines) -> NodeValue {
    let mut entries: Vec<_> = table.iter().collect();
    // `Map` is sorted by key; authors mean the order they wrote.
    entries.sort_by_key(|(k, _)| k.span().start);
    let node = |(k, v): (&toml::Spanned<_>, &toml::Spanned<DeValue<'_>>)| {
        (entry_key(k), Node { line: lines.at(k.span().start), value: node_value(v.get_ref(), lines) })
    };
    NodeValue::Table(entries.into_iter().map(node).collect())
}

fn entry_key(key: &toml::Spanned<std::borrow::Cow<'_, str>>) -> String {
    key.get_ref().to_string()
}

fn node_value(value: &DeValue<'_>, lines: &Lines) -> NodeValue {
    match value {
        DeValue::String(s) => NodeValue::Scalar(Json::String(s.to_string())),
        DeValue::Integer(i) => NodeValue::Scalar(integer(i.as_str(), i.radix())),
        DeValue::Float(f) => NodeValue::Scalar(float(f.as_str())),
        DeValue::Boolean(b) => NodeValue::Scalar(Json::Bool(*b)),
        DeValue::Datetime(d) => NodeValue::Scalar(Json::String(d.to_string())),
        DeValue::Table(t) => table_value(t, lines),
        DeValue::Array(items) => NodeValue::Array(
            items
                .iter()
                .map(|v| Node { line: lines.at(v.span().start), value: node_value(v.get_ref(), lines) })
                .collect(),
        ),
    }
}

fn integer(digits: &str, radix: u32) -> Json {
    i64::from_str_radix(digits, radix).map_or_else(|_| Json::String(digits.into()), Json::from)
}

fn float(digits: &str) -> Json {
    // `inf` and `nan` have no JSON number: as text they are refused where a number is asked for.
    digits
        .parse::<f64>()
        .ok()
        .and_then(serde_json::Number::from_f64)
        .map_or_else(|| digits.into(), Json::Number)
}

/// Where lines start, to turn a byte offset into a line.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        Self(std::iter::once(0).chain(text.match_indices('\n').map(|(i, _)| i + 1)).collect())
    }
    fn at(&self, offset: usize) -> usize {
        self.0.partition_point(|start| *start <= offset)
    }
}

/// A place in a file, to hang a fault on. Cheap to clone.
#[derive(Debug, Clone)]
pub struct At {
    file: Arc<str>,
    root: Arc<Node>,
    path: Vec<Step>,
    /// Keys that a later file said.
    said_later: Option<Arc<HashMap<String, At>>>,
}

#[derive(Debug, Clone)]
enum Step {
    Key(String),
    Index(usize),
}

impl At {
    pub fn root(file: &str, root: Arc<Node>) -> Self {
        Self { file: file.into(), root, path: vec![], said_later: None }
    }
    pub fn file(&self) -> &str {
        &self.file
    }
    /// The path as one text, to remember the place.
    pub fn pointer(&self) -> String {
        let step = |s: &Step| match s {
            Step::Key(k) => format!("/{k}"),
            Step::Index(i) => format!("/{i}"),
        };
        self.path.iter().map(step).collect()
    }
    pub fn key(&self, key: impl Into<String>) -> Self {
        let key = key.into();
        let later = self.said_later.as_ref().and_then(|later| later.get(&key).cloned());
        later.unwrap_or_else(|| self.step(Step::Key(key)))
    }
    /// From now on `key` stands there.
    pub fn say_later(&mut self, key: &str, at: At) {
        let mut later = self.said_later.as_deref().cloned().unwrap_or_default();
        later.insert(key.into(), at);
        self.said_later = Some(Arc::new(later));
    }
    pub fn index(&self, index: usize) -> Self {
        self.step(Step::Index(index))
    }
    fn step(&self, step: Step) -> Self {
        let mut path = self.path.clone();
        path.push(step);
        Self { path, said_later: None, ..self.clone() }
    }
    /// A fault here: at the line of the key, or of the nearest thing around it that is written down.
    pub fn fault(&self, detail: impl Into<String>) -> Fault {
        let (line, key) = self.line_and_key();
        Fault { file: self.file.to_string(), line, key, detail: detail.into(), hint: None }
    }
    pub fn fault_with(&self, detail: impl Into<String>, hint: Option<String>) -> Fault {
        Fault { hint, ..self.fault(detail) }
    }
    fn line_and_key(&self) -> (usize, String) {
        let mut node = Some(self.root.as_ref());
        let mut line = self.root.line;
        let mut key: Vec<String> = vec![];
        for step in &self.path {
            node = match (step, node.map(|n| &n.value)) {
                (Step::Key(k), Some(NodeValue::Table(_))) => node.and_then(|n| n.get(k)),
                (Step::Index(i), Some(NodeValue::Array(items))) => items.get(*i),
                _ => None,
            };
            line = node.map_or(line, |n| n.line);
            key.push(match step {
                Step::Key(k) => k.clone(),
                Step::Index(i) => node.and_then(entry_name).map_or_else(|| (i + 1).to_string(), String::from),
            });
        }
        (line, key.join("."))
    }
}

/// What an entry of a list is called, so that a key reads `fields.client_id.to` and not `fields.4.to`.
fn entry_name(node: &Node) -> Option<&str> {
    ["name", "extend", "entity", "object", "value"].iter().find_map(|k| node.get(k)?.text())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_knows_its_line_and_a_key_that_people_understand() {
        let text = "name = \"berth\"\n\n[[fields]]\nname = \"length\"\nkind = \"decimal\"\n";
        let root = Arc::new(read_toml("berth.toml", text).unwrap());
        let at = At::root("berth.toml", root).key("fields").index(0);
        let fault = at.key("kind").fault("x");
        assert_eq!((fault.line, fault.key.as_str()), (5, "fields.length.kind"));
        assert_eq!(at.key("missing").fault("x").line, 4 - 1);
    }

    #[test]
    fn every_syntax_error_is_told_with_its_line() {
        let faults = read_toml("x.toml", "a = 1\nb = \nc = [1,,2]\n").unwrap_err();
        assert!(faults.iter().any(|f| f.line == 2), "{faults:?}");
        assert!(faults.iter().any(|f| f.line == 3), "{faults:?}");
    }
}
