//! The banner for readers of simulated figures, said once at the top.

use crate::model::Report;

/// A description of the figures of simulated targets, for the banner of every form of the report;
/// `None` without such a target.
#[must_use]
pub fn banner(report: &Report) -> Option<String> {
    let mut simulated = report.targets.iter().filter(|target| target.simulated);
    let time_scale = simulated.next()?.time_scale.unwrap_or(1.0);
    let said = "Their figures say nothing about any service.";
    if time_scale <= 1.0 {
        return Some(said.to_owned());
    }
    Some(format!(
        "{said} They answered {time_scale} times faster than the services that they stand for, so \
         their times are shown multiplied by {time_scale}, with all that follows from them; \
         samples keep the measured times."
    ))
}

/// A sentence that ranks targets, marked where they are all simulated.
pub(super) fn marked(sentence: String, report: &Report) -> String {
    if !report.is_simulation() {
        return sentence;
    }
    in_simulation(&sentence)
}

/// A sentence about simulated targets alone.
pub(super) fn in_simulation(sentence: &str) -> String {
    let mut letters = sentence.chars();
    let first = letters.next().into_iter().flat_map(char::to_lowercase);
    let first: String = first.collect();
    format!("In this simulation, {first}{}", letters.as_str())
}
