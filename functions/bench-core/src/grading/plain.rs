//! Text without notation: LaTeX undone, digits and signs of other scripts made
//! ASCII ones.

use std::borrow::Cow;

use memchr::memchr2;

/// Where the ten digits of a script begin: Arabic, Persian, `NKo`, the scripts of
/// India, Thai, Lao, Tibetan, Burmese, Khmer, Mongolian, and full width.
const ZEROS: [u32; 19] = [
    0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66,
    0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x17E0, 0x1810, 0xFF10,
];

/// LaTeX commands that a number is wrapped in and that mean nothing by themselves.
const WRAPPERS: [&str; 9] = [
    "text", "textbf", "textit", "mathrm", "mathbf", "mathsf", "mbox", "bf", "rm",
];

/// A number without its notation; the text itself where there is none.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    let has_latex = memchr2(b'\\', b'{', text.as_bytes()).is_some();
    if text.is_ascii() && !has_latex {
        return Cow::Borrowed(text);
    }
    let without_latex = if has_latex {
        Cow::Owned(undo_latex(text))
    } else {
        Cow::Borrowed(text)
    };
    Cow::Owned(in_ascii(&without_latex))
}

fn in_ascii(text: &str) -> String {
    let mut bare = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let after_digit = bare.ends_with(|c: char| c.is_ascii_digit());
        let before_digit = chars.peek().is_some_and(|c| digit(*c).is_some());
        match c {
            '−' | '–' | '－' | '﹣' => bare.push('-'),
            // Spaces that do not break group digits; elsewhere they are spaces.
            '\u{a0}' | '\u{2009}' | '\u{202f}' | '٬' | '，' | '’'
                if after_digit && before_digit =>
            {
                bare.push(',');
            }
            '\u{a0}' | '\u{2009}' | '\u{202f}' | '\u{3000}' => bare.push(' '),
            '٫' | '．' if before_digit => bare.push('.'),
            '，' => bare.push(','),
            '。' => bare.push('.'),
            '％' | '٪' => bare.push('%'),
            '＄' => bare.push('$'),
            '＝' => bare.push('='),
            '：' => bare.push(':'),
            '⁄' | '／' => bare.push('/'),
            '½' => fraction(&mut bare, "1/2"),
            '⅓' => fraction(&mut bare, "1/3"),
            '⅔' => fraction(&mut bare, "2/3"),
            '¼' => fraction(&mut bare, "1/4"),
            '¾' => fraction(&mut bare, "3/4"),
            '⅕' => fraction(&mut bare, "1/5"),
            '⅛' => fraction(&mut bare, "1/8"),
            c => bare.push(digit(c).unwrap_or(c)),
        }
    }
    bare
}

fn fraction(bare: &mut String, written: &str) {
    if bare.ends_with(|c: char| c.is_ascii_digit()) {
        bare.push(' ');
    }
    bare.push_str(written);
}

/// The ASCII digit of a digit of any script.
fn digit(c: char) -> Option<char> {
    if c.is_ascii() {
        return c.is_ascii_digit().then_some(c);
    }
    let code = u32::from(c);
    let zero = ZEROS
        .iter()
        .find(|zero| (**zero..**zero + 10).contains(&code))?;
    char::from_digit(code - zero, 10)
}

/// Replaces the commands that answers use; others lose their backslash.
fn undo_latex(text: &str) -> String {
    let mut bare = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['\\', '{', '}']) {
        bare.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix("{,}") {
            bare.push(',');
            rest = after;
        } else if let Some(after) = rest.strip_prefix('\\') {
            rest = command(after, &mut bare);
        } else {
            // A brace groups and is not seen, but keeps an exponent from a digit.
            rest = &rest[1..];
        }
    }
    bare.push_str(rest);
    bare
}

/// Writes what a command after its backslash looks like; gives what is left.
fn command<'a>(text: &'a str, bare: &mut String) -> &'a str {
    let name_length = text
        .find(|c: char| !c.is_ascii_alphabetic())
        .unwrap_or(text.len());
    let (name, rest) = text.split_at(name_length);
    match name {
        "" => {
            let Some(symbol) = rest.chars().next() else {
                return rest;
            };
            let after = &rest[symbol.len_utf8()..];
            match symbol {
                ',' | ';' | ':' | '!' | ' ' => {
                    let digits = bare.ends_with(|c: char| c.is_ascii_digit())
                        && after.starts_with(|c: char| c.is_ascii_digit());
                    bare.push_str(if digits {
                        ","
                    } else if symbol == '!' {
                        ""
                    } else {
                        " "
                    });
                }
                '(' | ')' | '[' | ']' | '\\' => bare.push(' '),
                other => bare.push(other),
            }
            after
        }
        "frac" | "dfrac" | "tfrac" | "cfrac" => match operands(rest) {
            Some((above, below, rest)) => {
                fraction(
                    bare,
                    &format!("{}/{}", undo_latex(above), undo_latex(below)),
                );
                rest
            }
            None => rest,
        },
        name if WRAPPERS.contains(&name) => {
            if let Some((content, after)) = braced(rest) {
                // "18\text{ eggs}" keeps its space, "\text{18}" its digits.
                bare.push_str(&undo_latex(content));
                return after;
            }
            rest
        }
        "left" | "right" | "displaystyle" | "boxed" | "quad" | "qquad" => {
            bare.push(' ');
            rest
        }
        "times" | "cdot" => {
            bare.push('×');
            rest
        }
        "div" => {
            bare.push('÷');
            rest
        }
        // Degrees are a unit: "18^\circ" is 18.
        "circ" | "degree" => {
            if bare.ends_with('^') {
                bare.pop();
            }
            rest
        }
        other => {
            bare.push(' ');
            bare.push_str(other);
            rest
        }
    }
}

/// Two operands: `{a}{b}`, `ab` of single characters, or a mixture.
fn operands(text: &str) -> Option<(&str, &str, &str)> {
    let (above, rest) = operand(text)?;
    let (below, rest) = operand(rest)?;
    Some((above, below, rest))
}

fn operand(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start_matches(' ');
    braced(text).or_else(|| {
        let c = text.chars().next().filter(char::is_ascii_digit)?;
        Some(text.split_at(c.len_utf8()))
    })
}

/// The most bytes between two braces that belong together. Longer ones hold no
/// answer, and braces that nobody closes are not looked for to the end of the text.
const MAX_BRACED: usize = 500;

/// The content of the brace that the text begins with, and what follows it.
pub(super) fn braced(text: &str) -> Option<(&str, &str)> {
    let inside = text.strip_prefix('{')?;
    let mut depth = 1;
    let end = inside.bytes().take(MAX_BRACED).position(|byte| {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        depth == 0
    })?;
    Some((&inside[..end], &inside[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notation_is_undone() {
        let cases = [
            ("18", "18"),
            ("\\frac{3}{4}", "3/4"),
            ("2\\frac12", "2 1/2"),
            ("\\text{18 eggs}", "18 eggs"),
            ("\\$1{,}250", "$1,250"),
            ("1\\,250", "1,250"),
            ("25\\%", "25%"),
            ("90^\\circ", "90"),
            ("１８", "18"),
            ("١٨", "18"),
            ("२½", "2 1/2"),
            ("1\u{202f}234", "1,234"),
            ("−3", "-3"),
            ("3 \\times 10^{4}", "3 × 10^4"),
        ];
        for (text, expected) in cases {
            assert_eq!(plain(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_broken_off_is_taken_as_it_stands() {
        for text in [
            "\\",
            "\\frac",
            "\\frac{1",
            "\\text{18",
            "{",
            "}",
            "\\boxed{",
        ] {
            let _ = plain(text);
        }
        assert_eq!(braced("{a{b}c}d"), Some(("a{b}c", "d")));
        assert_eq!(braced("{a"), None);
    }
}
