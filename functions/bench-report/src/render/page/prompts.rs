//! Every prompt, with the answers of the targets.

use std::borrow::Borrow;

use super::Page;
use crate::{
    model::PromptAtTarget,
    render::{
        display,
        format::{self, DASH},
        prompt_list::{Group, Listing},
    },
};

/// Targets whose answers stand side by side.
const MAX_COLUMNS: usize = 5;

/// Helpers that the template calls. Askama passes fields by reference.
#[expect(clippy::ref_option, clippy::unused_self, reason = "askama calls it so")]
impl Page<'_> {
    pub(super) fn ms(&self, value: impl Borrow<Option<f64>>) -> String {
        format::duration_or_dash(*value.borrow())
    }

    pub(super) fn count(&self, value: impl Borrow<Option<f64>>) -> String {
        format::count_or_dash(*value.borrow())
    }

    pub(super) fn words(&self, value: &Option<impl AsRef<str>>) -> String {
        value
            .as_ref()
            .map_or_else(|| DASH.to_owned(), |text| display::foreign(text.as_ref()))
    }

    pub(super) fn question(&self, text: &str) -> String {
        display::cut(text, 4_000)
    }

    pub(super) fn answer(&self, value: &Option<impl AsRef<str>>) -> String {
        let found = value.as_ref().map(|text| display::foreign(text.as_ref()));
        found.unwrap_or_else(|| "no answer found".to_owned())
    }

    pub(super) fn groups(&self) -> Vec<Group<'_>> {
        Listing::groups(self.report)
    }

    /// The class of the style sheet for tables with a column for each target.
    pub(super) fn answers_class(&self) -> &'static str {
        if self.report.targets.len() > MAX_COLUMNS {
            "s999"
        } else {
            "s56"
        }
    }

    /// Mean latency and output tokens of a prompt at a target.
    pub(super) fn prompt_cell(&self, at: &PromptAtTarget) -> String {
        let latency = at.mean_latency_ms.map(format::duration);
        let tokens = at.mean_output_tokens.map(|tokens| format!("{tokens:.0}"));
        let said: Vec<String> = latency.into_iter().chain(tokens).collect();
        said.join(", ")
    }
}
