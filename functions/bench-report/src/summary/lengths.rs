//! Measured lengths of prompts and answers beside those that were asked for.

use crate::{
    model::{LengthOf, Share, TokenLengths},
    summary::tally::{LengthTally, Tally},
};
use bench_stats::{Figure, Unavailable, percentile_of};

/// One entry for each side of which a length was asked for.
pub(crate) fn build(tally: &Tally) -> Vec<TokenLengths> {
    let sides = [
        (
            LengthOf::Input,
            &tally.lengths.input,
            Unavailable::NotReported,
        ),
        (
            LengthOf::Output,
            &tally.lengths.output,
            Unavailable::TokensNotCounted,
        ),
    ];
    let each = sides.into_iter();
    each.filter_map(|(of, side, uncounted)| lengths(of, side, uncounted))
        .collect()
}

fn lengths(of: LengthOf, side: &LengthTally, uncounted: Unavailable) -> Option<TokenLengths> {
    let (at_least, at_most) = side.asked?;
    let n = side.moments.count();
    let ordered = side.values.ordered();
    let percentile = |per_mille| Figure::or(percentile_of(&ordered, per_mille), || uncounted);
    Some(TokenLengths {
        of,
        at_least,
        at_most,
        mean: match n {
            0 => Figure::unavailable(uncounted),
            n => Figure::of(side.moments.moments().mean, n),
        },
        p5: percentile(50),
        p95: percentile(950),
        kept: Share::of(side.kept, n, uncounted),
    })
}
