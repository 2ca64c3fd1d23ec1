//! `hostbench prices refresh`.

use std::{fs, path::Path, process::ExitCode};

use comfy_table::Table;
use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Value, json};

use super::{print_line, print_text};
use crate::{
    cli::RefreshPrices,
    error::Error,
    prices::{
        self, Change, ListedPrice, PriceFile, PriceKey, PriceList, Refresh, Scope, Unresolved,
    },
    progress::Console,
    project::{self, Project},
    terminal::Screen,
    text_file,
};

/// The catalog in the project.
pub(super) const CATALOG: &str = "infra/prices.toml";

pub(super) async fn refresh(
    arguments: &RefreshPrices,
    console: &Console,
) -> Result<ExitCode, Error> {
    let path = match &arguments.file {
        Some(path) => project::named(path),
        None => Project::find()?.root().join(CATALOG),
    };
    let before = text_file::read(&path)?;
    let mut file = PriceFile::read(&before)
        .map_err(|faults| Error::InvalidInput(format!("{}: {faults}", path.display())))?;
    let scope = Scope {
        regions: arguments.regions.clone(),
        import_family: arguments.import_family.clone(),
    };
    let list = PriceList::connect().await?;
    let step = console.step("reading the AWS Price List");
    let today = Timestamp::now().to_zoned_datetime(TimeZone::UTC).date();
    let refresh = prices::refresh(&list, &mut file, &scope, today).await?;
    step.done(&format!("{} prices found", refresh.found.len()));

    let after = checked(&file)?;
    let written = !arguments.dry_run && after != before;
    if written {
        fs::write(&path, after).map_err(Error::file("write", &path))?;
    }
    for unresolved in &refresh.unresolved {
        console.note(format!("warning: {}", sentence(unresolved)));
    }
    if arguments.json {
        print_line(as_json(&refresh, &path, written))?;
    } else {
        print_text(as_text(&refresh, &path, arguments.dry_run))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The new text, checked by reading it again.
fn checked(file: &PriceFile) -> Result<String, Error> {
    let text = file.text();
    let read = PriceFile::read(&text).map_err(|faults| {
        Error::Program(format!(
            "the Price List has entries that the catalog cannot hold, nothing was written: {faults}"
        ))
    })?;
    debug_assert_eq!(read.prices(), file.prices());
    Ok(text)
}

fn sentence(Unresolved { key, reason }: &Unresolved) -> String {
    let PriceKey { sku, item, region } = key;
    format!(
        "price of `{sku}` per {} in `{region}` not updated: {reason}",
        item.as_str()
    )
}

fn as_text(refresh: &Refresh, path: &Path, dry_run: bool) -> String {
    let mut lines = Vec::new();
    let changes: Vec<_> = refresh
        .found
        .iter()
        .filter(|(_, _, change)| *change != Change::Confirmed)
        .collect();
    if !changes.is_empty() {
        lines.push(table(&changes).to_string());
    }
    let confirmed = refresh.found.len() - changes.len();
    lines.push(format!(
        "{confirmed} prices confirmed, {} added or changed, {} not updated",
        changes.len(),
        refresh.unresolved.len()
    ));
    if !refresh.not_looked_up.is_empty() {
        let skus: Vec<_> = refresh.not_looked_up.iter().cloned().collect();
        lines.push(format!("not looked up: `{}`", skus.join("`, `")));
    }
    lines.push(if dry_run {
        format!("`{}` was not changed (dry run)", path.display())
    } else {
        format!("`{}` is up to date", path.display())
    });
    lines.join("\n")
}

fn table(changes: &[&(PriceKey, ListedPrice, Change)]) -> Table {
    let rows = changes.iter().map(|(key, listed, change)| {
        let before = match change {
            Change::Changed { unit, price, .. } => format!("{price} per {unit}"),
            Change::Added | Change::Confirmed => "–".to_owned(),
        };
        [
            key.sku.clone(),
            key.region.clone(),
            listed.effective.to_string(),
            before,
            format!("{} per {}", listed.price, listed.unit),
        ]
    });
    Screen::stdout().table(
        ["SKU", "Region", "effective", "old, USD", "new, USD"],
        rows,
        3,
    )
}

fn as_json(refresh: &Refresh, path: &Path, written: bool) -> Value {
    let described =
        |key: &PriceKey| json!({"sku": key.sku, "item": key.item.as_str(), "region": key.region});
    let found = refresh.found.iter().map(|(key, listed, change)| {
        let mut object = described(key);
        object["price"] = json!(listed.price.to_string());
        object["currency"] = json!("USD");
        object["unit"] = json!(listed.unit);
        object["effective"] = json!(listed.effective);
        object["source"] = json!(listed.source);
        let (change, before) = match change {
            Change::Confirmed => ("confirmed", Value::Null),
            Change::Added => ("added", Value::Null),
            Change::Changed {
                unit,
                price,
                effective,
            } => (
                "changed",
                json!({"price": price.to_string(), "unit": unit, "effective": effective}),
            ),
        };
        object["change"] = json!(change);
        object["before"] = before;
        object
    });
    let unresolved = refresh.unresolved.iter().map(|unresolved| {
        let mut object = described(&unresolved.key);
        object["reason"] = json!(unresolved.reason);
        object
    });
    json!({
        "file": path,
        "written": written,
        "prices": found.collect::<Vec<_>>(),
        "unresolved": unresolved.collect::<Vec<_>>(),
        "not_looked_up": refresh.not_looked_up,
    })
}
