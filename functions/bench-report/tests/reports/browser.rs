//! The pages in a real browser: every section is seen, nothing is fetched, no text
//! leaves its box, and no rule of accessibility is broken.
//!
//! It needs Chromium, Node and npm, see [`node`].

use std::{
    fs,
    path::{Path, PathBuf},
};

use bench_core::run_index::RunEntry;
use bench_report::index::{self, index_html};
use serde::Deserialize;

use crate::{
    hostile,
    node::{self, Node},
    pages,
};

/// The browser's findings about a page.
#[derive(Debug, Deserialize)]
struct Look {
    file: PathBuf,
    width: u32,
    theme: String,
    sections: Vec<String>,
    problems: Vec<String>,
}

#[test]
fn pages_are_whole_and_quiet_in_chromium_wide_and_narrow_light_and_dark() {
    let Some((node, chromium)) = Node::find().zip(node::chromium()) else {
        return;
    };
    let mut all = pages::all();
    all.extend(pages::wide());
    all.push(hostile::page());
    let entries: Vec<RunEntry> = all
        .iter()
        .map(|page| index::entry(&page.report()))
        .collect();
    let mut files: Vec<PathBuf> = all
        .iter()
        .map(|page| page.write().join("report.html"))
        .collect();
    let index = files[0].with_file_name("index.html");
    fs::write(&index, index_html(&entries)).unwrap();
    files.push(index.clone());

    let looks = look_at(&node, &chromium, &files);
    assert_eq!(looks.len(), 6 * files.len());
    let mut wrong = Vec::new();
    for look in looks {
        let seen: Vec<&str> = look.sections.iter().map(String::as_str).collect();
        let whole = if look.file == index {
            !seen.is_empty()
        } else {
            let others = seen.iter().filter(|section| **section != "load");
            others.eq(pages::SECTIONS.iter())
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

fn look_at(node: &Node, chromium: &Path, files: &[PathBuf]) -> Vec<Look> {
    let arguments = [&[chromium.to_path_buf()], files].concat();
    node.run("look.mjs", &arguments)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}
