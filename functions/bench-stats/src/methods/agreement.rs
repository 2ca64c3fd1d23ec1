//! Do two targets give the same answers?

use std::collections::BTreeMap;

use super::{
    Moments,
    intervals::UPPER,
    ranks::sign_test,
    student_t::{t_quantile, t_two_sided},
};

/// One prompt's final answers at one target: how often each was given, and how
/// many answers there were in all, those without a number included.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answers<'a> {
    /// Times that each number was given.
    pub counts: BTreeMap<&'a str, u64>,
    /// Answered calls.
    pub n: u64,
    /// Correct answers among them.
    pub correct: u64,
}

impl Answers<'_> {
    /// The chance that one answer of each is the same number.
    fn agreement(&self, other: &Self) -> f64 {
        let same: f64 = self
            .counts
            .iter()
            .filter_map(|(answer, count)| Some(*count as f64 * *other.counts.get(answer)? as f64))
            .sum();
        same / (self.n as f64 * other.n as f64)
    }

    /// The chance that two different answers of this one are the same number;
    /// `None` for fewer than two.
    fn self_agreement(&self) -> Option<f64> {
        let pairs = self.n.checked_mul(self.n.checked_sub(1)?)?;
        let same: u64 = self.counts.values().map(|count| count * (count - 1)).sum();
        (pairs > 0).then(|| same as f64 / pairs as f64)
    }
}

/// How far the answers of two targets agree.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Agreement {
    /// Prompts that both answered.
    pub prompts: u64,
    /// Mean over prompts of the chance that one answer of each is the same.
    pub between: f64,
    /// The same for two answers of one target, over prompts that both answered
    /// twice: what chance alone leaves of agreement.
    pub within: Option<f64>,
    /// Mean over those prompts of within - between, with its 95 % interval: 0 for
    /// the same model, positive where the targets disagree more than chance.
    pub excess: Option<(f64, f64, f64)>,
    /// Two-sided p of it by Student's t over prompts.
    pub excess_p: Option<f64>,
    /// Prompts on which the first was right more often, and the second.
    pub better: (u64, u64),
    /// Two-sided sign test of that.
    pub better_p: f64,
}

impl Agreement {
    /// Compares the answers prompt by prompt; `None` when no prompt was answered
    /// by both.
    ///
    /// ```
    /// use bench_stats::{Agreement, Answers};
    /// let always = |answer: &'static str| Answers {
    ///     counts: [(answer, 5)].into(),
    ///     n: 5,
    ///     correct: 0,
    /// };
    /// let same = Agreement::of(&vec![(always("4"), always("4")); 8]).unwrap();
    /// assert_eq!((same.between, same.within), (1.0, Some(1.0)));
    /// let different = Agreement::of(&vec![(always("4"), always("5")); 8]).unwrap();
    /// assert_eq!((different.between, different.disagrees()), (0.0, true));
    /// ```
    #[must_use]
    pub fn of(prompts: &[(Answers<'_>, Answers<'_>)]) -> Option<Self> {
        let both: Vec<_> = prompts.iter().filter(|(a, b)| a.n > 0 && b.n > 0).collect();
        if both.is_empty() {
            return None;
        }
        let between = both.iter().map(|(a, b)| a.agreement(b)).sum::<f64>() / both.len() as f64;
        let (mut within, mut excess) = (Vec::new(), Vec::new());
        for (a, b) in &both {
            if let (Some(a_self), Some(b_self)) = (a.self_agreement(), b.self_agreement()) {
                let own = f64::midpoint(a_self, b_self);
                within.push(own);
                excess.push(own - a.agreement(b));
            }
        }
        let share = |answers: &Answers| answers.correct as f64 / answers.n as f64;
        let count = |first: bool| {
            both.iter()
                .filter(|(a, b)| {
                    if first {
                        share(a) > share(b)
                    } else {
                        share(a) < share(b)
                    }
                })
                .count() as u64
        };
        let better = (count(true), count(false));
        let moments = Moments::of(&excess);
        let se = moments
            .standard_deviation()
            .map(|sd| sd / (moments.n as f64).sqrt());
        let df = moments.n as f64 - 1.0;
        Some(Self {
            prompts: both.len() as u64,
            between,
            within: (!within.is_empty()).then(|| Moments::of(&within).mean),
            excess: se.and_then(|se| {
                let half = t_quantile(UPPER, df)? * se;
                Some((moments.mean, moments.mean - half, moments.mean + half))
            }),
            excess_p: se.and_then(|se| {
                let t = if moments.mean == 0.0 {
                    0.0
                } else {
                    moments.mean / se
                };
                t_two_sided(t, df)
            }),
            better,
            better_p: sign_test(better.0, better.1),
        })
    }

    /// Whether the targets disagree more than chance: their answers differ more
    /// across than within, or one is right more often, at the 5 % level.
    #[must_use]
    pub fn disagrees(&self) -> bool {
        let apart = self.excess.is_some_and(|(_, low, _)| low > 0.0);
        apart || self.better_p < 0.05
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(given: &[&'static str], correct: u64) -> Answers<'static> {
        let mut answers = Answers {
            n: given.len() as u64,
            correct,
            ..Answers::default()
        };
        for answer in given.iter().filter(|answer| !answer.is_empty()) {
            *answers.counts.entry(answer).or_default() += 1;
        }
        answers
    }

    #[test]
    fn a_model_that_wavers_agrees_with_itself_as_little_as_with_its_like() {
        let waver = answers(&["1", "2", "1", "2"], 0);
        let agreement = Agreement::of(&vec![(waver.clone(), waver); 10]).unwrap();
        assert_eq!(agreement.between, 0.5);
        assert!(!agreement.disagrees(), "{agreement:?}");
    }

    #[test]
    fn one_answer_a_prompt_is_judged_by_who_is_right() {
        let prompts = vec![(answers(&["1"], 1), answers(&["2"], 0)); 6];
        let agreement = Agreement::of(&prompts).unwrap();
        assert_eq!((agreement.within, agreement.excess), (None, None));
        assert_eq!(agreement.better, (6, 0));
        assert!((agreement.better_p - 0.03125).abs() < 1e-12);
        assert!(agreement.disagrees());
    }

    #[test]
    fn two_answers_without_a_number_do_not_agree() {
        let agreement = Agreement::of(&[(answers(&[""], 0), answers(&[""], 0))]).unwrap();
        assert_eq!(agreement.between, 0.0);
        assert_eq!(
            Agreement::of(&[(answers(&[], 0), answers(&["1"], 0))]),
            None
        );
    }
}
