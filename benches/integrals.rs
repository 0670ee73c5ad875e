//! Exact searches for integrals: seven cases with given unknowns, and series in the number of bodies.
//!
//! `flint_case/…` take the Hamiltonian and the terms and end with proved integrals. `scaling/…` search from
//! the Hamiltonian alone.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use liouville::expr::{Expr, Rational, Symbol, parse};
use liouville::integrals::{SearchConfig, null_space_in_library, search};
use liouville::mechanics::{Hamiltonian, PhaseSpace};
use liouville::progress::Job;

struct Case {
    name: &'static str,
    hamiltonian: Hamiltonian,
    terms: Vec<Expr>,
    unknowns: usize,
    solutions: usize,
}

fn hamiltonian(formula: &str, coordinates: &[String], momenta: &[String]) -> Hamiltonian {
    let symbols = |names: &[String]| names.iter().map(Symbol::new).collect::<Vec<_>>();
    let space = PhaseSpace::new(symbols(coordinates), symbols(momenta)).expect("a phase space");
    Hamiltonian::new(parse(formula).expect("a formula"), space)
}

fn numbered(stem: &str, count: usize) -> Vec<String> {
    (1..=count).map(|i| format!("{stem}{i}")).collect()
}

fn names(list: &[&str]) -> Vec<String> {
    list.iter().map(|s| s.to_string()).collect()
}

/// All monomials in the factors with a total degree between the bounds.
fn monomials(factors: &[String], degrees: std::ops::RangeInclusive<usize>) -> Vec<Expr> {
    let mut all: Vec<(Vec<Expr>, usize)> = vec![(Vec::new(), 0)];
    for factor in factors {
        let base = parse(factor).expect("a factor");
        let mut longer = Vec::new();
        for (product, used) in &all {
            for power in 0..=degrees.end() - used {
                let mut next = product.clone();
                if power > 0 {
                    next.push(base.clone().to_power(Rational::from(power)));
                }
                longer.push((next, used + power));
            }
        }
        all = longer;
    }
    let wanted = all.into_iter().filter(|(_, degree)| degrees.contains(degree));
    wanted.map(|(product, _)| Expr::product(product)).collect()
}

fn products(left: &[Expr], right: &[Expr]) -> Vec<Expr> {
    let all = left.iter().flat_map(|a| right.iter().map(|b| Expr::product([a.clone(), b.clone()])));
    all.filter(|e| !e.is_one()).collect()
}

fn toda(count: usize) -> String {
    let kinetic = (1..=count).map(|i| format!("p{i}^2/2"));
    let potential = (1..count).map(|i| format!("exp(q{i}-q{})", i + 1));
    kinetic.chain(potential).collect::<Vec<_>>().join(" + ")
}

fn toda_terms(count: usize) -> Vec<Expr> {
    let exponentials: Vec<String> = (1..count).map(|i| format!("exp(q{i}-q{})", i + 1)).collect();
    products(&monomials(&numbered("p", count), 0..=count), &monomials(&exponentials, 0..=2))
}

/// The cases of the comparison, with the same unknowns and the number of solutions expected.
fn cases() -> Vec<Case> {
    let (xy, pxy) = (names(&["x", "y"]), names(&["px", "py"]));
    let plane = |formula: &str| hamiltonian(formula, &xy, &pxy);
    let hh_kk = (0..=4)
        .flat_map(|d| products(&monomials(&pxy, d..=d), &monomials(&xy, 0..=6 - d)))
        .collect::<Vec<_>>();
    let radial = [parse("1").expect("1"), parse("1/sqrt(x^2+y^2)").expect("1/r")];
    let kepler = products(&products_with_one(&monomials(&pxy, 0..=2), &monomials(&xy, 0..=2)), &radial);
    let mut coupled: Vec<String> = (1..=4).map(|i| format!("p{i}^2/2")).collect();
    for i in 0..4i32 {
        for j in 0..4i32 {
            let entry = if i == j { format!("{}", i + 2) } else { format!("(-1)^{}/{}", i + j, i + j + 3) };
            coupled.push(format!("{entry}*q{}*q{}/2", i + 1, j + 1));
        }
    }
    let calogero_functions: Vec<Expr> = monomials(&names(&["1/(x1-x2)", "1/(x2-x3)", "1/(x1-x3)"]), 0..=2)
        .into_iter()
        .filter(|f| !is_mixed_pair(f))
        .collect();
    vec![
        Case {
            name: "hh_kdv",
            hamiltonian: plane("(px^2+py^2)/2 + (x^2+3*y^2)/2 + x^2*y + 2*y^3"),
            terms: monomials(&names(&["x", "y", "px", "py"]), 1..=4),
            unknowns: 69,
            solutions: 2,
        },
        Case {
            name: "hh_kk",
            hamiltonian: plane("(px^2+py^2)/2 + (x^2+16*y^2)/2 + x^2*y + 16/3*y^3"),
            terms: hh_kk,
            unknowns: 184,
            solutions: 3,
        },
        Case {
            name: "kepler",
            hamiltonian: plane("(px^2+py^2)/2 - 1/sqrt(x^2+y^2)"),
            terms: kepler,
            unknowns: 71,
            solutions: 5,
        },
        Case {
            name: "coupled4",
            hamiltonian: hamiltonian(&coupled.join(" + "), &numbered("q", 4), &numbered("p", 4)),
            terms: monomials(&[numbered("q", 4), numbered("p", 4)].concat(), 1..=2),
            unknowns: 44,
            solutions: 4,
        },
        Case {
            name: "toda3",
            hamiltonian: hamiltonian(&toda(3), &numbered("q", 3), &numbered("p", 3)),
            terms: toda_terms(3),
            unknowns: 119,
            solutions: 6,
        },
        Case {
            name: "calogero3",
            hamiltonian: hamiltonian(
                "(p1^2+p2^2+p3^2)/2 + 1/(x1-x2)^2 + 1/(x2-x3)^2 + 1/(x1-x3)^2",
                &numbered("x", 3),
                &numbered("p", 3),
            ),
            terms: products(&monomials(&numbered("p", 3), 0..=3), &calogero_functions),
            unknowns: 179,
            solutions: 6,
        },
        Case {
            name: "toda4",
            hamiltonian: hamiltonian(&toda(4), &numbered("q", 4), &numbered("p", 4)),
            terms: toda_terms(4),
            unknowns: 699,
            solutions: 11,
        },
    ]
}

/// Products that keep the constant function.
fn products_with_one(left: &[Expr], right: &[Expr]) -> Vec<Expr> {
    left.iter().flat_map(|a| right.iter().map(|b| Expr::product([a.clone(), b.clone()]))).collect()
}

/// Whether this is u12·u23, which depends on the other products of reciprocals.
fn is_mixed_pair(function: &Expr) -> bool {
    let text = function.to_string();
    text.contains("x1 - x2") && text.contains("x2 - x3")
}

fn flint_cases(c: &mut Criterion) {
    let mut group = c.benchmark_group("flint_case");
    for case in cases() {
        let found = null_space_in_library(&case.hamiltonian, &case.terms).expect("a search");
        assert_eq!(case.terms.len(), case.unknowns, "{}", case.name);
        assert_eq!(found.len(), case.solutions, "{}", case.name);
        group.bench_function(case.name, |b| {
            b.iter(|| null_space_in_library(black_box(&case.hamiltonian), black_box(&case.terms)))
        });
    }
    group.finish();
}

fn calogero(count: usize) -> String {
    let kinetic = (1..=count).map(|i| format!("p{i}^2/2"));
    let pairs = (1..=count).flat_map(|i| (i + 1..=count).map(move |j| format!("1/(x{i}-x{j})^2")));
    kinetic.chain(pairs).collect::<Vec<_>>().join(" + ")
}

fn oscillators(count: usize) -> String {
    let kinetic = (1..=count).map(|i| format!("p{i}^2/2"));
    let own = (1..=count).map(|i| format!("{}*q{i}^2/2", i + 1));
    let coupling = (1..count).map(|i| format!("q{i}*q{}/{}", i + 1, i + 2));
    kinetic.chain(own).chain(coupling).collect::<Vec<_>>().join(" + ")
}

fn bodies(count: usize) -> Hamiltonian {
    let named =
        |stems: [&str; 2]| (1..=count).flat_map(|i| stems.map(|s| format!("{s}{i}"))).collect::<Vec<_>>();
    let kinetic = (1..=count).map(|i| format!("(px{i}^2+py{i}^2)/{}", 2 * i));
    let pairs = (1..=count)
        .flat_map(|i| (i + 1..=count).map(move |j| format!("-{}/sqrt((x{i}-x{j})^2+(y{i}-y{j})^2)", i * j)));
    let formula = kinetic.chain(pairs).collect::<Vec<_>>().join(" + ");
    hamiltonian(&formula, &named(["x", "y"]), &named(["px", "py"]))
}

fn scaling(c: &mut Criterion) {
    let mut series: Vec<(String, Hamiltonian, u32)> = Vec::new();
    for n in 2..=6 {
        let h = hamiltonian(&toda(n), &numbered("q", n), &numbered("p", n));
        series.push((format!("toda_open/{n}"), h, n as u32));
    }
    for n in 2..=5 {
        let h = hamiltonian(&calogero(n), &numbered("x", n), &numbered("p", n));
        series.push((format!("calogero/{n}"), h, 4));
    }
    for n in [2, 4, 8, 16] {
        let h = hamiltonian(&oscillators(n), &numbered("q", n), &numbered("p", n));
        series.push((format!("oscillators/{n}"), h, 2));
    }
    for n in 2..=5 {
        series.push((format!("bodies_plane/{n}"), bodies(n), 2));
    }
    let mut group = c.benchmark_group("scaling");
    group.sample_size(10).warm_up_time(Duration::from_millis(1)).measurement_time(Duration::from_millis(1));
    for (name, h, degree) in series {
        // Toda's laws have constant leading coefficients: weight 0 holds them all.
        let coefficient_degree = name.starts_with("toda").then_some(0);
        let config = SearchConfig { momentum_degree: degree, coefficient_degree, ..SearchConfig::default() };
        group.bench_function(name, |b| b.iter(|| search(black_box(&h), &config, &Job::silent())));
    }
    group.finish();
}

criterion_group!(benches, flint_cases, scaling);
criterion_main!(benches);
