//! E-mail addresses, telephone numbers, links. Blanks around them come from copying and are dropped.
use super::{Parsed, as_text, invalid, quoted, text};
use crate::model::Field;
use email_address::{EmailAddress, Options};
use kernel::Value;
use serde_json::Value as Json;

const LONGEST_EMAIL: usize = 254;
const LONGEST_PHONE: usize = 60;
/// What a person may follow; `javascript:` and `data:` would run in the reader's browser.
const SCHEMES: [&str; 9] = ["http", "https", "mailto", "tel", "sms", "ftp", "ftps", "sftp", "geo"];

pub fn email(field: &Field, json: &Json) -> Parsed {
    let typed = as_text(field, "an e-mail address", json)?.trim();
    if typed.is_empty() {
        return Ok(Value::Text(String::new()));
    }
    text::check(field, typed)?;
    let options = Options::default().with_required_tld().without_domain_literal().without_display_text();
    let odd = typed.chars().any(|c| c.is_whitespace() || c.is_control());
    if odd || typed.len() > LONGEST_EMAIL || EmailAddress::parse_with_options(typed, options).is_err() {
        return Err(invalid(
            field,
            format!("must be an e-mail address such as ada@example.com, not {}.", quoted(typed)),
        ));
    }
    Ok(Value::Text(typed.into()))
}

/// E.164 where a country code is there, else as typed: nobody but the writer knows the country.
pub fn phone(field: &Field, json: &Json) -> Parsed {
    let typed = as_text(field, "a telephone number", json)?.trim();
    if typed.is_empty() {
        return Ok(Value::Text(String::new()));
    }
    text::storable(field, typed)?;
    if typed.chars().count() > LONGEST_PHONE || !typed.contains(|c: char| c.is_ascii_digit()) {
        return Err(invalid(field, format!("must be a telephone number, not {}.", quoted(typed))));
    }
    let number = international(typed).unwrap_or_else(|| typed.into());
    text::check(field, &number)?;
    Ok(Value::Text(number))
}

fn international(typed: &str) -> Option<String> {
    let with_plus = match typed.strip_prefix("00") {
        Some(rest) => format!("+{rest}"),
        None => typed.to_string(),
    };
    let plain = |c: char| c.is_ascii_digit() || "+ ()-./".contains(c);
    if !with_plus.starts_with('+') || !with_plus.chars().all(plain) {
        return None;
    }
    // Extensions have no place in E.164; they hold letters and so stay as typed.
    let number = phonenumber::parse(None, &with_plus).ok()?;
    Some(number.format().mode(phonenumber::Mode::E164).to_string())
}

pub fn url(field: &Field, json: &Json) -> Parsed {
    let typed = as_text(field, "a link", json)?.trim();
    if typed.is_empty() {
        return Ok(Value::Text(String::new()));
    }
    text::check(field, typed)?;
    match ::url::Url::parse(typed) {
        Ok(url) if !SCHEMES.contains(&url.scheme()) => {
            Err(invalid(field, format!("cannot be a link of the kind `{}:`.", url.scheme()))
                .hint(format!("Links begin with one of {}.", SCHEMES.join(", "))))
        }
        Ok(url) if url.scheme().starts_with("http") && url.host_str().is_none_or(str::is_empty) => {
            Err(invalid(field, "names no server."))
        }
        Ok(_) if typed.contains(char::is_whitespace) => Err(invalid(field, "contains a blank.")),
        Ok(_) => Ok(Value::Text(typed.into())),
        Err(_) => {
            Err(invalid(field, format!("must be a link such as https://example.com, not {}.", quoted(typed))))
        }
    }
}
