//! The cost of a month over requests a day, for all targets, and the cheapest of them.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{Bounds, BreakEven, CostModel, DAYS_OF_MONTH};
use bench_core::{identity::TargetId, money::Currency};

/// The cost of a month over requests a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Curve {
    /// Days of the month.
    pub days: u32,
    /// The requests a day of every point, ascending.
    pub requests_per_day: Vec<u64>,
    /// One entry a target that has a cost in the currency, in the order of the
    /// configuration.
    pub targets: Vec<CurveLine>,
    /// The currency of every amount; `None` where all targets are free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// Targets that have a cost in another currency, and are in no comparison here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<TargetId>,
    /// Which target is cheapest from how many requests a day on, ascending. An
    /// import counts with its idle windows, the higher reading of its bill, and calls
    /// without a token count at the most that they can cost.
    pub cheapest: Vec<Choice>,
}

/// One target of a [`Curve`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct CurveLine {
    /// The target.
    pub target_id: TargetId,
    /// Whether the target is simulated: then the figures are not a finding.
    pub simulated: bool,
    /// The cost of a month at each point; `None` where it is out of range.
    pub monthly: Vec<Option<Bounds>>,
    /// Requests a day that it sustains, by [`CostModel::capacity_per_hour`]; beyond them
    /// further machines or copies are in the cost. `None` for a target without a fixed cost.
    pub capacity_per_day: Option<Decimal>,
}

/// The cheapest target over a range of rates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Choice {
    /// The least requests a day of the range: the break-even.
    pub from_requests_per_day: u64,
    /// The target; the first of the configuration among equals.
    pub target_id: TargetId,
    /// Other targets that may cost less, since a few of their answered calls have no token
    /// count: the choice between them is not decided.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undecided: Vec<TargetId>,
}

/// Points of each decade: ten a decade look even on a logarithmic axis.
const STEPS: [u64; 10] = [100, 125, 160, 200, 250, 315, 400, 500, 630, 800];
/// The curve ends here at the latest.
const MAX_REQUESTS: u64 = 10_000_000;
/// The curve reaches at least here.
const MIN_REQUESTS: u64 = 10_000;

impl Curve {
    /// The curve of the targets whose cost is in the currency that most have, of equally
    /// frequent ones the first, and of those that are free; up to twice what any of them
    /// sustains or breaks even at.
    #[must_use]
    pub fn of(models: &[CostModel]) -> Self {
        let currency = main_currency(models);
        let (models, others): (Vec<&CostModel>, Vec<&CostModel>) = models
            .iter()
            .partition(|model| model.currency().is_none_or(|own| Some(own) == currency));
        let requests_per_day = points(&models);
        let cheapest = choices(&models, &requests_per_day);
        Self {
            days: DAYS_OF_MONTH,
            targets: models
                .iter()
                .map(|model| CurveLine {
                    target_id: model.target_id.clone(),
                    simulated: model.simulated,
                    monthly: requests_per_day.iter().map(|n| model.monthly(*n)).collect(),
                    capacity_per_day: capacity_per_day(model),
                })
                .collect(),
            requests_per_day,
            currency,
            left_out: others
                .into_iter()
                .map(|model| model.target_id.clone())
                .collect(),
            cheapest,
        }
    }
}

/// The currency of most targets; of equally frequent ones that of the first target.
fn main_currency(models: &[CostModel]) -> Option<Currency> {
    let currencies = || models.iter().filter_map(CostModel::currency);
    let frequency = |own: &Currency| currencies().filter(|other| other == own).count();
    // Of equal ones `max_by_key` takes the last.
    let reversed: Vec<Currency> = currencies().collect();
    reversed.into_iter().rev().max_by_key(frequency)
}

fn capacity_per_day(model: &CostModel) -> Option<Decimal> {
    let capacity = model
        .has_fixed_cost()
        .then(|| model.capacity_per_hour())??;
    capacity.checked_mul(Decimal::from(24))
}

fn points(models: &[&CostModel]) -> Vec<u64> {
    let owned: Vec<CostModel> = models.iter().map(|model| (*model).clone()).collect();
    let crossings = BreakEven::of_pairs(&owned).into_iter().flat_map(|pair| {
        let high = pair.range.and_then(|range| range.high);
        pair.requests_per_day.into_iter().chain(high)
    });
    let most = models
        .iter()
        .filter_map(|model| capacity_per_day(model))
        .chain(crossings)
        .filter_map(|requests| u64::try_from(requests.round()).ok())
        .max()
        .unwrap_or(0)
        .saturating_mul(2)
        .clamp(MIN_REQUESTS, MAX_REQUESTS);
    let mut points = vec![1, 2, 3, 4, 5, 6, 8];
    let mut decade = 10;
    loop {
        for step in STEPS {
            let point = step * decade / 100;
            if points.last().is_some_and(|last| *last >= most) {
                return points;
            }
            points.push(point);
        }
        decade *= 10;
    }
}

/// The cheapest target at each point, with the place where it changes narrowed
/// down to a single request between two points.
fn choices(models: &[&CostModel], points: &[u64]) -> Vec<Choice> {
    let mut choices: Vec<Choice> = Vec::new();
    let mut before: Option<(u64, Cheapest)> = None;
    for point in points {
        let Some(now) = cheapest(models, *point) else {
            continue;
        };
        if before.is_none() {
            choices.push(now.from(*point));
        }
        while let Some((below, name)) = before.take()
            && name != now
        {
            let from = crossing(models, below, *point, &name);
            let found = cheapest(models, from).unwrap_or_else(|| now.clone());
            // A range that is not decided may lie between two points.
            let next = if found.is_undecided() || now.is_undecided() {
                found
            } else {
                now.clone()
            };
            choices.push(next.from(from));
            before = (next != now).then_some((from, next));
        }
        before = Some((*point, now));
    }
    choices
}

/// The cheapest target at a rate, and others that may cost less.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cheapest<'a> {
    target_id: &'a TargetId,
    undecided: Vec<&'a TargetId>,
}

impl Cheapest<'_> {
    fn is_undecided(&self) -> bool {
        !self.undecided.is_empty()
    }

    fn from(&self, requests_per_day: u64) -> Choice {
        Choice {
            from_requests_per_day: requests_per_day,
            target_id: self.target_id.clone(),
            undecided: self.undecided.iter().copied().cloned().collect(),
        }
    }
}

/// The least rate above `below` at which the choice is another than `before`.
fn crossing(models: &[&CostModel], mut below: u64, mut above: u64, before: &Cheapest) -> u64 {
    while above - below > 1 {
        let middle = below + (above - below) / 2;
        if cheapest(models, middle).as_ref() == Some(before) {
            below = middle;
        } else {
            above = middle;
        }
    }
    above
}

fn cheapest<'a>(models: &[&'a CostModel], requests_per_day: u64) -> Option<Cheapest<'a>> {
    let costs = models
        .iter()
        .filter_map(|model| Some((model.monthly(requests_per_day)?, *model)));
    let (cost, cheapest) = costs.clone().min_by_key(|(cost, _)| cost.high.amount())?;
    let may_cost_less = |other: &(Bounds, &CostModel)| {
        other.1.is_range() && other.0.low.amount() < cost.high.amount()
    };
    Some(Cheapest {
        target_id: &cheapest.target_id,
        undecided: costs
            .filter(may_cost_less)
            .map(|(_, model)| &model.target_id)
            .filter(|other| **other != cheapest.target_id)
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FixedCost;
    use bench_core::money::Money;

    fn usd(text: &str) -> Money {
        Money::usd(text).unwrap()
    }

    fn model(id: &str, fixed_cost: FixedCost, per_request: &str, busy_ms: i64) -> CostModel {
        CostModel {
            target_id: id.parse().unwrap(),
            simulated: false,
            fixed_cost,
            per_request: usd(per_request),
            per_request_at_least: None,
            busy_ms: Decimal::from(busy_ms),
            concurrency: Decimal::ONE,
            sustained_per_hour: None,
        }
    }

    fn tokens(per_request: &str) -> CostModel {
        model("tokens", FixedCost::None, per_request, 5_000)
    }

    fn hourly(per_hour: &str, busy_ms: i64) -> CostModel {
        let per_hour = usd(per_hour);
        model("machine", FixedCost::Hourly { per_hour }, "0", busy_ms)
    }

    #[test]
    fn a_crossing_is_found_to_the_request() {
        // 24 a day against 0.01 a request: equal at 2,400, where the first wins.
        let curve = Curve::of(&[tokens("0.01"), hourly("1", 100)]);
        assert_eq!(curve.cheapest.len(), 2);
        assert_eq!(curve.cheapest[1].from_requests_per_day, 2_401);
    }

    #[test]
    fn an_import_beats_an_idle_machine_until_it_is_seldom_idle() {
        let import = model(
            "import",
            FixedCost::Windows {
                per_window: usd("0.785"),
            },
            "0",
            6_000,
        );
        let curve = Curve::of(&[import, hourly("1.968", 53_125)]);
        // 47.232 a day buy 60.17 windows; a call bills its own and an idle one.
        assert_eq!(curve.cheapest[0].target_id, "import");
        assert_eq!(curve.cheapest[1].from_requests_per_day, 31);
        assert_eq!(curve.days, 30);
    }

    #[test]
    fn a_curve_is_of_one_currency_and_names_the_targets_of_others() {
        let euros = |id: &str, per_request: &str| CostModel {
            per_request: Money::new(
                per_request.parse().unwrap(),
                Currency::parse("EUR").unwrap(),
            ),
            ..model(id, FixedCost::None, "0", 5_000)
        };
        let free = model("free", FixedCost::None, "0", 5_000);
        let curve = Curve::of(&[euros("euro", "0.001"), tokens("0.01"), hourly("1", 100)]);
        assert_eq!(curve.currency, Some(Currency::USD));
        assert_eq!(curve.left_out, ["euro"]);
        assert!(
            curve
                .cheapest
                .iter()
                .all(|choice| choice.target_id != "euro")
        );
        let equal = Curve::of(&[tokens("0.01"), euros("euro", "0.001"), free.clone()]);
        assert_eq!(equal.currency, Some(Currency::USD));
        assert_eq!(equal.cheapest[0].target_id, "free");
        let curve = Curve::of(&[free, euros("euro", "0.001")]);
        assert_eq!((curve.targets.len(), curve.left_out.len()), (2, 0));
        assert_eq!(curve.cheapest.len(), 1);
    }

    #[test]
    fn where_the_costs_of_calls_without_a_count_decide_the_choice_is_not_decided() {
        let ranged = |low: &str| CostModel {
            per_request_at_least: Some(usd(low)),
            ..tokens("0.01")
        };
        let choices = |low: &str| {
            let curve = Curve::of(&[ranged(low), hourly("1", 100)]);
            let choices = curve.cheapest.into_iter().map(|choice| {
                let undecided = choice.undecided.iter().map(ToString::to_string);
                let undecided: Vec<String> = undecided.collect();
                let from = choice.from_requests_per_day;
                (from, choice.target_id.to_string(), undecided)
            });
            choices.collect::<Vec<_>>()
        };
        let of = |from, id: &str, undecided: &[&str]| {
            let undecided = undecided.iter().map(ToString::to_string);
            (from, id.to_owned(), undecided.collect::<Vec<_>>())
        };
        // 24 a day: at most 0.01 a request up to 2,400; at least 0.005 from 4,800 on.
        let expected = [
            of(1, "tokens", &[]),
            of(2_401, "machine", &["tokens"]),
            of(4_800, "machine", &[]),
        ];
        assert_eq!(choices("0.005"), expected);
        // From 2,401 to 2,425 alone, between two points.
        let narrow = choices("0.0099");
        assert_eq!(
            narrow[1..],
            [of(2_401, "machine", &["tokens"]), of(2_425, "machine", &[])]
        );
    }

    #[test]
    fn every_target_has_every_point() {
        let curve = Curve::of(&[tokens("0.01"), hourly("1", 100)]);
        let points = curve.requests_per_day.len();
        assert!(
            curve
                .targets
                .iter()
                .all(|model| model.monthly.len() == points)
        );
        assert!(curve.requests_per_day.is_sorted());
        assert!(*curve.requests_per_day.last().unwrap() >= 2 * 864_000);
    }

    #[test]
    fn nothing_to_compare_is_an_empty_curve() {
        let curve = Curve::of(&[]);
        assert_eq!((curve.targets.len(), curve.cheapest.len()), (0, 0));
    }
}
