//! The cost of a whole run: all targets, the pipeline, and break-even.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{
    Bounds, BreakEven, CostModel, Curve, Figure, HourlyComparison, IdleBreakEven, MissingPrice,
    PipelineCost, PriceBook, TargetCost, UsedPrice,
    prices::{distinct, remarks},
};
use bench_core::config::Target;
use bench_core::money::Money;

/// What a run cost and what follows from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RunCost {
    /// The day whose prices are used: the run's, in UTC.
    #[schemars(with = "String")]
    pub day: Date,
    /// The Region of the pipeline, and of targets that name none.
    pub region: String,
    /// Whether a target is simulated: then what follows from it is no finding.
    pub simulated: bool,
    /// One entry a target, in the order of the configuration.
    pub targets: Vec<TargetCost>,
    /// What the pipeline itself cost.
    pub pipeline: PipelineCost,
    /// The least that the run cost with all its phases, idle hours and windows,
    /// and the pipeline; unknown when a part is.
    pub total_low: Figure,
    /// The most that it cost.
    pub total_high: Figure,
    /// Model sizes by hosting.
    pub hourly: HourlyComparison,
    /// Every pair of a target paid by use and one paid by the hour.
    pub break_even: Vec<BreakEven>,
    /// Every pair of an import that scales to zero and a machine that does not.
    pub idle_break_even: Vec<IdleBreakEven>,
    /// What a month costs over requests a day.
    pub curve: Curve,
    /// Every price that a figure is made of, by SKU.
    pub prices: Vec<UsedPrice>,
    /// Every price that a figure lacks, by SKU.
    pub missing: Vec<MissingPrice>,
    /// What may mislead, a sentence each, none twice.
    pub warnings: Vec<String>,
}

impl RunCost {
    /// The cost of a run from that of its parts. `configured` are the targets of
    /// the run, for the models they claim to serve; `book` is the one of the
    /// pipeline.
    #[must_use]
    pub fn of(
        targets: Vec<TargetCost>,
        configured: &[Target],
        pipeline: PipelineCost,
        hourly: HourlyComparison,
        book: &PriceBook,
    ) -> Self {
        let models: Vec<CostModel> = targets
            .iter()
            .filter_map(|t| t.cost_model.clone())
            .collect();
        let break_even = BreakEven::of_pairs(&models);
        let idle_break_even = IdleBreakEven::of_pairs(&models);
        let total = total(&targets, &pipeline);
        let limit = |limit: fn(Bounds) -> Money| match &total {
            Ok(bounds) => Figure::Known(limit(*bounds)),
            Err(reason) => Figure::unknown(reason.clone()),
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
        let mut said = BTreeSet::new();
        let warnings = targets
            .iter()
            .flat_map(|target| target.warnings.clone())
            .chain(other_models(&break_even, &idle_break_even, configured))
            .chain(remarks(&prices, &missing))
            .filter(|warning| said.insert(warning.clone()))
            .collect();
        Self {
            day: book.day,
            region: book.region.to_owned(),
            simulated: targets.iter().any(|target| target.simulated),
            total_low: limit(|bounds| bounds.low),
            total_high: limit(|bounds| bounds.high),
            curve: Curve::of(&models),
            targets,
            pipeline,
            hourly,
            break_even,
            idle_break_even,
            prices,
            missing,
            warnings,
        }
    }
}

fn total(targets: &[TargetCost], pipeline: &PipelineCost) -> Result<Bounds, String> {
    let pipeline = match &pipeline.total {
        Figure::Known(cost) => Bounds::from(*cost),
        Figure::Unknown { reason, .. } => return Err(format!("the pipeline: {reason}")),
    };
    targets.iter().try_fold(pipeline, |sum, target| {
        let named = |reason: &str| format!("target `{}`: {reason}", target.target_id);
        let reason = target.spend.total.reason();
        let cost = target
            .billed
            .as_ref()
            .map(|billed| billed.cost)
            .ok_or_else(|| named(reason.unwrap_or("its bill is not known")))?;
        sum.plus(cost)
            .ok_or_else(|| named("its currency is another one"))
    })
}

/// A break-even says nothing about quality; between models that differ that
/// has to be said.
fn other_models(
    break_even: &[BreakEven],
    idle_break_even: &[IdleBreakEven],
    configured: &[Target],
) -> Option<String> {
    let model = |id: &str| {
        configured
            .iter()
            .find(|target| target.id == id)
            .and_then(|target| target.model_name.as_deref())
    };
    let pairs: Vec<String> = break_even
        .iter()
        .map(|pair| (&pair.per_use, &pair.per_hour))
        .chain(
            idle_break_even
                .iter()
                .map(|pair| (&pair.import, &pair.always_on)),
        )
        .filter(|(one, other)| model(one).is_none() || model(one) != model(other))
        .map(|(one, other)| format!("`{one}` and `{other}`"))
        .collect();
    (!pairs.is_empty()).then(|| {
        format!(
            "where these cost the same, their answers need not be as good, since they do not \
             claim to serve the same model: {}",
            pairs.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::{PipelineUsage, PriceBook, Quote, TargetUsage, fixture::sample};
    use bench_core::money::Catalogue;
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

    fn run(catalogue: &Catalogue) -> RunCost {
        let config = config();
        let overrides = Overrides::default();
        let book = PriceBook {
            catalogue,
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

    fn prices() -> Catalogue {
        crate::read_catalogue(include_str!("../../../../infra/prices.toml")).unwrap()
    }

    #[test]
    fn the_total_is_the_bill_of_every_target_and_of_the_pipeline() {
        let found = run(&prices());
        // 0.785, 3 × 0.0039825, 10 s of 1.96786 an hour, 1,000 writes.
        let low = found.total_low.money().unwrap().amount().round_dp(9);
        assert_eq!(low.to_string(), "0.803038778");
        // One idle window more.
        let high = found.total_high.money().unwrap().amount().round_dp(9);
        assert_eq!(high.to_string(), "1.588038778");
    }

    #[test]
    fn every_pair_is_compared_and_other_models_are_named() {
        let found = run(&prices());
        assert_eq!(
            (found.break_even.len(), found.idle_break_even.len()),
            (2, 1)
        );
        assert_eq!(found.curve.targets.len(), 3);
        let named = |one: &str, other: &str| {
            let pair = format!("`{one}` and `{other}`");
            found.warnings.iter().any(|warning| warning.contains(&pair))
        };
        assert!(named("serverless", "import") && named("serverless", "inf2"));
        assert!(!named("import", "inf2"));
    }

    #[test]
    fn no_warning_is_said_twice() {
        let warnings = run(&prices()).warnings;
        let distinct: BTreeSet<_> = warnings.iter().collect();
        assert_eq!(distinct.len(), warnings.len());
        let stale = |warning: &&String| warning.contains("prices were older than");
        assert_eq!(warnings.iter().filter(stale).count(), 1, "{warnings:?}");
    }

    #[test]
    fn without_prices_the_run_has_no_cost_and_every_target_says_why() {
        let found = run(&Catalogue::default());
        assert!(
            found
                .total_low
                .reason()
                .unwrap()
                .starts_with("the pipeline:")
        );
        assert!(found.targets.iter().all(|target| target.refused.is_some()));
        assert_eq!((found.break_even.len(), found.curve.targets.len()), (0, 0));
        let named = |sku: &str| found.warnings.iter().any(|warning| warning.contains(sku));
        assert!(named("`bedrock:cmu`") && named("`ec2:inf2.8xlarge`"));
    }

    #[test]
    fn another_price_file_changes_costs_and_survives_storage() {
        let dearer = include_str!("../../../../infra/prices.toml").replace("1.96786", "3.93572");
        let (one, other) = (
            run(&prices()),
            run(&crate::read_catalogue(&dearer).unwrap()),
        );
        assert_ne!(one.targets[2], other.targets[2]);
        assert_eq!(one.targets[..2], other.targets[..2]);
        let json = serde_json::to_string(&one).unwrap();
        assert_eq!(serde_json::from_str::<RunCost>(&json).unwrap(), one);
    }
}
