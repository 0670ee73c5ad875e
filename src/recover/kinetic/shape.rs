//! Functions of the coordinates: products of powers of coordinates, sines and cosines.

use crate::expr::{Expr, Function, Symbol};

/// The most coordinates of a kinetic energy that is sought. The library grows like the square of their number times the
/// number of functions of one of them, and every form is tried with all its masses.
pub const MOST: usize = 3;

/// A function of the coordinates: the product of its factors, 1 where there are none.
#[derive(Clone, PartialEq, Debug)]
pub struct Shape {
    /// The factors.
    pub factors: Vec<Factor>,
}

/// A power of a function of a linear form Σ c_i q_i.
#[derive(Clone, PartialEq, Debug)]
pub struct Factor {
    /// The function.
    pub base: Base,
    /// The coefficients c_i; those beyond the number of coordinates are 0.
    pub form: [i8; MOST],
    /// The power.
    pub power: i32,
}

/// A function of one variable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Base {
    /// u.
    Identity,
    /// cos u.
    Cosine,
    /// sin u.
    Sine,
}

/// A function at a point, with its first and second derivatives by the coordinates.
#[derive(Clone, Copy, Debug)]
pub struct Jet {
    /// f.
    pub value: f64,
    /// ∂f/∂q_i.
    pub slope: [f64; MOST],
    /// ∂²f/∂q_i∂q_j.
    pub curvature: [[f64; MOST]; MOST],
}

impl Jet {
    /// The function that is this everywhere.
    fn constant(value: f64) -> Jet {
        Jet { value, slope: [0.0; MOST], curvature: [[0.0; MOST]; MOST] }
    }

    /// The product with a function of a linear form whose value and derivatives are `f`.
    fn times(&self, f: [f64; 3], form: [i8; MOST]) -> Jet {
        let c = form.map(f64::from);
        let mut out = Jet::constant(self.value * f[0]);
        for i in 0..MOST {
            out.slope[i] = self.slope[i] * f[0] + self.value * f[1] * c[i];
            for j in 0..MOST {
                out.curvature[i][j] = self.curvature[i][j] * f[0]
                    + f[1] * (self.slope[i] * c[j] + self.slope[j] * c[i])
                    + self.value * f[2] * c[i] * c[j];
            }
        }
        out
    }
}

impl Factor {
    /// A power of a function of coordinate i.
    pub fn of(base: Base, i: usize, power: i32) -> Factor {
        let mut form = [0; MOST];
        form[i] = 1;
        Factor { base, form, power }
    }

    /// A function of q_i + sign·q_j.
    pub fn of_two(base: Base, i: usize, j: usize, sign: i8) -> Factor {
        let mut form = [0; MOST];
        (form[i], form[j]) = (1, sign);
        Factor { base, form, power: 1 }
    }

    /// The factor and its first two derivatives by the linear form.
    fn derivatives(&self, q: &[f64]) -> [f64; 3] {
        let u: f64 = q.iter().zip(self.form).map(|(q, c)| q * f64::from(c)).sum();
        let [f, d, dd] = match self.base {
            Base::Identity => [u, 1.0, 0.0],
            Base::Cosine => [u.cos(), -u.sin(), -u.cos()],
            Base::Sine => [u.sin(), u.cos(), -u.sin()],
        };
        let p = f64::from(self.power);
        let lower = |by: i32| if self.power == by { 1.0 } else { f.powi(self.power - by) };
        match self.power {
            1 => [f, d, dd],
            _ => [f.powi(self.power), p * lower(1) * d, p * (p - 1.0) * lower(2) * d * d + p * lower(1) * dd],
        }
    }

    fn formula(&self, coordinates: &[Symbol]) -> Expr {
        let terms = coordinates.iter().zip(self.form).filter(|(_, c)| *c != 0).map(|(x, c)| {
            let x = Expr::Symbol(x.clone());
            if c < 0 { x.negated() } else { x }
        });
        let u = Expr::sum(terms.collect::<Vec<_>>());
        let f = match self.base {
            Base::Identity => u,
            Base::Cosine => u.call(Function::Cos),
            Base::Sine => u.call(Function::Sin),
        };
        f.to_power(self.power)
    }
}

impl Shape {
    /// The product of these factors.
    pub fn new(factors: impl IntoIterator<Item = Factor>) -> Shape {
        Shape { factors: factors.into_iter().collect() }
    }

    /// Its value and derivatives at a point.
    pub fn jet(&self, q: &[f64]) -> Jet {
        let start = Jet::constant(1.0);
        self.factors.iter().fold(start, |jet, factor| jet.times(factor.derivatives(q), factor.form))
    }

    /// Whether it depends on a coordinate.
    pub fn depends_on(&self, i: usize) -> bool {
        self.factors.iter().any(|factor| factor.form[i] != 0)
    }

    /// Whether it is nowhere negative: a product of even powers.
    pub fn is_square(&self) -> bool {
        self.factors.iter().all(|factor| factor.power % 2 == 0)
    }

    /// Its description length beyond that of a constant, in nats over 2: as in the joint library, a half for each factor
    /// and each degree above 2.
    pub fn cost(&self) -> f64 {
        let degree: i32 = self.factors.iter().map(|factor| factor.power.abs()).sum();
        0.25 * self.factors.len() as f64 + 0.5 * f64::from((degree - 2).max(0))
    }

    /// Its formula.
    pub fn formula(&self, coordinates: &[Symbol]) -> Expr {
        Expr::product(self.factors.iter().map(|factor| factor.formula(coordinates)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derivatives_are_slopes() {
        let shape = Shape::new([
            Factor::of(Base::Identity, 0, 2),
            Factor::of(Base::Sine, 1, 2),
            Factor::of_two(Base::Cosine, 1, 2, -1),
        ]);
        let (q, h) = ([0.7, -0.4, 0.9], 1e-5);
        let jet = shape.jet(&q);
        let moved = |i: usize, by: f64| {
            let mut q = q;
            q[i] += by;
            shape.jet(&q)
        };
        for i in 0..3 {
            let (up, down) = (moved(i, h), moved(i, -h));
            assert!(((up.value - down.value) / (2.0 * h) - jet.slope[i]).abs() < 1e-9);
            for j in 0..3 {
                let slope = (up.slope[j] - down.slope[j]) / (2.0 * h);
                assert!((slope - jet.curvature[i][j]).abs() < 1e-8, "{i} {j}");
            }
        }
    }

    #[test]
    fn the_formula_reads_as_written() {
        let names = ["r", "theta"].map(Symbol::new);
        let shape = Shape::new([Factor::of(Base::Identity, 0, 2), Factor::of(Base::Sine, 1, 2)]);
        assert_eq!(shape.formula(&names).to_string(), "r^2*sin(theta)^2");
        let names = ["theta1", "theta2"].map(Symbol::new);
        let shape = Shape::new([Factor::of_two(Base::Cosine, 0, 1, -1)]);
        assert_eq!(shape.formula(&names).to_string(), "cos(theta1 - theta2)");
        assert_eq!(Shape::new([]).formula(&names).to_string(), "1");
    }
}
