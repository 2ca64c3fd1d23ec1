//! The cost vectors, worked out by the library.
//!
//! Some vectors keep inputs (token counts, prices, calls) beside the results, in the
//! rows of `expected`; [`input_of`] moves them to the input. No result is ever taken
//! from there.

use bench_core::money::{Currency, Money, Unit};
use bench_core::usage::{Span, Tokens};
use bench_cost::{BreakEven, CostModel, FixedCost, PromptCost, Rates, TokenRates, Windows};
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Map, Value, json};

/// Fields of `expected` rows that are inputs.
const INPUT_FIELDS: [&str; 8] = [
    "input_tokens",
    "output_tokens",
    "target",
    "price_per_hour",
    "mean_e2e_ms",
    "utilisations",
    "case",
    "calls",
];

/// The input of a vector, with the input fields of its `expected` rows where the
/// input has no rows itself. A row that only names a target gets the price and
/// latency which the hourly vectors of the same file have for it.
pub(crate) fn input_of(vector: &Value, file: &[Value]) -> Value {
    let mut input = vector["input"].clone();
    if let (Some(table), Some(rows)) =
        (input.as_object_mut(), vector["expected"]["rows"].as_array())
    {
        let hourly: Vec<&Value> = file
            .iter()
            .filter(|vector| vector["kind"] == "cost_hourly")
            .filter_map(|vector| vector["expected"]["rows"].as_array())
            .flatten()
            .collect();
        let rows = rows
            .iter()
            .map(|row| priced(inputs_of(row), &hourly))
            .collect();
        table.entry("rows").or_insert(Value::Array(rows));
    }
    input
}

fn priced(mut row: Value, hourly: &[&Value]) -> Value {
    let named = row["target"].as_str().and_then(|name| named(name, hourly));
    if let (Some(row), Some(named)) = (row.as_object_mut(), named) {
        for name in ["price_per_hour", "mean_e2e_ms"] {
            row.entry(name).or_insert_with(|| named[name].clone());
        }
    }
    row
}

/// The row of the target of that name, which may be a part of the full one.
fn named<'a>(name: &str, rows: &[&'a Value]) -> Option<&'a Value> {
    let full = |row: &&&Value| {
        row["target"]
            .as_str()
            .is_some_and(|full| full.contains(name))
    };
    rows.iter().find(full).copied()
}

fn inputs_of(row: &Value) -> Value {
    let mut inputs = Map::new();
    for name in INPUT_FIELDS {
        if let Some(value) = row.get(name) {
            inputs.insert(name.to_owned(), value.clone());
        }
    }
    if let Some(at) = row["cost_per_request_at_utilisation"].as_object() {
        inputs.insert(
            "utilisations".to_owned(),
            json!(at.keys().collect::<Vec<_>>()),
        );
    }
    Value::Object(inputs)
}

/// The library's results for a vector's input, in the shape of its `expected`;
/// `None` for a kind that is not about cost, or an input that lacks something.
pub(crate) fn compute(kind: &str, input: &Value) -> Option<Value> {
    match kind {
        "cost_token" => token(input),
        "cost_hourly" => hourly(input),
        "cost_break_even" => break_even(input),
        "cost_cmu" if input.get("window_s").is_some() => windows(input),
        "cost_cmu" => formula(input),
        "cost_quality" => quality(input),
        _ => None,
    }
}

/// The rows of an input, or else the published ones.
fn rows(input: &Value, published: fn() -> Value) -> Option<Vec<Value>> {
    let rows = input.get("rows").cloned().unwrap_or_else(published);
    rows.as_array().cloned()
}

fn mapped(rows: &[Value], row: impl Fn(&Value) -> Option<Value>) -> Option<Value> {
    let rows: Option<Vec<Value>> = rows.iter().map(row).collect();
    Some(json!({ "rows": rows? }))
}

fn token(input: &Value) -> Option<Value> {
    let rates = TokenRates {
        input: per_token("1K input tokens", &input["price_in_per_1k"])?,
        output: per_token("1K output tokens", &input["price_out_per_1k"])?,
        cached_input: None,
    };
    let published = || {
        let row =
            |(input, output): (u64, u64)| json!({"input_tokens": input, "output_tokens": output});
        [(150, 700), (100, 0), (0, 1_000), (1_000, 1_000), (77, 413)]
            .map(row)
            .into_iter()
            .collect()
    };
    mapped(&rows(input, published)?, |row| {
        let tokens = Tokens {
            input: row["input_tokens"].as_u64()?,
            output: row["output_tokens"].as_u64()?,
            cached: 0,
        };
        let cost = rates.cost(tokens)?;
        Some(json!({
            "input_tokens": tokens.input,
            "output_tokens": tokens.output,
            "per_request": rounded(cost.amount(), 12),
            "per_1k_requests": rounded(cost.times(Decimal::ONE_THOUSAND)?.amount(), 9),
        }))
    })
}

fn per_token(unit: &str, price: &Value) -> Option<Money> {
    let each = Unit::parse(unit)?.each(decimal(price)?)?;
    Some(Money::new(each, Currency::USD))
}

/// The hourly targets of the published benchmark: price an hour, mean latency.
fn published_targets() -> Value {
    [
        ("bedrock_cmi_2cmu", "9.42", "10975"),
        ("sagemaker_g6_8xlarge_ec2_price", "2.014", "32339"),
        ("ec2_inf2_8xlarge", "1.968", "53125"),
    ]
    .map(
        |(target, price, ms)| json!({"target": target, "price_per_hour": price, "mean_e2e_ms": ms}),
    )
    .into_iter()
    .collect()
}

fn line(row: &Value) -> Option<CostModel> {
    let per_hour = Money::new(decimal(&row["price_per_hour"])?, Currency::USD);
    Some(CostModel {
        target_id: "target".parse().expect("an id"),
        simulated: false,
        fixed_cost: FixedCost::Hourly { per_hour },
        per_request: Money::zero(Currency::USD),
        per_request_at_least: None,
        busy_ms: decimal(&row["mean_e2e_ms"])?,
        concurrency: Decimal::ONE,
        sustained_per_hour: None,
    })
}

fn hourly(input: &Value) -> Option<Value> {
    mapped(&rows(input, published_targets)?, |row| {
        let line = line(row)?;
        let busy = line.at_utilization(Decimal::ONE)?.high;
        let shares = json!(["1", "0.5", "0.1"]);
        let shares = row.get("utilisations").unwrap_or(&shares).as_array()?;
        let mut at = Map::new();
        for share in shares {
            let cost = line.at_utilization(decimal(share)?)?.high;
            at.insert(share.as_str()?.to_owned(), json!(rounded(cost.amount(), 9)));
        }
        Some(json!({
            "target": row["target"],
            "price_per_hour": row["price_per_hour"],
            "mean_e2e_ms": row["mean_e2e_ms"],
            "sequential_requests_per_hour": rounded(line.capacity_per_hour()?, 6),
            "cost_per_request": rounded(busy.amount(), 9),
            "cost_per_1k_requests": rounded(busy.times(Decimal::ONE_THOUSAND)?.amount(), 6),
            "cost_per_request_at_utilisation": at,
        }))
    })
}

fn break_even(input: &Value) -> Option<Value> {
    let tokens = CostModel {
        target_id: "tokens".parse().expect("an id"),
        simulated: false,
        fixed_cost: FixedCost::None,
        per_request: Money::new(decimal(&input["token_cost_per_request"])?, Currency::USD),
        per_request_at_least: None,
        busy_ms: Decimal::ZERO,
        concurrency: Decimal::ONE,
        sustained_per_hour: None,
    };
    let published = || {
        ["bedrock_cmi_2cmu", "ec2_inf2_8xlarge", "g6_8xlarge"]
            .map(|target| json!({ "target": target }))
            .into_iter()
            .collect()
    };
    mapped(&rows(input, published)?, |row| {
        let published = published_targets();
        let published: Vec<&Value> = published.as_array()?.iter().collect();
        let line = line(&priced(row.clone(), &published))?;
        let found = BreakEven::between(&tokens, &line)?;
        Some(json!({
            "target": row["target"],
            "break_even_requests_per_hour": rounded(found.requests_per_hour?, 6),
            "break_even_requests_per_s": rounded(found.requests_per_s?, 9),
            "sequential_capacity_per_hour": rounded(found.capacity_per_hour?, 6),
            "concurrency_needed_at_measured_latency": rounded(found.concurrency_needed?, 6),
            "reachable_at_concurrency_1": found.reachable,
        }))
    })
}

fn windows(input: &Value) -> Option<Value> {
    let units = decimal(&input["cmus_per_copy"])?.checked_mul(decimal(&input["copies"])?)?;
    let per_minute = Money::new(decimal(&input["rate_per_cmu_minute"])?, Currency::USD);
    let rates = Rates::ModelUnits(per_minute.times(units)?);
    let published = || {
        json!([
            {"case": "seed run: 20 prompts x 8 calls back to back, 10.975 s each = 1756 s",
             "calls": [["generate", 160, 10.975]]},
            {"case": "one 6 s call", "calls": [[0, 6]]},
            {"case": "call ends exactly at 300 s", "calls": [[290, 300]]},
            {"case": "call crosses the window edge", "calls": [[0, 10], [299, 301]]},
            {"case": "hourly cron, 24 single 6 s calls a day", "calls": [["every 3600 s", 24, 6]]},
            {"case": "one call every 299 s for an hour (13 calls)",
             "calls": [["every 299 s", 13, 6]]},
        ])
    };
    let rows = rows(input, published)?;
    let rows: Option<Vec<Value>> = rows.iter().map(|row| session(row, &rates)).collect();
    Some(json!({
        "hourly_rate": rounded(rates.per_hour()?.amount(), 4),
        "per_window": rounded(rates.per_window()?.amount(), 4),
        "rows": rows?,
    }))
}

fn session(row: &Value, rates: &Rates) -> Option<Value> {
    let calls: Option<Vec<Vec<Span>>> = row["calls"].as_array()?.iter().map(spans).collect();
    let mut calls = calls?.concat();
    open(&mut calls);
    let found = Windows::of(&calls);
    let cost = found.cost(rates.per_window()?)?;
    let busy_us: i64 = calls.iter().map(|call| call.end_us - call.start_us).sum();
    let pro_rata = rates
        .per_hour()?
        .times(Decimal::from(busy_us))?
        .over(Decimal::from(3_600_000_000_u64))?;
    Some(json!({
        "case": row["case"],
        "calls": row["calls"],
        "sessions": found.sessions,
        "windows_active": found.active,
        "cost_low": rounded(cost.low.amount(), 4),
        "cost_high_with_one_idle_window_per_session": rounded(cost.high.amount(), 4),
        "pro_rata_busy_cost": rounded(pro_rata.amount(), 6),
    }))
}

/// Adds the opening call that a list leaves out. Seconds count from the start of
/// a session, so a list that begins later lacks its first call: the published
/// `call ends exactly at 300 s` lists `[290, 300]` alone, which is an edge only
/// for windows anchored at 0, and expects the busy cost of 20 s. The missing call
/// is taken to be as long as the first one listed; only the busy cost depends on it.
fn open(calls: &mut Vec<Span>) {
    if let Some(first) = calls.iter().min().filter(|first| first.start_us > 0) {
        calls.push(Span {
            start_us: 0,
            end_us: first.end_us - first.start_us,
            ..*first
        });
    }
}

/// `[start, end]`, `["generate", n, length]` back to back, or
/// `["every N s", n, length]`; all in seconds.
fn spans(call: &Value) -> Option<Vec<Span>> {
    let span = |start_us: i64, end_us: i64| Span {
        start_us,
        end_us,
        answered: true,
    };
    let Some(how) = call[0].as_str() else {
        return Some(vec![span(micros(&call[0])?, micros(&call[1])?)]);
    };
    let (count, length) = (call[1].as_i64()?, micros(&call[2])?);
    let apart = match how {
        "generate" => length,
        every => {
            let seconds = every.strip_prefix("every ")?.strip_suffix(" s")?;
            micros(&Value::String(seconds.to_owned()))?
        }
    };
    let call = |number| span(number * apart, number * apart + length);
    Some((0..count).map(call).collect())
}

fn micros(seconds: &Value) -> Option<i64> {
    let micros = decimal(seconds)?.checked_mul(Decimal::from(1_000_000))?;
    i64::try_from(micros).ok()
}

/// The window formula, beside the one the AWS user guide prints: it divides by
/// 60 what is priced by the minute, and is 300 times too low.
fn formula(input: &Value) -> Option<Value> {
    let units = decimal(&input["cmus"])?.checked_mul(decimal(&input["copies"])?)?;
    let per_minute = Money::new(decimal(&input["rate"])?, Currency::USD).times(units)?;
    let windows = Windows {
        sessions: 0,
        active: input["windows"].as_u64()?,
    };
    let ours = windows.cost(Rates::ModelUnits(per_minute).per_window()?)?;
    let printed = per_minute
        .times(Decimal::from(windows.active))?
        .over(Decimal::from(60))?;
    Some(json!({
        "ours_rate_times_5_times_windows": rounded(ours.low.amount(), 4),
        "aws_page_as_printed_windows_over_60": rounded(printed.amount(), 4),
    }))
}

fn quality(input: &Value) -> Option<Value> {
    let total = Money::new(decimal(&input["total_cost"])?, Currency::USD);
    let count = |name: &str| input[name].as_u64();
    let (attempts, succeeded, correct) =
        (count("attempts")?, count("succeeded")?, count("correct")?);
    let per = |calls: u64| {
        total
            .over(Decimal::from(calls))
            .map(|cost| rounded(cost.amount(), 9))
    };
    let per_correct = |correct| {
        let all = PromptCost {
            cost: total.amount(),
            correct,
        };
        let found = bench_cost::per_correct(&[all], Currency::USD, |_| f64::NAN);
        found.value().map(|cost| rounded(cost.amount(), 9))
    };
    Some(json!({
        "cost_per_attempt": per(attempts),
        "cost_per_success": per(succeeded),
        "cost_per_correct": per_correct(correct),
        "accuracy_of_attempts": share(correct, attempts),
        "accuracy_of_successes": share(correct, succeeded),
        "cost_per_correct_when_zero_correct": per_correct(0),
    }))
}

/// `part ÷ whole` as a file would hold it: written and read again, since reading
/// may lose the last bit and an exact comparison would see that.
#[expect(clippy::cast_precision_loss, reason = "no vector has 2^53 calls")]
fn share(part: u64, whole: u64) -> Option<Value> {
    let share = (whole > 0).then(|| part as f64 / whole as f64)?;
    serde_json::from_str(&json!(share).to_string()).ok()
}

/// A decimal from a text or from a JSON number as it is written.
fn decimal(value: &Value) -> Option<Decimal> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    Decimal::from_str_exact(&text).ok()
}

/// A decimal with so many places, rounded half-even.
fn rounded(number: Decimal, places: u32) -> String {
    let mut number = number.round_dp_with_strategy(places, RoundingStrategy::MidpointNearestEven);
    number.rescale(places);
    number.to_string()
}
