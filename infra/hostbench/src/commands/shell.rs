//! `hostbench completions` and `hostbench man`: generated from the definition of the arguments.

use std::{fs, io, process::ExitCode};

use bench_report::format::counted;
use clap::{Command, CommandFactory, builder::Resettable};
use clap_mangen::Man;

use super::print_line;
use crate::{
    cli::{self, Cli, Completions},
    error::Error,
};

/// The name of the command in scripts and pages.
const NAME: &str = "hostbench";

pub(super) fn completions(arguments: &Completions) -> Result<ExitCode, Error> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), NAME, &mut script);
    print_line(String::from_utf8_lossy(&script).trim_end())?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn man(arguments: &cli::Man) -> Result<ExitCode, Error> {
    let mut pages = Vec::new();
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    add_pages(&command, &mut pages).map_err(Error::file("write", "the manual page"))?;
    let Some(folder) = &arguments.out else {
        let page = pages.first().map(|(_, page)| page.trim_end());
        print_line(page.unwrap_or_default())?;
        return Ok(ExitCode::SUCCESS);
    };
    fs::create_dir_all(folder).map_err(Error::file("create", folder))?;
    for (name, page) in &pages {
        let path = folder.join(format!("{name}.1"));
        fs::write(&path, page).map_err(Error::file("write", &path))?;
    }
    print_line(format!(
        "{} in `{}`",
        counted(pages.len() as u64, "manual page"),
        folder.display()
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// Adds the page of a command, and those of its subcommands, by their names.
fn add_pages(command: &Command, pages: &mut Vec<(String, String)>) -> io::Result<()> {
    let examples = command.get_after_help().map(ToString::to_string);
    let mut page = Vec::new();
    Man::new(command.clone().after_help(Resettable::Reset)).render(&mut page)?;
    let mut page = String::from_utf8_lossy(&page).into_owned();
    page.push_str(&examples.map_or_else(String::new, |text| section(&text)));
    let name = command.get_display_name().unwrap_or(NAME);
    pages.push((name.to_owned(), page));
    let inner = command
        .get_subcommands()
        .filter(|inner| !inner.is_hide_set());
    inner
        .into_iter()
        .try_for_each(|inner| add_pages(inner, pages))
}

/// The text below the options as a section, whose lines stay as they are.
fn section(text: &str) -> String {
    let text = text.trim_start_matches("Examples:\n");
    let lines = text.lines().map(|line| {
        let line = line.replace('\\', "\\\\").replace('-', "\\-");
        if line.starts_with(['.', '\'']) {
            format!("\\&{line}")
        } else {
            line
        }
    });
    let lines: Vec<String> = lines.collect();
    format!(".SH EXAMPLES\n.nf\n{}\n.fi\n", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_copied_to_the_page_as_they_are() {
        assert_eq!(
            section("Examples:\n  a --b \\\n.c"),
            ".SH EXAMPLES\n.nf\n  a \\-\\-b \\\\\n\\&.c\n.fi\n"
        );
    }
}
