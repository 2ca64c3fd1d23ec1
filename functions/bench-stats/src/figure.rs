//! One shape for every figure, whatever it is of: a value with what it rests on,
//! or the reason why there is none.

use serde::{Deserialize, Serialize};

use crate::{FigureMethod, Note, Unavailable};

/// A value of unit `T` with its n, interval and method, or the reason `R` why there
/// is none.
///
/// In JSON one object either way:
/// `{"value": 10975.0, "n": 100, "interval": {…}}`, or `{"value": null, "reason":
/// "too_few_prompts", "prompts": 20, "needed": 100}`. A reason is an enum whose tag
/// is `reason`.
///
/// ```
/// use bench_stats::{Figure, Unavailable};
/// let p99: Figure = Figure::unavailable(Unavailable::TooFewPrompts { prompts: 20, needed: 100 });
/// let json = r#"{"value":null,"reason":"too_few_prompts","prompts":20,"needed":100}"#;
/// assert_eq!(serde_json::to_string(&p99).unwrap(), json);
/// assert_eq!(p99.value(), None);
///
/// let mean: Figure = Figure::of(2.5, 4);
/// assert_eq!(serde_json::to_string(&mean).unwrap(), r#"{"value":2.5,"n":4}"#);
/// assert_eq!(mean.value(), Some(2.5));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(untagged)]
pub enum Figure<T = f64, R = Unavailable> {
    /// There is one.
    Known(Estimate<T>),
    /// There is none.
    Unavailable(Missing<R>),
}

/// A value and what it rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Estimate<T> {
    /// The value.
    pub value: T,
    /// How many values it was made of; absent where it is not made of a sample.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n: Option<u64>,
    /// Its confidence interval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval<T>>,
    /// Why it has no interval, where it could have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_interval: Option<Unavailable>,
    /// How it was made, where there is more than one way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<FigureMethod>,
    /// Why to take it with care.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Note>,
}

/// No value, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Missing<R> {
    /// Always null.
    value: (),
    /// Why.
    #[serde(flatten)]
    reason: R,
}

/// A confidence interval and what it rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Interval<T = f64> {
    /// Lower limit.
    pub low: T,
    /// Upper limit; `None` when so few prompts cannot give one.
    pub high: Option<T>,
    /// How many prompts an upper limit needs at least, where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high_needs: Option<u64>,
    /// Confidence, 0.95.
    pub level: f64,
    /// How it was made.
    pub method: FigureMethod,
    /// Prompts it rests on; absent where calls are counted one by one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompts: Option<u64>,
}

impl<T, R> Figure<T, R> {
    /// A value alone, made of no sample.
    pub fn known(value: T) -> Self {
        Self::Known(Estimate {
            value,
            n: None,
            interval: None,
            no_interval: None,
            method: None,
            note: None,
        })
    }

    /// A value made of so many values.
    pub fn of(value: T, n: u64) -> Self {
        let mut figure = Self::known(value);
        if let Self::Known(estimate) = &mut figure {
            estimate.n = Some(n);
        }
        figure
    }

    /// No value, for that reason.
    pub fn unavailable(reason: R) -> Self {
        Self::Unavailable(Missing { value: (), reason })
    }

    /// The value alone, or else the reason.
    pub fn or(value: Option<T>, reason: impl FnOnce() -> R) -> Self {
        value.map_or_else(|| Self::unavailable(reason()), Self::known)
    }

    /// The same with its interval.
    #[must_use]
    pub fn with_interval(mut self, interval: Option<Interval<T>>) -> Self {
        if let Self::Known(estimate) = &mut self {
            estimate.interval = interval;
        }
        self
    }

    /// The same with its interval, or with the reason why it has none.
    #[must_use]
    pub fn with_interval_or(mut self, interval: Option<Interval<T>>, reason: Unavailable) -> Self {
        if let Self::Known(estimate) = &mut self {
            estimate.no_interval = interval.is_none().then_some(reason);
            estimate.interval = interval;
        }
        self
    }

    /// The same with why to take it with care.
    #[must_use]
    pub fn noted(mut self, note: Option<Note>) -> Self {
        if let Self::Known(estimate) = &mut self {
            estimate.note = note;
        }
        self
    }

    /// The same with the way in which it was made.
    #[must_use]
    pub fn by(mut self, method: FigureMethod) -> Self {
        if let Self::Known(estimate) = &mut self {
            estimate.method = Some(method);
        }
        self
    }

    /// The value with what it rests on, where there is one.
    #[must_use]
    pub fn estimate(&self) -> Option<&Estimate<T>> {
        match self {
            Self::Known(estimate) => Some(estimate),
            Self::Unavailable(_) => None,
        }
    }

    /// The value, where there is one.
    #[must_use]
    pub fn value(&self) -> Option<T>
    where
        T: Copy,
    {
        self.estimate().map(|estimate| estimate.value)
    }

    /// Whether there is a value.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.estimate().is_some()
    }

    /// The interval, where there is one.
    #[must_use]
    pub fn interval(&self) -> Option<&Interval<T>> {
        self.estimate()?.interval.as_ref()
    }

    /// Why to take the value with care, where there is a reason to.
    #[must_use]
    pub fn note(&self) -> Option<Note> {
        self.estimate()?.note
    }

    /// The value, or why there is none.
    ///
    /// # Errors
    ///
    /// The reason of a figure that is not available.
    pub fn result(&self) -> Result<T, R>
    where
        T: Copy,
        R: Copy,
    {
        match self {
            Self::Known(estimate) => Ok(estimate.value),
            Self::Unavailable(missing) => Err(missing.reason),
        }
    }

    /// Why there is no value, where there is none.
    #[must_use]
    pub fn reason(&self) -> Option<&R> {
        match self {
            Self::Known(_) => None,
            Self::Unavailable(missing) => Some(&missing.reason),
        }
    }
}

impl<T> Interval<T> {
    /// Both limits at [`crate::LEVEL`].
    pub fn between(low: T, high: T, method: FigureMethod) -> Self {
        Self {
            low,
            high: Some(high),
            high_needs: None,
            level: crate::LEVEL,
            method,
            prompts: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn returns(figure: &Figure) {
        let json = serde_json::to_string(figure).unwrap();
        assert_eq!(
            serde_json::from_str::<Figure>(&json).unwrap(),
            *figure,
            "{json}"
        );
    }

    #[test]
    fn a_figure_is_read_back_as_it_was_written() {
        let interval = Interval {
            prompts: Some(20),
            ..Interval::between(1.0, 3.0, FigureMethod::ClusterT)
        };
        returns(&Figure::of(2.0, 100).with_interval(Some(interval)));
        returns(&Figure::known(0.0).by(FigureMethod::Type7Hdr3));
        returns(&Figure::unavailable(Unavailable::NoRepetition));
        returns(&Figure::unavailable(Unavailable::AboveLimit {
            limit_ms: 300_000.0,
            failed: 3,
            attempts: 4,
        }));
    }

    #[test]
    fn a_value_has_no_reason_and_a_reason_no_value() {
        let known: Figure = Figure::known(1.0);
        assert_eq!((known.value(), known.reason()), (Some(1.0), None));
        let reason = Unavailable::NotStreamed;
        let missing: Figure = Figure::or(None, || reason);
        assert_eq!((missing.value(), missing.reason()), (None, Some(&reason)));
        assert_eq!((missing.interval(), missing.note()), (None, None));
    }
}
