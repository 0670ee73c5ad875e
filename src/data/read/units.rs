//! Units of measurement, as headings write them.

/// A unit, as far as it matters here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    /// Degrees, or degrees per time.
    Degrees,
    /// Radians, or radians per time.
    Radians,
    /// Any other.
    Other,
}

/// Known units in small letters.
const UNITS: &str = "\
    s sec secs second seconds ms us µs μs ns min minutes h hr hours d day days yr year years m mm cm \
    dm km um µm μm nm pm fm å in inch ft px pixel pixels au pc kpc mpc ly rad radian radians deg degs \
    degree degrees dps ° º kg g n hz j v a k fs ps myr gyr ev kev arcsec arcmin mas frame frames rpm \
    turn turns rev u none unitless dimensionless arb";

/// A heading without the unit at its end: in brackets, behind ` / `, or behind ` in `.
pub fn without_unit(text: &str) -> (&str, Option<Unit>) {
    for (open, close) in [('(', ')'), ('[', ']')] {
        let Some(body) = text.strip_suffix(close) else { continue };
        let Some((before, inner)) = body.rsplit_once(open) else { continue };
        if before.trim().is_empty() {
            return (inner.trim(), None);
        }
        // `x(t)` names an argument, and `p(x)` is a name.
        if open == '(' && ["t", "time"].contains(&inner.trim()) {
            return without_unit(before.trim());
        }
        if open == '[' || before.ends_with(char::is_whitespace) || is_unit(inner) {
            return (without_argument(before.trim()), Some(kind(inner)));
        }
    }
    let signs = text.match_indices('/').chain(text.match_indices(" in ")).chain(text.match_indices(", "));
    for (at, sign) in signs.collect::<Vec<_>>() {
        let (before, after) = (text[..at].trim(), text[at + sign.len()..].trim());
        if !before.is_empty() && is_unit(after) && !is_unit(text) {
            return (before, Some(kind(after)));
        }
    }
    (text, None)
}

/// `x` for `x(t)`.
fn without_argument(text: &str) -> &str {
    text.strip_suffix("(t)").filter(|name| !name.is_empty()).unwrap_or(text).trim()
}

fn kind(unit: &str) -> Unit {
    let lower = unit.trim().to_lowercase();
    if lower.starts_with(['°', 'º']) || lower.starts_with("deg") || lower == "dps" {
        Unit::Degrees
    } else if lower.starts_with("rad") {
        Unit::Radians
    } else {
        Unit::Other
    }
}

/// The units of degrees and radians, as they stand in a row of units.
pub fn unit_of(cell: &str) -> Option<Unit> {
    let bare = cell.trim().trim_start_matches(['(', '[']).trim_end_matches([')', ']']).trim();
    (!bare.is_empty() && bare != "-").then(|| kind(bare))
}

/// Whether a text is a unit of measurement: a product of powers of known units.
pub fn is_unit(text: &str) -> bool {
    let lower = text.trim().to_lowercase();
    let mut parts = lower.split(|c: char| "/*·⋅^ ().".contains(c)).filter(|part| !part.is_empty()).peekable();
    parts.peek().is_some()
        && parts.all(|part| {
            let word = part.trim_end_matches(|c: char| c.is_ascii_digit() || "-−⁻¹²³".contains(c));
            word.is_empty() && part.len() < 3 || UNITS.split(' ').any(|unit| unit == word)
        })
        && lower.contains(|c: char| c.is_alphabetic() || c == '°' || c == 'º')
}

/// Whether a row holds the units of the columns.
pub fn is_row_of_units<'a>(cells: impl Iterator<Item = &'a str>) -> bool {
    let mut found = false;
    for cell in cells.map(str::trim) {
        let bracketed = cell.starts_with(['(', '[']) && cell.ends_with([')', ']']);
        found |= bracketed || is_unit(cell);
        let is_nothing = cell == "1" || !cell.contains(|c: char| c.is_alphanumeric() || c == '°');
        if !(is_nothing || bracketed || is_unit(cell)) {
            return false;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_units() {
        let is = |row: &str| is_row_of_units(row.split(','));
        assert!(is("s,m,m/s") && is("(s),(m),") && is("[s],[furlong],-") && is("d,AU,AU/day"));
        assert!(!is("t,x,v") && !is("0,1,2") && !is(",,") && !is("s,m,x"));
    }
}
