//! The prompts of a run and the lengths that it asks for, as text.

use bench_core::{config::RunConfig, dataset::Problems};

/// How many of a run's prompts have a reference answer.
pub(crate) fn graded(run: &RunConfig, problems: &Problems) -> usize {
    let prompts = problems.prompts.iter();
    let of_run = prompts.take(run.dataset.prompts as usize);
    of_run
        .filter(|prompt| prompt.expected_answer.is_some())
        .count()
}

/// The prompts that are not graded, as the end of a line; empty where all are.
pub(crate) fn ungraded(run: &RunConfig, problems: &Problems) -> String {
    match (graded(run, problems), run.dataset.prompts as usize) {
        (graded, all) if graded == all => String::new(),
        (0, _) => ", none with a reference answer: accuracy is not available".to_owned(),
        (graded, _) => format!(", {graded} with a reference answer: only these are graded"),
    }
}

/// The lengths that are asked for, as the end of a line; empty where there are none.
pub(crate) fn lengths(run: &RunConfig) -> String {
    let method = &run.method;
    let asked = [
        method.min_tokens.map(|least| format!("at least {least}")),
        method
            .ignore_eos
            .then(|| "the end of sequence ignored".to_owned()),
        run.dataset
            .input_tokens
            .map(|tokens| format!("prompts cut or padded to {tokens} input tokens")),
    ];
    let asked = asked.into_iter().flatten();
    asked.fold(String::new(), |line, asked| line + ", " + &asked)
}

#[cfg(test)]
mod tests {
    use bench_core::{
        config::{self, Overrides},
        dataset,
    };

    use super::*;

    fn run(head: &str) -> RunConfig {
        let text = format!(
            "name = 'a'\n{head}\n[[targets]]\nid = 'a'\nkind = 'http'\nurl = 'http://a'\n\
             request = 'openai-chat'"
        );
        config::from_toml(&text, &Overrides::default()).unwrap()
    }

    #[test]
    fn prompts_that_are_not_graded_are_told() {
        let lines = "{\"prompt\":\"a\",\"answer\":1}\n{\"prompt\":\"b\"}\n{\"prompt\":\"c\"}";
        let problems = dataset::parse("x", lines).unwrap();
        let of = |prompts: u32| {
            let run = run(&format!(
                "dataset = {{ source = 'x.jsonl', prompts = {prompts} }}"
            ));
            ungraded(&run, &problems)
        };
        assert_eq!(of(1), "");
        assert_eq!(of(3), ", 1 with a reference answer: only these are graded");
        let cut = problems
            .clone()
            .of_run(&run("dataset = { input_tokens = 9 }").dataset);
        assert!(ungraded(&run(""), &cut).contains("accuracy is not available"));
    }

    #[test]
    fn lengths_are_told_where_they_are_asked_for() {
        assert_eq!(lengths(&run("")), "");
        let head = "dataset = { input_tokens = 9 }\nmethod = { min_tokens = 5, ignore_eos = true }";
        assert_eq!(
            lengths(&run(head)),
            ", at least 5, the end of sequence ignored, prompts cut or padded to 9 input tokens"
        );
    }
}
