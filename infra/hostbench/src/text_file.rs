//! Text files that the user of the command names or has written.

use std::{fs, path::Path};

use bench_core::text;

use crate::error::Error;

/// The text of a file, without its byte order mark.
///
/// # Errors
///
/// [`Error::UnreadableFile`], and [`Error::NotText`] with the line and the remedy.
pub fn read(path: &Path) -> Result<String, Error> {
    let bytes = fs::read(path).map_err(Error::unreadable(path))?;
    decode(path, &bytes).map(str::to_owned)
}

/// The text of a file whose bytes these are.
///
/// # Errors
///
/// [`Error::NotText`].
pub fn decode<'a>(path: &Path, bytes: &'a [u8]) -> Result<&'a str, Error> {
    text::decode(bytes).map_err(|fault| Error::NotText {
        path: path.to_path_buf(),
        fault,
    })
}

#[cfg(test)]
mod tests {
    use bench_core::text::TextFault;
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn a_file_that_is_not_text_is_invalid_input_with_its_path_and_the_remedy() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("a.toml");
        let refused = |bytes: &[u8]| {
            fs::write(&path, bytes).unwrap();
            let error = read(&path).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{error}");
            error
        };
        let shown = path.display();
        assert_eq!(
            refused(b"name = 'caf\xE9'").to_string(),
            format!(
                "`{shown}` is not in UTF-8: line 1 has the byte 0xE9 at column 12; save it as UTF-8"
            )
        );
        for (bytes, expected) in [
            (&b"\n"[..], TextFault::Empty),
            (b"\xFF\xFEn\0", TextFault::Utf16),
        ] {
            let error = refused(bytes);
            assert!(
                matches!(error, Error::NotText { fault, .. } if fault == expected),
                "{error}"
            );
        }
        fs::write(&path, "\u{feff}name = 'a'").unwrap();
        assert_eq!(read(&path).unwrap(), "name = 'a'");
    }

    #[test]
    fn a_file_that_is_not_there_is_invalid_input() {
        let error = read(Path::new("/nowhere/a.toml")).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().contains("/nowhere/a.toml"), "{error}");
    }
}
