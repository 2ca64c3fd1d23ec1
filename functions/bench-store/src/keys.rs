//! Every key of the table and of the bucket.
//!
//! Numbers are padded with zeros, since DynamoDB and S3 sort by bytes.

use bench_core::config::Dataset;
use bench_core::sample::{Phase, Sample};

/// The sparse index that lists runs by configuration and start time.
pub const RUNS_INDEX: &str = "runs-by-configuration";

/// The sort key of a run's own record.
pub const META: &str = "META";

/// The sort key of whose turn it is among the runs of a configuration.
pub const TURN: &str = "TURN";

/// The attribute after whose time, in seconds since 1970, the table forgets an item.
pub const EXPIRES_AT: &str = "expires_at";

/// What every sample's sort key begins with, probes apart.
pub const SAMPLE: &str = "SAMPLE#";

/// What every probe's sort key begins with.
pub const PROBE: &str = "PROBE#";

/// What every response text's sort key begins with.
pub const TEXT: &str = "TEXT#";

/// What the sort keys of what a run has used begin with.
pub const USED: &str = "USED#";

/// Sort key of what the calls of one target have used, beside the run's record.
#[must_use]
pub fn used(target_id: &str) -> String {
    format!("{USED}{target_id}")
}

/// Partition of a run's record.
#[must_use]
pub fn run(run_id: &str) -> String {
    format!("RUN#{run_id}")
}

/// Partition of what is known of a configuration.
#[must_use]
pub fn configuration_record(name: &str) -> String {
    format!("CONFIG#{name}")
}

/// Partition of one target's samples.
#[must_use]
pub fn target(run_id: &str, target_id: &str) -> String {
    format!("RUN#{run_id}#TARGET#{target_id}")
}

/// What the sort keys of one prompt's samples begin with.
#[must_use]
pub fn prompt(prompt_index: u32) -> String {
    format!("{SAMPLE}{prompt_index:04}#")
}

/// Sort key of a sample: `SAMPLE#0007#M#003#01`, or `PROBE#0001`.
///
/// ```
/// # use bench_core::sample::Phase;
/// assert_eq!(bench_store::keys::sample(7, Phase::Measured, 3, 1), "SAMPLE#0007#M#003#01");
/// assert_eq!(bench_store::keys::sample(0, Phase::Probe, 1, 12), "PROBE#0012");
/// ```
#[must_use]
pub fn sample(prompt_index: u32, phase: Phase, repetition: u32, attempt: u32) -> String {
    let letter = match phase {
        Phase::Probe => return format!("{PROBE}{attempt:04}"),
        Phase::Warmup => 'W',
        Phase::Measured => 'M',
    };
    format!("{SAMPLE}{prompt_index:04}#{letter}#{repetition:03}#{attempt:02}")
}

/// Sort key of the sample itself.
#[must_use]
pub fn of(sample: &Sample) -> String {
    self::sample(
        sample.prompt_index,
        sample.phase,
        sample.repetition,
        sample.attempt,
    )
}

/// Sort key of the response text that belongs to a sample's sort key.
#[must_use]
pub fn text(sample_key: &str) -> String {
    format!("{TEXT}{sample_key}")
}

/// The sample's sort key that a text's sort key belongs to.
#[must_use]
pub fn sample_of_text(text_key: &str) -> Option<&str> {
    text_key.strip_prefix(TEXT)
}

/// What the S3 keys of configurations and certificates begin with.
pub const CONFIGS: &str = "configs/";

/// What the S3 keys of datasets begin with.
pub const DATASETS: &str = "datasets/";

/// S3 key of a dataset file: that of a published dataset, or the configuration's
/// own key. The built-in prompts have no file.
///
/// ```
/// use bench_core::config::{Dataset, Split};
/// let mut dataset = Dataset { source: "gsm8k".into(), split: Split::Test, prompts: 20 };
/// assert_eq!(bench_store::keys::dataset(&dataset), "datasets/gsm8k/test.jsonl");
/// dataset.source = "datasets/mine.jsonl".into();
/// assert_eq!(bench_store::keys::dataset(&dataset), "datasets/mine.jsonl");
/// ```
#[must_use]
pub fn dataset(dataset: &Dataset) -> String {
    if dataset.source == Dataset::GSM8K {
        format!("{DATASETS}{}.jsonl", dataset.label())
    } else {
        dataset.source.clone()
    }
}

/// S3 key of a run configuration.
#[must_use]
pub fn configuration(file_name: &str) -> String {
    format!("{CONFIGS}{file_name}")
}

/// S3 key of the price catalogue.
pub const PRICES: &str = "prices/prices.toml";

/// S3 key of one artefact of a run: `runs/<run>/report.html`.
#[must_use]
pub fn artefact(run_id: &str, name: &str) -> String {
    format!("runs/{run_id}/{name}")
}

/// S3 key of a run's plan.
#[must_use]
pub fn plan(run_id: &str) -> String {
    artefact(run_id, "plan.json")
}

/// S3 key of the list of all runs, as `json` or `html`.
#[must_use]
pub fn runs_index(extension: &str) -> String {
    format!("runs/index.{extension}")
}
