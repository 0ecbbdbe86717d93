//! Many inserts of one row become few of many rows: the server parses, plans and answers once for all of them.
use crate::Statement;
use std::collections::HashMap;
use std::fmt::Write as _;

/// Rows of one statement. A power of two, so that few different statements are prepared.
const ROWS: usize = 64;
/// What the protocol can count.
const MOST_PARAMETERS: usize = u16::MAX as usize;

/// The same writes in fewer statements.
///
/// Inserts of one form that follow one another are merged. Rows of the engine's own tables (the log, the history of
/// stages, jobs) refer to nothing and nothing refers to them, so they do not come between other writes: they go last.
pub fn merged(statements: Vec<Statement>) -> Vec<Statement> {
    if statements.len() < ROWS {
        return statements;
    }
    let mut all: Vec<Statement> = Vec::new();
    let mut run: Vec<Statement> = Vec::new();
    let mut last: Vec<Vec<Statement>> = Vec::new();
    let mut forms: HashMap<String, usize> = HashMap::new();
    for statement in statements {
        if is_of_engine(&statement.text) {
            let next = last.len();
            let form = *forms.entry(statement.text.clone()).or_insert(next);
            if form == next {
                last.push(vec![]);
            }
            last[form].push(statement);
            continue;
        }
        if run.first().is_some_and(|first| first.text != statement.text) {
            merge(std::mem::take(&mut run), &mut all);
        }
        run.push(statement);
    }
    merge(run, &mut all);
    last.into_iter().for_each(|form| merge(form, &mut all));
    all
}

/// Inserts of one row that nobody waits for.
fn is_of_engine(text: &str) -> bool {
    ["insert into kontor.changes ", "insert into kontor.change_sets ", "insert into kontor.stage_history "]
        .iter()
        .any(|start| text.starts_with(start))
}

/// Statements of one form.
fn merge(statements: Vec<Statement>, all: &mut Vec<Statement>) {
    let split = statements.first().and_then(|first| one_row(&first.text));
    let Some((head, row)) = split.map(|(h, r)| (h.to_owned(), r.to_owned())) else {
        all.extend(statements);
        return;
    };
    let per_row = statements[0].params.len();
    let rows = ROWS.min(MOST_PARAMETERS / per_row.max(1)).max(1);
    let many = many_rows(&head, &row, per_row, rows);
    let mut rest = statements.into_iter().peekable();
    while rest.peek().is_some() {
        let piece: Vec<Statement> = rest.by_ref().take(rows).collect();
        if piece.len() < rows {
            all.extend(piece);
            break;
        }
        let params = piece.into_iter().flat_map(|s| s.params).collect();
        all.push(Statement { text: many.clone(), params });
    }
}

/// `insert into t (a, b) values ` and `($1, $2)`, if that is all there is.
fn one_row(text: &str) -> Option<(&str, &str)> {
    let at = text.find(" values (").filter(|_| text.starts_with("insert into "))?;
    let (head, row) = text.split_at(at + " values ".len());
    // Nothing may follow the row: no `on conflict`, no `returning`. A cast such as `numeric(14, 2)` may stand in it.
    let mut depth = 0;
    for (index, c) in row.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            '\'' | '"' => return None,
            _ => {}
        }
        if depth == 0 {
            return (index + 1 == row.len()).then_some((head, row));
        }
    }
    None
}

fn many_rows(head: &str, row: &str, per_row: usize, rows: usize) -> String {
    let mut text = String::with_capacity(head.len() + (row.len() + per_row * 3) * rows);
    text.push_str(head);
    for n in 0..rows {
        if n > 0 {
            text.push_str(", ");
        }
        let mut rest = row;
        while let Some((before, after)) = rest.split_once('$') {
            let digits = after.bytes().take_while(u8::is_ascii_digit).count();
            let number: usize = after[..digits].parse().unwrap_or_default();
            text.push_str(before);
            let _written = write!(text, "${}", number + n * per_row);
            rest = &after[digits..];
        }
        text.push_str(rest);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Value;

    fn insert(table: &str, value: i64) -> Statement {
        let text = format!("insert into {table} (a, b) values ($1, $2::numeric(14, 2))");
        Statement { text, params: vec![Value::Int(value), Value::Int(-value)] }
    }

    #[test]
    fn inserts_of_one_form_become_few_and_the_log_goes_last() {
        let log = "kontor.changes ".trim_end();
        let many: Vec<Statement> =
            (0..130).flat_map(|n| [insert("data.contacts", n), insert(log, n)]).collect();
        let merged = merged(many);
        let tables: Vec<(bool, usize)> =
            merged.iter().map(|s| (s.text.contains("kontor.changes"), s.params.len())).collect();
        assert_eq!(
            tables,
            [
                (false, 128),
                (false, 128),
                (false, 2),
                (false, 2),
                (true, 128),
                (true, 128),
                (true, 2),
                (true, 2)
            ]
        );
        assert!(merged[0].text.ends_with("($127, $128::numeric(14, 2))"), "{}", merged[0].text);
        assert_eq!(merged[1].params[0], Value::Int(64));
    }

    #[test]
    fn what_stands_between_two_inserts_stays_between_them() {
        let update =
            Statement { text: "update data.contacts set a = $1".into(), params: vec![Value::Int(1)] };
        let mut all: Vec<Statement> = (0..64).map(|n| insert("data.contacts", n)).collect();
        all.push(update.clone());
        all.extend((0..64).map(|n| insert("data.contacts", n)));
        let merged = merged(all);
        assert_eq!((merged.len(), &merged[1].text), (3, &update.text));
    }

    #[test]
    fn inserts_that_say_more_stay_as_they_are() {
        let one = Statement {
            text: "insert into data.x (a) values ($1) on conflict do nothing".into(),
            params: vec![Value::Int(1)],
        };
        assert_eq!(merged(vec![one; 100]).len(), 100);
    }
}
