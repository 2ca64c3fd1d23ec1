//! The capacities of targets as a column beside their other figures.

use bench_load::Capacity;

use super::numbers::{level, unit};
use crate::{
    model::{Report, TargetReport},
    render::format::DASH,
};

/// The loads that the targets of a run sustain, as a column with its heading; `None` where none
/// was under load.
#[must_use]
pub fn capacity_column(report: &Report) -> Option<(String, Vec<String>)> {
    let load = report.load.as_ref()?;
    let cell = |target: &TargetReport| {
        let mut loads = load.targets.iter();
        let found = loads.find(|load| load.target_id == target.id);
        found.map_or_else(|| DASH.to_owned(), |load| capacity_levels(&load.capacity))
    };
    Some((
        format!("sustained {}", unit(&load.configured)),
        report.targets.iter().map(cell).collect(),
    ))
}

/// The interval of a capacity as a cell of a column that has its unit: `38 to 44`, `≥ 32`, `< 2`.
fn capacity_levels(found: &Capacity) -> String {
    match (found.low, found.high) {
        (Some(low), Some(high)) if level(low) == level(high) => level(low),
        (Some(low), Some(high)) => format!("{} to {}", level(low), level(high)),
        (Some(low), None) => format!("≥ {}", level(low)),
        (None, Some(high)) => format!("< {}", level(found.broken_at.unwrap_or(high))),
        (None, None) => DASH.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capacity_is_a_range_that_may_be_open_at_an_end() {
        let cell = |low, high, broken_at| {
            capacity_levels(&Capacity {
                low,
                high,
                low_open: None,
                high_open: None,
                broken_at,
                gave_way: None,
                unmeasured: None,
                undecided: Vec::new(),
                contradicted: false,
            })
        };
        assert_eq!(cell(Some(38.0), Some(44.0), Some(45.0)), "38 to 44");
        assert_eq!(cell(Some(38.0), Some(38.0), Some(39.0)), "38");
        assert_eq!(cell(Some(32.0), None, None), "≥ 32");
        assert_eq!(cell(None, Some(1.0), Some(2.0)), "< 2");
        assert_eq!(cell(None, None, None), DASH);
    }
}
