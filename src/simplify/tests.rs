use super::*;
use crate::expr::parse;

fn text(formula: &str) -> String {
    compact(&parse(formula).unwrap()).unwrap().expr.to_string()
}

const FORMULAS: &[&str] = &[
    // eq. 11 and eq. 13, expanded
    "px1*qy1 - px1*qy2 - px2*qy1 + px2*qy2 - py1*qx1 + py1*qx2 + py2*qx1 - py2*qx2",
    "2*qx1*py1 - qx2*py1 - qx3*py1 - 2*qy1*px1 + qy2*px1 + qy3*px1 + 2*qx2*py2 - qx1*py2 - qx3*py2 - 2*qy2*px2 + qy1*px2 + qy3*px2 + 2*qx3*py3 - qx1*py3 - qx2*py3 - 2*qy3*px3 + qy1*px3 + qy2*px3",
    "x1^2 - 2*x1*x2 + x2^2 + y1^2 - 2*y1*y2 + y2^2",
    "x1^2 - 2*x1*x2 + x2^2 + y1^2 - 2*y1*y2 + y2^2 + z1^2 - 2*z1*z2 + z2^2",
    "1/sqrt(x1^2 - 2*x1*x2 + x2^2 + y1^2 - 2*y1*y2 + y2^2)",
    "px^2 + 2*px*qy + 2*qy^2 + py^2 - 2*py*qx + 2*qx^2",
    "qx*py - qy*px",
    "px1*qy1 + px1*qy2 + px2*qy1 + px2*qy2 - py1*qx1 - py1*qx2 - py2*qx1 - py2*qx2",
    "x*py^2 - y*px*py - x/sqrt(x^2 + y^2)",
    "x*py^2 - y*px*py - z*px*pz + x*pz^2 - x/sqrt(x^2 + y^2 + z^2)",
    "p1^3 + 3*p1*exp(q1)*exp(-q2) + 3*p1*exp(-q1)*exp(q3) + p2^3 + 3*p2*exp(q1)*exp(-q2) + 3*p2*exp(q2)*exp(-q3) + p3^3 + 3*p3*exp(q2)*exp(-q3) + 3*p3*exp(-q1)*exp(q3)",
    "px^2/2 + py^2/2 - 1/sqrt(x^2+y^2)",
    "3*px^2*py/2 + 9*px*x^(1/3)*y + py^3 - 9*py*x^(4/3)/2 + 3*py*(y^2 + 1)/x^(2/3)",
    "p1^2/2 + p2^2/2 + q1^2 + q1*q2/2 + 3*q2^2/2",
    "x^2 + 2*x*y + y^2",
    "sin(a)^2 + cos(a)^2",
    "(pa^2+2*pb^2-2*pa*pb*cos(a-b))/(2*(1+sin(a-b)^2))-2*cos(a)-cos(b)",
    "p1^3 + 3*p1/(x1 - x3)^2 + 3*p1/(x1 - x2)^2 + p2^3 + 3*p2/(x2 - x3)^2 + 3*p2/(x1 - x2)^2 + p3^3 + 3*p3/(x2 - x3)^2 + 3*p3/(x1 - x3)^2",
    "(x^2 + y^2)*(1/(3*y^2) + 1/(2*x^2)) + (-px*y + py*x)^2/2",
    "exp(q1)*exp(-q2)",
    "px^4 + 4*px^2*x^2*y + 2*px^2*x^2 - 4*px*py*x^3/3 - 2*x^6/9 - 4*x^4*y^2/3 - 4*x^4*y/3 + x^4",
];

#[test]
fn compact_forms() {
    let mut report = String::new();
    for formula in FORMULAS {
        let input = parse(formula).unwrap();
        let found = compact(&input).unwrap();
        assert!(found.proved_equal, "{formula}");
        let (before, after) = (input.symbol_count(), found.expr.symbol_count());
        let compact_text = found.expr.to_string();
        assert_eq!(text(&compact_text), compact_text, "not idempotent");
        report += &format!("{formula}\n  {before} -> {after}: {compact_text}\n");
    }
    insta::assert_snapshot!(report);
}

fn space(coordinates: &str, momenta: &str) -> PhaseSpace {
    let names = |text: &str| text.split(", ").map(Symbol::new).collect();
    PhaseSpace::new(names(coordinates), names(momenta)).unwrap()
}

fn law(space: &PhaseSpace, formula: &str) -> String {
    canonical_law(&parse(formula).unwrap(), space).unwrap().to_string()
}

#[test]
fn a_law_has_one_text_whatever_its_scale_sign_constant_and_writing() {
    let plane = space("qx, qy", "px, py");
    for writing in [
        "qx*py - qy*px",
        "-qx*py + px*qy",
        "2/3*(qx*py - qy*px) + 7",
        "3 - (px + 2*qx)*qy/5 + qx*(py + 2*qy)/5",
        "py*qx - px*qy*(sin(qx)^2 + cos(qx)^2)",
    ] {
        assert_eq!(law(&plane, writing), "qx*py - qy*px");
    }
    let bodies = space("qx1, qy1, qx2, qy2", "px1, py1, px2, py2");
    for writing in [FORMULAS[0], "(px1 - px2)*(qy1 - qy2) - (py1 - py2)*(qx1 - qx2)"] {
        assert_eq!(law(&bodies, writing), "(qx1 - qx2)*(py1 - py2) - (qy1 - qy2)*(px1 - px2)");
    }
}

/// Hamiltonians and laws of the catalogue: one text each, from the formula as written, from the form
/// that exact algebra gives, and from its own compact form.
#[test]
fn the_catalogue() {
    let mut report = String::new();
    for built_in in crate::system::catalogue() {
        let system = built_in.system().unwrap();
        report += &format!("{}\n", system.name);
        // Systems for recordings of velocities have no momenta.
        let Ok(space) = system.phase_space() else { continue };
        if let Some(hamiltonian) = system.hamiltonian_with_values() {
            let canonical = canonical_hamiltonian(&hamiltonian, &space).unwrap();
            assert_eq!(canonical_hamiltonian(&canonical, &space).unwrap(), canonical);
            report += &format!("  H = {canonical}\n");
        }
        for law in &system.known {
            let formula = system.with_values(&law.formula);
            let canonical = canonical_law(&formula, &space).unwrap();
            assert_eq!(canonical_law(&canonical, &space).unwrap(), canonical);
            report += &format!("  {} = {canonical}\n", law.name);
            if formula.symbol_count() > 150 {
                continue;
            }
            let (_, elements) = Element::all_from(space.variables(), [&formula]).unwrap();
            let other = canonical_law(&elements[0].to_expr(), &space).unwrap();
            assert_eq!(other.to_string(), canonical.to_string(), "from {}", elements[0].to_expr());
            let turned = Expr::number(Rational::from(-3)) * formula.clone() + Expr::number(Rational::from(5));
            assert_eq!(canonical_law(&turned, &space).unwrap(), canonical);
        }
    }
    insta::assert_snapshot!(report);
}

#[test]
fn explanations_name_their_rules() {
    let formulas = ["x^2 + 2*x*y + y^2", "sin(a)^2 + cos(a)^2", FORMULAS[0], FORMULAS[4]];
    let report: Vec<String> = formulas.iter().flat_map(|f| explain(&parse(f).unwrap()).unwrap()).collect();
    insta::assert_snapshot!(report.join("\n"));
}

#[test]
fn what_is_at_fault_is_said() {
    let error = |text: &str| compact(&parse(text).unwrap()).unwrap_err().to_string();
    assert_eq!(error("1/(x - x)"), "a denominator of the formula is identically zero");
    // Too large to be multiplied out: returned as it is, not as an error.
    let large = "(a + b + c + d + e + f + g + h)^24 + 1";
    assert_eq!(compact(&parse(large).unwrap()).map(|c| c.expr.to_string()), Ok(large.to_string()));
}

/// A deterministic stream of numbers below a bound.
fn numbers() -> impl FnMut(usize) -> usize {
    let mut state = 0x2545_f491_4f6c_dd1du64;
    move |bound| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as usize % bound
    }
}

/// The same tree with the operands of sums and products in another order.
fn shuffled(expr: &Expr, below: &mut impl FnMut(usize) -> usize) -> Expr {
    let mut mixed = |items: &[Expr]| {
        let mut items: Vec<Expr> = items.iter().map(|item| shuffled(item, below)).collect();
        for i in (1..items.len()).rev() {
            items.swap(i, below(i + 1));
        }
        items
    };
    match expr {
        Expr::Sum(items) => Expr::sum(mixed(items)),
        Expr::Product(items) => Expr::product(mixed(items)),
        _ => expr.map_children(|child| shuffled(child, below)),
    }
}

#[test]
fn the_order_of_the_input_does_not_matter() {
    let mut below = numbers();
    for formula in FORMULAS {
        let input = parse(formula).unwrap();
        let expected = text(formula);
        for _ in 0..3 {
            let other = shuffled(&input, &mut below);
            assert_eq!(compact(&other).unwrap().expr.to_string(), expected, "{other}");
        }
        let symbols = input.symbols();
        let expanded = Reader::new(&Order::of_names(&symbols), &input).unwrap().read(&input).unwrap();
        let expanded = super::expanded(&expanded, &Order::of_names(&symbols));
        assert_eq!(compact(&expanded).unwrap().expr.to_string(), expected, "{expanded}");
    }
}

#[test]
fn large_sums_stay_within_reach() {
    let mut below = numbers();
    let names = ["x", "y", "z", "px", "py", "pz"];
    let mut term = || {
        let factors: Vec<String> = (0..4).map(|_| format!("{}^{}", names[below(6)], 1 + below(3))).collect();
        format!("{}*{}", 1 + below(9), factors.join("*"))
    };
    let terms: Vec<String> = (0..300).map(|_| term()).collect();
    let input = parse(&terms.join(" + ")).unwrap();
    let found = compact(&input).unwrap();
    assert!(found.proved_equal && 3 * found.expr.symbol_count() < 2 * input.symbol_count());

    for power in ["(a + b + c + d)^8", "(py - x)*(px + x + y + z)^6", "(y1*p1 + x1 - x2)^5"] {
        let input = parse(power).unwrap();
        let order = Order::of_names(&input.symbols());
        let sum = Reader::new(&order, &input).unwrap().read(&input).unwrap();
        assert_eq!(compact(&expanded(&sum, &order)).unwrap().expr.to_string(), power);
    }
}
