//! Which candidates are measured.

use std::{
    collections::BTreeSet,
    io::{self, BufRead},
};

use super::candidate::{Candidate, Source};

/// The word for every candidate that is listed.
const ALL: &str = "all";

/// The candidates to choose from.
#[derive(Debug, Clone, Copy)]
pub struct Choices<'a> {
    /// All of them: each can be named by its id.
    pub candidates: &'a [Candidate],
    /// How many of them, from the first on, are listed with their numbers.
    pub listed: usize,
}

/// A choice that names no candidate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is none of the targets that were found; {}", expected(*most))]
pub struct UnknownChoice {
    /// The word.
    pub word: String,
    /// The number of candidates that are listed.
    pub most: usize,
}

fn expected(most: usize) -> String {
    if most == 0 {
        return "there are none; name a server with `--url`, or an AWS account with `--profile`"
            .to_owned();
    }
    format!("expected numbers from 1 to {most}, ranges such as `1-3`, ids, or `all`")
}

impl Choices<'_> {
    /// The positions of the candidates that are measured unless the user says otherwise: the
    /// user's own that can be called as they are. Without one, the first server, or the first
    /// on offer at a price that is known, or the first at all.
    #[must_use]
    pub fn suggested(&self) -> Vec<usize> {
        let own = self.positions(|candidate| candidate.draft.is_suggested);
        if !own.is_empty() {
            return own;
        }
        let is_server =
            |candidate: &Candidate| matches!(candidate.draft.source, Source::Server { .. });
        let first = self.positions(is_server).first().copied();
        let priced = || {
            self.positions(|candidate| candidate.draft.is_priced)
                .first()
                .copied()
        };
        let any = || (!self.candidates.is_empty()).then_some(0);
        first.or_else(priced).or_else(any).into_iter().collect()
    }

    fn positions(&self, is_meant: impl Fn(&Candidate) -> bool) -> Vec<usize> {
        let all = self.candidates.iter().enumerate();
        all.filter_map(|(position, candidate)| is_meant(candidate).then_some(position))
            .collect()
    }

    /// The positions that a choice names, in the order of the candidates: numbers from 1 on,
    /// ranges, ids and `all`, separated by commas or blanks.
    ///
    /// # Errors
    ///
    /// [`UnknownChoice`] with the first word that names nothing.
    pub fn read(&self, text: &str) -> Result<Vec<usize>, UnknownChoice> {
        let mut chosen = BTreeSet::new();
        let words = text.split(|letter: char| letter == ',' || letter.is_whitespace());
        for word in words.filter(|word| !word.is_empty()) {
            let named = self.named(word).ok_or_else(|| UnknownChoice {
                word: word.to_owned(),
                most: self.listed,
            })?;
            chosen.extend(named);
        }
        Ok(chosen.into_iter().collect())
    }

    fn named(&self, word: &str) -> Option<Vec<usize>> {
        if word.eq_ignore_ascii_case(ALL) {
            return Some((0..self.listed).collect());
        }
        let is_named = |candidate: &Candidate| candidate.id.as_str() == word;
        if let Some(position) = self.candidates.iter().position(is_named) {
            return Some(vec![position]);
        }
        let number = |text: &str| text.parse::<usize>().ok();
        let (first, last) = match word.split_once('-') {
            Some((first, last)) => (number(first)?, number(last)?),
            None => (number(word)?, number(word)?),
        };
        let is_valid = 1 <= first && first <= last && last <= self.listed;
        is_valid.then(|| (first - 1..last).collect())
    }

    /// Asks until the answer is a choice; an empty line takes what is suggested. `None`
    /// where the input ends.
    ///
    /// # Errors
    ///
    /// Those of the input.
    pub fn ask(
        &self,
        input: &mut impl BufRead,
        mut print: impl FnMut(&str),
    ) -> io::Result<Option<Vec<usize>>> {
        let suggested = self.suggested();
        let default: Vec<String> = suggested.iter().map(|at| (at + 1).to_string()).collect();
        loop {
            print(&format!(
                "Which to measure? Numbers, ranges such as 1-3, or `all` [{}]:",
                default.join(",")
            ));
            let mut line = String::new();
            if input.read_line(&mut line)? == 0 {
                return Ok(None);
            }
            match self.read(&line) {
                Ok(chosen) if chosen.is_empty() => return Ok(Some(suggested)),
                Ok(chosen) => return Ok(Some(chosen)),
                Err(unknown) => print(&unknown.to_string()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use bench_core::config::HttpRequest;

    use super::*;
    use crate::init::{
        candidate::{Draft, ServerKind, http},
        ids,
    };

    fn server(name: &str, is_suggested: bool) -> Draft {
        let source = Source::Server {
            server: ServerKind::Vllm,
            version: None,
            recognized_by: None,
        };
        let service = http("http://127.0.0.1:1", HttpRequest::OpenAiChat, None);
        let mut draft = Draft::new(source, name, service);
        draft.is_suggested = is_suggested;
        draft
    }

    fn offer(name: &str, is_priced: bool) -> Draft {
        let mut draft = server(name, false);
        draft.source = Source::FoundationModel;
        draft.is_priced = is_priced;
        draft
    }

    fn four() -> Vec<Candidate> {
        let drafts = [
            server("a", true),
            server("b", false),
            offer("c", true),
            server("d", true),
        ];
        ids::assign(drafts.to_vec())
    }

    fn all(candidates: &[Candidate]) -> Choices<'_> {
        Choices {
            candidates,
            listed: candidates.len(),
        }
    }

    #[test]
    fn numbers_ranges_ids_and_all_name_candidates_once_and_in_their_order() {
        let four = four();
        for (text, expected) in [
            ("1", vec![0]),
            ("3, 1", vec![0, 2]),
            ("2-4", vec![1, 2, 3]),
            ("4 2-3,2", vec![1, 2, 3]),
            ("vllm-b", vec![1]),
            ("bedrock-c 1", vec![0, 2]),
            ("ALL", vec![0, 1, 2, 3]),
            (" \n", vec![]),
        ] {
            assert_eq!(all(&four).read(text), Ok(expected), "{text}");
        }
        for wrong in [
            "0",
            "5",
            "3-5",
            "3-2",
            "0-1",
            "x",
            "1-",
            "-1",
            "1-2-3",
            "99999999999999999999",
        ] {
            let refused = all(&four).read(wrong).unwrap_err();
            assert_eq!((refused.word.as_str(), refused.most), (wrong, 4));
        }
    }

    #[test]
    fn what_is_not_listed_has_an_id_alone() {
        let four = four();
        let two = Choices {
            candidates: &four,
            listed: 2,
        };
        assert_eq!(two.read("all"), Ok(vec![0, 1]));
        assert_eq!(two.read("bedrock-c,1"), Ok(vec![0, 2]));
        assert!(two.read("3").is_err() && two.read("1-3").is_err());
    }

    #[test]
    fn what_is_the_users_own_is_suggested_and_else_one_with_a_price() {
        let suggested = |drafts: &[Draft]| all(&ids::assign(drafts.to_vec())).suggested();
        assert_eq!(all(&four()).suggested(), [0, 3]);
        let offers = [offer("a", false), offer("b", true), offer("c", true)];
        assert_eq!(suggested(&offers), [1]);
        assert_eq!(suggested(&[offer("a", false)]), [0]);
        let locked = [offer("a", true), server("b", false)];
        assert_eq!(suggested(&locked), [1]);
        assert_eq!(suggested(&[]), [0_usize; 0]);
    }

    #[test]
    fn a_question_is_asked_again_until_its_answer_is_a_choice() {
        let four = four();
        let answer = |input: &str| {
            let mut said = Vec::new();
            let chosen = all(&four).ask(&mut input.as_bytes(), |line| said.push(line.to_owned()));
            (chosen.unwrap(), said)
        };
        let (chosen, said) = answer("9\nnone\n2\n");
        assert_eq!(chosen, Some(vec![1]));
        assert_eq!(said.len(), 5, "{said:?}");
        assert!(said[0].contains("[1,4]"), "{said:?}");
        assert!(said[1].starts_with("`9` is none"), "{said:?}");
        assert_eq!(answer("\n").0, Some(vec![0, 3]));
        assert_eq!(answer("").0, None);
    }
}
