//! The style sheet of every page.

use crate::render::table::STEPS;

/// The part that does not depend on the width of tables.
const SHEET: &str = include_str!("../../../templates/style.css");

/// How a table whose rows are stacked looks.
const STACKED: &str = include_str!("../../../templates/stacked.css");

/// The style sheet: tables that are wider than their place stack the cells of each row.
pub(crate) fn style() -> String {
    let steps = STEPS.iter().map(|rem| {
        let rules = STACKED.replace("STEP", &format!(".s{rem}"));
        format!("@container (max-width: {rem}rem) {{\n{rules}}}\n")
    });
    std::iter::once(SHEET.to_owned()).chain(steps).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_style_sheet_stacks_the_rows_of_each_width_of_table() {
        let sheet = style();
        for rem in STEPS {
            assert!(sheet.contains(&format!("(max-width: {rem}rem) {{\n.s{rem} ")));
        }
        assert!(!sheet.contains("STEP"));
    }
}
