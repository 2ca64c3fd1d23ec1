use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::{Child, Command, ExitStatus, Output, Stdio},
};

use simulator::{Settings, Simulator, StartError};

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_simulator"));
    command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Starts the command and reads the address from its only line.
fn listening(arguments: &[&str]) -> (Child, String) {
    let mut child = command(arguments).spawn().expect("the command starts");
    let stdout = child.stdout.as_mut().expect("standard output");
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line).expect("a line");
    let ready: serde_json::Value = serde_json::from_str(&line).expect("JSON");
    let url = ready["listening"].as_str().expect("an address");
    (
        child,
        url.strip_prefix("http://").expect("plain HTTP").to_owned(),
    )
}

fn refused(arguments: &[&str]) -> Output {
    command(arguments).output().expect("the command ends")
}

#[test]
fn the_command_says_where_it_listens_and_ends_with_its_standard_input() {
    let (mut child, address) = listening(&["--exit-with-stdin", "--time-scale", "1000"]);
    let mut connection = TcpStream::connect(&address).unwrap();
    let request = "GET /_simulator/health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    connection.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\"time_scale\":1000.0"));
    drop(child.stdin.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert!(output.stdout.is_empty(), "nothing follows the first line");
}

#[test]
fn the_command_ends_when_told_by_a_signal_although_its_standard_input_is_open() {
    for signal in ["TERM", "INT"] {
        let (mut child, _) = listening(&["--exit-with-stdin"]);
        let kill = |child: &Child| -> ExitStatus {
            let pid = child.id().to_string();
            Command::new("kill")
                .args(["-s", signal, &pid])
                .status()
                .expect("kill runs")
        };
        assert!(kill(&child).success());
        assert!(child.wait().unwrap().success());
    }
}

#[test]
fn a_port_in_use_and_nonsense_are_refused_with_code_2() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for (arguments, said) in [
        (vec!["--port", &port], "cannot listen on 127.0.0.1"),
        (vec!["--accuracy", "1.5"], "`accuracy` is 1.5"),
        (vec!["--accuracy", "-0.1"], "`accuracy` is -0.1"),
        (vec!["--accuracy", "NaN"], "`accuracy` is NaN"),
        (vec!["--time-scale", "0"], "`time-scale` is 0"),
        (vec!["--time-scale", "-3"], "`time-scale` is -3"),
        (vec!["--time-scale", "inf"], "`time-scale` is inf"),
        (
            vec!["--dataset", "no/such/file.jsonl"],
            "cannot read dataset `no/such/file.jsonl`",
        ),
        (
            vec!["--log", "no/such/folder/log.jsonl"],
            "cannot write the log",
        ),
        (vec!["--unknown"], "--unknown"),
    ] {
        let output = refused(&arguments);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {stderr}");
        assert!(stderr.contains(said), "{arguments:?}: {stderr}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn the_command_prints_the_names_that_ask_for_faults() {
    let output = refused(&["--list-faults"]);
    assert!(output.status.success());
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        simulator::fault::table()
    );
}

/// The resident memory of a process, in MB.
fn resident_mb(child: &Child) -> u64 {
    let statm = std::fs::read_to_string(format!("/proc/{}/statm", child.id()));
    let statm = statm.expect("a process");
    let pages: u64 = statm
        .split(' ')
        .nth(1)
        .expect("pages")
        .parse()
        .expect("a number");
    pages * 4 / 1_024
}

#[test]
fn a_huge_answer_is_never_held_in_memory() {
    let (mut child, address) = listening(&["--exit-with-stdin"]);
    for path in ["/simulate-huge/generate_stream", "/simulate-huge/generate"] {
        let body = r#"{"inputs":"hi","parameters":{"max_new_tokens":4096}}"#;
        let mut connection = TcpStream::connect(&address).unwrap();
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        connection.write_all(request.as_bytes()).unwrap();
        let (mut read, mut buffer, mut most) = (0, vec![0; 1 << 20], 0);
        loop {
            match connection.read(&mut buffer).unwrap() {
                0 => break,
                count => read += count,
            }
            most = most.max(resident_mb(&child));
        }
        assert!(read > 100 << 20, "{read}");
        assert!(most < 64, "{most} MB");
    }
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
}

#[tokio::test]
async fn questions_of_a_dataset_file_are_known_and_a_broken_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("own.jsonl");
    let line = r#"{"question":"How many legs have nineteen spiders?","answer":"x\n#### 152"}"#;
    std::fs::write(&path, line).unwrap();
    let settings = Settings {
        time_scale: 10_000.0,
        accuracy: 1.0,
        datasets: vec![path.clone()],
        ..Settings::default()
    };
    let bench = crate::support::start_with(settings.clone()).await;
    let body = serde_json::json!({"inputs": "[1]\nHow many legs have nineteen spiders? \\boxed{}"});
    let answer = crate::support::json(bench.post("/generate", &body).await).await;
    assert!(
        answer["generated_text"]
            .as_str()
            .unwrap()
            .ends_with("\\boxed{152}")
    );

    std::fs::write(&path, "{}").unwrap();
    let refused = Simulator::start(settings).await.unwrap_err();
    assert!(
        matches!(refused, StartError::DatasetInvalid(_)),
        "{refused}"
    );
}
