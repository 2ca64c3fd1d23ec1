//! Node and the packages that tests need of it.
//!
//! A machine without Node, npm or Chromium skips these tests and says so, unless
//! `HOSTBENCH_BROWSER` is `required`.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Mutex,
};

/// Node with the packages of `tests/node`.
pub(crate) struct Node {
    folder: PathBuf,
}

/// Only one test installs.
static INSTALLING: Mutex<()> = Mutex::new(());

impl Node {
    /// `None`, and said so, where there is none.
    pub(crate) fn find() -> Option<Self> {
        let _alone = INSTALLING.lock().unwrap();
        match installed() {
            Ok(folder) => Some(Self { folder }),
            Err(missing) => skipped(&missing),
        }
    }

    /// The output of a script of `tests/node`.
    pub(crate) fn run(&self, script: &str, arguments: &[PathBuf]) -> String {
        let output = Command::new("node")
            .arg(source().join(script))
            .args(arguments)
            .current_dir(&self.folder)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        String::from_utf8(output.stdout).unwrap()
    }
}

/// The browser; `None`, and said so, where there is none.
pub(crate) fn chromium() -> Option<PathBuf> {
    let named = env::var_os("HOSTBENCH_CHROMIUM").map(PathBuf::from);
    named
        .or_else(|| on_path(&["chromium", "chromium-browser", "google-chrome"]))
        .or_else(|| skipped("no Chromium: install `chromium`, or name it in `HOSTBENCH_CHROMIUM`"))
}

fn skipped<T>(missing: &str) -> Option<T> {
    let required = env::var_os("HOSTBENCH_BROWSER").is_some_and(|set| set == "required");
    assert!(!required, "{missing}");
    eprintln!("SKIPPED: {missing}");
    None
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/node")
}

fn installed() -> Result<PathBuf, String> {
    for tool in ["node", "npm"] {
        on_path(&[tool]).ok_or_else(|| format!("no `{tool}`: install Node 18 or later"))?;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("node");
    let done = folder.join("installed");
    let wanted = fs::read(source().join("package-lock.json")).unwrap();
    if fs::read(&done).is_ok_and(|found| found == wanted) {
        return Ok(folder);
    }
    fs::create_dir_all(&folder).unwrap();
    for name in ["package.json", "package-lock.json"] {
        fs::copy(source().join(name), folder.join(name)).unwrap();
    }
    let made = Command::new("npm")
        .args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"])
        .current_dir(&folder)
        .output()
        .map_err(|error| format!("npm does not run: {error}"))?;
    if !made.status.success() {
        let said = String::from_utf8_lossy(&made.stderr);
        return Err(format!("npm could not install what tests need: {said}"));
    }
    fs::write(done, wanted).unwrap();
    Ok(folder)
}

fn on_path(names: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let folders: Vec<PathBuf> = env::split_paths(&path).collect();
    let places = names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    places.into_iter().find(|place| place.is_file())
}
