//! Whole trajectories judge the forms of a kinetic energy: only what they bear out is a law.

use rayon::prelude::*;

use super::motion::Lagrangian;
use super::{COMPLETE, Config, TESTED};
use crate::progress::Job;
use crate::recover::follow::{NOISE_ROUNDS, less_noise};
use crate::regression::motion::{Derivatives, Motion};
use crate::regression::trajectory::{self, ObservedPiece, TrajectoryFit};

/// A form fitted to whole trajectories.
#[derive(Clone, Debug)]
pub struct Followed {
    /// The form with the constants of the fit.
    pub law: Lagrangian,
    /// The fit.
    pub fit: TrajectoryFit,
    /// χ²/s² and the description length, in units of χ².
    pub score: f64,
}

/// The forms on the pieces of a recording.
pub struct Trial<'a> {
    /// The pieces.
    pub pieces: Vec<ObservedPiece>,
    /// How trajectories are fitted, and what is asked of them.
    pub config: &'a Config,
    /// The job.
    pub job: &'a Job<'a>,
}

impl Trial<'_> {
    /// Fits all forms and orders them; none where no form is followed.
    ///
    /// Where the best leaves clearly less than the noise that was assumed, the noise is corrected and all are fitted again:
    /// an overestimated noise hides what is wrong.
    pub fn follow(&mut self, laws: &[Lagrangian]) -> Vec<Followed> {
        let mut found = self.fits(laws);
        for _ in 0..NOISE_ROUNDS {
            let Some(best) = found.first() else { break };
            let Some(factors) = less_noise(&best.fit).filter(|_| !self.job.is_cancelled()) else { break };
            self.pieces.iter_mut().for_each(|piece| *piece = piece.with_noise(&factors));
            let again: Vec<Lagrangian> = found.iter().map(|followed| followed.law.clone()).collect();
            found = self.fits(&again);
        }
        found
    }

    fn fits(&self, laws: &[Lagrangian]) -> Vec<Followed> {
        let fits: Vec<Followed> = laws
            .par_iter()
            .filter(|_| !self.job.is_cancelled())
            .filter_map(|law| {
                let fit =
                    trajectory::fit(law, &law.constants(), &self.pieces, &trajectory::Config::default());
                self.followed(law, fit)
            })
            .collect();
        // Cut into more parts, more initial states explain more: as few parts as explain the recording.
        let least = fits.iter().map(|followed| followed.fit.reduced()).fold(f64::INFINITY, f64::min).max(1.0);
        let good = fits.iter().filter(|followed| followed.fit.reduced() <= self.config.explained * least);
        let Some(parts) = good.map(|followed| followed.fit.parts).min() else { return Vec::new() };
        let same = |followed: Followed| match followed.fit.parts == parts {
            true => Some(followed),
            false => self.follow_in(&followed.law, parts),
        };
        let mut fits: Vec<Followed> = fits.into_par_iter().filter_map(same).collect();
        let s2 = fits.iter().map(|followed| followed.fit.reduced()).fold(f64::INFINITY, f64::min).max(1.0);
        for followed in &mut fits {
            followed.score = followed.fit.chi / s2 + self.length(&followed.law, followed.fit.values);
        }
        fits.sort_by(|a, b| a.score.total_cmp(&b.score));
        fits
    }

    /// A form on the pieces cut into this number of parts.
    pub fn follow_in(&self, law: &Lagrangian, parts: usize) -> Option<Followed> {
        let fit = trajectory::fit_in_parts(
            law,
            &law.constants(),
            &self.pieces,
            parts,
            &trajectory::Config::default(),
        );
        self.followed(law, fit)
    }

    /// A fit that follows all pieces with a positive mass matrix.
    fn followed(&self, law: &Lagrangian, fit: TrajectoryFit) -> Option<Followed> {
        let complete = fit.is_followed() && self.covers(&self.pieces, &fit, COMPLETE);
        let law = law.with_constants(&fit.constants);
        let positive = || {
            let n = law.dof;
            let states = self.pieces.iter().flat_map(|piece| piece.states.chunks_exact(2 * n));
            states.map(|state| &state[..n]).all(|q| law.is_positive(q))
        };
        let positive = complete && positive();
        positive.then_some(Followed { law, fit, score: f64::INFINITY })
    }

    /// Whether at least this share of the points of pieces is followed. Next to stretches that the sampling does not resolve,
    /// a piece may begin with a wrong state.
    fn covers(&self, pieces: &[ObservedPiece], fit: &TrajectoryFit, share: f64) -> bool {
        let parts = trajectory::cut(pieces, fit.parts, &trajectory::Config::default());
        let points =
            |all: &mut dyn Iterator<Item = &ObservedPiece>| all.map(ObservedPiece::points).sum::<usize>();
        let kept = points(&mut parts.iter().zip(&fit.kept).filter(|(_, kept)| **kept).map(|(part, _)| part));
        kept as f64 >= share * points(&mut parts.iter()) as f64
    }

    /// The description length of a form whose constants were fitted to this number of values, in units of χ².
    fn length(&self, law: &Lagrangian, values: usize) -> f64 {
        let price = |cost: f64| (values as f64).ln() + 2.0 * (2.0 + cost);
        law.parts.iter().map(|part| price(part.cost())).sum()
    }

    /// Drops the weakest coefficient while it is below its limit, and fits the rest again; a drop that raises χ² by
    /// much more than the coefficient's share says is undone.
    pub fn without_weak(&self, mut answer: Followed) -> Followed {
        loop {
            let errors = answer.fit.standard_errors();
            let constants = answer.law.constants();
            let size = |k: usize| (constants[k] / errors[k]).abs();
            let weakest = (0..constants.len()).min_by(|&a, &b| size(a).total_cmp(&size(b)));
            let Some(weakest) = weakest.filter(|&k| size(k) < self.config.significance) else { break };
            let Some(place) = answer.law.places().nth(weakest) else { break };
            let Some(mut shorter) = self.follow_in(&answer.law.without(place), answer.fit.parts) else {
                break;
            };
            let allowed = 2.0 * self.config.significance.powi(2) * answer.fit.inflation();
            if shorter.fit.chi > answer.fit.chi + allowed {
                break;
            }
            shorter.score = answer.score;
            answer = shorter;
        }
        answer
    }

    /// χ² for each degree of freedom on every second part of the recording, with constants fitted to the others. The
    /// initial states of the parts are fitted.
    pub fn held_out(&self, answer: &Followed) -> Option<f64> {
        let settings = &trajectory::Config::default();
        let fewest = self.config.stretches.div_ceil(self.pieces.len());
        let parts = trajectory::cut(&self.pieces, answer.fit.parts.max(fewest), settings);
        let (odd, even): (Vec<_>, Vec<_>) = parts.into_iter().enumerate().partition(|(k, _)| k % 2 == 1);
        let strip =
            |all: Vec<(usize, ObservedPiece)>| all.into_iter().map(|(_, piece)| piece).collect::<Vec<_>>();
        let (odd, even) = (strip(odd), strip(even));
        let (mut square, mut freedom) = (0.0, 0);
        for (fitted, tested) in [(&odd, &even), (&even, &odd)] {
            if fitted.is_empty() || tested.is_empty() {
                return None;
            }
            let fit = trajectory::fit_as_cut(&answer.law, &answer.law.constants(), fitted, settings);
            let fixed = Fixed(answer.law.with_constants(&fit.constants));
            let test = trajectory::fit_as_cut(&fixed, &[], tested, settings);
            if !fit.is_followed() || !test.is_followed() || !self.covers(tested, &test, TESTED) {
                return None;
            }
            square += test.chi;
            freedom += test.degrees_of_freedom;
        }
        Some(square / freedom.max(1) as f64)
    }
}

/// A law whose constants are fixed: only initial states are fitted.
struct Fixed(Lagrangian);

impl Motion for Fixed {
    fn dof(&self) -> usize {
        self.0.dof
    }

    fn parameters(&self) -> usize {
        0
    }

    fn acceleration(&self, q: &[f64], v: &[f64], _theta: &[f64], out: &mut [f64]) {
        out.copy_from_slice(&self.0.acceleration_at(q, v)[..self.0.dof]);
    }

    fn derivatives(&self, q: &[f64], v: &[f64], _theta: &[f64], out: Derivatives<'_>) {
        let mut unused = vec![0.0; self.0.dof * self.0.parameters()];
        let out = Derivatives { by_parameter: &mut unused, ..out };
        self.0.derivatives(q, v, &self.0.constants(), out);
    }

    fn records_momenta(&self) -> bool {
        self.0.records_momenta()
    }

    fn momenta(&self, q: &[f64], v: &[f64], _theta: &[f64], out: Derivatives<'_>) {
        let mut unused = vec![0.0; self.0.dof * self.0.parameters()];
        let out = Derivatives { by_parameter: &mut unused, ..out };
        self.0.momenta(q, v, &self.0.constants(), out);
    }
}
