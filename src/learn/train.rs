//! The one training loop.

use super::checkpoint::{AVERAGE, Array, Checkpoint, Header, LAWS, LOSSES, RESULT, TRAINING};
use super::chunk::Sums;
use super::config::{Config, Ending};
use super::crew::Crew;
use super::data::{Batches, Prepared, Scaling, TrainingData};
use super::error::LearnError;
use super::learned::LearnedCoordinates;
use super::loss::{CHUNK, LossTerms};
use super::model::{Model, ModelKind};
use super::operation::LossFunction;
use super::optimiser::{Optimiser, Settings};
use super::parameters::Parameters;
use super::settling::Settling;
use crate::progress::{Event, Job, Step};
use candle_core::{DType, Device, Tensor};
use candle_nn::Optimizer;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;
use std::time::Instant;

/// What a [`Keeper`] asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Go on.
    Continue,
    /// Hand over a checkpoint, then go on.
    Checkpoint,
    /// Take so many steps in all from now on, and lower the rate in time for that. No training that waits for its loss to
    /// settle does so: it goes on.
    EndAt(usize),
    /// Hand over a checkpoint and end here; `train` returns what has been learned so far.
    Stop,
}

/// Keeps the state of a training.
pub trait Keeper {
    /// Called after every step, with whether the job is to end.
    fn after(&mut self, _step: &Step<'_>, cancelled: bool) -> Signal {
        if cancelled { Signal::Stop } else { Signal::Continue }
    }

    /// Receives what [`Signal::Checkpoint`] or [`Signal::Stop`] asked for.
    ///
    /// # Errors
    /// Whatever prevents it from keeping the checkpoint ends the training.
    fn keep(&mut self, _checkpoint: &Checkpoint) -> Result<(), LearnError> {
        Ok(())
    }
}

/// Keeps nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unkept;

impl Keeper for Unkept {}

/// Fits networks to `data`.
///
/// # Errors
/// When data or settings are unusable, the loss stops being finite, or the keeper fails.
pub fn train(
    data: &TrainingData,
    config: &Config,
    job: &Job<'_>,
    keeper: &mut dyn Keeper,
) -> Result<LearnedCoordinates, LearnError> {
    let scaling = Scaling::of(data)?;
    config.check(data.dof)?;
    let run = Run::new(data, config.clone(), scaling, model_for(config, data)?)?;
    let parameters = Parameters::initial(&run.model, &mut ChaCha8Rng::seed_from_u64(config.seed))?;
    let state = State {
        step: 0,
        average: config.average.map(|_| vec![0.; run.model.weights()]),
        laws: None,
        settling: Settling::default(),
        optimiser: run.optimiser(&parameters)?,
        parameters,
    };
    run.finish(state, job, keeper)
}

/// The model of a run, with batches as wide as the data asks for.
pub(crate) fn model_for(config: &Config, data: &TrainingData) -> Result<Model, LearnError> {
    if config.model == ModelKind::Constrained && data.imposed() == 0 {
        return Err(LearnError::Shape { what: "no imposed functions for a constrained model".into() });
    }
    Ok(config.model(data.dof, &data.angles).imposing(data.imposed()))
}

/// Takes up a run where `checkpoint` was made: the result has the same bits as if it had never stopped.
///
/// `data` must be the same as before; the checkpoint remembers its scaling, and a mismatch is an error.
///
/// # Errors
/// As [`train`], and when the checkpoint does not fit the data.
pub fn resume(
    data: &TrainingData,
    checkpoint: &Checkpoint,
    threads: usize,
    job: &Job<'_>,
    keeper: &mut dyn Keeper,
) -> Result<LearnedCoordinates, LearnError> {
    let scaling = Scaling::of(data)?;
    let header = &checkpoint.header;
    let unfit = |what: &str| LearnError::Checkpoint { path: checkpoint.path.clone(), what: what.into() };
    if header.dof != data.dof || header.angles != data.angles || header.scaling != scaling {
        return Err(unfit("it was made from other data"));
    }
    let config = Config { threads, ..header.config.clone() };
    config.check(data.dof)?;
    let run = Run::new(data, config.clone(), scaling, model_for(&config, data)?)?;
    let model = &run.model;
    let averaging = config.average.is_some();
    let weights = checkpoint.weights(if averaging { TRAINING } else { RESULT }, model)?;
    let parameters = Parameters::zero(model, DType::F32)?;
    parameters.set(&Tensor::new(weights, &Device::Cpu)?)?;
    let mut optimiser = run.optimiser(&parameters)?;
    let named = model.parameters();
    optimiser.restore(header.step, |at, what, length| {
        checkpoint.array(&optimiser_name(&named[at].name, what), length)
    })?;
    let state = State {
        step: header.step,
        parameters,
        average: averaging.then(|| checkpoint.weights(AVERAGE, model)).transpose()?,
        laws: checkpoint.has(LAWS).then(|| checkpoint.weights(LAWS, model)).transpose()?,
        settling: Settling { losses: checkpoint.any(LOSSES).unwrap_or_default(), at: header.settled },
        optimiser,
    };
    run.finish(state, job, keeper)
}

/// The name of an array of the optimiser's state in a checkpoint.
fn optimiser_name(parameter: &str, what: &str) -> String {
    format!("optimiser.{parameter}.{what}")
}

/// What a run carries from step to step.
struct State {
    step: usize,
    parameters: Parameters,
    /// Running mean of the weights, not corrected for its beginning.
    average: Option<Vec<f32>>,
    /// Weights at the switch.
    laws: Option<Vec<f32>>,
    settling: Settling,
    optimiser: Optimiser,
}

/// What stays the same during a run.
struct Run<'a> {
    data: &'a TrainingData,
    config: Config,
    scaling: Scaling,
    model: Arc<Model>,
    prepared: Prepared,
    crew: Crew,
}

impl<'a> Run<'a> {
    fn new(
        data: &'a TrainingData,
        config: Config,
        scaling: Scaling,
        model: Model,
    ) -> Result<Self, LearnError> {
        let prepared = Prepared::new(&data.train, &scaling, &model.input, model.imposed());
        let crew = Crew::new(config.threads)?;
        Ok(Self { data, config, scaling, model: Arc::new(model), prepared, crew })
    }

    fn optimiser(&self, parameters: &Parameters) -> Result<Optimiser, LearnError> {
        let Config { optimiser: kind, clip, .. } = self.config;
        let settings = Settings { kind, clip, crew: self.crew.clone() };
        Ok(Optimiser::new(parameters.variables().to_vec(), settings)?)
    }

    /// Weights as they are to be used: the mean, if one is kept.
    fn current(&self, state: &State) -> Result<Vec<f32>, LearnError> {
        match (&state.average, self.config.average) {
            (Some(average), Some(decay)) if state.step > 0 => {
                let correction = 1. / (1. - decay.powi(state.step.min(1_000_000) as i32));
                Ok(average.iter().map(|&a| (f64::from(a) * correction) as f32).collect())
            }
            _ => Ok(state.parameters.values()?),
        }
    }

    fn finish(
        mut self,
        mut state: State,
        job: &Job<'_>,
        keeper: &mut dyn Keeper,
    ) -> Result<LearnedCoordinates, LearnError> {
        let begun = Instant::now();
        let function = LossFunction::<f32>::new(self.model.clone(), self.crew.clone());
        let mut batches = Batches::new(self.prepared.len(), self.config.batch, self.config.seed);
        while state.step < self.config.end(state.settling.at) {
            let chosen = batches.at(state.step);
            let (losses, rate) = self.step(&mut state, &function, chosen)?;
            let seconds = begun.elapsed().as_secs_f64();
            let LossTerms { hamiltonian, poisson, cyclic } = losses;
            let step = Step {
                training: "",
                step: state.step,
                steps: self.config.end(state.settling.at),
                losses: [hamiltonian, poisson, cyclic],
                rate,
                seconds,
            };
            job.tell(Event::Step(&step));
            match keeper.after(&step, job.is_cancelled()) {
                Signal::Continue => {}
                Signal::EndAt(steps) if self.config.ending == Ending::AllSteps => self.config.steps = steps,
                Signal::EndAt(_) => {}
                Signal::Checkpoint => keeper.keep(&self.checkpoint(&state)?)?,
                Signal::Stop => {
                    keeper.keep(&self.checkpoint(&state)?)?;
                    break;
                }
            }
        }
        let mut checkpoint = self.checkpoint(&state)?;
        let weights = self.current(&state)?;
        let laws = state.laws.as_deref().unwrap_or(&weights);
        checkpoint.header.train_losses = self.measure(&weights, &self.prepared);
        checkpoint.header.law_losses = self.measure(laws, &self.prepared);
        let test = Prepared::new(&self.data.test, &self.scaling, &self.model.input, self.model.imposed());
        checkpoint.header.test_losses = self.measure(&weights, &test);
        LearnedCoordinates::from_checkpoint(checkpoint)
    }

    fn step(
        &self,
        state: &mut State,
        function: &LossFunction<f32>,
        chosen: &[usize],
    ) -> Result<(LossTerms, f64), LearnError> {
        let config = &self.config;
        let symmetry = if state.step < config.switch() { 1. } else { 0. };
        let coefficients =
            [1., symmetry * config.poisson_weight, symmetry * config.cyclic_weight].map(|x| x as f32);
        let batch = Tensor::from_vec(
            self.prepared.gather(chosen),
            (self.model.columns(), chosen.len()),
            &Device::Cpu,
        )?;
        let weights = state.parameters.packed::<f32>()?;
        let terms = function.terms(&weights, &batch)?;
        let mut gradients = (&terms * Tensor::new(&coefficients, &Device::Cpu)?)?.sum_all()?.backward()?;
        if let Some(gradient) = function.gradient() {
            state.parameters.hand_out(&gradient, &mut gradients)?;
        }
        let losses = match terms.to_vec1::<f32>()?.as_slice() {
            &[hamiltonian, poisson, cyclic] => [hamiltonian, poisson, cyclic].map(f64::from),
            _ => [f64::NAN; 3],
        };
        if !losses.iter().all(|x| x.is_finite()) {
            return Err(LearnError::Diverged { step: state.step });
        }
        let rate = config.rate(state.step, state.settling.at);
        state.optimiser.set_learning_rate(rate);
        state.optimiser.step(&gradients)?;
        state.step += 1;
        if let (Some(average), Some(decay)) = (&mut state.average, config.average) {
            let (keep, take) = (decay as f32, (1. - decay) as f32);
            let weights = state.parameters.values::<f32>()?;
            average.iter_mut().zip(&weights).for_each(|(a, &w)| *a = keep * *a + take * w);
        }
        if state.step == config.switch() && config.symmetry_part.is_some() {
            state.laws = Some(self.current(state)?);
        }
        if config.ending == Ending::Settled {
            let loss: f64 = losses.iter().zip(coefficients).map(|(term, c)| term * f64::from(c)).sum();
            state.settling.hear(loss, state.step, config.latest_fall());
        }
        let [hamiltonian, poisson, cyclic] = losses;
        Ok((LossTerms { hamiltonian, poisson, cyclic }, rate))
    }

    /// Loss terms over a whole set; none when it is empty.
    fn measure(&self, weights: &[f32], set: &Prepared) -> Option<LossTerms> {
        let mut total = Sums::default();
        let mut scratch = self.model.scratch();
        let indices: Vec<usize> = (0..set.len()).collect();
        for chosen in indices.chunks(CHUNK) {
            let mut chunk = self.model.chunk(chosen.len());
            chunk.fill(&set.gather(chosen), chosen.len(), 0);
            self.model.forward(weights, &mut chunk, &mut scratch);
            total.add(&chunk.sums);
        }
        let [hamiltonian, poisson, cyclic] = total.terms();
        (!indices.is_empty()).then_some(LossTerms { hamiltonian, poisson, cyclic })
    }

    fn checkpoint(&self, state: &State) -> Result<Checkpoint, LearnError> {
        let TrainingData { dof, angles, .. } = self.data;
        let header = Header::new(self.config.clone(), *dof, angles.clone(), self.scaling.clone(), state.step);
        let header = Header { settled: state.settling.at, ..header };
        let weights = |prefix, weights: &[f32]| Array::of_weights(prefix, &self.model, weights);
        let mut arrays = weights(RESULT, &self.current(state)?);
        if let Some(average) = &state.average {
            arrays.extend(weights(AVERAGE, average));
            arrays.extend(weights(TRAINING, &state.parameters.values::<f32>()?));
        }
        if let Some(laws) = &state.laws {
            arrays.extend(weights(LAWS, laws));
        }
        if !state.settling.losses.is_empty() {
            let losses = state.settling.losses.clone();
            arrays.push(Array { name: LOSSES.into(), shape: vec![losses.len()], values: losses });
        }
        for (parameter, state) in self.model.parameters().iter().zip(state.optimiser.state()) {
            arrays.extend(state.into_iter().map(|(what, shape, values)| Array {
                name: optimiser_name(&parameter.name, what),
                shape,
                values: values.to_vec(),
            }));
        }
        Ok(Checkpoint { header, arrays, path: "this run".into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::OptimiserKind;
    use crate::learn::data::Samples;
    use rand::RngExt;

    /// Random states of a charged particle in a magnetic field and a trap, H = (px + qy)² + (py − qx)² + q².
    fn charged_particle(samples: usize, seed: u64) -> Samples {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut set = Samples::default();
        for _ in 0..samples {
            let x: [f64; 4] = std::array::from_fn(|_| random.random_range(-1. ..1.));
            let length = random.random_range(0.1..1.) / x.iter().map(|x| x * x).sum::<f64>().sqrt();
            let [qx, qy, px, py] = x.map(|x| x * length);
            set.states.extend([qx, qy, px, py]);
            let (u, v) = (px + qy, py - qx);
            set.derivatives.extend([2. * u, 2. * v, 2. * v - 2. * qx, -2. * u - 2. * qy]);
            // Of the angular momentum.
            set.imposed.extend([py, -px, -qy, qx]);
        }
        set
    }

    fn data() -> TrainingData {
        TrainingData {
            dof: 2,
            angles: vec![],
            train: charged_particle(2000, 1),
            test: charged_particle(500, 2),
        }
    }

    fn short() -> Config {
        Config { cyclic: 2, width: 24, steps: 300, batch: 200, warm_up: 20, ..Config::default() }
    }

    #[test]
    fn a_short_run_learns_the_field_and_two_conserved_momenta() {
        let config = Config { width: 64, steps: 1000, warm_up: 50, poisson_weight: 0.1, ..short() };
        let learned = train(&data(), &config, &Job::silent(), &mut Unkept).unwrap();
        let losses = learned.test_losses().unwrap();
        assert!(losses.hamiltonian < 1e-3 && losses.poisson < 0.1 && losses.cyclic < 1e-2, "{losses:?}");
        let states = charged_particle(300, 3);
        let momenta = learned.evaluate(&states.states).unwrap();
        let field = learned.vector_field(&states.states).unwrap();
        let gradient = learned.hamiltonian_gradient(&states.states).unwrap().unwrap();
        let (mut error, mut size, mut drift, mut rate) = (0., 0., 0., 0.);
        for (s, flow) in states.derivatives.chunks_exact(4).enumerate() {
            for k in 0..4 {
                error += (field[4 * s + k] - flow[k]).powi(2);
                size += flow[k].powi(2);
                assert_eq!(
                    field[4 * s + k],
                    if k < 2 { gradient[4 * s + k + 2] } else { -gradient[4 * s + k - 2] }
                );
            }
            for g in momenta.gradients[8 * s..][..8].chunks_exact(4) {
                drift += g.iter().zip(flow).map(|(g, v)| g * v).sum::<f64>().powi(2);
                rate += g.iter().map(|g| g * g).sum::<f64>() * flow.iter().map(|v| v * v).sum::<f64>();
            }
        }
        assert!(error < 1e-3 * size && drift < 1e-2 * rate, "{error} {size} {drift} {rate}");
    }

    /// Where velocities are noisy, an imposed law makes the field conserve it better.
    #[test]
    fn an_imposed_law_is_conserved_better() {
        let mut data = TrainingData { train: charged_particle(1000, 1), ..data() };
        let mut random = ChaCha8Rng::seed_from_u64(4);
        data.train.derivatives.iter_mut().for_each(|v| *v += random.random_range(-0.5..0.5));
        let drift = |model: ModelKind| {
            let config = Config { model, cyclic_weight: 10., steps: 400, ..short() };
            let learned = train(&data, &config, &Job::silent(), &mut Unkept).unwrap();
            let set = charged_particle(300, 3);
            let field = learned.vector_field(&set.states).unwrap();
            let rate = |(g, v): (&[f64], &[f64])| g.iter().zip(v).map(|(g, v)| g * v).sum::<f64>().powi(2);
            set.imposed.chunks_exact(4).zip(field.chunks_exact(4)).map(rate).sum::<f64>()
        };
        let (free, bound) = (drift(ModelKind::Hamiltonian), drift(ModelKind::Constrained));
        assert!(bound < 0.9 * free, "{bound} {free}");
        let without = TrainingData { train: Samples { imposed: vec![], ..data.train.clone() }, ..data };
        let config = Config { model: ModelKind::Constrained, ..short() };
        assert!(matches!(
            train(&without, &config, &Job::silent(), &mut Unkept),
            Err(LearnError::Shape { .. })
        ));
    }

    #[test]
    fn gradients_of_the_result_are_in_the_units_of_the_data() {
        let config = Config { steps: 5, ..short() };
        let mut data = data();
        for set in [&mut data.train.states, &mut data.train.derivatives] {
            set.chunks_exact_mut(4)
                .for_each(|x| x.iter_mut().zip([30., 30., 7., 7.]).for_each(|(x, f)| *x *= f));
        }
        let learned = train(&data, &config, &Job::silent(), &mut Unkept).unwrap();
        let state = [10., -4., 2., 3.];
        let momenta = learned.evaluate(&state).unwrap();
        let gradient = learned.hamiltonian_gradient(&state).unwrap().unwrap();
        for k in 0..4 {
            let at = |h: f64| {
                let mut x = state;
                x[k] += h;
                (learned.evaluate(&x).unwrap().values, learned.hamiltonian(&x).unwrap().unwrap()[0])
            };
            let ((up, h_up), (down, h_down)) = (at(1e-4), at(-1e-4));
            for i in 0..2 {
                assert!((momenta.gradients[4 * i + k] - (up[i] - down[i]) / 2e-4).abs() < 1e-7);
            }
            assert!((gradient[k] - (h_up - h_down) / 2e-4).abs() < 1e-5 * gradient[k].abs().max(1.));
        }
    }

    fn bytes(config: &Config) -> Vec<u8> {
        let mut learned = train(&data(), config, &Job::silent(), &mut Unkept).unwrap().checkpoint().clone();
        learned.header.config.threads = 1;
        learned.to_bytes().unwrap()
    }

    #[test]
    fn runs_repeat_to_the_bit_with_one_thread_and_two() {
        for optimiser in [OptimiserKind::Adam, OptimiserKind::Soap] {
            let config = Config { optimiser, steps: 60, ..short() };
            let once = bytes(&config);
            assert_eq!(once, bytes(&config));
            assert_eq!(once, bytes(&Config { threads: 2, ..config.clone() }));
            assert_ne!(once, bytes(&Config { seed: 1, ..config }));
        }
    }

    /// Stops after a number of steps and keeps the checkpoint.
    struct Interrupt {
        after: usize,
        kept: Option<Checkpoint>,
    }

    impl Keeper for Interrupt {
        fn after(&mut self, step: &Step<'_>, _: bool) -> Signal {
            if step.step == self.after { Signal::Stop } else { Signal::Continue }
        }

        fn keep(&mut self, checkpoint: &Checkpoint) -> Result<(), LearnError> {
            self.kept = Some(checkpoint.clone());
            Ok(())
        }
    }

    #[test]
    fn an_interrupted_run_ends_with_the_same_bytes() {
        let path = std::path::Path::new("a training");
        let back =
            |checkpoint: &Checkpoint| Checkpoint::from_bytes(&checkpoint.to_bytes().unwrap(), path).unwrap();
        let phases = Config {
            steps: 80,
            ending: Ending::AllSteps,
            symmetry_part: Some(0.5),
            average: Some(0.9),
            ..short()
        };
        for config in [
            Config { model: ModelKind::Baseline, ..phases.clone() },
            Config { model: ModelKind::Hamiltonian, depth: 3, ..phases.clone() },
            Config { model: ModelKind::SymmetryControl, ..phases.clone() },
            Config { model: ModelKind::Beside, depth: 1, ..phases.clone() },
            Config { model: ModelKind::Separable, ..phases.clone() },
            Config { model: ModelKind::Constrained, ..phases },
            Config { steps: 80, ..short() },
        ] {
            let whole = train(&data(), &config, &Job::silent(), &mut Unkept).unwrap();
            for after in [13, 55] {
                let mut interrupt = Interrupt { after, kept: None };
                train(&data(), &config, &Job::silent(), &mut interrupt).unwrap();
                let checkpoint = back(&interrupt.kept.unwrap());
                assert!(checkpoint.step() == after && !checkpoint.is_complete());
                let resumed = resume(&data(), &checkpoint, 1, &Job::silent(), &mut Unkept).unwrap();
                assert_eq!(resumed.checkpoint().to_bytes().unwrap(), whole.checkpoint().to_bytes().unwrap());
            }
            assert!(whole.checkpoint().is_complete());
            let loaded = LearnedCoordinates::from_checkpoint(back(whole.checkpoint())).unwrap();
            let states = charged_particle(200, 9).states;
            assert_eq!(loaded.evaluate(&states).unwrap(), whole.evaluate(&states).unwrap());
            assert_eq!(loaded.vector_field(&states).unwrap(), whole.vector_field(&states).unwrap());
            assert_eq!(loaded.test_losses(), whole.test_losses());
        }
    }

    /// Has a training end earlier.
    struct Shorten;

    impl Keeper for Shorten {
        fn after(&mut self, step: &Step<'_>, _: bool) -> Signal {
            if step.step == 20 { Signal::EndAt(50) } else { Signal::Continue }
        }
    }

    #[test]
    fn a_shortened_run_ends_with_its_lowest_rate() {
        let config = Config { steps: 500, ending: Ending::AllSteps, warm_up: 5, ..short() };
        let learned = train(&data(), &config, &Job::silent(), &mut Shorten).unwrap();
        assert!(learned.checkpoint().is_complete() && learned.steps() == 50);
        assert!(learned.config().rate(49, None) < 0.01 * config.learning_rate);
        let waiting = Config { steps: 60, ..short() };
        let learned = train(&data(), &waiting, &Job::silent(), &mut Shorten).unwrap();
        assert_eq!(learned.steps(), 60);
    }

    #[test]
    fn a_file_names_its_arrays() {
        let config = Config { cyclic: 1, steps: 2, ..short() };
        let learned = train(&data(), &config, &Job::silent(), &mut Unkept).unwrap();
        let bytes = learned.checkpoint().to_bytes().unwrap();
        let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        let of = |kept: fn(&str) -> bool| {
            let arrays = file.iter().filter(|(name, _)| kept(name));
            let mut arrays: Vec<_> =
                arrays.map(|(name, view)| format!("{name} {:?}", view.shape())).collect();
            arrays.sort();
            arrays.join("\n")
        };
        insta::assert_snapshot!(of(|name| !name.starts_with("optimiser.")), @r"
        coordinates.hidden1.bias [24]
        coordinates.hidden1.weight [24, 4]
        coordinates.hidden2.bias [24]
        coordinates.hidden2.weight [24, 24]
        coordinates.output.bias [3]
        coordinates.output.weight [3, 24]
        hamiltonian.hidden1.bias [24]
        hamiltonian.hidden1.weight [24, 3]
        hamiltonian.hidden2.bias [24]
        hamiltonian.hidden2.weight [24, 24]
        hamiltonian.output.bias [1]
        hamiltonian.output.weight [1, 24]
        ");
        insta::assert_snapshot!(of(|name| name.starts_with("optimiser.hamiltonian.hidden1")), @r"
        optimiser.hamiltonian.hidden1.bias.m [24]
        optimiser.hamiltonian.hidden1.bias.v [24]
        optimiser.hamiltonian.hidden1.weight.left [24, 24]
        optimiser.hamiltonian.hidden1.weight.left_basis [24, 24]
        optimiser.hamiltonian.hidden1.weight.m [24, 3]
        optimiser.hamiltonian.hidden1.weight.right [3, 3]
        optimiser.hamiltonian.hidden1.weight.right_basis [3, 3]
        optimiser.hamiltonian.hidden1.weight.v [24, 3]
        ");
    }

    #[test]
    fn settings_out_of_range_are_named() {
        let wrong = Config { cyclic: 3, ..short() };
        assert!(matches!(
            train(&data(), &wrong, &Job::silent(), &mut Unkept),
            Err(LearnError::Setting { name: "cyclic", .. })
        ));
        let wrong = Config { learning_rate: f64::NAN, ..short() };
        assert!(train(&data(), &wrong, &Job::silent(), &mut Unkept).is_err());
        let damaged = Checkpoint::from_bytes(b"no tensors", std::path::Path::new("a file"));
        assert!(matches!(damaged, Err(LearnError::Checkpoint { .. })));
    }
}
