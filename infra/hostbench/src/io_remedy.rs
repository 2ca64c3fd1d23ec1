//! What helps against an error of the operating system.

use std::io::{self, ErrorKind};

/// The error with its remedy, where one is known.
pub(crate) fn with(error: &io::Error) -> String {
    match remedy(error.kind()) {
        Some(remedy) => format!("{error}; {remedy}"),
        None => error.to_string(),
    }
}

fn remedy(kind: ErrorKind) -> Option<&'static str> {
    Some(match kind {
        ErrorKind::NotFound => "check the path",
        ErrorKind::PermissionDenied => "change its permissions, or name another path",
        ErrorKind::IsADirectory => "name a file, not a folder",
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => {
            "a part of the path is a file; name a folder"
        }
        ErrorKind::ReadOnlyFilesystem => "name a path that can be written",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "free some space, or name a path on another disk"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_and_a_wrong_path_have_a_remedy_and_the_reason_of_the_system_before_it() {
        for (code, expected) in [
            (nix::libc::ENOSPC, "another disk"),
            (nix::libc::ENOENT, "check the path"),
            (nix::libc::EISDIR, "not a folder"),
            (nix::libc::ENOTDIR, "is a file"),
            (nix::libc::EACCES, "permissions"),
            (nix::libc::EROFS, "can be written"),
        ] {
            let error = io::Error::from_raw_os_error(code);
            let text = with(&error);
            assert!(text.starts_with(&error.to_string()), "{text}");
            assert!(text.contains(expected), "{text}");
        }
        assert_eq!(with(&io::Error::other("broken")), "broken");
    }
}
