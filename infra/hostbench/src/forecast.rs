//! Estimates of the time and cost of a run, from its configuration, the prices and, where
//! there is one, the last run of the same name.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
};

use bench_core::money::Catalog;
use bench_core::usage::Usage;
use bench_core::{
    config::{LoadOrder, RunConfig, Target},
    dataset::Prompt,
    fit::{ASSUMED_CHARS_PER_TOKEN, chars_of},
    identity::TargetId,
    money::{Money, Overrides},
    sample::{Phase, Sample},
    text,
    workflow::TargetSize,
};
use bench_cost::{
    BudgetError, CostReason, CostWarning, Estimate, LoadEstimate, Planned, PriceBook, Quote,
    RunBudget, RunEstimate, Terms, different_currencies, distinct_prices, price_warnings,
};
use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::{error::Error, history};

/// The estimates of a run before it is started.
#[derive(Debug, Clone)]
pub struct Forecast {
    /// Calls, time and cost, for each target and in all, those of its load included.
    pub run: RunEstimate,
    /// The part of the load, for each target; empty without one.
    pub load: Vec<LoadEstimate>,
    /// The budget and whether it is enough; `None` where there is none.
    pub budget: Option<Budget>,
    /// The earlier run that the estimates are based on.
    pub last_run: Option<String>,
    /// Warnings about prices.
    pub warnings: Vec<CostWarning>,
}

/// A budget, compared with the estimates of the targets that have a price in its currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    /// The most that the run may cost.
    pub limit: Money,
    /// Whether the limit is enough.
    pub coverage: BudgetCoverage,
}

/// Whether a budget is enough for a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BudgetCoverage {
    /// The limit is at or above the high estimate.
    Covered {
        /// The high estimate.
        high: Money,
    },
    /// The limit lies between the estimates.
    Uncertain {
        /// The low estimate.
        low: Money,
        /// The high estimate.
        high: Money,
    },
    /// The limit is below the low estimate.
    Insufficient {
        /// The low estimate.
        low: Money,
    },
    /// There is no estimate to compare it with, so that a run would be refused.
    Unknown {
        /// Why it cannot be kept.
        reason: CostReason,
    },
    /// No target declares its pricing, so that nothing counts against the budget.
    NotApplicable,
}

impl BudgetCoverage {
    /// The name in `--json`.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Covered { .. } => "covered",
            Self::Uncertain { .. } => "uncertain",
            Self::Insufficient { .. } => "insufficient",
            Self::Unknown { .. } => "unknown",
            Self::NotApplicable => "not_applicable",
        }
    }
}

/// The inputs of a forecast besides the configuration.
#[derive(Debug, Clone, Copy)]
pub struct ForecastInput<'a> {
    /// The prompts of the run.
    pub prompts: &'a [Prompt],
    /// The prices.
    pub catalog: &'a Catalog,
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
            catalog: input.catalog,
            overrides: &none,
            region: input.region,
            day: input.day,
        };
        let (mut prices, mut warnings) = (Vec::new(), Vec::new());
        let mut currencies = Vec::new();
        let (mut estimates, mut loads) = (Vec::new(), Vec::new());
        for target in &config.targets {
            let quote = Quote::of(target, &book.of_target(target));
            let planned = planned(config, target, input);
            let alone = Estimate::of(&target.id, &planned, &quote);
            estimates.push(match &config.load {
                None => alone,
                Some(load) => {
                    let load = LoadEstimate::of(&target.id, load, &planned, &quote);
                    let both = alone.with_load(&load);
                    loads.push(load);
                    both
                }
            });
            let used = quote.prices.first().filter(|_| quote.rates.is_ok());
            currencies.extend(used.map(|used| (&target.id, used.price.currency)));
            prices.extend(quote.prices);
            warnings.extend(quote.warnings);
        }
        let order = config.load.as_ref().map(|load| load.order);
        if order == Some(LoadOrder::Apart) {
            wait_for_each_other(&mut estimates, &loads);
        }
        warnings.extend(different_currencies(currencies));
        // A missing price is reported as the reason of the target without a cost.
        warnings.extend(price_warnings(&distinct_prices(prices.iter()), &[]));
        let (budget, refusal) = match RunBudget::validate(config, &book) {
            Ok(budget) => (budget, None),
            Err(BudgetError(reasons)) => (None, reasons.into_iter().next()),
        };
        warnings.extend(budget.as_ref().and_then(RunBudget::warning));
        let counts = |estimate: &&Estimate| {
            let is_limited = |budget: &RunBudget| budget.limits(&estimate.target_id);
            let target = config
                .targets
                .iter()
                .find(|target| target.id == estimate.target_id);
            target.and_then(Terms::of).is_some() && budget.as_ref().is_none_or(is_limited)
        };
        let billed: Vec<Estimate> = estimates.iter().filter(counts).cloned().collect();
        Self {
            budget: config.budget().map(|limit| match refusal {
                Some(reason) => Budget {
                    limit,
                    coverage: BudgetCoverage::Unknown { reason },
                },
                None => Budget::of(limit, billed),
            }),
            run: RunEstimate::of(estimates),
            load: loads,
            last_run: input.last.map(|last| last.run_id.clone()),
            warnings,
        }
    }
}

/// Adds the time that each target may wait until the others' load is over.
fn wait_for_each_other(estimates: &mut [Estimate], loads: &[LoadEstimate]) {
    for estimate in estimates {
        let others = loads
            .iter()
            .filter(|load| load.target_id != estimate.target_id);
        estimate.seconds.high += others.map(|load| load.seconds.high).sum::<Decimal>();
    }
}

fn planned(config: &RunConfig, target: &Target, input: &ForecastInput) -> Planned {
    let method = &config.method;
    let chars = input.prompts.iter().map(|prompt| {
        let rendered = prompt.rendered(method, target, Phase::Measured, 1);
        rendered.text.chars().count() as u64
    });
    Planned {
        prompts: config.dataset.prompts,
        warmup: method.warmup,
        repetitions: method.repetitions,
        max_attempts: target.max_attempts,
        // No more calls are in flight than a chunk has prompts.
        concurrency: TargetSize::of(config, target)
            .map_or(target.concurrency, |size| size.concurrency),
        max_tokens: target.max_tokens,
        timeout_s: method.timeout_s,
        ready_within_s: target.ready_within_s,
        prompt_chars: match config.dataset.input_tokens {
            Some(tokens) => chars.count() as u64 * chars_of(tokens, ASSUMED_CHARS_PER_TOKEN) as u64,
            None => chars.sum(),
        },
        last: input.last.and_then(|last| last.of(target)),
    }
}

impl Budget {
    fn of(limit: Money, priced: Vec<Estimate>) -> Self {
        let coverage = if priced.is_empty() {
            BudgetCoverage::NotApplicable
        } else {
            let run = RunEstimate::of(priced);
            match (run.cost_low.value(), run.cost_high.value()) {
                (Some(low), Some(high)) if low.currency() == limit.currency() => {
                    if high.amount() <= limit.amount() {
                        BudgetCoverage::Covered { high }
                    } else if low.amount() > limit.amount() {
                        BudgetCoverage::Insufficient { low }
                    } else {
                        BudgetCoverage::Uncertain { low, high }
                    }
                }
                _ => BudgetCoverage::Unknown {
                    reason: run
                        .cost_low
                        .reason()
                        .cloned()
                        .unwrap_or(CostReason::OutOfRange),
                },
            }
        };
        Self { limit, coverage }
    }
}

/// The usage of the measured, successful calls of an earlier run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastRun {
    /// The run.
    pub run_id: String,
    targets: BTreeMap<TargetId, (bool, Usage)>,
}

impl LastRun {
    /// The newest run of a configuration name below a folder; `None` where there
    /// is none with samples.
    ///
    /// # Errors
    ///
    /// [`Error::UnreadableFile`], [`Error::NotText`], and [`Error::InvalidInput`] naming the
    /// line that is not a sample.
    pub fn find(folder: &Path, name: &str) -> Result<Option<Self>, Error> {
        for run in history::list(folder)? {
            let samples = run.out.join("samples.jsonl");
            let Some(report) = run.report.filter(|report| report.run.name == name) else {
                continue;
            };
            if !samples.is_file() {
                continue;
            }
            let usages = read(&samples)?;
            let targets = report.targets.iter().filter_map(|target| {
                let usage = usages.get(&target.id)?;
                Some((target.id.clone(), (target.simulated, *usage)))
            });
            return Ok(Some(Self {
                run_id: run.run_id,
                targets: targets.collect(),
            }));
        }
        Ok(None)
    }

    /// The usage of a target. Simulated and real targets of the same id are never
    /// taken for each other.
    fn of(&self, target: &Target) -> Option<Usage> {
        let (simulated, usage) = self.targets.get(&target.id)?;
        (*simulated == target.simulated).then_some(*usage)
    }
}

fn read(path: &Path) -> Result<BTreeMap<TargetId, Usage>, Error> {
    let file = File::open(path).map_err(Error::unreadable(path))?;
    let mut usages: BTreeMap<TargetId, Usage> = BTreeMap::new();
    for (line, number) in BufReader::new(file).split(b'\n').zip(1..) {
        let line = line.map_err(Error::unreadable(path))?;
        let text = text::decode_line(&line, number).map_err(|fault| Error::NotText {
            path: path.to_path_buf(),
            fault,
        })?;
        if text.trim().is_empty() {
            continue;
        }
        let sample = Sample::from_line(text).map_err(|error| {
            Error::InvalidInput(format!(
                "line {number} of `{}` is not a sample: {error}; repair or delete that run, or pass \
                 another folder with `--folder`",
                path.display()
            ))
        })?;
        if sample.is_measured_ok() {
            let usage = usages.entry(sample.target_id.clone()).or_default();
            *usage = usage.plus(Usage::of([&sample]));
        }
    }
    Ok(usages)
}
