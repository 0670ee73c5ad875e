//! Laws: exactly, once the Hamiltonian is known exactly; else by the eigenproblems, as supported.

use std::collections::BTreeSet;

use crate::expr::{Expr, Function, Symbol};
use crate::fit::{
    Evaluated, FitError, Grammar, Measure, TermLibrary, Variables, decimal, echelon, eigenvectors,
    justified_snap, prune, residual, usable_terms,
};
use crate::integrals::null_space_in_library;
use crate::mechanics::{Conservation, Hamiltonian, PhaseSpace, functional_rank, prove_conserved};
use crate::simplify::canonical_law;

use super::observations::Prepared;

/// Most terms that the exact null space is taken over.
const MOST_TERMS: usize = 900;

/// Highest total degree of the terms of a law.
const HIGHEST_DEGREE: u32 = 4;

/// Generators of all laws of an exact Hamiltonian in a library made of its own ingredients: of every
/// degree those that are no functions of H and the laws before.
pub(super) fn exact(hamiltonian: &Hamiltonian, variables: &Variables) -> Vec<Expr> {
    let space = hamiltonian.space();
    let mut laws: Vec<Expr> = Vec::new();
    for next in 1..=HIGHEST_DEGREE {
        let terms = law_terms(hamiltonian.formula(), variables, next);
        if laws.len() + 1 >= 2 * space.dof() || (next > 2 && terms.len() > MOST_TERMS) {
            break;
        }
        let Ok(mut found) = null_space_in_library(hamiltonian, &terms) else { continue };
        found.sort_by_cached_key(|law| (law.symbol_count(), law.to_string()));
        for law in found {
            let mut all = vec![hamiltonian.formula().clone()];
            all.extend(laws.iter().cloned());
            all.push(law.clone());
            let grows = functional_rank(&all, space).is_ok_and(|rank| rank.rank == all.len());
            if grows {
                laws.push(canonical_law(&law, space).unwrap_or(law));
            }
        }
    }
    laws
}

/// Monomials up to `degree`, alone and times one of the ingredients of `formula` with the degree one less.
pub(super) fn law_terms(formula: &Expr, variables: &Variables, degree: u32) -> Vec<Expr> {
    let mut terms: Vec<Expr> = monomials(variables, degree).unwrap_or_default();
    let ingredients = ingredients(formula);
    let mut factors = vec![Expr::one()];
    factors.extend(monomials(variables, degree - 1).unwrap_or_default());
    for ingredient in &ingredients {
        for factor in &factors {
            terms.push(Expr::product([factor.clone(), ingredient.clone()]));
        }
    }
    terms
}

fn monomials(variables: &Variables, degree: u32) -> Option<Vec<Expr>> {
    if degree == 0 {
        return Some(vec![]);
    }
    let text = format!("grammar laws\nterms variables^1..{degree}\n");
    let grammar = Grammar::parse(&text, "laws", &mut |_| None).ok()?;
    let library = TermLibrary::new(&grammar, variables).ok()?;
    Some(library.all_terms().into_iter().map(|t| t.formula).collect())
}

/// The factors of a formula's terms that are no polynomials: roots, reciprocals, exponentials, modes.
fn ingredients(formula: &Expr) -> Vec<Expr> {
    fn collect(expr: &Expr, into: &mut BTreeSet<Expr>) {
        match expr {
            Expr::Quotient(top, bottom) if bottom.as_number().is_none() => {
                into.insert(Expr::one().over((**bottom).clone()));
                collect(top, into);
            }
            Expr::Call(Function::Sin | Function::Cos, argument) => {
                into.insert((**argument).clone().call(Function::Sin));
                into.insert((**argument).clone().call(Function::Cos));
            }
            Expr::Call(..) => {
                into.insert(expr.clone());
            }
            Expr::Power(base, exponent) => {
                let natural =
                    exponent.as_number().is_some_and(|e| e.is_int() && e > crate::expr::Rational::ZERO);
                if natural {
                    collect(base, into);
                } else {
                    into.insert(expr.clone());
                }
            }
            _ => expr.children().for_each(|child| collect(child, into)),
        }
    }
    let mut found = BTreeSet::new();
    collect(formula, &mut found);
    found.into_iter().collect()
}

/// A law found by numbers alone.
pub(super) struct Numerical {
    pub formula: Expr,
    /// Whether all its ratios of coefficients are justified rationals.
    pub snapped: bool,
}

/// Laws by the eigenproblems, degree by degree: along the data's velocities where they are given, by
/// constancy along trajectories where not. `known` are laws found before (the energy).
pub(super) fn numerical(
    data: &Prepared,
    known: &[Expr],
    formula: Option<&Expr>,
) -> Result<Vec<Numerical>, FitError> {
    let width = data.inputs.len();
    let mut laws: Vec<Expr> = known.to_vec();
    let mut found = Vec::new();
    let noise = if data.velocities_given { 1e-8 } else { data.relative_noise().max(1e-8) };
    let (states, lengths) = states_of(data);
    for degree in 1..=3u32 {
        let terms = match formula {
            Some(formula) => law_terms(formula, &data.variables, degree),
            None => monomials(&data.variables, degree).unwrap_or_default(),
        };
        if terms.len() * 4 > states.len() || terms.len() > 400 {
            break;
        }
        let good = usable_terms(&terms, &data.inputs, &states)?;
        let terms: Vec<Expr> = terms.into_iter().zip(good).filter(|(_, g)| *g).map(|(t, _)| t).collect();
        let evaluated = Evaluated::new(&terms, &data.inputs, &states, &data.scales)?;
        let fields = scaled(&data.samples.fields, &data.scales);
        let measure =
            if data.velocities_given { Measure::Flow(&fields) } else { Measure::Trajectory(&lengths) };
        let columns: Vec<usize> = (0..terms.len()).collect();
        let vectors = eigenvectors(&evaluated, &columns, measure)?;
        // A law leaves what the noise leaves; the first that is none stands clear of the last that is.
        let limit = if data.velocities_given { 1e-6 } else { 1.6 * noise };
        let count = vectors.iter().take_while(|v| v.residual < limit).count();
        let clear = vectors.get(count).is_none_or(|v| v.residual > 2.0 * limit);
        if count == 0 || !clear {
            continue;
        }
        let sizes: Vec<f64> = (0..terms.len()).map(|j| column_size(&evaluated, j)).collect();
        let rows = echelon(vectors[..count].iter().map(|v| v.coefficients.clone()).collect(), &sizes, 1e-3);
        let mut rows: Vec<Vec<f64>> = rows;
        rows.sort_by_key(|r| r.iter().filter(|c| **c != 0.0).count());
        for row in rows {
            let start =
                crate::fit::Candidate { residual: residual(&evaluated, &row, measure), coefficients: row };
            let law = prune(&evaluated, &start, measure, limit)?;
            let Some(candidate) = assemble(&terms, &law.coefficients, noise) else { continue };
            let new = laws.is_empty() || {
                let earlier = Evaluated::new(&laws, &data.inputs, &states, &data.scales)?;
                let own = Evaluated::new(
                    std::slice::from_ref(&candidate.formula),
                    &data.inputs,
                    &states,
                    &data.scales,
                )?;
                residual(&own, &[1.0], Measure::Span(&earlier.gradients, laws.len()))
                    > (5.0 * noise).max(1e-3)
            };
            if new && laws.len() < width - 1 {
                laws.push(candidate.formula.clone());
                found.push(candidate);
            }
        }
    }
    Ok(found)
}

fn column_size(terms: &Evaluated, function: usize) -> f64 {
    let values = terms.gradients.chunks_exact(terms.width).skip(function).step_by(terms.functions);
    values.flatten().map(|g| g * g).sum::<f64>().sqrt()
}

/// States for the eigenproblems and how many belong to each trajectory.
fn states_of(data: &Prepared) -> (Vec<f64>, Vec<usize>) {
    if data.velocities_given {
        return (data.samples.states.clone(), vec![data.samples.len()]);
    }
    let width = data.inputs.len();
    let total: usize = data.paths.iter().map(|p| p.len()).sum();
    let stride = total.div_ceil(4000).max(1);
    let (mut states, mut lengths) = (Vec::new(), Vec::new());
    for path in &data.paths {
        let rows: Vec<&[f64]> =
            path.states.chunks_exact(width).step_by(stride.min(path.len() / 4 + 1)).collect();
        lengths.push(rows.len());
        rows.iter().for_each(|r| states.extend_from_slice(r));
    }
    (states, lengths)
}

/// Σ c φ with the ratios to the largest coefficient snapped where justified, decimals where not.
fn assemble(terms: &[Expr], coefficients: &[f64], noise: f64) -> Option<Numerical> {
    let largest = coefficients.iter().fold(0.0f64, |m, c| if c.abs() > m.abs() { *c } else { m });
    if largest == 0.0 {
        return None;
    }
    let mut snapped = true;
    let mut parts = Vec::new();
    for (term, c) in terms.iter().zip(coefficients).filter(|(_, c)| **c != 0.0) {
        let ratio = c / largest;
        let value = match justified_snap(ratio, (0.3 * noise).max(1e-7)) {
            Some(snap) => snap.value,
            None => {
                snapped = false;
                decimal(ratio, if noise < 1e-6 { 8 } else { 3 })
            }
        };
        parts.push(Expr::product([Expr::number(value), term.clone()]));
    }
    Some(Numerical { formula: Expr::sum(parts), snapped })
}

/// Rows `[samples, width]` in units of the scales.
pub(super) fn scaled(rows: &[f64], scales: &[f64]) -> Vec<f64> {
    rows.iter().enumerate().map(|(i, v)| v / scales[i % scales.len()]).collect()
}

/// The law proved, if exact algebra can.
pub(super) fn certified(law: &Expr, hamiltonian: &Hamiltonian) -> Option<Conservation> {
    prove_conserved(law, hamiltonian).ok()
}

/// Names that follow the types of the laws: `P…` linear momenta, `L…` angular momenta, `E…` energies of
/// subsystems, `A…` quadratic in the momenta with a reciprocal distance (Laplace–Runge–Lenz), `K…` the
/// rest; numbered where one letter serves for several.
pub(super) fn names(laws: &[Expr], space: &PhaseSpace) -> Vec<String> {
    let stems: Vec<String> = laws.iter().map(|law| stem(law, space)).collect();
    let mut counts = std::collections::BTreeMap::<&str, usize>::new();
    let several = |stem: &str| stems.iter().filter(|s| s.as_str() == stem).count() > 1;
    let mut names = Vec::new();
    for stem in &stems {
        let count = counts.entry(stem).or_default();
        *count += 1;
        names.push(if several(stem) { format!("{stem}{count}") } else { stem.clone() });
    }
    names
}

fn stem(law: &Expr, space: &PhaseSpace) -> String {
    let all = law.symbols();
    let momenta: Vec<&Symbol> = space.momenta().iter().filter(|p| all.contains(p)).collect();
    let coordinates: Vec<&Symbol> = space.coordinates().iter().filter(|q| all.contains(q)).collect();
    let degree_of = |symbols: &[Symbol]| polynomial_degree(law, symbols);
    match (degree_of(space.momenta()), degree_of(space.coordinates())) {
        (Some(1), Some(0)) => {
            let bare = |s: &Symbol| s.name().trim_end_matches(|c: char| c.is_ascii_digit()).to_string();
            let stems: BTreeSet<String> = momenta.iter().map(|s| bare(s)).collect();
            let axis = stems.first().filter(|_| stems.len() == 1).and_then(|s| s.strip_prefix('p'));
            format!("P{}", axis.unwrap_or(""))
        }
        (Some(1), Some(1)) => "L".into(),
        (Some(2), _) if coordinates.len() < space.dof() && momenta.len() < space.dof() => "E".into(),
        (Some(2), None) if law.symbols().len() > 2 && has_root(law) => "A".into(),
        _ => "K".into(),
    }
}

fn has_root(law: &Expr) -> bool {
    matches!(law, Expr::Call(Function::Sqrt, _)) || law.children().any(has_root)
}

/// The degree of a formula in the symbols, if it is a polynomial in them (as written).
fn polynomial_degree(formula: &Expr, symbols: &[Symbol]) -> Option<u32> {
    let degree = |e: &Expr| polynomial_degree(e, symbols);
    match formula {
        Expr::Number(_) | Expr::Pi => Some(0),
        Expr::Symbol(s) => Some(u32::from(symbols.contains(s))),
        Expr::Sum(items) => items.iter().map(degree).try_fold(0, |m, d| Some(m.max(d?))),
        Expr::Product(items) => items.iter().map(degree).try_fold(0, |m, d| Some(m + d?)),
        Expr::Negative(a) => degree(a),
        Expr::Quotient(a, b) => {
            if degree(b)? == 0 {
                degree(a)
            } else {
                None
            }
        }
        Expr::Power(a, e) => {
            let exponent = e.as_number().filter(|n| n.is_int());
            match (degree(a)?, exponent.and_then(|n| u32::try_from(n.numerator().clone()).ok())) {
                (0, _) => Some(0),
                (d, Some(n)) => Some(d * n),
                _ => None,
            }
        }
        Expr::Call(_, a) => {
            if degree(a)? == 0 {
                Some(0)
            } else {
                None
            }
        }
    }
}
