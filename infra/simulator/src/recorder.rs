//! Writes down one call while it is served.

use std::{sync::Arc, time::Instant};

use bench_core::dataset::sha256_hex;

use crate::{
    answer::{Answer, count_input},
    capacity::{Served, Ticket},
    connection::Watch,
    ledger::{Call, Ledger},
    prose::Kind,
    protocol::{self, CompletionRequest},
    route::Route,
};

/// Behind the name of a protocol whose answer is streamed.
const STREAM: &str = "-stream";

/// A call in the making. However its handler or its stream ends, the call goes
/// to the connection, which enters it in the ledger once its bytes are out.
pub(crate) struct Recorder {
    ledger: Arc<Ledger>,
    watch: Watch,
    /// How the call is served by a target with a capacity.
    served: Option<Arc<Served>>,
    /// Taken only when the recorder is dropped.
    call: Option<Call>,
}

impl Recorder {
    /// Begins with a call whose client is gone: what else happens is written
    /// down when it does.
    pub(crate) fn new(
        ledger: &Arc<Ledger>,
        watch: Watch,
        sequence: u64,
        route: &Route,
        (headers, received): (Instant, Instant),
    ) -> Self {
        let call = Call {
            sequence,
            connection: watch.connection(),
            fresh_connection: watch.mark_call(),
            protocol: route.operation.protocol(None).to_owned(),
            model: route.target.clone(),
            fault: route.faults.names(),
            prompt_sha256: None,
            received_at: jiff::Timestamp::now(),
            headers_us: ledger.micros(headers),
            received_us: ledger.micros(received),
            slots: None,
            queued_us: None,
            streams_at_start: None,
            mean_streams: None,
            planned_first_token_us: None,
            first_token_us: None,
            last_token_us: None,
            planned_last_byte_us: None,
            last_byte_us: 0,
            output_tokens: 0,
            reasoning_tokens: 0,
            input_tokens: 0,
            cached_input_tokens: 0,
            status: 499,
            finish_reason: Some("disconnected".to_owned()),
            correct: None,
        };
        Self {
            ledger: Arc::clone(ledger),
            watch,
            served: None,
            call: Some(call),
        }
    }

    /// The request was read this far.
    pub(crate) fn requested(&mut self, route: &Route, request: Option<&CompletionRequest>) {
        let streams = protocol::streams(route.operation, request);
        self.note(|call| {
            let format = request.map(|request| request.format);
            route
                .operation
                .protocol(format)
                .clone_into(&mut call.protocol);
            if streams {
                call.protocol.push_str(STREAM);
            }
            if let Some(request) = request {
                call.prompt_sha256 = Some(sha256_hex(request.prompt.as_bytes()));
                call.input_tokens = count_input(&request.prompt) as u64;
            }
        });
    }

    /// The answer is drawn.
    pub(crate) fn drawn(&mut self, answer: &Answer) {
        self.note(|call| {
            call.cached_input_tokens = answer.cached_tokens as u64;
            call.reasoning_tokens = answer.count_of(Kind::Reasoning) as u64;
        });
    }

    /// The answer is to be out at these instants.
    pub(crate) fn planned(&mut self, first: Option<Instant>, end: Instant) {
        let first = first.map(|first| self.ledger.micros(first));
        let end = self.ledger.micros(end);
        self.note(|call| {
            call.planned_first_token_us = first;
            call.planned_last_byte_us = Some(end);
        });
    }

    /// The answer is out when its target comes to it.
    pub(crate) fn queues(&mut self, ticket: &Ticket) {
        self.served = Some(ticket.served());
        self.note(|call| call.slots = ticket.slots().map(|slots| slots as u64));
    }

    /// The answer is an error.
    pub(crate) fn failed(&mut self, status: u16) {
        self.note(|call| {
            call.status = status;
            call.finish_reason = None;
        });
    }

    /// The head of a good answer goes out.
    pub(crate) fn begins(&mut self) {
        self.note(|call| call.status = 200);
    }

    /// A token goes out with the next bytes.
    pub(crate) fn token_sent(&self) {
        self.watch.mark_token();
    }

    /// The connection is to be reset when it is closed.
    pub(crate) fn resets(&self) {
        self.watch.resets();
    }

    /// Nothing is to go out any more: what is written next fails, and the
    /// connection is closed.
    pub(crate) fn cuts(&mut self) {
        self.watch.cuts();
        self.note(|call| {
            call.status = 0;
            call.finish_reason = Some("broken".to_owned());
        });
    }

    /// So many tokens have gone out.
    pub(crate) fn sent(&mut self, tokens: usize) {
        self.note(|call| call.output_tokens = tokens as u64);
    }

    /// The whole answer has gone out.
    pub(crate) fn finished(&mut self, answer: &Answer) {
        self.note(|call| {
            call.finish_reason = Some(answer.finish.as_str().to_owned());
            call.correct = answer.correct;
        });
    }

    /// The answer breaks off here, as asked.
    pub(crate) fn broken(&mut self) {
        self.note(|call| call.finish_reason = Some("broken".to_owned()));
    }

    /// Adds how the call was served.
    fn add_service(&mut self) {
        let Some(served) = self.served.take() else {
            return;
        };
        let service = served.service();
        let micros = |instant: Option<Instant>| instant.map(|at| self.ledger.micros(at));
        let (first, last) = (micros(service.first_due), micros(service.last_due));
        self.note(|call| {
            let queued = service.queued.map(|queued| queued.as_micros());
            call.queued_us = queued.and_then(|queued| u64::try_from(queued).ok());
            call.streams_at_start = service.streams_at_start.map(|streams| streams as u64);
            call.mean_streams = service.mean_streams;
            call.planned_first_token_us = first.filter(|_| call.protocol.ends_with(STREAM));
            call.planned_last_byte_us = last;
        });
    }

    fn note(&mut self, change: impl FnOnce(&mut Call)) {
        if let Some(call) = &mut self.call {
            change(call);
        }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.add_service();
        if let Some(call) = self.call.take() {
            self.watch.ended(call);
        }
    }
}
