//! Networks (candle): coordinates that a system would rather be described in, and its Hamiltonian, learned from
//! states and their time derivatives.
//!
//! [`TrainingData`] → [`Scaling`] → [`train()`] → [`LearnedCoordinates`].
//!
//! A whole loss is one tensor operation with a hand-written derivative (`operation`), made of networks that give
//! value and Jacobian together (`network`) and of loss terms (`loss`); models (`model`) put them together. There is
//! one training loop (`train`), which a [`Keeper`] may save; a [`Checkpoint`] takes a run up again to the same bits.

mod checkpoint;
mod data;
mod error;
mod learned;
mod linear;
mod loss;
mod model;
mod network;
mod operation;
mod optimiser;
mod train;

pub use checkpoint::Checkpoint;
pub use data::{Samples, Scaling, TrainingData};
pub use error::LearnError;
pub use learned::{LearnedCoordinates, LearnedField, Momenta};
pub use loss::{Loss, LossTerms};
pub use model::ModelKind;
pub use network::Activation;
pub use optimiser::OptimiserKind;
pub use train::{Config, Keeper, Signal, Unkept, resume, train};
