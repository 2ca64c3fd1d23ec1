//! Exact money.
//!
//! A report adds millions of tenths of a cent; binary floats would drift, and
//! two decimals would read most answers as free. [`Money`] is a decimal with its
//! currency, and no operation panics: what does not fit, or mixes currencies, is
//! `None`.

mod catalog;
mod overrides;
mod price;
mod unit;

use std::fmt;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

pub use self::{
    catalog::{Catalog, Price},
    overrides::Overrides,
    price::{PRICE, decimal},
    unit::{Item, Unit},
};

/// A currency by its three letters of ISO 4217.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

impl Currency {
    /// United States dollar.
    pub const USD: Self = Self(*b"USD");

    /// Reads three upper-case letters; anything else is `None`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let letters: [u8; 3] = text.as_bytes().try_into().ok()?;
        letters
            .iter()
            .all(u8::is_ascii_uppercase)
            .then_some(Self(letters))
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|letter| write!(f, "{}", char::from(*letter)))
    }
}

impl TryFrom<String> for Currency {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("`{text}` is no currency, expected `USD`"))
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.to_string()
    }
}

/// An amount of money: in JSON `{"amount": "0.0039825", "currency": "USD"}`.
///
/// Shown, it is rounded half-even: to cents from one dollar up, to three
/// significant digits below, so that a small price never reads as nothing.
///
/// ```
/// use bench_core::money::Money;
/// let price = Money::usd("0.0054").unwrap();
/// assert_eq!(price.times(2.into()).unwrap(), Money::usd("0.0108").unwrap());
/// assert_eq!(Money::usd("0.0039825").unwrap().to_string(), "$0.00398");
/// assert_eq!(Money::usd("1234.565").unwrap().to_string(), "$1,234.56");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Money {
    amount: Decimal,
    currency: Currency,
}

impl Money {
    /// An amount in a currency. Trailing zeros carry no meaning and are dropped.
    #[must_use]
    pub fn new(amount: Decimal, currency: Currency) -> Self {
        Self {
            amount: amount.normalize(),
            currency,
        }
    }

    /// Nothing, in a currency.
    #[must_use]
    pub fn zero(currency: Currency) -> Self {
        Self::new(Decimal::ZERO, currency)
    }

    /// Whether it is nothing, which is nothing in every currency.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.amount.is_zero()
    }

    /// Dollars written as a decimal; `None` when `text` is no decimal.
    #[must_use]
    pub fn usd(text: &str) -> Option<Self> {
        Some(Self::new(
            Decimal::from_str_exact(text).ok()?,
            Currency::USD,
        ))
    }

    /// How much.
    #[must_use]
    pub fn amount(self) -> Decimal {
        self.amount
    }

    /// Of what.
    #[must_use]
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// The sum; `None` across currencies or where it does not fit.
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        let amount = self.same(other)?.checked_add(other.amount)?;
        Some(Self::new(amount, self.currency))
    }

    /// The difference; `None` across currencies or where it does not fit.
    #[must_use]
    pub fn minus(self, other: Self) -> Option<Self> {
        let amount = self.same(other)?.checked_sub(other.amount)?;
        Some(Self::new(amount, self.currency))
    }

    /// The amount so many times; `None` where it does not fit.
    #[must_use]
    pub fn times(self, factor: Decimal) -> Option<Self> {
        Some(Self::new(self.amount.checked_mul(factor)?, self.currency))
    }

    /// One of so many parts, to 28 digits; `None` when there are none.
    #[must_use]
    pub fn over(self, parts: Decimal) -> Option<Self> {
        Some(Self::new(self.amount.checked_div(parts)?, self.currency))
    }

    /// How many times `other` this is; `None` across currencies or when `other` is nothing.
    #[must_use]
    pub fn ratio(self, other: Self) -> Option<Decimal> {
        self.same(other)?.checked_div(other.amount)
    }

    fn same(self, other: Self) -> Option<Decimal> {
        (self.currency == other.currency).then_some(self.amount)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.amount.abs();
        let half_even = RoundingStrategy::MidpointNearestEven;
        let rounded = if size < Decimal::ONE {
            size.round_sf_with_strategy(3, half_even).unwrap_or(size)
        } else {
            size.round_dp_with_strategy(2, half_even)
        };
        let mut rounded = rounded.normalize();
        let single_digit = rounded.mantissa() < 10 && !rounded.is_zero();
        let scale = rounded.scale() + u32::from(single_digit && size < Decimal::ONE);
        rounded.rescale(scale.max(2));
        let sign = if self.amount.is_sign_negative() && !rounded.is_zero() {
            "-"
        } else {
            ""
        };
        let digits = rounded.to_string();
        let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, "00"));
        let whole = grouped(whole);
        if self.currency == Currency::USD {
            write!(f, "{sign}${whole}.{fraction}")
        } else {
            write!(f, "{sign}{} {whole}.{fraction}", self.currency)
        }
    }
}

/// Digits with a comma before every third from the right.
#[must_use]
pub fn grouped(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(text: &str) -> Money {
        Money::usd(text).unwrap()
    }

    #[test]
    fn small_money_never_reads_as_nothing() {
        let shown = |text: &str| usd(text).to_string();
        assert_eq!(shown("0.0039825"), "$0.00398");
        assert_eq!(shown("0.0000133334"), "$0.0000133");
        assert_eq!(shown("0.785"), "$0.785");
        assert_eq!(shown("0.5"), "$0.50");
        assert_eq!(shown("0.00005"), "$0.000050");
        assert_eq!(shown("0.9996"), "$1.00");
        assert_eq!(shown("0"), "$0.00");
        assert_eq!(shown("-0.0285"), "-$0.0285");
        assert_eq!(shown("1234567.895"), "$1,234,567.90");
    }

    #[test]
    fn halves_are_rounded_to_the_even_digit() {
        assert_eq!(usd("1.005").to_string(), "$1.00");
        assert_eq!(usd("1.015").to_string(), "$1.02");
        assert_eq!(usd("0.12345").to_string(), "$0.123");
        assert_eq!(usd("0.1235").to_string(), "$0.124");
        assert_eq!(usd("0.1225").to_string(), "$0.122");
    }

    #[test]
    fn other_currencies_are_named_and_never_mixed() {
        let yuan = Money::new(Decimal::from(3), Currency::parse("CNY").unwrap());
        assert_eq!(yuan.to_string(), "CNY 3.00");
        assert_eq!(yuan.plus(usd("1")), None);
        assert_eq!(yuan.ratio(usd("1")), None);
        assert_eq!(Currency::parse("usd"), None);
    }

    #[test]
    fn what_does_not_fit_is_none_instead_of_a_panic() {
        let most = Money::new(Decimal::MAX, Currency::USD);
        assert_eq!(most.plus(most), None);
        assert_eq!(most.times(Decimal::MAX), None);
        assert_eq!(most.over(Decimal::ZERO), None);
    }
}
