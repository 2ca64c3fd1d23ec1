//! Vectors of single calls: streams, failures, limits, warm-up.

use bench_core::objective::{CallTimes, Limits};
use bench_stats::{
    Moments, Wilcoxon, decode_tps, early_against_late, ms_per_output_token, percentile_of,
    percentile_of_attempts, restricted_mean, system_output_tps, tpot_ms, wilson,
};
use serde_json::{Value, json};

use crate::{
    comparison::exact,
    input::{groups, list, named_per_mille, number, numbers, sorted, whole},
};

pub(crate) fn compute(kind: &str, input: &Value) -> Option<Value> {
    Some(match kind {
        "censoring" => censoring(input),
        "stream" => stream(input),
        "goodput" => goodput(input),
        "warmup" => warmup(input),
        "open_loop" => open_loop(input),
        _ => return None,
    })
}

const NAMES: [&str; 5] = ["p50", "p75", "p90", "p95", "p99"];

fn censoring(input: &Value) -> Value {
    let success = &input["success_ms"];
    let answered = if success.is_array() {
        sorted(numbers(success))
    } else {
        let (start, step) = (number(&success["start"]), number(&success["step"]));
        let at = |i: u64| start + step * f64::from(u32::try_from(i).unwrap());
        (0..whole(&success["count"])).map(at).collect()
    };
    let failures = ["timeouts", "failures"]
        .iter()
        .find_map(|name| input[*name].as_u64())
        .unwrap_or(0);
    let limit = number(&input["timeout_ms"]);
    let n = answered.len() as u64;
    let sum: f64 = answered.iter().sum();
    let count = |n: u64| f64::from(u32::try_from(n).unwrap());
    let (mut alone, mut all) = (json!({"mean": sum / count(n)}), json!({}));
    for name in NAMES {
        let per_mille = named_per_mille(name).unwrap();
        alone[name] = json!(percentile_of(answered.as_slice(), per_mille));
        let found = percentile_of_attempts(answered.as_slice(), failures, per_mille);
        all[name] = json!(found);
        let shown = found.map_or_else(|| format!(">{limit:.0}"), |found| found.to_string());
        all[format!("{name}_display")] = json!(shown);
    }
    let attempts = n + failures;
    json!({
        "success_only": alone,
        "all_attempts": all,
        "restricted_mean_at_timeout": restricted_mean(sum, n, failures, limit),
        "success_rate": count(n) / count(attempts),
        "success_wilson95": wilson(n, attempts),
    })
}

/// The clock points of a stream as the clients take them; figures by the library.
fn stream(input: &Value) -> Value {
    let events = list(&input["events"]);
    let usage = &input["usage"];
    let tokens = whole(&usage["output_tokens"]);
    let of_kind = |kinds: &[&str]| -> Vec<f64> {
        events
            .iter()
            .filter(|event| kinds.contains(&event["kind"].as_str().unwrap_or_default()))
            .map(|event| number(&event["t_ms"]))
            .collect()
    };
    let sent = of_kind(&["send"]).first().copied().unwrap_or(0.0);
    let since = |time: Option<&f64>| time.map(|time| time - sent);
    let pieces = of_kind(&["reasoning", "content"]);
    let first_byte = events
        .iter()
        .find(|event| event["kind"] != "send")
        .map(|event| number(&event["t_ms"]) - sent);
    let (first, last) = (since(pieces.first()), since(pieces.last()));
    let latency = input["e2e_ms"]
        .as_f64()
        .or_else(|| since(of_kind(&["end"]).first()))
        .unwrap();
    let reasoning = usage["reasoning_tokens"].as_u64();
    let count = |n: u64| f64::from(u32::try_from(n).unwrap());
    let gaps: Vec<f64> = pieces.windows(2).map(|pair| pair[1] - pair[0]).collect();
    json!({
        "ttfb_ms": first_byte,
        "ttft_ms": first,
        "ttfo_ms": since(of_kind(&["content"]).first()),
        "e2e_ms": latency,
        "last_token_ms": last,
        "tpot_ms": first.zip(last).and_then(|(first, last)| tpot_ms(first, last, tokens)),
        "decode_tokens_per_s": first.zip(last).and_then(|(first, last)| {
            decode_tps(tokens.saturating_sub(1), last - first)
        }),
        "e2e_tokens_per_s": system_output_tps(tokens, latency),
        "ms_per_output_token": ms_per_output_token(latency, tokens),
        "inter_chunk_ms": gaps,
        "visible_output_tokens": reasoning.map(|reasoning| tokens - reasoning),
        "reasoning_share": reasoning.map(|reasoning| count(reasoning) / count(tokens)),
    })
}

fn goodput(input: &Value) -> Value {
    let limit = |names: [&str; 3]| names.iter().find_map(|name| input["slo"][*name].as_f64());
    let limits = Limits {
        ttft_ms: limit(["ttft_ms", "ttft", "ttft_limit_ms"]),
        tpot_ms: limit(["tpot_ms", "tpot", "tpot_limit_ms"]),
        latency_ms: limit(["latency_ms", "e2e_ms", "e2e"]),
    };
    let requests = list(&input["requests"]);
    let succeeded: Vec<&Value> = requests.iter().filter(|call| call["ok"] == true).collect();
    let good = succeeded
        .iter()
        .filter(|call| {
            let times = CallTimes {
                latency_ms: call["e2e"].as_f64().or(call["latency"].as_f64()),
                ttft_ms: call["ttft"].as_f64(),
                tpot_ms: call["tpot"].as_f64(),
                // A vector's call without a time per token is one of one token.
                one_token: call["tpot"].is_null(),
            };
            limits.are_met_by(&times) == Some(true)
        })
        .count();
    let duration = number(&input["duration_s"]);
    let count = |n: usize| f64::from(u32::try_from(n).unwrap());
    json!({
        "attempted": requests.len(),
        "succeeded": succeeded.len(),
        "good": good,
        "goodput_fraction_of_attempts": count(good) / count(requests.len()),
        "goodput_rps": count(good) / duration,
        "throughput_rps": count(succeeded.len()) / duration,
    })
}

fn warmup(input: &Value) -> Value {
    let differences: Vec<f64> = groups(&input["groups"])
        .iter()
        .map(|group| {
            let logs: Vec<f64> = group.iter().map(|value| value.ln()).collect();
            let rest = &logs[1..];
            logs[0] - rest.iter().sum::<f64>() / f64::from(u32::try_from(rest.len()).unwrap())
        })
        .collect();
    let found = early_against_late(&differences).unwrap();
    json!({
        "n": found.prompts,
        "mean_log": Moments::of(&differences).mean,
        "ratio": found.ratio,
        "ci95": found.interval,
        "wilcoxon_exact_two_sided": exact(&Wilcoxon::of(&differences)),
        "flag": found.slower,
    })
}

/// Load that does not wait for answers, which the product does not make.
fn open_loop(input: &Value) -> Value {
    let [intended, sent, done] =
        ["intended_ms", "sent_ms", "done_ms"].map(|name| numbers(&input[name]));
    let since = |from: &[f64], to: &[f64]| -> Vec<f64> {
        from.iter().zip(to).map(|(from, to)| to - from).collect()
    };
    let (service, response) = (since(&sent, &done), since(&intended, &done));
    let median = |values: &[f64]| percentile_of(sorted(values.to_vec()).as_slice(), 500);
    json!({
        "service_p50": median(&service),
        "response_p50": median(&response),
        "max_send_lag_ms": since(&intended, &sent).into_iter().fold(0.0, f64::max),
        "service_ms": service,
        "response_from_intended_ms": response,
    })
}
