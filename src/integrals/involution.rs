//! Looks for polynomials in the laws that commute when the laws themselves do not: L² beside Lz.

use super::IntegralsError;
use super::atoms::Atoms;
use super::echelon::Echelon;
use super::generators::{cost, short_vectors};
use super::modular::{PrimeField, rational_reconstruction};
use super::monomial::{Laurent, Monomial};
use super::point::{Points, Polynomial, bracket_of_gradients, image};
use super::solve::{Column, Problem, coprime};
use crate::expr::{Expr, Rational, Symbol};
use crate::mechanics::{Assessment, ConservedQuantity, Prover, assess};
use crate::progress::CancelToken;
use crate::simplify::canonical_law;

/// The most products of laws in which to look for a combination.
const MAX_PRODUCTS: usize = 240;
/// The most sets of commuting laws to start from.
const MAX_STARTS: usize = 24;
/// How many candidates to try at each step.
const MAX_CANDIDATES: usize = 4;
/// Brackets are evaluated at this many points.
const BRACKET_POINTS: usize = 3;
/// The momentum degrees of the products, tried in this order.
const DEGREES: [u32; 3] = [2, 4, 6];

/// A polynomial in H and the laws. It is not a law of its own.
#[derive(Clone, Debug)]
pub struct Combination {
    /// The formula in the variables, with its name and proof.
    pub quantity: ConservedQuantity,
    /// The same in the names of the laws: `Lx^2 + Ly^2 + Lz^2`.
    pub of: Expr,
}

/// Combinations that make a larger set in involution than the laws alone, with the assessment of H, the laws and
/// the combinations; `None` if there are none. All is proved.
///
/// # Errors
/// As for the search, and what the kernel cannot compare.
pub fn with_combinations(
    prover: &Prover,
    energy: &Expr,
    laws: &[ConservedQuantity],
    assessment: &Assessment,
    token: &CancelToken,
) -> Result<Option<(Vec<Combination>, Assessment)>, IntegralsError> {
    if assessment.involutive().len() >= prover.hamiltonian().space().dof() {
        return Ok(None);
    }
    let combinations = commuting_combinations(prover, energy, laws, assessment, token)?;
    if combinations.is_empty() {
        return Ok(None);
    }
    let combined = combinations.iter().map(|combination| &combination.quantity);
    let all: Vec<ConservedQuantity> = laws.iter().chain(combined).cloned().collect();
    let wider = assess(prover, &all)?;
    let larger = wider.involutive().len() > assessment.involutive().len();
    Ok(larger.then_some((combinations, wider)))
}

/// Combinations Σ c·(products of H and the laws). Together with some of the laws they form a larger set of
/// independent functions in involution than the laws alone. Empty if none was found before the token was
/// cancelled.
///
/// Of all sets of the largest size found at the lowest degree, this is the simplest.
fn commuting_combinations(
    prover: &Prover,
    energy: &Expr,
    laws: &[ConservedQuantity],
    assessment: &Assessment,
    token: &CancelToken,
) -> Result<Vec<Combination>, IntegralsError> {
    let hamiltonian = prover.hamiltonian();
    let formulas: Vec<&Expr> =
        std::iter::once(energy).chain(laws.iter().map(ConservedQuantity::formula)).collect();
    let (atoms, polynomials) = Atoms::of(hamiltonian.space(), formulas.iter().copied())?;
    let problem = Problem::new(atoms, polynomials[0].clone());
    let points = problem.free_points(0)?;
    let count = assessment.brackets().len();
    let commute = |a: usize, b: usize| assessment.brackets()[a][b].vanishes();
    let dof = hamiltonian.space().dof();
    let starts = starts(count, commute, dof);
    let degrees = degrees(&problem, &polynomials);
    let Some(alone) = Basis::of(&points, &polynomials, singles(polynomials.len()), &degrees)? else {
        return Ok(Vec::new());
    };
    let most = alone.most_in_involution();
    if most <= assessment.involutive().len() || (most < dof && products(&degrees, DEGREES[2]).is_none()) {
        return Ok(Vec::new());
    }
    // Fewer than dof are returned only from the last degree.
    for degree in if most < dof { &DEGREES[2..] } else { &DEGREES } {
        let Some(products) = products(&degrees, *degree) else { break };
        let Some(basis) = Basis::of(&points, &polynomials, products, &degrees)? else { break };
        let best = basis.simplest(&starts, assessment.involutive().len(), dof, token);
        if best.len() >= dof || (*degree == DEGREES[2] && !best.is_empty()) {
            return basis.quantities(&best, &formulas, prover, laws);
        }
    }
    Ok(Vec::new())
}

/// The size of the largest set of independent functions in involution found among H, the laws and their
/// combinations, at most the number of degrees of freedom. Where it is seen to fall short of that by more than one,
/// combinations are not looked for. Computed modulo a prime, so this is no proof.
pub fn largest_involution(
    problem: &Problem,
    laws: &[Laurent],
    token: &CancelToken,
) -> Result<usize, IntegralsError> {
    let dof = problem.atoms.dof;
    let points = problem.free_points(0)?;
    let field = points.field();
    let polynomials: Vec<Laurent> = std::iter::once(&problem.hamiltonian).chain(laws).cloned().collect();
    let degrees = degrees(problem, &polynomials);
    let Some(alone) = Basis::of(&points, &polynomials, singles(polynomials.len()), &degrees)? else {
        return Ok(1);
    };
    let commute = |a: usize, b: usize| {
        (0..BRACKET_POINTS)
            .all(|p| bracket_of_gradients(field, &alone.gradients[p][a], &alone.gradients[p][b]) == 0)
    };
    let starts = starts(polynomials.len(), commute, dof);
    let unit = |k: &usize| (0..polynomials.len()).map(|i| u32::from(i == *k)).collect::<Vec<u32>>();
    let independent =
        starts.iter().filter(|set| alone.independent(&set.iter().map(unit).collect::<Vec<_>>()));
    let mut largest = independent.map(Vec::len).max().unwrap_or(1);
    let most = alone.most_in_involution();
    for degree in DEGREES {
        if largest >= dof.min(most) || most + 1 < dof || token.is_cancelled() {
            break;
        }
        let Some(products) = products(&degrees, degree) else { break };
        let Some(basis) = Basis::of(&points, &polynomials, products, &degrees)? else { break };
        largest = largest.max(basis.simplest(&starts, largest, dof, token).len());
    }
    Ok(largest)
}

/// The exponents of the functions themselves.
fn singles(count: usize) -> Vec<Vec<u32>> {
    (0..count).map(|k| (0..count).map(|i| u32::from(i == k)).collect()).collect()
}

/// Maximal sets of pairwise commuting laws that contain H, largest first.
fn starts(count: usize, commute: impl Fn(usize, usize) -> bool, dof: usize) -> Vec<Vec<usize>> {
    let mut found: Vec<Vec<usize>> = Vec::new();
    let mut stack: Vec<(Vec<usize>, usize)> = vec![(vec![0], 1)];
    let mut steps = 0;
    while let Some((set, next)) = stack.pop() {
        steps += 1;
        if steps > 4_000 {
            break;
        }
        if set.len() < dof {
            for k in (next..count).rev() {
                if set.iter().all(|&s| commute(s, k)) {
                    let mut larger = set.clone();
                    larger.push(k);
                    stack.push((larger, k + 1));
                }
            }
        }
        found.push(set);
    }
    found.sort_by_key(|s| (std::cmp::Reverse(s.len()), s.clone()));
    // The last set is H alone. Keep it: every set can be built from it.
    let alone = found.pop();
    found.truncate(MAX_STARTS);
    found.extend(alone);
    found
}

/// The momentum degrees of functions, at least 1.
fn degrees(problem: &Problem, polynomials: &[Laurent]) -> Vec<u32> {
    let dof = problem.atoms.dof;
    let momentum = |m: &Monomial| m.iter().skip(dof).take(dof).map(|&e| e.max(0) as u32).sum::<u32>();
    let degree = |p: &Laurent| p.monomials().map(momentum).max().unwrap_or(0).max(1);
    polynomials.iter().map(degree).collect()
}

/// Exponents of the products of functions of these momentum degrees up to a momentum degree; `None` if there are too many.
fn products(degrees: &[u32], bound: u32) -> Option<Vec<Vec<u32>>> {
    let mut all: Vec<(Vec<u32>, u32)> = vec![(Vec::new(), 0)];
    for d in degrees {
        let mut longer = Vec::new();
        for (exponents, used) in &all {
            // Allow a law of higher degree by itself.
            let room = if *used == 0 { bound.max(*d) } else { bound };
            for power in 0..=(room.saturating_sub(*used)) / d {
                let mut next = exponents.clone();
                next.push(power);
                longer.push((next, used + power * d));
            }
        }
        if longer.len() > MAX_PRODUCTS {
            return None;
        }
        all = longer;
    }
    Some(all.into_iter().map(|(e, _)| e).filter(|e| e.iter().any(|&p| p > 0)).collect())
}

/// Products of laws, with their gradients at points.
struct Basis {
    field: PrimeField,
    products: Vec<Vec<u32>>,
    /// Indexed as gradients[point][product].
    gradients: Vec<Vec<Vec<u32>>>,
    columns: Vec<Column>,
    /// Momentum degrees of H and the laws.
    degrees: Vec<u32>,
}

impl Basis {
    /// Evaluates the products at points; `None` if the prime divides a denominator.
    fn of(
        points: &Points,
        polynomials: &[Laurent],
        products: Vec<Vec<u32>>,
        degrees: &[u32],
    ) -> Result<Option<Basis>, IntegralsError> {
        let field = points.field();
        let images: Option<Vec<Polynomial>> = polynomials.iter().map(|p| image(field, p)).collect();
        let Some(images) = images else { return Ok(None) };
        let gradients = points
            .range(0..products.len() + 12)?
            .into_iter()
            .map(|point| {
                let laws: Vec<(u32, Vec<u32>)> =
                    images.iter().map(|i| points.reduced.function(i, point)).collect();
                products.iter().map(|e| product_gradient(field, &laws, e)).collect()
            })
            .collect();
        let columns = products
            .iter()
            .map(|e| Laurent::term(e.iter().map(|&p| p as i32).collect(), Rational::ONE))
            .collect();
        Ok(Some(Basis { field, products, gradients, columns, degrees: degrees.to_vec() }))
    }

    /// The unit vector that represents one law.
    fn law(&self, index: usize) -> Option<Vec<u32>> {
        let place = self.products.iter().position(|e| e.iter().sum::<u32>() == 1 && e[index] == 1)?;
        let mut vector = vec![0; self.products.len()];
        vector[place] = 1;
        Some(vector)
    }

    fn gradient(&self, vector: &[u32], point: usize) -> Vec<u32> {
        let field = self.field;
        let mut sum = vec![0; self.gradients[point][0].len()];
        for (&c, gradient) in vector.iter().zip(&self.gradients[point]).filter(|(c, _)| **c != 0) {
            sum.iter_mut().zip(gradient).for_each(|(s, &g)| *s = field.add(*s, field.multiply(c, g)));
        }
        sum
    }

    fn independent(&self, vectors: &[Vec<u32>]) -> bool {
        let mut echelon = Echelon::new(self.field, self.gradients[0][0].len());
        vectors.iter().all(|v| echelon.insert(&self.gradient(v, 0)).is_some())
    }

    /// No set of independent functions of the products that commute has more members. The gradients of r independent
    /// functions span a space on which the bracket is a form, of rank 2k; where that vanishes on a subspace, this has at
    /// most r − k dimensions.
    fn most_in_involution(&self) -> usize {
        let rank = |rows: &[Vec<u32>]| {
            let mut echelon = Echelon::new(self.field, rows.first().map_or(0, Vec::len));
            rows.iter().filter(|row| echelon.insert(row).is_some()).count()
        };
        let points = || self.gradients.iter().take(BRACKET_POINTS);
        let brackets = |gradients: &Vec<Vec<u32>>| -> Vec<Vec<u32>> {
            let row = |f| gradients.iter().map(|g| bracket_of_gradients(self.field, f, g)).collect();
            gradients.iter().map(|f| row(f)).collect()
        };
        let independent = points().map(|gradients| rank(gradients)).max().unwrap_or(0);
        let form = points().map(|gradients| rank(&brackets(gradients))).max().unwrap_or(0);
        independent - form / 2
    }

    /// The simplest of the largest sets to which a start can be extended; empty if none has more than `than`
    /// members.
    fn simplest(&self, starts: &[Vec<usize>], than: usize, dof: usize, token: &CancelToken) -> Vec<Vec<u32>> {
        let price = |set: &Vec<Vec<u32>>| {
            let terms = |v: &Vec<u32>| v.iter().filter(|&&c| c != 0).count();
            let combined = set.iter().filter(|v| self.degree(v) > 1 || terms(v) > 1);
            // Prefer sums with equal coefficients.
            let unlike = |v: &Vec<u32>| {
                let first = v.iter().find(|&&c| c != 0);
                v.iter().filter(|&c| *c != 0 && Some(c) != first).count()
            };
            let each =
                combined.map(|v| [self.degree(v) as usize, terms(v), unlike(v), self.momentum_degree(v)]);
            each.fold([0; 4], |sum, next| std::array::from_fn(|i| sum[i] + next[i]))
        };
        let mut best: Vec<Vec<u32>> = Vec::new();
        for start in starts.iter().take_while(|_| !token.is_cancelled()) {
            let vectors: Option<Vec<Vec<u32>>> = start.iter().map(|&k| self.law(k)).collect();
            let Some(vectors) = vectors else { continue };
            let extended = self.extend(&vectors, dof);
            let better = extended.len() > best.len()
                || (extended.len() == best.len() && price(&extended) < price(&best));
            if extended.len() > than && better {
                best = extended;
            }
        }
        best
    }

    /// The sum of the momentum degrees of the products.
    fn momentum_degree(&self, vector: &[u32]) -> usize {
        let used = self.products.iter().zip(vector).filter(|(_, c)| **c != 0);
        used.map(|(e, _)| e.iter().zip(&self.degrees).map(|(&e, &d)| (e * d) as usize).sum::<usize>()).sum()
    }

    /// The largest set found by adding combinations that commute with every element of the set.
    fn extend(&self, set: &[Vec<u32>], dof: usize) -> Vec<Vec<u32>> {
        if !self.independent(set) {
            return Vec::new();
        }
        let mut best = set.to_vec();
        if set.len() >= dof {
            return best;
        }
        let mut candidates = short_vectors(self.field, &self.columns, &self.commutant(set), 0);
        candidates.sort_by_cached_key(|v| (self.degree(v), cost(&self.columns, v, 0)));
        let mut tried = 0;
        for candidate in candidates {
            let mut larger = set.to_vec();
            larger.push(candidate);
            if !self.independent(&larger) {
                continue;
            }
            let extended = self.extend(&larger, dof);
            if extended.len() > best.len() {
                best = extended;
            }
            tried += 1;
            if best.len() >= dof || tried == MAX_CANDIDATES {
                break;
            }
        }
        best
    }

    fn degree(&self, vector: &[u32]) -> u32 {
        let used = self.products.iter().zip(vector).filter(|(_, c)| **c != 0);
        used.map(|(e, _)| e.iter().sum()).max().unwrap_or(0)
    }

    /// The combinations that commute with every element of the set.
    fn commutant(&self, set: &[Vec<u32>]) -> Vec<Vec<u32>> {
        let mut echelon = Echelon::new(self.field, self.products.len());
        for point in 0..self.gradients.len() {
            for vector in set {
                let other = self.gradient(vector, point);
                let row: Vec<u32> = self.gradients[point]
                    .iter()
                    .map(|g| bracket_of_gradients(self.field, g, &other))
                    .collect();
                echelon.insert(&row);
            }
        }
        echelon.null_space()
    }

    /// The combinations among the vectors, proved; empty if some proof fails.
    fn quantities(
        &self,
        vectors: &[Vec<u32>],
        formulas: &[&Expr],
        prover: &Prover,
        laws: &[ConservedQuantity],
    ) -> Result<Vec<Combination>, IntegralsError> {
        let symbol = |name: &str| Expr::Symbol(Symbol::new(name));
        let names: Vec<Expr> =
            std::iter::once("H").chain(laws.iter().map(ConservedQuantity::name)).map(symbol).collect();
        let names: Vec<&Expr> = names.iter().collect();
        let mut found: Vec<Combination> = Vec::new();
        for vector in vectors {
            let vector = &self.with_squares_of_its_kind(vector, vectors, laws);
            let support: Vec<usize> = (0..vector.len()).filter(|&k| vector[k] != 0).collect();
            if let [one] = support[..]
                && self.products[one].iter().sum::<u32>() == 1
            {
                continue;
            }
            let modulus = self.field.modulus().into();
            let coefficients: Option<Vec<Rational>> =
                support.iter().map(|&k| rational_reconstruction(&vector[k].into(), &modulus)).collect();
            let Some(coefficients) = coefficients.map(coprime) else { return Ok(Vec::new()) };
            let coefficients = leading_positive(coefficients);
            // The laws in their own order, like terms by name: `Lx^2` before `Ly^2`.
            let mut order: Vec<usize> = (0..support.len()).rev().collect();
            if coefficients.iter().all(|c| *c == coefficients[0]) {
                let name = |k: &usize| self.product(support[*k], &names).to_string();
                order.sort_by_cached_key(|k| (self.degree_of(support[*k]), name(k)));
            }
            let sum = |factors: &[&Expr]| {
                let term = |&k: &usize| {
                    Expr::product([Expr::number(coefficients[k].clone()), self.product(support[k], factors)])
                };
                Expr::sum(order.iter().map(term))
            };
            let formula = sum(formulas);
            let formula = canonical_law(&formula, prover.hamiltonian().space()).unwrap_or(formula);
            let Some(certificate) = prover.certify(&formula)? else { return Ok(Vec::new()) };
            let base = self.stem(&support, &coefficients, laws);
            let taken = |name: &str| {
                let mut all = laws.iter().chain(found.iter().map(|c| &c.quantity));
                let symbol = Symbol::new(name);
                let hamiltonian = prover.hamiltonian();
                let of_system = hamiltonian.space().variables().contains(&symbol)
                    || hamiltonian.formula().symbols().contains(&symbol);
                name == "C" || of_system || all.any(|l| l.name() == name)
            };
            let numbered = (1..).map(|n| format!("C{n}"));
            let name = std::iter::once(base).chain(numbered).find(|n| !taken(n)).unwrap_or_default();
            let quantity = ConservedQuantity::proved(name, certificate);
            found.push(Combination { quantity, of: sum(&names) });
        }
        // One alone needs no number.
        if let [only] = &mut found[..]
            && only.quantity.name() == "C1"
            && !prover.hamiltonian().space().variables().contains(&Symbol::new("C"))
            && !prover.hamiltonian().formula().symbols().contains(&Symbol::new("C"))
            && laws.iter().all(|law| law.name() != "C")
            && let Some(certificate) = only.quantity.certificate()
        {
            only.quantity = ConservedQuantity::proved("C", certificate.clone());
        }
        Ok(found)
    }

    /// A product of factors in place of the laws.
    fn product(&self, index: usize, factors: &[&Expr]) -> Expr {
        Expr::product(factors.iter().zip(&self.products[index]).map(|(f, &e)| (*f).clone().to_power(e)))
    }

    fn degree_of(&self, product: usize) -> u32 {
        self.products[product].iter().sum()
    }

    /// Completes a sum of squares by the squares of laws in the set that are of the same kind: Lx² + Ly² beside
    /// Lz becomes Lx² + Ly² + Lz².
    fn with_squares_of_its_kind(
        &self,
        vector: &[u32],
        set: &[Vec<u32>],
        laws: &[ConservedQuantity],
    ) -> Vec<u32> {
        let mut whole = vector.to_vec();
        let support: Vec<usize> = (0..vector.len()).filter(|&k| vector[k] != 0).collect();
        let Some(&first) = support.first() else { return whole };
        let equal = support.iter().all(|&k| vector[k] == vector[first]);
        let squared = |k: usize| {
            (1..=laws.len()).find(|&i| self.products[k].iter().sum::<u32>() == 2 && self.products[k][i] == 2)
        };
        let letter = |law: usize| laws[law - 1].name().chars().next();
        let kinds: Option<Vec<usize>> = support.iter().map(|&k| squared(k)).collect();
        let Some(kinds) = kinds.filter(|kinds| equal && kinds.iter().all(|&k| letter(k) == letter(kinds[0])))
        else {
            return whole;
        };
        for law in (1..=laws.len()).filter(|&law| letter(law) == letter(kinds[0])) {
            let stands = self.law(law).is_some_and(|unit| set.contains(&unit));
            if let Some(square) = (0..vector.len()).find(|&k| stands && squared(k) == Some(law)) {
                whole[square] = vector[first];
            }
        }
        whole
    }

    /// `L2` for a sum of squares of laws L…, likewise for P; `C` for anything else.
    fn stem(&self, support: &[usize], coefficients: &[Rational], laws: &[ConservedQuantity]) -> String {
        let mut letters = std::collections::BTreeSet::new();
        let mut squares = coefficients.windows(2).all(|w| w[0] == w[1]);
        for &k in support {
            for (i, _) in self.products[k].iter().enumerate().filter(|(_, e)| **e > 0) {
                squares &= i > 0 && self.products[k][i] == 2 && self.products[k].iter().sum::<u32>() == 2;
                letters.extend(i.checked_sub(1).and_then(|i| laws[i].name().chars().next()));
            }
        }
        match letters.into_iter().collect::<Vec<_>>()[..] {
            [letter @ ('L' | 'P')] if squares => format!("{letter}2"),
            _ => "C".to_owned(),
        }
    }
}

/// The same up to sign, the last coefficient positive: it belongs to the first law.
fn leading_positive(coefficients: Vec<Rational>) -> Vec<Rational> {
    match coefficients.last() {
        Some(last) if *last < Rational::ZERO => coefficients.into_iter().map(|c| -c).collect(),
        _ => coefficients,
    }
}

fn product_gradient(field: PrimeField, laws: &[(u32, Vec<u32>)], exponents: &[u32]) -> Vec<u32> {
    let mut sum = vec![0; laws[0].1.len()];
    for (index, &exponent) in exponents.iter().enumerate() {
        if exponent == 0 {
            continue;
        }
        let mut factor = field.reduce(u64::from(exponent));
        for (other, &power) in exponents.iter().enumerate() {
            let power = if other == index { power - 1 } else { power };
            factor = field.multiply(factor, field.power(laws[other].0, u64::from(power)));
        }
        sum.iter_mut().zip(&laws[index].1).for_each(|(s, &g)| *s = field.add(*s, field.multiply(factor, g)));
    }
    sum
}
