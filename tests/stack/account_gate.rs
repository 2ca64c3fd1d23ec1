//! The gate for a real account, as far as the embedded AWS goes: its steps are those of
//! the workflow, and what cannot be done here says why.

use std::process::{Command, Stdio};

use hostbench::{emulator, progress::Console};
use serde_json::{Value, json};
use support::{Embedded, programs};

/// The steps of a part with their status, and with the reasons of those that were skipped.
async fn take(aws: &Embedded, part: &str) -> Vec<(String, String, String)> {
    let installation = emulator::install(&aws.project.cache(), &Console::silent())
        .await
        .expect("the emulator is installed");
    let url = aws.session.endpoint_url();
    let folder = tempfile::TempDir::new().expect("a folder");
    let child = Command::new(&installation.python.program)
        .args(["-I", "-S"])
        .arg(support::root().join("tests/tools/account_gate.py"))
        .args([part, "--stack", "hostbench", "--region", "us-east-1"])
        .arg("--hostbench")
        .arg(programs(&aws.project).join("hostbench"))
        .args(["--endpoint-url", url, "--packages"])
        .arg(&installation.packages)
        .env_clear()
        .envs([
            ("PATH", "/usr/bin:/bin"),
            ("AWS_ENDPOINT_URL", url),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
        ])
        .envs(["HOME", "TMPDIR"].map(|name| (name, folder.path())))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python");
    let output = tokio::task::spawn_blocking(|| child.wait_with_output());
    let output = output.await.expect("no panic").expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    let answer: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"));
    let steps = answer["steps"].as_array().expect("steps");
    let failed = steps.iter().any(|step| step["status"] == "failed");
    assert_eq!(output.status.success(), !failed, "{said}");
    let text = |step: &Value, field: &str| step[field].as_str().unwrap_or_default().to_owned();
    steps
        .iter()
        .map(|step| {
            let fields = ["step", "status", "reason"];
            let [name, status, reason] = fields.map(|field| text(step, field));
            (name, status, reason)
        })
        .collect()
}

fn statuses(steps: &[(String, String, String)]) -> Vec<(&str, &str)> {
    steps
        .iter()
        .map(|(name, status, _)| (name.as_str(), status.as_str()))
        .collect()
}

#[tokio::test]
async fn the_steps_for_a_real_account_hold_on_the_embedded_one() {
    // A stack sweeps where it was granted machines, as deploying the second run does.
    let instances = "arn:aws:ec2:us-east-1:000000000000:instance/i-0123456789abcdef0";
    let aws = Embedded::start(1_000.0, &[("InstanceArns", instances)]).await;
    let steps = take(&aws, "run").await;
    let expected = [
        ("validate_definitions", "passed"),
        ("create_instance", "passed"),
        ("deploy", "skipped"),
        ("validate_policies", "skipped"),
        ("measure", "passed"),
        ("stop_what_a_run_started", "passed"),
    ];
    assert_eq!(statuses(&steps), expected, "{steps:#?}");
    for (name, status, reason) in &steps {
        assert_eq!(status == "skipped", !reason.is_empty(), "`{name}` says why");
    }

    let steps = take(&aws, "destroy").await;
    let expected = [
        ("destroy_stack", "passed"),
        ("terminate_instances", "passed"),
    ];
    assert_eq!(statuses(&steps), expected, "{steps:#?}");
    let running = json!({"Filters": [{"Name": "instance-state-name", "Values": ["running"]}]});
    let left = aws.call("ec2", "describe_instances", running).await;
    assert_eq!(left["Reservations"], json!([]));

    // Again, as after a job that was canceled: nothing is left, and nothing fails.
    let steps = take(&aws, "destroy").await;
    let expected = [
        ("destroy_stack", "skipped"),
        ("terminate_instances", "skipped"),
    ];
    assert_eq!(statuses(&steps), expected, "{steps:#?}");
}
