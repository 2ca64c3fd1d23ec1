use super::*;
use crate::{build, fixture};

fn page() -> String {
    let (plan, samples) = fixture::run();
    let report = build(&plan, &samples);
    render(&report, &samples.iter().collect())
}

#[test]
fn the_page_needs_nothing_beside_it() {
    let page = page();
    for remote in ["<script", "src=", "@import", "url(", "<link"] {
        assert!(!page.contains(remote), "{remote}");
    }
    let links = page
        .split("href=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap());
    assert!(links.into_iter().all(|link| !link.contains(':')));
}

#[test]
fn what_models_and_servers_wrote_is_escaped() {
    let page = page();
    assert!(page.contains("&#60;script&#62;alert(1)"));
    assert!(!page.contains("<script>alert"));
}

#[test]
fn every_figure_of_a_simulated_target_is_labeled_and_no_other() {
    let page = page();
    let heads: Vec<&str> = page
        .split("<th scope=\"row\">")
        .skip(1)
        .map(|rest| rest.split("<td").next().unwrap())
        .collect();
    assert!(heads.len() > 10);
    for head in heads {
        assert_eq!(head.contains("simulated"), head.contains("good"), "{head}");
    }
    assert!(page.contains("say nothing about any service"));
}

#[test]
fn a_run_without_a_single_sample_is_a_page_that_says_so() {
    let plan = fixture::plan(1);
    let report = build(&plan, &[]);
    let page = render(&report, &CallPoints::default());
    assert!(page.contains("The run is incomplete, 0 of 9 measured calls were made"));
    assert!(page.contains("no latency, since no measured call was answered"));
}
