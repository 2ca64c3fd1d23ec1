use crate::config::{Overrides, RunConfig, from_toml};

const VLLM: &str = "kind = \"http\"\nurl = \"http://a\"\nrequest = \"openai-completion\"\n";
const CONTAINER: &str = "kind = \"sagemaker\"\nendpoint = \"e\"\nrequest = \"openai-chat\"\n";
const TGI: &str = "kind = \"http\"\nurl = \"http://a\"\nrequest = \"tgi\"\n";
const IMPORTED: &str = "kind = \"bedrock\"\nmodel = \"m\"\nrequest = \"openai-chat\"\n";

fn read(head: &str, target: &str) -> Result<RunConfig, Vec<String>> {
    let text = format!("name = \"x\"\n{head}\n[[targets]]\nid = \"a\"\n{target}");
    from_toml(&text, &Overrides::default())
        .map_err(|error| error.faults.iter().map(ToString::to_string).collect())
}

#[test]
fn servers_with_the_schemas_of_openai_may_be_asked_for_a_length() {
    let head = "[dataset]\ninput_tokens = 1000\n[method]\nmin_tokens = 50\nignore_eos = true";
    for target in [VLLM, CONTAINER] {
        let config = read(head, target).unwrap();
        assert_eq!(config.method.min_tokens, Some(50));
        assert!(config.method.ignore_eos);
        assert_eq!(config.dataset.input_tokens, Some(1_000));
    }
    assert!(read("[dataset]\ninput_tokens = 1000", TGI).is_ok());
    assert!(read("[method]\nignore_eos = false", TGI).is_ok());
}

#[test]
fn a_target_without_such_fields_is_refused_with_the_remedy() {
    for (field, target, said) in [
        (
            "min_tokens = 5",
            TGI,
            "`targets[0].request` is `\"tgi\"`: `tgi` of a target of kind `http`",
        ),
        (
            "ignore_eos = true",
            IMPORTED,
            "of kind `bedrock` has no field for `method.ignore_eos`",
        ),
    ] {
        let faults = read(&format!("[method]\n{field}"), target).unwrap_err();
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(faults[0].contains(said), "{}", faults[0]);
        assert!(faults[0].ends_with("measure this target in a run of its own"));
    }
}

#[test]
fn the_fewest_tokens_are_no_more_than_the_most_of_every_target() {
    let head = "[method]\nmin_tokens = 500\nmax_tokens = 1000";
    assert!(read(head, VLLM).is_ok());
    assert_eq!(
        read(head, &format!("{VLLM}max_tokens = 400")).unwrap_err(),
        [
            "`method.min_tokens` is `500`: `a` has at most 400 output tokens (`max_tokens`), lower it \
          to 400 or less"
        ]
    );
    let faults = read("[method]\nmin_tokens = 5000", VLLM).unwrap_err();
    assert!(
        faults[0].ends_with("lower it to 4096 or less"),
        "{faults:?}"
    );
}
