//! The cost of a whole run: all targets, the pipeline, and break-even.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{
    Bounds, BreakEven, CostModel, CostReason, CostWarning, Curve, Figure, HourlyComparison,
    IdleBreakEven, MissingPrice, PipelineCost, PriceBook, TargetCost, UsedPrice,
    prices::{different_currencies, distinct, warnings as price_warnings},
};
use bench_core::config::Target;
use bench_core::identity::TargetId;
use bench_core::money::Money;

/// The cost of a run in figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RunCost {
    /// The day whose prices are used: the run's, in UTC.
    #[schemars(with = "String")]
    pub day: Date,
    /// The Region of the pipeline, and of targets that name none.
    pub region: String,
    /// Whether a target is simulated: then what follows from it is not a result.
    pub simulated: bool,
    /// One entry a target, in the order of the configuration.
    pub targets: Vec<TargetCost>,
    /// The cost of the pipeline itself.
    pub pipeline: PipelineCost,
    /// The least that the run cost with all its phases, idle hours and windows,
    /// and the pipeline; unknown when a part is, or in another currency.
    pub total_low: Figure,
    /// The most that it cost.
    pub total_high: Figure,
    /// The least and the most of each currency, where targets are priced in several:
    /// there is no sum of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub totals: Vec<Bounds>,
    /// Model sizes by hosting.
    pub hourly: HourlyComparison,
    /// The cost of a month over requests a day.
    pub curve: Curve,
    /// Every price that a figure is made of, by SKU.
    pub prices: Vec<UsedPrice>,
    /// Every price that a figure lacks, by SKU.
    pub missing: Vec<MissingPrice>,
}

/// The findings made from the cost of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct CostFindings {
    /// Every pair of a target paid by use and one paid by the hour.
    pub break_even: Vec<BreakEven>,
    /// Every pair of an import that scales to zero and a machine that does not.
    pub idle_break_even: Vec<IdleBreakEven>,
    /// The warnings about figures and prices, each once.
    pub warnings: Vec<CostWarning>,
}

impl RunCost {
    /// The cost of a run from that of its parts, with its findings. `configured` are the targets of
    /// the run, for the models they claim to serve; `book` is the one of the
    /// pipeline.
    #[must_use]
    pub fn of(
        targets: Vec<TargetCost>,
        configured: &[Target],
        pipeline: PipelineCost,
        hourly: HourlyComparison,
        book: &PriceBook,
    ) -> (Self, CostFindings) {
        let models: Vec<CostModel> = targets
            .iter()
            .filter_map(|t| t.cost_model.clone())
            .collect();
        let break_even = BreakEven::of_pairs(&models);
        let idle_break_even = IdleBreakEven::of_pairs(&models);
        let totals = totals(&targets, &pipeline);
        let limit = |limit: fn(Bounds) -> Money| match totals.as_deref() {
            Ok([only]) => Figure::known(limit(*only)),
            Ok(several) => Figure::unavailable(other_currency(&targets, several)),
            Err(reason) => Figure::unavailable(reason.clone()),
        };
        let of_targets = targets.iter().flat_map(|target| &target.prices);
        let prices = distinct(of_targets.chain(&pipeline.prices).chain(&hourly.prices));
        let mut missing: Vec<MissingPrice> = targets
            .iter()
            .flat_map(|target| &target.missing)
            .chain(&pipeline.missing)
            .chain(&hourly.missing)
            .cloned()
            .collect();
        missing.sort_unstable();
        missing.dedup();
        let mut warnings: Vec<CostWarning> = Vec::new();
        let all = targets
            .iter()
            .flat_map(|target| target.warnings.clone())
            .chain(different_currencies(targets.iter().filter_map(|target| {
                let used = target.prices.first().filter(|_| target.reason.is_none())?;
                Some((&target.target_id, used.price.currency))
            })))
            .chain(other_models(&break_even, &idle_break_even, configured))
            .chain(price_warnings(&prices, &missing));
        for warning in all {
            if !warnings.contains(&warning) {
                warnings.push(warning);
            }
        }
        let cost = Self {
            day: book.day,
            region: book.region.to_owned(),
            simulated: targets.iter().any(|target| target.simulated),
            total_low: limit(|bounds| bounds.low),
            total_high: limit(|bounds| bounds.high),
            totals: totals
                .ok()
                .filter(|each| each.len() > 1)
                .unwrap_or_default(),
            curve: Curve::of(&models),
            targets,
            pipeline,
            hourly,
            prices,
            missing,
        };
        let findings = CostFindings {
            break_even,
            idle_break_even,
            warnings,
        };
        (cost, findings)
    }
}

/// The bills of all targets and of the pipeline, a sum for each currency; first the
/// pipeline's. What costs nothing is in all of them.
fn totals(targets: &[TargetCost], pipeline: &PipelineCost) -> Result<Vec<Bounds>, CostReason> {
    let pipeline = pipeline.total.value().ok_or_else(|| {
        let reason = pipeline.total.reason().cloned();
        CostReason::Pipeline {
            cause: Box::new(reason.unwrap_or(CostReason::OutOfRange)),
        }
    })?;
    let mut totals = vec![Bounds::from(pipeline)];
    for target in targets {
        let named = |reason: CostReason| reason.of_target(&target.target_id);
        let reason = || target.spend.total.reason().cloned();
        let billed = target.billed.as_ref();
        let cost = billed
            .map(|billed| billed.cost)
            .ok_or_else(|| named(reason().unwrap_or(CostReason::OutOfRange)))?;
        let currency = cost.high.currency();
        let sum = totals
            .iter_mut()
            .find(|sum| sum.high.currency() == currency);
        match sum {
            Some(sum) => {
                let more = sum.plus(cost);
                *sum = more.ok_or_else(|| named(CostReason::OutOfRange))?;
            }
            None if cost.high.is_zero() => {}
            None => totals.push(cost),
        }
    }
    Ok(totals)
}

/// Why totals of several currencies have no sum: the first target of another than the
/// first of them.
fn other_currency(targets: &[TargetCost], totals: &[Bounds]) -> CostReason {
    let Some(first) = totals.first().map(|total| total.high.currency()) else {
        return CostReason::NoTargets;
    };
    let is_other = |target: &&TargetCost| {
        let billed = target.billed.as_ref();
        billed.is_some_and(|billed| {
            !billed.cost.high.is_zero() && billed.cost.high.currency() != first
        })
    };
    let reason = CostReason::OtherCurrency {
        currency: first.to_string(),
    };
    match targets.iter().find(is_other) {
        Some(target) => reason.of_target(&target.target_id),
        None => reason,
    }
}

/// A break-even says nothing about quality; between models that differ that
/// has to be said.
fn other_models(
    break_even: &[BreakEven],
    idle_break_even: &[IdleBreakEven],
    configured: &[Target],
) -> Option<CostWarning> {
    let model = |id: &TargetId| {
        configured
            .iter()
            .find(|target| target.id == *id)
            .and_then(|target| target.model_name.as_deref())
    };
    let pairs: Vec<[TargetId; 2]> = break_even
        .iter()
        .map(|pair| (&pair.per_use, &pair.per_hour))
        .chain(
            idle_break_even
                .iter()
                .map(|pair| (&pair.import, &pair.always_on)),
        )
        .filter(|(one, other)| model(one).is_none() || model(one) != model(other))
        .map(|(one, other)| [one.clone(), other.clone()])
        .collect();
    (!pairs.is_empty()).then_some(CostWarning::OtherModels { pairs })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::{PipelineUsage, PriceBook, Quote, TargetUsage, fixture::sample};
    use bench_core::money::Catalog;
    use bench_core::{
        config::{self, RunConfig},
        money::Overrides,
        sample::Phase,
    };

    const CONFIG: &str = r#"
        name = "t"
        [[targets]]
        id = "import"
        kind = "bedrock"
        model = "m"
        request = "llama"
        model_name = "8B"
        pricing = { kind = "model-units", units = 2 }
        [[targets]]
        id = "serverless"
        kind = "bedrock"
        model = "us.deepseek.r1-v1:0"
        request = "converse"
        model_name = "R1"
        pricing = { kind = "tokens" }
        [[targets]]
        id = "inf2"
        kind = "http"
        url = "http://h:1"
        request = "tgi"
        model_name = "8B"
        instance = "inf2.8xlarge"
        pricing = { kind = "hourly", sku = "ec2:inf2.8xlarge" }
    "#;

    fn config() -> RunConfig {
        config::from_toml(CONFIG, &config::Overrides::default()).unwrap()
    }

    fn run(catalog: &Catalog) -> (RunCost, CostFindings) {
        let config = config();
        let overrides = Overrides::default();
        let book = PriceBook {
            catalog,
            overrides: &overrides,
            region: "us-east-1",
            day: date(2026, 10, 20),
        };
        let samples = [
            sample(0, Phase::Warmup, 10_000_000),
            sample(0, Phase::Measured, 10_000_000),
            sample(1, Phase::Measured, 10_000_000),
        ];
        let mut calls = TargetUsage::new(1);
        for sample in &samples {
            calls.add(0, sample);
        }
        let of = |target: &Target| {
            let quote = Quote::of(target, &book);
            TargetCost::of(target, quote, &calls, None, |_| 2.0)
        };
        let used = PipelineUsage {
            writes: 1_000,
            ..PipelineUsage::default()
        };
        RunCost::of(
            config.targets.iter().map(of).collect(),
            &config.targets,
            PipelineCost::of(&used, &book),
            HourlyComparison::of(&book),
            &book,
        )
    }

    fn prices() -> Catalog {
        crate::read_catalog(include_str!("../../../../infra/prices.toml")).unwrap()
    }

    #[test]
    fn the_total_is_the_bill_of_every_target_and_of_the_pipeline() {
        let (found, _) = run(&prices());
        // 0.785, 3 × 0.0039825, 10 s of 1.96786 an hour, 1,000 writes.
        let low = found.total_low.value().unwrap().amount().round_dp(9);
        assert_eq!(low.to_string(), "0.803038778");
        // One idle window more.
        let high = found.total_high.value().unwrap().amount().round_dp(9);
        assert_eq!(high.to_string(), "1.588038778");
    }

    #[test]
    fn every_pair_is_compared_and_other_models_are_named() {
        let (cost, found) = run(&prices());
        assert_eq!(
            (found.break_even.len(), found.idle_break_even.len()),
            (2, 1)
        );
        assert_eq!(cost.curve.targets.len(), 3);
        let pairs = found.warnings.iter().find_map(|warning| match warning {
            CostWarning::OtherModels { pairs } => Some(pairs),
            _ => None,
        });
        let id = |text: &str| -> TargetId { text.parse().unwrap() };
        let expected = [
            [id("serverless"), id("import")],
            [id("serverless"), id("inf2")],
        ];
        assert_eq!(pairs.unwrap(), &expected);
    }

    #[test]
    fn no_warning_is_said_twice() {
        let (_, CostFindings { warnings, .. }) = run(&prices());
        for (place, warning) in warnings.iter().enumerate() {
            assert!(!warnings[..place].contains(warning), "{warning:?}");
        }
        let stale = |warning: &&CostWarning| matches!(warning, CostWarning::PricesStale { .. });
        assert_eq!(warnings.iter().filter(stale).count(), 1, "{warnings:?}");
    }

    #[test]
    fn without_prices_the_run_has_no_cost_and_every_target_its_reason() {
        let (found, findings) = run(&Catalog::default());
        assert!(matches!(
            found.total_low.reason(),
            Some(CostReason::Pipeline { .. })
        ));
        assert!(found.targets.iter().all(|target| target.reason.is_some()));
        assert_eq!(
            (findings.break_even.len(), found.curve.targets.len()),
            (0, 0)
        );
        let skus: Vec<&str> = found
            .missing
            .iter()
            .map(|price| price.sku.as_str())
            .collect();
        assert!(skus.contains(&"bedrock:cmu") && skus.contains(&"ec2:inf2.8xlarge"));
    }

    #[test]
    fn another_price_file_changes_costs_and_survives_storage() {
        let raised = include_str!("../../../../infra/prices.toml").replace("1.96786", "3.93572");
        let (one, _) = run(&prices());
        let (other, _) = run(&crate::read_catalog(&raised).unwrap());
        assert_ne!(one.targets[2], other.targets[2]);
        assert_eq!(one.targets[..2], other.targets[..2]);
        let json = serde_json::to_string(&one).unwrap();
        assert_eq!(serde_json::from_str::<RunCost>(&json).unwrap(), one);
    }
}
