//! Proofs of non-integrability: of what is known not to be integrable, and never of what is.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use liouville::expr::{Expr, Symbol, parse};
use liouville::mechanics::{
    ConservedQuantity, Hamiltonian, IntegralClass, NonIntegrability, PhaseSpace, Prover, Verdict, assess,
};
use liouville::obstructions::obstruction;
use liouville::progress::CancelToken;
use liouville::system::System;

/// The Hamiltonian in these coordinates, momenta with a `p` before them.
fn hamiltonian(names: &str, text: &str) -> Hamiltonian {
    let symbols =
        |prefix: &str| names.split(' ').map(|name| Symbol::new(format!("{prefix}{name}"))).collect();
    let space = PhaseSpace::new(symbols(""), symbols("p")).expect("a phase space");
    Hamiltonian::new(parse(text).unwrap_or_else(|e| panic!("{text}: {e}")), space)
}

fn proof(hamiltonian: &Hamiltonian) -> Option<NonIntegrability> {
    obstruction(hamiltonian, &[], &CancelToken::new()).expect("an answer")
}

fn plane(potential: &str) -> Hamiltonian {
    hamiltonian("x y", &format!("(px^2 + py^2)/2 + {potential}"))
}

/// The gravitational problem of bodies with these masses in so many dimensions.
fn bodies(masses: &[u32], dimensions: usize) -> Hamiltonian {
    let axes = &["x", "y", "z"][..dimensions];
    let names: Vec<String> =
        (1..=masses.len()).flat_map(|i| axes.iter().map(move |axis| format!("{axis}{i}"))).collect();
    let mut terms: Vec<String> = Vec::new();
    for (i, mass) in masses.iter().enumerate() {
        terms.extend(axes.iter().map(|axis| format!("p{axis}{}^2/{}", i + 1, 2 * mass)));
    }
    let mut text = terms.join(" + ");
    for i in 0..masses.len() {
        for j in i + 1..masses.len() {
            let squares = axes.iter().map(|axis| format!("({axis}{} - {axis}{})^2", i + 1, j + 1));
            let distance = squares.collect::<Vec<_>>().join(" + ");
            text += &format!(" - {}/sqrt({distance})", masses[i] * masses[j]);
        }
    }
    hamiltonian(&names.join(" "), &text)
}

fn toda(masses: [u32; 3]) -> Hamiltonian {
    let [a, b, c] = masses.map(|mass| 2 * mass);
    hamiltonian("a b c", &format!("pa^2/{a} + pb^2/{b} + pc^2/{c} + exp(a - b) + exp(b - c) + exp(c - a)"))
}

#[test]
fn what_is_known_not_to_be_integrable_is_proved_so() {
    let fpu = "(pa^2 + pb^2 + pc^2)/2 + ((b - a)^2 + (c - b)^2 + (a - c)^2)/2 \
               + ((b - a)^3 + (c - b)^3 + (a - c)^3)/12";
    use IntegralClass::{Meromorphic, MeromorphicWithRoots, Rational, RationalWithExponentials};
    let cases = [
        ("Hénon–Heiles", plane("(x^2 + y^2)/2 + x^2*y - y^3/3"), Rational),
        ("Hénon–Heiles 2:3", plane("(x^2 + y^2)/2 + x^2*y + y^3/2"), Rational),
        ("Pullen–Edmonds", plane("(x^2 + y^2)/2 + x^2*y^2"), Rational),
        ("Yang–Mills", plane("x^2*y^2"), Meromorphic),
        ("quartic κ = 2", plane("(x^4 + y^4)/4 + x^2*y^2"), Meromorphic),
        ("anisotropic Kepler", plane("-1/sqrt(x^2 + 2*y^2)"), MeromorphicWithRoots),
        (
            "anisotropic Kepler by masses",
            hamiltonian("x y", "px^2/2 + py^2/3 - 1/sqrt(x^2 + y^2)"),
            MeromorphicWithRoots,
        ),
        ("Toda 1, 2, 3", toda([1, 2, 3]), RationalWithExponentials),
        ("FPUT-α", hamiltonian("a b c", fpu), Rational),
        ("three bodies", bodies(&[1, 2, 3], 2), MeromorphicWithRoots),
        ("three equal bodies", bodies(&[1, 1, 1], 2), MeromorphicWithRoots),
        ("four bodies", bodies(&[1, 2, 3, 4], 2), MeromorphicWithRoots),
        ("four equal bodies", bodies(&[1, 1, 1, 1], 2), MeromorphicWithRoots),
        ("three bodies in space", bodies(&[1, 2, 3], 3), MeromorphicWithRoots),
    ];
    for (name, system, class) in cases {
        let begun = Instant::now();
        let proof = proof(&system).unwrap_or_else(|| panic!("{name}: no proof"));
        println!("{name}: {:.3} s", begun.elapsed().as_secs_f64());
        assert_eq!(proof.class(), class, "{name}");
        assert_eq!(proof.excludes_single_integrals(), system.space().dof() == 2, "{name}");
    }
}

/// A periodic chain, or one with ends at rest, whose links have this potential in l.
fn chain(sites: usize, is_periodic: bool, link: &str) -> Hamiltonian {
    let name = |i: usize| format!("q{}", i + 1);
    let inner = (1..sites).map(|i| format!("({} - {})", name(i), name(i - 1)));
    let ends = match is_periodic {
        true => vec![format!("({} - {})", name(0), name(sites - 1))],
        false => vec![name(0), format!("(-{})", name(sites - 1))],
    };
    let links = inner.chain(ends).map(|length| link.replace('l', &length));
    let kinetic = (0..sites).map(|i| format!("p{}^2/2", name(i)));
    let names: Vec<String> = (0..sites).map(name).collect();
    hamiltonian(&names.join(" "), &kinetic.chain(links).collect::<Vec<_>>().join(" + "))
}

#[test]
fn others_of_these_kinds_are_proved_too() {
    let cases = [
        ("FPUT-β, four particles", chain(4, true, "l^2/2 + l^4/4")),
        ("FPUT-β, five particles", chain(5, true, "l^2/2 + l^4/4")),
        ("FPUT-β, four between walls", chain(4, false, "l^2/2 + l^4/4")),
        ("FPUT-α, five particles", chain(5, true, "l^2/2 + l^3/3")),
        ("FPUT-α, eight particles", chain(8, true, "l^2/2 + l^3/3")),
        ("Yang–Mills in space", hamiltonian("x y z", "(px^2 + py^2 + pz^2 + x^2*y^2 + y^2*z^2 + z^2*x^2)/2")),
        ("turning Hénon–Heiles", plane("x*py - y*px + x^2*y - y^3/3")),
        ("masses of both signs", hamiltonian("x y z", "(px^2 + py^2 - pz^2)/2 + x^2*y^2 + y^2*z^2")),
        ("masses beside the diagonal", hamiltonian("x y", "px^2 + px*py + 3*py^2 + x^2*y^2")),
        ("a rational potential", plane("(x^5 + y^2)/(x^2 + y^2 + 1)")),
        ("a fourth root", plane("(x^2 + 3*y^2)^(1/4)")),
        ("a fourth root, enclosed", plane("(x^4 + x*y^3 + 3*y^4)^(1/4)")),
        ("an oblate planet", plane("-1/sqrt(x^2 + y^2) + (3*y^2/(x^2 + y^2) - 1)/(20*(x^2 + y^2)^(3/2))")),
        ("two exponentials", plane("exp(x + 2*y) + exp(-3*x + y)")),
        ("three bodies on a line", bodies(&[1, 2, 3], 1)),
        ("five bodies", bodies(&[1, 2, 3, 4, 5], 2)),
    ];
    for (name, system) in cases {
        assert!(proof(&system).is_some(), "{name}: no proof");
    }
}

/// A line of the list of integrable potentials.
struct Listed {
    name: String,
    kinetic: Expr,
    potential: Expr,
    law: Expr,
}

impl Listed {
    /// `name [kinetic energy]: potential => law`
    fn of(line: &str) -> Option<Listed> {
        let (name, formulas) = line.split_once(": ")?;
        let (potential, law) = formulas.split_once(" => ")?;
        let (name, kinetic) = match name.split_once(" [") {
            Some((name, kinetic)) => (name, kinetic.strip_suffix(']')?),
            None => (name, "(px^2 + py^2)/2"),
        };
        let [kinetic, potential, law] = [kinetic, potential, law].map(|text| parse(text).ok());
        Some(Listed { name: name.to_owned(), kinetic: kinetic?, potential: potential?, law: law? })
    }

    /// H and the law, where the old coordinates and momenta are these formulas of the new ones.
    fn in_coordinates(&self, formulas: [&str; 4]) -> (Hamiltonian, Expr) {
        let old = ["x", "y", "px", "py"].map(Symbol::new);
        let new = formulas.map(|text| parse(text).expect("a formula"));
        let replaced = old.iter().cloned().zip(new).collect();
        let space = PhaseSpace::new(old[..2].to_vec(), old[2..].to_vec()).expect("a phase space");
        let energy = (self.kinetic.clone() + self.potential.clone()).substitute(&replaced);
        (Hamiltonian::new(energy, space), self.law.substitute(&replaced))
    }
}

fn integrable_potentials() -> Vec<Listed> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/systems/integrable_potentials.txt");
    let text = std::fs::read_to_string(path).expect("a list");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| Listed::of(line).unwrap_or_else(|| panic!("{line}"))).collect()
}

/// The coordinates as they are.
const SAME: [&str; 4] = ["x", "y", "px", "py"];

/// Coordinates turned, stretched and sheared: q = Rq′, p = R⁻ᵀp′.
const OTHERS: [[&str; 4]; 4] = [
    ["(3*x + 4*y)/5", "(4*x - 3*y)/5", "(3*px + 4*py)/5", "(4*px - 3*py)/5"],
    ["(5*x - 12*y)/13", "(12*x + 5*y)/13", "(5*px - 12*py)/13", "(12*px + 5*py)/13"],
    ["2*x", "y/3", "px/2", "3*py"],
    ["x + y", "y", "px", "py - px"],
];

#[test]
fn the_potentials_listed_as_integrable_have_a_second_law() {
    let potentials = integrable_potentials();
    assert!(potentials.len() > 70);
    for listed in potentials {
        let (system, law) = listed.in_coordinates(SAME);
        let prover = Prover::new(&system).expect("a prover");
        let certificate = prover.certify(&law).expect("an answer");
        let certificate = certificate.unwrap_or_else(|| panic!("{}: not a law", listed.name));
        let assessment = assess(&prover, &[ConservedQuantity::proved("F", certificate)]).expect("an answer");
        assert_eq!(assessment.verdict(), Verdict::Integrable, "{}", listed.name);
    }
}

#[test]
fn nothing_is_proved_of_integrable_potentials() {
    for listed in integrable_potentials() {
        for formulas in std::iter::once(SAME).chain(OTHERS) {
            let (system, _) = listed.in_coordinates(formulas);
            let found = proof(&system).map(|found| found.reason().clone());
            assert!(found.is_none(), "{}: {} {found:?}", listed.name, system.formula());
        }
    }
}

fn system_files() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["tests/systems", "examples/classical", "examples/paper"];
    let files = folders.iter().flat_map(|f| std::fs::read_dir(root.join(f)).expect("a folder"));
    let mut files: Vec<PathBuf> = files
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "ham"))
        .collect();
    files.sort();
    files
}

#[test]
fn of_the_systems_at_hand_only_known_ones_are_proved_not_to_be_integrable() {
    let mut proved = Vec::new();
    for path in system_files() {
        let system = System::load(&path.to_string_lossy()).expect("a system");
        let Some(formula) = system.hamiltonian_with_values() else { continue };
        let hamiltonian = Hamiltonian::new(formula, system.phase_space().expect("a space"));
        if proof(&hamiltonian).is_some() {
            proved.push(path.file_stem().unwrap_or_default().to_string_lossy().into_owned());
        }
    }
    assert_eq!(proved, ["henon-heiles", "three-body", "hh_standard", "pullen_edmonds", "three_body_2d"]);
}

#[test]
fn nothing_is_proved_of_other_integrable_systems() {
    let two = "x y";
    let cases = [
        // Separable with indefinite kinetic energy, and x⁴ + 6x²y² + y⁴ under x → ix.
        (two, "(-px^2 + py^2)/2 + x^4 + y^4"),
        (two, "(-px^2 + py^2)/2 + x^4 - 6*x^2*y^2 + y^4"),
        (two, "(-px^2 + py^2)/2 + (x^2 - y^2)^3"),
        (two, "(-px^2 + py^2)/2 - x^2*y + 16*y^3/3"),
        // x and y along light rays.
        (two, "px*py + x^3*y"),
        (two, "px*py + x^4"),
        // Stark, two centres, Kepler with a harmonic trap of ratio 1:2.
        (two, "(px^2 + py^2)/2 - 1/sqrt(x^2 + y^2) + x/20"),
        (two, "(px^2 + py^2)/2 - 1/sqrt((x - 1)^2 + y^2) - 2/sqrt((x + 1)^2 + y^2)"),
        (two, "(px^2 + py^2)/2 - 1/sqrt(x^2 + y^2) + (x^2 + 4*y^2)/2"),
        (two, "(px^2 + py^2)/2 - 1/sqrt(x^2 + y^2) + x*py - y*px"),
        (two, "(px^2 + py^2)/2 + (x^2 + y^2)^2 + x*py - y*px"),
        (two, "(px^2 + py^2)/2 + sqrt(x^2 + y^2)^3 + sqrt(x^2 + y^2)"),
        // Holt, Fokas and Lagerstrom, central forces of any degree.
        (two, "(px^2 + py^2)/2 + 3*x^(4/3)/4 + (y^2 + 1)*x^(-2/3)"),
        (two, "(px^2 + py^2)/2 + 9*x^(4/3)/2 + y^2*x^(-2/3)"),
        (two, "(px^2 + py^2)/2 + 12*x^(4/3) + y^2*x^(-2/3)"),
        (two, "(px^2 + py^2)/2 + (x*y)^(-2/3)"),
        (two, "(px^2 + py^2)/2 + (x^2 + y^2)^(5/7)"),
        (two, "(px^2 + py^2)/2 + sqrt(x) + y^(5/3)"),
        (two, "px^2/2 + py^2/2 + abs(x)^3 + abs(y)^3"),
        // Swinging Atwood's machine with the ratio of masses 3.
        ("r t", "pr^2/8 + pt^2/(2*r^2) + 3*r - r*cos(t)"),
        // Toda lattices of the root systems A, B and G, and Liouville's equation twice.
        ("a b c", "(pa^2 + pb^2 + pc^2)/2 + exp(a - b) + exp(b - c) + exp(c - a)"),
        ("a b c d", "(pa^2 + pb^2 + pc^2 + pd^2)/2 + 3*exp(a - b) - exp(b - c) + exp(c - d)/7 + exp(d - a)"),
        (two, "(px^2 + py^2)/2 + exp(x - y) + exp(y) + exp(-x - y)"),
        (two, "(px^2 + py^2)/2 + exp(x - y) + exp(2*y)"),
        (two, "(px^2 + py^2)/2 + exp(x) + exp(3*y)"),
        (two, "(px^2 + 3*py^2)/2 + exp(2*x) + exp(y - 3*x)/5"),
        // More degrees of freedom: separable, central, Garnier, Kepler and a free particle, two bodies.
        ("x y z", "(px^2 + py^2 + pz^2)/2 + x^4 + y^4 - 3*z^4"),
        ("x y z", "(px^2 + py^2 + pz^2)/2 + (x + y + z)^3 + (x - y)^3 + (x + y - 2*z)^3"),
        ("x y z", "(px^2 + py^2 + pz^2)/2 + (x^2 + y^2 + z^2)^2 + x^2 + 2*y^2 + 3*z^2"),
        ("x y z", "(px^2 + py^2 + pz^2)/2 - 1/sqrt(x^2 + y^2 + z^2)"),
        ("x y z", "(px^2 + py^2 + pz^2)/2 + (x^2 + y^2)^3 + z^3"),
        ("x y u v", "(px^2 + py^2)/2 + (pu^2 + pv^2)/6 - 3/sqrt((x - u)^2 + (y - v)^2)"),
        ("x y z", "(px^2 + py^2 + pz^2)/2 + x^2*y + 16*y^3/3 + z^3"),
        ("x y z", "(px^2 + py^2 + pz^2)/2 + 1/(x - y)^2 + 1/(y - z)^2 + 1/(z - x)^2"),
        // Of x and y along light rays: with a law of its own (Acosta-Humánez, Álvarez-Ramírez, Stuchi), of x*y, with roots.
        (two, "px*py + x^5*y^2"),
        (two, "px*py + (x*y)^3 + 1/(x*y)"),
        (two, "px*py + sqrt(x)*y + x^(3/2)"),
        ("x y z", "px*py + pz^2/2 + x^2*y + x^3 + z^4"),
        // Toda lattices of other root systems, extended ones, and with ends (Inozemtsev).
        ("x y z", "(px^2 + py^2 + pz^2)/2 + exp(x - y) + exp(y - z) + exp(z)"),
        ("x y z", "(px^2 + py^2 + pz^2)/2 + exp(x - y) + exp(y - z) + exp(2*z)"),
        (
            "x y z w",
            "(px^2 + py^2 + pz^2 + pw^2)/2 + exp(x - y) + exp(y - z) + exp(z - w) + exp(z + w) + exp(-x - y)",
        ),
        (two, "(px^2 + py^2)/2 + exp(x - y) + exp(2*y) + exp(-2*x)"),
        (two, "(px^2 + py^2)/2 + exp(x - y) + exp(y) + exp(-2*x)"),
        (two, "(px^2 + py^2)/2 + exp(x - y) + 3*exp(y) + 2*exp(2*y) + 5*exp(-x) + 7*exp(-2*x)"),
        ("a b c", "(pa^2 + pb^2 + pc^2)/2 + exp(a - b) + exp(-2*a + b + c) + exp(a + b - 2*c)"),
        // Calogero's with walls to degree 6, Rosochatius, parabolic coordinates in space, chains of three.
        (two, "(px^2 + py^2)/2 + 1/(x - y)^2 + 1/(x + y)^2 + x^6 + y^6 + x^4 + y^4 + 3/x^2 + 3/y^2"),
        ("x y z", "(px^2 + py^2 + pz^2)/2 + (x^2 + y^2 + z^2)^2 + x^2 + 2*y^2 + 1/x^2 + 2/y^2 + 1/z^2"),
        ("x y z", "(px^2 + py^2 + pz^2)/2 + (x^2 + z^2)*y + 2*y^3 + 1/x^2"),
        (
            "a b c",
            "(pa^2 + pb^2 + pc^2)/2 + (a - b)^4 + (b - c)^4 + (c - a)^4 + (a - b)^2 + (b - c)^2 + (c - a)^2",
        ),
        // Kepler's problem in space: with a wall, in a field, of two centres, in a trap; turning; a magnetic monopole.
        ("x y z", "(px^2 + py^2 + pz^2)/2 - 1/sqrt(x^2 + y^2 + z^2) + 1/(x^2 + y^2)"),
        ("x y z", "(px^2 + py^2 + pz^2)/2 - 1/sqrt(x^2 + y^2 + z^2) + z"),
        ("x y z", "(px^2 + py^2 + pz^2)/2 - 1/sqrt(x^2 + y^2 + (z - 1)^2) - 2/sqrt(x^2 + y^2 + (z + 1)^2)"),
        ("x y z", "(px^2 + py^2 + pz^2)/2 - 1/sqrt(x^2 + y^2 + z^2) + x^2 + y^2 + 4*z^2"),
        ("x y z", "(px^2 + py^2 + pz^2)/2 + x*py - y*px - 1/sqrt(x^2 + y^2 + z^2)"),
        (
            "x y z",
            "(px - y/(sqrt(x^2 + y^2 + z^2)*(sqrt(x^2 + y^2 + z^2) + z)))^2/2 \
             + (py + x/(sqrt(x^2 + y^2 + z^2)*(sqrt(x^2 + y^2 + z^2) + z)))^2/2 + pz^2/2 \
             - 1/sqrt(x^2 + y^2 + z^2) + 1/(2*(x^2 + y^2 + z^2))",
        ),
        // Separable, but for a gradient that is added to the momenta.
        (two, "(px + 2*x*y)^2/2 + (py + x^2)^2/2 + x^4 + y^4"),
        (two, "(px + 3*x^2*y)^2/2 + (py + x^3)^2/2 + x^4 + y^4"),
    ];
    for (names, text) in cases {
        let found = proof(&hamiltonian(names, text));
        assert!(found.is_none(), "{text}: {:?}", found.map(|f| f.reason().clone()));
    }
}

/// A linear congruential generator: the same systems every time.
struct Source(u64);

impl Source {
    fn below(&mut self, bound: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as i64 % bound
    }

    fn number(&mut self) -> i64 {
        [-7, -3, -2, -1, 1, 2, 3, 5][self.below(8) as usize]
    }
}

/// Separable in some linear coordinates, orthogonal for a random kinetic energy of any signature: random terms, with
/// rational functions and roots among them, in random coordinates u = Rx, P = R⁻ᵀp.
fn random_separable(source: &mut Source) -> Hamiltonian {
    let dof = 2 + source.below(2) as usize;
    let names = ["x", "y", "z"];
    let shears: Vec<(usize, usize, i64)> = (0..3)
        .map(|_| (source.below(dof as i64) as usize, source.below(dof as i64) as usize, source.number()))
        .filter(|(i, j, _)| i != j)
        .collect();
    // q′ᵢ = qᵢ + c qⱼ, p′ⱼ = pⱼ − c pᵢ.
    let mut q: Vec<String> = names[..dof].iter().map(|name| (*name).to_owned()).collect();
    let mut p: Vec<String> = names[..dof].iter().map(|name| format!("p{name}")).collect();
    for (i, j, c) in shears {
        q[i] = format!("({} + ({c})*{})", q[i], q[j]);
        p[j] = format!("({} - ({c})*{})", p[j], p[i]);
    }
    let mut text = String::from("0");
    let degree = 3 + source.below(4);
    for i in 0..dof {
        text += &format!(" + ({})*{}^2", source.number(), p[i]);
        let c = source.number();
        text += &match source.below(6) {
            0 => format!(" + ({c})*{}^{degree} + {}^2", q[i], q[i]),
            1 => format!(" + ({c})/{}^{degree}", q[i]),
            2 => format!(" + ({c})*{}^{degree} + ({c})/{}", q[i], q[i]),
            3 => format!(" + ({c})*({}^2)^({degree}/2)", q[i]),
            _ => format!(" + ({c})*{}^{degree}", q[i]),
        };
    }
    hamiltonian(&names[..dof].join(" "), &text)
}

#[test]
fn nothing_is_proved_of_random_separable_systems() {
    let mut source = Source(20_240_917);
    for _ in 0..60 {
        let system = random_separable(&mut source);
        let found = proof(&system);
        assert!(found.is_none(), "{}: {:?}", system.formula(), found.map(|f| f.reason().clone()));
    }
}

#[test]
fn parameters_and_conditions() {
    assert!(proof(&plane("a*x^2*y^2")).is_none(), "nothing is said of symbolic parameters");
    let restricted = plane("x^2*y^2")
        .restricted(liouville::expr::Condition::parse_all("x > 0, y > 0").expect("conditions"));
    assert_eq!(proof(&restricted).map(|proof| proof.class()), Some(IntegralClass::Rational));
}

/// What the program prints.
fn printed(arguments: &[&str]) -> String {
    let run =
        Command::new(env!("CARGO_BIN_EXE_liouville")).args(arguments).output().expect("the program runs");
    assert_eq!(run.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8(run.stdout).expect("UTF-8")
}

#[test]
#[cfg(feature = "learn")]
fn discovery_ends_with_the_verdict_non_integrable() {
    let statement = "no rational integral independent of H: leading part V₃ = x^2*y - y^3/3, Darboux direction \
                     (0, 1), eigenvalue -2 is not in the Morales–Ramis table for degree 3";
    let arguments = ["discover", "henon-heiles", "--steps", "0", "--quiet"];
    let text = printed(&arguments);
    assert!(text.contains(&format!("Verdict: non-integrable\n  proved: {statement}\n")), "{text}");
    let json = printed(&[&arguments[..], &["--json"]].concat());
    let record: serde_json::Value = serde_json::from_str(&json).expect("one JSON document");
    assert_eq!(record["hamiltonian"]["agrees_with_file"], true);
    assert_eq!(record["verdict"], "non-integrable");
    assert_eq!(record["obstruction"]["method"], "leading");
    assert_eq!(record["obstruction"]["class"], "rational");
    assert_eq!(record["obstruction"]["statement"], statement);
    assert!(record.get("hint").is_none());
}

/// The text of a system with these coordinates and this H.
fn written(folder: &Path, names: &str, energy: &str) -> String {
    let (coordinates, momenta) = (names.replace(' ', ", "), names.replace(' ', ", p"));
    let path = folder.join("system.ham");
    let text = format!("system s\ncoordinates {coordinates}\nmomenta p{momenta}\nH = {energy}\n");
    std::fs::write(&path, text).expect("a file");
    path.to_str().expect("a path in UTF-8").to_owned()
}

#[test]
fn the_motion_relative_to_the_centre_of_mass_is_spoken_of() {
    let folder = std::env::temp_dir().join(format!("liouville-obstructions-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a scratch folder");
    let chain =
        "(pa^2 + pb^2 + pc^2)/2 + ((b - a)^2 + (c - b)^2 + (a - c)^2)/2 + (b - a)^3 + (c - b)^3 + (a - c)^3";
    let system = written(&folder, "a b c", chain);
    let arguments = ["integrals", &system, "--momentum-degree", "1", "--quiet"];
    let text = printed(&arguments);
    let relative =
        "relative to the centre of mass, with 2 degrees of freedom: no rational integral independent of H";
    assert!(text.contains(&format!("\n  {relative}\n")), "{text}");
    let json = printed(&[&arguments[..], &["--json"]].concat());
    let record: serde_json::Value = serde_json::from_str(&json).expect("one JSON document");
    let statement = record["obstruction"]["statement"].as_str().expect("a statement");
    assert!(
        statement.starts_with("not Liouville integrable (rational integrals): leading part"),
        "{statement}"
    );
    assert_eq!(record["obstruction"]["relative"]["degrees_of_freedom"], 2);
    assert_eq!(record["obstruction"]["relative"]["statement"], relative);
    std::fs::remove_dir_all(folder).expect("the scratch folder");
}
