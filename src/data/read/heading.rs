//! What the header says of a column: its name and its unit.

use super::units::{Unit, without_unit};
use crate::expr::is_name;

/// The heading of a column.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Heading {
    /// As it is written.
    pub written: String,
    /// The name without unit, brackets and spaces; often but not always a legal name of a variable.
    pub name: String,
    /// The same, with units such as `_deg` that belong to the written name.
    pub long_name: String,
    /// The unit, where one is written.
    pub unit: Option<Unit>,
    /// The data set that the column belongs to, where the heading says it (`Run 1: x`).
    pub set: Option<String>,
}

/// Endings of names that are units of angles.
const ENDINGS: [(&str, Unit); 12] = [
    ("_deg_per_s", Unit::Degrees),
    ("_deg_s", Unit::Degrees),
    ("_degs", Unit::Degrees),
    ("_dps", Unit::Degrees),
    ("_degrees", Unit::Degrees),
    ("_degree", Unit::Degrees),
    ("_deg", Unit::Degrees),
    ("_rad_per_s", Unit::Radians),
    ("_rad_s", Unit::Radians),
    ("_rads", Unit::Radians),
    ("_radians", Unit::Radians),
    ("_rad", Unit::Radians),
];

impl Heading {
    /// Reads the text of a header cell.
    pub fn of(cell: &str) -> Heading {
        let written = cell.replace("\"\"", "\"").replace(['\n', '\r'], " ").trim().to_string();
        let (set, rest) = without_set(&written);
        let set = set.map(str::to_string);
        let text = dots(&without_latex(rest));
        let (text, mut unit) = without_unit(text.trim());
        let long_name = cleaned(text);
        let lower = long_name.to_ascii_lowercase();
        let ending = ENDINGS.iter().find(|(ending, _)| lower.len() > ending.len() && lower.ends_with(ending));
        let mut name = long_name.clone();
        if let Some((ending, of_ending)) = ending {
            name.truncate(long_name.len() - ending.len());
            unit = unit.or(Some(*of_ending));
        }
        Heading { name, long_name, unit, set, written }
    }

    /// Whether the name can stand in formulas.
    pub fn is_legal(&self) -> bool {
        is_name(&self.name) && self.name != "H"
    }

    /// The data set of the column, if it is a run: `Run 2`, `Data Set 1`.
    pub fn run(&self) -> Option<&str> {
        let set = self.set.as_deref()?;
        let letters = set.trim_end_matches(|c: char| c.is_ascii_digit() || " #_".contains(c)).to_lowercase();
        (RUN_WORDS.contains(&letters.as_str()) || letters == "latest").then_some(set)
    }

    /// Whether the column is meant by a name that a user gives.
    pub fn is_called(&self, name: &str) -> bool {
        [&self.written, &self.name, &self.long_name].into_iter().any(|own| own == name)
    }
}

/// Words for runs in headings.
const RUN_WORDS: [&str; 4] = ["run", "trial", "data set", "dataset"];

/// The data set that a heading names and the rest: `Run 2: x (m)`, `x (m) Run #2`.
fn without_set(written: &str) -> (Option<&str>, &str) {
    if let Some((set, rest)) = written.rsplit_once(':')
        && !set.trim().is_empty()
        && !rest.trim().is_empty()
    {
        return (Some(set.trim()), rest.trim());
    }
    let lower = written.to_ascii_lowercase();
    for word in RUN_WORDS {
        let Some(at) = lower.rfind(word) else { continue };
        let number = lower[at + word.len()..].trim_start_matches([' ', '#', '_']);
        let is_number = !number.is_empty() && number.chars().all(|c| c.is_ascii_digit());
        if is_number && written[..at].ends_with([' ', '_']) {
            return (Some(&written[at..]), written[..at].trim_end_matches([' ', '_']));
        }
    }
    (None, written)
}

/// Columns of one name and different sets that are no runs are called after both: `Hip_X`, `Knee_X`.
pub fn tell_apart(headings: &mut [Heading]) {
    let names: Vec<String> = headings.iter().map(|heading| heading.name.clone()).collect();
    for (at, heading) in headings.iter_mut().enumerate() {
        let is_shared = names.iter().enumerate().any(|(other, name)| other != at && *name == names[at]);
        if let Some(set) = heading.set.as_deref().filter(|_| is_shared && heading.run().is_none()) {
            let last = set.rsplit(':').next().unwrap_or(set);
            heading.name = format!("{}_{}", cleaned(last), heading.name);
            heading.long_name = heading.name.clone();
        }
    }
}

/// `\dot{x}` as `x_dot`, `v_{x}` as `v_x`, `\theta` as `theta`.
fn without_latex(text: &str) -> String {
    let mut out = text.replace('$', "");
    for (command, ending) in [("\\ddot", "_ddot"), ("\\dot", "_dot")] {
        while let Some(at) = out.find(command) {
            let after = &out[at + command.len()..];
            let (inner, rest) = match after.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
                Some((inner, rest)) => (inner, rest),
                None => {
                    let body = after.trim_start();
                    let end = body.find(|c: char| !c.is_alphanumeric() && c != '\\').unwrap_or(body.len());
                    body.split_at(end)
                }
            };
            out = format!("{}{inner}{ending}{rest}", &out[..at]);
        }
    }
    out.replace(['\\', '{', '}'], "")
}

/// Dots and primes of time derivatives in letters (`ẋ` and `x'` as `x_dot`), small digits as digits.
fn dots(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // The derivative of a letter stands behind the digits that follow it.
    let mut pending: &str = "";
    for c in text.chars() {
        let (plain, ending) = match c {
            'ẋ' => ('x', "_dot"),
            'ẏ' => ('y', "_dot"),
            'ż' => ('z', "_dot"),
            'ṙ' => ('r', "_dot"),
            'ṡ' => ('s', "_dot"),
            'ẍ' => ('x', "_ddot"),
            '\u{307}' => ('\0', "_dot"),
            '\u{308}' => ('\0', "_ddot"),
            '\'' | '′' | '’' if out.ends_with("_dot") => {
                out.truncate(out.len() - "_dot".len());
                ('\0', "_ddot")
            }
            '\'' | '′' | '’' => ('\0', "_dot"),
            '″' => ('\0', "_ddot"),
            '₀'..='₉' => (char::from(b'0' + (c as u32 - '₀' as u32) as u8), ""),
            '²' => ('2', ""),
            '³' => ('3', ""),
            c => (c, ""),
        };
        let goes_on = plain.is_ascii_digit() || plain == '_' && !pending.is_empty();
        if !pending.is_empty() && !goes_on && plain != '\0' {
            out.push_str(std::mem::take(&mut pending));
        }
        if plain != '\0' {
            out.push(plain);
        }
        if !ending.is_empty() {
            match plain == '\0' && "'′’″".contains(c) {
                true => out.push_str(ending),
                false => pending = ending,
            }
        }
    }
    out.push_str(pending);
    out
}

/// A name of letters, digits and `_` for a text.
fn cleaned(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c.is_alphanumeric() || c == '_' {
            true => out.push(c),
            false if out.ends_with('_') => {}
            false => out.push('_'),
        }
    }
    let trimmed = out.trim_matches('_');
    if trimmed.is_empty() { String::new() } else { trimmed.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> String {
        Heading::of(text).name
    }

    #[test]
    fn units_are_taken_off() {
        for (text, expected) in [
            ("x [m]", "x"),
            ("x (m)", "x"),
            ("Time(s)", "Time"),
            ("x / m", "x"),
            ("t/s", "t"),
            ("v_x / (m/s)", "v_x"),
            ("time in s", "time"),
            ("x, mm", "x"),
            ("x(t)", "x"),
            ("x(t) [m]", "x"),
            ("omega [rad s^-1]", "omega"),
            ("Period (unknown unit)", "Period"),
            ("dx/dt", "dx_dt"),
            ("dx/dt (m/s)", "dx_dt"),
            ("p(x)", "p_x"),
            ("(x)", "x"),
        ] {
            assert_eq!(name(text), expected, "{text}");
        }
    }

    #[test]
    fn names_are_made_legal() {
        for (text, expected) in [
            ("X Velocity", "X_Velocity"),
            ("v_{x}", "v_x"),
            ("$\\dot{x}$", "x_dot"),
            ("$\\theta_{1}$", "theta_1"),
            ("\\ddot{q}_1", "q_ddot_1"),
            ("ẋ", "x_dot"),
            ("θ̇", "θ_dot"),
            ("ẋ1", "x1_dot"),
            ("x'", "x_dot"),
            ("x''", "x_ddot"),
            ("x₁", "x1"),
            ("θ", "θ"),
            ("position-x", "position_x"),
            ("x, y", "x_y"),
            ("\"\"", ""),
        ] {
            assert_eq!(name(text), expected, "{text}");
        }
        assert!(Heading::of("θ1").is_legal() && Heading::of("größe").is_legal());
        assert!(
            !Heading::of("1x").is_legal() && !Heading::of("sin").is_legal() && !Heading::of("H").is_legal()
        );
    }

    #[test]
    fn degrees_and_radians() {
        for text in ["theta (deg)", "theta [°]", "theta_deg", "omega (deg/s)", "omega_deg_s", "θ / °"] {
            assert_eq!(Heading::of(text).unit, Some(Unit::Degrees), "{text}");
        }
        for text in ["theta (rad)", "theta_rad", "omega [rad/s]"] {
            assert_eq!(Heading::of(text).unit, Some(Unit::Radians), "{text}");
        }
        let heading = Heading::of("theta_deg");
        assert_eq!((heading.name.as_str(), heading.long_name.as_str()), ("theta", "theta_deg"));
        assert!(heading.is_called("theta_deg") && heading.is_called("theta"));
        assert_eq!(Heading::of("x [m]").unit, Some(Unit::Other));
        assert_eq!(Heading::of("x").unit, None);
    }

    #[test]
    fn data_sets() {
        let heading = Heading::of("Run 2: X Velocity (m/s)");
        assert_eq!((heading.set.as_deref(), heading.name.as_str()), (Some("Run 2"), "X_Velocity"));
        assert_eq!(heading.run(), Some("Run 2"));
        assert_eq!(Heading::of("Latest: Time (s)").name, "Time");
        for text in ["Time (s) Run #1", "Time_run_1", "Time trial 1"] {
            let heading = Heading::of(text);
            assert!(heading.name == "Time" && heading.run().is_some(), "{text}: {heading:?}");
        }
        let mut parts: Vec<Heading> =
            ["Hand:Hip:X", "Hand:Knee:X", "Hand:Knee:Y"].into_iter().map(Heading::of).collect();
        tell_apart(&mut parts);
        let names: Vec<&str> = parts.iter().map(|heading| heading.name.as_str()).collect();
        assert_eq!((names.as_slice(), parts[0].run()), (["Hip_X", "Knee_X", "Y"].as_slice(), None));
    }
}
