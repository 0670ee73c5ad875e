//! Trainings that are kept on disk: what is finished is read again, what is unfinished is taken up where it was, and
//! either way the result has the same bits as that of a run that was never interrupted.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::learn::{self, Checkpoint, Config, LearnError, LearnedCoordinates, Scaling, Signal, TrainingData};

use crate::progress::{Event, Job, Progress, Step};

use super::ExperimentError;

/// Time between two checkpoints.
const SECONDS_BETWEEN: f64 = 15.0;

/// A trained model.
#[derive(Clone, Debug)]
pub(super) struct Trained {
    pub learned: LearnedCoordinates,
    /// Time of training, over all its pieces.
    pub seconds: f64,
    /// What was recorded along the way.
    pub curve: Curve,
}

/// Measurements at equal distances of steps: step, then numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Curve {
    pub points: Vec<(usize, Vec<f64>)>,
}

impl Curve {
    fn to_text(&self) -> String {
        let line = |(step, values): &(usize, Vec<f64>)| {
            let numbers: Vec<String> = values.iter().map(|x| format!("{x:?}")).collect();
            format!("{step} {}\n", numbers.join(" "))
        };
        self.points.iter().map(line).collect()
    }

    fn from_text(text: &str, last: usize) -> Curve {
        let line = |line: &str| {
            let mut words = line.split_whitespace();
            let step: usize = words.next()?.parse().ok()?;
            let values: Vec<f64> = words.map(|w| w.parse().ok()).collect::<Option<_>>()?;
            (step <= last).then_some((step, values))
        };
        Curve { points: text.lines().map_while(line).collect() }
    }
}

/// Numbers from the state of a training so far and the mean loss terms of its last batches.
pub(super) type Measurement<'a> =
    dyn Fn(&LearnedCoordinates, [f64; 3]) -> Result<Vec<f64>, LearnError> + Sync + 'a;

/// What is measured along the way.
pub(super) struct Recording<'a> {
    /// Steps between two measurements.
    pub every: usize,
    /// From the state so far and the mean loss terms of the batches since the last measurement.
    pub measure: &'a Measurement<'a>,
}

/// A folder of trainings; without one nothing is kept.
#[derive(Clone, Debug, Default)]
pub(super) struct Store {
    folder: Option<PathBuf>,
}

impl Store {
    pub fn new(folder: Option<&Path>) -> Store {
        Store { folder: folder.map(Path::to_path_buf) }
    }

    /// A text that was kept with a run.
    pub fn text(&self, run: &str, file: &str) -> Option<String> {
        fs::read_to_string(self.folder.as_ref()?.join(run).join(file)).ok()
    }

    /// Keeps a text with a run: beside its place first, then moved there.
    pub fn keep(&self, run: &str, file: &str, text: &str) -> Result<(), ExperimentError> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let folder = folder.join(run);
        let path = folder.join(file);
        let beside = folder.join(format!("{file}.new"));
        fs::create_dir_all(&folder)
            .and_then(|()| fs::write(&beside, text))
            .and_then(|()| fs::rename(&beside, &path))
            .map_err(|source| ExperimentError::File { path, source })
    }

    fn seconds(&self, run: &str) -> f64 {
        self.text(run, SECONDS).and_then(|text| text.trim().parse().ok()).unwrap_or(0.0)
    }

    /// A trained model: from the store, from where its training was left, or from the start.
    pub fn train(
        &self,
        run: &str,
        data: &TrainingData,
        config: &Config,
        recording: Option<&Recording>,
        job: &Job<'_>,
    ) -> Result<Trained, ExperimentError> {
        let scaling = Scaling::of(data)?;
        let curve = |last: usize| Curve::from_text(&self.text(run, CURVE).unwrap_or_default(), last);
        let folder = self.folder.as_ref().map(|folder| folder.join(run));
        if let Some(learned) = folder.as_deref().and_then(|folder| LearnedCoordinates::load(folder).ok())
            && learned.config() == config
            && *learned.scaling() == scaling
            && learned.steps() == config.steps
        {
            return Ok(Trained { seconds: self.seconds(run), curve: curve(config.steps), learned });
        }
        let path = folder.as_deref().map(|folder| folder.join(CHECKPOINT));
        let begun = path
            .as_deref()
            .and_then(|path| Checkpoint::load(path).ok())
            .filter(|checkpoint| checkpoint.config() == config && *checkpoint.scaling() == scaling);
        let earlier = begun.as_ref().map_or(0.0, |_| self.seconds(run));
        let curve = begun.as_ref().map_or(Curve::default(), |checkpoint| curve(checkpoint.step()));
        let mut keeper = Keeper {
            store: self,
            run,
            path,
            job,
            recording,
            curve,
            earlier,
            seconds: 0.0,
            last_kept: 0.0,
            sums: [0.0; 3],
            measuring: false,
            failure: None,
        };
        let named = Named { run, job };
        let named = Job::new(&named, job.token().clone());
        let learned = match &begun {
            Some(checkpoint) => {
                job.note(&format!("{run}: taken up at step {}", checkpoint.step()));
                learn::resume(data, checkpoint, config.threads, &named, &mut keeper)
            }
            None => learn::train(data, config, &named, &mut keeper),
        };
        if let Some(failure) = keeper.failure {
            return Err(failure);
        }
        let learned = learned?;
        if learned.steps() < config.steps {
            return Err(ExperimentError::Interrupted);
        }
        let seconds = keeper.earlier + keeper.seconds;
        if let Some(folder) = &folder {
            self.keep(run, CURVE, &keeper.curve.to_text())?;
            self.keep(run, SECONDS, &format!("{seconds:?}\n"))?;
            learned.save(folder)?;
            let _ = fs::remove_file(folder.join(CHECKPOINT));
        }
        Ok(Trained { learned, seconds, curve: keeper.curve })
    }
}

const CHECKPOINT: &str = "checkpoint.safetensors";
const CURVE: &str = "curve.txt";
const SECONDS: &str = "seconds.txt";

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

/// Keeps checkpoints of a training, and what is recorded along the way.
struct Keeper<'a> {
    store: &'a Store,
    run: &'a str,
    path: Option<PathBuf>,
    job: &'a Job<'a>,
    recording: Option<&'a Recording<'a>>,
    curve: Curve,
    /// Seconds of earlier pieces, and of this one.
    earlier: f64,
    seconds: f64,
    last_kept: f64,
    /// Sums of the loss terms since the last measurement.
    sums: [f64; 3],
    measuring: bool,
    failure: Option<ExperimentError>,
}

impl learn::Keeper for Keeper<'_> {
    fn after(&mut self, step: &Step<'_>, cancelled: bool) -> Signal {
        self.seconds = step.seconds;
        self.sums.iter_mut().zip(step.losses).for_each(|(sum, x)| *sum += x);
        self.measuring = self.recording.is_some_and(|r| step.step.is_multiple_of(r.every));
        // Between two measurements a checkpoint would lose the sums.
        let may_keep = self.recording.is_none() || self.measuring;
        if step.step < step.steps && may_keep && cancelled {
            return Signal::Stop;
        }
        let due = self.path.is_some() && may_keep && self.seconds - self.last_kept > SECONDS_BETWEEN;
        if self.measuring || due { Signal::Checkpoint } else { Signal::Continue }
    }

    fn keep(&mut self, checkpoint: &Checkpoint) -> Result<(), LearnError> {
        if let (true, Some(recording)) = (self.measuring, self.recording) {
            let means = self.sums.map(|sum| sum / recording.every as f64);
            let learned = LearnedCoordinates::from_checkpoint(checkpoint.clone())?;
            self.curve.points.push((checkpoint.step(), (recording.measure)(&learned, means)?));
            self.sums = [0.0; 3];
        }
        let stopping = self.job.is_cancelled();
        if let Some(path) = &self.path
            && (stopping || self.seconds - self.last_kept > SECONDS_BETWEEN)
        {
            self.last_kept = self.seconds;
            let kept = self.store.keep(self.run, CURVE, &self.curve.to_text()).and_then(|()| {
                self.store.keep(self.run, SECONDS, &format!("{:?}\n", self.earlier + self.seconds))
            });
            if let Err(failure) = kept {
                let source = std::io::Error::other(failure.to_string());
                self.failure = Some(failure);
                return Err(LearnError::File { path: path.clone(), source });
            }
            checkpoint.save(path)?;
        }
        Ok(())
    }
}

/// Does `work` on every item on so many threads; results come in the order of the items. After an error no item is
/// begun.
pub(super) fn each<I: Sync, O: Send>(
    threads: usize,
    items: &[I],
    work: impl Fn(&I) -> Result<O, ExperimentError> + Sync,
) -> Result<Vec<O>, ExperimentError> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Result<O, ExperimentError>)>> = Mutex::new(Vec::new());
    let lock = || done.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, items.len().max(1)) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(at) else { return };
                    let result = work(item);
                    if result.is_err() {
                        next.fetch_max(items.len(), Ordering::Relaxed);
                    }
                    lock().push((at, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}
