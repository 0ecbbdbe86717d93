//! The two cookies of a session: the token, which scripts cannot read, and the CSRF token, which ours must.
use crate::HttpConfig;
use http::{HeaderMap, HeaderValue, header};
use std::time::Duration;

pub(crate) fn session_name(config: &HttpConfig) -> String {
    format!("{}.session_token", config.cookie_prefix)
}
pub(crate) fn csrf_name(config: &HttpConfig) -> String {
    format!("{}.csrf", config.cookie_prefix)
}

pub(crate) fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, value)| *key == name && !value.is_empty())
        .map(|(_, value)| value)
}

pub(crate) fn set_session(headers: &mut HeaderMap, config: &HttpConfig, token: &str, life: Duration) {
    add(headers, config, &session_name(config), token, life, "; HttpOnly");
}
pub(crate) fn set_csrf(headers: &mut HeaderMap, config: &HttpConfig, csrf: &str, life: Duration) {
    add(headers, config, &csrf_name(config), csrf, life, "");
}

pub(crate) fn clear(headers: &mut HeaderMap, config: &HttpConfig) {
    add(headers, config, &session_name(config), "", Duration::ZERO, "; HttpOnly");
    add(headers, config, &csrf_name(config), "", Duration::ZERO, "");
}

fn add(headers: &mut HeaderMap, config: &HttpConfig, name: &str, value: &str, life: Duration, flags: &str) {
    let secure = if config.is_https() { "; Secure" } else { "" };
    let age = life.as_secs();
    let cookie = format!("{name}={value}; Path=/; Max-Age={age}; SameSite=Strict{flags}{secure}");
    // Tokens are base64 and the prefix was configured: only a broken prefix can fail, and then no cookie is right.
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        headers.append(header::SET_COOKIE, value);
    }
}
