//! Whether an angle is recorded in degrees.
//!
//! The forces on an angle in radians repeat every 2π and push to both sides within it. So the acceleration changes
//! its sign about twice on each way of 2π, and at least once on each swing of a pendulum, which is shorter than
//! 2π. In degrees the way is 57 times as long, and the changes are as few.

use std::f64::consts::{PI, TAU};

use super::angles::jumps_by;

/// A run of an angle.
#[derive(Clone, Copy, Debug)]
pub struct Track<'a> {
    /// The times.
    pub times: &'a [f64],
    /// The angle.
    pub angle: &'a [f64],
    /// Its velocity, in whatever unit, where it is recorded.
    pub velocity: Option<&'a [f64]>,
}

/// Changes of the acceleration's sign per 2π of the way below which a swing is in degrees. In radians they are at
/// least 1; in degrees they are 0.7 for a pendulum of amplitude 4.5°, and fewer for a wider one.
const FEWEST_IN_SWINGS: f64 = 0.7;

/// The same for an angle that only rotates. In degrees they are 0.035. In radians they are 2 in a field of gravity,
/// and fewer for the spin of a top, whose nutation is slower than the spin.
const FEWEST_IN_ROTATION: f64 = 0.15;

/// Why values look like degrees, if they do. Any coordinate that jumps by 360 does; what may be an angle is looked at
/// more closely.
pub fn looks_like_degrees(tracks: &[Track<'_>], may_be_angle: bool) -> Option<String> {
    let runs: Vec<&[f64]> = tracks.iter().map(|track| track.angle).collect();
    if jumps_by(&runs, 360.0) {
        return Some("it jumps by 360".to_string());
    }
    if !may_be_angle || jumps_by(&runs, TAU) {
        return None;
    }
    // From row to row, no angle in radians turns so far that one can follow it.
    let longest =
        runs.iter().flat_map(|run| run.windows(2)).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f64::max);
    if longest > 180.0 {
        return Some(format!("it jumps by {longest:.0}"));
    }
    let fastest = runs.iter().map(|run| smooth_step(run)).fold(0.0, f64::max);
    if fastest > PI {
        return Some(format!(
            "it turns by {fastest:.1} from one row to the next, more than half a turn of 2π"
        ));
    }
    let (mut changes, mut turns, mut way, mut count) = (0, 0, 0.0, 0);
    for track in tracks {
        let Some(changes_here) = changes_of_acceleration(track) else { continue };
        let turning = turning_points(track.angle, 0.02 * range(track.angle));
        turns += turning.len() - 2;
        changes += changes_here;
        way += turning.windows(2).map(|pair| (pair[1] - pair[0]).abs()).sum::<f64>();
        count += 1;
    }
    // Both ends of a run may hide a change.
    let per_turn = (changes + 2 * count) as f64 * TAU / way;
    let limit = if turns >= count { FEWEST_IN_SWINGS } else { FEWEST_IN_ROTATION };
    let is_known = count > 0 && changes >= count && changes + turns >= 2 * count;
    (is_known && per_turn < limit).then(|| {
        let times = if changes == 1 { "once".to_string() } else { format!("{changes} times") };
        format!(
            "its acceleration changes sign only {times} on a way of {way:.0}, {:.0} turns of 2π",
            way / TAU
        )
    })
}

/// How often the acceleration changes its sign: the turning points of the velocity. `None` where noise or coarse
/// sampling hides them.
fn changes_of_acceleration(track: &Track<'_>) -> Option<usize> {
    let mut speeds = match track.velocity {
        Some(velocity) => velocity.to_vec(),
        None => differences(track),
    };
    while speeds.len() >= FEWEST_SPEEDS {
        let (noise, steps) = (noise(&speeds), rms(speeds.windows(2).map(|pair| pair[1] - pair[0])));
        // White noise has steps of √2 of its deviation; three in ten are left where there are six points or more
        // in a period.
        if noise < 0.3 * steps / std::f64::consts::SQRT_2 {
            return Some(turning_points(&speeds, 4.0 * noise).len() - 2);
        }
        speeds = speeds.chunks_exact(2).map(|pair| (pair[0] + pair[1]) / 2.0).collect();
    }
    None
}

/// The fewest speeds in which turning points are looked for.
const FEWEST_SPEEDS: usize = 12;

fn differences(track: &Track<'_>) -> Vec<f64> {
    let pairs = track.times.windows(2).zip(track.angle.windows(2));
    pairs.map(|(times, angles)| (angles[1] - angles[0]) / (times[1] - times[0])).collect()
}

/// The standard deviation of the noise, from third differences.
fn noise(values: &[f64]) -> f64 {
    // Squares of the binomial coefficients 1, 3, 3, 1.
    const SQUARES: f64 = 20.0;
    rms(values.windows(4).map(|four| four[3] - 3.0 * four[2] + 3.0 * four[1] - four[0])) / SQUARES.sqrt()
}

fn rms(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0usize), |(sum, count), value| (sum + value * value, count + 1));
    (sum / count.max(1) as f64).sqrt()
}

fn range(values: &[f64]) -> f64 {
    let (low, high) =
        values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &v| (low.min(v), high.max(v)));
    high - low
}

/// The first value, the turning points from which the values come back by more than `least`, the last value.
fn turning_points(values: &[f64], least: f64) -> Vec<f64> {
    let first = values.first().copied().unwrap_or(0.0);
    let mut turning = vec![first];
    let (mut top, mut bottom) = (first, first);
    let mut rising: Option<bool> = None;
    for &value in values {
        top = top.max(value);
        bottom = bottom.min(value);
        if rising != Some(false) && top - value > least {
            turning.extend(rising.map(|_| top));
            (rising, bottom) = (Some(false), value);
        } else if rising != Some(true) && value - bottom > least {
            turning.extend(rising.map(|_| bottom));
            (rising, top) = (Some(true), value);
        }
        match rising {
            Some(true) => bottom = value,
            Some(false) => top = value,
            None => {}
        }
    }
    turning.push(values.last().copied().unwrap_or(first));
    turning
}

/// The largest step that differs by less than a tenth from both steps beside it.
fn smooth_step(values: &[f64]) -> f64 {
    let steps: Vec<f64> = values.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let is_smooth = |three: &&[f64]| {
        let near = |other: f64| (other - three[1]).abs() < 0.1 * three[1].abs();
        near(three[0]) && near(three[2])
    };
    steps.windows(3).filter(is_smooth).map(|three| three[1].abs()).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Angle and velocity of a pendulum of frequency 1, integrated with the midpoint rule.
    fn pendulum(angle: f64, velocity: f64, points: usize, step: f64) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
        const FINE: usize = 50;
        let (mut q, mut v) = (angle, velocity);
        let (mut times, mut angles, mut velocities) = (Vec::new(), Vec::new(), Vec::new());
        for at in 0..points {
            times.push(at as f64 * step);
            angles.push(q);
            velocities.push(v);
            for _ in 0..FINE {
                let h = step / FINE as f64;
                let middle = q + 0.5 * h * v;
                v -= h * middle.sin();
                q = middle + 0.5 * h * v;
            }
        }
        (times, angles, velocities)
    }

    fn verdicts(angle: f64, velocity: f64, points: usize) -> [bool; 4] {
        let (times, angles, velocities) = pendulum(angle, velocity, points, 0.1);
        let degrees: Vec<f64> = angles.iter().map(|angle| angle.to_degrees()).collect();
        let judge = |angle: &[f64], velocity: Option<&[f64]>| {
            looks_like_degrees(&[Track { times: &times, angle, velocity }], true).is_some()
        };
        [
            judge(&angles, None),
            judge(&angles, Some(&velocities)),
            judge(&degrees, None),
            judge(&degrees, Some(&velocities)),
        ]
    }

    #[test]
    fn pendulums_in_radians_and_in_degrees() {
        for (angle, velocity, points) in [
            (0.2, 0.0, 400),
            (1.0, 0.0, 400),
            (1.0, 0.0, 80),
            (3.0, 0.0, 400),
            (0.0, 2.5, 300),
            (0.0, 6.0, 200),
        ] {
            let expected = [false, false, true, true];
            assert_eq!(verdicts(angle, velocity, points), expected, "{angle} {velocity} {points}");
        }
        // Swings of 3° could as well be swings of 3 radians.
        assert_eq!(verdicts(0.05, 0.0, 400), [false; 4]);
    }

    #[test]
    fn rotation_without_forces_is_not_judged() {
        let times: Vec<f64> = (0..200).map(|k| 0.1 * f64::from(k)).collect();
        let even: Vec<f64> = times.iter().map(|t| 9.0 * t).collect();
        let slowing: Vec<f64> = times.iter().map(|t| 90.0 * (1.0 - (-0.1 * t).exp())).collect();
        for angle in [&even, &slowing] {
            assert_eq!(looks_like_degrees(&[Track { times: &times, angle, velocity: None }], true), None);
        }
        let jumping: Vec<f64> = times.iter().map(|t| (30.0 * t).rem_euclid(360.0)).collect();
        let track = Track { times: &times, angle: &jumping, velocity: None };
        assert_eq!(looks_like_degrees(&[track], false).unwrap(), "it jumps by 360");
        // 18° from row to row.
        let fast: Vec<f64> = times.iter().map(|t| 180.0 * t).collect();
        assert!(looks_like_degrees(&[Track { times: &times, angle: &fast, velocity: None }], true).is_some());
    }

    #[test]
    fn turning_points_are_those_beyond_the_noise() {
        assert_eq!(turning_points(&[0.0, 1.0, 0.9, 2.0, 0.0, 1.0], 0.5), [0.0, 2.0, 0.0, 1.0]);
        assert_eq!(turning_points(&[3.0, 2.0, 1.0], 0.1), [3.0, 1.0]);
        assert_eq!(turning_points(&[], 0.1), [0.0, 0.0]);
    }
}
