//! Waiting for what must come, and finding the processes of a pipeline.

use std::time::{Duration, Instant};

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
    let is_invoker = |environment: &str| {
        let variables = || environment.split('\0');
        variables().any(|variable| {
            variable.starts_with("AWS_LAMBDA_FUNCTION_NAME=") && variable.contains("Invoker")
        }) && variables().any(|variable| variable == format!("AWS_ENDPOINT_URL={endpoint_url}"))
    };
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter_map(|entry| {
            let id: i32 = entry.file_name().to_str()?.parse().ok()?;
            let environment = std::fs::read(entry.path().join("environ")).ok()?;
            is_invoker(&String::from_utf8_lossy(&environment)).then_some(id)
        })
        .filter(|id| kill(Pid::from_raw(*id), Signal::SIGKILL).is_ok())
        .count()
}
