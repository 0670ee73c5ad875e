//! [`Condition`]: what restricts a domain.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use super::{Expr, ParseError, Symbol, parse};

/// How the function of a [`Condition`] is related to zero.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Relation {
    /// It is positive.
    Positive,
    /// It does not vanish.
    NonZero,
}

/// A condition on the points of a domain: `x > 0`, `y != 0`, `x < y`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Condition {
    /// The function that is positive, or does not vanish.
    pub function: Expr,
    /// Which of the two.
    pub relation: Relation,
}

impl Condition {
    /// `function > 0`.
    pub fn positive(function: Expr) -> Condition {
        Condition { function, relation: Relation::Positive }
    }

    /// `function != 0`.
    pub fn nonzero(function: Expr) -> Condition {
        Condition { function, relation: Relation::NonZero }
    }

    /// Reads conditions separated by commas.
    ///
    /// # Errors
    /// The first place where the text leaves the grammar.
    pub fn parse_all(text: &str) -> Result<Vec<Condition>, ParseError> {
        let mut found = Vec::new();
        for span in pieces(text) {
            let condition = Condition::parse(&text[span.clone()]);
            found.push(condition.map_err(|error| shifted(error, span.start))?);
        }
        Ok(found)
    }

    /// Reads one condition: two formulas with `<`, `>` or `!=` between them.
    ///
    /// # Errors
    /// The first place where the text leaves the grammar.
    ///
    /// ```
    /// use liouville_kernel::expr::Condition;
    ///
    /// assert_eq!(Condition::parse("x < y")?.to_string(), "y - x > 0");
    /// assert!(Condition::parse("x = y").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn parse(text: &str) -> Result<Condition, ParseError> {
        let relations = ["<=", ">=", "!=", "==", "<", ">", "="];
        let first = relations.iter().filter_map(|sign| Some((text.find(sign)?, *sign)));
        let Some((at, sign)) = first.min_by_key(|(at, sign)| (*at, std::cmp::Reverse(sign.len()))) else {
            return Err(ParseError {
                message: "a condition needs `<`, `>` or `!=`".to_owned(),
                span: 0..text.len(),
                hint: Some("write it as in `x > 0` or `y != 0`".to_owned()),
            });
        };
        let right_start = at + sign.len();
        if matches!(sign, "<=" | ">=" | "==" | "=") {
            return Err(ParseError {
                message: format!("`{sign}` does not restrict a domain"),
                span: at..right_start,
                hint: Some("a domain is open: write `<`, `>` or `!=`".to_owned()),
            });
        }
        let left = parse(&text[..at])?;
        let right = parse(&text[right_start..]).map_err(|error| shifted(error, right_start))?;
        let difference = |a: Expr, b: Expr| if b.is_zero() { a } else { a - b };
        Ok(match sign {
            ">" => Condition::positive(difference(left, right)),
            "<" => Condition::positive(difference(right, left)),
            _ => Condition::nonzero(difference(left, right)),
        })
    }

    /// The same with symbols replaced by formulas.
    pub fn substitute(&self, replacements: &BTreeMap<Symbol, Expr>) -> Condition {
        Condition { function: self.function.substitute(replacements), relation: self.relation }
    }
}

/// `x > 0`, `x < 0` for a function with a minus before it, `x != 0`.
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.relation, &self.function) {
            (Relation::Positive, Expr::Negative(inner)) => write!(f, "{inner} < 0"),
            (Relation::Positive, function) => write!(f, "{function} > 0"),
            (Relation::NonZero, Expr::Negative(inner)) => write!(f, "{inner} != 0"),
            (Relation::NonZero, function) => write!(f, "{function} != 0"),
        }
    }
}

fn shifted(error: ParseError, by: usize) -> ParseError {
    ParseError { span: error.span.start + by..error.span.end + by, ..error }
}

/// The parts between commas that stand in no bracket.
fn pieces(text: &str) -> Vec<Range<usize>> {
    let (mut found, mut start, mut depth) = (Vec::new(), 0, 0i32);
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                found.push(start..at);
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(start..text.len());
    found
}
