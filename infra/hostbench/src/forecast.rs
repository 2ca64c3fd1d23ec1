//! What a run would take and cost, from its configuration, the prices and, where
//! there is one, the last run of the same name.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
};

use bench_core::money::Catalogue;
use bench_core::{
    config::{RunConfig, Target},
    dataset::Prompt,
    money::{Money, Overrides},
    sample::{Phase, Sample},
};
use bench_cost::{
    Estimate, Planned, PriceBook, Quote, RunEstimate, Terms, Usage, distinct_prices, price_remarks,
};
use jiff::civil::Date;

use crate::{error::Error, history};

/// A run that is still to come.
#[derive(Debug, Clone)]
pub struct Forecast {
    /// Of all targets.
    pub run: RunEstimate,
    /// The budget and what it is worth; `None` where there is none.
    pub budget: Option<Budget>,
    /// The run that the estimates rest on.
    pub last_run: Option<String>,
    /// What may mislead about prices, a sentence each.
    pub warnings: Vec<String>,
}

/// A budget, held against the estimates of the targets that are paid for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    /// What the run may cost.
    pub limit: Money,
    /// How far it goes.
    pub coverage: BudgetCoverage,
    /// The same in words.
    pub sentence: String,
}

/// How far a budget goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BudgetCoverage {
    /// Even the high estimate is within it.
    Covers,
    /// It lies between the estimates.
    Between,
    /// It is below the low estimate.
    TooLow,
    /// Nobody can say, since a price is missing: a run would be refused.
    Unknown,
    /// No target is paid for.
    Idle,
}

impl BudgetCoverage {
    /// The name in `--json`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Covers => "covers",
            Self::Between => "between",
            Self::TooLow => "too-low",
            Self::Unknown => "unknown",
            Self::Idle => "idle",
        }
    }
}

/// What is known beside the configuration.
#[derive(Debug, Clone, Copy)]
pub struct ForecastInput<'a> {
    /// The prompts of the run.
    pub prompts: &'a [Prompt],
    /// The prices.
    pub catalogue: &'a Catalogue,
    /// Where targets without a Region of their own are paid for.
    pub region: &'a str,
    /// The day of the run.
    pub day: Date,
    /// The last run of the same name.
    pub last: Option<&'a LastRun>,
}

impl Forecast {
    /// The forecast of a run.
    #[must_use]
    pub fn of(config: &RunConfig, input: &ForecastInput) -> Self {
        let none = Overrides::default();
        let book = PriceBook {
            catalogue: input.catalogue,
            overrides: &none,
            region: input.region,
            day: input.day,
        };
        let (mut prices, mut warnings) = (Vec::new(), Vec::new());
        let mut estimates = Vec::new();
        for target in &config.targets {
            let quote = Quote::of(target, &book.of_target(target));
            let planned = planned(config, target, input);
            estimates.push(Estimate::of(&target.id, &planned, &quote));
            prices.extend(quote.prices);
            warnings.extend(quote.warnings);
        }
        // What is missing is the reason of a target that has no cost.
        warnings.extend(price_remarks(&distinct_prices(prices.iter()), &[]));
        let paid = |estimate: &&Estimate| {
            let target = config
                .targets
                .iter()
                .find(|target| target.id == estimate.target_id);
            target.and_then(Terms::of).is_some()
        };
        let paid: Vec<Estimate> = estimates.iter().filter(paid).cloned().collect();
        Self {
            budget: config.budget().map(|limit| Budget::of(limit, paid)),
            run: RunEstimate::of(estimates),
            last_run: input.last.map(|last| last.run_id.clone()),
            warnings,
        }
    }
}

fn planned(config: &RunConfig, target: &Target, input: &ForecastInput) -> Planned {
    let method = &config.method;
    let chars = input.prompts.iter().map(|prompt| {
        let asked = prompt.asked(method, target, Phase::Measured, 1);
        asked.text.chars().count() as u64
    });
    Planned {
        prompts: config.dataset.prompts,
        warmup: method.warmup,
        repetitions: method.repetitions,
        max_attempts: target.max_attempts,
        concurrency: target.concurrency,
        max_tokens: target.max_tokens,
        timeout_s: method.timeout_s,
        ready_within_s: target.ready_within_s,
        prompt_chars: chars.sum(),
        last: input.last.and_then(|last| last.of(target)),
    }
}

impl Budget {
    fn of(limit: Money, paid: Vec<Estimate>) -> Self {
        let none = paid.is_empty();
        let run = RunEstimate::of(paid);
        let (coverage, sentence) = match (&run.cost_low.money(), &run.cost_high.money()) {
            _ if none => (
                BudgetCoverage::Idle,
                format!(
                    "no target declares its `pricing`, so nothing counts against the budget of \
                     {limit}"
                ),
            ),
            (Some(low), Some(high)) if low.currency() == limit.currency() => {
                if high.amount() <= limit.amount() {
                    (
                        BudgetCoverage::Covers,
                        format!("the budget of {limit} covers the high estimate of {high}"),
                    )
                } else if low.amount() > limit.amount() {
                    (
                        BudgetCoverage::TooLow,
                        format!(
                            "the budget of {limit} is below the low estimate of {low}: the run \
                             would stop before it is whole"
                        ),
                    )
                } else {
                    (
                        BudgetCoverage::Between,
                        format!(
                            "the budget of {limit} lies between the estimates of {low} and \
                             {high}: the run may stop before it is whole"
                        ),
                    )
                }
            }
            _ => {
                let reason = run
                    .cost_low
                    .reason()
                    .unwrap_or("its prices are not in dollars");
                (
                    BudgetCoverage::Unknown,
                    format!(
                        "the budget of {limit} cannot be kept, and the run would be refused: \
                         {reason}"
                    ),
                )
            }
        };
        Self {
            limit,
            coverage,
            sentence,
        }
    }
}

/// What the answered, measured calls of an earlier run used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastRun {
    /// The run.
    pub run_id: String,
    targets: BTreeMap<String, (bool, Usage)>,
}

impl LastRun {
    /// The newest run of a configuration name below a folder; `None` where there
    /// is none with samples.
    ///
    /// # Errors
    ///
    /// [`Error::File`], and [`Error::InvalidInput`] naming the line that is no sample.
    pub fn find(folder: &Path, name: &str) -> Result<Option<Self>, Error> {
        for run in history::list(folder)? {
            let samples = run.out.join("samples.jsonl");
            let Some(report) = run.report.filter(|report| report.run.name == name) else {
                continue;
            };
            if !samples.is_file() {
                continue;
            }
            let used = read(&samples)?;
            let targets = report.targets.iter().filter_map(|target| {
                let usage = used.get(&target.id)?;
                Some((target.id.clone(), (target.simulated, *usage)))
            });
            return Ok(Some(Self {
                run_id: run.run_id,
                targets: targets.collect(),
            }));
        }
        Ok(None)
    }

    /// What a target's calls used. A simulated target says nothing about a real one
    /// of its name, nor the other way round.
    fn of(&self, target: &Target) -> Option<Usage> {
        let (simulated, usage) = self.targets.get(&target.id)?;
        (*simulated == target.simulated).then_some(*usage)
    }
}

fn read(path: &Path) -> Result<BTreeMap<String, Usage>, Error> {
    let file = File::open(path).map_err(Error::file("read", path))?;
    let mut used: BTreeMap<String, Usage> = BTreeMap::new();
    for (line, number) in BufReader::new(file).lines().zip(1..) {
        let line = line.map_err(Error::file("read", path))?;
        let sample: Sample = serde_json::from_str(&line).map_err(|error| {
            Error::InvalidInput(format!(
                "line {number} of `{}` is no sample: {error}; move that run away",
                path.display()
            ))
        })?;
        if sample.is_measured_ok() {
            let usage = used.entry(sample.target_id.clone()).or_default();
            *usage = usage.plus(Usage::of([&sample]));
        }
    }
    Ok(used)
}
