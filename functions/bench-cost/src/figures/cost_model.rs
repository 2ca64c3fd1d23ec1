//! The cost of a target as a function of its load.

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

use crate::{Bounds, Rates, Windows, usage::WINDOW_US};
use bench_core::usage::Span;
use bench_core::{
    identity::TargetId,
    money::{Currency, Money},
};

/// Hours of the day, over which requests are taken to be spread evenly.
const HOURS: u32 = 24;
/// Windows of the day.
const WINDOWS: u64 = 288;
/// Microseconds of a day.
const DAY_US: i64 = 86_400_000_000;
/// Days of a month; stated wherever a month is.
pub const DAYS_OF_MONTH: u32 = 30;

/// The cost of a target whether it is used or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum FixedCost {
    /// No fixed cost.
    None,
    /// So much an hour, always.
    Hourly {
        /// All machines together.
        per_hour: Money,
    },
    /// So much for each window of five minutes that a request falls into.
    Windows {
        /// All units of all copies together.
        per_window: Money,
    },
}

/// The cost of a target as a function of load: its fixed cost, what each
/// request adds, and how many it can answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct CostModel {
    /// The target.
    pub target_id: TargetId,
    /// Whether the target is simulated: then its figures are not a finding.
    pub simulated: bool,
    /// The cost whether it is used or not.
    pub fixed_cost: FixedCost,
    /// The cost that each answered request adds: its tokens; the most, where a few
    /// answered calls have no token count.
    pub per_request: Money,
    /// The least, where a few answered calls have no token count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_request_at_least: Option<Money>,
    /// Milliseconds of calls for each answered request: the mean latency, where
    /// no call failed.
    pub busy_ms: Decimal,
    /// Calls in flight at a time, as measured.
    pub concurrency: Decimal,
    /// Requests per hour that it sustains under the objective of its load: the least that was
    /// measured; absent where no capacity was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sustained_per_hour: Option<Decimal>,
}

/// The source of the requests per hour that a target sustains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CapacityBasis {
    /// Its sequential calls, back to back at the measured concurrency.
    OneCaller,
    /// Its capacity under the objective of its load.
    Load,
}

/// The cost of a target at a stated rate of requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct AtRate {
    /// The rate, spread evenly.
    pub requests_per_hour: Decimal,
    /// Sets of machines or copies that the rate takes, each at
    /// [`CostModel::capacity_per_hour`]; 1 without a fixed cost.
    pub instances: u64,
    /// The cost of one request.
    pub per_request: Bounds,
}

impl CostModel {
    /// The model of a target by its rates, from `busy_us` microseconds and
    /// `token_cost` spent on `answered` requests; `None` without any.
    #[must_use]
    pub fn new(
        target_id: &TargetId,
        rates: &Rates,
        token_cost: Bounds,
        busy_us: u64,
        answered: u64,
        concurrency: Decimal,
    ) -> Option<Self> {
        let answered = Decimal::from(answered);
        let fixed_cost = match rates {
            Rates::Free | Rates::Tokens(_) => FixedCost::None,
            Rates::Hourly(per_hour) | Rates::Mixed(per_hour, _) => FixedCost::Hourly {
                per_hour: *per_hour,
            },
            Rates::ModelUnits(_) => FixedCost::Windows {
                per_window: rates.per_window()?,
            },
        };
        Some(Self {
            target_id: target_id.clone(),
            simulated: false,
            fixed_cost,
            per_request: token_cost.high.over(answered)?,
            per_request_at_least: if token_cost.low == token_cost.high {
                None
            } else {
                Some(token_cost.low.over(answered)?)
            },
            busy_ms: Decimal::from(busy_us)
                .checked_div(answered.checked_mul(Decimal::ONE_THOUSAND)?)?,
            concurrency,
            sustained_per_hour: None,
        })
    }

    /// The source of [`CostModel::capacity_per_hour`].
    #[must_use]
    pub fn capacity_basis(&self) -> CapacityBasis {
        match self.sustained_per_hour {
            Some(_) => CapacityBasis::Load,
            None => CapacityBasis::OneCaller,
        }
    }

    /// The cost of an hour of uninterrupted use, apart from tokens.
    #[must_use]
    pub fn per_hour(&self) -> Option<Money> {
        match self.fixed_cost {
            FixedCost::None => Some(Money::zero(self.per_request.currency())),
            FixedCost::Hourly { per_hour } => Some(per_hour),
            FixedCost::Windows { per_window } => per_window.times(Decimal::from(WINDOWS / 24)),
        }
    }

    /// The currency of its cost; `None` where it is free, which is nothing in any.
    #[must_use]
    pub fn currency(&self) -> Option<Currency> {
        let is_free = !self.has_fixed_cost() && self.per_request.is_zero();
        (!is_free).then(|| self.per_request.currency())
    }

    /// Whether the cost of a request is a range, since a few answered calls have no
    /// token count.
    #[must_use]
    pub fn is_range(&self) -> bool {
        self.per_request_at_least.is_some()
    }

    /// The limits of the cost that each answered request adds; equal but for a range.
    #[must_use]
    pub fn per_request_bounds(&self) -> Bounds {
        Bounds {
            low: self.per_request_at_least.unwrap_or(self.per_request),
            high: self.per_request,
        }
    }

    /// Whether it costs something to have.
    #[must_use]
    pub fn has_fixed_cost(&self) -> bool {
        !matches!(self.fixed_cost, FixedCost::None)
    }

    /// Requests per hour that it sustains: under the objective of its load where that was
    /// measured, else at the measured concurrency, back to back:
    /// `3 600 000 · concurrency / busy_ms`. `None` where calls took no time.
    ///
    /// ```
    /// use bench_core::money::Money;
    /// use bench_cost::{CostModel, FixedCost};
    /// let import = CostModel {
    ///     target_id: "cmi".parse().unwrap(),
    ///     simulated: false,
    ///     fixed_cost: FixedCost::Hourly { per_hour: Money::usd("9.42").unwrap() },
    ///     per_request: Money::usd("0").unwrap(),
    ///     per_request_at_least: None,
    ///     busy_ms: 10_975.into(),
    ///     concurrency: 1.into(),
    ///     sustained_per_hour: None,
    /// };
    /// // 3,600,000 / 10,975
    /// assert_eq!(import.capacity_per_hour().unwrap().round_dp(6).to_string(), "328.018223");
    /// // 9.42 · 10.975 / 3,600
    /// let busy = import.at_utilization(1.into()).unwrap();
    /// assert_eq!(busy.high.amount().round_dp(9).to_string(), "0.028717917");
    /// ```
    #[must_use]
    pub fn capacity_per_hour(&self) -> Option<Decimal> {
        if self.sustained_per_hour.is_some() {
            return self.sustained_per_hour;
        }
        Decimal::from(3_600_000)
            .checked_mul(self.concurrency)?
            .checked_div(self.busy_ms)
    }

    /// The cost of a request at this utilization, above 0 and at most 1:
    /// `rate · busy_ms / (3 600 000 · concurrency · share)` and its tokens.
    #[must_use]
    pub fn at_utilization(&self, share: Decimal) -> Option<Bounds> {
        let capacity = Decimal::from(3_600_000)
            .checked_mul(self.concurrency)?
            .checked_mul(share)?;
        let hours = self.per_hour()?.times(self.busy_ms)?.over(capacity)?;
        self.per_request_bounds().map(|tokens| hours.plus(tokens))
    }

    /// The cost of a request at so many per hour, spread evenly. As many machines
    /// run as the rate takes; a scale-to-zero import is active in the windows the
    /// requests fall into. `None` for a rate of nothing.
    #[must_use]
    pub fn at_rate(&self, requests_per_hour: Decimal) -> Option<AtRate> {
        if requests_per_hour <= Decimal::ZERO {
            return None;
        }
        let instances = self.instances(requests_per_hour)?;
        let fixed_cost = match self.fixed_cost {
            FixedCost::None => Money::zero(self.per_request.currency()).into(),
            FixedCost::Hourly { per_hour } => {
                let all = per_hour.times(Decimal::from(instances))?;
                Bounds::from(all.over(requests_per_hour)?)
            }
            FixedCost::Windows { per_window } => {
                // Whole requests of a day, and at least one.
                let day = requests_per_hour.checked_mul(Decimal::from(HOURS))?;
                let day = day.round().max(Decimal::ONE);
                let requests = u64::try_from(day).ok()?;
                self.windows(requests, per_window)?
                    .map(|cost| cost.over(day))?
            }
        };
        Some(AtRate {
            requests_per_hour,
            instances,
            per_request: fixed_cost.plus(self.per_request_bounds())?,
        })
    }

    /// The cost of a month of [`DAYS_OF_MONTH`] days at so many requests a day,
    /// spread evenly.
    #[must_use]
    pub fn monthly(&self, requests_per_day: u64) -> Option<Bounds> {
        let requests = Decimal::from(requests_per_day);
        let fixed_cost = match self.fixed_cost {
            FixedCost::None => Money::zero(self.per_request.currency()).into(),
            FixedCost::Hourly { per_hour } => {
                let rate = requests.checked_div(Decimal::from(HOURS))?;
                let hours =
                    Decimal::from(self.instances(rate)?).checked_mul(Decimal::from(HOURS))?;
                Bounds::from(per_hour.times(hours)?)
            }
            FixedCost::Windows { per_window } => self.windows(requests_per_day, per_window)?,
        };
        let tokens = self.per_request_bounds().map(|each| each.times(requests))?;
        fixed_cost
            .plus(tokens)?
            .map(|daily| daily.times(Decimal::from(DAYS_OF_MONTH)))
    }

    /// Sets of machines that a rate takes: at least one, which is paid for while idle.
    fn instances(&self, requests_per_hour: Decimal) -> Option<u64> {
        if !self.has_fixed_cost() {
            return Some(1);
        }
        let Some(capacity) = self.capacity_per_hour() else {
            return Some(1);
        };
        let needed = requests_per_hour
            .checked_div(capacity)?
            .round_dp_with_strategy(0, RoundingStrategy::ToPositiveInfinity);
        u64::try_from(needed.max(Decimal::ONE)).ok()
    }

    /// The cost of the windows of one day that evenly spread requests fall into.
    fn windows(&self, requests_per_day: u64, per_window: Money) -> Option<Bounds> {
        if requests_per_day == 0 {
            return Some(Money::zero(per_window.currency()).into());
        }
        // From one request a window on, the import never sleeps.
        let (low, high) = if requests_per_day >= WINDOWS {
            (WINDOWS, WINDOWS)
        } else {
            let apart = DAY_US / i64::try_from(requests_per_day).ok()?;
            let busy_us = self.busy_ms.checked_mul(Decimal::ONE_THOUSAND)?.round();
            let busy_us = i64::try_from(busy_us).ok()?;
            let calls: Vec<Span> = (0..i64::try_from(requests_per_day).ok()?)
                .map(|call| Span {
                    start_us: call * apart,
                    end_us: (call * apart).saturating_add(busy_us),
                    answered: true,
                })
                .collect();
            let windows = Windows::of(&calls);
            let idle = windows.active + windows.sessions;
            (windows.active.min(WINDOWS), idle.min(WINDOWS))
        };
        let rate = Decimal::from(requests_per_day).checked_div(Decimal::from(HOURS))?;
        let all = per_window.times(Decimal::from(self.instances(rate)?))?;
        Some(Bounds {
            low: all.times(Decimal::from(low))?,
            high: all.times(Decimal::from(high))?,
        })
    }
}

const _: () = assert!(DAY_US / WINDOW_US == 288);

#[cfg(test)]
mod tests;
