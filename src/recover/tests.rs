//! Laws from recordings made here.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal};

use super::*;
use crate::data::{Coordinate, Rates, Run};
use crate::expr::Symbol;
use crate::progress::{CancelToken, Silent};

type Accelerations<'a> = &'a dyn Fn(f64, &[f64], &[f64]) -> Vec<f64>;

/// A motion: its coordinates, the accelerations a(t, q, v).
struct Motion<'a> {
    coordinates: &'a [&'a str],
    angles: bool,
    acceleration: Accelerations<'a>,
}

/// How it is recorded.
struct Records<'a> {
    starts: &'a [&'a [f64]],
    spacing: f64,
    points: usize,
    noise: f64,
    velocities: bool,
}

impl Motion<'_> {
    fn rate(&self, t: f64, z: &[f64]) -> Vec<f64> {
        let (q, v) = z.split_at(z.len() / 2);
        [v.to_vec(), (self.acceleration)(t, q, v)].concat()
    }

    /// Twenty Runge–Kutta steps from point to point.
    fn states(&self, start: &[f64], how: &Records<'_>) -> Vec<Vec<f64>> {
        let h = how.spacing / 20.0;
        let shifted =
            |z: &[f64], k: &[f64], h: f64| -> Vec<f64> { z.iter().zip(k).map(|(z, k)| z + h * k).collect() };
        let mut out = vec![start.to_vec()];
        let mut z = start.to_vec();
        for step in 0..20 * (how.points - 1) {
            let t = step as f64 * h;
            let a = self.rate(t, &z);
            let b = self.rate(t + h / 2.0, &shifted(&z, &a, h / 2.0));
            let c = self.rate(t + h / 2.0, &shifted(&z, &b, h / 2.0));
            let d = self.rate(t + h, &shifted(&z, &c, h));
            let mean: Vec<f64> =
                (0..z.len()).map(|i| (a[i] + 2.0 * b[i] + 2.0 * c[i] + d[i]) / 6.0).collect();
            z = shifted(&z, &mean, h);
            if step % 20 == 19 {
                out.push(z.clone());
            }
        }
        out
    }

    fn record(&self, how: &Records<'_>) -> Recording {
        let mut random = ChaCha8Rng::seed_from_u64(7);
        let normal = Normal::new(0.0, how.noise).unwrap();
        let n = self.coordinates.len();
        let mut run = |(k, start): (usize, &&[f64])| {
            let states = self.states(start, how);
            let mut column =
                |c: usize| -> Vec<f64> { states.iter().map(|z| z[c] + normal.sample(&mut random)).collect() };
            let positions = (0..n).map(&mut column).collect();
            let rates = if how.velocities { (n..2 * n).map(&mut column).collect() } else { Vec::new() };
            let times = (0..how.points).map(|k| k as f64 * how.spacing).collect();
            Run { name: k.to_string(), times, positions, rates, derivatives: None }
        };
        let runs = how.starts.iter().enumerate().map(&mut run).collect();
        let symbol =
            |prefix: &str| self.coordinates.iter().map(|x| Symbol::new(format!("{prefix}{x}"))).collect();
        let coordinate = |name: &&str| Coordinate { name: Symbol::new(name), is_angle: self.angles };
        Recording {
            coordinates: self.coordinates.iter().map(coordinate).collect(),
            rates: if how.velocities { Rates::Velocities(symbol("v")) } else { Rates::None },
            runs,
        }
    }

    fn recover(&self, how: &Records<'_>) -> Recovery {
        recover(&self.record(how), &Config::default(), &Job::silent()).unwrap()
    }
}

#[test]
fn pendulum_from_one_run_of_noisy_angles() {
    let motion =
        Motion { coordinates: &["theta"], angles: true, acceleration: &|_, q, _| vec![-9.81 * q[0].sin()] };
    let found = motion.recover(&Records {
        starts: &[&[1.9, 0.0]],
        spacing: 0.05,
        points: 400,
        noise: 5e-3,
        velocities: false,
    });
    assert_eq!(found.status, Status::Determined);
    assert_eq!(found.law.hamiltonian.to_string(), "p_theta^2/2 - a*cos(theta)");
    let a = &found.law.letters[0];
    assert!((a.value - 9.81).abs() < 4.0 * a.standard_error && a.standard_error < 0.02, "{a:?}");
    let Evidence::Trajectories { reduced, .. } = found.evidence else { panic!("{:?}", found.evidence) };
    assert!((reduced - 1.0).abs() < 0.2, "{reduced}");
}

#[test]
fn constants_known_well_enough_are_rationals() {
    let motion = Motion {
        coordinates: &["x"],
        angles: false,
        acceleration: &|_, q, _| vec![-q[0] - 3.0 * q[0].powi(3)],
    };
    let starts: [&[f64]; 2] = [&[1.6, 0.0], &[0.4, 1.9]];
    let how = Records { starts: &starts, spacing: 0.05, points: 400, noise: 1e-7, velocities: true };
    let found = motion.recover(&how);
    assert_eq!(found.status, Status::Exact);
    assert_eq!(found.law.hamiltonian.to_string(), "p_x^2/2 + x^2/2 + 3*x^4/4");
    assert!(found.law.letters.is_empty() && found.law.is_exact());
    // Two constants that are both simple speak for each other where neither would be read alone.
    assert_eq!(motion.recover(&Records { noise: 1e-3, ..how }).status, Status::Exact);
    let decimals = Motion { acceleration: &|_, q, _| vec![-1.037 * q[0] - 3.113 * q[0].powi(3)], ..motion };
    let rough = decimals.recover(&Records { noise: 1e-3, ..how });
    assert_eq!(rough.status, Status::Determined);
    assert_eq!(rough.law.hamiltonian.to_string(), "p_x^2/2 + a*x^2 + b*x^4");
}

#[test]
fn kepler_orbits() {
    let gravity = |_: f64, q: &[f64], _: &[f64]| {
        let r = q[0].hypot(q[1]);
        q.iter().map(|x| -1.327 * x / r.powi(3)).collect()
    };
    let motion = Motion { coordinates: &["x", "y"], angles: false, acceleration: &gravity };
    let found = motion.recover(&Records {
        starts: &[&[1.0, 0.0, 0.1, 1.0], &[0.8, 0.3, -0.5, 1.1]],
        spacing: 0.04,
        points: 250,
        noise: 1e-4,
        velocities: true,
    });
    assert_eq!(found.status, Status::Determined);
    assert_eq!(found.law.hamiltonian.to_string(), "(p_x^2 + p_y^2)/2 - mu/sqrt(x^2 + y^2)");
    assert!((found.law.letters[0].value - 1.327).abs() < 4.0 * found.law.letters[0].standard_error);
}

#[test]
fn friction_is_told_apart() {
    let damped = |_: f64, q: &[f64], v: &[f64]| vec![-2.3 * q[0] - 0.12 * v[0]];
    let motion = Motion { coordinates: &["x"], angles: false, acceleration: &damped };
    let found = motion.recover(&Records {
        starts: &[&[1.0, 0.0], &[-0.5, 1.2]],
        spacing: 0.05,
        points: 300,
        noise: 2e-3,
        velocities: true,
    });
    assert_eq!(found.status, Status::Determined);
    assert_eq!(found.law.hamiltonian.to_string(), "p_x^2/2 + a*x^2");
    let friction = &found.law.friction[0];
    assert!((friction.value - 0.12).abs() < 4.0 * friction.standard_error, "{friction:?}");
}

#[test]
fn uniform_motion_has_no_forces() {
    let motion = Motion { coordinates: &["x", "y"], angles: false, acceleration: &|_, _, _| vec![0.0, 0.0] };
    let found = motion.recover(&Records {
        starts: &[&[0.0, 1.0, 0.5, -0.2], &[0.3, 0.0, -0.4, 0.3]],
        spacing: 0.05,
        points: 100,
        noise: 2e-3,
        velocities: true,
    });
    assert_eq!(found.law.hamiltonian.to_string(), "(p_x^2 + p_y^2)/2");
    assert_eq!(found.status, Status::Exact);
}

#[test]
fn a_force_that_depends_on_time_stays_unexplained() {
    let driven = |t: f64, q: &[f64], _: &[f64]| vec![-q[0] + 0.5 * (1.3 * t).cos()];
    let motion = Motion { coordinates: &["x"], angles: false, acceleration: &driven };
    let found = motion.recover(&Records {
        starts: &[&[1.0, 0.0], &[-0.5, 0.7], &[0.2, -0.4]],
        spacing: 0.06,
        points: 250,
        noise: 2e-3,
        velocities: true,
    });
    assert!(matches!(found.status, Status::Unexplained { unexplained } if unexplained > 0.1), "{found:?}");
}

#[test]
fn two_carts_with_the_names_of_one_body() {
    // Masses 1 and 2.317, springs 3, 1 and 2.
    let carts = |_: f64, q: &[f64], _: &[f64]| {
        let between = q[1] - q[0];
        vec![-3.0 * q[0] + between, (-2.0 * q[1] - between) / 2.317]
    };
    let motion = Motion { coordinates: &["x", "y"], angles: false, acceleration: &carts };
    let starts: [&[f64]; 3] = [&[1.0, 0.0, 0.0, 0.5], &[-0.4, 0.9, 0.3, 0.0], &[0.2, -0.6, -0.8, 0.7]];
    let how = Records { starts: &starts, spacing: 0.05, points: 300, noise: 1e-4, velocities: true };
    let found = motion.recover(&how);
    assert_eq!(found.status, Status::Determined, "{:?}", found.law.hamiltonian);
    assert_eq!(found.law.masses.len(), 2);
    let mass = &found.law.masses[1];
    assert!((mass.value - 2.317).abs() < 4.0 * mass.standard_error && mass.standard_error < 0.02, "{mass:?}");
}

#[test]
fn a_cancelled_job_claims_no_law() {
    let motion = Motion { coordinates: &["x"], angles: false, acceleration: &|_, q, _| vec![-q[0]] };
    let how = Records { starts: &[&[1.0, 0.0]], spacing: 0.05, points: 100, noise: 1e-3, velocities: true };
    let recording = motion.record(&how);
    let is_no_claim = |status| {
        matches!(status, Status::Approximate { .. } | Status::Unexplained { .. } | Status::Ambiguous)
    };
    let token = CancelToken::new();
    token.cancel();
    let cancelled = Job::new(&Silent, token);
    match recover(&recording, &Config::default(), &cancelled) {
        Ok(found) => assert!(is_no_claim(found.status), "{found:?}"),
        Err(error) => assert_eq!(error, RecoverError::NoForm),
    }
    let smoothed = Smoother::default().smooth(&recording).unwrap();
    let mut problem = Problem::new(&recording, &smoothed, &problem::Config::default()).unwrap();
    let search = search(&mut problem, &Job::silent(), &search::Config::default()).unwrap();
    let grounds = Grounds { recording: &recording, smoothed: &smoothed, problem: &problem, search: &search };
    let found = decide(&grounds, &decide::Config::default(), &cancelled).unwrap();
    assert!(is_no_claim(found.status), "{found:?}");
    assert_eq!(
        decide(&grounds, &decide::Config::default(), &Job::silent()).unwrap().status,
        Status::Determined
    );
}

/// A spring that hardens: quiet runs from these starts, two runs of far more noise, and the runs apart.
fn with_noisy_runs(quiet: &[&[f64]]) -> (Recording, Config, resolved::Apart) {
    let motion = Motion {
        coordinates: &["x"],
        angles: false,
        acceleration: &|_, q, _| vec![-1.3 * q[0] - 3.1 * q[0].powi(3)],
    };
    let how = Records { starts: quiet, spacing: 0.05, points: 300, noise: 1e-5, velocities: true };
    let mut recording = motion.record(&how);
    let noisy = Records { starts: &[&[1.1, 0.2], &[-0.7, 0.5]], noise: 1e-2, ..how };
    recording.runs.extend(motion.record(&noisy).runs);
    let mut config = Config::default();
    config.problem.equations = 40;
    let smoothed = smoothed(&recording, &config, &Job::silent()).unwrap();
    let apart = resolved::apart(&smoothed, config.problem.equations).unwrap();
    (recording, config, apart)
}

#[test]
fn noisy_runs_that_know_more_are_heard() {
    // Near the middle no force but that of a spring is seen; further out it is, in runs with far more noise.
    let (recording, config, apart) =
        with_noisy_runs(&[&[0.003, 0.0], &[0.002, 0.002], &[-0.001, 0.003], &[0.0, 0.002]]);
    assert_eq!(apart.rest.pieces.len(), 2);
    let found = recover(&recording, &config, &Job::silent()).unwrap();
    assert_eq!(found.law.hamiltonian.to_string(), "p_x^2/2 + a*x^2 + b*x^4");
}

#[test]
fn runs_that_are_set_apart_have_to_agree() {
    let (recording, config, apart) = with_noisy_runs(&[&[0.9, 0.0], &[0.4, 0.7], &[-0.6, 0.5], &[0.1, 1.2]]);
    let found = with_every_mass(&recording, &apart.best, &config, &Job::silent()).unwrap();
    let model = found.law.model.unwrap();
    assert!(resolved::holds_on(&model, &apart.rest, &config.decide));
    // The same form with another constant does not hold.
    let constants: Vec<f64> = model.constants().iter().map(|c| 1.05 * c).collect();
    assert!(!resolved::holds_on(&model.with_constants(&constants), &apart.rest, &config.decide));
}
