//! Reading what a vector gives.

use serde_json::Value;

pub(crate) fn number(value: &Value) -> f64 {
    value
        .as_f64()
        .unwrap_or_else(|| panic!("{value} is no number"))
}

pub(crate) fn whole(value: &Value) -> u64 {
    value
        .as_u64()
        .unwrap_or_else(|| panic!("{value} is no whole number"))
}

pub(crate) fn size(value: &Value) -> usize {
    usize::try_from(whole(value)).unwrap()
}

pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    list(value).iter().map(number).collect()
}

/// A list of lists.
pub(crate) fn groups(value: &Value) -> Vec<Vec<f64>> {
    list(value).iter().map(numbers).collect()
}

pub(crate) fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}

/// A share as whole thousandths.
pub(crate) fn per_mille(p: f64) -> u32 {
    format!("{:.0}", p * 1_000.0).parse().unwrap()
}

/// A name such as `p50` or `p999` as whole thousandths.
pub(crate) fn named_per_mille(name: &str) -> Option<u32> {
    let digits = name.strip_prefix('p')?;
    let scale = 10_u32.checked_pow(3_u32.checked_sub(u32::try_from(digits.len()).ok()?)?)?;
    Some(digits.parse::<u32>().ok()? * scale)
}
