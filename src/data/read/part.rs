//! What one file gives, and several files together.

use std::path::Path;
use std::sync::Arc;

use super::units::Unit;
use crate::data::{Coordinate, Rates, ReadError, Recording, Run};
use crate::expr::Symbol;
use crate::system::Place;

/// What one file gives.
#[derive(Debug)]
pub struct Part {
    /// The file.
    pub source: Arc<str>,
    /// The name of the time.
    pub time: String,
    /// The names of the columns that tell runs apart.
    pub run_columns: Vec<String>,
    /// The positions.
    pub coordinates: Vec<Named>,
    /// What stands beside them.
    pub rate_kind: Rates,
    /// Their columns.
    pub rates: Vec<Named>,
    /// How the file is written, where that is not plain.
    pub writing: Option<String>,
    /// The runs.
    pub runs: Vec<Run>,
    /// What a user should know.
    pub notes: Vec<String>,
}

/// A variable and where it is named.
#[derive(Clone, Debug)]
pub struct Named {
    /// Its name.
    pub name: Symbol,
    /// Its unit, where the file says it.
    pub unit: Option<Unit>,
    /// The place of its name in the file.
    pub place: Option<Place>,
    /// The file.
    pub source: Arc<str>,
}

impl Part {
    /// The recording of this file alone.
    fn recording(&mut self) -> Recording {
        let coordinates =
            self.coordinates.iter().map(|named| Coordinate { name: named.name.clone(), is_angle: false });
        Recording {
            coordinates: coordinates.collect(),
            rates: self.rate_kind.clone(),
            runs: std::mem::take(&mut self.runs),
        }
    }

    /// Puts the columns of the runs in the order of another file.
    fn arranged_like(&mut self, first: &Part) -> Result<(), ReadError> {
        let fail = |reason: String| {
            let hint = Some("the files of one recording have the same columns".to_string());
            Err(ReadError::File { path: self.source.to_string(), reason, hint })
        };
        let names = |part: &Part| -> Vec<String> {
            part.coordinates.iter().chain(&part.rates).map(|named| named.name.to_string()).collect()
        };
        let is_same_kind =
            std::mem::discriminant(&self.rate_kind) == std::mem::discriminant(&first.rate_kind);
        let (own, wanted) = (names(self), names(first));
        let find = |named: &Named| self.coordinates.iter().position(|own| own.name == named.name);
        let order: Option<Vec<usize>> = first.coordinates.iter().map(find).collect();
        let Some(order) = order.filter(|order| order.len() == self.coordinates.len() && is_same_kind) else {
            return fail(format!(
                "its variables are {}, and those of `{}` are {}",
                own.join(", "),
                first.source,
                wanted.join(", ")
            ));
        };
        let pick = |columns: &[Vec<f64>]| -> Vec<Vec<f64>> {
            order.iter().filter_map(|&at| columns.get(at).cloned()).collect()
        };
        for run in &mut self.runs {
            run.positions = pick(&run.positions);
            run.rates = pick(&run.rates);
            let count = order.len();
            run.derivatives = run.derivatives.as_deref().map(|columns| {
                let (positions, rates) = columns.split_at(count);
                [pick(positions), pick(rates)].concat()
            });
        }
        Ok(())
    }

    /// Gives the runs the names by which several files tell them apart.
    pub fn name_runs(&mut self, file: &str) {
        let is_only = self.runs.len() == 1;
        for run in &mut self.runs {
            run.name = match is_only || run.name.is_empty() {
                true => file.to_string(),
                false => format!("{file} {}", run.name),
            };
        }
    }
}

/// Parts of one file as one, its runs in order.
///
/// # Errors
/// Parts with other variables.
pub fn merged(parts: Vec<Part>) -> Result<Part, ReadError> {
    let mut parts = parts.into_iter();
    let Some(mut whole) = parts.next() else {
        return Err(ReadError::Option { message: "nothing is to be read".to_string(), hint: None });
    };
    for mut part in parts {
        part.arranged_like(&whole)?;
        whole.runs.append(&mut part.runs);
        let new: Vec<String> = part.notes.into_iter().filter(|note| !whole.notes.contains(note)).collect();
        whole.notes.extend(new);
    }
    Ok(whole)
}

/// The recording of several files with the same variables, in the order of the first.
///
/// # Errors
/// Files with other variables.
pub fn joined(parts: &mut [Part]) -> Result<Recording, ReadError> {
    let several = parts.len() > 1;
    let Some((first, others)) = parts.split_first_mut() else {
        let message = "no file is named".to_string();
        return Err(ReadError::Option { message, hint: None });
    };
    others.iter_mut().try_for_each(|part| part.arranged_like(first))?;
    let stems: Vec<String> =
        std::iter::once(&*first).chain(others.iter()).map(|part| stem(&part.source)).collect();
    let are_distinct = stems.iter().enumerate().all(|(at, stem)| !stems[..at].contains(stem));
    for (part, stem) in std::iter::once(&mut *first).chain(others.iter_mut()).zip(&stems) {
        let source = part.source.clone();
        let file = if are_distinct { stem.as_str() } else { &*source };
        match several {
            true => part.name_runs(file),
            false => {
                part.runs.iter_mut().filter(|run| run.name.is_empty()).for_each(|run| run.name = file.into())
            }
        }
    }
    let mut recording = first.recording();
    others.iter_mut().for_each(|part| recording.runs.append(&mut part.runs));
    Ok(recording)
}

/// The name of a file without its folder and extension.
fn stem(path: &str) -> String {
    Path::new(path).file_stem().and_then(|stem| stem.to_str()).unwrap_or(path).to_string()
}
