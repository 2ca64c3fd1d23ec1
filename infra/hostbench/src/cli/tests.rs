use std::path::Path;

use super::*;

#[test]
fn the_arguments_are_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn an_option_that_only_a_local_run_has_is_refused_by_its_own_name() {
    let local_only = |option: &str| {
        let cli = Cli::parse_from(["hostbench", "run", "a.toml", option]);
        let Command::Run(run) = cli.command else {
            panic!("expected `run`")
        };
        run.options.local_only()
    };
    assert_eq!(local_only("--bin-dir=target/debug"), ["--bin-dir"]);
    assert_eq!(local_only("--keep"), ["--keep"]);
    assert_eq!(
        local_only("--endpoint-url=http://127.0.0.1"),
        ["--endpoint-url"]
    );
    assert_eq!(local_only("--json"), [""; 0]);
}

#[test]
fn a_remedy_names_the_options_that_lead_to_the_same_stack() {
    let cli = Cli::parse_from(["hostbench", "runs", "--stack", "a", "--region", "eu-west-1"]);
    let Command::Runs(runs) = cli.command else {
        panic!("expected `runs`")
    };
    assert_eq!(runs.stack.arguments(), " --stack a --region eu-west-1");
}

#[test]
fn overrides_may_be_repeated() {
    let cli = Cli::parse_from(["hostbench", "demo", "--set", "a=1", "--set", "b=2"]);
    let Command::Demo(demo) = cli.command else {
        panic!("expected `demo`")
    };
    assert_eq!(demo.options.set, ["a=1", "b=2"]);
}

#[test]
fn the_command_that_continues_a_run_has_the_options_that_its_plan_was_made_of() {
    let arguments = [
        "hostbench",
        "demo",
        "--set",
        "prompts=3",
        "--set",
        "name=a b",
        "--json",
        "--run-id",
        "r",
    ];
    let Command::Demo(demo) = Cli::parse_from(arguments).command else {
        panic!("expected `demo`")
    };
    let options = demo.options;
    assert_eq!(
        options.resume_command("demo", "r", Path::new("my runs")),
        "hostbench demo --set prompts=3 --set 'name=a b' --out 'my runs' --resume r"
    );
    assert_eq!(
        options.resume_command("demo", "r", Path::new("hostbench-runs/r")),
        "hostbench demo --set prompts=3 --set 'name=a b' --resume r"
    );
    let again = ["hostbench", "demo", "--resume", "r", "--run-id", "q"];
    assert!(Cli::try_parse_from(again).is_err(), "a run has its id");
}
