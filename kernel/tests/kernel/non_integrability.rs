//! Proofs of known cases, and none of integrable ones.

use liouville_kernel::CancelToken;
use liouville_kernel::expr::{Rational, Symbol, parse};
use liouville_kernel::galois::kimura;
use liouville_kernel::mechanics::*;

fn hamiltonian(names: &str, text: &str) -> Hamiltonian {
    let symbols =
        |prefix: &str| names.split(' ').map(|name| Symbol::new(format!("{prefix}{name}"))).collect();
    let space = PhaseSpace::new(symbols(""), symbols("p")).unwrap();
    Hamiltonian::new(parse(text).unwrap(), space)
}

fn obstructions(names: &str, text: &str) -> Option<Obstructions> {
    Obstructions::of(&hamiltonian(names, text), &CancelToken::new()).unwrap()
}

fn unit(dof: usize, i: usize) -> Vec<Rational> {
    (0..dof).map(|j| if i == j { Rational::ONE } else { Rational::ZERO }).collect()
}

/// What the plane of two degrees of freedom proves.
fn in_the_plane(text: &str) -> Option<NonIntegrability> {
    let found = obstructions("x y", text)?;
    let proposal = |part| Proposal::Plane { part, basis: [unit(2, 0), unit(2, 1)] };
    found.parts().iter().find_map(|part| found.prove(&proposal(part.part())).unwrap())
}

const KINETIC: &str = "(px^2 + py^2)/2 + ";

#[test]
fn potentials_that_are_not_integrable() {
    for (text, eigenvalue, class) in [
        ("(x^2 + y^2)/2 + x^2*y - y^3/3", "-2", IntegralClass::Rational),
        ("x^2*y + y^3/2", "4/3", IntegralClass::Meromorphic),
        ("(x^2 + y^2)/2 + x^2*y^2", "-1", IntegralClass::Rational),
        ("x^2*y^2", "-1", IntegralClass::Meromorphic),
        ("(x^4 + y^4)/4 + x^2*y^2", "2", IntegralClass::Meromorphic),
        ("x^2*y", "-1", IntegralClass::Meromorphic),
        ("1/(x^2*y^2)", "", IntegralClass::Meromorphic),
        ("x^4 + y^4 + x^3*y", "", IntegralClass::Meromorphic),
    ] {
        let proof = in_the_plane(&format!("{KINETIC}{text}")).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(proof.class(), class, "{text}");
        let Reason::Darboux { eigenvalue: found, .. } = proof.reason() else { panic!("{text}") };
        if let Eigenvalue::Rational(value) = found
            && !eigenvalue.is_empty()
        {
            assert_eq!(value.to_string(), eigenvalue, "{text}");
        }
    }
}

#[test]
fn other_masses_and_signatures() {
    assert!(in_the_plane("(-px^2 + py^2)/2 + x^2*y^2/2").is_some());
    assert!(in_the_plane("px^2/2 + py^2/4 + x^2*y + y^3/3").is_some());
    // Gyroscopic terms are dominated by quartic ones, and not by quadratic ones.
    let quartic = "(px^2 + py^2)/2 + 3*(x*py - y*px) - (x^2 + y^2)^2/4 - x^2*y^2/2";
    assert_eq!(in_the_plane(quartic).map(|proof| proof.class()), Some(IntegralClass::Rational));
    assert_eq!(in_the_plane("(px^2 + py^2)/2 + x*py - y*px + x^2 + 3*y^2"), None);
    // A kinetic energy that depends on the place, and one that is degenerate.
    assert!(obstructions("x y", "(px^2 + (1 + x^2)*py^2)/2 + x^2*y").is_none());
    assert!(obstructions("x y", "px^2/2 + x^2*y").is_none());
    assert!(obstructions("x y", "(px^2 + py^2)/2 + k*x^2*y").is_none(), "a parameter");
}

#[test]
fn integrable_potentials_are_left_alone() {
    for text in [
        "x^2*y + y^3/3",
        "x^2*y + 2*y^3",
        "x^2*y + 16*y^3/3",
        "x^3 + x*y^2/2",
        "x^4 + y^4",
        "(x^2 + y^2)^2/4",
        "(x^4 + y^4)/4 + 3*x^2*y^2/2",
        "x^4 + 6*x^2*y^2 + y^4",
        "x^4 + 6*x^2*y^2 + 8*y^4",
        "x^4 + 12*x^2*y^2 + 16*y^4",
        "16*y^5 + 16*y^3*x^2 + 3*y*x^4",
        "(x^2 + y^2)^3",
        "1/x^2 + 1/y^2",
        "1/x + 1/y",
        "x + y",
        "x^3 + y",
        "(3*x + 4*y)^3 + (4*x - 3*y)^3",
        "(3*x + 4*y)^4 - 7*(4*x - 3*y)^4",
        "(x - y)^5",
        "x^3",
    ] {
        let text = format!("{KINETIC}{text}");
        let found = in_the_plane(&text);
        assert_eq!(found, None, "{text}");
    }
}

#[test]
fn directions_of_potentials_with_roots() {
    let found = obstructions("x y", "(px^2 + py^2)/2 - 1/sqrt(x^2 + 2*y^2)").unwrap();
    assert_eq!(found.parts().len(), 1);
    let proposal = |direction| Proposal::Direction { part: Part::Whole, direction };
    let proof = found.prove(&proposal(unit(2, 0))).unwrap().unwrap();
    let Reason::Darboux { eigenvalue, .. } = proof.reason() else { panic!() };
    assert_eq!(*eigenvalue, Eigenvalue::Rational(Rational::from(2)));
    assert_eq!(proof.class(), IntegralClass::MeromorphicWithRoots);
    assert_eq!(
        found.prove(&proposal(vec![Rational::ONE, Rational::ONE])).unwrap(),
        None,
        "no Darboux direction"
    );
    let kepler = obstructions("x y", "(px^2 + py^2)/2 - 1/sqrt(x^2 + y^2)").unwrap();
    assert_eq!(kepler.prove(&proposal(unit(2, 0))).unwrap(), None);
    // Holt's potential is integrable and of degree 4/3.
    let holt = obstructions("x y", "(px^2 + py^2)/2 + 3*x^(4/3)/4 + y^2*x^(-2/3)").unwrap();
    assert_eq!(holt.prove(&proposal(unit(2, 0))).unwrap(), None);
    let other = obstructions("x y", "(px^2 + py^2)/2 + x^(4/3) + y^2*x^(-2/3)").unwrap();
    assert!(other.prove(&proposal(unit(2, 0))).unwrap().is_some());
}

#[test]
fn no_direction_lies_where_a_root_vanishes() {
    // x − y = 0 is a branch of V, however often it can be differentiated there.
    let text = "(px^2 + py^2)/2 + ((x - y)^2)^(3/2)*(x + y)^2";
    let found = obstructions("x y", text).unwrap();
    let direction = vec![Rational::ONE, Rational::ONE];
    assert_eq!(found.prove(&Proposal::Direction { part: Part::Whole, direction }).unwrap(), None);
}

#[test]
fn three_bodies_on_a_line() {
    let text = "(px1^2 + py1^2)/2 + (px2^2 + py2^2)/4 + (px3^2 + py3^2)/6 - 2/sqrt((x1 - x2)^2 + (y1 - y2)^2) \
                - 3/sqrt((x1 - x3)^2 + (y1 - y3)^2) - 6/sqrt((x2 - x3)^2 + (y2 - y3)^2)";
    let found = obstructions("x1 y1 x2 y2 x3 y3", text).unwrap();
    let start = collinear([1.0, 2.0, 3.0]);
    let proposal = |block: Vec<usize>| Proposal::Point {
        part: Part::Whole,
        start: start.clone(),
        vanishing: vec![1, 3, 5],
        block,
    };
    let proof = found.prove(&proposal(vec![1, 3, 5])).unwrap().expect("a proof");
    let Reason::Darboux { eigenvalue: Eigenvalue::Between(low, high), .. } = proof.reason() else { panic!() };
    let (low, high) = (low.to_f64().value(), high.to_f64().value());
    assert!((low - 2.269).abs() < 1e-3 && high - low < 1e-9, "{low}, {high}");
    assert!(!proof.excludes_single_integrals());
    // Along the line the eigenvalues are −2 and −2μ.
    assert!(found.prove(&proposal(vec![0, 2, 4])).unwrap().is_some());
    assert_eq!(found.prove(&proposal(vec![0, 3])).unwrap(), None, "no invariant block");
}

/// The collinear central configuration in the order 1, 2, 3, by a damped Newton's method in floating point.
fn collinear(masses: [f64; 3]) -> Vec<f64> {
    let mut x = [-1.0, 0.1, 1.0];
    for _ in 0..20_000 {
        let force = |i: usize| -> f64 {
            let pull = |j: usize| masses[j] * (x[i] - x[j]) / (x[i] - x[j]).abs().powi(3);
            (0..3).filter(|&j| j != i).map(pull).sum::<f64>() - x[i]
        };
        let step = [force(0), force(1), force(2)];
        x.iter_mut().zip(step).for_each(|(x, s)| *x += 0.02 * s);
    }
    x.into_iter().flat_map(|x| [x, 0.0]).collect()
}

/// The proof, and the same with what these laws split off.
fn with_laws(names: &str, text: &str, basis: [Vec<Rational>; 2], laws: &[&str]) -> NonIntegrability {
    let found = obstructions(names, text).unwrap();
    let proposal = Proposal::Plane { part: found.parts()[0].part(), basis };
    let proof = found.prove(&proposal).unwrap().expect("a proof");
    let prover = Prover::new(&hamiltonian(names, text)).unwrap();
    let proved = |law: &&str| prover.certify(&parse(law).unwrap()).unwrap().expect("a law");
    let laws: Vec<_> = laws.iter().map(|law| ConservedQuantity::proved("P", proved(law))).collect();
    found.without_translations(proof, &laws).unwrap()
}

#[test]
fn the_centre_of_mass_splits_off() {
    let chain = "pa^2/2 + pb^2/2 + pc^2/2 + (b - a)^3 + (c - b)^3 + (a - c)^3";
    let vector = |entries: [i32; 3]| entries.map(Rational::from).to_vec();
    let basis = || [vector([1, -1, 0]), vector([0, 1, -1])];
    let proof = with_laws("a b c", chain, basis(), &["pa + pb + pc"]);
    assert_eq!(proof.translations(), [vector([1, 1, 1])]);
    assert_eq!(proof.relative_degrees_of_freedom(), Some(2));
    assert!(!proof.excludes_single_integrals());
    // The same law twice is one; other laws split nothing off.
    let twice = with_laws("a b c", chain, basis(), &["pa + pb + pc", "2*(pa + pb + pc)", chain]);
    assert_eq!(twice.relative_degrees_of_freedom(), Some(2));
    assert_eq!(with_laws("a b c", chain, basis(), &[]).relative_degrees_of_freedom(), None);
    // A translation along which the kinetic energy vanishes does not split off alone.
    let unit = |i: usize| unit(4, i);
    let light = |laws: &[&str]| {
        let text = "(pa^2 + pd^2)/2 + pb*pc + a^2*d^2";
        with_laws("a b c d", text, [unit(0), unit(3)], laws).relative_degrees_of_freedom()
    };
    assert_eq!(light(&["pc"]), None);
    assert_eq!(light(&["pc", "pb"]), Some(2));
}

#[test]
fn pair_potentials_of_fractional_degree() {
    // Forces 1/r^(3/2) between three equal bodies in the plane.
    let names = "x1 y1 x2 y2 x3 y3";
    let pair = |i: u32, j: u32| format!(" - ((x{i} - x{j})^2 + (y{i} - y{j})^2)^(-1/4)");
    let momenta = "(px1^2 + py1^2 + px2^2 + py2^2 + px3^2 + py3^2)/2";
    let text = format!("{momenta}{}{}{}", pair(1, 2), pair(1, 3), pair(2, 3));
    let found = obstructions(names, &text).unwrap();
    // x₁ = −s, x₂ = 0, x₃ = s with s = ½ (s^(−3/2) + (2s)^(−3/2)).
    let s = (0.5 * (1.0 + 0.5_f64.powf(1.5))).powf(0.4);
    let proposal = Proposal::Point {
        part: Part::Whole,
        start: vec![-s, 0.0, 0.0, 0.0, s, 0.0],
        vanishing: vec![1, 3, 5],
        block: vec![1, 3, 5],
    };
    let proof = found.prove(&proposal).unwrap().expect("a proof");
    let Reason::Darboux { degree, eigenvalue: Eigenvalue::Between(low, high), .. } = proof.reason() else {
        panic!()
    };
    assert_eq!(degree.to_string(), "-1/2");
    let between = kimura::between(degree, low, high).unwrap();
    assert!(between.is_empty() && low < high, "{low}, {high}");
}

#[test]
fn exponentials() {
    let toda = |masses: [u32; 3]| {
        let [a, b, c] = masses;
        let text = format!(
            "pa^2/{} + pb^2/{} + pc^2/{} + exp(a - b) + exp(b - c) + exp(c - a)",
            2 * a,
            2 * b,
            2 * c
        );
        let found = obstructions("a b c", &text).unwrap();
        let weights = [[2, 1, 0], [0, 2, 1], [1, 0, 2]].map(|w| w.map(Rational::from).to_vec());
        assert_eq!(found.exponents().len(), 3);
        weights.into_iter().find_map(|weights| found.prove(&Proposal::Exponentials { weights }).unwrap())
    };
    assert_eq!(toda([1, 1, 1]), None);
    let proof = toda([1, 2, 3]).unwrap();
    assert_eq!(proof.class(), IntegralClass::RationalWithExponentials);
    let Reason::Exponential { eigenvalue, .. } = proof.reason() else { panic!() };
    assert!(!kimura::allows_exponential(eigenvalue));
    assert!(obstructions("x y", "(px^2 + py^2)/2 + x*exp(y)").is_none());
}

#[test]
fn an_assessment_takes_only_proofs_of_its_own_hamiltonian() {
    let text = format!("{KINETIC}x^2*y^2");
    let proof = in_the_plane(&text).unwrap();
    let own = assess(&Prover::new(&hamiltonian("x y", &text)).unwrap(), &[]).unwrap();
    assert_eq!(own.verdict(), Verdict::Undecided);
    assert_eq!(own.obstructed(proof.clone()).verdict(), Verdict::NonIntegrable);
    let other =
        assess(&Prover::new(&hamiltonian("x y", &format!("{KINETIC}x^4 + y^4"))).unwrap(), &[]).unwrap();
    assert_eq!(other.obstructed(proof).verdict(), Verdict::Undecided);
}
