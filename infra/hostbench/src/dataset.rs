//! Datasets on this machine: lookup, validation, and the download of GSM8K.

use std::{
    env, fs,
    io::Write,
    path::{Path, PathBuf},
    time::Duration,
};

use bench_core::{
    config::{Dataset, Split},
    dataset::{self, BUILTIN, Problems, sha256_hex},
};
use bench_store::keys;
use tempfile::NamedTempFile;

use crate::{error::Error, progress::Console, project::Project, upload::LocalFile};

/// The environment variable with a folder of datasets, such as `gsm8k/test.jsonl`.
pub const FOLDER: &str = "HOSTBENCH_DATASETS";

/// The URL where the authors of GSM8K publish it.
pub const UPSTREAM: &str = "https://raw.githubusercontent.com/openai/grade-school-math/master/\
                            grade_school_math/data";

/// The SHA-256 of a published file, in hexadecimal.
#[must_use]
pub fn published_sha256(split: Split) -> &'static str {
    match split {
        Split::Test => "3730d312f6e3440559ace48831e51066acaca737f6eabec99bccb9e4b3c39d14",
        Split::Train => "17f347dc51477c50d4efb83959dbb7c56297aba886e5544ee2aaed3024813465",
    }
}

/// The file of a dataset: in the folder of `HOSTBENCH_DATASETS`, among the
/// downloaded ones or, for an S3 key, next to the configuration. `None` when there
/// is none, or the dataset is built in.
#[must_use]
pub fn find(
    project: &Project,
    dataset: &Dataset,
    config_folder: Option<&Path>,
) -> Option<LocalFile> {
    let named = env::var_os(FOLDER)
        .filter(|folder| !folder.is_empty())
        .map(PathBuf::from);
    find_in(
        dataset,
        [named, Some(cache(project))].into_iter().flatten(),
        config_folder,
    )
}

fn find_in(
    dataset: &Dataset,
    folders: impl Iterator<Item = PathBuf>,
    config_folder: Option<&Path>,
) -> Option<LocalFile> {
    if dataset.is_builtin() {
        return None;
    }
    let key = keys::dataset(dataset);
    let name = key.strip_prefix(keys::DATASETS).unwrap_or(&key);
    let mut candidates: Vec<PathBuf> = folders.map(|folder| folder.join(name)).collect();
    if dataset.source != Dataset::GSM8K {
        candidates.extend(config_folder.map(|folder| folder.join(&key)));
    }
    let path = candidates.into_iter().find(|path| path.is_file())?;
    Some(LocalFile::dataset(key, path))
}

/// The folder of downloaded datasets.
#[must_use]
pub fn cache(project: &Project) -> PathBuf {
    project.cache().join("datasets")
}

/// Reads a dataset as its run has it, and checks that it has enough prompts.
///
/// # Errors
///
/// [`Error::InvalidInput`] when it is missing or has a fault, with the remedy.
pub fn check(dataset: &Dataset, file: Option<&LocalFile>) -> Result<Problems, Error> {
    let label = dataset.label();
    let unusable = |error: dataset::DatasetError| Error::InvalidInput(error.to_string());
    let problems = match file {
        Some(file) => {
            let content = fs::read(&file.path).map_err(Error::unreadable(&file.path))?;
            dataset::parse(&label, &content)
        }
        None if dataset.is_builtin() => dataset::parse(&label, BUILTIN),
        None => return Err(Error::InvalidInput(missing(dataset))),
    };
    let problems = problems.map_err(unusable)?;
    dataset::first(&label, &problems, dataset.prompts).map_err(unusable)?;
    Ok(problems.of_run(dataset))
}

fn missing(dataset: &Dataset) -> String {
    let label = dataset.label();
    if dataset.source == Dataset::GSM8K {
        return format!(
            "dataset `{label}` not found; run `hostbench dataset fetch`, set `{FOLDER}` to a folder \
             with `{label}.jsonl`, or take the built-in problems with `--set dataset.source=builtin`"
        );
    }
    let name = label.strip_prefix(keys::DATASETS).unwrap_or(&label);
    format!(
        "dataset `{label}` not found; put it next to the configuration, or set `{FOLDER}` to a \
         folder with `{name}`"
    )
}

/// Downloads a file of GSM8K and verifies it, unless a verified one is there.
/// Returns its path.
///
/// # Errors
///
/// [`Error::Download`]; a file that fails verification is not kept.
pub async fn fetch(
    project: &Project,
    split: Split,
    base: &str,
    limit: Duration,
    console: &Console,
) -> Result<PathBuf, Error> {
    let name = format!("{}.jsonl", split.as_str());
    let path = cache(project).join(Dataset::GSM8K).join(&name);
    let url = format!("{}/{name}", base.trim_end_matches('/'));
    download_verified(&url, &path, published_sha256(split), limit, console).await?;
    Ok(path)
}

async fn download_verified(
    url: &str,
    path: &Path,
    published: &str,
    limit: Duration,
    console: &Console,
) -> Result<(), Error> {
    if fs::read(path).is_ok_and(|bytes| sha256_hex(&bytes) == published) {
        return Ok(());
    }
    let bytes = download(url, limit, console).await?;
    verify(url, &bytes, published)?;
    write_atomically(path, &bytes)
}

fn verify(url: &str, bytes: &[u8], published: &str) -> Result<(), Error> {
    let found = sha256_hex(bytes);
    if found == published {
        return Ok(());
    }
    Err(Error::Download(format!(
        "`{url}` returned {} bytes with SHA-256 `{found}`, expected `{published}`; check whether a \
         proxy changed the file",
        bytes.len()
    )))
}

async fn download(url: &str, limit: Duration, console: &Console) -> Result<Vec<u8>, Error> {
    let failed = |error: reqwest::Error| {
        let mut cause = std::error::Error::source(&error);
        let mut reason = error.to_string();
        while let Some(below) = cause {
            reason = below.to_string();
            cause = below.source();
        }
        let how = if error.is_timeout() {
            format!("no response within {} s", limit.as_secs())
        } else {
            reason
        };
        Error::Download(format!(
            "cannot download `{url}`: {how}; check the connection, or set `{FOLDER}` to a folder \
             with the dataset"
        ))
    };
    let mut step = console.step(format!("downloading `{url}`"));
    let client = reqwest::Client::builder()
        .connect_timeout(limit.min(Duration::from_secs(10)))
        .read_timeout(limit)
        .build()
        .map_err(failed)?;
    let answer = client
        .get(url)
        .send()
        .await
        .and_then(reqwest::Response::error_for_status);
    let mut answer = answer.map_err(failed)?;
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(failed)? {
        bytes.extend_from_slice(&chunk);
        step.detail(&format!("{} KiB", bytes.len() / 1024));
    }
    step.done(&format!("{} KiB", bytes.len() / 1024));
    Ok(bytes)
}

/// Writes a file atomically.
fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(Error::file("create", folder))?;
    let mut file = NamedTempFile::new_in(folder).map_err(Error::file("write in", folder))?;
    file.write_all(bytes).map_err(Error::file("write", path))?;
    file.persist(path)
        .map_err(|error| error.error)
        .map_err(Error::file("write", path))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    fn dataset(source: &str, prompts: u32) -> Dataset {
        Dataset {
            source: source.into(),
            split: Split::Test,
            prompts,
            input_tokens: None,
        }
    }

    #[test]
    fn a_dataset_is_found_under_the_name_it_has_in_the_bucket() {
        let folder = TempDir::new().unwrap();
        let folders = || [folder.path().to_path_buf()].into_iter();
        assert_eq!(find_in(&dataset("gsm8k", 1), folders(), None), None);
        fs::create_dir(folder.path().join("gsm8k")).unwrap();
        let path = folder.path().join("gsm8k/test.jsonl");
        fs::write(&path, "").unwrap();
        let found = find_in(&dataset("gsm8k", 1), folders(), None).unwrap();
        assert_eq!(
            found,
            LocalFile::dataset("datasets/gsm8k/test.jsonl".into(), path)
        );
        assert_eq!(find_in(&dataset("builtin", 1), folders(), None), None);
    }

    #[test]
    fn a_dataset_of_ones_own_may_lie_beside_the_configuration() {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("mine.jsonl"), "").unwrap();
        let found = find_in(
            &dataset("mine.jsonl", 1),
            std::iter::empty(),
            Some(folder.path()),
        );
        assert_eq!(found.unwrap().key, "mine.jsonl");
    }

    #[test]
    fn a_missing_dataset_names_both_remedies() {
        let error = check(&dataset("gsm8k", 1), None).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        let text = error.to_string();
        assert!(
            text.contains("hostbench dataset fetch") && text.contains(FOLDER),
            "{text}"
        );
    }

    #[test]
    fn more_prompts_than_problems_are_refused() {
        assert_eq!(
            check(&dataset("builtin", 20), None).unwrap().prompts.len(),
            20
        );
        assert!(check(&dataset("builtin", 21), None).is_err());
    }

    /// Answers so many requests with these bytes, and no more.
    async fn server(requests: usize, body: &'static str) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/test.jsonl", listener.local_addr().unwrap());
        tokio::spawn(async move {
            for _ in 0..requests {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await.unwrap();
                let length = body.len();
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
                stream
                    .write_all(format!("{head}{body}").as_bytes())
                    .await
                    .unwrap();
            }
        });
        url
    }

    const READ_TIMEOUT: Duration = Duration::from_secs(5);

    #[tokio::test]
    async fn what_was_published_is_kept_and_not_downloaded_again() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("gsm8k/test.jsonl");
        let url = server(1, "right").await;
        let digest = sha256_hex(b"right");
        for _ in 0..2 {
            download_verified(&url, &path, &digest, READ_TIMEOUT, &Console::silent())
                .await
                .unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "right");
    }

    #[tokio::test]
    async fn other_bytes_than_those_published_are_refused_and_nothing_is_kept() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("test.jsonl");
        let url = server(1, "wrong").await;
        let digest = sha256_hex(b"right");
        let error = download_verified(&url, &path, &digest, READ_TIMEOUT, &Console::silent())
            .await
            .unwrap_err();
        assert!(error.to_string().contains(&digest), "{error}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn without_a_connection_the_other_way_is_named() {
        let path = Path::new("/nowhere/test.jsonl");
        let url = server(0, "").await;
        let error = download_verified(&url, path, "", READ_TIMEOUT, &Console::silent())
            .await
            .unwrap_err();
        assert_eq!(error.exit_code(), 1);
        assert!(error.to_string().contains(FOLDER), "{error}");
    }
}
