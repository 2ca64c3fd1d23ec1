//! Thousands that are grouped by spaces within a text: `$118 000`, `118 500,50 €`.

/// Signs of currencies.
const SIGNS: [char; 5] = ['$', '€', '£', '¥', '₹'];

/// Words for money behind an amount.
const WORDS: [&str; 6] = ["dollars", "euros", "euro", "pounds", "rupees", "yen"];

/// A number whose groups are apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spaced {
    /// Where it ends.
    pub(super) end: usize,
    /// Its digits and point.
    pub(super) plain: String,
}

/// The number of which the digits in `start..first` are the first group. Two numbers may
/// stand side by side, so it has to be an amount of money, or to have a group that begins
/// with 0, which no number by itself does.
pub(super) fn spaced(text: &str, start: usize, first: usize) -> Option<Spaced> {
    let bytes = text.as_bytes();
    if bytes.get(first) != Some(&b' ') || first - start > 3 || bytes[start] == b'0' {
        return None;
    }
    let (mut end, mut has_zero) = (first, false);
    while bytes.get(end) == Some(&b' ') && digits(bytes, end + 1) == 3 {
        has_zero |= bytes[end + 1] == b'0';
        end += 4;
    }
    if end == first || bytes.get(end) == Some(&b'/') {
        return None;
    }
    let groups = text[start..end].replace(' ', "");
    let (end, plain) = match bytes.get(end) {
        Some(mark @ (b'.' | b',')) => match (mark, digits(bytes, end + 1)) {
            (b'.', 1..) | (b',', 1..=2) => {
                let after = end + 1 + digits(bytes, end + 1);
                (after, format!("{groups}.{}", &text[end + 1..after]))
            }
            _ => (end, groups),
        },
        _ => (end, groups),
    };
    let is_number = has_zero || is_amount(&text[..start], &text[end..]);
    is_number.then_some(Spaced { end, plain })
}

/// Whether what stands before or behind says that a number is an amount of money.
fn is_amount(before: &str, behind: &str) -> bool {
    let behind = behind.trim_start();
    let word = behind.split(|c: char| !c.is_alphabetic()).next();
    let word = word.unwrap_or_default();
    // Of "$5 100 times" the 100 counts.
    let counts = word.eq_ignore_ascii_case("times") || behind.starts_with(['×', '*']);
    let is_after_sign = before.trim_end_matches(['-', ' ']).ends_with(SIGNS);
    (is_after_sign && !counts)
        || behind.starts_with(SIGNS)
        || WORDS.iter().any(|money| word.eq_ignore_ascii_case(money))
}

fn digits(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let start = text.find(|c: char| c.is_ascii_digit()).unwrap();
        let first = start + digits(text.as_bytes(), start);
        let found = spaced(text, start, first);
        assert_eq!(
            found.as_ref().map(|found| found.plain.as_str()),
            expected,
            "{text}"
        );
    }

    #[test]
    fn groups_make_one_number_where_two_are_not_meant() {
        check("$118 000 in all", Some("118000"));
        check("$118 500.", Some("118500"));
        check("1 250 000,50 €", Some("1250000.50"));
        check("3 200 dollars", Some("3200"));
        check("about 70 000 people", Some("70000"));
        check("-$1 234.50", Some("1234.50"));
    }

    #[test]
    fn two_numbers_side_by_side_stay_two() {
        check("2 300 gram bags", None);
        check("$5 100 times", None);
        check("5 1000", None);
        check("5 100/3 €", None);
        check("1234 500 €", None);
        check("3 or 4", None);
    }
}
