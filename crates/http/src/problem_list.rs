//! `docs/errors.md`, generated from the list of codes. `KONTOR_BLESS=1` rewrites it.
use kernel::CODES;
use std::fmt::Write;

const HEAD: &str = "\
# Errors

Every refusal is an RFC 9457 problem document (`application/problem+json`):

```json
{
  \"type\": \"urn:kontor:problem:field.required\",
  \"title\": \"Value required\",
  \"status\": 422,
  \"code\": \"field.required\",
  \"detail\": \"A name is needed.\",
  \"errors\": [{ \"field\": \"name\", \"code\": \"field.required\", \"detail\": \"A name is needed.\", \"hint\": null }],
  \"hint\": null,
  \"request_id\": \"0198f3d2-...\",
  \"message\": \"A name is needed.\",
  \"details\": \"name: A name is needed.\"
}
```

All problems of a request stand in `errors`; the first gives status, code and title. `message` and `details` repeat them for
clients of PostgREST. Some problems carry more beside: `retry_after` (seconds), `right` (what was missing), `current` and
`yours` (both values of a lost race). `request_id` is also the header `X-Request-Id`, and finds the log line.

A code never changes its meaning. This page is generated from `crates/kernel/src/codes.rs`.

| code | status | title |
|---|---|---|
";

fn page() -> String {
    let mut page = HEAD.to_owned();
    let mut codes: Vec<_> = CODES.iter().collect();
    codes.sort_by_key(|c| c.code);
    for c in codes {
        let _ = writeln!(page, "| `{}` | {} | {} |", c.code, c.status, c.title);
    }
    page
}

#[test]
fn the_page_of_errors_lists_every_code() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/errors.md");
    if std::env::var_os("KONTOR_BLESS").is_some() {
        std::fs::write(path, page()).expect("docs/errors.md can be written");
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(written == page(), "docs/errors.md is out of date: KONTOR_BLESS=1 rewrites it");
}

#[test]
fn a_code_stands_in_the_list_once() {
    let mut codes: Vec<_> = CODES.iter().map(|c| c.code).collect();
    codes.sort_unstable();
    let all = codes.len();
    codes.dedup();
    assert_eq!(codes.len(), all);
}
