//! The functions for Lambda, as a release build makes them or an installation carries them,
//! and checks before they are deployed.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

use tokio::process::Command;
use zip::CompressionMethod;

use crate::{
    error::Error, lambdas::LAMBDAS, package, process, progress::Console, project::Project,
    tools::CARGO_LAMBDA,
};

mod program;

pub use program::{AMAZON_LINUX_2023, Architecture, Glibc};

/// The largest archive of a function, in bytes: a cold start loads all of it.
pub const MAX_ZIPPED_BYTES: u64 = 6_000_000;

/// A built function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// Its name.
    pub name: &'static str,
    /// The size of its archive in bytes.
    pub zipped: u64,
    /// The newest glibc that it links against; `None` if it links none.
    pub glibc: Option<Glibc>,
}

impl fmt::Display for Built {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let megabytes = Decimal(self.zipped);
        write!(f, "`{}` {megabytes} MB zipped", self.name)?;
        match self.glibc {
            Some(glibc) => write!(f, ", glibc {glibc}"),
            None => Ok(()),
        }
    }
}

/// Bytes as megabytes with two decimals.
struct Decimal(u64);

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hundredths = self.0.div_ceil(10_000);
        write!(f, "{}.{:02}", hundredths / 100, hundredths % 100)
    }
}

/// The folder of the functions in the template.
#[must_use]
pub fn folder(project: &Project) -> PathBuf {
    project.root().join("target/lambda")
}

/// The functions in [`folder`] and checked: built with cargo-lambda in a checkout, for arm64
/// unless another architecture is wanted, or those that an installation carries. Returns
/// their architecture.
///
/// # Errors
///
/// [`Error::Program`] when the build fails, an installation carries no functions, or Lambda
/// could not run one.
pub async fn functions(
    project: &Project,
    wanted: Option<Architecture>,
    console: &Console,
) -> Result<Architecture, Error> {
    if project.build().is_some() {
        let architecture = wanted.unwrap_or(Architecture::Arm64);
        build(project, architecture, console).await?;
        return Ok(architecture);
    }
    let carried = carried(project)?;
    if let Some(other) = wanted.filter(|wanted| *wanted != carried) {
        return Err(Error::Program(format!(
            "this installation carries functions for {}, not for {}; leave `--arch` out, or \
             deploy from a checkout",
            carried.name(),
            other.name()
        )));
    }
    let step = console.step(format!("checking the functions for {}", carried.name()));
    let told = told(&inspect(&folder(project), carried)?);
    step.done(&told);
    Ok(carried)
}

/// The architecture of the functions that an installation carries. Without a build of their
/// own they are its programs, which are put in their folder.
fn carried(project: &Project) -> Result<Architecture, Error> {
    let folder = folder(project);
    for name in LAMBDAS {
        let function = folder.join(name).join("bootstrap");
        if !function.is_file() {
            let parent = folder.join(name);
            fs::create_dir_all(&parent).map_err(Error::file("create", parent))?;
            fs::hard_link(project.programs().join(name), &function)
                .map_err(Error::file("create", function))?;
        }
    }
    let first = folder.join(LAMBDAS[0]).join("bootstrap");
    let program = fs::read(&first).map_err(Error::file("read", &first))?;
    Architecture::of(&program).ok_or_else(|| {
        Error::Program(
            "this installation carries no functions that Lambda could run; deploy with one for \
             Linux, or from a checkout"
                .to_owned(),
        )
    })
}

async fn build(
    project: &Project,
    architecture: Architecture,
    console: &Console,
) -> Result<(), Error> {
    let name = architecture.name();
    let mut step = console.step(format!("building the functions for {name}"));
    let mut command = Command::new(CARGO_LAMBDA.program);
    command
        .current_dir(project.root())
        .args([
            "lambda",
            "build",
            "--release",
            architecture.flag(),
            "--locked",
        ])
        .arg("--lambda-dir")
        .arg(folder(project));
    for name in LAMBDAS {
        command.args(["--package", name]);
    }
    process::run(&mut command, "building the functions", &mut step).await?;
    step.done(&told(&inspect(&folder(project), architecture)?));
    Ok(())
}

fn told(built: &[Built]) -> String {
    let told: Vec<_> = built.iter().map(ToString::to_string).collect();
    told.join("; ")
}

/// Checks the functions in a folder, each as `NAME/bootstrap`.
///
/// # Errors
///
/// [`Error::Program`] naming the function that is for another architecture, is too large or
/// needs a newer glibc; [`Error::File`] when one is missing.
pub fn inspect(folder: &Path, architecture: Architecture) -> Result<Vec<Built>, Error> {
    LAMBDAS
        .iter()
        .map(|name| {
            let path = folder.join(name).join("bootstrap");
            let program = fs::read(&path).map_err(Error::file("read", &path))?;
            let archive = package::zip_bootstrap(&path, CompressionMethod::Deflated);
            let archive = archive.map_err(Error::file("pack", &path))?;
            let built = Built {
                name,
                zipped: archive.len() as u64,
                glibc: program::newest_glibc(&program),
            };
            if Architecture::of(&program) != Some(architecture) {
                return Err(Error::Program(format!(
                    "`{}` is not a program for {}; select another architecture with `--arch`, or \
                     build it again",
                    path.display(),
                    architecture.name()
                )));
            }
            verify(built)
        })
        .collect()
}

/// Rejects a function that Lambda could not start, or would start slowly.
fn verify(built: Built) -> Result<Built, Error> {
    let name = built.name;
    if let Some(glibc) = built.glibc.filter(|glibc| *glibc > AMAZON_LINUX_2023) {
        return Err(Error::Program(format!(
            "`{name}` needs glibc {glibc}, but Amazon Linux 2023 has {AMAZON_LINUX_2023}; build it \
             with cargo-lambda, which links against an older one"
        )));
    }
    if built.zipped > MAX_ZIPPED_BYTES {
        return Err(Error::Program(format!(
            "the archive of `{name}` is {} MB, expected at most {} MB; find the dependency that added \
             to it",
            Decimal(built.zipped),
            Decimal(MAX_ZIPPED_BYTES)
        )));
    }
    Ok(built)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::parts::{self, Parts};

    /// A program as far as it is looked at.
    fn program(architecture: Architecture, versions: &str) -> Vec<u8> {
        let mut program = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0".to_vec();
        program.extend(architecture.machine().to_le_bytes());
        program.extend(versions.bytes());
        program
    }

    fn inspected(programs: [&[u8]; 3]) -> Result<Vec<Built>, String> {
        let folder = TempDir::new().unwrap();
        for (name, program) in LAMBDAS.iter().zip(programs) {
            let path = folder.path().join(name);
            fs::create_dir(&path).unwrap();
            fs::write(path.join("bootstrap"), program).unwrap();
        }
        inspect(folder.path(), Architecture::Arm64).map_err(|error| error.to_string())
    }

    #[test]
    fn a_function_is_told_in_megabytes_and_the_newest_glibc() {
        let good = program(
            Architecture::Arm64,
            "GLIBC_2.17\0GLIBC_2.2.5\0GLIBC_PRIVATE\0",
        );
        let built = inspected([&good, &good, &good]).unwrap();
        assert_eq!(built[0].to_string(), "`planner` 0.01 MB zipped, glibc 2.17");
    }

    #[test]
    fn what_lambda_could_not_start_is_refused() {
        let good = program(Architecture::Arm64, "GLIBC_2.34\0");
        assert!(inspected([&good, &good, &good]).is_ok());
        let newer = program(Architecture::Arm64, "GLIBC_2.34\0GLIBC_2.38\0");
        let error = inspected([&good, &newer, &good]).unwrap_err();
        assert!(error.contains("`invoker` needs glibc 2.38"), "{error}");
        let other = program(Architecture::X86, "");
        let error = inspected([&other, &good, &good]).unwrap_err();
        assert!(error.contains("is not a program for arm64"), "{error}");
        let error = inspected([b"#!/bin/sh", &good, &good]).unwrap_err();
        assert!(error.contains("is not a program for arm64"), "{error}");
    }

    /// An installation with these three functions as its programs.
    fn installation(folder: &Path, program: &[u8]) -> Project {
        let marker: (&str, &[u8]) = ("statemachine/benchmark.asl.json", b"{}");
        let files = [
            marker,
            ("programs/planner", program),
            ("programs/invoker", program),
            ("programs/aggregator", program),
        ];
        let command = folder.join("hostbench");
        parts::tests::write_command(&command, &files);
        let parts = Parts::of(&command).unwrap();
        Project::installed(&parts, folder.join("cache")).unwrap()
    }

    #[tokio::test]
    async fn an_installation_deploys_the_functions_that_it_carries() {
        let console = Console::silent();
        for architecture in [Architecture::Arm64, Architecture::X86] {
            let place = TempDir::new().unwrap();
            let program = program(architecture, "GLIBC_2.34\0");
            let project = installation(place.path(), &program);
            // A second time they are there.
            for _ in 0..2 {
                let found = functions(&project, None, &console).await.unwrap();
                assert_eq!(found, architecture);
            }
            let planner = folder(&project).join("planner/bootstrap");
            assert_eq!(fs::read(planner).unwrap(), program);
        }
    }

    #[tokio::test]
    async fn an_installation_deploys_no_functions_that_lambda_could_not_run() {
        let console = Console::silent();
        let place = TempDir::new().unwrap();
        let project = installation(place.path(), &program(Architecture::X86, ""));
        let wanted = Some(Architecture::Arm64);
        let error = functions(&project, wanted, &console).await.unwrap_err();
        let error = error.to_string();
        let carries = "carries functions for x86_64, not for arm64; leave `--arch` out";
        assert!(error.contains(carries), "{error}");
        let place = TempDir::new().unwrap();
        let project = installation(place.path(), b"\xcf\xfa\xed\xfe of a Mac");
        let error = functions(&project, None, &console).await.unwrap_err();
        assert!(error.to_string().contains("from a checkout"), "{error}");
    }

    #[test]
    fn an_archive_may_be_six_megabytes() {
        let built = |zipped| Built {
            name: "invoker",
            zipped,
            glibc: None,
        };
        assert!(verify(built(6_000_000)).is_ok());
        let error = verify(built(6_000_001)).unwrap_err().to_string();
        assert!(
            error.contains("is 6.01 MB, expected at most 6.00 MB"),
            "{error}"
        );
    }
}
