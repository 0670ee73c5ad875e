//! Tests of the smoother.

use super::fixtures::{Motion, Sampling, add_noise, random, recording};
use super::*;
use crate::expr::Symbol;

fn smooth(recording: &Recording) -> Smoothed {
    Smoother::default().smooth(recording).unwrap()
}

/// Positions alone, without noise.
fn clean(motion: Motion, times: Vec<f64>) -> Recording {
    let (q, _) = motion.states(&times);
    recording(vec![(times, vec![q], vec![])])
}

/// The rms error of the velocity away from the ends, relative to the rms velocity.
fn velocity_error(motion: Motion, recording: &Recording) -> f64 {
    let smoothed = smooth(recording);
    let (mut errors, mut squares, mut count) = (0.0, 0.0, 0);
    for piece in &smoothed.pieces {
        let offset = recording.runs[piece.run].times[piece.first];
        let times: Vec<f64> = piece.times.iter().map(|t| t + offset).collect();
        let (_, exact) = motion.states(&times);
        for ((t, v), one_sided) in piece.times.iter().zip(exact).zip(piece.one_sided()) {
            if !one_sided {
                errors += (piece.velocity(0, *t) - v).powi(2);
                squares += v * v;
                count += 1;
            }
        }
    }
    assert!(2 * count > recording.points(), "{count} of {}", recording.points());
    (errors / squares).sqrt()
}

#[test]
fn velocities_of_uneven_data_are_as_good_as_those_of_even_data() {
    for (motion, step) in [(Motion::Sine, 0.06), (Motion::Kepler, 0.03), (Motion::Pendulum, 0.08)] {
        let error = |sampling: Sampling| {
            let times = sampling.times(400, step, &mut random(7));
            velocity_error(motion, &clean(motion, times))
        };
        let even = error(Sampling::Even);
        assert!(even < 1e-5, "{motion:?}: {even}");
        for sampling in [Sampling::Jittered, Sampling::Uneven] {
            // At 1e-13 both are rounding.
            let uneven = error(sampling);
            assert!(uneven < 10.0 * even.max(1e-13), "{motion:?} {sampling:?}: {uneven}, even {even}");
        }
    }
}

#[test]
fn noise_is_estimated_within_a_tenth() {
    let mut random = random(3);
    for (motion, step) in [(Motion::Sine, 0.1), (Motion::Kepler, 0.03), (Motion::Pendulum, 0.1)] {
        for sampling in [Sampling::Even, Sampling::Uneven] {
            for sigma in [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1] {
                let times = sampling.times(800, step, &mut random);
                let (mut q, mut v) = motion.states(&times);
                let (of_q, of_v) = (sigma * rms(&q), sigma * rms(&v));
                add_noise(&mut q, of_q, &mut random);
                add_noise(&mut v, of_v, &mut random);
                let close = |found: [f64; 2]| {
                    let close = found.iter().all(|x| (x - 1.0).abs() < 0.1);
                    assert!(close, "{motion:?} {sampling:?} {sigma}: {found:?}");
                };
                let both = recording(vec![(times, vec![q], vec![v])]);
                let piece = &smooth(&both).pieces[0];
                close([piece.position_noise[0] / of_q, piece.velocity_noise[0] / of_v]);
                // Each as a position, as momenta are.
                let piece = &Smoother::default().smooth_states(&both).unwrap().pieces[0];
                close([piece.position_noise[0] / of_q, piece.position_noise[1] / of_v]);
            }
        }
    }
}

#[test]
fn errors_are_as_large_as_the_covariance_says() {
    let mut random = random(4);
    for with_velocities in [false, true] {
        let (mut sums, mut count) = ([0.0; 3], 0.0);
        for _ in 0..6 {
            let times = Sampling::Jittered.times(400, 0.08, &mut random);
            let (mut q, mut v) = Motion::Pendulum.states(&times);
            let exact: Vec<[f64; 3]> = q.iter().zip(&v).map(|(q, v)| [*q, *v, -q.sin()]).collect();
            add_noise(&mut q, 1e-3, &mut random);
            add_noise(&mut v, 2e-3, &mut random);
            let rates = if with_velocities { vec![v] } else { vec![] };
            let smoothed = smooth(&recording(vec![(times, vec![q], rates)]));
            let piece = &smoothed.pieces[0];
            for (t, exact) in piece.times.iter().zip(exact) {
                let covariance = piece.covariance(0, *t);
                let found = [piece.position(0, *t), piece.velocity(0, *t), piece.acceleration(0, *t)];
                for k in 0..3 {
                    sums[k] += (found[k] - exact[k]).powi(2) / covariance[k][k];
                }
                count += 1.0;
            }
        }
        let mean = sums.map(|sum| sum / count);
        assert!(mean.iter().all(|x| (0.7..1.5).contains(x)), "{with_velocities}: {mean:?}");
    }
}

#[test]
fn rounding_counts_as_noise() {
    for (digit, step) in [(1e-6, 0.03), (1e-2, 0.002)] {
        let times: Vec<f64> = (0..1000).map(|k| step * k as f64).collect();
        let (q, v) = Motion::Pendulum.states(&times);
        let rounded = q.iter().map(|x| (x / digit).round() * digit).collect();
        let piece = &smooth(&recording(vec![(times, vec![rounded], vec![])])).pieces[0];
        assert!((0.9..1.2).contains(&(piece.position_noise[0] * 12f64.sqrt() / digit)));
        let inner = piece.times.iter().zip(&v).zip(piece.one_sided()).filter(|(_, one_sided)| !one_sided);
        let worst = inner.map(|((t, v), _)| (piece.velocity(0, *t) - v).abs()).fold(0.0, f64::max);
        assert!(worst < 10.0 * digit / step.min(0.01), "{digit}: {worst}");
    }
}

#[test]
fn units_do_not_matter() {
    let mut random = random(5);
    let times = Sampling::Uneven.times(300, 0.08, &mut random);
    let (mut q, mut v) = Motion::Pendulum.states(&times);
    add_noise(&mut q, 1e-3, &mut random);
    add_noise(&mut v, 1e-3, &mut random);
    let scaled = |length: f64, time: f64, rates: bool| {
        let scale = |all: &[f64], by: f64| all.iter().map(|x| x * by).collect::<Vec<_>>();
        let rates = if rates { vec![scale(&v, length / time)] } else { vec![] };
        smooth(&recording(vec![(scale(&times, time), vec![scale(&q, length)], rates)]))
    };
    for rates in [false, true] {
        let plain = &scaled(1.0, 1.0, rates).pieces[0];
        for (length, time) in [(1e14, 1e-9), (1e-15, 1e12), (1e9, 3e7)] {
            let piece = &scaled(length, time, rates).pieces[0];
            assert_eq!(piece.spline.intervals(), plain.spline.intervals());
            for k in 0..30 {
                let t = 0.7 * k as f64;
                let (found, expected) = (piece.acceleration(0, t * time), plain.acceleration(0, t));
                assert!((found * time * time / length - expected).abs() < 1e-6, "{length} {time}");
            }
            assert!((piece.position_noise[0] / length / plain.position_noise[0] - 1.0).abs() < 1e-6);
        }
    }
}

#[test]
fn constant_columns_have_finite_weights() {
    let times: Vec<f64> = (0..200).map(|k| 0.05 * k as f64).collect();
    let (q, v) = Motion::Sine.states(&times);
    for (constant, rate) in [(0.0, 0.0), (5.0, 0.0), (-1e14, 0.0)] {
        let positions = vec![q.clone(), vec![constant; 200]];
        for rates in [vec![], vec![v.clone(), vec![rate; 200]]] {
            let smoothed = smooth(&recording(vec![(times.clone(), positions.clone(), rates)]));
            check_finite(&smoothed);
            assert!((smoothed.pieces[0].position(1, 3.0) - constant).abs() <= 1e-12 * constant.abs());
            assert!((smoothed.pieces[0].velocity(0, 3.0) - 3f64.cos()).abs() < 1e-7);
        }
    }
    let zeros = recording(vec![(times, vec![vec![0.0; 200]], vec![vec![0.0; 200]])]);
    check_finite(&smooth(&zeros));
}

#[test]
fn short_runs_are_left_out_and_named() {
    let run = |count: usize| {
        let times: Vec<f64> = (0..count).map(|k| 0.3 * k as f64).collect();
        let (q, v) = Motion::Sine.states(&times);
        (times, vec![q], vec![v])
    };
    let smoothed = smooth(&recording(vec![run(11), run(60)]));
    assert_eq!(smoothed.pieces.len(), 1);
    assert_eq!(smoothed.pieces[0].run, 1);
    assert_eq!(smoothed.left_out, [LeftOut { run: 0, points: 0..11, why: WhyLeftOut::TooShort }]);
    let error = Smoother::default().smooth(&recording(vec![run(3), run(1)])).unwrap_err();
    assert!(matches!(error, SmoothingError::NothingLeft(left_out) if left_out.len() == 2));
    for count in 12..40 {
        check_finite(&smooth(&recording(vec![run(count)])));
        let (times, positions, _) = run(count);
        check_finite(&smooth(&recording(vec![(times, positions, vec![])])));
    }
}

#[test]
fn numbers_that_cannot_be_squared_are_left_out() {
    let times: Vec<f64> = (0..60).map(|k| 0.1 * k as f64).collect();
    let (q, v) = Motion::Sine.states(&times);
    let scaled = |all: &[f64], by: f64| all.iter().map(|x| x * by).collect::<Vec<_>>();
    for (length, time) in [(1e200, 1.0), (1e-200, 1.0), (1.0, 1e-300), (1.0, 1e300), (1e-320, 1e-320)] {
        for rates in [vec![], vec![scaled(&v, length)]] {
            let run = (scaled(&times, time), vec![scaled(&q, length)], rates);
            match Smoother::default().smooth(&recording(vec![run])) {
                Ok(smoothed) => check_finite(&smoothed),
                Err(SmoothingError::NothingLeft(left_out)) => {
                    assert_eq!(left_out[0].why, WhyLeftOut::Degenerate)
                }
                Err(SmoothingError::Times { .. }) => assert!(time < 1e-310),
                Err(error) => panic!("{error}"),
            }
        }
    }
}

#[test]
fn malformed_runs_are_errors() {
    let run = || {
        let times: Vec<f64> = (0..40).map(|k| 0.3 * k as f64).collect();
        let q = times.clone();
        (times, vec![q], vec![])
    };
    let error = |change: fn(&mut Run)| {
        let mut recording = recording(vec![run(), run()]);
        change(&mut recording.runs[1]);
        Smoother::default().smooth(&recording).unwrap_err()
    };
    assert_eq!(error(|run| run.times[7] = run.times[6]), SmoothingError::Times { run: 1 });
    assert_eq!(error(|run| run.positions[0][3] = f64::NAN), SmoothingError::NotFinite { run: 1 });
    assert_eq!(error(|run| run.times[3] = f64::INFINITY), SmoothingError::NotFinite { run: 1 });
    assert_eq!(error(|run| run.positions[0].truncate(9)), SmoothingError::Shape { run: 1 });
    assert_eq!(error(|run| run.positions.clear()), SmoothingError::Shape { run: 1 });
}

#[test]
fn gaps_are_marked() {
    let times: Vec<f64> = (0..400).map(|k| 0.05 * k as f64).filter(|t| !(8.0..9.5).contains(t)).collect();
    let smoothed = smooth(&clean(Motion::Pendulum, times));
    let piece = &smoothed.pieces[0];
    let gap = piece.spline.interval(8.7);
    assert!(piece.unresolved[gap]);
    assert_eq!(piece.unresolved.iter().filter(|bad| **bad).count(), 1);
    let breaks = piece.spline.breaks();
    assert!(breaks[gap] < 8.1 && breaks[gap + 1] > 9.4);
}

#[test]
fn intervals_are_halved_where_the_motion_is_fast() {
    // A hundred points a year are just enough where the planet is near its sun.
    let year = std::f64::consts::TAU;
    let times: Vec<f64> = (0..400).map(|k| year / 100.0 * k as f64).collect();
    let smoothed = smooth(&clean(Motion::Kepler, times));
    let piece = &smoothed.pieces[0];
    let breaks = piece.spline.breaks();
    let width = |t: f64| breaks[piece.spline.interval(t) + 1] - breaks[piece.spline.interval(t)];
    for years in [1.0, 2.0, 3.0] {
        assert!(width(years * year) < 0.6 * width((years - 0.5) * year), "{years}");
    }
    assert!(piece.spline.functions() < 330);
}

#[test]
fn momenta_are_smoothed_as_positions() {
    let times: Vec<f64> = (0..300).map(|k| 0.05 * k as f64).collect();
    let (q, v) = Motion::Sine.states(&times);
    let momenta: Vec<f64> = v.iter().map(|v| 2.5 * v).collect();
    let mut recording = recording(vec![(times.clone(), vec![q.clone()], vec![momenta])]);
    recording.rates = Rates::Momenta(vec![Symbol::new("p0")]);
    assert_eq!(smooth(&recording).dof, 1);
    let states = Smoother::default().smooth_states(&recording).unwrap();
    assert_eq!((states.dof, states.pieces[0].has_velocities()), (2, false));
    assert!((states.pieces[0].velocity(1, 7.0) + 2.5 * 7f64.sin()).abs() < 1e-6);
    // Recorded derivatives count as velocities of both.
    let forces = q.iter().map(|q| -2.5 * q).collect();
    recording.runs[0].derivatives = Some(vec![v, forces]);
    let states = Smoother::default().smooth_states(&recording).unwrap();
    assert!(states.pieces[0].has_velocities());
    assert!((states.pieces[0].acceleration(1, 7.0) + 2.5 * 7f64.cos()).abs() < 1e-6);
    assert!(smooth(&recording).pieces[0].has_velocities());
}

#[test]
fn repeated_runs_have_equal_pieces() {
    let mut random = random(8);
    let times = Sampling::Uneven.times(200, 0.1, &mut random);
    let mut q = Motion::Sine.states(&times).0;
    add_noise(&mut q, 1e-2, &mut random);
    let run = (times, vec![q], vec![]);
    let smoothed = smooth(&recording(vec![run.clone(), run]));
    let [a, b] = &smoothed.pieces[..] else { panic!("two pieces") };
    assert_eq!((&a.coefficients, &a.spline), (&b.coefficients, &b.spline));
    check_finite(&smoothed);
}

fn check_finite(smoothed: &Smoothed) {
    for piece in &smoothed.pieces {
        assert!(piece.coefficients.iter().flatten().all(|x| x.is_finite()));
        let noise = piece.position_noise.iter().chain(&piece.velocity_noise);
        assert!(noise.into_iter().all(|x| x.is_finite() && *x > 0.0));
        for i in 0..smoothed.dof {
            let covariance = piece.covariance(i, piece.times[1]);
            assert!(covariance.iter().flatten().all(|x| x.is_finite()), "{covariance:?}");
        }
    }
}

fn rms(values: &[f64]) -> f64 {
    (values.iter().map(|x| x * x).sum::<f64>() / values.len() as f64).sqrt()
}
