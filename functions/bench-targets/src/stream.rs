//! A streamed answer, piece by piece: dated first, read afterwards.

use std::{future::poll_fn, pin::pin, task::Poll};

use futures::{Stream, StreamExt};
use tokio::time::Instant;

use crate::{failure::Failure, stopwatch::Stopwatch};

/// Takes in an answer to its end.
///
/// A piece is read once nothing else is there to be dated, so that reading it
/// delays no time. `broken` words an error of the stream.
pub(crate) async fn consume<T, E>(
    pieces: impl Stream<Item = Result<T, E>>,
    watch: &mut Stopwatch,
    mut read: impl FnMut(T, &mut Stopwatch) -> Result<(), Failure>,
    broken: impl FnOnce(E, &Stopwatch) -> Failure,
) -> Result<(), Failure> {
    let mut pieces = pin!(pieces);
    let mut unread = None;
    loop {
        let next = poll_fn(|context| match pieces.poll_next_unpin(context) {
            Poll::Ready(next) => Poll::Ready(Ok((next, Instant::now()))),
            Poll::Pending => match unread.take().map(|piece| read(piece, watch)) {
                Some(Err(failure)) => Poll::Ready(Err(failure)),
                Some(Ok(())) | None => Poll::Pending,
            },
        });
        let (next, at) = next.await?;
        if let Some(piece) = unread.take() {
            read(piece, watch)?;
        }
        match next {
            Some(Ok(piece)) => unread = Some(piece),
            Some(Err(error)) => return Err(broken(error, watch)),
            None => {
                watch.end_at(at);
                return Ok(());
            }
        }
        watch.arrived(at);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use futures::{channel::mpsc, future::join, stream};

    use super::*;

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
            Ok(())
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
            Ok(())
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
            Ok(())
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
}
