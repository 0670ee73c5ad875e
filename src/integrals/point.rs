//! Evaluates at random points over F_p. Every atom gets a value that satisfies its relations, and a
//! gradient, so the bracket of a monomial with H is a number.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::IntegralsError;
use super::atoms::{Atom, Atoms};
use super::modular::PrimeField;
use super::monomial::{Laurent, Monomial};

/// Give up if a radicand has no root at any of this many random points.
const MAX_TRIES: u64 = 200_000;

/// How many points are made together.
const CHUNK: usize = 16;
/// How many chunks get their room together.
const GROUP: usize = 64;
/// The most points over one prime.
const MAX_POINTS: usize = 1 << 16;

/// Pairs of atoms whose product is the given monomial.
pub type AtomProducts = Arc<[(usize, usize, Monomial)]>;

/// The atoms and the Hamiltonian, reduced modulo a prime.
#[derive(Clone, Debug)]
pub struct Reduced {
    /// The field.
    pub field: PrimeField,
    atoms: Arc<Atoms>,
    definitions: Vec<Option<Polynomial>>,
    hamiltonian: Polynomial,
    /// The parts of H by momentum degree. If momenta occur inside other atoms, H is one part with degree 1.
    parts: Vec<(i32, Polynomial)>,
    /// For each coordinate and momentum, the root of it alone: the atom and its index. Choosing the root at
    /// random and computing the coordinate from it always succeeds.
    drawn: Vec<Option<(usize, u32)>>,
    products: AtomProducts,
    /// Values of the constants, zero for the other atoms.
    fixed: Vec<u32>,
}

/// Whether constants have the same values at all points over a prime, or random values at each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Constants {
    /// The same at all points.
    Fixed,
    /// Random ones at each point; roots of rational numbers have either sign.
    Free,
}

/// Values of atoms while they are drawn one after another.
struct Draw {
    values: Vec<u32>,
    inverses: Vec<u32>,
    /// Values of roots from which coordinates were drawn.
    roots: Vec<u32>,
    /// The cosine that belongs to the last sine.
    cosine: u32,
}

impl Draw {
    fn of(count: usize) -> Draw {
        let (values, inverses) = (Vec::with_capacity(count), Vec::with_capacity(count));
        Draw { values, inverses, roots: vec![0; count], cosine: 0 }
    }

    fn push(&mut self, field: PrimeField, value: u32) -> Option<()> {
        self.inverses.push(field.inverse(value)?);
        self.values.push(value);
        Some(())
    }
}

/// Monomials with their coefficients modulo the prime.
pub type Polynomial = Vec<(Monomial, u32)>;

/// A random point, with the rates of change of all atoms.
#[derive(Clone, Debug)]
pub struct Point {
    /// The values of the atoms; none is zero.
    pub values: Vec<u32>,
    /// The inverses of the values.
    pub inverses: Vec<u32>,
    /// {a, H_d}/a for each part H_d of H and every atom a.
    pub rates: Vec<Vec<u32>>,
    /// ∂a/∂z / a for every atom a and z = q then p: [atoms, 2·dof].
    logarithmic: Vec<u32>,
    /// The gradient of H.
    pub hamiltonian_gradient: Vec<u32>,
    /// The value of H.
    pub hamiltonian: u32,
}

/// The polynomial modulo the prime; `None` if the prime divides a denominator.
pub fn image(field: PrimeField, polynomial: &Laurent) -> Option<Polynomial> {
    polynomial.terms().map(|(m, c)| Some((m.clone(), field.of_rational(c)?))).collect()
}

/// Whether no coefficient vanishes modulo the prime.
fn is_faithful(image: &Polynomial) -> bool {
    image.iter().all(|(_, c)| *c != 0)
}

impl Reduced {
    /// `None` if the prime divides the numerator or denominator of a coefficient, or if F_p does not contain
    /// some constant root.
    pub fn new(
        field: PrimeField,
        atoms: &Arc<Atoms>,
        hamiltonian: &Laurent,
        products: &AtomProducts,
    ) -> Option<Reduced> {
        let mut definitions = Vec::new();
        let mut drawn = vec![None; 2 * atoms.dof];
        for (index, atom) in atoms.list.iter().enumerate() {
            definitions.push(match atoms.definition(index) {
                Some(polynomial) => Some(image(field, polynomial).filter(is_faithful)?),
                None => None,
            });
            if let Atom::Root { base, index: k } = atom {
                let single = (0..2 * atoms.dof).find(|&i| *base == Laurent::atom(i, 1));
                if let Some(i) = single {
                    drawn[i] = Some((index, *k));
                }
                if let Some(value) = base.as_constant() {
                    field.root(field.of_rational(&value)?, *k)?;
                }
            }
        }
        let hamiltonian = image(field, hamiltonian).filter(is_faithful)?;
        let mut reduced = Reduced {
            field,
            atoms: atoms.clone(),
            definitions,
            parts: parts(atoms, &hamiltonian),
            hamiltonian,
            drawn,
            products: products.clone(),
            fixed: Vec::new(),
        };
        reduced.fixed = reduced.fixed_constants()?;
        Some(reduced)
    }

    /// The number of degrees of freedom.
    pub fn dof(&self) -> usize {
        self.atoms.dof
    }

    /// The momentum degrees of the parts of H.
    pub fn part_degrees(&self) -> Vec<i32> {
        self.parts.iter().map(|(degree, _)| *degree).collect()
    }

    /// Whether every part of H is homogeneous in the momenta.
    pub fn is_graded(&self) -> bool {
        is_graded(&self.atoms)
    }

    /// The random points of a chunk. They do not depend on the order in which chunks are requested. `None`
    /// if no point was found that satisfies the relations of the roots.
    fn chunk(&self, number: u64, constants: Constants) -> Option<Vec<Point>> {
        let seed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ u64::from(self.field.modulus());
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        (0..CHUNK).map(|_| (0..MAX_TRIES).find_map(|_| self.attempt(&mut random, constants))).collect()
    }

    fn attempt(&self, random: &mut ChaCha8Rng, constants: Constants) -> Option<Point> {
        let field = self.field;
        let dof = self.atoms.dof;
        let mut draw = Draw::of(self.atoms.list.len());
        for index in 0..self.atoms.list.len() {
            let value = match constants {
                Constants::Fixed if self.fixed[index] != 0 => self.fixed[index],
                _ => self.drawn_value(index, &mut draw, constants, random)?,
            };
            draw.push(field, value)?;
        }
        let mut point = Point {
            values: draw.values,
            inverses: draw.inverses,
            rates: Vec::new(),
            logarithmic: Vec::with_capacity(self.atoms.list.len() * 2 * dof),
            hamiltonian_gradient: Vec::new(),
            hamiltonian: 0,
        };
        self.differentiate(&mut point)?;
        let rates = |(_, part): &(i32, Polynomial)| {
            let (_, h) = self.function(part, &point);
            point.logarithmic.chunks_exact(2 * dof).map(|g| bracket_of_gradients(field, g, &h)).collect()
        };
        point.rates = self.parts.iter().map(rates).collect();
        Some(point)
    }

    /// A random value of an atom, given those of the atoms before it.
    fn drawn_value(
        &self,
        index: usize,
        draw: &mut Draw,
        constants: Constants,
        random: &mut ChaCha8Rng,
    ) -> Option<u32> {
        let field = self.field;
        let mut any = || random.random_range(1..field.modulus());
        let definition = || self.definitions[index].as_ref();
        Some(match &self.atoms.list[index] {
            Atom::Coordinate(_) | Atom::Momentum(_) => {
                let value = any();
                match self.drawn[index] {
                    Some((root, k)) => {
                        draw.roots[root] = value;
                        field.power(value, u64::from(k))
                    }
                    None => value,
                }
            }
            Atom::Constant(_) | Atom::Exponential(_) | Atom::Logarithm(_) => any(),
            Atom::Sine(_) => {
                let t = any();
                let square = field.multiply(t, t);
                let below = field.inverse(field.add(1, square))?;
                draw.cosine = field.multiply(field.subtract(1, square), below);
                field.multiply(field.add(t, t), below)
            }
            Atom::Cosine(_) => draw.cosine,
            Atom::Root { .. } if draw.roots[index] != 0 => draw.roots[index],
            Atom::Root { index: k, .. } => {
                let product = self.products.iter().find(|(_, j, _)| *j == index);
                if let Some((first, _, monomial)) = product {
                    let value = monomial_value(field, monomial, &draw.values, &draw.inverses);
                    field.multiply(value, draw.inverses[*first])
                } else {
                    let root = field.root(self.value(definition()?, &draw.values, &draw.inverses), *k)?;
                    let either = constants == Constants::Free || !self.atoms.is_constant(index);
                    let sign = any() & 1 == 1 && k % 2 == 0 && either;
                    if sign { field.negate(root) } else { root }
                }
            }
            Atom::Divisor(_) => self.value(definition()?, &draw.values, &draw.inverses),
        })
    }

    /// The values of the constants, and zero for the other atoms; `None` if there are none over this prime.
    fn fixed_constants(&self) -> Option<Vec<u32>> {
        let mut random = ChaCha8Rng::seed_from_u64(u64::from(self.field.modulus()));
        let count = self.atoms.list.len();
        let is_constant: Vec<bool> = (0..count).map(|i| self.atoms.is_constant(i)).collect();
        let free = (0..count).any(|i| is_constant[i] && self.definitions[i].is_none());
        let tries = if free { MAX_TRIES } else { 1 };
        (0..tries).find_map(|_| {
            let mut draw = Draw::of(count);
            for (index, &constant) in is_constant.iter().enumerate() {
                let value = match constant {
                    true => self.drawn_value(index, &mut draw, Constants::Fixed, &mut random)?,
                    false => 1,
                };
                draw.push(self.field, value)?;
            }
            let all = draw.values.into_iter().zip(&is_constant);
            Some(all.map(|(value, &constant)| if constant { value } else { 0 }).collect())
        })
    }

    /// Roots whose value is drawn from that of another: the product of the two is known.
    pub fn dependent_roots(&self) -> Vec<usize> {
        self.products.iter().map(|(_, j, _)| *j).collect()
    }

    /// Which of the functions are no squares, at random points. Roots inside other atoms exist at these points;
    /// the other roots need not. `None` if no such points were found.
    pub fn characters(&self, functions: &[Laurent], count: usize) -> Option<Vec<Vec<bool>>> {
        let field = self.field;
        let mut random = ChaCha8Rng::seed_from_u64(u64::from(field.modulus()) ^ 0x5eed);
        let images: Vec<Polynomial> = functions.iter().map(|f| image(field, f)).collect::<Option<_>>()?;
        let stands = |i: usize| {
            let within = |p: &Polynomial| p.iter().any(|(m, _)| m.has(i));
            self.definitions.iter().flatten().chain(&images).any(within)
        };
        let needed: Vec<bool> = (0..self.atoms.list.len()).map(stands).collect();
        let mut attempt = || -> Option<Vec<bool>> {
            let mut draw = Draw::of(self.atoms.list.len());
            for (index, &needed) in needed.iter().enumerate() {
                let value = match (&self.atoms.list[index], self.fixed[index]) {
                    (_, fixed @ 1..) => fixed,
                    (Atom::Coordinate(_) | Atom::Momentum(_), _) => random.random_range(1..field.modulus()),
                    (Atom::Root { .. }, _) if !needed => 1,
                    _ => self.drawn_value(index, &mut draw, Constants::Fixed, &mut random)?,
                };
                draw.push(field, value)?;
            }
            let value = |image: &Polynomial| self.value(image, &draw.values, &draw.inverses);
            images
                .iter()
                .map(|i| Some(value(i)).filter(|&v| v != 0))
                .collect::<Option<Vec<u32>>>()
                .map(|values| values.into_iter().map(|v| field.square_root(v).is_none()).collect())
        };
        (0..count).map(|_| (0..MAX_TRIES).find_map(|_| attempt())).collect()
    }

    fn differentiate(&self, point: &mut Point) -> Option<()> {
        let field = self.field;
        let width = 2 * self.atoms.dof;
        for (index, atom) in self.atoms.list.iter().enumerate() {
            let inverse = point.inverses[index];
            let Some(definition) = self.definitions[index].as_ref() else {
                let start = point.logarithmic.len();
                point.logarithmic.resize(start + width, 0);
                if index < width {
                    point.logarithmic[start + index] = inverse;
                }
                continue;
            };
            let (value, gradient) = self.function(definition, point);
            let factor = match atom {
                Atom::Sine(_) => field.multiply(point.values[index + 1], inverse),
                Atom::Cosine(_) => field.negate(field.multiply(point.values[index - 1], inverse)),
                Atom::Exponential(_) => 1,
                Atom::Logarithm(_) => field.multiply(field.inverse(value)?, inverse),
                Atom::Root { index: k, .. } => field.inverse(field.multiply(value, *k))?,
                _ => inverse,
            };
            point.logarithmic.extend(gradient.into_iter().map(|v| field.multiply(v, factor)));
        }
        let (value, gradient) = self.function(&self.hamiltonian, point);
        point.hamiltonian = value;
        point.hamiltonian_gradient = gradient;
        Some(())
    }

    fn value(&self, polynomial: &Polynomial, values: &[u32], inverses: &[u32]) -> u32 {
        let field = self.field;
        polynomial.iter().fold(0, |sum, (monomial, coefficient)| {
            field.add(sum, field.multiply(*coefficient, monomial_value(field, monomial, values, inverses)))
        })
    }

    /// Value and gradient of Σ coefficient·monomial, from the gradients of the atoms.
    pub fn function(&self, polynomial: &[(Monomial, u32)], point: &Point) -> (u32, Vec<u32>) {
        let field = self.field;
        let width = 2 * self.atoms.dof;
        let mut sum = (0, vec![0; width]);
        let mut factors = vec![0u32; self.atoms.list.len()];
        for (monomial, coefficient) in polynomial {
            let value =
                field.multiply(*coefficient, monomial_value(field, monomial, &point.values, &point.inverses));
            sum.0 = field.add(sum.0, value);
            for (factor, &exponent) in factors.iter_mut().zip(monomial.iter()) {
                if exponent != 0 {
                    *factor = field.add(*factor, field.multiply(value, residue(field, exponent)));
                }
            }
        }
        for (factor, gradient) in factors.iter().zip(point.logarithmic.chunks_exact(width)) {
            if *factor != 0 {
                for (s, &g) in sum.1.iter_mut().zip(gradient) {
                    *s = field.add(*s, field.multiply(*factor, g));
                }
            }
        }
        sum
    }
}

/// Whether no other atom contains momenta, so that every monomial has a momentum degree.
fn is_graded(atoms: &Atoms) -> bool {
    (2 * atoms.dof..atoms.list.len()).all(|i| !atoms.has_momentum(i))
}

/// The parts of H by momentum degree.
fn parts(atoms: &Atoms, hamiltonian: &Polynomial) -> Vec<(i32, Polynomial)> {
    if !is_graded(atoms) {
        return vec![(1, hamiltonian.clone())];
    }
    let dof = atoms.dof;
    let mut parts: BTreeMap<i32, Polynomial> = BTreeMap::new();
    for (monomial, coefficient) in hamiltonian {
        let degree = monomial.iter().skip(dof).take(dof).sum();
        parts.entry(degree).or_default().push((monomial.clone(), *coefficient));
    }
    parts.into_iter().collect()
}

/// Random points over one prime, made on demand and cached; threads share them.
#[derive(Debug)]
pub struct Points {
    /// The reduced problem to which the points belong.
    pub reduced: Reduced,
    constants: Constants,
    groups: Box<[OnceLock<Box<[Chunk]>>]>,
}

/// Points made together; `None` where they could not be had.
type Chunk = OnceLock<Option<Vec<Point>>>;

impl Points {
    /// Starts without any points.
    pub fn new(reduced: Reduced, constants: Constants) -> Points {
        let groups = (0..MAX_POINTS / CHUNK / GROUP).map(|_| OnceLock::new()).collect();
        Points { reduced, constants, groups }
    }

    /// The field.
    pub fn field(&self) -> PrimeField {
        self.reduced.field
    }

    /// The point with this number.
    ///
    /// # Errors
    /// [`IntegralsError::NoPoint`] if no point satisfies the relations of the roots, or if the number
    /// exceeds the largest number of points.
    pub fn get(&self, number: usize) -> Result<&Point, IntegralsError> {
        let chunk = number / CHUNK;
        let group = self.groups.get(chunk / GROUP).ok_or(IntegralsError::NoPoint)?;
        let chunks = group.get_or_init(|| (0..GROUP).map(|_| Chunk::new()).collect());
        let points = chunks[chunk % GROUP].get_or_init(|| self.reduced.chunk(chunk as u64, self.constants));
        points.as_ref().map(|p| &p[number % CHUNK]).ok_or(IntegralsError::NoPoint)
    }

    /// The points with numbers in a range.
    ///
    /// # Errors
    /// As [`get`](Points::get).
    pub fn range(&self, numbers: std::ops::Range<usize>) -> Result<Vec<&Point>, IntegralsError> {
        numbers.map(|number| self.get(number)).collect()
    }
}

impl Point {
    /// The value of a monomial.
    pub fn value(&self, field: PrimeField, monomial: &[i32]) -> u32 {
        monomial_value(field, monomial, &self.values, &self.inverses)
    }

    /// The gradient of an atom over its value.
    pub fn logarithmic_gradient(&self, atom: usize, dof: usize) -> &[u32] {
        &self.logarithmic[atom * 2 * dof..(atom + 1) * 2 * dof]
    }

    /// The rate {m, H_d}/m of a monomial, from the rates of the atoms.
    pub fn rate(&self, field: PrimeField, monomial: &[i32], rates: &[u32]) -> u32 {
        // Below 2⁴⁷ each: one reduction at the end is enough.
        let products = monomial.iter().zip(rates).map(|(&e, &r)| {
            let small = i64::from(e) * i64::from(r);
            if e.unsigned_abs() < 1 << 16 { small } else { small % i64::from(field.modulus()) }
        });
        let sum: i64 = products.sum();
        let size = field.reduce(sum.unsigned_abs());
        if sum < 0 { field.negate(size) } else { size }
    }

    /// The bracket of a monomial with H.
    pub fn bracket(&self, field: PrimeField, monomial: &[i32]) -> u32 {
        let rates = self.rates.iter().map(|rates| self.rate(field, monomial, rates));
        field.multiply(self.value(field, monomial), rates.fold(0, |sum, rate| field.add(sum, rate)))
    }
}

/// {f, g} from two gradients.
pub fn bracket_of_gradients(field: PrimeField, f: &[u32], g: &[u32]) -> u32 {
    let dof = f.len() / 2;
    (0..dof).fold(0, |sum, i| {
        let gain = field.multiply(f[i], g[dof + i]);
        let loss = field.multiply(f[dof + i], g[i]);
        field.add(sum, field.subtract(gain, loss))
    })
}

#[inline]
fn residue(field: PrimeField, exponent: i32) -> u32 {
    if exponent < 0 { field.negate(exponent.unsigned_abs()) } else { exponent as u32 }
}

#[inline]
fn monomial_value(field: PrimeField, monomial: &[i32], values: &[u32], inverses: &[u32]) -> u32 {
    let mut product = 1;
    for (atom, &exponent) in monomial.iter().enumerate() {
        let base = match exponent {
            0 => continue,
            1.. => values[atom],
            _ => inverses[atom],
        };
        match exponent.unsigned_abs() {
            1 => product = field.multiply(product, base),
            2 => product = field.multiply(product, field.multiply(base, base)),
            n => product = field.multiply(product, field.power(base, u64::from(n))),
        }
    }
    product
}
