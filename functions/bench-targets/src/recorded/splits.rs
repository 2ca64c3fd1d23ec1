//! Bytes mean the same wherever a network happens to split them.

use bench_core::sample::{FinishReason, Outcome, Sample};
use futures::future::join_all;

use super::{
    Kind, NAMES, REQUEST, Recorded, Server, TIMEOUT, TOKENS, client, dialect, measure, simulator,
};
use crate::{dialect::Dialect, model::Reply, sse::SseDecoder, stopwatch::Stopwatch};

/// Reply, pieces and text of a stream that comes in these slices.
fn read<'a>(
    dialect: Dialect,
    slices: impl IntoIterator<Item = &'a [u8]>,
) -> (Reply, Option<u32>, Option<String>) {
    let mut watch = Stopwatch::new();
    let mut events = SseDecoder::new(dialect);
    for slice in slices {
        events.push(slice, &mut watch).unwrap();
    }
    let reply = events.finish(&mut watch).unwrap();
    (reply, watch.chunks(), watch.into_text())
}

#[tokio::test]
async fn lines_say_the_same_split_at_every_position() {
    let simulator = simulator().await;
    let kinds =
        Kind::all().filter(|kind| kind.stream && !(kind.is_bedrock() && kind.is_in_frames()));
    for (kind, names) in kinds.flat_map(|kind| NAMES.map(|names| (kind, names))) {
        let recorded = Recorded::of(&simulator, kind, names).await;
        let (lines, dialect) = (recorded.lines(), dialect(kind).unwrap());
        let whole = read(dialect, [lines.as_slice()]);
        let (reply, chunks, text) = &whole;
        assert_eq!(*chunks, recorded.seen.chunks, "{kind}");
        assert_eq!(*text, recorded.seen.response_text, "{kind}");
        assert_eq!(reply.output_tokens, Some(TOKENS.into()), "{kind}");
        assert!(reply.finish_reason.is_some(), "{kind}");
        for at in 0..=lines.len() {
            let (before, behind) = lines.split_at(at);
            assert_eq!(read(dialect, [before, behind]), whole, "{kind} at {at}");
        }
        assert_eq!(read(dialect, lines.chunks(1)), whole, "{kind} byte by byte");
    }
}

/// Everything of a measurement that the service decides.
fn said(seen: &Sample) -> impl PartialEq + std::fmt::Debug + use<> {
    (
        (seen.outcome, seen.http_status, seen.error_message.clone()),
        (seen.chunks, seen.response_chars, seen.response_text.clone()),
        (seen.input_tokens, seen.output_tokens, seen.reasoning_tokens),
        (seen.cached_input_tokens, seen.server_latency_us),
        (seen.finish_reason, seen.finish_reason_raw.clone()),
    )
}

/// Has one client read the same frames split at one position after another.
async fn split_everywhere(recorded: Recorded) {
    let Recorded {
        kind,
        target,
        body,
        seen: whole,
    } = recorded;
    let positions = body.len() - 1;
    let server = Server::answering_each(move |number| {
        let (before, behind) = body.split_at(number + 1);
        Recorded::answer(kind, [before, behind])
    })
    .await;
    let model = client(&server.url, &target).await;
    for at in 1..=positions {
        let seen = measure(&model, &REQUEST, TIMEOUT, Sample::default()).await;
        assert_eq!(said(&seen), said(&whole), "{kind} at {at}");
    }
    assert_eq!(server.received().len(), positions);
    assert_eq!(whole.outcome, Outcome::Ok);
    assert_eq!(whole.output_tokens, Some(TOKENS.into()), "{kind}");
    assert_eq!(whole.finish_reason, Some(FinishReason::Stop), "{kind}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_say_the_same_split_at_every_position() {
    let simulator = simulator().await;
    let kinds = Kind::all().filter(|kind| kind.stream && kind.is_in_frames());
    let recorded = join_all(kinds.map(|kind| Recorded::of(&simulator, kind, NAMES[2]))).await;
    let all = recorded
        .into_iter()
        .map(|one| tokio::spawn(split_everywhere(one)));
    for split in join_all(all).await {
        split.unwrap();
    }
}
