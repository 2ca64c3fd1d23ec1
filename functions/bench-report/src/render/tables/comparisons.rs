//! The ratios of targets.

use crate::{
    model::{Comparison, RatioFigure, Report, WithSentence},
    render::{
        cell::Cell,
        display,
        table::{Column, RowName, Table},
    },
};

/// Comparisons of real targets first: what is simulated is not a result.
pub(crate) fn real_first(report: &Report) -> Vec<&WithSentence<Comparison>> {
    let mut comparisons: Vec<_> = report.comparisons.iter().collect();
    comparisons.sort_by_key(|comparison| comparison.simulated);
    comparisons
}

/// Ratios of every two targets; `None` of fewer than two.
pub(crate) fn ratios(report: &Report) -> Option<Table> {
    let comparisons = real_first(report);
    let all = || comparisons.iter().map(|comparison| &comparison.finding);
    let ratio = |heading: &str, of: fn(&Comparison) -> &RatioFigure| {
        Column::figures(heading, all().map(|pair| display::ratio(of(pair))))
    };
    let text = |heading: &str, of: &dyn Fn(&Comparison) -> String| {
        Column::figures(heading, all().map(|pair| Cell::from(of(pair))))
    };
    let rows = all().map(|pair| {
        let name = format!("{} ÷ {}", pair.first, pair.second);
        RowName::named(&name, pair.simulated)
    });
    let columns = vec![
        ratio("latency", |pair| &pair.latency),
        ratio("output tokens", |pair| &pair.output_tokens),
        ratio("time per token", |pair| &pair.ms_per_output_token),
        ratio("TTFT", |pair| &pair.ttft),
        Column::numbers("ratio of totals", 3, all().map(|pair| pair.ratio_of_totals)),
        text("first faster", &|pair| {
            format!("{} of {}", pair.wins.first, pair.prompts)
        }),
        text("p (Holm)", &|pair| display::p_value(pair.latency.p_holm)),
        text("prompts", &|pair| match pair.dropped {
            0 => pair.prompts.to_string(),
            dropped => format!("{}, {dropped} dropped", pair.prompts),
        }),
    ];
    let table = Table::new(
        "Ratios of targets",
        "First ÷ second",
        rows.collect(),
        columns,
    );
    (!table.rows.is_empty()).then(|| {
        table.noted(
            "Geometric mean ratios over the prompts that both targets answered, with 95 % \
             intervals (Student's t over prompts). The ratio of latency is that of output tokens × \
             that of time per token. p-values are Holm-adjusted over all pairs.",
        )
    })
}
