//! `--columns`: which column of a file is which variable.

use super::Declared;
use super::names::{is_run_name, is_time_name};
use super::roles::names_of;
use super::table::Table;
use crate::data::ReadError;
use crate::expr::is_name;
use crate::system::did_you_mean;

/// Renames columns of a file: `column = name`, or `column = -` to leave the column out. A column is called by
/// its name in the header or by its number, from 1.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ColumnMap {
    pairs: Vec<(String, String)>,
}

impl ColumnMap {
    /// Reads `x1=q1, v1=p1, "mass, kg"=-`.
    ///
    /// # Errors
    /// A part that is not of the form `column=name`, a column or a name given twice, a name that cannot stand
    /// in formulas.
    pub fn parse(text: &str) -> Result<ColumnMap, ReadError> {
        let mut map = ColumnMap::default();
        for part in parts(text) {
            let problem = |reason: &str| {
                let message = format!("`{part}` in the column map: {reason}");
                Err(ReadError::Option { message, hint: Some("write x1=q1,v1=p1".to_string()) })
            };
            let Some((column, name)) = part.rsplit_once('=').map(|(a, b)| (a.trim(), b.trim())) else {
                return problem("there is no `=`");
            };
            let column = column.trim_matches('"');
            if column.is_empty() || name.is_empty() {
                return problem("a column of the file and a name are needed");
            }
            if name != LEFT_OUT && !(is_name(name) && name != "H") {
                return problem(&format!("`{name}` cannot be the name of a variable"));
            }
            if map.pairs.iter().any(|(known, other)| known == column || other == name && name != LEFT_OUT) {
                return problem("it is mapped twice");
            }
            map.pairs.push((column.to_string(), name.to_string()));
        }
        Ok(map)
    }

    /// Whether some column is called by a number.
    pub fn has_numbers(&self) -> bool {
        self.pairs.iter().any(|(column, _)| column.parse::<usize>().is_ok())
    }

    /// Whether it renames nothing.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// Renames the columns of a table, and returns those that are left out. The derivative `dx` of a column
    /// `x` follows it.
    ///
    /// # Errors
    /// A column that the table does not have; with a system file, a name that it does not have.
    pub fn apply(&self, table: &mut Table<'_>, declared: Option<&Declared>) -> Result<Vec<usize>, ReadError> {
        let mut renamed: Vec<(usize, &str)> = Vec::new();
        for (column, name) in &self.pairs {
            self.check_target(table, name, declared)?;
            let at = find(table, column)?;
            if renamed.iter().any(|(other, _)| *other == at) {
                let message = format!("`{column}` in the column map is a column that is mapped already");
                return Err(ReadError::Option { message, hint: None });
            }
            renamed.push((at, name));
        }
        let follow: Vec<(usize, String)> = renamed
            .iter()
            .filter(|(_, name)| *name != LEFT_OUT)
            .filter_map(|&(at, name)| {
                let derivative = format!("d{}", table.headings[at].name);
                let follows = |column: &usize| table.headings[*column].name == derivative;
                let column = (0..table.headings.len()).find(follows)?;
                let is_mapped = renamed.iter().any(|(other, _)| *other == column);
                (!is_mapped).then(|| (column, format!("d{name}")))
            })
            .collect();
        let mut left_out = Vec::new();
        let follow = follow.iter().map(|(column, name)| (*column, name.as_str()));
        for (column, name) in renamed.iter().copied().chain(follow).collect::<Vec<_>>() {
            if name == LEFT_OUT {
                left_out.push(column);
                continue;
            }
            table.headings[column].name = name.to_string();
            table.headings[column].long_name = name.to_string();
        }
        Ok(left_out)
    }

    /// With a system file, columns may only be given its names.
    fn check_target(
        &self,
        table: &Table<'_>,
        name: &str,
        declared: Option<&Declared>,
    ) -> Result<(), ReadError> {
        let Some(declared) = declared else { return Ok(()) };
        let variables: Vec<&str> =
            declared.coordinates.iter().map(|name| name.name()).chain(names_of(&declared.rates)).collect();
        let is_derivative = name.strip_prefix('d').is_some_and(|rest| variables.contains(&rest));
        if name == LEFT_OUT
            || variables.contains(&name)
            || is_derivative
            || is_time_name(name)
            || is_run_name(name)
        {
            return Ok(());
        }
        let message = format!("the column map names `{name}`, which the system does not have");
        let expected = Some(format!("one of t, run, {}", variables.join(", ")));
        Err(table.error_in_header(None, message, expected, did_you_mean(name, variables)))
    }
}

/// The name of columns that are left out.
const LEFT_OUT: &str = "-";

/// The parts between commas that are not quoted.
fn parts(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut quoted) = (Vec::new(), 0, false);
    for (at, c) in text.char_indices() {
        quoted ^= c == '"';
        if c == ',' && !quoted {
            parts.push(&text[start..at]);
            start = at + 1;
        }
    }
    parts.push(&text[start..]);
    parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// The column of that heading, name or number.
fn find(table: &Table<'_>, column: &str) -> Result<usize, ReadError> {
    let headings = &table.headings;
    let exact: Vec<usize> = (0..headings.len()).filter(|&at| headings[at].written == column).collect();
    let called: Vec<usize> = (0..headings.len()).filter(|&at| headings[at].is_called(column)).collect();
    let number = column.parse::<usize>().ok().and_then(|n| n.checked_sub(1)).filter(|n| *n < headings.len());
    match (exact.as_slice(), called.as_slice(), number) {
        (&[at], _, _) | (&[], &[at], _) | (&[], &[], Some(at)) => Ok(at),
        (&[], &[], None) => {
            let message = format!("there is no column `{column}` to rename");
            let written = headings.iter().map(|heading| heading.written.as_str());
            Err(table.error_in_header(None, message, None, did_you_mean(column, written)))
        }
        (several, _, _) => {
            let second = several.get(1).or(called.get(1)).copied();
            let message = format!("there are two columns `{column}`");
            let hint = second.map(|at| format!("call them by their numbers: this one is {}", at + 1));
            Err(table.error_in_header(second, message, None, hint))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_are_read() {
        let map = ColumnMap::parse("x1 = q1, \"mass, kg\"=-,v=-, 3=t").unwrap();
        assert_eq!(map.pairs[1], ("mass, kg".to_string(), "-".to_string()));
        assert!(map.has_numbers() && ColumnMap::parse("").unwrap().is_empty());
        for bad in ["x1", "x1=", "=q", "a=b,a=c", "a=b,c=b", "a=b c", "a=sin", "a=H"] {
            assert!(ColumnMap::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn columns_are_found_by_heading_name_and_number() {
        let text = "time (s),x [m],dx,m\n0,1,2,3\n1,2,3,3\n";
        for map in ["x [m]=q", "x=q", "2=q"] {
            let mut table = Table::of_text(text, "a.csv", false).unwrap();
            let left_out = ColumnMap::parse(&format!("{map},m=-")).unwrap().apply(&mut table, None).unwrap();
            assert_eq!(left_out, [3]);
            assert_eq!((table.headings[1].name.as_str(), table.headings[2].name.as_str()), ("q", "dq"));
        }
        let mut table = Table::of_text(text, "a.csv", false).unwrap();
        let error = ColumnMap::parse("tme=t").unwrap().apply(&mut table, None).unwrap_err();
        assert!(error.to_string().contains("there is no column `tme`"), "{error}");
    }
}
