//! The emulator as a child process.

use std::{
    ffi::OsString,
    fmt,
    fs::{self, File},
    net::TcpListener,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use tokio::process::Command;

use super::install::Installation;
use crate::{error::Error, process::ProcessGroup, workdir::WorkDir};

/// The programs that start the emulator, by their file names.
const LAUNCHER: &str = "launcher.py";
const PROGRAMS: [(&str, &str); 2] = [
    (LAUNCHER, include_str!("launcher.py")),
    ("queries.py", include_str!("queries.py")),
];

/// Startup timeout; the first start compiles Python.
const START_LIMIT: Duration = Duration::from_secs(90);
/// Attempts to find a port that is still free when the emulator binds it.
const PORT_ATTEMPTS: usize = 3;
/// Lines of the log in the error when the emulator exits.
const LOG_TAIL_LINES: usize = 20;

/// Environment variables that are passed to the emulator and its Lambdas. No other
/// is, least of all the user's AWS settings.
const PASSED_VARIABLES: &[&str] = &[
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TZ",
    "LD_LIBRARY_PATH",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "http_proxy",
    "https_proxy",
    "RUST_LOG",
    "RUST_BACKTRACE",
];

/// The user's AWS credentials, for calls to real models.
#[derive(Clone)]
pub struct ModelCredentials {
    /// The access key id.
    pub access_key_id: String,
    /// The secret access key.
    pub secret_access_key: String,
    /// The session token of temporary credentials.
    pub session_token: Option<String>,
}

impl fmt::Debug for ModelCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelCredentials").finish_non_exhaustive()
    }
}

/// The options of the emulator.
#[derive(Debug, Clone)]
pub struct Launch {
    /// The Region that it emulates.
    pub region: String,
    /// The factor on Wait states and retry intervals.
    pub wait_scale: f64,
    /// Whether signatures and IAM policies are enforced.
    pub enforce_iam: bool,
    /// The URL of simulated targets.
    pub simulator_url: Option<String>,
    /// The credentials for model calls; with them, calls go to the real services.
    pub model_credentials: Option<ModelCredentials>,
    /// Additional environment variables of the emulator and the Lambdas.
    pub environment: Vec<(String, String)>,
}

/// A running emulator; dropping it stops it with every Lambda process.
#[derive(Debug)]
pub struct Emulator {
    group: ProcessGroup,
    url: String,
    log: PathBuf,
}

impl Emulator {
    /// Starts the emulator on a free loopback port and waits until it is healthy. Its
    /// files, including its log, are in the work folder.
    ///
    /// # Errors
    ///
    /// [`Error::Program`] with the end of its log when it exits or the timeout is reached.
    pub async fn start(
        installation: &Installation,
        launch: &Launch,
        work: &WorkDir,
    ) -> Result<Self, Error> {
        let log = work.join("emulator.log");
        let mut attempt = 1;
        loop {
            let port = free_port()?;
            let output = File::create(&log).map_err(Error::file("create", &log))?;
            let errors = output.try_clone().map_err(Error::file("write", &log))?;
            let mut command = command(installation, work)?;
            command
                .envs(environment(launch, port, work))
                .stdin(Stdio::piped())
                .stdout(output)
                .stderr(errors);
            let group = ProcessGroup::spawn(&mut command)?;
            let url = format!("http://127.0.0.1:{port}");
            let mut emulator = Self {
                group,
                url,
                log: log.clone(),
            };
            match emulator.wait_until_healthy().await {
                Ok(()) => return Ok(emulator),
                Err(error) if attempt < PORT_ATTEMPTS && error.to_string().contains("in use") => {
                    attempt += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// The URL of the emulator.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The path of its log.
    #[must_use]
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// The id of its process group; `None` when it has exited.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.group.id()
    }

    /// Checks that the emulator is running.
    ///
    /// # Errors
    ///
    /// [`Error::Program`] with the end of its log if it has exited.
    pub fn check(&mut self) -> Result<(), Error> {
        match self.group.ended() {
            None => Ok(()),
            Some(status) => Err(self.failed(&format!("exited ({status})"))),
        }
    }

    async fn wait_until_healthy(&mut self) -> Result<(), Error> {
        let health = format!("{}/_ministack/health", self.url);
        let client = loopback_client()?;
        let deadline = Instant::now() + START_LIMIT;
        while Instant::now() < deadline {
            self.check()?;
            if client
                .get(&health)
                .send()
                .await
                .is_ok_and(|answer| answer.status().is_success())
            {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Err(self.failed(&format!(
            "was not healthy within {} s",
            START_LIMIT.as_secs()
        )))
    }

    fn failed(&self, how: &str) -> Error {
        Error::Program(format!(
            "the embedded AWS {how}; end of its log:\n{}",
            tail(&self.log, LOG_TAIL_LINES)
        ))
    }
}

/// The last lines of a log.
fn tail(log: &Path, count: usize) -> String {
    let text = fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let text = text.unwrap_or_default();
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

/// An HTTP client without proxy, for services on this machine.
fn loopback_client() -> Result<reqwest::Client, Error> {
    reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(5))
        .build()
        .map_err(|error| Error::Program(format!("cannot create an HTTP client: {error}")))
}

fn free_port() -> Result<u16, Error> {
    TcpListener::bind(("127.0.0.1", 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|error| Error::Program(format!("no free port on 127.0.0.1: {error}")))
}

/// `-I` and `-S` hide all packages but the pinned ones, even those of the system.
fn command(installation: &Installation, work: &WorkDir) -> Result<Command, Error> {
    for (name, program) in PROGRAMS {
        let path = work.join(name);
        fs::write(&path, program).map_err(Error::file("write", &path))?;
    }
    let mut command = installation.python.command();
    command
        .args(["-I", "-S", "-u"])
        .arg(work.join(LAUNCHER))
        .arg(&installation.packages)
        .current_dir(work.path())
        .env_clear();
    Ok(command)
}

fn environment(launch: &Launch, port: u16, work: &WorkDir) -> Vec<(OsString, OsString)> {
    let mut variables: Vec<(OsString, OsString)> = PASSED_VARIABLES
        .iter()
        .filter_map(|name| Some(((*name).into(), std::env::var_os(name)?)))
        .collect();
    let mut set = |name: &str, value: &dyn AsRef<std::ffi::OsStr>| {
        variables.push((name.into(), value.as_ref().to_owned()));
    };
    set("GATEWAY_PORT", &port.to_string());
    set("BIND_HOST", &"127.0.0.1");
    set("AWS_ENDPOINT_URL", &format!("http://127.0.0.1:{port}"));
    for name in ["AWS_REGION", "AWS_DEFAULT_REGION", "MINISTACK_REGION"] {
        set(name, &launch.region);
    }
    set("AWS_ACCESS_KEY_ID", &"test");
    set("AWS_SECRET_ACCESS_KEY", &"test");
    set("AWS_EC2_METADATA_DISABLED", &"true");
    // Hides the user's profiles from the Lambdas.
    set("AWS_CONFIG_FILE", &"/dev/null");
    set("AWS_SHARED_CREDENTIALS_FILE", &"/dev/null");
    set("NO_PROXY", &"127.0.0.1,localhost");
    set("no_proxy", &"127.0.0.1,localhost");
    set("IOT_MTLS_ENABLED", &"0");
    set("SFTP_ENABLED", &"0");
    set("AUTH", &if launch.enforce_iam { "true" } else { "false" });
    set("SFN_WAIT_SCALE", &launch.wait_scale.to_string());
    // No limit: a run has the concurrency of its configuration, and the emulator's own state
    // machine does not know a throttled Lambda for what it is.
    set("LAMBDA_ACCOUNT_CONCURRENCY", &"0");
    // Lambdas are processes of this machine: they start in less than a second.
    set("LOAD_LEAD_S", &"2");
    set("TMPDIR", &work.join("tmp"));
    set("STATE_DIR", &work.join("state"));
    set("S3_DATA_DIR", &work.join("state"));
    // Keeps the emulator from starting or removing containers.
    set(
        "DOCKER_HOST",
        &format!("unix://{}", work.join("no-docker").display()),
    );
    if let Some(url) = &launch.simulator_url {
        set("SIMULATOR_URL", url);
    }
    if let Some(credentials) = &launch.model_credentials {
        set("MODEL_ENDPOINTS", &"aws");
        set("MODEL_AWS_ACCESS_KEY_ID", &credentials.access_key_id);
        set(
            "MODEL_AWS_SECRET_ACCESS_KEY",
            &credentials.secret_access_key,
        );
        if let Some(token) = &credentials.session_token {
            set("MODEL_AWS_SESSION_TOKEN", token);
        }
    }
    for (name, value) in &launch.environment {
        set(name, value);
    }
    variables
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn launch() -> Launch {
        Launch {
            region: "eu-west-1".into(),
            wait_scale: 0.05,
            enforce_iam: false,
            simulator_url: None,
            model_credentials: None,
            environment: Vec::new(),
        }
    }

    fn variable(launch: &Launch, name: &str) -> Option<String> {
        let parent = TempDir::new().unwrap();
        let work = WorkDir::create(parent.path()).unwrap();
        let found = environment(launch, 4570, &work)
            .into_iter()
            .rfind(|(key, _)| key == name);
        found.map(|(_, value)| value.into_string().unwrap())
    }

    #[test]
    fn the_emulator_is_reached_on_this_machine_alone() {
        assert_eq!(variable(&launch(), "BIND_HOST").unwrap(), "127.0.0.1");
        assert_eq!(
            variable(&launch(), "AWS_ENDPOINT_URL").unwrap(),
            "http://127.0.0.1:4570"
        );
        assert_eq!(variable(&launch(), "AWS_REGION").unwrap(), "eu-west-1");
    }

    #[test]
    fn model_credentials_are_passed_under_our_own_names_and_never_shown() {
        assert_eq!(variable(&launch(), "MODEL_ENDPOINTS"), None);
        let credentials = ModelCredentials {
            access_key_id: "AKIAEXAMPLE".into(),
            secret_access_key: "very-secret".into(),
            session_token: None,
        };
        let launch = Launch {
            model_credentials: Some(credentials),
            ..launch()
        };
        assert_eq!(variable(&launch, "MODEL_ENDPOINTS").unwrap(), "aws");
        assert_eq!(
            variable(&launch, "MODEL_AWS_SECRET_ACCESS_KEY").unwrap(),
            "very-secret"
        );
        assert_eq!(variable(&launch, "AWS_SECRET_ACCESS_KEY").unwrap(), "test");
        assert_eq!(variable(&launch, "MODEL_AWS_SESSION_TOKEN"), None);
        let shown = format!("{launch:?}");
        assert!(
            !shown.contains("very-secret") && !shown.contains("AKIAEXAMPLE"),
            "{shown}"
        );
    }

    #[test]
    fn the_end_of_a_log_is_shown() {
        let folder = TempDir::new().unwrap();
        let log = folder.path().join("emulator.log");
        fs::write(&log, "one\ntwo\nthree\n").unwrap();
        assert_eq!(tail(&log, 2), "two\nthree");
        assert_eq!(tail(&folder.path().join("none"), 2), "");
    }
}
