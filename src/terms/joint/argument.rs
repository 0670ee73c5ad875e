//! What the functions of the library are functions of.

use crate::expr::{Expr, Symbol};

/// A linear form Σ c_i q_i as its nonzero coefficients (i, c_i).
pub type LinearForm = Vec<(usize, f64)>;

/// An argument u(q).
#[derive(Clone, PartialEq, Debug)]
pub enum Argument {
    /// A linear form: q_i, q_i − q_j.
    Linear(LinearForm),
    /// A sum of squares of linear forms: r² of a body, of a pair.
    Squares(Vec<LinearForm>),
}

impl Argument {
    /// q_i.
    pub fn coordinate(i: usize) -> Argument {
        Argument::Linear(vec![(i, 1.0)])
    }

    /// q_i − q_j.
    pub fn difference(i: usize, j: usize) -> Argument {
        Argument::Linear(vec![(i, 1.0), (j, -1.0)])
    }

    /// Σ q_i² over the coordinates.
    pub fn squares(coordinates: &[usize]) -> Argument {
        Argument::Squares(coordinates.iter().map(|&i| vec![(i, 1.0)]).collect())
    }

    /// Σ (q_i − q_j)² over corresponding coordinates of two bodies.
    pub fn distance(first: &[usize], second: &[usize]) -> Argument {
        Argument::Squares(first.iter().zip(second).map(|(&i, &j)| vec![(i, 1.0), (j, -1.0)]).collect())
    }

    /// The square of a linear form; a sum of squares stays as it is.
    pub fn squared(&self) -> Argument {
        match self {
            Argument::Linear(form) => Argument::Squares(vec![form.clone()]),
            squares => squares.clone(),
        }
    }

    /// Whether a linear form depends on its first coordinate with a negative sign.
    pub fn begins_negative(&self) -> bool {
        let first = |form: &LinearForm| form.iter().min_by_key(|(i, _)| *i).map(|(_, c)| *c);
        match self {
            Argument::Linear(form) => first(form).is_some_and(|c| c < 0.0),
            Argument::Squares(_) => false,
        }
    }

    /// Minus a linear form; a sum of squares stays as it is.
    pub fn negated(&self) -> Argument {
        match self {
            Argument::Linear(form) => Argument::Linear(form.iter().map(|&(i, c)| (i, -c)).collect()),
            squares => squares.clone(),
        }
    }

    /// Whether it depends on a coordinate.
    pub fn depends_on(&self, i: usize) -> bool {
        let has = |form: &LinearForm| form.iter().any(|(j, _)| *j == i);
        match self {
            Argument::Linear(form) => has(form),
            Argument::Squares(forms) => forms.iter().any(has),
        }
    }

    /// u(q).
    pub fn value(&self, q: &[f64]) -> f64 {
        match self {
            Argument::Linear(form) => value_of(form, q),
            Argument::Squares(forms) => forms.iter().map(|form| value_of(form, q).powi(2)).sum(),
        }
    }

    /// Adds scale·∂u/∂q to `out`, `[dof]`.
    pub fn add_gradient(&self, q: &[f64], scale: f64, out: &mut [f64]) {
        match self {
            Argument::Linear(form) => form.iter().for_each(|&(i, c)| out[i] += scale * c),
            Argument::Squares(forms) => {
                for form in forms {
                    let twice = 2.0 * scale * value_of(form, q);
                    form.iter().for_each(|&(i, c)| out[i] += twice * c);
                }
            }
        }
    }

    /// Adds slope·∂²u/∂q² + curvature·(∂u/∂q)(∂u/∂q)ᵀ to `out`, `[dof, dof]`: the second derivatives of f(u) with
    /// slope f′ and curvature f″.
    pub fn add_hessian(&self, q: &[f64], slope: f64, curvature: f64, out: &mut [f64]) {
        let n = q.len();
        match self {
            Argument::Linear(form) => add_outer(form, form, curvature, n, out),
            Argument::Squares(forms) => {
                for first in forms {
                    add_outer(first, first, 2.0 * slope, n, out);
                    let scale = 4.0 * curvature * value_of(first, q);
                    forms.iter().for_each(|second| {
                        add_outer(first, second, scale * value_of(second, q), n, out);
                    });
                }
            }
        }
    }

    /// The formula of u.
    pub fn formula(&self, coordinates: &[Symbol]) -> Expr {
        match self {
            Argument::Linear(form) => formula_of(form, coordinates),
            Argument::Squares(forms) => {
                Expr::sum(forms.iter().map(|form| formula_of(form, coordinates).to_power(2)))
            }
        }
    }
}

fn value_of(form: &LinearForm, q: &[f64]) -> f64 {
    form.iter().map(|&(i, c)| c * q[i]).sum()
}

fn add_outer(first: &LinearForm, second: &LinearForm, scale: f64, n: usize, out: &mut [f64]) {
    for &(i, a) in first {
        second.iter().for_each(|&(j, b)| out[i * n + j] += scale * a * b);
    }
}

/// The coefficients of the library's forms are 1 or −1.
fn formula_of(form: &LinearForm, coordinates: &[Symbol]) -> Expr {
    Expr::sum(form.iter().map(|&(i, c)| {
        let symbol = Expr::Symbol(coordinates[i].clone());
        if c < 0.0 { symbol.negated() } else { symbol }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distance_and_its_derivatives() {
        let (q, distance) = ([1.0, 2.0, 4.0, 6.0], Argument::distance(&[0, 1], &[2, 3]));
        assert_eq!(distance.value(&q), 25.0);
        let mut gradient = [0.0; 4];
        distance.add_gradient(&q, 1.0, &mut gradient);
        assert_eq!(gradient, [-6.0, -8.0, 6.0, 8.0]);
        let mut hessian = [0.0; 16];
        distance.add_hessian(&q, 1.0, 0.0, &mut hessian);
        assert_eq!(hessian[..4], [2.0, 0.0, -2.0, 0.0]);
        let names = ["x1", "y1", "x2", "y2"].map(Symbol::new);
        assert_eq!(distance.formula(&names).to_string(), "(x1 - x2)^2 + (y1 - y2)^2");
    }
}
