//! `report.html`: one page that needs nothing beside it, not even a script.
//!
//! Text of models and servers reaches the page through the template's escaping
//! alone; only the style sheet and our own charts are put in as they are.

use std::borrow::Borrow;

use askama::Template;
use jiff::Timestamp;

use crate::summary::metrics::{Column, Medium, columns};
use crate::{
    CostSentence, CostTable, cost_sentences,
    model::{
        Answer, Comparison, Fit, LoadModel, PromptAtTarget, RatioFigure, Report, Share,
        StddevMethod, TargetReport, UseCaseReport, WarmUp, WithSentence,
    },
    render::{
        cell::Cell,
        charts::{self, CallPoints},
        display,
        figures::Figures,
        format::{self, DASH},
        lengths,
        load::{self, tables::LoadTable},
        notes,
        prompt_list::{Group, Listing},
        reasons, sentences,
    },
};
use bench_core::{grading::AnswerRule, sample::CLIENT_LIMITED_US};
use bench_stats::Statistic;

/// The style sheet of every page.
pub(crate) const STYLE: &str = include_str!("../../templates/style.css");

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    report: &'a Report,
    style: &'static str,
    figures: Figures,
    prompts: Listing,
}

/// Renders the page; the calls are the dots of its figures.
///
/// # Panics
///
/// Never: memory takes the whole page.
pub(crate) fn render(report: &Report, calls: &CallPoints) -> String {
    let page = Page {
        report,
        style: STYLE,
        figures: Figures::of(report, calls),
        prompts: Listing::of(report),
    };
    page.render().expect("memory takes the whole page")
}

/// Helpers that the template calls. Askama passes fields by reference.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    clippy::ref_option,
    clippy::unused_self,
    reason = "askama calls it so"
)]
impl Page<'_> {
    fn ms(&self, value: impl Borrow<Option<f64>>) -> String {
        format::duration_or_dash(*value.borrow())
    }

    fn after(&self, value: &f64) -> String {
        format::duration(*value)
    }

    fn percent(&self, value: impl Borrow<Option<f64>>) -> String {
        format::percent_or_dash(*value.borrow())
    }

    fn count(&self, value: impl Borrow<Option<f64>>) -> String {
        format::count_or_dash(*value.borrow())
    }

    fn number(&self, value: impl Borrow<Option<f64>>, digits: usize) -> String {
        display::number(*value.borrow(), digits)
    }

    fn p_value(&self, value: &Option<f64>) -> String {
        display::p_value(*value)
    }

    fn share(&self, value: &Share) -> Cell {
        display::share(value)
    }

    fn ratio(&self, value: &RatioFigure) -> Cell {
        display::ratio(value)
    }

    fn warm_up(&self, value: &WarmUp) -> String {
        display::warm_up(value)
    }

    fn latency(&self, target: &TargetReport, name: &str) -> Cell {
        let l = &target.timings.latency;
        let figure = match name {
            "p50" => &l.p50,
            "p90" => &l.p90,
            "p95" => &l.p95,
            _ => &l.mean,
        };
        display::with_interval(figure)
    }

    /// Real pairs first: what is simulated is not a result.
    fn comparisons(&self) -> Vec<&WithSentence<Comparison>> {
        let mut comparisons: Vec<&WithSentence<Comparison>> =
            self.report.comparisons.iter().collect();
        comparisons.sort_by_key(|comparison| comparison.simulated);
        comparisons
    }

    fn quantile_methods(&self) -> String {
        let methods = self.report.method.quantile_methods.iter();
        let methods: Vec<&str> = methods.map(|method| reasons::method(*method)).collect();
        methods.join(", ")
    }

    fn stddev_method(&self) -> &'static str {
        match self.report.method.stddev {
            StddevMethod::Sample => "sample, n - 1",
        }
    }

    fn load_model(&self) -> &'static str {
        match self.report.method.mode {
            LoadModel::ClosedLoop => "closed loop: a call begins when the one before it has ended",
        }
    }

    /// Columns of the table of tokens and throughput.
    fn tokens(&self) -> Vec<Column> {
        columns(Medium::Tokens).collect()
    }

    fn heading(&self, column: &Column) -> String {
        display::heading(column)
    }

    fn metric(&self, column: &Column, target: &TargetReport) -> String {
        display::cell(column, target)
    }

    fn has_limits(&self) -> bool {
        !self.report.method.limits.is_empty()
    }

    fn sections(&self) -> Vec<(&'static str, &'static str)> {
        let mut sections = vec![
            ("findings", "Key findings"),
            ("latency", "Latency"),
            ("load", "Capacity and load"),
            ("cost", "Cost"),
            ("comparisons", "Comparisons"),
            ("accuracy", "Accuracy"),
            ("use-cases", "Use cases"),
            ("failures", "Failures"),
            ("prompts", "Prompts"),
            ("method", "Method"),
        ];
        sections.retain(|(id, _)| *id != "load" || self.report.load.is_some());
        sections
    }

    fn capacities(&self) -> Option<LoadTable> {
        load::tables::capacities(self.report)
    }

    fn load_steps(&self) -> Vec<LoadTable> {
        load::tables::steps(self.report)
    }

    fn load_notes(&self) -> Vec<String> {
        load::sentences::notes(self.report)
    }

    fn foreign(&self, text: &str) -> String {
        display::foreign(text)
    }

    fn sentence(&self, text: &str) -> String {
        display::without_marks(&display::foreign(text))
    }

    fn words(&self, value: &Option<impl AsRef<str>>) -> String {
        value
            .as_ref()
            .map_or_else(|| DASH.to_owned(), |text| display::foreign(text.as_ref()))
    }

    fn token_lengths(&self) -> ([&'static str; 6], Vec<(usize, [String; 6])>) {
        (lengths::COLUMNS, lengths::rows(self.report))
    }

    fn gradings_disagree(&self) -> bool {
        sentences::grading::disagree(self.report)
    }

    fn grading_disagreements(&self) -> String {
        sentences::grading::disagreements(self.report)
    }

    fn rule(&self, rule: &Option<AnswerRule>) -> &'static str {
        sentences::grading::rule(*rule)
    }

    fn question(&self, text: &str) -> String {
        display::cut(text, 4_000)
    }

    fn answer(&self, value: &Option<impl AsRef<str>>) -> String {
        let found = value.as_ref().map(|text| display::foreign(text.as_ref()));
        found.unwrap_or_else(|| "no answer found".to_owned())
    }

    /// Of any kind where that is known, else the first that is not reasoning.
    fn first_token(&self, target: &TargetReport) -> String {
        format::duration_or_dash(
            target
                .timings
                .ttft
                .p50
                .value()
                .or(target.timings.ttfo.p50.value()),
        )
    }

    fn refusals(&self, target: &TargetReport) -> String {
        let refusals = &target.readiness.refusals;
        if refusals.is_empty() {
            return "none".to_owned();
        }
        let each = refusals.iter().map(|(how, count)| format!("{count} {how}"));
        each.collect::<Vec<_>>().join(", ")
    }

    fn stall_limit(&self) -> String {
        format::duration(CLIENT_LIMITED_US as f64 / 1_000.0)
    }

    fn topic(&self, answer: &Answer) -> &'static str {
        sentences::answer::topic(answer)
    }

    fn warnings(&self) -> Vec<String> {
        sentences::warnings::all(self.report)
    }

    fn fit(&self, fit: &Fit) -> String {
        sentences::use_cases::verdict(fit)
    }

    fn fit_class(&self, fit: &Fit) -> &'static str {
        match fit.fits {
            Some(true) => "good",
            Some(false) => "bad",
            None => "quiet",
        }
    }

    fn limits(&self, use_case: &UseCaseReport) -> String {
        sentences::use_cases::limits(&use_case.limits)
    }

    /// A thousand requests, in the first table.
    fn per_1k(&self, target: &TargetReport) -> String {
        let cost = self.report.cost_of(&target.id);
        cost.map_or_else(
            || DASH.to_owned(),
            |cost| crate::cost(&cost.per_1k_requests),
        )
    }

    fn cost_sentences(&self) -> Vec<CostSentence> {
        cost_sentences(self.report)
    }

    fn cost_tables(&self) -> Vec<CostTable> {
        crate::cost_tables(self.report)
    }

    /// A cell about cost; a text of a catalog is bounded.
    fn cell(&self, cell: &Cell) -> Cell {
        Cell {
            figure: display::foreign(&cell.figure),
            ..cell.clone()
        }
    }

    fn groups(&self) -> Vec<Group<'_>> {
        Listing::groups(self.report)
    }

    fn tier(&self, target: &TargetReport) -> &'static str {
        target.tier.map_or(DASH, bench_core::config::Tier::as_str)
    }

    /// Mean latency and output tokens of a prompt at a target.
    fn prompt_cell(&self, at: &PromptAtTarget) -> String {
        let latency = at.mean_latency_ms.map(format::duration);
        let tokens = at.mean_output_tokens.map(|tokens| format!("{tokens:.0}"));
        let said: Vec<String> = latency.into_iter().chain(tokens).collect();
        said.join(", ")
    }

    fn status(&self, value: &Option<u16>) -> String {
        value.map_or_else(|| DASH.to_owned(), |status| status.to_string())
    }

    fn minute(&self, time: &Timestamp) -> String {
        format::minute(*time)
    }

    fn moment(&self, time: &Option<Timestamp>) -> String {
        let second = |time: Timestamp| time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
        time.map_or_else(|| DASH.to_owned(), second)
    }

    fn color(&self, position: &usize) -> String {
        charts::color(*position)
    }

    fn simulation(&self) -> Option<String> {
        sentences::simulation::banner(self.report)
    }

    fn failed(&self) -> usize {
        let classes = self
            .report
            .targets
            .iter()
            .flat_map(|target| &target.failures);
        classes
            .map(|class| usize::try_from(class.count).unwrap_or(usize::MAX))
            .sum()
    }

    /// Why figures of the first table are missing.
    fn withheld(&self) -> Vec<String> {
        notes::missing(
            &self.report.targets,
            &[Statistic::Mean, Statistic::P50, Statistic::P95],
        )
    }

    /// Notes on latencies, and reasons why others are missing.
    fn latency_notes(&self) -> Vec<String> {
        notes::all(&self.report.targets)
    }

    fn strict_form(&self) -> &'static str {
        sentences::grading::form(self.report)
    }

    fn style_name(&self) -> &'static str {
        sentences::method::prompt_style(self.report.method.configured.prompt_style)
    }

    fn cache_name(&self) -> &'static str {
        sentences::method::cache(self.report.method.configured.cache)
    }
}

#[cfg(test)]
mod tests;
