//! Which targets are ranked.

/// The targets that are ranked: the real ones, or the simulated ones where there is no other.
/// The two are never ranked against each other.
pub(super) fn ranked<T>(targets: &[T], is_simulated: impl Fn(&T) -> bool) -> Vec<&T> {
    let all_simulated = targets.iter().all(&is_simulated);
    let targets = targets.iter();
    targets
        .filter(|target| all_simulated || !is_simulated(target))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::ranked;

    #[test]
    fn simulated_targets_are_ranked_among_themselves_alone() {
        let simulated = |name: &&str| name.starts_with('s');
        assert_eq!(ranked(&["s1", "real", "s2"], simulated), [&"real"]);
        assert_eq!(ranked(&["s1", "s2"], simulated), [&"s1", &"s2"]);
    }
}
