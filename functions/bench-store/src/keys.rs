//! Every key of the table and of the bucket.
//!
//! Numbers are padded with zeros, since DynamoDB and S3 sort by bytes.

use bench_core::config::Dataset;
use bench_core::{
    identity::TargetId,
    sample::{Phase, Sample, SampleKey},
};

/// The sparse index that lists runs by configuration and start time.
pub const RUNS_INDEX: &str = "runs-by-configuration";

/// The sort key of a run's own record.
pub const META: &str = "META";

/// The sort key of the lock that one run of a configuration holds.
pub const RUN_LOCK: &str = "TURN";

/// The attribute after whose time, in seconds since 1970, the table forgets an item.
pub const EXPIRES_AT: &str = "expires_at";

/// Partition of the leases of machines, which the state machines write.
pub const MACHINES: &str = "MACHINES";

/// Prefix of the sort keys of leases.
pub const LEASE: &str = "MACHINE#";

/// Sort key of the lease of an instance by its id, or of an endpoint by its name,
/// whose case does not matter to `CreateEndpoint`.
///
/// ```
/// assert_eq!(bench_store::keys::lease("DeepSeek-8B"), "MACHINE#deepseek-8b");
/// ```
#[must_use]
pub fn lease(machine: &str) -> String {
    format!("{LEASE}{}", machine.to_ascii_lowercase())
}

/// Prefix of every sample's sort key, probes apart.
pub const SAMPLE: &str = "SAMPLE#";

/// Prefix of every probe's sort key.
pub const PROBE: &str = "PROBE#";

/// Prefix of the sort keys of the samples of a load.
pub const CALL: &str = "CALL#";

/// Prefix of the sort keys of the steps of a load and of their workers.
pub const STEP: &str = "STEP#";

/// Sort key of the end of a load, behind its steps.
pub const STEP_END: &str = "STEP#END";

/// Sort key of the lock of a run's load, beside its record.
pub const LOAD_LOCK: &str = "LOAD";

/// Prefix of every response text's sort key.
pub const TEXT: &str = "TEXT#";

/// Prefix of the sort keys of the usage of a run's targets.
pub const USAGE: &str = "USED#";

/// Sort key of the usage of one target, beside the run's record.
#[must_use]
pub fn usage(target_id: &str) -> String {
    format!("{USAGE}{target_id}")
}

/// Partition of a run's record.
#[must_use]
pub fn run(run_id: &str) -> String {
    format!("RUN#{run_id}")
}

/// Partition of the records of a configuration.
#[must_use]
pub fn configuration_record(name: &str) -> String {
    format!("CONFIG#{name}")
}

/// Partition of one target's samples.
#[must_use]
pub fn target(run_id: &str, target_id: &str) -> String {
    format!("RUN#{run_id}#TARGET#{target_id}")
}

/// Partition of the samples of one worker of a step: the calls of a load are spread over
/// as many partitions as it has workers.
///
/// ```
/// let partition = bench_store::keys::worker("r", "t", 3, 12);
/// assert_eq!(partition, "RUN#r#TARGET#t#STEP#03#WORKER#12");
/// ```
#[must_use]
pub fn worker(run_id: &str, target_id: &str, step: u32, worker: u32) -> String {
    let target = target(run_id, target_id);
    format!("{target}#{}", step_worker(step, worker))
}

/// Sort key of a step of a load, beside the samples of its target: `STEP#03`.
#[must_use]
pub fn step(step: u32) -> String {
    format!("{STEP}{step:02}")
}

/// Whether a sort key with the prefix [`STEP`] is that of a step, not of a worker of one or
/// of the end.
///
/// ```
/// use bench_store::keys;
/// assert!(keys::is_step(&keys::step(3)));
/// assert!(!keys::is_step(&keys::step_worker(3, 12)));
/// assert!(!keys::is_step(keys::STEP_END));
/// ```
#[must_use]
pub fn is_step(sort_key: &str) -> bool {
    let number = sort_key.strip_prefix(STEP).unwrap_or_default();
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// Sort key of a worker of a step: `STEP#03#WORKER#12`.
#[must_use]
pub fn step_worker(step: u32, worker: u32) -> String {
    format!("{}#WORKER#{worker:02}", self::step(step))
}

/// Partition that a sample is in.
#[must_use]
pub fn partition(sample: &Sample) -> String {
    let Sample {
        run_id,
        target_id,
        step,
        worker,
        ..
    } = sample;
    if sample.is_under_load() {
        self::worker(run_id, target_id, *step, *worker)
    } else {
        target(run_id, target_id)
    }
}

/// Prefix of the sort keys of one prompt's samples.
#[must_use]
pub fn prompt(prompt_index: u32) -> String {
    format!("{SAMPLE}{prompt_index:04}#")
}

/// Sort key of a sample: `SAMPLE#0007#M#003#01`, `PROBE#0001`, or of a load `CALL#000042`,
/// by the number of the call among those of its worker.
///
/// ```
/// # use bench_core::sample::{Phase, SampleKey};
/// # let key = |phase, step, attempt| SampleKey {
/// #     target: "t".parse().unwrap(), step, worker: step, prompt: 7, phase, repetition: 3,
/// #     attempt,
/// # };
/// use bench_store::keys::sample;
/// assert_eq!(sample(&key(Phase::Measured, 0, 1)), "SAMPLE#0007#M#003#01");
/// assert_eq!(sample(&key(Phase::Measured, 2, 1)), "CALL#000003");
/// assert_eq!(sample(&key(Phase::Probe, 0, 12)), "PROBE#0012");
/// ```
#[must_use]
pub fn sample(key: &SampleKey) -> String {
    let SampleKey {
        target: _,
        step,
        worker: _,
        prompt,
        phase,
        repetition,
        attempt,
    } = key;
    if *step > 0 {
        return format!("{CALL}{repetition:06}");
    }
    let letter = match phase {
        Phase::Probe => return format!("{PROBE}{attempt:04}"),
        Phase::Warmup => 'W',
        Phase::Measured | Phase::Ramp => 'M',
    };
    format!("{SAMPLE}{prompt:04}#{letter}#{repetition:03}#{attempt:02}")
}

/// The sample of a target that a sort key is of, outside of a load; `None` of other items.
#[must_use]
pub fn parse_sample(target: &TargetId, sort_key: &str) -> Option<SampleKey> {
    let key = |prompt, phase, repetition, attempt| SampleKey {
        target: target.clone(),
        step: 0,
        worker: 0,
        prompt,
        phase,
        repetition,
        attempt,
    };
    if let Some(attempt) = sort_key.strip_prefix(PROBE) {
        return Some(key(0, Phase::Probe, 1, attempt.parse().ok()?));
    }
    let mut parts = sort_key.strip_prefix(SAMPLE)?.split('#');
    let prompt = parts.next()?.parse().ok()?;
    let phase = match parts.next()? {
        "W" => Phase::Warmup,
        "M" => Phase::Measured,
        _ => return None,
    };
    let repetition = parts.next()?.parse().ok()?;
    let attempt = parts.next()?.parse().ok()?;
    parts
        .next()
        .is_none()
        .then(|| key(prompt, phase, repetition, attempt))
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

/// Prefix of the S3 keys of configurations and certificates.
pub const CONFIGS: &str = "configs/";

/// Prefix of the S3 keys of datasets.
pub const DATASETS: &str = "datasets/";

/// S3 key of a dataset file: that of a published dataset, or the configuration's
/// own key. The built-in prompts have no file.
///
/// ```
/// use bench_core::config::{Dataset, Split};
/// let mut dataset = Dataset { source: "gsm8k".into(), split: Split::Test, ..Dataset::default() };
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

/// S3 key of the price catalog.
pub const PRICES: &str = "prices/prices.toml";

/// S3 key of one artifact of a run: `runs/<run>/report.html`.
#[must_use]
pub fn artifact(run_id: &str, name: &str) -> String {
    format!("runs/{run_id}/{name}")
}

/// S3 key of a run's plan.
#[must_use]
pub fn plan(run_id: &str) -> String {
    artifact(run_id, "plan.json")
}

/// S3 key of the list of all runs, as `json` or `html`.
#[must_use]
pub fn runs_index(extension: &str) -> String {
    format!("runs/index.{extension}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_a_sample_is_read_as_it_was_written() {
        let target: TargetId = "t".parse().unwrap();
        for phase in [Phase::Warmup, Phase::Measured] {
            let key = SampleKey {
                target: target.clone(),
                step: 0,
                worker: 0,
                prompt: 12_345,
                phase,
                repetition: 3,
                attempt: 10,
            };
            assert_eq!(parse_sample(&target, &sample(&key)), Some(key));
        }
        let probe = parse_sample(&target, "PROBE#0012").unwrap();
        assert_eq!((probe.phase, probe.attempt), (Phase::Probe, 12));
        for other in ["META", "TEXT#SAMPLE#0007#M#003#01", "SAMPLE#0007#X#003#01"] {
            assert_eq!(parse_sample(&target, other), None, "{other}");
        }
    }
}
