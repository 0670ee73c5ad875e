//! The integrals in the span of given terms.

use rayon::prelude::*;

use super::IntegralsError;
use super::atoms::Atoms;
use super::laurent::Laurent;
use super::solve::{Column, Points, Problem, blocks, null_space, points_needed};
use crate::expr::{Expr, Rational};
use crate::mechanics::{Conservation, Hamiltonian, prove_all};

/// A basis of the functions in the span of `terms` that are conserved, each proved:
/// Σ cₖ·termₖ with {Σ cₖ termₖ, H} = 0, coefficients coprime integers.
///
/// Every integral in the span is a combination of them, except where a candidate could not be proved and
/// was left out. Terms may be any functions of the phase space that the search can take apart;
/// constants among them are conserved and come back as they are.
///
/// # Errors
/// Formulas outside the class ([`IntegralsError`]).
pub fn null_space_in_library(hamiltonian: &Hamiltonian, terms: &[Expr]) -> Result<Vec<Expr>, IntegralsError> {
    let formulas: Vec<&Expr> = std::iter::once(hamiltonian.formula()).chain(terms).collect();
    let mut atoms = Atoms::of(hamiltonian.space(), &formulas)?;
    let energy = atoms.expand(hamiltonian.formula())?;
    let columns: Vec<Laurent> = terms.iter().map(|t| atoms.expand(t)).collect::<Result<_, _>>()?;
    let problem = Problem::new(atoms, energy)?;
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
    let proofs = prove_all(&combinations, hamiltonian)?;
    let proved = combinations.into_iter().zip(proofs);
    Ok(proved.filter(|(_, p)| matches!(p, Conservation::Proved(_))).map(|(f, _)| f).collect())
}

fn solve_block(
    problem: &Problem,
    columns: &[Column],
    block: &[usize],
) -> Result<Vec<Vec<(usize, Rational)>>, IntegralsError> {
    let selected: Vec<Column> = block.iter().map(|&k| columns[k].clone()).collect();
    let reduced = problem.reduced(0)?;
    let mut points = Points::new(&reduced);
    points.extend(points_needed(selected.len()))?;
    let null = null_space(reduced.field, &points.list, &selected, None)?.unwrap_or_default();
    let mut found = Vec::new();
    for vector in null {
        let support: Vec<usize> = (0..vector.len()).filter(|&k| vector[k] != 0).collect();
        let chosen: Vec<Column> = support.iter().map(|&k| selected[k].clone()).collect();
        let image: Vec<u32> = support.iter().map(|&k| vector[k]).collect();
        if let Some(values) = problem.lift(&chosen, &image)? {
            found.push(support.iter().map(|&k| block[k]).zip(values).collect());
        }
    }
    Ok(found)
}

fn combination(terms: &[Expr], vector: &[(usize, Rational)]) -> Expr {
    Expr::sum(vector.iter().map(|(k, c)| Expr::product([Expr::number(c.clone()), terms[*k].clone()])))
}
