//! The arguments that set the command up in a shell.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

pub(super) const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  hostbench completions bash > ~/.local/share/bash-completion/completions/hostbench
  hostbench completions zsh > ~/.zfunc/_hostbench     `~/.zfunc` must be in `fpath`
  hostbench completions fish > ~/.config/fish/completions/hostbench.fish";

pub(super) const MAN_EXAMPLES: &str = "\
Examples:
  hostbench man --out ~/.local/share/man/man1         then `man hostbench-run`
  hostbench man > hostbench.1";

/// `hostbench completions`.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell.
    #[arg(value_enum)]
    pub shell: Shell,
}

/// `hostbench man`.
#[derive(Debug, Args)]
pub struct Man {
    /// Write one page for each command to this folder.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}
