//! `hostbench completions` and `hostbench man`: generated from the definition of the arguments.

use std::{fs, path::Path, process::ExitCode};

use bench_report::format::counted;
use clap::CommandFactory;
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
    let Some(folder) = &arguments.out else {
        let mut page = Vec::new();
        let rendered = Man::new(Cli::command()).render(&mut page);
        rendered.map_err(Error::file("write", "the manual page"))?;
        print_line(String::from_utf8_lossy(&page).trim_end())?;
        return Ok(ExitCode::SUCCESS);
    };
    fs::create_dir_all(folder).map_err(Error::file("create", folder))?;
    let written = clap_mangen::generate_to(Cli::command(), folder);
    written.map_err(Error::file("write", folder))?;
    print_line(format!(
        "{} in `{}`",
        counted(pages(folder)?, "manual page"),
        folder.display()
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// The manual pages of this command in a folder.
fn pages(folder: &Path) -> Result<u64, Error> {
    let entries = fs::read_dir(folder).map_err(Error::file("read", folder))?;
    let is_ours = |name: &str| name.starts_with(NAME) && name.ends_with(".1");
    let ours = entries
        .flatten()
        .filter(|entry| entry.file_name().to_str().is_some_and(is_ours));
    Ok(ours.count() as u64)
}
