//! The cost of a target over its load.

use super::*;

fn usd(text: &str) -> Money {
    Money::usd(text).unwrap()
}

fn model(fixed_cost: FixedCost, busy_ms: i64) -> CostModel {
    CostModel {
        target_id: "t".parse().unwrap(),
        simulated: false,
        fixed_cost,
        per_request: usd("0"),
        per_request_at_least: None,
        busy_ms: Decimal::from(busy_ms),
        concurrency: Decimal::ONE,
        sustained_per_hour: None,
    }
}

fn machine() -> CostModel {
    // 3,600 requests an hour.
    model(
        FixedCost::Hourly {
            per_hour: usd("1.20"),
        },
        1_000,
    )
}

fn import() -> CostModel {
    model(
        FixedCost::Windows {
            per_window: usd("0.785"),
        },
        6_000,
    )
}

#[test]
fn a_machine_costs_the_same_a_month_until_it_is_full() {
    let month = |requests| machine().monthly(requests).unwrap().low;
    assert_eq!(month(0), usd("864"));
    assert_eq!(month(3_600 * 24), usd("864"));
    assert_eq!(month(3_600 * 24 + 1), usd("1728"));
}

#[test]
fn an_import_costs_the_windows_its_requests_fall_into() {
    let month = |requests| import().monthly(requests).unwrap();
    assert_eq!(month(0), usd("0").into());
    // Hourly calls: 24 windows a day, twice that with the idle ones.
    assert_eq!(month(24).low, usd("565.20"));
    assert_eq!(month(24).high, usd("1130.40"));
    // 288 windows of 0.785 for 30 days: always active.
    assert_eq!(month(288), usd("6782.40").into());
    assert_eq!(month(5_000), usd("6782.40").into());
}

#[test]
fn an_idle_machine_makes_few_requests_expensive() {
    let at = |rate: i64| machine().at_rate(Decimal::from(rate)).unwrap();
    assert_eq!(at(1).per_request, usd("1.20").into());
    assert_eq!(at(1_200).per_request, usd("0.001").into());
    assert_eq!((at(7_200).instances, at(7_201).instances), (2, 3));
    assert_eq!(machine().at_rate(Decimal::ZERO), None);
}

#[test]
fn half_the_use_is_twice_the_price() {
    let at =
        |share: &str| model(machine().fixed_cost, 3_000).at_utilization(share.parse().unwrap());
    assert_eq!(at("1"), Some(usd("0.001").into()));
    assert_eq!(at("0.5"), Some(usd("0.002").into()));
    assert_eq!(at("0.1"), Some(usd("0.01").into()));
}

#[test]
fn tokens_cost_the_same_at_any_rate() {
    let mut tokens = model(FixedCost::None, 1_000);
    tokens.per_request = usd("0.0039825");
    assert_eq!(
        tokens.at_utilization("0.1".parse().unwrap()),
        Some(usd("0.0039825").into())
    );
    let at = tokens.at_rate(Decimal::from(1_000_000)).unwrap();
    assert_eq!((at.instances, at.per_request), (1, usd("0.0039825").into()));
    assert_eq!(tokens.monthly(1_000).unwrap().low, usd("119.475"));
}

#[test]
fn a_request_that_costs_a_range_does_so_at_every_load() {
    let mut ranged = machine();
    (ranged.per_request, ranged.per_request_at_least) = (usd("0.02"), Some(usd("0.01")));
    let range = |low: &str, high: &str| Bounds {
        low: usd(low),
        high: usd(high),
    };
    let at = ranged.at_rate(Decimal::from(1_200)).unwrap();
    assert_eq!(at.per_request, range("0.011", "0.021"));
    // 28.80 a day, and 1,000 requests.
    assert_eq!(ranged.monthly(1_000), Some(range("1164", "1464")));
    let half = ranged.at_utilization("0.5".parse().unwrap());
    assert_eq!(
        half.unwrap().low.amount().round_dp(6).to_string(),
        "0.010667"
    );
    assert!(ranged.is_range() && !machine().is_range());
}
