//! The budget of a run, and whether its calls so far may have spent it.

use std::{collections::BTreeMap, fmt};

use jiff::tz::TimeZone;

use crate::{
    Bounds, CallLimits, CostReason, CostWarning, CurrencyTargets, PriceBook, Quote, Rates, Terms,
    spent,
};
use bench_core::money::Catalog;
use bench_core::money::{Currency, Money, Overrides};
use bench_core::usage::UsageTotals;
use bench_core::{
    config::{RunConfig, Target},
    dataset::Prompt,
    identity::TargetId,
    plan::Plan,
    sample::Phase,
};

/// The budget of a run, with the rates that its spending is computed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunBudget {
    /// The most that the run may cost.
    pub limit: Money,
    /// The targets that are paid for; one that declares no pricing costs nothing.
    pub targets: BTreeMap<TargetId, PaidTarget>,
    /// The targets that it does not limit, since they are priced in another currency: what
    /// they cost is not counted, and their calls go on when it is spent.
    pub not_limited: Vec<CurrencyTargets>,
}

/// Why a budget cannot be enforced: a reason for every target without a price, or, where it
/// would limit none, for every one with a price in another currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetError(pub Vec<CostReason>);

impl fmt::Display for BudgetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reasons: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        write!(
            f,
            "`budget_usd` cannot be kept: {}; or leave `budget_usd` out",
            reasons.join("; ")
        )
    }
}

impl std::error::Error for BudgetError {}

/// The rates and limits that a target's cost so far is computed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaidTarget {
    /// The rates that it is billed at.
    pub rates: Rates,
    /// The most that one call of it can use.
    pub limits: CallLimits,
}

impl RunBudget {
    /// The budget of a run, by the prices of its plan; `None` where it has none.
    ///
    /// # Errors
    ///
    /// [`BudgetError`].
    pub fn of(plan: &Plan) -> Result<Option<Self>, BudgetError> {
        let (nothing, none) = (Catalog::default(), Overrides::default());
        let book = PriceBook {
            catalog: plan.prices.as_ref().unwrap_or(&nothing),
            overrides: &none,
            region: plan.price_region(),
            day: TimeZone::UTC.to_datetime(plan.created_at).date(),
        };
        Self::quoted(&plan.config, &plan.prompts, |target| {
            Quote::of(target, &book.of_target(target))
        })
    }

    /// The budget of a run before there is a plan, if it can be kept; `None` where it has
    /// none. Its limits of a call are without the prompts.
    ///
    /// # Errors
    ///
    /// [`BudgetError`].
    pub fn validate(config: &RunConfig, book: &PriceBook) -> Result<Option<Self>, BudgetError> {
        let quote = |target: &Target| Quote::of(target, &book.of_target(target));
        Self::quoted(config, &[], quote)
    }

    fn quoted(
        config: &RunConfig,
        prompts: &[Prompt],
        quote: impl Fn(&Target) -> Quote,
    ) -> Result<Option<Self>, BudgetError> {
        let Some(limit) = config.budget() else {
            return Ok(None);
        };
        let mut targets = BTreeMap::new();
        let (mut reasons, mut others) = (Vec::new(), Vec::new());
        for target in &config.targets {
            if Terms::of(target).is_none() {
                continue;
            }
            let rates = match quote(target).rates {
                Ok(rates) => rates,
                Err(reason) => {
                    reasons.push(reason.of_target(&target.id));
                    continue;
                }
            };
            if let Some(currency) = other_currency(limit, &rates) {
                others.push((&target.id, currency));
            } else {
                let limits = limits(config, target, prompts);
                targets.insert(target.id.clone(), PaidTarget { rates, limits });
            }
        }
        let is_free = |target: &PaidTarget| matches!(target.rates, Rates::Free);
        if targets.values().all(is_free) {
            let currency = limit.currency().to_string();
            let reason = CostReason::OtherCurrency { currency };
            let limits_none = others.iter().map(|(id, _)| reason.clone().of_target(id));
            reasons.extend(limits_none);
        }
        if reasons.is_empty() {
            let not_limited = CurrencyTargets::group(others);
            Ok(Some(Self {
                limit,
                targets,
                not_limited,
            }))
        } else {
            Err(BudgetError(reasons))
        }
    }

    /// Whether the calls of a target end when the budget is spent: those of every one that is
    /// not priced in another currency.
    #[must_use]
    pub fn limits(&self, target_id: &str) -> bool {
        let mut others = self.not_limited.iter().flat_map(|of| &of.target_ids);
        !others.any(|other| other == target_id)
    }

    /// The warning of targets that it does not limit; `None` where it limits all.
    #[must_use]
    pub fn warning(&self) -> Option<CostWarning> {
        (!self.not_limited.is_empty()).then(|| CostWarning::OutsideBudget {
            budget: self.limit,
            currencies: self.not_limited.clone(),
        })
    }

    /// The cost of all targets so far, from the usage of their calls; `None` where
    /// that is out of range.
    ///
    /// Machines and imports are counted from a target's first call to the end of
    /// its last; see [`spent`].
    #[must_use]
    pub fn spent(&self, used: &BTreeMap<String, UsageTotals>) -> Option<Bounds> {
        let nothing = Bounds::from(Money::zero(self.limit.currency()));
        self.targets.iter().try_fold(nothing, |sum, (id, target)| {
            let Some(used) = used.get(id.as_str()) else {
                return Some(sum);
            };
            let elapsed = used.last_us.saturating_sub(used.first_us);
            let elapsed = u64::try_from(elapsed).unwrap_or(0);
            sum.plus(spent(&target.rates, &used.usage, &target.limits, elapsed)?)
        })
    }

    /// Whether the budget may have been spent: then no further call is to be made of a
    /// target that it [limits](Self::limits).
    #[must_use]
    pub fn is_spent(&self, used: &BTreeMap<String, UsageTotals>) -> bool {
        self.spent(used)
            .is_none_or(|spent| spent.reaches(self.limit))
    }
}

/// The currency of rates that a limit cannot be compared with.
fn other_currency(limit: Money, rates: &Rates) -> Option<Currency> {
    let currency = rates.currency()?;
    (currency != limit.currency()).then_some(currency)
}

fn limits(config: &RunConfig, target: &Target, prompts: &[Prompt]) -> CallLimits {
    let longest = prompts.iter().map(|prompt| {
        let rendered = prompt.rendered(&config.method, target, Phase::Measured, 1);
        rendered.text.len() as u64
    });
    // A character is a token at most, and four are one until the target has counted.
    let asked = config
        .dataset
        .input_tokens
        .map(|tokens| 4 * u64::from(tokens));
    CallLimits {
        input_tokens: asked.or(longest.max()).unwrap_or(0),
        output_tokens: target.max_tokens.into(),
        concurrency: target.concurrency,
    }
}

#[cfg(test)]
mod tests;
