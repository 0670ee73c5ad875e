//! Angles: degrees, and values that jump by a turn.

use std::f64::consts::TAU;

use super::ReadOptions;
use super::agreement::Agreement;
use super::degrees::{Track, looks_like_degrees};
use super::part::{Named, Part};
use super::rates::is_angle_name;
use super::units::Unit;
use crate::data::{Rates, ReadError, Recording, Run};
use crate::expr::Symbol;
use crate::system::{Diagnostic, did_you_mean};

/// Converts what is in degrees to radians: angles that the user or the header says to be in degrees, with
/// their rates and derivatives.
///
/// # Errors
/// An angle that the user says to be in degrees and that jumps by 2π.
pub fn convert(part: &mut Part, degrees: &[Symbol]) -> Result<(), ReadError> {
    for at in 0..part.coordinates.len() {
        let coordinate = &part.coordinates[at];
        let is_in_degrees = degrees.contains(&coordinate.name) || coordinate.unit == Some(Unit::Degrees);
        let runs: Vec<&[f64]> = part.runs.iter().map(|run| run.positions[at].as_slice()).collect();
        if is_in_degrees && jumps_by(&runs, TAU) {
            let message = format!("`{}` is said to be in degrees, and it jumps by 2π", coordinate.name);
            let hint = format!("it is in radians: `--angle {}`", coordinate.name);
            return Err(error_at(coordinate, message, None, hint));
        }
        let rate_unit = part.rates.get(at).and_then(|rate| rate.unit);
        let of_rate = match rate_unit {
            Some(Unit::Degrees) => true,
            Some(Unit::Radians) => false,
            _ if is_in_degrees => rate_is_in_degrees(part, at),
            _ => false,
        };
        let count = part.coordinates.len();
        if is_in_degrees {
            scale(part, |run| run.positions.get_mut(at));
            scale(part, |run| run.derivatives.as_mut().and_then(|columns| columns.get_mut(at)));
        }
        if of_rate {
            scale(part, |run| run.rates.get_mut(at));
            scale(part, |run| run.derivatives.as_mut().and_then(|columns| columns.get_mut(count + at)));
        }
        note(part, at, is_in_degrees, of_rate);
    }
    Ok(())
}

fn scale(part: &mut Part, column: impl Fn(&mut Run) -> Option<&mut Vec<f64>>) {
    for values in part.runs.iter_mut().filter_map(column) {
        values.iter_mut().for_each(|value| *value = value.to_radians());
    }
}

/// Whether the rate of an angle in degrees is in degrees too. A velocity is, unless it surely follows the
/// angle in radians. A momentum is, if it is the velocity.
fn rate_is_in_degrees(part: &Part, at: usize) -> bool {
    let pairs = part.runs.iter().filter_map(|run| {
        Some((run.times.as_slice(), run.positions.get(at)?.as_slice(), run.rates.get(at)?.as_slice()))
    });
    let unwrapped: Vec<(Vec<f64>, Vec<f64>, Vec<f64>)> = pairs
        .map(|(times, position, rate)| {
            let mut position = position.to_vec();
            unwrap(&mut position, 360.0);
            (times.to_vec(), position, rate.to_vec())
        })
        .collect();
    let agreement =
        Agreement::of(unwrapped.iter().map(|(t, q, v)| (t.as_slice(), q.as_slice(), v.as_slice())));
    match (&part.rate_kind, agreement) {
        (Rates::None, _) => false,
        (Rates::Velocities(_), Some(agreement)) => !agreement.is_degrees_to_radians(),
        (Rates::Velocities(_), None) => true,
        (Rates::Momenta(_), agreement) => {
            agreement.is_some_and(|agreement| agreement.follows() && !agreement.misfits())
        }
    }
}

fn note(part: &mut Part, at: usize, is_in_degrees: bool, of_rate: bool) {
    let angle = &part.coordinates[at].name;
    let text = match (part.rates.get(at), is_in_degrees, of_rate) {
        (_, false, false) => return,
        (Some(rate), true, true) => {
            format!("`{angle}` and `{}` are converted from degrees to radians", rate.name)
        }
        (Some(rate), true, false) => {
            format!("`{angle}` is converted from degrees to radians; `{}` is left as it is", rate.name)
        }
        (None, true, _) => format!("`{angle}` is converted from degrees to radians"),
        (rate, false, true) => {
            let rate = rate.map_or(String::new(), |rate| rate.name.to_string());
            format!("`{rate}` is converted from degrees to radians")
        }
    };
    part.notes.push(format!("{}: {text}", part.source));
}

/// Makes angles continuous, and says which coordinates are angles: those that the user, the system file, the
/// unit or the name says, and those that jump by 2π.
///
/// # Errors
/// A name among the options that is no coordinate; a coordinate that looks like an angle in degrees.
pub fn settle(
    recording: &mut Recording,
    (coordinates, rates): (&[Named], &[Named]),
    options: &ReadOptions,
    notes: &mut Vec<String>,
) -> Result<(), ReadError> {
    check_options(recording, options)?;
    for (at, named) in coordinates.iter().enumerate() {
        let name = &named.name;
        let in_degrees = options.degrees.contains(name) || named.unit == Some(Unit::Degrees);
        let in_radians = named.unit == Some(Unit::Radians);
        let is_stated = match &options.declared {
            Some(declared) => declared.angles.contains(name),
            None => is_angle_name(name.name()),
        };
        let is_angle = is_stated || in_degrees || in_radians || options.angles.contains(name);
        let runs: Vec<&[f64]> = recording.runs.iter().map(|run| run.positions[at].as_slice()).collect();
        if !in_degrees && !in_radians {
            let may_be_degrees = is_angle || is_angle_name(name.name());
            let tracks: Vec<Track<'_>> = recording.runs.iter().map(|run| track(recording, run, at)).collect();
            if let Some(why) = looks_like_degrees(&tracks, may_be_degrees) {
                return Err(looks_like_degrees_error(named, &why));
            }
        }
        let jumps = jumps_by(&runs, TAU);
        if jumps && !is_angle {
            notes.push(format!("`{name}` jumps by 2π: it is taken as an angle"));
        }
        recording.coordinates[at].is_angle = is_angle || jumps;
        if is_angle || jumps {
            recording.runs.iter_mut().for_each(|run| unwrap(&mut run.positions[at], TAU));
        }
    }
    check_velocities(recording, rates, options)
}

fn track<'a>(recording: &Recording, run: &'a Run, at: usize) -> Track<'a> {
    let velocity = run.rates.get(at).filter(|_| recording.has_velocities());
    Track { times: &run.times, angle: &run.positions[at], velocity: velocity.map(Vec::as_slice) }
}

fn check_options(recording: &Recording, options: &ReadOptions) -> Result<(), ReadError> {
    let names: Vec<&str> = recording.coordinates.iter().map(|c| c.name.name()).collect();
    for (option, angles) in [("--angle", &options.angles), ("--degrees", &options.degrees)] {
        if let Some(unknown) = angles.iter().find(|name| !names.contains(&name.name())) {
            let message = format!("`{option} {unknown}`: there is no position `{unknown}`");
            let hint = did_you_mean(unknown.name(), names.iter().copied());
            let hint = hint.unwrap_or_else(|| format!("the positions are {}", names.join(", ")));
            return Err(ReadError::Option { message, hint: Some(hint) });
        }
    }
    Ok(())
}

fn looks_like_degrees_error(named: &Named, why: &str) -> ReadError {
    let name = &named.name;
    let message = format!("`{name}` looks like an angle in degrees: {why}");
    let hint = format!(
        "`--degrees {name}` converts it and its velocity; if it is in radians, say so in the header: {name} [rad]"
    );
    error_at(named, message, Some("radians".to_string()), hint)
}

/// An error at the name of a column.
fn error_at(named: &Named, message: String, expected: Option<String>, hint: String) -> ReadError {
    let hint = Some(hint);
    match &named.place {
        Some(place) => ReadError::At(Box::new(Diagnostic { message, place: place.clone(), expected, hint })),
        None => ReadError::File { path: named.source.to_string(), reason: message, hint },
    }
}

/// Removes jumps of more than half a period.
pub fn unwrap(values: &mut [f64], period: f64) {
    let mut turns = 0.0;
    let mut last: Option<f64> = None;
    for value in values {
        let wrapped = *value;
        if let Some(last) = last {
            turns -= period * ((wrapped - last) / period).round();
        }
        last = Some(wrapped);
        *value = wrapped + turns;
    }
}

/// Whether values are kept within one period by jumps of a period: there are such jumps, all other steps are
/// shorter than half a period, and no run leaves its period.
pub fn jumps_by(runs: &[&[f64]], period: f64) -> bool {
    let steps = || runs.iter().flat_map(|run| run.windows(2).map(|pair| (pair[1] - pair[0]).abs()));
    let longest = steps().filter(|step| *step < 0.5 * period).fold(0.0, f64::max);
    let mut jumps = 0;
    for step in steps().filter(|step| *step >= 0.5 * period) {
        if (step - period).abs() > 2.0 * longest {
            return false;
        }
        jumps += 1;
    }
    let range = |run: &&[f64]| {
        let (low, high) = bounds(run);
        high - low
    };
    jumps > 0 && longest < 0.45 * period && runs.iter().map(range).fold(0.0, f64::max) <= 1.05 * period
}

fn bounds(values: &[f64]) -> (f64, f64) {
    values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &v| (low.min(v), high.max(v)))
}

/// Refuses velocities that surely belong to their positions, but in units that do not fit.
fn check_velocities(recording: &Recording, rates: &[Named], options: &ReadOptions) -> Result<(), ReadError> {
    let Rates::Velocities(_) = &recording.rates else { return Ok(()) };
    for (at, rate) in rates.iter().enumerate() {
        let name = &rate.name;
        let runs = &recording.runs;
        let pairs = runs
            .iter()
            .map(|run| (run.times.as_slice(), run.positions[at].as_slice(), run.rates[at].as_slice()));
        let Some(agreement) = Agreement::of(pairs).filter(|agreement| agreement.misfits()) else { continue };
        let position = &recording.coordinates[at].name;
        let message = format!(
            "`{name}` is not the velocity of `{position}` in these units: `{position}` changes {} times as fast",
            three_digits(agreement.ratio)
        );
        let hint = match agreement.is_degrees_to_radians() && !options.degrees.contains(position) {
            true => format!("if `{position}` is in degrees and `{name}` in radians: --degrees {position}"),
            false => format!(
                "give time, position and velocity in units that fit, such as s, m and m/s; `--columns {name}=-` \
                 goes without the velocity"
            ),
        };
        return Err(error_at(rate, message, None, hint));
    }
    Ok(())
}

/// A number with three digits.
fn three_digits(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pendulum(amplitude: f64) -> Vec<f64> {
        (0..400).map(|k| amplitude * (0.05 * f64::from(k)).sin()).collect()
    }

    fn rotation(step: f64, period: f64) -> Vec<f64> {
        (0..400).map(|k| (step * f64::from(k) + 0.5 * period).rem_euclid(period) - 0.5 * period).collect()
    }

    #[test]
    fn jumps_of_a_turn() {
        assert!(jumps_by(&[&rotation(0.1, TAU)], TAU));
        assert!(jumps_by(&[&rotation(4.0, 360.0)], 360.0));
        assert!(!jumps_by(&[&rotation(0.1, TAU)], 360.0) && !jumps_by(&[&rotation(4.0, 360.0)], TAU));
        assert!(!jumps_by(&[&pendulum(1.0)], TAU));
        // Values that go on beyond a period are not kept within it.
        let mut rising: Vec<f64> = (0..100).map(|k| 0.5 * f64::from(k)).collect();
        rising[50] += TAU;
        assert!(!jumps_by(&[&rising], TAU));
        let mut wrapped = rotation(0.1, TAU);
        unwrap(&mut wrapped, TAU);
        assert!(wrapped.windows(2).all(|pair| (pair[1] - pair[0] - 0.1).abs() < 1e-9));
    }
}
