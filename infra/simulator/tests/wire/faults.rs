//! Every name in every operation.

use futures::future::join_all;
use simulator::{
    Simulator,
    fault::{ALL, Named},
};

use crate::{
    operations::{self, Body, Operation, Said},
    raw::{self, End, PATIENCE, Raw, SILENCE},
    support::start,
};

/// A short answer, so that a thousand of them take no time.
const SHORT: &str = "simulate-tokens-16-every-1ms";

const QUESTION: &str = "How much is 6 times 7? Show every step, please, and check the result.";

fn find(word: &str) -> &'static Named {
    let named = |named: &&Named| named.example.strip_prefix("simulate-") == Some(word);
    ALL.iter().find(named).expect("a name")
}

/// A target of its own for each operation, so that none counts for another.
fn target(operation: &Operation, name: &str) -> String {
    let way = if operation.stream { "s" } else { "w" };
    let short = if name.starts_with("simulate-tokens") {
        ""
    } else {
        SHORT
    };
    format!("{}-{way}-{name}-{short}", operation.name)
}

async fn ask(simulator: &Simulator, operation: &Operation, name: &str) -> Raw {
    let target = target(operation, name);
    let patience = if name.contains("silence") || name.contains("endless") {
        SILENCE
    } else {
        PATIENCE
    };
    let body = operation.ask(QUESTION).to_string();
    raw::post(simulator, &operation.path(&target), "", &body, patience).await
}

/// Asks in all operations that a fault is for, and checks each answer; in the
/// others the name has to be refused.
async fn check(word: &str, judge: impl Fn(&Operation, &Raw)) {
    let bench = start().await;
    let named = find(word);
    let asked = operations::ALL.iter().map(async |operation| {
        let raw = ask(&bench.simulator, operation, named.example).await;
        let context = format!("{} in {operation:?}: {raw:?}", named.example);
        if named
            .applies_to
            .covers(operation.stream, operation.is_aws())
        {
            eprintln!("judging {context}");
            judge(operation, &raw);
        } else {
            let body = String::from_utf8_lossy(&raw.body).into_owned();
            let refused = raw
                .status()
                .is_some_and(|status| (400..500).contains(&status));
            assert!(refused, "{context}");
            assert!(body.contains(named.pattern), "{context}");
        }
    });
    join_all(asked).await;
    let calls = bench.calls(operations::ALL.len()).await;
    let is_written_down = |fault: &str| fault.contains(named.pattern);
    assert!(
        calls
            .iter()
            .all(|call| call.fault.as_deref().is_some_and(is_written_down)),
        "{calls:?}"
    );
}

fn said(operation: &Operation, raw: &Raw) -> Said {
    assert_eq!(raw.status(), Some(200));
    assert!(raw.whole, "the body is as long as it says");
    operation.said(&raw.body).expect("a sound answer")
}

/// An answer as good as any.
fn sound(operation: &Operation, raw: &Raw) -> Said {
    let said = said(operation, raw);
    assert_eq!(said.output_tokens, Some(16));
    assert!(matches!(
        said.finish.as_deref(),
        Some("stop" | "end_turn" | "eos_token")
    ));
    assert_eq!(said.error, None);
    said
}

fn status(expected: u16) -> impl Fn(&Operation, &Raw) {
    move |_, raw| assert_eq!(raw.status(), Some(expected))
}

#[tokio::test]
async fn an_answer_without_faults_is_sound_in_every_operation() {
    check("tokens-16-every-1ms", |operation, raw| {
        let said = sound(operation, raw);
        assert!(!said.text.is_empty() && said.reasoning.is_empty());
        assert_eq!(raw.end, End::Closed);
        // What a chat says first, and what the last events say, hold no text.
        let pieces = said.pieces - usize::from(operation.is(Body::Chat) && operation.stream);
        let extra = usize::from(operation.is(Body::Llama) || operation.is(Body::Completion));
        let expected = if operation.stream { 16 + extra } else { 1 };
        assert_eq!(pieces, expected);
    })
    .await;
}

#[tokio::test]
async fn refusals_have_their_status_in_every_operation() {
    check("error-503", status(503)).await;
    check("not-ready-2", |operation, raw| {
        let expected = if operation.is_bedrock() { 429 } else { 503 };
        assert_eq!(raw.status(), Some(expected));
    })
    .await;
    check("cold-2", |operation, raw| {
        let expected = if operation.is_aws() { 429 } else { 503 };
        assert_eq!(raw.status(), Some(expected));
        let name = raw.header("x-amzn-errortype");
        assert!(!operation.is_aws() || name == Some("ModelNotReadyException"));
    })
    .await;
    check("no-capacity-2", |operation, raw| {
        let expected = if operation.is_sagemaker() { 400 } else { 503 };
        assert_eq!(raw.status(), Some(expected));
    })
    .await;
    check("quota", |operation, raw| {
        let expected = if operation.is_bedrock() { 400 } else { 429 };
        assert_eq!(raw.status(), Some(expected));
        let name = raw.header("x-amzn-errortype");
        assert!(!operation.is_bedrock() || name == Some("ServiceQuotaExceededException"));
    })
    .await;
}

#[tokio::test]
async fn every_status_of_an_error_is_sent_as_asked() {
    let bench = start().await;
    for status in [
        400, 401, 403, 404, 408, 413, 422, 424, 429, 500, 502, 503, 504, 530,
    ] {
        let asked = operations::ALL.iter().map(async |operation| {
            let name = format!("simulate-error-{status}");
            let raw = ask(&bench.simulator, operation, &name).await;
            assert_eq!(raw.status(), Some(status), "{operation:?}");
            assert!(serde_json::from_slice::<serde_json::Value>(&raw.body).is_ok());
        });
        join_all(asked).await;
    }
}

#[tokio::test]
async fn pages_redirects_and_nothing_take_the_place_of_an_answer() {
    check("html", |_, raw| {
        assert_eq!(
            (raw.status(), raw.header("content-type")),
            (Some(200), Some("text/html"))
        );
        assert!(raw.body.starts_with(b"<!DOCTYPE html>"));
    })
    .await;
    check("redirect", |_, raw| {
        assert_eq!(raw.status(), Some(307));
        let location = raw.header("location").unwrap();
        assert!(location.starts_with('/') && location.contains("redirected"));
        assert!(!location.contains("simulate-redirect"));
    })
    .await;
    check("empty", |_, raw| {
        assert_eq!(
            (raw.status(), raw.body.len(), raw.whole),
            (Some(200), 0, true)
        );
    })
    .await;
    check("content-type", |operation, raw| {
        sound(operation, raw);
        assert_eq!(raw.header("content-type"), Some("application/octet-stream"));
    })
    .await;
}

#[tokio::test]
async fn connections_fall_silent_with_their_headers_sent() {
    check("silence-first", |_, raw| {
        assert_eq!((raw.status(), raw.end), (Some(200), End::Open));
        assert!(raw.body.is_empty() && !raw.whole);
    })
    .await;
}

#[tokio::test]
async fn connections_end_half_way() {
    let half = |operation: &Operation, raw: &Raw| {
        assert_eq!(raw.status(), Some(200));
        assert!(!raw.body.is_empty() && !raw.whole);
        if operation.stream {
            let said = operation.said(&raw.body).unwrap();
            assert!(!said.text.is_empty() && said.finish.is_none());
        }
    };
    check("close", |operation, raw| {
        half(operation, raw);
        assert_eq!(raw.end, End::Closed);
    })
    .await;
    check("reset", |operation, raw| {
        half(operation, raw);
        assert_eq!(raw.end, End::Reset);
    })
    .await;
    check("break", |operation, raw| {
        if operation.stream && operation.is_aws() {
            let error = operation.said(&raw.body).unwrap_err();
            assert!(error.to_lowercase().contains("modelstreamerror"), "{error}");
            assert!(raw.whole);
        } else {
            half(operation, raw);
        }
    })
    .await;
}

#[tokio::test]
async fn connections_end_before_the_headers_too() {
    let bench = start().await;
    for (name, end) in [
        ("simulate-close-before", End::Closed),
        ("simulate-reset-before", End::Reset),
        ("simulate-silence-before", End::Open),
    ] {
        let asked = operations::ALL.iter().map(async |operation| {
            let raw = ask(&bench.simulator, operation, name).await;
            assert_eq!(
                (raw.head.as_str(), raw.end),
                ("", end),
                "{name} {operation:?}"
            );
        });
        join_all(asked).await;
    }
    let calls = bench.calls(3 * operations::ALL.len()).await;
    assert!(calls.iter().all(|call| matches!(call.status, 0 | 499)));
    for (name, end) in [
        ("simulate-close-first", End::Closed),
        ("simulate-reset-first", End::Reset),
    ] {
        let asked = operations::ALL.iter().map(async |operation| {
            let raw = ask(&bench.simulator, operation, name).await;
            assert_eq!(
                (raw.status(), raw.end),
                (Some(200), end),
                "{name} {operation:?}"
            );
            assert!(raw.body.is_empty() && !raw.whole);
        });
        join_all(asked).await;
    }
}

#[tokio::test]
async fn bodies_come_late_and_slowly() {
    check("late-body-50ms", |operation, raw| {
        sound(operation, raw);
        assert!(raw.last_after.as_millis() >= 50);
        assert!(raw.head_after < raw.last_after);
    })
    .await;
    check("dribble", |operation, raw| {
        sound(operation, raw);
        assert!(raw.reads > 10, "{} reads", raw.reads);
    })
    .await;
}

#[tokio::test]
async fn bytes_are_spoiled() {
    check("truncate", |operation, raw| {
        assert!(raw.whole && raw.status() == Some(200));
        let said = operation.said(&raw.body);
        assert!(said.is_err(), "{said:?}");
    })
    .await;
    check("garbage", |operation, raw| {
        assert!(raw.whole && operation.said(&raw.body).is_err());
    })
    .await;
    check("nonsense", |operation, raw| {
        let documents = operation.documents(&raw.body).unwrap();
        let means_nothing = |document: &&serde_json::Value| document["nonsense"] == true;
        assert_eq!(documents.iter().filter(means_nothing).count(), 1);
        assert_eq!(documents.len() == 1, !operation.stream);
    })
    .await;
    check("bad-crc", |operation, raw| {
        let error = operation.said(&raw.body).unwrap_err();
        assert!(
            raw.whole && error.to_lowercase().contains("checksum"),
            "{error}"
        );
    })
    .await;
    check("invalid-utf8", |operation, raw| {
        assert!(raw.whole && operation.said(&raw.body).is_err());
        if operation.stream && operation.is_aws() {
            assert!(
                operations::frames(&raw.body).is_ok(),
                "the frames are sound"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn targets_with_a_capacity_answer_as_others_do() {
    for word in [
        "slots-2",
        "batch-25pct-knee-4",
        "stall-20ms-every-100ms",
        "throttle-1-burst-1",
    ] {
        check(word, |operation, raw| {
            sound(operation, raw);
        })
        .await;
    }
}

#[tokio::test]
async fn errors_are_told_within_an_answer() {
    for word in [
        "exception-internal-server",
        "exception-model-stream-error",
        "exception-model-timeout",
        "exception-service-unavailable",
        "exception-throttling",
        "exception-validation",
    ] {
        check(word, |operation, raw| {
            assert!(raw.whole && raw.status() == Some(200));
            let said = operation.said(&raw.body);
            if operation.is_aws() {
                let name = said.unwrap_err();
                let wanted = word.strip_prefix("exception-").unwrap().replace('-', "");
                let named = name.to_lowercase() == format!("{wanted}exception");
                let ours = ["ModelStreamError", "InternalStreamFailure"];
                assert!(named || operation.is_sagemaker() && ours.contains(&name.as_str()));
            } else {
                let said = said.unwrap();
                assert!(said.error.is_some() && !said.text.is_empty());
            }
        })
        .await;
    }
    check("error-object", |operation, raw| {
        assert!(raw.whole && raw.status() == Some(200));
        match operation.said(&raw.body) {
            Ok(said) => assert!(said.error.is_some()),
            Err(exception) => assert!(operation.is(Body::Converse), "{exception}"),
        }
    })
    .await;
}

#[tokio::test]
async fn errors_are_told_before_the_first_token_too() {
    let bench = start().await;
    let asked = operations::ALL.iter().map(async |operation| {
        let name = "simulate-error-object-first";
        let raw = ask(&bench.simulator, operation, name).await;
        if let Ok(said) = operation.said(&raw.body) {
            assert!(said.error.is_some() && said.text.is_empty(), "{said:?}");
        }
        if operation.stream {
            let name = "simulate-exception-throttling-first";
            let raw = ask(&bench.simulator, operation, name).await;
            match operation.said(&raw.body) {
                Ok(said) => assert!(said.error.is_some() && said.text.is_empty(), "{said:?}"),
                Err(name) => assert!(operation.is_aws(), "{name}"),
            }
        }
    });
    join_all(asked).await;
}

#[tokio::test]
async fn parts_of_an_answer_are_missing_or_out_of_place() {
    check("no-usage", |operation, raw| {
        let said = said(operation, raw);
        assert_eq!((said.output_tokens, said.cached_tokens), (None, None));
        assert!(said.finish.is_some() && !said.text.is_empty());
        assert!(!raw.head.contains("token-count") && !raw.head.contains("generated-tokens"));
    })
    .await;
    check("no-end", |operation, raw| {
        let said = said(operation, raw);
        assert!(said.finish.is_none() && !said.text.is_empty());
        assert!(!String::from_utf8_lossy(&raw.body).contains("[DONE]"));
    })
    .await;
    check("empty-deltas", |operation, raw| {
        let said = sound(operation, raw);
        assert!(said.pieces >= 32, "{}", said.pieces);
    })
    .await;
    check("disorder", |operation, raw| {
        sound(operation, raw);
    })
    .await;
    check("early-end", |operation, raw| {
        let documents = operation.documents(&raw.body).unwrap();
        let ended = documents.iter().position(|document| {
            document.to_string().contains("stop")
                || document["details"].is_object()
                || document["type"] == "response.completed"
        });
        assert!(ended.unwrap() + 3 < documents.len(), "{documents:?}");
        assert!(said(operation, raw).finish.is_some());
    })
    .await;
}

#[tokio::test]
async fn answers_are_endless_or_huge() {
    let bench = start().await;
    let named = find("endless");
    let asked = operations::ALL.iter().map(async |operation| {
        let target = target(operation, named.example);
        let url = format!("{}{}", bench.simulator.url(), operation.path(&target));
        let body = operation.ask(QUESTION).to_string();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut response = client.post(url).body(body).send().await.unwrap();
        let mut read = 0;
        while read < 10_000 {
            read += response.chunk().await.unwrap().expect("more").len();
        }
    });
    join_all(asked).await;
    let calls = bench.calls(operations::ALL.len()).await;
    assert!(calls.iter().all(|call| call.status == 200));

    check("huge-1", |operation, raw| {
        let said = sound(operation, raw);
        let length = said.text.len() + said.reasoning.len();
        assert!(length > 1 << 20, "{length}");
    })
    .await;
}

#[tokio::test]
async fn good_servers_differ() {
    for word in ["space", "no-space", "noise", "no-done", "json-lines", "sse"] {
        check(word, |operation, raw| {
            sound(operation, raw);
        })
        .await;
    }
    for word in ["lmi", "old-import", "think"] {
        check(word, |operation, raw| {
            // An old import ignores what it does not know, and a chat then has
            // no prompt for it.
            let refused = word == "old-import" && operation.is(Body::Chat);
            if !(refused && operation.is_bedrock()) {
                sound(operation, raw);
            }
        })
        .await;
    }
    for word in ["reasoning", "reasoning-content"] {
        check(word, |operation, raw| {
            let said = sound(operation, raw);
            let has_field = operation.is(Body::Converse)
                || operation.is(Body::Chat)
                || operation.is(Body::Responses);
            assert_eq!(!said.reasoning.is_empty(), has_field);
        })
        .await;
    }
    check("always-cached", |operation, raw| {
        let said = sound(operation, raw);
        let tells = operation.is(Body::Converse)
            || operation.is(Body::Chat)
            || operation.is(Body::Completion)
            || operation.is(Body::Responses);
        let cached = u64::try_from(QUESTION.len().div_ceil(4)).unwrap();
        assert_eq!(said.cached_tokens, tells.then_some(cached));
    })
    .await;
}

#[tokio::test]
async fn a_key_is_asked_for_where_servers_have_keys() {
    check("key-2bb80d53", |operation, raw| {
        if operation.is_aws() {
            sound(operation, raw);
        } else {
            assert_eq!(raw.status(), Some(401));
        }
    })
    .await;
}

#[test]
fn every_name_is_tested_here() {
    let source = include_str!("faults.rs");
    for named in ALL {
        let word = named.example.strip_prefix("simulate-").unwrap();
        assert!(source.contains(&format!("\"{word}\"")), "{word}");
    }
}
