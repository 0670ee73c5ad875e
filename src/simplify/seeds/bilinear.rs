//! Bilinear structure: `Σ X_i M_ij Y_j` as a short sum of products.
//!
//! `X` and `Y` are monomials in two disjoint sets of atoms: momenta and the rest, or, without momenta,
//! a two-colouring of the atoms. Each connected block of `M` is decomposed by itself.

use super::Form;
use crate::expr::Rational;
use crate::laurent::PowerProduct;
use crate::simplify::monomial::{Atom, Exponent, Monomial, Poly};

struct Block {
    left: Vec<Monomial>,
    right: Vec<Monomial>,
    matrix: Vec<Vec<Rational>>,
}

/// Blocks of the sum as separate parts, or, for a single block, its decompositions.
pub(super) fn bilinear(sum: &Poly) -> Vec<Form> {
    if sum.len() < 3 {
        return Vec::new();
    }
    let mut found = of_split(sum, Atom::is_momentum);
    if let Some(left) = two_colouring(sum) {
        found.extend(of_split(sum, |atom| left.contains(atom)));
    }
    found
}

fn of_split(sum: &Poly, is_right: impl Fn(&Atom) -> bool) -> Vec<Form> {
    let split: Vec<(Monomial, Monomial, Rational)> = sum
        .terms()
        .map(|(m, c)| {
            let (right, left) = m.split(&is_right);
            (left, right, c.clone())
        })
        .collect();
    let blocks = blocks(&split);
    if blocks.len() > 1 {
        if blocks.iter().all(|b| b.left.len() == 1 || b.right.len() == 1) {
            return Vec::new();
        }
        return vec![Form::Sum(blocks.iter().map(|block| Form::Part(block.expand())).collect())];
    }
    blocks.iter().flat_map(Block::decompositions).collect()
}

/// One colour class of the atoms, where every term has exactly one atom, to the first power, of each.
fn two_colouring(sum: &Poly) -> Option<Vec<Atom>> {
    let atoms = sum.atoms();
    let mut colour: Vec<Option<bool>> = vec![None; atoms.len()];
    let mut edges = Vec::new();
    for (m, _) in sum.terms() {
        let [(a, Exponent::ONE), (b, Exponent::ONE)] = m.factors() else { return None };
        edges.push((atoms.binary_search(a).ok()?, atoms.binary_search(b).ok()?));
    }
    for start in 0..atoms.len() {
        if colour[start].is_some() {
            continue;
        }
        colour[start] = Some(false);
        let mut waiting = vec![start];
        while let Some(at) = waiting.pop() {
            for &(a, b) in edges.iter().filter(|(a, b)| *a == at || *b == at) {
                let other = if a == at { b } else { a };
                let wanted = colour[at].map(|c| !c);
                if colour[other].is_none() {
                    colour[other] = wanted;
                    waiting.push(other);
                } else if colour[other] != wanted {
                    return None;
                }
            }
        }
    }
    Some(atoms.into_iter().zip(colour).filter(|(_, c)| *c == Some(true)).map(|(a, _)| a).collect())
}

fn blocks(split: &[(Monomial, Monomial, Rational)]) -> Vec<Block> {
    let mut component: Vec<usize> = (0..split.len()).collect();
    for i in 0..split.len() {
        for j in 0..i {
            if (split[i].0 == split[j].0 || split[i].1 == split[j].1) && component[i] != component[j] {
                let (low, high) = (component[i].min(component[j]), component[i].max(component[j]));
                component.iter_mut().filter(|c| **c == high).for_each(|c| *c = low);
            }
        }
    }
    let members = |c: usize| split.iter().zip(&component).filter(move |(_, own)| **own == c).map(|(t, _)| t);
    let mut names = component.clone();
    names.sort_unstable();
    names.dedup();
    names
        .into_iter()
        .map(|c| {
            let sorted = |mut all: Vec<Monomial>| {
                all.sort();
                all.dedup();
                all
            };
            let left = sorted(members(c).map(|t| t.0.clone()).collect());
            let right = sorted(members(c).map(|t| t.1.clone()).collect());
            let mut matrix = vec![vec![Rational::ZERO; right.len()]; left.len()];
            for (l, r, value) in members(c) {
                if let (Ok(i), Ok(j)) = (left.binary_search(l), right.binary_search(r)) {
                    matrix[i][j] = value.clone();
                }
            }
            Block { left, right, matrix }
        })
        .collect()
}

impl Block {
    fn expand(&self) -> Poly {
        let terms = self.matrix.iter().enumerate().flat_map(|(i, row)| {
            row.iter().enumerate().map(move |(j, c)| (self.left[i].times(&self.right[j]), c.clone()))
        });
        Poly::from_terms(terms)
    }

    fn left_form(&self, coefficients: &[Rational]) -> Poly {
        Poly::from_terms(self.left.iter().cloned().zip(coefficients.iter().cloned()))
    }

    fn right_form(&self, coefficients: &[Rational]) -> Poly {
        Poly::from_terms(self.right.iter().cloned().zip(coefficients.iter().cloned()))
    }

    fn transposed(&self) -> Block {
        let column = |j: usize| self.matrix.iter().map(|row| row[j].clone()).collect();
        Block {
            left: self.right.clone(),
            right: self.left.clone(),
            matrix: (0..self.right.len()).map(column).collect(),
        }
    }

    fn decompositions(&self) -> Vec<Form> {
        let (rows, columns) = (self.left.len(), self.right.len());
        if rows < 2 || columns < 2 || rows * columns > 900 {
            return Vec::new();
        }
        let natural: Vec<usize> = (0..rows).collect();
        let reversed: Vec<usize> = (0..rows).rev().collect();
        let transposed = self.transposed();
        let turned: Vec<usize> = (0..columns).rev().collect();
        let mut found = Vec::new();
        found.extend(self.by_rank(&natural));
        found.extend(self.by_rank(&reversed));
        found.extend(transposed.by_rank(&(0..columns).collect::<Vec<_>>()));
        found.extend(transposed.by_rank(&turned));
        found.extend(self.differences());
        found.extend(self.diagonal_and_product());
        found
    }

    /// M = C·R with R the first independent rows in the given order: exact, of least rank.
    fn by_rank(&self, order: &[usize]) -> Option<Form> {
        let (rows, columns) = (self.left.len(), self.right.len());
        // Echelon rows: (reduced row, pivot, its expression by basis rows).
        let mut echelon: Vec<(Vec<Rational>, usize, Vec<Rational>)> = Vec::new();
        let mut basis: Vec<usize> = Vec::new();
        let mut coordinates: Vec<Vec<Rational>> = vec![Vec::new(); rows];
        for &i in order {
            let mut row = self.matrix[i].clone();
            let mut expression = vec![Rational::ZERO; basis.len()];
            for (reduced, pivot, own) in &echelon {
                let factor = row[*pivot].clone();
                if factor.is_zero() {
                    continue;
                }
                row.iter_mut().zip(reduced).for_each(|(a, b)| *a -= &factor * b);
                expression.iter_mut().zip(own).for_each(|(a, b)| *a += &factor * b);
            }
            match row.iter().position(|c| !c.is_zero()) {
                None => coordinates[i] = expression,
                Some(pivot) => {
                    let scale = Rational::ONE / row[pivot].clone();
                    row.iter_mut().for_each(|c| *c *= scale.clone());
                    let mut own: Vec<Rational> = expression.iter().map(|e| -(e * &scale)).collect();
                    own.push(scale);
                    coordinates[i] = vec![Rational::ZERO; basis.len()];
                    coordinates[i].push(Rational::ONE);
                    basis.push(i);
                    echelon.push((row, pivot, own));
                }
            }
        }
        let rank = basis.len();
        if rank > 6 || rank >= rows.min(columns).max(2) {
            return None;
        }
        let product = |k: usize| {
            let column: Vec<Rational> =
                coordinates.iter().map(|c| c.get(k).cloned().unwrap_or(Rational::ZERO)).collect();
            Form::product_of(&self.left_form(&column), &self.right_form(&self.matrix[basis[k]]))
        };
        let mut products: Vec<Form> = (0..rank).map(product).collect();
        Some(if products.len() == 1 { products.remove(0) } else { Form::Sum(products) })
    }

    /// `Σ_{i<j} −M_ij (X_i − X_j)(Y_i − Y_j) + Σ_i s_i X_i Y_i`, for symmetric M with row sums s.
    fn differences(&self) -> Option<Form> {
        let n = self.left.len();
        let symmetric =
            n == self.right.len() && (0..n).all(|i| (0..i).all(|j| self.matrix[i][j] == self.matrix[j][i]));
        if !symmetric || n < 3 {
            return None;
        }
        let unit = |i: usize, j: usize| {
            let mut row = vec![Rational::ZERO; n];
            row[i] = Rational::ONE;
            row[j] = -Rational::ONE;
            row
        };
        let mut forms = Vec::new();
        let mut weights: Vec<Rational> = (0..n).flat_map(|i| self.matrix[i][..i].iter().cloned()).collect();
        weights.sort();
        weights.dedup();
        for weight in weights.into_iter().filter(|w| !w.is_zero()) {
            let pairs = (0..n).flat_map(|i| (i + 1..n).map(move |j| (i, j)));
            let products: Vec<Form> = pairs
                .filter(|(i, j)| self.matrix[*i][*j] == weight)
                .map(|(i, j)| Form::product_of(&self.left_form(&unit(i, j)), &self.right_form(&unit(i, j))))
                .collect();
            forms.push(Form::scaled(-weight, Form::Sum(products)));
        }
        let sums = (0..n).map(|i| {
            let sum = self.matrix[i].iter().fold(Rational::ZERO, |a, b| a + b);
            (self.left[i].times(&self.right[i]), sum)
        });
        let diagonal = Poly::from_terms(sums);
        if !diagonal.is_zero() {
            forms.push(Form::Part(diagonal));
        }
        Some(Form::Sum(forms))
    }

    /// `Σ_i d_i X_i Y_i + (a·X)(b·Y)`, where the entries off the diagonal are a_i b_j.
    fn diagonal_and_product(&self) -> Option<Form> {
        let n = self.left.len();
        let m = &self.matrix;
        let full = n == self.right.len() && (0..n).all(|i| (0..n).all(|j| i == j || !m[i][j].is_zero()));
        if !full || n < 3 {
            return None;
        }
        let mut b = m[0].clone();
        let mut a = vec![Rational::ONE; n];
        for i in 1..n {
            let j = if i == 1 { 2 } else { 1 };
            a[i] = &m[i][j] / &b[j];
        }
        b[0] = &m[1][0] / &a[1];
        if (0..n).any(|i| (0..n).any(|j| i != j && m[i][j] != &a[i] * &b[j])) {
            return None;
        }
        let diagonal = (0..n).map(|i| (self.left[i].times(&self.right[i]), &m[i][i] - &a[i] * &b[i]));
        let diagonal = Poly::from_terms(diagonal);
        let product = Form::product_of(&self.left_form(&a), &self.right_form(&b));
        Some(if diagonal.is_zero() { product } else { Form::Sum(vec![Form::Part(diagonal), product]) })
    }
}
