//! The cost of a run, and the cheapest target at each load, in sentences that every
//! form of the report shares.

use super::{bounds, choice::choice_by_load, count, warnings::cost_warning};
use crate::{
    model::{CostReport, Report, WithSentence},
    render::format::capitalized,
};
use bench_core::identity::TargetId;
use bench_cost::{
    Bounds, BreakEven, CapacityBasis, CostFindings, CostReason, Curve, IdleBreakEven, RunCost,
};
use rust_decimal::Decimal;

/// The statement of a sentence about cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CostTopic {
    /// Why the run has no cost.
    NotAvailable,
    /// The total of the run.
    Total,
    /// Why a target has no cost.
    Missing,
    /// The cheapest target at each load.
    Choice,
    /// Which of two targets is cheaper at which load.
    BreakEven,
}

/// One sentence about cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostSentence {
    /// The statement.
    pub topic: CostTopic,
    /// The sentence.
    pub text: String,
    /// Whether it is about a simulated target: then it is not a finding.
    pub simulated: bool,
}

/// The cost of a run with a sentence for each of its findings.
pub(crate) fn report(figures: RunCost, findings: CostFindings) -> CostReport {
    CostReport {
        figures,
        break_even: WithSentence::all(findings.break_even, |pair| sentence(&verdict(pair))),
        idle_break_even: WithSentence::all(findings.idle_break_even, |pair| {
            sentence(&idle_verdict(pair))
        }),
        warnings: WithSentence::all(findings.warnings, cost_warning),
    }
}

/// The cost of the run, targets without one, and break-even.
#[must_use]
pub fn cost_sentences(report: &Report) -> Vec<CostSentence> {
    let Some(cost) = &report.cost else {
        let reason = report.cost_reason.as_ref().map(ToString::to_string);
        return vec![CostSentence {
            topic: CostTopic::NotAvailable,
            text: format!(
                "The cost of this run is not available: {}.",
                reason.as_deref().unwrap_or("it has no prices")
            ),
            simulated: false,
        }];
    };
    let mut sentences = vec![CostSentence {
        topic: CostTopic::Total,
        text: total_of_run(cost),
        simulated: cost.simulated,
    }];
    let missing = cost.targets.iter().filter_map(|target| {
        let reason = target.reason.as_ref()?;
        let text = format!("`{}` has no cost: {reason}.", target.target_id);
        Some((CostTopic::Missing, text, target.simulated))
    });
    // With one target alone there is no choice.
    let choice = (cost.curve.targets.len() > 1)
        .then(|| choice_by_load(cost))
        .flatten()
        .map(|text| (CostTopic::Choice, text, cost.simulated));
    let pairs = cost
        .break_even
        .iter()
        .filter(|pair| !is_in_choice(&cost.curve, pair))
        .map(|pair| (CostTopic::BreakEven, pair.sentence.clone(), pair.simulated));
    let idle = cost
        .idle_break_even
        .iter()
        .map(|pair| (CostTopic::BreakEven, pair.sentence.clone(), pair.simulated));
    let all = missing.chain(choice).chain(pairs).chain(idle);
    sentences.extend(all.map(|(topic, text, simulated)| CostSentence {
        topic,
        text,
        simulated,
    }));
    sentences
}

/// Which of two targets to choose at which load.
fn verdict(pair: &BreakEven) -> String {
    let (per_use, per_hour) = (&pair.per_use, &pair.per_hour);
    if let Some(range) = &pair.range {
        let above = range.high.map_or_else(
            || "above, it".to_owned(),
            |high| format!("above {}, `{per_hour}`; in between it", count(high)),
        );
        return format!(
            "below {} requests a day choose `{per_use}`; {above} is not decided, since calls \
             without a token count leave their cost open{}",
            count(range.low),
            not_sustained(pair)
        );
    }
    let Some(day) = pair.requests_per_day else {
        return format!(
            "at every rate choose `{per_use}`: `{per_hour}` costs as much a request, and its hours \
             on top"
        );
    };
    format!(
        "below {} requests a day choose `{per_use}`; above, `{per_hour}`{}",
        count(day),
        not_sustained(pair)
    )
}

/// The capacity of the hourly target, where it is less than the break-even.
fn not_sustained(pair: &BreakEven) -> String {
    let sustained = pair
        .capacity_per_hour
        .and_then(|hour| hour.checked_mul(Decimal::from(24)));
    match sustained {
        Some(sustained) if !pair.reachable => match pair.capacity_basis {
            CapacityBasis::OneCaller => format!(
                "; not reachable at the measured concurrency {}, which sustains {} a day",
                pair.concurrency.round_dp(1).normalize(),
                count(sustained)
            ),
            CapacityBasis::Load => format!(
                "; not reachable at its capacity under the objective of the load, {} a day",
                count(sustained)
            ),
        },
        _ => String::new(),
    }
}

/// Up to which use an import that scales to zero is cheaper than a machine.
fn idle_verdict(pair: &IdleBreakEven) -> String {
    let (import, machine) = (&pair.import, &pair.always_on);
    if pair.hours_per_day >= Decimal::from(24) {
        return format!("`{import}` is cheaper than `{machine}` even when it is never idle");
    }
    format!(
        "`{import}` is cheaper than `{machine}` while it is in use for at most {} windows \
         ({:.1} h) a day",
        count(pair.windows_per_day.floor()),
        pair.hours_per_day.trunc_with_scale(1)
    )
}

/// Whether the choice by load includes this break-even.
fn is_in_choice(curve: &Curve, pair: &BreakEven) -> bool {
    let has = |id: &TargetId| curve.targets.iter().any(|line| line.target_id == *id);
    if !has(&pair.per_use) || !has(&pair.per_hour) {
        return false;
    }
    let is_out_of_reach = pair.requests_per_hour.is_some() && !pair.reachable;
    let is_a_turn = curve
        .cheapest
        .windows(2)
        .any(|two| two[0].target_id == pair.per_use && two[1].target_id == pair.per_hour);
    is_out_of_reach || is_a_turn || curve.targets.len() <= 2
}

/// The least and the most that a run cost; `None` where that is not available, or in several
/// currencies.
pub(crate) fn total(cost: &RunCost) -> Option<Bounds> {
    let (low, high) = cost.total_low.value().zip(cost.total_high.value())?;
    Some(Bounds { low, high })
}

fn total_of_run(cost: &RunCost) -> String {
    if !cost.totals.is_empty() {
        let each = cost.totals.iter().map(|sum| bounds(*sum));
        return format!(
            "This run cost {}, including {} for the pipeline; amounts of different currencies are \
             not added.",
            each.collect::<Vec<_>>().join(" and "),
            super::cost(&cost.pipeline.total)
        );
    }
    let Some(total) = total(cost) else {
        let reason = cost.total_low.reason().or(cost.total_high.reason());
        return match reason {
            Some(reason) => format!(
                "The total cost of this run is not available, because {}.",
                lacking(reason)
            ),
            None => "The total cost of this run is not available.".to_owned(),
        };
    };
    format!(
        "This run cost {}, including {} for the pipeline.",
        bounds(total),
        super::cost(&cost.pipeline.total)
    )
}

/// The part of a total that is not available, and why.
fn lacking(reason: &CostReason) -> String {
    match reason {
        CostReason::Pipeline { cause } => format!("that of the pipeline is not: {cause}"),
        CostReason::Target { target_id, cause } => format!("that of `{target_id}` is not: {cause}"),
        other => other.to_string(),
    }
}

fn sentence(text: &str) -> String {
    format!("{}.", capitalized(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{build, fixture};
    use bench_cost::BreakEvenRange;

    fn sentences(change: impl Fn(&mut bench_core::plan::Plan)) -> Vec<String> {
        let (mut plan, samples) = fixture::priced_run();
        plan.config.targets[0].simulated = false;
        change(&mut plan);
        let sentences = cost_sentences(&build(&plan, &samples));
        assert!(sentences.iter().all(|sentence| !sentence.simulated));
        sentences
            .into_iter()
            .map(|sentence| sentence.text)
            .collect()
    }

    #[test]
    fn a_choice_is_stated_once_and_with_its_rate() {
        let sentences = sentences(|plan| {
            plan.config.targets.remove(1);
        });
        assert!(
            sentences[0].starts_with("This run cost $0.0"),
            "{sentences:?}"
        );
        // 24 × 1.96786 an hour against 0.0006075 a request; one machine sustains
        // 86,400,000 / 700.001 a day, and two pay from twice the first rate on.
        assert_eq!(
            sentences[1],
            "By mean cost, below 77,743 requests a day choose `good`; up to 123,429, `hostile`; up \
             to 155,486, `good`; above, `hostile`."
        );
        assert_eq!(sentences.len(), 2);
    }

    #[test]
    fn a_total_that_lacks_a_part_states_which() {
        let sentences = sentences(|_| ());
        let lacks = "The total cost of this run is not available, because that of `broken` is \
                     not: `ml.g6.2xlarge` was";
        assert!(sentences[0].starts_with(lacks), "{sentences:?}");
        assert!(sentences[1].starts_with("`broken` has no cost: `ml.g6.2xlarge` was measured"));
    }

    #[test]
    fn a_plan_without_its_deployment_has_no_total_cost() {
        let sentences = sentences(|plan| {
            plan.config.targets.remove(1);
            plan.deployment = None;
        });
        assert_eq!(
            sentences[0],
            "The total cost of this run is not available, because that of the pipeline is not: \
             the plan does not record the deployment that ran."
        );
    }

    fn pair(capacity_per_hour: i64) -> BreakEven {
        let rate = Decimal::from(100);
        BreakEven {
            per_use: "tokens".parse().unwrap(),
            per_hour: "machine".parse().unwrap(),
            simulated: false,
            requests_per_hour: Some(rate),
            requests_per_s: None,
            requests_per_day: Some(rate * Decimal::from(24)),
            capacity_per_hour: Some(capacity_per_hour.into()),
            capacity_basis: CapacityBasis::OneCaller,
            concurrency_needed: None,
            concurrency: Decimal::TWO,
            reachable: capacity_per_hour >= 100,
            range: None,
        }
    }

    #[test]
    fn every_finding_about_cost_has_its_sentence_beside_its_values() {
        let (plan, samples) = fixture::priced_run();
        let report = serde_json::to_value(build(&plan, &samples)).unwrap();
        for (findings, value) in [("break_even", "per_use"), ("warnings", "warning")] {
            let findings = report["cost"][findings].as_array().unwrap();
            assert!(!findings.is_empty());
            for finding in findings {
                assert!(finding[value].is_string(), "{finding}");
                assert!(!finding["sentence"].as_str().unwrap().is_empty());
            }
        }
    }

    #[test]
    fn a_break_even_that_was_not_sustained_is_stated_with_what_was() {
        let choice = "below 2,400 requests a day choose `tokens`; above, `machine`";
        assert_eq!(verdict(&pair(100)), choice);
        assert_eq!(
            verdict(&pair(10)),
            format!(
                "{choice}; not reachable at the measured concurrency 2, which sustains 240 a day"
            )
        );
        let never = BreakEven {
            requests_per_day: None,
            ..pair(10)
        };
        assert!(verdict(&never).starts_with("at every rate choose `tokens`"));
    }

    #[test]
    fn a_break_even_with_calls_without_a_count_says_which_rates_are_not_decided() {
        let ranged = |high: Option<i64>, capacity| BreakEven {
            range: Some(BreakEvenRange {
                low: Decimal::from(2_400),
                high: high.map(Decimal::from),
                reachable: false,
            }),
            ..pair(capacity)
        };
        let open = "in between it is not decided, since calls without a token count leave their \
                    cost open";
        assert_eq!(
            verdict(&ranged(Some(4_800), 100)),
            format!("below 2,400 requests a day choose `tokens`; above 4,800, `machine`; {open}")
        );
        assert_eq!(
            verdict(&ranged(None, 100)),
            "below 2,400 requests a day choose `tokens`; above, it is not decided, since calls \
             without a token count leave their cost open"
        );
        assert!(verdict(&ranged(Some(4_800), 10)).ends_with("which sustains 240 a day"));
    }

    #[test]
    fn an_import_is_cheaper_up_to_so_many_windows() {
        let idle = |windows: &str| {
            let windows: Decimal = windows.parse().unwrap();
            idle_verdict(&IdleBreakEven {
                import: "import".parse().unwrap(),
                always_on: "inf2".parse().unwrap(),
                simulated: false,
                windows_per_day: windows,
                hours_per_day: windows / Decimal::from(12),
            })
        };
        assert_eq!(
            idle("60.17"),
            "`import` is cheaper than `inf2` while it is in use for at most 60 windows (5.0 h) a \
             day"
        );
        assert!(idle("300").ends_with("even when it is never idle"));
    }
}
