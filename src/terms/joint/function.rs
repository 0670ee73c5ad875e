//! The functions f(u; κ) of one argument, with exact derivatives.

use std::sync::Arc;

use crate::expr::{Expr, Function as Elementary};

/// A function f(u; κ). In the names, r = √u, so that u is a squared distance.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Function {
    /// u^κ for an integer κ.
    Power,
    /// |u|^κ.
    AbsolutePower,
    /// r^κ.
    RadialPower,
    /// log u.
    Logarithm,
    /// e^{κu}.
    Exponential,
    /// e^{−κu}.
    Gaussian,
    /// cos κu.
    Cosine,
    /// sin κu.
    Sine,
    /// log(κ + u).
    ShiftedLogarithm,
    /// √(κ + u).
    ShiftedRoot,
    /// 1/√(κ + u).
    Plummer,
    /// 1/(κ + u).
    ShiftedReciprocal,
    /// √(κ − u).
    RootBefore,
    /// e^{−κr}/r.
    Yukawa,
    /// e^{−κr}.
    RadialExponential,
}

impl Function {
    /// Whether it has no parameter.
    pub fn is_plain(self) -> bool {
        self == Function::Logarithm
    }

    /// f(u; κ).
    pub fn value(self, u: f64, k: f64) -> f64 {
        match self {
            Function::Power => power(u, k),
            Function::AbsolutePower => power(u.abs(), k),
            Function::RadialPower => half_power(u, k),
            Function::Logarithm => u.ln(),
            Function::Exponential => (k * u).exp(),
            Function::Gaussian => (-k * u).exp(),
            Function::Cosine => (k * u).cos(),
            Function::Sine => (k * u).sin(),
            Function::ShiftedLogarithm => (k + u).ln(),
            Function::ShiftedRoot => (k + u).sqrt(),
            Function::Plummer => 1.0 / (k + u).sqrt(),
            Function::ShiftedReciprocal => 1.0 / (k + u),
            Function::RootBefore => (k - u).sqrt(),
            Function::Yukawa => (-k * u.sqrt()).exp() / u.sqrt(),
            Function::RadialExponential => (-k * u.sqrt()).exp(),
        }
    }

    /// ∂f/∂u.
    pub fn slope(self, u: f64, k: f64) -> f64 {
        match self {
            Function::Power => k * power(u, k - 1.0),
            Function::AbsolutePower => k * power(u.abs(), k - 1.0).copysign(u),
            Function::RadialPower => k / 2.0 * half_power(u, k - 2.0),
            Function::Logarithm => 1.0 / u,
            Function::Exponential => k * (k * u).exp(),
            Function::Gaussian => -k * (-k * u).exp(),
            Function::Cosine => -k * (k * u).sin(),
            Function::Sine => k * (k * u).cos(),
            Function::ShiftedLogarithm => 1.0 / (k + u),
            Function::ShiftedRoot => 0.5 / (k + u).sqrt(),
            Function::Plummer => -0.5 / ((k + u) * (k + u).sqrt()),
            Function::ShiftedReciprocal => -1.0 / ((k + u) * (k + u)),
            Function::RootBefore => -0.5 / (k - u).sqrt(),
            Function::Yukawa => {
                let r = u.sqrt();
                -(-k * r).exp() * (k * r + 1.0) / (2.0 * u * r)
            }
            Function::RadialExponential => {
                let r = u.sqrt();
                -k * (-k * r).exp() / (2.0 * r)
            }
        }
    }

    /// ∂²f/∂u².
    pub fn curvature(self, u: f64, k: f64) -> f64 {
        match self {
            Function::Power if k == 1.0 => 0.0,
            Function::Power => k * (k - 1.0) * power(u, k - 2.0),
            Function::AbsolutePower if k == 1.0 => 0.0,
            Function::AbsolutePower => k * (k - 1.0) * power(u.abs(), k - 2.0),
            Function::RadialPower => k / 2.0 * (k / 2.0 - 1.0) * half_power(u, k - 4.0),
            Function::Logarithm => -1.0 / (u * u),
            Function::Exponential => k * k * (k * u).exp(),
            Function::Gaussian => k * k * (-k * u).exp(),
            Function::Cosine => -k * k * (k * u).cos(),
            Function::Sine => -k * k * (k * u).sin(),
            Function::ShiftedLogarithm => -1.0 / ((k + u) * (k + u)),
            Function::ShiftedRoot => -0.25 / ((k + u) * (k + u).sqrt()),
            Function::Plummer => 0.75 / ((k + u) * (k + u) * (k + u).sqrt()),
            Function::ShiftedReciprocal => 2.0 / (k + u).powi(3),
            Function::RootBefore => -0.25 / ((k - u) * (k - u).sqrt()),
            Function::Yukawa => {
                let r = u.sqrt();
                (-k * r).exp() * (k * k * u + 3.0 * k * r + 3.0) / (4.0 * u * u * r)
            }
            Function::RadialExponential => {
                let r = u.sqrt();
                k * (-k * r).exp() * (k * r + 1.0) / (4.0 * u * r)
            }
        }
    }

    /// κ ∂²f/∂u∂κ: the change of the slope per relative change of the parameter.
    pub fn slope_by_parameter(self, u: f64, k: f64) -> f64 {
        match self {
            Function::Power => power(u, k - 1.0) * (k + k * k * u.ln()),
            Function::AbsolutePower => (power(u.abs(), k - 1.0) * (k + k * k * u.abs().ln())).copysign(u),
            Function::RadialPower => half_power(u, k - 2.0) * k / 2.0 * (1.0 + k / 2.0 * u.ln()),
            Function::Logarithm => 0.0,
            Function::Exponential => k * (1.0 + k * u) * (k * u).exp(),
            Function::Gaussian => -k * (1.0 - k * u) * (-k * u).exp(),
            Function::Cosine => -k * ((k * u).sin() + k * u * (k * u).cos()),
            Function::Sine => k * ((k * u).cos() - k * u * (k * u).sin()),
            Function::ShiftedLogarithm => -k / ((k + u) * (k + u)),
            Function::ShiftedRoot => -0.25 * k / ((k + u) * (k + u).sqrt()),
            Function::Plummer => 0.75 * k / ((k + u) * (k + u) * (k + u).sqrt()),
            Function::ShiftedReciprocal => 2.0 * k / (k + u).powi(3),
            Function::RootBefore => 0.25 * k / ((k - u) * (k - u).sqrt()),
            Function::Yukawa => {
                let r = u.sqrt();
                k * k * (-k * r).exp() / (2.0 * r)
            }
            Function::RadialExponential => {
                let r = u.sqrt();
                -k * (1.0 - k * r) * (-k * r).exp() / (2.0 * r)
            }
        }
    }

    /// The formula of f(u; κ).
    pub fn formula(self, u: Expr, k: Expr) -> Expr {
        let root = |x: Expr| x.call(Elementary::Sqrt);
        let rate = |x: Expr| Expr::product([k.clone(), x]);
        match self {
            Function::Power => raised(u, k),
            Function::AbsolutePower => match even_half(&k) {
                Some(_) => raised(u, k),
                None => raised(root(u.to_power(2)), k),
            },
            Function::RadialPower => match even_half(&k) {
                Some(half) => raised(u, Expr::number(half)),
                None => raised(root(u), k),
            },
            Function::Logarithm => u.call(Elementary::Log),
            Function::Exponential => rate(u).call(Elementary::Exp),
            Function::Gaussian => rate(u).negated().call(Elementary::Exp),
            Function::Cosine => rate(u).call(Elementary::Cos),
            Function::Sine => rate(u).call(Elementary::Sin),
            Function::ShiftedLogarithm => Expr::sum([k, u]).call(Elementary::Log),
            Function::ShiftedRoot => root(Expr::sum([k, u])),
            Function::Plummer => Expr::one().over(root(Expr::sum([k, u]))),
            Function::ShiftedReciprocal => Expr::one().over(Expr::sum([k, u])),
            Function::RootBefore => root(Expr::sum([k, u.negated()])),
            Function::Yukawa => rate(root(u.clone())).negated().call(Elementary::Exp).over(root(u)),
            Function::RadialExponential => rate(root(u)).negated().call(Elementary::Exp),
        }
    }
}

/// x^k, by multiplication where k is a small integer.
fn power(x: f64, k: f64) -> f64 {
    if k.fract() == 0.0 && k.abs() <= 64.0 { x.powi(k as i32) } else { x.powf(k) }
}

/// u^{k/2}, by multiplication and one root where k is a small integer.
fn half_power(u: f64, k: f64) -> f64 {
    if k.fract() != 0.0 || k.abs() > 64.0 {
        return u.powf(k / 2.0);
    }
    let k = k as i32;
    let whole = u.powi(k.div_euclid(2));
    if k.rem_euclid(2) == 0 { whole } else { whole * u.sqrt() }
}

/// k/2 where k is an even integer.
fn even_half(k: &Expr) -> Option<i64> {
    let half = k.as_number()?.to_f64().value() / 2.0;
    (half.fract() == 0.0 && half.abs() < 1e6).then_some(half as i64)
}

/// base^exponent, a negative number in the exponent as a quotient.
fn raised(base: Expr, exponent: Expr) -> Expr {
    match (exponent.as_number(), exponent) {
        (Some(_), Expr::Negative(size)) => Expr::one().over(raised(base, (*size).clone())),
        (Some(value), _) => base.to_power(value),
        (None, exponent) => Expr::Power(Arc::new(base), Arc::new(exponent)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Function; 15] = [
        Function::Power,
        Function::AbsolutePower,
        Function::RadialPower,
        Function::Logarithm,
        Function::Exponential,
        Function::Gaussian,
        Function::Cosine,
        Function::Sine,
        Function::ShiftedLogarithm,
        Function::ShiftedRoot,
        Function::Plummer,
        Function::ShiftedReciprocal,
        Function::RootBefore,
        Function::Yukawa,
        Function::RadialExponential,
    ];

    fn difference(f: impl Fn(f64) -> f64, x: f64) -> f64 {
        let h = 1e-4 * x;
        (8.0 * (f(x + h) - f(x - h)) - (f(x + 2.0 * h) - f(x - 2.0 * h))) / (12.0 * h)
    }

    #[test]
    fn derivatives_are_those_of_the_value() {
        for function in ALL {
            for k in [3.0, 2.0, 1.7] {
                let u = 0.8;
                let close =
                    |a: f64, b: f64| assert!((a - b).abs() < 1e-8 * (1.0 + b.abs()), "{function:?} {k}");
                close(function.slope(u, k), difference(|u| function.value(u, k), u));
                close(function.curvature(u, k), difference(|u| function.slope(u, k), u));
                close(function.slope_by_parameter(u, k), k * difference(|k| function.slope(u, k), k));
            }
        }
    }

    #[test]
    fn formulas_have_the_same_value() {
        let u = crate::expr::Symbol::new("u");
        for function in ALL {
            for k in [3, 2, -1] {
                if k < 0 && matches!(function, Function::RootBefore | Function::ShiftedLogarithm) {
                    continue;
                }
                let formula = function.formula(Expr::Symbol(u.clone()), Expr::number(k));
                let tape = crate::expr::Tape::new(&[formula], std::slice::from_ref(&u)).unwrap();
                let (got, want) = (tape.evaluate(&[1.3])[0], function.value(1.3, f64::from(k)));
                assert!((got - want).abs() < 1e-12 * (1.0 + want.abs()), "{function:?} {k}: {got} {want}");
            }
        }
    }
}
