//! Sentences that people read to the end.

use bench_report::{Report, build, cost_sentences, summary_sentences};

use crate::{brief, making::plan, pages};

/// The most words of a sentence.
const MAX_WORDS: usize = 40;

/// The reports of every page and of many targets with prices.
fn reports() -> Vec<Report> {
    let pages = pages::all().into_iter().chain(pages::wide());
    let many = [3, 40].map(brief::report);
    pages.map(|page| page.report()).chain(many).collect()
}

/// What a report says of the run in sentences.
fn said(report: &Report) -> Vec<String> {
    let answer = report.answer.iter().map(|it| it.sentence.clone());
    let comparisons = report.comparisons.iter().map(|it| it.sentence.clone());
    let use_cases = report.use_cases.iter().map(|it| it.sentence.clone());
    let costs = cost_sentences(report).into_iter().map(|it| it.text);
    let all = answer.chain(comparisons).chain(use_cases).chain(costs);
    all.chain(summary_sentences(report)).collect()
}

#[test]
fn no_sentence_has_more_than_forty_words() {
    for report in reports() {
        for text in said(&report) {
            for sentence in text.split_inclusive(". ") {
                let words = sentence.split(' ').filter(|word| !word.is_empty());
                let words = words.count();
                assert!(words <= MAX_WORDS, "{words} words: {sentence}");
            }
        }
    }
}

#[test]
fn every_text_is_whole() {
    for report in reports() {
        for text in said(&report) {
            assert!(text.ends_with('.') && !text.contains('…'), "{text}");
        }
    }
}

#[test]
fn forty_targets_that_fit_a_use_case_or_not_are_counted() {
    for use_case in brief::report(40).use_cases.iter().take(3) {
        let sentence = &use_case.sentence;
        let named = sentence.matches(" t").count();
        assert!(named <= 8 && sentence.len() < 400, "{sentence}");
    }
}

#[test]
fn targets_that_never_became_ready_are_named_together() {
    let of = |ids: &[&str]| {
        let samples: Vec<_> = ids.iter().map(|id| pages::not_ready(id, 1)).collect();
        let report = build(&plan(ids, 6, 1), &samples);
        let said = report.answer.iter().map(|it| it.sentence.clone());
        said.filter(|said| said.contains("so "))
            .find(|said| said.ends_with("not measured."))
            .unwrap()
    };
    assert_eq!(of(&["a"]), "a never became ready, so it was not measured.");
    assert_eq!(
        of(&["a", "b", "c", "d", "e"]),
        "a, b, c and 2 more never became ready, so they were not measured."
    );
}
