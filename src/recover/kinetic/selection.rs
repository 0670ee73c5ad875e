//! The search for the few terms of a Lagrangian.
//!
//! ```text
//! starts ──▶ forms of one size ──equations about each──▶ the terms that would help ──fit──▶ forms of the next size
//! ```
//!
//! About a form, Lagrange's equations multiplied by its own M⁻¹ say exactly which further term would help. The form with
//! this term is then fitted to the accelerations, ∫φ″q = ∫φ a(q, v; c), whose errors are known whatever the form: χ² of all
//! forms is on one scale.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::equations::Table;
use super::library::Part;
use super::linear::{Linear, backward, cholesky, dot, forward};
use super::motion::unit_of;
use crate::progress::Job;
use crate::regression::Whitened;
use crate::regression::beam::{BeamConfig, Candidates, beam_search};

/// The forms kept of each size.
const WIDTH: usize = 10;

/// The choices of masses to begin with, the plainest first. Two coordinates have 9 at most; three would have 216.
const STARTS: usize = 12;

/// The most coordinates with which ratios of masses are scanned for each beginning. With more, fits alone find them.
const SCANNED: usize = 2;

/// For each form kept, the children that are proposed.
const CHILDREN: usize = 8;

/// Of each size, the most forms that are fitted. Fits are most of the cost.
const FITTED: usize = 32;

/// Of each size, the most forms with the same entries on the diagonal of the first size.
const ALIKE: usize = 4;

/// The forms that are improved by single changes.
const IMPROVED: usize = 4;

/// Rounds of a fit.
const ROUNDS: usize = 4;

/// A size that lowers χ²/s² by less than this is a stall; two in a row end the search.
const STALL: f64 = 12.0;

/// The most terms of a form, for one, two and three coordinates: two more than those of mechanics have (a point on a
/// surface, a double pendulum on a cart). Longer forms interpolate.
pub(super) const TERMS: [usize; 3] = [5, 9, 11];

/// A form fitted to the weak equations.
#[derive(Clone, PartialEq, Debug)]
pub struct Fitted {
    /// The indices of its terms, increasing.
    pub terms: Vec<usize>,
    /// Their coefficients; that of the unit of mass is 1.
    pub coefficients: Vec<f64>,
    /// χ² of the whitened equations.
    pub chi: f64,
    /// χ²/s² and the description length, in units of χ².
    pub score: f64,
    /// The entries on the diagonal that it began with.
    start: usize,
}

/// A form to be fitted.
#[derive(Clone, Debug)]
struct Proposal {
    terms: Vec<usize>,
    coefficients: Vec<f64>,
    estimate: f64,
    start: usize,
}

/// The search under one whitening.
pub struct Selection<'a> {
    /// The terms on the data.
    pub table: &'a Table<'a>,
    /// The whitening.
    pub whitened: &'a Whitened,
    /// The terms.
    pub parts: &'a [Part],
    /// The job.
    pub job: &'a Job<'a>,
}

impl Selection<'_> {
    /// The forms found, best first, and s², the least χ² for each degree of freedom, at least 1. Forms that are known
    /// are improved; where there are none, forms grow from all choices of masses. Where s² is above `hopeless` the search
    /// ends there.
    pub fn run(&self, known: &[Fitted], hopeless: f64) -> (Vec<Fitted>, f64) {
        let again = |form: &Fitted| self.fitted(&form.terms, &form.coefficients, form.start);
        let mut found: BTreeMap<Vec<usize>, Fitted> = BTreeMap::new();
        let begun = match known.is_empty() {
            true => self.grow(),
            false => known.par_iter().filter_map(again).collect(),
        };
        begun.into_iter().for_each(|form| self.keep(&mut found, form));
        let s2 = self.variance(found.values());
        let best = self.ordered(&found, s2);
        if s2 > hopeless {
            return (best, s2);
        }
        self.with_other_potentials(&best, s2).into_iter().for_each(|form| self.keep(&mut found, form));
        let s2 = self.variance(found.values());
        let best: Vec<Fitted> = self.ordered(&found, s2).into_iter().take(IMPROVED).collect();
        for form in best {
            self.improve(form, s2, &mut found);
        }
        let s2 = self.variance(found.values());
        (self.ordered(&found, s2), s2)
    }

    /// The number of equations.
    fn count(&self) -> usize {
        self.whitened.equations()
    }

    fn price(&self, terms: &[usize]) -> f64 {
        let one = |&k: &usize| (self.count() as f64).ln() + 2.0 * (2.0 + self.parts[k].cost());
        terms.iter().map(one).sum()
    }

    fn variance<'b>(&self, all: impl Iterator<Item = &'b Fitted>) -> f64 {
        let left = |form: &Fitted| form.chi / self.count().saturating_sub(form.terms.len()).max(1) as f64;
        all.map(left).fold(f64::INFINITY, f64::min).max(1.0)
    }

    fn ordered(&self, found: &BTreeMap<Vec<usize>, Fitted>, s2: f64) -> Vec<Fitted> {
        let mut all: Vec<Fitted> = found.values().cloned().collect();
        all.iter_mut().for_each(|form| form.score = form.chi / s2 + self.price(&form.terms));
        all.sort_by(|a, b| a.score.total_cmp(&b.score).then_with(|| a.terms.cmp(&b.terms)));
        all
    }

    /// Keeps the better of two fits of one form.
    fn keep(&self, found: &mut BTreeMap<Vec<usize>, Fitted>, form: Fitted) {
        match found.get_mut(&form.terms) {
            Some(known) if known.chi <= form.chi => {}
            Some(known) => *known = form,
            None => drop(found.insert(form.terms.clone(), form)),
        }
    }

    /// Forms of every size.
    fn grow(&self) -> Vec<Fitted> {
        let mut present = self.starts();
        let mut all = present.clone();
        let least = |forms: &[Fitted]| forms.iter().map(|form| form.chi).fold(f64::INFINITY, f64::min);
        let (mut last, mut stalls) = (least(&present), 0);
        while present.first().is_some_and(|form| form.terms.len() < TERMS[self.table.dof() - 1]) {
            if self.job.is_cancelled() {
                break;
            }
            let tasks: Vec<Proposal> = present.par_iter().flat_map(|form| self.children(form)).collect();
            let mut next = self.fits(tasks, FITTED);
            next.sort_by(|a, b| a.chi.total_cmp(&b.chi).then_with(|| a.terms.cmp(&b.terms)));
            present = self.selected(&next);
            all.extend(next);
            let s2 = self.variance(all.iter());
            let best = least(&present);
            stalls = if best > last - STALL * s2 { stalls + 1 } else { 0 };
            last = last.min(best);
            if stalls == 2 {
                break;
            }
        }
        all
    }

    /// The best of one size, not all from one beginning.
    fn selected(&self, sorted: &[Fitted]) -> Vec<Fitted> {
        let mut of_start: BTreeMap<usize, usize> = BTreeMap::new();
        let mut out = Vec::new();
        for form in sorted {
            let count = of_start.entry(form.start).or_default();
            *count += 1;
            if *count <= ALIKE && out.len() < WIDTH {
                out.push(form.clone());
            }
        }
        out
    }

    /// The best forms' mass matrices with potentials sought anew, all terms of V together: functions that look alike on the
    /// data stand in for each other in twos and threes, which single exchanges do not undo.
    fn with_other_potentials(&self, best: &[Fitted], s2: f64) -> Vec<Fitted> {
        let masses = |form: &Fitted| -> Vec<usize> {
            form.terms.iter().copied().filter(|&k| self.parts[k].is_mass()).collect()
        };
        let mut seen = std::collections::BTreeSet::new();
        let some: Vec<&Fitted> =
            best.iter().filter(|form| seen.insert(masses(form))).take(IMPROVED).collect();
        let anew = |form: &&Fitted| self.potentials(form, s2);
        let proposals: Vec<Proposal> = some.par_iter().flat_map(anew).collect();
        self.fits(proposals, usize::MAX)
    }

    /// The most promising potentials beside the mass matrix of a form.
    fn potentials(&self, form: &Fitted, s2: f64) -> Vec<Proposal> {
        let equations = self.table.equations(self.whitened, &form.terms, &form.coefficients);
        let Some(equations) = equations else { return Vec::new() };
        let choices: Vec<usize> =
            (0..self.parts.len()).filter(|&k| !self.parts[k].is_mass() && !equations.dead[k]).collect();
        let masses: Vec<(usize, f64)> = form
            .terms
            .iter()
            .zip(&form.coefficients)
            .filter(|(k, _)| self.parts[**k].is_mass())
            .map(|(&k, &c)| (k, c))
            .collect();
        let gram = equations.of_some(&masses, &choices);
        let candidates = Candidates {
            costs: choices.iter().map(|&k| self.price(&[k])).collect(),
            families: choices.iter().map(|&k| self.parts[k].family()).collect(),
            partners: vec![None; choices.len()],
        };
        let allowed = vec![true; choices.len()];
        let beam = BeamConfig { size: TERMS[self.table.dof() - 1], ..BeamConfig::default() };
        let found = beam_search(&gram, &candidates, &allowed, &[1.0], s2, &beam);
        let proposal = |support: crate::regression::beam::Support| {
            let own = support.terms.iter().zip(&support.fit.coefficients);
            let potentials = own.map(|(&j, c)| (choices[j], c / equations.scales[choices[j]]));
            let mut all: Vec<(usize, f64)> = masses.iter().copied().chain(potentials).collect();
            all.sort_by_key(|(k, _)| *k);
            let (terms, coefficients) = all.into_iter().unzip();
            Proposal { terms, coefficients, estimate: support.fit.chi, start: form.start }
        };
        found.into_iter().take(CHILDREN).map(proposal).collect()
    }

    /// All choices of one entry on the diagonal for each coordinate.
    fn starts(&self) -> Vec<Fitted> {
        let mut choices = vec![Vec::new()];
        for row in 0..self.table.dof() {
            let own: Vec<usize> = (0..self.parts.len()).filter(|&k| self.parts[k].begins(row)).collect();
            choices = choices
                .iter()
                .flat_map(|start: &Vec<usize>| own.iter().map(move |&k| [&start[..], &[k]].concat()))
                .collect();
        }
        let cost = |terms: &Vec<usize>| terms.iter().map(|&k| self.parts[k].cost()).sum::<f64>();
        choices.sort_by(|a, b| cost(a).total_cmp(&cost(b)));
        choices.truncate(STARTS);
        let one = |(start, terms): (usize, Vec<usize>)| {
            let coefficients = vec![1.0; terms.len()];
            let chi = self.chi(&terms, &coefficients)?;
            Some(Fitted { terms, coefficients, chi, score: f64::INFINITY, start })
        };
        choices.into_par_iter().enumerate().filter_map(one).collect()
    }

    /// The forms with one term more that promise most.
    fn children(&self, form: &Fitted) -> Vec<Proposal> {
        if self.job.is_cancelled() {
            return Vec::new();
        }
        let equations = self.table.equations(self.whitened, &form.terms, &form.coefficients);
        let Some(equations) = equations else { return Vec::new() };
        let linear = Linear { equations: &equations };
        // A beginning knows nothing of the ratios of masses.
        let is_start = form.terms.len() == self.table.dof() && self.table.dof() <= SCANNED;
        let masses = if is_start { linear.start_masses() } else { vec![vec![1.0; self.table.dof()]] };
        let grown = |masses: &Vec<f64>| self.grown(&linear, &form.terms, masses, form.start);
        masses.iter().flat_map(grown).collect()
    }

    /// The terms with one more that promise most in these equations.
    fn grown(&self, linear: &Linear<'_>, terms: &[usize], masses: &[f64], start: usize) -> Vec<Proposal> {
        let with = |(_, k): (f64, usize)| {
            let mut terms = terms.to_vec();
            terms.insert(terms.partition_point(|&other| other < k), k);
            let support = linear.fitted(terms, masses)?;
            let (terms, coefficients) = (support.terms, support.coefficients);
            Some(Proposal { terms, coefficients, estimate: support.chi, start })
        };
        linear.extensions(terms, masses, CHILDREN).into_iter().filter_map(with).collect()
    }

    /// The most promising proposals fitted, each form once.
    fn fits(&self, mut proposals: Vec<Proposal>, most: usize) -> Vec<Fitted> {
        proposals.sort_by(|a, b| a.estimate.total_cmp(&b.estimate).then_with(|| a.terms.cmp(&b.terms)));
        let mut seen = std::collections::BTreeSet::new();
        proposals.retain(|proposal| seen.insert(proposal.terms.clone()));
        proposals.truncate(most);
        let fit = |one: &Proposal| match self.job.is_cancelled() {
            true => None,
            false => self.fitted(&one.terms, &one.coefficients, one.start),
        };
        proposals.par_iter().filter_map(fit).collect()
    }

    fn chi(&self, terms: &[usize], coefficients: &[f64]) -> Option<f64> {
        let residual = self.table.residual(self.whitened, terms, coefficients, false)?;
        Some(dot(&residual.rest, &residual.rest))
    }

    /// A form fitted to the accelerations by damped Gauss–Newton steps; nothing where M is not positive definite to begin
    /// with.
    fn fitted(&self, terms: &[usize], start: &[f64], origin: usize) -> Option<Fitted> {
        let parts: Vec<&Part> = terms.iter().map(|&k| &self.parts[k]).collect();
        let unit = unit_of(&parts)?;
        let scale = start[unit];
        let mut c: Vec<f64> = start.iter().map(|x| x / scale).collect();
        if !(scale > 0.0 && c.iter().all(|x| x.is_finite())) {
            return None;
        }
        let free: Vec<usize> = (0..terms.len()).filter(|&k| k != unit).collect();
        let mut chi = self.chi(terms, &c)?;
        let mut damping = 1e-8;
        for _ in 0..ROUNDS {
            let residual = self.table.residual(self.whitened, terms, &c, true)?;
            let before = chi;
            let gradient: Vec<f64> = free.iter().map(|&k| dot(&residual.slopes[k], &residual.rest)).collect();
            let entry = |a: usize, b: usize| dot(&residual.slopes[a], &residual.slopes[b]);
            let hessian: Vec<Vec<f64>> =
                free.iter().map(|&a| free.iter().map(|&b| entry(a, b)).collect()).collect();
            for _ in 0..5 {
                let moved = step(&hessian, &gradient, damping).map(|step| {
                    let mut moved = c.clone();
                    free.iter().zip(step).for_each(|(&k, by)| moved[k] += by);
                    moved
                });
                let next = moved.and_then(|moved| Some((self.chi(terms, &moved)?, moved)));
                match next {
                    Some((lower, moved)) if lower < chi => {
                        (chi, c) = (lower, moved);
                        damping = (damping / 30.0).max(1e-8);
                        break;
                    }
                    _ => damping = (damping * 100.0).max(1e-3),
                }
            }
            if before - chi < 0.1_f64.max(1e-3 * chi) {
                break;
            }
        }
        Some(Fitted { terms: terms.to_vec(), coefficients: c, chi, score: f64::INFINITY, start: origin })
    }

    /// A form improved by dropping, adding and exchanging terms, while the score falls. Every form that is tried is kept.
    /// What would help a form with a term less is read from the equations about the form itself.
    fn improve(&self, mut best: Fitted, s2: f64, found: &mut BTreeMap<Vec<usize>, Fitted>) {
        let score = |form: &Fitted| form.chi / s2 + self.price(&form.terms);
        for _ in 0..2 * TERMS[self.table.dof() - 1] {
            let equations = self.table.equations(self.whitened, &best.terms, &best.coefficients);
            let Some(equations) = equations.filter(|_| !self.job.is_cancelled()) else { break };
            let linear = Linear { equations: &equations };
            let ones = vec![1.0; self.table.dof()];
            let shorter = self.shorter(&best);
            let mut proposals = self.grown(&linear, &best.terms, &ones, best.start);
            for (terms, coefficients) in shorter {
                proposals.extend(self.grown(&linear, &terms, &ones, best.start).into_iter().take(4));
                proposals.push(Proposal { terms, coefficients, estimate: f64::INFINITY, start: best.start });
            }
            proposals.retain(|proposal| !found.contains_key(&proposal.terms));
            self.fits(proposals, usize::MAX).into_iter().for_each(|form| self.keep(found, form));
            let neighbours = found.values().filter(|form| differs_by_one(&form.terms, &best.terms));
            let next = neighbours.min_by(|a, b| score(a).total_cmp(&score(b)));
            match next {
                Some(next) if score(next) < score(&best) - 1e-6 => best = next.clone(),
                _ => break,
            }
        }
    }

    /// The terms with one dropped, as long as every coordinate keeps a mass.
    fn shorter(&self, form: &Fitted) -> Vec<(Vec<usize>, Vec<f64>)> {
        let without = |place: usize| {
            let (mut terms, mut c) = (form.terms.clone(), form.coefficients.clone());
            terms.remove(place);
            c.remove(place);
            (terms, c)
        };
        (0..form.terms.len()).map(without).filter(|(terms, _)| self.has_all_masses(terms)).collect()
    }

    /// Whether every coordinate has an entry on the diagonal.
    fn has_all_masses(&self, terms: &[usize]) -> bool {
        let has = |row: usize| {
            terms.iter().any(|&k| matches!(&self.parts[k], Part::Mass { i, j, .. } if *i == row && *j == row))
        };
        (0..self.table.dof()).all(has)
    }
}

/// Whether one set of terms is the other with a term dropped, added or exchanged.
fn differs_by_one(a: &[usize], b: &[usize]) -> bool {
    let only = |a: &[usize], b: &[usize]| a.iter().filter(|k| !b.contains(k)).count();
    a != b && only(a, b) <= 1 && only(b, a) <= 1
}

/// The damped Gauss–Newton step.
fn step(hessian: &[Vec<f64>], gradient: &[f64], damping: f64) -> Option<Vec<f64>> {
    let factor = cholesky(hessian, damping)?;
    Some(backward(&factor, &forward(&factor, gradient)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_differ_by_one_term() {
        assert!(differs_by_one(&[1, 2], &[1, 2, 3]) && differs_by_one(&[1, 3], &[1, 2]));
        assert!(!differs_by_one(&[1, 2], &[1, 2]) && !differs_by_one(&[1], &[1, 2, 3]));
    }
}
