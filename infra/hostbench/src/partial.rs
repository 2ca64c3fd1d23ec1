//! The report of a run that was stopped, made of its journal.

use std::{fs, path::Path};

use bench_report::{Accumulator, artifacts};

use crate::{error::Error, execution::ExecutionResult, resume::StoredRun, signals::StopSignal};

/// Writes the plan and every artifact of the samples so far, and gives how the run ended.
///
/// # Errors
///
/// [`Error::File`].
pub fn write(run: &StoredRun, signal: StopSignal, out: &Path) -> Result<ExecutionResult, Error> {
    let mut accumulator = Accumulator::new(&run.plan.config);
    for sample in &run.samples {
        accumulator.add(sample);
    }
    accumulator.stop_by(signal.name);
    let report = accumulator.report(&run.plan);
    fs::create_dir_all(out).map_err(Error::file("create", out))?;
    let plan = serde_json::to_vec_pretty(&run.plan)
        .map_err(|error| Error::Program(format!("cannot serialize the plan: {error}")))?;
    let write = |name: &str, body: &[u8]| {
        let path = out.join(name);
        fs::write(&path, body).map_err(Error::file("write", &path))
    };
    write("plan.json", &plan)?;
    for artifact in artifacts(&report, &run.samples) {
        write(artifact.name, &artifact.body)?;
    }
    Ok(ExecutionResult::Failed {
        error: "Interrupted".to_owned(),
        cause: format!("stopped by {}", signal.name),
    })
}
