//! Motion: vector fields, the integration of ẋ = f(x), and what is told from it.
//!
//! ```text
//! System ──recipe──▶ initial conditions ──integrate──▶ TrajectorySet
//!                                            ├──▶ roll-outs and their deviations
//!                                            └──▶ hints whether the motion is regular
//! ```
//!
//! J∇H is formed here ([`symplectic_gradient`], [`conjugate`]) and nowhere else. Every integrator stands here, each
//! for what the others do badly:
//!
//! | integrator | for |
//! | --- | --- |
//! | Gauss–Legendre collocation, order 16 ([`Method::GaussLegendre`]) | simulation, hints: only rounding errors remain |
//! | Runge–Kutta, order 4 ([`Method::RungeKutta4`]) | roll-outs of learned fields, as in the paper, all trajectories in one call |
//! | Gragg's extrapolation ([`ParametricHamiltonian`]) | a formula with sensitivities, to a chosen accuracy |
//! | Dormand–Prince, order 8 ([`DormandPrince`]) | steps on a mesh that is chosen beforehand: the fits of `regression` |
//!
//! Every simulated trajectory draws from a random stream of its own, chosen by seed and index, so that the same seed
//! gives the same bytes on any number of threads.

mod dormand_prince;
mod error;
mod field;
mod integrate;
mod rollout;
mod sensitivities;
mod simulate;
mod stability;

pub use dormand_prince::DormandPrince;
pub use error::SimulationError;
pub use field::{HamiltonianField, VectorField, conjugate, symplectic_gradient};
pub use integrate::{IntegrationError, Method, integrate, runge_kutta_4};
pub use rollout::{Deviation, deviations, roll_out, runge_kutta_steps};
pub use sensitivities::ParametricHamiltonian;
pub use simulate::{SimulationConfig, simulate};
pub use stability::{Motion, StabilityHint, stability_hint};
