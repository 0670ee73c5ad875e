//! The search on small Hamiltonians that are each hard in one way: what is found, what is said of it, and what
//! must never be said.

use liouville::expr::{Expr, Symbol, parse};
use liouville::integrals::{SearchConfig, SearchOutcome, SearchedSpace, search};
use liouville::mechanics::{
    Certificate, ConservedQuantity, Hamiltonian, PhaseSpace, Prover, functional_rank,
};
use liouville::progress::{Job, Limits};

/// A Hamiltonian of the coordinates x, y, … and momenta px, py, …
fn plane(formula: &str) -> Hamiltonian {
    in_space(formula, "x y", "px py")
}

fn in_space(formula: &str, coordinates: &str, momenta: &str) -> Hamiltonian {
    let symbols = |names: &str| names.split_whitespace().map(Symbol::new).collect::<Vec<_>>();
    let space = PhaseSpace::new(symbols(coordinates), symbols(momenta)).expect("a phase space");
    Hamiltonian::new(parse(formula).expect("a formula"), space)
}

fn searched(hamiltonian: &Hamiltonian, momentum_degree: u32) -> SearchOutcome {
    let limits = Limits { work: 100_000_000_000, seconds: f64::INFINITY };
    let config = SearchConfig { momentum_degree, limits, ..SearchConfig::default() };
    search(hamiltonian, &config, &Job::silent()).expect("a search")
}

/// Whether a law is a function of H and the laws found: it adds nothing to their rank.
fn is_found(outcome: &SearchOutcome, hamiltonian: &Hamiltonian, law: &str) -> bool {
    let law = parse(law).expect("a law");
    let space = hamiltonian.space();
    let mut functions: Vec<Expr> = vec![hamiltonian.formula().clone()];
    functions.extend(outcome.laws.iter().map(|law| law.formula().clone()));
    let before = functional_rank(&functions, space).expect("a rank").rank;
    functions.push(law);
    functional_rank(&functions, space).expect("a rank").rank == before
}

/// What must hold of every outcome: laws are proved, none is constant, none is listed twice, and the spaces of
/// one library do not contradict each other.
fn faults(name: &str, hamiltonian: &Hamiltonian, outcome: &SearchOutcome) -> Vec<String> {
    let mut faults = Vec::new();
    let space = hamiltonian.space();
    let rank = |laws: &[&ConservedQuantity]| {
        let formulas: Vec<Expr> = laws.iter().map(|law| law.formula().clone()).collect();
        functional_rank(&formulas, space).expect("a rank").rank
    };
    for (k, law) in outcome.laws.iter().enumerate() {
        if !law.is_proved() {
            faults.push(format!("{name}: {} is not proved", law.formula()));
        }
        if rank(&[law]) != 1 {
            faults.push(format!("{name}: {} is constant", law.formula()));
        }
        for other in &outcome.laws[..k] {
            if other.formula() == law.formula() {
                faults.push(format!("{name}: {} is listed twice", law.formula()));
            }
        }
    }
    let names: Vec<&str> = outcome.laws.iter().map(ConservedQuantity::name).collect();
    if names.iter().enumerate().any(|(k, name)| names[..k].contains(name)) {
        faults.push(format!("{name}: a name is given twice"));
    }
    for space in outcome.searched.iter().filter(|space| space.exhaustive) {
        let wider = |other: &&SearchedSpace| {
            other.library == space.library
                && other.momentum_degree >= space.momentum_degree
                && other.coefficient_degree >= space.coefficient_degree
        };
        if outcome.searched.iter().filter(wider).any(|other| other.integrals < space.integrals) {
            faults.push(format!("{name}: a wider space holds fewer integrals"));
        }
    }
    if let Some(widest) = SearchedSpace::widest(&outcome.searched)
        && widest.exhaustive != outcome.searched.iter().any(|space| space.exhaustive)
    {
        faults.push(format!("{name}: the headline contradicts the spaces"));
    }
    faults
}

/// Searches each Hamiltonian and wants the law among what is found.
fn expect_found(cases: &[(&str, &str)]) {
    let mut all = Vec::new();
    for (formula, law) in cases {
        let hamiltonian = plane(formula);
        let outcome = searched(&hamiltonian, 2);
        all.extend(faults(formula, &hamiltonian, &outcome));
        if !is_found(&outcome, &hamiltonian, law) {
            all.push(format!("{formula}: {law} is not found"));
        }
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
}

/// Wants the law found, or no exhaustive space in which it would have to be.
fn expect_found_or_not_claimed(cases: &[(&str, &str)]) {
    let mut all = Vec::new();
    for (formula, law) in cases {
        let hamiltonian = plane(formula);
        let proof = Prover::new(&hamiltonian).and_then(|p| p.certify(&parse(law).expect("a law")));
        assert!(proof.is_ok_and(|p: Option<Certificate>| p.is_some()), "{law} is no law of {formula}");
        let outcome = searched(&hamiltonian, 2);
        all.extend(faults(formula, &hamiltonian, &outcome));
        let claimed = outcome.searched.iter().any(|s| s.exhaustive && s.momentum_degree == 2);
        if claimed && !is_found(&outcome, &hamiltonian, law) {
            all.push(format!("{formula}: {law} is missing from what is said to be all"));
        }
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
}

#[test]
fn parameters_are_numbers_of_any_value() {
    expect_found(&[
        ("(px^2+py^2)/2 + cos(a)*x^2 + sin(a)*y^2", "px^2/2 + cos(a)*x^2"),
        ("(px^2+py^2)/2 + cos(a)*x^2 + sin(b)*y^2", "px^2/2 + cos(a)*x^2"),
        ("(px^2+py^2)/2 + exp(a)*x^2 + log(b)*y^2", "px^2/2 + exp(a)*x^2"),
        ("(px^2+py^2)/2 + tan(a)*x^2 + y^4", "px^2/2 + tan(a)*x^2"),
        ("(px^2+py^2)/2 + sqrt(a)*x^2 + y^2", "px^2/2 + sqrt(a)*x^2"),
        ("(px^2+py^2)/2 + (1 + a)*x^2 + y^2", "px^2/2 + (1 + a)*x^2"),
        (
            "(px^2+py^2)/2 + a*x^2/2 + b*x*y + c*y^2/2",
            "a*px^2 + 2*b*px*py + c*py^2 + (a*x + b*y)^2 + (b*x + c*y)^2",
        ),
        ("(px^2+py^2)/(2*m) + m*g*sin(alpha)*x + y^2/2", "py^2/m + y^2"),
        ("(px^2+py^2)/(2*m) - k/sqrt(x^2+y^2)", "px*(x*py - y*px) + k*m*y/sqrt(x^2+y^2)"),
        ("(px^2+py^2)/2 + sqrt(k^2)*x + y^2", "px^2/2 + sqrt(k^2)*x"),
    ]);
}

#[test]
fn numbers_that_are_not_rational() {
    expect_found(&[
        ("(px^2+py^2)/2 + cos(pi/2)*x^3 + x^2 + y^2", "x*py - y*px"),
        ("(px^2+py^2)/2 + sqrt(3)*x^2 + y^2", "px^2/2 + sqrt(3)*x^2"),
        ("(px^2+py^2)/2 + (1 + sqrt(3))*x^2 + y^2", "px^2/2 + (1 + sqrt(3))*x^2"),
        ("(px^2+py^2)/2 + pi*x^2 + y^2", "px^2/2 + pi*x^2"),
        ("(px^2+py^2)/2 + (pi + 1)*x^2 + y^2", "px^2/2 + (pi + 1)*x^2"),
        ("(px^2+py^2)/2 + exp(1)*x^2 + y^2", "px^2/2 + exp(1)*x^2"),
        ("(px^2+py^2)/2 + log(2)*x^2 + y^2", "px^2/2 + log(2)*x^2"),
        ("(px^2+py^2)/2 + 12*sin(pi/6)*x^2*y^2 + x^4 + y^4", "px*py + 4*(x^3*y + x*y^3)"),
        ("(px^2+py^2)/2 + cos(pi/3)*x^2/2 + y^2/4", "x*py - y*px"),
        ("(px^2+py^2)/2 + cos(x + pi/3) - cos(x)/2 + sqrt(3)*sin(x)/2 + y", "px"),
    ]);
}

#[test]
fn relations_between_numbers_are_seen_or_nothing_is_claimed() {
    let law = "px*py + 4*(x^3*y + x*y^3)";
    let six = [
        "6*tan(pi/4)",
        "24*cos(pi/5)*cos(2*pi/5)",
        "(log(2)+log(3)-log(6)+6)",
        "(6+log(exp(1))-1)",
        "(6+sqrt(3+2*sqrt(2))-1-sqrt(2))",
        "3*log(4)/log(2)",
        "12*cos(pi/3)",
        "(48*cos(pi/7)*cos(2*pi/7)*cos(3*pi/7))",
        "6*(cos(1)^2 + sin(1)^2)",
        "6*sqrt(2)*sqrt(3)/sqrt(6)",
        "6 + sqrt(5+2*sqrt(6)) - sqrt(2) - sqrt(3)",
        "6 + sqrt(12+2*sqrt(6)+2*sqrt(14)+2*sqrt(21)) - sqrt(2) - sqrt(3) - sqrt(7)",
        "6 + sqrt(15+10*sqrt(2))/sqrt(5) - sqrt(3+2*sqrt(2))",
        "6 + tan(pi/8) - sqrt(2) + 1",
        "6 + 4*sin(pi/10) - sqrt(5) + 1",
        "6 + sin(2) - 2*sin(1)*cos(1)",
    ];
    let formulas: Vec<String> =
        six.iter().map(|six| format!("(px^2+py^2)/2 + x^4 + ({six})*x^2*y^2 + y^4")).collect();
    // Those that the kernel decides.
    let decided = formulas.iter().filter(|formula| {
        let proof = Prover::new(&plane(formula)).and_then(|p| p.certify(&parse(law).expect("a law")));
        proof.is_ok_and(|p| p.is_some())
    });
    let cases: Vec<(&str, &str)> = decided.map(|formula| (formula.as_str(), law)).collect();
    assert!(cases.len() >= 14, "{}", cases.len());
    expect_found_or_not_claimed(&cases);
}

#[test]
fn open_relations_between_numbers_are_never_exhaustive() {
    for formula in [
        "(px^2+py^2)/2 + pi*x^2 + exp(1)*y^2",
        "(px^2+py^2)/2 + log(2)*x^2 + log(5)*y^2",
        "(px^2+py^2)/2 + pi*x^2 + log(7)*y^2",
        "(px^2+py^2)/2 + exp(pi)*x^2 + y^2",
        "(px^2+py^2)/2 + log(pi)*x^2 + y^4",
        "(px^2+py^2)/2 + sqrt(2+sqrt(2))*x^2 + sqrt(2-sqrt(2))*y^2",
    ] {
        let outcome = searched(&plane(formula), 2);
        assert!(outcome.widest().is_none(), "{formula}");
        assert!(SearchedSpace::widest(&outcome.searched).is_some_and(|space| !space.exhaustive));
    }
}

#[test]
fn absolute_values_have_either_sign() {
    expect_found(&[
        ("(px^2+py^2)/2 + sqrt(x^2) + sqrt(y^2)", "px^2/2 + sqrt(x^2)"),
        ("(px^2+py^2)/2 + sqrt(x^2)", "py"),
        ("(px^2+py^2)/2 + sqrt((x+y)^2)", "px - py"),
        ("(px^2+py^2)/2 + 3*sqrt(4*x^2) + y^2", "px^2/2 + 6*sqrt(x^2)"),
        ("(px^2+py^2)/2 + sqrt(x^4) + y^2", "x*py - y*px"),
        ("(px^2+py^2)/2 + sqrt((x^2+y^2)^2)", "x*py - y*px"),
        ("(px^2+py^2)/2 + sqrt(x^6) + y^2", "px^2/2 + sqrt(x^6)"),
        ("(px^2+py^2)/2 + x^2*sqrt(x^2) + y^2", "px^2/2 + x^2*sqrt(x^2)"),
        ("(px^2+py^2)/2 + 1/sqrt(x^2) + y^2", "px^2/2 + 1/sqrt(x^2)"),
        ("(px^2+py^2)/2 + (x^2)^(1/4) + y^2", "px^2/2 + (x^2)^(1/4)"),
    ]);
    for formula in ["(px^2+py^2)/2 + sqrt(x^2) + sqrt(y^2)", "(px^2+py^2)/2 + sqrt(x^2) + y^2"] {
        let outcome = searched(&plane(formula), 2);
        let without_root = |law: &ConservedQuantity| !law.formula().to_string().contains("sqrt");
        let touches = |law: &ConservedQuantity| law.formula().symbols().contains(&Symbol::new("x"));
        assert!(!outcome.laws.iter().any(|law| without_root(law) && touches(law)), "{formula}");
    }
}

#[test]
fn logarithms_and_their_exponentials() {
    expect_found(&[
        ("py*x*px + log(x)", "y + (x*px)^2/2"),
        ("py*x*px + 2*log(x)", "2*y + (x*px)^2/2"),
        ("py*x*px + log(3*x)", "y + (x*px)^2/2"),
        ("(px^2+py^2)/2 + exp(2*log(x)) + y^2", "x*py - y*px"),
        ("(px^2+py^2)/2 + exp(-2*log(x)) + y^2", "px^2/2 + 1/x^2"),
        ("(px^2+py^2)/2 + exp(log(x)/2) + y^2", "px^2/2 + sqrt(x)"),
        ("(px^2+py^2)/2 + log(exp(x)) + y^2", "px^2/2 + x"),
        ("(px^2+py^2)/2 + log(x) + log(y)", "px^2/2 + log(x)"),
        ("(px^2+py^2)/2 + log(x^2+y^2)", "x*py - y*px"),
        ("(px^2+py^2)/2 + log(x*y)", "px^2 + log(x^2)"),
        ("(px^2+py^2)/2 + log(x^2/y)", "px^2/2 + log(x^2)"),
        ("(px^2+py^2)/2 + log(3/(x*y))", "px^2 - log(x^2)"),
        ("(px^2+py^2)/2 + log(-x*y)", "px^2 + log(x^2)"),
        ("(px^2+py^2)/2 + log(-x) + log(y)", "px^2/2 + log(-x)"),
        ("(px^2+py^2)/2 + log(x^2-y^2)", "px*py + log((x+y)^2)/2 - log((x-y)^2)/2"),
        ("(px^2+py^2)/2 + log(sqrt(x^2+y^2))", "x*py - y*px"),
        ("(px^2+py^2)/2 + log(exp(x)*y)", "px^2/2 + x"),
        ("(px^2+py^2)/2 + exp(log(x*y))", "px*py + (x^2+y^2)/2"),
    ]);
}

/// sqrt(a + 2*sqrt(a) + 1) is sqrt(a) + 1, which hides that a factor of a law is zero.
#[test]
fn no_law_is_zero() {
    let hamiltonian = plane("(px^2+py^2)/2 + x^2 + y^2 + (sqrt(a + 2*sqrt(a) + 1) + sqrt(a) + 1)*x^4");
    let outcome = searched(&hamiltonian, 2);
    for law in &outcome.laws {
        let varies = functional_rank(std::slice::from_ref(law.formula()), hamiltonian.space());
        assert_eq!(varies.expect("a rank").rank, 1, "{}", law.formula());
    }
    assert!(is_found(&outcome, &hamiltonian, "py^2/2 + y^2"));
}

#[test]
fn no_constant_is_a_law_and_none_is_listed_twice() {
    let mut all = Vec::new();
    for formula in [
        "(px^2+py^2)/2 + log(k)*tan(x) + cos(pi/3)/y^2",
        "(px^2+py^2)/2 + tan(x) + tan(y)",
        "(px^2+py^2)/2 + k*tan(x)^2 + 1/y^2",
        "(px^2+py^2)/(2*m) + m*g*sin(alpha)*x + y^2/2",
        "(px^2+py^2)/(2*m) + m*g*sin(alpha)*x + k*y^2/2",
        "(px^2+py^2)/2 + sqrt(x^2)/x + y^2",
        "(px^2+py^2)/2 + sqrt(x^2) + 1/x^2",
        "(px^2+py^2)/2 + sqrt(1 - cos(x)^2) + y^2",
        "(px^2+py^2)/2 + sqrt(a/b)*x^2 + sqrt(a)/sqrt(b)*y^2",
        "a*px^2 + b*py^2 + c*x + d*y",
    ] {
        let hamiltonian = plane(formula);
        all.extend(faults(formula, &hamiltonian, &searched(&hamiltonian, 2)));
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
}

#[test]
fn coefficients_are_no_different_from_others_where_a_prime_divides_them() {
    // Primes that linear systems are solved over, and numbers that are 0, 1 or −1 modulo them.
    let prime = "2147483579";
    let cases = [
        (format!("(px^2+py^2)/2 + {prime}*x^2 + y^2"), 1),
        (format!("(px^2+py^2)/2 + x^2/{prime} + y^2"), 1),
        ("(px^2+py^2)/2 + 2147483580*x^2 + y^2".to_owned(), 1),
        ("(px^2+py^2)/2 + 2147483578*x^2 - y^2".to_owned(), 1),
        ("(px^2+py^2)/2 + 2305843009213693951*x^2 + y^2".to_owned(), 1),
        (format!("(px^2+{prime}*py^2)/2 + x^2 + y^4"), 1),
        (format!("(px^2+py^2)/2 + sqrt(x + {prime}) + y^2"), 1),
        ("(px^2+py^2)/2 + 2147483579*(x^2 + y^2)".to_owned(), 3),
    ];
    for (formula, laws) in &cases {
        let outcome = searched(&plane(formula), 2);
        assert_eq!(outcome.laws.len(), *laws, "{formula}: {:?}", outcome.laws);
        assert!(outcome.searched.iter().all(|space| space.exhaustive), "{formula}");
    }
}

#[test]
fn combinations_complete_a_set_in_involution() {
    let vortices = |n: usize| -> String {
        let pairs = (1..=n).flat_map(|i| (i + 1..=n).map(move |j| (i, j)));
        let terms = pairs.map(|(i, j)| format!("log((x{i} - x{j})^2 + (y{i} - y{j})^2)"));
        format!("-({})/2", terms.collect::<Vec<_>>().join(" + "))
    };
    let three = in_space(&vortices(3), "x1 x2 x3", "y1 y2 y3");
    let sphere =
        |potential: &str| in_space(&format!("(px^2+py^2+pz^2)/2 + {potential}"), "x y z", "px py pz");
    for (hamiltonian, name, of) in [
        (three, "C", "K1^2 + Py^2"),
        (sphere("log(x^2+y^2+z^2)"), "L2", "Lz^2 + Ly^2 + Lx^2"),
        (sphere("(x^2+y^2+z^2)^2"), "L2", "Lz^2 + Ly^2 + Lx^2"),
        (sphere("1/(x^2+y^2+z^2)^2"), "L2", "Lz^2 + Ly^2 + Lx^2"),
        (sphere("exp(-(x^2+y^2+z^2))"), "L2", "Lz^2 + Ly^2 + Lx^2"),
    ] {
        let outcome = searched(&hamiltonian, 2);
        let formula = hamiltonian.formula();
        let [combination] = &outcome.combinations[..] else {
            panic!("{formula}: {:?}", outcome.combinations)
        };
        assert_eq!(combination.quantity.name(), name, "{formula}");
        let terms =
            |text: &str| text.split(" + ").map(str::to_owned).collect::<std::collections::BTreeSet<_>>();
        assert_eq!(terms(&combination.of.to_string()), terms(of), "{formula}");
        assert!(combination.quantity.is_proved());
        assert_eq!(outcome.assessment.involutive().len(), 3, "{formula}");
        assert!(outcome.laws.iter().all(|law| law.formula() != combination.quantity.formula()));
    }
}

#[test]
fn the_last_law_in_involution_is_sought_one_degree_further() {
    let pairs = (1..=5).flat_map(|i| (i + 1..=5).map(move |j| format!("1/(q{i} - q{j})^2")));
    let potential = pairs.collect::<Vec<_>>().join(" + ");
    let names = |letter: &str| (1..=5).map(|k| format!("{letter}{k}")).collect::<Vec<_>>().join(" ");
    let kinetic = (1..=5).map(|k| format!("p{k}^2")).collect::<Vec<_>>().join(" + ");
    let calogero = in_space(&format!("({kinetic})/2 + {potential}"), &names("q"), &names("p"));
    let outcome = searched(&calogero, 4);
    assert_eq!(outcome.assessment.involutive().len(), 5);
}

#[test]
fn signs_are_those_that_occur_where_h_is_real() {
    // The root of a square is the function itself where that is positive.
    expect_found(&[
        ("(px^2+py^2)/2 + (sqrt(x)^2 + sqrt(x^2))/2", "px*py + y"),
        ("(px^2+py^2)/2 + log(x) + sqrt(x^2) - x + y", "px^2/2 + log(x)"),
        ("(px^2+py^2)/2 + sqrt(-x)^2 + 3*sqrt(x^2)", "py"),
    ]);
    // Relations of signs that the search does not use: the space must not be claimed.
    for formula in [
        "(px^2+py^2)/2 + sqrt(x*y) + sqrt(x^2) + sqrt(y^2)",
        "(px^2+py^2)/2 + sqrt((x+y)^2) + sqrt((x+y)^2*(1+x^2)^2)",
    ] {
        assert!(searched(&plane(formula), 2).widest().is_none(), "{formula}");
    }
    for formula in ["(px^2+py^2)/2 + sqrt((x-1)^2) + y^2", "(px^2+py^2)/2 + sqrt((x^2-1)^2) + y^2"] {
        assert!(searched(&plane(formula), 2).searched.iter().all(|space| space.exhaustive), "{formula}");
    }
}

#[test]
fn what_a_library_leaves_out_is_said() {
    for (formula, said) in [
        ("(px^2+py^2)/2 + cos(x) + y^2", "ingredients of H, no powers of x"),
        ("(px^2+py^2)/2 + exp(x) + y^2", "ingredients of H, no powers of x"),
        ("(px^2+py^2)/2 + cos(x)", "ingredients of H, sines and cosines of y, no powers of x, y"),
    ] {
        let outcome = searched(&plane(formula), 2);
        assert_eq!(outcome.searched[0].library, said, "{formula}");
    }
    let kepler = plane("(px^2+py^2)/2 - 1/sqrt(x^2+y^2)");
    let given = |terms: &[&str]| {
        let library = Some(terms.iter().map(|term| parse(term).expect("a term")).collect());
        let config = SearchConfig { library, ..SearchConfig::default() };
        let found = search(&kepler, &config, &Job::silent()).expect("a search");
        (found.searched[0].library.clone(), found.searched[0].exhaustive)
    };
    let left_out = "the terms given, which leave out sqrt(x^2 + y^2) of H".to_owned();
    assert_eq!(given(&["x*py", "y*px", "px^2", "py^2"]), (left_out, false));
    let whole = ["x*py", "y*px", "px^2", "py^2", "1/sqrt(x^2+y^2)"];
    assert_eq!(given(&whole), ("the terms given".to_owned(), true));
}

#[test]
fn the_same_whatever_the_number_of_threads() {
    for formula in [
        "(px^2+py^2)/2 + a*x^2/2 + b*x*y + c*y^2/2",
        "(px^2+py^2)/2 + sqrt(x^2) + sqrt(y^2)",
        "(px^2+py^2)/2 + cos(a)*x^2 + sin(a)*y^2",
    ] {
        let outcome = |threads: usize| {
            let config =
                SearchConfig { momentum_degree: 2, threads: Some(threads), ..SearchConfig::default() };
            let found = search(&plane(formula), &config, &Job::silent()).expect("a search");
            let laws: Vec<String> = found.laws.iter().map(|law| law.formula().to_string()).collect();
            (laws, found.searched, found.work)
        };
        assert_eq!(outcome(1), outcome(3), "{formula}");
    }
}

/// A law in another dress is no other law.
#[test]
fn functions_of_laws_are_not_listed_beside_them() {
    for (h, expected) in [
        (plane("px^2/2 + x^2 + sin(py)"), &["py"][..]),
        (plane("px^2/2 + x^2 + cos(py)*py"), &["py"]),
        (plane("(px^2 + py^2)/2 + abs(x*py - y*px)"), &["x*py - y*px"]),
        (plane("px^2/2 + exp(x) + exp(py)"), &["py"]),
        (plane("px^2/2 + x^2 + sqrt(1 + py^2)"), &["py"]),
        (plane("px^2/2 + x^2 + abs(py)"), &["py"]),
    ] {
        let outcome = searched(&h, 2);
        let laws: Vec<String> = outcome.laws.iter().map(|law| law.formula().to_string()).collect();
        assert_eq!(laws, expected, "{}", h.formula());
    }
    let outcome = searched(&plane("1/((px^2 + py^2)/2 + x^2 + y^2)"), 2);
    let names: Vec<&str> = outcome.laws.iter().map(ConservedQuantity::name).collect();
    assert_eq!(outcome.laws.len(), 3, "{names:?}");
    let outcome = searched(&plane("1/((px^2 + py^2)/2 + x^2 + y^4)"), 2);
    assert_eq!(outcome.laws.len(), 1);
}
