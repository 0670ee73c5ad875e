//! H and some laws: their brackets in pairs, and which sets of them are independent.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;

use super::bracket::{Bracket, Gradient};
use super::prover::Frame;
use super::rank::{Rank, rank_of};
use super::{ConservedQuantity, MechanicsError, Prover};
use crate::algebra::AlgebraError;
use crate::expr::{Condition, Expr};

/// The most fields that are built to look at sets of functions.
const MAX_FIELDS: usize = 400;

/// H (index 0) and laws (law k has index k + 1).
pub(super) struct Functions<'a> {
    prover: &'a Prover,
    laws: &'a [ConservedQuantity],
    /// Gradients in the field of H, for functions that it holds.
    own: Vec<Option<Gradient>>,
    /// Sets that were looked at in a field of their own, and whether they are independent.
    known: Mutex<BTreeMap<Vec<usize>, bool>>,
}

impl<'a> Functions<'a> {
    pub(super) fn new(
        prover: &'a Prover,
        laws: &'a [ConservedQuantity],
    ) -> Result<Functions<'a>, MechanicsError> {
        let gradient = |law: &ConservedQuantity| match law
            .certificate()
            .map(|certificate| &certificate.framed)
        {
            Some(framed) if Arc::ptr_eq(&framed.frame, prover.frame()) => Ok(Some(framed.gradient.clone())),
            Some(_) => Ok(None),
            None => prover.own_gradient(law.formula()),
        };
        // Where no real point is found, H is no function that anything could be independent of.
        let energy = Ok(prover.frame().field.has_real_point().then(|| prover.frame().gradient.clone()));
        let own = std::iter::once(energy).chain(laws.iter().map(gradient));
        Ok(Functions { prover, laws, own: own.collect::<Result<_, _>>()?, known: Mutex::default() })
    }

    /// {row, column} of all; the lower triangle is the negative of the upper.
    pub(super) fn brackets(&self) -> Result<Vec<Vec<Bracket>>, MechanicsError> {
        let count = self.own.len();
        let pairs: Vec<(usize, usize)> =
            (0..count).flat_map(|row| (row + 1..count).map(move |column| (row, column))).collect();
        let bracket = |&(row, column): &(usize, usize)| self.prover.ask(|| self.bracket(row, column));
        let entries: Vec<Bracket> = pairs.par_iter().map(bracket).collect::<Result<_, _>>()?;
        let mut matrix = vec![vec![Bracket::Zero; count]; count];
        for ((row, column), entry) in pairs.into_iter().zip(entries) {
            matrix[column][row] = entry.negated();
            matrix[row][column] = entry;
        }
        Ok(matrix)
    }

    /// The bracket of two, on their common domain with H.
    fn bracket(&self, row: usize, column: usize) -> Result<Bracket, MechanicsError> {
        let found = self.gradients(&[row, column]).and_then(|gradients| match gradients {
            Some(gradients) => Ok(gradients[0].bracket(&gradients[1])?),
            None => Ok(Bracket::Disjoint),
        });
        match found {
            Err(MechanicsError::Algebra(AlgebraError::Cancelled)) => Ok(Bracket::Unknown(None)),
            other => other,
        }
    }

    /// The gradients of some in one field, on their common domain with H; `None` where no point of that is found.
    fn gradients(&self, indices: &[usize]) -> Result<Option<Vec<Gradient>>, MechanicsError> {
        if let Some(own) = indices.iter().map(|&k| self.own[k].clone()).collect() {
            return Ok(Some(own));
        }
        let hamiltonian = self.prover.hamiltonian();
        let laws: Vec<&ConservedQuantity> =
            indices.iter().filter(|&&k| k > 0).map(|&k| &self.laws[k - 1]).collect();
        let domain: Vec<Condition> = laws.iter().flat_map(|law| law.domain()).cloned().collect();
        let formulas: Vec<&Expr> = laws.iter().map(|law| law.formula()).collect();
        let (frame, elements) = match Frame::new(hamiltonian, &domain, formulas) {
            Err(MechanicsError::Algebra(AlgebraError::EmptyDomain { .. })) => return Ok(None),
            built => built?,
        };
        let gradients = elements.iter().map(|e| Gradient::of(e, hamiltonian.space()));
        if !frame.field.has_real_point() {
            return Ok(None);
        }
        let mut gradients = gradients.collect::<Result<Vec<_>, _>>()?.into_iter();
        let gradient = |&k: &usize| if k == 0 { Some(frame.gradient.clone()) } else { gradients.next() };
        Ok(indices.iter().map(gradient).collect())
    }

    /// A greedy choice of independent functions among some, from the first.
    pub(super) fn independent_among(&self, indices: &[usize]) -> Rank {
        let space = self.prover.hamiltonian().space();
        let own: Option<Vec<&Gradient>> = indices.iter().map(|&k| self.own[k].as_ref()).collect();
        if let Some(rows) = own {
            let rank = self.prover.ask(|| rank_of(&rows, space));
            return Rank {
                rank: rank.rank,
                independent: rank.independent.iter().map(|&k| indices[k]).collect(),
            };
        }
        let mut kept: Vec<usize> = Vec::new();
        for &index in indices {
            kept.push(index);
            if kept.len() > 2 * space.dof() || !self.are_independent(&kept) {
                kept.pop();
            }
        }
        Rank { rank: kept.len(), independent: kept }
    }

    /// Whether a set is seen to be independent on its common domain, on every branch of the signs in it.
    pub(super) fn are_independent(&self, set: &[usize]) -> bool {
        let space = self.prover.hamiltonian().space();
        let own: Option<Vec<&Gradient>> = set.iter().map(|&k| self.own[k].as_ref()).collect();
        if let Some(rows) = own {
            return self.prover.ask(|| rank_of(&rows, space)).rank == set.len();
        }
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(&answer) = known().get(set) {
            return answer;
        }
        if known().len() >= MAX_FIELDS {
            return false;
        }
        let answer = self.prover.ask(|| match self.gradients(set) {
            Ok(Some(gradients)) => rank_of(&gradients.iter().collect::<Vec<_>>(), space).rank == set.len(),
            _ => false,
        });
        known().insert(set.to_vec(), answer);
        answer
    }
}
