//! The folders of runs on this machine, with their journals.

use std::{
    fs,
    ops::Deref,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use bench_report::format::counted;
use bench_store::Journal;

use crate::{artifacts::RUNS, error::Error, progress::Console, resume::StoredRun};

/// The time between two looks at the calls in flight.
const POLL: Duration = Duration::from_millis(20);

/// The folder of the journal, in that of the artifacts.
const JOURNAL: &str = "journal";

/// The journal of a run in the folder of its artifacts. Dropping it deletes one without a
/// call, with the folder if nothing else is there.
#[derive(Debug)]
pub struct RunJournal {
    journal: Journal,
    out: PathBuf,
}

impl RunJournal {
    /// Makes or opens the journal of the run in a folder.
    ///
    /// # Errors
    ///
    /// [`Error::File`] where the folder cannot be made, [`Error::Store`], and
    /// [`Error::InvalidInput`] while another process has it.
    pub fn open(out: &Path) -> Result<Self, Error> {
        fs::create_dir_all(out).map_err(Error::file("create", out))?;
        let Some(journal) = Journal::open(&out.join(JOURNAL))? else {
            return Err(Error::InvalidInput(format!(
                "the run in `{}` is being made by another process; wait for it, or stop it",
                out.display()
            )));
        };
        Ok(Self {
            journal,
            out: out.to_path_buf(),
        })
    }

    /// Its folder, as a user knows it.
    #[must_use]
    pub fn display_path(&self) -> PathBuf {
        self.out.join(JOURNAL)
    }

    /// Waits until the calls in flight have ended, for as long as `limit`.
    ///
    /// # Errors
    ///
    /// [`Error::Store`].
    pub async fn wait_for_calls(&self, limit: Duration, console: &Console) -> Result<(), Error> {
        let named = |calls: usize| counted(calls as u64, "call");
        let calls = self.in_flight()?;
        if calls == 0 {
            return Ok(());
        }
        let (calls, seconds) = (named(calls), limit.as_secs());
        let step = console.step(format!("waiting up to {seconds} s for {calls} in flight"));
        let start = Instant::now();
        while self.in_flight()? > 0 && start.elapsed() < limit {
            tokio::time::sleep(POLL).await;
        }
        match self.in_flight()? {
            0 => step.done("ended"),
            calls => step.done(&format!("{} interrupted", named(calls))),
        }
        Ok(())
    }

    /// Whether the folder of a run has the journal of one that has begun.
    #[must_use]
    pub fn has_begun(out: &Path) -> bool {
        Journal::has_begun(&out.join(JOURNAL))
    }

    /// The run as it is stored; `None` before its first call.
    ///
    /// # Errors
    ///
    /// Those of [`StoredRun::read`].
    pub async fn read(&self) -> Result<Option<StoredRun>, Error> {
        StoredRun::read(&self.journal).await
    }

    /// Deletes the journal of a run whose artifacts have everything.
    ///
    /// # Errors
    ///
    /// [`Error::Store`].
    pub fn delete(self) -> Result<(), Error> {
        Ok(self.journal.delete()?)
    }
}

impl Deref for RunJournal {
    type Target = Journal;

    fn deref(&self) -> &Journal {
        &self.journal
    }
}

impl Drop for RunJournal {
    fn drop(&mut self) {
        if !Self::has_begun(&self.out) {
            let _ = self.journal.delete();
            // A folder with artifacts is not deleted.
            let _ = fs::remove_dir(&self.out);
        }
    }
}

/// The folder of the artifacts of a run that is to be resumed: the given one, that of the
/// run's id, or the one that `run` itself names.
///
/// # Errors
///
/// [`Error::InvalidInput`] with the runs that can be resumed, when there is no such folder.
pub fn find(run: &str, out: Option<&Path>) -> Result<PathBuf, Error> {
    let runs = Path::new(RUNS);
    let candidates = out.map_or_else(
        || vec![runs.join(run), PathBuf::from(run)],
        |out| vec![out.to_path_buf()],
    );
    let found = candidates.into_iter().find(|folder| folder.is_dir());
    found.ok_or_else(|| {
        let known = resumable(runs);
        let known = if known.is_empty() {
            "no run there can be resumed".to_owned()
        } else {
            format!("these can be resumed: `{}`", known.join("`, `"))
        };
        let folder = out.unwrap_or(runs).display();
        Error::InvalidInput(format!(
            "run `{run}` not found in `{folder}`; {known}; for a run with `--out DIR`, name DIR"
        ))
    })
}

/// The runs below a folder that were begun and not finished, by name.
#[must_use]
pub fn resumable(runs: &Path) -> Vec<String> {
    let entries = fs::read_dir(runs).into_iter().flatten().flatten();
    let mut found: Vec<String> = entries
        .filter(|entry| RunJournal::has_begun(&entry.path()))
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn unfinished(folder: &Path) {
        let journal = folder.join(JOURNAL);
        fs::create_dir_all(&journal).unwrap();
        fs::write(journal.join("plan.json"), "{}").unwrap();
    }

    #[test]
    fn a_run_is_found_in_the_given_folder_and_by_its_own_path() {
        let folder = TempDir::new().unwrap();
        assert_eq!(find("any", Some(folder.path())).unwrap(), folder.path());
        let path = folder.path().display().to_string();
        assert_eq!(find(&path, None).unwrap(), folder.path());
        let error = find("any", Some(&folder.path().join("none"))).unwrap_err();
        assert_eq!(error.exit_code(), 2);
    }

    #[test]
    fn runs_that_were_begun_and_not_finished_can_be_resumed() {
        let runs = TempDir::new().unwrap();
        for name in ["b", "a"] {
            unfinished(&runs.path().join(name));
        }
        fs::create_dir_all(runs.path().join("not-begun").join(JOURNAL)).unwrap();
        fs::create_dir_all(runs.path().join("finished")).unwrap();
        assert_eq!(resumable(runs.path()), ["a", "b"]);
        assert!(resumable(&runs.path().join("none")).is_empty());
    }

    #[test]
    fn a_run_without_a_call_leaves_nothing_and_one_with_calls_its_journal() {
        let runs = TempDir::new().unwrap();
        let out = runs.path().join("a");
        drop(RunJournal::open(&out).unwrap());
        assert!(!out.exists());

        fs::create_dir(&out).unwrap();
        fs::write(out.join("mine.txt"), "kept").unwrap();
        drop(RunJournal::open(&out).unwrap());
        assert!(out.join("mine.txt").is_file() && !out.join(JOURNAL).exists());

        unfinished(&out);
        drop(RunJournal::open(&out).unwrap());
        assert!(RunJournal::has_begun(&out));
    }

    #[test]
    fn a_run_is_made_by_one_process_at_a_time() {
        let runs = TempDir::new().unwrap();
        unfinished(runs.path());
        let first = RunJournal::open(runs.path()).unwrap();
        let second = RunJournal::open(runs.path()).unwrap_err();
        assert_eq!(second.exit_code(), 2);
        drop(first);
        assert!(RunJournal::open(runs.path()).is_ok());
    }
}
