//! The cost of the pipeline itself: functions, workflow, table and bucket.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{CostReason, Figure, MissingPrice, PriceBook, UsedPrice, figure::sum};
use bench_core::{money::Item, plan::Architecture};

/// The counted usage of the pipeline by a run.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct PipelineUsage {
    /// The processor of all functions.
    pub architecture: Architecture,
    /// Invocations of functions.
    pub invocations: u64,
    /// Memory of the functions × the time they were billed for; see
    /// [`PipelineUsage::invoked`].
    pub gb_seconds: Decimal,
    /// Transitions of the state machine, those of its children and retries included.
    pub transitions: u64,
    /// Write request units of the table: one for each started KB of an item.
    pub writes: u64,
    /// Read request units of the table.
    pub reads: u64,
    /// Objects written to the bucket.
    pub puts: u64,
    /// Objects read from the bucket.
    pub gets: u64,
}

impl PipelineUsage {
    /// Adds invocations of one function that were billed `billed_ms` milliseconds
    /// in all at `memory_mb` megabytes: `MB / 1,024 · ms / 1,000` GB-seconds.
    /// `None` where that does not fit.
    ///
    /// ```
    /// use bench_cost::PipelineUsage;
    /// // A quarter of a GB for 5,120 s: the published SageMaker run.
    /// let usage = PipelineUsage::default().invoked(20, 5_120_000, 256).unwrap();
    /// assert_eq!((usage.invocations, usage.gb_seconds), (20, 1_280.into()));
    /// ```
    #[must_use]
    pub fn invoked(self, invocations: u64, billed_ms: u64, memory_mb: u32) -> Option<Self> {
        let gb_seconds = Decimal::from(billed_ms)
            .checked_mul(Decimal::from(memory_mb))?
            .checked_div(Decimal::from(1_024_000))?;
        Some(Self {
            invocations: self.invocations.checked_add(invocations)?,
            gb_seconds: self.gb_seconds.checked_add(gb_seconds)?,
            ..self
        })
    }

    fn lines(&self) -> [(&'static str, Item, Decimal); 7] {
        let lambda = sku(self.architecture);
        let count = |number: u64| Decimal::from(number);
        [
            (lambda, Item::GbSecond, self.gb_seconds),
            (lambda, Item::Requests, count(self.invocations)),
            (
                "stepfunctions:standard",
                Item::Transitions,
                count(self.transitions),
            ),
            ("dynamodb:on-demand", Item::Writes, count(self.writes)),
            ("dynamodb:on-demand", Item::Reads, count(self.reads)),
            ("s3:standard", Item::Puts, count(self.puts)),
            ("s3:standard", Item::Gets, count(self.gets)),
        ]
    }
}

/// The cost of a run's use of the pipeline, without free tiers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PipelineCost {
    /// One line a price.
    pub lines: Vec<PipelineLine>,
    /// All lines; unknown when one of them is.
    pub total: Figure,
    /// The prices all lines are made of.
    pub prices: Vec<UsedPrice>,
    /// The prices that lines lack.
    pub missing: Vec<MissingPrice>,
}

/// One priced item of the pipeline's usage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PipelineLine {
    /// The SKU that is paid for.
    pub sku: String,
    /// The item that is counted, such as `GB-second`.
    pub item: String,
    /// How many of the item.
    pub quantity: Decimal,
    /// The cost of so many.
    pub cost: Figure,
}

impl PipelineCost {
    /// No cost, for that reason.
    #[must_use]
    pub fn unavailable(reason: CostReason) -> Self {
        Self {
            lines: Vec::new(),
            total: Figure::unavailable(reason),
            prices: Vec::new(),
            missing: Vec::new(),
        }
    }

    /// The cost of the usage, `quantity · price` line by line. A price is
    /// missing only where its quantity is above 0.
    #[must_use]
    pub fn of(usage: &PipelineUsage, book: &PriceBook) -> Self {
        let mut prices = Vec::new();
        let mut missing = Vec::new();
        let lines: Vec<PipelineLine> = usage
            .lines()
            .into_iter()
            .filter(|(_, _, quantity)| !quantity.is_zero())
            .map(|(sku, item, quantity)| {
                let price = book.find(sku, item);
                let cost = if let Some(price) = &price {
                    let cost = price.each().and_then(|each| each.times(quantity));
                    Figure::or(cost, || CostReason::OutOfRange)
                } else {
                    let price = MissingPrice::new(sku, item);
                    let reason = price.reason();
                    missing.push(price);
                    Figure::unavailable(reason)
                };
                prices.extend(price);
                PipelineLine {
                    sku: sku.to_owned(),
                    item: item.as_str().to_owned(),
                    quantity,
                    cost,
                }
            })
            .collect();
        Self {
            total: total(&lines),
            lines,
            prices,
            missing,
        }
    }
}

fn sku(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::Arm64 => "lambda:arm64",
        Architecture::X86 => "lambda:x86_64",
    }
}

fn total(lines: &[PipelineLine]) -> Figure {
    lines
        .iter()
        .map(|line| line.cost.clone())
        .reduce(|total, cost| sum(&total, &cost))
        .unwrap_or_else(|| Figure::unavailable(CostReason::NoUsage))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use bench_core::money::Catalog;
    use bench_core::money::{Money, Overrides};

    fn cost(usage: &PipelineUsage, catalog: &Catalog) -> PipelineCost {
        PipelineCost::of(
            usage,
            &PriceBook {
                catalog,
                overrides: &Overrides::default(),
                region: "us-east-1",
                day: date(2026, 10, 20),
            },
        )
    }

    fn usage() -> PipelineUsage {
        PipelineUsage {
            gb_seconds: Decimal::from(1_000),
            invocations: 1_000,
            transitions: 100,
            writes: 320,
            ..PipelineUsage::default()
        }
    }

    #[test]
    fn the_lines_add_up_to_the_total() {
        let text = include_str!("../../../../infra/prices.toml");
        let found = cost(&usage(), &crate::read_catalog(text).unwrap());
        // 0.0133334 + 0.0002 + 0.0025 + 0.0002
        assert_eq!(found.total.value(), Money::usd("0.0162334"));
        assert_eq!(found.lines.len(), 4);
        let x86 = PipelineUsage {
            architecture: Architecture::X86,
            ..usage()
        };
        let found = cost(&x86, &crate::read_catalog(text).unwrap());
        assert_eq!(found.lines[0].cost.value(), Money::usd("0.0166667"));
    }

    #[test]
    fn one_unknown_line_leaves_the_total_unknown() {
        let found = cost(&usage(), &Catalog::default());
        let reason = CostReason::PriceMissing {
            sku: "lambda:arm64".to_owned(),
            item: "GB-second".to_owned(),
        };
        assert_eq!(found.total.reason(), Some(&reason));
        assert_eq!(found.missing.len(), 4);
    }

    #[test]
    fn nothing_counted_is_not_nothing_spent() {
        let found = cost(&PipelineUsage::default(), &Catalog::default());
        assert_eq!(found.total.value(), None);
    }
}
