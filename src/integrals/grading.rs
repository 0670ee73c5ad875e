//! Finds the gradings of a Hamiltonian: all scaling weights and all discrete symmetries that change signs.
//! All come from one diagonal form of the integer matrix of their relations.
//!
//! Each atom gets a degree in an abelian group such that H and the Poisson bracket are homogeneous. Then
//! the homogeneous parts of an integral are integrals too, and each degree can be solved separately. The
//! free part of the group holds the scaling weights; the torsion part holds time reversal and reflections.

use super::atoms::{Atom, Atoms};
use super::monomial::{Laurent, Monomial};

/// The degree of a monomial: a residue for each torsion component, an integer for each free component.
pub type Degree = Vec<i64>;

/// The universal grading for which H and the bracket are homogeneous.
#[derive(Clone, Debug)]
pub struct Grading {
    /// For each component of the degree: its weights on the atoms, and its modulus (0 for a free
    /// component).
    components: Vec<(Vec<i64>, i64)>,
}

impl Grading {
    /// The grading of a Hamiltonian that is expanded in its atoms. `products` lists pairs of atoms whose
    /// product is the given monomial. Constants have degree 0, unless `constants` gives them degrees of
    /// their own.
    pub fn of(
        atoms: &Atoms,
        hamiltonian: &Laurent,
        products: &[(usize, usize, Monomial)],
        constants: bool,
    ) -> Grading {
        let mut relations = Relations { rows: Vec::new(), width: atoms.list.len() + 1 };
        let bracket = atoms.list.len();
        relations.equal(hamiltonian, None);
        for (index, atom) in atoms.list.iter().enumerate() {
            match atom {
                Atom::Exponential(argument) => relations.equal(argument, Some(relations.unit(bracket, 0))),
                // d log f = df/f: the logarithm has the degree 0, whatever that of f is.
                Atom::Logarithm(argument) => {
                    relations.equal(argument, None);
                    relations.rows.push(relations.unit(index, 1));
                }
                Atom::Sine(argument) => {
                    let ratio = difference(&relations.unit(index, 1), &relations.unit(index + 1, 1));
                    relations.equal(argument, Some(ratio));
                }
                _ => {}
            }
            if !constants && atoms.is_constant(index) {
                relations.rows.push(relations.unit(index, 1));
            }
        }
        for i in 0..atoms.dof {
            let mut row = relations.unit(i, 1);
            row[atoms.dof + i] = 1;
            row[bracket] = -1;
            relations.rows.push(row);
        }
        relations.of_values(atoms, products);
        Grading { components: relations.components() }
    }

    /// The grading of the values that atoms have at random points, whatever H is: functions of different degree are
    /// linearly independent there. Only degrees for which the points have the symmetries are kept: weights, and
    /// changes of signs.
    pub fn of_values(atoms: &Atoms, products: &[(usize, usize, Monomial)]) -> Grading {
        let mut relations = Relations { rows: Vec::new(), width: atoms.list.len() };
        let constants = (0..atoms.list.len()).filter(|&index| atoms.is_constant(index));
        constants.for_each(|index| relations.rows.push(relations.unit(index, 1)));
        relations.of_values(atoms, products);
        let mut components = relations.components();
        components.retain(|(_, modulus)| modulus % 2 == 0);
        components.iter_mut().for_each(|(_, modulus)| *modulus = (*modulus).min(2));
        Grading { components }
    }

    /// The degree of a monomial in the atoms.
    pub fn degree(&self, monomial: &[i32]) -> Degree {
        self.components
            .iter()
            .map(|(weights, modulus)| {
                let sum: i64 = monomial.iter().zip(weights).map(|(&e, w)| i64::from(e) * w).sum();
                if *modulus == 0 { sum } else { sum.rem_euclid(*modulus) }
            })
            .collect()
    }

    /// The degree of a product.
    pub fn sum(&self, a: &[i64], b: &[i64]) -> Degree {
        let components = self.components.iter().zip(a.iter().zip(b));
        components
            .map(|((_, modulus), (x, y))| if *modulus == 0 { x + y } else { (x + y).rem_euclid(*modulus) })
            .collect()
    }
}

/// Vectors of exponents whose degree is 0.
struct Relations {
    rows: Vec<Vec<i128>>,
    width: usize,
}

impl Relations {
    fn vector(&self, monomial: &[i32]) -> Vec<i128> {
        let mut row = vec![0; self.width];
        monomial.iter().enumerate().for_each(|(i, &e)| row[i] += i128::from(e));
        row
    }

    fn unit(&self, index: usize, factor: i128) -> Vec<i128> {
        let mut row = vec![0; self.width];
        row[index] = factor;
        row
    }

    /// The monomials of the polynomial have the degree of the target, or that of the first of them.
    fn equal(&mut self, polynomial: &Laurent, target: Option<Vec<i128>>) {
        let monomials: Vec<Vec<i128>> = polynomial.monomials().map(|m| self.vector(m)).collect();
        if let Some(first) = target.as_ref().or(monomials.first()) {
            self.rows.extend(monomials.iter().map(|m| difference(m, first)));
        }
    }

    /// What holds between the values of atoms.
    fn of_values(&mut self, atoms: &Atoms, products: &[(usize, usize, Monomial)]) {
        for (index, atom) in atoms.list.iter().enumerate() {
            match atom {
                Atom::Root { base, index: k } => self.equal(base, Some(self.unit(index, i128::from(*k)))),
                Atom::Divisor(polynomial) => self.equal(polynomial, Some(self.unit(index, 1))),
                Atom::Sine(_) => self.rows.extend([self.unit(index, 2), self.unit(index + 1, 2)]),
                _ => {}
            }
        }
        for (i, j, product) in products {
            let mut row = self.unit(*i, 1);
            row[*j] += 1;
            self.rows.push(difference(&row, &self.vector(product)));
        }
    }

    fn components(self) -> Vec<(Vec<i64>, i64)> {
        cokernel(self.rows, self.width).unwrap_or_default()
    }
}

fn difference(a: &[i128], b: &[i128]) -> Vec<i128> {
    a.iter().zip(b).map(|(x, y)| x - y).collect()
}

/// The components of Zⁿ modulo the lattice of the rows: the weights and the modulus of each. `None` on
/// overflow.
fn cokernel(mut rows: Vec<Vec<i128>>, columns: usize) -> Option<Vec<(Vec<i64>, i64)>> {
    // The columns of `change` accumulate the column operations.
    let mut change: Vec<Vec<i128>> =
        (0..columns).map(|i| (0..columns).map(|j| i128::from(i == j)).collect()).collect();
    let mut diagonal = vec![0i128; columns];
    rows.sort();
    rows.dedup();
    for (step, entry) in diagonal.iter_mut().enumerate() {
        loop {
            rows.retain(|row| row.iter().any(|&v| v != 0));
            let smallest = rows
                .iter()
                .enumerate()
                .flat_map(|(r, row)| row.iter().enumerate().skip(step).map(move |(c, &v)| (v.abs(), r, c)))
                .filter(|&(v, ..)| v != 0)
                .min();
            let Some((_, r, c)) = smallest else { break };
            let pivot_row = rows.swap_remove(r);
            let mut clean = true;
            let pivot = pivot_row[c];
            for row in rows.iter_mut() {
                let factor = row[c].div_euclid(pivot);
                if row[c] != 0 {
                    for (v, p) in row.iter_mut().zip(&pivot_row) {
                        *v = v.checked_sub(factor.checked_mul(*p)?)?;
                    }
                    clean &= row[c] == 0;
                }
            }
            let mut pivot_row = pivot_row;
            for other in step..columns {
                if other == c || pivot_row[other] == 0 {
                    continue;
                }
                let factor = pivot_row[other].div_euclid(pivot);
                for row in rows.iter_mut().chain(change.iter_mut()).chain(std::iter::once(&mut pivot_row)) {
                    row[other] = row[other].checked_sub(factor.checked_mul(row[c])?)?;
                }
                clean &= pivot_row[other] == 0;
            }
            if clean {
                for row in rows.iter_mut().chain(change.iter_mut()) {
                    row.swap(step, c);
                }
                *entry = pivot.abs();
                break;
            }
            rows.push(pivot_row);
        }
    }
    let mut components = Vec::new();
    for (j, &modulus) in diagonal.iter().enumerate() {
        if modulus == 1 {
            continue;
        }
        let modulus = i64::try_from(modulus).ok()?;
        let weights = change
            .iter()
            .map(|row| {
                if modulus == 0 {
                    i64::try_from(row[j]).ok()
                } else {
                    i64::try_from(row[j].rem_euclid(i128::from(modulus))).ok()
                }
            })
            .collect::<Option<Vec<i64>>>()?;
        components.push((weights, modulus));
    }
    Some(components)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cokernel_of_a_lattice() {
        // Z³ / ⟨(2,0,0), (0,1,−1)⟩ = Z/2 ⊕ Z.
        let components = cokernel(vec![vec![2, 0, 0], vec![0, 1, -1]], 3).expect("small");
        let mut moduli: Vec<i64> = components.iter().map(|c| c.1).collect();
        moduli.sort();
        assert_eq!(moduli, [0, 2]);
        let grading = Grading { components };
        assert_eq!(grading.degree(&[2, 0, 0]), grading.degree(&[]));
        assert_eq!(grading.degree(&[0, 1, 0]), grading.degree(&[0, 0, 1]));
        assert_ne!(grading.degree(&[1]), grading.degree(&[]));
    }
}
