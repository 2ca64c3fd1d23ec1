//! Responses as models write them, graded as a careful reader would.

use std::{env, fs, path::PathBuf};

use bench_core::{
    config::PromptStyle,
    dataset,
    grading::{
        AnswerRule::{self, AnswerIs, AnswerLine, Boxed, LastNumber},
        grade,
    },
};
use proptest::prelude::*;
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
    ("The house sold for $118 000 in the end.", "118000", true),
    (
        "**Answer:** After repairs he makes a profit of $70 000.",
        "70000",
        true,
    ),
    ("#### She earned 70 000 that year", "70000", true),
    ("The answer is 1 250 000 €.", "1250000", true),
    ("In all that is 118 500,50 euros.", "118500.5", true),
    ("He pays $5 100 times, which makes 500.", "500", true),
    ("They fill 2 300 gram bags.", "300", true),
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
    // The last committed answer, whichever mark it has.
    ("\\boxed{18}\n#### 17", "17", true),
    ("\\boxed{17}\n#### 18", "18", true),
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
                .map(|answer| (answer.value.to_string(), answer.rule));
            format!("{response:?} for {expected}: found {found:?}, right should be {right}")
        })
        .collect();
    assert!(misgraded.is_empty(), "\n{}", misgraded.join("\n"));
}

/// A response, the number that a careful reader takes for its answer, and the rule
/// that finds it.
const WRITTEN: &[(&str, Option<(&str, AnswerRule)>)] = &[
    // The last committed answer, whichever mark it has.
    (
        "\\boxed{9} eggs are left.\n\n#### 18",
        Some(("18", AnswerLine)),
    ),
    (
        "\\boxed{17}\n\nWait, that is per half day.\nThe answer is 18.",
        Some(("18", AnswerIs)),
    ),
    (
        "#### 17\n\nLet me check: 9 * 2 = 18.\n\n\\boxed{18}",
        Some(("18", Boxed)),
    ),
    (
        "#### 17\nI made a mistake. **Final answer: 18**",
        Some(("18", AnswerIs)),
    ),
    (
        "The answer is 17.\n\nRecount: 9 * 2 = 18.\n#### 18",
        Some(("18", AnswerLine)),
    ),
    (
        "So \\boxed{9} eggs, then \\boxed{18} dollars.",
        Some(("18", Boxed)),
    ),
    ("#### \\boxed{18}", Some(("18", Boxed))),
    (
        "**Final Answer**\n\n$$\\boxed{18}$$\n\nThis answers the question.",
        Some(("18", Boxed)),
    ),
    (
        "\\boxed{18}\n\nThe answer is reasonable, because 18 / 2 = 9.",
        Some(("18", Boxed)),
    ),
    (
        "#### 18\n\nTo check the answer: 18 / 2 = 9 eggs.",
        Some(("18", AnswerLine)),
    ),
    (
        "A common wrong answer is 32, which forgets breakfast.\nShe makes 18.",
        Some(("18", LastNumber)),
    ),
    // Equations after a mark.
    ("#### 18 = 9 * 2", Some(("18", AnswerLine))),
    ("#### 3/4 of 24 = 18", Some(("18", AnswerLine))),
    ("#### 16 - 3 - 4 = 9, 9 * 2 = 18", Some(("18", AnswerLine))),
    (
        "#### 16 - 7 = 9 eggs; 9 eggs * $2 = $18",
        Some(("18", AnswerLine)),
    ),
    ("#### $18 = 9 eggs × $2", Some(("18", AnswerLine))),
    ("#### x = 18", Some(("18", AnswerLine))),
    ("#### Total = 9 * 2 = 18 eggs", Some(("18", AnswerLine))),
    (
        "#### 18 (9 * 2 = 18, 7 eggs kept)",
        Some(("18", AnswerLine)),
    ),
    ("#### 24/3 = 8", Some(("8", AnswerLine))),
    ("#### 20% of 90 = 18", Some(("18", AnswerLine))),
    ("#### 3(6) = 18", Some(("18", AnswerLine))),
    ("Answer: 6 boxes x 3 eggs = 18 eggs", Some(("18", AnswerIs))),
    ("Answer: 3/4 of 24 is 18", Some(("18", AnswerIs))),
    ("Answer: 9 plus 9 equals 18", Some(("18", AnswerIs))),
    ("\\boxed{9 \\times 2 = 18}", Some(("18", Boxed))),
    ("\\boxed{18 = 9 \\cdot 2}", Some(("18", Boxed))),
    ("\\boxed{\\frac{3}{4} \\times 24 = 18}", Some(("18", Boxed))),
    // Sentences after a mark.
    (
        "**Answer:** After 4 weeks, she has 18 dollars",
        Some(("18", AnswerIs)),
    ),
    ("#### In 1 day Janet earns 18", Some(("18", AnswerLine))),
    (
        "#### Janet earns 18 dollars in 1 day",
        Some(("18", AnswerLine)),
    ),
    (
        "#### Janet makes $18 each day by selling 9 eggs",
        Some(("18", AnswerLine)),
    ),
    (
        "#### In 3 days she runs 18 miles; 6 miles a day",
        Some(("18", AnswerLine)),
    ),
    (
        "#### Janet makes $18 every 1 day.",
        Some(("18", AnswerLine)),
    ),
    (
        "The answer is that she has 18 dollars after 4 weeks.",
        Some(("18", AnswerIs)),
    ),
    (
        "Answer: 4 weeks later she has 18 dollars.",
        Some(("18", AnswerIs)),
    ),
    (
        "Answer: Of the 24 students, 18 are girls.",
        Some(("18", AnswerIs)),
    ),
    (
        "Answer: She needs 18 eggs for 3 cakes.",
        Some(("18", AnswerIs)),
    ),
    (
        "Answer: Each of the 3 friends gets 18 sweets.",
        Some(("18", AnswerIs)),
    ),
    (
        "Answer: She sells 9 eggs at $2 each, so she makes $18.",
        Some(("18", AnswerIs)),
    ),
    (
        "Answer: She sells 9 eggs at $2 each, for a total of $18.",
        Some(("18", AnswerIs)),
    ),
    ("Answer: She bought 3 pens for $18.", Some(("18", AnswerIs))),
    (
        "Answer: If she saves $2 a day, she has $18.",
        Some(("18", AnswerIs)),
    ),
    (
        "Answer: Tom is 18, which is 3 years more than Ann.",
        Some(("18", AnswerIs)),
    ),
    (
        "Answer: It takes 18 minutes to clean 3 rooms.",
        Some(("18", AnswerIs)),
    ),
    (
        "Answer: She sells 9 eggs. She makes $18 a day.",
        Some(("18", AnswerIs)),
    ),
    (
        "Answer: She makes 18 dollars. This is 3 more than Tom makes.",
        Some(("18", AnswerIs)),
    ),
    (
        "#### Total: 18 dollars for 9 eggs",
        Some(("18", AnswerLine)),
    ),
    (
        "\\boxed{\\text{Janet makes } 18 \\text{ dollars in } 1 \\text{ day}}",
        Some(("18", Boxed)),
    ),
    // "Answer" in other clothes.
    ("### Answer\n\n18 dollars", Some(("18", AnswerIs))),
    (
        "**Answer**\n\n\\[\n18\n\\]\n\nThat is 2 dollars for each of 9 eggs.",
        Some(("18", AnswerIs)),
    ),
    ("**Final Answer:**\n$18", Some(("18", AnswerIs))),
    ("ANSWER: 18", Some(("18", AnswerIs))),
    ("Answer (in dollars): 18", Some(("18", AnswerIs))),
    (
        "The answer to the question is 18 dollars for 9 eggs.",
        Some(("18", AnswerIs)),
    ),
    (
        "So the final answer would be $18.00, for 9 eggs.",
        Some(("18", AnswerIs)),
    ),
    ("The correct answer is (B) 18", Some(("18", AnswerIs))),
    ("<answer>18</answer>", Some(("18", AnswerIs))),
    ("{\"answer\": 18, \"steps\": 3}", Some(("18", AnswerIs))),
    (
        "| Eggs | 9 |\n| **Answer** | **18** |\n\nChecked in 2 ways.",
        Some(("18", AnswerIs)),
    ),
    (
        "To answer this: 16 - 7 = 9, and 9 * 2 is 18.",
        Some(("18", LastNumber)),
    ),
    (
        "I think the answer is about 18, give or take 2.",
        Some(("18", AnswerIs)),
    ),
    ("答案：18元，每天9个鸡蛋", Some(("18", AnswerIs))),
    ("答えは18ドルです。卵は9個。", Some(("18", AnswerIs))),
    ("Respuesta: 18 dólares por 9 huevos", Some(("18", AnswerIs))),
    ("Antwort: 18 Euro für 9 Eier", Some(("18", AnswerIs))),
    ("Réponse : 18 euros pour 9 œufs", Some(("18", AnswerIs))),
    ("Ответ: 18 долларов за 9 яиц", Some(("18", AnswerIs))),
    // Units, currency, time, percent, thousands, signs.
    ("#### 18 eggs/day", Some(("18", AnswerLine))),
    ("#### Rs. 1,250", Some(("1250", AnswerLine))),
    ("#### ₹1,25,000", Some(("125000", AnswerLine))),
    ("#### US$18 for 9 eggs", Some(("18", AnswerLine))),
    (
        "#### approximately 18 minutes, or 3 laps",
        Some(("18", AnswerLine)),
    ),
    ("#### 18 percent of 50", Some(("18", AnswerLine))),
    (
        "Answer: The temperature drops to -8 degrees.",
        Some(("-8", AnswerIs)),
    ),
    ("#### (18)", Some(("18", AnswerLine))),
    ("#### **$1,800.00**", Some(("1800", AnswerLine))),
    ("####18", Some(("18", AnswerLine))),
    ("#### : 18", Some(("18", AnswerLine))),
    ("\\boxed{\\$18.50\\text{ per day}}", Some(("18.5", Boxed))),
    ("\\boxed{18\\text{ hours in 3 days}}", Some(("18", Boxed))),
    ("\\boxed{\\dfrac{18}{24}}", Some(("0.75", Boxed))),
    // Headings are no answers.
    (
        "#### Earnings for 7 days\n\n9 * 2 = 18 a day.\n\nShe earns 126.",
        Some(("126", LastNumber)),
    ),
    (
        "#### 18\n\n#### Explanation of the 2 steps\n16 - 7 = 9",
        Some(("18", AnswerLine)),
    ),
    // Without a mark.
    (
        "Therefore, Janet makes $18 every day.",
        Some(("18", LastNumber)),
    ),
    (
        "Thus she has 20 - 2 = 18 eggs.\n\nLet me know if you have 2 more questions!",
        Some(("18", LastNumber)),
    ),
    (
        "| item | value |\n|---|---|\n| eggs | 9 |\n| total | 18 |",
        Some(("18", LastNumber)),
    ),
    // Answers to further questions that the model asks itself.
    (
        "#### 18\n\nQuestion: Tom has 5 pens and buys 2. How many?\nAnswer: 5 + 2 = 7\n#### 7",
        Some(("18", AnswerLine)),
    ),
    (
        "She makes 18 dollars.\n\nQ: Tom has 5 pens and buys 2. How many?\nA: The answer is 7.",
        Some(("18", LastNumber)),
    ),
    (
        "The answer is 18.\n\nProblem: Tom has 5 pens.\nSolution: \\boxed{5}",
        Some(("18", AnswerIs)),
    ),
    (
        "The answer is 18.\n\n**Problem 2:** Tom has 5 pens.\n**Answer:** 5",
        Some(("18", AnswerIs)),
    ),
    (
        "\\boxed{18}\n\n### Question 2\nTom has 5 pens.\n\\boxed{5}",
        Some(("18", Boxed)),
    ),
    (
        "#### 18\n\nHere is another problem: Tom has 5 pens.\n#### 5",
        Some(("18", AnswerLine)),
    ),
    (
        "#### 18 Question: Tom has 5 pens. #### 5",
        Some(("18", AnswerLine)),
    ),
    (
        "Question: How many eggs?\nAnswer: 16 - 7 = 9\n#### 9\nQuestion: And pens?\nAnswer: 5\n#### 5",
        Some(("9", AnswerLine)),
    ),
    (
        "#### 18<|im_end|>\n<|im_start|>user\nTom has 5 pens.\n#### 5",
        Some(("18", AnswerLine)),
    ),
    (
        "#### 18</s>[INST] Tom has 5 pens. [/INST]\n#### 5",
        Some(("18", AnswerLine)),
    ),
    (
        "#### 18\n\nHuman: Tom has 5 pens.\n\nAssistant: #### 5",
        Some(("18", AnswerLine)),
    ),
    // Questions that are steps to the answer.
    (
        "Question 1: How many eggs are left?\nAnswer: 9\nQuestion 2: What does she make?\nAnswer: 18\n#### 18",
        Some(("18", AnswerLine)),
    ),
    (
        "Q: How many eggs are left?\nA: 16 - 7 = 9.\nQ: What does she make?\nA: 9 * 2 = 18.\nThe answer is 18.",
        Some(("18", AnswerIs)),
    ),
    (
        "Let's begin.\n\nQuestion: How many eggs?\n\nAnswer: 18",
        Some(("18", AnswerIs)),
    ),
    // Work behind "Answer:".
    (
        "Answer: She eats 3 eggs and bakes 4.\n16 - 7 = 9 are left.\nShe makes 18.",
        Some(("18", LastNumber)),
    ),
    // Reasoning in the text.
    (
        "<thinking>#### 17</thinking>The answer is 18.",
        Some(("18", AnswerIs)),
    ),
    (
        "[THINK]It may be 17.[/THINK]#### 18",
        Some(("18", AnswerLine)),
    ),
    ("9 * 2 is 17?</think>\n\n\\boxed{18}", Some(("18", Boxed))),
    (
        "<|channel|>analysis<|message|>17?<|end|><|start|>assistant<|channel|>final<|message|>#### 18<|return|>",
        Some(("18", AnswerLine)),
    ),
    ("<|channel|>analysis<|message|>It is 18", None),
    // Refusals, and nothing.
    ("I'm sorry, but I can't help with that.", None),
    ("The answer cannot be determined from what is given.", None),
    ("#### unknown", None),
    ("Answer:", None),
];

#[test]
fn responses_as_models_write_them_give_the_number_that_a_reader_takes() {
    assert!(WRITTEN.len() >= 60);
    let misread: Vec<String> = WRITTEN
        .iter()
        .filter_map(|(response, expected)| {
            let found = grade(response, "0")
                .answer
                .map(|answer| (answer.value.to_string(), answer.rule));
            let expected = expected.map(|(number, rule)| (number.to_owned(), rule));
            (found != expected).then(|| format!("{response:?}: found {found:?}, not {expected:?}"))
        })
        .collect();
    assert!(misread.is_empty(), "\n{}", misread.join("\n"));
}

#[test]
fn answer_lines_are_graded_whatever_was_answered_later() {
    let later = grade("#### 17\nNo: \\boxed{18}", "18");
    assert!(later.correct && !later.is_strictly_correct(PromptStyle::AnswerLine));
    let same = grade("#### 18\nThe answer is 18.", "18");
    assert!(same.correct && same.is_strictly_correct(PromptStyle::AnswerLine));
    let never = grade("The answer is 18.", "18");
    assert!(never.correct && !never.is_strictly_correct(PromptStyle::AnswerLine));
    assert_eq!(never.answer_line, None);
}

/// Marks, numbers and words of grading, for texts of many of them.
const PIECES: [&str; 40] = [
    "####",
    "\\boxed{",
    "}",
    "answer",
    "Answer:",
    " is ",
    "Question:",
    "Q: ",
    "\n",
    " ",
    "18",
    "1,",
    "1,11",
    "1,111,",
    "0.5",
    "3/4",
    "=",
    " = ",
    "*",
    "(",
    ")",
    ", ",
    ". ",
    "\\text{",
    "\\frac{",
    "{",
    "<think>",
    "</think>",
    "[",
    "<|im_end|>",
    "−",
    "½",
    "日",
    "since",
    "so",
    " of the ",
    "-",
    "$",
    "e9",
    "1 000",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_grading_panic(
        any in ".{0,200}",
        pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..60),
    ) {
        let _ = grade(&any, "18");
        let _ = grade(&pieces.concat(), "18");
    }
}

#[test]
fn long_texts_of_nothing_but_marks_are_graded_too() {
    for piece in
        PIECES
            .into_iter()
            .chain(["answer: ", "#### a 1\n", "answer is 1, so 1 = ", "Q: 1\n"])
    {
        let text = piece.repeat(50_000 / piece.len());
        let _ = grade(&text, "18");
        let _ = grade(&format!("The answer is {text}"), "18");
    }
    let nested = format!("{}18{}", "\\text{".repeat(10_000), "}".repeat(10_000));
    let _ = grade(&nested, "18");
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
            let expected = prompt.expected_answer.as_deref().unwrap();
            let found = grade(answer, expected);
            assert!(
                found.correct && found.is_strictly_correct(PromptStyle::AnswerLine),
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
