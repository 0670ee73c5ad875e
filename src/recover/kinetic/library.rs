//! The terms of a Lagrangian L = ½ Σ M_ij(q) v_i v_j − V(q) that compete.
//!
//! Left out is what no motion shows: constants of V, and total derivatives, which are linear in the velocities.

use super::shape::{Base, Factor, MOST, Shape};
use crate::data::Coordinate;
use crate::terms::joint::{Form, Function, Kind, Term};

/// A term with one coefficient.
#[derive(Clone, PartialEq, Debug)]
pub enum Part {
    /// The entry M_ij = M_ji of the mass matrix.
    Mass {
        /// The row.
        i: usize,
        /// The column, not less than the row.
        j: usize,
        /// The function.
        shape: Shape,
    },
    /// A summand of V.
    Potential(Shape),
    /// A summand of V, from the joint library.
    Joint(Term),
}

impl Part {
    /// Its description length beyond that of the plainest terms, in nats over 2.
    pub fn cost(&self) -> f64 {
        match self {
            Part::Mass { i, j, shape } => shape.cost() + if i == j { 0.0 } else { 0.25 },
            Part::Potential(shape) => shape.cost() + 0.25,
            Part::Joint(term) => term.cost(),
        }
    }

    /// A number for its kind: forms of many kinds are tried.
    pub fn family(&self) -> usize {
        match self {
            Part::Mass { .. } => 0,
            Part::Potential(_) => 1,
            Part::Joint(term) => 2 + term.family() as usize,
        }
    }

    /// Whether it is a part of the mass matrix.
    pub fn is_mass(&self) -> bool {
        matches!(self, Part::Mass { .. })
    }

    /// Whether a kinetic energy may begin with it: it is on the diagonal and not negative.
    pub fn begins(&self, row: usize) -> bool {
        matches!(self, Part::Mass { i, j, shape } if *i == row && *j == row && shape.is_square())
    }
}

/// All terms for these coordinates. Of the joint library those potentials are taken that have no parameter to fit.
pub fn library(coordinates: &[Coordinate], joint: &[Term]) -> Vec<Part> {
    let build = Builder { angles: coordinates.iter().map(|coordinate| coordinate.is_angle).collect() };
    let n = coordinates.len();
    let mut out = Vec::new();
    for i in 0..n {
        for j in i..n {
            out.extend(build.shapes().into_iter().map(|shape| Part::Mass { i, j, shape }));
        }
    }
    out.extend(build.mixed_potentials().into_iter().map(Part::Potential));
    let plain =
        |term: &&Term| matches!(term.kind(), Kind::Potential) && !term.is_free() && is_read_well(term);
    let fits = |term: &&Term| build.is_periodic(term);
    out.extend(joint.iter().filter(plain).filter(fits).cloned().map(Part::Joint));
    out
}

/// Monomials of degree 5 and more take the shape of others, and symmetric sums say nothing that their summands do not.
fn is_read_well(term: &Term) -> bool {
    match term.form() {
        Form::Monomial(factors) => factors.iter().map(|(_, e)| e).sum::<i32>() <= 4,
        Form::Sum(_, arguments) => arguments.len() == 1,
        _ => true,
    }
}

struct Builder {
    angles: Vec<bool>,
}

impl Builder {
    /// Whether a potential returns to its value when an angle has gone round, or is the square of an angle, as that of a
    /// spring. Others would stand in for periodic functions on a part of the circle.
    fn is_periodic(&self, term: &Term) -> bool {
        let has_angle = || (0..self.angles.len()).any(|i| self.angles[i] && term.depends_on(i));
        match term.form() {
            Form::Monomial(factors) if factors.iter().map(|(_, e)| e).sum::<i32>() == 2 => true,
            Form::Sum(Function::Cosine | Function::Sine, _) => true,
            Form::Sum(Function::Power, _) if term.parameter() == Some(2.0) => true,
            _ => !has_angle(),
        }
    }

    /// The functions that an entry of the mass matrix may have.
    fn shapes(&self) -> Vec<Shape> {
        let n = self.angles.len().min(MOST);
        let mut out = vec![Shape::new([])];
        for i in 0..n {
            out.extend(self.of_one(i).into_iter().map(|factor| Shape::new([factor])));
        }
        for i in 0..n {
            for j in i + 1..n {
                out.extend(self.of_two(i, j));
            }
        }
        out
    }

    fn of_one(&self, i: usize) -> Vec<Factor> {
        match self.angles[i] {
            true => [(Base::Cosine, 1), (Base::Sine, 1), (Base::Cosine, 2), (Base::Sine, 2)]
                .map(|(base, power)| Factor::of(base, i, power))
                .to_vec(),
            false => [1, 2].map(|power| Factor::of(Base::Identity, i, power)).to_vec(),
        }
    }

    fn of_two(&self, i: usize, j: usize) -> Vec<Shape> {
        match (self.angles[i], self.angles[j]) {
            (true, true) => [(Base::Cosine, -1), (Base::Cosine, 1), (Base::Sine, -1), (Base::Sine, 1)]
                .map(|(base, sign)| Shape::new([Factor::of_two(base, i, j, sign)]))
                .to_vec(),
            (false, false) => {
                vec![Shape::new([Factor::of(Base::Identity, i, 1), Factor::of(Base::Identity, j, 1)])]
            }
            (true, false) => self.plain_and_angle(j, i),
            (false, true) => self.plain_and_angle(i, j),
        }
    }

    /// A length and an angle: x cos u, x sin u, x² cos² u, x² sin² u.
    fn plain_and_angle(&self, x: usize, angle: usize) -> Vec<Shape> {
        let product = |(base, power)| {
            Shape::new([Factor::of(Base::Identity, x, power), Factor::of(base, angle, power)])
        };
        [(Base::Cosine, 1), (Base::Sine, 1), (Base::Cosine, 2), (Base::Sine, 2)].map(product).to_vec()
    }

    /// Potentials of several coordinates that the joint library lacks: x cos u, x sin u, and cos and sin of sums of
    /// angles.
    fn mixed_potentials(&self) -> Vec<Shape> {
        let n = self.angles.len().min(MOST);
        let mut out = Vec::new();
        for i in 0..n {
            for j in i + 1..n {
                match (self.angles[i], self.angles[j]) {
                    (true, true) => out.extend(
                        [Base::Cosine, Base::Sine].map(|base| Shape::new([Factor::of_two(base, i, j, 1)])),
                    ),
                    (false, false) => {}
                    (true, false) => out.extend(self.plain_and_angle(j, i).into_iter().take(2)),
                    (false, true) => out.extend(self.plain_and_angle(i, j).into_iter().take(2)),
                }
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::Symbol;

    fn coordinates(names: &[(&str, bool)]) -> Vec<Coordinate> {
        names.iter().map(|&(name, is_angle)| Coordinate { name: Symbol::new(name), is_angle }).collect()
    }

    #[test]
    fn two_angles_have_the_cosine_of_their_difference() {
        let parts = library(&coordinates(&[("a", true), ("b", true)]), &[]);
        let wanted = Part::Mass { i: 0, j: 1, shape: Shape::new([Factor::of_two(Base::Cosine, 0, 1, -1)]) };
        assert!(parts.contains(&wanted));
        assert_eq!(parts.iter().filter(|part| part.is_mass()).count(), 3 * 13);
        assert_eq!(parts.iter().filter(|part| part.begins(1)).count(), 1 + 4);
    }

    #[test]
    fn a_length_and_an_angle_have_polar_masses_and_weight() {
        let parts = library(&coordinates(&[("r", false), ("theta", true)]), &[]);
        let square = Shape::new([Factor::of(Base::Identity, 0, 2)]);
        assert!(parts.contains(&Part::Mass { i: 1, j: 1, shape: square }));
        let weight = Shape::new([Factor::of(Base::Identity, 0, 1), Factor::of(Base::Cosine, 1, 1)]);
        assert!(parts.contains(&Part::Potential(weight)));
    }
}
