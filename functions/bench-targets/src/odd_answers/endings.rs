//! Ends of answers, and what a connection does behind them.

use bench_core::sample::Connection;

use super::*;
use crate::testing::in_one_piece;

const LAST: &str = "data: {\"token\": {\"text\": \"4\"}, \"generated_text\": \"It is 4\", \"details\": \
     {\"finish_reason\": \"eos_token\", \"generated_tokens\": 3, \"input_length\": 9}}\n\n";
const FIRST: &str = "data: {\"token\": {\"text\": \"It is \"}}\n\n";

/// Targets, and streams of them that are whole.
fn whole_streams(carrier: Carrier) -> [(Target, String); 3] {
    let chat = [&text("It is "), &text("4"), FINISH, USAGE].concat();
    [
        (carrier.chat(), format!("{chat}{DONE}")),
        (carrier.chat(), chat),
        (carrier.tgi(), format!("{FIRST}{LAST}")),
    ]
}

/// The least that is waited for an end that does not come.
const GRACE: Duration = Duration::from_millis(200);

#[tokio::test]
async fn a_connection_that_stays_open_costs_the_answer_nothing() {
    for carrier in CARRIERS {
        for (target, body) in whole_streams(carrier) {
            let answer = carrier.answer([&body]);
            let beats = carrier.piece(b": heartbeat\n\n");
            for answer in [answer.clone().ending(End::Silence), answer.beating(beats)] {
                let server = Server::answering(answer).await;
                let model = client(&server, &target).await;
                for number in 1..=2 {
                    let (seen, took) = timed_call(&model).await;
                    assert_whole(&seen, &body);
                    assert!(seen.held_open, "{body}");
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
}

#[tokio::test]
async fn a_stream_that_breaks_or_ends_in_rubbish_behind_the_answer_is_whole() {
    for carrier in CARRIERS {
        for (target, body) in whole_streams(carrier) {
            let answer = || carrier.answer([&body]);
            let rubbish = carrier.piece(b"\0bye\n{\"x");
            for answer in [
                answer().ending(End::Cut),
                answer().chunk(rubbish.clone()),
                answer().chunk(rubbish).ending(End::Cut),
            ] {
                let seen = Server::answering(answer).await.call(&target).await;
                assert_whole(&seen, &body);
                assert!(!seen.held_open);
            }
        }
    }
}

#[tokio::test]
async fn an_ordinary_end_leaves_the_connection_for_the_next_call() {
    for carrier in CARRIERS {
        for (target, body) in whole_streams(carrier) {
            let server = Server::answering(carrier.answer([&body])).await;
            let model = client(&server, &target).await;
            for _ in 0..3 {
                let (seen, _) = timed_call(&model).await;
                assert_whole(&seen, &body);
                assert!(!seen.held_open);
            }
            assert_eq!(server.connections(), 1);
        }
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
    for carrier in CARRIERS {
        let body = [&text("It is 4"), FINISH, USAGE].concat();
        let server = Server::answering(carrier.answer([body]).ending(End::Silence)).await;
        let timeout = Duration::from_millis(600);
        let seen = server.call_with_timeout(&carrier.chat(), timeout).await;
        assert_whole(&seen, "within the limit");
        assert!(seen.held_open);
    }
}
