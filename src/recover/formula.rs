//! From a model with constants as read to formulas.

use std::collections::BTreeMap;

use super::Model;
use super::constants::{Constants, Reading};
use super::names::Names;
use super::recovery::{Constant, Equation, Friction, Law, Mass};
use crate::data::{Rates, Recording};
use crate::expr::{Expr, Function, Rational, Symbol};
use crate::terms::decimal;
use crate::terms::joint::{Form, Function as Shape, Kind, Term};

/// Significant digits of a constant in a formula with numbers.
const DIGITS: usize = 12;

/// Writes the law. The constants are the coefficients of the terms, then the parameters of the free terms, then
/// the masses of the groups but the first.
pub fn law(recording: &Recording, model: &Model, constants: &Constants) -> Law {
    Writer::new(recording, model, constants).law()
}

/// Letters and names for one model.
struct Writer<'a> {
    model: &'a Model,
    constants: &'a Constants,
    coordinates: Vec<Symbol>,
    velocities: Vec<Symbol>,
    momenta: Vec<Symbol>,
    recorded: &'a Rates,
    /// The letter of each constant that is one.
    letters: BTreeMap<usize, Symbol>,
}

impl<'a> Writer<'a> {
    fn new(recording: &'a Recording, model: &'a Model, constants: &'a Constants) -> Writer<'a> {
        let coordinates: Vec<Symbol> = recording.coordinates.iter().map(|c| c.name.clone()).collect();
        let mut names = Names::new(recording);
        let beside = |prefix: &str, names: &mut Names| -> Vec<Symbol> {
            coordinates.iter().map(|name| names.beside(prefix, name)).collect()
        };
        let (velocities, momenta) = match &recording.rates {
            Rates::Velocities(recorded) => (recorded.clone(), beside("p_", &mut names)),
            // The law is in units of the first mass, which recorded momenta need not be.
            Rates::None | Rates::Momenta(_) => (beside("v_", &mut names), beside("p_", &mut names)),
        };
        let mut writer = Writer {
            model,
            constants,
            coordinates,
            velocities,
            momenta,
            recorded: &recording.rates,
            letters: BTreeMap::new(),
        };
        for k in constants.letters() {
            let letter = writer.letter(k, &mut names);
            writer.letters.insert(k, letter);
        }
        writer
    }

    /// A letter for constant `k`, by what it is.
    fn letter(&self, k: usize, names: &mut Names) -> Symbol {
        let count = self.model.terms.len();
        let free = self.model.free_terms();
        if k < count {
            return match self.model.terms[k].kind() {
                Kind::Friction { .. } => names.role("gamma"),
                Kind::Gyroscopic { .. } => names.role("b"),
                Kind::Potential if is_newtonian(&self.model.terms[k]) => names.role("mu"),
                Kind::Potential => names.letter(),
            };
        }
        match k.checked_sub(count + free.len()) {
            None => names.role("k"),
            Some(group) => names.mass(&self.coordinates[self.model.groups[group + 1][0]], group + 2),
        }
    }

    fn law(&self) -> Law {
        let hamiltonian = self.hamiltonian();
        let values: BTreeMap<Symbol, Expr> = self
            .letters
            .iter()
            .map(|(&k, symbol)| (symbol.clone(), number(self.constants.values[k].abs())))
            .collect();
        let used = hamiltonian.symbols();
        let letters =
            self.letters.iter().filter(|(_, symbol)| used.contains(symbol)).map(|(&k, symbol)| Constant {
                symbol: symbol.clone(),
                value: self.constants.values[k].abs(),
                standard_error: self.constants.standard_error(k),
            });
        Law {
            coordinates: self.coordinates.clone(),
            momenta: self.momenta.clone(),
            numeric: hamiltonian.substitute(&values),
            letters: letters.collect(),
            masses: self.masses(),
            friction: self.friction(),
            canonical: self.canonical(),
            equations: self.equations(),
            model: Some(self.model.clone()),
            hamiltonian,
        }
    }

    /// Constant `k` as a rational, a letter or a multiple of a letter.
    fn constant(&self, k: usize) -> Expr {
        let signed = |l: usize| {
            let letter = Expr::Symbol(self.letters[&l].clone());
            if self.constants.values[l] < 0.0 { letter.negated() } else { letter }
        };
        match &self.constants.readings[k] {
            Reading::Exact(value) => Expr::number(value.clone()),
            Reading::Letter => signed(k),
            Reading::Multiple { of, ratio } => scaled(&Expr::number(ratio.clone()), signed(*of)),
        }
    }

    fn standard_error(&self, k: usize) -> f64 {
        match self.constants.readings[k] {
            Reading::Exact(_) => 0.0,
            _ => self.constants.standard_error(k),
        }
    }

    /// The nonlinear parameter of a term, where it is no mere number of the form.
    fn parameter(&self, k: usize) -> Option<Expr> {
        let free = self.model.free_terms();
        let own = |k: usize| {
            let place = free.iter().position(|&f| f == k)?;
            Some(self.constant(self.model.terms.len() + place))
        };
        match self.model.ties[k] {
            Some((master, ratio)) => Some(scaled(&number(ratio), own(master)?)),
            None => own(k),
        }
    }

    /// The mass of a group of coordinates.
    fn mass(&self, group: usize) -> Expr {
        if group == 0 { Expr::one() } else { self.constant(self.mass_index(group)) }
    }

    fn mass_index(&self, group: usize) -> usize {
        self.model.terms.len() + self.model.free_terms().len() + group - 1
    }

    fn group_of(&self, i: usize) -> usize {
        self.model.groups.iter().position(|group| group.contains(&i)).unwrap_or(0)
    }

    fn potential(&self) -> Vec<Expr> {
        let term = |k: usize| {
            let formula = self.model.terms[k].formula(&self.coordinates, self.parameter(k).as_ref())?;
            Some(scaled(&self.constant(k), formula))
        };
        (0..self.model.terms.len()).filter_map(term).collect()
    }

    /// The gyroscopic forces: pairs (i, j) with the force c·v_j on i and −c·v_i on j.
    fn turns(&self) -> Vec<(usize, usize, Expr)> {
        let mut out = Vec::new();
        for (k, term) in self.model.terms.iter().enumerate() {
            if let Kind::Gyroscopic { pairs } = term.kind() {
                out.extend(pairs.iter().map(|&(i, j)| (i, j, self.constant(k))));
            }
        }
        out
    }

    /// A_i(q) of the canonical momentum p_i = m_i·v_i + A_i, in the symmetric gauge: for a force c·(v_j, −v_i) on
    /// the pair (i, j), A_i = −c·q_j/2 and A_j = c·q_i/2, so that ∂_iA_j − ∂_jA_i = c.
    fn vector_potential(&self, i: usize) -> Expr {
        let half =
            |c: Expr, j: usize| scaled(&scaled(&c, number(0.5)), Expr::Symbol(self.coordinates[j].clone()));
        Expr::sum(self.turns().into_iter().filter_map(|(a, b, c)| match () {
            () if a == i => Some(half(c, b).negated()),
            () if b == i => Some(half(c, a)),
            () => None,
        }))
    }

    /// Σ (p_i − A_i)²/(2 m_i) + V.
    fn hamiltonian(&self) -> Expr {
        let kinetic = self.model.groups.iter().enumerate().map(|(g, group)| {
            let square = |&i: &usize| {
                let p = Expr::Symbol(self.momenta[i].clone());
                (p - self.vector_potential(i)).to_power(2)
            };
            let twice = scaled(&self.mass(g), Expr::number(2));
            Expr::sum(group.iter().map(square)).over(twice)
        });
        Expr::sum(kinetic.collect::<Vec<Expr>>().into_iter().chain(self.potential()))
    }

    fn masses(&self) -> Vec<Mass> {
        let mass = |(g, group): (usize, &Vec<usize>)| {
            let coordinates = group.clone();
            match g {
                0 => Mass { coordinates, formula: Expr::one(), value: 1.0, standard_error: 0.0 },
                _ => Mass {
                    coordinates,
                    formula: self.mass(g),
                    value: self.constants.values[self.mass_index(g)],
                    standard_error: self.standard_error(self.mass_index(g)),
                },
            }
        };
        self.model.groups.iter().enumerate().map(mass).collect()
    }

    fn friction(&self) -> Vec<Friction> {
        let friction = |(k, term): (usize, &Term)| match term.kind() {
            Kind::Friction { coordinates, power } => Some(Friction {
                coordinates: coordinates.to_vec(),
                power,
                formula: self.constant(k),
                value: self.constants.values[k],
                standard_error: self.standard_error(k),
            }),
            _ => None,
        };
        self.model.terms.iter().enumerate().filter_map(friction).collect()
    }

    fn canonical(&self) -> Vec<Expr> {
        let momentum = |i: usize| {
            let moving = scaled(&self.mass(self.group_of(i)), Expr::Symbol(self.velocities[i].clone()));
            moving + self.vector_potential(i)
        };
        (0..self.coordinates.len()).map(momentum).collect()
    }

    /// The equations of motion: with velocities recorded, x′ = vx and vx′ = …; else x″ = ….
    fn equations(&self) -> Vec<Equation> {
        let recorded = matches!(self.recorded, Rates::Velocities(_));
        let mut out = Vec::new();
        if recorded {
            for (x, v) in self.coordinates.iter().zip(&self.velocities) {
                out.push(Equation { left: format!("{x}'"), right: Expr::Symbol(v.clone()) });
            }
        }
        for i in 0..self.coordinates.len() {
            let left = match recorded {
                true => format!("{}'", self.velocities[i]),
                false => format!("{}''", self.coordinates[i]),
            };
            out.push(Equation { left, right: self.acceleration(i) });
        }
        out
    }

    fn acceleration(&self, i: usize) -> Expr {
        let v = |j: usize| Expr::Symbol(self.velocities[j].clone());
        let downhill =
            self.potential().into_iter().map(|term| term.derivative(&self.coordinates[i]).negated());
        let turning = self.turns().into_iter().filter_map(|(a, b, c)| match () {
            () if a == i => Some(scaled(&c, v(b))),
            () if b == i => Some(scaled(&c, v(a)).negated()),
            () => None,
        });
        let slowing = self.friction().into_iter().filter(|f| f.coordinates.contains(&i)).map(|f| {
            let speed = v(i).to_power(2).call(Function::Sqrt);
            let factors = [v(i)].into_iter().chain((0..f.power).map(|_| speed.clone()));
            scaled(&f.formula, Expr::product(factors)).negated()
        });
        Expr::sum(downhill.chain(turning).chain(slowing)).over(self.mass(self.group_of(i)))
    }
}

/// Whether a term is 1/r of some distance: its coefficient is the strength of an attraction.
fn is_newtonian(term: &Term) -> bool {
    matches!(term.form(), Form::Sum(Shape::RadialPower, _)) && term.parameter() == Some(-1.0)
}

/// constant·formula, the numerator and denominator of a rational and of the formula in their places.
pub(super) fn scaled(constant: &Expr, formula: Expr) -> Expr {
    let (top, bottom) = fraction(constant.clone());
    let (formula_top, formula_bottom) = fraction(formula);
    let (number, factors) = split([top, formula_top]);
    let (divisor, divisors) = split([bottom, formula_bottom]);
    let value = number / divisor;
    let sign = value < Rational::ZERO;
    let (up, down) = (value.numerator().clone(), value.denominator().clone());
    let up = Rational::from(if sign { -up } else { up });
    let upper = Expr::product(std::iter::once(Expr::number(up)).chain(factors));
    let lower = Expr::product(std::iter::once(Expr::number(Rational::from(down))).chain(divisors));
    let out = upper.over(lower);
    if sign { out.negated() } else { out }
}

/// Numerator and denominator.
fn fraction(expr: Expr) -> (Expr, Expr) {
    match expr {
        Expr::Quotient(top, bottom) => ((*top).clone(), (*bottom).clone()),
        Expr::Negative(inner) => {
            let (top, bottom) = fraction((*inner).clone());
            (top.negated(), bottom)
        }
        other => (other, Expr::one()),
    }
}

/// The number in a product, and its other factors.
fn split(factors: impl IntoIterator<Item = Expr>) -> (Rational, Vec<Expr>) {
    let mut number = Rational::ONE;
    let mut others = Vec::new();
    let mut pending: Vec<Expr> = factors.into_iter().collect();
    pending.reverse();
    while let Some(factor) = pending.pop() {
        match factor {
            Expr::Product(inner) => pending.extend(inner.into_iter().rev()),
            Expr::Negative(inner) => {
                number = -number;
                pending.push((*inner).clone());
            }
            Expr::Number(value) => number *= value,
            other => others.push(other),
        }
    }
    (number, others)
}

/// A number to [`DIGITS`] significant decimal digits.
pub(super) fn number(value: f64) -> Expr {
    Expr::number(decimal(value, DIGITS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Coordinate;
    use crate::terms::joint::{Argument, Family, Parameter};

    fn recording(names: &[&str], rates: Rates) -> Recording {
        let coordinate = |name: &&str| Coordinate { name: Symbol::new(name), is_angle: false };
        Recording { coordinates: names.iter().map(coordinate).collect(), rates, runs: Vec::new() }
    }

    fn term(form: Form, parameter: Parameter) -> Term {
        Term::new(form, parameter, Family::Polynomial, 0.0)
    }

    fn model(terms: Vec<Term>, coefficients: &[f64], groups: Vec<Vec<usize>>) -> Model {
        Model {
            ties: vec![None; terms.len()],
            terms,
            coefficients: coefficients.to_vec(),
            inverse_masses: vec![1.0; groups.iter().flatten().count()],
            groups,
            chi: 0.0,
            score: 0.0,
        }
    }

    fn read(values: &[f64], readings: Vec<Reading>) -> Constants {
        let n = values.len();
        let covariance = (0..n * n).map(|k| if k % (n + 1) == 0 { 1e-6 } else { 0.0 }).collect();
        Constants { values: values.to_vec(), covariance, readings }
    }

    fn inverse_distance() -> Term {
        let form = Form::Sum(Shape::RadialPower, vec![Argument::squares(&[0, 1])]);
        term(form, Parameter::Fixed(-1.0))
    }

    #[test]
    fn attraction_has_a_positive_letter() {
        let model = model(vec![inverse_distance()], &[-1.327], vec![vec![0, 1]]);
        let velocities = Rates::Velocities(vec![Symbol::new("vx"), Symbol::new("vy")]);
        let recording = recording(&["x", "y"], velocities);
        let law = law(&recording, &model, &read(&[-1.327], vec![Reading::Letter]));
        assert_eq!(law.hamiltonian.to_string(), "(p_x^2 + p_y^2)/2 - mu/sqrt(x^2 + y^2)");
        assert_eq!(law.letters[0].value, 1.327);
        assert_eq!(law.numeric.to_string(), "(p_x^2 + p_y^2)/2 - 1327/1000/sqrt(x^2 + y^2)");
        assert_eq!(law.equations[0].left, "x'");
        assert_eq!(law.equations[2].left, "vx'");
        assert!(!law.is_exact());
    }

    #[test]
    fn multiples_masses_and_rationals_stand_in_their_places() {
        let spring = |factors: &[(usize, i32)]| term(Form::Monomial(factors.to_vec()), Parameter::None);
        let terms = vec![spring(&[(0, 2)]), spring(&[(1, 2)]), spring(&[(0, 1), (1, 1)])];
        let model = model(terms, &[0.5, 0.93, -1.86], vec![vec![0], vec![1]]);
        let half = Reading::Exact(Rational::from_parts(1.into(), 2_u8.into()));
        let twice = Reading::Multiple { of: 1, ratio: Rational::from(-2) };
        let constants = read(&[0.5, 0.93, -1.86, 2.3], vec![half, Reading::Letter, twice, Reading::Letter]);
        let law = law(&recording(&["x1", "x2"], Rates::None), &model, &constants);
        assert_eq!(law.hamiltonian.to_string(), "p_x1^2/2 + p_x2^2/(2*m2) + x1^2/2 + a*x2^2 - 2*a*x1*x2");
        assert_eq!((law.masses[1].value, law.masses[1].coordinates.as_slice()), (2.3, &[1][..]));
        assert_eq!(law.equations[1].left, "x2''");
        assert_eq!(law.canonical[1].to_string(), "m2*v_x2");
    }

    /// Hamilton's equations of the printed H give the forces of the model, in a magnetic field too.
    #[test]
    fn hamiltons_equations_are_the_equations_of_motion() {
        let gyroscopic = term(Form::Gyroscopic(vec![(0, 1)]), Parameter::None);
        let model = model(vec![inverse_distance(), gyroscopic], &[-1.3, 1.5], vec![vec![0, 1]]);
        let constants = read(&[-1.3, 1.5], vec![Reading::Letter, Reading::Letter]);
        let law = law(&recording(&["x", "y"], Rates::None), &model, &constants);
        let (q, v) = ([0.7, -0.4], [0.3, 1.1]);
        let mut want = [0.0; 2];
        model.acceleration_at(&q, &v, &mut want);
        // Positions, momenta and the velocities that give them.
        let inputs = ["x", "y", "p_x", "p_y", "v_x", "v_y"].map(Symbol::new);
        let values: BTreeMap<Symbol, Expr> =
            law.letters.iter().map(|c| (c.symbol.clone(), number(c.value))).collect();
        let number = |expr: &Expr, at: &[f64]| {
            let tape = crate::expr::Tape::new(&[expr.substitute(&values)], &inputs).unwrap();
            tape.evaluate(at)[0]
        };
        let mut at = [q[0], q[1], 0.0, 0.0, v[0], v[1]];
        let momenta = [0, 1].map(|i| number(&law.canonical[i], &at));
        at[2..4].copy_from_slice(&momenta);
        for i in 0..2 {
            let velocity = law.hamiltonian.derivative(&law.momenta[i]);
            assert!((number(&velocity, &at) - v[i]).abs() < 1e-12);
            // q″ = d/dt ∂H/∂p along the flow.
            let mut acceleration = 0.0;
            for (j, speed) in v.iter().enumerate() {
                let by_q = velocity.derivative(&law.coordinates[j]);
                let by_p = velocity.derivative(&law.momenta[j]);
                let force = law.hamiltonian.derivative(&law.coordinates[j]).negated();
                acceleration += number(&by_q, &at) * speed + number(&by_p, &at) * number(&force, &at);
            }
            assert!((acceleration - want[i]).abs() < 1e-9, "{acceleration} {}", want[i]);
            assert!((number(&law.equations[i].right, &at) - want[i]).abs() < 1e-9);
        }
    }

    #[test]
    fn friction_stands_beside_the_hamiltonian() {
        let drag = term(Form::Friction { coordinates: vec![0], power: 1 }, Parameter::None);
        let cosine = Form::Sum(Shape::Cosine, vec![Argument::coordinate(0)]);
        let model = model(vec![term(cosine, Parameter::Fixed(1.0)), drag], &[-9.8, 0.12], vec![vec![0]]);
        let constants = read(&[-9.8, 0.12], vec![Reading::Letter, Reading::Letter]);
        let law = law(&recording(&["theta"], Rates::None), &model, &constants);
        assert_eq!(law.hamiltonian.to_string(), "p_theta^2/2 - a*cos(theta)");
        assert_eq!(law.letters.len(), 1);
        assert_eq!(law.friction[0].formula.to_string(), "gamma");
        assert!(law.equations[0].right.to_string().contains("gamma*v_theta*sqrt(v_theta^2)"));
    }

    #[test]
    fn names_do_not_clash() {
        let names = recording(&["a", "p_x", "x", "m2"], Rates::None);
        let mut names = Names::new(&names);
        assert_eq!(names.beside("p_", &Symbol::new("x")).name(), "p__x");
        assert_eq!(names.letter().name(), "b");
        assert_eq!(names.role("b").name(), "b2");
        assert_eq!(names.mass(&Symbol::new("x2"), 2).name(), "m3");
    }
}
