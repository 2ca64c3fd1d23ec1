//! A streamed answer, piece by piece: dated first, read afterwards.

use std::{future::poll_fn, pin::pin, task::Poll};

use futures::{Stream, StreamExt};
use tokio::time::Instant;

use crate::{dialect::Progress, ending::Ending, failure::Failure, stopwatch::Stopwatch};

/// Takes in an answer to its end, which `read` tells, or to the end of the stream.
///
/// A piece is read once nothing else is there to be dated, so that reading it
/// delays no time. `broken` words an error of the stream; one that comes behind
/// the whole answer is none.
pub(crate) async fn consume<T, E>(
    pieces: impl Stream<Item = Result<T, E>>,
    watch: &mut Stopwatch,
    mut read: impl FnMut(T, &mut Stopwatch) -> Result<Progress, Failure>,
    broken: impl FnOnce(E, &Stopwatch) -> Failure,
) -> Result<(), Failure> {
    let mut pieces = pin!(pieces);
    let mut unread = None;
    let mut ending = Ending::default();
    loop {
        let next = poll_fn(|context| {
            if let Poll::Ready(next) = pieces.poll_next_unpin(context) {
                return Poll::Ready(Ok(Some((next, Instant::now()))));
            }
            if let Some((piece, at)) = unread.take() {
                match read(piece, watch) {
                    Ok(progress) => ending.note(progress, pieces_of(watch), at, watch.limit()),
                    Err(failure) => return Poll::Ready(Err(failure)),
                }
            }
            ending.poll_over(context).map(|()| Ok(None))
        });
        let next = next.await?;
        if let Some((piece, at)) = unread.take() {
            let progress = read(piece, watch)?;
            ending.note(progress, pieces_of(watch), at, watch.limit());
        }
        match next {
            Some((Some(Ok(piece)), at)) if !ending.is_over(at) => {
                unread = Some((piece, at));
                watch.arrived(at);
            }
            Some((Some(Err(error)), _)) if ending.last().is_none() => {
                return Err(broken(error, watch));
            }
            Some((None | Some(Err(_)), at)) => {
                watch.end_at(ending.last().unwrap_or(at));
                return Ok(());
            }
            Some((Some(Ok(_)), at)) => {
                watch.held_open();
                watch.end_at(ending.last().unwrap_or(at));
                return Ok(());
            }
            None => {
                watch.held_open();
                watch.end_at(ending.last().unwrap_or_else(Instant::now));
                return Ok(());
            }
        }
    }
}

fn pieces_of(watch: &Stopwatch) -> u32 {
    watch.chunks().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, time::Duration};

    use bench_core::sample::Sample;
    use futures::{channel::mpsc, future::join, stream};
    use tokio::time::sleep;

    use super::*;
    use crate::stopwatch::{Kind, micros};

    fn broken((): (), _: &Stopwatch) -> Failure {
        Failure::broken("cut")
    }

    #[tokio::test]
    async fn what_is_there_is_dated_before_what_came_earlier_is_read() {
        let log = RefCell::new(Vec::new());
        let pieces = stream::iter([1, 2]).map(|piece| {
            log.borrow_mut().push(format!("{piece} came"));
            Ok(piece)
        });
        let read = |piece, _: &mut Stopwatch| {
            log.borrow_mut().push(format!("{piece} read"));
            Ok(Progress::Open)
        };
        let taken = consume(pieces, &mut Stopwatch::new(), read, broken).await;
        assert_eq!(taken, Ok(()));
        let log = log.into_inner();
        assert_eq!(log, ["1 came", "2 came", "1 read", "2 read"]);
    }

    #[tokio::test]
    async fn what_has_come_is_read_while_the_rest_is_waited_for() {
        let (mut server, pieces) = mpsc::channel(1);
        let (was_read, mut reads) = mpsc::unbounded();
        let mut watch = Stopwatch::new();
        let read = |piece, _: &mut Stopwatch| {
            was_read.unbounded_send(piece).expect("it is waited for");
            Ok(Progress::Open)
        };
        let taken = consume(pieces, &mut watch, read, broken);
        let serving = async {
            for piece in [1, 2] {
                server.try_send(Ok(piece)).expect("there is room");
                assert_eq!(reads.next().await, Some(piece));
            }
            server.close_channel();
        };
        assert_eq!(join(taken, serving).await, (Ok(()), ()));
    }

    #[tokio::test]
    async fn what_came_before_the_stream_broke_is_read() {
        let mut sum = 0;
        let pieces = stream::iter([Ok(1), Ok(2), Err(())]);
        let read = |piece: i32, _: &mut Stopwatch| {
            sum += piece;
            Ok(Progress::Open)
        };
        let taken = consume(pieces, &mut Stopwatch::new(), read, broken).await;
        assert_eq!((taken, sum), (Err(Failure::broken("cut")), 3));
    }

    #[tokio::test]
    async fn what_cannot_be_read_ends_a_stream_that_says_no_more() {
        let pieces = stream::iter([Ok(1)]).chain(stream::pending());
        let read = |_, _: &mut Stopwatch| Err(Failure::invalid("no token"));
        let taken = consume(pieces, &mut Stopwatch::new(), read, broken).await;
        assert_eq!(taken, Err(Failure::invalid("no token")));
    }

    /// A server that sends pieces and then holds the connection, or goes on with rubbish.
    async fn ended(
        sent: &[(u64, Progress)],
        behind: impl Stream<Item = Result<(u64, Progress), ()>>,
        limit: Option<Duration>,
    ) -> (Stopwatch, u64) {
        let mut watch = Stopwatch::new();
        let start = Instant::now();
        watch.start();
        watch.set_limit(limit.map(|limit| start + limit));
        let sent = stream::iter(sent.to_vec()).then(|(after, progress)| async move {
            sleep(Duration::from_millis(after)).await;
            Ok((after, progress))
        });
        let read = |(_, progress), _: &mut Stopwatch| Ok(progress);
        let taken = consume(sent.chain(behind), &mut watch, read, broken).await;
        assert_eq!(taken, Ok(()));
        let took = micros(start.elapsed());
        (watch, took)
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_ends_with_its_last_byte_however_long_the_connection_stays() {
        use Progress::*;
        for (sent, latency, took) in [
            (&[(100, Open), (40, Finished)][..], 140_000, 1_140_000),
            (&[(100, Finished), (40, Counted)], 140_000, 1_140_000),
            (&[(100, Finished), (40, Done)], 140_000, 390_000),
            (&[(100, Done)], 100_000, 350_000),
        ] {
            let heartbeats =
                stream::repeat(Ok((0, sent[sent.len() - 1].1))).then(|beat| async move {
                    sleep(Duration::from_millis(7)).await;
                    beat
                });
            let (watch, waited) = ended(sent, stream::pending(), None).await;
            assert_eq!((watch.latency_us(), waited), (latency, took), "{sent:?}");
            assert!(watch.into_sample(Sample::default()).held_open);
            let (watch, waited) = ended(sent, heartbeats, None).await;
            assert_eq!((watch.latency_us(), waited), (latency, took), "{sent:?}");
            assert!(watch.into_sample(Sample::default()).held_open);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_of_the_stream_is_not_waited_for_beyond_the_limit_of_the_call() {
        let limit = Some(Duration::from_millis(300));
        let (watch, took) = ended(&[(100, Progress::Finished)], stream::pending(), limit).await;
        assert_eq!((watch.latency_us(), took), (100_000, 300_000));
    }

    #[tokio::test(start_paused = true)]
    async fn text_behind_a_finish_reason_belongs_to_the_answer() {
        let pieces = [0, 900, 900, 900].map(|after| (after, ()));
        let pieces = stream::iter(pieces).then(|(after, piece)| async move {
            sleep(Duration::from_millis(after)).await;
            Ok::<_, ()>(piece)
        });
        let mut watch = Stopwatch::new();
        watch.start();
        let read = |(), watch: &mut Stopwatch| {
            watch.token(Kind::Visible, "18 ")?;
            Ok(Progress::Finished)
        };
        let taken = consume(pieces, &mut watch, read, broken).await;
        assert_eq!((taken, watch.text()), (Ok(()), "18 18 18 18 "));
        assert_eq!(watch.latency_us(), 2_700_000);
    }

    #[tokio::test(start_paused = true)]
    async fn an_end_of_the_stream_a_little_later_costs_the_answer_nothing() {
        let end = stream::once(async {
            sleep(Duration::from_millis(200)).await;
            Err(())
        });
        let (watch, took) = ended(&[(100, Progress::Done)], end, None).await;
        assert_eq!((watch.latency_us(), took), (100_000, 300_000));
        assert!(!watch.into_sample(Sample::default()).held_open);
    }

    #[tokio::test(start_paused = true)]
    async fn an_ordinary_end_or_a_cut_behind_the_answer_is_not_held_open() {
        let end = stream::empty();
        let (watch, _) = ended(&[(100, Progress::Done)], end, None).await;
        assert_eq!(watch.latency_us(), 100_000);
        assert!(!watch.into_sample(Sample::default()).held_open);
        let cut = stream::iter([Err(())]);
        let (watch, _) = ended(&[(100, Progress::Finished)], cut, None).await;
        assert!(!watch.into_sample(Sample::default()).held_open);
    }
}
