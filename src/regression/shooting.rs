//! Maximum likelihood: parameters of a Hamiltonian *and* the initial states, by Gauss–Newton on the
//! integrated trajectories (multiple shooting).
//!
//! States are integrated with their sensitivities ([`ParametricHamiltonian`]). Initial states are eliminated segment
//! by segment (Schur complement), so that a step costs one small system in θ. The measurement noise enters where it
//! acts, in the states: estimates are unbiased and as precise as the data allows, σ/√(points)/duration.
//!
//! Reference: H. G. Bock, *Recent advances in parameter identification techniques for O.D.E.*, 1983.

use faer::Mat;

use super::RegressionError;
use super::normal::solve_symmetric;
use crate::data::Piece;
use crate::dynamics::ParametricHamiltonian;
use crate::progress::CancelToken;

/// A Hamiltonian with free parameters, ready to be fitted to trajectories.
#[derive(Clone, Debug)]
pub struct Shooter {
    motion: ParametricHamiltonian,
}

/// A resolved stretch of a trajectory, and where fits of it may start.
#[derive(Clone, Debug)]
pub struct Stretch {
    /// The times.
    pub times: Vec<f64>,
    /// The states as recorded, `[points, width]`.
    pub states: Vec<f64>,
    /// The states on the spline, `[points, width]`.
    pub smooth: Vec<f64>,
    /// For each point, whether the spline follows the points there: no fit starts where it does not.
    pub resolved: Vec<bool>,
}

impl Stretch {
    /// The stretch of a piece of states, coordinates then momenta.
    pub fn new(piece: &Piece) -> Stretch {
        let row = |k: usize| piece.positions.iter().map(move |column| column[k]);
        Stretch {
            times: piece.times.clone(),
            states: (0..piece.points()).flat_map(row).collect(),
            smooth: piece.rows(&piece.times, 0),
            resolved: piece.times.iter().map(|t| piece.is_resolved(*t)).collect(),
        }
    }

    /// The number of points.
    pub fn points(&self) -> usize {
        self.times.len()
    }
}

/// Part of a stretch: it is fitted with an initial state of its own.
#[derive(Clone, Debug)]
struct Segment {
    times: Vec<f64>,
    states: Vec<f64>,
    start: Vec<f64>,
}

/// How a fit by shooting is made.
#[derive(Clone, Debug)]
pub struct Shooting {
    /// Points of a segment, 2 at least.
    pub points: usize,
    /// Standard deviation of the noise of each column, for the weights; only ratios matter.
    pub noise: Vec<f64>,
    /// Most steps.
    pub iterations: usize,
    /// Relative accuracy of the integration.
    pub rtol: f64,
    /// Ends the fit with the parameters reached so far.
    pub token: CancelToken,
}

/// What shooting found.
#[derive(Clone, Debug)]
pub struct Shot {
    /// The parameters.
    pub parameters: Vec<f64>,
    /// Their standard errors, from the residuals.
    pub standard_errors: Vec<f64>,
    /// Root mean square of the residuals in units of `noise`, with the degrees of freedom used
    /// subtracted: 1 when the model explains the data to its noise.
    pub chi: f64,
    /// Whether the steps came to rest.
    pub converged: bool,
}

impl Shooter {
    /// A fit of the parameters of this motion.
    pub fn new(motion: ParametricHamiltonian) -> Shooter {
        Shooter { motion }
    }

    /// Fits parameters, from `initial`, and initial states, from the splines, to the stretches as recorded.
    ///
    /// # Errors
    /// [`RegressionError::NotFinite`] when the trajectories of the initial parameters leave the domain,
    /// [`RegressionError::Singular`] when the data does not determine the parameters.
    pub fn fit(
        &self,
        initial: &[f64],
        stretches: &[&Stretch],
        how: &Shooting,
    ) -> Result<Shot, RegressionError> {
        let mut segments = cut(stretches, self.motion.width(), how.points);
        let mut theta = initial.to_vec();
        let mut state = self.assess(&theta, &segments, how)?;
        let mut damping = 0.0;
        let mut converged = false;
        for _ in 0..how.iterations {
            if how.token.is_cancelled() {
                break;
            }
            let step = match state.step(damping) {
                Ok(step) => step,
                Err(error) if damping > 1e6 => return Err(error),
                Err(_) => {
                    damping = if damping == 0.0 { 1e-6 } else { damping * 100.0 };
                    continue;
                }
            };
            let trial_theta: Vec<f64> = theta.iter().zip(&step.parameters).map(|(t, d)| t + d).collect();
            let mut trial = segments.clone();
            for (segment, shift) in trial.iter_mut().zip(&step.starts) {
                segment.start.iter_mut().zip(shift).for_each(|(x, d)| *x += d);
            }
            match self.assess(&trial_theta, &trial, how) {
                Ok(next) if next.cost <= state.cost * (1.0 + 1e-12) || next.cost < 1e-24 => {
                    let small = step
                        .parameters
                        .iter()
                        .zip(&state.standard_errors())
                        .all(|(d, e)| d.abs() <= 0.01 * e || d.abs() < 1e-14);
                    let stalled = next.cost > state.cost * (1.0 - 1e-6);
                    (theta, segments, state) = (trial_theta, trial, next);
                    damping = if damping < 1e-8 { 0.0 } else { damping / 10.0 };
                    if (small || stalled) && damping == 0.0 {
                        converged = true;
                        break;
                    }
                }
                _ if damping > 1e8 => {
                    converged = true;
                    break;
                }
                _ => damping = if damping == 0.0 { 1e-4 } else { damping * 10.0 },
            }
        }
        Ok(Shot {
            standard_errors: state.standard_errors(),
            chi: state.variance().sqrt(),
            parameters: theta,
            converged,
        })
    }

    /// Residuals, normal equations and their Schur complements at these parameters and starts.
    fn assess(
        &self,
        theta: &[f64],
        segments: &[Segment],
        how: &Shooting,
    ) -> Result<Normalised, RegressionError> {
        let mut total = Normalised::new(self.motion.parameters(), self.motion.width());
        for group in segments.chunks(LANES) {
            self.run_group(theta, group, how, &mut total)?;
        }
        Ok(total)
    }

    /// Integrates segments side by side, with a common step, and adds what they say.
    fn run_group(
        &self,
        theta: &[f64],
        group: &[Segment],
        how: &Shooting,
        total: &mut Normalised,
    ) -> Result<(), RegressionError> {
        let (w, m) = (self.motion.width(), self.motion.parameters());
        let mut y: Vec<f64> = group.iter().flat_map(|segment| self.motion.start(&segment.start)).collect();
        let lane = y.len() / group.len();
        let mut blocks: Vec<SegmentBlock> = group.iter().map(|_| SegmentBlock::new(w, m)).collect();
        let longest = group.iter().map(|s| s.times.len()).max().unwrap_or(0);
        let mut splits = 1usize;
        for point in 0..longest {
            if point > 0 {
                let intervals: Vec<f64> = group
                    .iter()
                    .map(|s| if point < s.times.len() { s.times[point] - s.times[point - 1] } else { 0.0 })
                    .collect();
                let steps = self.motion.advance(&mut y, theta, &intervals, splits, how.rtol);
                splits = steps.ok_or(RegressionError::NotFinite)?;
            }
            for (l, segment) in group.iter().enumerate() {
                if point >= segment.times.len() {
                    continue;
                }
                let at = &y[l * lane..(l + 1) * lane];
                for c in 0..w {
                    let residual = (segment.states[point * w + c] - at[c]) / how.noise[c];
                    if !residual.is_finite() {
                        return Err(RegressionError::NotFinite);
                    }
                    let row = &at[w + c * (w + m)..w + (c + 1) * (w + m)];
                    blocks[l].add(row, residual, how.noise[c]);
                }
            }
        }
        for block in blocks {
            total.add(block)?;
        }
        Ok(())
    }
}

/// Segments integrated side by side.
const LANES: usize = 16;

fn cut(stretches: &[&Stretch], width: usize, points: usize) -> Vec<Segment> {
    let mut segments = Vec::new();
    for stretch in stretches {
        let mut from = 0;
        while from + 2 <= stretch.points() {
            if !stretch.resolved[from] {
                from += 1;
                continue;
            }
            let mut to = (from + points.max(2)).min(stretch.points());
            if stretch.points() - to < 2 {
                to = stretch.points();
            }
            segments.push(Segment {
                times: stretch.times[from..to].to_vec(),
                states: stretch.states[from * width..to * width].to_vec(),
                start: stretch.smooth[from * width..(from + 1) * width].to_vec(),
            });
            from = to;
        }
    }
    segments
}

/// Normal equations of one segment in (start, parameters).
struct SegmentBlock {
    matrix: Vec<f64>,
    right: Vec<f64>,
    cost: f64,
    residuals: usize,
    size: usize,
}

impl SegmentBlock {
    fn new(width: usize, parameters: usize) -> SegmentBlock {
        let size = width + parameters;
        SegmentBlock { matrix: vec![0.0; size * size], right: vec![0.0; size], cost: 0.0, residuals: 0, size }
    }

    fn add(&mut self, row: &[f64], residual: f64, noise: f64) {
        for i in 0..self.size {
            let a = row[i] / noise;
            if a != 0.0 {
                self.right[i] += a * residual;
                let target = &mut self.matrix[i * self.size..(i + 1) * self.size];
                target.iter_mut().zip(row).for_each(|(t, r)| *t += a * r / noise);
            }
        }
        self.cost += residual * residual;
        self.residuals += 1;
    }
}

/// A step of all unknowns.
struct Step {
    parameters: Vec<f64>,
    starts: Vec<Vec<f64>>,
}

/// The whole problem's normal equations, initial states eliminated.
struct Normalised {
    /// Schur complement in the parameters and its right side.
    matrix: Mat<f64>,
    right: Vec<f64>,
    /// For each segment: the solution for its start is `free − coupling · δθ`.
    segments: Vec<(Vec<f64>, Vec<f64>)>,
    cost: f64,
    residuals: usize,
    width: usize,
}

impl Normalised {
    fn new(parameters: usize, width: usize) -> Normalised {
        Normalised {
            matrix: Mat::zeros(parameters, parameters),
            right: vec![0.0; parameters],
            segments: Vec::new(),
            cost: 0.0,
            residuals: 0,
            width,
        }
    }

    fn add(&mut self, block: SegmentBlock) -> Result<(), RegressionError> {
        let (w, m, size) = (self.width, self.right.len(), block.size);
        let at = |i: usize, j: usize| block.matrix[i * size + j];
        // [start block | right, coupling] by Cholesky, on equilibrated rows.
        let scale: Vec<f64> = (0..w).map(|i| at(i, i).sqrt()).collect();
        if scale.iter().any(|s| !s.is_finite() || *s == 0.0) {
            return Err(RegressionError::NotFinite);
        }
        let mut lower = vec![0.0; w * w];
        for i in 0..w {
            for j in 0..=i {
                let dot: f64 = (0..j).map(|k| lower[i * w + k] * lower[j * w + k]).sum();
                let value = at(i, j) / (scale[i] * scale[j]) - dot;
                lower[i * w + j] = if i == j { value.max(1e-15).sqrt() } else { value / lower[j * w + j] };
            }
        }
        let solve = |b: &mut [f64]| {
            for i in 0..w {
                let dot: f64 = (0..i).map(|k| lower[i * w + k] * b[k]).sum();
                b[i] = (b[i] - dot) / lower[i * w + i];
            }
            for i in (0..w).rev() {
                let dot: f64 = (i + 1..w).map(|k| lower[k * w + i] * b[k]).sum();
                b[i] = (b[i] - dot) / lower[i * w + i];
            }
        };
        let mut free: Vec<f64> = (0..w).map(|i| block.right[i] / scale[i]).collect();
        solve(&mut free);
        free.iter_mut().zip(&scale).for_each(|(f, s)| *f /= s);
        let mut coupling = vec![0.0; w * m];
        for j in 0..m {
            let mut column: Vec<f64> = (0..w).map(|i| at(i, w + j) / scale[i]).collect();
            solve(&mut column);
            (0..w).for_each(|i| coupling[i * m + j] = column[i] / scale[i]);
        }
        for i in 0..m {
            for j in 0..m {
                let dot: f64 = (0..w).map(|k| at(k, w + i) * coupling[k * m + j]).sum();
                self.matrix[(i, j)] += at(w + i, w + j) - dot;
            }
            let dot: f64 = (0..w).map(|k| at(k, w + i) * free[k]).sum();
            self.right[i] += block.right[w + i] - dot;
        }
        self.segments.push((free, coupling));
        self.cost += block.cost;
        self.residuals += block.residuals;
        Ok(())
    }

    fn step(&self, damping: f64) -> Result<Step, RegressionError> {
        let m = self.right.len();
        let damped =
            Mat::from_fn(m, m, |i, j| self.matrix[(i, j)] * if i == j { 1.0 + damping } else { 1.0 });
        let parameters = if m == 0 { vec![] } else { solve_symmetric(&damped, &self.right)?.0 };
        let starts = self
            .segments
            .iter()
            .map(|(free, coupling)| {
                (0..self.width)
                    .map(|i| {
                        let shift: f64 = (0..m).map(|j| coupling[i * m + j] * parameters[j]).sum();
                        (free[i] - shift) / (1.0 + damping)
                    })
                    .collect()
            })
            .collect();
        Ok(Step { parameters, starts })
    }

    fn variance(&self) -> f64 {
        let free = self.residuals.saturating_sub(self.right.len() + self.width * self.segments.len());
        self.cost / free.max(1) as f64
    }

    fn standard_errors(&self) -> Vec<f64> {
        let m = self.right.len();
        match solve_symmetric(&self.matrix, &vec![0.0; m]) {
            Ok((_, diagonal)) if m > 0 => diagonal.iter().map(|d| (d * self.variance()).sqrt()).collect(),
            _ => vec![f64::INFINITY; m],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::{Symbol, parse};
    use crate::recover::first_order::fixtures::{oscillators, pieces};

    fn fit(noise: f64, points: usize) -> Shot {
        let inputs: Vec<Symbol> = ["q1", "q2", "p1", "p2"].map(Symbol::new).into();
        let parameters: Vec<Symbol> = ["a", "b", "c", "d", "e"].map(Symbol::new).into();
        let h = parse("a*p1^2 + b*p2^2 + c*q1^2 + d*q2^2 + e*q1*q2").unwrap();
        let shooter = Shooter::new(ParametricHamiltonian::new(&h, &inputs, &parameters).unwrap());
        let stretches: Vec<Stretch> =
            pieces(oscillators(8, 200, 0.05, noise, true)).iter().map(Stretch::new).collect();
        let how =
            Shooting { points, noise: vec![0.01; 4], iterations: 20, rtol: 1e-10, token: CancelToken::new() };
        shooter.fit(&[0.52, 0.49, 0.48, 2.05, 0.02], &stretches.iter().collect::<Vec<_>>(), &how).unwrap()
    }

    #[test]
    fn parameters_from_clean_paths() {
        let shot = fit(0.0, 20);
        for (c, t) in shot.parameters.iter().zip([0.5, 0.5, 0.5, 2.0, 0.0]) {
            assert!((c - t).abs() < 1e-8, "{shot:?}");
        }
    }

    #[test]
    fn parameters_from_noisy_paths_are_within_their_errors() {
        let shot = fit(0.01, 200);
        assert!(shot.converged && (shot.chi - 1.0).abs() < 0.05, "{shot:?}");
        for ((c, e), t) in shot.parameters.iter().zip(&shot.standard_errors).zip([0.5, 0.5, 0.5, 2.0, 0.0]) {
            assert!((c - t).abs() < 4.0 * e && *e < 1e-3, "{shot:?}");
        }
    }

    #[test]
    fn no_segment_starts_where_the_spline_misses_the_points() {
        let mut stretch = Stretch::new(&pieces(oscillators(1, 60, 0.05, 0.0, true))[0]);
        stretch.resolved[..3].fill(false);
        stretch.resolved[23] = false;
        let firsts: Vec<f64> = cut(&[&stretch], 4, 20).iter().map(|s| s.times[0]).collect();
        assert_eq!(firsts, [3, 24, 44].map(|k| stretch.times[k]));
    }
}
