//! Question, verdict and the meaning of words on the page.

use super::super::{Made, Question, Record, text};
use crate::mechanics::{Status, Verdict};

/// A longer formula is asked about by its name.
const SHORT: usize = 40;

/// Whether the answer is what one hopes for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Good,
    Open,
    Bad,
}

pub(super) fn tone(record: &Record) -> Tone {
    if record.laws.iter().any(|law| law.status == Status::Refuted) {
        return Tone::Bad;
    }
    match record.verdict {
        Verdict::Undecided => Tone::Open,
        Verdict::NonIntegrable => Tone::Bad,
        _ => Tone::Good,
    }
}

pub(super) fn question(record: &Record, made: &Made) -> String {
    let name = &record.system.name;
    match made.question {
        Question::Discover => format!("What is conserved in {name}, and is it integrable?"),
        Question::Integrals => format!("Is {name} integrable, and by which integrals?"),
        Question::Verify if record.laws.len() == 1 => {
            let law = &record.laws[0];
            let short = law.formula.chars().count() <= SHORT;
            format!("Is {} conserved in {name}?", if short { &law.formula } else { &law.name })
        }
        Question::Verify => format!("Are these functions conserved in {name}?"),
    }
}

/// The answer in a few words.
pub(super) fn verdict(record: &Record, made: &Made) -> String {
    if made.question == Question::Verify {
        let of = |status: Status| record.laws.iter().filter(|law| law.status == status).count();
        let all = record.laws.len();
        return match (of(Status::Proved), of(Status::Refuted)) {
            (proved, _) if proved == all && all == 1 => "yes, proved".to_owned(),
            (proved, _) if proved == all => "yes, all proved".to_owned(),
            (_, refuted) if refuted == all => "no".to_owned(),
            (proved, refuted) => format!("{proved} of {all} proved, {refuted} refuted"),
        };
    }
    let unexplained = record.hamiltonian.status.as_deref() == Some("unexplained");
    match record.verdict {
        Verdict::Undecided if unexplained => "no law of motion explains the data".to_owned(),
        Verdict::NonIntegrable => "not integrable".to_owned(),
        other => other.to_string(),
    }
}

/// Why, a sentence a line.
pub(super) fn reasons(record: &Record, made: &Made) -> Vec<String> {
    let mut lines = Vec::new();
    if made.question == Question::Verify && record.independent.is_some() {
        lines.push(format!("With these laws the system is {}.", record.verdict));
    }
    if let Some(independent) = record.independent {
        let functions = if independent == 1 { "function" } else { "functions" };
        let mut line = format!("{independent} independent conserved {functions}, H included");
        if !record.involutive.is_empty() {
            line += &format!("; in involution: {}", record.involutive.join(", "));
        }
        lines.push(line + ".");
    }
    if let Some(obstruction) = &record.obstruction {
        lines.push(format!("Proved: {}.", obstruction.statement));
        lines.push(format!("Not excluded: {}.", text::OTHER_INTEGRALS.replace(" are not excluded", "")));
    }
    let generic = text::generic(record);
    if !generic.is_empty() {
        lines.push(format!("{}.", generic.trim_end()));
    }
    if record.verdict == Verdict::Undecided && record.independent.is_some() {
        lines.push("That no further law was found does not mean that there is none.".to_owned());
    }
    if let Some(hint) = &record.hint {
        lines.push(format!("Numerical hint, no proof: {} motion on {} orbits.", hint.motion, hint.orbits));
    }
    lines
}

/// How the page is to be read.
pub(super) fn section(record: &Record) -> String {
    let mut words = vec![
        (
            "proved",
            "the Poisson bracket with the printed H was computed by exact algebra and is 0 wherever both are real",
        ),
        ("supported", "the numbers speak for it; nothing is proved"),
        ("in involution", "their brackets with each other vanish"),
        ("independent", "none is a function of the others"),
        (
            "integrable",
            "as many independent laws in involution as degrees of freedom, all proved; superintegrable with more laws, \
             maximally superintegrable with 2n − 1",
        ),
        ("undecided", "neither enough laws nor a proof that there are none: not the same as not integrable"),
    ];
    if record.hamiltonian.status.is_some() {
        words.push((
            "exact",
            "every constant of H is a justified rational, and H explains the data to its noise",
        ));
        words
            .push(("determined", "the form of H is settled; its constants are letters with standard errors"));
        words.push(("ambiguous", "other forms explain the data about as well; they are printed"));
        words.push((
            "approximate",
            "a stated share of the accelerations is not explained; laws are of the printed H",
        ));
    }
    let rows: String =
        words.iter().map(|(word, meaning)| format!("<dt>{word}</dt><dd>{meaning}</dd>\n")).collect();
    format!("<section>\n<h2>What the words mean</h2>\n<dl>\n{rows}</dl>\n</section>\n")
}
