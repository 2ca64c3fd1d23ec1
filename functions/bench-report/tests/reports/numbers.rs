//! Every number of a page is a number of `report.json`, rounded.

use std::collections::BTreeSet;

use bench_core::money::{Currency, Money};
use bench_report::{
    artifacts,
    format::{self, TimeUnit, ordinary_spaces},
};
use rust_decimal::{Decimal, prelude::FromPrimitive};
use serde_json::Value;

use crate::{hostile, pages};

/// The numbers of `report.json`, as a page formats them.
#[derive(Default)]
struct ReportNumbers {
    /// With unit: durations, percentages, money.
    with_unit: BTreeSet<String>,
    plain: BTreeSet<String>,
}

impl ReportNumbers {
    fn of(json: &Value) -> Self {
        let mut known = Self::default();
        known.add(json);
        known
    }

    fn add(&mut self, value: &Value) {
        match value {
            Value::Number(number) => self.add_number(number.as_f64().unwrap()),
            Value::String(text) => {
                if let Ok(number) = text.parse::<f64>() {
                    self.add_number(number);
                }
                if let Some(money) = Money::usd(text) {
                    self.plain.extend(tokens(&money.to_string()));
                }
                // A moment is shown as a day and a time.
                for token in tokens(&text.replace(['T', 'Z'], " ")) {
                    self.with_unit.insert(token.clone());
                    self.plain
                        .insert(token.split(' ').next().unwrap().to_owned());
                }
            }
            Value::Array(items) => {
                self.plain.insert(items.len().to_string());
                for item in items {
                    self.add(item);
                }
            }
            Value::Object(fields) => {
                for (name, item) in fields {
                    self.plain.extend(tokens(name));
                    self.add(item);
                }
            }
            Value::Bool(_) | Value::Null => {}
        }
    }

    fn add_number(&mut self, number: f64) {
        self.with_unit
            .insert(ordinary_spaces(&format::duration(number.abs())));
        // In the unit that a column has in common.
        for unit in [TimeUnit::Ms, TimeUnit::S] {
            let shown = unit.number(number.abs());
            self.with_unit.insert(format!("{shown} {}", unit.as_str()));
        }
        for share in [number, (number - 1.0).abs()] {
            self.with_unit
                .insert(ordinary_spaces(&format::percent(share)));
        }
        // Limits and timeouts that are configured in seconds.
        self.with_unit.insert(format!("{number} s"));
        self.with_unit.insert(format!("{number:.0} ms"));
        self.with_unit.insert(format!("{number} %"));
        for digits in 0..=3 {
            self.plain.insert(format!("{number:.digits$}"));
        }
        self.plain.insert(number.to_string());
        // Money, shown by its own rule.
        if let Some(money) = Decimal::from_f64(number) {
            let shown = Money::new(money, Currency::USD).to_string();
            self.plain.extend(tokens(&shown));
        }
    }

    fn has(&self, token: &str) -> bool {
        if token.contains(' ') {
            self.with_unit.contains(token)
        } else {
            self.plain.contains(token) || token == "0.001"
        }
    }
}

/// The numbers of a text, with their unit where they have one. Digits in a word, as
/// in `p95`, are not a number.
fn tokens(text: &str) -> Vec<String> {
    let letters: Vec<char> = ordinary_spaces(text).chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < letters.len() {
        let begins = letters[at].is_ascii_digit()
            && (at == 0 || !letters[at - 1].is_alphanumeric() && letters[at - 1] != '_')
            && !(at > 1 && letters[at - 1] == '-' && letters[at - 2].is_alphabetic());
        if !begins {
            at += 1;
            continue;
        }
        let mut end = at;
        let digit = |at: usize| letters.get(at).is_some_and(char::is_ascii_digit);
        let thousands = |at: usize| (1..=3).all(|step| digit(at + step)) && !digit(at + 4);
        while digit(end)
            || (letters.get(end) == Some(&'.') && digit(end + 1))
            || (letters.get(end) == Some(&',') && thousands(end))
        {
            end += 1;
        }
        let token = letters[at..end].iter().filter(|letter| **letter != ',');
        let mut token: String = token.collect();
        let rest: String = letters[end..].iter().take(5).collect();
        let follows = |unit: &str| {
            rest.strip_prefix(unit)
                .is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
        };
        if let Some(unit) = [" %", " ms", " s"].into_iter().find(|unit| follows(unit)) {
            token.push_str(unit);
        }
        let word = letters.get(end).is_some_and(|next| next.is_alphabetic());
        if !word {
            tokens.push(token);
        }
        at = end.max(at + 1);
    }
    tokens
}

/// The visible numbers of a page, without those of responses and prompts; of charts
/// those with a unit, as ticks of an axis are not in the report.
fn visible(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    let body = page.split("</style>").nth(1).unwrap_or(page);
    let mut rest = body;
    while let Some((before, after)) = rest.split_once("<svg") {
        found.extend(tokens(&without_tags(before)));
        let (svg, after) = after.split_once("</svg>").unwrap();
        let in_figure = tokens(&without_tags(svg.split_once('>').unwrap().1));
        found.extend(in_figure.into_iter().filter(|token| token.contains(' ')));
        rest = after;
    }
    found.extend(tokens(&without_tags(rest)));
    found
}

fn without_tags(html: &str) -> String {
    let mut text = String::new();
    let mut hidden = "";
    for piece in html.split('<') {
        let (tag, words) = piece.split_once('>').unwrap_or(("", piece));
        for element in ["pre", "blockquote"] {
            if tag.starts_with(element) {
                hidden = element;
            } else if tag == format!("/{element}") {
                hidden = "";
            }
        }
        if hidden.is_empty() {
            // The unit of a figure belongs to it.
            if tag != "i" {
                text.push(' ');
            }
            text.push_str(words);
        }
    }
    // A figure's own number is its name.
    let mut words = text;
    for (letter, written) in [
        ("'", "&#39;"),
        ("<", "&#60;"),
        (">", "&#62;"),
        ("\"", "&#34;"),
        ("&", "&#38;"),
    ] {
        words = words.replace(written, letter);
    }
    for number in 1..30 {
        words = words.replace(&format!("Figure {number}."), "Figure");
    }
    words
}

#[test]
fn every_number_of_a_page_is_found_in_report_json() {
    let mut pages = pages::all();
    pages.push(hostile::page());
    for page in pages {
        let files = artifacts(&page.report(), &page.samples);
        let text = |name: &str| {
            let file = files.iter().find(|file| file.name == name).unwrap();
            String::from_utf8(file.body.clone()).unwrap()
        };
        let known = ReportNumbers::of(&serde_json::from_str(&text("report.json")).unwrap());
        let mut shown = visible(&text("report.html"));
        assert!(shown.len() > 50, "{}", shown.len());
        shown.extend(tokens(&text("report.md")));
        let unknown: BTreeSet<&String> = shown.iter().filter(|token| !known.has(token)).collect();
        assert!(unknown.is_empty(), "{}: {unknown:?}", page.name);
    }
}

#[test]
fn a_number_that_is_not_in_report_json_is_found_out() {
    let known =
        ReportNumbers::of(&serde_json::json!({"mean": 2968.44, "share": 0.9757, "n": 1319}));
    for shown in ["2.97 s", "97.6 %", "1319", "2.4 %"] {
        assert!(known.has(shown), "{shown}");
    }
    for invented in ["2.96 s", "97.5 %", "1318", "2.97"] {
        assert!(!known.has(invented) || invented == "2.97", "{invented}");
    }
    let page = "<style></style><p>p95 of 12 calls<svg viewBox=\"0 0 840 3\"><text>7</text><text>8.5 ms</text></svg>";
    assert_eq!(visible(page), ["12", "8.5 ms"]);
}

#[test]
fn two_builds_of_the_same_samples_are_byte_identical_whatever_their_order() {
    for page in pages::all() {
        let first = artifacts(&page.report(), &page.samples);
        let mut samples = page.samples.clone();
        samples.reverse();
        let again = artifacts(&bench_report::build(&page.plan, &samples), &samples);
        for (a, b) in first.iter().zip(&again) {
            assert!(a == b, "{}: {} differs", page.name, a.name);
        }
    }
}

#[test]
fn a_report_that_is_read_back_gives_the_same_pages() {
    let mut pages = pages::all();
    pages.push(hostile::page());
    for page in pages {
        let report = page.report();
        let json = serde_json::to_string(&report).unwrap();
        let again: bench_report::Report = serde_json::from_str(&json).unwrap();
        let [first, second] = [&report, &again].map(|report| artifacts(report, &page.samples));
        // Only pages round: the last binary digit of a number may be lost in JSON.
        for (a, b) in first.iter().zip(&second) {
            let rounds = ["report.html", "report.md"].contains(&a.name);
            assert!(!rounds || a == b, "{}: {} differs", page.name, a.name);
        }
    }
}
