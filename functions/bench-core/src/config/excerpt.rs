//! A line of a text, with a mark below one place in it.

/// The most characters of a line, and of a value, that are shown.
pub(super) const MAX_CHARS: usize = 80;

/// The line of that number, from 1; empty where there is none.
pub(super) fn line(text: &str, number: usize) -> &str {
    let lines = number.checked_sub(1);
    lines
        .and_then(|before| text.lines().nth(before))
        .unwrap_or_default()
}

/// Line and column of a byte of a text, both from 1, the column in characters.
pub(super) fn place(text: &str, byte: usize) -> (usize, usize) {
    let before = String::from_utf8_lossy(text.as_bytes().get(..byte).unwrap_or(text.as_bytes()));
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    let lines = before.matches('\n').count();
    (lines + 1, before[line_start..].chars().count() + 1)
}

/// The line with its number and, below it, a mark at that column; a long line is cut on
/// both sides of the mark.
pub(super) fn marked(text: &str, number: usize, column: usize) -> String {
    let line: Vec<char> = line(text, number).chars().collect();
    let mark = column.saturating_sub(1).min(line.len());
    let last_start = line.len().saturating_sub(MAX_CHARS);
    let start = mark.saturating_sub(MAX_CHARS / 2).min(last_start);
    let end = (start + MAX_CHARS).min(line.len());
    let cut = |is_cut: bool| if is_cut { "…" } else { "" };
    let (before, after) = (cut(start > 0), cut(end < line.len()));
    let part: String = line[start..end].iter().collect();
    let is_tab = |character: &char| *character == '\t';
    let blank = |character| if is_tab(character) { '\t' } else { ' ' };
    let indent: String = before
        .chars()
        .map(|_| ' ')
        .chain(line[start..mark].iter().map(blank))
        .collect();
    let gutter = " ".repeat(number.to_string().len());
    format!("{gutter} |\n{number} | {before}{part}{after}\n{gutter} | {indent}^")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The line as shown, and what of it stands above the mark.
    fn line_and_marked(text: &str, number: usize, column: usize) -> (String, Option<char>) {
        let marked = marked(text, number, column);
        let [_, line, mark] = marked.lines().collect::<Vec<_>>()[..] else {
            panic!("{marked}");
        };
        let position = mark.chars().count() - 1;
        (line.to_owned(), line.chars().nth(position))
    }

    #[test]
    fn a_short_line_is_shown_whole() {
        assert_eq!(marked("a\nb = é !", 2, 7), "  |\n2 | b = é !\n  |       ^");
        assert_eq!(marked("\tx", 1, 2), "  |\n1 | \tx\n  | \t^");
    }

    #[test]
    fn a_long_line_is_cut_around_the_mark_wherever_that_is() {
        let dots = ".".repeat(10_000);
        for (column, is_cut) in [
            (1, (false, true)),
            (30, (false, true)),
            (5_000, (true, true)),
            (9_999, (true, false)),
            (10_000, (true, false)),
        ] {
            for filler in [".", "é", "漢", "🦀"] {
                let mut line: Vec<&str> = dots.matches('.').map(|_| filler).collect();
                line[column - 1] = "!";
                let (line, marked) = line_and_marked(&line.concat(), 1, column);
                assert_eq!(marked, Some('!'), "{filler} {column}");
                let line = line.strip_prefix("1 | ").unwrap();
                assert_eq!((line.starts_with('…'), line.ends_with('…')), is_cut);
                assert_eq!(line.replace('…', "").chars().count(), MAX_CHARS);
            }
        }
    }

    #[test]
    fn a_place_outside_of_the_text_is_at_its_end() {
        assert_eq!(marked("ab", 1, 9), "  |\n1 | ab\n  |   ^");
        assert_eq!(marked("ab", 7, 1), "  |\n7 | \n  | ^");
        assert_eq!(place("ab\né!", 5), (2, 2));
        assert_eq!(place("ab", 99), (1, 3));
    }
}
