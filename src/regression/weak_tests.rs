//! Tests of the weak form.

use faer::Mat;

use super::test_functions::TestFunctions;
use super::weak::{Config, Slopes, WeakForm, Whitened};
use super::*;
use crate::data::fixtures::{Motion, Sampling, add_noise, random, recording};
use crate::data::{Recording, Smoother, Spline};

/// Runs of the pendulum with noise in positions and, where it is not zero, velocities.
fn noisy(runs: u64, position_noise: f64, velocity_noise: Option<f64>) -> Recording {
    let run = |seed: u64| {
        let mut random = random(seed);
        let times = Sampling::Jittered.times(400, 0.08, &mut random);
        let (mut q, mut v) = Motion::Pendulum.states(&times);
        add_noise(&mut q, position_noise, &mut random);
        add_noise(&mut v, velocity_noise.unwrap_or(0.0), &mut random);
        (times, vec![q], if velocity_noise.is_some() { vec![v] } else { vec![] })
    };
    recording((0..runs).map(run).collect())
}

fn weak(recording: &Recording, config: &Config) -> WeakForm {
    WeakForm::new(&Smoother::default().smooth(recording).unwrap(), config)
}

fn law(form: &WeakForm, motion: Motion) -> (Vec<f64>, Slopes) {
    let (values, by_position): (Vec<f64>, Vec<f64>) =
        form.positions().iter().map(|q| motion.acceleration(*q)).unzip();
    let by_velocity = vec![0.0; by_position.len()];
    (values, Slopes { by_position, by_velocity })
}

/// χ²/N of an acceleration.
fn chi(whitened: &Whitened, acceleration: &[f64]) -> f64 {
    let found = &whitened.project(acceleration, 1)[0];
    let squares = whitened.left()[0].iter().zip(found.col_as_slice(0)).map(|(a, b)| (a - b).powi(2));
    squares.sum::<f64>() / whitened.equations() as f64
}

#[test]
fn the_true_law_has_a_chi_square_near_one() {
    for (sigma, velocities) in
        [(1e-6, None), (1e-3, None), (3e-2, None), (1e-4, Some(1e-3)), (1e-2, Some(1e-2))]
    {
        let form = weak(&noisy(12, sigma, velocities), &Config::default());
        let (acceleration, slopes) = law(&form, Motion::Pendulum);
        let found = chi(&form.whiten(Some(&slopes), 1e-6).unwrap(), &acceleration);
        assert!((0.7..1.2).contains(&found), "{sigma} {velocities:?}: {found}");
    }
}

#[test]
fn wrong_laws_and_forgotten_slopes_show() {
    let form = weak(&noisy(4, 1e-3, Some(1e-3)), &Config::default());
    let (acceleration, slopes) = law(&form, Motion::Pendulum);
    assert!(chi(&form.whiten(None, 1e-6).unwrap(), &acceleration) > 3.0);
    let wrong: Vec<f64> = acceleration.iter().map(|a| 1.01 * a).collect();
    assert!(chi(&form.whiten(Some(&slopes), 1e-6).unwrap(), &wrong) > 3.0);
}

#[test]
fn clean_data_is_explained_to_the_floor() {
    for sampling in [Sampling::Even, Sampling::Jittered, Sampling::Uneven] {
        let times = sampling.times(400, 0.08, &mut random(1));
        let (q, v) = Motion::Pendulum.states(&times);
        for rates in [vec![], vec![v]] {
            let form = weak(&recording(vec![(times.clone(), vec![q.clone()], rates)]), &Config::default());
            let (acceleration, slopes) = law(&form, Motion::Pendulum);
            let found = chi(&form.whiten(Some(&slopes), 1e-6).unwrap(), &acceleration);
            assert!(found < 1.0, "{sampling:?}: {found}");
        }
    }
}

#[test]
fn blocks_leave_the_mean_of_chi_square() {
    let recording = noisy(4, 1e-3, None);
    for block in [7, 20, 1000] {
        let form = weak(&recording, &Config { block, ..Config::default() });
        let (acceleration, slopes) = law(&form, Motion::Pendulum);
        let found = chi(&form.whiten(Some(&slopes), 1e-6).unwrap(), &acceleration);
        assert!((0.7..1.3).contains(&found), "{block}: {found}");
    }
}

#[test]
fn units_do_not_matter() {
    let mut recording = noisy(2, 1e-3, Some(1e-3));
    let (length, time) = (1e14, 1e-9);
    let value = |recording: &Recording, length: f64, time: f64| {
        let form = weak(recording, &Config::default());
        let angle = |q: &f64| q / length;
        let acceleration: Vec<f64> =
            form.positions().iter().map(|q| -angle(q).sin() * length / (time * time)).collect();
        let by_position = form.positions().iter().map(|q| -angle(q).cos() / (time * time)).collect();
        let slopes = Slopes { by_position, by_velocity: vec![0.0; form.points()] };
        chi(&form.whiten(Some(&slopes), 1e-6).unwrap(), &acceleration)
    };
    let plain = value(&recording, 1.0, 1.0);
    for run in &mut recording.runs {
        run.times.iter_mut().for_each(|t| *t *= time);
        run.positions[0].iter_mut().for_each(|q| *q *= length);
        run.rates[0].iter_mut().for_each(|v| *v *= length / time);
    }
    assert!((value(&recording, length, time) / plain - 1.0).abs() < 1e-3);
}

#[test]
fn coordinates_of_a_column_are_projected_each_by_its_own() {
    // Two uncoupled coordinates have the equations of each alone, if the spline has the same knots.
    let times: Vec<f64> = (0..300).map(|k| 0.08 * k as f64).collect();
    let mut q = [Motion::Sine, Motion::Pendulum].map(|motion| motion.states(&times).0);
    q.iter_mut().for_each(|q| add_noise(q, 1e-3, &mut random(3)));
    let form = weak(&recording(vec![(times, q.to_vec(), vec![])]), &Config::default());
    let points = form.points();
    let mut functions = Vec::new();
    for state in form.positions().chunks(2) {
        functions.extend([-state[0], state[1], -state[1].sin(), f64::NAN]);
    }
    let whitened = form.whiten(None, 1e-6).unwrap();
    let both = whitened.project(&functions, 2);
    assert_eq!((both.len(), both[0].nrows(), both[0].ncols()), (2, form.rows(), 2));
    assert_eq!(whitened.equations(), 2 * form.rows());
    for (i, c) in [(0, 0), (0, 1), (1, 0)] {
        let mut alone = vec![0.0; 2 * points];
        (0..points).for_each(|g| alone[2 * g + i] = functions[4 * g + 2 * i + c]);
        let alone = whitened.project(&alone, 1);
        let pairs = alone[i].col_as_slice(0).iter().zip(both[i].col_as_slice(c));
        assert!(pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-9 * (1.0 + a.abs())));
    }
    assert!(both[1].col_as_slice(1).iter().all(|x| *x == 0.0), "values that are not finite count as zero");
}

#[test]
fn integrals_by_parts_agree() {
    let form = weak(&noisy(1, 0.0, None), &Config::default());
    let integral = |derivative, values: &[f64]| form.integrals(derivative, values, 1);
    let left = Mat::from_fn(form.rows(), 1, |r, _| form.left()[0][r]);
    let second = integral(2, form.positions());
    let first = integral(1, form.velocities());
    let scale = left.col_as_slice(0).iter().fold(0.0f64, |most, x| most.max(x.abs()));
    for r in 0..form.rows() {
        assert!((second[(r, 0)] - left[(r, 0)]).abs() < 1e-7 * scale);
        assert!((first[(r, 0)] + left[(r, 0)]).abs() < 1e-7 * scale);
    }
}

#[test]
fn arrays_of_another_shape_are_errors() {
    let form = weak(&noisy(1, 1e-3, None), &Config::default());
    let slopes = Slopes { by_position: vec![0.0; form.points()], by_velocity: vec![] };
    let expected = RegressionError::Shape { what: "∂a/∂v", expected: form.points(), found: 0 };
    assert_eq!(form.whiten(Some(&slopes), 1e-6).unwrap_err(), expected);
    assert_eq!(form.whiten(None, 1e-6).unwrap().project(&[], 0)[0].ncols(), 0);
}

#[test]
fn slopes_that_are_not_finite_count_as_zero() {
    let form = weak(&noisy(1, 1e-3, None), &Config::default());
    let (acceleration, mut slopes) = law(&form, Motion::Pendulum);
    slopes.by_position[7] = f64::INFINITY;
    slopes.by_velocity[9] = f64::NAN;
    assert!(chi(&form.whiten(Some(&slopes), 1e-6).unwrap(), &acceleration).is_finite());
}

#[test]
fn pieces_know_their_points_and_equations() {
    let form = weak(&noisy(3, 1e-3, None), &Config::default());
    let pieces: Vec<_> = form.pieces().collect();
    assert_eq!(pieces.iter().map(|piece| piece.0).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(pieces[2].1.end, form.points());
    assert_eq!(pieces[2].2.end, form.rows());
    assert_eq!(form.centres().len(), form.rows());
    assert_eq!(form.positions().len(), form.points() * form.dof());
}

#[test]
fn test_functions_avoid_unresolved_intervals() {
    let spline = Spline::new((0..=40).map(f64::from).collect());
    let mut avoid = vec![false; 40];
    avoid[20] = true;
    let tests = TestFunctions::new(&spline, &avoid, &Config::default()).unwrap();
    assert_eq!(tests.count(), 35 - 6);
    assert!(tests.centres().all(|t| (t - 20.5).abs() > 3.0));
    let in_use = tests.in_use();
    assert!(tests.points().iter().zip(&in_use).all(|(t, used)| *used != (20.0..21.0).contains(t)));
    assert_eq!(TestFunctions::new(&spline, &[true; 40], &Config::default()), None);
}

#[test]
fn unresolved_pieces_are_used_if_there_are_no_others() {
    let recording = noisy(2, 1e-3, None);
    let mut smoothed = Smoother::default().smooth(&recording).unwrap();
    let all = WeakForm::new(&smoothed, &Config::default());
    smoothed.pieces[0].unresolved.fill(true);
    let second = WeakForm::new(&smoothed, &Config::default());
    assert_eq!(second.pieces().map(|piece| piece.0).collect::<Vec<_>>(), [1]);
    smoothed.pieces[1].unresolved.fill(true);
    assert_eq!(WeakForm::new(&smoothed, &Config::default()).rows(), all.rows());
}

#[test]
fn constants_and_straight_lines_have_no_second_derivative() {
    let spline = Spline::new(vec![0.0, 1.0, 2.0, 2.5, 3.0, 4.0, 9.0, 10.0, 11.0, 12.0]);
    let tests = TestFunctions::new(&spline, &[false; 9], &Config::default()).unwrap();
    let line: Vec<f64> = tests.points().iter().map(|t| 1e6 + 3.0 * t).collect();
    assert!(tests.second_integrals(&line).iter().all(|x| x.abs() < 1e-9));
    // Half of t² has the integral of φ itself.
    let square: Vec<f64> = tests.points().iter().map(|t| t * t / 2.0).collect();
    let ones = vec![1.0; tests.points().len()];
    let expected = tests.integrals(0, &ones, 1);
    for (found, expected) in tests.second_integrals(&square).iter().zip(expected) {
        assert!((found / expected - 1.0).abs() < 1e-6, "{found} {expected}");
    }
}

#[test]
fn short_splines_have_short_test_functions_or_none() {
    let count = |intervals: usize| {
        let spline = Spline::new((0..=intervals).map(|k| k as f64).collect());
        TestFunctions::new(&spline, &vec![false; intervals], &Config::default()).map(|tests| tests.count())
    };
    assert_eq!([1, 2, 3, 5, 6, 7].map(count), [None, Some(1), Some(2), Some(2), Some(1), Some(2)]);
}
