//! The trainings and cells of an experiment: what is finished is read again, what is unfinished is taken up where it
//! was, and either way the result has the same bits as that of a run that was never interrupted.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::learn::{self, Checkpoint, Config, LearnError, LearnedCoordinates, Scaling, Signal, TrainingData};
use crate::progress::{Event, Job, Progress, Step};

use super::folder::unkept;
use super::format::{self, Head, Kind};
use super::{Exact, RunError, files};

/// Time between two checkpoints. What is kept does not change the result.
const SECONDS_BETWEEN: f64 = 1.0;

/// The network of a training, finished or not.
const NETWORK: &str = "network.safetensors";
/// What was measured along the way.
const TRAINING: &str = "training.json";
/// What a cell came to.
const CELL: &str = "outcome.json";

/// A trained model.
#[derive(Clone, Debug)]
pub struct Trained {
    /// The model.
    pub learned: LearnedCoordinates,
    /// Time of training, over all its pieces.
    pub seconds: f64,
    /// What was recorded along the way.
    pub curve: Curve,
}

/// Measurements at equal distances of steps: step, then numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    /// The measurements.
    pub points: Vec<(usize, Vec<f64>)>,
}

/// Numbers from the state of a training so far and the mean loss terms of its last batches.
type Measure<'a> = dyn Fn(&LearnedCoordinates, [f64; 3]) -> Result<Vec<f64>, LearnError> + Sync + 'a;

/// What is measured along the way.
pub struct Measurements<'a> {
    /// Steps between two measurements.
    pub every: usize,
    /// From the state so far and the mean loss terms of the batches since the last measurement.
    pub measure: &'a Measure<'a>,
}

/// [`TRAINING`]: time and curve up to the network that is kept, or beyond it.
#[derive(Default, Serialize, Deserialize)]
struct StoredTraining {
    seconds: Exact,
    curve: Vec<(usize, Vec<Exact>)>,
}

impl StoredTraining {
    fn of(seconds: f64, curve: &Curve) -> StoredTraining {
        let point = |(step, values): &(usize, Vec<f64>)| (*step, values.iter().copied().map(Exact).collect());
        StoredTraining { seconds: Exact(seconds), curve: curve.points.iter().map(point).collect() }
    }

    /// The curve up to a step.
    fn curve(&self, last: usize) -> Curve {
        let until = self.curve.iter().take_while(|(step, _)| *step <= last);
        Curve { points: until.map(|(step, values)| (*step, values.iter().map(|x| x.0).collect())).collect() }
    }
}

/// [`CELL`]: what a cell came to with these settings.
#[derive(Serialize, Deserialize)]
struct StoredCell<T> {
    settings: String,
    outcome: T,
}

/// A folder of trainings and cells, each in a folder of its own; without one nothing is kept.
#[derive(Clone, Debug, Default)]
pub struct Store {
    folder: Option<PathBuf>,
}

impl Store {
    /// Opens the store in a folder, which is made if it is missing.
    ///
    /// # Errors
    /// A folder that holds something else, or a store of another format.
    pub fn open(folder: Option<&Path>) -> Result<Store, RunError> {
        if let Some(folder) = folder
            && format::read(folder, Kind::Experiments)?.is_none()
        {
            let path = format::path(folder);
            files::write(&path, &format::text(&path, &Head::of(Kind::Experiments))?)?;
        }
        Ok(Store { folder: folder.map(Path::to_path_buf) })
    }

    fn path(&self, run: &str, file: &str) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.join(run).join(file))
    }

    /// What a cell came to, if it was kept with the same settings.
    ///
    /// # Errors
    /// A file that cannot be read, or is damaged.
    pub fn cell<T: DeserializeOwned>(&self, run: &str, settings: &str) -> Result<Option<T>, RunError> {
        let Some(path) = self.path(run, CELL) else { return Ok(None) };
        let Some(bytes) = files::read(&path)? else { return Ok(None) };
        let cell: StoredCell<T> = format::parse(&path, &bytes)?;
        Ok((cell.settings == settings).then_some(cell.outcome))
    }

    /// Keeps what a cell came to.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep_cell<T: Serialize>(&self, run: &str, settings: &str, outcome: &T) -> Result<(), RunError> {
        let Some(path) = self.path(run, CELL) else { return Ok(()) };
        files::write(&path, &format::text(&path, &StoredCell { settings: settings.to_owned(), outcome })?)
    }

    fn training(&self, run: &str) -> Result<StoredTraining, RunError> {
        let Some(path) = self.path(run, TRAINING) else { return Ok(StoredTraining::default()) };
        let bytes = files::read(&path)?;
        bytes.map_or_else(|| Ok(StoredTraining::default()), |bytes| format::parse(&path, &bytes))
    }

    /// The network that is kept of a run, if it was made with these settings from this data.
    fn network(&self, run: &str, config: &Config, scaling: &Scaling) -> Result<Option<Checkpoint>, RunError> {
        let Some(path) = self.path(run, NETWORK) else { return Ok(None) };
        let Some(bytes) = files::read(&path)? else { return Ok(None) };
        let kept = Checkpoint::from_bytes(&bytes, &path)?;
        Ok(Some(kept).filter(|kept| kept.config() == config && kept.scaling() == scaling))
    }

    /// A trained model: from the store, from where its training was left, or from the start.
    ///
    /// # Errors
    /// Training or files that fail; [`RunError::Interrupted`] when the job was ended.
    pub fn train(
        &self,
        run: &str,
        data: &TrainingData,
        config: &Config,
        measurements: Option<&Measurements<'_>>,
        job: &Job<'_>,
    ) -> Result<Trained, RunError> {
        let begun = self.network(run, config, &Scaling::of(data)?)?;
        let before = match &begun {
            Some(_) => self.training(run)?,
            None => StoredTraining::default(),
        };
        if let Some(done) = begun.as_ref().filter(|kept| kept.is_complete()) {
            let learned = LearnedCoordinates::from_checkpoint(done.clone())?;
            return Ok(Trained { learned, seconds: before.seconds.0, curve: before.curve(config.steps) });
        }
        let mut keeper = Keeper {
            store: self,
            run,
            job,
            measurements,
            curve: before.curve(begun.as_ref().map_or(0, Checkpoint::step)),
            earlier: before.seconds.0,
            seconds: 0.0,
            last_kept: 0.0,
            sums: [0.0; 3],
            measuring: false,
        };
        let named = Named { run, job };
        let named = Job::new(&named, job.token().clone());
        let learned = match &begun {
            Some(checkpoint) => {
                job.note(&format!("{run}: taken up at step {}", checkpoint.step()));
                learn::resume(data, checkpoint, config.threads, &named, &mut keeper)
            }
            None => learn::train(data, config, &named, &mut keeper),
        }?;
        if !learned.checkpoint().is_complete() {
            return Err(RunError::Interrupted);
        }
        keeper.write(learned.checkpoint())?;
        let seconds = keeper.earlier + keeper.seconds;
        Ok(Trained { learned, seconds, curve: keeper.curve })
    }
}

/// Tells the steps of one of several trainings under its name.
struct Named<'a> {
    run: &'a str,
    job: &'a Job<'a>,
}

impl Progress for Named<'_> {
    fn hear(&self, event: Event<'_>) {
        match event {
            Event::Step(step) => self.job.tell(Event::Step(&Step { training: self.run, ..*step })),
            other => self.job.tell(other),
        }
    }
}

/// Keeps checkpoints of a training, and what is measured along the way.
struct Keeper<'a> {
    store: &'a Store,
    run: &'a str,
    job: &'a Job<'a>,
    measurements: Option<&'a Measurements<'a>>,
    curve: Curve,
    /// Seconds of earlier pieces, and of this one.
    earlier: f64,
    seconds: f64,
    last_kept: f64,
    /// Sums of the loss terms since the last measurement.
    sums: [f64; 3],
    measuring: bool,
}

impl Keeper<'_> {
    /// Writes the curve before the network: where only the curve is there, what is beyond the network is left out.
    fn write(&self, checkpoint: &Checkpoint) -> Result<(), RunError> {
        let paths = self.store.path(self.run, TRAINING).zip(self.store.path(self.run, NETWORK));
        let Some((training, network)) = paths else { return Ok(()) };
        let along = StoredTraining::of(self.earlier + self.seconds, &self.curve);
        files::write(&training, &format::text(&training, &along)?)?;
        files::write(&network, &checkpoint.to_bytes()?)
    }
}

impl learn::Keeper for Keeper<'_> {
    fn after(&mut self, step: &Step<'_>, cancelled: bool) -> Signal {
        self.seconds = step.seconds;
        self.sums.iter_mut().zip(step.losses).for_each(|(sum, x)| *sum += x);
        self.measuring = self.measurements.is_some_and(|m| step.step.is_multiple_of(m.every));
        // Between two measurements a checkpoint would lose the sums.
        let may_keep = self.measurements.is_none() || self.measuring;
        if step.step < step.steps && may_keep && cancelled {
            return Signal::Stop;
        }
        let due = self.store.folder.is_some() && may_keep && self.seconds - self.last_kept > SECONDS_BETWEEN;
        if self.measuring || due { Signal::Checkpoint } else { Signal::Continue }
    }

    fn keep(&mut self, checkpoint: &Checkpoint) -> Result<(), LearnError> {
        if let (true, Some(measurements)) = (self.measuring, self.measurements) {
            let means = self.sums.map(|sum| sum / measurements.every as f64);
            let learned = LearnedCoordinates::from_checkpoint(checkpoint.clone())?;
            self.curve.points.push((checkpoint.step(), (measurements.measure)(&learned, means)?));
            self.sums = [0.0; 3];
        }
        let stopping = self.job.is_cancelled();
        if stopping || self.seconds - self.last_kept > SECONDS_BETWEEN {
            self.last_kept = self.seconds;
            let path = self.store.path(self.run, NETWORK).unwrap_or_default();
            self.write(checkpoint).map_err(|error| unkept(&path, &error))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_kept_with_their_settings() {
        let folder = std::env::temp_dir().join(format!("liouville-store-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        let store = Store::open(Some(&folder)).unwrap();
        store.keep_cell("a", "settings", &vec![Exact(f64::INFINITY), Exact(0.1)]).unwrap();
        let store = Store::open(Some(&folder)).unwrap();
        let kept = |run: &str, settings: &str| store.cell::<Vec<Exact>>(run, settings).unwrap();
        assert_eq!(kept("a", "settings"), Some(vec![Exact(f64::INFINITY), Exact(0.1)]));
        assert_eq!((kept("a", "others"), kept("b", "settings")), (None, None));
        std::fs::write(folder.join("a").join(CELL), "{").unwrap();
        assert!(matches!(store.cell::<Vec<Exact>>("a", "settings"), Err(RunError::Damaged { .. })));
        std::fs::remove_file(folder.join("run.json")).unwrap();
        std::fs::write(folder.join("a").join("outcome.txt"), "").unwrap();
        assert!(matches!(Store::open(Some(&folder)), Err(RunError::Format { found: 1, .. })));
        std::fs::remove_dir_all(folder).unwrap();
    }
}
