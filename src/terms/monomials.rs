//! Monomials, and the trigonometric modes of angles.

use super::library::MOST_TERMS;
use crate::expr::{Expr, Function, Rational, Symbol};

/// The monomials in `symbols` of total degree 1 to `degree`, degree by degree, in descending lexical order of
/// their exponents.
pub fn polynomials(symbols: &[Symbol], degree: u32) -> Vec<Expr> {
    let exponents = (1..=degree).flat_map(|degree| monomials(symbols.len(), degree));
    exponents.map(|exponents| monomial(symbols, &exponents)).collect()
}

/// The monomial in `symbols` with these exponents.
pub fn monomial(symbols: &[Symbol], exponents: &[u32]) -> Expr {
    Expr::product(powers(symbols, exponents))
}

/// The factors of the monomial with these exponents.
pub(super) fn powers(symbols: &[Symbol], exponents: &[u32]) -> Vec<Expr> {
    let used = symbols.iter().zip(exponents).filter(|(_, exponent)| **exponent > 0);
    used.map(|(symbol, &exponent)| Expr::Symbol(symbol.clone()).to_power(Rational::from(exponent))).collect()
}

/// All exponents of `count` variables with sum `degree`, in descending lexical order.
pub fn monomials(count: usize, degree: u32) -> Vec<Vec<u32>> {
    fn fill(at: usize, left: u32, exponents: &mut Vec<u32>, out: &mut Vec<Vec<u32>>) {
        if out.len() >= MOST_TERMS {
            return;
        }
        if at + 1 == exponents.len() {
            exponents[at] = left;
            out.push(exponents.clone());
            return;
        }
        for e in (0..=left).rev() {
            exponents[at] = e;
            fill(at + 1, left - e, exponents, out);
        }
    }
    if count == 0 {
        return if degree == 0 { vec![vec![]] } else { vec![] };
    }
    let mut out = Vec::new();
    fill(0, degree, &mut vec![0; count], &mut out);
    out
}

/// 1, cos k·θ and sin k·θ for every k ≠ 0 with |k_i| ≤ order, one of each pair ±k, with Σ|k_i|.
pub(super) fn trigonometric_modes(angles: &[Symbol], order: u32) -> Vec<(Vec<Expr>, u32)> {
    let mut vectors = vec![vec![]];
    let order = order.min(64) as i64;
    for _ in angles {
        let mut longer = Vec::new();
        for vector in &vectors {
            for k in -order..=order {
                if longer.len() < MOST_TERMS {
                    let mut v: Vec<i64> = vector.clone();
                    v.push(k);
                    longer.push(v);
                }
            }
        }
        vectors = longer;
    }
    vectors.retain(|v| v.iter().find(|k| **k != 0).is_none_or(|k| *k > 0));
    vectors
        .sort_by_key(|v| (v.iter().map(|k| k.abs()).sum::<i64>(), v.iter().map(|k| -k).collect::<Vec<_>>()));
    let mut modes = Vec::new();
    for vector in vectors {
        let weight = vector.iter().map(|k| k.unsigned_abs() as u32).sum();
        if weight == 0 {
            modes.push((vec![], 0));
            continue;
        }
        let argument = Expr::sum(
            angles
                .iter()
                .zip(&vector)
                .filter(|(_, k)| **k != 0)
                .map(|(a, &k)| Expr::product([Expr::number(Rational::from(k)), Expr::Symbol(a.clone())])),
        );
        modes.push((vec![argument.clone().call(Function::Cos)], weight));
        modes.push((vec![argument.call(Function::Sin)], weight));
    }
    modes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn monomials_by_degree() {
        let symbols = ["x", "y"].map(Symbol::new);
        let texts: Vec<String> = polynomials(&symbols, 2).iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["x", "y", "x^2", "x*y", "y^2"]);
        assert_eq!(polynomials(&symbols, 0), []);
        assert_eq!(polynomials(&[], 3), []);
        assert_eq!(monomials(3, 4).len(), 15);
    }

    #[test]
    fn modes_come_once_for_each_pair_of_signs() {
        let angles = ["a", "b"].map(Symbol::new);
        // 1, and cos and sin for half of the 5² − 1 other vectors.
        assert_eq!(trigonometric_modes(&angles, 2).len(), 25);
    }
}
