//! The AWS Price List Query API.

use aws_config::{BehaviorVersion, Region};
use aws_credential_types::provider::ProvideCredentials;
use aws_sdk_pricing::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    operation::get_products::GetProductsError,
    types::{Filter, FilterType},
};

use super::{instance::Query, product::Product};
use crate::error::Error;

/// The Region of the API, which has the prices of all Regions.
const API_REGION: &str = "us-east-1";
/// The most products in a page.
const MAX_RESULTS: i32 = 100;
/// The most pages of a query: all of Bedrock in a Region fills a tenth.
const MAX_PAGES: usize = 200;

/// A client of the Price List Query API.
#[derive(Debug, Clone)]
pub struct PriceList {
    client: Client,
}

impl PriceList {
    /// Connects with the user's own credentials; `AWS_ENDPOINT_URL_PRICING`
    /// replaces the endpoint.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] when there are no credentials.
    pub async fn connect() -> Result<Self, Error> {
        let config = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::from_static(API_REGION))
            .load()
            .await;
        let none = |reason: String| {
            Error::InvalidInput(format!(
                "the Price List API needs AWS credentials, and there are none ({reason}); sign in \
                 and run `eval \"$(aws configure export-credentials --format env)\"`"
            ))
        };
        let provider = config
            .credentials_provider()
            .ok_or_else(|| none("none are set".to_owned()))?;
        provider
            .provide_credentials()
            .await
            .map_err(|error| none(error.to_string()))?;
        Ok(Self {
            client: Client::new(&config),
        })
    }

    /// Every product of a query, over all pages.
    ///
    /// # Errors
    ///
    /// [`Error::Aws`] when the API cannot be reached, refuses the request, or returns
    /// something that is not a product.
    pub(super) async fn products(&self, query: &Query) -> Result<Vec<Product>, Error> {
        let doing = format!("reading the prices of {}", query.service);
        let mut request = self
            .client
            .get_products()
            .service_code(query.service)
            .format_version("aws_v1")
            .max_results(MAX_RESULTS);
        for (field, value) in &query.filters {
            let filter = Filter::builder()
                .r#type(FilterType::TermMatch)
                .field(*field)
                .value(value)
                .build()
                .expect("type, field and value are set");
            request = request.filters(filter);
        }
        let failed = |cause: String| Error::Aws {
            doing: doing.clone(),
            cause,
        };
        let mut products = Vec::new();
        let mut token: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let page = request
                .clone()
                .set_next_token(token.clone())
                .send()
                .await
                .map_err(|error| refusal(&doing, &error))?;
            for text in page.price_list() {
                let product = Product::read(text).map_err(|fault| {
                    failed(format!(
                        "the Price List returned an entry that is not a product: {fault}"
                    ))
                })?;
                products.push(product);
            }
            let next = page.next_token().filter(|next| !next.is_empty());
            match next {
                None => return Ok(products),
                Some(next) if token.as_deref() == Some(next) => {
                    return Err(failed(
                        "the Price List returned the same page twice".to_owned(),
                    ));
                }
                Some(next) => token = Some(next.to_owned()),
            }
        }
        Err(failed(format!(
            "the Price List returned more than {MAX_PAGES} pages"
        )))
    }
}

/// Adds the remedy to a failed request.
fn refusal(doing: &str, error: &SdkError<GetProductsError>) -> Error {
    let denied = [
        "AccessDeniedException",
        "AccessDenied",
        "UnauthorizedOperation",
    ];
    let mut refusal = Error::aws(doing, error);
    let Error::Aws { cause, .. } = &mut refusal else {
        return refusal;
    };
    match error {
        SdkError::DispatchFailure(_) | SdkError::TimeoutError(_) => {
            *cause = format!(
                "cannot connect to the Price List: {cause}; check the network, and \
                 `AWS_ENDPOINT_URL_PRICING` if it is set"
            );
        }
        _ if error.code().is_some_and(|code| denied.contains(&code)) => {
            let message = error.message().unwrap_or("access is denied");
            *cause = format!("{message}; grant these credentials `pricing:GetProducts` on `*`");
        }
        _ => {}
    }
    refusal
}
