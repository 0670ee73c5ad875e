//! The proof that a system is not integrable, in words: the excluded integrals and the reason, in one line.

use serde::Serialize;

use crate::expr::{Expr, Rational, Symbol};
use crate::mechanics::{DarbouxPoint, Eigenvalue, IntegralClass, NonIntegrability, Part, PhaseSpace, Reason};
use crate::simplify::canonical_hamiltonian;

/// A potential with more symbols is not written out in the line.
const PRINTABLE: usize = 60;
/// A potential with more symbols is not brought into its clearest writing.
const PRESENTABLE: usize = 300;
/// Digits of numbers that are known to lie in a small interval.
const DIGITS: usize = 9;

/// Why a system is not integrable.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ObstructionRecord {
    /// `darboux`, `ball`, `leading` or `exponential`.
    pub method: String,
    /// The integrals that are excluded.
    pub class: String,
    /// What is excluded and why, in one line.
    pub statement: String,
    /// What follows without the translations that leave H as it is; absent where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relative: Option<RelativeRecord>,
    /// The same in LaTeX.
    #[serde(skip)]
    pub latex: String,
    /// What a certificate checks, as Python.
    #[serde(skip)]
    pub proof: Option<NonIntegrability>,
}

/// What a proof says of the motion relative to the centre of mass, or without other translations.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct RelativeRecord {
    /// The degrees of freedom that remain.
    pub degrees_of_freedom: usize,
    /// What is excluded, in one line.
    pub statement: String,
}

/// The integrals of a class.
fn class_name(class: IntegralClass) -> &'static str {
    match class {
        IntegralClass::Meromorphic => "meromorphic",
        IntegralClass::MeromorphicWithRoots => "meromorphic in q, p and the roots of H",
        IntegralClass::MeromorphicAtOrigin => "meromorphic near the origin",
        IntegralClass::Rational => "rational",
        IntegralClass::RationalWithRoots => "rational in q, p and the roots of H",
        IntegralClass::RationalWithExponentials => "rational in p and the exponentials of H",
    }
}

impl ObstructionRecord {
    /// The record of a proof.
    pub(super) fn of(proof: &NonIntegrability) -> ObstructionRecord {
        let space = proof.hamiltonian().space();
        let coordinates = space.coordinates();
        let shown = presented(proof.reason(), space);
        let relative = relative(proof);
        let further = relative.iter().map(|motion| format!("\n\\text{{{}}}", motion.statement));
        ObstructionRecord {
            method: method(proof.reason()).to_owned(),
            class: class_name(proof.class()).to_owned(),
            statement: format!("{}: {}", excluded(proof), reason(&shown, coordinates)),
            latex: format!("\\text{{{}}}: {}", excluded(proof), reason_in_latex(&shown, coordinates))
                + &further.collect::<String>(),
            relative,
            proof: Some(proof.clone()),
        }
    }
}

/// The statement on the motion without translations.
fn relative(proof: &NonIntegrability) -> Option<RelativeRecord> {
    let degrees_of_freedom = proof.relative_degrees_of_freedom()?;
    // A translation of one coordinate alone moves no centre of mass.
    let moves_several = |t: &Vec<Rational>| t.iter().filter(|x| !x.is_zero()).count() > 1;
    let motion = match proof.translations().iter().all(moves_several) {
        true => "relative to the centre of mass",
        false => "without the translations that leave H as it is",
    };
    let excluded = excluded_with(proof.class(), degrees_of_freedom == 2);
    let statement = format!("{motion}, with {degrees_of_freedom} degrees of freedom: {excluded}");
    Some(RelativeRecord { degrees_of_freedom, statement })
}

/// The same with the potential in its clearest writing.
fn presented(reason: &Reason, space: &PhaseSpace) -> Reason {
    let mut shown = reason.clone();
    if let Reason::Darboux { potential, .. } = &mut shown
        && potential.symbol_count() <= PRESENTABLE
        && let Ok(canonical) = canonical_hamiltonian(potential, space)
    {
        *potential = canonical;
    }
    shown
}

fn method(reason: &Reason) -> &'static str {
    match reason {
        Reason::Exponential { .. } => "exponential",
        Reason::Darboux { part: Part::Leading | Part::Lowest, .. } => "leading",
        Reason::Darboux { point: DarbouxPoint::Enclosed { .. }, .. } => "ball",
        Reason::Darboux { .. } => "darboux",
    }
}

/// What is excluded. Two degrees of freedom leave room for no further integral; more for no complete set of them.
fn excluded(proof: &NonIntegrability) -> String {
    excluded_with(proof.class(), proof.excludes_single_integrals())
}

fn excluded_with(class: IntegralClass, single: bool) -> String {
    let is_word = matches!(class, IntegralClass::Meromorphic | IntegralClass::Rational);
    let class = class_name(class);
    match (single, is_word) {
        (true, true) => format!("no {class} integral independent of H"),
        (true, false) => format!("no integral independent of H that is {class}"),
        (false, true) => format!("not Liouville integrable ({class} integrals)"),
        (false, false) => format!("not Liouville integrable (integrals {class})"),
    }
}

/// V₃: the potential with its degree in small digits; V alone for other degrees.
fn subscripted(degree: &Rational) -> String {
    if !degree.is_int() {
        return "V".to_owned();
    }
    let small = |c: char| match c {
        '-' => '₋',
        digit => digit.to_digit(10).and_then(|d| char::from_u32(0x2080 + d)).unwrap_or(digit),
    };
    format!("V{}", degree.to_string().chars().map(small).collect::<String>())
}

fn reason(reason: &Reason, coordinates: &[Symbol]) -> String {
    match reason {
        Reason::Darboux { part, potential, degree, point, eigenvalue } => {
            let written = (potential.symbol_count() <= PRINTABLE).then(|| format!(" = {potential}"));
            let written = written.unwrap_or_default();
            let potential = match part {
                Part::Whole => format!("V{written} is homogeneous of degree {degree}"),
                Part::Leading => format!("leading part {}{written}", subscripted(degree)),
                Part::Lowest => format!("lowest part {}{written}", subscripted(degree)),
            };
            let of_table = format!("in the Morales–Ramis table for degree {degree}");
            format!("{potential}, {}, {} {of_table}", place(point, coordinates), value(eigenvalue))
        }
        Reason::Exponential { weights, exponents, eigenvalue } => {
            let [first, second] = exponents.each_ref().map(|a| linear(a, coordinates));
            format!(
                "exponentials exp({first}) and exp({second}), extreme for the weights {}, eigenvalue {eigenvalue} is \
                 not m(m + 1)/2 for an integer m",
                tuple(weights.iter())
            )
        }
    }
}

/// A tuple of numbers.
fn tuple<T: ToString>(items: impl Iterator<Item = T>) -> String {
    format!("({})", items.map(|item| item.to_string()).collect::<Vec<_>>().join(", "))
}

fn linear(form: &[Rational], coordinates: &[Symbol]) -> Expr {
    Expr::sum(
        form.iter()
            .zip(coordinates)
            .filter(|(c, _)| !c.is_zero())
            .map(|(c, q)| Expr::product([Expr::number(c.clone()), Expr::Symbol(q.clone())])),
    )
}

/// The Darboux point.
fn place(point: &DarbouxPoint, coordinates: &[Symbol]) -> String {
    match point {
        DarbouxPoint::Direction(direction) => format!("Darboux direction {}", tuple(direction.iter())),
        DarbouxPoint::Plane { basis, slope } => {
            let m = Expr::symbol("m");
            let entries = basis[0].iter().zip(&basis[1]).map(|(u, v)| {
                Expr::sum([Expr::number(u.clone()), Expr::product([Expr::number(v.clone()), m.clone()])])
            });
            format!("Darboux directions {} with {} = 0", tuple(entries), slope.to_expr(&m))
        }
        DarbouxPoint::Enclosed { centre, vanishing, .. } => {
            let free = || (0..centre.len()).filter(|i| !vanishing.contains(i));
            let names = tuple(free().map(|i| coordinates[i].name().to_owned()));
            let values = tuple(free().map(|i| format!("{:.6}", centre[i].to_f64().value())));
            let rest = if vanishing.is_empty() { "" } else { ", the other coordinates 0" };
            format!("Darboux point {names} ≈ {values}{rest}")
        }
    }
}

/// The eigenvalue with its verb.
fn value(eigenvalue: &Eigenvalue) -> String {
    match eigenvalue {
        Eigenvalue::Rational(value) => format!("eigenvalue {value} is not"),
        Eigenvalue::Irrational(polynomial) => {
            let equation = polynomial.to_expr(&Expr::symbol("λ"));
            format!("eigenvalue λ with {equation} = 0 is irrational and not")
        }
        Eigenvalue::Between(low, high) => {
            let middle = (low + high) / Rational::from(2);
            format!("eigenvalue {:.*}… is not", DIGITS, middle.to_f64().value())
        }
    }
}

fn reason_in_latex(reason: &Reason, coordinates: &[Symbol]) -> String {
    match reason {
        Reason::Darboux { potential, degree, point, eigenvalue, .. } => {
            let mut parts = Vec::new();
            if potential.symbol_count() <= PRINTABLE {
                parts.push(format!("V_{{{degree}}} = {}", potential.to_latex()));
            }
            parts.push(match point {
                DarbouxPoint::Direction(direction) => format!("d = {}", tuple(direction.iter())),
                DarbouxPoint::Plane { .. } | DarbouxPoint::Enclosed { .. } => {
                    format!("\\text{{{}}}", place(point, coordinates))
                }
            });
            parts.push(match eigenvalue {
                Eigenvalue::Rational(value) => {
                    format!("\\lambda = {}", Expr::number(value.clone()).to_latex())
                }
                Eigenvalue::Irrational(polynomial) => {
                    format!("{} = 0", polynomial.to_expr(&Expr::symbol("lambda")).to_latex())
                }
                Eigenvalue::Between(low, high) => {
                    let middle = (low + high) / Rational::from(2);
                    format!("\\lambda \\approx {:.*}", DIGITS, middle.to_f64().value())
                }
            });
            parts.join(",\\ ")
        }
        Reason::Exponential { exponents, eigenvalue, .. } => {
            let [first, second] = exponents.each_ref().map(|a| linear(a, coordinates).to_latex());
            format!(
                "e^{{{first}}},\\ e^{{{second}}},\\ \\lambda = {}",
                Expr::number(eigenvalue.clone()).to_latex()
            )
        }
    }
}
