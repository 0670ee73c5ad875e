//! Brackets, proofs and verdicts on systems that are well known.

use std::time::Duration;

use liouville_kernel::CancelToken;
use liouville_kernel::algebra::{AlgebraError, Element};
use liouville_kernel::expr::{Expr, Symbol, parse};
use liouville_kernel::mechanics::{
    Assessment, Bracket, Claim, Conservation, ConservedQuantity, Gradient, Hamiltonian, MechanicsError,
    PhaseSpace, Prover, Status, Verdict, Verified, are_dependent_somewhere, assess, bracket_of, verify,
};

fn space(names: &str) -> PhaseSpace {
    let (q, p) = names.split_once(';').expect("q ; p");
    let symbols = |text: &str| text.split_whitespace().map(Symbol::new).collect();
    PhaseSpace::new(symbols(q), symbols(p)).expect("a phase space")
}

fn formula(text: &str) -> Expr {
    parse(text).unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn hamiltonian(names: &str, text: &str) -> Hamiltonian {
    Hamiltonian::new(formula(text), space(names))
}

fn prover(h: &Hamiltonian) -> Prover {
    Prover::new(h).unwrap_or_else(|e| panic!("{}: {e}", h.formula()))
}

#[track_caller]
fn proved(h: &Hamiltonian, law: &str) -> ConservedQuantity {
    match prover(h).prove(&formula(law)) {
        Ok(Conservation::Proved(certificate)) => ConservedQuantity::proved(law, certificate),
        other => panic!("{law}: {other:?}"),
    }
}

#[track_caller]
fn refuted(h: &Hamiltonian, law: &str) -> String {
    match prover(h).prove(&formula(law)) {
        Ok(Conservation::Refuted { bracket: Some(bracket) }) => bracket.to_string(),
        other => panic!("{law}: {other:?}"),
    }
}

fn assessed(h: &Hamiltonian, laws: &[ConservedQuantity]) -> Assessment {
    assess(&prover(h), laws).expect("an assessment")
}

#[test]
fn the_sign_convention() {
    let s = space("q ; p");
    let value = |f: &str, g: &str| {
        let bracket = bracket_of(&formula(f), &formula(g), &s).unwrap();
        bracket.value().expect("a short bracket").to_string()
    };
    assert_eq!(value("q", "p"), "1");
    assert_eq!(value("p", "q"), "-1");
    assert_eq!(value("q", "p^2/2 + V*cos(q)"), "p");
    assert_eq!(value("p", "p^2/2 + V*cos(q)"), "V*sin(q)");
    assert_eq!(bracket_of(&formula("q^2"), &formula("q^3"), &s), Ok(Bracket::Zero));
}

#[test]
fn kepler_conserves_the_runge_lenz_vector() {
    let h = hamiltonian("x y z ; px py pz", "(px^2+py^2+pz^2)/2 - 1/sqrt(x^2+y^2+z^2)");
    for law in [
        "x*py - y*px",
        "py*(-px*y + py*x) - pz*(px*z - pz*x) - x/sqrt(x^2 + y^2 + z^2)",
        "px*(px*z - pz*x) - py*(-py*z + pz*y) - z/sqrt(x^2 + y^2 + z^2)",
    ] {
        proved(&h, law);
    }
    assert_eq!(refuted(&h, "px"), "-x/(x^2 + y^2 + z^2)^(3/2)");
}

#[test]
fn roots_with_momenta_powers_and_exponentials() {
    let relativistic = hamiltonian("x y ; px py", "sqrt(1 + px^2 + py^2) - k/sqrt(x^2 + y^2)");
    proved(&relativistic, "x*py - y*px");
    refuted(&relativistic, "py*(x*py - y*px) - k*x/sqrt(x^2 + y^2)");

    let holt = hamiltonian("x y ; px py", "(px^2+py^2)/2+(3/4)*x^(4/3)+(y^2+1)*x^(-2/3)");
    proved(&holt, "3*px^2*py/2 + 9*px*x^(1/3)*y + py^3 - 9*py*x^(4/3)/2 + 3*py*(y^2 + 1)/x^(2/3)");

    let toda = hamiltonian("q1 q2 q3 ; p1 p2 p3", "(p1^2+p2^2+p3^2)/2+exp(q1-q2)+exp(q2-q3)");
    proved(
        &toda,
        "p1^3 + 3*p1*exp(q1)*exp(-q2) + p2^3 + 3*p2*exp(q1)*exp(-q2) + 3*p2*exp(q2)*exp(-q3) + p3^3 + 3*p3*exp(q2)*exp(-q3)",
    );
}

#[test]
fn angles() {
    let pendulum = hamiltonian("th phi ; pt pphi", "(pt^2+pphi^2/sin(th)^2)/2+cos(th)");
    proved(&pendulum, "pphi");
    let neumann = hamiltonian(
        "th phi ; pt pphi",
        "(pt^2+pphi^2/sin(th)^2)/2+(a*(sin(th)*cos(phi))^2+b*(sin(th)*sin(phi))^2+c*cos(th)^2)/2",
    );
    let numbers: std::collections::BTreeMap<Symbol, Expr> =
        [("a", 1), ("b", 2), ("c", 4)].map(|(n, v)| (Symbol::new(n), Expr::number(v))).into();
    let neumann = Hamiltonian::new(neumann.formula().substitute(&numbers), neumann.space().clone());
    proved(&neumann, "-pphi^2 - (-pphi*sin(phi)*cos(th)/sin(th) + pt*cos(phi))^2/3 + sin(th)^2*cos(phi)^2");
    let double =
        hamiltonian("a b ; pa pb", "(pa^2+2*pb^2-2*pa*pb*cos(a-b))/(2*(1+sin(a-b)^2))-2*cos(a)-cos(b)");
    proved(&double, "(pa^2+2*pb^2-2*pa*pb*cos(b-a))/(3-cos(2*a-2*b))-2*cos(a)-cos(b)");
    refuted(&double, "pa + pb");
}

#[test]
fn symbolic_masses_show_in_the_bracket() {
    let h = hamiltonian("x1 x2 ; p1 p2", "p1^2/(2*m1) + p2^2/(2*m2) + k*(x1 - x2)^2/2");
    proved(&h, "p1 + p2");
    let bracket = bracket_of(&formula("x1*p1/m1 + x2*p2/m2"), &formula("x1*p1 + x2*p2"), h.space()).unwrap();
    assert_eq!(bracket, Bracket::Zero);
    let other = bracket_of(&formula("m1*x1 + m2*x2"), &formula("m2*p1 - m1*p2"), h.space()).unwrap();
    assert_eq!(other, Bracket::Zero);
    let drift = bracket_of(&formula("x1 + x2"), &formula("m1*p1 - m2*p2"), h.space()).unwrap();
    assert_eq!(drift.value().expect("a short bracket").to_string(), "m1 - m2");
}

#[test]
fn calogero_and_its_verdict() {
    let h = hamiltonian("x1 x2 x3 ; p1 p2 p3", "(p1^2+p2^2+p3^2)/2+1/(x1-x2)^2+1/(x1-x3)^2+1/(x2-x3)^2");
    let momentum = proved(&h, "p1 + p2 + p3");
    let cubic = proved(
        &h,
        "p1^3 + 3*p1/(x1 - x3)^2 + 3*p1/(x1 - x2)^2 + p2^3 + 3*p2/(x2 - x3)^2 + 3*p2/(x1 - x2)^2 + p3^3 + 3*p3/(x2 - x3)^2 + 3*p3/(x1 - x3)^2",
    );
    let k12 = proved(
        &h,
        "-(p1 + p2 + p3)*(p1*x1 + p2*x2 + p3*x3) + (x1 + x2 + x3)*(p1^2 + p2^2 + p3^2 + 2/(x2 - x3)^2 + 2/(x1 - x3)^2 + 2/(x1 - x2)^2)",
    );
    let k13 = proved(
        &h,
        "-(p1 + p2 + p3)*(p1^2*x1 + p2^2*x2 + p3^2*x3 + x1/(x1 - x3)^2 + x1/(x1 - x2)^2 + x2/(x2 - x3)^2 + x2/(x1 - x2)^2 + x3/(x2 - x3)^2 + x3/(x1 - x3)^2) + (x1 + x2 + x3)*(p1^3 + 3*p1/(x1 - x3)^2 + 3*p1/(x1 - x2)^2 + p2^3 + 3*p2/(x2 - x3)^2 + 3*p2/(x1 - x2)^2 + p3^3 + 3*p3/(x2 - x3)^2 + 3*p3/(x1 - x3)^2)",
    );
    let assessment = assessed(&h, &[momentum.clone(), cubic.clone()]);
    assert_eq!(assessment.verdict(), Verdict::Integrable);
    assert_eq!(assessment.involutive(), [0, 1, 2]);
    let assessment = assessed(&h, &[momentum, cubic, k12, k13]);
    assert_eq!(assessment.verdict(), Verdict::MaximallySuperintegrable);
    assert_eq!(assessment.independent().rank, 5);
}

#[test]
fn gravity_in_the_plane() {
    let two = hamiltonian(
        "x1 y1 x2 y2 ; px1 py1 px2 py2",
        "(px1^2+py1^2)/2+(px2^2+py2^2)/6-3/sqrt((x1-x2)^2+(y1-y2)^2)",
    );
    let laws = [
        "px1 + px2",
        "py1 + py2",
        "-px1*y1 - px2*y2 + py1*x1 + py2*x2",
        "-(px1 + px2)*(y1 + 3*y2) + (py1 + py2)*(x1 + 3*x2)",
        "(3*py1/4 - py2/4)*(-(3*px1/4 - px2/4)*(y1 - y2) + (3*py1/4 - py2/4)*(x1 - x2)) - (9*x1 - 9*x2)/(4*sqrt((x1 - x2)^2 + (y1 - y2)^2))",
        "(-3*px1/4 + px2/4)*(-(3*px1/4 - px2/4)*(y1 - y2) + (3*py1/4 - py2/4)*(x1 - x2)) - (9*y1 - 9*y2)/(4*sqrt((x1 - x2)^2 + (y1 - y2)^2))",
    ]
    .map(|law| proved(&two, law));
    let assessment = assessed(&two, &laws);
    assert_eq!(assessment.verdict(), Verdict::Superintegrable);
    // Of the seven, A² is a function of the others.
    assert_eq!(assessment.independent().rank, 6);
    assert_eq!(assessment.involutive().len(), 4);

    let three = hamiltonian(
        "x1 y1 x2 y2 x3 y3 ; px1 py1 px2 py2 px3 py3",
        "(px1^2+py1^2)/(2*1)+(px2^2+py2^2)/(2*2)+(px3^2+py3^2)/(2*3)-1*2/sqrt((x1-x2)^2+(y1-y2)^2)-1*3/sqrt((x1-x3)^2+(y1-y3)^2)-2*3/sqrt((x2-x3)^2+(y2-y3)^2)",
    );
    let laws = [
        "px1 + px2 + px3",
        "py1 + py2 + py3",
        "-px1*y1 - px2*y2 - px3*y3 + py1*x1 + py2*x2 + py3*x3",
        "-(px1 + px2 + px3)*(y1 + 2*y2 + 3*y3) + (py1 + py2 + py3)*(x1 + 2*x2 + 3*x3)",
    ]
    .map(|law| proved(&three, law));
    let assessment = assessed(&three, &laws);
    assert_eq!(assessment.verdict(), Verdict::Undecided);
    assert_eq!(assessment.independent().rank, 5);
}

#[test]
fn long_brackets_are_decided_and_not_written_out() {
    let s = space("x y ; px py");
    for atom in ["x", "sqrt(x^2 + y^2 + 1)"] {
        let long = format!("({atom} + y + px + py + 1)^8");
        let texts = [long.clone(), format!("(x + 2*py - px + 3)^7 + ({atom})^2"), format!("3*{long}")];
        let formulas = texts.map(|text| formula(&text));
        let (_, elements) = Element::all_from(s.variables(), &formulas).expect("elements");
        let gradients = elements.iter().map(|e| Gradient::of(e, &s).expect("a gradient"));
        let rows: Vec<Gradient> = gradients.collect();
        assert_eq!(rows[0].bracket(&rows[1]), Ok(Bracket::NonZero(None)), "{atom}");
        assert_eq!(rows[0].bracket(&rows[2]), Ok(Bracket::Zero), "{atom}");
        assert_eq!(rows[0].commutes(&rows[1]), Ok(false), "{atom}");
        assert_eq!(rows[0].commutes(&rows[2]), Ok(true), "{atom}");
    }
}

#[test]
fn a_presentation_is_proved_again() {
    let h = hamiltonian("x y ; px py", "(px^2 + py^2)/2 - 1/sqrt(x^2 + y^2)");
    let certificate = prover(&h).certify(&formula("x*py - y*px")).expect("an answer").expect("a proof");
    let presented = |text: &str| certificate.presented(&formula(text)).expect("an answer");
    assert_eq!(presented("py*x - px*y").expect("a proof").law(), &formula("py*x - px*y"));
    assert_eq!(presented("2*(x*py - y*px) + 1").expect("a proof").hamiltonian(), &h);
    assert!(presented("x*py + y*px").is_none(), "a wrong presentation has no certificate");
}

#[test]
fn proofs_for_another_hamiltonian_do_not_count() {
    let free = hamiltonian("x y ; px py", "(px^2 + py^2)/2");
    let trap = hamiltonian("x y ; px py", "(px^2 + py^2)/2 + x^2 + y^2");
    let momentum = proved(&free, "px");
    let angular = proved(&trap, "x*py - y*px");
    assert_eq!(assessed(&trap, std::slice::from_ref(&momentum)).verdict(), Verdict::Undecided);
    let both = assessed(&trap, &[momentum, angular]);
    assert_eq!((both.verdict(), both.involutive()), (Verdict::Integrable, &[0, 2][..]));
    // L commutes with both Hamiltonians, but was proved for one of them.
    let other = assessed(&free, &[proved(&trap, "x*py - y*px")]);
    assert_eq!((other.verdict(), other.independent().rank), (Verdict::Undecided, 1));
}

#[test]
fn claims_are_verified_together() {
    let h = hamiltonian("x y ; px py", "(px^2 + py^2)/2 + x^2 + y^2");
    let claim = |name: Option<&str>, text: &str| Claim {
        name: name.map(str::to_owned),
        formula: formula(text),
        domain: Vec::new(),
    };
    let good =
        verify(&h, &[claim(None, "x*py - y*px"), claim(Some("F1"), "px^2/2 + x^2")]).expect("an answer");
    assert_eq!(good.status(), Status::Proved);
    let names: Vec<&str> = good.claims().iter().map(Verified::name).collect();
    assert_eq!(names, ["F2", "F1"], "names that the user gave are not taken");
    let verdict = good.assessment().map(Assessment::verdict);
    assert_eq!(verdict, Some(Verdict::MaximallySuperintegrable));
    let bad = verify(&h, &[claim(None, "px"), claim(None, "x*py - y*px")]).expect("an answer");
    assert_eq!((bad.status(), bad.assessment().is_none()), (Status::Refuted, true));
    assert_eq!(bad.claims()[0].outcome().bracket().map(|b| b.to_string()), Some("-2*x".to_owned()));
}

#[test]
fn a_cancelled_prover_says_so_and_never_no() {
    let h = hamiltonian("x y ; px py", "(px^2 + py^2)/2 - 1/sqrt(x^2 + y^2)");
    let token = CancelToken::new();
    let prover = prover(&h).with_token(&token);
    let law = prover.certify(&formula("x*py - y*px")).expect("an answer").expect("a proof");
    token.cancel();
    let asked = prover.prove(&formula("x*py - y*px")).map(|answer| answer.status());
    assert_eq!(asked, Err(MechanicsError::Algebra(AlgebraError::Cancelled)));
    let assessment = assess(&prover, &[ConservedQuantity::proved("L", law)]).expect("an assessment");
    assert_eq!(assessment.brackets()[1][0], Bracket::Unknown(None));
    assert_eq!(assessment.verdict(), Verdict::Undecided);
}

/// Whether the first, a Hamiltonian in the plane, and the others seem dependent on a part of phase space.
fn are_dependent(texts: &[&str]) -> bool {
    let formulas: Vec<Expr> = texts.iter().map(|text| formula(text)).collect();
    are_dependent_somewhere(&Hamiltonian::new(formulas[0].clone(), space("x y ; px py")), &formulas)
}

#[test]
fn functions_that_are_constant_on_a_part_are_found() {
    let free = "(px^2 + py^2)/2";
    for law in [
        "abs(sin(px)) - sin(px)",
        "abs(sqrt(2)*px - 1) - sqrt(2)*px",
        "sqrt(1 - cos(px)^2) - sin(px)",
        "sqrt(px - 2*sqrt(px - 1)) - sqrt(px - 1) + 1",
        "abs(px - sin(1)) - px",
        "sqrt(1 - sin(px)) - sin(px/2) + cos(px/2)",
    ] {
        assert!(are_dependent(&[free, law]), "{law}");
    }
}

#[test]
fn independent_functions_stay_so() {
    let kepler = "(px^2 + py^2)/2 - 1/sqrt(x^2 + y^2)";
    let stiff = "(px^2 + py^2)/2 + exp(8*(x - y)) + x^12 + 1/(x - y)^12";
    assert!(!are_dependent(&[kepler, "x*py - y*px", "py*(x*py - y*px) - x/sqrt(x^2 + y^2)"]));
    assert!(!are_dependent(&[stiff, "px + py"]));
    assert!(!are_dependent(&["(px^2 + py^2)/2", "px^3"]));
}

#[test]
fn clones_share_the_call_and_keep_their_deadlines() {
    let token = CancelToken::new();
    let (late, soon) = (token.within(Duration::from_secs(3600)), token.within(Duration::ZERO));
    assert!(soon.is_cancelled() && !soon.was_called());
    assert!(!late.is_cancelled());
    assert!(soon.within(Duration::from_secs(3600)).is_cancelled(), "a deadline never moves back");
    late.cancel();
    assert!(token.is_cancelled() && token.was_called());
}
