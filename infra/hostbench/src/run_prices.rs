//! The prices of a run, read and held against its budget before anything is started.

use std::path::Path;

use bench_core::{
    config::RunConfig,
    money::{Catalog, Overrides},
};
use bench_cost::{CostWarning, PriceBook, RunBudget};
use bench_store::{Store, keys};
use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::{error::Error, project::Project, text_file, upload::LocalFile};

/// The day of a run that starts now, in UTC.
#[must_use]
pub fn today() -> Date {
    Timestamp::now().to_zoned_datetime(TimeZone::UTC).date()
}

/// The price catalog in a file.
///
/// # Errors
///
/// Those of [`text_file::read`], and [`Error::InvalidInput`] with every fault of it.
pub fn read(path: &Path) -> Result<Catalog, Error> {
    parse(path, &text_file::read(path)?)
}

/// The price catalog of a project; without one a run has no cost.
///
/// # Errors
///
/// Those of [`read`].
pub fn of_project(project: &Project) -> Result<Option<Catalog>, Error> {
    let file = LocalFile::prices(project);
    file.map(|file| read(&file.path)).transpose()
}

/// The price catalog of a stack, or else that of the project, which is uploaded for a run.
///
/// # Errors
///
/// Those of [`read`], and [`Error::Store`].
pub async fn of_stack(store: &Store, project: &Project) -> Result<Option<Catalog>, Error> {
    match store.get_object(keys::PRICES).await? {
        Some(content) => {
            let path = Path::new(keys::PRICES);
            parse(path, text_file::decode(path, &content)?).map(Some)
        }
        None => of_project(project),
    }
}

fn parse(path: &Path, text: &str) -> Result<Catalog, Error> {
    bench_cost::read_catalog(text)
        .map_err(|faults| Error::InvalidInput(format!("{}: {faults}", path.display())))
}

/// Checks that the budget of a run can be kept, as the planner would once it had started.
/// Returns the warning of targets that it does not limit.
///
/// # Errors
///
/// [`Error::InvalidInput`], naming every target without a price, or, where the budget would limit
/// none, with one in another currency.
pub fn check_budget(
    run: &RunConfig,
    catalog: Option<&Catalog>,
    region: &str,
) -> Result<Option<CostWarning>, Error> {
    let (nothing, none) = (Catalog::default(), Overrides::default());
    let book = PriceBook {
        catalog: catalog.unwrap_or(&nothing),
        overrides: &none,
        region,
        day: today(),
    };
    let budget = RunBudget::validate(run, &book);
    let budget = budget.map_err(|error| Error::InvalidInput(error.to_string()))?;
    Ok(budget.and_then(|budget| budget.warning()))
}

#[cfg(test)]
mod tests {
    use bench_core::config::{self, Overrides};

    use super::*;

    fn target(id: &str, pricing: &str) -> String {
        format!(
            "[[targets]]\nid = \"{id}\"\nkind = \"http\"\nurl = \"http://10.0.0.1\"\n\
             request = \"tgi\"\npricing = {pricing}\n"
        )
    }

    fn config(pricing: &str) -> RunConfig {
        let text = format!("name = \"x\"\nbudget_usd = 5\n{}", target("a", pricing));
        config::from_toml(&text, &Overrides::default()).unwrap()
    }

    #[test]
    fn a_budget_over_prices_that_are_missing_or_all_not_in_dollars_is_refused_with_its_remedy() {
        let euros = "{ kind = \"hourly\", sku = \"ec2:a.b\", currency = \"EUR\", prices = { hour = \"1\" } }";
        let error = check_budget(&config(euros), None, "us-east-1").unwrap_err();
        assert_eq!(error.exit_code(), 2);
        assert_eq!(
            error.to_string(),
            "`budget_usd` cannot be kept: target `a`: its prices are not in USD; or leave \
             `budget_usd` out"
        );
        let unknown = "{ kind = \"hourly\", sku = \"ec2:nobody.knows\" }";
        let error = check_budget(&config(unknown), None, "us-east-1").unwrap_err();
        assert!(error.to_string().contains("`ec2:nobody.knows`"), "{error}");
        let dollars = "{ kind = \"hourly\", sku = \"ec2:a.b\", prices = { hour = \"1\" } }";
        let kept = check_budget(&config(dollars), None, "us-east-1");
        assert_eq!(kept.unwrap(), None);
    }
}
