//! Runs on disk: the one way to save them, to take them up again, to read formulas from them and to roll them out.
//!
//! ```text
//! Inputs ──begin──▶ RunFolder ──keep (trainings)──▶ finish ──▶ run.json ──load──▶ SavedRun ─┬─ extract (discover)
//!                                                                                           └─ roll_out
//! ```
//!
//! A saved run is a folder. `run.json` says what the run was asked ([`Inputs`]) and what moves by what it found
//! ([`Motion`]), with a number of its format; `data.npz` holds the data as used, `network-N.safetensors` the training
//! with N cyclic coordinates, `record.json` the record for the user, which is never read back.
//!
//! Every file is written beside its place and then moved there, and `run.json` is written last: a run that is killed
//! at any moment is taken up by the same command, or started again, and ends with the same bytes. A [`Store`] keeps
//! the trainings and cells of an experiment in the same manner.

mod error;
mod exact;
mod figures;
mod files;
mod folder;
mod format;
mod inputs;
mod motion;
mod prediction;
mod recorded_data;
mod roll_out;
mod saved;
mod starts;
mod store;
mod summary;

pub use error::RunError;
pub use exact::Exact;
pub use figures::{LossHistory, figures, spectrum};
pub use files::write;
pub use folder::{Outcome, RunFolder};
pub use format::FORMAT;
pub use inputs::{Data, GrammarText, Inputs, Settings, Subject, SystemText};
pub use motion::{Canonical, Motion, NamedFormula, Slowing};
pub use prediction::PredictionError;
pub use roll_out::{RollOutRow, RollOutSettings, SavedRollOut, roll_out_saved};
pub use saved::SavedRun;
pub use starts::in_canonical_momenta;
pub use store::{Curve, Measurements, Store, Trained};
pub use summary::{Summary, mean};
