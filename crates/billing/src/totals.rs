//! Totals as a pure function of the lines. Rounding is half away from zero to the currency's minor unit
//! (`decisions.md`: the rule is stored with the document).
use kernel::Decimal;
use rust_decimal::RoundingStrategy::MidpointAwayFromZero;
use std::collections::BTreeMap;

/// Where amounts are rounded to the minor unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// Every line's net and tax.
    Line,
    /// The document's net, and its tax per rate.
    Document,
    /// Nowhere: for price lists and analyses.
    None,
}

/// One line as entered. Percentages: 10 means 10 %.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    pub quantity: Decimal,
    pub unit_price: Decimal,
    pub discount: Decimal,
    pub tax_rate: Decimal,
}

/// What a document's lines come to.
#[derive(Debug, Clone, PartialEq)]
pub struct Sums {
    /// (net, net + tax) of each line, in order.
    pub lines: Vec<(Decimal, Decimal)>,
    pub discount: Decimal,
    pub net: Decimal,
    pub tax: Decimal,
}

/// `digits`: minor digits of the currency, 2 for euros, 0 for yen. `None` when an amount leaves what a 96-bit
/// decimal holds.
pub fn sums(lines: &[Line], rounding: Rounding, digits: u32) -> Option<Sums> {
    let round = |d: Decimal| rounded(d, digits);
    let mut all = Sums { lines: vec![], discount: Decimal::ZERO, net: Decimal::ZERO, tax: Decimal::ZERO };
    let mut tax_by_rate: BTreeMap<Decimal, Decimal> = BTreeMap::new();
    for line in lines {
        let amount = line.quantity.checked_mul(line.unit_price)?;
        let exact = amount.checked_sub(share(amount, line.discount)?)?;
        let (net, tax) = match rounding {
            Rounding::Line => {
                let net = round(exact);
                (net, round(share(net, line.tax_rate)?))
            }
            Rounding::Document | Rounding::None => (exact, share(exact, line.tax_rate)?),
        };
        let listed = if rounding == Rounding::Line { round(amount) } else { amount };
        all.discount = all.discount.checked_add(listed.checked_sub(net)?)?;
        all.net = all.net.checked_add(net)?;
        let sum = tax_by_rate.entry(line.tax_rate.normalize()).or_default();
        *sum = sum.checked_add(tax)?;
        all.lines.push((tidy(net, digits), tidy(net.checked_add(tax)?, digits)));
    }
    let whole = |d: Decimal| if rounding == Rounding::None { tidy(d, digits) } else { round(d) };
    all.net = whole(all.net);
    all.discount = whole(all.discount);
    let tax = tax_by_rate.into_values().try_fold(Decimal::ZERO, |sum, tax| sum.checked_add(whole(tax)))?;
    all.tax = tidy(tax, digits);
    Some(all)
}

fn share(amount: Decimal, percent: Decimal) -> Option<Decimal> {
    amount.checked_mul(percent)?.checked_div(Decimal::ONE_HUNDRED)
}

fn rounded(d: Decimal, digits: u32) -> Decimal {
    let mut d = d.round_dp_with_strategy(digits, MidpointAwayFromZero);
    d.rescale(digits);
    d
}

/// At least the minor digits, without idle zeros beyond them.
fn tidy(d: Decimal, digits: u32) -> Decimal {
    let d = d.normalize();
    if d.scale() < digits { rounded(d, digits) } else { d }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(quantity: &str, price: &str, discount: &str, tax: &str) -> Line {
        let d = |s: &str| s.parse().expect("a decimal");
        Line { quantity: d(quantity), unit_price: d(price), discount: d(discount), tax_rate: d(tax) }
    }
    fn text(s: &Sums) -> [String; 3] {
        [s.net.to_string(), s.tax.to_string(), s.discount.to_string()]
    }

    #[test]
    fn each_rule_rounds_where_it_says() {
        // 3 × 0.335 = 1.005 a line; two lines.
        let lines = [line("3", "0.335", "0", "19"), line("3", "0.335", "0", "19")];
        assert_eq!(text(&sums(&lines, Rounding::Line, 2).unwrap()), ["2.02", "0.38", "0.00"]);
        assert_eq!(text(&sums(&lines, Rounding::Document, 2).unwrap()), ["2.01", "0.38", "0.00"]);
        assert_eq!(text(&sums(&lines, Rounding::None, 2).unwrap()), ["2.01", "0.3819", "0.00"]);
    }
    #[test]
    fn a_discount_is_told_and_taken_off() {
        let s = sums(&[line("10", "14.40", "15", "0")], Rounding::Line, 2).unwrap();
        assert_eq!(text(&s), ["122.40", "0.00", "21.60"]);
    }
    #[test]
    fn yen_have_no_minor_unit() {
        let s = sums(&[line("1", "99.5", "0", "10")], Rounding::Line, 0).unwrap();
        assert_eq!(text(&s), ["100", "10", "0"]);
    }
    #[test]
    fn a_credit_is_the_mirror_of_its_invoice() {
        let (plus, minus) = ([line("1", "1.005", "0", "0")], [line("-1", "1.005", "0", "0")]);
        let net = |l: &[Line]| sums(l, Rounding::Line, 2).unwrap().net;
        assert_eq!(net(&plus), -net(&minus));
    }
    #[test]
    fn an_amount_beyond_all_measure_is_told_not_panicked() {
        let huge = Decimal::MAX.to_string();
        assert_eq!(sums(&[line(&huge, &huge, "0", "0")], Rounding::Line, 2), None);
    }
}
