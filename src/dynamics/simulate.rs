//! Drawing initial conditions and integrating them.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution as _, StandardNormal};
use rayon::prelude::*;

use crate::data::{FEWEST_POINTS, Trajectory, TrajectorySet};
use crate::expr::{Expr, Symbol, Tape};
use crate::system::{Diagnostic, Distribution, Place, Recipe, RecipeStep, Relation, System};

use super::SimulationError;
use super::field::{HamiltonianField, VectorField};
use super::integrate::{IntegrationError, Method, integrate};

/// How often a recipe is drawn for one initial condition before it is called impossible.
const RECIPE_TRIES: usize = 10_000;

/// How many initial conditions are tried for one trajectory.
const SOLUTION_TRIES: usize = 100;

/// What to simulate.
#[derive(Clone, PartialEq, Debug)]
pub struct SimulationConfig {
    /// The seed of all randomness.
    pub seed: u64,
    /// The standard deviation of the Gaussian noise on each coordinate and momentum, relative to the root
    /// mean square of that column over all trajectories (angles taken in (−π, π]).
    pub noise: f64,
    /// Whether the exact time derivatives of the noiseless states are given; by default if there is no noise.
    pub derivatives: Option<bool>,
    /// How many trajectories, if not as the system says.
    pub trajectories: Option<usize>,
    /// How many points each has, if not as the system says.
    pub points: Option<usize>,
    /// The time span of each, if not as the system says.
    pub span: Option<f64>,
    /// The numerical method.
    pub method: Method,
}

impl Default for SimulationConfig {
    fn default() -> Self {
        SimulationConfig {
            seed: 0,
            noise: 0.0,
            derivatives: None,
            trajectories: None,
            points: None,
            span: None,
            method: Method::GaussLegendre,
        }
    }
}

/// Trajectories of a system: initial conditions by its recipe, sampled at equal times over its span.
///
/// Trajectory `i` depends on the seed and `i` alone. An initial condition whose solution ends early, in a
/// singularity or at the edge of the domain, is drawn anew.
///
/// # Errors
/// No Hamiltonian; a parameter without a value; a recipe that is never fulfilled; solutions that all end
/// early; settings out of range.
pub fn simulate(system: &System, config: &SimulationConfig) -> Result<TrajectorySet, SimulationError> {
    let hamiltonian = system
        .hamiltonian
        .as_ref()
        .ok_or_else(|| SimulationError::NoHamiltonian { system: system.name.clone() })?;
    system.require_numeric()?;
    let (count, points, span) = extent(system, config)?;
    let field =
        HamiltonianField::new(&system.with_values(hamiltonian), &system.coordinates, &system.momenta)?;
    let sampler = Sampler::new(system)?;
    let domain = Domain::new(system)?;
    let times: Vec<f64> = (0..points).map(|at| span * at as f64 / (points - 1) as f64).collect();
    let derivatives = config.derivatives.unwrap_or(config.noise == 0.0);
    let one = |index: usize| -> Result<Trajectory, SimulationError> {
        let mut random = stream(config.seed, 2 * index as u64);
        let states = solution(system, &sampler, &domain, &field, &times, config.method, &mut random)?;
        let derivatives = derivatives.then(|| {
            let mut rates = vec![0.0; states.len()];
            field.evaluate(&states, &mut rates);
            rates
        });
        Ok(Trajectory { times: times.clone(), states, derivatives })
    };
    // An impossible recipe shows at the first trajectory, before all the others try in vain.
    let first = one(0)?;
    let rest: Vec<Result<Trajectory, SimulationError>> = (1..count).into_par_iter().map(one).collect();
    let mut set = TrajectorySet {
        coordinates: system.coordinates.clone(),
        momenta: system.momenta.clone(),
        angles: system.angles.clone(),
        trajectories: std::iter::once(Ok(first)).chain(rest).collect::<Result<_, _>>()?,
        notes: sampler.note.into_iter().collect(),
    };
    add_noise(&mut set, config);
    Ok(set)
}

/// The number of trajectories, of points, and the time span.
fn extent(system: &System, config: &SimulationConfig) -> Result<(usize, usize, f64), SimulationError> {
    let count = config.trajectories.unwrap_or(system.trajectories);
    let points = config.points.unwrap_or(system.points);
    let span = config.span.unwrap_or(system.span);
    let problem = if !config.noise.is_finite() || config.noise < 0.0 {
        format!("the noise must be a number not below 0, and is {}", config.noise)
    } else if !span.is_finite() || span <= 0.0 {
        format!("the time span must be positive, and is {span}")
    } else if count == 0 {
        "at least one trajectory is needed".to_string()
    } else if points < FEWEST_POINTS {
        format!("a trajectory needs at least {} points", FEWEST_POINTS)
    } else {
        return Ok((count, points, span));
    };
    Err(SimulationError::Setting(problem))
}

/// The random numbers of one purpose.
fn stream(seed: u64, index: u64) -> ChaCha8Rng {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(index);
    random
}

/// A solution from the first initial condition that reaches the last time.
fn solution(
    system: &System,
    sampler: &Sampler,
    domain: &Domain,
    field: &HamiltonianField,
    times: &[f64],
    method: Method,
    random: &mut ChaCha8Rng,
) -> Result<Vec<f64>, SimulationError> {
    let mut reason = IntegrationError::Undefined;
    let (mut outside, mut tries) = (0, 0);
    while tries < SOLUTION_TRIES {
        if outside == RECIPE_TRIES {
            let message = "no initial condition of the recipe lies where the conditions on H hold";
            return Err(SimulationError::Setting(format!("{message} ({RECIPE_TRIES} tries)")));
        }
        let start = sampler.draw(random)?;
        if !domain.contains(&start) {
            outside += 1;
            continue;
        }
        tries += 1;
        match integrate(field, &start, times, method) {
            Ok(states) => return Ok(states),
            Err(end) => reason = end,
        }
    }
    Err(SimulationError::NoSolution { system: system.name.clone(), tries: SOLUTION_TRIES, reason })
}

fn add_noise(set: &mut TrajectorySet, config: &SimulationConfig) {
    if config.noise == 0.0 {
        return;
    }
    let deviations: Vec<f64> = set.rms().into_iter().map(|rms| config.noise * rms).collect();
    for (index, trajectory) in set.trajectories.iter_mut().enumerate() {
        let mut random = stream(config.seed, 2 * index as u64 + 1);
        for row in trajectory.states.chunks_exact_mut(deviations.len()) {
            for (value, deviation) in row.iter_mut().zip(&deviations) {
                let normal: f64 = StandardNormal.sample(&mut random);
                *value += deviation * normal;
            }
        }
    }
}

/// The conditions of the `where` of a system, compiled.
struct Domain {
    /// One output for each condition.
    tape: Tape,
    relations: Vec<crate::expr::Relation>,
}

impl Domain {
    fn new(system: &System) -> Result<Domain, SimulationError> {
        let conditions = system.conditions_with_values(&system.domain);
        let functions: Vec<Expr> = conditions.iter().map(|condition| condition.function.clone()).collect();
        let relations = conditions.iter().map(|condition| condition.relation).collect();
        Ok(Domain { tape: Tape::new(&functions, &system.variables())?, relations })
    }

    /// Whether a state fulfils them.
    fn contains(&self, state: &[f64]) -> bool {
        let mut values = vec![0.0; self.relations.len()];
        self.tape.evaluate_one(state, &mut values, &mut Vec::new());
        self.relations.iter().zip(values).all(|(relation, value)| match relation {
            crate::expr::Relation::Positive => value > 0.0,
            crate::expr::Relation::NonZero => value != 0.0 && !value.is_nan(),
        })
    }
}

/// A recipe, compiled.
struct Sampler {
    steps: Vec<Step>,
    /// How many names the steps give values.
    names: usize,
    /// Where among them the coordinates and momenta stand.
    variables: Vec<usize>,
    /// The `sample` statement, where there is one.
    place: Option<Place>,
    note: Option<String>,
}

struct Step {
    /// The formulas of the step, of the names so far.
    tape: Tape,
    action: Action,
}

enum Action {
    Uniform,
    Normal,
    Define,
    Require { relations: Vec<Relation>, place: Place },
}

impl Sampler {
    fn new(system: &System) -> Result<Sampler, SimulationError> {
        match &system.sample {
            Some(recipe) => Sampler::of_recipe(system, recipe),
            None => Sampler::of_box(system),
        }
    }

    fn of_recipe(system: &System, recipe: &Recipe) -> Result<Sampler, SimulationError> {
        let mut names: Vec<Symbol> = Vec::new();
        let mut steps = Vec::new();
        for step in &recipe.steps {
            let (formulas, name, action) = match step {
                RecipeStep::Draw { name, distribution, .. } => match distribution {
                    Distribution::Uniform(a, b) => (vec![a, b], Some(name), Action::Uniform),
                    Distribution::Normal(a, b) => (vec![a, b], Some(name), Action::Normal),
                },
                RecipeStep::Define { name, formula } => (vec![formula], Some(name), Action::Define),
                RecipeStep::Require { sides, relations, place } => {
                    let action = Action::Require { relations: relations.clone(), place: place.clone() };
                    (sides.iter().collect(), None, action)
                }
            };
            let formulas: Vec<Expr> =
                formulas.into_iter().map(|formula| system.with_values(formula)).collect();
            steps.push(Step { tape: Tape::new(&formulas, &names)?, action });
            names.extend(name.cloned());
        }
        let place_of = |variable: &Symbol| names.iter().position(|name| name == variable);
        let variables: Option<Vec<usize>> = system.variables().iter().map(place_of).collect();
        let variables = variables.ok_or_else(|| {
            SimulationError::Setting(format!("the recipe of `{}` is incomplete", system.name))
        })?;
        Ok(Sampler { steps, names: names.len(), variables, place: Some(recipe.place.clone()), note: None })
    }

    /// Without a recipe: angles from the whole circle, everything else from (−1, 1).
    fn of_box(system: &System) -> Result<Sampler, SimulationError> {
        let mut names: Vec<Symbol> = Vec::new();
        let mut steps = Vec::new();
        for variable in system.variables() {
            let half = if system.angles.contains(&variable) { Expr::Pi } else { Expr::one() };
            let tape = Tape::new(&[half.clone().negated(), half], &names)?;
            steps.push(Step { tape, action: Action::Uniform });
            names.push(variable);
        }
        let circle = if system.angles.is_empty() { "" } else { ", angles from (-pi, pi)" };
        let note = format!(
            "`{}` has no `sample` recipe: initial conditions are uniform in (-1, 1){circle}",
            system.name
        );
        let variables = (0..names.len()).collect();
        Ok(Sampler { steps, names: names.len(), variables, place: None, note: Some(note) })
    }

    /// An initial condition `[2·dof]`.
    fn draw(&self, random: &mut ChaCha8Rng) -> Result<Vec<f64>, SimulationError> {
        let mut failures = vec![0usize; self.steps.len()];
        for _ in 0..RECIPE_TRIES {
            match self.attempt(random) {
                Ok(values) => return Ok(self.variables.iter().map(|&at| values[at]).collect()),
                Err(step) => failures[step] += 1,
            }
        }
        Err(self.impossible(&failures))
    }

    /// The values of all names, or the step that failed.
    fn attempt(&self, random: &mut ChaCha8Rng) -> Result<Vec<f64>, usize> {
        let mut values = Vec::with_capacity(self.names);
        let mut results = Vec::new();
        let mut scratch = Vec::new();
        for (at, step) in self.steps.iter().enumerate() {
            results.resize(step.tape.outputs(), 0.0);
            step.tape.evaluate_one(&values, &mut results, &mut scratch);
            let value = match &step.action {
                Action::Uniform => results[0] + (results[1] - results[0]) * unit(random),
                Action::Normal => {
                    let normal: f64 = StandardNormal.sample(random);
                    results[0] + results[1] * normal
                }
                Action::Define => results[0],
                Action::Require { relations, .. } => {
                    let holds =
                        relations.iter().zip(results.windows(2)).all(|(r, pair)| r.holds(pair[0], pair[1]));
                    if !holds {
                        return Err(at);
                    }
                    continue;
                }
            };
            if !value.is_finite() {
                return Err(at);
            }
            values.push(value);
        }
        Ok(values)
    }

    fn impossible(&self, failures: &[usize]) -> SimulationError {
        // The last step that ever failed never held: otherwise a later one would have failed, or none.
        let worst = failures.iter().rposition(|&count| count > 0).unwrap_or(0);
        let condition = self.steps.get(worst).and_then(|step| match &step.action {
            Action::Require { place, .. } => Some(place),
            _ => None,
        });
        let message = match condition {
            Some(_) => format!("the recipe is impossible: this condition failed in {RECIPE_TRIES} tries"),
            None => format!("the recipe is impossible: it gave no finite numbers in {RECIPE_TRIES} tries"),
        };
        match condition.or(self.place.as_ref()) {
            Some(place) => SimulationError::ImpossibleRecipe(Box::new(Diagnostic {
                message,
                place: place.clone(),
                expected: None,
                hint: Some("loosen the condition, or draw from a box where it can hold".to_string()),
            })),
            None => SimulationError::Setting(message),
        }
    }
}

/// A number in [0, 1) with 53 random bits.
fn unit(random: &mut ChaCha8Rng) -> f64 {
    (random.next_u64() >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built_in(name: &str) -> System {
        System::load(name).unwrap()
    }

    fn small(seed: u64) -> SimulationConfig {
        SimulationConfig { seed, trajectories: Some(6), ..SimulationConfig::default() }
    }

    /// The largest |F − F(0)| along trajectories, relative to the largest |F| (at least 1e-3).
    fn drift(system: &System, formula: &Expr, set: &TrajectorySet) -> f64 {
        let tape = Tape::new(&[system.with_values(formula)], &system.variables()).unwrap();
        let mut worst = 0.0f64;
        for trajectory in &set.trajectories {
            let values = tape.evaluate(&trajectory.states);
            let size = values.iter().fold(1e-3f64, |size, value| size.max(value.abs()));
            let change = values.iter().fold(0.0f64, |change, value| change.max((value - values[0]).abs()));
            worst = worst.max(change / size);
        }
        worst
    }

    #[test]
    fn the_energy_drifts_by_rounding_only() {
        for name in ["charged-particle", "coupled-oscillator", "spherical-pendulum"] {
            let system = built_in(name);
            let set = simulate(&system, &SimulationConfig { seed: 1, ..Default::default() }).unwrap();
            let drift = drift(&system, system.hamiltonian.as_ref().unwrap(), &set);
            assert!(drift < 1e-12, "{name}: {drift:e}");
        }
    }

    #[test]
    fn the_known_laws_of_the_catalogue_hold_along_trajectories() {
        for entry in crate::system::catalogue() {
            let system = entry.system().unwrap();
            let Some(hamiltonian) = &system.hamiltonian else { continue };
            let set = simulate(&system, &small(3)).unwrap_or_else(|error| panic!("{}", error.render()));
            assert!(set.notes.is_empty());
            for formula in system.known.iter().map(|law| &law.formula).chain([hamiltonian]) {
                let drift = drift(&system, formula, &set);
                assert!(drift < 1e-9, "{}: {formula} drifts by {drift:e}", entry.name);
            }
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes_on_any_number_of_threads() {
        let system = built_in("double-pendulum");
        let config = SimulationConfig { seed: 5, noise: 0.01, ..small(5) };
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| simulate(&system, &config).unwrap())
        };
        let (one, two) = (on(1), on(2));
        let bits = |set: &TrajectorySet| set.states().iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&one), bits(&two));
        let more =
            simulate(&system, &SimulationConfig { trajectories: Some(9), noise: 0.0, ..config.clone() });
        let clean = simulate(&system, &SimulationConfig { noise: 0.0, ..config }).unwrap();
        assert_eq!(more.unwrap().trajectories[..6], clean.trajectories[..]);
        assert_ne!(bits(&clean), bits(&simulate(&system, &small(6)).unwrap()));
    }

    #[test]
    fn noise_is_relative_to_the_rms_of_each_column() {
        let system = built_in("charged-particle");
        let clean = simulate(&system, &SimulationConfig { seed: 2, ..Default::default() }).unwrap();
        let noisy =
            simulate(&system, &SimulationConfig { seed: 2, noise: 0.01, ..Default::default() }).unwrap();
        assert!(clean.has_derivatives() && !noisy.has_derivatives());
        let (a, b) = (clean.states(), noisy.states());
        for (column, rms) in clean.rms().into_iter().enumerate() {
            let errors: Vec<f64> = (column..a.len()).step_by(4).map(|at| b[at] - a[at]).collect();
            let deviation = (errors.iter().map(|e| e * e).sum::<f64>() / errors.len() as f64).sqrt();
            assert!((deviation / (0.01 * rms) - 1.0).abs() < 0.02, "{deviation}");
        }
    }

    #[test]
    fn without_a_recipe_a_box_is_used_and_said() {
        let system =
            System::parse("system s\ncoordinates a\nmomenta p\nangle a\nH = p^2/2 - cos(a)\n", "s.ham")
                .unwrap();
        let set = simulate(&system, &small(0)).unwrap();
        assert_eq!(set.notes.len(), 1);
        assert_eq!(set.trajectories[0].points(), 500);
    }

    #[test]
    fn initial_states_lie_where_the_conditions_on_h_hold() {
        let head =
            "system s\ncoordinates x, y\nmomenta px, py\nparameters k = 1/4\nH = (px^2 + py^2)/2 + x^2 + y^2";
        for (conditions, holds) in [
            ("x > 0", (|s: &[f64]| s[0] > 0.0) as fn(&[f64]) -> bool),
            ("x > k", |s| s[0] > 0.25),
            ("x < y", |s| s[0] < s[1]),
            ("px*py > 0, x > 0", |s| s[2] * s[3] > 0.0 && s[0] > 0.0),
            ("sqrt(x) > 1/2", |s| s[0] > 0.25),
            ("x != 0", |s| s[0] != 0.0),
        ] {
            let text = format!("{head} where {conditions}\n");
            let system = System::parse(&text, "s.ham").unwrap_or_else(|e| panic!("{}", e.render()));
            let set = simulate(&system, &SimulationConfig { span: Some(1e-3), points: Some(3), ..small(1) });
            for trajectory in &set.unwrap().trajectories {
                assert!(holds(&trajectory.states[..4]), "{conditions}: {:?}", &trajectory.states[..4]);
            }
        }
        let text = format!("{head} where x > 2\n");
        let system = System::parse(&text, "s.ham").unwrap();
        assert!(matches!(simulate(&system, &small(0)), Err(SimulationError::Setting(_))));
    }

    #[test]
    fn impossible_recipes_and_missing_pieces() {
        let head = "system s\ncoordinates q\nmomenta p\nparameters w\nH = p^2 + q^2\n";
        let text = format!("{head}sample\n q ~ uniform(-1, 1)\n p = 0\n require q > 0\n require H < 0\n");
        let system = System::parse(&text, "s.ham").unwrap();
        assert!(matches!(simulate(&system, &small(0)), Err(SimulationError::System(_))));
        let system = system.with_parameter("w", 1.into()).unwrap();
        let Err(SimulationError::ImpossibleRecipe(at)) = simulate(&system, &small(0)) else { panic!() };
        assert_eq!(at.place.line(), 10);
        assert!(matches!(
            simulate(&built_in("real-oscillator"), &small(0)),
            Err(SimulationError::NoHamiltonian { .. })
        ));
        let collision =
            "system s\ncoordinates q\nmomenta p\nH = p^2/2 - 1/sqrt(q^2)\nsample\n q = 1\n p = 0\n";
        let system = System::parse(collision, "s.ham").unwrap();
        assert!(matches!(simulate(&system, &small(0)), Err(SimulationError::NoSolution { .. })));
    }
}
