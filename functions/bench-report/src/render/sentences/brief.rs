//! The answer as a terminal has room for it: of a few targets in all its sentences, of many in
//! one for each topic, since the table has the rest.

use super::{
    answer::{accuracy, ahead, latency, tie},
    capacity, cost_answer,
    incomplete::MAX_ERROR,
    simulation::marked,
};
use crate::{
    model::{Answer, CostAnswer, CostPerCorrect, Incomplete, LatencyAnswer, Report, Separation},
    render::{
        cost::{
            bounds,
            sentences::{CostTopic, cost_sentences, total},
        },
        display,
        format::{counted, listed, share},
    },
};

/// So many targets have the whole answer.
const FEW: usize = 4;
/// The most targets that one of the sentences about many names.
const MAX_NAMED: usize = 3;

/// The sentences below the table of results; at most five where there are more than four
/// targets.
#[must_use]
pub fn summary_sentences(report: &Report) -> Vec<String> {
    let sentences = if report.targets.len() <= FEW {
        whole(report)
    } else {
        one_each(report)
    };
    let plain = |sentence: String| display::plain(&sentence);
    sentences.into_iter().map(plain).collect()
}

/// All sentences of the answer and about cost, each statement once.
fn whole(report: &Report) -> Vec<String> {
    let mut said: Vec<String> = report
        .answer
        .iter()
        .map(|answer| answer.sentence.clone())
        .collect();
    let mut answers = report.answer.iter();
    let has_cost = answers.any(|answer| matches!(**answer, Answer::Cost(_)));
    let is_simulation = report.is_simulation();
    let is_told = |topic: CostTopic, simulated: bool| match topic {
        CostTopic::NotAvailable => has_cost,
        CostTopic::Choice | CostTopic::Missing => has_cost && (!simulated || is_simulation),
        CostTopic::Total | CostTopic::BreakEven => false,
    };
    let cost = cost_sentences(report).into_iter();
    let cost = cost.filter(|sentence| !is_told(sentence.topic, sentence.simulated));
    said.extend(cost.map(|sentence| {
        let label = if sentence.simulated && !is_simulation {
            "(simulated) "
        } else {
            ""
        };
        format!("{label}{}", sentence.text)
    }));
    said
}

/// One sentence for each topic: latency, capacity, cost, accuracy, and how the calls ended with
/// what the run cost.
fn one_each(report: &Report) -> Vec<String> {
    let topics = report.answer.iter().filter_map(|answer| match &**answer {
        Answer::Latency(answer) => Some(marked(fastest(answer, report), report)),
        Answer::Capacity { .. } => {
            let load = report.load.as_ref()?;
            Some(capacity::highest(load, report))
        }
        Answer::Cost(answer) => Some(marked(cost(answer, report), report)),
        Answer::Accuracy(answer) => Some(marked(accuracy(answer), report)),
        Answer::Failures { .. } | Answer::Completeness { .. } => None,
    });
    topics.chain([calls(report)]).collect()
}

/// The fastest target, or those that tie for it.
fn fastest(answer: &LatencyAnswer, report: &Report) -> String {
    match answer {
        LatencyAnswer::Fastest {
            target_id,
            lead,
            others,
            ..
        } => format!("Fastest was {target_id}: {}.", ahead(lead, *others)),
        LatencyAnswer::NoFastest { tied, .. } => {
            format!("No target is the fastest: {}.", tie(tied, MAX_NAMED))
        }
        other => latency(other, report),
    }
}

/// The cheapest target, and how many have no cost per correct answer.
fn cost(answer: &CostAnswer, report: &Report) -> String {
    let Some(cost) = &report.cost else {
        return cost_answer::sentence(answer, report);
    };
    let without = |count: usize| match count {
        0 => String::new(),
        count => format!(
            "; {} without a cost per correct answer",
            share(count, report.targets.len(), "target")
        ),
    };
    match answer {
        CostAnswer::NotAvailable => cost_answer::sentence(answer, report),
        CostAnswer::Ranked {
            cheapest_first,
            separation,
            not_ranked,
        } => {
            let is_range = |priced: &CostPerCorrect| priced.at_least.is_some();
            let ranges = cheapest_first
                .iter()
                .filter(|priced| is_range(priced))
                .count();
            let is_open = ranges > 0 && *separation != Some(Separation::Separate);
            let first = if is_open && cheapest_first.len() > 1 {
                let ranges = share(ranges, report.targets.len(), "target");
                format!("Which target is cheapest is not settled: the cost of {ranges} is a range")
            } else {
                cost_answer::first(cheapest_first, *separation, cost)
            };
            let mut reasons = not_ranked
                .iter()
                .map(|other| cost_answer::reason(other, cost));
            let without = match reasons.next() {
                Some(reason)
                    if cheapest_first.is_empty() && reasons.all(|other| other == reason) =>
                {
                    format!(": {reason}")
                }
                _ => without(not_ranked.len()),
            };
            format!("{}{without}.", first.trim_end_matches('.'))
        }
        CostAnswer::DifferentCurrencies {
            currencies,
            not_ranked,
        } => {
            let each = currencies.iter().filter_map(|of| {
                let CostPerCorrect {
                    target_id, cost, ..
                } = of.cheapest_first.first()?;
                Some(format!("{target_id} at {cost} per correct answer"))
            });
            format!(
                "Cheapest in each currency: {}{}.",
                listed(each, MAX_NAMED),
                without(not_ranked.len())
            )
        }
    }
}

/// The last error of the targets that never became ready, where it is the same of all.
fn last_error(report: &Report) -> String {
    let reasons = report.run.incomplete_reasons.iter();
    let mut errors = reasons.filter_map(|reason| match &**reason {
        Incomplete::NeverReady { last_error, .. } => last_error.as_deref(),
        _ => None,
    });
    let first = errors.next();
    let first = first.filter(|first| errors.all(|error| error == *first));
    first.map_or_else(String::new, |error| {
        format!(" ({})", display::cut(error, MAX_ERROR))
    })
}

/// How the calls ended, and what the run cost.
fn calls(report: &Report) -> String {
    let calls = report.targets.iter().map(|target| &target.calls);
    let measured: u64 = calls.clone().map(|calls| calls.measured).sum();
    let planned: u64 = calls.clone().map(|calls| calls.planned).sum();
    let failed: u64 = calls.map(|calls| calls.failed).sum();
    let made = if measured == planned {
        format!("All {measured} measured calls were made")
    } else {
        format!("The run is incomplete: {measured} of {planned} measured calls were made")
    };
    let failures = if failed == 0 {
        " and none failed".to_owned()
    } else {
        let with = report
            .targets
            .iter()
            .filter(|target| target.calls.failed > 0);
        let ids = with.map(|target| target.id.to_string());
        format!(", and {failed} failed: those to {}", listed(ids, MAX_NAMED))
    };
    let mute = report.targets.iter().filter(|target| target.calls.ok == 0);
    let mute: Vec<String> = mute.map(|target| target.id.to_string()).collect();
    let mute = match mute.len() {
        0 => String::new(),
        count => format!(
            "; {} never answered: {}{}",
            counted(count as u64, "target"),
            listed(mute, MAX_NAMED),
            last_error(report)
        ),
    };
    let spent = report.cost.as_ref().and_then(|cost| total(cost));
    let spent = spent.map(|spent| format!("; the run cost {}", bounds(spent)));
    format!("{made}{failures}{mute}{}.", spent.unwrap_or_default())
}
