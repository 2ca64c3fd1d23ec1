//! hostbench as its users install it: one file, a wheel or an archive, on a machine
//! without Rust.

mod packages;
mod release;

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::Command,
};

use hostbench::{emulator, lambdas::LAMBDAS, progress::Console, project::Project};
use serde_json::Value;
use support::{CommandOutput, ONE_TARGET};
use tempfile::TempDir;

/// A command that carries its parts, alone in a folder.
struct Installed {
    folder: TempDir,
    python: PathBuf,
}

impl Installed {
    async fn new() -> Self {
        let project = Project::find().expect("the project");
        let emulator = emulator::install(&project.cache(), &Console::silent()).await;
        let emulator = emulator.expect("the emulator");
        let folder = TempDir::new().expect("a folder");
        let installed = Self {
            folder,
            python: emulator.python.program.clone(),
        };
        installed.write_functions();
        let programs = support::programs(&project);
        let mut pack = pack(&["command", "--store", "--programs"]);
        pack.arg(programs)
            .arg("--functions")
            .arg(installed.path("functions"))
            .arg("--out")
            .arg(installed.path("bin/hostbench"));
        let output = CommandOutput::from(pack.output().expect("Python"));
        assert_eq!(output.code, 0, "{output:?}");
        // The embedded AWS of the checkout: installing another needs a network.
        let cache = installed.path("cache/hostbench");
        fs::create_dir_all(&cache).expect("a folder");
        let name = emulator.packages.file_name().expect("a name");
        symlink(&emulator.packages, cache.join(name)).expect("a link");
        fs::create_dir(installed.path("work")).expect("a folder");
        installed
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Functions for arm64, as far as a deployment looks at them.
    fn write_functions(&self) {
        let mut function = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0".to_vec();
        function.extend(183_u16.to_le_bytes());
        let folder = self.path("functions");
        fs::create_dir(&folder).expect("a folder");
        for name in LAMBDAS {
            fs::write(folder.join(name), &function).expect("a file");
        }
    }

    /// Puts a SAM CLI into `PATH` that writes down what it is called with.
    fn write_sam(&self) {
        let folder = self.path("path");
        fs::create_dir(&folder).expect("a folder");
        let sam = folder.join("sam");
        fs::write(&sam, "#!/bin/sh\necho \"$@\" >>\"$0.calls\"\n").expect("a file");
        let executable = fs::Permissions::from_mode(0o755);
        fs::set_permissions(sam, executable).expect("a program");
    }

    /// Calls the command where there is no checkout around it and nothing else in `PATH`.
    fn call(&self, arguments: &[&str]) -> CommandOutput {
        let mut command = Command::new(self.path("bin/hostbench"));
        command
            .args(arguments)
            .current_dir(self.path("work"))
            .env_clear()
            .env("PATH", self.path("path"))
            .env("HOME", self.path("home"))
            .env("XDG_CACHE_HOME", self.path("cache"))
            .env("HOSTBENCH_PYTHON", &self.python)
            .env("AWS_EC2_METADATA_DISABLED", "true");
        command.output().expect("the command runs").into()
    }
}

/// The script that packs, with arguments.
fn pack(arguments: &[&str]) -> Command {
    let mut command = Command::new("python3");
    command
        .arg(support::root().join("infra/dist/pack.py"))
        .args(arguments);
    command
}

fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
    let mut names: Vec<_> = entries
        .map(|entry| name(entry.expect("an entry")))
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn an_installed_command_measures_without_checkout_cargo_or_compiler() {
    let installed = Installed::new().await;
    let executable = installed.path("bin/hostbench").canonicalize().unwrap();
    let version = installed.call(&["--version"]);
    let expected = format!(
        "hostbench {} (installed {})\n",
        env!("CARGO_PKG_VERSION"),
        executable.display()
    );
    assert_eq!(version.out, expected);
    assert_eq!(
        files(&installed.path("cache/hostbench")).len(),
        1,
        "nothing is unpacked yet"
    );

    let arguments = [
        "demo",
        "--json",
        "--set=dataset.source=builtin",
        "--set=prompts=1",
        "--set=method.warmup=0",
        "--set=method.repetitions=2",
    ];
    let output = installed.call(&arguments);
    assert_eq!(output.code, 0, "{output:?}");
    let outcome: Value = serde_json::from_str(&output.out).unwrap();
    assert_eq!(outcome["complete"], true, "{outcome}");
    let report = outcome["report_html"].as_str().unwrap();
    assert!(installed.path("work").join(report).is_file(), "{report}");
    assert_eq!(files(&installed.path("work")), ["hostbench-runs"]);
    assert_eq!(files(&installed.path("bin")), ["hostbench"]);

    let parts = files(&installed.path("cache/hostbench"));
    let parts = parts.iter().filter(|name| name.starts_with("parts-"));
    assert_eq!(parts.count(), 1, "unpacked once");
    fs::write(installed.path("work/my.toml"), ONE_TARGET).unwrap();
    for arguments in [&["check", "my.toml"][..], &["run", "my.toml", "--local"]] {
        let output = installed.call(arguments);
        assert_eq!(output.code, 0, "{output:?}");
    }
    let config = "infra/configs/deepseek-8b.toml";
    let output = installed.call(&["check", config, "--set=dataset.source=builtin"]);
    assert_eq!(output.code, 0, "{output:?}");
    assert!(
        !output.out.contains("has no cost"),
        "the prices are there: {output:?}"
    );

    let output = installed.call(&["deploy", "--build-only"]);
    assert_eq!(output.code, 1, "{output:?}");
    assert!(output.err.contains("pip install aws-sam-cli"), "{output:?}");

    installed.write_sam();
    let output = installed.call(&["deploy", "--build-only"]);
    assert_eq!(output.code, 0, "{output:?}");
    assert!(output.err.contains("functions for arm64"), "{output:?}");
    let calls = fs::read_to_string(installed.path("path/sam.calls")).unwrap();
    let validated = "validate --lint --template infra/template.yaml --region us-east-1\n";
    assert_eq!(calls, validated);
    let output = installed.call(&["deploy", "--build-only", "--arch", "x86_64"]);
    assert_eq!(output.code, 1, "{output:?}");
    assert!(
        output
            .err
            .contains("carries functions for arm64, not for x86_64"),
        "{output:?}"
    );
}
