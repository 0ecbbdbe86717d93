//! Invented people, firms and places. E-mail addresses end in `.example`, which nobody can own (RFC 2606).
use super::dice::Dice;
use super::words::*;
use meta::Fake;
use serde_json::{Value as Json, json};

pub fn fake(what: Fake, dice: &mut Dice, n: u64) -> Json {
    match what {
        Fake::Address => return address(dice),
        Fake::Company => company(dice),
        Fake::Person => person(dice),
        Fake::FirstName => (*dice.pick(FIRST_NAMES)).into(),
        Fake::LastName => (*dice.pick(LAST_NAMES)).into(),
        Fake::Email => format!("{}@{}.example", slug(&person(dice)), slug(word(dice))),
        Fake::Phone => phone(dice),
        Fake::Url => format!("https://www.{}-{n}.example", slug(word(dice))),
        Fake::Street => street(dice),
        Fake::City => dice.pick(PLACES).0.into(),
        Fake::Country => dice.pick(PLACES).2.into(),
        Fake::PostalCode => dice.pick(PLACES).1.into(),
        Fake::Sentence => (*dice.pick(SENTENCES)).into(),
        Fake::Paragraph => (0..3).map(|_| *dice.pick(SENTENCES)).collect::<Vec<_>>().join(" "),
        Fake::Word => (*dice.pick(WORDS)).into(),
        Fake::CatchPhrase => catch_phrase(dice),
        Fake::JobTitle => (*dice.pick(JOBS)).into(),
        Fake::Iban => iban(dice),
    }
    .into()
}

pub fn person(dice: &mut Dice) -> String {
    format!("{} {}", dice.pick(FIRST_NAMES), dice.pick(LAST_NAMES))
}

fn word(dice: &mut Dice) -> &'static str {
    let found: &&str = dice.pick(COMPANY_WORDS);
    found
}

fn company(dice: &mut Dice) -> String {
    let (word, trade, form) = (dice.pick(COMPANY_WORDS), dice.pick(COMPANY_TRADES), dice.pick(COMPANY_FORMS));
    format!("{word} {trade} {form}")
}

fn street(dice: &mut Dice) -> String {
    format!("{} {}", dice.pick(STREETS), dice.between(1, 180))
}

fn address(dice: &mut Dice) -> Json {
    let (city, postal_code, country, _) = *dice.pick(PLACES);
    json!({ "street": street(dice), "city": city, "postal_code": postal_code, "country": country })
}

fn phone(dice: &mut Dice) -> String {
    let prefix = dice.pick(PLACES).3;
    format!("{prefix}{}", dice.between(1_000_000, 9_999_999))
}

fn catch_phrase(dice: &mut Dice) -> String {
    let (first, _) = *dice.pick(PHRASES);
    let (_, second) = *dice.pick(PHRASES);
    format!("{first} {second}")
}

/// A German account number with the check digits of ISO 13616.
fn iban(dice: &mut Dice) -> String {
    let bban = format!("{:08}{:010}", dice.between(10_000_000, 99_999_999), dice.between(0, 9_999_999_999));
    let remainder = format!("{bban}131400").bytes().fold(0_u64, |r, d| (r * 10 + u64::from(d - b'0')) % 97);
    format!("DE{:02}{bban}", 98 - remainder)
}

/// Letters of a host name or a mailbox.
pub fn slug(text: &str) -> String {
    let plain: String = text.to_lowercase().chars().map(plain).collect();
    plain.split('-').filter(|p| !p.is_empty()).collect::<Vec<_>>().join("-")
}

fn plain(c: char) -> char {
    match c {
        'a'..='z' | '0'..='9' => c,
        'á' | 'à' | 'â' | 'ä' | 'å' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ı' | 'î' => 'i',
        'ó' | 'ö' | 'ø' | 'ô' => 'o',
        'ú' | 'ü' | 'ů' => 'u',
        'ñ' | 'ń' => 'n',
        'ç' | 'č' => 'c',
        'ł' => 'l',
        _ => '-',
    }
}
