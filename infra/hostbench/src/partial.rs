//! The report of a run that was stopped, made of its journal.

use std::path::Path;

use bench_report::Accumulator;

use crate::{
    error::Error, execution::ExecutionResult, report_files, resume::StoredRun, signals::StopSignal,
};

/// Writes the plan and every artifact of the samples so far, and gives how the run ended.
///
/// # Errors
///
/// [`Error::File`], and [`Error::Store`] when the journal cannot be read.
pub fn write(run: &StoredRun, signal: StopSignal, out: &Path) -> Result<ExecutionResult, Error> {
    let mut accumulator = Accumulator::new(&run.plan.config);
    for sample in run.samples.iter() {
        accumulator.add(&sample?);
    }
    accumulator.stop_by(signal.name);
    let report = accumulator.report(&run.plan);
    let samples = run.samples.iter().map(|sample| Ok(sample?));
    report_files::write(&run.plan, &report, samples, out)?;
    Ok(ExecutionResult::Failed {
        error: "Interrupted".to_owned(),
        cause: format!("stopped by {}", signal.name),
    })
}
