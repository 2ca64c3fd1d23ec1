//! `report.html`: one page that needs nothing beside it, not even a script.
//!
//! What models and servers wrote reaches the page through the template's
//! escaping alone; only the style sheet and our own charts are put in as they are.

use std::collections::BTreeMap;

use askama::Template;
use jiff::Timestamp;

use super::{
    charts, cost_tables,
    format::{self, DASH},
    model::{Comparison, RatioFigure, Report, Share, TargetReport, WarmUp},
    shown,
    words::headline,
};
use crate::config::{Cache, PromptStyle};

/// The style sheet of every page.
pub(super) const STYLE: &str = include_str!("../../templates/style.css");

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    report: &'a Report,
    style: &'static str,
    headline: Vec<String>,
    means: String,
    ranges: String,
    deviations: String,
}

/// Renders the page.
///
/// # Panics
///
/// Never: memory takes the whole page.
pub(super) fn render(report: &Report) -> String {
    let page = Page {
        report,
        style: STYLE,
        headline: headline(report),
        means: charts::means(&report.targets),
        ranges: charts::ranges(&report.targets),
        deviations: charts::deviations(&report.targets),
    };
    page.render().expect("memory takes the whole page")
}

/// A time to the minute, in UTC.
pub(super) fn minute(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// What the template asks for. Askama hands fields over by reference.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    clippy::ref_option,
    clippy::unused_self,
    reason = "askama calls it so"
)]
impl Page<'_> {
    fn ms(&self, value: &Option<f64>) -> String {
        format::duration_or_dash(*value)
    }

    fn after(&self, value: &f64) -> String {
        format::duration(*value)
    }

    fn percent(&self, value: &Option<f64>) -> String {
        format::percent_or_dash(*value)
    }

    fn count(&self, value: &Option<f64>) -> String {
        format::count_or_dash(*value)
    }

    fn number(&self, value: &Option<f64>, digits: usize) -> String {
        shown::number(*value, digits)
    }

    fn p_value(&self, value: &Option<f64>) -> String {
        shown::p_value(*value)
    }

    fn share(&self, value: &Share) -> String {
        shown::share(value)
    }

    fn ratio(&self, value: &RatioFigure) -> String {
        shown::ratio(value)
    }

    fn warm_up(&self, value: &WarmUp) -> String {
        shown::warm_up(value)
    }

    fn latency(&self, target: &TargetReport, name: &str) -> String {
        let l = &target.latency_ms;
        let figure = match name {
            "p50" => l.p50,
            "p90" => l.p90,
            "p95" => l.p95,
            _ => l.mean,
        };
        shown::with_interval(l, name, figure)
    }

    /// Real pairs first: what is simulated is no finding.
    fn comparisons(&self) -> Vec<&Comparison> {
        let mut comparisons: Vec<&Comparison> = self.report.comparisons.iter().collect();
        comparisons.sort_by_key(|comparison| comparison.simulated);
        comparisons
    }

    fn cost(&self) -> String {
        cost_tables::html(self.report)
    }

    fn has_limits(&self) -> bool {
        !self.report.method.limits.is_empty()
    }

    fn text(&self, value: &Option<String>) -> String {
        value.clone().unwrap_or_else(|| DASH.to_owned())
    }

    fn answer(&self, value: &Option<String>) -> String {
        value
            .clone()
            .unwrap_or_else(|| "no answer found".to_owned())
    }

    fn status(&self, value: &Option<u16>) -> String {
        value.map_or_else(|| DASH.to_owned(), |status| status.to_string())
    }

    fn minute(&self, time: &Timestamp) -> String {
        minute(*time)
    }

    fn moment(&self, time: &Option<Timestamp>) -> String {
        let second = |time: Timestamp| time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
        time.map_or_else(|| DASH.to_owned(), second)
    }

    fn colour(&self, position: &usize) -> String {
        charts::colour(*position)
    }

    fn time_scale(&self) -> Option<f64> {
        self.report
            .targets
            .iter()
            .find_map(|target| target.time_scale)
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

    /// Why figures are missing: each reason once, with whom it is about.
    fn withheld(&self) -> Vec<String> {
        let mut reasons: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for target in &self.report.targets {
            let latency = &target.latency_ms;
            let each: Vec<String> = if latency.n == 0 {
                vec!["no latency, since no measured call was answered".to_owned()]
            } else {
                let each = latency.withheld.iter();
                each.map(|(figure, why)| format!("no {figure}, since {why}"))
                    .collect()
            };
            for reason in each {
                reasons.entry(reason).or_default().push(&target.id);
            }
        }
        reasons
            .into_iter()
            .map(|(why, who)| format!("{}: {why}.", who.join(", ")))
            .collect()
    }

    fn style_name(&self) -> &'static str {
        match self.report.method.configured.prompt_style {
            PromptStyle::Raw => "raw: the question alone",
            PromptStyle::AnswerLine => {
                "answer-line: the question and the request to end in “#### number”"
            }
            PromptStyle::Boxed => {
                "boxed: the question and the request to put the answer in “\\boxed{}”"
            }
        }
    }

    fn cache_name(&self) -> &'static str {
        match self.report.method.configured.cache {
            Cache::Warm => {
                "warm: the same prompt is repeated; measured calls may be prefix-cache hits"
            }
            Cache::Cold => "cold: a nonce leads every prompt, so that no cached prefix matches",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{build, fixture};

    fn page() -> String {
        let (plan, samples) = fixture::run();
        let report = build(&plan, &samples);
        render(&report)
    }

    #[test]
    fn the_page_needs_nothing_beside_it() {
        let page = page();
        for remote in ["<script", "src=", "@import", "url(", "<link"] {
            assert!(!page.contains(remote), "{remote}");
        }
        let links = page
            .split("href=\"")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap());
        assert!(links.into_iter().all(|link| !link.contains(':')));
    }

    #[test]
    fn what_models_and_servers_wrote_is_escaped() {
        let page = page();
        assert!(page.contains("&#60;script&#62;alert(1)"));
        assert!(!page.contains("<script>alert"));
    }

    #[test]
    fn every_figure_of_a_simulated_target_is_labelled_and_no_other() {
        let page = page();
        let heads: Vec<&str> = page
            .split("<th scope=\"row\">")
            .skip(1)
            .map(|rest| rest.split("<td").next().unwrap())
            .collect();
        assert!(heads.len() > 10);
        for head in heads {
            assert_eq!(head.contains("simulated"), head.contains("good"), "{head}");
        }
        assert!(page.contains("say nothing about any service"));
    }

    #[test]
    fn a_run_without_a_single_sample_is_a_page_that_says_so() {
        let plan = fixture::plan(1);
        let report = build(&plan, &[]);
        let page = render(&report);
        assert!(page.contains("The run is incomplete, 0 of 9 measured calls were made"));
        assert!(page.contains("no latency, since no measured call was answered"));
    }
}
