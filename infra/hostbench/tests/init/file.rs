//! The file that is written, whatever was found.

use std::{fs, path::Path};

use bench_core::config::{Overrides, Service, from_toml};
use serde_json::json;
use tempfile::TempDir;

use crate::{
    account::{self, Refused},
    code,
    fake::{Answer, Fake},
    init, printed, said, servers, written,
};

#[test]
fn names_of_others_stay_texts() {
    const HOSTILE: &str = "a\"\nsimulated = true\n[[targets]]\n# \u{1b}[2J\u{202e}'''\\";
    let list = servers::models("v\"\n[load]", &[HOSTILE, HOSTILE, "\"\"\""]);
    let hostile = Fake::start(move |request| {
        Some(match request.path.as_str() {
            "/v1/models" => Answer::json(&list),
            "/api/version" => Answer::json(&json!({"version": "1\"\nname = \"x\u{7}"})),
            _ => Answer::not_found(),
        })
    });
    let (text, run, printed) = written(&[&hostile], None, &["--targets", "all"]);
    let models: Vec<_> = run
        .targets
        .iter()
        .map(|target| match &target.service {
            Service::Http(http) => http.model.as_deref().unwrap(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(models, [HOSTILE, HOSTILE, "\"\"\""]);
    assert!(run.targets.iter().all(|target| !target.simulated) && run.load.is_none());
    for output in [text, printed] {
        let is_hidden =
            |letter: char| letter != '\n' && (letter.is_control() || letter == '\u{202e}');
        assert!(!output.contains(is_hidden), "{output:?}");
    }
}

#[test]
fn without_anything_an_example_is_written_and_one_line_says_that_there_is_no_account() {
    let (text, run, printed) = written(&[], None, &[]);
    assert_eq!(run.targets[0].id, "my-server");
    assert!(text.contains("# kind = \"bedrock\""), "{text}");
    let aws: Vec<_> = printed
        .lines()
        .filter(|line| line.contains("AWS"))
        .collect();
    assert_eq!(aws.len(), 1, "{printed}");
    assert!(
        aws[0].starts_with("AWS is left out: no AWS credentials"),
        "{printed}"
    );
    assert!(
        printed.contains("nothing was found to measure"),
        "{printed}"
    );
}

#[test]
fn the_file_is_written_once_and_the_next_commands_are_told() {
    let folder = TempDir::new().unwrap();
    let server = servers::llama_cpp_python();
    let output = init(folder.path(), &[&server], None, &["My File.toml"]);
    assert_eq!(
        code(&output),
        0,
        "the only one is not asked for: {}",
        said(&output)
    );
    let path = folder.path().join("My File.toml");
    let first = fs::read_to_string(&path).unwrap();
    assert!(first.contains("name = \"my-file\""), "{first}");
    let text = printed(&output);
    for command in [
        "hostbench check 'My File.toml'",
        "hostbench run 'My File.toml' --local",
        "hostbench open",
    ] {
        assert!(text.contains(command), "{command} in {text}");
    }
    fs::write(&path, "mine").unwrap();
    let refused = init(folder.path(), &[&server], None, &["My File.toml", "--yes"]);
    assert_eq!(code(&refused), 2);
    assert!(said(&refused).contains("`--force`"), "{}", said(&refused));
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    let forced = init(
        folder.path(),
        &[&server],
        None,
        &["My File.toml", "--yes", "--force"],
    );
    assert_eq!(code(&forced), 0);
    assert_eq!(fs::read_to_string(&path).unwrap(), first);
    let json = init(folder.path(), &[&server], None, &["a.json"]);
    assert_eq!(code(&json), 2);
    let nowhere = init(folder.path(), &[&server], None, &["none/a.toml"]);
    assert_eq!(code(&nowhere), 2);
    let why = "`none/a.toml` cannot be written: there is no folder `none`; make it";
    assert!(said(&nowhere).contains(why), "{}", said(&nowhere));
}

#[test]
fn without_a_terminal_the_choice_is_an_argument() {
    let folder = TempDir::new().unwrap();
    let server = servers::ollama();
    let output = init(folder.path(), &[&server], None, &[]);
    assert_eq!(code(&output), 2);
    assert!(said(&output).contains("pass `--yes`"), "{}", said(&output));
    let output = init(folder.path(), &[&server], None, &["--targets", "nobody"]);
    assert_eq!(code(&output), 2);
    assert!(
        said(&output).contains("`nobody` is none of the targets"),
        "{}",
        said(&output)
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_setting_in_a_comment_is_one_without_its_mark() {
    let account = account::start(Refused::Units);
    let locked = servers::locked_vllm();
    let (text, _, _) = written(&[&locked], Some(&account), &["--targets", "all"]);
    let is_setting = |line: &&str| {
        let name = line
            .strip_prefix("# ")
            .and_then(|line| line.split_once(" = "));
        name.is_some_and(|(name, _)| {
            name.bytes()
                .all(|letter| letter == b'_' || letter.is_ascii_lowercase())
        })
    };
    // An ellipsis is for a price to fill in; the settings of a load go together.
    let in_load = ["# steps = ", "# objective = "];
    let settings = text
        .lines()
        .filter(is_setting)
        .filter(|line| !line.contains('…'));
    let settings: Vec<_> = settings
        .filter(|line| !in_load.iter().any(|own| line.starts_with(own)))
        .collect();
    assert!(settings.len() > 5, "{settings:?}");
    for line in settings {
        let changed = text.replacen(line, &line[2..], 1);
        let read = from_toml(&changed, &Overrides::default());
        assert!(read.is_ok(), "{line}: {read:?}");
    }
    let load = text
        .replace("# [load]", "[load]")
        .replace("# steps", "steps")
        .replace("# objective", "objective");
    let load = from_toml(&load, &Overrides::default())
        .unwrap()
        .load
        .unwrap();
    assert_eq!(load.steps.len(), 4);
}

/// `HOSTBENCH_WRITE_GOLDEN=1` writes it anew.
#[test]
fn the_file_reads_as_the_golden_one() {
    let account = account::start(Refused::Nothing);
    let server = servers::vllm("deepseek-ai/DeepSeek-R1-Distill-Llama-8B");
    let chosen = "vllm-deepseek-r1-distill-llama-8b,bedrock-one,sagemaker-tgi-8b,\
                  sagemaker-own-container,bedrock-us-deepseek-r1-v1-0";
    let (text, _, _) = written(&[&server], Some(&account), &["--targets", chosen]);
    let text = text.replace(&server.url(), "http://127.0.0.1:8000");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/init/written.toml");
    if std::env::var_os("HOSTBENCH_WRITE_GOLDEN").is_some() {
        fs::write(&path, &text).unwrap();
    }
    assert_eq!(text, fs::read_to_string(&path).unwrap());
}
