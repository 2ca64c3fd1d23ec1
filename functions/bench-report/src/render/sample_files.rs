//! `samples.csv` and `samples.jsonl`, a few samples at a time: a run may have more of
//! them than memory holds.

use std::collections::HashSet;

use super::{
    csv_files::{mark, rows, text},
    record::Record,
};
use bench_core::{identity::TargetId, sample::Sample};

/// `samples.csv` in the making: one row a call, the fields of a sample but its text, and
/// whether the target is simulated.
#[derive(Debug, Clone)]
pub struct SamplesCsv {
    simulated: HashSet<TargetId>,
    is_ascii: bool,
}

impl SamplesCsv {
    /// The name of the file in the run's folder.
    pub const NAME: &str = "samples.csv";
    /// Its media type.
    pub const CONTENT_TYPE: &str = "text/csv; charset=utf-8";

    /// Begins the file of a run of which these targets are simulated.
    pub fn new(simulated: impl IntoIterator<Item = TargetId>) -> Self {
        Self {
            simulated: simulated.into_iter().collect(),
            is_ascii: true,
        }
    }

    /// The first line.
    #[must_use]
    pub fn header(&self) -> Vec<u8> {
        rows([record_of(&Sample::default(), false).names])
    }

    /// The lines of further samples.
    pub fn lines<'a>(&mut self, samples: impl IntoIterator<Item = &'a Sample>) -> Vec<u8> {
        let is_simulated = |sample: &Sample| self.simulated.contains(&sample.target_id);
        let samples = samples.into_iter();
        let lines = rows(samples.map(|sample| record_of(sample, is_simulated(sample)).cells));
        self.is_ascii &= lines.is_ascii();
        lines
    }

    /// The bytes that stand before the first line, known once all lines are.
    #[must_use]
    pub fn head(&self) -> &'static [u8] {
        mark(self.is_ascii)
    }
}

/// `samples.jsonl`: one JSON object a line, text included.
#[derive(Debug, Clone, Copy)]
pub struct SamplesJsonl;

impl SamplesJsonl {
    /// The name of the file in the run's folder.
    pub const NAME: &str = "samples.jsonl";
    /// Its media type.
    pub const CONTENT_TYPE: &str = "application/jsonl";

    /// The lines of samples.
    ///
    /// # Panics
    ///
    /// Never: a sample is plain data.
    pub fn lines<'a>(samples: impl IntoIterator<Item = &'a Sample>) -> Vec<u8> {
        let mut lines = Vec::new();
        for sample in samples {
            serde_json::to_writer(&mut lines, sample).expect("a sample is plain data");
            lines.push(b'\n');
        }
        lines
    }
}

fn record_of(sample: &Sample, simulated: bool) -> Record {
    let mut record = Record::of(sample, "response_text", text);
    let target = record.names.iter().position(|name| *name == "target_id");
    let target = target.expect("a field of a sample");
    record.names.insert(target + 1, "simulated");
    record.cells.insert(target + 1, simulated.to_string());
    record
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn every_sample_has_its_row_and_absent_is_empty() {
        let (_, samples) = fixture::run();
        let mut csv = SamplesCsv::new(["good".parse().unwrap()]);
        let bytes = [csv.header(), csv.lines(&samples)].concat();
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let header = reader.headers().unwrap().clone();
        let column = |name: &str| header.iter().position(|column| column == name).unwrap();
        let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), samples.len());
        for (row, sample) in rows.iter().zip(&samples) {
            assert_eq!(row[column("latency_us")], sample.latency_us.to_string());
            assert_eq!(row[column("ttft_us")].is_empty(), sample.ttft_us.is_none());
            let is_good = sample.target_id == "good";
            assert_eq!(row[column("simulated")], is_good.to_string());
        }
    }

    #[test]
    fn a_file_made_in_pieces_is_the_same_as_one_made_at_once() {
        let (_, samples) = fixture::run();
        let whole = SamplesCsv::new([]).lines(&samples);
        let mut csv = SamplesCsv::new([]);
        assert_eq!(csv.head(), b"", "nothing but ASCII so far");
        let pieces: Vec<u8> = samples.chunks(5).flat_map(|some| csv.lines(some)).collect();
        assert_eq!(pieces, whole);
        assert_eq!(csv.head(), "\u{feff}".as_bytes());
        let jsonl = SamplesJsonl::lines(&samples);
        let pieces: Vec<u8> = samples.chunks(5).flat_map(SamplesJsonl::lines).collect();
        assert_eq!(pieces, jsonl);
    }

    #[test]
    fn a_line_of_samples_jsonl_is_the_sample() {
        let (_, samples) = fixture::run();
        let text = String::from_utf8(SamplesJsonl::lines(&samples)).unwrap();
        let read: Vec<Sample> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(read, samples);
    }
}
