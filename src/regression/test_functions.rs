//! Test functions (1 − s²)^p on several intervals of a spline, with quadrature.

use std::ops::Range;

use super::weak::Config;
use crate::data::Spline;

/// Test functions and their derivatives at the quadrature points, times the weights of the quadrature.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct TestFunctions {
    points: Vec<f64>,
    tests: Vec<TestFunction>,
}

/// A test function.
#[derive(Clone, PartialEq, Debug)]
struct TestFunction {
    /// Its first quadrature point.
    first: usize,
    /// Its middle.
    centre: f64,
    /// φ, φ′, φ″ times weights at its quadrature points.
    weighted: [Vec<f64>; 3],
}

impl TestFunctions {
    /// One test function around every inner break that touches no interval marked in `avoid`, or nothing where there
    /// is none.
    pub fn new(spline: &Spline, avoid: &[bool], config: &Config) -> Option<Self> {
        let (breaks, intervals) = (spline.breaks(), spline.intervals());
        let reach = config.reach.min(intervals / 2);
        let clear = |j: &usize| !avoid[j - reach..j + reach].contains(&true);
        let chosen: Vec<usize> = (reach..=intervals - reach).filter(clear).collect();
        if reach == 0 || chosen.is_empty() {
            return None;
        }
        let (mut points, mut weights, mut starts) = (Vec::new(), Vec::new(), vec![0]);
        for (k, pair) in breaks.windows(2).enumerate() {
            let (middle, half) = ((pair[0] + pair[1]) / 2.0, (pair[1] - pair[0]) / 2.0);
            let rule = gauss_legendre(quadrature_points(breaks, k, reach, config.quadrature));
            points.extend(rule.iter().map(|(x, _)| middle + half * x));
            weights.extend(rule.iter().map(|(_, w)| half * w));
            starts.push(points.len());
        }
        let test = |j: &usize| {
            let (low, high) = (breaks[j - reach], breaks[j + reach]);
            let (centre, half) = ((low + high) / 2.0, (high - low) / 2.0);
            let mut weighted = [const { Vec::new() }; 3];
            for g in starts[j - reach]..starts[j + reach] {
                let values = bump((points[g] - centre) / half, half, config.power);
                weighted.iter_mut().zip(values).for_each(|(row, x)| row.push(weights[g] * x));
            }
            TestFunction { first: starts[j - reach], centre, weighted }
        };
        let tests = chosen.iter().map(test).collect();
        Some(Self { points, tests })
    }

    /// The number of test functions.
    pub fn count(&self) -> usize {
        self.tests.len()
    }

    /// The quadrature points.
    pub fn points(&self) -> &[f64] {
        &self.points
    }

    /// The middles of the test functions.
    pub fn centres(&self) -> impl Iterator<Item = f64> {
        self.tests.iter().map(|test| test.centre)
    }

    /// The quadrature points of test function j.
    pub fn range(&self, j: usize) -> Range<usize> {
        self.tests[j].first..self.tests[j].first + self.tests[j].weighted[0].len()
    }

    /// Test function j or a derivative of it (0, 1, 2) at its quadrature points, times the weights.
    pub fn row(&self, derivative: usize, j: usize) -> &[f64] {
        &self.tests[j].weighted[derivative]
    }

    /// For each quadrature point, whether a test function covers it.
    pub fn in_use(&self) -> Vec<bool> {
        let mut out = vec![false; self.points.len()];
        (0..self.count()).for_each(|j| out[self.range(j)].fill(true));
        out
    }

    /// Integrals of functions against the test functions or a derivative of them.
    ///
    /// `functions` is `[points, count]`, the result `[test functions, count]`.
    pub fn integrals(&self, derivative: usize, functions: &[f64], count: usize) -> Vec<f64> {
        let mut out = vec![0.0; self.count() * count];
        for (j, target) in out.chunks_exact_mut(count.max(1)).enumerate() {
            let rows = functions[self.tests[j].first * count..].chunks_exact(count.max(1));
            for (weight, row) in self.row(derivative, j).iter().zip(rows) {
                target.iter_mut().zip(row).for_each(|(x, y)| *x += weight * y);
            }
        }
        out
    }

    /// ∫φ⁽ᵈ⁾² dt for each test function or derivative d of it (0, 1, 2), to about a tenth: the weights of the quadrature
    /// are taken for equal.
    pub fn squares(&self, derivative: usize) -> Vec<f64> {
        let square = |j: usize| {
            let times = &self.points[self.range(j)];
            let weight = (times[times.len() - 1] - times[0]) / times.len() as f64;
            self.row(derivative, j).iter().map(|w| w * w).sum::<f64>() / weight
        };
        (0..self.count()).map(square).collect()
    }

    /// ∫φ″f for each test function.
    ///
    /// A straight line through the ends of f is subtracted first: its integral vanishes, but the quadrature and
    /// rounding would make it count where f is far from zero.
    pub fn second_integrals(&self, function: &[f64]) -> Vec<f64> {
        let integral = |j: usize| {
            let range = self.range(j);
            let (times, f) = (&self.points[range.clone()], &function[range]);
            let last = f.len() - 1;
            let slope = (f[last] - f[0]) / (times[last] - times[0]);
            let rest = times.iter().zip(f).map(|(t, x)| (x - f[0]) - slope * (t - times[0]));
            self.row(2, j).iter().zip(rest).map(|(w, x)| w * x).sum()
        };
        (0..self.count()).map(integral).collect()
    }
}

/// The number of quadrature points of interval k: `per_half` in half of a test function of equal intervals, and as
/// dense in an interval that is longer than others.
fn quadrature_points(breaks: &[f64], k: usize, reach: usize, per_half: usize) -> usize {
    let intervals = breaks.len() - 1;
    let tests = (k + 1).saturating_sub(reach).max(reach)..=(k + reach).min(intervals - reach);
    let half = |j: usize| (breaks[j + reach] - breaks[j - reach]) / 2.0;
    let narrowest = tests.map(half).fold(f64::INFINITY, f64::min);
    let share = (breaks[k + 1] - breaks[k]) / narrowest;
    // Equal intervals are so to rounding alone.
    ((per_half as f64 * share - 1e-6).ceil() as usize).max(per_half.div_ceil(reach)).max(1)
}

/// (1 − s²)^p with its first two derivatives by time, where s = (t − centre)/half.
fn bump(s: f64, half: f64, p: i32) -> [f64; 3] {
    let (u, q) = (1.0 - s * s, f64::from(p));
    let first = -2.0 * q * s * u.powi(p - 1);
    let second = -2.0 * q * u.powi(p - 1) + 4.0 * q * (q - 1.0) * s * s * u.powi(p - 2);
    [u.powi(p), first / half, second / (half * half)]
}

/// Nodes and weights of Gauss's quadrature on [−1, 1].
///
/// The nodes are the zeros of the Legendre polynomial, found by Newton's method.
fn gauss_legendre(points: usize) -> Vec<(f64, f64)> {
    let n = points as f64;
    let node = |k: usize| {
        let mut x = -(std::f64::consts::PI * (k as f64 + 0.75) / (n + 0.5)).cos();
        let mut slope = 1.0;
        for _ in 0..50 {
            let (mut before, mut value) = (1.0, x);
            for degree in 2..=points {
                let d = degree as f64;
                (before, value) = (value, ((2.0 * d - 1.0) * x * value - (d - 1.0) * before) / d);
            }
            slope = n * (x * value - before) / (x * x - 1.0);
            let step = value / slope;
            x -= step;
            if step.abs() < 1e-15 {
                break;
            }
        }
        (x, 2.0 / ((1.0 - x * x) * slope * slope))
    };
    (0..points).map(node).collect()
}
