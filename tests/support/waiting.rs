//! Waiting for what must come, and finding the processes of a pipeline.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_mins(3);

/// Looks until something is there.
///
/// # Panics
///
/// When it is not there after three minutes.
pub async fn eventually<T, F: Future<Output = Option<T>>>(look: impl Fn() -> F) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(
            start.elapsed() < PATIENCE,
            "it did not come within {PATIENCE:?}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Kills the invokers of the pipeline behind an endpoint, as a crash would; says
/// how many there were.
#[must_use]
pub fn kill_invokers(endpoint_url: &str) -> usize {
    functions(endpoint_url)
        .filter(|(_, environment)| environment["AWS_LAMBDA_FUNCTION_NAME"].contains("Invoker"))
        .filter(|(id, _)| kill(Pid::from_raw(*id), Signal::SIGKILL).is_ok())
        .count()
}

/// The environment of every function of the pipeline behind an endpoint that is running now.
pub fn function_environments(endpoint_url: &str) -> impl Iterator<Item = HashMap<String, String>> {
    functions(endpoint_url).map(|(_, environment)| environment)
}

/// The processes of functions with their environments.
fn functions(endpoint_url: &str) -> impl Iterator<Item = (i32, HashMap<String, String>)> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let found = processes.filter_map(|entry| {
        let id: i32 = entry.file_name().to_str()?.parse().ok()?;
        let environment = std::fs::read(entry.path().join("environ")).ok()?;
        let text = String::from_utf8_lossy(&environment).into_owned();
        let variables = text.split('\0').filter_map(|line| line.split_once('='));
        let owned = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Some((id, owned.collect::<HashMap<_, _>>()))
    });
    found.filter(move |(_, environment)| {
        environment.contains_key("AWS_LAMBDA_FUNCTION_NAME")
            && environment.get("AWS_ENDPOINT_URL").map(String::as_str) == Some(endpoint_url)
    })
}
