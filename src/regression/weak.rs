//! The weak form: equations for accelerations that need no second derivative, whitened.
//!
//! For a test function φ that vanishes with its derivatives at the ends of its support, the law q̈ = a(q, v) says
//! ∫φ″q dt = ∫φ a(q, v) dt. Both sides are evaluated on splines; their errors have a known covariance.

use std::ops::Range;
use std::sync::Arc;

use faer::Mat;
use rayon::prelude::*;

use super::RegressionError;
use super::test_functions::TestFunctions;
use crate::data::{Banded, BandedCholesky, ORDER, Piece, Smoothed};

/// Functions are projected so many at a time: their values on the grid of a piece then stay in the cache.
const BLOCK: usize = 16;

/// Entries of a covariance below this share of their diagonal entries are zero: far below the nugget of any matrix.
const NEGLIGIBLE: f64 = 1e-14;

/// How the weak form is set up.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Config {
    /// A test function reaches so many intervals of the spline to each side.
    pub reach: usize,
    /// A test function is (1 − s²) to this power.
    pub power: i32,
    /// The least number of quadrature points of one half of a test function.
    pub quadrature: usize,
    /// If fewer test functions of a piece avoid the unresolved intervals, all are used.
    pub fewest: usize,
    /// This share of the mean variance is added to all variances: less than that is rounding.
    pub nugget: f64,
}

impl Default for Config {
    /// The measured method (the design note on recordings, section 2), with 18 quadrature points where it had 15: with
    /// 15 the error of the quadrature shows in data rounded to six digits.
    fn default() -> Self {
        Self { reach: 3, power: 8, quadrature: 18, fewest: 4, nugget: 1e-9 }
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
    /// For each piece and coordinate the factor of the covariance of the equations.
    factors: Vec<Vec<BandedCholesky>>,
    left: Vec<Vec<f64>>,
}

/// What the weak form keeps of a piece.
#[derive(Clone, Debug)]
struct PieceForm {
    /// The index of the piece in the smoothed recording.
    piece: usize,
    /// Its quadrature points.
    points: Range<usize>,
    /// Its equations, for each coordinate.
    rows: Range<usize>,
    tests: TestFunctions,
    /// Rows of the B-splines and of their slopes at the quadrature points.
    values: Vec<(usize, [f64; ORDER])>,
    slopes: Vec<(usize, [f64; ORDER])>,
    /// For each coordinate the factor of the spline's normal matrix.
    factors: Vec<BandedCholesky>,
    /// For each coordinate the left sides ∫φ″q.
    left: Vec<Vec<f64>>,
}

impl WeakForm {
    /// The weak form of all pieces that are long enough for a test function.
    pub fn new(smoothed: &Smoothed, config: &Config) -> Self {
        let dof = smoothed.dof;
        let (mut positions, mut velocities, mut in_use) = (Vec::new(), Vec::new(), Vec::new());
        let (mut pieces, mut rows) = (Vec::new(), 0);
        for (index, piece) in smoothed.pieces.iter().enumerate() {
            let Some(tests) = TestFunctions::new(&piece.spline, &piece.unresolved, config) else { continue };
            let start = in_use.len();
            in_use.extend(tests.in_use());
            let form = PieceForm::new(index, piece, start, rows, tests);
            for (value, slope) in form.values.iter().zip(&form.slopes) {
                positions.extend(piece.coefficients.iter().map(|c| product(value, c)));
                velocities.extend(piece.coefficients.iter().map(|c| product(slope, c)));
            }
            rows = form.rows.end;
            pieces.push(form);
        }
        Self { config: *config, dof, positions, velocities, in_use, pieces: pieces.into() }
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
    /// # Shapes
    /// `functions` is `[points, count]`, the result `[rows, count]`.
    ///
    /// # Errors
    /// If `functions` has another length.
    ///
    /// # Panics
    /// If the derivative is above 2.
    pub fn integrals(
        &self,
        derivative: usize,
        functions: &[f64],
        count: usize,
    ) -> Result<Mat<f64>, RegressionError> {
        check("functions", self.points() * count, functions.len())?;
        let mut out = Mat::zeros(self.rows(), count);
        for form in self.pieces.iter() {
            for columns in blocks(count) {
                let values = gathered(functions, form.points.clone(), count, &columns);
                form.write(&form.tests.integrals(derivative, &values, columns.len()), &columns, &mut out);
            }
        }
        Ok(out)
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
            check("∂a/∂q", expected, slopes.by_position.len())?;
            check("∂a/∂v", expected, slopes.by_velocity.len())?;
        }
        if self.pieces.is_empty() {
            return Err(RegressionError::NoTestFunctions);
        }
        let all: Vec<(usize, usize)> =
            (0..self.pieces.len()).flat_map(|k| (0..self.dof).map(move |i| (k, i))).collect();
        let factor = |&(k, i): &(usize, usize)| {
            let form = &self.pieces[k];
            let covariance = form.covariance(i, slopes);
            let squares: f64 = form.left[i].iter().map(|a| a * a).sum();
            let least = floor * floor * squares / form.rows.len() as f64;
            factored(covariance, least, self.config.nugget)
                .ok_or(RegressionError::Covariance { piece: form.piece, coordinate: i })
        };
        let factors: Vec<_> = all.par_iter().map(factor).collect::<Result<_, _>>()?;
        let factors: Vec<Vec<_>> = factors.chunks(self.dof).map(<[_]>::to_vec).collect();
        let mut left = vec![Vec::with_capacity(self.rows()); self.dof];
        for (form, factors) in self.pieces.iter().zip(&factors) {
            for ((out, a), factor) in left.iter_mut().zip(&form.left).zip(factors) {
                let mut a = a.clone();
                factor.solve_lower(&mut a);
                out.extend(a);
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
    /// # Errors
    /// If `functions` has another length.
    pub fn project(&self, functions: &[f64], count: usize) -> Result<Vec<Mat<f64>>, RegressionError> {
        check("functions", self.points * self.dof * count, functions.len())?;
        let width = self.dof * count;
        let project = |i: usize| {
            let mut out = Mat::zeros(self.left[i].len(), count);
            for (form, factors) in self.pieces.iter().zip(&self.factors) {
                for columns in blocks(count) {
                    let at = i * count + columns.start..i * count + columns.end;
                    let values = gathered(functions, form.points.clone(), width, &at);
                    let mut rows = form.tests.integrals(0, &values, columns.len());
                    factors[i].solve_lower_columns(&mut rows, columns.len());
                    form.write(&rows, &columns, &mut out);
                }
            }
            out
        };
        Ok((0..self.dof).into_par_iter().map(project).collect())
    }
}

impl Whitened {
    /// For each coordinate the whitened form of [`integrals`](WeakForm::integrals), `[rows, count]`: the same as
    /// [`project`](Self::project) of the functions, where their integrals are known already.
    ///
    /// # Panics
    /// If there are not as many as coordinates, or one has other rows.
    pub fn whiten(&self, integrals: &[Mat<f64>]) -> Vec<Mat<f64>> {
        assert_eq!(integrals.len(), self.dof, "coordinates");
        let whiten = |(i, integrals): (usize, &Mat<f64>)| {
            let mut out = integrals.clone();
            for (form, factors) in self.pieces.iter().zip(&self.factors) {
                (0..out.ncols())
                    .for_each(|k| factors[i].solve_lower(&mut out.col_as_slice_mut(k)[form.rows.clone()]));
            }
            out
        };
        integrals.par_iter().enumerate().map(whiten).collect()
    }
}

impl PieceForm {
    fn new(index: usize, piece: &Piece, start: usize, row: usize, tests: TestFunctions) -> Self {
        let at = |derivative| tests.points().iter().map(|t| piece.spline.basis(*t, derivative)).collect();
        let (values, slopes): (Vec<_>, Vec<_>) = (at(0), at(1));
        let left = piece.coefficients.iter().map(|c| {
            let position: Vec<f64> = values.iter().map(|row| product(row, c)).collect();
            tests.second_integrals(&position)
        });
        Self {
            piece: index,
            points: start..start + tests.points().len(),
            rows: row..row + tests.count(),
            left: left.collect(),
            factors: piece.factors.clone(),
            tests,
            values,
            slopes,
        }
    }

    /// The covariance C_i of the equations of coordinate i.
    fn covariance(&self, i: usize, slopes: Option<&Slopes>) -> Banded {
        let count = self.tests.count();
        let mut sums = vec![Vec::new(); count];
        for l in 0..self.factors.len() {
            if l != i && slopes.is_none() {
                continue;
            }
            // Rows of X·L⁻ᵀ: their products are the entries of X·S⁻¹·Xᵀ.
            let solved: Vec<(usize, Vec<f64>)> = (0..count)
                .map(|j| {
                    let (first, row) = self.row(j, i, l, slopes);
                    (first, self.factors[l].solve_lower_sparse(first, &row, NEGLIGIBLE))
                })
                .collect();
            for (j, sums) in sums.iter_mut().enumerate() {
                add_products(&solved, j, sums);
            }
        }
        banded(&sums)
    }

    /// Row j of X_l, from the first entry that does not vanish.
    fn row(&self, j: usize, i: usize, l: usize, slopes: Option<&Slopes>) -> (usize, Vec<f64>) {
        let points = self.tests.range(j);
        let (phi, second) = (self.tests.row(0, j), self.tests.row(2, j));
        let first = self.values[points.start].0;
        let mut row = vec![0.0; self.values[points.end - 1].0 + ORDER - first];
        let dof = self.factors.len();
        for (k, g) in points.enumerate() {
            let (column, value) = &self.values[g];
            let slope = &self.slopes[g].1;
            let (mut by_value, mut by_slope) = (if l == i { second[k] } else { 0.0 }, 0.0);
            if let Some(slopes) = slopes {
                let entry = ((self.points.start + g) * dof + i) * dof + l;
                by_value -= phi[k] * finite(slopes.by_position[entry]);
                by_slope -= phi[k] * finite(slopes.by_velocity[entry]);
            }
            for ((x, b), d) in row[column - first..].iter_mut().zip(value).zip(slope) {
                *x += by_value * b + by_slope * d;
            }
        }
        (first, row)
    }

    /// Writes rows of some columns where they belong.
    fn write(&self, rows: &[f64], columns: &Range<usize>, out: &mut Mat<f64>) {
        for (r, row) in self.rows.clone().zip(rows.chunks_exact(columns.len())) {
            for (c, x) in columns.clone().zip(row) {
                out[(r, c)] = *x;
            }
        }
    }
}

/// Adds the products of vector j with the later ones that overlap it to `sums`, which begins with that with itself.
fn add_products(solved: &[(usize, Vec<f64>)], j: usize, sums: &mut Vec<f64>) {
    let (first, vector) = &solved[j];
    for (k, (start, other)) in solved[j..].iter().enumerate() {
        // A later vector starts no earlier, because its test function does.
        let Some(rest) = vector.get(start - first..) else { break };
        let shared = rest.len().min(other.len());
        let product = crate::data::dot(&rest[..shared], &other[..shared]);
        match sums.get_mut(k) {
            Some(sum) => *sum += product,
            None => sums.push(product),
        }
    }
}

/// The banded matrix of entries (j, j + k), where negligible ones are dropped.
fn banded(entries: &[Vec<f64>]) -> Banded {
    let counts = |(j, row): (usize, &Vec<f64>)| {
        let kept = |(k, x): (usize, &f64)| x.abs() > NEGLIGIBLE * (row[0] * entries[j + k][0]).sqrt();
        (0..row.len()).rev().find(|k| kept((*k, &row[*k]))).unwrap_or(0)
    };
    let width = entries.iter().enumerate().map(counts).max().unwrap_or(0);
    let mut out = Banded::zero(entries.len(), width);
    for (j, row) in entries.iter().enumerate() {
        row.iter().take(width + 1).enumerate().for_each(|(k, x)| out.add(j + k, j, *x));
    }
    out
}

/// The factor of a covariance with its floor and nugget, or nothing where it is not finite.
fn factored(mut covariance: Banded, least: f64, nugget: f64) -> Option<BandedCholesky> {
    let mean = covariance.mean_diagonal();
    if !(mean + least > 0.0 && (mean + least).is_finite()) {
        return None;
    }
    covariance.add_to_diagonal(least + nugget * mean);
    // Rounding may exceed the nugget where variances differ by many orders.
    (0..4).find_map(|growth| {
        if growth > 0 {
            covariance.add_to_diagonal(nugget * mean * 10f64.powi(growth));
        }
        BandedCholesky::new(&covariance)
    })
}

/// Values of some columns at some points, row by row; zero where they are not finite.
fn gathered(functions: &[f64], points: Range<usize>, width: usize, columns: &Range<usize>) -> Vec<f64> {
    let row = |g: usize| functions[g * width + columns.start..g * width + columns.end].iter();
    points.flat_map(row).map(|x| finite(*x)).collect()
}

fn blocks(count: usize) -> impl Iterator<Item = Range<usize>> {
    (0..count).step_by(BLOCK).map(move |start| start..(start + BLOCK).min(count))
}

fn product((first, row): &(usize, [f64; ORDER]), coefficients: &[f64]) -> f64 {
    row.iter().zip(&coefficients[*first..]).map(|(b, c)| b * c).sum()
}

fn finite(x: f64) -> f64 {
    if x.is_finite() { x } else { 0.0 }
}

fn check(what: &'static str, expected: usize, found: usize) -> Result<(), RegressionError> {
    if found == expected { Ok(()) } else { Err(RegressionError::Shape { what, expected, found }) }
}
