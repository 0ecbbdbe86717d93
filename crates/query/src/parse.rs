//! Query string and headers to `Ask`. Shape only: no name is looked up here.
use crate::ask::*;
use crate::scan::Scan;
use kernel::{Problem, Problems};

/// Reads the pairs of a query string (already decoded) and the headers. All problems at once.
pub fn parse(pairs: &[(String, String)], headers: &Headers) -> Result<Ask, Problems> {
    let mut reading = Reading::default();
    for (key, value) in pairs {
        if let Err(problem) = reading.pair(key, value) {
            reading.problems.push(problem);
        }
    }
    reading.headers(headers);
    reading.finish()
}

/// `a=b&c=d`, as a view or a gate writes it, into pairs. `%` and `+` stand for themselves.
pub fn pairs(text: &str) -> Vec<(String, String)> {
    let both = |part: &str| {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        (key.to_owned(), value.to_owned())
    };
    text.split('&').filter(|part| !part.trim().is_empty()).map(both).collect()
}

#[derive(Default)]
struct Reading {
    ask: Ask,
    /// What parameters say about embeds, until `select` is known.
    embedded: Vec<(String, Vec<String>, Said)>,
    problems: Problems,
}

enum Said {
    Filter(Filter),
    Order(Vec<Order>),
    Limit(u64),
    Offset(u64),
}

impl Reading {
    fn pair(&mut self, key: &str, value: &str) -> Result<(), Problem> {
        let mut scan = Scan::new(key, value)?;
        if value.contains('\0') {
            return Err(Problem::new("query.invalid", format!("`{key}` holds a zero byte.")).at(key));
        }
        match key {
            "select" => {
                let items = scan.items(0)?;
                scan.end(false)?;
                self.ask.select = (!items.is_empty()).then_some(items);
            }
            "order" => {
                self.ask.order = scan.orders()?;
                scan.end(false)?;
            }
            "limit" => self.ask.limit = Some(limit(key, value)?),
            "offset" => self.ask.offset = offset(key, value)?,
            "cursor" => self.ask.cursor = Some(value.to_owned()).filter(|v| !v.is_empty()),
            "q" => self.ask.q = Some(value.trim().to_owned()).filter(|v| !v.is_empty()),
            "view" => self.ask.view = Some(value.to_owned()).filter(|v| !v.is_empty()),
            "as_of" => {
                let wrong = || {
                    Problem::new("query.invalid", "`as_of` must be a time like `2026-11-21T10:00:00Z`.")
                        .at(key)
                };
                self.ask.as_of = Some(crate::typed::time(value).ok_or_else(wrong)?);
            }
            "on_conflict" => {
                self.ask.on_conflict = scan.names()?;
                scan.end(false)?;
            }
            "columns" => {
                self.ask.columns = Some(scan.names()?);
                scan.end(false)?;
            }
            "and" | "or" | "not.and" | "not.or" => {
                let filter = logic(&mut scan, key)?;
                self.ask.filters.push(filter);
            }
            _ => self.filter(key, scan)?,
        }
        Ok(())
    }

    /// A filter on a field, or anything about an embed: `client.name`, `orders.limit`, `orders.not.or`.
    fn filter(&mut self, key: &str, mut scan: Scan) -> Result<(), Problem> {
        let mut name = Scan::new(key, key)?;
        let target = name.target()?;
        name.end(false)?;
        let mut embeds = target.embeds;
        let path = target.path;
        let last = if path.steps.is_empty() { path.name.as_str() } else { "" };
        let said = match last {
            "and" | "or" if !embeds.is_empty() => {
                let not = embeds.last().is_some_and(|e| e == "not");
                if not {
                    embeds.pop();
                }
                let word = if not { format!("not.{last}") } else { last.to_owned() };
                Said::Filter(logic(&mut scan, &word)?)
            }
            "order" if !embeds.is_empty() => {
                let orders = scan.orders()?;
                scan.end(false)?;
                Said::Order(orders)
            }
            "limit" if !embeds.is_empty() => Said::Limit(limit(key, scan.all())?),
            "offset" if !embeds.is_empty() => Said::Offset(offset(key, scan.all())?),
            _ => {
                let test = scan.test(path)?;
                scan.end(false)?;
                Said::Filter(Filter::Test(test))
            }
        };
        match said {
            Said::Filter(filter) if embeds.is_empty() => self.ask.filters.push(filter),
            said => self.embedded.push((key.to_owned(), embeds, said)),
        }
        Ok(())
    }

    fn headers(&mut self, headers: &Headers) {
        self.ask.single = headers.accept.is_some_and(|a| a.contains("application/vnd.pgrst.object"));
        if let Some(prefer) = headers.prefer {
            self.prefer(prefer);
        }
        if let Some(range) = headers.range
            && let Err(problem) = self.range(range)
        {
            self.problems.push(problem);
        }
    }

    fn prefer(&mut self, header: &str) {
        let prefer = &mut self.ask.prefer;
        let mut unknown = vec![];
        for part in header.split([',', ';']).map(str::trim).filter(|p| !p.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            match (name.trim(), value.trim().trim_matches('"')) {
                ("return", "minimal") => prefer.returning = Some(Returning::Minimal),
                ("return", "headers-only") => prefer.returning = Some(Returning::HeadersOnly),
                ("return", "representation") => prefer.returning = Some(Returning::Representation),
                ("resolution", "merge-duplicates") => prefer.resolution = Some(Resolution::MergeDuplicates),
                ("resolution", "ignore-duplicates") => prefer.resolution = Some(Resolution::IgnoreDuplicates),
                ("missing", "default") => prefer.missing = Some(Missing::Default),
                ("missing", "null") => prefer.missing = Some(Missing::Null),
                ("count", "none") => self.ask.count = Count::None,
                ("count", "exact") => self.ask.count = Count::Exact,
                ("count", "planned") => self.ask.count = Count::Planned,
                ("count", "estimated") => self.ask.count = Count::Estimated,
                ("handling", "strict") => prefer.strict = true,
                ("handling", "lenient") => prefer.strict = false,
                ("max-affected", n) if n.parse::<u64>().is_ok() => prefer.max_affected = n.parse().ok(),
                ("tx", "commit") => prefer.rollback = false,
                ("tx", "rollback") => prefer.rollback = true,
                _ => unknown.push(part.to_owned()),
            }
        }
        if prefer.strict && !unknown.is_empty() {
            let detail = format!("`Prefer` asks for something that is not known: {}.", unknown.join(", "));
            self.problems.push(Problem::new("query.invalid", detail).at("Prefer"));
        }
    }

    /// `Range: 10-19`: rows 10 to 19, within what `limit` and `offset` leave. Anything that is not a range of rows
    /// (`bytes=0-`) is none of ours.
    fn range(&mut self, header: &str) -> Result<(), Problem> {
        let header = header.strip_prefix("items=").unwrap_or(header);
        let Some((first, last)) = header.trim().split_once('-') else { return Ok(()) };
        let Ok(first) = first.parse::<u64>() else { return Ok(()) };
        let offset = self.ask.offset.max(first);
        let end = self.ask.limit.map(|l| self.ask.offset.saturating_add(l));
        let last = match last {
            "" => None,
            n => match n.parse::<u64>() {
                Ok(n) => Some(n),
                Err(_) => return Ok(()),
            },
        };
        if last.is_some_and(|last| last < first) {
            let detail = format!("The range {header} ends before it begins.");
            return Err(Problem::new("query.range", detail).at("Range"));
        }
        let end = match (end, last.map(|l| l.saturating_add(1))) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        self.ask.offset = offset;
        self.ask.limit = end.map(|end| end.saturating_sub(offset));
        Ok(())
    }

    fn finish(mut self) -> Result<Ask, Problems> {
        for (key, path, said) in std::mem::take(&mut self.embedded) {
            if let Err(problem) = say(self.ask.select.as_deref_mut().unwrap_or_default(), &key, &path, said) {
                self.problems.push(problem);
            }
        }
        if self.problems.is_empty() { Ok(self.ask) } else { Err(self.problems) }
    }
}

fn logic(scan: &mut Scan, word: &str) -> Result<Filter, Problem> {
    let inner = scan.group(0)?;
    scan.end(true)?;
    Ok(match word {
        "and" => Filter::And(inner),
        "or" => Filter::Or(inner),
        "not.and" => Filter::Not(Box::new(Filter::And(inner))),
        _ => Filter::Not(Box::new(Filter::Or(inner))),
    })
}

/// Hands what a parameter says to the embed it names; aliases first, then relation names.
fn say(items: &mut [Item], key: &str, path: &[String], said: Said) -> Result<(), Problem> {
    let Some((first, rest)) = path.split_first() else { return Ok(()) };
    let mut embeds: Vec<&mut Embed> = items
        .iter_mut()
        .filter_map(|item| match item {
            Item::Embed(embed) => Some(embed),
            _ => None,
        })
        .collect();
    let Some(at) = embeds.iter().position(|e| e.key() == first) else {
        return Err(Problem::new(
            "query.no_such_relation",
            format!("`{first}` is not embedded in this request."),
        )
        .at(key)
        .hint(format!("Write it into `select` first: `select=*,{first}(*)`.")));
    };
    let embed = embeds.swap_remove(at);
    if !rest.is_empty() {
        return say(&mut embed.items, key, rest, said);
    }
    match said {
        Said::Filter(filter) => embed.filters.push(filter),
        Said::Order(order) => embed.order = order,
        Said::Limit(limit) => embed.limit = Some(limit),
        Said::Offset(offset) => embed.offset = offset,
    }
    Ok(())
}

fn limit(key: &str, value: &str) -> Result<u64, Problem> {
    match value.trim().parse::<i64>() {
        Ok(n) if n < 0 => Err(Problem::new("query.range", "The limit must be zero or more.").at(key)),
        Ok(n) => Ok(n as u64),
        Err(_) => Err(Problem::new("query.invalid", format!("`{key}` must be a number.")).at(key)),
    }
}

/// A negative offset means the beginning.
fn offset(key: &str, value: &str) -> Result<u64, Problem> {
    match value.trim().parse::<i64>() {
        Ok(n) => Ok(n.max(0) as u64),
        Err(_) => Err(Problem::new("query.invalid", format!("`{key}` must be a number.")).at(key)),
    }
}
