//! Reading the grammar letter by letter: a cursor over one parameter's text.
//! Nothing here looks a name up, and nothing here panics: the text comes from outside.
use crate::ask::*;
use kernel::Problem;

/// How deep embeds and logic may nest, and how much of anything one question may hold. Beyond, somebody is trying
/// the engine's patience, not asking a question.
pub const DEPTH: usize = 12;
pub const ITEMS: usize = 1000;
pub const VALUES: usize = 10_000;
pub const LENGTH: usize = 200_000;

pub struct Scan<'a> {
    /// The parameter's name, for problems.
    key: &'a str,
    text: &'a str,
    at: usize,
    items: usize,
}

type Read<T> = Result<T, Problem>;

impl<'a> Scan<'a> {
    pub fn new(key: &'a str, text: &'a str) -> Read<Self> {
        let scan = Self { key, text, at: 0, items: 0 };
        if text.len() > LENGTH { Err(scan.wrong("is too long")) } else { Ok(scan) }
    }

    // --- letters

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }
    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }
    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }
    fn eat(&mut self, what: &str) -> bool {
        let here = self.rest().starts_with(what);
        if here {
            self.at += what.len();
        }
        here
    }
    fn spaces(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }
    pub fn at_end(&self) -> bool {
        self.at == self.text.len()
    }
    /// The whole text, for parameters that are not read letter by letter.
    pub fn all(&self) -> &'a str {
        self.text
    }
    /// Ends the reading. One closing bracket too many is forgiven, as PostgREST forgives it.
    pub fn end(&mut self, brackets: bool) -> Read<()> {
        self.spaces();
        while brackets && self.eat(")") {
            self.spaces();
        }
        if self.at_end() { Ok(()) } else { Err(self.unexpected("the end")) }
    }

    // --- problems

    fn wrong(&self, what: &str) -> Problem {
        Problem::new("query.invalid", format!("`{}` {what}.", self.key)).at(self.key)
    }
    fn unexpected(&self, wanted: &str) -> Problem {
        let found = match self.peek() {
            Some(c) => format!("found `{c}`"),
            None => "the text ends".into(),
        };
        let position = self.text[..self.at].chars().count() + 1;
        Problem::new(
            "query.invalid",
            format!("`{}`, letter {position}: {wanted} was expected, {found}.", self.key),
        )
        .at(self.key)
    }
    fn deeper(&self, depth: usize) -> Read<usize> {
        if depth >= DEPTH { Err(self.wrong(&format!("nests deeper than {DEPTH}"))) } else { Ok(depth + 1) }
    }
    fn count(&mut self) -> Read<()> {
        self.items += 1;
        if self.items > ITEMS { Err(self.wrong(&format!("has more than {ITEMS} entries"))) } else { Ok(()) }
    }

    // --- names and paths

    /// A name: letters, digits, `_`, `$`, inner spaces and dashes; or anything in double quotes.
    fn name(&mut self) -> Read<String> {
        self.spaces();
        let name = if self.peek() == Some('"') {
            self.quoted()?
        } else {
            let rest = self.rest();
            let mut end = 0;
            for (i, c) in rest.char_indices() {
                let dash = c == '-' && !rest[i..].starts_with("->");
                if !(c.is_alphanumeric() || matches!(c, '_' | '$' | ' ') || dash) {
                    break;
                }
                end = i + c.len_utf8();
            }
            self.at += end;
            rest[..end].trim_end().to_owned()
        };
        self.spaces();
        if name.is_empty() || name.contains('\0') { Err(self.unexpected("a name")) } else { Ok(name) }
    }

    fn quoted(&mut self) -> Read<String> {
        let mut out = String::new();
        if !self.eat("\"") {
            return Err(self.unexpected("a double quote"));
        }
        loop {
            match self.next() {
                Some('"') => return Ok(out),
                Some('\\') => match self.next() {
                    Some(c) => out.push(c),
                    None => return Err(self.unexpected("a double quote")),
                },
                Some(c) => out.push(c),
                None => return Err(self.unexpected("a double quote")),
            }
        }
    }

    fn path(&mut self) -> Read<Path> {
        let name = self.name()?;
        Ok(Path { name, steps: self.steps()? })
    }

    fn steps(&mut self) -> Read<Vec<Step>> {
        let mut steps = vec![];
        while self.eat("->") {
            self.count()?;
            let text = self.eat(">");
            let key = match self.peek() {
                Some('"') => StepKey::Key(self.quoted()?),
                _ => {
                    let rest = self.rest();
                    let stop = |i: usize, c: char| {
                        matches!(c, '.' | ',' | '(' | ')')
                            || rest[i..].starts_with("->")
                            || rest[i..].starts_with("::")
                    };
                    let end = rest.char_indices().find(|&(i, c)| stop(i, c)).map_or(rest.len(), |(i, _)| i);
                    self.at += end;
                    let word = rest[..end].trim();
                    match word.parse::<i32>() {
                        Ok(index) if !word.starts_with('+') => StepKey::Index(index),
                        _ => StepKey::Key(word.to_owned()),
                    }
                }
            };
            if matches!(&key, StepKey::Key(k) if k.is_empty() || k.contains('\0')) {
                return Err(self.unexpected("a key"));
            }
            steps.push(Step { key, text });
        }
        self.spaces();
        Ok(steps)
    }

    // --- select

    pub fn items(&mut self, depth: usize) -> Read<Vec<Item>> {
        let mut items = vec![];
        self.spaces();
        if self.at_end() || self.peek() == Some(')') {
            return Ok(items);
        }
        loop {
            self.count()?;
            items.push(self.item(depth)?);
            self.spaces();
            if !self.eat(",") {
                return Ok(items);
            }
        }
    }

    fn item(&mut self, depth: usize) -> Read<Item> {
        self.spaces();
        if self.eat("*") {
            return Ok(Item::Star);
        }
        let spread = self.eat("...");
        let mut name = self.name()?;
        let mut alias = None;
        if self.peek() == Some(':') && !self.rest().starts_with("::") {
            self.next();
            alias = Some(name);
            name = self.name()?;
        }
        let counts = !spread && name == "count" && self.rest().starts_with("()");
        if spread || (matches!(self.peek(), Some('(' | '!')) && !counts) {
            return Ok(Item::Embed(self.embed(alias, name, spread, depth)?));
        }
        let mut pick = Pick { alias, ..Default::default() };
        if counts {
            self.eat("()");
            pick.aggregate = Some(Aggregate::Count);
            pick.then = self.cast()?;
            return Ok(Item::Field(pick));
        }
        pick.path = Path { name, steps: self.steps()? };
        pick.cast = self.cast()?;
        if self.eat(".") {
            let word = self.name()?;
            pick.aggregate = Aggregate::from_word(&word);
            if pick.aggregate.is_none() || !self.eat("()") {
                return Err(self
                    .unexpected("an aggregate")
                    .hint("`sum()`, `avg()`, `min()`, `max()` or `count()` may follow the point."));
            }
            pick.then = self.cast()?;
        }
        Ok(Item::Field(pick))
    }

    fn cast(&mut self) -> Read<Option<String>> {
        if !self.eat("::") {
            return Ok(None);
        }
        let mut cast = self.name()?;
        if self.eat("[]") {
            cast.push_str("[]");
        }
        self.spaces();
        Ok(Some(cast))
    }

    fn embed(&mut self, alias: Option<String>, relation: String, spread: bool, depth: usize) -> Read<Embed> {
        let depth = self.deeper(depth)?;
        let mut embed = Embed { alias, relation, spread, ..Default::default() };
        while self.eat("!") {
            let word = self.name()?;
            match word.as_str() {
                "inner" => embed.join = Join::Inner,
                "left" => embed.join = Join::Left,
                _ => embed.hint = Some(word),
            }
        }
        if !self.eat("(") {
            return Err(self.unexpected("`(`"));
        }
        embed.items = self.items(depth)?;
        if !self.eat(")") {
            return Err(self.unexpected("`,` or `)`"));
        }
        Ok(embed)
    }

    // --- order

    pub fn orders(&mut self) -> Read<Vec<Order>> {
        let mut orders = vec![];
        self.spaces();
        if self.at_end() {
            return Ok(orders);
        }
        loop {
            self.count()?;
            orders.push(self.order()?);
            self.spaces();
            if !self.eat(",") {
                return Ok(orders);
            }
        }
    }

    fn order(&mut self) -> Read<Order> {
        let mut order = Order { path: self.path()?, ..Default::default() };
        if order.path.steps.is_empty() && self.eat("(") {
            order.relation = Some(std::mem::take(&mut order.path.name));
            order.path = self.path()?;
            if !self.eat(")") {
                return Err(self.unexpected("`)`"));
            }
            self.spaces();
        }
        let mut directed = false;
        while self.eat(".") {
            let at = self.at;
            match self.name()?.as_str() {
                "asc" if !directed && order.nulls.is_none() => directed = true,
                "desc" if !directed && order.nulls.is_none() => (directed, order.descending) = (true, true),
                "nullsfirst" if order.nulls.is_none() => order.nulls = Some(Nulls::First),
                "nullslast" if order.nulls.is_none() => order.nulls = Some(Nulls::Last),
                _ => {
                    self.at = at;
                    return Err(self.unexpected("`asc`, `desc`, `nullsfirst` or `nullslast`"));
                }
            }
        }
        Ok(order)
    }

    /// `name,other`
    pub fn names(&mut self) -> Read<Vec<String>> {
        let mut names = vec![];
        loop {
            self.count()?;
            names.push(self.name()?);
            if !self.eat(",") {
                return Ok(names);
            }
        }
    }

    // --- the left side of a parameter

    /// `orders.lines.amount`, `client.not.or`, `address->>city`.
    pub fn target(&mut self) -> Read<Target> {
        let mut embeds = vec![];
        loop {
            self.count()?;
            let path = self.path()?;
            if !path.steps.is_empty() || !self.eat(".") {
                return Ok(Target { embeds, path });
            }
            embeds.push(path.name);
        }
    }

    // --- filters

    /// The right side of `amount=not.gte.100`: the value is everything to the end.
    pub fn test(&mut self, path: Path) -> Read<Test> {
        let mut test = self.operator(path)?;
        test.value = match test.op {
            Op::In => self.list()?,
            _ if test.quantifier.is_some() => self.braces()?,
            _ => {
                let rest = self.rest();
                self.at = self.text.len();
                Operand::One(rest.to_owned())
            }
        };
        self.check(test)
    }

    /// The right side of `or=(...)`.
    pub fn group(&mut self, depth: usize) -> Read<Vec<Filter>> {
        let depth = self.deeper(depth)?;
        self.spaces();
        if !self.eat("(") {
            return Err(self.unexpected("`(`"));
        }
        let mut filters = vec![];
        loop {
            self.count()?;
            filters.push(self.filter(depth)?);
            self.spaces();
            if self.eat(")") {
                return Ok(filters);
            }
            if !self.eat(",") {
                return Err(self.unexpected("`,` or `)`"));
            }
        }
    }

    fn filter(&mut self, depth: usize) -> Read<Filter> {
        self.spaces();
        let start = self.at;
        let not = self.eat("not.");
        for (word, is_or) in [("and", false), ("or", true)] {
            let here = self.at;
            if self.eat(word) {
                self.spaces();
                if self.peek() == Some('(') {
                    let inner = self.group(depth)?;
                    let filter = if is_or { Filter::Or(inner) } else { Filter::And(inner) };
                    return Ok(if not { Filter::Not(Box::new(filter)) } else { filter });
                }
            }
            self.at = here;
        }
        self.at = start;
        let path = self.path()?;
        if !self.eat(".") {
            return Err(self.unexpected("`.` and an operator"));
        }
        let mut test = self.operator(path)?;
        test.value = match test.op {
            Op::In => self.list()?,
            _ if test.quantifier.is_some() => self.braces()?,
            _ => Operand::One(self.value()?),
        };
        self.check(test).map(Filter::Test)
    }

    /// `not.gte.`, `fts(german).`, `like(any).`
    fn operator(&mut self, path: Path) -> Read<Test> {
        let mut test = Test {
            path,
            not: self.eat("not."),
            op: Op::Eq,
            quantifier: None,
            language: None,
            value: Operand::One(String::new()),
        };
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let Some(op) = Op::from_word(&rest[..end]) else {
            return Err(self.no_operator(&test.path, &rest[..end]));
        };
        test.op = op;
        self.at += end;
        if self.eat("(") {
            let word = self.name()?;
            if !self.eat(")") {
                return Err(self.unexpected("`)`"));
            }
            match word.as_str() {
                _ if op.is_full_text() => test.language = Some(word),
                "any" if op.takes_quantifier() => test.quantifier = Some(Quantifier::Any),
                "all" if op.takes_quantifier() => test.quantifier = Some(Quantifier::All),
                _ => return Err(self.wrong(&format!("cannot take `({word})` after `{}`", op.word()))),
            }
        }
        if self.eat(".") { Ok(test) } else { Err(self.no_operator(&test.path, &rest[..end])) }
    }

    fn no_operator(&self, path: &Path, found: &str) -> Problem {
        let all: Vec<_> = Op::ALL.iter().map(|op| op.word()).collect();
        let detail = if found.is_empty() {
            format!("`{}` is neither a parameter nor a filter.", self.key)
        } else {
            format!("`{found}` is not an operator.")
        };
        Problem::new("query.invalid", detail)
            .at(self.key)
            .hint(format!("A filter is written `{path}=eq.value`; the operators are {}.", all.join(", ")))
    }

    fn check(&self, test: Test) -> Read<Test> {
        let values = match &test.value {
            Operand::One(value) => std::slice::from_ref(value),
            Operand::List(values) => values,
        };
        if values.len() > VALUES {
            return Err(self.wrong(&format!("has more than {VALUES} values")));
        }
        if values.iter().any(|v| v.contains('\0')) {
            return Err(self.wrong("holds a zero byte"));
        }
        Ok(test)
    }

    /// `(1,"two, three",4)`; an empty list is no value at all.
    fn list(&mut self) -> Read<Operand> {
        self.spaces();
        if !self.eat("(") {
            return Err(self.unexpected("`(`"));
        }
        self.spaces();
        let mut values = vec![];
        loop {
            values.push(self.element(&[',', ')'])?);
            if values.len() > VALUES {
                return Err(self.wrong(&format!("has more than {VALUES} values")));
            }
            if self.eat(")") {
                break;
            }
            if !self.eat(",") {
                return Err(self.unexpected("`,` or `)`"));
            }
        }
        self.spaces();
        if values.len() == 1 && values[0].is_empty() {
            values.clear();
        }
        Ok(Operand::List(values))
    }

    /// `{1,2}`
    fn braces(&mut self) -> Read<Operand> {
        self.spaces();
        if !self.eat("{") {
            return Err(self.unexpected("`{`"));
        }
        let mut values = vec![];
        loop {
            values.push(self.element(&[',', '}'])?);
            if self.eat("}") {
                break;
            }
            if !self.eat(",") {
                return Err(self.unexpected("`,` or `}`"));
            }
        }
        if values.len() == 1 && values[0].is_empty() {
            values.clear();
        }
        Ok(Operand::List(values))
    }

    /// Quoted, or everything up to one of `ends`. A quote that does not close right before an end is a letter.
    fn element(&mut self, ends: &[char]) -> Read<String> {
        if self.peek() == Some('"') {
            let start = self.at;
            if let Ok(value) = self.quoted()
                && self.peek().is_none_or(|c| ends.contains(&c))
            {
                return Ok(value);
            }
            self.at = start;
        }
        let rest = self.rest();
        let end = rest.find(|c| ends.contains(&c)).unwrap_or(rest.len());
        self.at += end;
        Ok(rest[..end].to_owned())
    }

    /// A value inside `or=(...)`: quoted, `{an,array}`, or up to `,` or `)`.
    fn value(&mut self) -> Read<String> {
        if self.peek() == Some('{') {
            let rest = self.rest();
            let mut depth = 0usize;
            let mut quoted = false;
            let mut escaped = false;
            for (i, c) in rest.char_indices() {
                match c {
                    _ if escaped => escaped = false,
                    '\\' => escaped = true,
                    '"' => quoted = !quoted,
                    '{' if !quoted => depth += 1,
                    '}' if !quoted => depth -= 1,
                    _ => {}
                }
                if depth == 0 {
                    self.at += i + 1;
                    return Ok(rest[..=i].to_owned());
                }
            }
        }
        self.element(&[',', ')'])
    }
}

/// What a parameter's name points at.
pub struct Target {
    pub embeds: Vec<String>,
    pub path: Path,
}
