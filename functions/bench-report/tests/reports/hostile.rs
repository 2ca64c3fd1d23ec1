//! Text of models, servers and datasets must do no harm to readers of a report.

use std::sync::LazyLock;

use bench_core::sample::{Outcome, Sample};
use bench_report::{Artifact, artifacts};

use crate::{
    making::{call, failure, plan},
    pages::Page,
};

/// Texts that attack a page, a table or a chat.
pub(crate) const ATTACKS: [&str; 12] = [
    "<script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "</style></pre></blockquote><h1>owned</h1>",
    "<a href=\"javascript:document.title='owned'\">click</a> [click](javascript:owned)",
    "left \u{202e}thgir\u{2066} and \u{200f}back",
    "=cmd|'/C calc'!A0",
    "+1+cmd",
    "-1+cmd",
    "@SUM(A1:A9)",
    "\t=1+1",
    "\n=1+1",
    "| a | b |\n```\nfence\n```\n# heading\n<!-- ",
];

/// A run in which everybody is hostile, and one writes a single word of 1 MB.
pub(crate) fn page() -> Page {
    let mut plan = plan(&["hostile", "failing"], 13, 1);
    let mut samples = Vec::new();
    let long = "w".repeat(1_000_000);
    for (prompt, attack) in (0..).zip(ATTACKS.into_iter().chain([long.as_str()])) {
        plan.prompts[prompt as usize].question = String::from(attack);
        plan.prompts[prompt as usize].expected_answer = Some(attack.into());
        samples.push(says(call("hostile", prompt, 1, 1_000_000), attack));
        samples.push(says(
            failure("failing", prompt, 1, Outcome::ServerError),
            attack,
        ));
    }
    plan.config.targets[0].model_name = Some(ATTACKS[0].to_owned());
    plan.config.targets[1].instance = Some(ATTACKS[1].to_owned());
    Page {
        name: "hostile",
        plan,
        samples,
    }
}

/// The sample with that text wherever somebody else writes one.
fn says(mut sample: Sample, text: &str) -> Sample {
    if sample.is_ok() {
        sample.answer = Some(text.into());
        sample.correct = Some(false);
        sample.response_text = Some(text.into());
        sample.finish_reason_raw = Some(text.into());
    } else {
        sample.error_code = Some(text.into());
        sample.error_message = Some(text.into());
    }
    sample.expected_answer = Some(text.into());
    sample
}

fn file(name: &str) -> String {
    static FILES: LazyLock<Vec<Artifact>> = LazyLock::new(|| {
        let page = page();
        artifacts(&page.report(), &page.samples)
    });
    let file = FILES.iter().find(|file| file.name == name).unwrap();
    String::from_utf8(file.body.clone()).unwrap()
}

#[test]
fn no_markup_of_theirs_is_markup_in_the_page() {
    let page = file("report.html");
    for markup in ["<script", "<img", "<h1>owned", "<!--", "</blockquote><h1"] {
        assert!(!page.contains(markup), "{markup}");
    }
    assert_eq!(page.matches("</style>").count(), 1);
    assert!(page.contains("&#60;script&#62;document.title=&#39;owned&#39;"));
    let links = page.split("href=\"").skip(1);
    for link in links.map(|rest| rest.split('"').next().unwrap()) {
        assert!(!link.contains(':'), "{link}");
    }
}

#[test]
fn no_letter_of_theirs_turns_the_direction_of_writing() {
    for name in ["report.html", "report.md"] {
        let page = file(name);
        for letter in ['\u{202e}', '\u{2066}', '\u{200f}'] {
            assert!(!page.contains(letter), "{name} {letter:?}");
        }
    }
    assert!(file("report.html").contains("left \u{fffd}thgir\u{fffd} and \u{fffd}back"));
}

#[test]
fn a_word_of_a_megabyte_is_cut_in_every_page() {
    let word = "w".repeat(5_000);
    for name in ["report.html", "report.md"] {
        let page = file(name);
        assert!(!page.contains(&word), "{name}");
        assert!(page.len() < 400_000, "{name}: {}", page.len());
    }
}

#[test]
fn no_cell_begins_a_formula_and_none_is_longer_than_a_spreadsheet_takes() {
    for name in ["samples.csv", "summary.csv"] {
        let text = file(name);
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        for row in reader.records() {
            for cell in &row.unwrap() {
                let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
                assert!(!formula || cell.parse::<f64>().is_ok(), "{name}: {cell:?}");
                assert!(cell.chars().count() <= 32_767, "{name}");
            }
        }
    }
    let samples = file("samples.csv");
    for head in [
        "'=cmd|", "'+1+cmd", "'-1+cmd", "'@SUM", "\"'\t=1", "\"'\n=1",
    ] {
        assert!(
            samples.contains(head) || samples.contains(&head.replace('"', "")),
            "{head:?}"
        );
    }
}

#[test]
fn no_pipe_fence_or_heading_of_theirs_is_markdown() {
    let page = file("report.md");
    assert!(page.contains("\\| a \\| b \\| \\`\\`\\` fence"), "{page}");
    assert!(!page.contains("```"));
    assert_eq!(
        page.matches("](javascript").count(),
        page.matches("\\](javascript").count()
    );
    let rows: Vec<&str> = page.lines().filter(|line| line.contains("owned")).collect();
    assert!(!rows.is_empty());
    let columns = |line: &str| line.replace("\\|", "").matches('|').count();
    for row in page
        .lines()
        .filter(|line| line.starts_with("| failing | measured"))
    {
        assert_eq!(columns(row), 7, "{row}");
    }
    assert!(
        page.lines()
            .all(|line| !line.trim_start().starts_with("# heading"))
    );
}
