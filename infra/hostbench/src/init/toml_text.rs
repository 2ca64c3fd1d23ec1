//! Texts of others in a TOML file: as strings that read back the same, and in comments.

use std::fmt::Write as _;

use bench_report::display::plain;

/// The most characters of a text in a comment.
const MAX_COMMENT: usize = 80;

/// The text as a basic string of one line. Letters that change how others are displayed are
/// written as escapes, too.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            letter if is_hidden(letter) => {
                // Writing to a string does not fail.
                let _ = write!(quoted, "\\U{:08X}", u32::from(letter));
            }
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

/// The text as a part of a line: cut, and without anything that ends the line.
#[must_use]
pub fn one_line(text: &str) -> String {
    let line: String = plain(text)
        .chars()
        .map(|letter| match letter {
            '\n' | '\t' => ' ',
            '\u{2028}' | '\u{2029}' => '\u{fffd}',
            letter => letter,
        })
        .collect();
    match line.char_indices().nth(MAX_COMMENT) {
        None => line,
        Some((end, _)) => format!("{}…", &line[..end]),
    }
}

/// Whether a letter is a control or formatting character.
fn is_hidden(letter: char) -> bool {
    let text = letter.to_string();
    matches!(
        letter,
        '\u{2028}' | '\u{2029}' | '\u{200b}'..='\u{200d}' | '\u{feff}'
    ) || plain(&text) != text
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: [&str; 7] = [
        "a\"\nkind = \"http\"\n#",
        "\"\"\"\n'''",
        "\\u0041\\",
        "\u{1b}[2J\u{7}\u{0}\u{7f}\u{85}",
        "\u{202e}txt.exe\u{2066}",
        "a\r\nb\tc\u{2028}d",
        "モデル 😀 é",
    ];

    #[test]
    fn every_text_reads_back_as_it_was_from_one_line() {
        for text in HOSTILE {
            let written = format!("a = {}\nb = 1\n", quoted(text));
            assert_eq!(written.lines().count(), 2, "{written}");
            let read: toml::Table = written.parse().unwrap();
            assert_eq!(read["a"].as_str(), Some(text), "{written}");
            assert_eq!(read.len(), 2, "{written}");
        }
    }

    #[test]
    fn a_comment_cannot_be_left_and_hides_nothing() {
        for text in HOSTILE {
            let line = one_line(text);
            assert!(!line.chars().any(char::is_control), "{line:?}");
            assert!(
                !line.contains(['\u{202e}', '\u{2066}', '\u{2028}']),
                "{line:?}"
            );
            let written = format!("# {line}\na = 1\n");
            assert_eq!(written.parse::<toml::Table>().unwrap().len(), 1);
        }
        assert_eq!(one_line(&"x".repeat(81)), format!("{}…", "x".repeat(80)));
    }

    #[test]
    fn plain_names_stay_as_they_are() {
        assert_eq!(
            quoted("meta-llama/Llama-3.1-8B"),
            "\"meta-llama/Llama-3.1-8B\""
        );
    }
}
