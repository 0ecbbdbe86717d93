//! `numeric` in its binary form (groups of four decimal digits) as the digits PostgreSQL itself would print.
use anyhow::{Context, Result, bail};

const NEGATIVE: u16 = 0x4000;
const NAN: u16 = 0xC000;
const INFINITY: u16 = 0xD000;
const NEGATIVE_INFINITY: u16 = 0xF000;

/// Whether it is a number that can be counted with, and stands unquoted in JSON.
pub(crate) fn is_finite(raw: &[u8]) -> bool {
    raw.len() >= 8 && matches!(u16::from_be_bytes([raw[4], raw[5]]), 0 | NEGATIVE)
}

pub(crate) fn write(out: &mut Vec<u8>, raw: &[u8]) -> Result<()> {
    let (header, groups) = raw.split_first_chunk::<8>().context("a numeric ends too early")?;
    let weight = i32::from(i16::from_be_bytes([header[2], header[3]]));
    let sign = u16::from_be_bytes([header[4], header[5]]);
    let scale = usize::from(u16::from_be_bytes([header[6], header[7]]));
    match sign {
        0 => {}
        NEGATIVE => out.push(b'-'),
        other => {
            out.extend_from_slice(word(other)?);
            return Ok(());
        }
    }
    // The group whose value is multiplied by 10000^power; zeros on either side are not stored.
    let group = |power: i32| -> u16 {
        let index = weight - power;
        let stored = usize::try_from(index).ok().and_then(|i| groups.get(i * 2..i * 2 + 2));
        stored.map_or(0, |b| u16::from_be_bytes([b[0], b[1]]))
    };
    if weight < 0 {
        out.push(b'0');
    } else {
        first_group(out, group(weight));
        (0..weight).rev().for_each(|power| out.extend_from_slice(&digits(group(power))));
    }
    if scale > 0 {
        out.push(b'.');
        let end = out.len() + scale;
        let mut power = -1;
        while out.len() < end {
            out.extend_from_slice(&digits(group(power)));
            power -= 1;
        }
        out.truncate(end);
    }
    Ok(())
}

/// What is not a number of digits.
fn word(sign: u16) -> Result<&'static [u8]> {
    match sign {
        NAN => Ok(b"NaN"),
        INFINITY => Ok(b"Infinity"),
        NEGATIVE_INFINITY => Ok(b"-Infinity"),
        other => bail!("a numeric with the sign {other:#x}"),
    }
}

fn digits(group: u16) -> [u8; 4] {
    let digit = |n: u16| b'0' + (n % 10) as u8;
    [digit(group / 1000), digit(group / 100), digit(group / 10), digit(group)]
}

fn first_group(out: &mut Vec<u8>, group: u16) {
    let all = digits(group);
    let zeros = all.iter().take(3).take_while(|d| **d == b'0').count();
    out.extend_from_slice(&all[zeros..]);
}
