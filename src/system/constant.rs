//! Exact values of constant formulas, and the parameters that are defined by them.

use std::collections::BTreeMap;

use dashu_int::IBig;

use crate::expr::{Expr, Function, Rational, Symbol};

use super::Parameter;

/// The largest number of binary digits of a parameter's numerator or denominator.
const MAX_BITS: usize = 4096;

/// The exact value of a formula in which every name has a value.
///
/// # Errors
/// In words: a division by zero, a value that is not rational, one that is too large.
pub fn exact_value(formula: &Expr, values: &BTreeMap<Symbol, Rational>) -> Result<Rational, String> {
    let value = match formula {
        Expr::Number(value) => value.clone(),
        Expr::Pi => return Err("`pi` is not rational".to_string()),
        Expr::Symbol(symbol) => match values.get(symbol) {
            Some(value) => value.clone(),
            None => return Err(format!("`{symbol}` has no value")),
        },
        Expr::Sum(terms) => {
            let mut sum = Rational::ZERO;
            for term in terms {
                sum += exact_value(term, values)?;
            }
            sum
        }
        Expr::Product(factors) => {
            let mut product = Rational::ONE;
            for factor in factors {
                product *= exact_value(factor, values)?;
            }
            product
        }
        Expr::Quotient(numerator, denominator) => {
            let divisor = exact_value(denominator, values)?;
            if divisor.is_zero() {
                return Err(format!("division by zero in `{formula}`"));
            }
            exact_value(numerator, values)? / divisor
        }
        Expr::Power(base, exponent) => {
            exact_power(exact_value(base, values)?, &exact_value(exponent, values)?, formula)?
        }
        Expr::Negative(inner) => -exact_value(inner, values)?,
        Expr::Call(function, argument) => exact_call(*function, exact_value(argument, values)?, formula)?,
    };
    match value.numerator().bit_len().max(value.denominator().bit_len()) > MAX_BITS {
        true => Err("the value is too large".to_string()),
        false => Ok(value),
    }
}

trait BitLength {
    fn bit_len(&self) -> usize;
}

impl BitLength for IBig {
    fn bit_len(&self) -> usize {
        dashu_base::BitTest::bit_len(self)
    }
}

impl BitLength for dashu_int::UBig {
    fn bit_len(&self) -> usize {
        dashu_base::BitTest::bit_len(self)
    }
}

fn exact_power(base: Rational, exponent: &Rational, formula: &Expr) -> Result<Rational, String> {
    let root = u32::try_from(exponent.denominator().clone()).ok().filter(|root| *root <= 64);
    let times = i32::try_from(exponent.numerator().clone()).ok();
    let (Some(root), Some(times)) = (root, times) else {
        return Err(format!("the exponent of `{formula}` is too large"));
    };
    if base.is_zero() && times < 0 {
        return Err(format!("division by zero in `{formula}`"));
    }
    let base = exact_root(base, root).ok_or_else(|| format!("`{formula}` is not rational"))?;
    let size = base.numerator().bit_len().max(base.denominator().bit_len());
    if size > 1 && size.saturating_mul(times.unsigned_abs() as usize) > 2 * MAX_BITS {
        return Err("the value is too large".to_string());
    }
    // ±1 and 0 have small powers whatever the exponent; only its parity matters.
    let steps =
        if size <= 1 { times.unsigned_abs() % 2 + 2 * u32::from(times != 0) } else { times.unsigned_abs() };
    let power = (0..steps).fold(Rational::ONE, |power, _| power * &base);
    Ok(if times < 0 { Rational::ONE / power } else { power })
}

/// The real root of that order, where it is rational (for even orders the positive one).
fn exact_root(value: Rational, order: u32) -> Option<Rational> {
    if order == 1 {
        return Some(value);
    }
    let negative = value < Rational::ZERO;
    if negative {
        // The principal branch of a root of a negative number is not real.
        return None;
    }
    let (numerator, denominator) = value.into_parts();
    let whole_root = |whole: dashu_int::UBig| {
        let root = whole.nth_root(order as usize);
        (root.pow(order as usize) == whole).then_some(root)
    };
    let numerator = whole_root(dashu_base::UnsignedAbs::unsigned_abs(numerator))?;
    Some(Rational::from_parts(IBig::from(numerator), whole_root(denominator)?))
}

fn exact_call(function: Function, argument: Rational, formula: &Expr) -> Result<Rational, String> {
    let value = match function {
        Function::Sqrt => exact_root(argument, 2),
        Function::Cos | Function::Exp => argument.is_zero().then_some(Rational::ONE),
        Function::Sin | Function::Tan => argument.is_zero().then_some(Rational::ZERO),
        Function::Log => (argument == Rational::ONE).then_some(Rational::ZERO),
    };
    value.ok_or_else(|| format!("`{formula}` is not rational"))
}

/// The value of a constant formula in double precision: NaN where it is not defined or a name has no
/// value.
pub fn approximate(formula: &Expr, values: &BTreeMap<Symbol, f64>) -> f64 {
    let at = |inner: &Expr| approximate(inner, values);
    match formula {
        Expr::Number(value) => value.to_f64().value(),
        Expr::Pi => std::f64::consts::PI,
        Expr::Symbol(symbol) => values.get(symbol).copied().unwrap_or(f64::NAN),
        Expr::Sum(terms) => terms.iter().map(at).sum(),
        Expr::Product(factors) => factors.iter().map(at).product(),
        Expr::Quotient(numerator, denominator) => at(numerator) / at(denominator),
        Expr::Power(base, exponent) => at(base).powf(at(exponent)),
        Expr::Negative(inner) => -at(inner),
        Expr::Call(function, argument) => function.apply(at(argument)),
    }
}

/// Gives a value to every parameter whose definition has one, in any order of definition; a definition
/// by symbolic parameters stays without.
///
/// # Errors
/// The index of the parameter at fault and the reason. A circle of definitions is one.
pub fn settle_parameters(parameters: &mut [Parameter]) -> Result<(), (usize, String)> {
    for parameter in parameters.iter_mut().filter(|p| p.definition.is_some()) {
        parameter.value = None;
    }
    for at in dependency_order(parameters)? {
        let Some(definition) = &parameters[at].definition else { continue };
        let values: BTreeMap<Symbol, Rational> =
            parameters.iter().filter_map(|p| Some((p.name.clone(), p.value.clone()?))).collect();
        if definition.symbols().iter().all(|name| values.contains_key(name)) {
            parameters[at].value = Some(exact_value(definition, &values).map_err(|reason| (at, reason))?);
        }
    }
    Ok(())
}

/// The parameters so that each comes after those in its definition.
fn dependency_order(parameters: &[Parameter]) -> Result<Vec<usize>, (usize, String)> {
    let mut order: Vec<usize> = Vec::with_capacity(parameters.len());
    let mut placed = vec![false; parameters.len()];
    while order.len() < parameters.len() {
        let before = order.len();
        for (at, parameter) in parameters.iter().enumerate() {
            let ready = parameter.definition.as_ref().is_none_or(|definition| {
                definition.symbols().iter().all(|name| {
                    parameters.iter().position(|p| p.name == *name).is_none_or(|other| placed[other])
                })
            });
            if ready && !placed[at] {
                placed[at] = true;
                order.push(at);
            }
        }
        if order.len() == before {
            let at = placed.iter().position(|done| !done).unwrap_or(0);
            return Err((at, "its definition goes round in a circle".to_string()));
        }
    }
    Ok(order)
}

/// What stands for each parameter that is not itself free: its value, or its definition in free ones.
pub fn replacements(parameters: &[Parameter]) -> BTreeMap<Symbol, Expr> {
    let mut map: BTreeMap<Symbol, Expr> = BTreeMap::new();
    for at in dependency_order(parameters).unwrap_or_default() {
        let parameter = &parameters[at];
        let replacement = match (&parameter.value, &parameter.definition) {
            (Some(value), _) => Expr::number(value.clone()),
            (None, Some(definition)) => definition.substitute(&map),
            (None, None) => continue,
        };
        map.insert(parameter.name.clone(), replacement);
    }
    map
}

/// A part of the formula, as written, that divides by a constant which is exactly zero once the
/// parameters have their values.
pub fn vanishing_denominator(formula: &Expr, parameters: &BTreeMap<Symbol, Expr>) -> Option<Expr> {
    let none = BTreeMap::new();
    let is_zero = |part: &Expr| exact_value(&part.substitute(parameters), &none) == Ok(Rational::ZERO);
    let divides = match formula {
        Expr::Quotient(_, denominator) => is_zero(denominator),
        Expr::Power(base, exponent) => {
            exponent.as_number().is_some_and(|e| e < Rational::ZERO) && is_zero(base)
        }
        _ => false,
    };
    if divides {
        return Some(formula.clone());
    }
    formula.children().find_map(|child| vanishing_denominator(child, parameters))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::parse;

    fn value(text: &str) -> Result<Rational, String> {
        exact_value(&parse(text).unwrap(), &BTreeMap::new())
    }

    #[test]
    fn exact_values() {
        for (text, same) in [
            ("1/2 + 1/3", "5/6"),
            ("2^(-3)", "1/8"),
            ("(9/4)^(1/2)", "3/2"),
            ("sqrt(16)/3", "4/3"),
            ("-(2 - 5)*2", "6"),
            ("(-1)^1000000", "1"),
            ("(-1)^(-1000001)", "-1"),
            ("0^5", "0"),
            ("exp(0)*cos(0)", "1"),
        ] {
            assert_eq!(value(text), value(same), "{text}");
        }
        for text in
            ["1/0", "1/(1/2 - 0.5)", "pi", "sqrt(2)", "2^10000", "2^(1/3)", "(-8)^(1/3)", "0^(-1)", "x"]
        {
            assert!(value(text).is_err(), "{text}");
        }
    }

    #[test]
    fn vanishing_denominators() {
        let parameters = BTreeMap::from([(Symbol::new("m"), Expr::zero())]);
        for (text, bad) in
            [("1 + x^2/(2*m)", Some("x^2/(2*m)")), ("x + m^(-1)", Some("m^(-1)")), ("x/(y - y)", None)]
        {
            let found = vanishing_denominator(&parse(text).unwrap(), &parameters);
            assert_eq!(found.map(|part| part.to_string()).as_deref(), bad);
        }
    }
}
