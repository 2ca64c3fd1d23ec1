//! The browser of this machine.

use std::{env, ffi::OsString, path::Path, path::PathBuf, process::Stdio, time::Duration};

use tokio::{process::Command, time::timeout};

/// How long a program that opens a page is waited for. One that still runs is a browser.
const PATIENCE: Duration = Duration::from_secs(3);

/// Opens a page in the browser of this machine. Returns whether that was possible: on a
/// machine without a display, or without a program that opens pages, it is not.
pub async fn open(page: &Path) -> bool {
    let Some(program) = opener(cfg!(target_os = "macos"), |name| env::var_os(name)) else {
        return false;
    };
    let child = Command::new(program)
        .arg(page)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = child else {
        return false;
    };
    match timeout(PATIENCE, child.wait()).await {
        Ok(ended) => ended.is_ok_and(|status| status.success()),
        Err(_) => true,
    }
}

/// The program that opens pages; `None` where there is none, or no display.
fn opener(is_macos: bool, variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let is_set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
    let program = if is_macos {
        "open"
    } else if is_set("WSL_DISTRO_NAME") {
        "wslview"
    } else if is_set("DISPLAY") || is_set("WAYLAND_DISPLAY") {
        "xdg-open"
    } else {
        return None;
    };
    let path = variable("PATH")?;
    let found = env::split_paths(&path).map(|folder| folder.join(program));
    let mut found = found.filter(|file| file.is_file());
    found.next()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    #[test]
    fn a_page_is_opened_by_the_program_of_the_system_where_there_is_a_display() {
        let folder = TempDir::new().unwrap();
        for program in ["open", "xdg-open", "wslview"] {
            fs::write(folder.path().join(program), "").unwrap();
        }
        let found = |is_macos: bool, set: &'static str| {
            let path = folder.path().as_os_str().to_owned();
            let found = opener(is_macos, move |name| match name {
                "PATH" => Some(path.clone()),
                _ => (name == set).then(|| "x".into()),
            });
            found.map(|file| file.file_name().unwrap().to_str().unwrap().to_owned())
        };
        assert_eq!(found(true, "").as_deref(), Some("open"));
        assert_eq!(found(false, "DISPLAY").as_deref(), Some("xdg-open"));
        assert_eq!(found(false, "WAYLAND_DISPLAY").as_deref(), Some("xdg-open"));
        assert_eq!(found(false, "WSL_DISTRO_NAME").as_deref(), Some("wslview"));
        assert_eq!(found(false, ""), None, "a server without a display");
    }

    #[test]
    fn without_the_program_nothing_opens() {
        let nothing = |name: &str| (name == "DISPLAY").then(|| OsString::from(":0"));
        assert_eq!(opener(false, nothing), None);
    }
}
