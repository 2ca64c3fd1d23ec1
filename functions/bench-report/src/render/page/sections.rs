//! The sections of the page, in reading order.

use jiff::Timestamp;

use super::Page;
use crate::{
    CostSentence, cost_sentences,
    model::{Answer, Comparison, UseCaseReport, WithSentence},
    render::{
        charts,
        figures::Figure,
        format, load, notes, sentences,
        table::Table,
        tables::{self, real_first},
    },
};
use bench_stats::Statistic;

/// Sentences of a list that are in sight, and tables of one kind.
const MAX_SENTENCES: usize = 10;
const MAX_TABLES: usize = 4;
/// With more targets than this, figures but the first are folded away.
const MAX_OPEN_TARGETS: usize = 12;
/// Figures of a section that are in sight whatever the targets.
const OPEN_FIGURES: usize = 2;

/// Comparisons with their sentences.
type Comparisons<'r> = Vec<&'r WithSentence<Comparison>>;

/// Helpers that the template calls. Askama passes fields by reference.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    clippy::unused_self,
    reason = "askama calls it so"
)]
impl Page<'_> {
    pub(super) fn sections(&self) -> Vec<(&'static str, &'static str)> {
        let mut sections = vec![
            ("findings", "Key findings"),
            ("comparisons", "Comparisons"),
            ("latency", "Latency"),
            ("load", "Capacity and load"),
            ("accuracy", "Accuracy"),
            ("cost", "Cost"),
            ("use-cases", "Use cases"),
            ("failures", "Failures"),
            ("prompts", "Prompts"),
            ("method", "Method"),
        ];
        sections.retain(|(id, _)| *id != "load" || self.report.load.is_some());
        sections
    }

    pub(super) fn minute(&self, time: &Timestamp) -> String {
        format::minute(*time)
    }

    pub(super) fn color(&self, position: &usize) -> String {
        charts::color(*position)
    }

    pub(super) fn simulation(&self) -> Option<String> {
        sentences::simulation::banner(self.report)
    }

    pub(super) fn topic(&self, answer: &Answer) -> &'static str {
        sentences::answer::topic(answer)
    }

    pub(super) fn key_figures(&self) -> Table {
        tables::key_figures(self.report)
    }

    /// Why figures of the first table are missing.
    pub(super) fn withheld(&self) -> Vec<String> {
        notes::missing(
            &self.report.targets,
            &[Statistic::Mean, Statistic::P50, Statistic::P95],
        )
    }

    /// The first comparisons, and those that are folded away.
    pub(super) fn comparisons(&self) -> (Comparisons<'_>, Comparisons<'_>) {
        let mut first = real_first(self.report);
        let more = first.split_off(first.len().min(MAX_SENTENCES));
        (first, more)
    }

    pub(super) fn ratios(&self) -> Option<Table> {
        tables::ratios(self.report)
    }

    /// Figures that are in sight, and those that are folded away where targets are many.
    pub(super) fn unfolded<'f>(&self, figures: &'f [Figure]) -> (&'f [Figure], &'f [Figure]) {
        let open = if self.report.targets.len() > MAX_OPEN_TARGETS {
            OPEN_FIGURES.min(figures.len())
        } else {
            figures.len()
        };
        figures.split_at(open)
    }

    pub(super) fn latency(&self) -> Table {
        tables::latency(self.report)
    }

    /// Notes on latencies, and reasons why others are missing.
    pub(super) fn latency_notes(&self) -> Vec<String> {
        notes::all(&self.report.targets)
    }

    pub(super) fn tokens(&self) -> Table {
        tables::tokens(self.report)
    }

    pub(super) fn variability(&self) -> Table {
        tables::variability(self.report)
    }

    pub(super) fn capacities(&self) -> Option<Table> {
        load::tables::capacities(self.report)
    }

    pub(super) fn load_steps(&self) -> Vec<Table> {
        load::tables::steps(self.report)
    }

    /// Whether tables of one kind are so many that they are folded away.
    pub(super) fn are_many(&self, tables: &[Table]) -> bool {
        tables.len() > MAX_TABLES
    }

    pub(super) fn load_notes(&self) -> Vec<String> {
        load::sentences::notes(self.report)
    }

    pub(super) fn accuracy(&self) -> Table {
        tables::accuracy(self.report)
    }

    pub(super) fn gradings_disagree(&self) -> bool {
        sentences::grading::disagree(self.report)
    }

    pub(super) fn grading_disagreements(&self) -> String {
        sentences::grading::disagreements(self.report)
    }

    pub(super) fn disagreements(&self) -> Option<Table> {
        tables::disagreements(self.report)
    }

    pub(super) fn agreement(&self) -> Option<Table> {
        tables::agreement(self.report)
    }

    /// The first sentences about cost, and those that are folded away.
    pub(super) fn cost_sentences(&self) -> (Vec<CostSentence>, Vec<CostSentence>) {
        let mut first = cost_sentences(self.report);
        let more = first.split_off(first.len().min(MAX_SENTENCES));
        (first, more)
    }

    pub(super) fn costs(&self) -> Vec<Table> {
        tables::cost(self.report)
    }

    pub(super) fn limits(&self, use_case: &UseCaseReport) -> String {
        sentences::use_cases::limits(&use_case.limits)
    }

    pub(super) fn use_cases(&self) -> Option<Table> {
        tables::use_cases(self.report)
    }

    pub(super) fn failure_classes(&self) -> Option<Table> {
        tables::failure_classes(self.report)
    }

    pub(super) fn failed_calls(&self) -> Table {
        tables::failed_calls(self.report)
    }

    pub(super) fn failed(&self) -> usize {
        let targets = self.report.targets.iter();
        let classes = targets.flat_map(|target| &target.failures);
        classes
            .map(|class| usize::try_from(class.count).unwrap_or(usize::MAX))
            .sum()
    }

    pub(super) fn attempts(&self) -> Table {
        tables::attempts(self.report)
    }

    pub(super) fn readiness(&self) -> Table {
        tables::readiness(self.report)
    }
}
