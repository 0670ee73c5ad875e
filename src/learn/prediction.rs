//! How networks are trained that are to be the model of a motion.

use super::{Config, Ending, LearnError, Loss, ModelKind};
use crate::expr::Expr;
use crate::recover::first_order::{Prepared, is_separable, laws};

/// A network that is the model is trained for so many times the usual steps, in halves.
const MORE_HALVES: usize = 5;
/// The width of its layers: six of them have as many weights as four of the usual 64.
const WIDTH: usize = 52;

/// How long networks are trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Steps {
    /// As long as is usual.
    Usual,
    /// For a number of steps that the user asked for.
    Asked,
}

/// Settings of a network that is to predict, made of the usual ones: H is a deep network of its own beside the
/// coordinates, the rate falls from the first step, and the weights are averaged. With the paper's loss, where the
/// coordinates enter H, they stay.
pub fn for_prediction(usual: Config, steps: Steps) -> Config {
    if usual.loss != Loss::Relaxed {
        return usual;
    }
    Config {
        steps: if steps == Steps::Asked { usual.steps } else { MORE_HALVES * usual.steps / 2 },
        model: ModelKind::Beside,
        width: WIDTH,
        average: Some(0.99),
        learning_rate: 1e-2,
        ending: Ending::AllSteps,
        ..usual
    }
}

/// These settings, with an H of positions and momenta apart where the data is of such a one.
///
/// # Errors
/// Data that is not finite.
pub fn shaped(config: Config, data: &Prepared) -> Result<Config, LearnError> {
    match config.model {
        ModelKind::Beside if is_separable(data)? => Ok(Config { model: ModelKind::Separable, ..config }),
        _ => Ok(config),
    }
}

/// Laws by numbers alone of data that no Hamiltonian explains, for copies of its samples.
///
/// # Errors
/// Data that is not finite.
pub fn laws_of_the_data(data: &Prepared) -> Result<Vec<Expr>, LearnError> {
    Ok(laws::numerical(data, &[], None)?.into_iter().map(|law| law.formula).collect())
}
