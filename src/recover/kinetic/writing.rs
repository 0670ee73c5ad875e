//! A Lagrangian as a Hamiltonian: H = ½ pᵀ M(q)⁻¹ p + V(q), p = M(q) v.

use std::collections::BTreeMap;

use super::library::Part;
use super::motion::Lagrangian;
use crate::data::{Rates, Recording};
use crate::expr::{Expr, Symbol};
use crate::recover::constants::{self, Constants, Reading};
use crate::recover::formula::{number, scaled};
use crate::recover::names::Names;
use crate::recover::recovery::{Constant, Equation, Law};

/// The law of a Lagrangian whose constants have this covariance. Masses may be multiples of masses, and coefficients of V
/// of each other.
pub fn law(
    recording: &Recording,
    lagrangian: &Lagrangian,
    covariance: &[f64],
    config: &constants::Config,
) -> Law {
    let classes: Vec<usize> =
        lagrangian.places().map(|k| usize::from(!lagrangian.parts[k].is_mass())).collect();
    let read = Constants::read(&lagrangian.constants(), covariance, &classes, config);
    Writer::new(recording, lagrangian, &read).law()
}

struct Writer<'a> {
    lagrangian: &'a Lagrangian,
    read: &'a Constants,
    coordinates: Vec<Symbol>,
    velocities: Vec<Symbol>,
    momenta: Vec<Symbol>,
    recorded: bool,
    letters: BTreeMap<usize, Symbol>,
}

impl<'a> Writer<'a> {
    fn new(recording: &'a Recording, lagrangian: &'a Lagrangian, read: &'a Constants) -> Writer<'a> {
        let coordinates: Vec<Symbol> = recording.coordinates.iter().map(|c| c.name.clone()).collect();
        let mut names = Names::new(recording);
        let beside = |prefix: &str, names: &mut Names| -> Vec<Symbol> {
            coordinates.iter().map(|name| names.beside(prefix, name)).collect()
        };
        let velocities = match &recording.rates {
            Rates::Velocities(recorded) => recorded.clone(),
            Rates::None | Rates::Momenta(_) => beside("v_", &mut names),
        };
        let momenta = match &recording.rates {
            Rates::Momenta(recorded) => recorded.clone(),
            Rates::Velocities(_) | Rates::None => beside("p_", &mut names),
        };
        let letters = read.letters().map(|k| (k, names.letter())).collect();
        let recorded = matches!(recording.rates, Rates::Velocities(_));
        Writer { lagrangian, read, coordinates, velocities, momenta, recorded, letters }
    }

    fn law(&self) -> Law {
        let hamiltonian = Expr::sum(self.kinetic().into_iter().chain(self.potential()));
        let value = |k: usize| self.read.values[k].abs();
        let values = self.letters.iter().map(|(&k, symbol)| (symbol.clone(), number(value(k)))).collect();
        let letters = self.letters.iter().map(|(&k, symbol)| Constant {
            symbol: symbol.clone(),
            value: value(k),
            standard_error: self.read.standard_error(k),
        });
        Law {
            coordinates: self.coordinates.clone(),
            momenta: self.momenta.clone(),
            numeric: hamiltonian.substitute(&values),
            letters: letters.collect(),
            masses: Vec::new(),
            friction: Vec::new(),
            canonical: (0..self.lagrangian.dof).map(|i| self.momentum(i)).collect(),
            equations: self.equations(),
            model: None,
            hamiltonian,
        }
    }

    /// The coefficient of a term as a rational, a letter or a multiple of a letter.
    fn coefficient(&self, place: usize) -> Expr {
        let Some(k) = self.lagrangian.places().position(|k| k == place) else { return Expr::one() };
        let signed = |l: usize| {
            let letter = Expr::Symbol(self.letters[&l].clone());
            if self.read.values[l] < 0.0 { letter.negated() } else { letter }
        };
        match &self.read.readings[k] {
            Reading::Exact(value) => Expr::number(value.clone()),
            Reading::Letter => signed(k),
            Reading::Multiple { of, ratio } => scaled(&Expr::number(ratio.clone()), signed(*of)),
        }
    }

    /// M_ij.
    fn mass(&self, i: usize, j: usize) -> Expr {
        let (i, j) = (i.min(j), i.max(j));
        let entry = |(place, part): (usize, &Part)| match part {
            Part::Mass { i: a, j: b, shape } if (*a, *b) == (i, j) => {
                Some(scaled(&self.coefficient(place), shape.formula(&self.coordinates)))
            }
            _ => None,
        };
        Expr::sum(self.lagrangian.parts.iter().enumerate().filter_map(entry).collect::<Vec<_>>())
    }

    fn potential(&self) -> Vec<Expr> {
        let term = |(place, part): (usize, &Part)| {
            let formula = match part {
                Part::Mass { .. } => return None,
                Part::Potential(shape) => shape.formula(&self.coordinates),
                Part::Joint(term) => term.formula(&self.coordinates, None)?,
            };
            Some(scaled(&self.coefficient(place), formula))
        };
        self.lagrangian.parts.iter().enumerate().filter_map(term).collect()
    }

    /// ½ pᵀ M⁻¹ p, a summand for each block of coordinates that M couples.
    fn kinetic(&self) -> Vec<Expr> {
        self.blocks().iter().map(|block| self.kinetic_of(block)).collect()
    }

    /// The coordinates in sets that M does not couple.
    fn blocks(&self) -> Vec<Vec<usize>> {
        let mut blocks: Vec<Vec<usize>> = Vec::new();
        for i in 0..self.lagrangian.dof {
            let couples = |block: &Vec<usize>| block.iter().any(|&j| !self.mass(i, j).is_zero());
            let (coupled, mut rest): (Vec<_>, Vec<_>) = blocks.into_iter().partition(couples);
            rest.push(coupled.concat().into_iter().chain([i]).collect());
            blocks = rest;
        }
        blocks.iter_mut().for_each(|block| block.sort_unstable());
        blocks.sort();
        blocks
    }

    /// By the adjugate: ½ Σ adj(M)_ij p_i p_j / det M.
    fn kinetic_of(&self, block: &[usize]) -> Expr {
        let p = |i: usize| Expr::Symbol(self.momenta[i].clone());
        let mut terms = Vec::new();
        for (a, &i) in block.iter().enumerate() {
            for (b, &j) in block.iter().enumerate().skip(a) {
                let without = |place: usize| -> Vec<usize> {
                    block.iter().enumerate().filter(|(k, _)| *k != place).map(|(_, &i)| i).collect()
                };
                let minor = self.determinant(&without(a), &without(b));
                if minor.is_zero() {
                    continue;
                }
                let product = match a == b {
                    true => Expr::product([minor, p(i).to_power(2)]),
                    false => Expr::product([scaled(&Expr::number(2), minor), p(i), p(j)]),
                };
                terms.push(if (a + b) % 2 == 1 { product.negated() } else { product });
            }
        }
        Expr::sum(terms).over(scaled(&Expr::number(2), self.determinant(block, block)))
    }

    /// The determinant of the rows and columns of M, expanded along its first row.
    fn determinant(&self, rows: &[usize], columns: &[usize]) -> Expr {
        let (Some((&first, rest)), [_, ..]) = (rows.split_first(), columns) else { return Expr::one() };
        // The minors of one row and one column, and M_12² in place of M_12 M_12.
        if let ([second], [a, b]) = (rest, columns) {
            let straight = Expr::product([self.mass(first, *a), self.mass(*second, *b)]);
            let (over, under) = (self.mass(first, *b), self.mass(*second, *a));
            let crossed = if over == under { over.to_power(2) } else { Expr::product([over, under]) };
            return if crossed.is_zero() { straight } else { straight - crossed };
        }
        let term = |(k, &column): (usize, &usize)| {
            let others: Vec<usize> = columns.iter().copied().filter(|c| *c != column).collect();
            let entry = self.mass(first, column);
            if entry.is_zero() {
                return None;
            }
            let product = Expr::product([entry, self.determinant(rest, &others)]);
            Some(if k % 2 == 1 { product.negated() } else { product })
        };
        Expr::sum(columns.iter().enumerate().filter_map(term).collect::<Vec<_>>())
    }

    /// p_i = Σ_j M_ij v_j.
    fn momentum(&self, i: usize) -> Expr {
        let term = |j: usize| Expr::product([self.mass(i, j), Expr::Symbol(self.velocities[j].clone())]);
        Expr::sum((0..self.lagrangian.dof).map(term).filter(|term| !term.is_zero()).collect::<Vec<_>>())
    }

    /// Lagrange's equations: what the momenta are, and ∂L/∂q by which they change.
    fn equations(&self) -> Vec<Equation> {
        let mut out = Vec::new();
        if self.recorded {
            for (x, v) in self.coordinates.iter().zip(&self.velocities) {
                out.push(Equation { left: format!("{x}'"), right: Expr::Symbol(v.clone()) });
            }
        }
        for (i, p) in self.momenta.iter().enumerate() {
            out.push(Equation { left: p.name().to_owned(), right: self.momentum(i) });
        }
        let energy = self.kinetic_by_velocities();
        for (x, p) in self.coordinates.iter().zip(&self.momenta) {
            let downhill = self.potential().into_iter().map(|term| term.derivative(x).negated());
            let right = Expr::sum(std::iter::once(energy.derivative(x)).chain(downhill).collect::<Vec<_>>());
            out.push(Equation { left: format!("{p}'"), right });
        }
        out
    }

    /// ½ Σ M_ij v_i v_j.
    fn kinetic_by_velocities(&self) -> Expr {
        let v = |i: usize| Expr::Symbol(self.velocities[i].clone());
        let mut terms = Vec::new();
        for i in 0..self.lagrangian.dof {
            for j in i..self.lagrangian.dof {
                let entry = self.mass(i, j);
                if !entry.is_zero() {
                    let product = Expr::product([entry, v(i), v(j)]);
                    terms.push(if i == j { product.over(Expr::number(2)) } else { product });
                }
            }
        }
        Expr::sum(terms)
    }
}
