//! The models that are held against each other.

use crate::learn::{Config, Ending, Loss, ModelKind, Pairs};

use super::tasks::{Problem, Task};

/// A way to predict the motion.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Contender {
    /// ẋ is the output of a network.
    Baseline,
    /// The Hamiltonian network of the paper.
    Hamiltonian,
    /// A deeper one with as many parameters as the symmetry-control network.
    DeepHamiltonian,
    /// The symmetry-control network, in two phases.
    SymmetryControl,
    /// A deeper one with as many parameters as that.
    DeepSymmetryControl,
    /// A symmetry-control network with the paper's loss, to the end.
    PaperLoss,
    /// The Hamiltonian network with known laws imposed.
    Constrained,
    /// The formula that `discover` recovers from the same data.
    Recovered,
}

/// All of them, in the order of the tables.
pub(super) const CONTENDERS: [Contender; 8] = [
    Contender::Baseline,
    Contender::Hamiltonian,
    Contender::DeepHamiltonian,
    Contender::SymmetryControl,
    Contender::DeepSymmetryControl,
    Contender::PaperLoss,
    Contender::Constrained,
    Contender::Recovered,
];

/// The sizes of a training.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Budget {
    pub steps: usize,
    pub width: usize,
}

impl Budget {
    /// That of the committed results, or one for tests.
    pub fn of(quick: bool, steps: Option<usize>) -> Budget {
        let (usual, width) = if quick { (60, 16) } else { (4000, 200) };
        Budget { steps: steps.unwrap_or(usual), width }
    }
}

/// Most passes over the training data: networks of this size learn small measured sets by heart.
pub(super) const PASSES: usize = 1500;
/// Part of the steps that the symmetry terms take part in.
const SYMMETRY_PART: f64 = 0.2;
/// Hidden layers of each of the deep networks.
const DEEP: usize = 4;

impl Contender {
    /// Name in files.
    pub fn key(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::Hamiltonian => "hnn",
            Self::DeepHamiltonian => "hnn-deep",
            Self::SymmetryControl => "scnn",
            Self::DeepSymmetryControl => "scnn-deep",
            Self::PaperLoss => "scnn-paper",
            Self::Constrained => "scnn-constraint",
            Self::Recovered => "recovered",
        }
    }

    /// How it is trained for a task; `None` if it needs no training, or the task has nothing to impose.
    pub fn config(self, problem: &Problem, budget: Budget) -> Option<Config> {
        let Task { cyclic, .. } = *problem.task;
        let samples = problem.data.train.states.len() / (2 * problem.data.dof);
        let batch = Config::default().batch.min(samples).max(1);
        let steps = budget.steps.min((PASSES * samples / batch).max(1));
        let common = Config {
            width: budget.width,
            steps,
            warm_up: (steps / 20).max(1),
            learning_rate: 1e-2,
            ending: Ending::AllSteps,
            average: Some(0.99),
            seed: problem.seed,
            cyclic: 0,
            threads: 1,
            ..Config::default()
        };
        let symmetry = Config {
            model: ModelKind::SymmetryControl,
            cyclic,
            // Half the rate that suits a Hamiltonian network best: a composition of two networks is the more
            // sensitive.
            learning_rate: 5e-3,
            poisson_weight: 1e-3,
            cyclic_weight: 0.1,
            symmetry_part: Some(SYMMETRY_PART),
            ..common.clone()
        };
        Some(match self {
            Self::Baseline => Config { model: ModelKind::Baseline, ..common },
            Self::Hamiltonian => Config { model: ModelKind::Hamiltonian, ..common },
            Self::DeepHamiltonian => {
                deep(Config { model: ModelKind::Hamiltonian, ..common }, &symmetry, problem)
            }
            Self::SymmetryControl => symmetry,
            Self::DeepSymmetryControl => deep(symmetry.clone(), &symmetry, problem),
            Self::PaperLoss => Config {
                loss: Loss::Paper { beta: 1.0, pairs: Pairs::All },
                // Half the width: both networks together are then about as large as the Hamiltonian network.
                width: (budget.width / 2).max(1),
                learning_rate: common.learning_rate,
                poisson_weight: 1e-3,
                cyclic_weight: 1e-3,
                symmetry_part: None,
                ..symmetry
            },
            Self::Constrained if problem.data.imposed() == 0 => return None,
            Self::Constrained => Config { model: ModelKind::Constrained, ..common },
            Self::Recovered => return None,
        })
    }

    /// Name in tables.
    pub fn label(self, config: Option<&Config>) -> String {
        let shape = |c: &Config| format!("{}×{}", c.depth, c.width);
        let shaped = |name: &str| config.map_or(name.to_string(), |c| format!("{name} {}", shape(c)));
        match self {
            Self::Baseline => shaped("baseline"),
            Self::Hamiltonian => shaped("HNN"),
            Self::DeepHamiltonian => format!("{}, as many parameters as the SCNN", shaped("HNN")),
            Self::SymmetryControl | Self::DeepSymmetryControl => {
                format!("**{}, two phases**", shaped("SCNN"))
            }
            Self::PaperLoss => format!("{}, the paper's loss", shaped("SCNN")),
            Self::Constrained => shaped("SCNN-constraint"),
            Self::Recovered => "**the recovered law**".to_string(),
        }
    }
}

/// A deep network with as many parameters as `model` has, or nearly.
fn deep(config: Config, model: &Config, problem: &Problem) -> Config {
    let (dof, angles) = (problem.data.dof, &problem.data.angles);
    let wanted = model.parameters(dof, angles);
    let with = |width| Config { depth: DEEP, width, ..config.clone() };
    let width = (1..=model.width).min_by_key(|&width| with(width).parameters(dof, angles).abs_diff(wanted));
    with(width.unwrap_or(model.width))
}
