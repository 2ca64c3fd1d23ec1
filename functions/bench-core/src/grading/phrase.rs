//! The phrase around a number: whether the number is an amount that a clause states,
//! or says when, where, of what or for whom it holds.

use std::ops::Range;

use super::{
    numbers::Written,
    words::{is_among, words},
};

/// Prepositions whose number says when, where or at what rate.
const ASIDE: [&str; 27] = [
    "above",
    "across",
    "after",
    "among",
    "as",
    "at",
    "before",
    "below",
    "between",
    "beyond",
    "during",
    "each",
    "every",
    "for",
    "from",
    "in",
    "into",
    "on",
    "over",
    "per",
    "than",
    "throughout",
    "under",
    "until",
    "with",
    "within",
    "without",
];
/// Words between a preposition and its number.
const DETERMINERS: [&str; 28] = [
    "a",
    "about",
    "all",
    "an",
    "another",
    "any",
    "approximately",
    "both",
    "each",
    "every",
    "exactly",
    "first",
    "her",
    "his",
    "its",
    "last",
    "my",
    "next",
    "only",
    "other",
    "our",
    "past",
    "remaining",
    "same",
    "the",
    "their",
    "these",
    "those",
];
/// Words whose preposition leads to an amount: `ends with 18`, `results in 18`.
const LEADING_ON: [&str; 9] = [
    "comes",
    "down",
    "end",
    "ends",
    "left",
    "result",
    "resulting",
    "results",
    "up",
];
/// Nouns of which a number is the amount: `a total of 18`.
const AMOUNTS: [&str; 12] = [
    "amount",
    "average",
    "balance",
    "cost",
    "difference",
    "loss",
    "price",
    "profit",
    "sum",
    "total",
    "value",
    "worth",
];
/// Nouns whose number is a name: `day 3`.
const NAMED: [&str; 12] = [
    "chapter", "day", "exercise", "month", "option", "page", "part", "problem", "question", "step",
    "week", "year",
];
/// Months, whose number is a day: `May 5`.
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
/// Units of money behind a number.
const MONEY: [&str; 7] = [
    "cents", "dollar", "dollars", "euros", "pounds", "rupees", "usd",
];
/// Words that make a price a rate.
const RATES: [&str; 5] = ["a", "an", "apiece", "each", "per"];
/// Verbs that equate what is before them with the number behind them.
const EQUATING: [&str; 29] = [
    "are", "be", "contain", "cost", "costs", "earn", "earned", "earns", "equal", "equals", "gave",
    "get", "gets", "give", "gives", "had", "has", "have", "is", "leaves", "made", "make", "makes",
    "need", "needs", "paid", "saves", "was", "were",
];
/// Words between such a verb and its number.
const SOFTENING: [&str; 10] = [
    "a",
    "about",
    "approximately",
    "exactly",
    "just",
    "only",
    "roughly",
    "still",
    "us",
    "you",
];
/// The most words before a number that belong to its phrase.
const MAX_WORDS: usize = 5;

/// Whether one of the numbers of a clause, `range` of a text, is not what it states.
pub(super) fn is_aside(
    text: &str,
    range: Range<usize>,
    numbers: &[Written],
    number: &Written,
) -> bool {
    let position = numbers.partition_point(|other| other.start < number.start);
    let previous = position.checked_sub(1).map(|at| &numbers[at]);
    let next = numbers
        .get(position + 1)
        .map_or(range.end, |next| next.start);
    let before = &text[previous.map_or(range.start, |previous| previous.end)..number.start];
    let after = &text[number.end..next.max(number.end)];
    if is_ordinal(after) {
        return true;
    }
    let mut back = words(before).rev().take(MAX_WORDS).peekable();
    if back
        .peek()
        .is_some_and(|word| is_among(word, &NAMED) || MONTHS.contains(word))
    {
        return true;
    }
    let mut determined = false;
    while back
        .next_if(|word| is_among(word, &DETERMINERS) && !is_among(word, &ASIDE))
        .is_some()
    {
        determined = true;
    }
    let Some(word) = back.next() else {
        return false;
    };
    let leading = back.next().unwrap_or_default();
    if word.eq_ignore_ascii_case("of") {
        let counted = previous.is_some() && before.split_whitespace().count() <= 3;
        return determined || (counted && !is_among(leading, &AMOUNTS));
    }
    if word.eq_ignore_ascii_case("to") {
        return determined;
    }
    let leads_on = is_among(word, &["at", "in", "with"]) && is_among(leading, &LEADING_ON);
    if !is_among(word, &ASIDE) || leads_on {
        return false;
    }
    // "for $18" is a price, "for $2 each" a rate, "for 3 days" a time.
    let paid = word.eq_ignore_ascii_case("for") && is_money(before, after);
    !paid
}

/// Whether the last word of the text before a number is a verb that equates.
pub(super) fn is_equated(before: &str) -> bool {
    words(before)
        .rev()
        .take(MAX_WORDS)
        .find(|word| !is_among(word, &SOFTENING))
        .is_some_and(|word| is_among(word, &EQUATING))
}

fn is_ordinal(after: &str) -> bool {
    let length = after.bytes().take_while(u8::is_ascii_alphabetic).count();
    is_among(&after[..length], &["st", "nd", "rd", "th"])
}

/// Whether a number is money, and no rate.
fn is_money(before: &str, after: &str) -> bool {
    let mut behind = words(after).peekable();
    let unit = behind.next_if(|word| is_among(word, &MONEY)).is_some();
    let rate = behind.next().is_some_and(|word| is_among(word, &RATES));
    (unit || before.trim_end_matches('-').ends_with(['$', '€', '£'])) && !rate
}
