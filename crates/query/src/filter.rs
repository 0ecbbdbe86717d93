//! One test of a filter to SQL: does the operator fit the field, does the value fit its kind.
use crate::ask::{Op, Operand, Path, Quantifier, StepKey, Test};
use crate::shape::{self, Expr};
use crate::typed::{self, Right};
use kernel::{Problem, Uuid, Value};
use meta::Codec;

/// `path`'s keys, followed inside `expr`.
pub fn follow(mut expr: Expr, path: &Path, params: &mut Vec<Value>) -> Result<Expr, Problem> {
    for step in &path.steps {
        let inside = match (expr.codec, expr.special.as_deref()) {
            (Codec::Jsonb, None | Some("json" | "jsonb")) => expr.sql,
            (Codec::Jsonb | Codec::TextArray | Codec::UuidArray, _) => format!("to_jsonb({})", expr.sql),
            _ => {
                let detail = format!("`{}` holds no JSON, so `{path}` leads nowhere.", path.name);
                return Err(Problem::new("query.unsupported", detail).at(path.to_string()));
            }
        };
        let arrow = if step.text { "->>" } else { "->" };
        let key = match &step.key {
            StepKey::Index(i) if *i < 0 => format!("({i})"),
            StepKey::Index(i) => i.to_string(),
            StepKey::Key(k) => {
                params.push(Value::from(k.as_str()));
                format!("${}::text", params.len())
            }
        };
        let codec = if step.text { Codec::Text } else { Codec::Jsonb };
        expr = Expr::plain(format!("({inside}{arrow}{key})"), codec);
    }
    Ok(expr)
}

/// The condition, without `not`.
pub fn condition(expr: &Expr, test: &Test, me: Uuid, params: &mut Vec<Value>) -> Result<String, Problem> {
    let mut cx = Condition { expr, test, me, params };
    let sql = cx.sql()?;
    Ok(if test.not { format!("not ({sql})") } else { sql })
}

struct Condition<'a> {
    expr: &'a Expr,
    test: &'a Test,
    me: Uuid,
    params: &'a mut Vec<Value>,
}

impl Condition<'_> {
    fn sql(&mut self) -> Result<String, Problem> {
        use Op::*;
        let at = &self.expr.sql;
        match self.test.op {
            Eq => self.compare("="),
            Neq => self.compare("<>"),
            Gt => self.compare(">"),
            Gte => self.compare(">="),
            Lt => self.compare("<"),
            Lte => self.compare("<="),
            IsDistinct => self.compare("is distinct from"),
            Like => self.pattern("like"),
            Ilike => self.pattern("ilike"),
            Match => self.pattern("~"),
            Imatch => self.pattern("~*"),
            In => {
                let list = self.list(|t| t.to_owned())?;
                Ok(format!("{at} = any({list})"))
            }
            Is => self.is(),
            Fts => self.full_text("to_tsquery"),
            Plfts => self.full_text("plainto_tsquery"),
            Phfts => self.full_text("phraseto_tsquery"),
            Wfts => self.full_text("websearch_to_tsquery"),
            Cs => self.contains("@>"),
            Cd => self.contains("<@"),
            Ov => self.contains("&&"),
            Sl => self.range("<<"),
            Sr => self.range(">>"),
            Nxr => self.range("&<"),
            Nxl => self.range("&>"),
            Adj => self.range("-|-"),
        }
    }

    fn compare(&mut self, sign: &str) -> Result<String, Problem> {
        let at = &self.expr.sql;
        match self.test.quantifier {
            None => Ok(format!("{at} {sign} {}", self.one()?)),
            Some(q) => Ok(format!("{at} {sign} {}({})", word(q), self.list(|t| t.to_owned())?)),
        }
    }

    fn pattern(&mut self, sign: &str) -> Result<String, Problem> {
        if self.expr.codec != Codec::Text {
            return Err(self.unfit());
        }
        // `*` stands for `%`, which is tiresome to write in a URL.
        let wild = matches!(self.test.op, Op::Like | Op::Ilike);
        let star = |t: &str| if wild { t.replace('*', "%") } else { t.to_owned() };
        let at = &self.expr.sql;
        match self.test.quantifier {
            None => {
                let text = star(self.text()?);
                Ok(format!("{at} {sign} {}", self.param(Value::Text(text), "text")))
            }
            Some(q) => Ok(format!("{at} {sign} {}({})", word(q), self.list(star)?)),
        }
    }

    fn is(&mut self) -> Result<String, Problem> {
        let at = &self.expr.sql;
        let said = self.text()?.to_ascii_lowercase();
        match said.as_str() {
            "null" => Ok(format!("{at} is null")),
            "not_null" => Ok(format!("{at} is not null")),
            "true" | "false" | "unknown" if self.expr.codec == Codec::Bool => Ok(format!("{at} is {said}")),
            "true" | "false" | "unknown" => Err(self.unfit()),
            _ => Err(self.wrong("`null`, `not_null`, `true`, `false` or `unknown` after `is`")),
        }
    }

    fn full_text(&mut self, function: &str) -> Result<String, Problem> {
        let said = self.text()?.to_owned();
        let language = self.test.language.as_deref();
        if let Some(unknown) = language.filter(|l| !typed::is_language(l)) {
            return Err(Problem::new(
                "query.invalid",
                format!("There is no text search language `{unknown}`."),
            )
            .at(self.test.path.to_string())
            .hint("`simple`, `english`, `german`, `french` and the others of PostgreSQL are known."));
        }
        if self.test.op == Op::Fts && !typed::is_tsquery(&said) {
            return Err(self.wrong("words joined by `&` or `|` (`wfts` takes words as people type them)"));
        }
        let config = language.unwrap_or("simple");
        let vector = match (self.expr.codec, self.expr.special.as_deref()) {
            (_, Some("tsvector")) => self.expr.sql.clone(),
            (Codec::Text | Codec::Jsonb, _) => format!("to_tsvector('{config}', {})", self.expr.sql),
            _ => return Err(self.unfit()),
        };
        let query = self.param(Value::Text(said), "text");
        // A ready vector was made by the database's own configuration, so the words go through it too.
        Ok(match (self.expr.special.as_deref(), language) {
            (Some("tsvector"), None) => format!("{vector} @@ {function}({query})"),
            _ => format!("{vector} @@ {function}('{config}', {query})"),
        })
    }

    fn contains(&mut self, sign: &str) -> Result<String, Problem> {
        let fits = match self.expr.codec {
            _ if self.expr.special.is_some() => true,
            Codec::TextArray | Codec::UuidArray => true,
            Codec::Jsonb => self.test.op != Op::Ov,
            _ => false,
        };
        if !fits {
            return Err(self.unfit());
        }
        Ok(format!("{} {sign} {}", self.expr.sql, self.one()?))
    }

    fn range(&mut self, sign: &str) -> Result<String, Problem> {
        if !self.expr.special.as_deref().is_some_and(|s| s.ends_with("range")) {
            return Err(self.unfit());
        }
        Ok(format!("{} {sign} {}", self.expr.sql, self.one()?))
    }

    // --- the right side

    fn one(&mut self) -> Result<String, Problem> {
        let text = self.text()?;
        match typed::right(self.expr, text, self.me).map_err(|wanted| self.wrong(wanted))? {
            Right::Sql(sql) => Ok(format!("({sql})")),
            Right::Value(value) => Ok(match &self.expr.special {
                Some(special) => format!("{}::{special}", self.param(value, "text")),
                None => self.param(value, shape::sql_type(self.expr.codec)),
            }),
        }
    }

    fn list(&mut self, each: impl Fn(&str) -> String) -> Result<String, Problem> {
        let Operand::List(texts) = &self.test.value else { return Err(self.wrong("a list")) };
        if matches!(self.expr.codec, Codec::TextArray | Codec::UuidArray) {
            return Err(self.unfit());
        }
        let texts: Vec<_> = texts.iter().map(|t| each(t)).collect();
        let value = typed::list(self.expr, &texts, self.me).map_err(|wanted| self.wrong(wanted))?;
        let is_ids = matches!(value, Value::Ids(_));
        let sql = self.param(value, if is_ids { "uuid[]" } else { "text[]" });
        Ok(match (&self.expr.special, self.expr.codec) {
            (Some(special), _) => format!("{sql}::{special}[]"),
            (None, Codec::Text | Codec::Other | Codec::Uuid) => sql,
            (None, codec) => format!("{sql}::{}[]", shape::sql_type(codec)),
        })
    }

    fn text(&self) -> Result<&str, Problem> {
        match &self.test.value {
            Operand::One(text) => Ok(text),
            Operand::List(_) => Err(self.wrong("one value")),
        }
    }

    fn param(&mut self, value: Value, cast: &str) -> String {
        self.params.push(value);
        format!("${}::{cast}", self.params.len())
    }

    // --- refusals

    fn wrong(&self, wanted: &str) -> Problem {
        let field = self.test.path.to_string();
        Problem::new("query.invalid", format!("The filter on `{field}` needs {wanted}.")).at(field)
    }

    fn unfit(&self) -> Problem {
        let field = self.test.path.to_string();
        let fit = match self.expr.codec {
            Codec::Text | Codec::Other => {
                "eq, neq, in, is, like, ilike, match, imatch, fts, gt, gte, lt, lte"
            }
            Codec::TextArray | Codec::UuidArray => "cs, cd, ov, eq, neq, is",
            Codec::Jsonb => "cs, cd, eq, neq, is, fts, and those of texts after `->>key`",
            _ => "eq, neq, in, is, gt, gte, lt, lte, isdistinct",
        };
        Problem::new("query.unsupported", format!("`{}` does not fit `{field}`.", self.test.op.word()))
            .at(field)
            .hint(format!("These do: {fit}."))
    }
}

fn word(quantifier: Quantifier) -> &'static str {
    match quantifier {
        Quantifier::Any => "any",
        Quantifier::All => "all",
    }
}
