//! Places in a text, and the plain picture of an error at its place.

use std::fmt::{self, Write as _};
use std::ops::Range;
use std::sync::Arc;

/// The widest excerpt of a source line that [`Diagnostic::render`] prints, in characters.
const EXCERPT_WIDTH: usize = 100;

/// A range of a source text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// File or built-in system the text came from.
    pub source_name: Arc<str>,
    /// The text itself, or the part of it that is at hand (for a data file, the line at fault).
    pub text: Arc<str>,
    /// Line number, from 1, of the first line of [`text`](Self::text) in its source.
    pub first_line: usize,
    /// Byte range in [`text`](Self::text).
    pub span: Range<usize>,
}

impl Place {
    /// The place of `span` in a whole text.
    pub fn new(source_name: Arc<str>, text: Arc<str>, span: Range<usize>) -> Place {
        Place { source_name, text, first_line: 1, span }.clamped()
    }

    /// The same text with another span.
    pub fn at(&self, span: Range<usize>) -> Place {
        Place { span, ..self.clone() }.clamped()
    }

    /// Line number, from 1.
    pub fn line(&self) -> usize {
        self.first_line + self.text[..self.span.start].matches('\n').count()
    }

    /// Column, from 1, in characters.
    pub fn column(&self) -> usize {
        self.text[self.line_range().start..self.span.start].chars().count() + 1
    }

    /// `name:line:column`.
    pub fn position(&self) -> String {
        format!("{}:{}:{}", self.source_name, self.line(), self.column())
    }

    /// Byte range of the line that holds the start of the span, without its line end.
    fn line_range(&self) -> Range<usize> {
        let start = self.text[..self.span.start].rfind('\n').map_or(0, |at| at + 1);
        let end = self.text[self.span.start..].find('\n').map_or(self.text.len(), |at| self.span.start + at);
        start..end
    }

    /// A span inside the text and on character boundaries, whatever was given.
    fn clamped(mut self) -> Place {
        let floor = |mut at: usize| {
            at = at.min(self.text.len());
            while !self.text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let start = floor(self.span.start);
        self.span = start..floor(self.span.end).max(start);
        self
    }
}

/// What is wrong at a place, what was expected there, and what to do about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// What is wrong, in a sentence without its full stop.
    pub message: String,
    /// Where.
    pub place: Place,
    /// What was expected at the place.
    pub expected: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// The picture of the error in plain text:
    ///
    /// ```text
    /// error: unknown name `qz`
    ///  --> pendulum.ham:6:12
    ///   |
    /// 6 | H = px^2 + qz^2
    ///   |            ^^ expected a coordinate, momentum, parameter or `let` name
    ///   |
    /// help: did you mean `qx`?
    /// ```
    pub fn render(&self) -> String {
        let place = &self.place;
        let number = place.line().to_string();
        let gutter = " ".repeat(number.len());
        let (excerpt, indent, width) = excerpt(place);
        let label = self.expected.as_ref().map_or(String::new(), |text| format!(" expected {text}"));
        let mut out = String::new();
        // Writing to a `String` cannot fail.
        let _ = writeln!(out, "error: {}", self.message);
        let _ = writeln!(out, "{gutter}--> {}", place.position());
        let _ = writeln!(out, "{gutter} |");
        let _ = writeln!(out, "{}", format!("{number} | {excerpt}").trim_end());
        let _ = writeln!(out, "{gutter} | {}{}{label}", " ".repeat(indent), "^".repeat(width));
        if let Some(hint) = &self.hint {
            let _ = writeln!(out, "{gutter} |");
            let _ = writeln!(out, "help: {hint}");
        }
        out
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place.position(), self.message)
    }
}

/// The line of the place, shortened around the span, with the column (in characters, from 0) and the
/// width of the marker under it. Control characters are shown as `·`.
fn excerpt(place: &Place) -> (String, usize, usize) {
    let range = place.line_range();
    let line: Vec<char> = place.text[range.clone()]
        .trim_end_matches('\r')
        .chars()
        .map(|c| {
            if c == '\t' {
                ' '
            } else if c.is_control() {
                '·'
            } else {
                c
            }
        })
        .collect();
    let column = place.column() - 1;
    let marked = place.text[place.span.start..place.span.end.min(range.end)].chars().count().max(1);
    if line.len() <= EXCERPT_WIDTH {
        return (line.into_iter().collect(), column, marked);
    }
    let first = column.saturating_sub(EXCERPT_WIDTH / 3);
    let last = (first + EXCERPT_WIDTH).min(line.len());
    let mut shown = String::new();
    shown.push_str(if first > 0 { "…" } else { "" });
    shown.extend(&line[first.min(last)..last]);
    shown.push_str(if last < line.len() { "…" } else { "" });
    let indent = column - first + usize::from(first > 0);
    (shown, indent, marked.min((last + 1).saturating_sub(column)).max(1))
}

/// The candidates most like `word`, best first, at most three: those within a third of its length in
/// edit distance (Damerau–Levenshtein with adjacent swaps), or that begin with it.
pub fn near<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let reach = (word.chars().count() / 3).max(1);
    let mut scored: Vec<(usize, &str)> = candidates
        .into_iter()
        .map(|candidate| {
            let distance = edit_distance(&word.to_lowercase(), &candidate.to_lowercase());
            let prefix = word.chars().count() >= 3 && candidate.starts_with(word);
            (if prefix { distance.min(1) } else { distance }, candidate)
        })
        .filter(|(distance, candidate)| *distance <= reach && *distance < candidate.chars().count())
        .collect();
    scored.sort();
    scored.dedup();
    scored.into_iter().take(3).map(|(_, candidate)| candidate).collect()
}

/// A hint `did you mean …?` from [`near`], if there is anything near.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let found: Vec<String> = near(word, candidates).iter().map(|name| format!("`{name}`")).collect();
    (!found.is_empty()).then(|| format!("did you mean {}?", found.join(" or ")))
}

fn edit_distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before_last: Vec<usize> = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let substitution = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = substitution.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before_last[j - 2] + 1);
            }
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str, span: Range<usize>) -> Place {
        Place::new("a.ham".into(), text.into(), span)
    }

    #[test]
    fn counts_lines_and_characters() {
        let text = "θ1 = 2\nθ2 = θ3\n";
        let at = text.find("θ3").unwrap();
        let place = place(text, at..at + 3);
        assert_eq!((place.line(), place.column()), (2, 6));
        assert_eq!(place.position(), "a.ham:2:6");
    }

    #[test]
    fn out_of_range_spans_are_clamped() {
        assert_eq!(place("θ", 1..9).span, 0..2);
        assert_eq!(place("", 3..5).span, 0..0);
    }

    #[test]
    fn long_lines_are_shortened_around_the_mark() {
        let text = format!("{}BAD{}", "x".repeat(500), "y".repeat(500));
        let (shown, indent, width) = excerpt(&place(&text, 500..503));
        assert_eq!(shown.chars().skip(indent).take(width).collect::<String>(), "BAD");
        assert!(shown.chars().count() <= EXCERPT_WIDTH + 2);
    }

    #[test]
    fn suggestions() {
        assert_eq!(near("cordinates", ["coordinates", "momenta"]), ["coordinates"]);
        assert_eq!(near("charged", ["charged-particle", "kepler"]), ["charged-particle"]);
        assert_eq!(near("zzz", ["qx", "qy"]), Vec::<&str>::new());
        assert_eq!(edit_distance("ab", "ba"), 1);
    }
}
