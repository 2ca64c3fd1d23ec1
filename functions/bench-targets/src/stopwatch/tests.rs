use bench_core::sample::Outcome;
use tokio::time::advance;

use super::*;

async fn after(millis: u64) {
    advance(Duration::from_millis(millis)).await;
}

#[tokio::test(start_paused = true)]
async fn the_longest_pause_lies_between_two_pieces_with_text() {
    let mut watch = Stopwatch::new();
    after(500).await;
    watch.token(Kind::Visible, "a").unwrap();
    let one = watch.max_gap;
    after(20).await;
    watch.token(Kind::Reasoning, "b").unwrap();
    after(150).await;
    watch.token(Kind::Visible, "").unwrap();
    after(150).await;
    watch.token(Kind::Visible, "c").unwrap();
    after(900).await;
    watch.end();
    let sample = watch.into_sample(Sample::default());
    assert_eq!((one, sample.max_gap_us), (None, Some(300_000)));
}

#[tokio::test(start_paused = true)]
async fn times_count_from_the_start_not_from_the_making() {
    let mut watch = Stopwatch::new();
    after(7).await;
    watch.start();
    after(100).await;
    watch.token(Kind::Visible, "a").unwrap();
    after(20).await;
    watch.token(Kind::Visible, "b").unwrap();
    after(5).await;
    watch.end();
    after(50).await;
    watch.end();
    assert_eq!(watch.ttft_us(), Some(100_000));
    assert_eq!(watch.ttfo_us(), Some(100_000));
    assert_eq!(watch.last_token_us(), Some(120_000));
    assert_eq!(watch.latency_us(), 125_000);
    assert_eq!(watch.chunks(), Some(2));
    assert_eq!(watch.into_text().as_deref(), Some("ab"));
}

#[tokio::test(start_paused = true)]
async fn reading_what_arrived_takes_no_time_of_the_service() {
    let mut watch = Stopwatch::new();
    watch.start();
    after(10).await;
    watch.arrived(Instant::now());
    after(3).await;
    watch.token(Kind::Visible, "a").unwrap();
    after(3).await;
    watch.token(Kind::Visible, "b").unwrap();
    assert_eq!(watch.ttft_us(), Some(10_000));
    assert_eq!(watch.ttfo_us(), Some(10_000));
    assert_eq!(watch.last_token_us(), Some(10_000));
}

#[tokio::test(start_paused = true)]
async fn an_empty_piece_is_no_token() {
    let mut watch = Stopwatch::new();
    watch.token(Kind::Visible, "").unwrap();
    watch.token(Kind::Reasoning, "").unwrap();
    assert!(!watch.has_tokens());
    assert_eq!(
        (watch.ttft_us(), watch.chunks(), watch.chars()),
        (None, None, None)
    );
}

#[tokio::test(start_paused = true)]
async fn reasoning_apart_counts_for_the_first_token_only() {
    let mut watch = Stopwatch::new();
    watch.start();
    after(10).await;
    watch.token(Kind::Reasoning, "é").unwrap();
    after(10).await;
    watch.token(Kind::Visible, "\n").unwrap();
    after(10).await;
    watch.token(Kind::Visible, "18").unwrap();
    assert_eq!(watch.ttft_us(), Some(10_000));
    assert_eq!(watch.ttfo_us(), Some(30_000));
    assert_eq!(watch.chars(), Some(4));
    assert_eq!(
        watch.into_text().as_deref(),
        Some("<think>\né\n</think>\n\n\n18")
    );
}

#[tokio::test(start_paused = true)]
async fn inline_reasoning_delays_the_first_output() {
    let mut watch = Stopwatch::new();
    watch.start();
    for piece in ["<thi", "nk>18?", "</thin", "k>", "\n", "18"] {
        after(10).await;
        watch.token(Kind::Visible, piece).unwrap();
    }
    assert_eq!(watch.ttft_us(), Some(10_000));
    assert_eq!(watch.ttfo_us(), Some(60_000));
    assert_eq!(watch.into_text().as_deref(), Some("<think>18?</think>\n18"));
}

#[tokio::test(start_paused = true)]
async fn a_false_tag_is_output_from_its_first_sign_on() {
    for pieces in [vec!["<", "3"], vec!["<"]] {
        let mut watch = Stopwatch::new();
        watch.start();
        for piece in pieces {
            after(10).await;
            watch.token(Kind::Visible, piece).unwrap();
        }
        assert_eq!(watch.ttfo_us(), Some(10_000));
    }
}

#[tokio::test(start_paused = true)]
async fn a_whole_answer_has_text_and_no_token_times() {
    let mut watch = Stopwatch::new();
    watch.whole(Kind::Visible, "naïve").unwrap();
    assert_eq!(
        (watch.ttft_us(), watch.ttfo_us(), watch.last_token_us()),
        (None, None, None)
    );
    assert_eq!((watch.chunks(), watch.chars()), (None, Some(5)));
}

#[tokio::test(start_paused = true)]
async fn a_runaway_answer_is_not_kept() {
    let mut watch = Stopwatch::new();
    let piece = "a".repeat(MAX_TEXT_BYTES / 4);
    for _ in 0..4 {
        watch.token(Kind::Visible, &piece).unwrap();
    }
    let failure = watch.token(Kind::Visible, &piece).unwrap_err();
    assert_eq!(failure.outcome, Outcome::InvalidResponse);
    assert_eq!(
        watch.into_text().map(|text| text.len()),
        Some(MAX_TEXT_BYTES)
    );
}
