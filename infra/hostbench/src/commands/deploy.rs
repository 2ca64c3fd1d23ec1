//! `hostbench deploy`.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::ExitCode,
    time::Duration,
};

use aws_sdk_cloudformation::Client as CloudFormation;
use bench_core::config::{Dataset, Overrides, RunConfig, Split};
use bench_store::Store;

use super::print_line;
use crate::{
    access, active, aws,
    cli::Deploy,
    dataset,
    error::Error,
    permissions::{self, ArnScope},
    progress::Console,
    project::Project,
    release,
    request::Configuration,
    sam::{self, DeployRequest},
    stack::{self, Deployed},
    tools::{CARGO_LAMBDA, SAM},
    upload::LocalFile,
};

/// Read timeout of the download of GSM8K.
const READ_TIMEOUT: Duration = Duration::from_mins(1);
/// The Region of the validation when none is set.
const ANY_REGION: &str = "us-east-1";

pub(super) async fn deploy(arguments: &Deploy, console: &Console) -> Result<ExitCode, Error> {
    let project = Project::find()?;
    let inputs = deploy_inputs(&project, arguments, console).await?;
    CARGO_LAMBDA.require()?;
    SAM.require()?;
    // Credentials are checked before the long build.
    let aws = if arguments.build_only {
        None
    } else {
        Some(
            aws::config(
                arguments.stack.profile.as_deref(),
                arguments.stack.region.as_deref(),
            )
            .await?,
        )
    };
    release::build(&project, arguments.arch, console).await?;
    let region = aws.as_ref().and_then(|aws| aws.region());
    let region = region.map_or(ANY_REGION, AsRef::as_ref);
    sam::validate(&project, region, console).await?;
    let Some(aws) = &aws else {
        let folder = release::folder(&project);
        print_line(format!(
            "the functions are in `{}`; nothing was deployed",
            folder.display()
        ))?;
        return Ok(ExitCode::SUCCESS);
    };
    let cloudformation = CloudFormation::new(aws);
    let before = stack::parameters(&cloudformation, &arguments.stack.name).await?;
    let parameters = parameters(arguments, &inputs.runs, &aws::scope(aws).await?, &before);
    let request = DeployRequest {
        stack: &arguments.stack.name,
        region,
        profile: arguments.stack.profile.as_deref(),
        architecture: arguments.arch,
        parameters: &parameters,
    };
    if let Ok(deployed) = stack::find(aws, &arguments.stack.name).await
        && let Some(note) = active::note(&active::runs(&deployed.pipeline).await?)
    {
        console.note(note);
    }
    sam::deploy(&project, &request, &cloudformation, console).await?;
    let deployed = stack::find(aws, &arguments.stack.name).await?;
    upload(&deployed.pipeline.store(), &inputs.uploads, console).await?;
    print_line(next_steps(&deployed, arguments, region))?;
    Ok(ExitCode::SUCCESS)
}

/// The inputs of a deployment, complete before anything is built.
struct DeployInputs {
    /// The files to upload: the valid configurations with their datasets and
    /// certificates, the prices, and the parts of GSM8K on this machine.
    uploads: Vec<LocalFile>,
    /// The configurations.
    runs: Vec<RunConfig>,
}

async fn deploy_inputs(
    project: &Project,
    arguments: &Deploy,
    console: &Console,
) -> Result<DeployInputs, Error> {
    let mut uploads: Vec<LocalFile> = Vec::new();
    let mut runs = Vec::new();
    let mut add = |file: LocalFile| {
        if uploads.iter().all(|other| other.key != file.key) {
            uploads.push(file);
        }
    };
    for path in &arguments.configs {
        let configuration = Configuration::read(path, Overrides::default())?;
        add(configuration.file());
        let config_folder = path.parent().unwrap_or(Path::new(""));
        for file in access::certificates(&configuration.run, config_folder)? {
            add(file);
        }
        let requested = &configuration.run.dataset;
        let local = dataset::find(project, requested, Some(config_folder));
        if requested.source == Dataset::GSM8K && local.is_none() {
            dataset::fetch(
                project,
                requested.split,
                dataset::UPSTREAM,
                READ_TIMEOUT,
                console,
            )
            .await?;
        }
        let file = dataset::find(project, requested, Some(config_folder));
        dataset::check(requested, file.as_ref())?;
        if let Some(file) = file {
            add(file);
        }
        runs.push(configuration.run);
    }
    for split in [Split::Test, Split::Train] {
        let gsm8k = Dataset {
            source: Dataset::GSM8K.to_owned(),
            split,
            prompts: 1,
        };
        if let Some(file) = dataset::find(project, &gsm8k, None) {
            add(file);
        }
    }
    if let Some(prices) = LocalFile::prices(project) {
        add(prices);
    }
    Ok(DeployInputs { uploads, runs })
}

/// The given parameters, and those that grant the permissions of the configurations
/// besides the ones that the stack has.
fn parameters(
    arguments: &Deploy,
    runs: &[RunConfig],
    scope: &ArnScope,
    before: &BTreeMap<String, String>,
) -> Vec<(String, String)> {
    let mut allowed: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for run in runs {
        for (parameter, arns) in permissions::grants(run, scope) {
            allowed.entry(parameter).or_default().extend(arns);
        }
    }
    let mut parameters = arguments.parameters.clone();
    for (parameter, mut arns) in allowed {
        if arguments
            .parameters
            .iter()
            .any(|(name, _)| name == parameter)
        {
            continue;
        }
        let before = before.get(parameter).into_iter();
        let before = before.flat_map(|value| value.split(','));
        arns.extend(before.filter(|arn| !arn.is_empty()).map(str::to_owned));
        let value: Vec<String> = arns.into_iter().collect();
        parameters.push((parameter.to_owned(), value.join(",")));
    }
    parameters
}

/// Uploads files that differ from those in the bucket, which keeps every version.
async fn upload(store: &Store, uploads: &[LocalFile], console: &Console) -> Result<(), Error> {
    let step = console.step("uploading configurations, prices and datasets");
    let mut sent = Vec::new();
    for file in uploads {
        if store.get_object(&file.key).await?.as_ref() != Some(&file.read()?) {
            file.upload(store).await?;
            sent.push(format!("`{}`", file.key));
        }
    }
    step.done(&if sent.is_empty() {
        "no changes".to_owned()
    } else {
        sent.join(", ")
    });
    Ok(())
}

/// The outputs of the stack, and commands to continue with.
fn next_steps(deployed: &Deployed, arguments: &Deploy, region: &str) -> String {
    let outputs = &deployed.pipeline.outputs;
    let mut selector = format!("--stack {} --region {region}", arguments.stack.name);
    if let Some(profile) = &arguments.stack.profile {
        selector.push_str(" --profile ");
        selector.push_str(profile);
    }
    let config = arguments.configs.first();
    let config = config.map_or_else(|| "CONFIG".to_owned(), |path| path.display().to_string());
    format!(
        "stack `{}` in Region {region}\n\
         \x20 bucket         {}\n\
         \x20 table          {}\n\
         \x20 state machine  {}\n\
         next steps:\n\
         \x20 hostbench check {config} {selector}\n\
         \x20 hostbench run {config} {selector}\n\
         \x20 hostbench runs {selector}\n\
         \x20 hostbench destroy {selector}",
        arguments.stack.name, outputs.bucket, outputs.table, outputs.state_machine_arn,
    )
}

#[cfg(test)]
mod tests {
    use bench_core::config::from_toml;
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Command};

    fn deployed(arguments: &[&str], before: &[(&str, &str)]) -> Vec<(String, String)> {
        let text = "name = \"x\"\n[[targets]]\nid = \"a\"\nkind = \"sagemaker\"\nendpoint = \"b\"\n\
                    request = \"tgi\"";
        let run = from_toml(text, &Overrides::default()).unwrap();
        let cli = Cli::parse_from([&["hostbench", "deploy"], arguments].concat());
        let Command::Deploy(arguments) = cli.command else {
            panic!("expected `deploy`")
        };
        let scope = ArnScope::of("arn:aws:sts:eu-west-1:111122223333:x");
        let before = before
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        parameters(&arguments, &[run], &scope, &before.collect())
    }

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn permissions_are_added_to_those_that_the_stack_has() {
        let arn = |name| format!("arn:aws:sagemaker:eu-west-1:111122223333:endpoint/{name}");
        assert_eq!(deployed(&[], &[]), [pair("EndpointArns", &arn("b"))]);
        let both = format!("{},{}", arn("a"), arn("b"));
        assert_eq!(
            deployed(&[], &[("EndpointArns", &arn("a"))]),
            [pair("EndpointArns", &both)]
        );
    }

    #[test]
    fn a_given_parameter_is_not_extended() {
        assert_eq!(
            deployed(&["--parameter", "EndpointArns=arn:x"], &[]),
            [pair("EndpointArns", "arn:x")]
        );
    }
}
