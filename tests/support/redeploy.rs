//! Deploying the pipeline once more while it is there.

use std::path::Path;

use hostbench::{deploy, local::LOOPBACK, package};

use crate::{Embedded, programs};

/// A deployment that replaces the present one.
#[derive(Debug, Default)]
pub struct Redeployment<'a> {
    /// The folder of the functions; those of the project unless it is set.
    pub functions: Option<&'a Path>,
    /// Parameters that differ from the defaults of the template.
    pub parameters: &'a [(&'a str, &'a str)],
    /// Text of the template with its replacement.
    pub replaced: &'a [(&'a str, &'a str)],
}

impl Embedded {
    /// Deploys the template of the project over the one that is deployed.
    ///
    /// # Panics
    ///
    /// When it cannot be deployed, or the template has no such text.
    pub async fn redeploy(&self, wanted: Redeployment<'_>) {
        let own = programs(&self.project);
        let functions = wanted.functions.unwrap_or(&own);
        let packages = package::pack(functions, self.project.root()).expect("packages");
        let mut template = crate::read("infra/template.yaml");
        for (text, replacement) in wanted.replaced {
            assert!(template.contains(text), "the template has no `{text}`");
            template = template.replace(text, replacement);
        }
        let template =
            package::resolve(&template, &packages, deploy::ARTIFACTS).expect("a template");
        let aws = self.session.aws();
        deploy::upload(aws, &packages).await.expect("uploaded");
        let parameters = wanted.parameters.iter().chain(&LOOPBACK);
        let parameters: Vec<_> = parameters
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        deploy::deploy(aws, &template, &parameters)
            .await
            .unwrap_or_else(|error| panic!("{error}"));
    }
}
