//! Results of equations.

use std::ops::Range;

use super::{
    numbers::Written,
    words::{is_among, words},
};

/// Words that calculate.
const OPERATORS: [&str; 7] = ["divided", "minus", "multiplied", "of", "plus", "times", "x"];

/// Whether a text before an `=` or between two numbers calculates.
pub(super) fn is_expression(text: &str) -> bool {
    text.contains(['+', '-', '*', '×', '÷', '/', '^'])
        || words(text).any(|word| is_among(word, &OPERATORS))
}

/// The number that the equation in `range` of a text comes to: of the sides of its
/// `=`, from the last, the first that is one number. Where all calculate, what the
/// last begins with. `numbers` are those of that range.
pub(super) fn equated(text: &str, range: Range<usize>, numbers: &[Written]) -> Option<Written> {
    let mut end = range.end;
    let mut numbers = numbers;
    let mut otherwise = None;
    loop {
        let equals = text[range.start..end].rfind('=').map(|at| range.start + at);
        let begin = equals.map_or(range.start, |at| at + 1);
        let count = numbers.partition_point(|number| number.start < begin);
        let (before, side) = numbers.split_at(count);
        match (side, equals) {
            ([only], _) => return Some(*only),
            ([first, second, ..], Some(_)) => {
                if !is_calculated(&text[first.end..second.start]) {
                    return Some(*first);
                }
                otherwise = otherwise.or(Some(*first));
            }
            ([.., second, last], None) => {
                let calculates = is_calculated(&text[second.end..last.start]);
                return if calculates { otherwise } else { None }.or(Some(*last));
            }
            ([], _) => {}
        }
        let Some(at) = equals else {
            return otherwise;
        };
        numbers = before;
        end = at;
    }
}

/// Whether two numbers with that text in between are one calculation: units and
/// currency may stand there, but no further clause.
fn is_calculated(between: &str) -> bool {
    is_expression(between) && !between.contains([',', ';']) && !between.contains(". ")
}
