//! Calls of the SAM CLI.

use aws_sdk_cloudformation::Client as CloudFormation;
use tokio::process::Command;

use crate::{
    deploy, error::Error, process, progress::Console, project::Project, release::Architecture,
    stack, tools::SAM,
};

/// The template, from the root of the project.
const TEMPLATE: &str = "infra/template.yaml";

/// The stack to deploy.
#[derive(Debug, Clone, Copy)]
pub struct DeployRequest<'a> {
    /// Its name.
    pub stack: &'a str,
    /// Its Region.
    pub region: &'a str,
    /// The AWS profile.
    pub profile: Option<&'a str>,
    /// The architecture of its functions.
    pub architecture: Architecture,
    /// Parameters to set; others keep their values.
    pub parameters: &'a [(String, String)],
}

/// Validates and lints the template.
///
/// # Errors
///
/// [`Error::Program`] with the faults.
pub async fn validate(project: &Project, region: &str, console: &Console) -> Result<(), Error> {
    let mut step = console.step("validating the template");
    let mut command = sam(project);
    command.args([
        "validate",
        "--lint",
        "--template",
        TEMPLATE,
        "--region",
        region,
    ]);
    process::run(&mut command, "validating the template", &mut step).await?;
    step.done("valid");
    Ok(())
}

/// Packages and deploys the template, and waits until the stack is complete.
///
/// # Errors
///
/// [`Error::Program`] with the output of SAM and every resource that failed.
pub async fn deploy(
    project: &Project,
    request: &DeployRequest<'_>,
    cloudformation: &CloudFormation,
    console: &Console,
) -> Result<(), Error> {
    let mut step = console.step(format!("deploying stack `{}`", request.stack));
    let mut command = sam(project);
    command.args(arguments(request));
    let deployed = process::run(&mut command, "deploying the stack", &mut step).await;
    let Err(error) = deployed else {
        step.done("deployed");
        return Ok(());
    };
    // SAM reports the failure, CloudFormation the reason.
    let there = stack::describe(cloudformation, request.stack).await;
    let Ok(Some(there)) = there else {
        return Err(error);
    };
    let status = there
        .stack_status()
        .map_or("unknown", |status| status.as_str());
    let why = stack::failed(cloudformation, request.stack, "deploying", status).await;
    Err(Error::Program(format!("{error}\n{why}")))
}

fn sam(project: &Project) -> Command {
    let mut command = Command::new(SAM.program);
    command
        .current_dir(project.root())
        .env("SAM_CLI_TELEMETRY", "0");
    command
}

fn arguments(request: &DeployRequest) -> Vec<String> {
    let fixed = [
        "deploy",
        "--template-file",
        TEMPLATE,
        "--capabilities",
        "CAPABILITY_IAM",
        "CAPABILITY_AUTO_EXPAND",
        "--resolve-s3",
        "--no-confirm-changeset",
        "--no-fail-on-empty-changeset",
        "--stack-name",
        request.stack,
        "--s3-prefix",
        request.stack,
        "--region",
        request.region,
    ];
    let mut arguments: Vec<String> = fixed.map(str::to_owned).to_vec();
    if let Some(profile) = request.profile {
        arguments.extend(["--profile".to_owned(), profile.to_owned()]);
    }
    arguments.push("--parameter-overrides".to_owned());
    arguments.push(format!(
        "{}={}",
        deploy::ARCHITECTURE,
        request.architecture.name()
    ));
    for (name, value) in request.parameters {
        arguments.push(format!("{name}={}", quoted(value)));
    }
    arguments
}

/// SAM would parse the rest of a value after a space as another parameter, and pass over
/// an empty one.
fn quoted(value: &str) -> String {
    if value.is_empty() || value.contains([' ', '"', '\\']) {
        format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        value.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_is_asked_for_by_name_region_profile_and_parameters() {
        let parameters = [
            ("ModelArns".to_owned(), String::new()),
            ("ScheduleExpression".to_owned(), "rate(1 day)".to_owned()),
        ];
        let request = DeployRequest {
            stack: "nightly",
            region: "eu-west-1",
            profile: Some("work"),
            architecture: Architecture::X86,
            parameters: &parameters,
        };
        let arguments = arguments(&request);
        for pair in [
            ["--stack-name", "nightly"],
            ["--region", "eu-west-1"],
            ["--profile", "work"],
            ["--parameter-overrides", "Architecture=x86_64"],
        ] {
            assert!(
                arguments.windows(2).any(|window| window == pair),
                "{pair:?}"
            );
        }
        assert_eq!(
            arguments[arguments.len() - 2..],
            ["ModelArns=\"\"", "ScheduleExpression=\"rate(1 day)\""]
        );
    }
}
