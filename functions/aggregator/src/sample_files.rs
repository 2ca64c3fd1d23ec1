//! `samples.jsonl` and `samples.csv`, from the table to the bucket in one pass.

use bench_core::{plan::Plan, sample::Sample};
use bench_report::{Accumulator, CallPoints, SamplesCsv, SamplesJsonl};
use bench_store::{Store, StoreError, Upload, keys};

/// All that a report is made of.
#[derive(Debug)]
pub(crate) struct Summed {
    pub(crate) added: Accumulator,
    pub(crate) points: CallPoints,
    pub(crate) samples: u64,
}

impl Summed {
    fn new(plan: &Plan) -> Self {
        Self {
            added: Accumulator::new(&plan.config),
            points: CallPoints::default(),
            samples: 0,
        }
    }

    fn add(&mut self, sample: &Sample) {
        self.added.add(sample);
        self.points.add(sample);
        self.samples += 1;
    }
}

/// Both files of a run that are being written.
struct Files<'a> {
    jsonl: Upload<'a>,
    csv: Upload<'a>,
    rows: SamplesCsv,
}

impl<'a> Files<'a> {
    fn new(store: &'a Store, plan: &Plan) -> Self {
        let simulated = plan.config.targets.iter().filter(|target| target.simulated);
        let upload = |name, kind| store.upload(keys::artifact(&plan.run_id, name), kind);
        Self {
            jsonl: upload(SamplesJsonl::NAME, SamplesJsonl::CONTENT_TYPE),
            csv: upload(SamplesCsv::NAME, SamplesCsv::CONTENT_TYPE),
            rows: SamplesCsv::new(simulated.map(|target| target.id.clone())),
        }
    }

    /// Writes the samples of the plan's targets and hands each to `see`.
    async fn fill(
        &mut self,
        store: &Store,
        plan: &Plan,
        see: &mut impl FnMut(&Sample),
    ) -> Result<(), StoreError> {
        self.csv.write(&self.rows.header()).await?;
        let mut targets: Vec<&str> = plan
            .config
            .targets
            .iter()
            .map(|target| &*target.id)
            .collect();
        targets.sort_unstable();
        for target in targets {
            let mut prompts = store.sample_stream(&plan.run_id, target);
            while let Some(samples) = prompts.next().await? {
                samples.iter().for_each(&mut *see);
                self.jsonl.write(&SamplesJsonl::lines(&samples)).await?;
                self.csv.write(&self.rows.lines(&samples)).await?;
            }
        }
        Ok(())
    }

    async fn finish(self) -> Result<(), StoreError> {
        let csv = self.csv;
        if let Err(error) = self.jsonl.finish(b"").await {
            csv.abort().await;
            return Err(error);
        }
        csv.finish(self.rows.head()).await
    }

    async fn abort(self) {
        self.jsonl.abort().await;
        self.csv.abort().await;
    }
}

/// Writes both files, ordered by sample key, and adds the samples up for a report. A file
/// that cannot be written whole is not written.
pub(crate) async fn write(store: &Store, plan: &Plan) -> Result<Summed, StoreError> {
    let mut summed = Summed::new(plan);
    write_with(store, plan, |sample| summed.add(sample)).await?;
    if plan.config.load.is_some() {
        for target in &plan.config.targets {
            if let Some(reason) = store.load_end(&plan.run_id, &target.id).await? {
                summed.added.end_load(&target.id, reason);
            }
        }
    }
    Ok(summed)
}

/// Writes both files and adds nothing up.
pub(crate) async fn write_alone(store: &Store, plan: &Plan) -> Result<(), StoreError> {
    write_with(store, plan, |_| ()).await
}

async fn write_with(
    store: &Store,
    plan: &Plan,
    mut see: impl FnMut(&Sample),
) -> Result<(), StoreError> {
    let mut files = Files::new(store, plan);
    match files.fill(store, plan, &mut see).await {
        Ok(()) => files.finish().await,
        Err(error) => {
            files.abort().await;
            Err(error)
        }
    }
}
