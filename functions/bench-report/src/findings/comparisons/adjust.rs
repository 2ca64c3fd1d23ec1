//! p-values adjusted for the number of comparisons.

use crate::model::Comparison;
use bench_stats::{benjamini_hochberg, holm};

/// Holm over the pairs within each primary figure; Benjamini and Hochberg over all
/// descriptive ratios.
pub(super) fn adjust(comparisons: &mut [Comparison]) {
    let primary: [fn(&mut Comparison) -> Adjustable; 3] = [
        |c| (c.latency.p, &mut c.latency.p_holm),
        |c| (c.ms_per_output_token.p, &mut c.ms_per_output_token.p_holm),
        |c| (c.success.p, &mut c.success.p_holm),
    ];
    for figure in primary {
        let all = comparisons.iter_mut().map(figure);
        adjust_family(all.collect(), holm);
    }
    let mut descriptive = Vec::new();
    for comparison in comparisons {
        let Comparison {
            output_tokens,
            ttft,
            ..
        } = comparison;
        descriptive.push((output_tokens.p, &mut output_tokens.q));
        descriptive.push((ttft.p, &mut ttft.q));
    }
    adjust_family(descriptive, benjamini_hochberg);
}

/// A p and the place of the adjusted one.
type Adjustable<'a> = (Option<f64>, &'a mut Option<f64>);

fn adjust_family(family: Vec<Adjustable>, adjust: fn(&[f64]) -> Vec<f64>) {
    let (known, places): (Vec<f64>, Vec<_>) = family
        .into_iter()
        .filter_map(|(p, place)| Some((p?, place)))
        .unzip();
    for (place, adjusted) in places.into_iter().zip(adjust(&known)) {
        *place = Some(adjusted);
    }
}
