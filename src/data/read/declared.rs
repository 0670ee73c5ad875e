//! Roles where a system file names the variables.

use super::Declared;
use super::rates::{Relation, relations};
use super::roles::{Columns, Problem, RateColumns, Reason, Roles, names_of};
use crate::data::Rates;

/// The roles that a system file gives; time and runs are recognised by their names.
pub fn assign(mut columns: Columns<'_>, declared: &Declared) -> Result<Roles, Problem> {
    let coordinates: Vec<&str> = declared.coordinates.iter().map(|name| name.name()).collect();
    let rates = names_of(&declared.rates);
    let what = match declared.rates {
        Rates::Velocities(_) => "velocity",
        _ => "momentum",
    };
    let positions = find_all(&mut columns, &coordinates, "coordinate")?;
    let rates = find_all(&mut columns, &rates, what)?;
    let time = columns.take_time()?;
    let runs = columns.take_runs();
    let derivatives = derivatives(&mut columns, declared, &positions, &rates)?;
    columns.ignore_where(Reason::Blank, |columns, column| columns.facts.is_blank(column));
    columns.ignore_where(Reason::Text, |columns, column| !columns.facts.is_number(column));
    columns.ignore_where(Reason::NotDeclared, |_, _| true);
    let rates = match declared.rates {
        Rates::None => RateColumns::None,
        Rates::Velocities(_) => RateColumns::Velocities(rates),
        Rates::Momenta(_) => RateColumns::Momenta(rates),
    };
    Ok(Roles { time, runs, positions, rates, derivatives, ignored: columns.ignored })
}

fn find_all(columns: &mut Columns<'_>, names: &[&str], what: &'static str) -> Result<Vec<usize>, Problem> {
    let mut found = Vec::new();
    for name in names {
        let mut called =
            columns.open.iter().copied().filter(|&column| columns.headings[column].is_called(name));
        let Some(column) = called.next() else {
            return Err(Problem::Missing { name: name.to_string(), what });
        };
        if let Some(second) = called.next() {
            return Err(Problem::Twice { first: column, second });
        }
        found.push(column);
    }
    found.iter().for_each(|&column| columns.take(column));
    Ok(found)
}

/// The columns `d` + name of all variables. With velocities, these are the derivatives of the positions, and
/// accelerations are derivatives of velocities.
fn derivatives(
    columns: &mut Columns<'_>,
    declared: &Declared,
    positions: &[usize],
    rates: &[usize],
) -> Result<Option<Vec<usize>>, Problem> {
    let derivative = |columns: &Columns<'_>, of: usize, relation: Relation| {
        let of = columns.flat(of);
        let is_one = |column: &usize| relations(&columns.flat(*column)).contains(&(relation, of.as_str()));
        columns.open.iter().copied().find(is_one)
    };
    if rates.is_empty() {
        return Ok(None);
    }
    let has_velocities = matches!(declared.rates, Rates::Velocities(_));
    let mut found = Vec::new();
    for (&position, &rate) in positions.iter().zip(rates) {
        let first = derivative(columns, position, Relation::Velocity);
        found.push((position, first.or(has_velocities.then_some(rate))));
    }
    for (&position, &rate) in positions.iter().zip(rates) {
        let second = derivative(columns, rate, Relation::Velocity);
        let acceleration = || match has_velocities {
            true => derivative(columns, position, Relation::Acceleration),
            false => None,
        };
        found.push((rate, second.or_else(acceleration)));
    }
    let all: Option<Vec<usize>> = found.iter().map(|(_, column)| *column).collect();
    if let Some(all) = all {
        all.iter().for_each(|&column| columns.take(column));
        return Ok(Some(all));
    }
    let is_some_there = found.iter().any(|(_, column)| column.is_some());
    match found.iter().find(|(_, column)| column.is_none()) {
        Some((of, _)) if is_some_there && !has_velocities => {
            Err(Problem::HalfDerivatives { missing: format!("d{}", columns.headings[*of].name) })
        }
        _ => Ok(None),
    }
}
