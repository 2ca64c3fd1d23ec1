//! Runs: one record each, listed by configuration and start time.

use aws_sdk_dynamodb::types::AttributeValue;
use bench_core::{identity::RunId, run_index::RunEntry};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_attribute_value};

use crate::{Store, StoreError, keys};

/// How far a run has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// The plan is written; calls are being made.
    Planned,
    /// The report is written and every planned call was made.
    Complete,
    /// The report is written, but the run is not whole.
    Incomplete,
    /// The samples are written, and no report could be made of them.
    ReportFailed,
}

/// The record of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// The run.
    pub run_id: RunId,
    /// The configuration's name: the partition of the index of runs.
    pub config_name: String,
    /// When the run was asked for: the order of the index of runs.
    pub started_at: Timestamp,
    /// How far it has come.
    pub status: RunStatus,
    /// The execution that planned it.
    pub execution: String,
    /// Its line in the list of runs, once it has a report.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub entry: Option<RunEntry>,
    /// The reason for the missing report, and how to make it, for a person who reads the record;
    /// of [`RunStatus::ReportFailed`] alone.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub report_failure: Option<String>,
}

impl Store {
    /// The record of a run; `None` when it has none.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn run(&self, run_id: &str) -> Result<Option<RunRecord>, StoreError> {
        let action = format!("read the record of run `{run_id}`");
        self.record(&keys::run(run_id), keys::META, &action).await
    }

    /// Records a new run; a run that has its record keeps it.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn put_run(&self, record: &RunRecord) -> Result<(), StoreError> {
        let action = format!("record run `{}`", record.run_id);
        let partition = keys::run(&record.run_id);
        self.put_record(record, &partition, keys::META, &action, |put| {
            put.condition_expression("attribute_not_exists(pk)")
        })
        .await
        .map(|_| ())
    }

    /// Writes how a run ended into its record.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn finish_run(
        &self,
        run_id: &str,
        status: RunStatus,
        entry: &RunEntry,
    ) -> Result<(), StoreError> {
        let action = format!("update the record of run `{run_id}`");
        let unreadable = |error: serde_dynamo::Error| StoreError::unreadable(&action, error);
        let status: AttributeValue = to_attribute_value(status).map_err(unreadable)?;
        let entry: AttributeValue = to_attribute_value(entry).map_err(unreadable)?;
        self.dynamodb
            .update_item()
            .table_name(&self.table)
            .key("pk", AttributeValue::S(keys::run(run_id)))
            .key("sk", AttributeValue::S(keys::META.to_owned()))
            .update_expression("SET #status = :status, #entry = :entry REMOVE report_failure")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#entry", "entry")
            .expression_attribute_values(":status", status)
            .expression_attribute_values(":entry", entry)
            .send()
            .await
            .map_err(|error| StoreError::call(&action, error))?;
        Ok(())
    }

    /// Writes into the record of a run that it has no report, and why. The line of an
    /// earlier report of it stays.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn fail_report(&self, run_id: &str, reason: &str) -> Result<(), StoreError> {
        let action = format!("update the record of run `{run_id}`");
        let status: AttributeValue = to_attribute_value(RunStatus::ReportFailed)
            .map_err(|error| StoreError::unreadable(&action, error))?;
        self.dynamodb
            .update_item()
            .table_name(&self.table)
            .key("pk", AttributeValue::S(keys::run(run_id)))
            .key("sk", AttributeValue::S(keys::META.to_owned()))
            .update_expression("SET #status = :status, report_failure = :reason")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":status", status)
            .expression_attribute_values(":reason", AttributeValue::S(reason.to_owned()))
            .send()
            .await
            .map_err(|error| StoreError::call(&action, error))?;
        Ok(())
    }

    /// Every run that has a record, in no particular order. The index is sparse:
    /// only run records are in it.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn runs(&self) -> Result<Vec<RunRecord>, StoreError> {
        let mut pages = self
            .dynamodb
            .scan()
            .table_name(&self.table)
            .index_name(keys::RUNS_INDEX)
            .into_paginator()
            .items()
            .send();
        let mut runs = Vec::new();
        while let Some(item) = pages.next().await {
            let item = item.map_err(|error| StoreError::call("list the runs", error))?;
            runs.push(
                from_item(item).map_err(|error| StoreError::unreadable("a run record", error))?,
            );
        }
        Ok(runs)
    }
}
