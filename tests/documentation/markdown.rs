//! Markdown as these tests read it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use support::root;

/// A fenced block.
#[derive(Debug, PartialEq)]
pub(crate) struct Block {
    /// The line of the page on which it begins, from 1.
    pub(crate) line: usize,
    pub(crate) language: String,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) text: String,
}

/// A row of a table, each cell as text with its code in backticks.
#[derive(Debug, PartialEq)]
pub(crate) struct Row {
    /// The headings above it, from the highest down.
    pub(crate) section: Vec<String>,
    /// Its cells by the name of their column.
    pub(crate) cells: BTreeMap<String, String>,
    /// The first cell.
    pub(crate) first: String,
}

/// A page of the documentation.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// Its path from the root of the project.
    pub(crate) path: PathBuf,
    pub(crate) headings: Vec<String>,
    /// The addresses of links and pictures.
    pub(crate) links: Vec<String>,
    pub(crate) blocks: Vec<Block>,
    /// Code within sentences and tables.
    pub(crate) code: Vec<String>,
    pub(crate) rows: Vec<Row>,
}

/// README, guide, and every other page of the project.
pub(crate) fn pages() -> Vec<Page> {
    let mut paths = vec![PathBuf::from("README.md")];
    find(Path::new("infra"), &mut paths);
    paths.iter().map(|path| page(path)).collect()
}

/// The pages that say what is. The changelog says what was.
pub(crate) fn current_pages() -> Vec<Page> {
    let is_current = |page: &Page| !page.path.ends_with("CHANGELOG.md");
    pages().into_iter().filter(is_current).collect()
}

fn find(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(root().join(folder)).expect("a folder");
    let mut names: Vec<_> = entries
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    names.sort();
    for path in names.into_iter().map(|name| folder.join(name)) {
        if root().join(&path).is_dir() {
            find(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "md") {
            found.push(path);
        }
    }
}

/// The page at a path from the root of the project.
pub(crate) fn page(path: &Path) -> Page {
    let text = fs::read_to_string(root().join(path)).unwrap_or_else(|error| {
        panic!("{}: {error}", path.display());
    });
    Page {
        path: path.to_owned(),
        ..parse(&text)
    }
}

pub(crate) fn parse(text: &str) -> Page {
    let mut page = Page::default();
    let mut section: Vec<(usize, String)> = Vec::new();
    let mut header: Vec<String> = Vec::new();
    let mut cells: Vec<String> = Vec::new();
    // The text of the innermost heading, cell or block that is open.
    let mut open = String::new();
    for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
        match event {
            Event::Start(Tag::Heading { .. } | Tag::TableCell) => open.clear(),
            Event::End(TagEnd::Heading(level)) => {
                let level = level as usize;
                section.retain(|(other, _)| *other < level);
                section.push((level, open.clone()));
                page.headings.push(open.clone());
            }
            Event::Start(Tag::CodeBlock(kind)) => {
                open.clear();
                let CodeBlockKind::Fenced(info) = kind else {
                    continue;
                };
                page.blocks.push(Block {
                    line: text[..range.start].lines().count() + 1,
                    ..block(&info)
                });
            }
            Event::End(TagEnd::CodeBlock) => {
                if let Some(block) = page.blocks.last_mut()
                    && block.text.is_empty()
                {
                    block.text = std::mem::take(&mut open);
                }
            }
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                page.links.push(dest_url.into_string());
            }
            Event::Html(html) | Event::InlineHtml(html) => page.links.extend(picture(&html)),
            Event::Start(Tag::TableHead | Tag::TableRow) => cells.clear(),
            Event::End(TagEnd::TableCell) => cells.push(open.trim().to_owned()),
            Event::End(TagEnd::TableHead) => header.clone_from(&cells),
            Event::End(TagEnd::TableRow) => page.rows.push(Row {
                section: section.iter().map(|(_, name)| name.clone()).collect(),
                first: cells.first().cloned().unwrap_or_default(),
                cells: header.iter().cloned().zip(cells.clone()).collect(),
            }),
            Event::Text(text) => open.push_str(&text),
            Event::Code(code) => {
                open.extend(["`", &code, "`"]);
                page.code.push(code.into_string());
            }
            _ => {}
        }
    }
    page
}

/// The address of an HTML picture.
fn picture(html: &str) -> Option<String> {
    let (_, source) = html.split_once("<img src=\"")?;
    Some(source.split('"').next()?.to_owned())
}

/// An empty block of this line behind its fence.
fn block(info: &str) -> Block {
    let (language, rest) = info.split_once(' ').unwrap_or((info, ""));
    let mut attributes = BTreeMap::new();
    let mut rest = rest;
    while let Some((name, value)) = rest.split_once("=\"") {
        let (value, after) = value.split_once('"').expect("a closing quotation mark");
        attributes.insert(name.trim().to_owned(), value.to_owned());
        rest = after;
    }
    assert_eq!(rest.trim(), "", "`{info}` has a part that is no attribute");
    Block {
        line: 0,
        language: language.to_owned(),
        attributes,
        text: String::new(),
    }
}

/// The code in a cell.
pub(crate) fn code_of(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

#[test]
fn the_parts_of_a_page_are_told_apart() {
    let page = parse(
        "# A\n\nSee [b](b.md#c), `d`.\n\n## `E`\n\n```sh no-run=\"an \u{e4} account\"\nf\n```\n\n\
         | field | of `g` |\n|---|---|\n| `h` | 1 to [2](#i) |\n",
    );
    assert_eq!(page.headings, ["A", "`E`"]);
    assert_eq!(page.links, ["b.md#c", "#i"]);
    assert_eq!(page.code, ["d", "E", "g", "h"]);
    let block = &page.blocks[0];
    assert_eq!((block.line, block.language.as_str()), (7, "sh"));
    assert_eq!(block.text, "f\n");
    assert_eq!(block.attributes["no-run"], "an \u{e4} account");
    let row = &page.rows[0];
    assert_eq!(row.section, ["A", "`E`"]);
    assert_eq!(row.cells["of `g`"], "1 to 2");
    assert_eq!(code_of(&row.first), ["h"]);
}
