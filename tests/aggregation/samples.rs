//! The samples of a made-up run, each known by its place, and the items of the table
//! that hold them.

use bench_core::{
    config::{self, Overrides},
    dataset::Prompt,
    grading::AnswerRule,
    plan::{DatasetRecord, Plan, SCHEMA_VERSION},
    sample::{FinishReason, Outcome, Phase, Sample, SampleKey},
};
use bench_store::keys;
use serde_json::{Map, Value, json};

/// The targets by name, which is the order of samples; the plan has them reversed.
pub(crate) const TARGETS: [&str; 4] = [
    "bedrock-cmi",
    "bedrock-serverless",
    "ec2-inf2",
    "sagemaker-g6",
];
pub(crate) const RUN: &str = "made-up";

const WARMUPS: u32 = 3;
const REPETITIONS: u32 = 5;

/// Characters of each answer.
const TEXT: usize = 6_000;

/// Bytes of a page of the table.
const PAGE: usize = 1_000_000;

/// A run of so many prompts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MadeUp {
    pub(crate) prompts: u32,
}

impl MadeUp {
    pub(crate) fn plan(self) -> Plan {
        let mut text = format!(
            "name = \"made-up\"\ndataset = {{ source = \"gsm8k\", prompts = {} }}\n\
             method = {{ warmup = {WARMUPS}, repetitions = {REPETITIONS} }}\n",
            self.prompts
        );
        for target in TARGETS.iter().rev() {
            let table = format!(
                "[[targets]]\nid = \"{target}\"\nkind = \"http\"\nurl = \"http://{target}\"\n\
                 request = \"tgi\"\n"
            );
            text.push_str(&table);
        }
        let config = config::from_toml(&text, &Overrides::default()).expect("it is valid");
        Plan {
            schema_version: SCHEMA_VERSION,
            run_id: RUN.parse().expect("an id"),
            created_at: "2026-06-01T00:00:00Z".parse().expect("a time"),
            config,
            dataset: DatasetRecord {
                label: "gsm8k/test".into(),
                sha256: "0".repeat(64),
                problems: 1_319,
                task: bench_core::task::Task::Gsm8k,
            },
            prompts: (0..self.prompts).map(prompt).collect(),
            region: None,
            prices: None,
            deployment: None,
        }
    }

    /// All samples of a target with their texts, in the order of their keys.
    pub(crate) fn of_target(self, target: &'static str) -> impl Iterator<Item = Sample> {
        let calls = [(Phase::Warmup, WARMUPS), (Phase::Measured, REPETITIONS)];
        let calls = (0..self.prompts).flat_map(move |prompt| {
            calls.into_iter().flat_map(move |(phase, count)| {
                (1..=count).map(move |repetition| sample(target, prompt, phase, repetition))
            })
        });
        std::iter::once(probe(target)).chain(calls)
    }

    pub(crate) fn samples(self) -> usize {
        TARGETS.len() * (1 + self.prompts as usize * (WARMUPS + REPETITIONS) as usize)
    }

    /// The page of the table behind a sort key, as DynamoDB answers a query for the sort
    /// keys of a partition that begin with `prefix`.
    pub(crate) fn page(self, partition: &str, prefix: &str, after: Option<&str>) -> Value {
        let target = TARGETS.iter().find(|id| keys::target(RUN, id) == partition);
        let target = target.expect("a target of the run");
        let (is_text, section) = match prefix.strip_prefix(keys::TEXT) {
            Some(section) => (true, section),
            None => (false, prefix),
        };
        let mut items = Vec::new();
        let (mut size, mut last) = (0, None);
        for sample in self.in_table_order(target, section, after.map(sample_key)) {
            let key = keys::sample(&sample.key());
            let mut item = if is_text {
                json!({"text": {"S": sample.response_text.unwrap_or_default()}})
            } else {
                let row = Sample {
                    response_text: None,
                    ..sample
                };
                attributes(&serde_json::to_value(row).expect("plain data"))
            };
            let key = if is_text { keys::text(&key) } else { key };
            item["pk"] = json!({"S": partition});
            item["sk"] = json!({"S": key});
            size += item.to_string().len();
            items.push(item);
            if size >= PAGE {
                last = Some(json!({"pk": {"S": partition}, "sk": {"S": key}}));
                break;
            }
        }
        let mut page = json!({"Count": items.len(), "ScannedCount": items.len(), "Items": items});
        if let Some(last) = last {
            page["LastEvaluatedKey"] = last;
        }
        page
    }

    /// Samples in the order of their sort keys: of a prompt, measured calls come first.
    fn in_table_order(
        self,
        target: &'static str,
        section: &str,
        after: Option<&str>,
    ) -> Box<dyn Iterator<Item = Sample>> {
        if section == keys::PROBE {
            let probes = after.is_none().then(|| probe(target));
            return Box::new(probes.into_iter());
        }
        if section == keys::STEP {
            // No target was under load.
            return Box::new(std::iter::empty());
        }
        assert_eq!(section, keys::SAMPLE);
        let id = target.parse().expect("an id");
        let after = after.and_then(|key| keys::parse_sample(&id, key));
        let first = after.as_ref().map_or(0, |key| key.prompt);
        let calls = [(Phase::Measured, REPETITIONS), (Phase::Warmup, WARMUPS)];
        let calls = (first..self.prompts).flat_map(move |prompt| {
            calls.into_iter().flat_map(move |(phase, count)| {
                (1..=count).map(move |repetition| (prompt, phase, repetition))
            })
        });
        let place = |prompt, phase, repetition| (prompt, phase != Phase::Measured, repetition);
        let after = after.map(|key| place(key.prompt, key.phase, key.repetition));
        let calls = calls.filter(move |&(prompt, phase, repetition)| {
            Some(place(prompt, phase, repetition)) > after
        });
        Box::new(
            calls.map(move |(prompt, phase, repetition)| sample(target, prompt, phase, repetition)),
        )
    }
}

fn sample_key(sort_key: &str) -> &str {
    keys::sample_of_text(sort_key).unwrap_or(sort_key)
}

fn prompt(index: u32) -> Prompt {
    Prompt {
        id: format!("gsm8k/test/{index}").into(),
        index,
        question: format!("What is {index} and {index}?"),
        expected_answer: Some((2 * index).to_string().into()),
        ..Prompt::default()
    }
}

fn probe(target: &str) -> Sample {
    Sample {
        response_text: Some("4".to_owned()),
        ..blank(target, "probe", 0, Phase::Probe, 1)
    }
}

fn sample(target: &str, prompt: u32, phase: Phase, repetition: u32) -> Sample {
    let seed = u64::from(prompt) * 7_919 + u64::from(repetition) * 104_729;
    let tokens = 900 + seed % 1_100;
    let line = format!("Step {prompt}-{repetition}: we add {prompt} and {prompt} once more. ");
    let mut text = line.repeat(TEXT / line.len());
    let answer = format!("\n#### {}", 2 * prompt);
    text.push_str(&answer);
    Sample {
        latency_us: tokens * 20_000 + seed % 10_007,
        ttft_us: Some(300_000 + seed % 1_009),
        ttfo_us: Some(310_000 + seed % 1_009),
        last_token_us: Some(tokens * 20_000),
        chunks: Some(u32::try_from(tokens).expect("small")),
        input_tokens: Some(90),
        output_tokens: Some(tokens),
        prompt_chars: Some(320),
        response_chars: Some(text.chars().count() as u64),
        finish_reason: Some(FinishReason::Stop),
        // The last one makes the table a file in UTF-8.
        finish_reason_raw: Some(if prompt == 0 {
            "arrêt".into()
        } else {
            "stop".into()
        }),
        answer: Some((2 * prompt).to_string().into()),
        answer_rule: Some(AnswerRule::AnswerLine),
        expected_answer: Some((2 * prompt).to_string().into()),
        correct: Some(true),
        http_status: Some(200),
        stall_us: Some(150),
        response_text: Some(text),
        ..blank(
            target,
            &format!("gsm8k/test/{prompt}"),
            prompt,
            phase,
            repetition,
        )
    }
}

fn blank(target: &str, prompt_id: &str, prompt: u32, phase: Phase, repetition: u32) -> Sample {
    let key = SampleKey {
        target: target.parse().expect("an id"),
        step: 0,
        worker: 0,
        prompt,
        phase,
        repetition,
        attempt: 1,
    };
    let started_at = "2026-06-01T00:00:00.123456Z".parse().expect("a time");
    Sample {
        latency_us: 400_000,
        function_cold_start: Some(false),
        function_request_id: "8f507cfc-xmpl-4697-b07a-ac58fc914c95".into(),
        ..Sample::new(
            RUN.parse().expect("an id"),
            prompt_id,
            key,
            Outcome::Ok,
            started_at,
        )
    }
}

/// A flat object as DynamoDB writes its values.
fn attributes(object: &Value) -> Value {
    let fields = object.as_object().expect("an object").iter();
    let typed = fields.map(|(name, value)| {
        let typed = match value {
            Value::Bool(value) => json!({"BOOL": value}),
            Value::Number(value) => json!({"N": value.to_string()}),
            Value::String(value) => json!({"S": value}),
            other => panic!("`{name}` is {other}"),
        };
        (name.clone(), typed)
    });
    Value::Object(typed.collect::<Map<_, _>>())
}
