use super::*;

fn prompt(number: usize) -> KnownPrompt {
    KnownPrompt {
        text: format!("How much is {number} times seven?"),
        answer: "57,500".into(),
    }
}

fn draw(profile: Profile, prompt: &KnownPrompt, call: u64) -> AnswerDraw<'_> {
    AnswerDraw {
        seed: 7,
        accuracy: 0.9,
        time_scale: 100.0,
        profile,
        target: "model",
        prompt: &prompt.text,
        known: Some(prompt),
        call,
        max_tokens: 4_096,
        reasoning: true,
        fixed: None,
        exponential: false,
    }
}

#[test]
fn the_same_call_gets_the_same_answer_and_the_next_call_another() {
    let prompt = prompt(1);
    let first = draw(Profile::BedrockCmi, &prompt, 0);
    assert_eq!(Answer::draw(&first), Answer::draw(&first));
    let second = Answer::draw(&AnswerDraw { call: 1, ..first });
    assert_ne!(Answer::draw(&first).total, second.total);
    let seeded = Answer::draw(&AnswerDraw { seed: 8, ..first });
    assert_ne!(Answer::draw(&first).total, seeded.total);
}

#[test]
fn calls_of_one_prompt_differ_by_the_jitter_only() {
    let prompt = prompt(2);
    let times: Vec<f64> = (0..400)
        .map(|call| Answer::draw(&draw(Profile::Ec2Inf2, &prompt, call)))
        .map(|answer| answer.total.as_secs_f64().ln())
        .collect();
    let mean = times.iter().sum::<f64>() / 400.0;
    let variance = times.iter().map(|time| (time - mean).powi(2)).sum::<f64>() / 400.0;
    assert!(
        (0.03..=0.07).contains(&variance.sqrt()),
        "{}",
        variance.sqrt()
    );
}

#[test]
fn a_nonce_and_instructions_leave_the_typical_length_of_the_answer() {
    let prompt = prompt(3);
    let plain = draw(Profile::SageMaker, &prompt, 4);
    let dressed = format!("[nonce 99]\n{}\nThink.", prompt.text);
    let nonce = AnswerDraw {
        prompt: &dressed,
        ..plain
    };
    assert_eq!(Answer::draw(&plain).total, Answer::draw(&nonce).total);
}

#[test]
fn drawn_times_have_the_published_mean_and_median() {
    for profile in Profile::ALL {
        let mut times: Vec<f64> = (0..1_500)
            .map(|number| Answer::draw(&draw(profile, &prompt(number), 0)))
            .map(|answer| answer.total.as_secs_f64() * 1e3 * 100.0)
            .collect();
        times.sort_by(f64::total_cmp);
        let mean = times.iter().sum::<f64>() / 1_500.0;
        let figures = profile.figures();
        assert!(
            (mean / figures.mean - 1.0).abs() < 0.04,
            "{profile:?} mean {mean}"
        );
        // Next to the median the quantile functions are steep, so it is
        // compared by rank. On Custom Model Import the jitter is wider than
        // the cluster below the median and lifts some answers above it.
        let below = times.partition_point(|time| *time < figures.p50);
        assert!(
            (600..=860).contains(&below),
            "{profile:?}: {below} below the median"
        );
    }
}

#[test]
fn the_share_of_correct_answers_is_the_accuracy() {
    for accuracy in [0.0, 0.35, 1.0] {
        let correct = (0..1_000)
            .filter(|number| {
                let prompt = prompt(*number);
                let draw = AnswerDraw {
                    accuracy,
                    ..draw(Profile::BedrockCmi, &prompt, 0)
                };
                let answer = Answer::draw(&draw);
                let is_correct = answer.text().ends_with("#### 57,500");
                assert_eq!(answer.correct, Some(is_correct));
                is_correct
            })
            .count();
        assert!(
            (share(correct, 1_000) - accuracy).abs() < 0.04,
            "{correct} at {accuracy}"
        );
    }
}

#[test]
fn a_token_limit_cuts_tokens_and_time_and_leaves_no_answer_to_grade() {
    let prompt = prompt(4);
    let whole = draw(Profile::SageMaker, &prompt, 0);
    let cut = Answer::draw(&AnswerDraw {
        max_tokens: 16,
        ..whole
    });
    let whole = Answer::draw(&whole);
    assert_eq!(
        (cut.tokens.len(), cut.finish, cut.correct),
        (16, Finish::Length, None)
    );
    assert_eq!(cut.tokens[..], whole.tokens[..16]);
    assert_eq!(cut.first, whole.first);
    let decode = |answer: &Answer| answer.total.as_secs_f64() - answer.first.as_secs_f64();
    let expected = decode(&whole) * share(16, whole.tokens.len());
    assert!((decode(&cut) - expected).abs() < 1e-6);
}

#[test]
fn tokens_are_due_in_order_from_the_prefill_to_the_end() {
    let prompt = prompt(5);
    let answer = Answer::draw(&draw(Profile::Ec2Inf2, &prompt, 0));
    let dues: Vec<Duration> = (0..answer.tokens.len())
        .map(|token| answer.due(token))
        .collect();
    assert_eq!(
        (dues[0], dues[dues.len() - 1]),
        (answer.first, answer.total)
    );
    assert!(dues.is_sorted());
}

#[test]
fn a_fixed_answer_has_exactly_its_tokens_exactly_apart() {
    let prompt = prompt(7);
    let every = Duration::from_millis(5);
    for count in [1, 2, 3, 64, 2_000] {
        let draw = AnswerDraw {
            fixed: Some((count, every)),
            ..draw(Profile::Ec2Inf2, &prompt, 0)
        };
        let answer = Answer::draw(&draw);
        assert_eq!(answer.tokens.len(), count);
        assert_eq!(answer.count_of(Kind::Reasoning), count / 2);
        assert_eq!(answer.count_of(Kind::Visible), count - count / 2);
        assert!(answer.tokens.iter().all(|token| !token.text.is_empty()));
        for token in 0..count {
            let place = u32::try_from(token + 1).unwrap();
            assert_eq!(answer.due(token), every * place);
        }
    }
    let cut = Answer::draw(&AnswerDraw {
        fixed: Some((64, every)),
        max_tokens: 8,
        ..draw(Profile::Ec2Inf2, &prompt, 0)
    });
    assert_eq!((cut.tokens.len(), cut.finish), (8, Finish::Length));
    assert_eq!(cut.total, every * 8);
}

#[test]
fn exponential_times_have_the_mean_and_the_deviation_of_the_time_they_replace() {
    let prompt = prompt(8);
    let every = Duration::from_millis(5);
    let times: Vec<f64> = (0..4_000)
        .map(|call| {
            let draw = AnswerDraw {
                fixed: Some((4, every)),
                exponential: true,
                ..draw(Profile::Ec2Inf2, &prompt, call)
            };
            let answer = Answer::draw(&draw);
            assert_eq!(Answer::draw(&draw), answer);
            assert_eq!(answer.tokens.len(), 4);
            answer.total.as_secs_f64() * 1e3
        })
        .collect();
    let mean = times.iter().sum::<f64>() / 4_000.0;
    let variance = times.iter().map(|time| (time - mean).powi(2)).sum::<f64>() / 4_000.0;
    // Both are 20 ms; four standard errors of the mean are 1.3 ms.
    assert!((mean - 20.0).abs() < 1.3, "{mean}");
    assert!((variance.sqrt() - 20.0).abs() < 2.0, "{}", variance.sqrt());
}

#[test]
fn unknown_prompts_get_some_number_that_nobody_can_grade() {
    let prompt = prompt(6);
    let draw = AnswerDraw {
        known: None,
        ..draw(Profile::BedrockCmi, &prompt, 0)
    };
    let answer = Answer::draw(&draw);
    let (_, number) = answer
        .text()
        .rsplit_once("#### ")
        .map(|(a, b)| (a.len(), b.to_owned()))
        .unwrap();
    assert!(number.parse::<u32>().is_ok());
    assert_eq!(answer.correct, None);
}
