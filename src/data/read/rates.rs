//! Names that tell of which position a column is the velocity, the momentum or the acceleration.

/// What a column is to another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Relation {
    /// Its first time derivative.
    Velocity,
    /// Its canonical momentum.
    Momentum,
    /// Its second time derivative.
    Acceleration,
    /// The error of its values.
    Uncertainty,
}

/// A name as names are compared: Greek letters in Latin words, no underscores.
pub fn flat(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '_' => {}
            'θ' | 'ϑ' => out.push_str("theta"),
            'φ' | 'ϕ' => out.push_str("phi"),
            'ψ' => out.push_str("psi"),
            'ω' => out.push_str("omega"),
            'α' => out.push_str("alpha"),
            'β' => out.push_str("beta"),
            'γ' => out.push_str("gamma"),
            c => out.push(c),
        }
    }
    out
}

/// The letters of a name without the digits at its end, and these digits.
pub fn stem(flat: &str) -> (&str, &str) {
    let letters = flat.trim_end_matches(|c: char| c.is_ascii_digit());
    (letters, &flat[letters.len()..])
}

/// Words before the name of a position, longer ones first where both could stand.
const PREFIXES: [(Relation, &str); 4] = [
    (Relation::Velocity, "velocity vel v angularvelocity omega w dot d"),
    (Relation::Momentum, "momentum mom p"),
    (Relation::Acceleration, "acceleration accel acc a ddot dd d2"),
    (Relation::Uncertainty, "sigma error err std"),
];

/// Words behind the name of a position.
const SUFFIXES: [(Relation, &str); 4] = [
    (Relation::Velocity, "velocity vel dot rate speed prime"),
    (Relation::Momentum, "momentum mom"),
    (Relation::Acceleration, "acceleration accel acc ddot dotdot"),
    (Relation::Uncertainty, "uncertainty unc sigma error err std"),
];

/// Words that say alone what a column is, longer ones first.
const BARE: [(Relation, &str); 3] = [
    (Relation::Velocity, "angularvelocity angvelocity angvel velocity vel v omega w"),
    (Relation::Momentum, "momentum mom p"),
    (Relation::Acceleration, "angularacceleration acceleration accel acc alpha a"),
];

/// The words of a list, each with what it says.
fn words(list: &'static [(Relation, &'static str)]) -> impl Iterator<Item = (&'static str, Relation)> {
    list.iter().flat_map(|(relation, words)| words.split(' ').map(|word| (word, *relation)))
}

/// What a name without underscores may be to a column of another name: `vx` the velocity of `x`, `dpx` the
/// velocity (time derivative) of `px`. The names of the other column keep their letters' case.
pub fn relations(flat: &str) -> Vec<(Relation, &str)> {
    use Relation::{Acceleration, Velocity};
    let lower = flat.to_ascii_lowercase();
    let mut found = Vec::new();
    for (order, start, end) in
        [(Velocity, "d", "dt"), (Acceleration, "d2", "dt2"), (Acceleration, "dd", "dt2")]
    {
        let inner = lower.strip_prefix(start).and_then(|rest| rest.strip_suffix(end));
        if inner.is_some_and(|inner| !inner.is_empty()) {
            found.push((order, &flat[start.len()..flat.len() - end.len()]));
        }
    }
    for (word, order) in words(&PREFIXES) {
        if lower.len() > word.len() && lower.starts_with(word) {
            found.push((order, &flat[word.len()..]));
        }
    }
    for (word, order) in words(&SUFFIXES) {
        if lower.len() > word.len() && lower.ends_with(word) {
            found.push((order, &flat[..flat.len() - word.len()]));
        }
        // `x_dot_1` of `x_1`.
        let (letters, digits) = stem(&lower);
        if !digits.is_empty() && letters.len() > word.len() && letters.ends_with(word) {
            found.push((order, &flat[..letters.len() - word.len()]));
        }
    }
    found
}

/// The digits that a name with its word before them (`x_dot_1`) shares with its position.
pub fn digits_after_word(flat: &str) -> &str {
    stem(flat).1
}

/// The names under which others may refer to a position: `x` for `x_position`.
pub fn called(flat: &str) -> Vec<String> {
    let mut names = vec![flat.to_string()];
    let lower = flat.to_ascii_lowercase();
    for word in ["position", "pos", "coordinate", "coord", "displacement", "angle"] {
        if lower.len() > word.len() && lower.starts_with(word) {
            names.push(flat[word.len()..].to_string());
        }
        if lower.len() > word.len() && lower.ends_with(word) {
            names.push(flat[..flat.len() - word.len()].to_string());
        }
    }
    names
}

/// What a name is to the position with the same ending, where it says only what it is: `v1` the velocity of
/// the one position that ends in `1`, `omega` the angular velocity. With the ending.
pub fn bare_relation(flat: &str) -> Option<(Relation, &str)> {
    let lower = flat.to_ascii_lowercase();
    let (word, order) = words(&BARE).find(|(word, _)| {
        let ending = lower.strip_prefix(word);
        ending.is_some_and(|ending| ending.len() == 1 || ending.chars().all(|c| c.is_ascii_digit()))
    })?;
    flat.get(word.len()..).map(|ending| (order, ending))
}

/// The endings of a position that [`bare_relation`]s may share: its digits, and what follows its first letter.
pub fn endings(flat: &str) -> [&str; 2] {
    let second = flat.char_indices().nth(1).map_or(flat.len(), |(at, _)| at);
    [stem(flat).1, &flat[second..]]
}

/// Whether a name is one of those that angles bear.
pub fn is_angle_name(name: &str) -> bool {
    const WORDS: [&str; 14] = [
        "theta",
        "phi",
        "psi",
        "alpha",
        "beta",
        "gamma",
        "angle",
        "ang",
        "varphi",
        "vartheta",
        "azimuth",
        "inclination",
        "winkel",
        "angles",
    ];
    let lower = flat(name).to_lowercase();
    let (letters, _) = stem(&lower);
    WORDS.contains(&letters)
        || WORDS[..6].iter().any(|word| {
            // `theta_a`, `phi_z`: one letter tells which.
            lower.len() == word.len() + 1 && lower.starts_with(word)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(name: &str, relation: Relation, base: &str) -> bool {
        relations(&flat(name)).contains(&(relation, flat(base).as_str()))
    }

    #[test]
    fn velocities_of_named_positions() {
        for name in
            ["vx", "v_x", "x_dot", "xdot", "dx", "dx_dt", "dxdt", "x_velocity", "velocity_x", "vel_x", "Vx"]
        {
            assert!(is(name, Relation::Velocity, "x"), "{name}");
        }
        assert!(is("theta_dot_1", Relation::Velocity, "theta") && digits_after_word("thetadot1") == "1");
        assert!(is("omega_theta", Relation::Velocity, "theta") && is("dθ_dt", Relation::Velocity, "θ"));
        assert!(is("dpx", Relation::Velocity, "px"));
    }

    #[test]
    fn momenta_accelerations_uncertainties() {
        assert!(is("px", Relation::Momentum, "x") && is("p_theta", Relation::Momentum, "theta"));
        assert!(is("ax", Relation::Acceleration, "x") && is("x_ddot", Relation::Acceleration, "x"));
        assert!(is("d2x_dt2", Relation::Acceleration, "x") && is("ddx", Relation::Acceleration, "x"));
        assert!(is("x_err", Relation::Uncertainty, "x") && is("sigma_x", Relation::Uncertainty, "x"));
        assert!(relations("x").is_empty() && relations("q1").is_empty());
    }

    #[test]
    fn bare_names() {
        assert_eq!(bare_relation("v"), Some((Relation::Velocity, "")));
        assert_eq!(bare_relation("omega2"), Some((Relation::Velocity, "2")));
        assert_eq!(bare_relation("p12"), Some((Relation::Momentum, "12")));
        assert_eq!(bare_relation("va"), Some((Relation::Velocity, "a")));
        assert_eq!(bare_relation("prey"), None);
        assert_eq!(bare_relation("x"), None);
        assert_eq!(endings("theta1"), ["1", "heta1"]);
        assert_eq!(endings("xa"), ["", "a"]);
    }

    #[test]
    fn angles_by_name() {
        for name in ["theta", "θ", "theta1", "phi_2", "φ", "alpha", "psi", "angle", "Theta", "theta_a", "ϕ2"]
        {
            assert!(is_angle_name(name), "{name}");
        }
        for name in ["x", "thetadot", "omega", "angular", "alphabet", "o1"] {
            assert!(!is_angle_name(name), "{name}");
        }
        assert_eq!(called("xposition"), ["xposition", "x"]);
    }
}
