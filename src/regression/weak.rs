//! The weak form: equations for accelerations that need no second derivative, whitened.
//!
//! For a test function φ that vanishes with its derivatives at the ends of its support, the law q̈ = a(q, v) says
//! ∫φ″q dt = ∫φ a(q, v) dt. Both sides are evaluated on splines; their errors have a known covariance.

use std::ops::Range;
use std::sync::Arc;

use faer::Mat;
use rayon::prelude::*;

use super::RegressionError;
use super::piece_form::PieceForm;
use super::test_functions::TestFunctions;
use crate::data::{Piece, Smoothed};

/// How the weak form is set up.
#[derive(Clone, Copy, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Config {
    /// A test function reaches so many intervals of the spline to each side.
    pub reach: usize,
    /// A test function is (1 − s²) to this power.
    pub power: i32,
    /// The least number of quadrature points of one half of a test function.
    pub quadrature: usize,
    /// This share of the mean variance is added to all variances: less than that is rounding.
    pub nugget: f64,
    /// The most equations of a piece that are whitened together; correlations between such blocks are neglected. The
    /// time for N equations then grows like N and not like N³, and the mean of χ² is N all the same.
    pub block: usize,
}

impl Default for Config {
    /// The measured method (the design note on recordings, section 2), with 18 quadrature points where it had 15: with
    /// 15 the error of the quadrature shows in data rounded to six digits.
    fn default() -> Self {
        Self { reach: 3, power: 8, quadrature: 18, nugget: 1e-9, block: 256 }
    }
}

/// Splines at quadrature points and test functions on them.
#[derive(Clone, Debug)]
pub struct WeakForm {
    config: Config,
    dof: usize,
    positions: Vec<f64>,
    velocities: Vec<f64>,
    in_use: Vec<bool>,
    /// For each equation of a coordinate, whether it is left out.
    masked: Vec<bool>,
    pieces: Arc<[PieceForm]>,
}

/// ∂a/∂q and ∂a/∂v of a law at the points of a [`WeakForm`].
#[derive(Clone, PartialEq, Debug)]
pub struct Slopes {
    /// ∂a_i/∂q_l, `[points, dof, dof]`.
    pub by_position: Vec<f64>,
    /// ∂a_i/∂v_l, `[points, dof, dof]`.
    pub by_velocity: Vec<f64>,
}

/// A weak form with the triangular matrices that give its equations independent errors of variance one.
#[derive(Clone, Debug)]
pub struct Whitened {
    dof: usize,
    points: usize,
    pieces: Arc<[PieceForm]>,
    /// For each piece and coordinate the factor of the covariance of every block of equations.
    factors: Vec<Vec<Vec<Mat<f64>>>>,
    left: Vec<Vec<f64>>,
}

impl WeakForm {
    /// The weak form of all pieces that are long enough for a test function.
    ///
    /// Test functions avoid the intervals that a piece marks as unresolved. If that leaves no equation at all, every
    /// test function is used.
    pub fn new(smoothed: &Smoothed, config: &Config) -> Self {
        let resolved = Self::with(smoothed, config, |piece| piece.unresolved.clone());
        if resolved.rows() > 0 {
            return resolved;
        }
        Self::with(smoothed, config, |piece| vec![false; piece.unresolved.len()])
    }

    fn with(smoothed: &Smoothed, config: &Config, avoid: impl Fn(&Piece) -> Vec<bool>) -> Self {
        let dof = smoothed.dof;
        let (mut positions, mut velocities, mut in_use) = (Vec::new(), Vec::new(), Vec::new());
        let (mut pieces, mut rows) = (Vec::new(), 0);
        for (index, piece) in smoothed.pieces.iter().enumerate() {
            let Some(tests) = TestFunctions::new(&piece.spline, &avoid(piece), config) else { continue };
            let start = in_use.len();
            in_use.extend(tests.in_use());
            let form = PieceForm::new(index, piece, start, rows, tests, config);
            form.add_states(piece, &mut positions, &mut velocities);
            rows = form.rows.end;
            pieces.push(form);
        }
        let masked = vec![false; rows];
        Self { config: *config, dof, positions, velocities, in_use, masked, pieces: pieces.into() }
    }

    /// The number of coordinates.
    pub fn dof(&self) -> usize {
        self.dof
    }

    /// The number of quadrature points of all pieces.
    pub fn points(&self) -> usize {
        self.in_use.len()
    }

    /// The number of equations for each coordinate.
    pub fn rows(&self) -> usize {
        self.pieces.last().map_or(0, |piece| piece.rows.end)
    }

    /// The number of equations for each coordinate that are not left out.
    pub fn unmasked(&self) -> usize {
        self.masked.iter().filter(|masked| !**masked).count()
    }

    /// For each equation of a coordinate, whether it is left out.
    pub fn masked(&self) -> &[bool] {
        &self.masked
    }

    /// Leaves out the equations that use one of some points, in place of those left out before. Their variance counts
    /// as infinite: whitened, they vanish, and the others are as they are without them.
    ///
    /// # Panics
    /// If there is not one flag for each point.
    pub fn mask(&mut self, points: &[bool]) {
        assert_eq!(points.len(), self.points(), "one flag for each point");
        self.in_use.fill(false);
        for form in self.pieces.iter() {
            for (j, masked) in self.masked[form.rows.clone()].iter_mut().enumerate() {
                let range = form.tests.range(j);
                let range = form.points.start + range.start..form.points.start + range.end;
                *masked = points[range.clone()].contains(&true);
                if !*masked {
                    self.in_use[range].fill(true);
                }
            }
        }
    }

    /// The positions at the quadrature points, `[points, dof]`.
    pub fn positions(&self) -> &[f64] {
        &self.positions
    }

    /// The velocities at the quadrature points, `[points, dof]`.
    pub fn velocities(&self) -> &[f64] {
        &self.velocities
    }

    /// For each quadrature point, whether a test function covers it.
    pub fn in_use(&self) -> &[bool] {
        &self.in_use
    }

    /// For each piece its index in the smoothed recording, its quadrature points, and its equations.
    pub fn pieces(&self) -> impl Iterator<Item = (usize, Range<usize>, Range<usize>)> {
        self.pieces.iter().map(|form| (form.piece, form.points.clone(), form.rows.clone()))
    }

    /// For each equation the time at the middle of its test function, counted from the first point of its piece.
    pub fn centres(&self) -> Vec<f64> {
        self.pieces.iter().flat_map(|form| form.tests.centres()).collect()
    }

    /// For each coordinate the left sides ∫φ″q, `[dof][rows]`, not whitened.
    pub fn left(&self) -> Vec<Vec<f64>> {
        (0..self.dof)
            .map(|i| self.pieces.iter().flat_map(|form| form.left[i].iter().copied()).collect())
            .collect()
    }

    /// The integrals of functions against φ or a derivative of it (0, 1 or 2), not whitened.
    ///
    /// Values that are not finite count as zero.
    ///
    /// # Shapes
    /// `functions` is `[points, count]`, the result `[rows, count]`.
    ///
    /// # Panics
    /// If `functions` has another length or the derivative is above 2.
    pub fn integrals(&self, derivative: usize, functions: &[f64], count: usize) -> Mat<f64> {
        assert_eq!(functions.len(), self.points() * count, "one value for each point and function");
        let mut out = Mat::zeros(self.rows(), count);
        for form in self.pieces.iter() {
            let rows = form.integrals(derivative, functions, count, 0..count);
            out.as_mut().subrows_mut(form.rows.start, form.rows.len()).copy_from(&rows);
        }
        out
    }

    /// For each equation the variance of ∫φ⁽ᵈ⁾x dt, d the derivative, where x is measured at the points of its piece with
    /// variance 1: Δ ∫φ⁽ᵈ⁾² dt with Δ the mean time between the points. To about a tenth.
    pub fn unit_variances(&self, derivative: usize) -> Vec<f64> {
        let of = |form: &PieceForm| {
            let spacing = form.spacing;
            form.tests.squares(derivative).into_iter().map(move |square| spacing * square)
        };
        self.pieces.iter().flat_map(of).collect()
    }

    /// Whitens the equations with their full covariance.
    ///
    /// With the slopes J = ∂a/∂q, K = ∂a/∂v of the present law, the error of ∫φ″q_i − ∫φ a_i has the covariance
    /// C_i = Σ_l X_l S_l⁻¹ X_lᵀ with X_l = δ_il Φ″B₀ − Φ J_il B₀ − Φ K_il B₁. To its diagonal are added the square
    /// of `floor` times the rms of ∫φ″q_i and the nugget. Slopes that are not finite count as zero.
    ///
    /// # Errors
    /// If the slopes have another shape, there are no equations, or a covariance is not finite.
    pub fn whiten(&self, slopes: Option<&Slopes>, floor: f64) -> Result<Whitened, RegressionError> {
        if let Some(slopes) = slopes {
            let expected = self.points() * self.dof * self.dof;
            expect_length("∂a/∂q", expected, slopes.by_position.len())?;
            expect_length("∂a/∂v", expected, slopes.by_velocity.len())?;
        }
        if self.pieces.is_empty() {
            return Err(RegressionError::NoTestFunctions);
        }
        let factor = |&(k, i): &(usize, usize)| {
            let form = &self.pieces[k];
            let error = RegressionError::Covariance { piece: form.piece, coordinate: i };
            let masked = &self.masked[form.rows.clone()];
            form.factors(i, slopes, masked, floor, self.config.nugget).ok_or(error)
        };
        let tasks = tasks(self.pieces.len(), self.dof);
        let factors: Vec<_> = tasks.par_iter().map(factor).collect::<Result<_, _>>()?;
        let factors: Vec<Vec<_>> = factors.chunks(self.dof).map(<[_]>::to_vec).collect();
        let mut left = vec![Vec::with_capacity(self.rows()); self.dof];
        for (form, factors) in self.pieces.iter().zip(&factors) {
            for ((out, a), factors) in left.iter_mut().zip(&form.left).zip(factors) {
                let mut a = Mat::from_fn(a.len(), 1, |row, _| a[row]);
                form.whiten(factors, &mut a);
                out.extend(a.col_as_slice(0));
            }
        }
        Ok(Whitened { dof: self.dof, points: self.points(), pieces: self.pieces.clone(), factors, left })
    }
}

impl Whitened {
    /// For each coordinate the whitened left sides, `[dof][rows]`.
    pub fn left(&self) -> &[Vec<f64>] {
        &self.left
    }

    /// The number of equations of all coordinates together.
    pub fn equations(&self) -> usize {
        self.left.iter().map(Vec::len).sum()
    }

    /// For each coordinate the whitened integrals ∫φ f of functions f, `[rows, count]`.
    ///
    /// Values that are not finite count as zero.
    ///
    /// # Shapes
    /// `functions` is `[points, dof, count]`.
    ///
    /// # Panics
    /// If `functions` has another length.
    pub fn project(&self, functions: &[f64], count: usize) -> Vec<Mat<f64>> {
        assert_eq!(functions.len(), self.points * self.dof * count, "one value for each point and function");
        let project = |&(k, i): &(usize, usize)| {
            let mut rows =
                self.pieces[k].integrals(0, functions, self.dof * count, i * count..(i + 1) * count);
            self.pieces[k].whiten(&self.factors[k][i], &mut rows);
            rows
        };
        self.assembled(count, project)
    }

    /// For each coordinate the whitened form of [`integrals`](WeakForm::integrals), `[rows, count]`: the same as
    /// [`project`](Self::project) of functions whose integrals are known already.
    ///
    /// # Panics
    /// If there are not as many matrices as coordinates, or their shapes differ.
    pub fn whiten(&self, integrals: &[Mat<f64>]) -> Vec<Mat<f64>> {
        assert_eq!(integrals.len(), self.dof, "one matrix for each coordinate");
        let count = integrals.first().map_or(0, Mat::ncols);
        self.assembled(count, |&(k, i)| {
            let form = &self.pieces[k];
            let mut rows = integrals[i].as_ref().subrows(form.rows.start, form.rows.len()).to_owned();
            form.whiten(&self.factors[k][i], &mut rows);
            rows
        })
    }

    /// The rows of each piece and coordinate, put together for each coordinate.
    fn assembled(
        &self,
        count: usize,
        rows: impl Fn(&(usize, usize)) -> Mat<f64> + Send + Sync,
    ) -> Vec<Mat<f64>> {
        let tasks = tasks(self.pieces.len(), self.dof);
        let parts: Vec<Mat<f64>> = tasks.par_iter().map(rows).collect();
        let mut out: Vec<_> = self.left.iter().map(|left| Mat::zeros(left.len(), count)).collect();
        for ((k, i), part) in tasks.into_iter().zip(&parts) {
            let rows = &self.pieces[k].rows;
            out[i].as_mut().subrows_mut(rows.start, rows.len()).copy_from(part);
        }
        out
    }
}

/// All pairs of a piece and a coordinate, piece by piece.
fn tasks(pieces: usize, dof: usize) -> Vec<(usize, usize)> {
    (0..pieces).flat_map(|k| (0..dof).map(move |i| (k, i))).collect()
}

fn expect_length(what: &'static str, expected: usize, found: usize) -> Result<(), RegressionError> {
    if found == expected { Ok(()) } else { Err(RegressionError::Shape { what, expected, found }) }
}
