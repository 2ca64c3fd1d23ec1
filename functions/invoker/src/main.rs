//! Wiring of the invoker Lambda.

use aws_config::BehaviorVersion;
use invoker::{App, Request, Settings, handle};
use lambda_runtime::{Error, LambdaEvent, run, service_fn, tracing};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let read = |name: &str| std::env::var(name).ok();
    let settings = Settings::from_env(read)?;
    let aws = aws_config::load_defaults(BehaviorVersion::v2026_01_12()).await;
    let app = App::new(&aws, &settings, bench_targets::TargetEnv::from_env(read));
    // Boxed, as the future holds a whole call with its sample.
    run(service_fn(|event: LambdaEvent<Request>| {
        Box::pin(handle(&app, event))
    }))
    .await
}
