//! The numbers of a plain text, as a careful reader would read them.

use std::borrow::Cow;

use super::{
    decimal::Decimal,
    spaced::{Spaced, spaced},
};

/// Something that is written with digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Written {
    /// Where it begins, sign and currency left out.
    pub(super) start: usize,
    /// Where it ends.
    pub(super) end: usize,
    /// Its value; `None` of what is not a number: a time of day, a date, a ratio, a
    /// version, or more digits than can be compared exactly.
    pub(super) number: Option<Decimal>,
}

/// Currency codes that stand right before an amount.
const CURRENCIES: [&str; 8] = ["usd", "eur", "gbp", "inr", "cad", "aud", "rs", "us"];

/// Powers of ten that have a name.
const MAGNITUDES: [(&str, i32); 4] = [
    ("thousand", 3),
    ("million", 6),
    ("billion", 9),
    ("trillion", 12),
];

/// Everything written with digits in order, but for what belongs to a word or to
/// an exponent: the 2 of `cm2`, of `x_2` and of `m^2` is not a number.
pub(super) fn written(text: &str) -> impl Iterator<Item = Written> + '_ {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let start = next_start(text, from)?;
            let (end, number) = read(text, start);
            from = end;
            if belongs_to_word(text, start) {
                continue;
            }
            let number = number.map(|number| {
                if negative(&text[..start]) {
                    number.negated()
                } else {
                    number
                }
            });
            return Some(Written { start, end, number });
        }
    })
}

/// A digit, or a point that leads one and does not end a word.
fn next_start(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    (from..bytes.len()).find(|at| {
        bytes[*at].is_ascii_digit()
            || (bytes[*at] == b'.' && digit(bytes, at + 1) && !ends_in_word(&text[..*at]))
    })
}

fn digit(bytes: &[u8], at: usize) -> bool {
    bytes.get(at).is_some_and(u8::is_ascii_digit)
}

fn digits(bytes: &[u8], at: usize) -> usize {
    bytes[at.min(bytes.len())..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count()
}

fn ends_in_word(text: &str) -> bool {
    text.chars().next_back().is_some_and(char::is_alphanumeric)
}

fn belongs_to_word(text: &str, start: usize) -> bool {
    let before = &text[..start];
    let Some(last) = before.chars().next_back() else {
        return false;
    };
    if matches!(last, '_' | '^') {
        return true;
    }
    if !last.is_alphabetic() {
        return false;
    }
    let head = before.trim_end_matches(char::is_alphabetic);
    let word = &before[head.len()..];
    // "9x2" is a product, "USD18" is an amount; Chinese and Japanese write no spaces.
    let product = word.eq_ignore_ascii_case("x") && head.ends_with(|c: char| c.is_ascii_digit());
    let currency = CURRENCIES
        .iter()
        .any(|code| word.eq_ignore_ascii_case(code));
    !(product || currency || !last.is_ascii())
}

/// A minus sign or word before a number, currency in between or not.
fn negative(before: &str) -> bool {
    let before = before.trim_end_matches(['$', '€', '£', '¥']);
    if let Some(head) = before.strip_suffix('-') {
        let head = head.trim_end_matches(['$', '€', '£', '¥']);
        return !ends_in_word(head) && !head.ends_with(['-', ')']);
    }
    let before = before.trim_end();
    ["negative", "minus"].iter().any(|word| {
        before
            .len()
            .checked_sub(word.len())
            .and_then(|at| before.split_at_checked(at))
            .filter(|(_, last)| last.eq_ignore_ascii_case(word))
            .is_some_and(|(head, _)| !head.trim_end().ends_with(char::is_alphanumeric))
    })
}

/// Reads what begins at `start`: where it ends, and its value.
fn read(text: &str, start: usize) -> (usize, Option<Decimal>) {
    let bytes = text.as_bytes();
    let (mut end, mut plain) = european(bytes, start).unwrap_or_else(|| amount(text, start));
    let joined = |mark: u8| bytes.get(end) == Some(&mark) && digit(bytes, end + 1);
    if joined(b':') || joined(b'.') || is_iso_date(bytes, start) {
        end += bytes[end..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.' | b'-'))
            .count();
        return (end, None);
    }
    if plain.starts_with('.') {
        plain.to_mut().insert(0, '0');
    }
    let mut value = Decimal::digits(&plain);
    if joined(b'/') {
        let (after, below) = amount(text, end + 1);
        if bytes.get(after) == Some(&b'/') && digit(bytes, after + 1) {
            return (after + 1 + digits(bytes, after + 1), None);
        }
        value = value
            .zip(Decimal::digits(&below))
            .and_then(|(a, b)| a.over(b));
        end = after;
    } else if let Some((after, part)) = mixed(bytes, end).filter(|_| !plain.contains('.')) {
        value = value.and_then(|value| value.plus(part));
        end = after;
    }
    if let Some((after, power)) = power_of_ten(text, end).or_else(|| magnitude(text, end)) {
        value = value
            .zip(Decimal::ten_to(power))
            .and_then(|(a, b)| a.times(b));
        end = after;
    }
    (end, value)
}

/// Digits with groups of three after `,` or `'` (of two, as in India, before the
/// last three), or after spaces where no two numbers are meant, and one decimal part;
/// where it ends, and its digits and point.
fn amount(text: &str, start: usize) -> (usize, Cow<'_, str>) {
    let bytes = text.as_bytes();
    let first = start + digits(bytes, start);
    if let Some(Spaced { end, plain }) = spaced(text, start, first) {
        return (end, Cow::Owned(plain));
    }
    let mut at = first;
    while let Some(length) = group(bytes, at) {
        at += length;
    }
    let grouped = at > first;
    if bytes.get(at) == Some(&b'.') && digit(bytes, at + 1) {
        at += 1 + digits(bytes, at + 1);
    }
    let written = &text[start..at];
    let plain = if grouped {
        Cow::Owned(written.replace([',', '\''], ""))
    } else {
        Cow::Borrowed(written)
    };
    (at, plain)
}

/// Pairs of digits that may stand before the last three: as many as fit a decimal.
const MAX_PAIRS: usize = 13;

/// The length of the group, its separator included, that begins at that place: of
/// three digits, or of two before such a group.
fn group(bytes: &[u8], at: usize) -> Option<usize> {
    let separator = *bytes.get(at).filter(|byte| matches!(byte, b',' | b'\''))?;
    let mut pairs = 0;
    loop {
        let place = at + 3 * pairs;
        if bytes.get(place) != Some(&separator) {
            return None;
        }
        match digits(bytes, place + 1) {
            3 => return Some(if pairs == 0 { 4 } else { 3 }),
            2 if pairs < MAX_PAIRS => pairs += 1,
            _ => return None,
        }
    }
}

/// `1.234,50`: groups after points, the decimal part after a comma.
fn european(bytes: &[u8], start: usize) -> Option<(usize, Cow<'static, str>)> {
    let mut at = start + digits(bytes, start);
    let mut groups = 0;
    while bytes.get(at) == Some(&b'.') && digits(bytes, at + 1) == 3 {
        at += 4;
        groups += 1;
    }
    let cents = digits(bytes, at + 1);
    if groups == 0 || bytes.get(at) != Some(&b',') || !(1..=2).contains(&cents) {
        return None;
    }
    let end = at + 1 + cents;
    let plain = bytes[start..end]
        .iter()
        .filter(|byte| **byte != b'.')
        .map(|byte| {
            if *byte == b',' {
                '.'
            } else {
                char::from(*byte)
            }
        })
        .collect::<String>();
    Some((end, Cow::Owned(plain)))
}

/// `2026-11-25`.
fn is_iso_date(bytes: &[u8], start: usize) -> bool {
    digits(bytes, start) == 4
        && bytes.get(start + 4) == Some(&b'-')
        && digits(bytes, start + 5) == 2
        && bytes.get(start + 7) == Some(&b'-')
        && digits(bytes, start + 8) == 2
}

/// The fraction of a mixed number: ` 1/2` right after its whole part.
fn mixed(bytes: &[u8], end: usize) -> Option<(usize, Decimal)> {
    if bytes.get(end) != Some(&b' ') {
        return None;
    }
    let slash = end + 1 + digits(bytes, end + 1);
    if slash == end + 1 || bytes.get(slash) != Some(&b'/') || !digit(bytes, slash + 1) {
        return None;
    }
    let after = slash + 1 + digits(bytes, slash + 1);
    let part =
        |from: usize, to: usize| Decimal::digits(std::str::from_utf8(&bytes[from..to]).ok()?);
    let proper =
        slash - end - 1 < after - slash - 1 || bytes[end + 1..slash] < bytes[slash + 1..after];
    let followed = bytes.get(after) == Some(&b'/');
    let value = part(end + 1, slash)?.over(part(slash + 1, after)?)?;
    (proper && !followed).then_some((after, value))
}

/// `e3`, `× 10^3`, `* 10^{-3}`.
fn power_of_ten(text: &str, end: usize) -> Option<(usize, i32)> {
    let rest = &text[end..];
    let exponent = rest.strip_prefix(['e', 'E']).or_else(|| {
        let rest = rest.trim_start_matches(' ').strip_prefix(['×', '*', 'x'])?;
        rest.trim_start_matches(' ').strip_prefix("10^")
    })?;
    let length = exponent
        .char_indices()
        .find(|(at, c)| !(c.is_ascii_digit() || (*at == 0 && matches!(c, '-' | '+'))))
        .map_or(exponent.len(), |(at, _)| at);
    let power = exponent[..length].parse().ok()?;
    let after = end + (rest.len() - exponent.len()) + length;
    let whole = !text[after..].starts_with(char::is_alphanumeric);
    whole.then_some((after, power))
}

/// `1.5 million`, `70k`.
fn magnitude(text: &str, end: usize) -> Option<(usize, i32)> {
    let rest = &text[end..];
    let word = rest.trim_start_matches([' ', '-']);
    let length = word
        .find(|c: char| !c.is_ascii_alphabetic())
        .unwrap_or(word.len());
    let name = &word[..length];
    let power = if name.eq_ignore_ascii_case("k") {
        (word.len() == rest.len()).then_some(3)?
    } else {
        MAGNITUDES
            .iter()
            .find(|(magnitude, _)| name.eq_ignore_ascii_case(magnitude))?
            .1
    };
    Some((end + (rest.len() - word.len()) + length, power))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[Option<&str>]) {
        let found: Vec<Option<String>> = written(text)
            .map(|written| written.number.map(|number| number.to_string()))
            .collect();
        let expected: Vec<Option<String>> = expected
            .iter()
            .map(|number| number.map(str::to_owned))
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        check("it fell to -10 degrees", &[Some("-10")]);
        check("10-3", &[Some("10"), Some("3")]);
        check("-$1,234.50 or $-2", &[Some("-1234.5"), Some("-2")]);
        check("lists 1,2,3", &[Some("1"), Some("2"), Some("3")]);
        check("costs .5, or 1,00,000", &[Some("0.5"), Some("100000")]);
        check("minus 8 and 1.234,50", &[Some("-8"), Some("1234.5")]);
        check("3/4 and 2 1/2 and 10/0", &[Some("0.75"), Some("2.5"), None]);
        check(
            "1.5 million, 70k, 2e3, 3 × 10^4",
            &[Some("1500000"), Some("70000"), Some("2000"), Some("30000")],
        );
        check("USD18 and 9x2", &[Some("18"), Some("9"), Some("2")]);
    }

    #[test]
    fn what_is_no_number_has_no_value() {
        check(
            "2:00 pm, 12/25/2023, 2026-11-25, 1.2.3",
            &[None, None, None, None],
        );
        check("cm2 m^2 x_2", &[]);
        check(&"9".repeat(60), &[None]);
    }

    #[test]
    fn a_number_at_the_end_of_a_sentence_keeps_its_digits() {
        check("version 1.2.", &[Some("1.2")]);
        check("he has 18.", &[Some("18")]);
        check("18, 19,", &[Some("18"), Some("19")]);
    }
}
