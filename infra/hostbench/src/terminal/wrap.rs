//! Lines broken between words.

use console::measure_text_width;

/// The indentation of the further lines of a broken line.
const INDENT: &str = "  ";

/// The text with each line of prose in at most `width` columns, as far as its words allow.
pub(super) fn lines(text: &str, width: usize) -> String {
    let lines = text.split('\n').map(|line| {
        if is_prose(line) {
            broken(line, width)
        } else {
            line.to_owned()
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Whether a line may be broken: one that is indented is a row or a command.
fn is_prose(line: &str) -> bool {
    !line.starts_with([' ', '─'])
}

fn broken(line: &str, width: usize) -> String {
    let mut lines = String::new();
    let mut used = 0;
    for word in words(line) {
        let columns = measure_text_width(word);
        if used > 0 && used + 1 + columns > width {
            lines.push('\n');
            lines.push_str(INDENT);
            used = INDENT.len();
        } else if used > 0 {
            lines.push(' ');
            used += 1;
        }
        lines.push_str(word);
        used += columns;
    }
    lines
}

/// The words of a line; what stands in backticks is one, so that it can be copied.
fn words(line: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    line.split(move |letter| {
        quoted ^= letter == '`';
        letter == ' ' && !quoted
    })
    .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_broken_between_words_and_rows_and_commands_are_not() {
        let row = " a row of a table that is wider than the screen";
        let text = format!("one two three four\n{row}\n  hostbench run a.toml --local\nend");
        assert_eq!(
            lines(&text, 10),
            format!("one two\n  three\n  four\n{row}\n  hostbench run a.toml --local\nend")
        );
    }

    #[test]
    fn a_command_in_backticks_is_one_word() {
        assert_eq!(
            lines("continue with `hostbench run a.toml`, please", 20),
            "continue with\n  `hostbench run a.toml`,\n  please"
        );
        assert_eq!(
            lines("an odd ` mark in a line", 12),
            "an odd\n  ` mark in a line"
        );
    }

    #[test]
    fn a_line_that_fits_stays_as_it_is() {
        for text in ["", "one two", "one\n\ntwo"] {
            assert_eq!(lines(text, 20), text);
        }
    }
}
