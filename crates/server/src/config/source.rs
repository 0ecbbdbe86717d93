//! Where settings are looked up, and how a wrong one is told.
use super::setting::{ALL, Setting};
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

/// Read before there is a configuration, or by the tests of this repository.
const ELSEWHERE: [&str; 4] = ["KONTOR_CONFIG", "KONTOR_BLUEPRINTS", "KONTOR_BLESS", "KONTOR_SHARED"];

/// A wrong setting: where it stands, what was found (never a secret), what was expected.
#[derive(Debug, PartialEq)]
pub struct Fault {
    /// `PORT` or ``kontor.toml: `port` ``
    pub place: String,
    pub detail: String,
}

impl Fault {
    pub fn unreadable(path: &Path, error: &std::io::Error) -> Fault {
        Fault { place: path.display().to_string(), detail: format!("cannot be read: {error}.") }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.detail)
    }
}

/// All faults as a page for the terminal.
pub fn report(faults: &[Fault]) -> String {
    let count = match faults.len() {
        1 => "one setting is wrong".to_string(),
        n => format!("{n} settings are wrong"),
    };
    let lines: Vec<_> = faults.iter().map(|fault| format!("  {fault}")).collect();
    format!("Kontor cannot start: {count}. docs/configuration.md explains each.\n{}", lines.join("\n"))
}

/// A text and where it came from.
struct Found {
    place: String,
    text: String,
}

/// Takes settings one by one and gathers the faults.
pub struct Reader {
    environment: BTreeMap<String, String>,
    file: BTreeMap<String, String>,
    faults: Vec<Fault>,
}

impl Reader {
    pub fn new(environment: Vec<(String, String)>, file: Option<&str>) -> Reader {
        let mut reader = Reader {
            environment: environment.into_iter().collect(),
            file: BTreeMap::new(),
            faults: Vec::new(),
        };
        reader.read_file(file.unwrap_or_default());
        reader.refuse_unknown_variables();
        reader
    }

    /// The setting's value; its default when it is not set; `None` when it has none, or when a fault was noted.
    pub fn value<T>(&mut self, setting: &Setting, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let Some(found) = self.find(setting) else {
            return parse(setting.default);
        };
        let value = parse(&found.text);
        if value.is_none() {
            let shown = shown(setting, &found.text);
            let detail = format!("found {shown}, expected {}.", setting.expected);
            self.faults.push(Fault { place: found.place, detail });
        }
        value
    }

    /// Notes a setting that another one asks for.
    pub fn missing(&mut self, setting: &Setting, because: &Setting) {
        let detail = format!("must be set where `{}` is.", because.variable);
        let place = setting.variable.to_string();
        if !self.faults.iter().any(|fault| fault.place == place) {
            self.faults.push(Fault { place, detail });
        }
    }

    pub fn finish<T>(self, value: T) -> Result<T, Vec<Fault>> {
        if self.faults.is_empty() { Ok(value) } else { Err(self.faults) }
    }

    /// An empty variable counts as not set: that is what `PORT=` in an `.env` file means.
    fn find(&self, setting: &Setting) -> Option<Found> {
        let set = |name: &str| self.environment.get(name).map(|t| t.trim()).filter(|t| !t.is_empty());
        if let Some((name, text)) = setting.variables().find_map(|name| Some((name, set(name)?))) {
            return Some(Found { place: name.to_string(), text: text.to_string() });
        }
        let key = setting.key();
        let text = self.file.get(&key)?;
        Some(Found { place: in_file(&key), text: text.trim().to_string() })
    }

    fn read_file(&mut self, text: &str) {
        let table: toml::Table = match toml::from_str(text) {
            Ok(table) => table,
            Err(e) => {
                let line = e.span().map_or(1, |span| text[..span.start].lines().count().max(1));
                let detail = format!("line {line} is not TOML: {}.", e.message());
                return self.faults.push(Fault { place: "kontor.toml".into(), detail });
            }
        };
        let keys: Vec<_> = ALL.iter().map(|setting| setting.key()).collect();
        for (key, value) in table {
            match plain_text(&value) {
                _ if !keys.contains(&key) => self.faults.push(unknown(&in_file(&key), &key, &keys)),
                Some(text) => drop(self.file.insert(key, text)),
                None => {
                    let detail = "found a table, expected a text, a number, or a list of texts.".to_string();
                    self.faults.push(Fault { place: in_file(&key), detail });
                }
            }
        }
    }

    /// Only Kontor's own prefix is looked at; the environment holds much that is not ours.
    fn refuse_unknown_variables(&mut self) {
        let known: Vec<_> = ALL.iter().flat_map(|s| s.variables()).map(String::from).collect();
        for name in self.environment.keys() {
            let elsewhere = ELSEWHERE.contains(&name.as_str()) || name.starts_with("KONTOR_TEST");
            if name.starts_with("KONTOR_") && !elsewhere && !known.contains(name) {
                self.faults.push(unknown(name, name, &known));
            }
        }
    }
}

fn unknown(place: &str, name: &str, known: &[String]) -> Fault {
    let closest = known.iter().max_by(|a, b| strsim::jaro(a, name).total_cmp(&strsim::jaro(b, name)));
    let hint = match closest.filter(|other| strsim::jaro(other, name) > 0.75) {
        Some(other) => format!(" Did you mean `{other}`?"),
        None => String::new(),
    };
    Fault { place: place.to_string(), detail: format!("there is no such setting.{hint}") }
}

fn in_file(key: &str) -> String {
    format!("kontor.toml: `{key}`")
}

fn plain_text(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(yes) => Some(yes.to_string()),
        toml::Value::Array(items) => {
            let texts: Option<Vec<_>> = items.iter().map(plain_text).collect();
            Some(texts?.join(","))
        }
        _ => None,
    }
}

fn shown(setting: &Setting, text: &str) -> String {
    if setting.secret {
        return format!("a text of {} characters that is not shown here", text.chars().count());
    }
    format!("`{}`", text.chars().take(80).collect::<String>())
}
