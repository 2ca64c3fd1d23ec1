//! Tables of correct answers.

use super::comparisons::real_first;
use crate::{
    model::{Accuracy, GradingDisagreement, Report, SameModel, Share, TargetReport},
    render::{
        display,
        format::DASH,
        sentences::grading,
        table::{Column, RowName, Table},
    },
};
use smol_str::SmolStr;

/// Accuracy with its intervals.
pub(crate) fn accuracy(report: &Report) -> Table {
    let targets = || report.targets.iter();
    let share = |heading: String, of: fn(&Accuracy) -> &Share| {
        Column::shares(heading, targets().map(|target| of(&target.accuracy)))
    };
    let distinct = |heading: &str, of: fn(&TargetReport) -> Option<f64>| {
        Column::numbers(heading, 1, targets().map(of))
    };
    let truncated = targets().map(|target| {
        let truncated = &target.accuracy.truncated;
        format!("{} of {}", truncated.count, truncated.n).into()
    });
    let columns = vec![
        share("accuracy of successful calls".to_owned(), |it| &it.flexible),
        share(
            format!("accuracy, strict ({})", grading::form(report)),
            |it| &it.strict,
        ),
        share("accuracy of all calls".to_owned(), |it| &it.of_attempts),
        Column::figures("correct of truncated", truncated),
        distinct("distinct responses per prompt", |target| {
            target.repeats.distinct_responses.value()
        }),
        distinct("distinct answers per prompt", |target| {
            target.repeats.distinct_answers.value()
        }),
    ];
    Table::of_targets("Accuracy statistics", &report.targets, columns)
        .noted("Shares with 95 % Wilson intervals and counts.")
}

/// Examples of answers that strict and flexible grading judge differently; `None` where
/// they judge all alike.
pub(crate) fn disagreements(report: &Report) -> Option<Table> {
    let examples: Vec<(RowName, &GradingDisagreement)> = report
        .targets
        .iter()
        .enumerate()
        .flat_map(|(position, target)| {
            let examples = target.accuracy.disagreement_examples.iter();
            examples.map(move |example| (RowName::target(position, target), example))
        })
        .collect();
    let words = |heading: &str, of: &dyn Fn(&GradingDisagreement) -> String| {
        Column::words(heading, examples.iter().map(|(_, example)| of(example)))
    };
    let found =
        |answer: &Option<SmolStr>| answer.as_deref().map_or(DASH.to_owned(), display::foreign);
    let columns = vec![
        words("Prompt", &|example| example.prompt_id.to_string()),
        Column::figures(
            "Repetition",
            examples
                .iter()
                .map(|(_, example)| example.repetition.to_string().into()),
        ),
        words("Reference answer", &|example| found(&example.expected)),
        words("Answer, flexible", &|example| found(&example.answer)),
        words("Rule", &|example| grading::rule(example.rule).to_owned()),
        words(
            &format!("Answer, strict ({})", grading::form(report)),
            &|example| found(&example.strict_answer),
        ),
    ];
    let rows: Vec<RowName> = examples.iter().map(|(row, _)| row.clone()).collect();
    let title = "Answers that strict and flexible grading judge differently";
    (!rows.is_empty()).then(|| Table::new(title, "Target", rows, columns))
}

/// Whether every two targets give the same answers; `None` of fewer than two.
pub(crate) fn agreement(report: &Report) -> Option<Table> {
    let pairs = real_first(report);
    let all = || pairs.iter().map(|pair| &pair.same_model);
    let rows = pairs.iter().map(|pair| {
        let name = format!("{} and {}", pair.first, pair.second);
        RowName::named(&name, pair.simulated)
    });
    let yes = |is: bool| if is { "yes" } else { "no" }.to_owned();
    let more_accurate = |same: &SameModel| {
        let (first, second) = (same.first_better, same.second_better);
        format!("{first} and {second} of {}", same.prompts).into()
    };
    let differ = |same: &SameModel| {
        same.disagrees
            .map_or_else(|| "not available".to_owned(), yes)
    };
    let columns = vec![
        Column::words("Same model configured", all().map(|same| yes(same.claimed))),
        Column::percentages("agreement", all().map(|same| same.agreement)),
        Column::percentages("self-agreement", all().map(|same| same.self_agreement)),
        Column::figures("more accurate, first and second", all().map(more_accurate)),
        Column::numbers(
            "response length ratio",
            3,
            all().map(|same| same.length.characters),
        ),
        Column::words("Significant difference", all().map(differ)),
    ];
    let table = Table::new("Agreement of answers", "Targets", rows.collect(), columns);
    (!table.rows.is_empty()).then_some(table)
}
