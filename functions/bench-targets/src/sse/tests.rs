//! Events out of bytes, and what is none.

use bench_core::sample::Outcome;

use super::*;

/// Notes what it is given.
#[derive(Default)]
struct Notes(Vec<String>);

impl Reader for Notes {
    fn event(&mut self, event: Event<'_>, _: &mut Stopwatch) -> Result<(), Failure> {
        self.0.push(match event {
            Event::Data(data) => data.to_owned(),
            Event::Done => "done".to_owned(),
            Event::Error(error) => format!("error {error}"),
        });
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Reply, Failure> {
        Ok(Reply {
            finish_reason: Some(self.0.join("|")),
            ..Reply::default()
        })
    }
}

fn read<'a>(slices: impl IntoIterator<Item = &'a [u8]>) -> Result<String, Failure> {
    let mut watch = Stopwatch::new();
    let mut events = SseDecoder::with_reader(Box::new(Notes::default()), Dialect::OpenAiChat);
    for slice in slices {
        events.push(slice, &mut watch)?;
    }
    events
        .finish(&mut watch)
        .map(|reply| reply.finish_reason.unwrap())
}

#[test]
fn slices_may_end_within_a_line_and_within_a_character() {
    let bytes = "data:{\"a\":\"é😀\"}\n\ndata: {\"b\":1}\r\n\r\ndata: [DONE]\n\n".as_bytes();
    let expected = Ok("{\"a\":\"é😀\"}|{\"b\":1}|done".to_owned());
    for at in 0..=bytes.len() {
        assert_eq!(read([&bytes[..at], &bytes[at..]]), expected, "{at}");
    }
    assert_eq!(read(bytes.chunks(1)), expected);
}

#[test]
fn json_lines_comments_and_other_fields_are_understood() {
    let text = ": ping\nevent: message\nid: 3\nretry: 5\n{\"a\":1}\n\n[1]\n";
    assert_eq!(read([text.as_bytes()]).unwrap(), "{\"a\":1}|[1]");
}

#[test]
fn a_last_line_needs_no_end_but_must_be_whole() {
    assert_eq!(read([b"data:{\"a\":1}".as_slice()]).unwrap(), "{\"a\":1}");
    assert_eq!(read([b"data:{}\n\r".as_slice()]).unwrap(), "{}");
    for cut in [
        b"data:{\"a\":".as_slice(),
        b"da",
        b"{\"a\":\"\xc3",
        b"data: [DO",
    ] {
        assert_eq!(
            read([cut]).unwrap_err().outcome,
            Outcome::StreamBroken,
            "{cut:?}"
        );
    }
}

#[test]
fn what_is_no_protocol_is_refused() {
    for bytes in [b"<html>\n".as_slice(), b"data: hello\n"] {
        assert_eq!(
            read([bytes]).unwrap_err().outcome,
            Outcome::InvalidResponse,
            "{bytes:?}"
        );
    }
}

/// An answer in one piece, as servers print it.
const WHOLE: &str = r#"{
  "choices": [
    {"message": {"content": "4"}, "finish_reason": "stop"}
  ]
}
"#;

#[test]
fn several_data_lines_are_one_event() {
    let text = "data: {\ndata:  \"a\":\ndata: 1}\n\ndata:{\"b\":2}\rdata: [DONE]\r\n\r\n";
    for at in 0..=text.len() {
        let (before, behind) = text.as_bytes().split_at(at);
        let read = read([before, behind]).unwrap();
        assert_eq!(read, "{\n \"a\":\n1}|{\"b\":2}|done", "{at}");
    }
    assert_eq!(read([b"data: {\ndata: }".as_slice()]).unwrap(), "{\n}");
}

#[test]
fn what_carries_nothing_of_an_answer_passes() {
    for text in [
        "data\n\n",
        "data:\n\n",
        "event\n\n",
        ": heartbeat\n\n",
        "event: ping\ndata: {\"type\": \"ping\"}\n\n",
        "event: ping\ndata: now\n\n",
        "data: ping\n\n",
        "trace: {\"a\":2}\n",
        "trace\n",
        "\u{feff}",
        "\r\r\n\n",
    ] {
        let stream = format!("{text}data: {{\"a\":1}}\n\n{text}data: [DONE]\n\n");
        assert_eq!(
            read([stream.as_bytes()]).unwrap(),
            "{\"a\":1}|done",
            "{text}"
        );
    }
}

#[test]
fn the_name_of_an_event_goes_with_it() {
    let text = "event: error\ndata: dead\n\ndata: {\"a\":1}\n\n";
    assert_eq!(read([text.as_bytes()]).unwrap(), "error dead|{\"a\":1}");
    let text = "event: chunk\ndata: {\"a\":1}\n\n";
    assert_eq!(read([text.as_bytes()]).unwrap(), "{\"a\":1}");
    let text = "error: {\"code\":400}\n\n";
    assert_eq!(read([text.as_bytes()]).unwrap(), "error {\"code\":400}");
}

#[test]
fn broken_characters_are_replaced() {
    let text = b"data: {\"a\":\"\xff\xc3\"}\n\n";
    assert_eq!(
        read([text.as_slice()]).unwrap(),
        "{\"a\":\"\u{fffd}\u{fffd}\"}"
    );
}

#[test]
fn an_answer_of_lines_that_are_no_events_names_the_first() {
    for (text, expected) in [
        ("hello\n", "a line is neither an event nor JSON: `hello`"),
        (
            "data: hello\n\n",
            "an event is no piece of an answer: `hello`",
        ),
        (
            "no healthy upstream",
            "a line is neither an event nor JSON: `no healthy upstream`",
        ),
    ] {
        let failure = read([text.as_bytes()]).unwrap_err();
        assert_eq!(failure.outcome, Outcome::InvalidResponse, "{text}");
        assert_eq!(failure.message, expected);
    }
}

/// Reads with the reader of chats: text, whether it came in pieces, and the reply.
fn chat<'a>(
    slices: impl IntoIterator<Item = &'a [u8]>,
) -> (Result<Reply, Failure>, Option<u32>, Option<String>) {
    let mut watch = Stopwatch::new();
    let mut events = SseDecoder::new(Dialect::OpenAiChat);
    for slice in slices {
        if let Err(failure) = events.push(slice, &mut watch) {
            return (Err(failure), watch.chunks(), watch.into_text());
        }
    }
    let reply = events.finish(&mut watch);
    (reply, watch.chunks(), watch.into_text())
}

#[test]
fn a_whole_answer_in_place_of_a_stream_is_no_piece() {
    let one_line = WHOLE.replace('\n', "");
    let indented = WHOLE.replace('\n', "\n  ");
    for text in [
        WHOLE,
        &one_line,
        &indented,
        &format!("\u{feff}{one_line}\n"),
    ] {
        for at in [0, 1, 9, text.len() / 2, text.len()] {
            let (before, behind) = text.as_bytes().split_at(at);
            let (reply, chunks, said) = chat([before, behind]);
            let reply = reply.unwrap();
            assert_eq!(reply.finish_reason.as_deref(), Some("stop"), "{text}");
            assert_eq!((chunks, said.as_deref()), (None, Some("4")), "{text}");
        }
    }
}

#[test]
fn a_whole_answer_that_is_cut_off_is_broken() {
    let (reply, ..) = chat([&WHOLE.as_bytes()[..40]]);
    assert_eq!(reply.unwrap_err().outcome, Outcome::StreamBroken);
}

#[test]
fn json_lines_are_pieces_though_the_first_could_be_the_whole() {
    let mut lines = SseDecoder::new(Dialect::OpenAiCompletion);
    let mut watch = Stopwatch::new();
    let first = b"{\"choices\":[{\"text\":\"It is \"}]}\n";
    let last = b"{\"choices\":[{\"text\":\"4\",\"finish_reason\":\"stop\"}]}\n";
    let came = Instant::now();
    watch.start();
    watch.arrived(came);
    assert_eq!(lines.push(first, &mut watch), Ok(Progress::Open));
    watch.arrived(came + std::time::Duration::from_millis(70));
    assert_eq!(lines.push(last, &mut watch), Ok(Progress::Finished));
    lines.finish(&mut watch).unwrap();
    assert_eq!(watch.chunks(), Some(2));
    assert!(watch.ttft_us() < watch.last_token_us());
    assert_eq!(watch.into_text().as_deref(), Some("It is 4"));
}

#[test]
fn what_comes_behind_a_whole_answer_is_no_part_of_it() {
    let piece =
        "data: {\"choices\":[{\"delta\":{\"content\":\"4\"},\"finish_reason\":\"stop\"}]}\n\n";
    let done = "data: [DONE]\n\n";
    for (behind, progress) in [
        (String::new(), Progress::Finished),
        ("\0bye\n\0".to_owned(), Progress::Finished),
        (
            "data: {\"choices\": 4}\n\ndata: {\"ch".to_owned(),
            Progress::Finished,
        ),
        (format!("{done}\0bye\n"), Progress::Done),
        (format!("{done}{piece}{{"), Progress::Done),
    ] {
        let mut watch = Stopwatch::new();
        let mut events = SseDecoder::new(Dialect::OpenAiChat);
        events.push(piece.as_bytes(), &mut watch).unwrap();
        assert_eq!(
            events.push(behind.as_bytes(), &mut watch),
            Ok(progress),
            "{behind}"
        );
        events.finish(&mut watch).unwrap();
        assert_eq!(watch.into_text().as_deref(), Some("4"), "{behind}");
    }
}

#[test]
fn a_stream_that_ends_in_words_says_them() {
    let piece = b"data: {\"choices\":[{\"delta\":{\"content\":\"It\"}}]}\n\n";
    let (reply, chunks, _) = chat([piece.as_slice(), b"upstream failed: reset\n"]);
    let failure = reply.unwrap_err();
    assert_eq!((failure.outcome, chunks), (Outcome::StreamBroken, Some(1)));
    assert!(
        failure.message.ends_with("`upstream failed: reset`"),
        "{failure:?}"
    );
}
