//! The list of all terms that are admissible on the data.

use super::argument::Argument;
use super::bodies::Bodies;
use super::function::Function;
use super::multipole::Multipole;
use super::term::{Family, Form, Parameter, Term};
use crate::data::Coordinate;

/// The terms that compete, and what the names say of bodies.
#[derive(Clone, Debug)]
pub struct Library {
    /// The terms: those without a free parameter, then those with one.
    pub terms: Vec<Term>,
    /// The number of terms without a free parameter.
    pub plain: usize,
    /// The coordinates of each body; coordinates of one body share a mass.
    pub bodies: Vec<Vec<usize>>,
}

/// What goes into a library.
#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Config {
    /// Which coordinates are those of one body.
    pub bodies: Bodies,
    /// The highest degree of monomials; `None` for 6, 6, 4, 3 with one to four coordinates and 2 with more, which
    /// keeps their number below 40.
    pub degree: Option<u32>,
}

impl Default for Config {
    fn default() -> Config {
        Config { bodies: Bodies::ByName, degree: None }
    }
}

/// The least |u| in units of the greatest at which functions singular at u = 0 are admissible.
const CLEARANCE: f64 = 1e-3;

/// The same where u has both signs on the data, as it may in different runs: more, because a sample of a motion
/// through u = 0 may miss it.
const GAP: f64 = 0.05;

/// What a function of a distance with a parameter of its own costs more than a power of the distance, in the units of the
/// costs of terms.
pub const PARAMETER_COST: f64 = 1.5;

/// With more coordinates than this, only plain terms, and monomials of one coordinate.
pub const MOST_FOR_ALL: usize = 4;

/// All terms for a system with these coordinates. `positions` is a sample of positions `[points, dof]`: terms that are
/// singular there are left out, and the grids of nonlinear parameters span its scales.
pub fn library(coordinates: &[Coordinate], positions: &[f64], config: &Config) -> Library {
    let bodies = config.bodies.of(coordinates);
    let angles = coordinates.iter().map(|c| c.is_angle).collect();
    let lean = coordinates.len() > MOST_FOR_ALL;
    let mut build = Builder { dof: coordinates.len(), angles, positions, config, lean, terms: Vec::new() };
    build.monomials();
    build.radial(&bodies);
    build.multipoles(&bodies);
    build.of_one_coordinate(&bodies);
    build.of_differences(&bodies);
    build.symmetric_sums(&bodies);
    build.gyroscopic(&bodies);
    build.friction();
    let (free, plain): (Vec<Term>, Vec<Term>) = build.terms.into_iter().partition(Term::is_free);
    Library { plain: plain.len(), terms: [plain, free].concat(), bodies }
}

/// The highest degree of monomials where none is given.
pub fn default_degree(dof: usize) -> u32 {
    match dof {
        1 | 2 => 6,
        3 => 4,
        4 => 3,
        _ => 2,
    }
}

/// Values of arguments over the sample.
struct Range {
    least: f64,
    greatest: f64,
    mean: f64,
    mean_square: f64,
    /// The widest interval of a single argument.
    width: f64,
    least_size: f64,
}

struct Builder<'a> {
    dof: usize,
    angles: Vec<bool>,
    positions: &'a [f64],
    config: &'a Config,
    lean: bool,
    terms: Vec<Term>,
}

/// `count` values from `first` to `last` with a constant ratio.
fn geometric(first: f64, last: f64, count: usize) -> impl Iterator<Item = f64> {
    let ratio = (last / first).powf(1.0 / (count - 1) as f64);
    (0..count).map(move |k| first * ratio.powi(k as i32))
}

/// The extensions q_1, q_2 − q_1, …, −q_n of the springs of a chain whose ends are held.
fn chain_between_walls(n: usize) -> Vec<Argument> {
    let inner = (1..n).map(|i| Argument::difference(i - 1, i).negated());
    let (first, last) = (Argument::coordinate(0), Argument::Linear(vec![(n - 1, -1.0)]));
    std::iter::once(first).chain(inner).chain([last]).collect()
}

/// All pairs (i, j) with i < j < n.
fn pairs(n: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..n).flat_map(move |i| (i + 1..n).map(move |j| (i, j)))
}

impl Builder<'_> {
    fn range(&self, arguments: &[Argument]) -> Range {
        let mut all = Range {
            least: f64::INFINITY,
            greatest: f64::NEG_INFINITY,
            mean: 0.0,
            mean_square: 0.0,
            width: 0.0,
            least_size: f64::INFINITY,
        };
        let count = (self.positions.len() / self.dof * arguments.len()).max(1) as f64;
        for argument in arguments {
            let (mut least, mut greatest) = (f64::INFINITY, f64::NEG_INFINITY);
            for q in self.positions.chunks_exact(self.dof) {
                let u = argument.value(q);
                (least, greatest) = (least.min(u), greatest.max(u));
                all.mean += u / count;
                all.mean_square += u * u / count;
                all.least_size = all.least_size.min(u.abs());
            }
            (all.least, all.greatest) = (all.least.min(least), all.greatest.max(greatest));
            all.width = all.width.max(greatest - least);
        }
        all
    }

    fn add(&mut self, f: Function, arguments: &[Argument], parameter: Parameter, family: Family, cost: f64) {
        self.terms.push(Term::new(Form::Sum(f, arguments.to_vec()), parameter, family, cost));
    }

    fn fixed(&mut self, f: Function, arguments: &[Argument], k: i32, family: Family, cost: f64) {
        self.add(f, arguments, Parameter::Fixed(f64::from(k)), family, cost);
    }

    fn free(&mut self, f: Function, arguments: &[Argument], k: f64, family: Family, cost: f64) {
        self.add(f, arguments, Parameter::Free(k), family, cost);
    }

    fn monomials(&mut self) {
        let degree = self.config.degree.unwrap_or(default_degree(self.dof));
        for degree in 1..=degree {
            let mut exponents = vec![0; self.dof];
            self.monomials_of(degree, 0, &mut exponents);
        }
    }

    /// The monomials of q_from, q_{from+1}, … whose exponents add up to `left`, with the exponents before given.
    fn monomials_of(&mut self, left: u32, from: usize, exponents: &mut [u32]) {
        if from + 1 == self.dof {
            exponents[from] = left;
            self.monomial(exponents);
            exponents[from] = 0;
            return;
        }
        for e in (0..=left).rev() {
            exponents[from] = e;
            self.monomials_of(left - e, from + 1, exponents);
        }
        exponents[from] = 0;
    }

    fn monomial(&mut self, exponents: &[u32]) {
        let factors: Vec<(usize, i32)> =
            (0..self.dof).filter(|&i| exponents[i] > 0).map(|i| (i, exponents[i] as i32)).collect();
        if self.lean && factors.len() > 1 {
            return;
        }
        let degree: u32 = exponents.iter().sum();
        let cost = 0.5 * (self.dof as f64).ln()
            + 0.5 * f64::from(degree.saturating_sub(2))
            + 0.25 * factors.len() as f64;
        self.terms.push(Term::new(Form::Monomial(factors), Parameter::None, Family::Polynomial, cost));
    }

    /// Functions of r² of all coordinates, of each body, of pairs of bodies, and of their sums.
    fn radial(&mut self, bodies: &[Vec<usize>]) {
        if self.dof < 2 || self.angles.contains(&true) {
            return;
        }
        let single = bodies.iter().all(|body| body.len() == 1);
        let all: Vec<usize> = (0..self.dof).collect();
        self.radial_set(&[Argument::squares(&all)], 0.0);
        if bodies.len() == 1 {
            if self.dof > 2 {
                pairs(self.dof).for_each(|(i, j)| self.radial_set(&[Argument::squares(&[i, j])], 1.0));
            }
            return;
        }
        // With single bodies these are functions of one coordinate or difference, which come below.
        if !single {
            let each: Vec<Argument> = bodies.iter().map(|body| Argument::squares(body)).collect();
            each.iter().for_each(|u| self.radial_set(std::slice::from_ref(u), 1.0));
            self.radial_set(&each, 0.5);
        }
        if !single || self.dof > 6 {
            let between: Vec<Argument> =
                pairs(bodies.len()).map(|(i, j)| Argument::distance(&bodies[i], &bodies[j])).collect();
            between.iter().for_each(|u| self.radial_set(std::slice::from_ref(u), 0.3));
            if between.len() > 1 {
                self.radial_set(&between, 0.0);
            }
        }
    }

    fn radial_set(&mut self, u: &[Argument], base: f64) {
        let range = self.range(u);
        for k in 1..=3 {
            let cost = base + 0.3 * f64::from(k - 1);
            self.fixed(Function::Power, u, k, Family::RadialPolynomial, cost);
        }
        if range.least > CLEARANCE.powi(2) * 1e-2 * range.greatest {
            self.singular_radial(u, base, &range);
        }
        if self.lean {
            return;
        }
        for k in geometric(0.01, 10.0, 7).map(|k| k * range.mean) {
            self.shifted(u, k, base, PARAMETER_COST);
        }
        for k in geometric(0.003, 10.0, 6).map(|k| (1.0 + k) * range.greatest) {
            self.free(Function::RootBefore, u, k, Family::RootBefore, base + PARAMETER_COST);
        }
    }

    /// Functions with a core κ, and the Gaussian of the same width.
    fn shifted(&mut self, u: &[Argument], k: f64, base: f64, cost: f64) {
        self.free(Function::ShiftedLogarithm, u, k, Family::ShiftedLogarithm, base + cost);
        self.free(Function::Plummer, u, k, Family::Plummer, base + cost);
        self.free(Function::ShiftedRoot, u, k, Family::ShiftedRoot, base + cost);
        self.free(Function::ShiftedReciprocal, u, k, Family::ShiftedReciprocal, base + cost + 0.3);
        self.free(Function::Gaussian, u, 1.0 / k, Family::Gaussian, base + 2.0);
    }

    fn singular_radial(&mut self, u: &[Argument], base: f64, range: &Range) {
        let exponents: [i32; 8] = [-1, -2, 1, -3, -4, -6, 3, -12];
        for &k in &exponents[..if self.lean { 4 } else { 8 }] {
            let exotic = if k == -1 { 0.0 } else { 0.5 };
            let cost = base + 0.2 + exotic + 0.1 * f64::from(k.abs());
            self.fixed(Function::RadialPower, u, k, Family::Radial, cost);
        }
        self.add(Function::Logarithm, u, Parameter::None, Family::Radial, base + 0.7);
        if self.lean {
            return;
        }
        for k in [-4.5, -2.5, -1.5, -0.5, 0.5, 1.5, 2.5] {
            self.free(Function::RadialPower, u, k, Family::FreePower, base + 2.0);
        }
        for k in geometric(0.3, 12.0, 5).map(|k| k / range.greatest.sqrt()) {
            self.free(Function::Yukawa, u, k, Family::Yukawa, base + 2.0);
            self.free(Function::RadialExponential, u, k, Family::RadialExponential, base + 2.0);
        }
    }

    /// Dipoles q_i r^{−2}, q_i r^{−3} and quadrupoles q_i q_j r^{−4}, q_i q_j r^{−5} of one body.
    fn multipoles(&mut self, bodies: &[Vec<usize>]) {
        let [body] = bodies else { return };
        if !(2..=3).contains(&self.dof) || self.angles.contains(&true) {
            return;
        }
        let radius = Argument::squares(body);
        let range = self.range(std::slice::from_ref(&radius));
        if range.least <= CLEARANCE.powi(2) * 1e-2 * range.greatest {
            return;
        }
        let mut add = |factors: Vec<(usize, i32)>, power: i32, cost: f64| {
            let form = Form::Multipole(Multipole { factors, radius: radius.clone(), power });
            self.terms.push(Term::new(form, Parameter::None, Family::Multipole, cost));
        };
        for i in 0..body.len() {
            [-3, -2].into_iter().for_each(|power| add(vec![(i, 1)], power, 1.0));
            for j in i..body.len() {
                let factors = if i == j { vec![(i, 2)] } else { vec![(i, 1), (j, 1)] };
                [-5, -4].into_iter().for_each(|power| add(factors.clone(), power, 1.4));
            }
        }
    }

    fn of_one_coordinate(&mut self, bodies: &[Vec<usize>]) {
        let single = bodies.iter().all(|body| body.len() == 1);
        if self.dof <= 3 || single {
            for i in 0..self.dof {
                let base = 0.5 * (self.dof as f64).ln();
                self.functions_of(&[Argument::coordinate(i)], base, self.angles[i]);
                // Of many coordinates the monomials end before the anharmonic forces of a single one.
                let degree = self.config.degree.unwrap_or(default_degree(self.dof)) as i32;
                for k in degree.max(2) + 1..=4 {
                    let cost = base + 0.5 * f64::from(k - 2) + 0.25;
                    self.fixed(Function::Power, &[Argument::coordinate(i)], k, Family::Polynomial, cost);
                }
            }
        }
    }

    /// Functions of q_i − q_j, and the plainest ones of q_i + q_j.
    fn of_differences(&mut self, bodies: &[Vec<usize>]) {
        let single = bodies.iter().all(|body| body.len() == 1);
        if self.dof < 2 || self.dof > 6 || !(single || self.dof == 2) {
            return;
        }
        for (i, j) in pairs(self.dof) {
            let (difference, sum) =
                ([Argument::difference(i, j)], [Argument::Linear(vec![(i, 1.0), (j, 1.0)])]);
            // Differences of the coordinates of one body depend on the axes; those of bodies and of angles do not.
            let unnatural = if bodies.len() == 1 && !self.angles[i] { 0.6 } else { 0.0 };
            self.functions_of(&difference, 0.8 + unnatural, self.angles[i] && self.angles[j]);
            for k in 2..=4 {
                let cost = 0.6 + unnatural + 0.3 * f64::from(k - 2);
                self.fixed(Function::Power, &difference, k, Family::Polynomial, cost);
            }
            if bodies.len() > 1 {
                self.fixed(Function::Power, &sum, 2, Family::Polynomial, 1.0);
            }
            if self.angles[i] && self.angles[j] {
                self.fixed(Function::Cosine, &sum, 1, Family::Trigonometric, 1.2);
            }
        }
    }

    /// Sums over all coordinates, over a chain, a ring, and all pairs of differences.
    fn symmetric_sums(&mut self, bodies: &[Vec<usize>]) {
        let (n, angular) = (self.dof, self.angles.iter().all(|&angle| angle));
        let single = bodies.iter().all(|body| body.len() == 1);
        if !(2..=6).contains(&n) || !(single || n <= 3) {
            return;
        }
        let each: Vec<Argument> = (0..n).map(Argument::coordinate).collect();
        for k in 3..=4 {
            self.fixed(Function::Power, &each, k, Family::Polynomial, 0.3);
        }
        self.functions_of(&each, 0.3, angular);
        if single && !angular {
            self.functions_of_sum(&chain_between_walls(n), angular);
        }
        if !single || n == 2 {
            return;
        }
        let ring: Vec<Argument> = (0..n).map(|i| Argument::difference(i, (i + 1) % n)).collect();
        let all: Vec<Argument> = pairs(n).map(|(i, j)| Argument::difference(i, j)).collect();
        let sums = [&ring[..], &ring[..n - 1], &all[..]];
        for u in &sums[..if n > 3 { 3 } else { 2 }] {
            self.functions_of_sum(u, angular);
        }
    }

    fn functions_of_sum(&mut self, u: &[Argument], angular: bool) {
        self.functions_of(u, 0.3, angular);
        // (q2 − q1)² reads better as (q1 − q2)².
        let upright: Vec<Argument> =
            u.iter().map(|u| if u.begins_negative() { u.negated() } else { u.clone() }).collect();
        for k in 2..=4 {
            let u = if k % 2 == 0 { &upright } else { u };
            self.fixed(Function::Power, u, k, Family::Polynomial, 0.3 + 0.2 * f64::from(k - 2));
        }
    }

    /// Trigonometric, exponential, shifted and singular functions of linear forms.
    fn functions_of(&mut self, u: &[Argument], base: f64, angular: bool) {
        // For a coordinate with a unit, cos x is as particular as cos κx.
        let unit = if angular { 0.2 } else { 2.0 };
        for k in 1..=3 {
            let cost = base + unit + 0.3 * f64::from(k - 1);
            self.fixed(Function::Cosine, u, k, Family::Trigonometric, cost);
            self.fixed(Function::Sine, u, k, Family::Trigonometric, cost);
        }
        let range = self.range(u);
        if !angular && range.width > 0.0 {
            self.with_free_scale(u, base, &range);
        }
        let clearance = if range.least * range.greatest > 0.0 { CLEARANCE } else { GAP };
        if range.least_size > clearance * range.least.abs().max(range.greatest.abs()) {
            self.singular_of(u, base, &range);
        }
    }

    fn with_free_scale(&mut self, u: &[Argument], base: f64, range: &Range) {
        for k in geometric(1.0, 30.0, 9).map(|k| k / range.width) {
            self.free(Function::Cosine, u, k, Family::FreeTrigonometric, base + 2.0);
            self.free(Function::Sine, u, k, Family::FreeTrigonometric, base + 2.0);
        }
        for k in geometric(0.25, 16.0, if self.dof == 1 { 49 } else { 13 }).map(|k| k / range.width) {
            self.free(Function::Exponential, u, k, Family::Exponential, base + 1.2);
            self.free(Function::Exponential, u, -k, Family::Exponential, base + 1.2);
        }
        // The hyperbolic cosine: in an even potential neither exponential is of use alone, so no beam finds the pair.
        let both: Vec<Argument> = u.iter().flat_map(|u| [u.clone(), u.negated()]).collect();
        for k in geometric(0.25, 16.0, if self.dof == 1 { 25 } else { 7 }).map(|k| k / range.width) {
            self.free(Function::Exponential, &both, k, Family::Exponential, base + 1.5);
        }
        let squares: Vec<Argument> = u.iter().map(Argument::squared).collect();
        for k in geometric(0.03, 10.0, if self.dof == 1 { 17 } else { 7 }).map(|k| k * range.mean_square) {
            self.shifted(&squares, k, base, 2.0);
        }
    }

    /// Negative powers and the logarithm, without a modulus where the argument has one sign on the data.
    fn singular_of(&mut self, u: &[Argument], base: f64, range: &Range) {
        let cost = |k: i32| base + 0.8 + 0.1 * f64::from(k.abs());
        let one_sign = range.least * range.greatest > 0.0;
        let positive: Vec<Argument> =
            u.iter().map(|u| if range.greatest > 0.0 { u.clone() } else { u.negated() }).collect();
        let (f, arguments) =
            if one_sign { (Function::Power, &positive[..]) } else { (Function::AbsolutePower, u) };
        for k in [-1, -2, -3, -4, -6, -12] {
            self.fixed(f, arguments, k, Family::Reciprocal, cost(k));
        }
        let squares: Vec<Argument> = u.iter().map(Argument::squared).collect();
        let logarithm = if one_sign { &positive } else { &squares };
        self.add(Function::Logarithm, logarithm, Parameter::None, Family::Reciprocal, base + 1.0);
    }

    fn gyroscopic(&mut self, bodies: &[Vec<usize>]) {
        let mut add = |pairs: Vec<(usize, usize)>, cost: f64| {
            self.terms.push(Term::new(Form::Gyroscopic(pairs), Parameter::None, Family::Gyroscopic, cost));
        };
        for body in bodies {
            pairs(body.len()).for_each(|(i, j)| add(vec![(body[i], body[j])], 0.3));
        }
        if bodies.len() > 1 && bodies.iter().all(|body| body.len() == 2) {
            add(bodies.iter().map(|body| (body[0], body[1])).collect(), 0.3);
        }
        if self.dof == 2 && bodies.len() == 2 {
            add(vec![(0, 1)], 1.0);
        }
    }

    fn friction(&mut self) {
        let all: Vec<usize> = (0..self.dof).collect();
        let mut add = |coordinates: Vec<usize>, power: i32, cost: f64| {
            let form = Form::Friction { coordinates, power };
            self.terms.push(Term::new(form, Parameter::None, Family::Friction, cost));
        };
        add(all.clone(), 0, 0.3);
        add(all.clone(), 1, 1.0);
        if all.len() > 1 {
            all.into_iter().for_each(|i| add(vec![i], 0, 0.8));
        }
    }
}

#[cfg(test)]
mod tests;
