//! What is proved is proved on a stated domain, and laws that jump are no laws.

use liouville_kernel::expr::{Condition, Expr, Symbol, parse};
use liouville_kernel::mechanics::{
    Assessment, Bracket, Certificate, Claim, Conservation, ConservedQuantity, Hamiltonian, MechanicsError,
    PhaseSpace, Prover, Status, Verdict, Verification, assess, verify,
};

fn formula(text: &str) -> Expr {
    parse(text).unwrap_or_else(|e| panic!("{text}: {e}"))
}

/// H of x, y, z (as many as named) and their momenta; conditions after `where`.
fn hamiltonian(text: &str, coordinates: &[&str]) -> Hamiltonian {
    let symbols = |prefix: &str| coordinates.iter().map(|q| Symbol::new(format!("{prefix}{q}"))).collect();
    let space = PhaseSpace::new(symbols(""), symbols("p")).expect("a phase space");
    let (h, conditions) = text.split_once(" where ").unwrap_or((text, ""));
    let hamiltonian = Hamiltonian::new(formula(h), space);
    match conditions {
        "" => hamiltonian,
        text => hamiltonian.restricted(Condition::parse_all(text).expect("conditions")),
    }
}

fn plane(text: &str) -> Hamiltonian {
    hamiltonian(text, &["x", "y"])
}

fn outcome(h: &Hamiltonian, law: &str) -> Conservation {
    let (law, conditions) = law.split_once(" where ").unwrap_or((law, ""));
    let domain =
        if conditions.is_empty() { Vec::new() } else { Condition::parse_all(conditions).expect(law) };
    let prover = Prover::new(h).unwrap_or_else(|e| panic!("{}: {e}", h.formula()));
    prover.prove_where(&formula(law), &domain).unwrap_or_else(|e| panic!("{law}: {e}"))
}

fn status(h: &Hamiltonian, law: &str) -> Status {
    outcome(h, law).status()
}

fn verified(h: &Hamiltonian, laws: &[&str]) -> Verification {
    let claim = |law: &&str| Claim { name: None, formula: formula(law), domain: Vec::new() };
    let claims: Vec<Claim> = laws.iter().map(claim).collect();
    verify(h, &claims).unwrap_or_else(|e| panic!("{laws:?}: {e}"))
}

/// Separable in parabolic coordinates. √(r − x) has an edge at y = 0 where x > 0, which orbits cross.
const PARABOLIC: &str =
    "(px^2+py^2)/2 + (sqrt(sqrt(x^2+y^2)+x)/2 + 3*sqrt(sqrt(x^2+y^2)-x)/4 - 2)/sqrt(x^2+y^2)";

#[test]
fn laws_that_jump_where_orbits_cross_are_piecewise() {
    let two_sides = plane(
        "(px^2+py^2)/2 + (1+sqrt(y^2)/y)/2*(x^2+y^2)/2 + (1-sqrt(y^2)/y)/2*((x^2+y^2)/2 + x^2*y - y^3/3)",
    );
    assert_eq!(status(&two_sides, "(1+sqrt(y^2)/y)*(px^2+x^2)"), Status::Piecewise);
    let henon_heiles = plane("(px^2+py^2+x^2+y^2)/2 + x^2*y - y^3/3");
    let free = plane("(px^2+py^2)/2");
    let trap = plane("(px^2+py^2)/2 + x^2 + y^2");
    for (h, law) in [
        (&henon_heiles, "sqrt(x^2)/x"),
        (&henon_heiles, "sqrt((x + y)^2)/(x + y)"),
        (&henon_heiles, "sqrt(px^2)/px"),
        (&trap, "(sqrt(x^2)/x)*(px^2 + 2*x^2)"),
        (&free, "sqrt(x^2)/x*px"),
        (&free, "px + sqrt((x - 1)^2)/(x - 1)"),
        (&free, "sqrt((x*y)^2)/(x*y)"),
        (&plane("(px^2+py^2)/2 + sqrt(x^2)"), "sqrt(x^2)/x*py"),
        // The sign hides in a root whose radicand is not seen to be a square.
        (&free, "sign(sin(x))*py"),
        (&free, "sign(tan(x))"),
        (&free, "sign(sqrt(x) - 1)"),
        (&free, "sign(x - sqrt(2))"),
        (&free, "(x^6)^(1/6)/x"),
        (&free, "sqrt(1 - cos(x)^2)/sin(x)"),
        (&free, "sqrt(x + 1 - 2*sqrt(x))/(sqrt(x) - 1)*py"),
        (&free, "exp(log(x^2)/2)/x*py"),
        (&free, "((x^2)^a)^(1/(2*a))/x*py"),
        (&plane("(px^2+py^2)/2 + tan(x)"), "sign(sin(x))"),
        (&plane("(px^2+py^2)/2 + 1/(1 - cos(x))"), "sign(sin(x))"),
        // The function is the sign of a pole.
        (&free, "x*sqrt(1/x^2)*py"),
        (&free, "sqrt(1/(x - 1)^2)*(x - 1)"),
        // y/√(r − x) is √(r + x) with the sign of y.
        (
            &plane(PARABOLIC),
            "4*px*(x*py - y*px) - y*(x*(2/sqrt(x + sqrt(x^2 + y^2)) - 3/sqrt(sqrt(x^2 + y^2) - x)) - 8)/sqrt(x^2 + y^2)",
        ),
        // The sign stands inside of a function.
        (&free, "sqrt(2 + sign(x))"),
        (&free, "exp(sign(x))*px"),
        (&free, "sin(sign(x) + px)"),
        (&free, "log(2 + sign(x))"),
        (&free, "(3 + sign(x))^py"),
        (&free, "2^(sign(x)*py)"),
        (&free, "sqrt(px^2*(2 + sign(x)))"),
        (&free, "sqrt(1 + sqrt(2 + sign(x - y)))*py"),
        (&free, "sign(sign(x) + px)"),
        (&plane("(px^2+py^2)/2 + sqrt(x^2)"), "log(1 + exp(sign(x)))"),
        (&plane("(px^2+py^2)/2 + y^2"), "sqrt(1 + (px^2/2 + x*sign(x)/x)^2)"),
        // Holes in the domain of the law or of H are no walls.
        (&free, "sign(x)*(x^2)^(1/4)/(x^2)^(1/4)"),
        (&plane("(px^2+py^2)/2 + abs(x)^(3/2)"), "sign(x)*py"),
        (&plane("(px^2+py^2)/2 + (exp(x) - 1)/x"), "sign(x)*py"),
        // H has the same pole, but is finite there.
        (&plane("(px^2+py^2)/2 + x^6/(x^10)^(1/2)"), "(x^10)^(1/10)/x*py"),
        (&plane("(px^2+py^2)/2 + x^6/(x^10)^(1/2)"), "sign(x)*py"),
        (&plane("(px^2+py^2)/2 + x^4/(x^6)^(1/3)"), "(x^6)^(1/6)/x"),
        (&plane("(px^2+py^2)/2 + (1 - cos(x))^2/sin(x)^2"), "sqrt(1 - cos(x)^2)/sin(x)"),
        (&plane("(px^2+py^2)/2 + (x^2 - y^2)/(x - y)"), "sqrt((x - y)^2)/(x - y)"),
        (&plane("(px^2+py^2)/2 + (x - 1)/(x^2 - 1)"), "sign(x - 1)"),
        (&plane("(px^2+py^2)/2 + (x - 1)/(x^2 - 1)"), "((x^2 - 1)^6)^(1/6)/(x^2 - 1)"),
        (&plane("(px^2+py^2)/2 + (exp(x) - 1)^2/(exp(x) - 1)"), "sign(exp(x) - 1)*py"),
        // H is infinite on one part of the surface and finite on the other, or for one value of the parameter.
        (&plane("(px^2+py^2)/2 + (y + abs(y))/x^2"), "sign(x)"),
        (&plane("(px^2+py^2)/2 + k/x^2"), "sign(x)*py"),
        // Roots and sines stand before the sign in H.
        (&plane("(px^2+py^2)/2 + sin(x)*sign(x)"), "sign(x)*py"),
        (&plane("(px^2+py^2)/2 + sqrt(1 + x^2)*abs(x)"), "sign(x)*py"),
        (&plane("(px^2+py^2)/2 + abs(x)*sqrt(abs(x))/x"), "sign(x)"),
        (&plane("(px^2+py^2)/2 + sqrt(x^2 + y^2)*sign(x)*x"), "sign(x)"),
        (&plane("(px^2+py^2)/2 + sin(x)^2/(x*sign(x))"), "sign(x)*py"),
        (&plane("(px^2+py^2)/2 + sqrt(2)*sign(x)*sin(x)^2"), "sign(x)"),
        (&plane("py^2/2 + x*y"), "1/log(x)"),
        (&free, "sign(x - a)*py"),
        // A claim that cuts out the surface itself cuts no orbit off.
        (&free, "sign(x)*py where x != 0"),
        (&free, "abs(x)/x where x != 0, y > 0"),
        (&free, "sign(x - y)*px where x != y"),
        (&free, "sign(x)*py where x^2 > 0"),
        (&free, "(x^6)^(1/6)/x where x != 0"),
        (&free, "sign(px) where px*py != 0"),
        (&plane("(px^2+py^2)/2 + sqrt(x^2)"), "sign(x)*py where sqrt(x^2) > 0"),
        // A step in H is no wall: an orbit of enough energy passes it.
        (&plane("(px^2+py^2)/2 + sqrt(x^2)/x"), "sqrt(x^2)/x"),
    ] {
        match outcome(h, law) {
            Conservation::Piecewise { .. } => {}
            other => panic!("{law}: {other:?}"),
        }
    }
}

#[test]
fn signs_that_do_no_harm_leave_a_law_proved() {
    let free = plane("(px^2+py^2)/2");
    let kink = plane("(px^2+py^2)/2 + sqrt(x^2)");
    // H is infinite at x = 0: no orbit crosses.
    let wall = plane("(px^2+py^2)/2 + 1/x^2");
    let parabolic = plane(PARABOLIC);
    for (h, law) in [
        (&free, "sqrt(px^2)"),
        (&free, "sqrt((px*py)^2)"),
        (&free, "sqrt((x*py - y*px)^2)*px"),
        (&free, "sqrt(1 + abs(px))"),
        (&free, "exp(abs(px))*log(1 + abs(x*py - y*px))"),
        (&free, "cos(abs(px))/(1 + abs(px))"),
        (&kink, "sqrt(1 + (px^2 + 2*sqrt(x^2))^2)"),
        (&kink, "log(1 + px^2/2 + abs(x))"),
        (&kink, "px^2/2 + sqrt(x^2)"),
        (&kink, "px^2 + 2*sqrt(x^2) + py"),
        (&wall, "sqrt(x^2)/x*py"),
        (&wall, "sqrt(x^2)/x"),
        (&plane("(px^2+py^2)/2 + 1/sqrt(x^2) + y^2"), "px^2/2 + 1/sqrt(x^2)"),
        (&plane("(px^2+py^2)/2 + 1/sqrt(x^2)^3 + 1/x"), "sqrt(x^2)/x"),
        // Infinite on one side.
        (&plane("(px^2+py^2)/2 + 1/sqrt(x^2) + 1/x"), "sqrt(x^2)/x"),
        // Nothing is separated by the origin, at which the roots of the roots vanish.
        (
            &parabolic,
            "4*py*(x*py - y*px) - (y^2*(2/sqrt(x + sqrt(x^2 + y^2)) - 3/sqrt(sqrt(x^2 + y^2) - x)) + 8*x)/sqrt(x^2 + y^2)",
        ),
        // Roots, angles and exponentials do not hide that H is infinite.
        (&plane("(px^2+py^2)/2 + (x^2)^(-3/4) + y"), "sign(x)"),
        (&plane("(px^2+py^2)/2 + 1/x^2 + sqrt(1 + y^2)"), "sqrt(x^2)/x*px^2*0 + sign(x)"),
        (&plane("(px^2+py^2/sin(x)^2)/2 + cos(x)"), "sqrt(px^2 + py^2/sin(x)^2 + 2*cos(x))"),
        (&plane("(px^2+py^2/sin(x)^2)/2 + g*cos(x)"), "sqrt(py^2/sin(x)^2 + px^2 + 2*g*cos(x))*py"),
        (&plane("(px^2+py^2)/2 + k/x^2 where k > 0"), "sign(x)*py"),
        (&plane("(px^2+py^2)/2 + 1/x^2 + k/x"), "sign(x)*py"),
        (&plane("(px^2+py^2)/2 + 1/(exp(x) - 1)^2"), "sign(exp(x) - 1)*py"),
        (&plane("(px^2+py^2)/2 where x != 0"), "sqrt(x^2)/x*py"),
        (&plane("(px^2+py^2)/2 where x != 0"), "(x^6)^(1/6)/x*py"),
        (&free, "sign(x)*py where x > 0"),
        (&free, "sign(x)*py where x*y > 0"),
        (&plane("(px^2+py^2)/2 where x > 0"), "sqrt(x^2)/x*py"),
        // The sign of a parameter is a constant.
        (&free, "sign(a)*py"),
        (&free, "sqrt((a - b)^2)/(a - b)*py"),
        // A sum of squares and 1 vanishes nowhere.
        (&plane("py^2/2 + x*y"), "1/(1 + log(x)^2)"),
        (&plane("py^2/2 + x*y"), "log(x^2)/sqrt(1 + log(x^2)^2)"),
    ] {
        assert_eq!(status(h, law), Status::Proved, "{law} of {}", h.formula());
    }
    assert_eq!(status(&kink, "px^2/2 + x"), Status::Refuted);
    assert_eq!(status(&plane("(px^2+py^2)/2 + sqrt(x^2) where x > 0"), "px^2/2 + x"), Status::Proved);
    assert_eq!(status(&kink, "px^2/2 + x where x > 0"), Status::Proved);
    assert_eq!(status(&kink, "px^2/2 + x where x < 0"), Status::Refuted);
}

fn certificate(h: &Hamiltonian, law: &str) -> Certificate {
    outcome(h, law).certificate().cloned().unwrap_or_else(|| panic!("{law} is not proved"))
}

fn texts(conditions: &[Condition]) -> Vec<String> {
    conditions.iter().map(Condition::to_string).collect()
}

#[test]
fn what_is_printed_has_no_larger_domain() {
    for (given, printed, conditions) in [
        ("px^2/2 + sqrt(x)^2 + py^2", "px^2/2 + x + py^2", vec!["x > 0"]),
        ("px^2 + py^2 + (sqrt(x)^2 + sqrt(x^2))/2", "px^2 + py^2 + x", vec!["x > 0"]),
        ("px^2 + py^2 + exp(log(x))", "px^2 + py^2 + x", vec!["x > 0"]),
        ("px^2 + py^2 + exp(2*log(x - y))", "px^2 + py^2 + (x - y)^2", vec!["x - y > 0"]),
        ("px^2 + py^2 + x^(4/3)*x^(2/3)", "px^2 + py^2 + x^2", vec!["x > 0"]),
        ("px^2 + py^2 + sqrt(k)^2*x^2", "px^2 + py^2 + k*x^2", vec!["k > 0"]),
        ("px^2 + py^2 + sqrt(x)", "px^2 + sqrt(x) + py^2", vec![]),
        // What is written as 0 or 1 restricts the domain all the same.
        ("px^2 + py^2 + 0*log(x)", "px^2 + py^2", vec!["x > 0"]),
        ("px^2 + py^2 + sqrt(x)^0", "px^2 + py^2", vec!["x > 0"]),
        ("px^2 + py^2*(x - y)^(0*log(x - y))", "px^2 + py^2", vec!["x - y > 0"]),
        ("px^2 + py^2 + log(x)*0*y", "px^2 + py^2", vec!["x > 0"]),
        ("px^2 + py^2 + (1 + sqrt(y))^0*x", "px^2 + py^2 + x", vec!["y > 0"]),
        // A sign that has one value where the formula is real.
        ("px^2 + py^2 + log(x + abs(x))", "px^2 + py^2 + log(x)", vec![]),
        ("px^2 + py^2 + log(x + abs(x)) - log(2*abs(x))", "px^2 + py^2", vec!["x > 0"]),
        ("px^2 + py^2 + (abs(x) - x)^(-1/2)", "px^2 + py^2 + (-2*x)^(-1/2)", vec![]),
        ("px^2 + py^2 + log(x + abs(x))*log(y - abs(y) + 2*y)", "px^2 + py^2 + log(2*x)*log(2*y)", vec![]),
        ("px^2 + py^2 + log(abs(x)*y - x*y)", "px^2 + py^2 + log(-x*y)", vec!["x < 0"]),
        ("px^2 + py^2 + x", "py^2 + px^2 + x + 1", vec![]),
    ] {
        let shown = plane(given).presented(&formula(printed)).expect(given).expect(given);
        assert_eq!(texts(shown.domain()), conditions, "{given}");
        // Fed back, it is the same Hamiltonian.
        assert!(shown.equals_up_to_a_constant(&plane(given)));
        assert!(plane(given).presented(&formula("px^2")).expect(given).is_none());
    }
    let free = plane("(px^2 + py^2)/2");
    let shown = certificate(&free, "sqrt(px)^2*py").presented(&formula("px*py")).expect("an answer");
    assert_eq!(texts(shown.expect("a proof").domain()), ["px > 0"]);
    // What H asks for is not said again.
    let root = plane("(px^2 + py^2)/2 + sqrt(y)");
    let shown = certificate(&root, "px + sqrt(y)^2 - y").presented(&formula("px")).expect("an answer");
    assert!(shown.expect("a proof").domain().is_empty());
}

fn bracket(a: &Assessment, row: usize, column: usize) -> &Bracket {
    &a.brackets()[row][column]
}

#[test]
fn brackets_do_not_depend_on_other_claims_or_their_order() {
    let h = hamiltonian("py", &["x", "y", "z"]);
    let laws = ["sqrt(x)", "px^2/2+x", "pz+(sqrt(x^2)-x)*px"];
    for order in [[0, 1, 2], [1, 2, 0], [2, 1, 0], [1, 0, 2]] {
        let found = verified(&h, &order.map(|k| laws[k]));
        let a = found.assessment().expect("all are proved");
        let place = |law: usize| 1 + order.iter().position(|&k| k == law).expect("a law");
        assert!(matches!(bracket(a, place(1), place(2)), Bracket::NonZero(_)), "{order:?}");
    }
    let without = verified(&h, &laws[1..]);
    assert!(matches!(bracket(without.assessment().expect("proved"), 1, 2), Bracket::NonZero(_)));
}

#[test]
fn laws_without_a_common_domain_are_judged_each_on_its_own() {
    let h = plane("py");
    for laws in [
        ["sqrt(x)", "sqrt(-x)"],
        ["sqrt(-x)", "sqrt(x)"],
        ["log(x - 1)", "sqrt(-x)"],
        ["sqrt(px)", "log(-px)"],
    ] {
        let found = verified(&h, &laws);
        let a = found.assessment().expect("all are proved");
        assert_eq!(a.independent().rank, 2, "{laws:?}");
        assert_eq!(bracket(a, 1, 2), &Bracket::Disjoint, "{laws:?}");
        assert_eq!(a.verdict(), Verdict::Integrable, "{laws:?}");
    }
}

#[test]
fn independence_holds_on_every_branch() {
    let h = plane("(px^2 + py^2)/2");
    // For py < 0 this is 0.
    let half = "px*(py + sqrt(py^2))";
    assert_eq!(status(&h, half), Status::Proved);
    let found = verified(&h, &[half]);
    assert_eq!(found.assessment().map(Assessment::verdict), Some(Verdict::Undecided));
    let found = verified(&h, &["px*sqrt(py^2)"]);
    assert_eq!(found.assessment().map(Assessment::verdict), Some(Verdict::Integrable));
    // Each branch is looked at where its sign is the one of the function: the root is not real elsewhere.
    let found = verified(&plane("(px^2+py^2)/2 + abs(x)^(3/2)"), &["py"]);
    assert_eq!(found.assessment().map(Assessment::verdict), Some(Verdict::Integrable));
}

/// How many of the laws are independent, H among them, and how many are in involution: the same in each order.
fn counts_in_each_order(h: &Hamiltonian, laws: &[&str]) -> (usize, usize) {
    let mut found = std::collections::BTreeSet::new();
    for turn in 0..laws.len() {
        let mut turned = laws.to_vec();
        turned.rotate_left(turn);
        for reversed in [false, true] {
            if reversed {
                turned.reverse();
            }
            let claim = |law: &&str| {
                let (law, conditions) = law.split_once(" where ").unwrap_or((law, ""));
                let domain =
                    if conditions.is_empty() { Ok(Vec::new()) } else { Condition::parse_all(conditions) };
                Claim { name: None, formula: formula(law), domain: domain.expect("conditions") }
            };
            let claims: Vec<Claim> = turned.iter().map(claim).collect();
            let found_of = verify(h, &claims).expect("an answer");
            let assessment = found_of.assessment().unwrap_or_else(|| panic!("{laws:?} are not all proved"));
            found.insert((assessment.independent().rank, assessment.involutive().len()));
        }
    }
    assert_eq!(found.len(), 1, "{laws:?}: {found:?}");
    found.into_iter().next().unwrap_or_default()
}

/// √(x + |x|) is 0 for x < 0: real and smooth, though no root of a positive function. What is proved for x > 0 alone
/// would not hold there.
#[test]
fn a_root_that_vanishes_on_one_side_is_refused() {
    for root in ["sqrt(x + abs(x))", "sqrt(abs(x) - x)", "(x*abs(y) + x*y)^(4/3)", "sqrt(y^2*(1 + sign(x)))"]
    {
        let h = plane(&format!("(px^2 + py^2)/2 + {root}"));
        let law = formula(&format!("(px^2 + py^2)/2 + {root} + (abs(x) - x)*px"));
        let outcome = Prover::new(&h).and_then(|prover| prover.prove(&law));
        assert!(!outcome.is_ok_and(|outcome| outcome.is_proved()), "{root}");
    }
}

#[test]
fn a_claim_that_is_refused_leaves_the_others_alone() {
    let h = plane("(px^2 + py^2)/2");
    for refused in [
        "sqrt(-1 - x^2)",
        "1/(x - x)",
        "py where x > 0, x < 0",
        "log(-py^2)",
        "sqrt(px - px - 1)",
        "tan(pi/2)*px",
    ] {
        for place in 0..3 {
            let mut texts = vec!["px where x > 0", "x + px"];
            texts.insert(place, refused);
            let claim = |law: &&str| {
                let (law, conditions) = law.split_once(" where ").unwrap_or((law, ""));
                let domain =
                    if conditions.is_empty() { Ok(Vec::new()) } else { Condition::parse_all(conditions) };
                Claim { name: None, formula: formula(law), domain: domain.expect("conditions") }
            };
            let claims: Vec<Claim> = texts.iter().map(claim).collect();
            let found = verify(&h, &claims).unwrap_or_else(|e| panic!("{refused}: {e}"));
            for (text, claim) in texts.iter().zip(found.claims()) {
                let expected = match *text {
                    "px where x > 0" => matches!(claim.outcome(), Conservation::Proved(_)),
                    "x + px" => matches!(claim.outcome(), Conservation::Refuted { .. }),
                    _ => matches!(claim.outcome(), Conservation::Refused { .. }),
                };
                assert!(expected, "{text} beside {refused}: {:?}", claim.outcome().status());
            }
            assert!(found.assessment().is_none());
        }
        let alone = Claim { name: None, formula: formula("sqrt(-1 - x^2)"), domain: Vec::new() };
        assert!(verify(&h, &[alone]).is_err());
    }
}

#[test]
fn the_count_of_independent_laws_does_not_depend_on_their_order() {
    let one_way = hamiltonian("pz^2/2", &["x", "y", "z"]);
    let free = hamiltonian("(px^2 + py^2 + pz^2)/2", &["x", "y", "z"]);
    for (h, laws, counts) in [
        // The first is a function of px on some branches and of py on the others.
        (&one_way, &["abs(px + py) + abs(px - py)", "px", "py"][..], (3, 3)),
        (&one_way, &["abs(x + y) + abs(x - y)", "x", "y"], (3, 3)),
        (&one_way, &["abs(px^2 + y) + px^2 - y", "px", "y"], (3, 3)),
        (
            &one_way,
            &["max(px, py)", "min(px, py)", "px", "py"].map(|text| match text {
                "max(px, py)" => "px + py + abs(px - py)",
                "min(px, py)" => "px + py - abs(px - py)",
                other => other,
            }),
            (3, 3),
        ),
        (&free, &["abs(px + py) + abs(px - py)", "px", "py", "abs(py + pz) + abs(py - pz)"], (3, 3)),
        // Functions whose domains exclude each other.
        (&one_way, &["sqrt(-x)", "sqrt(x)", "log(x)*px"], (3, 2)),
        (&one_way, &["sqrt(-x)", "x", "sqrt(-y)", "px where x > 0", "py where x > 0, y > 0"], (4, 3)),
        // A function that vanishes for py < 0, alone and beside one that asks for py > 0.
        (&plane("(px^2 + py^2)/2"), &["px*(py + abs(py))"], (1, 1)),
        (&plane("(px^2 + py^2)/2"), &["px*log(1 + py + abs(py))"], (1, 1)),
        (&plane("(px^2 + py^2)/2"), &["px*(sqrt(1 + py + abs(py)) - 1)"], (1, 1)),
        (&plane("(px^2 + py^2)/2"), &["px*(py + abs(py))", "log(py)"], (2, 2)),
        (&free, &["px*(py + abs(py))", "pz*(px + abs(px)) where py > 0", "py where px > 0"], (3, 3)),
    ] {
        assert_eq!(counts_in_each_order(h, laws), counts, "{laws:?} of {}", h.formula());
    }
}

#[test]
fn a_hamiltonian_without_motion_or_real_values_is_refused() {
    for (h, said) in [
        ("0", "constant"),
        ("7 + pi", "constant"),
        ("k^2", "constant"),
        ("px - px", "constant"),
        ("sin(x)^2 + cos(x)^2", "constant"),
        ("sqrt(-1 - px^2)", "no real point"),
        ("log(-x^2 - y^2) + px", "no real point"),
        ("sqrt(x) + sqrt(-x) + px", "no real point"),
        ("px^2 where x > 0, x < 0", "no real point"),
        ("px^2 where 0 > 1", "no real point"),
    ] {
        match Prover::new(&plane(h)) {
            Err(error) => assert!(error.to_string().contains(said), "{h}: {error}"),
            Ok(_) => panic!("{h} is taken"),
        }
    }
    // Not shown to be real anywhere: no verdict.
    let hidden = plane("px^2 + py^2 + sqrt(x*y - x^2 - y^2 - 1)");
    let Ok(prover) = Prover::new(&hidden) else { return };
    let laws: Vec<ConservedQuantity> = prover
        .certify(&hidden.formula().clone())
        .into_iter()
        .flatten()
        .map(|c| ConservedQuantity::proved("F", c))
        .collect();
    let found = assess(&prover, &laws).expect("an assessment");
    assert_eq!((found.verdict(), found.independent().rank), (Verdict::Undecided, 0));
}

#[test]
fn a_certificate_is_for_its_domain() {
    let kink = plane("(px^2+py^2)/2 + sqrt(x^2)");
    let proof = certificate(&kink, "px^2/2 + x where x > 0");
    assert_eq!(texts(proof.domain()), ["x > 0"]);
    let law = ConservedQuantity::proved("E", proof);
    assert_eq!(texts(law.domain()), ["x > 0"]);
    let prover = Prover::new(&kink).expect("a prover");
    let wrong = prover.prove(law.formula()).map(|answer| answer.status());
    assert_eq!(wrong, Ok::<_, MechanicsError>(Status::Refuted));
}

/// Orbits pass a surface on which H is infinite for most momenta if they arrive with the others: in X = x³ the first of
/// these is a free particle.
#[test]
fn a_wall_with_a_hole_is_no_barrier() {
    for (h, law) in [
        ("px^2/(18*x^4) + (py^2+y^2)/2", "sign(x)*(py^2 + y^2)"),
        ("px/x^2 + py^2/2 + y^2", "sign(x)*(py^2/2 + y^2)"),
        ("(px^2+py^2)/2 + y/x", "sign(x)"),
        ("(px^2 + py^2/x^2)/2 + y^2", "sign(x)"),
        ("px^2*(1 + y^2)/x^2 + py^2", "sign(x)"),
        ("(px^2+py^2)/2 + (y - x)/x", "sign(x)"),
    ] {
        let h = plane(h);
        assert_ne!(status(&h, law), Status::Proved, "{law} of {}", h.formula());
    }
    assert_eq!(status(&plane("(px^2+py^2)/2 + (1 + y^2)/x^2"), "sign(x)"), Status::Proved);
    assert_eq!(status(&plane("(px^2+py^2)/2 + (2 + x^2)/(x - y)^2"), "sign(x - y)"), Status::Proved);
    // The momentum of a cyclic coordinate is constant.
    assert_eq!(status(&plane("(px^2 + py^2/x^2)/2 + x^2"), "sign(x)"), Status::Proved);
}

/// A step of H pushes orbits along the normal of its surface. What that changes is no law.
#[test]
fn laws_hold_across_the_steps_of_the_energy() {
    for (h, law) in [
        ("(px^2+py^2)/2 + sign(x)", "px"),
        ("(px^2+py^2)/2 + sign(x)", "x*py - y*px"),
        ("(px^2+py^2)/2 + sign(x*y)", "py"),
        ("(px^2+py^2)/2 + abs(x - y)/(x - y)", "px"),
        ("(px^2+py^2)/2 + (2 + sign(x + y))*y^2", "px^2"),
    ] {
        let h = plane(h);
        assert_ne!(status(&h, law), Status::Proved, "{law} of {}", h.formula());
    }
    for (h, law) in [
        ("(px^2+py^2)/2 + sign(x)", "py"),
        ("(px^2+py^2)/2 + sign(x - y)", "px + py"),
        ("(px^2+py^2)/2 + sign(x^2 + y^2 - 1)", "x*py - y*px"),
        ("(px^2+py^2)/2 + sign(x) where x > 0", "px"),
        ("(px^2+py^2)/2 + abs(x)", "px^2/2 + abs(x)"),
    ] {
        let h = plane(h);
        assert_eq!(status(&h, law), Status::Proved, "{law} of {}", h.formula());
    }
}

#[test]
fn laws_without_a_divisor_that_vanishes_do_not_jump() {
    for (h, law) in [
        ("(px^2+py^2)/2 + exp(abs(x - 1))", "px^2/2 + exp(abs(x - 1))"),
        ("(px^2+py^2)/2 + exp(abs(x + y))", "(px + py)^2/4 + exp(abs(x + y))"),
        ("(px^2+py^2)/2 + cos(abs(x - 1)^3)", "px^2/2 + cos(abs(x - 1)^3)"),
        ("(px^2+py^2)/2", "log(1 + exp(px)) - px - log(1 + exp(-px))"),
        ("(px^2+py^2)/2 + sqrt(abs(x))/2", "1/(1 + (px^2/2 + sqrt(abs(x))/2)^2)"),
    ] {
        let h = plane(h);
        assert_eq!(status(&h, law), Status::Proved, "{law} of {}", h.formula());
    }
}

/// Each of these laws is 0 on a part of phase space.
#[test]
fn laws_that_vanish_on_a_part_are_not_independent() {
    let free = plane("(px^2+py^2)/2");
    for law in [
        "abs(sin(px)) - sin(px)",
        "abs(sqrt(2)*px - 1) - (sqrt(2)*px - 1)",
        "abs(abs(px) - 1) - (abs(px) - 1)",
        "abs(px^(1/3) - 1) - (px^(1/3) - 1)",
        "sqrt((sqrt(px) - sqrt(py))^2) - sqrt(px) + sqrt(py)",
        "sqrt(1 - cos(px)^2) - sin(px)",
        "sqrt(1 - sin(px)) - sin(px/2) + cos(px/2)",
        "sqrt(px - 2*sqrt(px - 1)) - sqrt(px - 1) + 1",
        "sqrt(px + py - 2*sqrt(px)*sqrt(py)) + sqrt(px) - sqrt(py)",
        "exp(log(sin(px)^2)/2) - sin(px)",
    ] {
        let found = verified(&free, &[law]);
        if let Some(assessment) = found.assessment() {
            assert_eq!(assessment.independent().rank, 1, "{law}");
        }
    }
}
