//! Real targets from this machine, with a recording server in the place of the
//! real endpoints: whose credentials go where, and that none stays behind.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use bench_core::config::Overrides;
use hostbench::{
    emulator::ModelCredentials,
    execution::{self, ExecutionResult},
    local::{LocalOptions, Session},
    progress::Console,
    project::Project,
    request::{Configuration, RunRequest},
};
use serde_json::Value;
use support::{RecordedRequest, Recorder};
use tempfile::TempDir;

const KEY_ID: &str = "AKIDUSERSOWNKEY00001";
const SECRET: &str = "users-own-secret-4f1c8e27";
const TOKEN: &str = "users-own-session-token-9b03d5aa";
const BEARER: &str = "sk-users-own-model-key-77d1e0";

/// Bedrock and SageMaker in two Regions, neither that of the pipeline, and a
/// server of one's own.
fn config(recorder: &Recorder) -> String {
    format!(
        r#"
        name = "real"
        dataset = {{ source = "builtin", prompts = 1 }}
        method = {{ warmup = 0, repetitions = 1 }}
        [[targets]]
        id = "bedrock"
        kind = "bedrock"
        model = "us.deepseek.r1-v1:0"
        request = "converse"
        region = "eu-central-1"
        [[targets]]
        id = "sagemaker"
        kind = "sagemaker"
        endpoint = "deepseek-8b"
        request = "tgi"
        region = "ap-southeast-2"
        [[targets]]
        id = "own"
        kind = "http"
        url = "{}"
        request = "openai-chat"
        api_key = "env:TEST_MODEL_KEY"
        "#,
        recorder.url()
    )
}

/// Runs the command as a user with credentials in the environment would.
fn run(folder: &Path, recorder: &Recorder) -> Output {
    let project = Project::find().expect("the project");
    let programs = support::programs(&project);
    let path = folder.join("real.toml");
    std::fs::write(&path, config(recorder)).expect("written");
    let mut command = Command::new(programs.join("hostbench"));
    command
        .args(["run", "--local", "--json", "--keep"])
        .arg(&path)
        .arg("--out")
        .arg(folder.join("out"))
        .arg("--bin-dir")
        .arg(&programs)
        .current_dir(project.root())
        .env("AWS_REGION", "us-west-2")
        .env("AWS_ACCESS_KEY_ID", KEY_ID)
        .env("AWS_SECRET_ACCESS_KEY", SECRET)
        .env("AWS_SESSION_TOKEN", TOKEN)
        .env("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", recorder.url())
        .env("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", recorder.url())
        .env("TEST_MODEL_KEY", BEARER);
    // What else the machine knows of AWS is no part of this.
    for name in ["AWS_PROFILE", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL"] {
        command.env_remove(name);
    }
    for name in ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"] {
        command.env(name, "/dev/null");
    }
    command.output().expect("the command")
}

/// The folder that the command says it has kept.
fn kept(said: &str) -> PathBuf {
    let line = said
        .lines()
        .find(|line| line.contains("files of the session: "))
        .unwrap_or_else(|| panic!("nothing is kept: {said}"));
    PathBuf::from(line.split('`').nth(1).expect("a path"))
}

/// The files below a folder that hold any of the texts, bytes of any kind included.
fn files_with(texts: &[&str], folder: &Path) -> Vec<String> {
    let mut command = Command::new("grep");
    command.args([
        "--recursive",
        "--files-with-matches",
        "--text",
        "--fixed-strings",
    ]);
    for text in texts {
        command.args(["-e", text]);
    }
    let found = command.arg("--").arg(folder).output().expect("grep");
    assert!(
        matches!(found.status.code(), Some(0 | 1)),
        "{}",
        String::from_utf8_lossy(&found.stderr)
    );
    let found = String::from_utf8_lossy(&found.stdout);
    found.lines().map(str::to_owned).collect()
}

fn assert_signed(request: &RecordedRequest, region: &str, service: &str) {
    let authorization = &request.headers["authorization"];
    let scope = authorization
        .strip_prefix(&format!("AWS4-HMAC-SHA256 Credential={KEY_ID}/"))
        .unwrap_or_else(|| panic!("{authorization}"));
    let (date, scope) = scope.split_at(8);
    assert!(date.bytes().all(|byte| byte.is_ascii_digit()), "{date}");
    let expected = format!("/{region}/{service}/aws4_request,");
    assert!(scope.starts_with(&expected), "{scope}");
    assert_eq!(request.headers["x-amz-security-token"], TOKEN);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn real_targets_are_asked_with_the_users_credentials_and_none_stays_behind() {
    let recorder = Recorder::of_models(BEARER).await;
    let folder = TempDir::new().unwrap();
    let output = tokio::task::block_in_place(|| run(folder.path(), &recorder));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let outcome: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(outcome["complete"], true, "{said}");
    let out = PathBuf::from(outcome["out"].as_str().unwrap());
    let kept = kept(&said);

    let requests = recorder.requests();
    let of = |start: &str| -> Vec<&RecordedRequest> {
        let is_of = |request: &&RecordedRequest| request.path.starts_with(start);
        requests.iter().filter(is_of).collect()
    };
    let (bedrock, sagemaker, own) = (of("/model/"), of("/endpoints/"), of("/v1/"));
    assert_eq!(
        bedrock.len() + sagemaker.len() + own.len(),
        requests.len(),
        "nothing but model calls is at the models' endpoints: {requests:?}"
    );
    // A probe and a measured call each.
    assert_eq!([bedrock.len(), sagemaker.len(), own.len()], [2; 3]);
    for request in bedrock {
        assert_signed(request, "eu-central-1", "bedrock");
    }
    for request in sagemaker {
        assert_signed(request, "ap-southeast-2", "sagemaker");
    }
    for request in own {
        assert_eq!(request.headers["authorization"], format!("Bearer {BEARER}"));
    }

    // The search finds what is there: the runs' own words, in both folders.
    assert!(!files_with(&["us.deepseek.r1-v1:0"], &out).is_empty());
    assert!(!files_with(&["dynamodb"], &kept).is_empty());
    let credentials = [KEY_ID, SECRET, TOKEN, BEARER];
    for folder in [&out, &kept] {
        assert_eq!(files_with(&credentials, folder), Vec::<String>::new());
    }
    let printed = format!("{said}{}", String::from_utf8_lossy(&output.stdout));
    for credential in credentials {
        assert!(!printed.contains(credential), "{printed}");
    }
    std::fs::remove_dir_all(kept).unwrap();
}

/// The pipeline with the user's credentials, whose Lambdas reach the emulator
/// through a recorder.
async fn start(project: &Project, models: &Recorder, storage: &Recorder) -> Session {
    let environment = [
        ("AWS_ENDPOINT_URL", storage.url()),
        ("MODEL_ENDPOINT_URL_BEDROCK_RUNTIME", models.url()),
        ("MODEL_ENDPOINT_URL_SAGEMAKER_RUNTIME", models.url()),
        ("TEST_MODEL_KEY", BEARER),
        ("API_KEY_VARIABLES", "TEST_MODEL_KEY"),
    ];
    let options = LocalOptions {
        programs: Some(support::programs(project)),
        model_credentials: Some(ModelCredentials {
            access_key_id: KEY_ID.to_owned(),
            secret_access_key: SECRET.to_owned(),
            session_token: Some(TOKEN.to_owned()),
        }),
        region: "us-west-2".to_owned(),
        environment: environment
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
        ..LocalOptions::default()
    };
    let session = Session::start(project, &options, &Console::silent()).await;
    let session = session.unwrap_or_else(|error| panic!("the embedded AWS: {error}"));
    let emulator = session.endpoint_url().strip_prefix("http://");
    storage.lead_to(emulator.expect("a URL").parse().expect("an address"));
    session
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lambdas_store_with_the_emulators_credentials_and_store_no_others() {
    let (models, storage) = (Recorder::of_models(BEARER).await, Recorder::start().await);
    let project = Project::find().unwrap();
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("real.toml");
    std::fs::write(&path, config(&models)).unwrap();
    let configuration = Configuration::read(&path, Overrides::default()).unwrap();
    let request = RunRequest::new(&project, configuration, Some("real".to_owned())).unwrap();

    let mut session = start(&project, &models, &storage).await;
    let store = session.store();
    execution::upload(&project, &store, &request).await.unwrap();
    let ending = execution::run_and_watch(&mut session, &request, &Console::silent()).await;
    assert_eq!(ending.unwrap(), ExecutionResult::Complete);
    session.stop(&Console::silent());

    // Every item and every object that a Lambda has written went by here.
    let requests = storage.requests();
    assert!(storage.contains("DynamoDB_20120810.PutItem"));
    assert!(storage.contains("/runs/real/report.json"));
    for request in &requests {
        let authorization = &request.headers["authorization"];
        // The emulator gives its Lambdas the account that it plays.
        let emulators = "AWS4-HMAC-SHA256 Credential=000000000000/";
        assert!(authorization.starts_with(emulators), "{request:?}");
        assert!(!request.headers.contains_key("x-amz-security-token"));
    }
    for credential in [KEY_ID, SECRET, TOKEN, BEARER] {
        assert!(!storage.contains(credential), "{credential} was stored");
    }
    assert_eq!(models.requests().len(), 2 * 3);
}
