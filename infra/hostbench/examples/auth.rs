//! x
use bench_core::config::Overrides;
use hostbench::{execution, local::*, progress::Console, project::Project, request::*};
#[tokio::main]
async fn main() {
    let project = Project::find().unwrap();
    let c = Configuration::read(
        std::path::Path::new("infra/configs/demo.toml"),
        Overrides::parse(&["prompts=1".into(), "dataset.source=builtin".into()]).unwrap(),
    )
    .unwrap();
    let o = LocalOptions {
        enforce_iam: true,
        simulation: Some(c.run.simulation.clone()),
        programs: Some("target/debug".into()),
        wait_scale: 0.05,
        keep: true,
        ..LocalOptions::default()
    };
    let console = Console::stderr();
    let r = RunRequest::new(&project, c, None).unwrap();
    let mut s = Session::start(&project, &o, &console).await.unwrap();
    execution::upload(&project, &s.store(), &r).await.unwrap();
    println!("{:?}", execution::run_and_watch(&mut s, &r, &console).await);
    println!("{:?}", execution::run_and_watch(&mut s, &r, &console).await);
    if std::env::args().nth(1).is_some() {
        println!("{}", s.endpoint_url());
        tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    }
    println!(
        "{:?}",
        hostbench::artefacts::fetch(&s.store(), &r.run_id, std::path::Path::new("/tmp/oo")).await
    );
    s.stop(&console);
}
