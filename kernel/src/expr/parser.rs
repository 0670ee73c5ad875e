//! Reading formulas.
//!
//! ```text
//! sum      = ["-" | "+"] product { ("+" | "-") product } ;
//! product  = signed { ("*" | "/") signed } ;
//! signed   = { "-" | "+" } power ;
//! power    = atom [ ("^" | "**") signed ] ;
//! atom     = number | "pi" | name | function "(" sum ")" | "(" sum ")" ;
//! function = "sqrt" | "sin" | "cos" | "tan" | "exp" | "log" | "abs" | "sign" ;
//! number   = digits [ "." [ digits ] ] [ exponent ] | "." digits [ exponent ] ;
//! exponent = ("e" | "E") [ "+" | "-" ] digits ;
//! name     = ( letter | "_" ) { letter | digit | "_" } ;
//! ```
//!
//! `^` binds to the right and tighter than a sign before its base: `-x^2` is `-(x^2)`. Letters and
//! digits are those of Unicode. Numbers are exact: `0.1` is 1/10. `abs(f)` is read as `sqrt(f^2)` and
//! `sign(f)` as `sqrt(f^2)/f`, so that no other part of the program has to know them. What is written as 0 or 1 keeps
//! the functions that restrict its domain: `0*log(x)`, `sqrt(x)^0`. nom cuts the text into tokens; the
//! grammar above is read from them by one function a rule, so that an error can say what was expected.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::character::complete::{char, digit1, one_of};
use nom::combinator::{opt, recognize, verify};
use nom::sequence::{pair, preceded};
use nom::{IResult, Parser};

use super::size::{is_too_large, is_too_long};
use super::{Expr, Function, Rational};

/// How deeply a formula may nest (brackets, signs, exponents).
pub const MAX_DEPTH: usize = 200;

/// The largest decimal exponent and the longest digit string of a number.
pub(super) const MAX_DIGITS: usize = 4096;

/// How deeply signs of signs may nest: each level writes its argument twice.
const MAX_SIGNS: usize = 6;

/// The functions that are read as others.
const ABBREVIATIONS: [&str; 2] = ["abs", "sign"];

/// A formula that cannot be read: where, what was expected there, and what may help.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParseError {
    /// What is wrong, in one line without a full stop.
    pub message: String,
    /// The place: a byte range of the text.
    pub span: Range<usize>,
    /// What may help.
    pub hint: Option<String>,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ParseError {}

/// Whether `text` can name a variable: a letter or `_`, then letters, digits or `_`, and neither a
/// function nor `pi`.
pub fn is_name(text: &str) -> bool {
    word(text).is_ok_and(|(rest, _)| rest.is_empty()) && !is_pi(text) && !is_function(text)
}

/// Reads a formula.
///
/// # Errors
/// The first place where the text leaves the grammar, formulas nested deeper than [`MAX_DEPTH`], and
/// numbers of more than 4096 digits.
///
/// ```
/// let law = liouville_kernel::expr::parse("qx*py - qy*px")?;
/// assert_eq!(law.to_string(), "qx*py - qy*px");
/// # Ok::<(), liouville_kernel::expr::ParseError>(())
/// ```
pub fn parse(text: &str) -> Result<Expr, ParseError> {
    let tokens = tokens(text)?;
    let mut reader = Reader { tokens: &tokens, position: 0, end: text.len(), depth: 0, signs: 0 };
    let expr = reader.sum()?;
    match reader.peek() {
        None => Ok(expr),
        Some(_) => Err(reader.unexpected("an operator or the end of the formula")),
    }
}

fn is_pi(word: &str) -> bool {
    word == "pi" || word == "π"
}

fn function_named(name: &str) -> Option<Function> {
    Function::ALL.into_iter().find(|function| function.name() == name)
}

/// Whether formulas call a function of that name.
pub fn is_function(name: &str) -> bool {
    function_named(name).is_some() || ABBREVIATIONS.contains(&name)
}

#[derive(Clone, PartialEq, Debug)]
enum Token<'a> {
    Number(Rational),
    Word(&'a str),
    Operator(char),
}

struct Spanned<'a> {
    token: Token<'a>,
    span: Range<usize>,
    text: &'a str,
}

fn word(input: &str) -> IResult<&str, &str> {
    let first = verify(nom::character::complete::anychar, |c: &char| c.is_alphabetic() || *c == '_');
    recognize(pair(first, take_while(|c: char| c.is_alphanumeric() || c == '_'))).parse(input)
}

fn number(input: &str) -> IResult<&str, &str> {
    let exponent = preceded(one_of("eE"), pair(opt(one_of("+-")), digit1));
    let whole_first = recognize((digit1, opt(preceded(char('.'), opt(digit1)))));
    let point_first = recognize(preceded(char('.'), digit1));
    recognize(pair(alt((whole_first, point_first)), opt(exponent))).parse(input)
}

fn operator(input: &str) -> IResult<&str, &str> {
    alt((tag("**"), recognize(one_of("+-*/^()")))).parse(input)
}

fn spaces(input: &str) -> IResult<&str, &str> {
    take_while1(char::is_whitespace).parse(input)
}

fn tokens(text: &str) -> Result<Vec<Spanned<'_>>, ParseError> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let start = text.len() - rest.len();
        if let Ok((after, _)) = spaces(rest) {
            rest = after;
            continue;
        }
        let (after, token, piece) = if let Ok((after, digits)) = number(rest) {
            (after, Token::Number(exact_number(digits, start)?), digits)
        } else if let Ok((after, name)) = word(rest) {
            (after, Token::Word(name), name)
        } else if let Ok((after, sign)) = operator(rest) {
            let sign_char = if sign == "**" { '^' } else { sign.chars().next().unwrap_or(' ') };
            (after, Token::Operator(sign_char), sign)
        } else {
            return Err(bad_character(rest, start));
        };
        tokens.push(Spanned { token, span: start..start + piece.len(), text: piece });
        rest = after;
    }
    Ok(tokens)
}

fn bad_character(rest: &str, start: usize) -> ParseError {
    let found = rest.chars().next().unwrap_or(' ');
    let hint = match found {
        '−' | '–' | '—' => Some("write `-`"),
        '·' | '×' | '⋅' => Some("write `*`"),
        '÷' => Some("write `/`"),
        '√' => Some("write `sqrt(…)`"),
        '[' | ']' | '{' | '}' => Some("use round brackets"),
        '²' | '³' => Some("write powers with `^`"),
        '=' => Some("a formula stands alone, without an equals sign"),
        ',' => Some("decimals are written with a point"),
        _ => None,
    };
    ParseError {
        message: format!("unexpected character `{}`", found.escape_debug()),
        span: start..start + found.len_utf8(),
        hint: hint.map(str::to_owned),
    }
}

fn too_large(message: &str, span: Range<usize>) -> ParseError {
    let hint = format!("at most {MAX_DIGITS} digits and a decimal exponent within ±{MAX_DIGITS}");
    ParseError { message: message.to_owned(), span, hint: Some(hint) }
}

/// The exact value of a decimal literal.
fn exact_number(literal: &str, start: usize) -> Result<Rational, ParseError> {
    let too_long = || too_large("this number is too long", start..start + literal.len());
    let (mantissa, exponent) = match literal.find(['e', 'E']) {
        Some(at) => (&literal[..at], literal[at + 1..].parse::<i64>().map_err(|_| too_long())?),
        None => (literal, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let shift = exponent - fraction.len() as i64;
    if mantissa.len() > MAX_DIGITS || exponent.unsigned_abs() as usize > MAX_DIGITS {
        return Err(too_long());
    }
    let digits = format!("{whole}{fraction}");
    let digits = dashu_int::IBig::from_str_radix(&digits, 10).map_err(|_| too_long())?;
    let scale = dashu_int::IBig::from(10).pow(shift.unsigned_abs() as usize);
    let value = if shift >= 0 {
        Rational::from(digits * scale)
    } else {
        Rational::from(digits) / Rational::from(scale)
    };
    if is_too_long(&value) { Err(too_long()) } else { Ok(value) }
}

/// The rules of the grammar, over tokens.
struct Reader<'t, 'a> {
    tokens: &'t [Spanned<'a>],
    position: usize,
    end: usize,
    depth: usize,
    signs: usize,
}

impl Reader<'_, '_> {
    fn peek(&self) -> Option<&Token<'_>> {
        self.tokens.get(self.position).map(|t| &t.token)
    }

    fn take_operator(&mut self, wanted: &[char]) -> Option<char> {
        match self.peek() {
            Some(Token::Operator(c)) if wanted.contains(c) => {
                let found = *c;
                self.position += 1;
                Some(found)
            }
            _ => None,
        }
    }

    fn here(&self) -> Range<usize> {
        self.tokens.get(self.position).map_or(self.end..self.end, |t| t.span.clone())
    }

    fn unexpected(&self, expected: &str) -> ParseError {
        let Some(found) = self.tokens.get(self.position) else {
            let message = format!("the formula ends here; expected {expected}");
            return ParseError { message, span: self.here(), hint: None };
        };
        let after_operand = expected.starts_with("an operator");
        let hint = match found.token {
            Token::Operator(')') if after_operand => Some("this bracket was never opened"),
            Token::Operator('(') | Token::Word(_) | Token::Number(_) if after_operand => {
                Some("a product is written with `*`")
            }
            _ => None,
        };
        let message = format!("expected {expected}, found `{}`", found.text);
        ParseError { message, span: found.span.clone(), hint: hint.map(str::to_owned) }
    }

    fn nested<T>(&mut self, rule: impl FnOnce(&mut Self) -> Result<T, ParseError>) -> Result<T, ParseError> {
        if self.depth == MAX_DEPTH {
            return Err(ParseError {
                message: format!("the formula is nested more than {MAX_DEPTH} levels deep"),
                span: self.here(),
                hint: Some("name inner parts with `let`".to_owned()),
            });
        }
        self.depth += 1;
        let result = rule(self);
        self.depth -= 1;
        result
    }

    fn sum(&mut self) -> Result<Expr, ParseError> {
        let mut terms = vec![self.product()?];
        while let Some(sign) = self.take_operator(&['+', '-']) {
            let term = self.product()?;
            terms.push(if sign == '-' { term.negated() } else { term });
        }
        Ok(if terms.len() == 1 { terms.remove(0) } else { Expr::sum(terms) })
    }

    fn product(&mut self) -> Result<Expr, ParseError> {
        let start = self.here().start;
        let mut factors = vec![self.signed()?];
        while let Some(sign) = self.take_operator(&['*', '/']) {
            let factor = self.signed()?;
            if sign == '*' {
                factors.push(factor);
            } else {
                let quotient = Expr::product_as_written(factors).over(factor);
                // A quotient of numbers is one number.
                if quotient.as_number().is_some_and(|value| is_too_long(&value)) {
                    let end = self.tokens[self.position - 1].span.end;
                    return Err(too_large("this number is too long", start..end));
                }
                factors = vec![quotient];
            }
        }
        Ok(Expr::product_as_written(factors))
    }

    fn signed(&mut self) -> Result<Expr, ParseError> {
        let mut negative = false;
        while let Some(sign) = self.take_operator(&['+', '-']) {
            negative ^= sign == '-';
        }
        let operand = self.power()?;
        Ok(if negative { operand.negated() } else { operand })
    }

    fn power(&mut self) -> Result<Expr, ParseError> {
        let start = self.here().start;
        let base = self.atom()?;
        if self.take_operator(&['^']).is_none() {
            return Ok(base);
        }
        let exponent = self.nested(Self::signed)?;
        if is_too_large(&base, &exponent) {
            let end = self.tokens[self.position - 1].span.end;
            return Err(too_large("this number is too large", start..end));
        }
        Ok(match exponent.as_number() {
            Some(value) => base.to_power_as_written(value),
            None => Expr::Power(Arc::new(base), Arc::new(exponent)),
        })
    }

    fn atom(&mut self) -> Result<Expr, ParseError> {
        let expected = "a number, a name or `(`";
        let Some(found) = self.tokens.get(self.position) else { return Err(self.unexpected(expected)) };
        let span = found.span.clone();
        match &found.token {
            Token::Number(value) => {
                let value = Expr::Number(value.clone());
                self.position += 1;
                Ok(value)
            }
            Token::Operator('(') => {
                self.position += 1;
                self.bracketed(span)
            }
            Token::Word(word) => {
                let word = *word;
                self.position += 1;
                let open = self.here();
                let called = self.take_operator(&['(']).is_some();
                match (function_named(word), called) {
                    (Some(function), true) => Ok(self.bracketed(open)?.call(function)),
                    (None, true) if ABBREVIATIONS.contains(&word) => self.abbreviation(word, open),
                    (_, false) if is_function(word) => Err(ParseError {
                        message: format!("the function `{word}` needs its argument in brackets"),
                        span,
                        hint: Some(format!("write `{word}(…)`")),
                    }),
                    (None, true) => Err(unknown_function(word, span)),
                    (_, false) if is_pi(word) => Ok(Expr::Pi),
                    (_, false) => Ok(Expr::symbol(word)),
                }
            }
            Token::Operator(_) => Err(self.unexpected(expected)),
        }
    }

    /// √(f²) for the magnitude, and that over f for the sign.
    fn abbreviation(&mut self, word: &str, open: Range<usize>) -> Result<Expr, ParseError> {
        let is_sign = word == "sign";
        if is_sign && self.signs == MAX_SIGNS {
            return Err(ParseError {
                message: format!("`sign` is nested more than {MAX_SIGNS} levels deep"),
                span: open,
                hint: Some("the sign of a sign is the sign itself".to_owned()),
            });
        }
        self.signs += usize::from(is_sign);
        let inner = self.bracketed(open);
        self.signs -= usize::from(is_sign);
        let inner = inner?;
        let magnitude = inner.clone().to_power(2).call(Function::Sqrt);
        Ok(if is_sign { magnitude.over(inner) } else { magnitude })
    }

    /// What follows an opening bracket, with the closing one.
    fn bracketed(&mut self, open: Range<usize>) -> Result<Expr, ParseError> {
        let inner = self.nested(Self::sum)?;
        if self.take_operator(&[')']).is_some() {
            return Ok(inner);
        }
        Err(match self.peek() {
            None => ParseError {
                message: "this bracket is never closed".to_owned(),
                span: open,
                hint: Some("add `)`".to_owned()),
            },
            Some(_) => self.unexpected("an operator or `)`"),
        })
    }
}

fn unknown_function(word: &str, span: Range<usize>) -> ParseError {
    let hint = match word {
        "ln" => "the natural logarithm is `log(…)`".to_owned(),
        "sgn" | "signum" => "the sign is `sign(…)`".to_owned(),
        _ => {
            let functions: Vec<&str> =
                Function::ALL.into_iter().map(Function::name).chain(ABBREVIATIONS).collect();
            format!("the functions are {}; a product is written `{word}*(…)`", functions.join(", "))
        }
    };
    ParseError { message: format!("`{word}` is not a function"), span, hint: Some(hint) }
}
