//! `net`, `tax`, `gross` and `discount_total` follow the lines, whatever else changes.
use crate::totals::{Line, Rounding, Sums, sums};
use kernel::{Decimal, FieldType, Key, Problem, Problems, Row, Value};
use records::{Draft, Facts, Rule};

macro_rules! document_keys {
    ($($document:ident),*) => { $(kernel::keys!($document {
        CURRENCY = "currency": String,
        ROUNDING = "rounding": String,
        FREIGHT = "freight": kernel::Decimal,
        DISCOUNT = "discount_total": kernel::Decimal,
        NET = "net": kernel::Decimal,
        TAX = "tax": kernel::Decimal,
        GROSS = "gross": kernel::Decimal,
    });)* };
}
macro_rules! line_keys {
    ($($line:ident),*) => { $(kernel::keys!($line {
        QUANTITY = "quantity": kernel::Decimal,
        UNIT_PRICE = "unit_price": kernel::Decimal,
        DISCOUNT = "discount": kernel::Decimal,
        TAX_RATE = "tax_rate": kernel::Decimal,
        NET = "net": kernel::Decimal,
        GROSS = "gross": kernel::Decimal,
    });)* };
}
document_keys!(quote, order, invoice, purchase_order);
line_keys!(quote_line, order_line, invoice_line, purchase_order_line);

const LINES: &str = "lines";

pub struct Totals;

impl Rule for Totals {
    fn objects(&self) -> &[&'static str] {
        // The four kinds of document use the same field names, so the keys of one serve all.
        &["quote", "order", "invoice", "purchase_order"]
    }

    fn derive(&self, draft: &mut Draft, _: &Facts) {
        let Some(sums) = of(draft) else { return };
        for (row, (net, gross)) in draft.parts_mut(LINES).zip(&sums.lines) {
            set(row, order_line::NET, *net);
            set(row, order_line::GROSS, *gross);
        }
        let freight = draft.get(order::FREIGHT).unwrap_or_default();
        draft.set(order::NET, sums.net);
        draft.set(order::TAX, sums.tax);
        draft.set(order::DISCOUNT, sums.discount);
        draft.set(
            order::GROSS,
            sums.net.checked_add(sums.tax).and_then(|d| d.checked_add(freight)).unwrap_or_default(),
        );
    }

    fn check(&self, draft: &Draft, _: &Facts) -> Problems {
        match of(draft) {
            Some(_) => vec![],
            None => vec![
                Problem::new("field.out_of_range", "These lines come to more than can be reckoned.")
                    .at(LINES),
            ],
        }
    }
}

fn of(draft: &Draft) -> Option<Sums> {
    let rounding = match draft.get(order::ROUNDING).as_deref() {
        Some("document") => Rounding::Document,
        Some("none") => Rounding::None,
        _ => Rounding::Line,
    };
    let lines: Vec<_> = draft.parts(LINES).map(line).collect();
    sums(&lines, rounding, minor_digits(draft.get(order::CURRENCY)))
}

/// Digits after the point of a currency's amounts (ISO 4217); two for a currency that the list does not know.
fn minor_digits(currency: Option<String>) -> u32 {
    let known = currency.and_then(|code| iso_currency::Currency::from_code(&code));
    known.and_then(|c| c.exponent()).map_or(2, u32::from)
}

fn line(row: &Row) -> Line {
    let get = |key: Key<Decimal>| row.get(key.field).and_then(Value::as_decimal).unwrap_or_default();
    Line {
        quantity: get(order_line::QUANTITY),
        unit_price: get(order_line::UNIT_PRICE),
        discount: get(order_line::DISCOUNT),
        tax_rate: get(order_line::TAX_RATE),
    }
}

fn set<T: FieldType>(row: &mut Row, key: Key<T>, value: T) {
    row.insert(key.field.into(), value.write());
}

#[cfg(test)]
mod tests {
    use super::minor_digits;

    #[test]
    fn the_currency_says_how_many_digits() {
        let digits = |c: &str| minor_digits(Some(c.into()));
        assert_eq!((digits("EUR"), digits("JPY"), digits("KWD"), digits("???")), (2, 0, 3, 2));
    }
}
