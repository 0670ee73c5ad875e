//! The two tables against each other, and the arithmetic against random identities.

use std::collections::{BTreeMap, BTreeSet};

use dashu_int::IBig;
use liouville_kernel::expr::{Expr, Rational, Symbol, parse};
use liouville_kernel::galois::*;

use crate::random::Random;

fn rational(numerator: i64, denominator: i64) -> Rational {
    Rational::from(numerator) / Rational::from(denominator)
}

fn random_rational(source: &mut Random) -> Rational {
    rational(source.random_range(-30..=30), source.random_range(1..=12))
}

fn random_polynomial(source: &mut Random, degree: usize) -> Univariate {
    Univariate::new((0..=degree).map(|_| random_rational(source)).collect())
}

/// Eigenvalues to try for a degree: small fractions, the list itself, and every λ whose third exponent difference is a
/// multiple of 1/60, which contains all that Kimura's theorem can allow.
fn candidates(degree: i64) -> BTreeSet<Rational> {
    let mut all = BTreeSet::new();
    for denominator in [1, 2, 3, 8] {
        all.extend((-4 * denominator..6 * denominator).map(|n| rational(n, denominator)));
    }
    let bound = Rational::from(12);
    all.extend(list::between(degree, &-&bound, &bound).unwrap_or_default());
    let k = Rational::from(degree);
    for j in 0..130 {
        let twice = Rational::from(2) * &k * rational(j, 60);
        let shifted = &k - Rational::from(2);
        all.insert((&twice * &twice - &shifted * &shifted) / (Rational::from(8) * &k));
    }
    all
}

#[test]
fn kimura_agrees_with_the_list() {
    let bound = Rational::from(12);
    let (mut pairs, mut inside) = (0, 0);
    for degree in (-9..=9).filter(|&k| !list::excludes_nothing(k)) {
        let near = list::between(degree, &-&bound, &bound).unwrap_or_default();
        for eigenvalue in candidates(degree) {
            let listed = list::holds(degree, &eigenvalue);
            assert_eq!(
                listed,
                kimura::allows(&Rational::from(degree), &eigenvalue),
                "{degree}, {eigenvalue}"
            );
            if -&bound <= eigenvalue && eigenvalue <= bound {
                assert_eq!(listed, near.contains(&eigenvalue), "{degree}, {eigenvalue}");
            }
            (pairs, inside) = (pairs + 1, inside + usize::from(listed));
        }
    }
    assert!(pairs > 3_000 && inside > 150, "{pairs} pairs, {inside} in the list");
}

#[test]
fn random_eigenvalues_agree_too() {
    let mut source = Random::new(11);
    for _ in 0..20_000 {
        let degree = source.random_range(-12..=12);
        if list::excludes_nothing(degree) {
            continue;
        }
        let eigenvalue = random_rational(&mut source);
        let listed = list::holds(degree, &eigenvalue);
        assert_eq!(listed, kimura::allows(&Rational::from(degree), &eigenvalue), "{degree}, {eigenvalue}");
    }
}

#[test]
fn the_values_of_an_interval_are_all_that_kimura_allows() {
    let (low, high) = (rational(-40, 1), rational(55, 2));
    for degree in (-9..=9).filter(|&k| !list::excludes_nothing(k)) {
        let by_theorem = kimura::between(&Rational::from(degree), &low, &high);
        assert_eq!(by_theorem, list::between(degree, &low, &high), "{degree}");
    }
    for degree in [rational(1, 2), rational(-1, 2), rational(-3, 2), rational(4, 3), rational(-5, 7)] {
        let (low, high) = (rational(-3, 1), rational(3, 1));
        let found = kimura::between(&degree, &low, &high).expect("a discrete set");
        // Every λ whose third exponent difference δ is a multiple of 1/60 or of 1/(2k).
        let mut allowed = BTreeSet::new();
        for steps in 0..4_000 {
            for step in [rational(1, 60), Rational::ONE / (Rational::from(60) * &degree)] {
                let root = Rational::from(2) * &degree * step * Rational::from(steps);
                let shifted = &degree - Rational::from(2);
                let value = (&root * &root - &shifted * &shifted) / (Rational::from(8) * &degree);
                if low <= value && value <= high && kimura::allows(&degree, &value) {
                    allowed.insert(value);
                }
            }
        }
        assert_eq!(found, allowed.into_iter().collect::<Vec<_>>(), "{degree}");
    }
    for degree in [rational(2, 1), rational(-2, 1), rational(0, 1), rational(2, 3), rational(-2, 5)] {
        assert!(kimura::excludes_nothing(&degree), "{degree}");
        assert!(kimura::between(&degree, &low, &high).is_none());
    }
}

#[test]
fn the_list_of_the_newtonian_degree_is_1_0_minus_2_minus_5() {
    let found = list::between(-1, &rational(-10, 1), &rational(10, 1)).unwrap();
    let shown: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["-9", "-5", "-2", "0", "1"]);
    assert_eq!(list::between(2, &Rational::ZERO, &Rational::ONE), None);
}

#[test]
fn known_values() {
    // Hénon and Heiles; x²y + y³/2; x²y²/2; the Fermi quartic κ = 2; Kepler with two masses.
    for (k, n, d) in [(3, -2, 1), (3, 1, 2), (4, -1, 1), (4, 1, 3), (-1, 2, 1), (-1, 1, 2)] {
        assert!(!list::holds(k, &rational(n, d)), "{k}, {n}/{d}");
    }
    // Separable and round potentials have 0 and 1; the three integrable cubics 1/8, 1/3, 5, 15 and 2.
    for (k, n, d) in
        [(3, 0, 1), (3, 1, 1), (3, 1, 8), (3, 1, 3), (3, 5, 1), (3, 15, 1), (3, 2, 1), (4, 3, 1), (-1, 1, 1)]
    {
        assert!(list::holds(k, &rational(n, d)), "{k}, {n}/{d}");
    }
    for (eigenvalue, allowed) in
        [((8, 3), false), ((3, 1), true), ((6, 1), true), ((15, 1), true), ((1, 1), true), ((2, 1), false)]
    {
        assert_eq!(
            kimura::allows_exponential(&rational(eigenvalue.0, eigenvalue.1)),
            allowed,
            "{eigenvalue:?}"
        );
    }
}

#[test]
fn surds_cancel_only_where_they_are_multiples() {
    let sum = |terms: &[(i64, i64)]| {
        terms.iter().fold(Surd::default(), |sum, &(c, d)| sum.plus(&Rational::from(c), &Rational::from(d)))
    };
    assert_eq!(sum(&[(1, 8), (-2, 2), (1, 9)]).as_rational(), Some(Rational::from(3)));
    assert_eq!(sum(&[(1, 2), (1, 3), (-1, 5)]).as_rational(), None);
    assert_eq!(sum(&[(1, -4), (-2, -1), (1, 1)]).as_rational(), Some(Rational::ONE));
    assert_eq!(sum(&[(1, -4)]).as_rational(), None);
    assert_eq!(square_root(&rational(50, 8)), Some(rational(5, 2)));
    assert_eq!(square_root(&rational(1, 2)), None);
}

#[test]
fn all_rational_roots_are_found() {
    let mut source = Random::new(3);
    for round in 0..200 {
        let mut roots: Vec<Rational> =
            (0..source.random_range(0..5)).map(|_| random_rational(&mut source)).collect();
        // x² + 1, x² − 2 and x³ − x − 1 have no rational root.
        let rest = [vec![1, 0, 1], vec![-2, 0, 1], vec![-1, -1, 0, 1], vec![7]][round % 4].clone();
        let mut product = Univariate::new(rest.into_iter().map(Rational::from).collect());
        for root in &roots {
            let factor = Univariate::linear(-root.clone(), Rational::ONE);
            product = product.times(&factor).scaled(&random_rational(&mut source).pow(2).max(Rational::ONE));
        }
        roots.sort();
        roots.dedup();
        assert_eq!(product.rational_roots(), roots);
    }
    let huge = Rational::from(IBig::from(3).pow(200)) / Rational::from(IBig::from(2).pow(211));
    let polynomial = Univariate::linear(-huge.clone(), Rational::ONE).times(&Univariate::new(vec![
        rational(-3, 1),
        Rational::ZERO,
        Rational::ONE,
    ]));
    assert_eq!(polynomial.rational_roots(), [huge]);
}

#[test]
fn the_resultant_is_the_product_of_values_at_the_roots() {
    let mut source = Random::new(5);
    for _ in 0..200 {
        let roots: Vec<Rational> = (0..3).map(|_| random_rational(&mut source)).collect();
        let lead = random_rational(&mut source).max(rational(1, 7));
        let from_roots = roots.iter().fold(Univariate::constant(lead.clone()), |p, root| {
            p.times(&Univariate::linear(-root.clone(), Rational::ONE))
        });
        let degree = source.random_range(0..5);
        let other = random_polynomial(&mut source, degree);
        let Some(degree) = other.degree() else { continue };
        let product = roots.iter().fold(lead.pow(degree as isize), |p, root| p * other.at(root));
        assert_eq!(from_roots.resultant(&other), product);
        let below = random_polynomial(&mut source, 2);
        let Some(values) = from_roots.values_of_fraction(&other, &below) else { continue };
        for root in &roots {
            assert!(values.at(&(other.at(root) / below.at(root))).is_zero());
        }
        assert_eq!(values.degree(), Some(3));
    }
}

#[test]
fn square_free_parts_have_each_root_once() {
    let factor = |root: i64| Univariate::linear(Rational::from(-root), Rational::ONE);
    let product = factor(1).to_power(3).times(&factor(2)).times(&factor(-3).to_power(2));
    assert_eq!(product.square_free_part(), factor(1).times(&factor(2)).times(&factor(-3)));
    assert_eq!(
        product.square_free_part_coprime_to(&factor(2).times(&factor(5))),
        factor(1).times(&factor(-3))
    );
    assert_eq!(product.without_root(&Rational::ONE), factor(2).times(&factor(-3).to_power(2)));
}

#[test]
fn the_characteristic_polynomial_is_that_of_companion_matrices() {
    let mut source = Random::new(9);
    for _ in 0..50 {
        let mut wanted: Vec<Rational> = (0..4).map(|_| random_rational(&mut source)).collect();
        let companion: RationalMatrix = (0..4)
            .map(|i| {
                let below = |j: usize| if i == j + 1 { Rational::ONE } else { Rational::ZERO };
                (0..4).map(|j| if j == 3 { -wanted[i].clone() } else { below(j) }).collect()
            })
            .collect();
        let found = characteristic_polynomial(&companion);
        let Some(back) = inverse(&companion) else { continue };
        assert_eq!(times(&companion, &back), identity(4));
        wanted.push(Rational::ONE);
        assert_eq!(found.coefficients(), wanted);
        let enclosed: Vec<Vec<Enclosure>> =
            companion.iter().map(|row| row.iter().map(Enclosure::of).collect()).collect();
        let value = rational_determinant(&companion);
        let Some(enclosed) = determinant(&enclosed) else { continue };
        assert!(enclosed.low() <= value && value <= enclosed.high());
        assert!(enclosed.high() - enclosed.low() < rational(1, 1 << 40));
    }
}

#[test]
fn enclosures_contain_exact_values() {
    let mut source = Random::new(7);
    let formulas = [
        "x*y - x/y",
        "(x - y)^3 + x^(-2)",
        "sqrt(x^2 + y^2)",
        "(x^2 + 1)^(2/3) - 1/sqrt(y^2)",
        "-x*(y - x)^2",
    ];
    let symbols = [Symbol::new("x"), Symbol::new("y")];
    for _ in 0..300 {
        let values = [random_rational(&mut source), random_rational(&mut source)];
        if values.iter().any(Rational::is_zero) {
            continue;
        }
        let at: BTreeMap<Symbol, Enclosure> =
            symbols.iter().cloned().zip(values.iter().map(Enclosure::of)).collect();
        for text in formulas {
            let formula = parse(text).unwrap();
            let tape = crate::expr::Tape::new(std::slice::from_ref(&formula), &symbols).unwrap();
            let numbers: Vec<f64> = values.iter().map(|v| v.to_f64().value()).collect();
            let value = tape.evaluate(&numbers)[0];
            let enclosed = Enclosure::of_expr(&formula, &at).unwrap();
            let (low, high) = (enclosed.low().to_f64().value(), enclosed.high().to_f64().value());
            assert!((value - low).abs() <= 1e-12 * (1.0 + value.abs()), "{text}: {value} and {low}");
            assert!(enclosed.high() - enclosed.low() < rational(1, 1 << 60) && low <= high);
        }
        // An identity: x·(1/x) and (√x)² hold the exact value, with a positive width.
        let x = Enclosure::of(&(&values[0] * &values[0] + Rational::ONE));
        let root = x.root(2).unwrap();
        let square = root.times(&root);
        assert!(square.low() <= x.low() && x.high() <= square.high());
        let one = x.times(&Enclosure::of(&Rational::ONE).over(&x).unwrap());
        assert!(one.low() <= Rational::ONE && Rational::ONE <= one.high());
    }
    assert_eq!(Enclosure::zero().root(2), None);
    assert_eq!(Enclosure::of_expr(&Expr::Pi, &BTreeMap::new()), None);
    assert!(Enclosure::of(&Rational::ONE).over(&Enclosure::zero().widened(&Rational::ONE)).is_none());
}
