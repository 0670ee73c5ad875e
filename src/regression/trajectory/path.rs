//! A trajectory through an anchor, at nodes on both sides of it, and between them.

use super::ObservedPiece;
use super::stepper::Stepper;

/// Accuracies of the integration, in units of the noise of a column.
const STEP_ERROR: f64 = 2e-3;
const INTERPOLATION_ERROR: f64 = 2e-2;

/// How often an interval between two knots may be halved.
const HALVINGS: usize = 10;

/// The nodes of a piece: times in order, from its first point to its last.
#[derive(Clone, Debug)]
pub(super) struct Mesh {
    times: Vec<f64>,
    /// The node where the initial state is given.
    anchor: usize,
}

/// Positions, velocities and accelerations at every node, with their sensitivities: `[nodes][3n, width]`.
pub(super) struct Path {
    nodes: Vec<Vec<f64>>,
    width: usize,
}

/// Weights of the six rows (q, v, a at the left node, then at the right node) that give a position or a velocity.
type Weights = [f64; 6];

impl Mesh {
    /// Nodes on which the trajectory through `start` is integrated, and interpolated by quintics, to well below
    /// the noise. The knots of the piece's spline are the first proposal; an interval is halved where one step
    /// differs too much from two. `None` where the trajectory leaves the domain.
    pub(super) fn new(stepper: &mut Stepper<'_>, piece: &ObservedPiece, start: &[f64]) -> Option<Mesh> {
        let anchor = piece.anchor_time();
        let last = *piece.times.last()?;
        let mut right: Vec<f64> = piece.knots.iter().copied().filter(|&t| t > anchor && t < last).collect();
        let mut left: Vec<f64> =
            piece.knots.iter().copied().filter(|&t| t < anchor && t > piece.times[0]).rev().collect();
        right.push(last);
        left.push(piece.times[0]);
        let mut march = March { stepper, piece, limit: 16 * piece.knots.len() + 1000, out: Vec::new() };
        let before = march.along(start, anchor, &left)?;
        let after = march.along(start, anchor, &right)?;
        let mut times: Vec<f64> = before.into_iter().rev().collect();
        let anchor_node = times.len();
        times.push(anchor);
        times.extend(after);
        Some(Mesh { times, anchor: anchor_node })
    }

    /// The trajectory through `start` at the anchor; `None` where it leaves the domain.
    pub(super) fn path(&self, stepper: &mut Stepper<'_>, start: &[f64]) -> Option<Path> {
        let width = stepper.width();
        let first = stepper.start(start);
        let half = first.len() / 2;
        let mut nodes = vec![Vec::new(); self.times.len()];
        let (left, right): (Vec<usize>, Vec<usize>) =
            ((0..self.anchor).rev().collect(), (self.anchor + 1..self.times.len()).collect());
        let (mut rate, mut next) = (vec![0.0; first.len()], vec![0.0; first.len()]);
        for side in [left, right] {
            let mut state = first.clone();
            let mut time = self.times[self.anchor];
            stepper.derivative(&state, &mut rate);
            nodes[self.anchor] = [&state[..half], &rate[..]].concat();
            for node in side {
                stepper.step(&state, &rate, self.times[node] - time, &mut next);
                std::mem::swap(&mut state, &mut next);
                stepper.derivative(&state, &mut rate);
                time = self.times[node];
                nodes[node] = [&state[..half], &rate[..]].concat();
            }
        }
        nodes.iter().all(|node| node.iter().all(|x| x.is_finite())).then_some(Path { nodes, width })
    }

    /// The interval of a time, with the weights of position and velocity there.
    pub(super) fn locate(&self, time: f64) -> (usize, Weights, Weights) {
        let inner = self.times.len().saturating_sub(2);
        let interval = self.times.partition_point(|&t| t <= time).saturating_sub(1).min(inner);
        let h = self.times[interval + 1] - self.times[interval];
        let (position, velocity) = quintic((time - self.times[interval]) / h, h);
        (interval, position, velocity)
    }
}

impl Path {
    /// Writes the row of coordinate `i` in an interval: its value with its sensitivities.
    pub(super) fn row(&self, interval: usize, weights: &Weights, i: usize, out: &mut [f64]) {
        let (width, rows) = (self.width, self.nodes[0].len() / self.width / 3);
        out.fill(0.0);
        for (side, weights) in weights.chunks_exact(3).enumerate() {
            let node = &self.nodes[interval + side];
            for (kind, &weight) in weights.iter().enumerate() {
                let row = &node[(kind * rows + i) * width..][..width];
                out.iter_mut().zip(row).for_each(|(y, x)| *y += weight * x);
            }
        }
    }
}

/// Finds the nodes on one side of the anchor.
struct March<'a, 'b> {
    stepper: &'a mut Stepper<'b>,
    piece: &'a ObservedPiece,
    /// The most nodes.
    limit: usize,
    out: Vec<f64>,
}

/// A state with its time derivative.
#[derive(Clone)]
struct Point {
    state: Vec<f64>,
    rate: Vec<f64>,
}

impl March<'_, '_> {
    fn along(&mut self, start: &[f64], from: f64, stops: &[f64]) -> Option<Vec<f64>> {
        self.out = Vec::new();
        let mut point = self.point(self.stepper.start(start))?;
        let mut time = from;
        for &stop in stops {
            if stop != time {
                point = self.advance(point, time, stop, HALVINGS)?;
                time = stop;
            }
        }
        Some(std::mem::take(&mut self.out))
    }

    fn point(&mut self, state: Vec<f64>) -> Option<Point> {
        let mut rate = vec![0.0; state.len()];
        self.stepper.derivative(&state, &mut rate);
        state.iter().chain(&rate).all(|x| x.is_finite()).then_some(Point { state, rate })
    }

    fn stepped(&mut self, from: &Point, h: f64) -> Option<Point> {
        let mut state = vec![0.0; from.state.len()];
        self.stepper.step(&from.state, &from.rate, h, &mut state);
        self.point(state)
    }

    /// Goes from one time to another, by one step or, where that is not accurate, by halves.
    fn advance(&mut self, from: Point, start: f64, end: f64, halvings: usize) -> Option<Point> {
        if self.out.len() >= self.limit {
            return None;
        }
        let h = end - start;
        let whole = self.stepped(&from, h);
        let middle = self.stepped(&from, h / 2.0);
        if let (Some(whole), Some(middle)) = (&whole, &middle)
            && let Some(twice) = self.stepped(middle, h / 2.0)
            && self.is_accurate(&from, middle, whole, &twice, h)
        {
            self.out.push(end);
            return Some(twice);
        }
        if halvings == 0 {
            return None;
        }
        let centre = start + h / 2.0;
        let middle = self.advance(from, start, centre, halvings - 1)?;
        self.advance(middle, centre, end, halvings - 1)
    }

    /// Whether one step agrees with two at its end, and the interpolation over one with that over two.
    fn is_accurate(&self, from: &Point, middle: &Point, whole: &Point, twice: &Point, h: f64) -> bool {
        let n = from.state.len() / 2;
        let (coarse, coarse_rate) = quintic(0.25, h);
        let (fine, fine_rate) = quintic(0.5, h / 2.0);
        let (centre, _) = quintic(0.5, h);
        let at = |a: &Point, b: &Point, i: usize, w: &Weights| {
            let ends = [a.state[i], a.rate[i], a.rate[n + i], b.state[i], b.rate[i], b.rate[n + i]];
            w.iter().zip(ends).map(|(w, x)| w * x).sum::<f64>()
        };
        (0..n).all(|i| {
            let sigma = self.piece.position_noise[i];
            let drift = (whole.state[i] - twice.state[i]).abs();
            let turn = (h * (whole.state[n + i] - twice.state[n + i])).abs();
            let quarter = (at(from, whole, i, &coarse) - at(from, middle, i, &fine)).abs();
            let half = (at(from, whole, i, &centre) - middle.state[i]).abs();
            let rate = match self.piece.velocity_noise.get(i) {
                Some(noise) => {
                    (at(from, whole, i, &coarse_rate) - at(from, middle, i, &fine_rate)).abs() / noise
                }
                None => 0.0,
            };
            drift.max(turn) <= STEP_ERROR * sigma
                && quarter.max(half) <= INTERPOLATION_ERROR * sigma
                && rate <= INTERPOLATION_ERROR
        })
    }
}

/// Weights of (q, v, a) at both ends of an interval of length `h` for position and velocity at the fraction `x`.
fn quintic(x: f64, h: f64) -> (Weights, Weights) {
    let (x2, x3) = (x * x, x * x * x);
    let (x4, x5) = (x2 * x2, x2 * x3);
    let right = 10.0 * x3 - 15.0 * x4 + 6.0 * x5;
    let position = [
        1.0 - right,
        h * (x - 6.0 * x3 + 8.0 * x4 - 3.0 * x5),
        h * h / 2.0 * (x2 - 3.0 * x3 + 3.0 * x4 - x5),
        right,
        h * (-4.0 * x3 + 7.0 * x4 - 3.0 * x5),
        h * h / 2.0 * (x3 - 2.0 * x4 + x5),
    ];
    let rise = (30.0 * x2 - 60.0 * x3 + 30.0 * x4) / h;
    let velocity = [
        -rise,
        1.0 - 18.0 * x2 + 32.0 * x3 - 15.0 * x4,
        h / 2.0 * (2.0 * x - 9.0 * x2 + 12.0 * x3 - 5.0 * x4),
        rise,
        -12.0 * x2 + 28.0 * x3 - 15.0 * x4,
        h / 2.0 * (3.0 * x2 - 8.0 * x3 + 5.0 * x4),
    ];
    (position, velocity)
}
