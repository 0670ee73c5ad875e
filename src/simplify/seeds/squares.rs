//! Quadratic forms as sums of squares.
//!
//! The variables are the square roots of the terms that are squares, so that `x^2*py^2` and
//! `y^2*px^2` make `(x*py - y*px)^2`, and the constant 1 completes squares.

use super::Form;
use crate::expr::Rational;
use crate::laurent::PowerProduct;
use crate::simplify::monomial::{Monomial, Poly};

/// A symmetric form Σ A_ij r_i r_j in monomials r, and the terms that are not of it.
struct Quadratic {
    roots: Vec<Monomial>,
    matrix: Vec<Vec<Rational>>,
    rest: Poly,
}

impl Quadratic {
    fn of(sum: &Poly) -> Option<Quadratic> {
        let roots: Vec<Monomial> = sum.terms().filter_map(|(m, _)| m.square_root()).collect();
        let n = roots.len();
        if !(2..=24).contains(&n) {
            return None;
        }
        let mut matrix = vec![vec![Rational::ZERO; n]; n];
        let mut rest = Poly::zero();
        let mut mixed = 0;
        for (m, c) in sum.terms() {
            if let Some(root) = m.square_root() {
                let i = roots.iter().position(|r| *r == root)?;
                matrix[i][i] += c.clone();
                continue;
            }
            let pair =
                (0..n).find_map(|i| (i + 1..n).find(|&j| roots[i].times(&roots[j]) == *m).map(|j| (i, j)));
            match pair {
                Some((i, j)) => {
                    let half = c.clone() / Rational::from(2);
                    matrix[i][j] += half.clone();
                    matrix[j][i] += half;
                    mixed += 1;
                }
                None => rest.add_term(m.clone(), c.clone()),
            }
        }
        (mixed > 0).then_some(Quadratic { roots, matrix, rest })
    }

    fn linear_form(&self, coefficients: &[Rational]) -> Poly {
        Poly::from_terms(self.roots.iter().cloned().zip(coefficients.iter().cloned()))
    }

    /// Variables joined by mixed terms, each component in order.
    fn components(&self) -> Vec<Vec<usize>> {
        let n = self.roots.len();
        let mut component: Vec<usize> = (0..n).collect();
        for i in 0..n {
            for j in i + 1..n {
                if !self.matrix[i][j].is_zero() {
                    let (low, high) = (component[i].min(component[j]), component[i].max(component[j]));
                    component.iter_mut().filter(|c| **c == high).for_each(|c| *c = low);
                }
            }
        }
        (0..n)
            .map(|c| (0..n).filter(|&i| component[i] == c).collect::<Vec<_>>())
            .filter(|members| !members.is_empty())
            .collect()
    }

    /// LDLᵀ with the pivots in the given order; `None` where a pivot is missing.
    fn squares(&self, pivots: &[usize]) -> Option<Vec<Form>> {
        let mut matrix = self.matrix.clone();
        let mut forms = Vec::new();
        for &i in pivots {
            let pivot = matrix[i][i].clone();
            if pivot.is_zero() {
                if pivots.iter().any(|&j| !matrix[i][j].is_zero()) {
                    return None;
                }
                continue;
            }
            let row: Vec<Rational> =
                (0..self.roots.len())
                    .map(|j| {
                        if pivots.contains(&j) {
                            matrix[i][j].clone() / pivot.clone()
                        } else {
                            Rational::ZERO
                        }
                    })
                    .collect();
            for a in 0..row.len() {
                for b in 0..row.len() {
                    if !row[a].is_zero() && !row[b].is_zero() {
                        matrix[a][b] -= &pivot * &row[a] * &row[b];
                    }
                }
            }
            forms.push(square_form(&pivot, &self.linear_form(&row)));
        }
        Some(forms)
    }

    fn with_rest(&self, mut forms: Vec<Form>) -> Form {
        if !self.rest.is_zero() {
            forms.push(Form::Part(self.rest.clone()));
        }
        if forms.len() == 1 { forms.remove(0) } else { Form::Sum(forms) }
    }
}

/// `factor·sum²`, a monomial simply multiplied out.
fn square_form(factor: &Rational, sum: &Poly) -> Form {
    if sum.len() == 1 { Form::Part(sum.times(sum).scaled(factor)) } else { Form::square_of(factor, sum) }
}

/// LDLᵀ of each connected part, the pivots first to last and last to first.
pub(super) fn sums_of_squares(sum: &Poly) -> Vec<Form> {
    let Some(quadratic) = Quadratic::of(sum) else { return Vec::new() };
    let components = quadratic.components();
    let mut found = Vec::new();
    for reversed in [false, true] {
        let mut forms = Vec::new();
        for component in &components {
            let mut pivots = component.clone();
            if reversed {
                pivots.reverse();
            }
            match quadratic.squares(&pivots) {
                Some(squares) => forms.extend(squares),
                None => {
                    let block = |i: &usize, j: &usize| {
                        let c = quadratic.matrix[*i][*j].clone();
                        (quadratic.roots[*i].times(&quadratic.roots[*j]), c)
                    };
                    let terms = component.iter().flat_map(|i| component.iter().map(move |j| block(i, j)));
                    forms.push(Form::Part(Poly::from_terms(terms)));
                }
            }
        }
        found.push(quadratic.with_rest(forms));
    }
    // One square pulled out of the middle, the remainder left for its own seeds.
    if components.iter().any(|c| c.len() > 1) {
        found.extend(quadratic.single_squares(sum));
    }
    found
}

impl Quadratic {
    /// `d·ℓ² + rest` for each perfect square of unit-like coefficients on three or more terms.
    fn single_squares(&self, sum: &Poly) -> Vec<Form> {
        let n = self.roots.len();
        let mut found = Vec::new();
        for i in 0..n {
            for j in i + 1..n {
                let mixed = &self.matrix[i][j];
                if mixed.is_zero() {
                    continue;
                }
                let (a, b) = (&self.matrix[i][i], &self.matrix[j][j]);
                if a * b == mixed * mixed && n > 2 && found.len() < 4 {
                    let mut row = vec![Rational::ZERO; n];
                    row[i] = Rational::ONE;
                    row[j] = mixed / a;
                    let form = self.linear_form(&row);
                    let square = form.times(&form).scaled(a);
                    let rest = sum.minus(&square);
                    found.push(Form::Sum(vec![square_form(a, &form), Form::Part(rest)]));
                }
            }
        }
        found
    }
}

/// `Σ_{i<j} |A_ij| (r_i ± r_j)²` and what is left on the diagonal.
pub(super) fn pair_differences(sum: &Poly) -> Vec<Form> {
    let Some(quadratic) = Quadratic::of(sum) else { return Vec::new() };
    let n = quadratic.roots.len();
    let mut forms = Vec::new();
    let mut diagonal: Vec<Rational> = (0..n).map(|i| quadratic.matrix[i][i].clone()).collect();
    let mut negative = Vec::new();
    for i in 0..n {
        for j in i + 1..n {
            let mixed = &quadratic.matrix[i][j];
            if mixed.is_zero() {
                continue;
            }
            // Squares with the sign of the diagonal.
            let positive_definite = diagonal[i] > Rational::ZERO || diagonal[j] > Rational::ZERO;
            let size = crate::simplify::reading::abs(mixed);
            let weight = if positive_definite { size } else { -size };
            let other = if (*mixed > Rational::ZERO) == (weight > Rational::ZERO) {
                Rational::ONE
            } else {
                -Rational::ONE
            };
            diagonal[i] -= weight.clone();
            diagonal[j] -= weight.clone();
            let mut row = vec![Rational::ZERO; n];
            row[i] = Rational::ONE;
            row[j] = other;
            negative.push((weight, quadratic.linear_form(&row)));
        }
    }
    // Equal weights share a factor.
    let mut weights: Vec<Rational> = negative.iter().map(|(w, _)| w.clone()).collect();
    weights.sort();
    weights.dedup();
    for weight in weights {
        let squares = negative.iter().filter(|(w, _)| *w == weight);
        let squares: Vec<Form> = squares.map(|(_, form)| square_form(&Rational::ONE, form)).collect();
        let group = if squares.len() == 1 { squares.into_iter().next() } else { Some(Form::Sum(squares)) };
        forms.extend(group.map(|group| Form::scaled(weight, group)));
    }
    let left = quadratic.roots.iter().zip(diagonal).map(|(r, d)| (r.times(r), d));
    let left = Poly::from_terms(left);
    if !left.is_zero() {
        forms.push(Form::Part(left));
    }
    vec![quadratic.with_rest(forms)]
}
