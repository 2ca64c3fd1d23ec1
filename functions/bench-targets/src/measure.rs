//! One call under a time limit, with everything that was seen of it.

use std::{future::poll_fn, pin::pin, task::Poll, time::Duration};

use bench_core::sample::{CLIENT_LIMITED_US, ErrorLayer, FinishReason, Outcome, Sample};
use tokio::time::{Instant, sleep, sleep_until};

use crate::{
    failure::Failure,
    judge::{self, reconcile},
    model::{CompletionRequest, Model, Reply},
    stall::StallWatch,
    stall_log::StallLog,
    stopwatch::{Stopwatch, micros},
};

/// When a call is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Time for the whole call, connecting and reading included.
    pub after: Duration,
    /// How a call that was cut off is counted: [`Outcome::Timeout`] for the
    /// configured patience, [`Outcome::Deadline`] for the time left to the Lambda.
    pub outcome: Outcome,
}

impl Limit {
    /// The configured patience with one call.
    #[must_use]
    pub fn timeout(after: Duration) -> Self {
        Self {
            after,
            outcome: Outcome::Timeout,
        }
    }

    /// The time that is left to the Lambda.
    #[must_use]
    pub fn deadline(after: Duration) -> Self {
        Self {
            after,
            outcome: Outcome::Deadline,
        }
    }

    /// Whichever limit bites first; the configured one if both do.
    #[must_use]
    pub fn first_of(timeout: Duration, until_deadline: Duration) -> Self {
        if timeout <= until_deadline {
            Self::timeout(timeout)
        } else {
            Self::deadline(until_deadline)
        }
    }
}

/// Calls once, times it and fills `blank` in with everything that was seen. A call
/// that is cut off keeps the times and the text it had by then.
pub async fn measure(
    model: &impl Model,
    completion_request: &CompletionRequest<'_>,
    limit: Limit,
    blank: Sample,
) -> Sample {
    let mut watch = Stopwatch::new();
    let mut stalls = StallWatch::start();
    let ended = run(
        model,
        completion_request,
        limit,
        &mut watch,
        Some(&mut stalls),
    )
    .await;
    record(blank, completion_request, watch, stalls.longest(), ended)
}

/// A call that was to be sent at a stated time, one of the many that a thread makes.
#[derive(Debug, Clone, Copy)]
pub struct Scheduled<'a> {
    /// When it was to be sent.
    pub intended: Instant,
    /// The stalls of the thread.
    pub stalls: &'a StallLog,
}

/// As [`measure`], of a call under load: `queued_us` is the time from its intended start to
/// its send.
pub async fn measure_scheduled(
    model: &impl Model,
    completion_request: &CompletionRequest<'_>,
    limit: Limit,
    blank: Sample,
    scheduled: Scheduled<'_>,
) -> Sample {
    let began = Instant::now();
    let mut watch = Stopwatch::new();
    let ended = run(model, completion_request, limit, &mut watch, None).await;
    let stall = scheduled.stalls.longest_since(began);
    let blank = Sample {
        queued_us: Some(watch.sent_after_us(scheduled.intended)),
        ..blank
    };
    record(blank, completion_request, watch, stall, ended)
}

/// A call with what its request says of it, before it is sent.
#[must_use]
pub fn requested(blank: Sample, completion_request: &CompletionRequest<'_>) -> Sample {
    Sample {
        max_tokens: completion_request.max_tokens,
        prompt_chars: Some(completion_request.prompt.chars().count() as u64),
        ..blank
    }
}

/// Runs a call under its limit, and watches how long the task was held up.
async fn run(
    model: &impl Model,
    completion_request: &CompletionRequest<'_>,
    limit: Limit,
    watch: &mut Stopwatch,
    mut stalls: Option<&mut StallWatch>,
) -> Result<Reply, Failure> {
    let give_up = Instant::now().checked_add(limit.after);
    watch.set_limit(give_up);
    let mut cut = pin!(match give_up {
        Some(at) => sleep_until(at),
        None => sleep(limit.after),
    });
    let ended = {
        let mut call = pin!(model.complete(completion_request, watch));
        poll_fn(|context| {
            let mut record_poll = || stalls.iter_mut().for_each(|stalls| stalls.record_poll());
            record_poll();
            let ended = call.as_mut().poll(context);
            record_poll();
            if ended.is_ready() {
                return ended;
            }
            if cut.as_mut().poll(context).is_ready() {
                return Poll::Ready(Err(cut_off(limit)));
            }
            if let Some(stalls) = &mut stalls {
                stalls.schedule_wake(context);
            }
            Poll::Pending
        })
        .await
    };
    watch.end();
    ended
}

fn cut_off(limit: Limit) -> Failure {
    let after = limit.after;
    let message = if limit.outcome == Outcome::Deadline {
        format!("the Lambda's deadline was reached after {after:.1?}; lower `method.max_tokens`")
    } else {
        format!("no whole answer within {after:.1?}; raise `method.timeout_s`")
    };
    Failure::new(limit.outcome, ErrorLayer::Timeout, message)
}

fn record(
    blank: Sample,
    completion_request: &CompletionRequest<'_>,
    watch: Stopwatch,
    stall: Duration,
    ended: Result<Reply, Failure>,
) -> Sample {
    let (mut reply, failure) = match ended {
        Ok(reply) => {
            let failure = judge::failure(&reply, watch.text(), completion_request.max_tokens);
            (reply, failure)
        }
        Err(failure) => (Reply::default(), Some(failure)),
    };
    let counts_disagree = reconcile(&mut reply, watch.text());
    let failed_status = failure.as_ref().and_then(|failure| failure.http_status);
    let blank = Sample {
        output_tokens: reply.output_tokens,
        ..requested(blank, completion_request)
    };
    Sample {
        outcome: failure
            .as_ref()
            .map_or(Outcome::Ok, |failure| failure.outcome),
        server_latency_us: reply.server_latency_us,
        input_tokens: reply.input_tokens,
        counts_disagree,
        reasoning_tokens: reply.reasoning_tokens,
        cached_input_tokens: reply.cached_input_tokens,
        finish_reason: reply.finish_reason.as_deref().map(FinishReason::from_raw),
        finish_reason_raw: reply.finish_reason.map(Into::into),
        http_status: reply.http_status.or(failed_status),
        error_class: failure.as_ref().map(|failure| failure.class),
        error_code: failure.as_ref().and_then(|failure| failure.code.clone()),
        retry_after_s: failure
            .as_ref()
            .and_then(|failure| failure.retry_after)
            .map(whole_seconds),
        error_message: failure.map(|failure| failure.message),
        stall_us: Some(micros(stall)),
        client_limited: micros(stall) > CLIENT_LIMITED_US,
        ..watch.into_sample(blank)
    }
}

/// Seconds of a wait, rounded up.
fn whole_seconds(wait: Duration) -> u32 {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    seconds.try_into().unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use tokio::time::{advance, sleep};

    use super::*;
    use crate::stopwatch::Kind;

    const REQUEST: CompletionRequest<'_> = CompletionRequest {
        max_tokens: Some(10),
        temperature: Some(0.3),
        top_p: Some(0.9),
        ..CompletionRequest::of_text("wié?")
    };
    const TIMEOUT: Limit = Limit {
        after: Duration::from_mins(1),
        outcome: Outcome::Timeout,
    };

    /// A model that takes its time, then speaks, then ends as told.
    struct Fake {
        before_send: Duration,
        pieces: Vec<(Duration, Kind, &'static str)>,
        until_end: Duration,
        end: Result<Reply, Failure>,
    }

    impl Default for Fake {
        fn default() -> Self {
            Self {
                before_send: Duration::ZERO,
                pieces: vec![
                    (ms(120), Kind::Reasoning, "18?"),
                    (ms(30), Kind::Visible, "It is "),
                    (ms(30), Kind::Visible, "18"),
                ],
                until_end: ms(5),
                end: Ok(Reply {
                    output_tokens: Some(7),
                    ..Reply::default()
                }),
            }
        }
    }

    impl Model for Fake {
        async fn complete(
            &self,
            _: &CompletionRequest<'_>,
            watch: &mut Stopwatch,
        ) -> Result<Reply, Failure> {
            sleep(self.before_send).await;
            watch.start();
            for &(after, kind, text) in &self.pieces {
                sleep(after).await;
                watch.token(kind, text)?;
            }
            sleep(self.until_end).await;
            self.end.clone()
        }
    }

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_is_timed_to_the_microsecond() {
        let fake = Fake {
            before_send: ms(40),
            ..Fake::default()
        };
        let measurement = measure(&fake, &REQUEST, TIMEOUT, Sample::default()).await;
        assert_eq!(measurement.outcome, Outcome::Ok);
        assert_eq!(measurement.ttft_us, Some(120_000));
        assert_eq!(measurement.ttfo_us, Some(150_000));
        assert_eq!(measurement.last_token_us, Some(180_000));
        assert_eq!(measurement.latency_us, 185_000);
        assert_eq!(measurement.chunks, Some(3));
        assert_eq!(measurement.output_tokens, Some(7));
        assert_eq!(measurement.prompt_chars, Some(4));
        assert_eq!(measurement.response_chars, Some(11));
        assert_eq!(measurement.error_class, None);
        assert_eq!(measurement.stall_us, Some(0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_is_cut_off_keeps_what_it_had() {
        for outcome in [Outcome::Timeout, Outcome::Deadline] {
            let limit = Limit {
                after: ms(160),
                outcome,
            };
            let measurement = measure(&Fake::default(), &REQUEST, limit, Sample::default()).await;
            assert_eq!(measurement.outcome, outcome);
            assert_eq!(measurement.latency_us, 160_000);
            assert_eq!(measurement.ttft_us, Some(120_000));
            assert_eq!(measurement.last_token_us, Some(150_000));
            assert_eq!(measurement.chunks, Some(2));
            assert_eq!(
                measurement.response_text.as_deref(),
                Some("<think>\n18?\n</think>\n\nIt is ")
            );
            assert_eq!(measurement.error_class, Some(ErrorLayer::Timeout));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_is_timed_to_the_moment_it_was_known() {
        let failure = Failure::new(Outcome::Throttled, ErrorLayer::Service, "slow down")
            .with_status(Some(429))
            .with_code(Some("ThrottlingException".to_owned()));
        let fake = Fake {
            pieces: vec![],
            until_end: ms(15),
            end: Err(failure),
            ..Fake::default()
        };
        let measurement = measure(&fake, &REQUEST, TIMEOUT, Sample::default()).await;
        assert_eq!(measurement.outcome, Outcome::Throttled);
        assert_eq!(measurement.latency_us, 15_000);
        assert_eq!(measurement.http_status, Some(429));
        assert_eq!(measurement.error_class, Some(ErrorLayer::Service));
        assert_eq!(
            measurement.error_code.as_deref(),
            Some("ThrottlingException")
        );
        assert_eq!(measurement.error_message.as_deref(), Some("slow down"));
        assert_eq!(
            (measurement.ttft_us, measurement.response_text),
            (None, None)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_ends_in_an_error_is_no_whole_answer() {
        let end = Ok(Reply {
            finish_reason: Some("error".to_owned()),
            ..Reply::default()
        });
        let fake = Fake {
            end,
            ..Fake::default()
        };
        let measurement = measure(&fake, &REQUEST, TIMEOUT, Sample::default()).await;
        assert_eq!(measurement.outcome, Outcome::StreamBroken);
        assert_eq!(measurement.finish_reason, Some(FinishReason::Aborted));
        assert_eq!(measurement.chunks, Some(3));
    }

    #[tokio::test(start_paused = true)]
    async fn a_scheduled_call_is_timed_from_its_send_and_says_how_late_that_was() {
        let stalls = StallLog::new();
        let intended = Instant::now();
        advance(ms(7)).await;
        let fake = Fake {
            before_send: ms(40),
            ..Fake::default()
        };
        let scheduled = Scheduled {
            intended,
            stalls: &stalls,
        };
        let call = measure_scheduled(&fake, &REQUEST, TIMEOUT, Sample::default(), scheduled);
        let measurement = tokio::select! {
            measurement = call => measurement,
            never = stalls.tick() => match never {},
        };
        assert_eq!(measurement.queued_us, Some(47_000));
        assert_eq!(measurement.latency_us, 185_000);
        assert_eq!(measurement.ttft_us, Some(120_000));
        assert_eq!(measurement.stall_us, Some(0));
        assert!(!measurement.client_limited);
    }

    /// Holds its task up for a while between two waits.
    struct Blocking;

    impl Model for Blocking {
        async fn complete(
            &self,
            _: &CompletionRequest<'_>,
            watch: &mut Stopwatch,
        ) -> Result<Reply, Failure> {
            watch.start();
            sleep(ms(5)).await;
            advance(ms(55)).await;
            Ok(Reply::default())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_ticker_sees_how_long_the_client_was_held_up() {
        let measurement = measure(&Blocking, &REQUEST, TIMEOUT, Sample::default()).await;
        // A tick was due 10 ms into the 55.
        assert_eq!(measurement.stall_us, Some(45_000));
        assert!(measurement.client_limited);
    }

    #[test]
    fn the_limit_that_bites_first_decides() {
        assert_eq!(Limit::first_of(ms(5), ms(9)), Limit::timeout(ms(5)));
        assert_eq!(Limit::first_of(ms(9), ms(5)), Limit::deadline(ms(5)));
        assert_eq!(Limit::first_of(ms(5), ms(5)), Limit::timeout(ms(5)));
    }
}
