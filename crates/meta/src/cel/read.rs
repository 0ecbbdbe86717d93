//! Source text to a tree in which every name is resolved and every operator has operands that fit.
use super::functions::{Function, known_functions};
use super::types::Type;
use super::value::{V, number};
use crate::Kind;
use crate::fault::{did_you_mean, suggestion};
use crate::model::{Field, Model, Object};
use cel::common::ast::operators as op;
use cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedExpr, LiteralValue, SelectExpr};
use std::collections::BTreeSet;

const LONGEST: usize = 4_000;
const DEEPEST: usize = 100;
/// The grammar's own reader recurses far more deeply than the tree it makes.
const STACK: usize = 64 << 20;

#[derive(Debug, Clone)]
pub enum Node {
    Const(V),
    /// A path that is looked up; with rows of parts, their object.
    Path(String, Option<Box<Object>>),
    /// A variable of a macro.
    Local(String),
    Member(Box<Node>, String),
    Index(Box<Node>, Box<Node>),
    List(Vec<Node>),
    Not(Box<Node>),
    Negate(Box<Node>),
    And(Box<Node>, Box<Node>),
    Or(Box<Node>, Box<Node>),
    If(Box<[Node; 3]>),
    Binary(Binary, Box<Node>, Box<Node>),
    Call(Function, Vec<Node>),
    Fold(Box<Fold>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
}

impl Binary {
    pub fn sign(self) -> &'static str {
        match self {
            Binary::Add => "+",
            Binary::Subtract => "-",
            Binary::Multiply => "*",
            Binary::Divide => "/",
            Binary::Remainder => "%",
            Binary::Equal => "==",
            Binary::NotEqual => "!=",
            Binary::Less => "<",
            Binary::LessEqual => "<=",
            Binary::Greater => ">",
            Binary::GreaterEqual => ">=",
            Binary::In => "in",
        }
    }
}

/// A macro (`all`, `exists`, `map`, `filter`) as the grammar expands it.
#[derive(Debug, Clone)]
pub struct Fold {
    pub range: Node,
    pub item: String,
    pub result_name: String,
    pub start: Node,
    pub go_on: Node,
    pub step: Node,
    pub result: Node,
}

pub struct Read {
    pub node: Node,
    pub of: Type,
    pub uses: Vec<String>,
    pub timely: bool,
}

pub fn read(source: &str, object: &Object, model: &Model) -> Result<Read, String> {
    if source.trim().is_empty() {
        return Err("The expression is empty.".into());
    }
    if source.chars().count() > LONGEST {
        return Err(format!("The expression is longer than {LONGEST} characters."));
    }
    // A thread of its own: its stack is deep enough for anything that fits into the length, and whatever the
    // reader of the grammar does with odd input, this process goes on.
    std::thread::scope(|scope| {
        let work = || {
            let tree = grammar(source)?;
            let mut reader =
                Reader { object, model, locals: vec![], uses: BTreeSet::new(), timely: false, depth: 0 };
            let (node, of) = reader.node(&tree)?;
            Ok(Read { node, of, uses: reader.uses.into_iter().collect(), timely: reader.timely })
        };
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        let outcome = thread.map_err(|e| format!("No thread to read the expression: {e}."))?.join();
        outcome.unwrap_or_else(|_| Err("This cannot be read as CEL.".into()))
    })
}

fn grammar(source: &str) -> Result<IdedExpr, String> {
    cel::parser::Parser::new().parse(source).map_err(|errors| {
        let first = errors.errors.first();
        let place = first.map_or(0, |e| e.pos.1);
        let said = first.map_or("", |e| e.msg.trim_start_matches("Syntax error: ").trim());
        // The grammar lists every token it knows; the place says more.
        let said = said.split(" expecting ").next().unwrap_or(said).replace("'<EOF>'", "the end");
        format!("This is not CEL (at character {place}): {}.", said.trim_end_matches('.'))
    })
}

struct Reader<'m> {
    object: &'m Object,
    model: &'m Model,
    locals: Vec<(String, Type)>,
    uses: BTreeSet<String>,
    timely: bool,
    depth: usize,
}

type Typed = Result<(Node, Type), String>;

impl Reader<'_> {
    fn node(&mut self, expr: &IdedExpr) -> Typed {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(format!("The expression is nested more than {DEEPEST} deep."));
        }
        let read = self.expr(&expr.expr);
        self.depth -= 1;
        read
    }

    fn expr(&mut self, expr: &Expr) -> Typed {
        match expr {
            Expr::Literal(literal) => constant(literal),
            Expr::Ident(name) => self.name(name),
            Expr::Select(select) => self.select(select),
            Expr::Call(call) => self.call(call),
            Expr::List(list) => self.list(&list.elements),
            Expr::Comprehension(fold) => self.fold(fold),
            Expr::Map(map) if map.entries.iter().all(|e| matches!(e.expr, EntryExpr::MapEntry(_))) => {
                Err("Tables cannot be written in an expression.".into())
            }
            Expr::Map(_) | Expr::Struct(_) => Err("Structures cannot be written in an expression.".into()),
            Expr::Unspecified => Err("Something is missing in the expression.".into()),
        }
    }

    fn name(&mut self, name: &str) -> Typed {
        if let Some((_, of)) = self.locals.iter().rev().find(|(n, _)| n == name) {
            return Ok((Node::Local(name.into()), of.clone()));
        }
        match self.object.fields.get(name) {
            Some(field) => self.path(name, field),
            None => Err(self.unknown(name)),
        }
    }

    fn path(&mut self, path: &str, field: &Field) -> Typed {
        if field.secret {
            return Err(format!("`{path}` is secret and cannot be used in an expression."));
        }
        self.uses.insert(path.into());
        let part = field.parts.as_ref().and_then(|p| self.model.objects.get(p));
        Ok((Node::Path(path.into(), part.map(|p| Box::new(p.clone()))), Type::of(field)))
    }

    fn unknown(&self, name: &str) -> String {
        let start = format!("`{}` has no field `{name}`.", self.object.name);
        let reference = self.references().find(|(embed, _)| *embed == name);
        let hint = match reference {
            Some((embed, field)) => Some(format!("Say `{field}`, or a field behind it: `{embed}.name`.")),
            None if self.object.inverses.iter().any(|i| i.name == name) => {
                Some("It is a to-many relation; a gate asks for it with `related`.".into())
            }
            None => {
                let locals = self.locals.iter().map(|(n, _)| n.as_str()).filter(|n| !n.starts_with('@'));
                did_you_mean(name, self.object.fields.keys().map(String::as_str).chain(locals))
            }
        };
        hint.map_or(start.clone(), |h| format!("{start} {h}"))
    }

    fn references(&self) -> impl Iterator<Item = (&str, &str)> {
        let to_one = self.object.fields.values().filter(|f| !f.many);
        to_one.filter_map(|f| Some((f.reference.as_ref()?.embed.as_str(), f.name.as_str())))
    }

    fn select(&mut self, select: &SelectExpr) -> Typed {
        let (node, of) = self.member(select)?;
        if !select.test {
            return Ok((node, of));
        }
        let is_there = Node::Binary(Binary::NotEqual, Box::new(node), Box::new(Node::Const(V::Null)));
        Ok((is_there, Type::Bool))
    }

    fn member(&mut self, select: &SelectExpr) -> Typed {
        if let Expr::Ident(first) = &select.operand.expr
            && !self.locals.iter().any(|(n, _)| n == first)
            && !self.object.fields.contains_key(first)
        {
            return self.hop(first, &select.field);
        }
        let (node, of) = self.node(&select.operand)?;
        let member = match &of {
            Type::Record(Some(part)) => {
                let part = self.model.objects.get(part);
                match part.and_then(|p| p.fields.get(&select.field)) {
                    Some(field) => Type::of(field),
                    None => {
                        let known = part.map(|p| p.fields.keys().map(String::as_str)).into_iter().flatten();
                        let hint = suggestion(&select.field, known).unwrap_or_default();
                        return Err(format!("The rows have no field `{}`. {hint}", select.field)
                            .trim()
                            .into());
                    }
                }
            }
            Type::Record(None) | Type::Any => Type::Any,
            Type::Id => return Err(self.too_far(&select.field)),
            other => return Err(format!("`.{}` asks for a part of {}.", select.field, other.name())),
        };
        Ok((Node::Member(Box::new(node), select.field.clone()), member))
    }

    fn too_far(&self, field: &str) -> String {
        format!(
            "`.{field}` follows an id. A reference is followed by its name without `_id`, and one hop only."
        )
    }

    /// `client.email`
    fn hop(&mut self, embed: &str, name: &str) -> Typed {
        let model = self.model;
        let found = self.object.fields.values().filter(|f| !f.many).filter_map(|f| f.reference.as_ref());
        let reference = found.into_iter().find(|r| r.embed == embed).ok_or_else(|| match embed {
            _ if self.object.inverses.iter().any(|i| i.name == embed) => self.unknown(embed),
            _ => {
                let names = self.references().map(|(e, _)| e);
                let hint = suggestion(embed, names).unwrap_or_default();
                format!("`{}` has neither a field nor a reference `{embed}`. {hint}", self.object.name)
                    .trim()
                    .into()
            }
        })?;
        let target = model
            .objects
            .get(&reference.to)
            .ok_or_else(|| format!("There is no object `{}`.", reference.to))?;
        match target.fields.get(name) {
            Some(field) if field.kind != Kind::Parts => self.path(&format!("{embed}.{name}"), field),
            Some(_) => {
                Err(format!("`{embed}.{name}` is a list of parts; only single values can be followed."))
            }
            None => {
                let hint = suggestion(name, target.fields.keys().map(String::as_str)).unwrap_or_default();
                Err(format!("`{}` has no field `{name}`. {hint}", target.name).trim().into())
            }
        }
    }

    fn list(&mut self, elements: &[IdedExpr]) -> Typed {
        let mut nodes = vec![];
        let mut of = Type::Null;
        for element in elements {
            let (node, t) = self.node(element)?;
            of = of.or(t);
            nodes.push(node);
        }
        let of = if elements.is_empty() { Type::Any } else { of };
        Ok((Node::List(nodes), Type::List(Box::new(of))))
    }

    fn call(&mut self, call: &CallExpr) -> Typed {
        let mut operands = vec![];
        for operand in call.target.as_deref().into_iter().chain(&call.args) {
            operands.push(self.node(operand)?);
        }
        let binary = match call.func_name.as_str() {
            op::ADD => Binary::Add,
            op::SUBSTRACT => Binary::Subtract,
            op::MULTIPLY => Binary::Multiply,
            op::DIVIDE => Binary::Divide,
            op::MODULO => Binary::Remainder,
            op::EQUALS => Binary::Equal,
            op::NOT_EQUALS => Binary::NotEqual,
            op::LESS => Binary::Less,
            op::LESS_EQUALS => Binary::LessEqual,
            op::GREATER => Binary::Greater,
            op::GREATER_EQUALS => Binary::GreaterEqual,
            op::IN => Binary::In,
            _ => return self.other_call(call, operands),
        };
        let mut operands = operands.into_iter();
        match (operands.next(), operands.next()) {
            (Some(left), Some(right)) => self.binary(binary, left, right),
            _ => Err(format!("`{}` needs two operands.", binary.sign())),
        }
    }

    fn other_call(&mut self, call: &CallExpr, operands: Vec<(Node, Type)>) -> Typed {
        let mut each = operands.into_iter();
        let mut next = || each.next().ok_or_else(|| "An operand is missing.".to_string());
        match call.func_name.as_str() {
            op::LOGICAL_NOT => Ok((Node::Not(Box::new(truth(next()?, "!")?)), Type::Bool)),
            op::LOGICAL_AND => {
                let (a, b) = (truth(next()?, "&&")?, truth(next()?, "&&")?);
                Ok((Node::And(Box::new(a), Box::new(b)), Type::Bool))
            }
            op::LOGICAL_OR => {
                let (a, b) = (truth(next()?, "||")?, truth(next()?, "||")?);
                Ok((Node::Or(Box::new(a), Box::new(b)), Type::Bool))
            }
            op::CONDITIONAL => {
                let condition = truth(next()?, "? :")?;
                let ((yes, a), (no, b)) = (next()?, next()?);
                Ok((Node::If(Box::new([condition, yes, no])), a.or(b)))
            }
            op::NEGATE => match next()? {
                (Node::Const(V::Number(n)), of) => Ok((Node::Const(V::Number(-n)), of)),
                (node, of) if of.is_number() => Ok((Node::Negate(Box::new(node)), Type::Number)),
                (_, of) => Err(format!("`-` needs a number, not {}.", of.name())),
            },
            // Macros wrap their condition in it; here null is no failure that could need it.
            op::NOT_STRICTLY_FALSE => next(),
            op::INDEX => {
                let ((list, of), (index, _)) = (next()?, next()?);
                let of = match of {
                    Type::List(t) => *t,
                    Type::Any | Type::Record(_) => Type::Any,
                    other => return Err(format!("`[ ]` needs a list, not {}.", other.name())),
                };
                Ok((Node::Index(Box::new(list), Box::new(index)), of))
            }
            name => self.function(name, call.target.is_some(), each.collect()),
        }
    }

    fn function(&mut self, name: &str, is_member: bool, args: Vec<(Node, Type)>) -> Typed {
        let Some(function) = Function::named(name) else {
            let hint = suggestion(name, known_functions()).unwrap_or_default();
            let start = if is_member {
                format!("There is no function `.{name}()`.")
            } else {
                format!("There is no function `{name}()`.")
            };
            return Err(format!("{start} {hint}").trim().into());
        };
        self.timely |= function.is_timely();
        let types: Vec<Type> = args.iter().map(|(_, t)| t.clone()).collect();
        let of = function.check(&types)?;
        let nodes: Vec<Node> = args.into_iter().map(|(n, _)| n).collect();
        function.check_constants(&nodes)?;
        Ok((Node::Call(function, nodes), of))
    }

    fn binary(&mut self, binary: Binary, left: (Node, Type), right: (Node, Type)) -> Typed {
        let (left, right) = alike(left, right);
        self.check_options(binary, &left.0, &right.0)?;
        let of = binary_type(binary, &left.1, &right.1)?;
        Ok((Node::Binary(binary, Box::new(left.0), Box::new(right.0)), of))
    }

    /// `status == "payed"` would never hold: options are compared with options that exist.
    fn check_options(&self, binary: Binary, left: &Node, right: &Node) -> Result<(), String> {
        let field_of = |node: &Node| match node {
            Node::Path(path, _) => self.field(path).filter(|f| f.kind == Kind::Select),
            _ => None,
        };
        let (field, other) = match (field_of(left), field_of(right)) {
            (Some(f), None) => (f, right),
            (None, Some(f)) => (f, left),
            _ => return Ok(()),
        };
        let words: Vec<&String> = match (binary, other) {
            (Binary::Equal | Binary::NotEqual, Node::Const(V::Text(word))) => vec![word],
            (Binary::In, Node::List(items)) => items
                .iter()
                .filter_map(|n| if let Node::Const(V::Text(w)) = n { Some(w) } else { None })
                .collect(),
            _ => return Ok(()),
        };
        match words.into_iter().find(|w| !field.options.iter().any(|o| o.value == **w)) {
            None => Ok(()),
            Some(word) => {
                let hint =
                    suggestion(word, field.options.iter().map(|o| o.value.as_str())).unwrap_or_default();
                Err(format!("`{}` has no option `{word}`. {hint}", field.name).trim().into())
            }
        }
    }

    fn field(&self, path: &str) -> Option<&Field> {
        match path.split_once('.') {
            None => self.object.fields.get(path),
            Some((embed, name)) => {
                let references = self.object.fields.values().filter_map(|f| f.reference.as_ref());
                let to = &references.into_iter().find(|r| r.embed == embed)?.to;
                self.model.objects.get(to)?.fields.get(name)
            }
        }
    }

    fn fold(&mut self, fold: &ComprehensionExpr) -> Typed {
        let (range, of) = self.node(&fold.iter_range)?;
        let item = match of {
            Type::List(item) => *item,
            Type::Any | Type::Null => Type::Any,
            other => return Err(format!("This macro goes over a list, not over {}.", other.name())),
        };
        if fold.iter_var2.is_some() {
            return Err("Macros with two variables are not known here.".into());
        }
        let (start, accumulated) = self.node(&fold.accu_init)?;
        // An empty list to begin with says nothing about what it will hold.
        self.locals.push((fold.iter_var.clone(), item));
        self.locals.push((fold.accu_var.clone(), accumulated));
        let (go_on, _) = self.node(&fold.loop_cond)?;
        let (step, grown) = self.node(&fold.loop_step)?;
        if let Some(last) = self.locals.last_mut() {
            last.1 = grown;
        }
        let (result, of) = self.node(&fold.result)?;
        self.locals.truncate(self.locals.len() - 2);
        let (item, result_name) = (fold.iter_var.clone(), fold.accu_var.clone());
        Ok((Node::Fold(Box::new(Fold { range, item, result_name, start, go_on, step, result })), of))
    }
}

fn constant(literal: &LiteralValue) -> Typed {
    let exact = |text: String| {
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        match number(&text) {
            // The reader of the grammar holds fractions as binary floats; up to 15 digits they come back as written.
            Some(n) if digits <= 16 => Ok((Node::Const(V::Number(n)), Type::Number)),
            _ => Err(format!("{text} has too many digits; write it as `decimal(\"...\")`.")),
        }
    };
    match literal {
        LiteralValue::Boolean(b) => Ok((Node::Const(V::Bool(*b.inner())), Type::Bool)),
        LiteralValue::Int(i) => Ok((Node::Const(V::Number((*i.inner()).into())), Type::Number)),
        LiteralValue::UInt(u) => Ok((Node::Const(V::Number((*u.inner()).into())), Type::Number)),
        LiteralValue::Double(d) => exact(d.inner().to_string()),
        LiteralValue::String(s) => Ok((Node::Const(V::Text(s.inner().into())), Type::Text)),
        LiteralValue::Null => Ok((Node::Const(V::Null), Type::Null)),
        LiteralValue::Bytes(_) => Err("Bytes are not known here; write a text.".into()),
    }
}

fn truth((node, of): (Node, Type), sign: &str) -> Result<Node, String> {
    if of.fits(&Type::Bool) {
        Ok(node)
    } else {
        Err(format!("`{sign}` needs true or false, not {}.", of.name()))
    }
}

/// A text beside a date or a moment is read as one: `due_on < "2026-01-01"`.
fn alike(left: (Node, Type), right: (Node, Type)) -> ((Node, Type), (Node, Type)) {
    let read_as = |(node, of): (Node, Type), other: &Type| match (&node, other) {
        (Node::Const(V::Text(t)), Type::Date) => match t.parse() {
            Ok(date) => (Node::Const(V::Date(date)), Type::Date),
            Err(_) => (node, of),
        },
        (Node::Const(V::Text(t)), Type::Time) => match t.parse() {
            Ok(time) => (Node::Const(V::Time(time)), Type::Time),
            Err(_) => (node, of),
        },
        _ => (node, of),
    };
    let (l, r) = (left.1.clone(), right.1.clone());
    (read_as(left, &r), read_as(right, &l))
}

fn binary_type(binary: Binary, left: &Type, right: &Type) -> Result<Type, String> {
    use Type::*;
    let mismatch = || {
        let (a, b) = (left.name(), right.name());
        Err(format!("`{}` does not go with {a} and {b}.", binary.sign()))
    };
    let unknown = |t: &Type| matches!(t, Any | Null);
    match binary {
        Binary::Equal | Binary::NotEqual => {
            if left.fits(right) {
                Ok(Bool)
            } else {
                mismatch()
            }
        }
        Binary::Less | Binary::LessEqual | Binary::Greater | Binary::GreaterEqual => {
            let ordered = |t: &Type| matches!(t, Number | Text | Date | Time | Any | Null);
            if left.fits(right) && ordered(left) && ordered(right) { Ok(Bool) } else { mismatch() }
        }
        Binary::In => match right {
            List(item) if left.fits(item) => Ok(Bool),
            Any | Null | Record(_) => Ok(Bool),
            _ => mismatch(),
        },
        Binary::Add | Binary::Subtract => match (left, right) {
            (Number, Number) => Ok(Number),
            (Text, Text) if binary == Binary::Add => Ok(Text),
            (List(a), List(b)) if binary == Binary::Add => {
                Ok(List(Box::new((**a).clone().or((**b).clone()))))
            }
            (Date, Number) => Ok(Date),
            (Time, Number) => Ok(Time),
            (Date, Date) | (Time, Time) if binary == Binary::Subtract => Ok(Number),
            (a, b) if unknown(a) && unknown(b) => Ok(Any),
            (List(t), b) if unknown(b) && binary == Binary::Add => Ok(List(t.clone())),
            (a, Number | Text) if unknown(a) => Ok(if *right == Text { Text } else { Any }),
            (Number | Text | Date | Time, b) if unknown(b) => {
                Ok(if matches!(left, Date | Time) { Any } else { left.clone() })
            }
            (a, Date | Time) if unknown(a) && binary == Binary::Subtract => Ok(Number),
            _ => mismatch(),
        },
        Binary::Multiply | Binary::Divide | Binary::Remainder => {
            if left.is_number() && right.is_number() {
                Ok(Number)
            } else {
                mismatch()
            }
        }
    }
}
