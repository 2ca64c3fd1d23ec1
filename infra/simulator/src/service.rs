//! Serves a request: understands it, draws its answer, and lets it out in time.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{ConnectInfo, Request, State},
    http::{HeaderName, HeaderValue, Response, StatusCode, header},
};
use serde_json::{Value, json};

use crate::{
    Settings,
    answer::{self, Answer, Draw},
    connection::Watch,
    failure::Failure,
    flow::{self, Flow},
    ledger::Ledger,
    protocol::{self, Ask, Headers},
    questions::Questions,
    recorder::Recorder,
    route::{Operation, Route, Shape, Unrouted},
};

/// The longest request body that is read: that of the services.
const MAX_BODY: usize = 25 * 1024 * 1024;

/// Everything that requests share.
#[derive(Debug)]
pub(crate) struct Service {
    seed: u64,
    accuracy: f64,
    time_scale: f64,
    questions: Questions,
    ledger: Arc<Ledger>,
    sequence: AtomicU64,
    counts: Mutex<Counts>,
}

/// How often what was asked.
#[derive(Debug, Default)]
struct Counts {
    /// Calls of a target that is to be not ready at first.
    unready: HashMap<String, u64>,
    /// Served calls by target and question.
    served: HashMap<(String, String), u64>,
}

/// `GET /_simulator/health`.
pub(crate) async fn health(State(service): State<Arc<Service>>) -> Response<Body> {
    json_response(&json!({
        "status": "ok",
        "seed": service.seed,
        "accuracy": service.accuracy,
        "time_scale": service.time_scale,
        "questions": service.questions.len(),
        "requests": service.sequence.load(Ordering::Relaxed),
    }))
}

/// `GET /_simulator/calls`.
pub(crate) async fn calls(State(service): State<Arc<Service>>) -> Response<Body> {
    json_response(&json!(service.ledger.calls()))
}

/// Every other path.
pub(crate) async fn serve(
    State(service): State<Arc<Service>>,
    ConnectInfo(watch): ConnectInfo<Watch>,
    request: Request,
) -> Response<Body> {
    let headers_at = Instant::now();
    let (head, body) = request.into_parts();
    let route = match Route::parse(&head.method, head.uri.path()) {
        Ok(route) => route,
        Err(unrouted) => return unrouted_response(unrouted),
    };
    let body = to_bytes(body, MAX_BODY).await;
    let received = Instant::now();
    if !route.operation.is_inference() {
        return service.about(&route);
    }
    let sequence = service.sequence.fetch_add(1, Ordering::Relaxed) + 1;
    let recorder = Recorder::new(
        &service.ledger,
        watch,
        sequence,
        &route,
        (headers_at, received),
    );
    let mut response = service
        .respond(&route, body.ok(), recorder, (sequence, received))
        .await;
    if matches!(route.operation.shape(), Shape::Bedrock | Shape::SageMaker) {
        let id = format!("00000000-0000-4000-8000-{sequence:012x}");
        if let Ok(id) = HeaderValue::from_str(&id) {
            response.headers_mut().insert("x-amzn-requestid", id);
        }
    }
    response
}

impl Service {
    pub(crate) fn new(settings: &Settings, questions: Questions, ledger: Arc<Ledger>) -> Self {
        Self {
            seed: settings.seed,
            accuracy: settings.accuracy,
            time_scale: settings.time_scale,
            questions,
            ledger,
            sequence: AtomicU64::new(0),
            counts: Mutex::default(),
        }
    }

    async fn respond(
        &self,
        route: &Route,
        body: Option<Bytes>,
        mut recorder: Recorder,
        (sequence, received): (u64, Instant),
    ) -> Response<Body> {
        let ask = match self.understand(route, body) {
            Ok(ask) => ask,
            Err((failure, ask)) => {
                recorder.asked(route, ask.as_ref());
                return failed(&failure, route, recorder);
            }
        };
        recorder.asked(route, Some(&ask));
        let answer = Arc::new(self.draw(route, &ask));
        recorder.planned(received + answer.total);
        let wire = protocol::wire(route, &ask, Arc::clone(&answer), sequence);
        let flow = Flow::new(wire, answer, recorder, received, route.faults.breaks);
        if protocol::streams(route.operation, Some(&ask)) {
            let (headers, body) = flow.into_stream();
            with_headers(body, headers)
        } else {
            let (headers, length, body) = flow.into_whole().await;
            let mut response = with_headers(body, headers);
            response
                .headers_mut()
                .insert(header::CONTENT_LENGTH, HeaderValue::from(length));
            response
        }
    }

    /// What is asked for, or how it fails; with the question, where it could
    /// still be read.
    fn understand(
        &self,
        route: &Route,
        body: Option<Bytes>,
    ) -> Result<Ask, (Failure, Option<Ask>)> {
        let body = body.ok_or((Failure::TooLarge, None))?;
        let ask = protocol::read(route.operation, &body);
        match (self.fault(route), ask) {
            (Some(failure), ask) => Err((failure, ask.ok())),
            (None, Err(fault)) => Err((Failure::Invalid(fault), None)),
            (None, Ok(ask)) => Ok(ask),
        }
    }

    fn fault(&self, route: &Route) -> Option<Failure> {
        if let Some(status) = route.faults.status {
            return Some(Failure::Asked(status));
        }
        if route.faults.not_ready == 0 {
            return None;
        }
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let calls = counts.unready.entry(route.target.clone()).or_default();
        *calls += 1;
        (*calls <= route.faults.not_ready).then_some(Failure::NotReady)
    }

    fn draw(&self, route: &Route, ask: &Ask) -> Answer {
        let question = self.questions.find(&ask.prompt);
        let key = (
            route.target.clone(),
            answer::key(&ask.prompt, question).to_owned(),
        );
        let call = {
            let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
            let served = counts.served.entry(key).or_default();
            let call = *served;
            *served += 1;
            call
        };
        Answer::draw(&Draw {
            seed: self.seed,
            accuracy: self.accuracy,
            time_scale: self.time_scale,
            profile: route.profile,
            target: &route.target,
            prompt: &ask.prompt,
            question,
            call,
            max_tokens: ask.max_tokens,
            reasoning: route.reasons(),
        })
    }

    /// `GET /health` and `GET /info`, which fail as the target does.
    fn about(&self, route: &Route) -> Response<Body> {
        if let Some(failure) = self.fault(route) {
            let rendered = failure.render(route.operation.shape());
            let body = rendered.body.to_string();
            return rendered.response(body.len(), Body::from(body));
        }
        match route.operation {
            Operation::Info => json_response(&protocol::info()),
            _ => Response::new(Body::empty()),
        }
    }
}

fn failed(failure: &Failure, route: &Route, mut recorder: Recorder) -> Response<Body> {
    let rendered = failure.render(route.operation.shape());
    let body = rendered.body.to_string();
    recorder.failed(rendered.status.as_u16());
    rendered.response(body.len(), flow::recorded(body.into(), recorder))
}

fn unrouted_response(unrouted: Unrouted) -> Response<Body> {
    let (status, message) = match unrouted {
        Unrouted::NoSuchPath => (StatusCode::NOT_FOUND, "no simulated protocol has this path"),
        Unrouted::NoSuchMethod => (
            StatusCode::METHOD_NOT_ALLOWED,
            "this path takes another method",
        ),
    };
    let mut response = json_response(&json!({"error": message}));
    *response.status_mut() = status;
    response
}

fn json_response(body: &Value) -> Response<Body> {
    let headers = vec![("content-type", "application/json".to_owned())];
    with_headers(Body::from(body.to_string()), headers)
}

fn with_headers(body: Body, headers: Headers) -> Response<Body> {
    let mut response = Response::new(body);
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response
                .headers_mut()
                .insert(HeaderName::from_static(name), value);
        }
    }
    response
}
