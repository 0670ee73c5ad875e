use super::*;
use crate::expr::parse;

fn system(text: &str) -> System {
    System::parse(text, "test.ham").unwrap_or_else(|error| panic!("{}", error.render()))
}

fn rational(text: &str) -> Rational {
    parse(text).unwrap().as_number().unwrap()
}

#[test]
fn the_charged_particle_as_written() {
    let system = BuiltIn::named("charged_particle").unwrap().system().unwrap();
    assert_eq!(system.variables().iter().map(Symbol::name).collect::<Vec<_>>(), ["qx", "qy", "px", "py"]);
    assert_eq!(system.parameters[0].value, Some(rational("1/2")));
    let hamiltonian = system.hamiltonian.as_ref().unwrap();
    let written = "((px + e*B*qy)^2 + (py - e*B*qx)^2)/(2*m) + k*(qx^2 + qy^2)";
    assert_eq!(hamiltonian.to_string(), written);
    assert!(
        system.hamiltonian_with_values().unwrap().symbols().iter().all(|s| system.variables().contains(s))
    );
    assert_eq!((system.trajectories, system.points, system.span), (100, 500, 10.0));
    assert_eq!(system.train, rational("4/5"));
    assert_eq!(system.sample.unwrap().steps.len(), 10);
}

#[test]
fn order_is_free_and_abbreviations_are_put_in() {
    let system = system(
        "H = T + V\nlet V = k*q^2\nlet T = p^2/2\nsystem s\nmomenta p\nparameters k\ncoordinates q\nknown E = 2*H\n",
    );
    assert_eq!(system.hamiltonian.unwrap().to_string(), "p^2/2 + k*q^2");
    assert_eq!(system.known[0].formula.to_string(), "2*(p^2/2 + k*q^2)");
}

#[test]
fn parameters_follow_those_they_are_defined_by() {
    let text = "system s\ncoordinates q\nmomenta p\nparameters k = 2*m, m = 1/2, a, b = a + k\nH = p^2/m + k*q^2 + b";
    let system = system(text);
    assert_eq!(system.parameters[0].value, Some(Rational::ONE));
    assert_eq!(
        system.hamiltonian_with_values().unwrap().to_string(),
        "p^2/(1/2) + 1*q^2 + a + 1".replace("1*", "")
    );
    assert!(
        matches!(system.require_numeric(), Err(SystemError::SymbolicParameter { name, .. }) if name == "a")
    );
    let set =
        system.with_parameter("m", rational("3")).unwrap().with_parameter("a", rational("1/2")).unwrap();
    assert_eq!(set.parameters[0].value, Some(rational("6")));
    assert_eq!(set.parameters[3].value, Some(rational("13/2")));
    assert!(set.require_numeric().is_ok());
    let error = system.with_parameter("m", Rational::ZERO).unwrap_err();
    assert_eq!(error.to_string(), "with `m` = 0 there is a division by zero: `p^2/m`");
    assert!(matches!(system.with_parameter("mm", Rational::ONE), Err(SystemError::UnknownParameter { .. })));
}

#[test]
fn lets_inside_and_after_an_indented_recipe() {
    let text = "system s\ncoordinates q\nmomenta p\nH = p^2 + w*q^2\nsample\n  let a = 1\n  q = a\n  p ~ normal(0, a)\nlet w = 3\n";
    let system = system(text);
    assert_eq!(system.sample.unwrap().steps.len(), 3);
    assert_eq!(system.hamiltonian.unwrap().to_string(), "p^2 + 3*q^2");
}

#[test]
fn a_recipe_need_not_be_indented() {
    let text = "system s\ncoordinates q\nmomenta p\nsample\nlet a = 1\nq = a\np = 0\npoints 5\nH = p^2\n";
    let system = system(text);
    assert_eq!((system.sample.unwrap().steps.len(), system.points), (3, 5));
}

#[test]
fn formulas_that_would_explode_are_refused() {
    let mut text = String::from("system s\ncoordinates q\nmomenta p\nlet a0 = q + p\n");
    for i in 1..80 {
        text.push_str(&format!("let a{i} = a{}*a{} + 1\n", i - 1, i - 1));
    }
    text.push_str("H = a79\n");
    assert!(matches!(System::parse(&text, "test.ham"), Err(SystemError::BadValue(_))));
}

#[test]
fn systems_of_measured_data_have_momenta_velocities_or_neither() {
    let names = |symbols: &[Symbol]| symbols.iter().map(Symbol::to_string).collect::<Vec<_>>();
    let text = "system s\ncoordinates phi, z\nvelocities vphi, vz\nangle phi\nknown L = phi*vz\n";
    let with_velocities = system(text);
    assert_eq!(names(&with_velocities.velocities), ["vphi", "vz"]);
    assert!(with_velocities.momenta.is_empty() && with_velocities.hamiltonian.is_none());
    assert_eq!(names(&with_velocities.angles), ["phi"]);
    let alone = system("system s\ncoordinates x\n");
    assert!(alone.velocities.is_empty() && alone.momenta.is_empty());
    // The word stays a name.
    let named = system("system s\ncoordinates q\nmomenta velocities\nH = velocities^2 + q^2\n");
    assert_eq!(names(&named.momenta), ["velocities"]);
    let refused = |text: &str| System::parse(text, "test.ham").unwrap_err().to_string();
    for (text, reason) in [
        ("system s\ncoordinates x, y\nvelocities vx\n", "the coordinate `y` has no velocity"),
        ("system s\ncoordinates x\nvelocities vx, vy\n", "the velocity `vy` has no coordinate"),
        ("system s\ncoordinates x\nvelocities v\nmomenta p\n", "the system has momenta and velocities"),
        ("system s\ncoordinates x\nvelocities v\nH = v^2\n", "the system has velocities in place of momenta"),
        ("system s\ncoordinates x\nvelocities x\n", "the name `x` is already taken: it is a coordinate"),
    ] {
        assert!(refused(text).ends_with(reason), "{}", refused(text));
    }
}

#[test]
fn windows_line_ends_and_a_byte_order_mark() {
    let system = system("\u{feff}# head\r\nsystem s\r\ncoordinates q\r\nmomenta p\r\nH = p^2 +\r\n  q^2\r\n");
    assert_eq!(system.hamiltonian.unwrap().to_string(), "p^2 + q^2");
    assert_eq!(system.description, "head");
}

#[test]
fn loading() {
    assert_eq!(System::load("Two_Body").unwrap().name, "two_body");
    let error = System::load("charged-partcle").unwrap_err();
    assert_eq!(error.hint().unwrap(), "did you mean `charged-particle`?");
    assert!(System::load("/").unwrap_err().to_string().contains("directory"));
    assert!(System::load("./nothing.ham").unwrap_err().to_string().contains("no such file"));
    assert!(text_of_bytes(vec![0x7f, b'E', 0]).unwrap_err().contains("binary"));
    assert!(text_of_bytes(vec![b'a', b'\n', 0xff]).unwrap_err().contains("line 2"));
}

#[test]
fn the_known_laws_of_the_catalogue_are_proved_by_the_kernel() {
    use crate::mechanics::{Hamiltonian, Prover};
    for entry in catalogue() {
        let system = entry.system().unwrap();
        let Some(hamiltonian) = system.hamiltonian_with_values() else { continue };
        let hamiltonian = Hamiltonian::new(hamiltonian, system.phase_space().unwrap());
        let prover = Prover::new(&hamiltonian).unwrap();
        for law in &system.known {
            let outcome = prover.prove(&system.with_values(&law.formula)).unwrap();
            assert!(outcome.is_proved(), "{}: {} = {}", entry.name, law.name, law.formula);
        }
    }
}

#[test]
fn damaged_files_are_errors_never_panics() {
    let junk = ["(", ")", "=", "~", "^", ",", "<", "1/0", "θ", "\n", "  ", "sample\n", "H", "@", "9e99"];
    for (index, entry) in catalogue().iter().enumerate() {
        let text = entry.text;
        let places =
            text.char_indices().map(|(at, _)| at).enumerate().filter(|(count, _)| count % 7 == index % 7);
        for (count, at) in places {
            let rest = &text[at..];
            let after = rest.char_indices().nth(1).map_or("", |(next, _)| &rest[next..]);
            for damaged in [
                text[..at].to_string(),
                format!("{}{after}", &text[..at]),
                format!("{}{}{after}", &text[..at], junk[count % junk.len()]),
            ] {
                if let Err(error) = System::parse(&damaged, "damaged.ham") {
                    assert!(error.render().contains("damaged.ham:"), "{error}");
                }
            }
        }
    }
}
