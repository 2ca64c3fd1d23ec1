//! The pages in a real browser: every section is seen, nothing is fetched, no text
//! leaves its box, and no rule of accessibility is broken.
//!
//! It needs Chromium, Node and npm. Without them it says that it was skipped, unless
//! `HOSTBENCH_BROWSER` is `required`.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use bench_core::report::index::{RunEntry, index_html};
use serde::Deserialize;

use crate::{hostile, pages};

/// What the browser saw of a page.
#[derive(Debug, Deserialize)]
struct Look {
    file: PathBuf,
    width: u32,
    theme: String,
    sections: Vec<String>,
    problems: Vec<String>,
}

const SECTIONS: [&str; 9] = [
    "answer", "latency", "cost", "compared", "right", "uses", "wrong", "answers", "how",
];

#[test]
fn pages_are_whole_and_quiet_in_chromium_wide_and_narrow_light_and_dark() {
    let tools = match Tools::find() {
        Ok(tools) => tools,
        Err(missing) => {
            let required = env::var_os("HOSTBENCH_BROWSER").is_some_and(|set| set == "required");
            assert!(!required, "{missing}");
            eprintln!("SKIPPED: {missing}");
            return;
        }
    };
    let mut all = pages::all();
    all.push(hostile::page());
    let entries: Vec<RunEntry> = all
        .iter()
        .map(|page| RunEntry::of(&page.report()))
        .collect();
    let mut files: Vec<PathBuf> = all
        .iter()
        .map(|page| page.write().join("report.html"))
        .collect();
    let index = files[0].with_file_name("index.html");
    fs::write(&index, index_html(&entries)).unwrap();
    files.push(index.clone());

    let looks = tools.look(&files);
    assert_eq!(looks.len(), 4 * files.len());
    let mut wrong = Vec::new();
    for look in looks {
        let seen: Vec<&str> = look.sections.iter().map(String::as_str).collect();
        let whole = if look.file == index {
            !seen.is_empty()
        } else {
            SECTIONS.iter().all(|section| seen.contains(section))
        };
        if !whole || !look.problems.is_empty() {
            let Look {
                file, width, theme, ..
            } = &look;
            wrong.push(format!(
                "{} at {width} px, {theme}: sees {seen:?}; {:#?}",
                file.display(),
                look.problems
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

struct Tools {
    chromium: PathBuf,
    /// Where the packages are installed.
    folder: PathBuf,
}

impl Tools {
    fn find() -> Result<Self, String> {
        let chromium = env::var_os("HOSTBENCH_CHROMIUM")
            .map(PathBuf::from)
            .or_else(|| on_path(&["chromium", "chromium-browser", "google-chrome"]))
            .ok_or("no Chromium; install `chromium`, or name it in `HOSTBENCH_CHROMIUM`")?;
        for tool in ["node", "npm"] {
            on_path(&[tool]).ok_or_else(|| format!("no `{tool}`; install Node 18 or later"))?;
        }
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser");
        let (lock, installed) = (source.join("package-lock.json"), folder.join("installed"));
        let wanted = fs::read(&lock).unwrap();
        if fs::read(&installed).is_ok_and(|found| found == wanted) {
            return Ok(Self { chromium, folder });
        }
        fs::create_dir_all(&folder).unwrap();
        for name in ["package.json", "package-lock.json"] {
            fs::copy(source.join(name), folder.join(name)).unwrap();
        }
        let made = Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"])
            .current_dir(&folder)
            .output()
            .map_err(|error| format!("npm does not run: {error}"))?;
        if !made.status.success() {
            let said = String::from_utf8_lossy(&made.stderr);
            return Err(format!(
                "npm could not install the browser's driver: {said}"
            ));
        }
        fs::write(installed, wanted).unwrap();
        Ok(Self { chromium, folder })
    }

    fn look(&self, files: &[PathBuf]) -> Vec<Look> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/look.mjs");
        let output = Command::new("node")
            .arg(script)
            .arg(&self.chromium)
            .args(files)
            .current_dir(&self.folder)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

fn on_path(names: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let folders: Vec<PathBuf> = env::split_paths(&path).collect();
    let places = names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    places.into_iter().find(|place| place.is_file())
}
