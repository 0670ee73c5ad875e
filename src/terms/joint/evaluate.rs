//! Forces of many terms at many states.

use super::term::Term;

/// What a column holds.
#[derive(Clone, Copy, Debug)]
pub enum Column<'a> {
    /// The force of a term per unit coefficient.
    Force(&'a Term),
    /// κ ∂force/∂κ of a term per unit coefficient.
    ByParameter(&'a Term),
}

/// Points whose block of the output stays in the cache while all columns are written.
const BLOCK: usize = 32;

/// The columns at all states, `[points, dof, columns]`. A value that is not finite is written as such.
///
/// # Shapes
/// `positions` and `velocities` are `[points, dof]`.
pub fn evaluate(columns: &[Column<'_>], dof: usize, positions: &[f64], velocities: &[f64]) -> Vec<f64> {
    let count = columns.len();
    let mut out = vec![0.0; positions.len() * count];
    let mut force = vec![0.0; dof];
    let states = positions.chunks(BLOCK * dof).zip(velocities.chunks(BLOCK * dof));
    for ((positions, velocities), out) in states.zip(out.chunks_mut((BLOCK * dof * count).max(1))) {
        for (k, column) in columns.iter().enumerate() {
            let points = positions.chunks_exact(dof).zip(velocities.chunks_exact(dof));
            for ((q, v), out) in points.zip(out.chunks_exact_mut(dof * count)) {
                force.fill(0.0);
                match column {
                    Column::Force(term) => term.force(q, v, &mut force),
                    Column::ByParameter(term) => term.force_by_parameter(q, &mut force),
                }
                force.iter().enumerate().for_each(|(i, &f)| out[i * count + k] = f);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::{Family, Form, Parameter};
    use super::*;

    #[test]
    fn columns_lie_side_by_side() {
        let monomial = Term::new(Form::Monomial(vec![(0, 2)]), Parameter::None, Family::Polynomial, 0.0);
        let magnetic = Term::new(Form::Gyroscopic(vec![(0, 1)]), Parameter::None, Family::Gyroscopic, 0.0);
        let points = 2 * BLOCK + 3;
        let positions: Vec<f64> = (0..2 * points).map(f64::from_usize).collect();
        let velocities: Vec<f64> = positions.iter().map(|q| 10.0 * q).collect();
        let columns = [Column::Force(&monomial), Column::Force(&magnetic)];
        let got = evaluate(&columns, 2, &positions, &velocities);
        let m = points - 1;
        let (x, vx, vy) = (positions[2 * m], velocities[2 * m], velocities[2 * m + 1]);
        assert_eq!(got[4 * m..], [-2.0 * x, vy, 0.0, -vx]);
    }

    trait FromIndex {
        fn from_usize(index: usize) -> f64;
    }

    impl FromIndex for f64 {
        fn from_usize(index: usize) -> f64 {
            index as f64
        }
    }
}
