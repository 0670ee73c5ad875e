//! What networks learned, read as formulas and held against laws. The rest of the room knows no laws as formulas.
//!
//! ```text
//! Trained ──▶ Network: each learned momentum as a polynomial in the variables, and in the laws
//!                ├─ what they keep beyond the laws ──▶ FurtherLaws
//!                ├─ span, flow, direct, drift of a law ──▶ Evidence
//!                └─ where no formula explains the motion ──▶ Prediction, and laws of the learned motion
//! ```

mod evidence;
mod further;
mod in_laws;
mod law;
mod motion;
mod multinomials;
mod network;

pub use evidence::Evidence;
pub use further::{FurtherLaw, FurtherLaws, Ratio, WhyUnknown, further_laws};
pub use in_laws::{InLaws, momenta_in_laws};
pub use law::{Law, named};
pub use motion::Prediction;
pub use multinomials::Multinomial;
pub use network::Network;
