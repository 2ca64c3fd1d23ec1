//! The costs of the published benchmark, from its own figures.

use std::{env, fs, path::PathBuf};

use bench_core::usage::{Span, Tokens};
use bench_core::{
    config::{self, Target},
    money::{Catalog, Currency, Money, Overrides},
};
use bench_cost::{
    BreakEven, CostModel, FixedCost, HourlyComparison, IdleBreakEven, PriceBook, Quote, Rates,
    Terms, TokenRates, Windows,
};
use jiff::civil::date;
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// The vectors are run by `golden_vectors` too; here each must be computed at all.
#[path = "golden_vectors/cost.rs"]
mod vectors;

const PRICES: &str = include_str!("../../../infra/prices.toml");

fn usd(text: &str) -> Money {
    Money::usd(text).expect("a decimal")
}

fn rounded(money: Money, places: u32) -> String {
    format!("{:.*}", places as usize, money.amount().round_dp(places))
}

fn hourly(id: &str, per_hour: &str, mean_ms: u32) -> CostModel {
    CostModel {
        target_id: id.replace('.', "-").parse().expect("an id"),
        simulated: false,
        fixed_cost: FixedCost::Hourly {
            per_hour: usd(per_hour),
        },
        per_request: usd("0"),
        per_request_at_least: None,
        busy_ms: Decimal::from(mean_ms),
        concurrency: Decimal::ONE,
        sustained_per_hour: None,
    }
}

/// Bedrock Custom Model Import, SageMaker at the EC2 price that was printed, and
/// EC2 Inferentia2, with their published mean latencies.
fn published() -> [CostModel; 3] {
    [
        hourly("import", "9.42", 10_975),
        hourly("g6.8xlarge", "2.014", 32_339),
        hourly("inf2.8xlarge", "1.968", 53_125),
    ]
}

fn serverless() -> CostModel {
    CostModel {
        target_id: "serverless".parse().expect("an id"),
        simulated: false,
        fixed_cost: FixedCost::None,
        per_request: usd("0.0039825"),
        per_request_at_least: None,
        busy_ms: Decimal::from(5_000),
        concurrency: Decimal::ONE,
        sustained_per_hour: None,
    }
}

#[test]
fn a_thousand_sequential_requests_cost_what_their_latency_makes_them_cost() {
    let per_1k = published().map(|line| {
        let one = line.at_utilization(Decimal::ONE).unwrap().high;
        rounded(one.times(Decimal::ONE_THOUSAND).unwrap(), 6)
    });
    assert_eq!(per_1k, ["28.717917", "18.091874", "29.041667"]);
}

#[test]
fn the_published_table_gives_the_published_ratios() {
    let ratio = |import: &str, machine: &str| {
        let ratio = usd(import).ratio(usd(machine)).unwrap();
        format!("{:.2}", ratio.round_dp(2))
    };
    assert_eq!(
        [ratio("4.71", "0.8048"), ratio("4.71", "0.7582")],
        ["5.85", "6.21"]
    );
    assert_eq!(
        [ratio("9.42", "2.014"), ratio("9.42", "1.968")],
        ["4.68", "4.79"]
    );
    assert_eq!(
        [ratio("37.68", "13.350"), ratio("37.68", "12.981")],
        ["2.82", "2.90"]
    );
}

#[test]
fn the_catalog_gives_the_published_ratios_too() {
    let catalog = bench_cost::read_catalog(PRICES).unwrap();
    let overrides = Overrides::default();
    let found = HourlyComparison::of(&book(&catalog, &overrides));
    let ratios: Vec<String> = found
        .sizes
        .iter()
        .flat_map(|row| &row.hostings[..2])
        .map(|cell| format!("{:.2}", cell.most_expensive_to_this.unwrap().round_dp(2)))
        .collect();
    assert_eq!(ratios, ["5.85", "6.21", "4.68", "4.79", "2.82", "2.90"]);
}

#[test]
fn a_serverless_request_costs_what_its_tokens_cost() {
    let catalog = bench_cost::read_catalog(PRICES).unwrap();
    let overrides = Overrides::default();
    let quote = Quote::of(&deepseek_r1(), &book(&catalog, &overrides));
    let rates = quote.rates.unwrap();
    let tokens = Tokens {
        input: 150,
        output: 700,
        cached: 0,
    };
    assert_eq!(rates.tokens().unwrap().cost(tokens), Some(usd("0.0039825")));
    assert_eq!(usd("0.0039825").to_string(), "$0.00398");
}

#[test]
fn the_import_breaks_even_at_a_rate_it_did_not_sustain() {
    let [import, ..] = published();
    let found = BreakEven::between(&serverless(), &import).unwrap();
    assert_eq!(
        found.requests_per_hour.unwrap().round_dp(2).to_string(),
        "2365.35"
    );
    assert_eq!(found.capacity_per_hour.unwrap().round().to_string(), "328");
    assert!(!found.reachable);
    assert_eq!(found.concurrency, Decimal::ONE);
}

#[test]
fn the_published_run_cost_six_windows() {
    let call = |number: i64| Span {
        start_us: number * 10_975_000,
        end_us: (number + 1) * 10_975_000,
        answered: true,
    };
    let calls: Vec<Span> = (0..160).map(call).collect();
    let windows = Windows::of(&calls);
    let catalog = bench_cost::read_catalog(PRICES).unwrap();
    let overrides = Overrides::default();
    let terms = Terms::ModelUnits {
        sku: Terms::MODEL_UNIT.to_owned(),
        units: 2,
        copies: 1,
    };
    let quote = Quote::on(terms, &deepseek_r1(), &book(&catalog, &overrides));
    let cost = windows
        .cost(quote.rates.unwrap().per_window().unwrap())
        .unwrap();
    assert_eq!((windows.sessions, windows.active), (1, 6));
    assert_eq!((cost.low, cost.high), (usd("4.71"), usd("5.495")));
}

#[test]
fn the_import_beats_an_always_on_machine_for_five_hours_a_day() {
    let import = CostModel {
        fixed_cost: FixedCost::Windows {
            per_window: usd("0.785"),
        },
        ..hourly("import", "9.42", 10_975)
    };
    let [_, _, inf2] = published();
    let found = IdleBreakEven::between(&import, &inf2).unwrap();
    assert_eq!(found.windows_per_day.round_dp(2).to_string(), "60.17");
    assert_eq!(found.hours_per_day.round_dp(2).to_string(), "5.01");
}

#[test]
fn the_traces_cost_what_was_published_for_them() {
    let catalog = bench_cost::read_catalog(PRICES).unwrap();
    let overrides = Overrides::default();
    let book = book(&catalog, &overrides);
    let each = |item| {
        book.find("bedrock:openai.gpt-5.5", item)
            .unwrap()
            .each()
            .unwrap()
    };
    let rates = Rates::Tokens(TokenRates {
        input: each(bench_core::money::Item::InputTokens),
        output: each(bench_core::money::Item::OutputTokens),
        cached_input: None,
    });
    for (name, published) in [
        ("bedrock-medium.jsonl", "5.86525"),
        ("openai-medium.jsonl", "5.720145"),
    ] {
        let Some(tokens) = trace(name) else { continue };
        assert_eq!(
            rates.tokens().unwrap().cost(tokens),
            Some(usd(published)),
            "{name}"
        );
    }
}

#[test]
fn every_cost_vector_holds() {
    let path = env::var_os("HOSTBENCH_STATS_VECTORS").map_or_else(
        || root().join("../shared/data/stats_vectors.json"),
        PathBuf::from,
    );
    let Ok(text) = fs::read_to_string(&path) else {
        eprintln!("SKIPPED: no cost vectors at {}", path.display());
        return;
    };
    let file: Value = serde_json::from_str(&text).unwrap();
    let file = file["vectors"].as_array().unwrap();
    let mut held = 0;
    for vector in file {
        let kind = vector["kind"].as_str().unwrap();
        if kind.starts_with("cost_") {
            let found = vectors::compute(kind, &vectors::input_of(vector, file)).unwrap();
            assert_eq!(found, vector["expected"], "{}", vector["id"]);
            held += 1;
        }
    }
    assert!(held > 0, "the file has no cost vector");
}

#[test]
fn an_input_without_rows_is_asked_the_published_ones() {
    let rows = |kind: &str, input: Value| vectors::compute(kind, &input).unwrap()["rows"].clone();
    let tokens = json!({"price_in_per_1k": "0.00135", "price_out_per_1k": "0.0054"});
    assert_eq!(
        rows("cost_token", tokens)[4]["per_1k_requests"],
        "2.334150000"
    );
    let hourly = rows("cost_hourly", json!({}));
    assert_eq!(hourly[2]["sequential_requests_per_hour"], "67.764706");
    let per_request = json!({"token_cost_per_request": "0.0039825"});
    let rate = &rows("cost_break_even", per_request)[2]["break_even_requests_per_hour"];
    assert_eq!(rate, "505.712492");
}

#[test]
fn other_prices_are_worked_out_and_not_looked_up() {
    let row = json!({"target": "other", "price_per_hour": "3.6", "mean_e2e_ms": "2000"});
    let found = vectors::compute("cost_hourly", &json!({ "rows": [row] })).unwrap();
    assert_eq!(found["rows"][0]["cost_per_1k_requests"], "2.000000");
    let row = json!({"target": "other", "price_per_hour": "3.6", "mean_e2e_ms": "2000"});
    let input = json!({"token_cost_per_request": "0.004", "rows": [row]});
    let found = vectors::compute("cost_break_even", &input).unwrap();
    assert_eq!(
        found["rows"][0]["break_even_requests_per_hour"],
        "900.000000"
    );
    assert_eq!(found["rows"][0]["reachable_at_concurrency_1"], true);
}

#[test]
fn a_kind_that_is_not_about_cost_is_left_alone() {
    assert_eq!(vectors::compute("describe", &Value::Null), None);
}

fn book<'a>(catalog: &'a Catalog, overrides: &'a Overrides) -> PriceBook<'a> {
    PriceBook {
        catalog,
        overrides,
        region: "us-east-1",
        day: date(2026, 11, 25),
    }
}

fn deepseek_r1() -> Target {
    let text = r#"
        name = "published"
        [[targets]]
        id = "serverless"
        kind = "bedrock"
        model = "us.deepseek.r1-v1:0"
        request = "converse"
        pricing = { kind = "tokens" }
    "#;
    let mut config =
        config::from_toml(text, &config::Overrides::default()).expect("a configuration");
    config.targets.remove(0)
}

/// The tokens of a trace; `None`, and a word about it, where there is none.
fn trace(name: &str) -> Option<Tokens> {
    let folder = env::var_os("HOSTBENCH_TRACES")
        .map_or_else(|| root().join("../shared/data/traces"), PathBuf::from);
    let Ok(text) = fs::read_to_string(folder.join(name)) else {
        eprintln!("SKIPPED: no trace {name} in {}", folder.display());
        return None;
    };
    let rows = text.lines().map(|line| {
        let row: Value = serde_json::from_str(line).expect("a row of the trace");
        Tokens {
            input: row["input_tokens"].as_u64().unwrap_or(0),
            output: row["output_tokens"].as_u64().unwrap_or(0),
            cached: 0,
        }
    });
    Some(rows.fold(Tokens::default(), Tokens::plus))
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn every_price_is_in_dollars_and_has_a_source() {
    for price in bench_cost::read_catalog(PRICES).unwrap().prices() {
        assert_eq!(price.currency, Currency::USD, "{}", price.sku);
        assert!(!price.source.contains("://"), "{}", price.sku);
    }
}
