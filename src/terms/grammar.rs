//! The language of term libraries, `.grammar`, and its reader.
//!
//! ```text
//! grammar  = "grammar" NAME { line }
//! line     = include | stage | for | atom | terms            one a line, `#` comments;
//!                                                            a line ending in an operator, a comma or
//!                                                            an open bracket goes on
//! include  = "include" FILE                                  its lines stand here
//! stage    = "stage" NAME [ "from" NAME { "," NAME } ]       starts a stage with the terms of others
//! for      = "for" ( "pairs" "(" NAME "," NAME ")" | "each" NAME ) "of" set { indented atom | terms }
//! set      = group | "bodies" [ names ]
//! atom     = "atom" NAME "=" formula                         in a `for`, one for each member
//! terms    = "terms" product [ total ] [ "over" product [ total ] ]
//! product  = factor { "*" factor }
//! total    = "total" range                                   bounds the degree in all groups together
//! factor   = group [ "^" range ]                             all monomials of those degrees
//!          | "modes" "(" group "," INTEGER ")"               1, cos k·θ, sin k·θ with every |k_i| ≤ INTEGER
//!          | formula [ "^" range ]
//! group    = "coordinates" | "momenta" | "variables" | "angles" | names
//! names    = "(" NAME { "," NAME } ")"
//! range    = bound [ ".." bound [ "step" bound ] ]
//! bound    = [ "-" ] INTEGER [ "/" INTEGER ]
//! ```
//!
//! Bodies are found by name: `x1, y1, x2, y2` are two bodies of components `x, y`; names without
//! numbers are one body. `bodies (x, y)` says the components, and `x_i` is then the x of body i. In a
//! family over bodies `distance_ij` is the Euclidean distance (in one dimension the difference) and
//! `radius_i` the distance from the origin; in a family over coordinates `p_u` is the momentum of u.
//! `radius` is the distance of all coordinates together from the origin. A `terms` line outside the
//! family that names one of its atoms (`1/r_ij`) runs over all its members.

use std::ops::Range;

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while1};
use nom::character::complete::{char, digit1, space0};
use nom::combinator::{all_consuming, map, opt, recognize};
use nom::multi::separated_list1;
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};

use crate::expr::{Expr, Rational, is_name, parse};

/// A grammar that cannot be read or expanded: where, what was expected, what to do.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{source_name}: {message}")]
pub struct GrammarError {
    /// The file or name of the grammar.
    pub source_name: String,
    /// What is wrong.
    pub message: String,
    /// Byte range in the text of `source_name`.
    pub span: Range<usize>,
    /// What to do about it.
    pub hint: Option<String>,
}

/// A set of variables.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Group {
    /// All coordinates.
    Coordinates,
    /// All momenta.
    Momenta,
    /// Both.
    Variables,
    /// The coordinates declared as angles.
    Angles,
    /// The variables of these names.
    Names(Vec<String>),
}

/// What a `for` runs over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Set {
    /// The variables of a group.
    Group(Group),
    /// The bodies, with the components' names where they are given.
    Bodies(Vec<String>),
}

/// Exponents or degrees from `first` to `last`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Degrees {
    /// Smallest.
    pub first: Rational,
    /// Largest.
    pub last: Rational,
    /// Distance between neighbours.
    pub step: Rational,
}

/// One factor of a `terms` line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Factor {
    /// Monomials in a group.
    Monomials(Group, Degrees),
    /// Trigonometric modes of a group.
    Modes(Group, u32),
    /// Powers of a formula.
    Formula(Expr, Degrees),
}

/// Factors with a bound on their total degree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Product {
    /// The factors.
    pub factors: Vec<Factor>,
    /// Bounds of the degree in all groups together.
    pub total: Option<Degrees>,
}

/// One statement, with its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statement {
    /// What it says.
    pub kind: StatementKind,
    /// Byte range of its line.
    pub span: Range<usize>,
    /// The text it came from.
    pub source_name: String,
}

/// The kinds of statement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StatementKind {
    /// `stage NAME from OTHERS`.
    Stage(String, Vec<String>),
    /// `for` with its index names and its block.
    For(Vec<String>, Set, Vec<Statement>),
    /// `atom NAME = formula`.
    Atom(String, Expr),
    /// `terms product [over product]`.
    Terms(Box<Product>, Option<Box<Product>>),
}

/// A grammar as read: its name and statements, includes resolved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Grammar {
    /// The name after `grammar`.
    pub name: String,
    /// The statements in order.
    pub statements: Vec<Statement>,
}

/// The grammar `discover` uses when none is given.
pub const DEFAULT: &str = include_str!("../../grammars/default.grammar");

/// The polynomial grammar, for inclusion.
pub const POLYNOMIAL: &str = include_str!("../../grammars/polynomial.grammar");

/// The built-in grammar of that file name.
pub fn built_in(name: &str) -> Option<&'static str> {
    match name {
        "default" | "default.grammar" => Some(DEFAULT),
        "polynomial" | "polynomial.grammar" => Some(POLYNOMIAL),
        _ => None,
    }
}

impl Grammar {
    /// The built-in default grammar.
    ///
    /// # Errors
    /// None in practice: a test reads it.
    pub fn default_grammar() -> Result<Grammar, GrammarError> {
        Grammar::parse(DEFAULT, "default.grammar", &mut |_| None)
    }

    /// Reads `text`; `load` gives the text of an included file (the built-in ones are known without).
    ///
    /// # Errors
    /// The first thing that is not as the language wants it.
    pub fn parse(
        text: &str,
        source_name: &str,
        load: &mut dyn FnMut(&str) -> Option<String>,
    ) -> Result<Grammar, GrammarError> {
        Reader { source_name, load, depth: 0 }.grammar(text)
    }
}

/// A logical line: its text, where it starts, how far it is indented.
struct Line<'a> {
    text: &'a str,
    start: usize,
    indent: usize,
}

struct Reader<'r> {
    source_name: &'r str,
    load: &'r mut dyn FnMut(&str) -> Option<String>,
    depth: usize,
}

impl Reader<'_> {
    fn error(&self, span: Range<usize>, message: impl Into<String>, hint: &str) -> GrammarError {
        GrammarError {
            source_name: self.source_name.to_string(),
            message: message.into(),
            span,
            hint: (!hint.is_empty()).then(|| hint.to_string()),
        }
    }

    fn grammar(&mut self, text: &str) -> Result<Grammar, GrammarError> {
        let lines = logical_lines(text);
        let Some(first) = lines.first() else {
            return Err(self.error(0..text.len(), "empty", "begin with `grammar NAME`"));
        };
        let name = match word(first.text) {
            ("grammar", rest) if is_name(rest.trim()) => rest.trim().to_string(),
            _ => {
                let span = first.start..first.start + first.text.len();
                return Err(self.error(span, "expected `grammar NAME`", "the first line names the grammar"));
            }
        };
        let mut statements = Vec::new();
        let mut at = 1;
        while at < lines.len() {
            at = self.statement(&lines, at, false, &mut statements)?;
        }
        Ok(Grammar { name, statements })
    }

    /// Reads the statement at line `at` and returns the line after it.
    fn statement(
        &mut self,
        lines: &[Line],
        at: usize,
        inside: bool,
        out: &mut Vec<Statement>,
    ) -> Result<usize, GrammarError> {
        let line = &lines[at];
        let span = line.start..line.start + line.text.len();
        let (keyword, rest) = word(line.text);
        let offset = line.start + (line.text.len() - rest.len());
        let mut next = at + 1;
        let kind = match keyword {
            "include" if !inside => {
                out.extend(self.include(rest.trim(), span)?);
                return Ok(next);
            }
            "stage" if !inside => match all_consuming(stage).parse(rest) {
                Ok((_, (name, from))) => StatementKind::Stage(name, from),
                Err(_) => {
                    let hint = "for instance `stage central from quadratic`";
                    return Err(self.error(span, "expected `stage NAME [from NAME, …]`", hint));
                }
            },
            "for" if !inside => {
                let (kind, after) = self.family(rest, span.clone(), lines, at)?;
                next = after;
                kind
            }
            "atom" => self.atom(rest, span.clone(), offset)?,
            "terms" => {
                let (over, divisor) = split_keyword(rest, "over");
                let numerator = self.product(over, offset)?;
                let divisor_offset = offset + rest.len() - divisor.map_or(0, str::len);
                let denominator = divisor.map(|text| self.product(text, divisor_offset)).transpose()?;
                StatementKind::Terms(Box::new(numerator), denominator.map(Box::new))
            }
            _ => {
                let hint = if inside {
                    "inside a family stand `atom` and `terms`"
                } else {
                    "a line begins with include, stage, for, atom or terms"
                };
                let end = line.start + keyword.len().max(1);
                return Err(self.error(line.start..end, format!("`{keyword}` is no statement here"), hint));
            }
        };
        out.push(Statement { kind, span, source_name: self.source_name.to_string() });
        Ok(next)
    }

    /// Reads the family that begins on line `at`, and returns the line after its block.
    fn family(
        &mut self,
        text: &str,
        span: Range<usize>,
        lines: &[Line],
        at: usize,
    ) -> Result<(StatementKind, usize), GrammarError> {
        let Ok((_, (indices, set))) = all_consuming(family).parse(text) else {
            let hint = "for instance `for pairs (i, j) of bodies (x, y)` or `for each u of coordinates`";
            return Err(self.error(span, "expected what the family runs over", hint));
        };
        let (mut block, mut next) = (Vec::new(), at + 1);
        while next < lines.len() && lines[next].indent > lines[at].indent {
            next = self.statement(lines, next, true, &mut block)?;
        }
        if block.is_empty() {
            let hint = "indent the `atom` and `terms` lines that belong to it";
            return Err(self.error(span, "a family with nothing in it", hint));
        }
        Ok((StatementKind::For(indices, set, block), next))
    }

    fn atom(&self, text: &str, span: Range<usize>, offset: usize) -> Result<StatementKind, GrammarError> {
        let Some((name, formula)) = text.split_once('=') else {
            return Err(self.error(span, "expected `atom NAME = formula`", ""));
        };
        if !is_name(name.trim()) {
            return Err(self.error(offset..offset + name.len(), "expected a name", ""));
        }
        let formula = self.formula(formula, offset + name.len() + 1)?;
        Ok(StatementKind::Atom(name.trim().to_string(), formula))
    }

    fn include(&mut self, file: &str, span: Range<usize>) -> Result<Vec<Statement>, GrammarError> {
        if self.depth >= 8 {
            return Err(self.error(span, "includes nest too deeply", "does a file include itself?"));
        }
        let text = (self.load)(file).or_else(|| built_in(file).map(str::to_string));
        let Some(text) = text else {
            let hint = "built in are polynomial.grammar and default.grammar";
            return Err(self.error(span, format!("`{file}` cannot be read"), hint));
        };
        let mut reader = Reader { source_name: file, load: &mut *self.load, depth: self.depth + 1 };
        Ok(reader.grammar(&text)?.statements)
    }

    fn product(&self, text: &str, offset: usize) -> Result<Product, GrammarError> {
        let (body, total) = split_keyword(text, "total");
        let total_offset = offset + text.len() - total.map_or(0, str::len);
        let total = total
            .map(|bounds| match all_consuming(delimited(space0, degrees, space0)).parse(bounds) {
                Ok((_, degrees)) => Ok(degrees),
                Err(_) => {
                    let span = total_offset..total_offset + bounds.len();
                    Err(self.error(span, "expected a range", "for instance `total 1..4`"))
                }
            })
            .transpose()?;
        let mut factors = Vec::new();
        for (start, part) in split_factors(body) {
            factors.push(self.factor(part, offset + start)?);
        }
        Ok(Product { factors, total })
    }

    fn factor(&self, text: &str, offset: usize) -> Result<Factor, GrammarError> {
        let trimmed = text.trim();
        if let Ok((_, (group, order))) = all_consuming(modes).parse(trimmed) {
            return Ok(Factor::Modes(group, order));
        }
        let (base, exponent) = split_exponent(trimmed);
        let one = Degrees { first: Rational::ONE, last: Rational::ONE, step: Rational::ONE };
        let exponent = exponent.unwrap_or(one);
        if let Ok((_, group)) = all_consuming(group).parse(base.trim()) {
            return Ok(Factor::Monomials(group, exponent));
        }
        let start = offset + (text.len() - text.trim_start().len());
        Ok(Factor::Formula(self.formula(base, start)?, exponent))
    }

    fn formula(&self, text: &str, offset: usize) -> Result<Expr, GrammarError> {
        parse(text).map_err(|error| GrammarError {
            source_name: self.source_name.to_string(),
            message: error.message,
            span: offset + error.span.start..offset + error.span.end,
            hint: error.hint,
        })
    }
}

/// The lines with comments and blank ones removed and continued ones joined (the text between them
/// is kept, so that places stay right).
fn logical_lines(text: &str) -> Vec<Line<'_>> {
    let mut lines: Vec<Line> = Vec::new();
    let mut start = 0;
    let mut open = false;
    for physical in text.split_inclusive('\n') {
        let code = physical.split('#').next().unwrap_or("").trim_end();
        let content = code.trim_start();
        if !content.is_empty() {
            let at = start + (code.len() - content.len());
            match lines.last_mut() {
                Some(last) if open => last.text = &text[last.start..start + code.len()],
                _ => lines.push(Line { text: content, start: at, indent: code.len() - content.len() }),
            }
            open = content.ends_with(['+', '-', '*', '/', '^', '=', ',', '(']);
        }
        start += physical.len();
    }
    lines
}

/// The first word of a line and what follows.
fn word(text: &str) -> (&str, &str) {
    text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()))
}

/// Splits at a keyword that stands between spaces, outside brackets.
fn split_keyword<'a>(text: &'a str, keyword: &str) -> (&'a str, Option<&'a str>) {
    let mut depth = 0i32;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            c if c.is_whitespace() && depth == 0 => {
                let rest = &text[at + c.len_utf8()..];
                if let Some(tail) = rest.strip_prefix(keyword)
                    && tail.starts_with(char::is_whitespace)
                {
                    return (&text[..at], Some(tail));
                }
            }
            _ => {}
        }
    }
    (text, None)
}

/// The factors between `*` outside brackets, with where each starts. `**` is a power.
fn split_factors(text: &str) -> Vec<(usize, &str)> {
    let bytes = text.as_bytes();
    let (mut parts, mut depth, mut start, mut at) = (Vec::new(), 0i32, 0, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'(' => depth += 1,
            b')' => depth -= 1,
            b'*' if bytes.get(at + 1) == Some(&b'*') => at += 1,
            b'*' if depth == 0 => {
                parts.push((start, &text[start..at]));
                start = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    parts.push((start, &text[start..]));
    parts
}

/// Splits `base ^ range` at the last `^` outside brackets, where what follows is a range.
fn split_exponent(text: &str) -> (&str, Option<Degrees>) {
    let mut depth = 0i32;
    for (at, c) in text.char_indices().rev() {
        match c {
            ')' => depth += 1,
            '(' => depth -= 1,
            '^' if depth == 0 => {
                let range = alt((delimited(char('('), degrees, char(')')), degrees));
                let found = all_consuming(delimited(space0, range, space0)).parse(&text[at + 1..]);
                return match found {
                    // `1/x^2` is a formula: only what stands alone is raised.
                    Ok((_, degrees))
                        if !text[..at].contains(['/', '+', '-']) || degrees.first != degrees.last =>
                    {
                        (&text[..at], Some(degrees))
                    }
                    _ => (text, None),
                };
            }
            _ => {}
        }
    }
    (text, None)
}

fn name(text: &str) -> IResult<&str, String> {
    let (rest, found) = take_while1(|c: char| c.is_alphanumeric() || c == '_').parse(text)?;
    if is_name(found) {
        Ok((rest, found.to_string()))
    } else {
        Err(nom::Err::Error(nom::error::Error::new(text, nom::error::ErrorKind::Alpha)))
    }
}

fn names(text: &str) -> IResult<&str, Vec<String>> {
    let comma = delimited(space0, char(','), space0);
    delimited((char('('), space0), separated_list1(comma, name), (space0, char(')'))).parse(text)
}

fn group(text: &str) -> IResult<&str, Group> {
    if text.starts_with('(') {
        return map(names, Group::Names).parse(text);
    }
    let (rest, found) = name(text)?;
    let group = match found.as_str() {
        "coordinates" => Group::Coordinates,
        "momenta" => Group::Momenta,
        "variables" => Group::Variables,
        "angles" => Group::Angles,
        _ => return Err(nom::Err::Error(nom::error::Error::new(text, nom::error::ErrorKind::Tag))),
    };
    Ok((rest, group))
}

fn modes(text: &str) -> IResult<&str, (Group, u32)> {
    let (rest, _) = (tag("modes"), space0, char('('), space0).parse(text)?;
    let (rest, group) = group(rest)?;
    let (rest, _) = (space0, char(','), space0).parse(rest)?;
    let (rest, order) = digit1(rest)?;
    let (rest, _) = (space0, char(')')).parse(rest)?;
    Ok((rest, (group, order.parse().unwrap_or(u32::MAX))))
}

fn stage(text: &str) -> IResult<&str, (String, Vec<String>)> {
    let (rest, stage) = preceded(space0, name).parse(text)?;
    let comma = delimited(space0, char(','), space0);
    let (rest, from) =
        opt(preceded((space0, tag("from"), space0), separated_list1(comma, name))).parse(rest)?;
    let (rest, _) = space0(rest)?;
    Ok((rest, (stage, from.unwrap_or_default())))
}

fn family(text: &str) -> IResult<&str, (Vec<String>, Set)> {
    let pairs = preceded((tag("pairs"), space0), names);
    let each = preceded((tag("each"), space0), map(name, |n| vec![n]));
    let (rest, indices) = preceded(space0, alt((pairs, each))).parse(text)?;
    let (rest, _) = (space0, tag("of"), space0).parse(rest)?;
    let bodies = map(preceded((tag("bodies"), space0), opt(names)), |n| Set::Bodies(n.unwrap_or_default()));
    let (rest, set) = alt((bodies, map(group, Set::Group))).parse(rest)?;
    let (rest, _) = space0(rest)?;
    Ok((rest, (indices, set)))
}

fn bound(text: &str) -> IResult<&str, Rational> {
    let number = recognize((opt(char('-')), digit1, opt((char('/'), digit1))));
    let (rest, found) = delimited(space0, number, space0).parse(text)?;
    match found.parse::<Rational>() {
        Ok(value) => Ok((rest, value)),
        Err(_) => Err(nom::Err::Error(nom::error::Error::new(text, nom::error::ErrorKind::Digit))),
    }
}

fn degrees(text: &str) -> IResult<&str, Degrees> {
    let (rest, first) = bound(text)?;
    let (rest, last) = opt(preceded(tag(".."), bound)).parse(rest)?;
    let (rest, step) = opt(preceded(tag("step"), bound)).parse(rest)?;
    let last = last.unwrap_or_else(|| first.clone());
    Ok((rest, Degrees { first, last, step: step.unwrap_or(Rational::ONE) }))
}
