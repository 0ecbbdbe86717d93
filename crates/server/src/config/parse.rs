//! From the text of a setting to its value. `None` means that the text is not what the setting expects.
use http_api::limits::Rule;
use std::time::Duration;
use url::Url;

pub fn whole(range: std::ops::RangeInclusive<u64>) -> impl Fn(&str) -> Option<u64> {
    move |text| text.parse().ok().filter(|n| range.contains(n))
}

pub fn one_of<T: Copy>(choices: &'static [(&'static str, T)]) -> impl Fn(&str) -> Option<T> {
    move |text| choices.iter().find(|(name, _)| *name == text).map(|(_, value)| *value)
}

/// Its scheme is right and it names something; the driver reads the rest.
pub fn address_of(schemes: &'static [&'static str]) -> impl Fn(&str) -> Option<String> {
    move |text| {
        let url = Url::parse(text).ok()?;
        schemes.contains(&url.scheme()).then(|| text.to_string())
    }
}

/// `https://crm.example.com`: scheme, host and port, nothing after.
pub fn origin(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let bare =
        url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    (matches!(url.scheme(), "http" | "https") && url.has_host() && bare).then_some(url)
}

/// Of a bucket or a region.
pub fn plain_name(text: &str) -> Option<String> {
    let plain = text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.');
    (plain && (3..=63).contains(&text.len())).then(|| text.to_string())
}

pub fn filled(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_string())
}

/// Separated by commas.
pub fn list<T>(parse: impl Fn(&str) -> Option<T>) -> impl Fn(&str) -> Option<Vec<T>> {
    move |text| text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(&parse).collect()
}

/// `off` or something else.
pub fn unless_off<T>(parse: impl Fn(&str) -> Option<T>) -> impl Fn(&str) -> Option<Option<T>> {
    move |text| if text == "off" { Some(None) } else { parse(text).map(Some) }
}

/// `5/15m`
pub fn rule(text: &str) -> Option<Rule> {
    let (count, window) = text.split_once('/')?;
    let count = count.parse().ok().filter(|n| *n > 0)?;
    Some(Rule::new(count, duration(window)?))
}

/// `30s`, `15m`, `24h`
fn duration(text: &str) -> Option<Duration> {
    let unit = text.chars().last()?;
    let number: u64 =
        text[..text.len() - unit.len_utf8()].parse().ok().filter(|n| (1..=100_000).contains(n))?;
    let seconds = match unit {
        's' => number,
        'm' => number * 60,
        'h' => number * 3600,
        _ => return None,
    };
    Some(Duration::from_secs(seconds))
}

/// `1MB` is 1024 × 1024 bytes, as everybody who sets a limit means it.
pub fn size(text: &str) -> Option<usize> {
    let units = [("KB", 1024), ("MB", 1024 * 1024), ("GB", 1024 * 1024 * 1024), ("", 1)];
    let (digits, unit) = units.iter().find_map(|(name, unit)| Some((text.strip_suffix(name)?, unit)))?;
    let number: usize = digits.trim().parse().ok().filter(|n| *n > 0)?;
    number.checked_mul(*unit)
}

pub fn cookie_prefix(text: &str) -> Option<String> {
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    (plain && (1..=32).contains(&text.len())).then(|| text.to_string())
}
