//! All files of a run's report, of samples that need not fit into memory.

use std::{
    fs,
    io::{self, BufWriter, Write},
    path::Path,
};

use bench_core::{plan::Plan, sample::Sample};
use bench_report::{CallPoints, Report, SamplesCsv, SamplesJsonl, report_artifacts};
use tempfile::NamedTempFile;

use crate::{artifacts, error::Error};

/// Writes the plan, the samples and the report of a run into a folder, which is made if it
/// is not there. `samples` are ordered by their keys, and may come from the files that are
/// replaced.
///
/// # Errors
///
/// [`Error::File`], and any of `samples`.
pub fn write(
    plan: &Plan,
    report: &Report,
    samples: impl Iterator<Item = Result<Sample, Error>>,
    out: &Path,
) -> Result<(), Error> {
    let plan = serde_json::to_vec_pretty(plan)
        .map_err(|error| Error::Program(format!("cannot serialize the plan: {error}")))?;
    fs::create_dir_all(out).map_err(Error::file("create", out))?;
    write_file(&out.join("plan.json"), &plan)?;
    let points = write_samples(samples, report, out)?;
    for artifact in report_artifacts(report, &points) {
        write_file(&out.join(artifact.name), &artifact.body)?;
    }
    Ok(())
}

/// Writes both files of samples. Each appears when it is whole.
fn write_samples(
    samples: impl Iterator<Item = Result<Sample, Error>>,
    report: &Report,
    out: &Path,
) -> Result<CallPoints, Error> {
    let simulated = report.targets.iter().filter(|target| target.simulated);
    let mut csv = SamplesCsv::new(simulated.map(|target| target.id.clone()));
    let mut points = CallPoints::default();
    let failed = || Error::file("write", out);
    let mut lines = BufWriter::new(artifacts::partial(out).map_err(failed())?);
    let mut rows = BufWriter::new(tempfile::tempfile_in(out).map_err(failed())?);
    rows.write_all(&csv.header()).map_err(failed())?;
    for sample in samples {
        let sample = sample?;
        points.add(&sample);
        let written = lines.write_all(&SamplesJsonl::lines([&sample]));
        written.map_err(failed())?;
        rows.write_all(&csv.lines([&sample])).map_err(failed())?;
    }
    let finish = || -> io::Result<()> {
        persist(lines, &out.join(SamplesJsonl::NAME))?;
        let mut rows = rows.into_inner()?;
        io::Seek::rewind(&mut rows)?;
        let mut whole = BufWriter::new(artifacts::partial(out)?);
        whole.write_all(csv.head())?;
        io::copy(&mut rows, &mut whole)?;
        persist(whole, &out.join(SamplesCsv::NAME))
    };
    finish().map_err(failed())?;
    Ok(points)
}

fn persist(file: BufWriter<NamedTempFile>, path: &Path) -> io::Result<()> {
    file.into_inner()?.persist(path)?;
    Ok(())
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    fs::write(path, bytes).map_err(Error::file("write", path))
}
