//! Numbers as programs write them.

/// What stands in a cell.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Cell {
    /// A finite number.
    Number(f64),
    /// A number that is not finite: `inf`, `1e999`.
    NotFinite,
    /// Nothing, or a word for nothing: ``, `NaN`, `NA`, `null`.
    Missing,
    /// Something else.
    Text,
}

impl Cell {
    /// Reads a cell, whose text has no space at either end. With `decimal_comma` a comma stands where other
    /// files have a point, and a point is refused, because it may separate thousands.
    pub fn read(text: &str, decimal_comma: bool) -> Cell {
        let quick = if decimal_comma { with_point(text) } else { text.parse().ok() };
        if let Some(value) = quick {
            return Cell::of(value);
        }
        let plain = plain(text, decimal_comma);
        match plain.parse::<f64>() {
            Ok(_) if decimal_comma && text.contains('.') => Cell::Text,
            Ok(value) => Cell::of(value),
            Err(_) if is_missing(&plain) => Cell::Missing,
            Err(_) => without_thousands(&plain, decimal_comma).map_or(Cell::Text, Cell::of),
        }
    }

    /// Whether the cell holds a finite number.
    pub fn is_number(self) -> bool {
        matches!(self, Cell::Number(_))
    }

    fn of(value: f64) -> Cell {
        match value {
            value if value.is_finite() => Cell::Number(value),
            value if value.is_nan() => Cell::Missing,
            _ => Cell::NotFinite,
        }
    }
}

/// The value of a number with a decimal comma and no point.
fn with_point(text: &str) -> Option<f64> {
    const LONGEST: usize = 40;
    let bytes = text.as_bytes();
    let mut buffer = [0; LONGEST];
    let copy = buffer.get_mut(..bytes.len())?;
    for (to, &from) in copy.iter_mut().zip(bytes) {
        *to = match from {
            b',' => b'.',
            b'.' => return None,
            from => from,
        };
    }
    std::str::from_utf8(copy).ok()?.parse().ok()
}

/// The value of `1,234,567.5`, or of `1.234.567,5` with a decimal comma (which is a point by now). Whether
/// `1,234` is 1234 or 1.234 nobody knows.
fn without_thousands(plain: &str, decimal_comma: bool) -> Option<f64> {
    let (whole, decimals) = plain.rsplit_once('.')?;
    let sign = if decimal_comma { '.' } else { ',' };
    let mut groups = whole.trim_start_matches(['+', '-']).split(sign);
    let first = groups.next()?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_whole = is_number(first) && first.len() <= 3 && whole.contains(sign);
    let are_groups = groups.all(|group| group.len() == 3 && is_number(group));
    let is_sure = is_whole && are_groups && is_number(decimals) && (!decimal_comma || decimals.len() != 3);
    is_sure.then(|| format!("{}.{decimals}", whole.replace(sign, "")).parse().ok()).flatten()
}

/// The number as Rust writes it: a point, `e` before the exponent (Fortran writes `D`), an ASCII minus, no
/// spaces that are not ASCII.
fn plain(text: &str, decimal_comma: bool) -> String {
    let is_like_a_number = text.starts_with(|c: char| c.is_ascii_digit() || "+-.,−".contains(c));
    let spaced = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    spaced
        .chars()
        .map(|c| match c {
            ',' if decimal_comma => '.',
            '−' => '-',
            'd' | 'D' if is_like_a_number => 'e',
            _ => c,
        })
        .collect()
}

fn is_missing(text: &str) -> bool {
    const WORDS: [&str; 12] =
        ["", "-", "--", "?", "na", "n/a", "#n/a", "null", "none", "missing", "nan(ind)", "-nan(ind)"];
    WORDS.contains(&text.to_lowercase().as_str())
}

/// Whether a cell is a number with a decimal comma, such as `-0,5e-3`.
pub fn has_decimal_comma(text: &str) -> bool {
    text.matches(',').count() == 1 && Cell::read(text, true).is_number()
}

/// Whether a cell is a date or a time of day, such as `2024-05-01`, `1.5.2024`, `12:30:01.5`.
pub fn is_date(text: &str) -> bool {
    let first = text.split([' ', 'T']).find(|part| part.starts_with(|c: char| c.is_ascii_digit()));
    let Some(first) = first else { return false };
    let parts: Vec<&str> = first.split([':', '-', '/', '.']).collect();
    let is_part =
        |part: &str| !part.is_empty() && part.len() <= 6 && part.chars().all(|c| c.is_ascii_alphanumeric());
    (parts.len() == 3 || (parts.len() > 1 && first.contains(':'))) && parts.iter().all(|part| is_part(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_many_programs() {
        for (text, value) in
            [("1", 1.0), ("+.5", 0.5), ("1.", 1.0), ("-1.0D-03", -1e-3), ("−2.5", -2.5), ("\u{a0}3", 3.0)]
        {
            assert_eq!(Cell::read(text, false), Cell::Number(value), "{text}");
        }
        assert_eq!(Cell::read("47,25", true), Cell::Number(47.25));
        assert_eq!(Cell::read("1.234,5", true), Cell::Number(1234.5));
        assert_eq!(Cell::read("-1,234,567.5", false), Cell::Number(-1_234_567.5));
        assert_eq!(Cell::read("1,234", false), Cell::Text);
        assert_eq!(Cell::read("12,34.5", false), Cell::Text);
        assert_eq!(Cell::read("1,5,5", true), Cell::Text);
        assert_eq!(Cell::read("1.234", true), Cell::Text);
        assert_eq!(Cell::read("47,25", false), Cell::Text);
    }

    #[test]
    fn what_is_no_number() {
        for text in ["", "NaN", "nan", "NA", "null", "-", "#N/A"] {
            assert_eq!(Cell::read(text, false), Cell::Missing, "{text}");
            assert_eq!(Cell::read(text, true), Cell::Missing, "{text}");
        }
        for text in ["inf", "-Infinity", "1e999"] {
            assert_eq!(Cell::read(text, false), Cell::NotFinite, "{text}");
        }
        for text in ["one", "d", "dd", "1 2", "0x10", "12:30", "#DIV/0!"] {
            assert_eq!(Cell::read(text, false), Cell::Text, "{text}");
        }
    }

    #[test]
    fn decimal_commas_and_dates() {
        assert!(has_decimal_comma("0,020") && has_decimal_comma("-1,5e3"));
        assert!(!has_decimal_comma("1,234,567") && !has_decimal_comma("a,b") && !has_decimal_comma("1.5"));
        for text in [
            "2024-05-01",
            "2024-05-01T10:00:00",
            "1.5.2024",
            "12:30:01.5",
            "A.D. 2020-Jan-01 00:00",
            "5/1/2024",
        ] {
            assert!(is_date(text), "{text}");
        }
        for text in ["Mars", "1.5", "a:b", "", "-1e5"] {
            assert!(!is_date(text), "{text}");
        }
    }
}
