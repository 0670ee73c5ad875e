//! Networks (candle): coordinates that a system would rather be described in, and its Hamiltonian, learned from
//! states and their time derivatives.
//!
//! [`TrainingData`] → [`Scaling`] → [`train()`] → [`LearnedCoordinates`].
//!
//! What is computed is said in candle-nn: networks are its modules (`perceptron`), their parameters named variables of
//! its `VarMap` (`parameters`), fitted by implementations of its `Optimizer` (`optimiser`, `rotation`), and the losses
//! are equations in tensors (`equations`). Training computes the same loss as one tensor operation with a hand-written
//! derivative (`operation`) on several threads (`crew`), which is many times faster: networks that give value and
//! Jacobian together (`network`), by matrix products of its own (`product`), loss terms (`loss`), put together by
//! models (`model`) that see states as `input` says, a `chunk` of samples at a time. There is one training loop
//! (`train`), which a [`Keeper`] may save; a [`Checkpoint`] takes a run up again to the same bits.
//! [`train_cyclic`] asks for fewer and fewer cyclic coordinates until there are as many; [`readout`] reads what was learned
//! as formulas.

mod checkpoint;
mod chunk;
mod config;
mod copies;
mod crew;
mod cyclic;
mod data;
mod equations;
mod error;
mod gradient;
mod input;
mod keeping;
mod learned;
mod linear;
mod loss;
mod model;
mod network;
mod operation;
mod optimiser;
mod parameters;
mod perceptron;
mod prediction;
mod product;
pub mod readout;
mod rotation;
mod settling;
mod summands;
mod sums;
mod train;

pub use checkpoint::Checkpoint;
pub use config::{Config, Ending};
pub use cyclic::{Asked, Cyclic, POISSON_LIMIT, Trained, Trial, train_cyclic};
pub use data::{Samples, Scaling, TrainingData};
pub use equations::PlainLoss;
pub use error::LearnError;
pub use keeping::Trainings;
pub use learned::{LearnedCoordinates, LearnedField, Momenta};
pub use loss::{Loss, LossTerms, Pairs};
pub use model::ModelKind;
pub use network::Activation;
pub use optimiser::OptimiserKind;
pub use prediction::{Steps, for_prediction, laws_of_the_data, shaped};
pub use train::{Keeper, Signal, Unkept, resume, train};
