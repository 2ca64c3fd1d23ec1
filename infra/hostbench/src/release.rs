//! Release builds of the functions for Lambda, and checks before they are deployed.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

use clap::ValueEnum;
use tokio::process::Command;
use zip::CompressionMethod;

use crate::{
    error::Error, lambdas::LAMBDAS, package, process, progress::Console, project::Project,
    tools::CARGO_LAMBDA,
};

/// The largest archive of a function, in bytes: a cold start loads all of it.
pub const MAX_ZIPPED_BYTES: u64 = 6_000_000;
/// The glibc of `provided.al2023`.
pub const AMAZON_LINUX_2023: Glibc = Glibc(2, 34);

/// The architecture of the functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Architecture {
    /// Graviton.
    #[value(name = "arm64")]
    Arm64,
    /// Intel and AMD.
    #[value(name = "x86_64")]
    X86,
}

impl Architecture {
    /// The name in Lambda.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Arm64 => "arm64",
            Self::X86 => "x86_64",
        }
    }

    fn flag(self) -> &'static str {
        match self {
            Self::Arm64 => "--arm64",
            Self::X86 => "--x86-64",
        }
    }

    /// `e_machine` of the ELF header.
    fn machine(self) -> u16 {
        match self {
            Self::Arm64 => 183,
            Self::X86 => 62,
        }
    }
}

/// A version of glibc.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Glibc(u32, u32);

impl fmt::Display for Glibc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

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

/// Builds the functions with cargo-lambda and checks them.
///
/// # Errors
///
/// [`Error::Program`] when that fails or Lambda could not run a function.
pub async fn build(
    project: &Project,
    architecture: Architecture,
    console: &Console,
) -> Result<Vec<Built>, Error> {
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
    let built = inspect(&folder(project), architecture)?;
    let told: Vec<_> = built.iter().map(ToString::to_string).collect();
    step.done(&told.join("; "));
    Ok(built)
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
                glibc: newest_glibc(&program),
            };
            if machine(&program) != Some(architecture.machine()) {
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

/// The `e_machine` of a program; `None` if it is not ELF.
fn machine(program: &[u8]) -> Option<u16> {
    let header = program
        .get(..20)
        .filter(|header| header.starts_with(b"\x7fELF"))?;
    Some(u16::from_le_bytes([header[18], header[19]]))
}

/// The newest glibc among the symbol versions of an ELF program, such as
/// `GLIBC_2.34`.
fn newest_glibc(program: &[u8]) -> Option<Glibc> {
    const NAME: &[u8] = b"GLIBC_";
    let named = program
        .windows(NAME.len())
        .enumerate()
        .filter(|(_, window)| *window == NAME)
        .filter_map(|(start, _)| glibc_at(&program[start + NAME.len()..]));
    named.max()
}

/// Parses `2.34` or `2.2.5` at the beginning of a text that ends in a zero.
fn glibc_at(text: &[u8]) -> Option<Glibc> {
    let end = text.iter().take(12).position(|byte| *byte == 0)?;
    let mut numbers = std::str::from_utf8(&text[..end]).ok()?.split('.');
    let mut next = || numbers.next()?.parse().ok();
    Some(Glibc(next()?, next()?))
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

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
