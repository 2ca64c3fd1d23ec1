//! The request of a run, complete and valid before anything is started.

use std::path::{Path, PathBuf};

use bench_core::{
    config::{self, Network, Overrides, RunConfig, Target},
    identity::{MAX_RUN_ID, RunId},
};
use bench_store::keys;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    access, dataset,
    error::Error,
    project::{self, Project},
    text_file,
    upload::{self, LocalFile},
};

/// The most bytes of an execution's input.
const MAX_INPUT_BYTES: usize = 256 * 1024;

/// A configuration file, read with its overrides.
#[derive(Debug, Clone)]
pub struct Configuration {
    /// The file.
    pub path: PathBuf,
    /// Its content.
    pub text: String,
    /// The overrides for this run.
    pub overrides: Overrides,
    /// The configuration with its overrides.
    pub run: RunConfig,
}

impl Configuration {
    /// Reads the configuration file that a user names: one here, or else one that hostbench
    /// has, such as `infra/configs/demo.toml`, wherever the command is called.
    ///
    /// # Errors
    ///
    /// Those of [`Configuration::read`].
    pub fn named(path: &Path, overrides: Overrides) -> Result<Self, Error> {
        Self::read(&project::named(path), overrides)
    }

    /// Reads a configuration file; `.json` is JSON, everything else TOML.
    ///
    /// # Errors
    ///
    /// [`Error::Configuration`] with every fault, and those of [`text_file::read`].
    pub fn read(path: &Path, overrides: Overrides) -> Result<Self, Error> {
        let text = text_file::read(path)?;
        let run = parse(path, &text, &overrides)?;
        Ok(Self {
            path: path.to_path_buf(),
            text,
            overrides,
            run,
        })
    }

    /// The same configuration with more overrides.
    ///
    /// # Errors
    ///
    /// [`Error::Configuration`] with every fault.
    pub fn with(mut self, fields: &[(&str, Value)]) -> Result<Self, Error> {
        for (field, value) in fields {
            self.overrides.set(field, value.clone());
        }
        self.run = parse(&self.path, &self.text, &self.overrides)?;
        Ok(self)
    }

    /// The same configuration for the embedded AWS, which has no VPC and starts no
    /// instance or endpoint.
    ///
    /// # Errors
    ///
    /// None in practice; the fields are those of a configuration that was read.
    pub fn for_embedded_aws(self) -> Result<Self, Error> {
        let mut changed = Vec::new();
        for target in &self.run.targets {
            if target.network == Network::Vpc {
                let field = format!("targets.{}.network", target.id);
                changed.push((field, Value::from("public")));
            }
            if target.lifecycle.is_some() {
                changed.push((format!("targets.{}.lifecycle", target.id), Value::Null));
            }
        }
        let fields: Vec<_> = changed
            .iter()
            .map(|(field, value)| (field.as_str(), value.clone()))
            .collect();
        self.with(&fields)
    }

    /// The targets with a `lifecycle`, which a run on AWS starts and stops.
    pub fn with_lifecycle(&self) -> impl Iterator<Item = &str> {
        let started = |target: &&Target| target.lifecycle.is_some() && !target.simulated;
        let targets = self.run.targets.iter();
        targets.filter(started).map(|target| target.id.as_str())
    }

    /// Whether a target is simulated.
    #[must_use]
    pub fn needs_simulator(&self) -> bool {
        self.run.targets.iter().any(|target| target.simulated)
    }

    /// Whether every target is simulated.
    #[must_use]
    pub fn is_all_simulated(&self) -> bool {
        self.run.targets.iter().all(|target| target.simulated)
    }

    /// The content without overrides, as JSON.
    fn value(&self) -> Result<Value, Error> {
        let read = if upload::is_json(&self.path) {
            serde_json::from_str(&self.text).map_err(|error| error.to_string())
        } else {
            toml::from_str(&self.text).map_err(|error| error.to_string())
        };
        read.map_err(|error| Error::InvalidInput(format!("`{}`: {error}", self.path.display())))
    }

    /// The file as it is uploaded.
    #[must_use]
    pub fn file(&self) -> LocalFile {
        LocalFile::configuration(&self.path)
    }
}

fn parse(path: &Path, text: &str, overrides: &Overrides) -> Result<RunConfig, Error> {
    let read = if upload::is_json(path) {
        config::from_json
    } else {
        config::from_toml
    };
    read(text, overrides).map_err(|faults| Error::Configuration {
        path: path.display().to_string(),
        faults,
    })
}

/// A run that can be started: its configuration is valid and its dataset exists.
#[derive(Debug, Clone)]
pub struct RunRequest {
    /// The configuration.
    pub configuration: Configuration,
    /// The dataset; `None` for the built-in problems.
    pub dataset: Option<LocalFile>,
    /// Certificates of its targets.
    pub files: Vec<LocalFile>,
    /// The id of the run.
    pub run_id: RunId,
}

impl RunRequest {
    /// Checks that the run can start.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] when the dataset is missing or too small, a certificate is missing,
    /// or the run id is invalid.
    pub fn new(
        project: &Project,
        configuration: Configuration,
        run_id: Option<String>,
    ) -> Result<Self, Error> {
        let config_folder = configuration.path.parent();
        let dataset = dataset::find(project, &configuration.run.dataset, config_folder);
        dataset::check(&configuration.run.dataset, dataset.as_ref())?;
        let files =
            access::certificates(&configuration.run, config_folder.unwrap_or(Path::new("")))?;
        Self::assemble(configuration, dataset, files, run_id)
    }

    /// Checks that the run can start on a deployed stack. Files that are in its
    /// bucket, by `stored`, are not uploaded again.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] when a target cannot be reached from there, a file is neither in the
    /// bucket nor on this machine, or the run id is invalid.
    pub fn on_stack(
        project: &Project,
        configuration: Configuration,
        run_id: Option<String>,
        stored: &[String],
    ) -> Result<Self, Error> {
        let is_stored = |key: &String| stored.contains(key);
        let config_folder = configuration.path.parent();
        let requested = &configuration.run.dataset;
        let dataset = if requested.is_builtin() || is_stored(&keys::dataset(requested)) {
            None
        } else {
            let file = dataset::find(project, requested, config_folder);
            dataset::check(requested, file.as_ref())?;
            file
        };
        let certificates = access::certificate_keys(&configuration.run);
        let files = if certificates.iter().all(is_stored) {
            Vec::new()
        } else {
            let files =
                access::certificates(&configuration.run, config_folder.unwrap_or(Path::new("")))?;
            files
                .into_iter()
                .filter(|file| !is_stored(&file.key))
                .collect()
        };
        Self::assemble(configuration, dataset, files, run_id)
    }

    fn assemble(
        configuration: Configuration,
        dataset: Option<LocalFile>,
        files: Vec<LocalFile>,
        run_id: Option<String>,
    ) -> Result<Self, Error> {
        let run_id = match run_id {
            Some(run_id) => valid(&run_id)?,
            None => valid(&new_run_id(
                &configuration.run.name,
                Timestamp::now(),
                &random_hex(),
            ))?,
        };
        Ok(Self {
            configuration,
            dataset,
            files,
            run_id,
        })
    }

    /// The input of the execution.
    #[must_use]
    pub fn input(&self) -> Value {
        json!({
            "config": self.configuration.file().key,
            "overrides": self.configuration.overrides.to_value(),
            "run_id": self.run_id,
        })
    }

    /// The input of the execution with the configuration inline, so that no
    /// configuration in the bucket is replaced.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] when it is longer than Step Functions accepts.
    pub fn input_with_configuration(&self) -> Result<Value, Error> {
        let input = json!({
            "config": self.configuration.value()?,
            "overrides": self.configuration.overrides.to_value(),
            "run_id": self.run_id,
        });
        let length = input.to_string().len();
        if length > MAX_INPUT_BYTES {
            return Err(Error::InvalidInput(format!(
                "`{}` makes an execution input of {length} bytes, expected at most \
                 {MAX_INPUT_BYTES}; split its targets into several configurations",
                self.configuration.path.display()
            )));
        }
        Ok(input)
    }
}

fn valid(run_id: &str) -> Result<RunId, Error> {
    run_id
        .parse()
        .map_err(|rule| Error::InvalidInput(format!("`--run-id` is `{run_id}`, {rule}")))
}

/// Configuration name, time and random digits: unique, and sorted by time for one
/// configuration.
fn new_run_id(name: &str, now: Timestamp, random: &str) -> String {
    let time = now.strftime("%Y%m%d-%H%M%S").to_string();
    let room = MAX_RUN_ID - time.len() - random.len() - 2;
    let name: String = name.chars().take(room).collect();
    format!("{name}-{time}-{random}")
}

/// Four random hexadecimal digits.
#[must_use]
pub fn random_hex() -> String {
    use std::hash::{BuildHasher, RandomState};
    format!(
        "{:04x}",
        RandomState::new().hash_one(std::process::id()) & 0xffff
    )
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    const PRIVATE: &str = r#"
        name = "private"
        [[targets]]
        id = "inf2"
        kind = "http"
        url = "http://10.0.0.1:8080"
        request = "tgi"
        network = "vpc"
    "#;

    fn read(text: &str, overrides: &[String]) -> Result<Configuration, Error> {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("private.toml");
        fs::write(&path, text).unwrap();
        Configuration::read(&path, Overrides::parse(overrides).unwrap())
    }

    #[test]
    fn a_run_id_orders_by_time_and_fits_into_an_execution_name() {
        let now: Timestamp = "2026-03-04T05:06:07Z".parse().unwrap();
        assert_eq!(new_run_id("demo", now, "0a1b"), "demo-20260304-050607-0a1b");
        let long = new_run_id(&"x".repeat(64), now, "0a1b");
        assert_eq!(long.len(), 80);
        assert!(long.ends_with("-20260304-050607-0a1b"));
        assert!(valid(&long).is_ok());
    }

    #[test]
    fn a_run_id_that_is_no_folder_is_refused() {
        for bad in ["", "a/b", "..", "a b"] {
            assert!(valid(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn faults_come_with_the_file_and_exit_code_two() {
        let error = read(PRIVATE, &["dataset.prompts=0".into(), "x=1".into()]).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        let text = error.to_string();
        assert!(
            text.contains("private.toml") && text.contains("2 faults"),
            "{text}"
        );
    }

    #[test]
    fn an_input_with_its_configuration_is_read_as_the_file_is() {
        let configuration = read(PRIVATE, &["dataset.prompts=3".into()]).unwrap();
        let run = configuration.run.clone();
        let request = RunRequest::assemble(configuration, None, Vec::new(), None).unwrap();
        let input = request.input_with_configuration().unwrap();
        let overrides = input["overrides"].as_object().unwrap().clone();
        let there = config::from_value(input["config"].clone(), &Overrides::new(overrides));
        assert_eq!(there.unwrap(), run);
    }

    #[test]
    fn an_input_that_no_execution_takes_is_refused() {
        let text = format!(
            "{PRIVATE}\nheaders = {{ x-note = \"{}\" }}",
            "x".repeat(MAX_INPUT_BYTES)
        );
        let configuration = read(&text, &[]).unwrap();
        let request = RunRequest::assemble(configuration, None, Vec::new(), None).unwrap();
        let error = request.input_with_configuration().unwrap_err().to_string();
        assert!(error.contains("split its targets into"), "{error}");
    }

    #[test]
    fn on_this_machine_a_private_network_is_reached_like_any_other() {
        let configuration = read(PRIVATE, &[]).unwrap().for_embedded_aws().unwrap();
        assert_eq!(configuration.run.targets[0].network, Network::Public);
        let overrides = configuration.overrides.to_value();
        assert_eq!(overrides, json!({"targets.inf2.network": "public"}));
        assert!(!configuration.needs_simulator());
    }

    #[test]
    fn on_this_machine_nothing_is_started_for_the_run() {
        let text = format!("{PRIVATE}\nlifecycle = {{ instance = \"i-0123456789abcdef0\" }}");
        let configuration = read(&text, &[]).unwrap();
        let started: Vec<_> = configuration.with_lifecycle().collect();
        assert_eq!(started, ["inf2"]);
        let configuration = configuration.for_embedded_aws().unwrap();
        assert_eq!(configuration.with_lifecycle().count(), 0);
    }
}
