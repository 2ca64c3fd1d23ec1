//! The template as text: its statements, one by one.

use std::collections::BTreeSet;

use hostbench::{grants, stack_name};
use serde_json::Value;

/// A statement of a role or policy in the template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Statement {
    pub(crate) sid: String,
    pub(crate) actions: Vec<String>,
    lines: std::ops::Range<usize>,
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Every statement that allows something to a role: those with a `Sid` and
/// without a `Principal`, which a policy of a resource has.
pub(crate) fn statements(template: &str) -> Vec<Statement> {
    let lines: Vec<&str> = template.lines().collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let Some(sid) = line.trim_start().strip_prefix("- Sid: ") else {
            continue;
        };
        let inside = |line: &&&str| line.trim().is_empty() || indent(line) > indent(lines[start]);
        let length = lines[start + 1..].iter().take_while(inside).count();
        let range = start..start + 1 + length;
        let body = &lines[range.clone()];
        if body
            .iter()
            .any(|line| line.trim_start().starts_with("Principal:"))
        {
            continue;
        }
        let actions = body
            .iter()
            .find_map(|line| line.trim_start().strip_prefix("Action: "))
            .expect("an action, on the line of its name");
        let actions = actions.trim_matches(['[', ']']).split(", ");
        found.push(Statement {
            sid: sid.to_owned(),
            actions: actions.map(str::to_owned).collect(),
            lines: range,
        });
    }
    found
}

/// The template with one action fewer in one statement. The replacement of a last
/// action is allowed to everybody anyway.
pub(crate) fn without(template: &str, statement: &Statement, action: &str) -> String {
    let mut rest: Vec<&str> = statement.actions.iter().map(String::as_str).collect();
    rest.retain(|other| *other != action);
    if rest.is_empty() {
        rest.push("sts:GetCallerIdentity");
    }
    let replaced = format!("Action: [{}]", rest.join(", "));
    let mut lines: Vec<String> = template.lines().map(str::to_owned).collect();
    for line in &mut lines[statement.lines.clone()] {
        if line.trim_start().starts_with("Action: ") {
            *line = format!("{}{replaced}", " ".repeat(indent(line)));
        }
    }
    lines.join("\n") + "\n"
}

fn template() -> String {
    support::read("infra/template.yaml")
}

#[test]
fn every_statement_has_a_name_of_its_own() {
    let statements = statements(&template());
    let names: BTreeSet<_> = statements.iter().map(|statement| &statement.sid).collect();
    assert_eq!(names.len(), statements.len());
    assert!(statements.len() > 20, "{names:?}");
}

#[test]
fn an_action_that_is_taken_away_is_gone_and_nothing_else_changes() {
    let template = template();
    for statement in statements(&template) {
        for action in &statement.actions {
            let without = without(&template, &statement, action);
            let changed: Vec<_> = template
                .lines()
                .zip(without.lines())
                .filter(|(before, after)| before != after)
                .collect();
            assert_eq!(changed.len(), 1, "{}", statement.sid);
            let (_, left) = changed[0].1.split_once("Action: ").unwrap();
            let left = left.trim_matches(['[', ']']);
            assert!(left.split(", ").all(|other| other != action), "{changed:?}");
        }
    }
}

/// AWS leaves no other way for these: the comment above says so.
#[test]
fn a_statement_for_every_resource_says_why() {
    let template = template();
    let lines: Vec<_> = template.lines().collect();
    let mut stars = 0;
    for statement in statements(&template) {
        let everything = |line: &str| line.trim() == "Resource: \"*\"";
        if lines[statement.lines.clone()]
            .iter()
            .any(|line| everything(line))
        {
            let above = lines[statement.lines.start - 1].trim_start();
            assert!(above.starts_with("# "), "{}", statement.sid);
            stars += 1;
        }
    }
    assert!(stars > 0);
}

/// The service integrations of the definition are what its role allows, and the
/// rest of the role is what a Distributed Map, Lambda tasks and tracing need.
#[test]
fn the_role_of_a_state_machine_allows_what_its_definition_calls() {
    let traces = [
        "xray:PutTraceSegments",
        "xray:PutTelemetryRecords",
        "xray:GetSamplingRules",
        "xray:GetSamplingTargets",
    ];
    let mut benchmark = calls("statemachine/benchmark.asl.json");
    assert!(benchmark.contains("ec2:StopInstances"), "{benchmark:?}");
    benchmark.extend(traces.map(str::to_owned));
    benchmark.extend(
        [
            // EC2 uses the keys of volumes on behalf of the role.
            "kms:CreateGrant",
            "lambda:InvokeFunction",
            "states:StartExecution",
            "states:DescribeExecution",
            "states:StopExecution",
            "states:RedriveExecution",
        ]
        .map(str::to_owned),
    );
    assert_eq!(allowed("BenchmarkStateMachineRole"), benchmark);
    let mut sweeper = calls("statemachine/sweeper.asl.json");
    sweeper.extend(traces.map(str::to_owned));
    assert_eq!(allowed("SweeperStateMachineRole"), sweeper);
}

/// The actions that a role of the template has.
fn allowed(role: &str) -> BTreeSet<String> {
    let template = template();
    let role = template
        .split(&format!("\n  {role}:\n"))
        .nth(1)
        .expect("a role");
    let end = role.find("\n  # ").expect("a section behind it");
    statements(&role[..end])
        .into_iter()
        .flat_map(|statement| statement.actions)
        .collect()
}

/// The actions of the service integrations of a definition, Lambda apart.
fn calls(definition: &str) -> BTreeSet<String> {
    let definition: Value = serde_json::from_str(&support::read(definition)).expect("JSON");
    let mut called = BTreeSet::new();
    let mut open = vec![&definition];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(fields) => open.extend(fields.values()),
            Value::Array(list) => open.extend(list),
            Value::String(text) => {
                let Some(call) = text.strip_prefix("arn:${Partition}:states:::") else {
                    continue;
                };
                let call = call.strip_prefix("aws-sdk:").unwrap_or(call);
                let (service, operation) = call.split_once(':').expect("an action");
                let service = if service == "sfn" { "states" } else { service };
                let (first, rest) = operation.split_at(1);
                if service != "lambda" {
                    called.insert(format!("{service}:{}{rest}", first.to_uppercase()));
                }
            }
            _ => {}
        }
    }
    called
}

/// The characters of policies in JSON, at most: white space aside, what CloudFormation
/// fills in at its usual length, and without the ARNs of parameters.
fn policy_size(text: &str) -> usize {
    const QUOTES_OF_A_LINE: usize = 6;
    const FILLED_IN: usize = 70;
    let skipped = ["#", "- !If", "- Has", "- !Ref AWS::NoValue"];
    let lines = text.lines().map(str::trim);
    let lines = lines.filter(|line| !skipped.iter().any(|start| line.starts_with(start)));
    lines
        .map(|line| {
            let filled: usize = ["${", "!GetAtt", "!Ref"]
                .iter()
                .map(|mark| line.matches(mark).count())
                .sum();
            let filled = if line.ends_with("Arns") { 0 } else { filled };
            let characters = line.chars().filter(|c| !c.is_whitespace()).count();
            characters + QUOTES_OF_A_LINE + filled * FILLED_IN
        })
        .sum()
}

#[test]
fn policies_with_parameters_leave_the_room_that_a_deployment_counts_on() {
    let template = template();
    for policy in grants::POLICIES {
        let of_policy = template
            .split(&format!("  {}:\n", policy.name))
            .nth(1)
            .unwrap();
        let of_policy = of_policy.split("\n  # ----").next().unwrap();
        let size = policy_size(of_policy);
        assert!(size <= policy.fixed, "{}: {size}", policy.name);
        for (parameter, times) in policy.parameters {
            let listed = format!("Resource: !Ref {parameter}\n");
            let count = of_policy.matches(&listed).count();
            assert_eq!(count, *times, "{parameter} of {}", policy.name);
        }
    }
    for parameter in grants::PARAMETERS {
        assert!(template.contains(&format!("  {parameter}:\n    Type: CommaDelimitedList\n")));
    }
}

#[test]
fn every_name_that_is_made_of_that_of_the_stack_has_its_limit() {
    let template = template();
    let derived = template.lines().filter_map(|line| {
        let name = line.trim().strip_prefix("Name: !Sub ${AWS::StackName}");
        name.map(str::to_owned)
    });
    let derived: BTreeSet<_> = derived.collect();
    let limited = stack_name::DERIVED.map(|derived| derived.suffix.to_owned());
    let limited = BTreeSet::from(limited);
    assert!(derived.is_subset(&limited), "{derived:?}");
}
