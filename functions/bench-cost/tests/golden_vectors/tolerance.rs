//! How close a found value must be to the expected one.

use serde_json::Value;

/// The tolerance that a vector states in words.
pub(crate) struct Tolerance {
    text: String,
}

/// How one number is compared.
enum Rule {
    Relative(f64),
    Absolute(f64),
    /// Within this share of the width of the interval that the number is a limit of.
    OfWidth(f64),
}

impl Tolerance {
    pub(crate) fn of(stated: &Value) -> Self {
        Self {
            text: stated.as_str().unwrap_or_default().to_owned(),
        }
    }

    /// Every leaf of `expected` that `found` does not match.
    pub(crate) fn differences(&self, found: &Value, expected: &Value) -> Vec<String> {
        let mut faults = Vec::new();
        self.compare("", found, expected, None, &mut faults);
        faults
    }

    fn compare(
        &self,
        path: &str,
        found: &Value,
        expected: &Value,
        width: Option<f64>,
        faults: &mut Vec<String>,
    ) {
        match expected {
            Value::Object(fields) => {
                for (name, value) in fields {
                    let path = format!("{path}/{name}");
                    match found.get(name) {
                        Some(found) => self.compare(&path, found, value, None, faults),
                        None => faults.push(format!("{path} was not computed")),
                    }
                }
            }
            Value::Array(items) => {
                let list = found.as_array().map_or(&[] as &[Value], Vec::as_slice);
                if list.len() != items.len() {
                    faults.push(format!("{path}: found {found}, expected {expected}"));
                    return;
                }
                let width = match items.as_slice() {
                    [low, high] => low
                        .as_f64()
                        .zip(high.as_f64())
                        .map(|(low, high)| high - low),
                    _ => None,
                };
                for (position, (found, value)) in list.iter().zip(items).enumerate() {
                    let path = format!("{path}/{position}");
                    self.compare(&path, found, value, width, faults);
                }
            }
            Value::Number(number) => {
                let wanted = number.as_f64().unwrap();
                let close = found
                    .as_f64()
                    .is_some_and(|found| self.rule(path).holds(found, wanted, width));
                if !close {
                    faults.push(format!("{path}: found {found}, expected {expected}"));
                }
            }
            _ => {
                if found != expected {
                    faults.push(format!("{path}: found {found}, expected {expected}"));
                }
            }
        }
    }

    fn rule(&self, path: &str) -> Rule {
        let text = self.text.as_str();
        let leaf = path.rsplit('/').find(|part| part.parse::<usize>().is_err());
        let leaf = leaf.unwrap_or_default();
        if text.contains("(hi - lo)") {
            let quantile = path.contains("/p50") || path.contains("/p95");
            return Rule::OfWidth(if quantile { 0.15 } else { 0.05 });
        }
        if text.contains("HdrHistogram") {
            let exact = leaf == "mean" || leaf == "sd";
            return Rule::Relative(if exact { 1e-6 } else { 1e-3 });
        }
        if leaf == "coverage"
            && let Some(rule) = stated(text.split("coverage").nth(1).unwrap_or_default())
        {
            return rule;
        }
        if leaf.ends_with("_p") || leaf.contains("_p_") {
            let of_p = text.split("p-values").nth(1).unwrap_or_default();
            if let Some(rule) = stated(of_p) {
                return rule;
            }
        }
        if text.starts_with("exact") {
            return Rule::Absolute(0.0);
        }
        stated(text).unwrap_or_else(|| panic!("the tolerance `{text}` is not understood"))
    }
}

/// The first `rel X` or `abs X` of a text.
fn stated(text: &str) -> Option<Rule> {
    let mut words = text.split([' ', '(', ')', ',', ';']);
    while let Some(word) = words.next() {
        let rule: fn(f64) -> Rule = match word {
            "rel" => Rule::Relative,
            "abs" => Rule::Absolute,
            _ => continue,
        };
        if let Some(size) = words.next().and_then(|size| size.parse().ok()) {
            return Some(rule(size));
        }
    }
    None
}

impl Rule {
    fn holds(&self, found: f64, wanted: f64, width: Option<f64>) -> bool {
        let apart = (found - wanted).abs();
        match self {
            // Where 0 is expected, rounding of what cancels is all there may be.
            Self::Relative(size) => {
                apart <= size * wanted.abs() || (wanted == 0.0 && apart < 1e-12)
            }
            Self::Absolute(size) => apart <= *size,
            Self::OfWidth(share) => {
                apart <= share * width.expect("a limit of an interval with a width")
            }
        }
    }
}

#[test]
fn a_wrong_leaf_a_missing_leaf_and_a_wrong_null_are_found() {
    let tolerance = Tolerance::of(&"rel 1e-9".into());
    let expected = serde_json::json!({"a": 1.0, "b": [1, 2], "c": null, "d": {"e": 3}});
    let same = serde_json::json!({"a": 1.0, "b": [1, 2], "c": null, "d": {"e": 3}, "f": 4});
    assert!(tolerance.differences(&same, &expected).is_empty());
    let wrong = serde_json::json!({"a": 1.000_001, "b": [1], "c": 0, "d": {}});
    assert_eq!(tolerance.differences(&wrong, &expected).len(), 4);
}

#[test]
fn tolerances_are_read_as_they_are_worded() {
    let holds = |text: &str, path: &str, found, wanted, width| {
        Tolerance::of(&text.into())
            .rule(path)
            .holds(found, wanted, width)
    };
    let p_values = "rel 1e-9 (p-values rel 1e-6)";
    assert!(holds(p_values, "/welch_p", 1.000_000_5, 1.0, None));
    assert!(!holds(p_values, "/qhat", 1.000_000_5, 1.0, None));
    let ranks = "exact ranks (1-based), coverage abs 1e-9";
    assert!(!holds(ranks, "/rows/0/lower_rank", 6.5, 6.0, None));
    assert!(holds(ranks, "/rows/0/coverage", 0.5 + 1e-10, 0.5, None));
    let width = "|limit - expected| <= 0.05 * (hi - lo) for mean and gmr; <= 0.15 * (hi - lo)";
    assert!(holds(
        width,
        "/mean/percentile_ci95/0",
        1.04,
        1.0,
        Some(1.0)
    ));
    assert!(!holds(
        width,
        "/mean/percentile_ci95/0",
        1.06,
        1.0,
        Some(1.0)
    ));
    assert!(holds(width, "/p95/percentile_ci95/0", 1.14, 1.0, Some(1.0)));
}
