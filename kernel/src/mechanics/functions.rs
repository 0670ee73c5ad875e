//! H and some laws: their brackets in pairs, and which sets of them are independent.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::bracket::{Bracket, Gradient};
use super::branches::Branches;
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
    /// Gradients in one field of all, where none of them restricts the domain of the others.
    together: OnceLock<Option<Vec<Gradient>>>,
    /// Sets that were looked at in a field of their own, and whether they are independent.
    known: Mutex<BTreeMap<Vec<usize>, bool>>,
    branches: OnceLock<Branches>,
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
        let own = own.collect::<Result<_, _>>()?;
        Ok(Functions {
            prover,
            laws,
            own,
            together: OnceLock::new(),
            known: Mutex::default(),
            branches: OnceLock::new(),
        })
    }

    /// {row, column} of all; the lower triangle is the negative of the upper.
    pub(super) fn brackets(&self) -> Result<Vec<Vec<Bracket>>, MechanicsError> {
        let count = self.own.len();
        let pairs: Vec<(usize, usize)> =
            (0..count).flat_map(|row| (row + 1..count).map(move |column| (row, column))).collect();
        let bracket = |&(row, column): &(usize, usize)| self.prover.ask(|| self.bracket(row, column));
        let entries: Vec<Bracket> = side_by_side(&pairs, &bracket).into_iter().collect::<Result<_, _>>()?;
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

    /// The gradients of some in one field, where no function among all restricts the domain of the others.
    fn gradients_together(&self, indices: &[usize]) -> Option<Vec<&Gradient>> {
        if let Some(own) = indices.iter().map(|&k| self.own[k].as_ref()).collect() {
            return Some(own);
        }
        let all = self.together.get_or_init(|| self.prover.ask(|| self.in_one_field()));
        all.as_ref().map(|gradients| indices.iter().map(|&k| &gradients[k]).collect())
    }

    /// All gradients in one field; `None` where its domain is not that of H, or it cannot be built.
    fn in_one_field(&self) -> Option<Vec<Gradient>> {
        let hamiltonian = self.prover.hamiltonian();
        if self.laws.iter().any(|law| !law.domain().is_empty()) {
            return None;
        }
        let (frame, elements) =
            Frame::new(hamiltonian, &[], self.laws.iter().map(ConservedQuantity::formula)).ok()?;
        let own = &self.prover.frame().field;
        if frame.field.conditions() != own.conditions() || !frame.field.has_real_point() {
            return None;
        }
        let laws = elements.iter().map(|element| Gradient::of(element, hamiltonian.space()).ok());
        std::iter::once(Some(frame.gradient.clone())).chain(laws).collect()
    }

    /// A largest set of independent functions among some. Its size does not depend on their order.
    pub(super) fn independent_among(&self, indices: &[usize]) -> Rank {
        let space = self.prover.hamiltonian().space();
        let found = self.gradients_together(indices).map(|rows| {
            let rank = self.prover.ask(|| rank_of(&rows, space));
            rank.independent.iter().map(|&k| indices[k]).collect()
        });
        let chosen = found
            .filter(|chosen: &Vec<usize>| !self.are_dependent_somewhere(chosen))
            .unwrap_or_else(|| self.largest_independent(indices));
        Rank { rank: chosen.len(), independent: chosen }
    }

    /// Whether functions are seen to be dependent on a part of phase space.
    fn are_dependent_somewhere(&self, set: &[usize]) -> bool {
        let branches = self.branches.get_or_init(|| {
            let hamiltonian = self.prover.hamiltonian();
            let laws = self.laws.iter().map(|law| (law.formula(), law.domain()));
            let all: Vec<(&Expr, &[Condition])> =
                std::iter::once((hamiltonian.formula(), &[][..])).chain(laws).collect();
            Branches::of(hamiltonian, &all)
        });
        branches.are_dependent_somewhere(set)
    }

    /// A largest independent set of functions that restrict each other's domains. A part of an independent set need
    /// not be independent, as its domain is larger: so all sets are looked at, the larger ones first, in an order that
    /// depends on the formulas alone.
    fn largest_independent(&self, indices: &[usize]) -> Vec<usize> {
        let mut sorted = indices.to_vec();
        let key = |k: usize| (k > 0).then(|| (self.laws[k - 1].formula(), self.laws[k - 1].domain()));
        sorted.sort_by(|&a, &b| key(a).cmp(&key(b)).then(a.cmp(&b)));
        let mut greedy: Vec<usize> = Vec::new();
        for &index in &sorted {
            let larger = [&greedy[..], &[index]].concat();
            if self.are_independent(&larger) {
                greedy = larger;
            }
        }
        // What commutes with H, and H: at most 2·dof − 1 functions.
        let most = sorted.len().min(2 * self.prover.hamiltonian().space().dof() - 1);
        for size in (greedy.len() + 1..=most).rev() {
            if let Some(found) = self.independent_of_size(&sorted, size, &mut Vec::new()) {
                greedy = found;
                break;
            }
        }
        greedy.sort_unstable();
        greedy
    }

    /// The first independent set with so many functions more than those chosen.
    fn independent_of_size(
        &self,
        rest: &[usize],
        size: usize,
        chosen: &mut Vec<usize>,
    ) -> Option<Vec<usize>> {
        if size == 0 {
            return self.are_independent(chosen).then(|| chosen.clone());
        }
        for (k, &index) in rest.iter().enumerate().take((rest.len() + 1).saturating_sub(size)) {
            if self.known.lock().unwrap_or_else(PoisonError::into_inner).len() >= MAX_FIELDS {
                return None;
            }
            chosen.push(index);
            let found = self.independent_of_size(&rest[k + 1..], size - 1, chosen);
            chosen.pop();
            if found.is_some() {
                return found;
            }
        }
        None
    }

    /// Whether parts of independent sets of these functions are independent too: where none of them restricts the
    /// domain of the others.
    pub(super) fn parts_are_independent(&self, indices: &[usize]) -> bool {
        self.gradients_together(indices).is_some()
    }

    /// Whether a set is seen to be independent on its common domain, on every branch of the signs in it.
    pub(super) fn are_independent(&self, set: &[usize]) -> bool {
        if self.are_dependent_somewhere(set) {
            return false;
        }
        let space = self.prover.hamiltonian().space();
        if let Some(rows) = self.gradients_together(set) {
            return self.prover.ask(|| rank_of(&rows, space)).rank == set.len();
        }
        let mut set = set.to_vec();
        set.sort_unstable();
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(&answer) = known().get(&set) {
            return answer;
        }
        if known().len() >= MAX_FIELDS {
            return false;
        }
        let answer = self.prover.ask(|| match self.gradients(&set) {
            Ok(Some(gradients)) => rank_of(&gradients.iter().collect::<Vec<_>>(), space).rank == set.len(),
            _ => false,
        });
        known().insert(set, answer);
        answer
    }
}

/// The answers to all questions, in their order, by as many threads as there are.
fn side_by_side<Q: Sync, A: Send>(questions: &[Q], answer: &(impl Fn(&Q) -> A + Sync)) -> Vec<A> {
    if let [] | [_] = questions {
        return questions.iter().map(answer).collect();
    }
    let (left, right) = questions.split_at(questions.len() / 2);
    let (mut answers, others) =
        rayon_core::join(|| side_by_side(left, answer), || side_by_side(right, answer));
    answers.extend(others);
    answers
}
