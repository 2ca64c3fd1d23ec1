//! Numbers as answers write them, exactly.

use rust_decimal::Decimal as Exact;

use super::plain::plain;

/// A number as an exact decimal, free of `,`, `$`, `%` and trailing zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decimal(Exact);

impl Decimal {
    /// Reads a number the way answers write it.
    ///
    /// ```
    /// use bench_core::grading::Decimal;
    /// assert_eq!(Decimal::parse("$70,000.00"), Decimal::parse("70000"));
    /// assert_eq!(Decimal::parse("−3"), Decimal::parse("-3."));
    /// assert_eq!(Decimal::parse("three"), None);
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        // References are, as a rule, digits alone, and one is read for every grade.
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Self::digits(text);
        }
        let bare: String = plain(text)
            .trim()
            .chars()
            .filter(|c| !matches!(c, ',' | '$' | '%' | ' '))
            .collect();
        let bare = bare.strip_suffix('.').unwrap_or(&bare);
        if !bare.bytes().any(|byte| byte.is_ascii_digit()) {
            return None;
        }
        bare.parse::<Exact>().ok().map(Self::from)
    }

    /// Reads digits with at most one point and one sign; `None` where they are
    /// more than a decimal holds.
    pub(super) fn digits(text: &str) -> Option<Self> {
        text.parse::<Exact>().ok().map(Self::from)
    }

    pub(super) fn plus(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self::from)
    }

    pub(super) fn times(self, other: Self) -> Option<Self> {
        self.0.checked_mul(other.0).map(Self::from)
    }

    pub(super) fn over(self, other: Self) -> Option<Self> {
        self.0.checked_div(other.0).map(Self::from)
    }

    pub(super) fn negated(self) -> Self {
        Self::from(-self.0)
    }

    /// Ten to a power; `None` where that is more than a decimal holds.
    pub(super) fn ten_to(power: i32) -> Option<Self> {
        let digits = usize::try_from(power.unsigned_abs()).ok()?;
        if digits > 27 {
            return None;
        }
        let zeros = "0".repeat(digits.saturating_sub(1));
        let text = match power {
            0 => "1".to_owned(),
            1.. => format!("1{zeros}0"),
            _ => format!("0.{zeros}1"),
        };
        Self::digits(&text)
    }
}

impl From<Exact> for Decimal {
    fn from(number: Exact) -> Self {
        Self(number.normalize())
    }
}

impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Answers are whole numbers, as a rule, and every grade writes one.
        match u64::try_from(self.0.mantissa()) {
            Ok(whole) if self.0.scale() == 0 => whole.fmt(f),
            _ => self.0.fmt(f),
        }
    }
}
