//! What the bottleneck, the symmetry terms, the depth and the rate of the symmetry-control network cost: the measurement
//! behind `results/table1-notes.md`.
//!
//! `cargo bench --bench bottleneck -- SUBJECT:SEED …` trains every variant, each with about as many weights, with the data
//! and the schedule of Table 1, and prints a line of CSV for each: the Hamiltonian term on held-out states in scaled units,
//! and the medians over 50 held-out runs of the squared deviation of state and energy. A subject is a built-in system, or a
//! file of a measured pendulum (one angle and its velocity; two successive points make one state). `--only NAME` chooses
//! a variant.

// A benchmark prints its table.
#![allow(clippy::print_stdout)]

use liouville::data::{Declared, ReadOptions, Smoother, TrajectorySet, read};
use liouville::dynamics::{Method, SimulationConfig, deviations, roll_out, runge_kutta_steps, simulate};
use liouville::expr::{Expr, Symbol};
use liouville::learn::{Config, Ending, LearnedField, ModelKind, TrainingData, Unkept, train};
use liouville::progress::Job;
use liouville::system::System;

/// Steps, and the most passes over the data, of Table 1.
const STEPS: usize = 4000;
const PASSES: usize = 1500;
/// Held-out runs that are predicted.
const PREDICTED: usize = 50;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// What is learned, with its true Hamiltonian where runs are predicted.
struct Subject {
    set: TrajectorySet,
    train: f64,
    cyclic: usize,
    hamiltonian: Option<Expr>,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let (mut only, mut subjects) = (Vec::new(), Vec::new());
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if argument == "--only" { only.extend(rest.next()) } else { subjects.push(argument) }
    }
    println!("subject,seed,variant,shape,parameters,test_loss,trajectory,energy,seconds");
    for argument in subjects {
        let (name, seed) = argument.rsplit_once(':').unwrap_or((argument, "0"));
        if let Err(error) = measure(name, seed, &only) {
            println!("{name},{seed},{error}");
        }
    }
}

fn measure(name: &str, seed: &str, only: &[&String]) -> Result<()> {
    let number: u64 = seed.parse()?;
    let subject = if name.ends_with(".txt") { measured(name)? } else { simulated(name, number)? };
    let data = TrainingData::of_trajectories(&subject.set, subject.train)?;
    let stem = name.rsplit('/').next().unwrap_or(name);
    for (variant, config) in variants(&data, subject.cyclic, number) {
        if !only.is_empty() && !only.iter().any(|name| *name == variant) {
            continue;
        }
        let begun = std::time::Instant::now();
        let learned = train(&data, &config, &Job::silent(), &mut Unkept)?;
        let seconds = begun.elapsed().as_secs_f64();
        let loss = learned.test_losses().unwrap_or_default().hamiltonian;
        let [trajectory, energy] = predicted(&subject, &LearnedField(&learned))?;
        let parameters = config.parameters(data.dof, &data.angles);
        let shape = format!("{}x{}", config.depth, config.width);
        println!(
            "{stem},{seed},{variant},{shape},{parameters},{loss:.3e},{trajectory:.3e},{energy:.3e},{seconds:.0}"
        );
    }
    Ok(())
}

/// The trainings by name.
fn variants(data: &TrainingData, cyclic: usize, seed: u64) -> Vec<(&'static str, Config)> {
    let usual = Config::default();
    let samples = data.train.states.len() / (2 * data.dof);
    let steps = STEPS.min((PASSES * samples / usual.batch.min(samples)).max(1));
    let plain = Config {
        model: ModelKind::Hamiltonian,
        width: 200,
        steps,
        warm_up: (steps / 20).max(1),
        learning_rate: 1e-2,
        ending: Ending::AllSteps,
        average: Some(0.99),
        seed,
        cyclic: 0,
        ..usual
    };
    let scnn = Config {
        model: ModelKind::SymmetryControl,
        cyclic,
        learning_rate: 5e-3,
        poisson_weight: 1e-3,
        cyclic_weight: 0.1,
        symmetry_part: Some(0.2),
        ..plain.clone()
    };
    let wanted = scnn.parameters(data.dof, &data.angles);
    let sized = |config: Config| {
        let with = |width| Config { width, ..config.clone() };
        let off = |width: &usize| with(*width).parameters(data.dof, &data.angles).abs_diff(wanted);
        with((1..=400).min_by_key(off).unwrap_or(config.width))
    };
    let beside = Config { model: ModelKind::Beside, learning_rate: 1e-2, ..scnn.clone() };
    let unweighted = Config { poisson_weight: 0.0, cyclic_weight: 0.0, ..scnn.clone() };
    vec![
        ("hnn, 4 layers", sized(Config { depth: 4, ..plain.clone() })),
        ("scnn", scnn.clone()),
        ("scnn, no symmetry terms", unweighted.clone()),
        ("scnn, no bottleneck", Config { cyclic: 0, ..unweighted }),
        ("scnn, 3 layers", sized(Config { depth: 3, ..scnn.clone() })),
        ("scnn, 4 layers", sized(Config { depth: 4, ..scnn.clone() })),
        ("scnn, rate 1e-2", Config { learning_rate: 1e-2, ..scnn.clone() }),
        ("scnn, rate 2e-3", Config { learning_rate: 2e-3, ..scnn.clone() }),
        ("scnn, one cosine", Config { symmetry_part: None, ..scnn }),
        ("hnn, 2 layers", sized(plain)),
        ("beside", sized(beside)),
    ]
}

fn simulated(name: &str, seed: u64) -> Result<Subject> {
    let system = System::load(name).map_err(|error| error.render())?;
    let config = SimulationConfig { seed, ..SimulationConfig::default() };
    Ok(Subject {
        set: simulate(&system, &config).map_err(|error| error.render())?,
        train: system.train.to_f64().value(),
        // As in Table 1: as many as there are commuting laws, H beside them; the double pendulum has H alone.
        cyclic: (system.known.len() + 1).min(system.dof()),
        hamiltonian: system.hamiltonian_with_values(),
    })
}

fn measured(path: &str) -> Result<Subject> {
    let text = "system pendulum\ncoordinates o\nmomenta v\nangle o\n";
    let system = System::parse(text, "pendulum").map_err(|error| error.to_string())?;
    let options = ReadOptions { declared: Some(Declared::from(&system)), ..ReadOptions::default() };
    let reading = read(&[path.to_owned()], &options).map_err(|error| error.render())?;
    let set = TrajectorySet::of_recording(&reading.recording).with_derivatives(&Smoother::default())?;
    let pair = |names: [&str; 2]| names.map(Symbol::new);
    let set = set.paired_points(pair(["o1", "o2"]), pair(["v1", "v2"])).ok_or("no pendulum")?;
    Ok(Subject { set, train: 0.8, cyclic: 2, hamiltonian: None })
}

/// The medians over held-out runs of the mean squared deviations of state and energy; NaN without a Hamiltonian.
fn predicted(subject: &Subject, field: &LearnedField<'_>) -> Result<[f64; 2]> {
    let Some(hamiltonian) = subject.hamiltonian.clone() else { return Ok([f64::NAN; 2]) };
    let (train, test) = subject.set.split(subject.train);
    let truth = &test.trajectories[..PREDICTED.min(test.trajectories.len())];
    let rolled = roll_out(field, truth, Method::RungeKutta4 { steps: runge_kutta_steps(&train) });
    let found = deviations(truth, &rolled, &[hamiltonian], &subject.set.variables())?;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    let median = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
    };
    Ok([
        median(found.iter().map(|d| mean(&d.state)).collect()),
        median(found.iter().map(|d| mean(&d.functions[0])).collect()),
    ])
}
