//! Ends of answers, and what a connection does behind them.

use aws_smithy_types::base64::encode;
use bench_core::sample::Connection;
use serde_json::json;

use super::*;
use crate::testing::{bedrock_target, event, in_one_piece, llama_target};

const LAST: &str = "data: {\"token\": {\"text\": \"4\"}, \"generated_text\": \"It is 4\", \"details\": \
     {\"finish_reason\": \"eos_token\", \"generated_tokens\": 3, \"input_length\": 9}}\n\n";
const FIRST: &str = "data: {\"token\": {\"text\": \"It is \"}}\n\n";

/// An answer that is whole, and what may come behind it.
struct Whole {
    name: String,
    target: Target,
    answer: Answer,
    rubbish: Vec<u8>,
    beat: Vec<u8>,
}

/// Streams that are whole, through every carrier.
fn whole_streams() -> Vec<Whole> {
    let chat = [&text("It is "), &text("4"), FINISH, USAGE].concat();
    let lines = CARRIERS.into_iter().flat_map(|carrier| {
        [
            (carrier.chat(), format!("{chat}{DONE}")),
            (carrier.chat(), chat.clone()),
            (carrier.tgi(), format!("{FIRST}{LAST}")),
        ]
        .map(|(target, body)| Whole {
            name: format!("{carrier:?} {body}"),
            target,
            answer: carrier.answer([&body]),
            rubbish: carrier.piece(RUBBISH),
            beat: carrier.piece(b": heartbeat\n\n"),
        })
    });
    lines.chain(bedrock_streams()).collect()
}

const RUBBISH: &[u8] = b"\0bye\n{\"x";

/// Answers of Bedrock: of Converse, and of models with bodies of their own.
fn bedrock_streams() -> impl Iterator<Item = Whole> {
    let delta = |text: &str| {
        let payload = json!({"contentBlockIndex": 0, "delta": {"text": text}});
        event("contentBlockDelta", &payload.to_string())
    };
    let stop = event("messageStop", r#"{"stopReason": "end_turn"}"#);
    let usage = json!({"inputTokens": 9, "outputTokens": 3, "totalTokens": 12});
    let counts = json!({"usage": usage, "metrics": {"latencyMs": 321}}).to_string();
    let converse = vec![
        delta("It is "),
        delta("4"),
        stop,
        event("metadata", &counts),
    ];
    let chunk = |piece: &serde_json::Value| {
        let bytes = json!({"bytes": encode(piece.to_string().as_bytes())});
        event("chunk", &bytes.to_string())
    };
    let metrics = json!({"inputTokenCount": 9, "outputTokenCount": 3, "invocationLatency": 321});
    let first = json!({"generation": "It is "});
    let own = json!({"generation": "4", "prompt_token_count": 9, "generation_token_count": 3,
                     "stop_reason": "stop"});
    let mut billed = json!({"generation": "4", "stop_reason": "stop"});
    billed["amazon-bedrock-invocationMetrics"] = metrics;
    [
        (bedrock_target(), converse),
        (llama_target(), vec![chunk(&first), chunk(&own)]),
        (llama_target(), vec![chunk(&first), chunk(&billed)]),
    ]
    .into_iter()
    .map(|(target, frames)| Whole {
        name: format!("{:?}", target.service),
        target: simulated(target),
        answer: Answer::status(200)
            .header("content-type", "application/vnd.amazon.eventstream")
            .chunks(frames),
        rubbish: RUBBISH.to_vec(),
        beat: event("heartbeat", "{}"),
    })
}

/// The least that is waited for an end that does not come.
const GRACE: Duration = Duration::from_millis(200);

#[tokio::test]
async fn a_connection_that_stays_open_costs_the_answer_nothing() {
    for whole in whole_streams() {
        let silent = whole.answer.clone().ending(End::Silence);
        for answer in [silent, whole.answer.beating(whole.beat)] {
            let server = Server::answering(answer).await;
            let model = client(&server, &whole.target).await;
            for number in 1..=2 {
                let (seen, took) = timed_call(&model).await;
                assert_whole(&seen, &whole.name);
                assert!(seen.held_open, "{}", whole.name);
                let latency = Duration::from_micros(seen.latency_us);
                assert!(
                    latency + GRACE < took && took < TIMEOUT / 2,
                    "{latency:?} {took:?}"
                );
                assert_eq!(seen.connection, Some(Connection::New));
                assert_eq!(server.connections(), number);
            }
        }
    }
}

#[tokio::test]
async fn a_stream_that_breaks_or_ends_in_rubbish_behind_the_answer_is_whole() {
    for whole in whole_streams() {
        let Whole {
            answer, rubbish, ..
        } = whole;
        for answer in [
            answer.clone().ending(End::Cut),
            answer.clone().chunk(rubbish.clone()),
            answer.chunk(rubbish).ending(End::Cut),
        ] {
            let seen = Server::answering(answer).await.call(&whole.target).await;
            assert_whole(&seen, &whole.name);
            assert!(!seen.held_open, "{}", whole.name);
        }
    }
}

#[tokio::test]
async fn an_ordinary_end_leaves_the_connection_for_the_next_call() {
    for whole in whole_streams() {
        let server = Server::answering(whole.answer).await;
        let model = client(&server, &whole.target).await;
        for _ in 0..3 {
            let (seen, _) = timed_call(&model).await;
            assert_whole(&seen, &whole.name);
            assert!(!seen.held_open, "{}", whole.name);
        }
        assert_eq!(server.connections(), 1, "{}", whole.name);
    }
}

#[tokio::test]
async fn an_answer_in_one_piece_ends_with_its_document() {
    let body = r#"{"choices": [{"message": {"content": "It is 4"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 3}}"#;
    let answer = || Answer::status(200).chunk(body);
    let target = in_one_piece(Carrier::Http.chat());
    for (answer, held) in [
        (answer().ending(End::Silence), true),
        (answer().beating(" "), true),
        (answer().chunk("\0bye").ending(End::Cut), false),
        (Answer::status(200).chunk(format!("{body}\0bye")), false),
    ] {
        let server = Server::answering(answer).await;
        let (seen, took) = timed_call(&client(&server, &target).await).await;
        assert_whole(&seen, "in one piece");
        assert_eq!(seen.held_open, held);
        assert!(took < TIMEOUT / 2);
    }
}

#[tokio::test]
async fn the_limit_of_a_call_does_not_cut_off_an_answer_that_is_whole() {
    for whole in whole_streams() {
        let server = Server::answering(whole.answer.ending(End::Silence)).await;
        let timeout = Duration::from_millis(600);
        let seen = server.call_with_timeout(&whole.target, timeout).await;
        assert_whole(&seen, &whole.name);
        assert!(seen.held_open, "{}", whole.name);
    }
}

#[tokio::test]
async fn a_finish_reason_with_every_event_or_before_the_text_ends_no_answer() {
    let piece = |text: &str| {
        let content = serde_json::Value::from(text);
        format!(
            "data: {{\"choices\":[{{\"delta\":{{\"content\":{content}}},\
             \"finish_reason\":\"stop\"}}]}}\n\n"
        )
    };
    let every = [piece("It is "), piece("4"), USAGE.to_owned()].concat();
    let early = [FINISH, &text("It is "), &text("4"), USAGE].concat();
    for carrier in CARRIERS {
        for body in [every.clone(), early.clone()] {
            let size = body.len() / 3;
            let answer = carrier.answer(body.as_bytes().chunks(size));
            let seen = Server::answering(answer).await.call(&carrier.chat()).await;
            assert_whole(&seen, &body);
            assert_eq!(seen.chunks, Some(2), "{body}");
        }
    }
}
