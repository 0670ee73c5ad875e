//! The statements of a `.ham` file, each on its logical line.
//!
//! ```ebnf
//! file        = { [ statement ] line-end } ;
//! statement   = "system" name
//!             | "coordinates" names | "momenta" names | "velocities" names | "angle" names
//!             | "parameters" parameter { "," parameter }
//!             | "let" name "=" formula
//!             | "H" "=" formula [ "where" conditions ]
//!             | "known" name "=" formula [ "where" conditions ]
//!             | "where" conditions
//!             | "sample" line-end { recipe-step line-end }
//!             | ( "trajectories" | "points" | "span" | "train" ) formula ;
//! recipe-step = name "~" "uniform" "(" formula "," formula ")"     (* from, to *)
//!             | name "~" "normal" "(" formula "," formula ")"      (* mean, standard deviation *)
//!             | "let" name "=" formula
//!             | name "=" formula                                   (* a coordinate or momentum *)
//!             | "require" formula relation formula { relation formula } ;
//! relation    = "<" | "<=" | ">" | ">=" ;
//! conditions  = condition { "," condition } ;
//! condition   = formula ( "<" | ">" | "!=" ) formula ;
//! parameter   = name [ "=" formula ] ;
//! names       = name { "," name } ;
//! line-end    = newline, unless the line goes on: it ends in an operator, a comma or inside an open
//!               bracket, and the next line does not itself begin a statement ;
//! comment     = "#" to the end of the line ;
//! ```
//!
//! `name` and `formula` are those of [`expr::parse`](crate::expr::parse).

use std::ops::Range;

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while};
use nom::character::complete::{char, satisfy};
use nom::combinator::{opt, recognize, rest};
use nom::error::{ErrorKind, ParseError};
use nom::{IResult, Offset, Parser};

use super::place::did_you_mean;

/// The words that begin a statement.
pub const KEYWORDS: [&str; 13] = [
    "system",
    "coordinates",
    "momenta",
    "parameters",
    "angle",
    "let",
    "known",
    "sample",
    "require",
    "trajectories",
    "points",
    "span",
    "train",
];

/// The words of newer statements, which stay valid as names.
const NEWER: [&str; 1] = ["velocities"];

/// A piece of text with its byte range in the source.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Spanned {
    /// The piece.
    pub text: String,
    /// Where it stands.
    pub span: Range<usize>,
}

/// The distributions of a recipe.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DistributionName {
    Uniform,
    Normal,
}

/// An order relation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Relation {
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Relation {
    /// Whether it holds between two numbers; never with a NaN.
    pub fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Relation::Less => left < right,
            Relation::LessOrEqual => left <= right,
            Relation::Greater => left > right,
            Relation::GreaterOrEqual => left >= right,
        }
    }
}

/// A statement as read, its formulas still text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Statement {
    System(Spanned),
    Coordinates(Vec<Spanned>),
    Momenta(Vec<Spanned>),
    Velocities(Vec<Spanned>),
    Angle(Vec<Spanned>),
    Parameters(Vec<(Spanned, Option<Spanned>)>),
    Let(Spanned, Spanned),
    /// The formula, and the conditions beside it.
    Hamiltonian(Spanned, Option<Spanned>),
    /// The name, the formula, and the conditions beside it.
    Known(Spanned, Spanned, Option<Spanned>),
    Where(Spanned),
    Sample,
    Draw(Spanned, DistributionName, [Spanned; 2]),
    Assign(Spanned, Spanned),
    Require(Vec<Spanned>, Vec<Relation>),
    Trajectories(Spanned),
    Points(Spanned),
    Span(Spanned),
    Train(Spanned),
}

/// One statement with its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Located {
    pub statement: Statement,
    /// From its first character to its last.
    pub span: Range<usize>,
    /// Whether its first line is indented.
    pub indented: bool,
}

/// Why a line is no statement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StatementError {
    pub message: String,
    pub span: Range<usize>,
    pub expected: Option<String>,
    pub hint: Option<String>,
}

/// A logical line: physical lines joined, comments and line ends overwritten with spaces so that every
/// byte keeps its distance from the start.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// Its text, without space at either end.
    pub text: String,
    /// Byte offset of the text in the source.
    pub start: usize,
    /// Whether it is indented.
    pub indented: bool,
}

/// The logical lines that are not blank.
pub fn logical_lines(source: &str) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut open: Option<(usize, String)> = None;
    let mut offset = 0;
    for physical in source.split_inclusive('\n') {
        let bare = blank_comment(physical);
        let goes_on = open.as_ref().is_some_and(|(_, text)| is_unfinished(text));
        if goes_on && (bare.trim().is_empty() || !begins_statement(&bare)) {
            if let Some((_, text)) = &mut open {
                text.push_str(&bare);
            }
        } else {
            lines.extend(open.take().and_then(|(start, text)| finish(start, &text)));
            open = Some((offset, bare));
        }
        offset += physical.len();
    }
    lines.extend(open.take().and_then(|(start, text)| finish(start, &text)));
    lines
}

fn finish(start: usize, text: &str) -> Option<Line> {
    let body = text.trim_start();
    let lead = text.len() - body.len();
    let indented = text[..lead].ends_with([' ', '\t']);
    let body = body.trim_end();
    (!body.is_empty()).then(|| Line { text: body.to_string(), start: start + lead, indented })
}

/// The line with its comment, line end and a byte order mark overwritten by as many spaces.
fn blank_comment(physical: &str) -> String {
    let end = physical.find('#').unwrap_or(physical.len());
    let mut out = String::with_capacity(physical.len());
    for c in physical[..end].chars() {
        match c {
            '\n' | '\r' | '\u{feff}' => out.extend(std::iter::repeat_n(' ', c.len_utf8())),
            _ => out.push(c),
        }
    }
    out.extend(std::iter::repeat_n(' ', physical.len() - end));
    out
}

/// Whether a line asks for another: it ends in an operator or a comma, or inside a bracket.
fn is_unfinished(text: &str) -> bool {
    let body = text.trim_end();
    let open = body.chars().fold(0i64, |depth, c| match c {
        '(' => depth + 1,
        ')' => depth - 1,
        _ => depth,
    });
    open > 0 || body.ends_with(['+', '-', '*', '/', '^', ',', '=', '~', '<', '>'])
}

/// Whether a line that could continue the one before is a statement of its own.
fn begins_statement(line: &str) -> bool {
    let body = line.trim();
    let word: &str = &body[..body.find(|c| !is_name_character(c)).unwrap_or(body.len())];
    let after = body[word.len()..].trim_start();
    let is_definition = !word.is_empty() && (after.starts_with('=') || after.starts_with('~'));
    let is_keyword = KEYWORDS.contains(&word) && !after.starts_with(['+', '*', '/', '^', ')', ',']);
    // A list that goes on has a comma behind a name.
    let is_newer = NEWER.contains(&word) && after.starts_with(|c: char| c.is_alphabetic() || c == '_');
    is_definition || is_keyword || is_newer
}

fn is_name_character(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The statement on a logical line.
pub fn read_statement(line: &Line) -> Result<Located, StatementError> {
    let text = line.text.as_str();
    let place = |piece: &str| {
        let from = line.start + text.offset(piece);
        Spanned { text: piece.to_string(), span: from..from + piece.len() }
    };
    match statement(text, &place) {
        Ok((_, statement)) => {
            Ok(Located { statement, span: line.start..line.start + text.len(), indented: line.indented })
        }
        Err(nom::Err::Error(error) | nom::Err::Failure(error)) => Err(error.explain(text, line.start)),
        Err(nom::Err::Incomplete(_)) => Err(Expected { at: text, what: STATEMENT }.explain(text, line.start)),
    }
}

const STATEMENT: &str = "a statement";

/// What the grammar wanted, and where.
struct Expected<'a> {
    at: &'a str,
    what: &'static str,
}

impl<'a> ParseError<&'a str> for Expected<'a> {
    fn from_error_kind(at: &'a str, _: ErrorKind) -> Self {
        Expected { at, what: STATEMENT }
    }

    fn append(_: &'a str, _: ErrorKind, other: Self) -> Self {
        other
    }
}

impl Expected<'_> {
    fn explain(self, line: &str, start: usize) -> StatementError {
        let found = self.at.trim_start();
        let from = start + line.offset(self.at) + (self.at.len() - found.len());
        let piece = first_piece(found);
        let is_word = piece.starts_with(|c: char| c.is_alphabetic() || c == '_');
        let message = match piece {
            "" => "the line ends too early".to_string(),
            _ if self.what == STATEMENT && is_word => format!("unknown statement `{piece}`"),
            _ => format!("unexpected `{}`", piece.escape_debug()),
        };
        let keyword = line[..line.offset(found)].trim();
        let hint = if self.what == STATEMENT {
            let words = KEYWORDS.into_iter().chain(NEWER);
            did_you_mean(piece, words)
                .or_else(|| Some(format!("the statements are {}, H = …", KEYWORDS.join(", "))))
        } else if piece == "=" && KEYWORDS.contains(&keyword) && !["let", "known"].contains(&keyword) {
            Some(format!("write `{keyword} …`, without `=`"))
        } else {
            None
        };
        // At the end of a line the mark stands right behind its last character.
        let from = if piece.is_empty() { start + line.trim_end().len() } else { from };
        let span = from..from + piece.len();
        StatementError { message, span, expected: Some(self.what.to_string()), hint }
    }
}

/// The first name or number or sign of a text.
fn first_piece(text: &str) -> &str {
    let end = text.find(|c| !is_name_character(c)).unwrap_or(text.len());
    match end {
        0 => text.chars().next().map_or("", |c| &text[..c.len_utf8()]),
        _ => &text[..end],
    }
}

type Read<'a, T> = IResult<&'a str, T, Expected<'a>>;

fn space(input: &str) -> Read<'_, &str> {
    take_while(char::is_whitespace).parse(input)
}

/// `parser`, after which there is no way back: where it fails, `what` was expected.
fn need<'a, T>(
    what: &'static str,
    mut parser: impl Parser<&'a str, Output = T, Error = Expected<'a>>,
) -> impl FnMut(&'a str) -> Read<'a, T> {
    move |input| {
        let (input, _) = space(input)?;
        parser.parse(input).map_err(|_| nom::Err::Failure(Expected { at: input, what }))
    }
}

fn word(input: &str) -> Read<'_, &str> {
    recognize((satisfy(|c| c.is_alphabetic() || c == '_'), take_while(is_name_character))).parse(input)
}

fn name(input: &str) -> Read<'_, &str> {
    need("a name (a letter or `_`, then letters, digits or `_`)", word)(input)
}

fn end(input: &str) -> Read<'_, ()> {
    match input.trim_start() {
        "" => Ok(("", ())),
        _ => Err(nom::Err::Failure(Expected { at: input, what: "the end of the line" })),
    }
}

/// The text up to the first of `stops` outside brackets, or to the end; not empty.
fn formula_until<'a>(stops: &'static [char]) -> impl FnMut(&'a str) -> Read<'a, &'a str> {
    move |input| {
        let (input, _) = space(input)?;
        let mut depth = 0i64;
        let cut = input
            .char_indices()
            .find(|(_, c)| match c {
                '(' => {
                    depth += 1;
                    false
                }
                ')' => {
                    depth -= 1;
                    depth < 0 && stops.contains(&')')
                }
                c => depth <= 0 && stops.contains(c),
            })
            .map_or(input.len(), |(at, _)| at);
        let body = input[..cut].trim_end();
        if body.is_empty() {
            return Err(nom::Err::Failure(Expected { at: input, what: "a formula" }));
        }
        Ok((&input[cut..], body))
    }
}

fn formula_to_end(input: &str) -> Read<'_, &str> {
    let (_, body) = formula_until(&['=', '~'])(input)?;
    let after = &input[input.offset(body) + body.len()..];
    match after.trim_start().chars().next() {
        None => Ok(("", body)),
        Some(_) => Err(nom::Err::Failure(Expected {
            at: after.trim_start(),
            what: "an operator or the end of the line",
        })),
    }
}

fn comma_list<'a, T>(
    mut item: impl FnMut(&'a str) -> Read<'a, T>,
) -> impl FnMut(&'a str) -> Read<'a, Vec<T>> {
    move |input| {
        let (mut input, first) = item(input)?;
        let mut items = vec![first];
        loop {
            let (after, _) = space(input)?;
            if after.is_empty() {
                return Ok((after, items));
            }
            let (after, _) = need("a comma or the end of the line", char(','))(after)?;
            let (after, next) = item(after)?;
            items.push(next);
            input = after;
        }
    }
}

fn relation(input: &str) -> Read<'_, Relation> {
    alt((
        tag("<=").map(|_| Relation::LessOrEqual),
        tag(">=").map(|_| Relation::GreaterOrEqual),
        tag("<").map(|_| Relation::Less),
        tag(">").map(|_| Relation::Greater),
    ))
    .parse(input)
}

fn statement<'a>(input: &'a str, place: &impl Fn(&'a str) -> Spanned) -> Read<'a, Statement> {
    let (after, first) = match word(input) {
        Ok(read) => read,
        Err(_) => return Err(nom::Err::Failure(Expected { at: input, what: STATEMENT })),
    };
    let names = |input| comma_list(name)(input).map(|(i, n)| (i, n.into_iter().map(place).collect()));
    let formula = |input| formula_to_end(input).map(|(i, body)| (i, place(body)));
    let next = after.trim_start();
    match first {
        "H" if next.starts_with('=') => {
            let (input, _) = need("`=`", char('='))(after)?;
            let (input, (body, conditions)) = conditioned(input)?;
            Ok((input, Statement::Hamiltonian(place(body), conditions.map(place))))
        }
        _ if next.starts_with(['=', '~']) && !KEYWORDS.contains(&first) => {
            definition(place, place(first), after)
        }
        "system" => {
            let (input, name) = name(after)?;
            end(input)?;
            Ok(("", Statement::System(place(name))))
        }
        "coordinates" => names(after).map(|(i, n)| (i, Statement::Coordinates(n))),
        "momenta" => names(after).map(|(i, n)| (i, Statement::Momenta(n))),
        "velocities" => names(after).map(|(i, n)| (i, Statement::Velocities(n))),
        "angle" => names(after).map(|(i, n)| (i, Statement::Angle(n))),
        "parameters" => comma_list(parameter)(after).map(|(input, items)| {
            let items = items.into_iter().map(|(name, value)| (place(name), value.map(place)));
            (input, Statement::Parameters(items.collect()))
        }),
        "let" => {
            let (input, name) = name(after)?;
            let (input, _) = need("`=` and a formula", char('='))(input)?;
            formula(input).map(|(i, body)| (i, Statement::Let(place(name), body)))
        }
        "known" => {
            let (input, name) = name(after)?;
            let (input, _) = need("`=` and a formula", char('='))(input)?;
            let (input, (body, conditions)) = conditioned(input)?;
            Ok((input, Statement::Known(place(name), place(body), conditions.map(place))))
        }
        "where" if !next.is_empty() => Ok(("", Statement::Where(place(next.trim_end())))),
        "sample" => end(after).map(|(i, _)| (i, Statement::Sample)),
        "require" => require(after, place),
        "trajectories" => formula(after).map(|(i, f)| (i, Statement::Trajectories(f))),
        "points" => formula(after).map(|(i, f)| (i, Statement::Points(f))),
        "span" => formula(after).map(|(i, f)| (i, Statement::Span(f))),
        "train" => formula(after).map(|(i, f)| (i, Statement::Train(f))),
        _ => Err(nom::Err::Error(Expected { at: input, what: STATEMENT })),
    }
}

/// A formula to the end of the line, or to the word `where` and conditions after it.
fn conditioned(input: &str) -> Read<'_, (&str, Option<&str>)> {
    match split_where(input) {
        Some((formula, conditions)) => {
            formula_to_end(formula).map(|(_, body)| ("", (body, Some(conditions))))
        }
        None => formula_to_end(input).map(|(input, body)| (input, (body, None))),
    }
}

/// The text before the word `where` and the conditions after it, if there are any. A name `where` is none: no
/// relation follows it.
pub fn split_where(text: &str) -> Option<(&str, &str)> {
    let at = text.find(" where ")?;
    let conditions = text[at + " where ".len()..].trim();
    conditions.contains(['<', '>', '!']).then(|| (text[..at].trim_end(), conditions))
}

/// `name` or `name = formula`.
fn parameter(input: &str) -> Read<'_, (&str, Option<&str>)> {
    let (input, name) = name(input)?;
    let (input, sign) = opt((space, char('='))).parse(input)?;
    match sign {
        Some(_) => formula_until(&[',', '='])(input).map(|(input, value)| (input, (name, Some(value)))),
        None => Ok((input, (name, None))),
    }
}

/// `formula < formula`, or a chain of them.
fn require<'a>(input: &'a str, place: &impl Fn(&'a str) -> Spanned) -> Read<'a, Statement> {
    let mut side = formula_until(&['<', '>', '=', '~']);
    let (mut input, first) = side(input)?;
    let (mut sides, mut relations) = (vec![place(first)], Vec::new());
    while relations.is_empty() || !input.trim_start().is_empty() {
        let (after, sign) = need("one of `<`, `<=`, `>`, `>=`", relation)(input)?;
        let (after, next) = side(after)?;
        relations.push(sign);
        sides.push(place(next));
        input = after;
    }
    Ok((input, Statement::Require(sides, relations)))
}

/// `name ~ distribution(a, b)` or `name = formula`.
fn definition<'a>(place: &impl Fn(&'a str) -> Spanned, name: Spanned, input: &'a str) -> Read<'a, Statement> {
    let (input, sign) = need("`=` or `~`", alt((char('='), char('~'))))(input)?;
    if sign == '=' {
        return formula_to_end(input).map(|(i, body)| (i, Statement::Assign(name, place(body))));
    }
    const DISTRIBUTION: &str = "`uniform(a, b)` or `normal(mean, standard_deviation)`";
    let at = input.trim_start();
    let (input, distribution) = need(DISTRIBUTION, word)(input)?;
    let distribution = match distribution {
        "uniform" => DistributionName::Uniform,
        "normal" => DistributionName::Normal,
        _ => return Err(nom::Err::Failure(Expected { at, what: DISTRIBUTION })),
    };
    let (input, _) = need("`(`", char('('))(input)?;
    let (input, a) = formula_until(&[',', ')'])(input)?;
    let (input, _) = need("`,` and a second value", char(','))(input)?;
    let (input, b) = formula_until(&[',', ')'])(input)?;
    let (input, _) = need("`)`", char(')'))(input)?;
    end(input)?;
    let (input, _) = rest(input)?;
    Ok((input, Statement::Draw(name, distribution, [place(a), place(b)])))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Statement, StatementError> {
        let lines = logical_lines(text);
        assert_eq!(lines.len(), 1, "{lines:?}");
        read_statement(&lines[0]).map(|located| located.statement)
    }

    #[test]
    fn lines_go_on_after_operators_commas_and_open_brackets() {
        let source = "H = a + # first\n  b\ncoordinates x,\n y\nlet n = (x\n  + y)\nspan 3";
        let lines = logical_lines(source);
        let texts: Vec<String> =
            lines.iter().map(|l| l.text.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(texts, ["H = a + b", "coordinates x, y", "let n = (x + y)", "span 3"]);
        for line in &lines {
            assert!(source[line.start..].starts_with(&line.text[..3]));
        }
    }

    #[test]
    fn an_unclosed_bracket_does_not_swallow_the_next_statement() {
        let lines = logical_lines("H = (a + b\nknown L = a\n");
        assert_eq!(lines.len(), 2);
    }

    #[test]
    fn spans_point_into_the_source() {
        let source = "# head\nparameters m = 1/2, e = (1 + 2), s # s stays symbolic\n";
        let Statement::Parameters(items) = read(source).unwrap() else { panic!() };
        let texts: Vec<&str> = items.iter().map(|(name, _)| &source[name.span.clone()]).collect();
        assert_eq!(texts, ["m", "e", "s"]);
        assert_eq!(&source[items[1].1.clone().unwrap().span], "(1 + 2)");
        assert_eq!(items[2].1, None);
    }

    #[test]
    fn newer_words_begin_statements_and_stay_names() {
        assert!(matches!(read("velocities vx, vy"), Ok(Statement::Velocities(names)) if names.len() == 2));
        assert!(matches!(read("velocities = 3"), Ok(Statement::Assign(..))));
        assert!(matches!(read("coordinates velocities"), Ok(Statement::Coordinates(..))));
        assert_eq!(logical_lines("coordinates x,\nvelocities vx\n").len(), 2);
        assert_eq!(logical_lines("coordinates x,\nvelocities, y\n").len(), 1);
        assert_eq!(read("velocites vx").unwrap_err().hint.unwrap(), "did you mean `velocities`?");
    }

    #[test]
    fn recipe_steps() {
        assert!(matches!(read("  s ~ uniform(0.1, max)"), Ok(Statement::Draw(..))));
        assert!(matches!(read("qx = s*u1/n"), Ok(Statement::Assign(..))));
        let Ok(Statement::Require(sides, relations)) = read("require -1 <= x < 1") else { panic!() };
        assert_eq!(sides.iter().map(|s| s.text.as_str()).collect::<Vec<_>>(), ["-1", "x", "1"]);
        assert_eq!(relations, [Relation::LessOrEqual, Relation::Less]);
    }

    #[test]
    fn what_was_expected() {
        let expected = |text: &str| read(text).unwrap_err().expected.unwrap();
        assert_eq!(expected("coordinates x y"), "a comma or the end of the line");
        assert_eq!(expected("u ~ gauss(0, 1)"), "`uniform(a, b)` or `normal(mean, standard_deviation)`");
        assert_eq!(expected("require H"), "one of `<`, `<=`, `>`, `>=`");
        assert_eq!(expected("let = 3"), "a name (a letter or `_`, then letters, digits or `_`)");
        assert_eq!(expected("H ="), "a formula");
        assert_eq!(expected("12"), "a statement");
    }
}
