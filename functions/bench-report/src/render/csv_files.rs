//! `summary.csv`, `samples.csv` and `samples.jsonl`.
//!
//! A spreadsheet runs a cell that begins like a formula, and cells hold what
//! models and servers wrote. Such a text is led by an apostrophe; numbers are
//! left as they are.

use csv::{QuoteStyle, Writer, WriterBuilder};

use crate::{
    model::{Report, TargetReport},
    render::cost::csv as cost_csv,
};
use bench_core::sample::{Connection, FinishReason, Sample};

/// One row a target.
pub(crate) fn summary_csv(report: &Report) -> Vec<u8> {
    let header = [
        "run_id",
        "target_id",
        "kind",
        "request",
        "simulated",
        "prompts",
        "planned",
        "measured",
        "ok",
        "failed",
        "missing",
        "success_rate",
        "mean_ms",
        "p50_ms",
        "p90_ms",
        "p95_ms",
        "p99_ms",
        "min_ms",
        "max_ms",
        "stddev_ms",
        "ttft_mean_ms",
        "ttft_p50_ms",
        "ttfo_mean_ms",
        "ms_per_output_token",
        "mean_output_tokens",
        "mean_prompt_chars",
        "mean_response_chars",
        "correct",
        "graded",
        "accuracy",
        "truncated",
        "mean_low_ms",
        "mean_high_ms",
        "within_stddev_ms",
        "between_stddev_ms",
        "within_cv",
        "icc",
        "effective_n",
        "ms_per_token_slope",
        "intercept_ms",
        "r2",
        "tpot_p50_ms",
        "decode_tps",
        "system_output_tps",
        "success_low",
        "success_high",
        "accuracy_low",
        "accuracy_high",
        "strict_accuracy",
        "accuracy_of_attempts",
        "goodput",
    ];
    rows(
        &[&header[..], &cost_csv::COLUMNS].concat(),
        report.targets.iter().map(|target| {
            let mut row = summary_row(report, target);
            let cost = cost_csv::cells(report, &target.id);
            row.extend(cost.iter().map(|cell| text(cell)));
            row
        }),
    )
}

fn summary_row(report: &Report, target: &TargetReport) -> Vec<String> {
    let (latency, calls) = (&target.latency_ms, &target.calls);
    let mean = latency.intervals.get("mean").and_then(Option::as_ref);
    let (line, goodput) = (target.regression.as_ref(), target.goodput.as_ref());
    vec![
        text(&report.run.run_id),
        text(&target.id),
        text(&target.kind),
        text(&target.request),
        target.simulated.to_string(),
        report.run.prompts.to_string(),
        calls.planned.to_string(),
        calls.measured.to_string(),
        calls.ok.to_string(),
        calls.failed.to_string(),
        calls.missing.to_string(),
        number(target.success_rate),
        number(latency.mean),
        number(latency.p50),
        number(latency.p90),
        number(latency.p95),
        number(latency.p99),
        number(latency.min),
        number(latency.max),
        number(latency.stddev),
        number(target.ttft_ms.mean),
        number(target.ttft_ms.p50),
        number(target.ttfo_ms.mean),
        number(target.ms_per_output_token),
        number(target.mean_output_tokens),
        number(target.mean_prompt_chars),
        number(target.mean_response_chars),
        target.accuracy.correct.to_string(),
        target.accuracy.graded.to_string(),
        number(target.accuracy.rate),
        target.truncated.to_string(),
        number(mean.map(|interval| interval.low)),
        number(mean.and_then(|interval| interval.high)),
        number(latency.within_stddev),
        number(latency.between_stddev),
        number(latency.within_cv),
        number(latency.icc),
        number(latency.effective_n),
        number(line.map(|line| line.ms_per_token)),
        number(line.map(|line| line.intercept_ms)),
        number(line.and_then(|line| line.r2)),
        number(target.tpot_ms.p50),
        number(target.rates.decode_tps),
        number(target.rates.system_output_tps),
        number(target.success.low),
        number(target.success.high),
        number(target.accuracy.flexible.low),
        number(target.accuracy.flexible.high),
        number(target.accuracy.strict.rate),
        number(target.accuracy.of_attempts.rate),
        number(goodput.and_then(|goodput| goodput.share.rate)),
    ]
}

/// One row a call, everything but the text.
pub(crate) fn samples_csv(report: &Report, samples: &[&Sample]) -> Vec<u8> {
    let header = [
        "run_id",
        "target_id",
        "simulated",
        "prompt_id",
        "prompt_index",
        "phase",
        "repetition",
        "attempt",
        "outcome",
        "started_at",
        "latency_us",
        "ttft_us",
        "ttfo_us",
        "last_token_us",
        "chunks",
        "server_latency_us",
        "input_tokens",
        "output_tokens",
        "reasoning_tokens",
        "cached_input_tokens",
        "max_tokens",
        "prompt_chars",
        "response_chars",
        "finish_reason",
        "finish_reason_raw",
        "answer",
        "answer_rule",
        "expected_answer",
        "correct",
        "http_status",
        "error_class",
        "error_code",
        "error_message",
        "function_cold_start",
        "function_request_id",
        "connection",
        "connect_us",
        "stall_us",
        "client_limited",
    ];
    let simulated = |sample: &Sample| {
        report
            .targets
            .iter()
            .any(|target| target.id == sample.target_id && target.simulated)
    };
    rows(
        &header,
        samples
            .iter()
            .map(|sample| sample_row(sample, simulated(sample))),
    )
}

fn sample_row(sample: &Sample, simulated: bool) -> Vec<String> {
    let m = &sample.measurement;
    vec![
        text(&sample.run_id),
        text(&sample.target_id),
        simulated.to_string(),
        text(&sample.prompt_id),
        sample.prompt_index.to_string(),
        sample.phase.as_str().to_owned(),
        sample.repetition.to_string(),
        sample.attempt.to_string(),
        m.outcome.as_str().to_owned(),
        m.started_at.to_string(),
        m.latency_us.to_string(),
        number(m.ttft_us),
        number(m.ttfo_us),
        number(m.last_token_us),
        number(m.chunks),
        number(m.server_latency_us),
        number(m.input_tokens),
        number(m.output_tokens),
        number(m.reasoning_tokens),
        number(m.cached_input_tokens),
        number(m.max_tokens),
        m.prompt_chars.to_string(),
        number(m.response_chars),
        m.finish_reason
            .map(FinishReason::as_str)
            .unwrap_or_default()
            .to_owned(),
        optional(m.finish_reason_raw.as_ref()),
        optional(sample.answer.as_ref()),
        optional(sample.answer_rule.as_ref()),
        optional(sample.expected_answer.as_ref()),
        number(sample.correct),
        number(m.http_status),
        optional(m.error_class.as_ref()),
        optional(m.error_code.as_ref()),
        optional(m.error_message.as_ref()),
        sample.function_cold_start.to_string(),
        text(&sample.function_request_id),
        m.connection
            .map(Connection::as_str)
            .unwrap_or_default()
            .to_owned(),
        number(m.connect_us),
        number(m.stall_us),
        m.client_limited.to_string(),
    ]
}

/// One JSON object a line, text included.
pub(crate) fn samples_jsonl(samples: &[&Sample]) -> Vec<u8> {
    let mut lines = Vec::new();
    for sample in samples {
        serde_json::to_writer(&mut lines, sample).expect("a sample is plain data");
        lines.push(b'\n');
    }
    lines
}

fn rows(header: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Vec<u8> {
    let mut writer: Writer<Vec<u8>> = WriterBuilder::new()
        .quote_style(QuoteStyle::Necessary)
        .from_writer(Vec::new());
    writer.write_record(header).expect("memory takes every row");
    for row in rows {
        writer
            .write_record(&row)
            .expect("rows are as long as the header");
    }
    let rows = writer.into_inner().expect("memory takes every row");
    if rows.is_ascii() {
        return rows;
    }
    // Without this mark a spreadsheet takes UTF-8 for its own country's letters.
    [UTF_8_MARK, &rows].concat()
}

/// What a cell of a spreadsheet holds, less the apostrophe.
const LONGEST_CELL: usize = 32_766;

const UTF_8_MARK: &[u8] = "\u{feff}".as_bytes();

fn number<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn optional(value: Option<&String>) -> String {
    value.map(|value| text(value)).unwrap_or_default()
}

/// A cell that no spreadsheet takes for a formula, and that fits into one.
fn text(value: &str) -> String {
    let end = value.char_indices().nth(LONGEST_CELL);
    let value = end.map_or(value, |(end, _)| &value[..end]);
    let formula = value.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    if formula && value.parse::<f64>().is_err() {
        format!("'{value}")
    } else {
        value.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{build, fixture};

    #[test]
    fn what_begins_like_a_formula_is_neutralised_and_numbers_are_not() {
        assert_eq!(text("=cmd|' /C calc'!A0"), "'=cmd|' /C calc'!A0");
        assert_eq!(text("@SUM(A1)"), "'@SUM(A1)");
        assert_eq!(text("-8"), "-8");
        assert_eq!(text("-8+2"), "'-8+2");
    }

    #[test]
    fn every_sample_has_its_row_and_absent_is_empty() {
        let (plan, samples) = fixture::run();
        let report = build(&plan, &samples);
        let ordered: Vec<&Sample> = samples.iter().collect();
        let bytes = samples_csv(&report, &ordered);
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let header = reader.headers().unwrap().clone();
        let column = |name: &str| header.iter().position(|column| column == name).unwrap();
        let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), samples.len());
        for (row, sample) in rows.iter().zip(&samples) {
            assert_eq!(
                row[column("latency_us")],
                sample.measurement.latency_us.to_string()
            );
            assert_eq!(
                row[column("ttft_us")].is_empty(),
                sample.measurement.ttft_us.is_none()
            );
        }
    }

    #[test]
    fn a_line_of_samples_jsonl_is_the_sample() {
        let (_, samples) = fixture::run();
        let bytes = samples_jsonl(&samples.iter().collect::<Vec<_>>());
        let text = String::from_utf8(bytes).unwrap();
        let read: Vec<Sample> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(read, samples);
    }
}
