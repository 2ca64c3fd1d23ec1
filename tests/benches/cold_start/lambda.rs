//! The Runtime API as a function meets it, and the function's process.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Bytes,
    extract::{Path as Segment, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::Value;
use tokio::{
    net::TcpListener,
    process::{Child, Command},
    sync::mpsc,
    time::timeout,
};

/// How long a function may take for one event.
const PATIENCE: Duration = Duration::from_secs(30);

/// A function with the event that it is asked.
pub(crate) struct Function {
    pub(crate) name: &'static str,
    program: PathBuf,
    event: Value,
}

impl Function {
    pub(crate) fn new(folder: &Path, name: &'static str, event: Value) -> Self {
        let nested = folder.join(name).join("bootstrap");
        let program = if nested.is_file() {
            nested
        } else {
            folder.join(name)
        };
        assert!(
            program.is_file(),
            "`{}` holds no `{name}`; build the functions with `hostbench deploy --build-only`, or \
             name another folder",
            folder.display()
        );
        Self {
            name,
            program,
            event,
        }
    }
}

/// The measurements of a function.
pub(crate) struct Figures {
    /// From the start of a process to its first answer.
    pub(crate) first_answers: Vec<Duration>,
    /// Resident memory after all events, in units of 1,024 bytes.
    pub(crate) resident_kb: u64,
}

pub(crate) async fn measure(
    function: &Function,
    cloud: &str,
    starts: usize,
    events: usize,
) -> Figures {
    let mut first_answers = Vec::new();
    let mut resident_kb = 0;
    for start in 1..=starts {
        let mut api = RuntimeApi::start(function.event.to_string()).await;
        let started = Instant::now();
        let mut process = spawn(function, &api.address, cloud);
        first_answers.push(api.answered(function.name).await - started);
        if start == starts {
            for _ in 1..events {
                api.answered(function.name).await;
            }
            resident_kb = resident(&process).await;
        }
        process.kill().await.expect("the process ends");
    }
    Figures {
        first_answers,
        resident_kb,
    }
}

fn spawn(function: &Function, runtime_api: &str, cloud: &str) -> Child {
    Command::new(&function.program)
        .env_clear()
        .envs([
            ("AWS_LAMBDA_RUNTIME_API", runtime_api),
            ("AWS_LAMBDA_FUNCTION_NAME", function.name),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1769"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "cold-start"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "cold-start"),
            ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_ENDPOINT_URL", cloud),
            ("RESULTS_TABLE", "table"),
            ("RESULTS_BUCKET", "bucket"),
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("the function starts")
}

/// Resident memory of a process in units of 1,024 bytes.
async fn resident(process: &Child) -> u64 {
    let id = process.id().expect("it runs").to_string();
    let output = Command::new("ps")
        .args(["-o", "rss=", "-p", &id])
        .output()
        .await;
    let said = String::from_utf8(output.expect("ps").stdout).expect("text");
    said.trim().parse().expect("a number")
}

/// Hands out one event for ever and tells when it was answered.
struct RuntimeApi {
    address: String,
    answers: mpsc::UnboundedReceiver<Result<Instant, String>>,
}

struct Shared {
    event: String,
    /// How many times it was handed out.
    handed_out: AtomicU64,
    answers: mpsc::UnboundedSender<Result<Instant, String>>,
}

impl RuntimeApi {
    async fn start(event: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let (sender, answers) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            event,
            handed_out: AtomicU64::new(0),
            answers: sender,
        });
        let app = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route(
                "/2018-06-01/runtime/invocation/{id}/{outcome}",
                post(outcome),
            )
            .fallback(async |body: String| (StatusCode::NOT_FOUND, body))
            .with_state(shared);
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, answers }
    }

    async fn answered(&mut self, function: &str) -> Instant {
        let answer = timeout(PATIENCE, self.answers.recv()).await;
        match answer {
            Ok(Some(Ok(instant))) => instant,
            Ok(Some(Err(error))) => panic!("`{function}` failed: {error}"),
            _ => panic!(
                "`{function}` did not answer within {} s",
                PATIENCE.as_secs()
            ),
        }
    }
}

async fn next(State(shared): State<Arc<Shared>>) -> Response {
    let number = shared.handed_out.fetch_add(1, Ordering::Relaxed);
    let deadline = jiff::Timestamp::now().as_millisecond() + 900_000;
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", format!("event-{number}")),
        ("lambda-runtime-deadline-ms", deadline.to_string()),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:us-east-1:111122223333:function:cold-start".to_owned(),
        ),
    ];
    (headers, shared.event.clone()).into_response()
}

async fn outcome(
    State(shared): State<Arc<Shared>>,
    Segment((_, outcome)): Segment<(String, String)>,
    body: Bytes,
) -> StatusCode {
    let answer = if outcome == "response" {
        Ok(Instant::now())
    } else {
        Err(String::from_utf8_lossy(&body).into_owned())
    };
    // Nobody listens any more once the process is about to be ended.
    let _ = shared.answers.send(answer);
    StatusCode::ACCEPTED
}
