//! Files of this machine that the pipeline reads from its bucket.

use std::{
    fs,
    path::{Path, PathBuf},
};

use bench_store::{Store, keys};

use crate::{error::Error, project::Project};

/// Media types of the files that are uploaded.
pub mod content_type {
    /// A configuration in JSON.
    pub const JSON: &str = "application/json";
    /// A dataset: one JSON object per line.
    pub const JSON_LINES: &str = "application/jsonl";
    /// A configuration in TOML, or the price catalog.
    pub const TOML: &str = "application/toml";
    /// A certificate.
    pub const PEM: &str = "application/x-pem-file";
}

/// A local file with its place in the bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalFile {
    /// The S3 key.
    pub key: String,
    /// The path on this machine.
    pub path: PathBuf,
    /// The media type, one of [`content_type`].
    pub content_type: &'static str,
}

impl LocalFile {
    /// A dataset in JSON Lines.
    #[must_use]
    pub fn dataset(key: String, path: PathBuf) -> Self {
        Self {
            key,
            path,
            content_type: content_type::JSON_LINES,
        }
    }

    /// A certificate in PEM.
    #[must_use]
    pub fn certificate(key: String, path: PathBuf) -> Self {
        Self {
            key,
            path,
            content_type: content_type::PEM,
        }
    }

    /// A configuration, in JSON if its name ends in `.json` and in TOML otherwise.
    #[must_use]
    pub fn configuration(path: &Path) -> Self {
        let name = path.file_name().unwrap_or_default();
        Self {
            key: keys::configuration(&name.to_string_lossy()),
            path: path.to_path_buf(),
            content_type: if is_json(path) {
                content_type::JSON
            } else {
                content_type::TOML
            },
        }
    }

    /// The price catalog of the project; `None` where the project has none.
    #[must_use]
    pub fn prices(project: &Project) -> Option<Self> {
        let path = project.prices();
        path.is_file().then(|| Self {
            key: keys::PRICES.to_owned(),
            path,
            content_type: content_type::TOML,
        })
    }

    /// The content.
    ///
    /// # Errors
    ///
    /// [`Error::File`].
    pub fn read(&self) -> Result<Vec<u8>, Error> {
        fs::read(&self.path).map_err(Error::file("read", &self.path))
    }

    /// Uploads the file.
    ///
    /// # Errors
    ///
    /// [`Error::File`] or [`Error::Store`].
    pub async fn upload(&self, store: &Store) -> Result<(), Error> {
        let bytes = self.read()?;
        store
            .put_object(&self.key, self.content_type, bytes)
            .await?;
        Ok(())
    }
}

/// Whether a configuration file is JSON; it is TOML otherwise.
pub(crate) fn is_json(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_is_uploaded_under_the_media_type_of_its_format() {
        let uploaded = |name: &str| LocalFile::configuration(Path::new(name)).content_type;
        assert_eq!(uploaded("configs/a.json"), "application/json");
        assert_eq!(uploaded("configs/a.toml"), "application/toml");
        assert_eq!(uploaded("configs/a"), "application/toml");
    }

    #[test]
    fn the_folder_of_a_configuration_is_not_in_its_key() {
        let file = LocalFile::configuration(Path::new("elsewhere/a.toml"));
        assert_eq!(file.key, "configs/a.toml");
    }

    #[test]
    fn datasets_and_certificates_have_media_types_of_their_own() {
        let path = PathBuf::from("mine");
        let dataset = LocalFile::dataset("datasets/mine.jsonl".to_owned(), path.clone());
        let certificate = LocalFile::certificate("configs/ca.pem".to_owned(), path);
        assert_eq!(dataset.content_type, "application/jsonl");
        assert_eq!(certificate.content_type, "application/x-pem-file");
    }
}
