//! How the run was made: settings, definitions, prices.

use jiff::Timestamp;

use super::Page;
use crate::{
    model::{LoadModel, StddevMethod},
    render::{format::DASH, reasons, sentences, table::Table, tables},
};

/// Helpers that the template calls. Askama passes fields by reference.
#[expect(clippy::ref_option, clippy::unused_self, reason = "askama calls it so")]
impl Page<'_> {
    pub(super) fn warnings(&self) -> Vec<String> {
        sentences::warnings::all(self.report)
    }

    pub(super) fn load_model(&self) -> &'static str {
        match self.report.method.mode {
            LoadModel::ClosedLoop => "closed loop: a call begins when the one before it has ended",
        }
    }

    pub(super) fn style_name(&self) -> &'static str {
        sentences::method::prompt_style(self.report.method.configured.prompt_style)
    }

    pub(super) fn cache_name(&self) -> &'static str {
        sentences::method::cache(self.report.method.configured.cache)
    }

    pub(super) fn quantile_methods(&self) -> String {
        let methods = self.report.method.quantile_methods.iter();
        let methods: Vec<&str> = methods.map(|method| reasons::method(*method)).collect();
        methods.join(", ")
    }

    pub(super) fn stddev_method(&self) -> &'static str {
        match self.report.method.stddev {
            StddevMethod::Sample => "sample, n - 1",
        }
    }

    pub(super) fn moment(&self, time: &Option<Timestamp>) -> String {
        let second = |time: Timestamp| time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
        time.map_or_else(|| DASH.to_owned(), second)
    }

    pub(super) fn token_lengths(&self) -> Option<Table> {
        tables::token_lengths(self.report)
    }

    pub(super) fn targets(&self) -> Table {
        tables::targets(self.report)
    }

    pub(super) fn prices(&self) -> Option<Table> {
        tables::prices(self.report)
    }
}
