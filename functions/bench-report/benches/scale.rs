//! How long a report of very many samples takes, and how much memory.
//!
//! `cargo bench -p bench-report --bench scale` writes a file of 1,000,000 samples
//! over 1,319 prompts × 4 targets and makes `report.json` of it, in a process of
//! its own; then of ten times the samples, which are the same file as ten runs.
//! `--samples N` and `--times N` measure other sizes.

use std::{
    env,
    error::Error,
    fmt::Write as _,
    fs::{self, File},
    io::{self, BufRead, BufReader, BufWriter, Read, Write},
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use bench_core::{
    config::{self, Overrides},
    grading::AnswerRule,
    plan::{DatasetRecord, Deployment, Plan, SCHEMA_VERSION},
    sample::{ErrorLayer, FinishReason, Outcome, Phase, Sample, SampleKey},
};
use bench_report::{Report, rebuild::Rebuild};
use bench_stats::SplitMix64;

const PRICES: &str = include_str!("../../../infra/prices.toml");

const PROMPTS: u32 = 1_319;
const TARGETS: [&str; 4] = [
    "bedrock-cmi",
    "bedrock-serverless",
    "sagemaker-g6",
    "ec2-inf2",
];

/// Prompts at targets.
const CELLS: u64 = PROMPTS as u64 * TARGETS.len() as u64;

/// Limits for a million samples, and for ten times as many relative to them.
const MAX_SECONDS: f64 = 5.0;
const MAX_MEGABYTES: f64 = 150.0;
const MAX_TIMES_THE_TIME: f64 = 10.5;
const MAX_TIMES_THE_MEMORY: f64 = 1.2;

type Outcomes<T> = Result<T, Box<dyn Error>>;

/// The measurements of one child process.
struct Measurement {
    /// Wall-clock time, other processes' time on the core included.
    seconds: f64,
    /// CPU time.
    core_seconds: f64,
    megabytes: f64,
    report_bytes: u64,
}

fn main() -> Outcomes<()> {
    let arguments: Vec<String> = env::args().collect();
    if let Some(at) = arguments.iter().position(|word| word == "--measure") {
        return measure(Path::new(&arguments[at + 1]), &arguments[at + 2..]);
    }
    let number = |name: &str, default: u64| -> u64 {
        let at = arguments.iter().position(|word| word == name);
        let value = at.and_then(|at| arguments.get(at + 1)?.parse().ok());
        value.unwrap_or(default)
    };
    let (samples, times) = (number("--samples", 1_000_000), number("--times", 10));
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("samples.jsonl");
    write_samples(&path, samples)?;
    let size = fs::metadata(&path)?.len();
    print_line(&format!(
        "{samples} samples, {PROMPTS} prompts × {} targets, {} MB",
        TARGETS.len(),
        size / 1_000_000
    ))?;
    let once = fastest_of(&path, 1, 3)?;
    print_measurement("1 ×", &once)?;
    let many = fastest_of(&path, times, 2)?;
    print_measurement(&format!("{times} ×"), &many)?;
    let time = many.core_seconds / once.core_seconds;
    let memory = many.megabytes / once.megabytes;
    print_line(&format!(
        "{times} times the samples: {time:.2} times the time, {memory:.2} times the memory"
    ))?;
    let kept = once.core_seconds <= MAX_SECONDS
        && once.megabytes <= MAX_MEGABYTES
        && time <= MAX_TIMES_THE_TIME
        && memory < MAX_TIMES_THE_MEMORY;
    print_line(&format!(
        "limits: {MAX_SECONDS} s, {MAX_MEGABYTES} MB, {MAX_TIMES_THE_TIME} times, \
         {MAX_TIMES_THE_MEMORY} times: {}",
        if kept { "kept" } else { "NOT kept" }
    ))
}

fn print_line(text: &str) -> Outcomes<()> {
    Ok(writeln!(io::stdout(), "{text}")?)
}

fn print_measurement(name: &str, found: &Measurement) -> Outcomes<()> {
    print_line(&format!(
        "{name}: {:.2} s of CPU time ({:.2} s wall clock), peak RSS {:.1} MB, \
         report.json of {:.1} MB",
        found.core_seconds,
        found.seconds,
        found.megabytes,
        bytes(found.report_bytes)
    ))
}

fn bytes(count: u64) -> f64 {
    f64::from(u32::try_from(count / 1_000).unwrap_or(u32::MAX)) / 1_000.0
}

/// The fastest of several tries: other load on the machine can only add time.
fn fastest_of(path: &Path, times: u64, tries: u32) -> Outcomes<Measurement> {
    let mut best = in_process(path, times)?;
    for _ in 1..tries {
        let next = in_process(path, times)?;
        if next.core_seconds < best.core_seconds {
            best = next;
        }
    }
    Ok(best)
}

/// A process of its own, so that its greatest memory is that of the report alone.
fn in_process(path: &Path, times: u64) -> Outcomes<Measurement> {
    let output = Command::new(env::current_exe()?)
        .arg("--measure")
        .arg(path)
        .arg(times.to_string())
        .output()?;
    let text = String::from_utf8(output.stdout)?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let mut words = text.split_whitespace();
    let mut next = || words.next().ok_or("the measuring process said nothing");
    Ok(Measurement {
        seconds: next()?.parse()?,
        core_seconds: next()?.parse()?,
        megabytes: next()?.parse()?,
        report_bytes: next()?.parse()?,
    })
}

/// From the file to `report.json` beside it.
fn measure(path: &Path, arguments: &[String]) -> Outcomes<()> {
    let times: u64 = arguments.first().ok_or("how many times?")?.parse()?;
    let begun = Instant::now();
    let report = pooled(path, times)?;
    let out = path.with_file_name("report.json");
    let mut file = BufWriter::new(File::create(&out)?);
    serde_json::to_writer(&mut file, &report)?;
    file.flush()?;
    let taken = begun.elapsed();
    check(&report)?;
    print_line(&format!(
        "{} {} {} {}",
        taken.as_secs_f64(),
        core_seconds()?,
        resident_megabytes()?,
        fs::metadata(&out)?.len()
    ))
}

/// The file as so many runs of the same plan.
fn pooled(path: &Path, times: u64) -> Outcomes<Report> {
    let mut rebuild = Rebuild::with_plan(plan()?);
    for run in 0..times {
        let lines = Renamed {
            inner: BufReader::with_capacity(1 << 16, File::open(path)?),
            run: format!("run-{run:04}").into_bytes(),
            line: Vec::new(),
            read: 0,
        };
        rebuild.read("samples.jsonl", lines, |_| ())?;
    }
    Ok(rebuild.finish()?.report)
}

/// The lines of a file with the run id of each, which is its first field and always
/// as long, overwritten.
struct Renamed {
    inner: BufReader<File>,
    run: Vec<u8>,
    line: Vec<u8>,
    read: usize,
}

/// The start of a line, before its run id.
const HEAD: &[u8] = b"{\"run_id\":\"";

impl Read for Renamed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut rest = self.fill_buf()?;
        let length = rest.read(buffer)?;
        self.consume(length);
        Ok(length)
    }
}

impl BufRead for Renamed {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.read == self.line.len() {
            self.line.clear();
            self.read = 0;
            self.inner.read_until(b'\n', &mut self.line)?;
            let id = HEAD.len()..HEAD.len() + self.run.len();
            if let Some(place) = self.line.get_mut(id) {
                place.copy_from_slice(&self.run);
            }
        }
        Ok(&self.line[self.read..])
    }

    fn consume(&mut self, amount: usize) {
        self.read += amount;
    }
}

/// User and system time of this process, in the ticks of 1/100 s that Linux counts.
fn core_seconds() -> Outcomes<f64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat
        .rsplit_once(')')
        .ok_or("this system does not tell its times")?;
    let ticks: Vec<f64> = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(str::parse)
        .collect::<Result<_, _>>()?;
    Ok(ticks.iter().sum::<f64>() / 100.0)
}

/// `VmHWM`: the most memory that the process ever held.
fn resident_megabytes() -> Outcomes<f64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1));
    let kilobytes: f64 = kilobytes
        .ok_or("this system does not tell `VmHWM`")?
        .parse()?;
    Ok(kilobytes * 1_024.0 / 1e6)
}

fn check(report: &Report) -> Outcomes<()> {
    for target in &report.targets {
        if !target.timings.latency.p99.is_known() {
            return Err(format!("{} lacks figures", target.id).into());
        }
    }
    Ok(())
}

fn plan() -> Outcomes<Plan> {
    let mut text = format!(
        "name = \"scale\"\ndataset = {{ source = \"gsm8k\", prompts = {PROMPTS} }}\n\
         method = {{ warmup = 0, repetitions = 100 }}\n"
    );
    for target in TARGETS {
        write!(
            text,
            "[[targets]]\nid = \"{target}\"\nkind = \"http\"\nurl = \"http://{target}\"\n\
             request = \"tgi\"\npricing = {{ kind = \"hourly\", sku = \"ec2:inf2.8xlarge\" }}\n"
        )?;
    }
    Ok(Plan {
        schema_version: SCHEMA_VERSION,
        run_id: "run-0000".parse().expect("a valid id"),
        created_at: "2026-06-01T00:00:00Z".parse()?,
        config: config::from_toml(&text, &Overrides::default())?,
        dataset: DatasetRecord {
            label: "gsm8k/test".into(),
            sha256: "0".repeat(64),
            problems: 1_319,
            task: bench_core::task::Task::Gsm8k,
        },
        prompts: (0..PROMPTS).map(prompt).collect(),
        region: None,
        prices: Some(bench_cost::read_catalog(PRICES)?),
        deployment: Some(Deployment::OF_TEMPLATE),
    })
}

fn prompt(index: u32) -> bench_core::dataset::Prompt {
    bench_core::dataset::Prompt {
        id: format!("gsm8k/test/{index}").into(),
        index,
        question: format!("What is {index} and {index}?"),
        expected_answer: Some((2 * index).to_string().into()),
        ..bench_core::dataset::Prompt::default()
    }
}

fn write_samples(path: &PathBuf, samples: u64) -> Outcomes<()> {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let mut random = SplitMix64::new(1);
    let repetitions = samples.div_ceil(CELLS);
    for number in 0..samples {
        // In the order of a run's own `samples.jsonl`: by target, prompt, repetition.
        let (cell, repetition) = (number / repetitions, number % repetitions);
        let target = usize::try_from(cell / u64::from(PROMPTS))?;
        let prompt = u32::try_from(cell % u64::from(PROMPTS))?;
        let repetition = u32::try_from(repetition)? + 1;
        let sample = sample(&mut random, target, prompt, repetition)?;
        serde_json::to_writer(&mut file, &sample)?;
        file.write_all(b"\n")?;
    }
    Ok(file.flush()?)
}

/// A call as the invoker writes it; one in a hundred failed.
fn sample(
    random: &mut SplitMix64,
    target: usize,
    prompt: u32,
    repetition: u32,
) -> Outcomes<Sample> {
    let mut share = || f64::from(u32::try_from(random.below(1_000_000)).unwrap_or(0)) / 1e6;
    let bell = share() + share() + share() - 1.5;
    let tokens = 60 + u64::from(prompt) * 7 % 400 + whole(share() * 40.0);
    let speed = [12_000.0, 9_000.0, 30_000.0, 50_000.0][target];
    let latency_us =
        whole(300_000.0 + f64::from(u32::try_from(tokens)?) * speed * (0.15 * bell).exp());
    let failed = share() < 0.01;
    let right = share() < 0.9;
    let answer = if right {
        2 * prompt
    } else {
        2 * prompt + 1 + u32::try_from(whole(share() * 50.0))?
    };
    let text = format!(
        "To add them we take {prompt} and {prompt}. First {prompt} + {prompt} is what is asked \
         for, so we add both numbers and check the sum once more before we answer.\n\n#### {answer}"
    );
    let given = |value| (!failed).then_some(value);
    let outcome = if failed {
        Outcome::ServerError
    } else {
        Outcome::Ok
    };
    Ok(Sample {
        latency_us,
        ttft_us: given(300_000 + latency_us % 1_000),
        ttfo_us: given(310_000 + latency_us % 1_000),
        last_token_us: given(latency_us - 50),
        chunks: (!failed).then_some(u32::try_from(tokens)?),
        server_latency_us: given(latency_us - 20_000),
        input_tokens: given(90),
        output_tokens: given(tokens),
        cached_input_tokens: given(0),
        prompt_chars: Some(320),
        response_chars: given(text.len() as u64),
        finish_reason: (!failed).then_some(FinishReason::Stop),
        finish_reason_raw: (!failed).then(|| "stop".into()),
        http_status: Some(if failed { 500 } else { 200 }),
        error_class: failed.then_some(ErrorLayer::Service),
        error_code: failed.then(|| "InternalServerException".into()),
        error_message: failed.then(|| "the service failed".into()),
        stall_us: Some(150),
        response_text: (!failed).then_some(text),
        answer: (!failed).then(|| answer.to_string().into()),
        answer_rule: (!failed).then_some(AnswerRule::AnswerLine),
        expected_answer: Some((2 * prompt).to_string().into()),
        correct: (!failed).then_some(right),
        function_request_id: "8f507cfc-xmpl-4697-b07a-ac58fc914c95".into(),
        ..Sample::new(
            "run-0000".parse().expect("a valid id"),
            format!("gsm8k/test/{prompt}"),
            SampleKey {
                target: TARGETS[target].parse().expect("a valid id"),
                step: 0,
                worker: 0,
                prompt,
                phase: Phase::Measured,
                repetition,
                attempt: 1,
            },
            outcome,
            "2026-06-01T00:00:00.123456Z".parse()?,
        )
    })
}

fn whole(value: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "made to be positive and small"
    )]
    let whole = value as u64;
    whole
}
