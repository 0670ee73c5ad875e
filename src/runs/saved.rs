//! A saved run as it is read.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::learn::{Checkpoint, LearnedCoordinates};

use super::format::{self, Head, Kind};
use super::recorded_data::DataNames;
use super::{Data, Inputs, Motion, RunError, Settings, Subject, files};

/// The file of the data in the folder of a run.
pub(super) const DATA: &str = "data.npz";

/// The file of the training with so many cyclic coordinates.
pub(super) fn network_file(cyclic: usize) -> String {
    format!("network-{cyclic}.safetensors")
}

/// How far a run is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    /// It was begun.
    Begun,
    /// A limit or the user ended it; what was found is saved.
    EndedEarly,
    /// It is done.
    Finished,
}

/// A file of the folder, with what tells that it is the one of this run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct StoredFile {
    pub(super) file: String,
    pub(super) checksum: String,
}

/// What `run.json` holds.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Stored {
    #[serde(flatten)]
    pub(super) head: Head,
    /// The version of liouville that wrote it.
    pub(super) version: String,
    pub(super) state: State,
    pub(super) command: String,
    pub(super) settings: Settings,
    pub(super) subject: Subject,
    pub(super) data: DataNames,
    pub(super) data_file: StoredFile,
    /// The trainings of a run that ended, in the order in which they were done.
    pub(super) networks: Vec<StoredFile>,
    pub(super) motion: Option<Motion>,
}

impl Stored {
    /// What a folder holds; nothing where it holds no run.
    pub(super) fn read(folder: &Path) -> Result<Option<Stored>, RunError> {
        let bytes = format::read(folder, Kind::Discovery)?;
        bytes.map(|bytes| format::parse(&format::path(folder), &bytes)).transpose()
    }

    pub(super) fn write(&self, folder: &Path) -> Result<(), RunError> {
        let path = format::path(folder);
        files::write(&path, &format::text(&path, self)?)
    }
}

/// A run of `discover` that has ended.
#[derive(Clone, Debug)]
pub struct SavedRun {
    /// What it was asked.
    pub inputs: Inputs,
    /// The networks that it trained, in the order in which it did.
    pub networks: Vec<LearnedCoordinates>,
    /// What moves by what it found; nothing where it found nothing that does.
    pub motion: Option<Motion>,
    /// Whether a limit or the user ended it before its end.
    pub ended_early: bool,
}

impl SavedRun {
    /// Reads a saved run.
    ///
    /// # Errors
    /// A folder without one, or with one that has not ended, is of another format, or is damaged.
    pub fn load(folder: &Path) -> Result<SavedRun, RunError> {
        if !folder.is_dir() {
            return Err(RunError::NoFolder { folder: folder.to_owned() });
        }
        let stored = Stored::read(folder)?.ok_or_else(|| RunError::NoRun { folder: folder.to_owned() })?;
        if stored.state == State::Begun {
            let command = stored.command;
            return Err(RunError::Unfinished { folder: folder.to_owned(), command });
        }
        let data = Data::restored(&folder.join(DATA), &stored.data, &checked(folder, &stored.data_file)?)?;
        let network = |file: &StoredFile| -> Result<LearnedCoordinates, RunError> {
            let checkpoint = Checkpoint::from_bytes(&checked(folder, file)?, &folder.join(&file.file))?;
            Ok(LearnedCoordinates::from_checkpoint(checkpoint)?)
        };
        Ok(SavedRun {
            networks: stored.networks.iter().map(network).collect::<Result<_, _>>()?,
            inputs: Inputs {
                command: stored.command,
                settings: stored.settings,
                subject: stored.subject,
                data,
            },
            motion: stored.motion,
            ended_early: stored.state == State::EndedEarly,
        })
    }
}

/// The bytes of a file, if they are those of the run.
fn checked(folder: &Path, file: &StoredFile) -> Result<Vec<u8>, RunError> {
    let path = folder.join(&file.file);
    let bytes = files::read(&path)?.ok_or_else(|| RunError::Missing { path: path.clone() })?;
    match files::checksum(&bytes) == file.checksum {
        true => Ok(bytes),
        false => {
            let what = "it is not the file that the run saved (wrong checksum)".to_owned();
            Err(RunError::Damaged { path, what })
        }
    }
}
