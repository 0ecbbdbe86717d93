//! Documents with lines (quotes, orders, invoices, purchase orders): totals under the document's rounding rule.
mod rule;
mod totals;

pub use rule::Totals;
pub use totals::{Line, Rounding, Sums, sums};

/// Every key that this crate names, for the start-up check against the model.
pub fn keys() -> Vec<&'static [(&'static str, &'static str, kernel::Shape)]> {
    vec![
        rule::quote::ALL,
        rule::quote_line::ALL,
        rule::order::ALL,
        rule::order_line::ALL,
        rule::invoice::ALL,
        rule::invoice_line::ALL,
        rule::purchase_order::ALL,
        rule::purchase_order_line::ALL,
    ]
}
