//! Finds the integrals in the span of given terms.

use rayon::prelude::*;

use super::IntegralsError;
use super::atoms::Atoms;
use super::levels::null_space;
use super::solve::{Column, Problem, blocks};
use crate::expr::{Expr, Rational};
use crate::mechanics::{Certificate, Hamiltonian, Prover};
use crate::progress::CancelToken;

/// A basis of the conserved functions in the span of `terms`, each proved:
/// Σ cₖ·termₖ with {Σ cₖ termₖ, H} = 0 and coprime integer coefficients.
///
/// Every integral in the span is a combination of them, unless a candidate could not be proved and was
/// dropped. A term may be any function of phase space that the search can expand. Constants among the terms
/// are conserved and are returned unchanged.
///
/// # Errors
/// Some formula is outside the class ([`IntegralsError`]).
pub fn null_space_in_library(
    hamiltonian: &Hamiltonian,
    terms: &[Expr],
) -> Result<Vec<Certificate>, IntegralsError> {
    let formulas = std::iter::once(hamiltonian.formula()).chain(terms);
    let (atoms, mut columns) = Atoms::of(hamiltonian.space(), formulas)?;
    let energy = columns.remove(0);
    let problem = Problem::new(atoms, energy);
    let blocks = blocks(&problem.grading, &columns);
    let solve = |block: &Vec<usize>| solve_block(&problem, &columns, block);
    let found: Vec<Vec<Vec<(usize, Rational)>>> = if columns.len() > 400 {
        blocks.par_iter().map(solve).collect::<Result<_, _>>()?
    } else {
        blocks.iter().map(solve).collect::<Result<_, _>>()?
    };
    let mut vectors: Vec<Vec<(usize, Rational)>> = found.into_iter().flatten().collect();
    vectors.sort();
    let combinations: Vec<Expr> = vectors.iter().map(|v| combination(terms, v)).collect();
    let proofs = Prover::new(hamiltonian)?.certify_all(&combinations)?;
    Ok(proofs.into_iter().flatten().collect())
}

fn solve_block(
    problem: &Problem,
    columns: &[Column],
    block: &[usize],
) -> Result<Vec<Vec<(usize, Rational)>>, IntegralsError> {
    let token = CancelToken::new();
    let selected: Vec<Column> = block.iter().map(|&k| columns[k].clone()).collect();
    let null = null_space(&*problem.free_points(0)?, &selected, &token)?.unwrap_or_default();
    let lifted = problem.lift_all(&selected, &null, &token)?.unwrap_or_default();
    let terms = |values: Vec<Rational>| {
        let all = block.iter().copied().zip(values);
        all.filter(|(_, v)| !v.is_zero()).collect()
    };
    Ok(lifted.into_iter().map(terms).collect())
}

fn combination(terms: &[Expr], vector: &[(usize, Rational)]) -> Expr {
    Expr::sum(vector.iter().map(|(k, c)| Expr::product([Expr::number(c.clone()), terms[*k].clone()])))
}
