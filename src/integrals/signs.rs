//! Signs of functions where H is real, seen at random points.
//!
//! Nothing here is proved. A root |w| is replaced by w only if w is positive at all points tried. If w is
//! negative elsewhere, an integral of H is still one of the H that the search sees: none is missed. What holds
//! for w > 0 only is not proved by the kernel, and then its space is not called exhaustive.

use std::collections::BTreeSet;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::atoms::Atoms;
use super::roots::square_root;
use crate::expr::{Condition, Expr, Function, Rational, Relation, Symbol, Tape};
use crate::mechanics::Hamiltonian;

/// The most functions whose signs are examined together.
const MAX_SIGNS: usize = 6;
/// The number of real points that are tried.
const SIGN_POINTS: usize = 1 << 14;
/// A sign counts as known if it is the same at this many points where H is real.
const ENOUGH_POINTS: usize = 64;

/// The formula with √(w²) replaced by w or −w, if only this sign of w occurs where H is real.
pub fn with_known_signs(formula: &Expr, hamiltonian: &Hamiltonian) -> Expr {
    let half = |value: &Rational| value * Rational::from(2);
    let (radicand, power) = match formula {
        Expr::Call(Function::Sqrt, radicand) => (Some(radicand), Rational::ONE),
        Expr::Power(base, exponent) => match exponent.as_number().map(|value| half(&value)) {
            Some(power) if power.is_int() && !(&power / Rational::from(2)).is_int() => (Some(base), power),
            _ => (None, Rational::ONE),
        },
        _ => (None, Rational::ONE),
    };
    if let Some(root) = radicand.and_then(|radicand| signed_root(radicand, hamiltonian)) {
        return with_known_signs(&root, hamiltonian).to_power(power);
    }
    formula.map_children(|child| with_known_signs(child, hamiltonian))
}

/// The square root of a perfect square, if its sign is known.
fn signed_root(radicand: &Expr, hamiltonian: &Hamiltonian) -> Option<Expr> {
    let (atoms, values) = Atoms::of(hamiltonian.space(), [radicand]).ok()?;
    let root = atoms.to_expr(&square_root(&values[0])?);
    let (seen, points) = signs_seen(std::slice::from_ref(&root), hamiltonian);
    match seen.first() {
        Some(sign) if seen.len() == 1 && points >= ENOUGH_POINTS => {
            Some(if sign[0] { root } else { Expr::Negative(root.into()) })
        }
        _ => None,
    }
}

/// Whether the functions have all combinations of signs at points where H is real and its conditions hold.
pub fn all_signs_occur(functions: &[Expr], hamiltonian: &Hamiltonian) -> bool {
    if functions.is_empty() {
        return true;
    }
    let variables = hamiltonian.space().variables();
    let depends_on_parameters = functions.iter().any(|f| f.symbols().iter().any(|s| !variables.contains(s)));
    functions.len() <= MAX_SIGNS
        && !depends_on_parameters
        && signs_seen(functions, hamiltonian).0.len() == 1 << functions.len()
}

/// The combinations of signs of the functions at points where H is real and its conditions hold, and the number
/// of these points. Ends when all combinations are seen.
fn signs_seen(functions: &[Expr], hamiltonian: &Hamiltonian) -> (BTreeSet<Vec<bool>>, usize) {
    let conditions = hamiltonian.domain();
    let formulas = std::iter::once(hamiltonian.formula()).chain(functions);
    let formulas: Vec<Expr> = formulas.chain(conditions.iter().map(|c| &c.function)).cloned().collect();
    let symbols: BTreeSet<Symbol> = formulas.iter().flat_map(Expr::symbols).collect();
    let symbols: Vec<Symbol> = symbols.into_iter().collect();
    let (mut seen, mut points) = (BTreeSet::new(), 0);
    let Ok(tape) = Tape::new(&formulas, &symbols) else { return (seen, points) };
    let mut random = ChaCha8Rng::seed_from_u64(functions.len() as u64);
    let (mut values, mut scratch) = (vec![0.0; formulas.len()], Vec::new());
    for _ in 0..SIGN_POINTS {
        let size = [0.2, 1.0, 5.0][random.random_range(0..3)];
        let point: Vec<f64> = symbols.iter().map(|_| size * random.random_range(-1.0..1.0)).collect();
        tape.evaluate_one(&point, &mut values, &mut scratch);
        let (of, restrictions) = values[1..].split_at(functions.len());
        let holds = |(value, condition): (&f64, &Condition)| match condition.relation {
            Relation::Positive => *value > 0.0,
            Relation::NonZero => *value != 0.0,
        };
        if values[0].is_finite() && restrictions.iter().zip(conditions).all(holds) {
            points += 1;
            seen.insert(of.iter().map(|value| *value > 0.0).collect::<Vec<bool>>());
        }
        if seen.len() == 1 << functions.len() {
            break;
        }
    }
    (seen, points)
}
