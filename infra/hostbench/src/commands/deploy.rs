//! `hostbench deploy`.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::ExitCode,
    time::Duration,
};

use aws_config::SdkConfig;
use aws_sdk_cloudformation::Client as CloudFormation;
use bench_core::config::{Dataset, Overrides, RunConfig, Split};
use bench_store::Store;

use super::{load_question, prepare::prepare, print_text};
use crate::{
    access, active, aws, bucket_configs,
    cli::Deploy,
    dataset,
    deploy::ARCHITECTURE,
    error::Error,
    grants::Grants,
    inventory::Inventory,
    permissions::{self, Profiles},
    pipeline::Pipeline,
    progress::Console,
    project::Project,
    release::{self, Architecture},
    request::Configuration,
    sam::{self, DeployRequest},
    stack::{self, Deployed},
    stack_name,
    tools::{CARGO_LAMBDA, SAM},
    upload::LocalFile,
};

/// Read timeout of the download of GSM8K.
const READ_TIMEOUT: Duration = Duration::from_mins(1);
/// The Region of the validation when none is set.
const ANY_REGION: &str = "us-east-1";

pub(super) async fn deploy(arguments: &Deploy, console: &Console) -> Result<ExitCode, Error> {
    let name = &arguments.stack.name;
    stack_name::check(name)?;
    let project = Project::find()?;
    let inputs = deploy_inputs(&project, arguments, console).await?;
    if project.build().is_some() {
        CARGO_LAMBDA.require()?;
    }
    SAM.require()?;
    // An installation carries its functions: whether they can be deployed is seen at once.
    let carried = match project.build() {
        Some(_) => None,
        None => Some(release::functions(&project, arguments.arch, console).await?),
    };
    // Whatever AWS may refuse is found before the long build.
    let prepared = if arguments.build_only {
        None
    } else {
        let (profile, region) = (&arguments.stack.profile, &arguments.stack.region);
        let aws = aws::config(profile.as_deref(), region.as_deref()).await?;
        prepare(&aws, name, arguments.yes, console).await?;
        let before = stack::parameters(&CloudFormation::new(&aws), name).await?;
        let parameters = parameters(arguments, &inputs, &aws, &before, console).await?;
        if let Some(note) = architecture_note(name, &before, carried.or(arguments.arch)) {
            console.note(note);
        }
        Some((aws, parameters))
    };
    let architecture = match carried {
        Some(carried) => carried,
        None => release::functions(&project, arguments.arch, console).await?,
    };
    let region = prepared.as_ref().and_then(|(aws, _)| aws.region());
    let region = region.map_or(ANY_REGION, AsRef::as_ref);
    sam::validate(&project, region, console).await?;
    let Some((aws, parameters)) = &prepared else {
        let folder = release::folder(&project);
        print_text(format!(
            "the functions are in `{}`; nothing was deployed",
            folder.display()
        ))?;
        return Ok(ExitCode::SUCCESS);
    };
    let request = DeployRequest {
        stack: name,
        region,
        profile: arguments.stack.profile.as_deref(),
        architecture,
        parameters,
    };
    if let Ok(deployed) = stack::find(aws, name).await
        && let Some(note) = active::note(&active::runs(&deployed.pipeline).await?)
    {
        console.note(note);
    }
    sam::deploy(&project, &request, &CloudFormation::new(aws), console).await?;
    let deployed = stack::find(aws, name).await?;
    upload(&deployed.pipeline.store(), &inputs.uploads, console).await?;
    print_text(next_steps(&deployed, arguments, region))?;
    Ok(ExitCode::SUCCESS)
}

/// The note on a stack whose functions change their architecture, which is the client that
/// measures and its price; `None` where they do not. A checkout builds for arm64 by default.
fn architecture_note(
    stack: &str,
    before: &BTreeMap<String, String>,
    wanted: Option<Architecture>,
) -> Option<String> {
    let former = before.get(ARCHITECTURE)?;
    let name = wanted.unwrap_or(Architecture::Arm64).name();
    (former != name).then(|| {
        format!(
            "the functions of stack `{stack}` are for {former} and become functions for {name}: \
             runs before and after are made by other clients; to keep them, deploy from a \
             checkout with `--arch {former}`"
        )
    })
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
        let configuration = Configuration::named(path, Overrides::default())?;
        add(configuration.file());
        let config_folder = configuration.path.parent().unwrap_or(Path::new(""));
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
        if let Some(note) = load_question::note(&configuration) {
            console.note(note);
        }
        runs.push(configuration.run);
    }
    for split in [Split::Test, Split::Train] {
        let gsm8k = Dataset {
            source: Dataset::GSM8K.to_owned(),
            split,
            prompts: 1,
            ..Dataset::default()
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

/// The given parameters, and those that grant the permissions of the configurations that
/// are in the bucket or will be.
async fn parameters(
    arguments: &Deploy,
    inputs: &DeployInputs,
    aws: &SdkConfig,
    before: &BTreeMap<String, String>,
    console: &Console,
) -> Result<Vec<(String, String)>, Error> {
    let name = &arguments.stack.name;
    let mut runs = inputs.runs.clone();
    let inventory = Inventory::read(aws, name).await?;
    // A stack that was never complete has neither.
    let is_whole = |found: &Inventory| found.bucket().and(found.table()).is_some();
    if let Some(inventory) = inventory.filter(is_whole) {
        let pipeline = Pipeline {
            outputs: inventory.outputs(),
            aws: aws.clone(),
        };
        runs.extend(active::configurations(&pipeline).await?);
        let store = pipeline.store();
        let replaced: Vec<String> = inputs.uploads.iter().map(|file| file.key.clone()).collect();
        for stored in bucket_configs::read(&store, &replaced).await? {
            match stored.run {
                Ok(run) => runs.push(run),
                Err(fault) => console.note(format!(
                    "`{}` of the bucket cannot be run, so it is granted no permission: {fault}",
                    stored.key
                )),
            }
        }
    }
    let is_given = |name: &str| arguments.parameters.iter().any(|(given, _)| given == name);
    let profiles = if is_given("ModelArns") {
        Profiles::default()
    } else {
        Profiles::look_up(aws, &runs).await?
    };
    let scope = aws::scope(aws).await?;
    let mut needed: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
    for run in &runs {
        for (parameter, arns) in permissions::grants(run, &scope, &profiles) {
            needed.entry(parameter).or_default().extend(arns);
        }
    }
    let grants = Grants::of(&arguments.parameters, &needed, before)?;
    for arn in &grants.withdrawn {
        console.note(format!(
            "permission to use `{arn}` is withdrawn: no configuration in the bucket needs it"
        ));
    }
    Ok(grants.parameters)
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
    use super::*;

    #[test]
    fn a_stack_whose_functions_change_their_architecture_is_told() {
        let before = |value: &str| BTreeMap::from([(ARCHITECTURE.to_owned(), value.to_owned())]);
        let note = |former: &str, wanted| architecture_note("nightly", &before(former), wanted);
        let changed = note("arm64", Some(Architecture::X86)).unwrap();
        assert!(changed.contains("`nightly` are for arm64"), "{changed}");
        assert!(changed.contains("`--arch arm64`"), "{changed}");
        assert!(note("x86_64", None).is_some());
        assert_eq!(note("arm64", None), None);
        assert_eq!(note("x86_64", Some(Architecture::X86)), None);
        let of_new = architecture_note("nightly", &BTreeMap::new(), Some(Architecture::X86));
        assert_eq!(of_new, None);
    }
}
