//! Responses as models write them, graded as a careful reader would.

use std::{env, fs, path::PathBuf};

use bench_core::{dataset, grading::grade};
use serde_json::Value;

/// A response, the correct answer, whether it is right.
const AWKWARD: &[(&str, &str, bool)] = &[
    // Nothing to grade.
    ("", "18", false),
    ("   \n\n", "18", false),
    ("I cannot solve this.", "18", false),
    ("The answer is unknown.", "18", false),
    // Units and currency.
    ("#### 18 dollars", "18", true),
    ("#### $18", "18", true),
    ("#### 18$", "18", true),
    ("#### €18.00", "18", true),
    ("#### USD18", "18", true),
    ("#### 18 cm^2", "18", true),
    ("The area is 18 cm^2.", "18", true),
    ("It covers 18 m2", "18", true),
    ("#### 95 minutes", "95", true),
    ("#### 25%", "25", true),
    ("#### 0.25", "25", false),
    ("The angle is \\boxed{90^\\circ}", "90", true),
    // Thousands and decimals.
    ("#### 70,000", "70000", true),
    ("#### 70,000.00", "70000", true),
    ("#### 70 000", "70000", true),
    ("#### 70\u{a0}000", "70000", true),
    ("#### 70'000", "70000", true),
    ("#### 1.234,50 €", "1234.5", true),
    ("#### 1,00,000 rupees", "100000", true),
    ("#### 18.50", "18.5", true),
    ("#### 18.0", "18", true),
    ("#### 18.", "18", true),
    ("#### 018", "18", true),
    ("#### .5", "0.5", true),
    ("#### 18.0001", "18", false),
    ("#### 1.5 million", "1500000", true),
    ("#### $70k", "70000", true),
    ("#### 3 \\times 10^4", "30000", true),
    ("#### 1800000", "1800", false),
    // Signs.
    ("#### -8", "-8", true),
    ("#### −8", "-8", true),
    ("#### -$8", "-8", true),
    ("#### $-8", "-8", true),
    ("#### –8 degrees", "-8", true),
    ("The answer is negative 8.", "-8", true),
    ("#### -8", "8", false),
    ("#### +18", "18", true),
    ("It dropped from 10 to -8", "-8", true),
    ("A range of 10-18", "18", true),
    // Fractions.
    ("#### 3/4", "0.75", true),
    ("#### 10/2", "5", true),
    ("\\boxed{\\frac{3}{4}}", "0.75", true),
    ("\\boxed{\\dfrac{9}{2}}", "4.5", true),
    ("\\boxed{2\\frac{1}{2}}", "2.5", true),
    ("\\boxed{-\\frac{1}{2}}", "-0.5", true),
    ("#### 2 1/2 cups", "2.5", true),
    ("#### 2½", "2.5", true),
    ("#### 1/3", "0.33", false),
    // LaTeX.
    ("\\boxed{\\text{18}}", "18", true),
    ("\\boxed{18\\text{ eggs}}", "18", true),
    ("\\boxed{\\$18}", "18", true),
    ("\\boxed{\\$ 1{,}250}", "1250", true),
    ("\\boxed{1\\,250}", "1250", true),
    ("\\boxed{25\\%}", "25", true),
    ("\\[ \\boxed{18} \\]", "18", true),
    ("$\\boxed{x = 18}$", "18", true),
    ("\\boxed{\\mathbf{18}}", "18", true),
    ("\\boxed 5 is it", "5", true),
    ("The answer is $18$.", "18", true),
    ("The answer is \\(18\\).", "18", true),
    // Several places.
    ("\\boxed{17}, no: \\boxed{18}", "18", true),
    ("\\boxed{18}, no: \\boxed{17}", "18", false),
    ("\\boxed{18}\n#### 17", "18", true),
    ("#### 17\nWait, 9 * 2 is 18.\n#### 18", "18", true),
    ("The answer is 17. No, the answer is 18.", "18", true),
    ("\\boxed{}\n#### 18", "18", true),
    (
        "#### Step 1: 16 - 7 = 9\n#### Step 2: 9 * 2 = 18\nThe answer is 18.",
        "18",
        true,
    ),
    ("#### 1. Count the eggs\nShe has 9.\n#### 18", "18", true),
    ("#### Final Answer\n18", "18", true),
    ("#### Final Answer: **18**", "18", true),
    // Equations and trailing text.
    ("#### 9 * 2 = 18", "18", true),
    ("#### 9 * 2 = $18 per day", "18", true),
    (
        "The answer is 18, since 9 * 2 = 18 and 20 - 3 = 17.",
        "18",
        true,
    ),
    (
        "#### 18\n\nLet me know if you need 3 more examples!",
        "18",
        true,
    ),
    ("#### 18 eggs, 3 boxes", "18", true),
    ("**Answer:** 18", "18", true),
    ("Final answer = 18", "18", true),
    ("The answer is: `18`", "18", true),
    ("answer is\n18", "18", true),
    ("She makes 18 dollars.", "18", true),
    ("<<9*2=18>>18", "18", true),
    // Dates and times are no numbers.
    ("#### 2:00 pm", "2", false),
    ("#### 12/25/2023", "12", false),
    ("#### 2023-12-25", "2023", false),
    ("By 12/25/2023 she has 18 eggs.", "18", true),
    ("She has 18 eggs by 2023-12-25.", "18", true),
    ("The answer is 18 (as of May 5, 2024).", "18", true),
    // Reasoning.
    ("<think>17?</think>#### 18", "18", true),
    ("17?</think>\n#### 18", "18", true),
    ("<think>It may be 18", "18", false),
    ("<think>\\boxed{18}</think>", "18", false),
    ("<think>a</think>17<think>b</think>#### 18", "18", true),
    ("<think>\n9 * 2 = 18\n\n#### 18", "18", false),
    // Digits of other languages.
    ("#### ١٨", "18", true),
    ("#### १८", "18", true),
    ("#### １８", "18", true),
    ("#### ۱٬۲۵۰", "1250", true),
    ("#### ๑๘ บาท", "18", true),
    ("答案是18。", "18", true),
    // Broken off or hostile.
    ("\\boxed{18", "18", true),
    ("#### ", "18", false),
    ("####", "18", false),
    (
        "#### 999999999999999999999999999999999999999999",
        "9",
        false,
    ),
    ("#### 18 🦀", "18", true),
];

#[test]
fn awkward_responses_are_graded_as_a_careful_reader_would() {
    assert!(AWKWARD.len() >= 60);
    let misgraded: Vec<String> = AWKWARD
        .iter()
        .map(|(response, expected, right)| (response, expected, right, grade(response, expected)))
        .filter(|(_, _, right, grade)| grade.correct != **right)
        .map(|(response, expected, right, grade)| {
            let found = grade
                .answer
                .map(|answer| (answer.number.to_string(), answer.rule));
            format!("{response:?} for {expected}: found {found:?}, right should be {right}")
        })
        .collect();
    assert!(misgraded.is_empty(), "\n{}", misgraded.join("\n"));
}

/// Every dataset at hand: GSM8K where it is, else the built-in problems.
fn datasets() -> Vec<(String, String)> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = env::var_os("HOSTBENCH_DATASETS")
        .map_or_else(|| root.join("../shared/data"), PathBuf::from);
    let found: Vec<(String, String)> = ["test", "train"]
        .into_iter()
        .filter_map(|split| {
            let text = fs::read_to_string(folder.join(format!("gsm8k/{split}.jsonl"))).ok()?;
            Some((format!("gsm8k/{split}"), text))
        })
        .collect();
    if found.is_empty() {
        eprintln!(
            "GSM8K is not in `{}`: the built-in problems alone are graded",
            folder.display()
        );
        return vec![("builtin".to_owned(), dataset::BUILTIN.to_owned())];
    }
    found
}

#[test]
fn every_reference_answer_is_right_by_every_rule() {
    let mut graded = 0;
    for (label, text) in datasets() {
        let problems = dataset::parse(&label, &text).unwrap();
        let answers = text.lines().filter(|line| !line.trim().is_empty());
        for (prompt, line) in problems.prompts.iter().zip(answers) {
            let problem: Value = serde_json::from_str(line).unwrap();
            let answer = problem["answer"].as_str().unwrap();
            let expected = &prompt.expected_answer;
            let found = grade(answer, expected);
            assert!(
                found.correct && found.strictly_correct,
                "{}: {answer}",
                prompt.id
            );
            for response in [
                format!("so \\boxed{{{expected}}}"),
                format!("The answer is {expected}."),
                format!("That makes {expected}"),
            ] {
                assert!(
                    grade(&response, expected).correct,
                    "{}: {response}",
                    prompt.id
                );
            }
            graded += 1;
        }
    }
    eprintln!("{graded} reference answers graded");
    assert!(graded >= 20);
}
