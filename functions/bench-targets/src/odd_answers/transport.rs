//! Redirects, encodings and waits that a service asks for.

use super::*;
use crate::testing::in_one_piece;

#[tokio::test]
async fn a_redirect_names_its_target() {
    for (status, body) in [(301, ""), (307, ""), (308, "<html>moved</html>")] {
        let answer = Answer::status(status)
            .header("location", "https://models.example/v2/chat?a=b")
            .chunks((!body.is_empty()).then_some(body));
        let seen = Server::answering(answer)
            .await
            .call(&Carrier::Http.chat())
            .await;
        assert_eq!(seen.outcome, Outcome::InvalidResponse, "{seen:?}");
        let message = seen.error_message.unwrap_or_default();
        assert!(
            message.contains("`https://models.example/v2/chat?a=b`"),
            "{message}"
        );
        assert!(message.contains(&status.to_string()), "{message}");
        assert!(message.ends_with(body), "{message}");
    }
}

/// A body as gzip, in a block that is stored.
fn gzip(body: &[u8]) -> Vec<u8> {
    let crc = !body.iter().fold(!0_u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & 0_u32.wrapping_sub(crc & 1))
        })
    });
    let size = u32::try_from(body.len()).unwrap();
    [
        &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff],
        stored(body).as_slice(),
        &crc.to_le_bytes(),
        &size.to_le_bytes(),
    ]
    .concat()
}

/// A body as `deflate`, which is zlib.
fn deflate(body: &[u8]) -> Vec<u8> {
    let (a, b) = body.iter().fold((1_u32, 0_u32), |(a, b), &byte| {
        let a = (a + u32::from(byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    let sum = (b << 16 | a).to_be_bytes();
    [&[0x78, 1], stored(body).as_slice(), &sum].concat()
}

fn stored(body: &[u8]) -> Vec<u8> {
    let size = u16::try_from(body.len()).unwrap();
    let sizes = [size.to_le_bytes(), (!size).to_le_bytes()].concat();
    [&[1], sizes.as_slice(), body].concat()
}

/// A body as Brotli, in a block that is not compressed.
fn br(body: &[u8]) -> Vec<u8> {
    let size = u32::try_from(body.len()).unwrap() - 1;
    let head = ((size << 4) | (1 << 20)).to_le_bytes();
    [&head[..3], body, &[3]].concat()
}

/// A body as Zstandard, in a block that is not compressed.
fn zstd(body: &[u8]) -> Vec<u8> {
    let size = u32::try_from(body.len()).unwrap();
    let block = ((size << 3) | 1).to_le_bytes();
    [
        &[0x28, 0xb5, 0x2f, 0xfd, 0xa0],
        size.to_le_bytes().as_slice(),
        &block[..3],
        body,
    ]
    .concat()
}

type Encode = fn(&[u8]) -> Vec<u8>;

#[tokio::test]
async fn an_encoded_answer_is_decoded_though_none_was_asked_for() {
    let body = [&text("It is "), &text("4"), FINISH, USAGE, DONE].concat();
    for (name, encode) in [
        ("gzip", gzip as Encode),
        ("deflate", deflate),
        ("br", br),
        ("zstd", zstd),
    ] {
        let bytes = encode(body.as_bytes());
        for size in [11, bytes.len()] {
            let answer = Answer::status(200)
                .header("content-encoding", name)
                .chunks(bytes.chunks(size));
            let server = Server::answering(answer).await;
            let seen = server.call(&Carrier::Http.chat()).await;
            assert_whole(&seen, name);
            let head = server.received().remove(0).head;
            assert!(head.contains("accept-encoding: identity\r\n"), "{head}");
        }
        let error = encode(format!("{{\"error\":\"{}\"}}", "too long ".repeat(40)).as_bytes());
        let answer = Answer::status(422)
            .header("content-encoding", name)
            .chunk(error);
        let seen = Server::answering(answer)
            .await
            .call(&Carrier::Http.chat())
            .await;
        assert_eq!(seen.outcome, Outcome::ClientError, "{name}");
        let message = seen.error_message.unwrap_or_default();
        assert!(
            message.starts_with("too long too long"),
            "{name}: {message}"
        );
    }
}

#[tokio::test]
async fn an_encoding_that_is_not_known_or_not_kept_is_said() {
    for target in [Carrier::Http.chat(), in_one_piece(Carrier::Http.chat())] {
        for (name, body) in [("dcb", "\x1f\x07"), ("gzip", "data: {}\n\n")] {
            let answer = Answer::status(200)
                .header("content-encoding", name)
                .chunk(body);
            let seen = Server::answering(answer).await.call(&target).await;
            assert_eq!(seen.outcome, Outcome::InvalidResponse, "{seen:?}");
            let message = seen.error_message.unwrap_or_default();
            assert!(message.contains(name), "{message}");
        }
    }
}

#[tokio::test]
async fn an_encoding_that_changes_nothing_is_none() {
    let body = [&text("It is 4"), FINISH, USAGE, DONE].concat();
    let answer = Answer::status(200)
        .header("content-encoding", "identity")
        .chunk(body);
    let seen = Server::answering(answer)
        .await
        .call(&Carrier::Http.chat())
        .await;
    assert_whole(&seen, "identity");
}

#[tokio::test]
async fn a_wait_that_is_asked_for_is_kept_with_the_sample() {
    for carrier in CARRIERS {
        for (header, seconds) in [
            ("7", Some(7)),
            ("Wed, 21 Oct 2026 07:28:30 GMT", Some(30)),
            ("soon", None),
        ] {
            let answer = Answer::status(429)
                .header("date", "Wed, 21 Oct 2026 07:28:00 GMT")
                .header("content-type", "application/json")
                .header("x-amzn-errortype", "ThrottlingException")
                .header("retry-after", header)
                .chunk(r#"{"message":"slow down"}"#);
            let seen = Server::answering(answer).await.call(&carrier.chat()).await;
            assert_eq!(seen.outcome, Outcome::Throttled, "{seen:?}");
            assert_eq!(seen.retry_after_s, seconds, "{carrier:?} {header}");
        }
    }
}

#[tokio::test]
async fn a_wait_in_milliseconds_is_kept_as_it_is_asked_for() {
    for (name, value, seconds) in [
        ("retry-after-ms", "1500", Some(2)),
        ("x-ms-retry-after-ms", "30000", Some(30)),
        ("retry-after", "0.5", Some(1)),
        ("retry-after-ms", "soon", None),
    ] {
        let answer = Answer::status(429).header(name, value).chunk("{}");
        let server = Server::answering(answer).await;
        let seen = server.call(&Carrier::Http.chat()).await;
        assert_eq!(seen.retry_after_s, seconds, "{name}: {value}");
    }
}

#[tokio::test]
async fn the_body_of_an_error_is_kept_whole_and_its_end_is_not_waited_for() {
    let words = "é".repeat(990);
    let body = format!("{{\"error\": {{\"message\": \"{words}\"}}}}");
    for end in [End::Whole, End::Silence, End::Cut] {
        let server = Server::answering(Answer::status(500).chunk(body.clone()).ending(end)).await;
        let (seen, took) = timed_call(&client(&server, &Carrier::Http.chat()).await).await;
        assert_eq!(seen.outcome, Outcome::ServerError, "{seen:?}");
        assert_eq!(seen.error_message.as_deref(), Some(words.as_str()));
        assert!(took < Duration::from_secs(4), "{took:?}");
    }
}
