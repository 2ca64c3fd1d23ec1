//! Wiring of the aggregator Lambda.

use aggregator::{App, Request, Settings, handle};
use aws_config::BehaviorVersion;
use lambda_runtime::{Error, LambdaEvent, run, service_fn, tracing};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let settings = Settings::from_env(|name| std::env::var(name).ok())?;
    let aws = aws_config::load_defaults(BehaviorVersion::v2026_01_12()).await;
    let app = App::new(&aws, &settings);
    run(service_fn(|event: LambdaEvent<Request>| {
        Box::pin(handle(&app, event.payload))
    }))
    .await
}
