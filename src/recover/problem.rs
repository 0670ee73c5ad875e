//! A recording as equations for the terms of the library.

use std::borrow::Cow;
use std::ops::Range;

use super::Model;
use crate::data::{Coordinate, Recording, Smoothed};
use crate::regression::beam::Candidates;
use crate::regression::gram::Gram;
use crate::regression::{Matrix, RegressionError, Slopes, WeakForm, Whitened, weak};
use crate::terms::joint::{self, Argument, Column, Family, Library, Term, evaluate};

/// Columns of the library are evaluated so many at a time.
const BLOCK: usize = 64;

/// A column whose length is not within these limits is dead: its squares leave the range of numbers, or it vanishes
/// on the data. There is no limit relative to other columns, whose lengths depend on the units.
const ALIVE: Range<f64> = 1e-140..1e140;

/// The greatest relative step of a nonlinear parameter that is trusted to its derivative.
const GREATEST_STEP: f64 = 0.6;

/// The price of two terms that share a summand, in units of χ²: less than that of any term, more than the difference
/// between terms of one function.
pub(super) const OVERLAP: f64 = 3.0;

/// The whitened equations of a recording and everything that may stand in them.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The coordinates.
    pub coordinates: Vec<Coordinate>,
    /// The weak form.
    pub weak: WeakForm,
    /// The terms that compete.
    pub library: Library,
    config: joint::Config,
    /// For each equation of one coordinate the run it is from and its share of the time of the whole recording's
    /// longest run, in [0, 1].
    pub places: Vec<Place>,
    /// For each coordinate the integrals of all columns, not whitened: the terms, then the changes of those that have
    /// a nonlinear parameter.
    integrals: Vec<Matrix>,
    /// The number of stretches of time that are left out in turn where there are fewer than three runs.
    pub(super) stretches: usize,
    candidates: [Candidates; 2],
    finite: Vec<bool>,
    present: Option<Present>,
}

/// How a recording is made a problem.
#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Config {
    /// Which terms compete.
    pub library: joint::Config,
    /// How equations are made of splines.
    pub weak: weak::Config,
    /// The most equations for each coordinate that a form is sought on. Of longer recordings, pieces at equal distances
    /// are taken: that is enough to tell forms apart, and the time grows with the number. A single piece is never cut.
    pub equations: usize,
}

impl Default for Config {
    fn default() -> Config {
        Config { library: joint::Config::default(), weak: weak::Config::default(), equations: 1500 }
    }
}

/// The number of stretches of time that are left out in turn where there are fewer than three runs. From section 8
/// of the design note on recordings.
const STRETCHES: usize = 6;

/// Which terms compete.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Terms {
    /// Those without a nonlinear parameter.
    Plain,
    /// All.
    All,
}

/// Where an equation comes from.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Place {
    /// The index of the run.
    pub run: usize,
    /// The time since the beginning of the run, in units of the longest run.
    pub time: f64,
}

/// The equations under the present whitening.
#[derive(Clone, Debug)]
struct Present {
    whitened: Whitened,
    left: Vec<f64>,
    columns: Vec<Matrix>,
    gram: Gram,
    dead: Vec<bool>,
}

impl Problem {
    /// The equations of a smoothed recording, not whitened yet.
    ///
    /// # Errors
    /// If no piece is long enough for a test function.
    pub fn new(
        recording: &Recording,
        smoothed: &Smoothed,
        config: &Config,
    ) -> Result<Problem, RegressionError> {
        let smoothed = &thinned(smoothed, config.equations);
        let weak = WeakForm::new(smoothed, &config.weak);
        if weak.rows() == 0 {
            return Err(RegressionError::NoTestFunctions);
        }
        let terms = joint::library(&recording.coordinates, &used_positions(&weak), &config.library);
        let places = places(recording, smoothed, &weak);
        let mut problem = Problem {
            coordinates: recording.coordinates.clone(),
            weak,
            library: terms,
            config: config.library.clone(),
            places,
            integrals: Vec::new(),
            stretches: STRETCHES,
            candidates: [Candidates::default(), Candidates::default()],
            finite: Vec::new(),
            present: None,
        };
        problem.integrate();
        Ok(problem)
    }

    /// The highest degree of the monomials of the library.
    pub fn degree(&self) -> u32 {
        self.config.degree.unwrap_or(joint::default_degree(self.dof()))
    }

    /// Makes the library anew with monomials up to another degree. The equations are to be whitened again.
    pub fn set_degree(&mut self, degree: u32) {
        self.config.degree = Some(degree);
        self.renew_library();
    }

    /// Leaves out the equations that use one of the points with the greatest values of the arguments, a `share` of all
    /// points, and makes the library anew. The equations are to be whitened again. A function may then end where
    /// noise has carried these points beyond.
    pub fn leave_out_greatest(&mut self, arguments: &[Argument], share: f64) {
        self.weak.mask(&vec![false; self.weak.points()]);
        let greatest = |q: &[f64]| arguments.iter().map(|u| u.value(q)).fold(f64::NEG_INFINITY, f64::max);
        let values: Vec<f64> = self.weak.positions().chunks_exact(self.dof()).map(greatest).collect();
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        let kept = ((1.0 - share) * (sorted.len() - 1) as f64).floor() as usize;
        let limit = sorted[kept.min(sorted.len() - 1)];
        self.weak.mask(&values.iter().map(|&u| u > limit).collect::<Vec<_>>());
        self.renew_library();
    }

    fn renew_library(&mut self) {
        self.library = joint::library(&self.coordinates, &used_positions(&self.weak), &self.config);
        self.present = None;
        self.integrate();
    }

    /// Evaluates all columns of the library and integrates them against the test functions.
    fn integrate(&mut self) {
        let terms = &self.library.terms;
        let mut columns: Vec<Column<'_>> = terms.iter().map(Column::Force).collect();
        let mut partners = vec![None; terms.len()];
        for (k, term) in terms.iter().enumerate().filter(|(_, term)| term.is_free()) {
            partners[k] = Some((columns.len(), trusted_step(term, &terms[self.library.plain..])));
            columns.push(Column::ByParameter(term));
        }
        let costs = terms.iter().map(|term| self.price(term, term.is_free())).collect();
        let families = terms.iter().map(|term| term.family() as usize).collect();
        let mut integrals = vec![Matrix::zeros(self.weak.rows(), columns.len()); self.dof()];
        let mut finite = Vec::with_capacity(columns.len());
        for (block, columns) in columns.chunks(BLOCK).enumerate() {
            let values = self.values(columns);
            finite.extend(self.finite(&values, columns.len()));
            for (i, all) in integrals.iter_mut().enumerate() {
                let own = of_coordinate(&values, self.dof(), columns.len(), i);
                let part = self.weak.integrals(0, &own, columns.len());
                for k in 0..columns.len() {
                    all.col_as_slice_mut(block * BLOCK + k).copy_from_slice(part.col_as_slice(k));
                }
            }
        }
        (self.integrals, self.finite) = (integrals, finite);
        let all = Candidates { costs, families, partners };
        self.candidates = [all.first(self.library.plain), all];
    }

    fn values(&self, columns: &[Column<'_>]) -> Vec<f64> {
        evaluate(columns, self.dof(), self.weak.positions(), self.weak.velocities())
    }

    /// For each column whether it is finite at all points that are used.
    fn finite(&self, values: &[f64], count: usize) -> Vec<bool> {
        let mut finite = vec![true; count];
        // Where the sum is finite all values are, and this is much the fastest test.
        if values.iter().sum::<f64>().is_finite() {
            return finite;
        }
        let points = values.chunks_exact(self.dof() * count).zip(self.weak.in_use());
        for (point, _) in points.filter(|(_, used)| **used) {
            for row in point.chunks_exact(count) {
                finite.iter_mut().zip(row).for_each(|(finite, x)| *finite &= x.is_finite());
            }
        }
        finite
    }

    /// The number of coordinates.
    pub fn dof(&self) -> usize {
        self.weak.dof()
    }

    /// The number of equations of all coordinates together, those left out not counted.
    pub fn equations(&self) -> usize {
        self.weak.unmasked() * self.dof()
    }

    /// The number of rows of all coordinates together. The rows of equations left out vanish.
    pub fn rows(&self) -> usize {
        self.weak.rows() * self.dof()
    }

    /// The bodies, which are the blocks of equations with a mass of their own.
    pub fn bodies(&self) -> &[Vec<usize>] {
        &self.library.bodies
    }

    /// Whitens the equations with the slopes of a model, or without any, and builds the Gram matrices of the terms that
    /// are to compete. `floor` is the least error of an equation in units of the rms of its left side.
    ///
    /// # Errors
    /// If a covariance is not finite.
    pub fn whiten(&mut self, model: Option<&Model>, floor: f64, terms: Terms) -> Result<(), RegressionError> {
        let slopes = model.map(|model| self.slopes(model));
        let whitened = self.weak.whiten(slopes.as_ref(), floor)?;
        let columns = match terms {
            Terms::All => whitened.whiten(&self.integrals),
            Terms::Plain => {
                let plain = |all: &Matrix| all.subcols(0, self.library.plain).to_owned();
                whitened.whiten(&self.integrals.iter().map(plain).collect::<Vec<_>>())
            }
        };
        let mut gram = Gram::new(self.bodies().len(), columns[0].ncols());
        for (block, body) in self.bodies().iter().enumerate() {
            body.iter().for_each(|&i| gram.add(block, &columns[i], &whitened.left()[i]));
        }
        let alive = |k: usize| self.finite[k] && ALIVE.contains(&gram.length(k));
        let count = gram.columns().min(self.library.terms.len());
        let dead = (0..count).map(|k| !alive(k)).collect();
        let left = whitened.left().concat();
        self.present = Some(Present { whitened, left, columns, gram, dead });
        Ok(())
    }

    /// ∂a/∂q and ∂a/∂v of a model on the grid.
    fn slopes(&self, model: &Model) -> Slopes {
        let (n, points) = (self.dof(), self.weak.points());
        let mut slopes =
            Slopes { by_position: vec![0.0; points * n * n], by_velocity: vec![0.0; points * n * n] };
        let states = self.weak.positions().chunks_exact(n).zip(self.weak.velocities().chunks_exact(n));
        let out = slopes.by_position.chunks_exact_mut(n * n).zip(slopes.by_velocity.chunks_exact_mut(n * n));
        for ((q, v), (by_position, by_velocity)) in states.zip(out) {
            model.slopes_at(q, v, by_position, by_velocity);
        }
        slopes
    }

    fn present(&self) -> Option<&Present> {
        self.present.as_ref()
    }

    /// The Gram matrices under the present whitening, one block for each body; `None` before the first.
    pub fn gram(&self) -> Option<&Gram> {
        self.present().map(|present| &present.gram)
    }

    /// The whitened left sides, coordinate after coordinate; empty before the first whitening.
    pub fn left(&self) -> &[f64] {
        self.present().map_or(&[], |present| &present.left)
    }

    /// For each body the rows of its coordinates in [`left`](Self::left).
    pub fn rows_of_bodies(&self) -> Vec<Vec<Range<usize>>> {
        let rows = self.weak.rows();
        let range = |&i: &usize| i * rows..(i + 1) * rows;
        self.bodies().iter().map(|body| body.iter().map(range).collect()).collect()
    }

    /// Whitened columns, `[rows, columns]`, coordinate after coordinate; `None` where one is not finite.
    pub fn columns(&self, columns: &[Column<'_>]) -> Option<Matrix> {
        let present = self.present()?;
        let values = self.values(columns);
        if self.finite(&values, columns.len()).contains(&false) {
            return None;
        }
        let parts = present.whitened.project(&values, columns.len());
        let rows = self.weak.rows();
        Some(Matrix::from_fn(self.rows(), columns.len(), |r, k| parts[r / rows][(r % rows, k)]))
    }

    /// The whitened column of a term; from the library where the term is there.
    pub fn column(&self, term: &Term) -> Option<Vec<f64>> {
        let own = self.library.terms.iter().position(|own| own == term);
        match (own, self.present()) {
            (Some(k), Some(_)) if !self.finite[k] => None,
            (Some(k), Some(present)) if k < present.gram.columns() => {
                Some(present.columns.iter().flat_map(|part| part.col_as_slice(k)).copied().collect())
            }
            _ => Some(self.columns(&[Column::Force(term)])?.col_as_slice(0).to_vec()),
        }
    }

    /// Integrals ∫φ f_i of the forces of terms, not whitened: for each coordinate `[rows, terms]`.
    pub fn integrals(&self, terms: &[Term]) -> Vec<Matrix> {
        let columns: Vec<Column<'_>> = terms.iter().map(Column::Force).collect();
        let values = self.values(&columns);
        let own = |i| of_coordinate(&values, self.dof(), terms.len(), i);
        (0..self.dof()).map(|i| self.weak.integrals(0, &own(i), terms.len())).collect()
    }

    /// The terms as candidates of a beam search.
    pub fn candidates(&self, terms: Terms) -> &Candidates {
        &self.candidates[terms as usize]
    }

    /// For each candidate whether it is of some use under the present whitening.
    pub fn usable(&self, terms: Terms) -> Vec<bool> {
        let dead = self.present().map_or(&[][..], |present| &present.dead);
        (0..self.candidates(terms).costs.len()).map(|k| dead.get(k) == Some(&false)).collect()
    }

    /// The terms of which start masses are made: plain polynomials and powers of distances.
    pub fn wide(&self) -> Vec<usize> {
        let family = |term: &Term| {
            matches!(
                term.family(),
                Family::Polynomial | Family::Radial | Family::RadialPolynomial | Family::Reciprocal
            )
        };
        let usable = self.usable(Terms::Plain);
        let terms = self.library.terms[..self.library.plain].iter().enumerate();
        terms.filter(|(k, term)| usable[*k] && family(term)).map(|(k, _)| k).collect()
    }

    /// The description length of a term in units of χ²: ln N for its coefficient and for a parameter of its own,
    /// 2·(2 + cost) for its form.
    fn price(&self, term: &Term, own_parameter: bool) -> f64 {
        let constants = 1.0 + f64::from(u8::from(own_parameter));
        (self.equations() as f64).ln() * constants + 2.0 * (2.0 + term.cost())
    }

    /// The description length of a model: that of its terms, ln N + 2 for each mass, and [`OVERLAP`] for each pair of
    /// terms that share a summand.
    pub fn description_length(&self, model: &Model) -> f64 {
        self.length(&model.terms, &model.ties, model.masses())
    }

    /// The description length of terms with their ties and a number of fitted masses.
    pub(super) fn length(&self, terms: &[Term], ties: &[Option<(usize, f64)>], masses: usize) -> f64 {
        let own = |k: usize| terms[k].is_free() && ties[k].is_none();
        let prices: f64 = terms.iter().enumerate().map(|(k, term)| self.price(term, own(k))).sum();
        prices + OVERLAP * overlaps(terms) as f64 + masses as f64 * ((self.equations() as f64).ln() + 2.0)
    }

    /// χ²/s² and the description length of a model.
    pub fn score(&self, model: &Model, s2: f64) -> f64 {
        model.chi / s2 + self.description_length(model)
    }
}

/// The greatest relative step of a parameter for which the change of a term is trusted: three quarters of the way to
/// the next value on the grid, at most [`GREATEST_STEP`].
fn trusted_step(term: &Term, grid: &[Term]) -> f64 {
    let ratio = |other: &Term| Some(other.parameter()? / term.parameter()?);
    let others = grid.iter().filter(|other| other.form() == term.form() && *other != term);
    let steps = others.filter_map(ratio).filter(|ratio| *ratio > 0.0).map(|ratio| 0.75 * (ratio - 1.0).abs());
    steps.fold(GREATEST_STEP, f64::min)
}

/// The pairs of terms that share a summand.
pub(super) fn overlaps(terms: &[Term]) -> usize {
    let before = |k: usize| terms[..k].iter().filter(|other| other.overlaps(&terms[k])).count();
    (0..terms.len()).map(before).sum()
}

/// The values of one coordinate, `[points, count]`.
fn of_coordinate(values: &[f64], dof: usize, count: usize, i: usize) -> Vec<f64> {
    values.chunks_exact(dof * count).flat_map(|point| &point[i * count..(i + 1) * count]).copied().collect()
}

/// The positions at the points that are used, `[points, dof]`.
pub(super) fn used_positions(weak: &WeakForm) -> Vec<f64> {
    let points = weak.positions().chunks_exact(weak.dof()).zip(weak.in_use());
    points.filter(|(_, used)| **used).flat_map(|(q, _)| q.iter().copied()).collect()
}

/// Pieces at equal distances that have about `most` intervals together; all where these are not more.
pub(super) fn thinned(smoothed: &Smoothed, most: usize) -> Cow<'_, Smoothed> {
    let total: usize = smoothed.pieces.iter().map(|piece| piece.spline.intervals()).sum();
    if total <= most {
        return Cow::Borrowed(smoothed);
    }
    let share = most as f64 / total as f64;
    let taken = |k: usize| ((k + 1) as f64 * share).ceil() > (k as f64 * share).ceil();
    let pieces = smoothed.pieces.iter().enumerate().filter(|(k, _)| taken(*k));
    let pieces = pieces.map(|(_, piece)| piece.clone()).collect();
    Cow::Owned(Smoothed { dof: smoothed.dof, pieces, left_out: smoothed.left_out.clone() })
}

/// Run and time of each equation.
fn places(recording: &Recording, smoothed: &Smoothed, weak: &WeakForm) -> Vec<Place> {
    let duration = |times: &[f64]| times.last().unwrap_or(&0.0) - times.first().unwrap_or(&0.0);
    let longest = recording.runs.iter().map(|run| duration(&run.times)).fold(f64::MIN_POSITIVE, f64::max);
    let centres = weak.centres();
    let of_piece = |(index, _, rows): (usize, Range<usize>, Range<usize>)| {
        let piece = &smoothed.pieces[index];
        let times = &recording.runs[piece.run].times;
        let start = times[piece.first] - times[0];
        rows.map(|r| Place { run: piece.run, time: (start + centres[r]) / longest }).collect::<Vec<_>>()
    };
    weak.pieces().flat_map(of_piece).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Smoother;
    use crate::recover::simulated::Simulated;
    use crate::terms::joint::{Form, Function, Parameter};

    fn spring() -> Simulated<'static> {
        Simulated {
            names: &["x"],
            law: &|_, q, _| vec![-q[0]],
            starts: &[&[1.0, 0.0], &[0.4, 0.3], &[0.0, 0.8], &[0.5, 0.5]],
            duration: 10.0,
            step: 0.05,
            noise: 1e-3,
        }
    }

    #[test]
    fn of_long_recordings_some_pieces_are_taken() {
        let smoothed = Smoother::default().smooth(&spring().recording()).unwrap();
        let total: usize = smoothed.pieces.iter().map(|piece| piece.spline.intervals()).sum();
        let runs = |most| thinned(&smoothed, most).pieces.iter().map(|piece| piece.run).collect::<Vec<_>>();
        assert_eq!(runs(total), [0, 1, 2, 3]);
        assert_eq!(runs(total / 2), [0, 2]);
        assert_eq!(runs(1), [0]);
    }

    #[test]
    fn points_of_greatest_argument_are_left_out() {
        let mut problem = spring().problem();
        let (equations, square) = (problem.equations(), [Argument::squares(&[0])]);
        problem.leave_out_greatest(&square, 0.1);
        assert!(problem.equations() < equations);
        let greatest = used_positions(&problem.weak).iter().map(|q| q * q).fold(0.0, f64::max);
        problem.leave_out_greatest(&square, 0.0);
        assert_eq!(problem.equations(), equations);
        assert!(greatest < used_positions(&problem.weak).iter().map(|q| q * q).fold(0.0, f64::max));
    }

    #[test]
    fn a_step_reaches_three_quarters_of_the_way_to_the_next_value() {
        let term = |k| {
            let form = Form::Sum(Function::Exponential, vec![Argument::coordinate(0)]);
            Term::new(form, Parameter::Free(k), Family::Exponential, 0.0)
        };
        let grid = [term(-1.0), term(1.0), term(1.2), term(6.0)];
        assert!((trusted_step(&grid[1], &grid) - 0.15).abs() < 1e-12);
        assert_eq!(trusted_step(&grid[0], &grid), GREATEST_STEP);
        assert_eq!(trusted_step(&grid[3], &grid), GREATEST_STEP);
    }
}
