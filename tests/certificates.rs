//! Certificates are programs of their own: they accept what was found, and refuse every altered claim that is false.
//!
//! `certificates/mutants.py` alters each claim of a certificate in turn and at random, and judges every mutant by
//! code of its own. Where a mutant passes, its claims must hold; those that remain true are listed in the snapshot.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;

use rayon::prelude::*;

/// Mutants at random for each system, unless `LIOUVILLE_MUTANTS` says how many there shall be in all.
const RANDOM: usize = 15;

/// What is certified.
struct Case {
    name: &'static str,
    /// The lines after `system NAME` where it is none of the repository's.
    text: Option<&'static str>,
    arguments: &'static [&'static str],
    /// A condition that holds for the system but that H as written does not need.
    condition: Option<&'static str>,
}

const fn built_in(name: &'static str, arguments: &'static [&'static str]) -> Case {
    Case { name, text: None, arguments, condition: None }
}

const fn inline(name: &'static str, text: &'static str) -> Case {
    Case { name, text: Some(text), arguments: &["integrals", "--momentum-degree", "2"], condition: None }
}

const fn claimed(name: &'static str, text: &'static str, arguments: &'static [&'static str]) -> Case {
    Case { name, text: Some(text), arguments, condition: None }
}

const CASES: [Case; 21] = [
    built_in("kepler", &["integrals", "--certificate-exhaustive"]),
    built_in("charged-particle", &["verify"]),
    built_in("lagrange-top", &["verify"]),
    built_in("toda-lattice", &["verify"]),
    built_in("henon-heiles", &["integrals", "--momentum-degree", "2", "--certificate-exhaustive"]),
    built_in("tests/systems/oscillator_1_2.ham", &["integrals"]),
    built_in("tests/systems/stark_2d.ham", &["integrals", "--momentum-degree", "2"]),
    inline("letters", "coordinates S, E\nmomenta I, N\nH = (I^2 + N^2)/2 + 1/S^2\n"),
    inline("look_alike", "coordinates ϕ, φ\nmomenta p1, p2\nH = (p1^2 + p2^2)/2 + cos(ϕ - φ)\n"),
    inline("words", "coordinates lambda, x_1\nmomenta diff, x1\nH = (diff^2 + x1^2)/2 + exp(lambda)\n"),
    inline("cube_root", "coordinates x, y\nmomenta px, py\nH = (px^2 + py^2)/2 + (x^3)^(1/3)\n"),
    inline("parameters", "coordinates x, y\nmomenta px, py\nparameters k\nH = k*(px^2 + py^2) + x\n"),
    inline(
        "combination",
        "coordinates x, y, z\nmomenta px, py, pz\nH = (px^2 + py^2 + pz^2)/2 + (x^2 + y^2 + z^2)^2\n",
    ),
    Case {
        arguments: &["integrals", "--momentum-degree", "2", "--certificate-exhaustive"],
        ..inline(
            "constants",
            "coordinates x, y\nmomenta px, py\nparameters k\nH = (px^2 + py^2)/2 + k*x^2 + sqrt(2)*y^2\n",
        )
    },
    claimed(
        "vanishes_on_a_branch",
        "coordinates x, y\nmomenta px, py\nH = (px^2 + py^2)/2\n",
        &["verify", "px*(py + abs(py))"],
    ),
    claimed(
        "a_domain_without_the_branch",
        "coordinates x, y\nmomenta px, py\nH = (px^2 + py^2)/2\n",
        &["verify", "px*(py + abs(py))", "log(py)"],
    ),
    claimed(
        "one_law_or_another",
        "coordinates x, y, z\nmomenta px, py, pz\nH = pz^2/2\n",
        &["verify", "abs(px + py) + abs(px - py)", "px", "py"],
    ),
    claimed(
        "domains_apart",
        "coordinates x, y, z\nmomenta px, py, pz\nH = pz^2/2\n",
        &["verify", "sqrt(-x)", "sqrt(x)", "log(x)*px"],
    ),
    inline("square_of_a_root", "coordinates q\nmomenta p\nH = p^2/2 + sqrt(q)^2\n"),
    Case {
        condition: Some("q0 > 0"),
        ..inline(
            "sign",
            "coordinates x, y\nmomenta px, py\nH = (px^2 + py^2)/2 + (sqrt(x)^2 + sqrt(x^2))/2\n",
        )
    },
    Case {
        condition: Some("c0 > 0"),
        ..inline(
            "sign_of_a_parameter",
            "coordinates x, y\nmomenta px, py\nparameters k\n\
             H = (px^2 + py^2)/2 + (sqrt(k)^2*x^2 + sqrt(k^2)*y^2)/2\n",
        )
    },
];

impl Case {
    /// The system's name or file; inline ones are written to the folder.
    fn system(&self, folder: &Path) -> String {
        let Some(text) = self.text else { return self.name.to_owned() };
        let path = folder.join(format!("{}.ham", self.name));
        std::fs::write(&path, format!("system {}\n{text}", self.name)).expect("a file");
        path.to_string_lossy().into_owned()
    }

    /// Writes the certificate.
    fn certificate(&self, folder: &Path) -> PathBuf {
        let path = folder.join(format!("{}.py", self.name.replace(['/', '.'], "_")));
        let run = Command::new(env!("CARGO_BIN_EXE_liouville"))
            .args(&self.arguments[..1])
            .arg(self.system(folder))
            .args(&self.arguments[1..])
            .arg("--certificate")
            .arg(&path)
            .output()
            .expect("the program runs");
        assert!(run.status.success(), "{}: {}", self.name, String::from_utf8_lossy(&run.stderr));
        path
    }

    /// Alters the certificate; what became of the mutants.
    fn mutants(&self, folder: &Path, random: usize) -> serde_json::Value {
        let path = self.certificate(folder);
        let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/certificates/mutants.py");
        let mut command = Command::new("python3");
        command.arg(driver).arg(path).arg(random.to_string()).args(self.condition);
        let run = command.output().expect("Python runs");
        assert!(run.status.success(), "{}: {}", self.name, String::from_utf8_lossy(&run.stderr));
        serde_json::from_slice(&run.stdout).expect("a document")
    }
}

fn scratch(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("liouville-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a scratch folder");
    folder
}

/// Why mutants of a kind can remain true.
fn reason(mutant: &str) -> &'static str {
    let kinds = [
        ("plus a constant", "a constant changes no bracket"),
        ("doubled", "a multiple of a function has the same trajectories or is conserved too"),
        ("negated", "a multiple of a function has the same trajectories or is conserved too"),
        ("involutive", "other functions commute too"),
        ("not 0", "that bracket does not vanish"),
        ("left out", "a condition that the formula does not need"),
    ];
    let of_kind = kinds.iter().find(|(kind, _)| mutant.contains(kind));
    of_kind.map_or("another function of which all claims hold", |(_, reason)| reason)
}

#[test]
#[ignore = "needs python3 with SymPy: .ci/run installs it"]
fn every_false_claim_is_refused() {
    let folder = scratch("certificates");
    let asked = std::env::var("LIOUVILLE_MUTANTS").ok().and_then(|count| count.parse::<usize>().ok());
    let random = asked.map_or(RANDOM, |count| count.div_ceil(CASES.len()));
    let results: Mutex<Vec<(usize, serde_json::Value)>> = Mutex::default();
    CASES.par_iter().enumerate().for_each(|(number, case)| {
        let found = case.mutants(&folder, random);
        results.lock().expect("no panic").push((number, found));
    });
    let mut results = results.into_inner().expect("no panic");
    results.sort_by_key(|(number, _)| *number);
    let (mut listed, mut wrong, mut counts) = (String::new(), Vec::new(), [0u64; 4]);
    for (number, found) in &results {
        let name = CASES[*number].name;
        listed += &format!("{name}\n");
        if found["failures"] != serde_json::json!([]) || !found["judged"].is_null() {
            wrong.push(format!("{name}: {} {}", found["failures"], found["judged"]));
        }
        if CASES[*number].arguments.contains(&"--certificate-exhaustive") && found["spaces"] != 2 {
            wrong.push(format!("{name}: another dimension of its space is accepted"));
        }
        for (k, kind) in ["each", "random"].into_iter().enumerate() {
            let result = &found[kind];
            counts[2 * k] += result["mutants"].as_u64().unwrap_or(0);
            counts[2 * k + 1] += result["false"].as_u64().unwrap_or(0);
            for (list, said) in [("missed", "false, but passes"), ("refused", "true, but fails")] {
                for mutant in result[list].as_array().into_iter().flatten() {
                    wrong.push(format!("{name}: {said}: {mutant}"));
                }
            }
        }
        for mutant in found["each"]["true"].as_array().into_iter().flatten() {
            let mutant = mutant.as_str().unwrap_or_default();
            listed += &format!("    {mutant}: {}\n", reason(mutant));
        }
    }
    let [each, each_false, random, random_false] = counts;
    println!(
        "{each} mutants in turn, {each_false} of them false; {random} at random, {random_false} of them false"
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    insta::assert_snapshot!("mutants_that_remain_true", listed);
    std::fs::remove_dir_all(folder).expect("the scratch folder");
}

#[test]
#[ignore = "needs python3 with SymPy: .ci/run installs it"]
fn the_normal_form_decides_roots_exponentials_and_angles() {
    run_on_a_certificate("identities");
}

#[test]
#[ignore = "needs python3 with SymPy: .ci/run installs it"]
fn laws_that_jump_are_refused() {
    run_on_a_certificate("jumps");
}

/// Systems of each kind of proof: name, text.
const OBSTRUCTED: [(&str, &str); 10] = [
    ("direction", "coordinates x, y\nmomenta px, py\nH = (px^2 + py^2 + x^2 + y^2)/2 + x^2*y - y^3/3\n"),
    ("irrational", "coordinates x, y\nmomenta px, py\nH = (px^2 + py^2)/2 + x^4 + y^4 + x^3*y\n"),
    ("lowest", "coordinates x, y\nmomenta px, py\nH = (px^2 + py^2)/2 + x^2*y^2 + x^6\n"),
    ("turning", "coordinates x, y\nmomenta px, py\nH = (px^2 + py^2)/2 + x*py - y*px + x^2*y^2\n"),
    ("homogeneous", "coordinates x, y\nmomenta px, py\nH = (2*px^2 - py^2)/2 + x^2*y^2\n"),
    ("roots", "coordinates x, y\nmomenta px, py\nH = (px^2 + py^2)/2 - 1/sqrt(x^2 + 2*y^2)\n"),
    (
        "chain",
        "coordinates a, b, c\nmomenta pa, pb, pc\nH = (pa^2 + pb^2 + pc^2)/2 + (b - a)^3 + (c - b)^3 + (a - c)^3\n",
    ),
    (
        "toda",
        "coordinates a, b, c\nmomenta pa, pb, pc\nH = pa^2/2 + pb^2/4 + pc^2/6 + exp(a - b) + exp(b - c) + exp(c - a)\n",
    ),
    (
        "bodies",
        "coordinates x1, y1, x2, y2, x3, y3\nmomenta a1, b1, a2, b2, a3, b3\n\
         H = (a1^2 + b1^2)/2 + (a2^2 + b2^2)/4 + (a3^2 + b3^2)/6 - 2/sqrt((x1 - x2)^2 + (y1 - y2)^2) - \
         3/sqrt((x1 - x3)^2 + (y1 - y3)^2) - 6/sqrt((x2 - x3)^2 + (y2 - y3)^2)\n",
    ),
    (
        "walls",
        "coordinates a, b, c, d\nmomenta pa, pb, pc, pd\n\
         H = (pa^2 + pb^2 + pc^2 + pd^2)/2 + a^2 + a^4 + (b - a)^4 + (c - b)^4 + (d - c)^4 + d^4\n",
    ),
];

#[test]
#[ignore = "needs python3 with SymPy: .ci/run installs it"]
fn false_proofs_of_non_integrability_are_refused() {
    let folder = scratch("obstructions");
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/certificates/obstructions.py");
    for (name, text) in OBSTRUCTED {
        let arguments = &["integrals", "--momentum-degree", "1"];
        let case = Case { name, text: Some(text), arguments, condition: None };
        let run =
            Command::new("python3").arg(&program).arg(case.certificate(&folder)).output().expect("Python");
        let said = String::from_utf8_lossy(&run.stdout);
        assert!(run.status.success(), "{name}: {said}{}", String::from_utf8_lossy(&run.stderr));
        println!("{name}: {said}");
    }
    std::fs::remove_dir_all(folder).expect("the scratch folder");
}

/// Runs a program of `certificates/` on a certificate; it must succeed.
fn run_on_a_certificate(program: &str) {
    let folder = scratch(program);
    let path = CASES[0].certificate(&folder);
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/certificates/{program}.py"));
    let run: Output = Command::new("python3").arg(program).arg(path).output().expect("Python runs");
    assert!(
        run.status.success(),
        "{}{}",
        String::from_utf8_lossy(&run.stdout),
        String::from_utf8_lossy(&run.stderr)
    );
    std::fs::remove_dir_all(folder).expect("the scratch folder");
}
