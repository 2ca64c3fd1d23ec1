//! Forms of events.

use super::*;

/// The stream of an answer with something before every event.
fn with(noise: &str) -> String {
    let events = [&text("It is "), &text("4"), FINISH, USAGE, DONE];
    events.map(|event| format!("{noise}{event}")).concat()
}

#[tokio::test]
async fn events_are_read_as_the_standard_says() {
    let plain = with("");
    let over_lines = plain
        .replace("data: {\"choices\":", "data: {\ndata:  \"choices\":\ndata:")
        .replace("}]}\n\n", "}]\ndata: }\n\n");
    for (name, body) in [
        ("several data lines", over_lines),
        ("CR", plain.replace('\n', "\r")),
        ("CRLF", plain.replace('\n', "\r\n")),
        ("a byte order mark", format!("\u{feff}{plain}")),
        ("data without a colon", with("data\n\n")),
        ("empty data", with("data:\n\n")),
        ("pings", with("event: ping\ndata: {\"type\": \"ping\"}\n\n")),
        (
            "pings without a name",
            with("data: {\"type\": \"ping\"}\n\n"),
        ),
        ("bare pings", with("data: ping\n\n")),
        (
            "other events",
            with("event: queue\ndata: {\"position\": 2}\n\n"),
        ),
        ("unknown fields", with("trace: 4f\nspan\n")),
        ("comments", with(": OPENROUTER PROCESSING\n\n:\n")),
        (
            "names of our events",
            with("event: message\nid: 3\nretry: 5\n"),
        ),
        ("no blank lines", plain.replace("\n\n", "\n")),
        (
            "JSON lines",
            plain.replace("data: ", "").replace("[DONE]\n", ""),
        ),
        ("no end of line at the end", plain.trim_end().to_owned()),
    ] {
        for carrier in CARRIERS {
            for size in [1, 7, body.len()] {
                let answer = carrier.answer(body.as_bytes().chunks(size));
                let seen = Server::answering(answer).await.call(&carrier.chat()).await;
                let context = format!("{name} through {carrier:?} by {size}");
                assert_whole(&seen, &context);
                assert_eq!(seen.chunks, Some(2), "{context}");
                assert!(seen.ttft_us.is_some(), "{context}");
                assert!(!seen.held_open, "{context}");
            }
        }
    }
}

#[tokio::test]
async fn broken_characters_are_replaced_and_the_answer_is_whole() {
    let mut body = text("It is @").into_bytes();
    let at = body.iter().position(|&byte| byte == b'@').unwrap();
    body[at] = 0xff;
    body.extend_from_slice(FINISH.as_bytes());
    for carrier in CARRIERS {
        let server = Server::answering(carrier.answer([&body])).await;
        let seen = server.call(&carrier.chat()).await;
        assert_eq!(seen.outcome, Outcome::Ok, "{seen:?}");
        assert_eq!(seen.response_text.as_deref(), Some("It is \u{fffd}"));
    }
}

const CHAT: &str = r#"{"choices": [{"message": {"role": "assistant", "content": "It is 4"},
 "finish_reason": "stop"}], "usage": {"prompt_tokens": 9, "completion_tokens": 3}}"#;

const TGI: &str = r#"[{"generated_text": "It is 4",
  "details": {"finish_reason": "eos_token", "generated_tokens": 3, "input_length": 9}}]"#;

#[tokio::test]
async fn a_whole_answer_in_place_of_a_stream_has_no_ttft() {
    for carrier in CARRIERS {
        for (target, body) in [(carrier.chat(), CHAT), (carrier.tgi(), TGI)] {
            let pretty: serde_json::Value = serde_json::from_str(body).unwrap();
            let pretty = serde_json::to_string_pretty(&pretty).unwrap();
            for body in [body.to_owned(), body.replace('\n', ""), pretty] {
                for size in [5, body.len()] {
                    let pieces = || carrier.answer(body.as_bytes().chunks(size));
                    for (answer, held) in [(pieces(), false), (pieces().ending(End::Silence), true)]
                    {
                        let seen = Server::answering(answer).await.call(&target).await;
                        assert_whole(&seen, &format!("{carrier:?} {body}"));
                        assert_eq!((seen.ttft_us, seen.chunks), (None, None));
                        assert_eq!(seen.held_open, held);
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn errors_in_place_of_events_have_their_class_and_their_words() {
    for (body, outcome, message) in [
        (
            "error: {\"code\":400,\"message\":\"the context holds 4096 tokens\"}\n\n",
            Outcome::ClientError,
            "the context holds 4096 tokens",
        ),
        (
            "error: {\"error\":{\"code\":503,\"message\":\"loading\"}}\n\ndata: [DONE]\n\n",
            Outcome::ServerError,
            "loading",
        ),
        (
            "event: error\ndata: {\"message\": \"no GPU\", \"code\": 500}\n\n",
            Outcome::ServerError,
            "no GPU",
        ),
        (
            "event: error\ndata: no GPU\n\n",
            Outcome::ServerError,
            "no GPU",
        ),
    ] {
        for carrier in CARRIERS {
            for target in [carrier.chat(), carrier.tgi()] {
                let server = Server::answering(carrier.answer([body])).await;
                let seen = server.call(&target).await;
                assert_eq!(seen.outcome, outcome, "{body}: {seen:?}");
                assert_eq!(seen.error_message.as_deref(), Some(message));
            }
        }
    }
}

#[tokio::test]
async fn an_answer_that_is_no_stream_at_all_says_what_it_is() {
    for (body, start) in [
        ("<html>busy</html>\n", "<html>busy</html>"),
        ("no healthy upstream", "no healthy upstream"),
        ("data: maintenance\n\n", "maintenance"),
    ] {
        for carrier in CARRIERS {
            let server = Server::answering(carrier.answer([body])).await;
            let seen = server.call(&carrier.chat()).await;
            assert_eq!(seen.outcome, Outcome::InvalidResponse, "{seen:?}");
            let message = seen.error_message.unwrap_or_default();
            assert!(message.ends_with(&format!("`{start}`")), "{message}");
        }
    }
}
