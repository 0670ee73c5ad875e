//! The folder of a run that is under way.

use std::path::{Path, PathBuf};

use crate::learn::{Checkpoint, LearnError, Trainings};
use crate::progress::Ended;

use super::format::{Head, Kind};
use super::saved::{DATA, State, Stored, StoredFile, network_file};
use super::{Inputs, Motion, RunError, Settings, files};

/// The file of the record, for the user.
const RECORD: &str = "record.json";

/// The folder of a run that was begun or taken up. It keeps the trainings of the run.
#[derive(Debug)]
pub struct RunFolder {
    folder: PathBuf,
    stored: Stored,
    /// Whether there was something to take up.
    is_taken_up: bool,
}

/// What a run came to.
#[derive(Clone, Debug)]
pub struct Outcome<'a> {
    /// The numbers of cyclic coordinates of the networks trained, in order.
    pub trainings: &'a [usize],
    /// What moves by what was found.
    pub motion: Option<&'a Motion>,
    /// The record as JSON.
    pub record: &'a str,
    /// Why the run ended early, if it did.
    pub ended: Option<Ended>,
}

impl RunFolder {
    /// Begins a run in a folder, or takes up the one that is there.
    ///
    /// # Errors
    /// The folder holds a run with other inputs, of another format, or cannot be written.
    pub fn begin(folder: &Path, inputs: &Inputs) -> Result<RunFolder, RunError> {
        let path = folder.join(DATA);
        let (data, bytes) = inputs.data.stored(&path)?;
        let new = Stored {
            head: Head::of(Kind::Discovery),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            state: State::Begun,
            command: inputs.command.clone(),
            settings: inputs.settings.clone(),
            subject: inputs.subject.clone(),
            data,
            data_file: StoredFile { file: DATA.to_owned(), checksum: files::checksum(&bytes) },
            networks: Vec::new(),
            motion: None,
        };
        let found = Stored::read(folder)?;
        if let Some(difference) = found.as_ref().and_then(|found| difference(found, &new)) {
            return Err(RunError::OtherRun { folder: folder.to_owned(), difference });
        }
        if files::read(&path)?.is_none_or(|own| own != bytes) {
            files::write(&path, &bytes)?;
        }
        let is_taken_up = found.is_some();
        let stored = match found {
            // It is done again to the same bytes: nothing of it has to be taken back before.
            Some(found) if found.state == State::Finished && found.version == new.version => found,
            // The command stays that of the beginning.
            Some(found) => Stored { command: found.command, ..new },
            None => new,
        };
        stored.write(folder)?;
        Ok(RunFolder { folder: folder.to_owned(), stored, is_taken_up })
    }

    /// Whether the run was begun before.
    pub fn is_taken_up(&self) -> bool {
        self.is_taken_up
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// Saves what the run came to. The run has ended only when the last file is in its place.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn finish(self, settings: &Settings, outcome: &Outcome<'_>) -> Result<(), RunError> {
        let network = |&cyclic: &usize| {
            let file = network_file(cyclic);
            let path = self.folder.join(&file);
            match files::read(&path)? {
                Some(bytes) => Ok(StoredFile { file, checksum: files::checksum(&bytes) }),
                None => Err(RunError::Missing { path }),
            }
        };
        let networks = outcome.trainings.iter().map(network).collect::<Result<Vec<_>, _>>()?;
        files::write(&self.folder.join(RECORD), outcome.record.as_bytes())?;
        for file in
            [DATA, RECORD].into_iter().map(str::to_owned).chain((0..=self.most_cyclic()).map(network_file))
        {
            files::remove_unfinished(&self.folder.join(file))?;
        }
        let state = if outcome.ended.is_some() { State::EndedEarly } else { State::Finished };
        let settings = settings.clone();
        Stored { state, settings, networks, motion: outcome.motion.cloned(), ..self.stored }
            .write(&self.folder)
    }

    fn most_cyclic(&self) -> usize {
        self.stored.data.dof()
    }
}

impl Trainings for RunFolder {
    fn kept(&self, cyclic: usize) -> Result<Option<Checkpoint>, LearnError> {
        let file = network_file(cyclic);
        let path = self.folder.join(&file);
        let Some(bytes) = files::read(&path).map_err(|error| unkept(&path, &error))? else { return Ok(None) };
        let saved = self.stored.networks.iter().find(|network| network.file == file);
        if saved.is_some_and(|saved| saved.checksum != files::checksum(&bytes)) {
            let what = "it is damaged (wrong checksum)".to_owned();
            return Err(LearnError::Checkpoint { path, what });
        }
        Checkpoint::from_bytes(&bytes, &path).map(Some)
    }

    fn keep(&self, checkpoint: &Checkpoint) -> Result<(), LearnError> {
        let path = self.folder.join(network_file(checkpoint.config().cyclic));
        files::write(&path, &checkpoint.to_bytes()?).map_err(|error| unkept(&path, &error))
    }
}

/// A file error where a training is kept or taken up.
pub(super) fn unkept(path: &Path, error: &RunError) -> LearnError {
    LearnError::File { path: path.to_owned(), source: std::io::Error::other(error.to_string()) }
}

/// What differs between the run of a folder and one that is to be begun there, in words.
fn difference(found: &Stored, new: &Stored) -> Option<String> {
    let systems = |stored: &Stored| {
        stored.subject.system.as_ref().map(|system| (system.text.clone(), system.set.clone()))
    };
    match () {
        () if found.subject.name != new.subject.name => Some(format!("it is of `{}`", found.subject.name)),
        () if found.subject.source != new.subject.source => Some(match &found.subject.source {
            Some(files) => format!("its data is {files}"),
            None => "its data is simulated".to_owned(),
        }),
        () if systems(found) != systems(new) => {
            Some("its system, or a parameter given by --set, is another".to_owned())
        }
        () => found.settings.difference(&new.settings).map(|what| format!("it has {what}")).or_else(|| {
            let same = found.data == new.data && found.data_file == new.data_file;
            (!same).then(|| "its data has other numbers".to_owned())
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Trajectory, TrajectorySet};
    use crate::expr::Symbol;
    use crate::learn::Cyclic;
    use crate::runs::{Data, Exact, SavedRun, Subject};
    use std::fs;

    fn inputs() -> Inputs {
        let trajectory = Trajectory {
            times: (0..8).map(f64::from).collect(),
            states: (0..16).map(|k| f64::from(k) / 3.0).collect(),
            derivatives: None,
        };
        Inputs {
            command: "liouville discover s".into(),
            settings: Settings {
                seed: 0,
                cyclic: Cyclic::Auto,
                steps: Some(0),
                loss: crate::learn::Loss::Relaxed,
                noise: Exact(0.1),
                grammar: None,
                time_limit: None,
            },
            subject: Subject { name: "s".into(), source: None, system: None },
            data: Data::Simulated(TrajectorySet {
                coordinates: vec![Symbol::new("q")],
                momenta: vec![Symbol::new("p")],
                angles: Vec::new(),
                trajectories: vec![trajectory],
                notes: Vec::new(),
            }),
        }
    }

    fn scratch(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("liouville-folder-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        folder
    }

    fn finish(folder: &Path, ended: Option<Ended>) {
        let run = RunFolder::begin(folder, &inputs()).unwrap();
        let outcome = Outcome { trainings: &[], motion: None, record: "{}", ended };
        run.finish(&inputs().settings, &outcome).unwrap();
    }

    /// The bytes of all files of a folder.
    fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let mut all: Vec<_> = entries
            .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap()))
            .collect();
        all.sort();
        all
    }

    /// Every state in which a writer that is killed can leave the folder is taken up to the same files.
    #[test]
    fn a_run_is_taken_up_from_every_state_of_its_folder() {
        let (whole, cut) = (scratch("whole"), scratch("cut"));
        finish(&whole, None);
        let expected = contents(&whole);
        let names: Vec<&str> = expected.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["data.npz", "record.json", "run.json"]);
        let steps: [&dyn Fn(&Path); 6] = [
            &|_| {},
            &|folder| fs::write(folder.join("data.npz.new"), b"PK").unwrap(),
            &|folder| fs::copy(whole.join("data.npz"), folder.join("data.npz")).map(drop).unwrap(),
            &|folder| fs::write(folder.join("run.json.new"), b"{").unwrap(),
            &|folder| {
                RunFolder::begin(folder, &inputs()).map(drop).unwrap();
                fs::write(folder.join("network-1.safetensors.new"), b"x").unwrap();
            },
            &|folder| {
                RunFolder::begin(folder, &inputs()).map(drop).unwrap();
                fs::write(folder.join("record.json"), b"{}").unwrap();
                fs::write(folder.join("run.json.new"), b"{").unwrap();
            },
        ];
        for step in steps {
            fs::create_dir_all(&cut).unwrap();
            step(&cut);
            assert!(SavedRun::load(&cut).is_err(), "it is not whole");
            finish(&cut, None);
            assert_eq!(contents(&cut), expected);
            fs::remove_dir_all(&cut).unwrap();
        }
        fs::remove_dir_all(whole).unwrap();
    }

    #[test]
    fn what_ended_early_is_read_and_taken_up() {
        let folder = scratch("early");
        finish(&folder, Some(Ended::Seconds));
        assert!(SavedRun::load(&folder).unwrap().ended_early);
        assert!(RunFolder::begin(&folder, &inputs()).unwrap().is_taken_up());
        assert!(matches!(SavedRun::load(&folder), Err(RunError::Unfinished { .. })));
        finish(&folder, None);
        let saved = SavedRun::load(&folder).unwrap();
        assert!(!saved.ended_early && saved.inputs.data == inputs().data);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn another_run_is_not_overwritten() {
        let folder = scratch("other");
        finish(&folder, None);
        let mut other = inputs();
        other.settings.seed = 3;
        let said = RunFolder::begin(&folder, &other).unwrap_err().to_string();
        assert!(said.contains("another --seed"), "{said}");
        let mut limited = inputs();
        limited.settings.time_limit = Some(Exact(3.0));
        assert!(RunFolder::begin(&folder, &limited).is_ok());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn other_formats_and_damage_are_said() {
        let folder = scratch("formats");
        finish(&folder, None);
        let run = fs::read_to_string(folder.join("run.json")).unwrap();
        let with =
            |from: &str, to: &str| fs::write(folder.join("run.json"), run.replacen(from, to, 1)).unwrap();
        with("\"format\": 2,", "\"format\": 3, \"more\": 2,");
        assert!(matches!(SavedRun::load(&folder), Err(RunError::Format { found: 3, .. })));
        with("discovery", "experiments");
        assert!(matches!(SavedRun::load(&folder), Err(RunError::OtherKind { .. })));
        fs::write(folder.join("run.json"), &run[..run.len() / 2]).unwrap();
        assert!(matches!(SavedRun::load(&folder), Err(RunError::Damaged { .. })));
        fs::write(folder.join("run.json"), &run).unwrap();
        let mut data = fs::read(folder.join("data.npz")).unwrap();
        data[90] ^= 1;
        fs::write(folder.join("data.npz"), data).unwrap();
        assert!(matches!(SavedRun::load(&folder), Err(RunError::Damaged { .. })));
        fs::remove_file(folder.join("run.json")).unwrap();
        assert!(matches!(SavedRun::load(&folder), Err(RunError::Format { found: 1, .. })));
        fs::remove_file(folder.join("record.json")).unwrap();
        assert!(matches!(SavedRun::load(&folder), Err(RunError::NoRun { .. })));
        fs::remove_dir_all(&folder).unwrap();
        assert!(matches!(SavedRun::load(&folder), Err(RunError::NoFolder { .. })));
    }
}
