//! The configurations in the bucket of a stack, which its schedules may run.

use std::path::Path;

use bench_core::{
    config::{self, Overrides, RunConfig},
    text,
};
use bench_store::{Store, keys};

use crate::{error::Error, upload};

/// A configuration in the bucket.
#[derive(Debug)]
pub struct StoredConfig {
    /// Its S3 key.
    pub key: String,
    /// The configuration, or the reason why no run can use it.
    pub run: Result<RunConfig, String>,
}

/// Every configuration in a bucket but those whose keys are to be replaced.
///
/// # Errors
///
/// [`Error::Store`].
pub async fn read(store: &Store, replaced: &[String]) -> Result<Vec<StoredConfig>, Error> {
    let mut configs = Vec::new();
    for key in store.list_objects(keys::CONFIGS).await? {
        if !is_configuration(&key) || replaced.contains(&key) {
            continue;
        }
        if let Some(content) = store.get_object(&key).await? {
            let run = parse(&key, &content);
            configs.push(StoredConfig { key, run });
        }
    }
    Ok(configs)
}

fn is_configuration(key: &str) -> bool {
    let extension = Path::new(key).extension();
    extension.is_some_and(|extension| extension == "toml" || extension == "json")
}

fn parse(key: &str, content: &[u8]) -> Result<RunConfig, String> {
    let text = text::decode(content).map_err(|fault| fault.to_string())?;
    let read = if upload::is_json(Path::new(key)) {
        config::from_json
    } else {
        config::from_toml
    };
    read(text, &Overrides::default()).map_err(|faults| faults.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_beside_configurations_are_not_configurations() {
        assert!(is_configuration("configs/a.toml"));
        assert!(is_configuration("configs/a.json"));
        assert!(!is_configuration("configs/ca.pem"));
    }

    #[test]
    fn a_configuration_that_cannot_be_read_says_why() {
        let error = parse("configs/a.toml", b"name = 7").unwrap_err();
        assert!(error.contains("name"), "{error}");
        assert!(parse("configs/a.json", b"\xff\xfe").is_err());
    }
}
