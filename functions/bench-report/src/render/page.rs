//! `report.html`: one page that needs nothing beside it, not even a script.
//!
//! Text of models and servers reaches the page through the template's escaping
//! alone; only the style sheet and our own charts are put in as they are.

mod method;
mod prompts;
mod sections;
mod style;

use askama::Template;

use crate::{
    model::Report,
    render::{charts::CallPoints, display, figures::Figures, prompt_list::Listing},
};

pub(crate) use style::style;

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    report: &'a Report,
    style: String,
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
        style: style(),
        figures: Figures::of(report, calls),
        prompts: Listing::of(report),
    };
    page.render().expect("memory takes the whole page")
}

/// Text that every section has.
#[expect(clippy::unused_self, reason = "askama calls it so")]
impl Page<'_> {
    fn foreign(&self, text: &str) -> String {
        display::foreign(text)
    }

    /// A sentence of ours, whole: what it quotes of others was cut where it was made.
    fn sentence(&self, text: &str) -> String {
        display::without_marks(&display::plain(text))
    }
}

#[cfg(test)]
mod tests;
