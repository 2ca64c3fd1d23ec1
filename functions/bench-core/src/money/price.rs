//! The text of a price.

use rust_decimal::Decimal;

/// The format of a price, for error messages.
pub const PRICE: &str = "expected a decimal in quotation marks, above 0, below 1,000,000 \
                                and with at most 12 decimals, such as `\"0.00135\"`; a target that \
                                costs nothing has `pricing = { kind = \"free\" }`";

/// A decimal that can be a price: exact, above nothing, and small enough that
/// no run's worth of it overflows.
#[must_use]
pub fn decimal(text: &str) -> Option<Decimal> {
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let price = Decimal::from_str_exact(text).ok().filter(|_| plain)?;
    let fits = price > Decimal::ZERO && price < Decimal::from(1_000_000) && price.scale() <= 12;
    fits.then_some(price)
}
