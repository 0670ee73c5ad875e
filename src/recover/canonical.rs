//! The law of motion of a recording of canonical momenta: velocities first, then back to the recording's momenta.
//!
//! With p_i = m_i v_i + Σ_j A_ij q_j the velocities are known, and the law is recovered from them, in momenta p̂ that have
//! the first mass as their unit. If p = λ p̂ + ∇χ(q), then H(q, p) = λ Ĥ(q, (p − ∇χ)/λ). Only χ = 0 is treated.

use std::collections::BTreeMap;

use super::constants::{self, Constants, Reading};
use super::decide::{self, ANSWER_POINTS};
use super::momenta;
use super::momentum_map::MomentumMap;
use super::names::Names;
use super::recovery::{Constant, Law};
use super::settle::{settle, settle_exactly};
use super::{Config, Equation, RecoverError, Recovery, kinetic, recover_with_constant_masses};
use crate::data::{Rates, Recording, Smoothed, Smoother};
use crate::expr::{Expr, Rational, Symbol};
use crate::progress::{Event, Job};

/// How far masses, or entries of A, may differ from what the law says, as a share of the largest.
const AGREEMENT: f64 = 0.02;

/// The law of motion of a recording of coordinates and momenta; nothing where momenta are not linear in the
/// velocities, with masses that may depend on the position, or where no law explains the recording to its noise.
///
/// # Errors
/// As [`recover`](super::recover()).
pub fn recover_canonical(
    recording: &Recording,
    config: &Config,
    job: &Job<'_>,
) -> Result<Option<Recovery>, RecoverError> {
    let Rates::Momenta(momenta) = &recording.rates else { return Ok(None) };
    let smoother = Smoother { config: config.smoother.clone() };
    if let Some(map) = MomentumMap::of(recording, &smoother)? {
        return with_constant_masses(recording, momenta, map, config, job);
    }
    let found = kinetic::recover_kinetic_canonical(recording, &smoother, config, job)?;
    Ok(found.map(|mut found| {
        let others = found.alternatives.iter_mut().map(|other| &mut other.law);
        for law in std::iter::once(&mut found.law).chain(others) {
            law.equations = hamiltons(law);
        }
        found
    }))
}

/// The law where momenta are these functions of the velocities. Masses that their errors allow to be equal are taken for
/// equal first: velocities in a slightly wrong ratio would make one mass of two.
fn with_constant_masses(
    recording: &Recording,
    momenta: &[Symbol],
    map: MomentumMap,
    config: &Config,
    job: &Job<'_>,
) -> Result<Option<Recovery>, RecoverError> {
    let map = with_read_masses(map, config);
    let tied = map.with_equal_masses();
    let found = with_map(recording, momenta, &tied, config, job)?;
    if found.is_some() || tied == map || job.is_cancelled() {
        return Ok(found);
    }
    with_map(recording, momenta, &map, config, job)
}

/// The law where momenta are exactly these functions of the velocities.
fn with_map(
    recording: &Recording,
    momenta: &[Symbol],
    map: &MomentumMap,
    config: &Config,
    job: &Job<'_>,
) -> Result<Option<Recovery>, RecoverError> {
    let mut names = Names::new(recording);
    let velocities: Vec<Symbol> =
        recording.coordinates.iter().map(|coordinate| names.beside("v_", &coordinate.name)).collect();
    let with_velocities = map.with_velocities(recording, velocities);
    let mut found = recover_with_constant_masses(&with_velocities, config, job)?;
    if !found.status.explains() {
        return Ok(None);
    }
    job.tell(Event::Doing("fitting the recorded momenta"));
    let smoother = Smoother { config: config.smoother.clone() };
    let some = with_velocities.some_runs(ANSWER_POINTS);
    let way = Way { recording, some: smoother.smooth(&some)?, with_velocities, map, config };
    let Some(law) = way.back(&found.law, momenta) else { return Ok(None) };
    found.law = law;
    let mut others = std::mem::take(&mut found.alternatives);
    others.retain_mut(|other| way.back(&other.law, momenta).map(|law| other.law = law).is_some());
    // With rationals for constants two writings may have become one law.
    others.retain(|other| !other.law.is(&found.law));
    found.alternatives = others;
    if found.status.explains() {
        found.status = decide::explained(&found.law, &found.alternatives);
    }
    Ok(Some(found))
}

/// What the way back to the recording's momenta takes.
struct Way<'a> {
    recording: &'a Recording,
    with_velocities: Recording,
    /// As much of it as constants are fitted to.
    some: Smoothed,
    map: &'a MomentumMap,
    config: &'a Config,
}

impl Way<'_> {
    /// The law in the recording's momenta, its constants fitted to these where that succeeds.
    fn back(&self, law: &Law, momenta: &[Symbol]) -> Option<Law> {
        let Way { recording, with_velocities, some, map, config } = self;
        let (scale, error) = Back::scale(law, map)?;
        let decide = &config.decide;
        let again =
            law.model.as_ref().and_then(|model| momenta::refitted(model, scale, some, map, decide.explained));
        let names = &mut Names::new(recording);
        match again {
            Some(again) => {
                let scale = (again.scale, again.scale_error);
                let (model, covariance) = (&again.model, &again.covariance);
                if let Some((rational, chance)) = constants::simple(scale.0, scale.1, &decide.constants)
                    && let Some(law) =
                        settle_exactly(with_velocities, model, covariance, chance, &decide.constants)
                {
                    return Back::by(rational).law(&law, momenta);
                }
                let law = settle(with_velocities, model, covariance, &decide.constants);
                Back::of(&law, scale, names, config).law(&law, momenta)
            }
            None => Back::of(law, (scale, error), names, config).law(law, momenta),
        }
    }
}

/// The map with masses that are justified rationals, or in justified ratios, put in.
fn with_read_masses(mut map: MomentumMap, config: &Config) -> MomentumMap {
    let n = map.masses.len();
    let mut covariance = vec![0.0; n * n];
    map.mass_errors.iter().enumerate().for_each(|(i, error)| covariance[i * n + i] = error * error);
    let read = Constants::read(&map.masses, &covariance, &vec![0; n], &config.decide.constants);
    map.mass_errors = (0..n).map(|i| read.standard_error(i)).collect();
    map.masses = read.values;
    map
}

/// The way back from the law's momenta to the recording's.
struct Back {
    /// λ as a rational or a letter.
    scale: Expr,
    /// Its letter, where it is one.
    letter: Option<Constant>,
    /// Its value.
    value: f64,
}

impl Back {
    /// λ from the masses, with its error; nothing where the recording's momenta are not λ times those of the law.
    fn scale(law: &Law, map: &MomentumMap) -> Option<(f64, f64)> {
        let n = law.coordinates.len();
        let mut masses = vec![1.0; n];
        for mass in &law.masses {
            mass.coordinates.iter().for_each(|&i| masses[i] = mass.value);
        }
        let ratio = |i: usize| (map.masses[i] / masses[i], map.mass_errors[i] / masses[i]);
        // The mean, weighted with the errors; the error of the most precise one, as their errors are alike.
        let weight = |error: f64| 1.0 / error.max(1e-13).powi(2);
        let (sum, total) = (0..n).map(ratio).fold((0.0, 0.0), |(sum, total), (value, error)| {
            (sum + value * weight(error), total + weight(error))
        });
        let value = sum / total;
        let agrees = |i: usize| (ratio(i).0 / value - 1.0).abs() <= AGREEMENT;
        if !(0..n).all(agrees) || !Back::has_the_same_gauge(law, map, value) {
            return None;
        }
        Some((value, (0..n).map(|i| ratio(i).1).fold(f64::INFINITY, f64::min)))
    }

    /// λ is this rational.
    fn by(scale: Rational) -> Back {
        let value = scale.to_f64().value();
        Back { scale: Expr::number(scale), letter: None, value }
    }

    /// λ as a rational or a letter.
    fn of(law: &Law, (value, error): (f64, f64), names: &mut Names, config: &Config) -> Back {
        let read = Constants::read(&[value], &[error * error], &[0], &config.decide.constants);
        match &read.readings[0] {
            Reading::Exact(rational) => Back::by(rational.clone()),
            _ => {
                law.letters.iter().for_each(|letter| drop(names.role(letter.symbol.name())));
                let symbol = names.role("m");
                let constant = Constant { symbol: symbol.clone(), value, standard_error: error };
                Back { scale: Expr::Symbol(symbol), letter: Some(constant), value }
            }
        }
    }

    /// Whether p − λ m v is λ times the law's A(q), and nothing else.
    fn has_the_same_gauge(law: &Law, map: &MomentumMap, scale: f64) -> bool {
        let n = law.coordinates.len();
        let largest = map.linear.iter().fold(0.0_f64, |a, b| a.max(b.abs()));
        let slope = |i: usize, j: usize| -> f64 {
            let values: BTreeMap<Symbol, Expr> =
                law.letters.iter().map(|letter| (letter.symbol.clone(), letter.decimal())).collect();
            let slope = law.canonical[i].derivative(&law.coordinates[j]).substitute(&values);
            slope.as_number().map_or(f64::NAN, |number| number.to_f64().value())
        };
        let same = |i: usize, j: usize| {
            let expected = scale * slope(i, j);
            (map.linear[i * n + j] - expected).abs() <= AGREEMENT * largest.max(expected.abs())
        };
        map.constant.iter().all(|&a| a == 0.0) && (0..n).all(|i| (0..n).all(|j| same(i, j)))
    }

    /// The law in the recording's momenta.
    fn law(&self, law: &Law, momenta: &[Symbol]) -> Option<Law> {
        let over = |e: Expr| Expr::product([e, self.scale.clone().to_power(-1)]);
        let times = |e: &Expr| Expr::product([self.scale.clone(), e.clone()]);
        let mut new: BTreeMap<Symbol, Expr> = law
            .momenta
            .iter()
            .zip(momenta)
            .map(|(old, new)| (old.clone(), over(Expr::Symbol(new.clone()))))
            .collect();
        let mut out = law.clone();
        if let Some(scale) = &self.letter {
            // A coefficient that is a letter takes the letter λ in.
            for letter in &mut out.letters {
                let slope = law.hamiltonian.derivative(&letter.symbol);
                if !slope.symbols().contains(&letter.symbol) {
                    new.insert(letter.symbol.clone(), over(Expr::Symbol(letter.symbol.clone())));
                    let relative = letter.standard_error / letter.value;
                    let error = relative.hypot(scale.standard_error / scale.value);
                    letter.value *= self.value;
                    letter.standard_error = error * letter.value;
                }
            }
            out.letters.insert(0, scale.clone());
        }
        out.hamiltonian = times(&law.hamiltonian.substitute(&new));
        let values = out.letters.iter().map(|letter| (letter.symbol.clone(), letter.decimal())).collect();
        out.numeric = out.hamiltonian.substitute(&values);
        out.momenta = momenta.to_vec();
        out.equations = hamiltons(&out);
        out.canonical = law.canonical.iter().map(times).collect();
        for mass in &mut out.masses {
            mass.formula = times(&mass.formula);
            mass.value *= self.value;
        }
        Some(out)
    }
}

/// Hamilton's equations; none with friction, which is no part of H.
fn hamiltons(law: &Law) -> Vec<Equation> {
    if !law.friction.is_empty() {
        return Vec::new();
    }
    let equation = |of: &Symbol, right: Expr| Equation { left: format!("{of}'"), right };
    let pairs = || law.coordinates.iter().zip(&law.momenta);
    let velocities = pairs().map(|(q, p)| equation(q, law.hamiltonian.derivative(p)));
    velocities.chain(pairs().map(|(q, p)| equation(p, law.hamiltonian.derivative(q).negated()))).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::data::{Coordinate, Run};
    use crate::expr::{Tape, parse};
    use crate::recover::Model;
    use crate::terms::joint::{Family, Form, Parameter, Term};

    /// The motion of H = ((px + 3 y/2)² + (py − 3 x/2)²)/(2·2) + 2 (x² + y²), from closed formulas.
    fn recording() -> Recording {
        // With p = 2 v + A(q): v' = b (vy, −vx) − 2 q, b = 3/2; frequencies w of w² − b w − 2 = 0.
        let (b, k) = (1.5_f64, 2.0_f64);
        let root = (b * b / 4.0 + k).sqrt();
        let (w1, w2) = (b / 2.0 + root, b / 2.0 - root);
        let times: Vec<f64> = (0..500).map(|i| 0.03 * f64::from(i)).collect();
        let run = |name: &str, a1: f64, a2: f64, phase: f64| {
            let of = |f: &dyn Fn(f64) -> f64| times.iter().map(|&t| f(t)).collect::<Vec<f64>>();
            let x = |t: f64| a1 * (w1 * t).cos() + a2 * (w2 * t + phase).cos();
            let y = |t: f64| -a1 * (w1 * t).sin() - a2 * (w2 * t + phase).sin();
            let vx = |t: f64| -a1 * w1 * (w1 * t).sin() - a2 * w2 * (w2 * t + phase).sin();
            let vy = |t: f64| -a1 * w1 * (w1 * t).cos() - a2 * w2 * (w2 * t + phase).cos();
            Run {
                name: name.into(),
                times: times.clone(),
                positions: vec![of(&x), of(&y)],
                rates: vec![of(&|t| 2.0 * vx(t) - 1.5 * y(t)), of(&|t| 2.0 * vy(t) + 1.5 * x(t))],
                derivatives: None,
            }
        };
        let coordinate = |name| Coordinate { name: Symbol::new(name), is_angle: false };
        Recording {
            coordinates: vec![coordinate("x"), coordinate("y")],
            rates: Rates::Momenta(vec![Symbol::new("px"), Symbol::new("py")]),
            runs: vec![run("0", 1.0, 0.6, 0.3), run("1", 0.4, 1.1, 1.9)],
        }
    }

    /// A = λ m v with the terms of this motion, b a little off.
    pub fn turning() -> Model {
        let square = |i| Term::new(Form::Monomial(vec![(i, 2)]), Parameter::None, Family::Polynomial, 0.0);
        let turn = Term::new(Form::Gyroscopic(vec![(0, 1)]), Parameter::None, Family::Gyroscopic, 0.0);
        Model {
            terms: vec![square(0), square(1), turn],
            ties: vec![None; 3],
            coefficients: vec![1.01, 0.99, 1.49],
            inverse_masses: vec![1.0, 1.0],
            groups: vec![vec![0, 1]],
            chi: 0.0,
            score: 0.0,
        }
    }

    /// The recording smoothed with velocities, and what its momenta are.
    pub fn recorded() -> (Smoothed, MomentumMap) {
        let recording = recording();
        let map = MomentumMap::of(&recording, &Smoother::default());
        let map = map.unwrap().unwrap();
        let names = ["vx", "vy"].map(Symbol::new).to_vec();
        (Smoother::default().smooth(&map.with_velocities(&recording, names)).unwrap(), map)
    }

    #[test]
    fn a_magnetic_field_in_the_recordings_own_momenta() {
        let found = recover_canonical(&recording(), &Config::default(), &Job::silent()).unwrap().unwrap();
        let law = &found.law;
        assert_eq!(law.momenta, [Symbol::new("px"), Symbol::new("py")]);
        let expected = parse("((px + 3*y/2)^2 + (py - 3*x/2)^2)/4 + 2*(x^2 + y^2)").unwrap();
        let point = |e: &Expr, values: [f64; 4]| {
            let names = ["x", "y", "px", "py"].map(Symbol::new);
            Tape::new(std::slice::from_ref(e), &names).unwrap().evaluate(&values)[0]
        };
        for values in [[1.0, 2.0, 3.0, -1.0], [2.0, -1.0, 0.0, 1.0], [0.0, 3.0, -2.0, 2.0]] {
            let (a, b) = (point(&law.numeric, values), point(&expected, values));
            let zero = point(&law.numeric, [0.0; 4]);
            assert!((a - zero - b).abs() < 1e-4 * b.abs(), "{}", law.hamiltonian);
        }
    }
}
