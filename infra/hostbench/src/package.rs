//! Packaging of the template for the embedded AWS, as `sam package` does for AWS.

use std::{
    fs::File,
    io::{self, Cursor, Read, Write},
    path::Path,
};

use bench_core::dataset::sha256_hex;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use crate::{error::Error, lambdas::LAMBDAS};

/// The paths of the definitions of state machines in the template, with their names.
pub const DEFINITIONS: [(&str, &str); 2] = [
    ("benchmark", "../statemachine/benchmark.asl.json"),
    ("sweeper", "../statemachine/sweeper.asl.json"),
];

/// A file for the bucket of packages.
#[derive(Debug, Clone)]
pub struct Package {
    /// The path in the template that its S3 URI replaces.
    pub placeholder: String,
    /// The S3 key, with a hash of the content.
    pub key: String,
    /// The content.
    pub bytes: Vec<u8>,
}

impl Package {
    fn new(placeholder: String, name: &str, extension: &str, bytes: Vec<u8>) -> Self {
        let key = format!("{name}-{}.{extension}", &sha256_hex(&bytes)[..16]);
        Self {
            placeholder,
            key,
            bytes,
        }
    }
}

/// Packages the Lambdas and the definitions of the state machines.
///
/// # Errors
///
/// [`Error::File`] when one cannot be read.
pub fn pack(programs: &Path, root: &Path) -> Result<Vec<Package>, Error> {
    let mut packages = Vec::new();
    for name in LAMBDAS {
        let path = programs.join(name);
        // Not compressed: the archive stays on this machine.
        let bytes =
            zip_bootstrap(&path, CompressionMethod::Stored).map_err(Error::file("pack", &path))?;
        packages.push(Package::new(
            format!("../target/lambda/{name}/"),
            name,
            "zip",
            bytes,
        ));
    }
    for (name, placeholder) in DEFINITIONS {
        let path = root.join("infra").join(placeholder);
        let bytes = std::fs::read(&path).map_err(Error::file("read", &path))?;
        packages.push(Package::new(
            placeholder.to_owned(),
            name,
            "asl.json",
            bytes,
        ));
    }
    Ok(packages)
}

/// A ZIP archive with the program as the executable `bootstrap`.
pub(crate) fn zip_bootstrap(program: &Path, method: CompressionMethod) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    File::open(program)?.read_to_end(&mut content)?;
    let options = SimpleFileOptions::default()
        .compression_method(method)
        .unix_permissions(0o755);
    let mut archive = ZipWriter::new(Cursor::new(Vec::with_capacity(content.len() + 512)));
    archive.start_file("bootstrap", options)?;
    archive.write_all(&content)?;
    Ok(archive.finish()?.into_inner())
}

/// Replaces local paths in the template by the S3 URIs of the packages.
///
/// # Errors
///
/// [`Error::InvalidInput`] naming every package that the template does not refer to.
pub fn resolve(template: &str, packages: &[Package], bucket: &str) -> Result<String, Error> {
    let mut missing = Vec::new();
    let mut resolved = String::with_capacity(template.len() + 512);
    let mut found = vec![false; packages.len()];
    for line in template.lines() {
        let asks = |package: &Package| {
            ["CodeUri:", "DefinitionUri:"].iter().any(|property| {
                line.trim_start()
                    .strip_prefix(property)
                    .is_some_and(|value| {
                        value.trim().trim_matches(['"', '\'']).trim_end_matches('/')
                            == package.placeholder.trim_end_matches('/')
                    })
            })
        };
        if let Some(position) = packages.iter().position(asks) {
            found[position] = true;
            let (property, _) = line.split_once(':').unwrap_or((line, ""));
            resolved.extend([property, ": s3://", bucket, "/", &packages[position].key]);
        } else {
            resolved.push_str(line);
        }
        resolved.push('\n');
    }
    for (package, found) in packages.iter().zip(found) {
        if !found {
            missing.push(format!("`{}`", package.placeholder));
        }
    }
    if missing.is_empty() {
        return Ok(resolved);
    }
    Err(Error::InvalidInput(format!(
        "`infra/template.yaml` has no `CodeUri` or `DefinitionUri` {}; write key and path on one line",
        missing.join(", ")
    )))
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;
    use zip::ZipArchive;

    use super::*;

    fn package(placeholder: &str, key: &str) -> Package {
        Package {
            placeholder: placeholder.into(),
            key: key.into(),
            bytes: Vec::new(),
        }
    }

    #[test]
    fn a_lambda_archive_holds_an_executable_bootstrap() {
        let folder = TempDir::new().unwrap();
        let program = folder.path().join("planner");
        std::fs::write(&program, "#!/bin/sh\n").unwrap();
        let archive = zip_bootstrap(&program, CompressionMethod::Deflated).unwrap();
        let mut archive = ZipArchive::new(Cursor::new(archive)).unwrap();
        let mut entry = archive.by_name("bootstrap").unwrap();
        assert_eq!(entry.unix_mode().unwrap() & 0o777, 0o755);
        let mut content = String::new();
        entry.read_to_string(&mut content).unwrap();
        assert_eq!(content, "#!/bin/sh\n");
    }

    #[test]
    fn packages_take_the_place_of_local_paths_and_nothing_else_changes() {
        let template = "Resources:\n  A:\n    CodeUri: ../target/lambda/planner/\n    \
                        Handler: bootstrap\n  B:\n    DefinitionUri: ../statemachine/b.asl.json\n";
        let packages = [
            package("../target/lambda/planner/", "planner-1.zip"),
            package("../statemachine/b.asl.json", "b-1.asl.json"),
        ];
        assert_eq!(
            resolve(template, &packages, "artifacts").unwrap(),
            "Resources:\n  A:\n    CodeUri: s3://artifacts/planner-1.zip\n    \
             Handler: bootstrap\n  B:\n    DefinitionUri: s3://artifacts/b-1.asl.json\n"
        );
    }

    #[test]
    fn a_template_that_asks_for_less_is_refused() {
        let packages = [
            package("../target/lambda/planner/", "a"),
            package("../x/", "b"),
        ];
        let error = resolve("CodeUri: '../x'\n", &packages, "artifacts")
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("planner") && !error.contains("../x"),
            "{error}"
        );
    }

    #[test]
    fn the_key_changes_with_the_content() {
        let key = |content: &str| Package::new("a".into(), "planner", "zip", content.into()).key;
        assert_ne!(key("1"), key("2"));
        assert_eq!(key("1"), key("1"));
    }
}
