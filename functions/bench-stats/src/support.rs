//! Which figures a number of prompts can bear.
//!
//! What counts is prompts, not calls: repeating a prompt tells about the prompt.

/// Whether a figure can be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Support {
    /// As it is.
    Plain,
    /// With this remark.
    LowN(String),
    /// Not at all, for this reason.
    Withheld(String),
}

/// For every figure: below how many prompts it is withheld, and from how many on
/// it is published without a remark.
const THRESHOLDS: [(&str, u64, u64); 5] = [
    ("mean", 1, 20),
    ("p50", 3, 20),
    ("p90", 10, 40),
    ("p95", 20, 80),
    ("p99", 100, 400),
];

/// Whether a figure of that name can be published from so many calls to so many
/// prompts.
///
/// The mean of one or two prompts is published with a remark, since totals and
/// costs are made of it; p99 of a hundred calls is one call, so it is withheld
/// even where they are a hundred prompts.
///
/// ```
/// use bench_stats::{Support, support};
/// assert_eq!(support("p95", 400, 80), Support::Plain);
/// assert!(matches!(support("p95", 100, 20), Support::LowN(_)));
/// assert!(matches!(support("p99", 100, 20), Support::Withheld(_)));
/// ```
#[must_use]
pub fn support(figure: &str, calls: u64, prompts: u64) -> Support {
    if calls == 0 {
        return Support::Withheld("no measured call gave this value".to_owned());
    }
    let Some((_, least, plain)) = THRESHOLDS.iter().find(|(name, ..)| *name == figure) else {
        return Support::Plain;
    };
    let asked = counted(prompts, "prompt");
    if prompts < *least {
        return Support::Withheld(format!("{asked} cannot bear {figure}; it needs {least}"));
    }
    if figure == "p99" && calls <= 100 {
        return Support::Withheld(format!("p99 of {calls} calls is the slowest call or two"));
    }
    if prompts < *plain {
        return Support::LowN(format!(
            "low n: {asked}; {figure} is steady from {plain} on"
        ));
    }
    Support::Plain
}

/// Whether the spread within prompts can be published: from how many repetitions
/// beyond the first of each prompt it comes.
///
/// ```
/// use bench_stats::{Support, support_within};
/// assert_eq!(support_within(100, 20), Support::Plain);
/// assert!(matches!(support_within(20, 20), Support::Withheld(_)));
/// ```
#[must_use]
pub fn support_within(calls: u64, prompts: u64) -> Support {
    match calls.saturating_sub(prompts) {
        0 => Support::Withheld("no prompt was answered twice".to_owned()),
        few if few < 20 => Support::LowN(format!(
            "low n: {} beyond the first of each prompt; steady from 20 on",
            counted(few, "repetition")
        )),
        _ => Support::Plain,
    }
}

/// A count with its noun.
pub fn counted(count: u64, noun: &str) -> String {
    if count == 1 {
        format!("1 {noun}")
    } else {
        format!("{count} {noun}s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_prompts_never_bear_less() {
        let rank = |support: &Support| match support {
            Support::Withheld(_) => 0,
            Support::LowN(_) => 1,
            Support::Plain => 2,
        };
        for (figure, ..) in THRESHOLDS {
            let ranks: Vec<i32> = (0..500).map(|n| rank(&support(figure, n, n))).collect();
            assert!(ranks.is_sorted(), "{figure}");
            assert_eq!((ranks[0], ranks[499]), (0, 2), "{figure}");
        }
    }

    #[test]
    fn the_published_method_has_a_p95_with_a_remark_and_no_p99() {
        let [p95, p99] = ["p95", "p99"].map(|figure| support(figure, 100, 20));
        assert_eq!(
            p95,
            Support::LowN("low n: 20 prompts; p95 is steady from 80 on".into())
        );
        assert_eq!(
            p99,
            Support::Withheld("20 prompts cannot bear p99; it needs 100".into())
        );
        assert!(matches!(support("p99", 100, 100), Support::Withheld(_)));
    }
}
