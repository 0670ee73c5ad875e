//! Derivatives of formulas.

use super::{Expr, Function, Symbol};

impl Expr {
    /// The partial derivative ∂self/∂symbol, as a formula.
    ///
    /// Zeros and ones are removed; nothing else is simplified, because `algebra` does that. The derivative
    /// of `sqrt(u)` is `u'/(2*sqrt(u))`. The derivative of `u^v` with a variable exponent is
    /// `u^v*(v'*log(u) + v*u'/u)`.
    ///
    /// ```
    /// use liouville_kernel::expr::{Symbol, parse};
    ///
    /// let potential = parse("-k/sqrt(x^2 + y^2)")?;
    /// let slope = potential.derivative(&Symbol::new("k"));
    /// assert_eq!(slope.to_string(), "-1/sqrt(x^2 + y^2)");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn derivative(&self, symbol: &Symbol) -> Expr {
        match self {
            Expr::Number(_) | Expr::Pi => Expr::zero(),
            Expr::Symbol(own) => {
                if own == symbol {
                    Expr::one()
                } else {
                    Expr::zero()
                }
            }
            Expr::Sum(terms) => Expr::sum(terms.iter().map(|term| term.derivative(symbol))),
            Expr::Product(factors) => Expr::sum((0..factors.len()).filter_map(|index| {
                let slope = factors[index].derivative(symbol);
                if slope.is_zero() {
                    return None;
                }
                let rest = factors.iter().enumerate();
                Some(Expr::product(rest.map(|(at, f)| if at == index { slope.clone() } else { f.clone() })))
            })),
            Expr::Quotient(numerator, denominator) => {
                let (n, d) = (&**numerator, &**denominator);
                let (dn, dd) = (n.derivative(symbol), d.derivative(symbol));
                let first = if dn.is_zero() { Expr::zero() } else { dn.over(d.clone()) };
                if dd.is_zero() {
                    return first;
                }
                first - (n.clone() * dd).over(d.clone().to_power(2))
            }
            Expr::Power(base, exponent) => power_derivative(self, base, exponent, symbol),
            Expr::Negative(inner) => inner.derivative(symbol).negated(),
            Expr::Call(function, argument) => {
                let slope = argument.derivative(symbol);
                if slope.is_zero() {
                    return Expr::zero();
                }
                let u = (**argument).clone();
                match function {
                    Function::Sqrt => slope.over(Expr::number(2) * self.clone()),
                    Function::Sin => slope * u.call(Function::Cos),
                    Function::Cos => (slope * u.call(Function::Sin)).negated(),
                    Function::Tan => slope * (Expr::one() + self.clone().to_power(2)),
                    Function::Exp => slope * self.clone(),
                    Function::Log => slope.over(u),
                }
            }
        }
    }
}

fn power_derivative(power: &Expr, base: &Expr, exponent: &Expr, symbol: &Symbol) -> Expr {
    let (slope, growth) = (base.derivative(symbol), exponent.derivative(symbol));
    let by_base = if slope.is_zero() {
        Expr::zero()
    } else if let Some(value) = exponent.as_number() {
        let lowered = base.clone().to_power(&value - crate::expr::Rational::ONE);
        Expr::product([Expr::number(value), lowered, slope])
    } else {
        Expr::product([exponent.clone(), power.clone(), slope]).over(base.clone())
    };
    if growth.is_zero() {
        return by_base;
    }
    by_base + Expr::product([power.clone(), base.clone().call(Function::Log), growth])
}
