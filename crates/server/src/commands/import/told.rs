//! What an import says in a terminal.
use anyhow::{Context, Result, bail};
use imports::{Imports, RowError};
use kernel::Uuid;
use policy::Actor;
use serde::Deserialize;
use serde_json::Value as Json;
use std::fs::File;
use std::io::Write;
use std::path::Path;

/// Notes, errors, candidates and counts of an import that has ended; a failure where it is none that one can rest on.
pub fn tell(import: &Json) -> Result<()> {
    for note in list(&import["notes"]) {
        println!("Note: {}", text(note));
    }
    for found in list(&import["matches"]) {
        println!("{}", like(found));
    }
    for error in list(&import["errors"]) {
        println!("{}", line(&RowError::deserialize(error).context("an error of a row")?));
    }
    let count = |name: &str| import[name].as_u64().unwrap_or(0);
    let (refused, id) = (count("refused"), text(&import["id"]));
    let counts = ["created", "updated", "unchanged", "skipped", "refused"]
        .map(|n| format!("{} {n}", count(n)))
        .join(", ");
    let written = count("created") + count("updated") > 0;
    let back = match written && import["dry_run"] != true {
        true => format!("DELETE /api/v1/imports/jobs/{id} takes it back."),
        false => "Nothing was written.".into(),
    };
    match (text(&import["state"]), import["dry_run"] == true) {
        ("done", true) if refused > 0 => bail!("{counts}, if it were run. Nothing was written."),
        ("done", true) => println!("Without errors: {counts}, if it were run. Nothing was written."),
        ("done", false) => println!("{counts}. {back}"),
        ("refused", _) => {
            bail!("{refused} rows are wrong: nothing was written. `--errors` writes them into a file.")
        }
        ("failed", _) => {
            let why: Vec<&str> = list(&import["problem"]).iter().map(|p| text(&p["detail"])).collect();
            bail!("{} {counts}. {back}", why.join(" "))
        }
        ("cancelled" | "waiting", _) => bail!("Stopped: {counts}. {back}"),
        (_, _) => bail!("The import broke off: {counts}. {back} The log tells why."),
    }
    Ok(())
}

/// `row 17 (create): 98 % Ann Lee 0192...: Same e-mail, same phone`
fn like(found: &Json) -> String {
    let one = |c: &Json| {
        let percent = c["score"].as_f64().unwrap_or(0.0) * 100.0;
        format!("{percent:.0} % {} {}: {}", text(&c["title"]), text(&c["id"]), text(&c["reason"]))
    };
    let candidates: Vec<String> = list(&found["candidates"]).iter().map(one).collect();
    format!("Row {} ({}) is like {}", found["row"], text(&found["choice"]), candidates.join("; "))
}

fn list(json: &Json) -> &[Json] {
    json.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(json: &Json) -> &str {
    json.as_str().unwrap_or_default()
}

/// The refused rows with their cells, a page at a time.
pub async fn write_errors(imports: &Imports, actor: &Actor, id: Uuid, path: &Path) -> Result<()> {
    let mut file = File::create(path).with_context(|| format!("{} cannot be written", path.display()))?;
    let mut after = None;
    while let Some((page, last)) = imports.error_page(actor, id, after).await? {
        file.write_all(&page).with_context(|| format!("{} cannot be written", path.display()))?;
        after = Some(last);
    }
    Ok(())
}

/// `customers.csv:12 email "x@": Not an e-mail address. ...`
pub fn line(error: &RowError) -> String {
    let place = format!("{}:{}", error.file, error.row);
    let column =
        error.column.as_deref().or(error.field.as_deref()).map(|c| format!(" {c}")).unwrap_or_default();
    let value = error.value.as_deref().map(|v| format!(" \"{v}\"")).unwrap_or_default();
    let hint = error.hint.as_deref().map(|h| format!(" {h}")).unwrap_or_default();
    format!("{place}{column}{value}: {}{hint}", error.reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_error_names_row_column_value_and_reason() {
        let error = RowError::row("customers.csv", 12, "field.invalid", "Not an e-mail address.")
            .column(Some("E-Mail"))
            .value("x@");
        assert_eq!(line(&error), "customers.csv:12 E-Mail \"x@\": Not an e-mail address.");
    }

    #[test]
    fn a_row_names_whom_it_is_like() {
        let found = json!({ "row": 17, "choice": "skip", "candidates": [
            { "id": "a", "title": "Ann Lee", "score": 0.98, "reason": "Same e-mail" }, { "id": "b", "score": 0.8, "reason": "Same phone" },
        ] });
        assert_eq!(like(&found), "Row 17 (skip) is like 98 % Ann Lee a: Same e-mail; 80 %  b: Same phone");
    }
}
