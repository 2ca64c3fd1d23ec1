//! The wheel and the archive, made of small programs.

use std::{
    env::consts::{ARCH, OS},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use support::CommandOutput;
use tempfile::TempDir;

use crate::{files, pack};

/// A stand-in for the command in a wheel: a file that can be run, with more behind it.
const COMMAND: &str = "#!/bin/sh\necho installed\nexit 0\n";

/// The target of the compiler on this machine.
fn target() -> String {
    match OS {
        "macos" => format!("{ARCH}-apple-darwin"),
        _ => format!("{ARCH}-unknown-linux-gnu"),
    }
}

fn succeed(command: &mut Command) -> String {
    let output = CommandOutput::from(command.output().expect("the program runs"));
    assert_eq!(output.code, 0, "{output:?}");
    output.out
}

/// Packs small programs, and returns the folder of the packages.
fn packages(folder: &Path) -> PathBuf {
    let programs = folder.join("programs");
    fs::create_dir(&programs).expect("a folder");
    fs::write(programs.join("hostbench"), COMMAND).expect("a file");
    for name in ["planner", "invoker", "aggregator", "simulator"] {
        fs::write(programs.join(name), b"GLIBC_2.5\0GLIBC_2.25\0").expect("a file");
    }
    let packed = folder.join("hostbench");
    let out = folder.join("dist");
    succeed(
        pack(&["command", "--programs"])
            .arg(&programs)
            .arg("--out")
            .arg(&packed),
    );
    succeed(
        pack(&["packages", "--target", &target(), "--command"])
            .arg(&packed)
            .arg("--out")
            .arg(&out),
    );
    out
}

#[test]
fn pip_installs_the_wheel_of_this_machine_and_its_command_runs() {
    let folder = TempDir::new().unwrap();
    let out = packages(folder.path());
    let is_wheel = |name: &String| {
        Path::new(name)
            .extension()
            .is_some_and(|kind| kind == "whl")
    };
    let wheel = files(&out).into_iter().find(is_wheel).unwrap();
    if OS == "linux" {
        let version = env!("CARGO_PKG_VERSION");
        let expected = format!("hostbench-{version}-py3-none-manylinux_2_25_{ARCH}.whl");
        assert_eq!(wheel, expected, "the glibc of the programs is named");
    }
    let environment = folder.path().join("venv");
    succeed(
        Command::new("python3")
            .args(["-m", "venv"])
            .arg(&environment),
    );
    succeed(
        Command::new(environment.join("bin/python"))
            .args(["-m", "pip", "install", "--quiet", "--no-index"])
            .arg(out.join(wheel)),
    );
    let told = succeed(&mut Command::new(environment.join("bin/hostbench")));
    assert_eq!(told, "installed\n");
}

#[test]
fn cargo_binstall_finds_the_command_where_its_metadata_says() {
    let folder = TempDir::new().unwrap();
    let out = packages(folder.path());
    let manifest = support::read("infra/hostbench/Cargo.toml");
    let field = |name: &str| {
        let line = manifest.lines().find_map(|line| line.strip_prefix(name));
        let text = line
            .unwrap_or_else(|| panic!("no `{name}`"))
            .trim_matches('"');
        text.replace("{ name }", "hostbench")
            .replace("{ version }", env!("CARGO_PKG_VERSION"))
            .replace("{ target }", &target())
            .replace("{ bin }", "hostbench")
            .replace("{ binary-ext }", "")
    };
    let url = field("pkg-url = ");
    let (_, archive) = url.rsplit_once('/').unwrap();
    let script = "import sys, tarfile; print(*tarfile.open(sys.argv[1]).getnames(), sep='\\n')";
    let members = succeed(
        Command::new("python3")
            .args(["-c", script])
            .arg(out.join(archive)),
    );
    let bin = field("bin-dir = ");
    assert!(
        members.lines().any(|name| name == bin),
        "{bin} in {members}"
    );
}

#[test]
fn the_same_programs_make_the_same_packages() {
    let made = || {
        let folder = TempDir::new().unwrap();
        let out = packages(folder.path());
        let names = files(&out);
        let contents = names.iter().map(|name| fs::read(out.join(name)).unwrap());
        let contents: Vec<_> = contents.collect();
        (names, contents)
    };
    assert!(made() == made());
}

#[test]
fn a_command_without_parts_is_not_packed() {
    let folder = TempDir::new().unwrap();
    let bare = folder.path().join("hostbench");
    fs::write(&bare, COMMAND.repeat(3)).unwrap();
    let mut pack = pack(&["packages", "--target", &target(), "--command"]);
    pack.arg(&bare).arg("--out").arg(folder.path());
    let output = CommandOutput::from(pack.output().unwrap());
    assert_eq!(output.code, 1, "{output:?}");
    assert!(output.err.contains("carries no parts"), "{output:?}");
}
