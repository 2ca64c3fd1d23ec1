//! Links lead to a file and a heading, and the contents have every chapter.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use support::root;

use crate::markdown::{Page, page, pages, parse};

/// The folder of the guide.
const GUIDE: &str = "infra/guide";

/// The anchors that GitHub makes of headings.
fn anchors(page: &Page) -> BTreeSet<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let slug = |heading: &String| {
        let kept = heading.to_lowercase();
        let kept = kept
            .chars()
            .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        let slug = kept.collect::<String>().replace(' ', "-");
        let before = seen.entry(slug.clone()).or_default();
        *before += 1;
        match *before {
            1 => slug,
            n => format!("{slug}-{}", n - 1),
        }
    };
    page.headings.iter().map(slug).collect()
}

#[test]
fn every_link_of_the_documentation_leads_to_a_file_and_a_heading() {
    let mut broken = Vec::new();
    for from in pages() {
        let local = from.links.iter().filter(|link| !link.contains("://"));
        for link in local {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => from.path.clone(),
                file => from.path.parent().expect("a folder").join(file),
            };
            let leads = root().join(&target).exists()
                && (anchor.is_empty() || anchors(&page(&target)).contains(anchor));
            if !leads {
                broken.push(format!("{}: {link}", from.path.display()));
            }
        }
    }
    assert_eq!(broken, Vec::<String>::new());
}

#[test]
fn the_contents_of_the_guide_have_every_chapter_once_under_its_title() {
    let contents = Path::new(GUIDE).join("SUMMARY.md");
    let mut listed = page(&contents).links;
    let mut chapters: Vec<String> = pages()
        .into_iter()
        .filter(|page| page.path.starts_with(GUIDE) && page.path != contents)
        .map(|page| {
            page.path
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into()
        })
        .collect();
    listed.sort();
    chapters.sort();
    assert_eq!(listed, chapters);

    let text = support::read(&contents.display().to_string());
    for chapter in chapters {
        let title = &page(&Path::new(GUIDE).join(&chapter)).headings[0];
        let line = format!("- [{title}]({chapter})");
        assert!(text.lines().any(|other| other == line), "expected `{line}`");
    }
}

#[test]
fn anchors_are_those_of_github() {
    let found = anchors(&parse("# A and b\n### `kind = \"http\"`\n## C\n\n## C\n"));
    let expected = ["a-and-b", "kind--http", "c", "c-1"].map(str::to_owned);
    assert_eq!(found, expected.into());
}
