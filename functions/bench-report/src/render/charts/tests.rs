use super::{canvas::COLORS, *};
use crate::{build, fixture, render::page::style};

#[test]
fn a_chart_names_every_target_and_every_figure_in_its_description() {
    let (plan, samples) = fixture::run();
    let report = build(&plan, &samples);
    let svg = ranges(&report.targets);
    assert!(svg.starts_with("<svg") && svg.contains("role=\"img\""));
    assert!(
        svg.contains("good (simulated): min 100\u{a0}ms, max"),
        "{svg}"
    );
    assert!(svg.contains("broken: not available"));
    assert!(svg.contains("good (simulated)"));
}

#[test]
fn a_target_has_the_same_color_in_every_chart_and_no_chart_has_one_of_its_own() {
    let (plan, samples) = fixture::run();
    let report = build(&plan, &samples);
    let points: CallPoints = samples.iter().collect();
    for chart in [
        means(&report.targets),
        ranges(&report.targets),
        deviations(&report.targets),
        calls(&report.targets, &points),
        accuracy(&report.targets),
    ] {
        assert!(chart.contains(&format!(" {}\"", color(0))), "{chart}");
        for own in ["fill=", "stroke=", "style=", "#"] {
            assert!(!chart.contains(own), "{own} in {chart}");
        }
    }
}

#[test]
fn the_style_sheet_has_every_class_of_a_chart() {
    let sheet = style();
    for position in 0..COLORS {
        let class = color(position);
        assert!(sheet.contains(&format!(".{class} {{ color: var(--{class}); }}")));
    }
    for class in ["fill", "line", "fit", "grid", "dots"] {
        assert!(sheet.contains(&format!("svg .{class}")), "{class}");
    }
}

/// Relative luminance of `#rrggbb`, as WCAG defines it.
fn luminance(color: &str) -> f64 {
    let part = |at: usize| {
        let part = u8::from_str_radix(&color[at..at + 2], 16).unwrap();
        let share = f64::from(part) / 255.0;
        if share <= 0.040_45 {
            share / 12.92
        } else {
            ((share + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
}

#[test]
fn every_color_stands_out_from_the_page_in_both_themes() {
    let sheet = style();
    let themes: Vec<&str> = sheet.split("@media").take(2).collect();
    for theme in themes {
        let of = |name: &str| {
            let value = theme.split(&format!("--{name}: ")).nth(1).unwrap();
            luminance(&value[..7])
        };
        let contrast = |a: f64, b: f64| (a.max(b) + 0.05) / (a.min(b) + 0.05);
        for position in 0..COLORS {
            let found = contrast(of(&color(position)), of("page"));
            assert!(found >= 3.0, "--{}: {found:.2}", color(position));
        }
        for text in ["ink", "quiet", "bad", "good", "link"] {
            for ground in ["page", "raised", "note"] {
                let found = contrast(of(text), of(ground));
                assert!(found >= 4.5, "--{text} on --{ground}: {found:.2}");
            }
        }
    }
}
