//! `report.md`: the same answer for pull requests and chat.

use std::fmt::Write as _;

use smol_str::SmolStr;

use crate::summary::metrics::PUBLISHED;
use crate::{
    cost_sentences,
    model::{Report, TargetReport},
    render::{
        display,
        format::{
            DASH, count_or_dash, duration_or_dash, labeled, ordinary_spaces, percent_or_dash,
        },
        load::{sentences as load_sentences, tables as load_tables},
        sentences,
        table::Table,
        tables,
    },
};
use bench_stats::Statistic;

/// Renders the report as Markdown.
pub(crate) fn render(report: &Report) -> String {
    let mut page = format!("# {}\n\n", report.run.name);
    if let Some(banner) = sentences::simulation::banner(report) {
        let _ = writeln!(page, "> **Simulated targets.** {banner}\n");
    }
    for answer in &report.answer {
        line(&mut page, &sentence(&answer.sentence));
    }
    page.push('\n');
    statistics(&mut page, report);
    comparisons(&mut page, report);
    latency(&mut page, report);
    load(&mut page, report);
    accuracy(&mut page, report);
    cost(&mut page, report);
    uses(&mut page, report);
    failures(&mut page, report);
    page.push_str("\n## Method\n");
    let warnings = sentences::warnings::all(report);
    if !warnings.is_empty() {
        page.push_str("\n### Warnings\n\n");
        for warning in warnings {
            line(&mut page, &format!("- {}", sentence(&warning)));
        }
    }
    let details = [tables::token_lengths(report), tables::prices(report)];
    for details in details.into_iter().flatten() {
        titled(&mut page, &details);
    }
    let (run, method) = (&report.run, &report.method.configured);
    let _ = writeln!(
        page,
        "\nRun `{}`, {} prompts of `{}`, {} warm-up and {} measured calls each. Percentiles: type \
         7. Standard deviation: n - 1. Written by hostbench {}.",
        run.run_id,
        run.prompts,
        run.dataset.label,
        method.warmup,
        method.repetitions,
        run.hostbench_version
    );
    ordinary_spaces(&page)
}

fn statistics(page: &mut String, report: &Report) {
    line(
        page,
        &format!(
            "| target | {} | successful | accuracy | output tokens |",
            PUBLISHED.map(Statistic::key).join(" | ")
        ),
    );
    line(page, "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
    for target in &report.targets {
        let l = &target.timings.latency;
        let figures = PUBLISHED.map(|statistic| duration_or_dash(l.figure(statistic).value()));
        let _ = writeln!(
            page,
            "| {} | {} | {} of {} | {} | {} |",
            name(target),
            figures.join(" | "),
            target.calls.ok,
            target.calls.planned,
            percent_or_dash(target.accuracy.rate.value()),
            count_or_dash(target.mean_output_tokens.value()),
        );
    }
}

fn uses(page: &mut String, report: &Report) {
    if report.use_cases.is_empty() {
        return;
    }
    page.push_str("\n## Use cases\n\n");
    for use_case in &report.use_cases {
        let title = escaped(&use_case.limits.title);
        line(
            page,
            &format!("- **{title}**: {}", sentence(&use_case.sentence)),
        );
    }
}

fn comparisons(page: &mut String, report: &Report) {
    if report.comparisons.is_empty() {
        return;
    }
    page.push_str("\n## Comparisons\n\n");
    for comparison in &report.comparisons {
        let simulated = if comparison.simulated {
            "(simulated, not a result) "
        } else {
            ""
        };
        line(
            page,
            &format!("- {simulated}{}", sentence(&comparison.sentence)),
        );
    }
    line(
        page,
        "\n| first ÷ second | latency | output tokens | time per token | ratio of totals | p (Holm) | prompts |",
    );
    line(page, "|---|--:|--:|--:|--:|--:|--:|");
    for comparison in &report.comparisons {
        let ratios = [
            &comparison.latency,
            &comparison.output_tokens,
            &comparison.ms_per_output_token,
        ];
        let simulated = if comparison.simulated {
            " (simulated)"
        } else {
            ""
        };
        let _ = writeln!(
            page,
            "| {} ÷ {}{simulated} | {} | {} | {} | {} |",
            comparison.first,
            comparison.second,
            ratios
                .map(|ratio| display::ratio(ratio).to_string())
                .join(" | "),
            display::number(comparison.ratio_of_totals, 3),
            display::p_value(comparison.latency.p_holm),
            comparison.prompts,
        );
    }
}

fn cost(page: &mut String, report: &Report) {
    page.push_str("\n## Cost\n\n");
    for said in cost_sentences(report) {
        let simulated = if said.simulated {
            "(simulated, not a result) "
        } else {
            ""
        };
        line(page, &format!("- {simulated}{}", sentence(&said.text)));
    }
    for costs in tables::cost(report) {
        titled(page, &costs);
    }
}

fn load(page: &mut String, report: &Report) {
    let Some(capacities) = load_tables::capacities(report) else {
        return;
    };
    page.push_str("\n## Capacity and load\n");
    table(page, &capacities);
    for note in load_sentences::notes(report) {
        let _ = writeln!(page, "\n{}", sentence(&note));
    }
    for steps in load_tables::steps(report) {
        titled(page, &steps);
    }
}

/// A table under its title.
fn titled(page: &mut String, of: &Table) {
    let simulated = if of.simulated {
        " (simulated, not a result)"
    } else {
        ""
    };
    let _ = writeln!(page, "\n### {}{simulated}", escaped(&of.title));
    table(page, of);
}

fn table(page: &mut String, of: &Table) {
    let titles = of.columns.iter().map(|column| escaped(&column.heading));
    let titles: Vec<String> = std::iter::once(escaped(&of.heading))
        .chain(titles)
        .collect();
    let rules = of
        .columns
        .iter()
        .map(|column| if column.is_figures() { "--:|" } else { "---|" });
    let _ = writeln!(page, "\n| {} |", titles.join(" | "));
    let _ = writeln!(page, "|---|{}", rules.collect::<String>());
    for (row, cells) in of.lines() {
        let cells = cells.iter().map(|(_, cell)| escaped(&cell.to_string()));
        let cells: Vec<String> = cells.collect();
        let _ = writeln!(
            page,
            "| {} | {} |",
            escaped(&row.label()),
            cells.join(" | ")
        );
    }
    for note in &of.notes {
        let _ = writeln!(page, "\n{}", sentence(note));
    }
}

fn latency(page: &mut String, report: &Report) {
    line(
        page,
        "\n## Latency\n\n| target | mean | p95 | CV within prompts | effective n | success rate | accuracy | accuracy, strict |",
    );
    line(page, "|---|--:|--:|--:|--:|--:|--:|--:|");
    for target in &report.targets {
        let l = &target.timings.latency;
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {} | {} | {} | {} |",
            name(target),
            display::with_interval(&l.mean),
            display::with_interval(&l.p95),
            percent_or_dash(l.within_cv.value()),
            display::number(l.effective_n.value(), 1),
            display::share(&target.success),
            display::share(&target.accuracy.flexible),
            display::share(&target.accuracy.strict),
        );
    }
    line(
        page,
        "\n95 % intervals: of latency over similar prompts (cluster-robust t, Woodruff), of shares \
         by Wilson.",
    );
}

fn accuracy(page: &mut String, report: &Report) {
    if !sentences::grading::disagree(report) {
        return;
    }
    let said = sentence(&sentences::grading::disagreements(report));
    let _ = writeln!(
        page,
        "\n## Accuracy\n\n### Strict and flexible grading disagree\n\n{said}\n"
    );
    let form = escaped(sentences::grading::form(report));
    let _ = writeln!(
        page,
        "| target | prompt | repetition | reference answer | answer, flexible | rule | answer, strict ({form}) |",
    );
    line(page, "|---|---|--:|--:|--:|---|--:|");
    for target in &report.targets {
        for example in &target.accuracy.disagreement_examples {
            let text = |value: &Option<SmolStr>| escaped(value.as_deref().unwrap_or(DASH));
            let _ = writeln!(
                page,
                "| {} | {} | {} | {} | {} | {} | {} |",
                name(target),
                escaped(&example.prompt_id),
                example.repetition,
                text(&example.expected),
                text(&example.answer),
                escaped(sentences::grading::rule(example.rule)),
                text(&example.strict_answer),
            );
        }
    }
}

fn failures(page: &mut String, report: &Report) {
    if report
        .targets
        .iter()
        .all(|target| target.failures.is_empty())
    {
        return;
    }
    page.push_str("\n## Failures\n\n| target | phase | outcome | code | calls | first message |\n");
    line(page, "|---|---|---|---|--:|---|");
    for target in &report.targets {
        for failure in &target.failures {
            let message: String = failure
                .message
                .as_deref()
                .unwrap_or(DASH)
                .chars()
                .take(200)
                .collect();
            let _ = writeln!(
                page,
                "| {} | {} | {} | {} | {} | {} |",
                name(target),
                failure.phase.as_str(),
                failure.outcome.as_str(),
                escaped(&display::cut(
                    failure.error_code.as_deref().unwrap_or(DASH),
                    80
                )),
                failure.count,
                escaped(&message),
            );
        }
    }
}

fn name(target: &TargetReport) -> String {
    labeled(&target.id, target.simulated)
}

fn line(page: &mut String, text: &str) {
    page.push_str(text);
    page.push('\n');
}

/// A sentence of a finding.
fn sentence(text: &str) -> String {
    escaped(&display::without_marks(text))
}

/// Text that somebody else wrote, so that it stays text: no markup, no line end.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in display::plain(text).chars() {
        match c {
            '\\' | '*' | '_' | '[' | ']' | '|' | '#' | '!' | '`' | '~' => {
                safe.push('\\');
                safe.push(c);
            }
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            // Nobody is called by what a model wrote.
            '@' => safe.push_str("@\u{2060}"),
            c if c.is_control() => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{build, fixture};

    #[test]
    fn every_simulated_figure_is_labeled_and_hostile_text_stays_text() {
        let (plan, samples) = fixture::run();
        let page = render(&build(&plan, &samples));
        assert!(page.contains("| good (simulated) |"), "{page}");
        assert!(page.contains("Simulated targets"));
        assert!(!page.contains("<script>"));
        assert!(page.contains("&lt;script&gt;"));
        assert!(page.contains("| broken | – | – |"), "{page}");
    }
}
