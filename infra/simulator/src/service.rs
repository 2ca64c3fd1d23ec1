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
    http::{HeaderValue, Response, request::Parts},
};
use serde_json::json;

use crate::{
    Settings,
    answer::{self, Answer, AnswerDraw},
    cache::PrefixCache,
    capacity::Capacities,
    connection::Watch,
    failure::Failure,
    fault::{Fault, Faults, Position},
    flow::{self, Flow, needs_filler},
    ledger::Ledger,
    prompts::KnownPrompts,
    prose::Kind,
    protocol::{
        self, CompletionRequest, WireContext,
        json::{FILLER, INVALID},
    },
    recorder::Recorder,
    refusal::{Refusal, Refusals},
    response::{json_response, respond_with, unrouted_response},
    route::{Operation, Route},
};

/// The longest request body that is read: that of the services.
const MAX_BODY: usize = 25 * 1024 * 1024;

/// Everything that requests share.
#[derive(Debug)]
pub(crate) struct Service {
    seed: u64,
    accuracy: f64,
    time_scale: f64,
    prompts: KnownPrompts,
    ledger: Arc<Ledger>,
    sequence: AtomicU64,
    refusals: Refusals,
    capacities: Capacities,
    cache: PrefixCache,
    /// Served calls by target and prompt.
    served: Mutex<HashMap<(String, String), u64>>,
}

/// `GET /_simulator/health`.
pub(crate) async fn health(State(service): State<Arc<Service>>) -> Response<Body> {
    json_response(&json!({
        "status": "ok",
        "seed": service.seed,
        "accuracy": service.accuracy,
        "time_scale": service.time_scale,
        "prompts": service.prompts.len(),
        "requests": service.sequence.load(Ordering::Relaxed),
    }))
}

/// `GET /_simulator/calls`.
pub(crate) async fn calls(State(service): State<Arc<Service>>) -> Response<Body> {
    json_response(&json!(service.ledger.calls()))
}

/// `GET /_simulator/targets`: what the targets so far can take.
pub(crate) async fn targets(State(service): State<Arc<Service>>) -> Response<Body> {
    json_response(&json!(service.capacities.limits()))
}

/// Every other path.
pub(crate) async fn serve(
    State(service): State<Arc<Service>>,
    ConnectInfo(watch): ConnectInfo<Watch>,
    request: Request,
) -> Response<Body> {
    let headers_at = watch.last_read();
    let (head, body) = request.into_parts();
    let route = match Route::parse(&head.method, head.uri.path()) {
        Ok(route) => route,
        Err(unrouted) => return unrouted_response(unrouted),
    };
    let body = to_bytes(body, MAX_BODY).await;
    let received = watch.last_read();
    let route = match &body {
        Ok(body) => route.with_model_of(body),
        Err(_) => route,
    };
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
    let call = Received {
        route,
        head,
        sequence,
        at: received,
    };
    let mut response = service.respond(&call, body.ok(), recorder).await;
    let mut tell = |name, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    };
    tell("x-simulator-call", sequence.to_string());
    if call.route.operation.has_frames() {
        let id = format!("00000000-0000-4000-8000-{sequence:012x}");
        tell("x-amzn-requestid", id);
    }
    response
}

/// A request that asks a model for text.
struct Received {
    route: Route,
    head: Parts,
    /// Number of the call.
    sequence: u64,
    /// When all of it had been read.
    at: Instant,
}

impl Service {
    pub(crate) fn new(settings: &Settings, prompts: KnownPrompts, ledger: Arc<Ledger>) -> Self {
        Self {
            seed: settings.seed,
            accuracy: settings.accuracy,
            time_scale: settings.time_scale,
            prompts,
            ledger,
            sequence: AtomicU64::new(0),
            refusals: Refusals::new(settings.api_key.as_deref()),
            capacities: Capacities::default(),
            cache: PrefixCache::default(),
            served: Mutex::default(),
        }
    }

    async fn respond(
        &self,
        call: &Received,
        body: Option<Bytes>,
        mut recorder: Recorder,
    ) -> Response<Body> {
        let route = &call.route;
        let request = match self.parse(call, body) {
            Ok(request) => request,
            Err(refused) => {
                let (refusal, request) = *refused;
                recorder.requested(route, request.as_ref());
                return refusal.response(route, call.head.uri.path(), recorder);
            }
        };
        recorder.requested(route, Some(&request));
        if let Some(response) = close_without_response(&route.faults, &mut recorder).await {
            return response;
        }
        let streams = protocol::streams(route.operation, Some(&request));
        let mut answer = self.draw(route, &request);
        mark(&mut answer, &route.faults, streams);
        let arrival = self.capacities.arrive(
            &route.target,
            &route.faults,
            (call.sequence, call.at),
            flow::demand(&answer, &route.faults, streams),
        );
        let ticket = match arrival {
            Ok(ticket) => ticket,
            Err(wait) => {
                let refusal = Refusal::Failure(Failure::Throttled(wait));
                return refusal.response(route, call.head.uri.path(), recorder);
            }
        };
        recorder.drawn(&answer);
        if let Some(ticket) = &ticket {
            recorder.queues(ticket);
        } else {
            let first = streams.then_some(call.at + answer.first);
            recorder.planned(first, call.at + answer.total);
        }
        let answer = Arc::new(answer);
        let context = WireContext {
            route,
            request: &request,
            sequence: call.sequence,
            seed: self.seed,
        };
        let flow = Flow {
            wire: protocol::wire(context, Arc::clone(&answer)),
            answer,
            faults: route.faults.clone(),
            ticket,
            recorder,
            received: call.at,
            seed: self.seed ^ call.sequence,
        };
        let outgoing = if streams {
            flow.into_stream()
        } else {
            flow.into_whole().await
        };
        respond_with(outgoing, &route.faults)
    }

    /// The parsed request, or its refusal with the prompt if that could be read.
    fn parse(
        &self,
        call: &Received,
        body: Option<Bytes>,
    ) -> Result<CompletionRequest, Box<(Refusal, Option<CompletionRequest>)>> {
        let route = &call.route;
        let body = body.ok_or_else(|| Box::new((Refusal::Failure(Failure::TooLarge), None)))?;
        let request = protocol::read(route, &call.head.headers, &body);
        let streams = protocol::streams(route.operation, request.as_ref().ok());
        let invalid = |fault| Refusal::Failure(Failure::Invalid(fault));
        if let Some(name_error) = route
            .faults
            .name_error(streams, route.operation.has_frames())
        {
            return Err(Box::new((invalid(name_error.to_string()), request.ok())));
        }
        let prompt = request.as_ref().map(|request| request.prompt.as_str());
        let key = self.key(prompt.unwrap_or_default());
        let refusal = self.refusals.of_call(route, &call.head.headers, key);
        match (refusal, request) {
            (Some(refusal), request) => Err(Box::new((refusal, request.ok()))),
            (None, Err(fault)) => Err(Box::new((invalid(fault), None))),
            (None, Ok(request)) => {
                let (faults, name) = (&route.faults, &route.target);
                match self.capacities.throttle(name, faults, call.at) {
                    Ok(()) => Ok(request),
                    Err(wait) => {
                        let refusal = Refusal::Failure(Failure::Throttled(wait));
                        Err(Box::new((refusal, Some(request))))
                    }
                }
            }
        }
    }

    /// The key that calls of the same prompt share.
    fn key<'a>(&'a self, prompt: &'a str) -> &'a str {
        answer::key(prompt, self.prompts.find(prompt))
    }

    fn draw(&self, route: &Route, request: &CompletionRequest) -> Answer {
        let known = self.prompts.find(&request.prompt);
        let key = (
            route.target.clone(),
            answer::key(&request.prompt, known).to_owned(),
        );
        let call = {
            let mut served = self.served.lock().unwrap_or_else(PoisonError::into_inner);
            let served = served.entry(key).or_default();
            let call = *served;
            *served += 1;
            call
        };
        let fixed = route.faults.find(|fault| match *fault {
            Fault::Tokens { count, every } => Some((count, every)),
            _ => None,
        });
        let reasoning = if fixed.is_some() {
            // Tags would be tokens that some protocols have no event for.
            route.requests_reasoning() && !route.faults.has(&Fault::Think)
        } else {
            route.reasons()
        };
        let mut answer = Answer::draw(&AnswerDraw {
            seed: self.seed,
            accuracy: self.accuracy,
            time_scale: self.time_scale,
            profile: route.profile,
            target: &route.target,
            prompt: &request.prompt,
            known,
            call,
            max_tokens: request.max_tokens,
            reasoning,
            fixed,
            exponential: route.faults.find(|fault| match *fault {
                Fault::Slots { exponential, .. } => Some(exponential),
                _ => None,
            }) == Some(true),
        });
        let salt = request.cache_salt.as_deref();
        let cached = self.cache.read(&route.target, salt, &request.prompt);
        // The last token is always read again.
        let most = answer.input_tokens - 1;
        let always = route.faults.has(&Fault::AlwaysCached);
        answer.cached_tokens = if always { most } else { cached.min(most) };
        answer
    }

    /// `GET /health` and `GET /info`, which fail as the target does.
    fn about(&self, route: &Route) -> Response<Body> {
        if let Some(failure) = self.refusals.of_server(route) {
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

/// Closes the connection without a response, if the name requests that.
async fn close_without_response(
    faults: &Faults,
    recorder: &mut Recorder,
) -> Option<Response<Body>> {
    let fault = faults.find(|fault| match fault {
        Fault::Silence(Position::Before)
        | Fault::Close(Position::Before)
        | Fault::Reset(Position::Before) => Some(fault.clone()),
        _ => None,
    })?;
    match fault {
        // Until the client leaves, which drops this.
        Fault::Silence(_) => std::future::pending().await,
        Fault::Reset(_) => recorder.resets(),
        _ => {}
    }
    recorder.cuts();
    Some(Response::default())
}

/// Puts into one token what the name asks for: bytes that are not UTF-8, or the
/// place of a text that is too long to be held.
fn mark(answer: &mut Answer, faults: &Faults, streams: bool) {
    let place = faults.find(|fault| match fault {
        Fault::InvalidUtf8(place) => Some((INVALID, *place)),
        _ => None,
    });
    let filler = (!streams && needs_filler(faults)).then_some((FILLER, Position::Midway));
    for (mark, place) in place.into_iter().chain(filler) {
        let half = match place {
            Position::Midway => answer.tokens.len() / 2,
            Position::Before | Position::First => 0,
        };
        let has_text = |kind| matches!(kind, Kind::Reasoning | Kind::Visible);
        let mut behind = answer.tokens.iter_mut().skip(half);
        if let Some(token) = behind.find(|token| has_text(token.kind)) {
            token.text.to_mut().push(mark);
        }
    }
}
