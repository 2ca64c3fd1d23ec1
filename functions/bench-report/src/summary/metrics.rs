//! The one list of metrics of a target: columns of `summary.csv`, tables of the
//! page, metrics of the dashboard and definitions are made of it.

use crate::model::{Share, TargetReport};
use bench_stats::{
    Figure,
    Statistic::{self, BetweenStddev, EffectiveN, Icc, Max, Mean, Min, P50, P90, P95, P99, Stddev},
    Statistic::{WithinCv, WithinStddev},
    Summary,
};

/// One metric of a target.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// Its name in `summary.csv` and on the dashboard, less statistic and unit.
    pub key: &'static str,
    /// Its name where people read it.
    pub label: &'static str,
    /// Its unit.
    pub unit: Unit,
    /// Which values are better.
    pub better: Better,
    /// What it is.
    pub definition: &'static str,
    /// How it is read.
    pub source: Source,
    /// Where it is shown besides `summary.csv`.
    shown: Shown,
}

/// The unit of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Milliseconds.
    Ms,
    /// A share of 1.
    Share,
    /// A mean of counts.
    Count,
    /// So many a second.
    PerSecond,
    /// A number without a unit.
    Number,
}

/// Which values of a metric are better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// Low ones.
    Lower,
    /// High ones.
    Higher,
    /// It is not for better or worse.
    Neither,
}

/// How a metric is read from a target's report. How many prompts a figure takes
/// is said by its [`Statistic`].
#[derive(Debug, Clone, Copy)]
pub enum Source {
    /// Statistics of a duration.
    Summary(fn(&TargetReport) -> &Summary, &'static [Statistic]),
    /// One figure.
    Figure(fn(&TargetReport) -> &Figure),
    /// A share with its interval; `None` where it was not asked for.
    Share(fn(&TargetReport) -> Option<&Share>),
    /// A part of a figure.
    Part(fn(&TargetReport) -> Option<f64>),
}

/// Where a metric is shown besides `summary.csv`; of a summary, which statistics.
#[derive(Debug, Clone, Copy)]
struct Shown {
    tokens: &'static [Statistic],
    dashboard: &'static [Statistic],
}

/// A place where metrics are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// `summary.csv`.
    Csv,
    /// The page's table of tokens and throughput.
    Tokens,
    /// The stack's dashboard.
    Dashboard,
}

/// The six statistics that the published benchmark gives of latency.
pub const PUBLISHED: [Statistic; 6] = [Mean, P50, P95, Min, Max, Stddev];

const NOWHERE: Shown = Shown {
    tokens: &[],
    dashboard: &[],
};

/// For what has no statistics: shown among tokens and throughput.
const TOKENS: Shown = Shown {
    tokens: &[Mean],
    dashboard: &[],
};

/// All metrics, in the order in which they are shown.
pub const METRICS: &[Metric] = &[
    Metric {
        key: "success_rate",
        label: "success rate",
        unit: Unit::Share,
        better: Better::Higher,
        definition: "Answered calls divided by measured calls that were made.",
        source: Source::Share(|target| Some(&target.success)),
        shown: Shown {
            tokens: &[],
            dashboard: &[Mean],
        },
    },
    Metric {
        key: "latency",
        label: "latency",
        unit: Unit::Ms,
        better: Better::Lower,
        definition: "From just before a request is sent to the last byte of its answer, on one \
                     monotonic clock; one attempt alone, no wait or retry inside.",
        source: Source::Summary(
            |target| &target.timings.latency,
            &[
                Mean,
                P50,
                P90,
                P95,
                P99,
                Min,
                Max,
                Stddev,
                WithinStddev,
                BetweenStddev,
                WithinCv,
                Icc,
                EffectiveN,
            ],
        ),
        shown: Shown {
            tokens: &[],
            dashboard: &[Mean, P50, P95],
        },
    },
    Metric {
        key: "ttft",
        label: "TTFT",
        unit: Unit::Ms,
        better: Better::Lower,
        definition: "Time to the first non-empty token of any kind, reasoning included; streaming \
                     only.",
        source: Source::Summary(|target| &target.timings.ttft, &[Mean, P50, P95]),
        shown: Shown {
            tokens: &[P50, P95],
            dashboard: &[P50],
        },
    },
    Metric {
        key: "ttfo",
        label: "TTFO",
        unit: Unit::Ms,
        better: Better::Lower,
        definition: "Time to the first token that is not reasoning; streaming only.",
        source: Source::Summary(|target| &target.timings.ttfo, &[Mean, P50, P95]),
        shown: Shown {
            tokens: &[P50],
            dashboard: &[],
        },
    },
    Metric {
        key: "tpot",
        label: "TPOT",
        unit: Unit::Ms,
        better: Better::Lower,
        definition: "Time per output token after the first: (last token - first token) / (output \
                     tokens - 1); streaming only.",
        source: Source::Summary(|target| &target.timings.tpot, &[P50, P95]),
        shown: Shown {
            tokens: &[P50],
            dashboard: &[],
        },
    },
    Metric {
        key: "max_gap",
        label: "longest pause",
        unit: Unit::Ms,
        better: Better::Lower,
        definition: "The longest time between two pieces of a streamed answer that carried text; \
                     of answers with at least two.",
        source: Source::Summary(|target| &target.timings.max_gap, &[P50, P95]),
        shown: Shown {
            tokens: &[P50, P95],
            dashboard: &[P95],
        },
    },
    Metric {
        key: "output_tokens",
        label: "output tokens",
        unit: Unit::Count,
        better: Better::Neither,
        definition: "As the service counted them, reasoning included; absent where it does not \
                     count.",
        source: Source::Figure(|target| &target.mean_output_tokens),
        shown: TOKENS,
    },
    Metric {
        key: "latency_per_token",
        label: "latency per token",
        unit: Unit::Ms,
        better: Better::Lower,
        definition: "Latency divided by output tokens, of calls with a token count.",
        source: Source::Summary(|target| &target.timings.latency_per_token, &[Mean]),
        shown: TOKENS,
    },
    Metric {
        key: "slope_per_token_ms",
        label: "slope per token",
        unit: Unit::Ms,
        better: Better::Lower,
        definition: "The latency that each output token adds, by least squares over calls.",
        source: Source::Part(|target| Some(target.regression.value()?.ms_per_token)),
        shown: TOKENS,
    },
    Metric {
        key: "intercept_ms",
        label: "intercept",
        unit: Unit::Ms,
        better: Better::Lower,
        definition: "The latency without output tokens, by the same fit.",
        source: Source::Part(|target| Some(target.regression.value()?.intercept_ms)),
        shown: TOKENS,
    },
    Metric {
        key: "r2",
        label: "R²",
        unit: Unit::Number,
        better: Better::Neither,
        definition: "Share of the variance of latency that output tokens explain, by the same fit.",
        source: Source::Part(|target| target.regression.value()?.r2),
        shown: TOKENS,
    },
    Metric {
        key: "decode_tps",
        label: "tokens/s, per request",
        unit: Unit::PerSecond,
        better: Better::Higher,
        definition: "Output tokens after the first divided by the time from the first to the \
                     last; streaming only.",
        source: Source::Figure(|target| &target.rates.decode_tps),
        shown: TOKENS,
    },
    Metric {
        key: "system_output_tps",
        label: "tokens/s, system",
        unit: Unit::PerSecond,
        better: Better::Higher,
        definition: "Output tokens of answered measured calls divided by the time from the first \
                     of them being sent to the last one's end.",
        source: Source::Figure(|target| &target.rates.system_output_tps),
        shown: TOKENS,
    },
    Metric {
        key: "prompt_chars",
        label: "prompt length",
        unit: Unit::Count,
        better: Better::Neither,
        definition: "Mean characters of a prompt.",
        source: Source::Figure(|target| &target.mean_prompt_chars),
        shown: NOWHERE,
    },
    Metric {
        key: "response_chars",
        label: "response length",
        unit: Unit::Count,
        better: Better::Neither,
        definition: "Mean characters of a response.",
        source: Source::Figure(|target| &target.mean_response_chars),
        shown: NOWHERE,
    },
    Metric {
        key: "accuracy",
        label: "accuracy",
        unit: Unit::Share,
        better: Better::Higher,
        definition: "Correct answers divided by answered calls. Correct is a final answer that \
                     equals the dataset's as an exact decimal; one that cannot be found is not.",
        source: Source::Share(|target| Some(&target.accuracy.flexible)),
        shown: NOWHERE,
    },
    Metric {
        key: "strict_accuracy",
        label: "strict accuracy",
        unit: Unit::Share,
        better: Better::Higher,
        definition: "Answers that are correct by the number after `####` alone, divided by \
                     answered calls.",
        source: Source::Share(|target| Some(&target.accuracy.strict)),
        shown: NOWHERE,
    },
    Metric {
        key: "accuracy_of_attempts",
        label: "accuracy of all attempts",
        unit: Unit::Share,
        better: Better::Higher,
        definition: "Correct answers divided by measured calls that were made.",
        source: Source::Share(|target| Some(&target.accuracy.of_attempts)),
        shown: NOWHERE,
    },
    Metric {
        key: "goodput",
        label: "goodput",
        unit: Unit::Share,
        better: Better::Higher,
        definition: "Share of all attempts that were answered within every limit of the \
                     configuration.",
        source: Source::Share(|target| Some(&target.goodput.as_ref()?.share)),
        shown: NOWHERE,
    },
];

/// One value of a metric, as a table shows it.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// The metric.
    pub metric: &'static Metric,
    part: Part,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Value,
    Statistic(Statistic),
    Low(Option<Statistic>),
    High(Option<Statistic>),
}

/// The columns of a place, in the order of the list.
pub fn columns(place: Place) -> impl Iterator<Item = Column> {
    METRICS.iter().flat_map(move |metric| {
        let parts = metric.parts(place);
        parts.into_iter().map(move |part| Column { metric, part })
    })
}

impl Metric {
    fn parts(&self, place: Place) -> Vec<Part> {
        let shown = match place {
            Place::Csv => return self.csv(),
            Place::Tokens => self.shown.tokens,
            Place::Dashboard => self.shown.dashboard,
        };
        match self.source {
            Source::Summary(..) => shown.iter().map(|one| Part::Statistic(*one)).collect(),
            _ => shown.iter().map(|_| Part::Value).collect(),
        }
    }

    fn csv(&self) -> Vec<Part> {
        match self.source {
            Source::Summary(_, statistics) => {
                let with_limits = |statistic: &Statistic| {
                    let limits = [Part::Low(Some(Mean)), Part::High(Some(Mean))];
                    let limits = (*statistic == Mean).then_some(limits);
                    [Part::Statistic(*statistic)]
                        .into_iter()
                        .chain(limits.into_iter().flatten())
                };
                statistics.iter().flat_map(with_limits).collect()
            }
            Source::Share(_) => vec![Part::Value, Part::Low(None), Part::High(None)],
            Source::Figure(_) | Source::Part(_) => vec![Part::Value],
        }
    }
}

impl Column {
    /// Its name: `latency_p50_ms`, `success_rate`, `accuracy_low`.
    #[must_use]
    pub fn name(&self) -> String {
        let key = self.metric.key;
        let of = |statistic: Statistic| {
            let unit = if unit(self.metric, statistic) == Unit::Ms {
                "_ms"
            } else {
                ""
            };
            (format!("{key}_{}", statistic.key()), unit)
        };
        match self.part {
            Part::Value => key.to_owned(),
            Part::Statistic(statistic) => {
                let (name, unit) = of(statistic);
                format!("{name}{unit}")
            }
            Part::Low(None) => format!("{key}_low"),
            Part::High(None) => format!("{key}_high"),
            Part::Low(Some(statistic)) => {
                let (name, unit) = of(statistic);
                format!("{name}_low{unit}")
            }
            Part::High(Some(statistic)) => {
                let (name, unit) = of(statistic);
                format!("{name}_high{unit}")
            }
        }
    }

    /// The statistic, where the metric has several.
    #[must_use]
    pub fn statistic(&self) -> Option<Statistic> {
        match self.part {
            Part::Statistic(statistic) => Some(statistic),
            Part::Low(statistic) | Part::High(statistic) => statistic,
            Part::Value => None,
        }
    }

    /// The unit of its values.
    #[must_use]
    pub fn unit(&self) -> Unit {
        self.statistic()
            .map_or(self.metric.unit, |statistic| unit(self.metric, statistic))
    }

    /// Its value for a target; `None` where it is not available.
    #[must_use]
    pub fn value(&self, target: &TargetReport) -> Option<f64> {
        let figure = match (self.metric.source, self.statistic()) {
            (Source::Part(of), _) => return of(target),
            (Source::Summary(of, _), Some(statistic)) => of(target).figure(statistic),
            (Source::Summary(of, _), None) => &of(target).mean,
            (Source::Figure(of), _) => of(target),
            (Source::Share(of), _) => &of(target)?.rate,
        };
        match self.part {
            Part::Low(_) => Some(figure.interval()?.low),
            Part::High(_) => figure.interval()?.high,
            Part::Value | Part::Statistic(_) => figure.value(),
        }
    }
}

/// The unit of a statistic of a metric.
const fn unit(metric: &Metric, statistic: Statistic) -> Unit {
    match statistic {
        WithinCv => Unit::Share,
        Icc | EffectiveN => Unit::Number,
        _ => metric.unit,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::{build, fixture};

    #[test]
    fn no_two_metrics_and_no_two_columns_have_one_name() {
        let keys: HashSet<&str> = METRICS.iter().map(|metric| metric.key).collect();
        let labels: HashSet<&str> = METRICS.iter().map(|metric| metric.label).collect();
        assert_eq!((keys.len(), labels.len()), (METRICS.len(), METRICS.len()));
        for place in [Place::Csv, Place::Tokens, Place::Dashboard] {
            let names: Vec<String> = columns(place).map(|column| column.name()).collect();
            let distinct: HashSet<&String> = names.iter().collect();
            assert_eq!(distinct.len(), names.len(), "{names:?}");
        }
    }

    #[test]
    fn what_the_dashboard_shows_is_in_the_table_under_the_same_name() {
        let csv: HashSet<String> = columns(Place::Csv).map(|column| column.name()).collect();
        for place in [Place::Tokens, Place::Dashboard] {
            for column in columns(place) {
                assert!(csv.contains(&column.name()), "{}", column.name());
            }
        }
    }

    #[test]
    fn a_column_reads_the_figure_that_it_names() {
        let (plan, samples) = fixture::run();
        let report = build(&plan, &samples);
        let target = &report.targets[0];
        let value = |name: &str| {
            let column = columns(Place::Csv).find(|column| column.name() == name);
            column.unwrap().value(target)
        };
        let latency = &target.timings.latency;
        assert_eq!(value("latency_mean_ms"), latency.mean.value());
        assert_eq!(value("success_rate_low"), target.success.low());
        assert_eq!(value("latency_within_cv"), latency.within_cv.value());
    }
}
