//! One term of the joint library.

use super::argument::Argument;
use super::function::Function;
use super::multipole::Multipole;
use crate::expr::{Expr, Symbol};
use crate::terms::decimal;

/// A force with one coefficient, for which the fits look, and perhaps one nonlinear parameter κ.
#[derive(Clone, PartialEq, Debug)]
pub struct Term {
    form: Form,
    parameter: Parameter,
    family: Family,
    cost: f64,
}

/// What a term is.
#[derive(Clone, PartialEq, Debug)]
pub enum Form {
    /// The potential Π q_i^{e_i}, as its factors (i, e_i).
    Monomial(Vec<(usize, i32)>),
    /// The potential Σ over the arguments u of f(u; κ).
    Sum(Function, Vec<Argument>),
    /// The potential Π q_i^{e_i} · r^k.
    Multipole(Multipole),
    /// The force (v_j, −v_i) on each pair (i, j).
    Gyroscopic(Vec<(usize, usize)>),
    /// The force −v_i·|v_i|^power on each of the coordinates.
    Friction {
        /// The coordinates.
        coordinates: Vec<usize>,
        /// 0 for linear friction, 1 for drag.
        power: i32,
    },
}

/// The nonlinear parameter of a term.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Parameter {
    /// There is none.
    None,
    /// It belongs to the form: an exponent, a multiple of an angle.
    Fixed(f64),
    /// It is fitted; this is its present value.
    Free(f64),
}

/// The kind of a force.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Kind<'a> {
    /// Minus the gradient of a potential energy.
    Potential,
    /// Perpendicular to the velocity, as in a magnetic field.
    Gyroscopic {
        /// The pairs (i, j) of coordinates with the force (v_j, −v_i).
        pairs: &'a [(usize, usize)],
    },
    /// Against the velocity.
    Friction {
        /// The coordinates.
        coordinates: &'a [usize],
        /// The force is −v|v|^power.
        power: i32,
    },
}

/// Terms of one family stand in for each other; the search keeps its beams from filling with one of them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs)]
pub enum Family {
    Polynomial,
    RadialPolynomial,
    Radial,
    Multipole,
    FreePower,
    Yukawa,
    RadialExponential,
    ShiftedLogarithm,
    Plummer,
    ShiftedRoot,
    ShiftedReciprocal,
    Gaussian,
    RootBefore,
    Trigonometric,
    FreeTrigonometric,
    Exponential,
    Reciprocal,
    Gyroscopic,
    Friction,
}

impl Term {
    /// A term. `cost` is its description length beyond that of the plainest terms, in nats over 2.
    pub fn new(form: Form, parameter: Parameter, family: Family, cost: f64) -> Term {
        Term { form, parameter, family, cost }
    }

    /// What it is.
    pub fn form(&self) -> &Form {
        &self.form
    }

    /// Its family.
    pub fn family(&self) -> Family {
        self.family
    }

    /// Its description length beyond that of the plainest terms, in nats over 2.
    pub fn cost(&self) -> f64 {
        self.cost
    }

    /// The kind of its force.
    pub fn kind(&self) -> Kind<'_> {
        match &self.form {
            Form::Monomial(_) | Form::Sum(..) | Form::Multipole(_) => Kind::Potential,
            Form::Gyroscopic(pairs) => Kind::Gyroscopic { pairs },
            Form::Friction { coordinates, power } => Kind::Friction { coordinates, power: *power },
        }
    }

    /// Whether its potential depends on a coordinate; for forces without one, whether they act on it.
    pub fn depends_on(&self, i: usize) -> bool {
        let in_factors = |factors: &[(usize, i32)]| factors.iter().any(|(j, _)| *j == i);
        match &self.form {
            Form::Monomial(factors) => in_factors(factors),
            Form::Sum(_, arguments) => arguments.iter().any(|argument| argument.depends_on(i)),
            Form::Multipole(multipole) => in_factors(&multipole.factors) || multipole.radius.depends_on(i),
            Form::Gyroscopic(pairs) => pairs.iter().any(|&(a, b)| a == i || b == i),
            Form::Friction { coordinates, .. } => coordinates.contains(&i),
        }
    }

    /// Whether its nonlinear parameter is fitted.
    pub fn is_free(&self) -> bool {
        matches!(self.parameter, Parameter::Free(_))
    }

    /// Its nonlinear parameter κ, fitted or not.
    pub fn parameter(&self) -> Option<f64> {
        match self.parameter {
            Parameter::None => None,
            Parameter::Fixed(value) | Parameter::Free(value) => Some(value),
        }
    }

    /// The term with another value of its parameter; a term without one stays as it is.
    pub fn with_parameter(&self, value: f64) -> Term {
        let parameter = match self.parameter {
            Parameter::None => Parameter::None,
            Parameter::Fixed(_) => Parameter::Fixed(value),
            Parameter::Free(_) => Parameter::Free(value),
        };
        Term { parameter, ..self.clone() }
    }

    /// The term with its parameter fixed at a value, as another family and cost.
    pub fn fixed_at(&self, value: f64, family: Family, cost: f64) -> Term {
        Term { form: self.form.clone(), parameter: Parameter::Fixed(value), family, cost }
    }

    /// Whether both are the same function when free parameters may differ.
    pub fn same_form(&self, other: &Term) -> bool {
        self.form == other.form && (self.is_free() && other.is_free() || self.parameter == other.parameter)
    }

    /// Whether a summand of its potential is also one of another's, as x² is of x² + y²: their coefficients then
    /// share a meaning, and another choice of terms says the same more plainly.
    pub fn overlaps(&self, other: &Term) -> bool {
        let own = self.summands();
        other.summands().iter().any(|summand| own.contains(summand))
    }

    /// The potential as single summands with a unit coefficient; none for forces without one.
    fn summands(&self) -> Vec<Term> {
        let part = |form| Term::new(form, self.parameter, Family::Polynomial, 0.0);
        let monomial =
            |i, e| Term::new(Form::Monomial(vec![(i, e)]), Parameter::None, Family::Polynomial, 0.0);
        match &self.form {
            Form::Monomial(factors) => {
                vec![Term::new(Form::Monomial(factors.clone()), Parameter::None, Family::Polynomial, 0.0)]
            }
            Form::Sum(Function::Power, arguments) => arguments
                .iter()
                .flat_map(|u| match u {
                    Argument::Squares(forms) if self.value() == 1.0 => {
                        forms.iter().map(|form| (Argument::Linear(form.clone()), 2.0)).collect()
                    }
                    other => vec![(other.clone(), self.value())],
                })
                .map(|(u, k)| match &u {
                    Argument::Linear(form) if form.len() == 1 => monomial(form[0].0, k as i32),
                    _ => Term::new(
                        Form::Sum(Function::Power, vec![u]),
                        Parameter::Fixed(k),
                        Family::Polynomial,
                        0.0,
                    ),
                })
                .collect(),
            Form::Sum(f, arguments) => {
                arguments.iter().map(|u| part(Form::Sum(*f, vec![u.clone()]))).collect()
            }
            Form::Multipole(_) => vec![part(self.form.clone())],
            Form::Gyroscopic(pairs) => pairs.iter().map(|&pair| part(Form::Gyroscopic(vec![pair]))).collect(),
            Form::Friction { coordinates, power } => coordinates
                .iter()
                .map(|&i| part(Form::Friction { coordinates: vec![i], power: *power }))
                .collect(),
        }
    }

    /// Adds the generalised force per unit coefficient to `out`, `[dof]`.
    pub fn force(&self, q: &[f64], v: &[f64], out: &mut [f64]) {
        self.add_force(q, v, self.value(), 1.0, out);
    }

    /// Adds κ ∂force/∂κ per unit coefficient, the change per relative change of κ, to `out`, `[dof]`.
    pub fn force_by_parameter(&self, q: &[f64], out: &mut [f64]) {
        self.add_force_by_parameter(q, self.value(), 1.0, out);
    }

    /// Adds scale·∂force/∂q and scale·∂force/∂v, `[dof, dof]` each.
    pub fn slopes(&self, q: &[f64], v: &[f64], scale: f64, by_position: &mut [f64], by_velocity: &mut [f64]) {
        self.add_slopes(q, v, self.value(), scale, by_position, by_velocity);
    }

    /// The potential energy per unit coefficient; `None` for forces that have none.
    pub fn potential(&self, q: &[f64]) -> Option<f64> {
        match &self.form {
            Form::Monomial(factors) => Some(factors.iter().map(|&(i, e)| q[i].powi(e)).product()),
            Form::Sum(f, arguments) => {
                Some(arguments.iter().map(|u| f.value(u.value(q), self.value())).sum())
            }
            Form::Multipole(multipole) => Some(multipole.value(q)),
            Form::Gyroscopic(_) | Form::Friction { .. } => None,
        }
    }

    /// The formula of the potential energy per unit coefficient, with `parameter` in place of κ; `None` for forces
    /// that have none. Without `parameter`, κ is written as a number.
    pub fn formula(&self, coordinates: &[Symbol], parameter: Option<&Expr>) -> Option<Expr> {
        let symbol = |i: usize| Expr::Symbol(coordinates[i].clone());
        match &self.form {
            Form::Monomial(factors) => {
                Some(Expr::product(factors.iter().map(|&(i, e)| symbol(i).to_power(e))))
            }
            Form::Sum(f, arguments) => {
                let own = || Expr::number(decimal(self.value(), 12));
                let k = parameter.cloned().unwrap_or_else(own);
                Some(Expr::sum(arguments.iter().map(|u| f.formula(u.formula(coordinates), k.clone()))))
            }
            Form::Multipole(Multipole { factors, radius, power }) => {
                let monomial = factors.iter().map(|&(i, e)| symbol(i).to_power(e));
                let radial = Function::RadialPower
                    .formula(radius.formula(coordinates), Expr::number(i64::from(*power)));
                Some(Expr::product(monomial.chain([radial])))
            }
            Form::Gyroscopic(_) | Form::Friction { .. } => None,
        }
    }

    /// κ for the functions, which ignore it where there is none.
    fn value(&self) -> f64 {
        self.parameter().unwrap_or(1.0)
    }

    /// Adds scale times the force at the parameter κ to `out`.
    pub(crate) fn add_force(&self, q: &[f64], v: &[f64], k: f64, scale: f64, out: &mut [f64]) {
        match &self.form {
            Form::Monomial(factors) => {
                for &(i, e) in factors {
                    out[i] -= scale * f64::from(e) * lowered(factors, q, i, i);
                }
            }
            Form::Sum(f, arguments) => {
                arguments.iter().for_each(|u| u.add_gradient(q, -scale * f.slope(u.value(q), k), out));
            }
            Form::Multipole(multipole) => multipole.add_gradient(q, -scale, out),
            Form::Gyroscopic(pairs) => {
                for &(i, j) in pairs {
                    out[i] += scale * v[j];
                    out[j] -= scale * v[i];
                }
            }
            Form::Friction { coordinates, power } => {
                coordinates.iter().for_each(|&i| out[i] -= scale * v[i] * v[i].abs().powi(*power));
            }
        }
    }

    /// Adds scale·κ ∂force/∂κ at the parameter κ to `out`.
    pub(crate) fn add_force_by_parameter(&self, q: &[f64], k: f64, scale: f64, out: &mut [f64]) {
        if let Form::Sum(f, arguments) = &self.form {
            let change = |u: &Argument| -scale * f.slope_by_parameter(u.value(q), k);
            arguments.iter().for_each(|u| u.add_gradient(q, change(u), out));
        }
    }

    /// Adds scale times the slopes of the force at the parameter κ.
    pub(crate) fn add_slopes(
        &self,
        q: &[f64],
        v: &[f64],
        k: f64,
        scale: f64,
        by_position: &mut [f64],
        by_velocity: &mut [f64],
    ) {
        let n = q.len();
        match &self.form {
            Form::Monomial(factors) => add_monomial_slopes(factors, q, scale, by_position),
            Form::Sum(f, arguments) => {
                for u in arguments {
                    let at = u.value(q);
                    let (slope, curvature) = (-scale * f.slope(at, k), -scale * f.curvature(at, k));
                    u.add_hessian(q, slope, curvature, by_position);
                }
            }
            Form::Multipole(multipole) => multipole.add_hessian(q, -scale, by_position),
            Form::Gyroscopic(pairs) => {
                for &(i, j) in pairs {
                    by_velocity[i * n + j] += scale;
                    by_velocity[j * n + i] -= scale;
                }
            }
            Form::Friction { coordinates, power } => {
                let slope = |i: usize| scale * f64::from(1 + power) * v[i].abs().powi(*power);
                coordinates.iter().for_each(|&i| by_velocity[i * n + i] -= slope(i));
            }
        }
    }
}

/// The monomial with the exponent of q_i lowered by one, and that of q_j too where j ≠ i.
fn lowered(factors: &[(usize, i32)], q: &[f64], i: usize, j: usize) -> f64 {
    let lower = |l: usize| i32::from(l == i) + i32::from(l == j && i != j);
    factors.iter().map(|&(l, e)| q[l].powi(e - lower(l))).product()
}

fn add_monomial_slopes(factors: &[(usize, i32)], q: &[f64], scale: f64, out: &mut [f64]) {
    let n = q.len();
    for &(i, e) in factors {
        for &(j, d) in factors.iter().filter(|&&(j, _)| j != i) {
            out[i * n + j] -= scale * f64::from(e * d) * lowered(factors, q, i, j);
        }
        if e > 1 {
            let rest: f64 = factors.iter().map(|&(l, d)| q[l].powi(if l == i { d - 2 } else { d })).product();
            out[i * n + i] -= scale * f64::from(e * (e - 1)) * rest;
        }
    }
}

#[cfg(test)]
mod tests;
