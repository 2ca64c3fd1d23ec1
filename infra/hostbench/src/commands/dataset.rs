//! `hostbench dataset fetch`.

use std::{process::ExitCode, time::Duration};

use bench_core::config::Split;

use super::print_line;
use crate::{
    cli::{Fetch, SplitName},
    dataset,
    error::Error,
    progress::Console,
    project::Project,
};

/// How long the network may be silent.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

pub(super) async fn fetch(arguments: &Fetch, console: &Console) -> Result<ExitCode, Error> {
    let project = Project::find()?;
    let splits = match arguments.split {
        Some(SplitName::Test) => vec![Split::Test],
        Some(SplitName::Train) => vec![Split::Train],
        None => vec![Split::Test, Split::Train],
    };
    for split in splits {
        let base = &arguments.base_url;
        let path = dataset::fetch(&project, split, base, READ_TIMEOUT, console).await?;
        print_line(path.display())?;
    }
    Ok(ExitCode::SUCCESS)
}
