//! Motion predicted from a state.

use crate::dynamics::{HamiltonianField, IntegrationError, Method, VectorField, integrate};
use crate::expr::{Symbol, Tape, TapeError};

use super::Motion;
use super::starts::{SlowedField, formula, symbols};

/// Why a motion cannot be predicted.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum PredictionError {
    /// There is nothing to follow.
    #[error("no Hamiltonian was found that could be followed")]
    NoHamiltonian,
    /// A formula that cannot be read or has no value.
    #[error("the motion cannot be computed: {0}")]
    Formula(String),
    /// Times that do not increase.
    #[error("the times must increase")]
    Times,
    /// The solution ends.
    #[error(transparent)]
    Integration(#[from] IntegrationError),
}

impl From<TapeError> for PredictionError {
    fn from(error: TapeError) -> PredictionError {
        PredictionError::Formula(error.to_string())
    }
}

impl Motion {
    /// The states at the given times of the motion that is at `start` at the first of them, friction included, by
    /// Gauss–Legendre collocation.
    ///
    /// # Shapes
    /// `start`: `[2·dof]`, coordinates, then what the data has beside them: momenta, or velocities where
    /// [`canonical`](Motion::canonical) says how momenta follow from these. `times`: `[points]`; returned:
    /// `[points, 2·dof]`, like `start`.
    ///
    /// # Errors
    /// No Hamiltonian, times that do not increase, a solution that ends before the last time.
    pub fn predict(&self, start: &[f64], times: &[f64]) -> Result<Vec<f64>, PredictionError> {
        if times.windows(2).any(|pair| pair[1].partial_cmp(&pair[0]) != Some(std::cmp::Ordering::Greater)) {
            return Err(PredictionError::Times);
        }
        let text = self.hamiltonian.as_ref().ok_or(PredictionError::NoHamiltonian)?;
        let read = |text: &String| formula(text).map_err(PredictionError::Formula);
        let coordinates = symbols(&self.coordinates);
        let field = HamiltonianField::new(&read(text)?, &coordinates, &symbols(&self.momenta))?;
        let dof = coordinates.len();
        let mut state = start.to_vec();
        if let Some(canonical) = &self.canonical {
            let inputs: Vec<Symbol> = coordinates.into_iter().chain(symbols(&canonical.velocities)).collect();
            let formulas = canonical.formulas.iter().map(read).collect::<Result<Vec<_>, _>>()?;
            state[dof..].copy_from_slice(&Tape::new(&formulas, &inputs)?.evaluate(start));
        }
        let field = SlowedField { field, slowing: self.slowing.clone() };
        let mut states = integrate(&field, &state, times, Method::GaussLegendre)?;
        if self.canonical.is_some() {
            let mut rates = vec![0.0; states.len()];
            field.evaluate(&states, &mut rates);
            let rows = states.chunks_exact_mut(2 * dof).zip(rates.chunks_exact(2 * dof));
            rows.for_each(|(state, rates)| state[dof..].copy_from_slice(&rates[..dof]));
        }
        Ok(states)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runs::{Canonical, Exact, Slowing};

    /// 2 x″ = −2 x − x′/2, in a momentum that a gauge shifts: x = e^(−t/8)·(cos wt + sin wt/(8 w)), w² = 1 − 1/64.
    #[test]
    fn velocities_come_back_from_shifted_momenta_with_friction() {
        let motion = Motion {
            coordinates: vec!["x".into()],
            momenta: vec!["p_x".into()],
            hamiltonian: Some("(p_x - 3*x)^2/(2*2) + x^2".into()),
            laws: Vec::new(),
            canonical: Some(Canonical { velocities: vec!["v".into()], formulas: vec!["2*v + 3*x".into()] }),
            slowing: vec![Slowing { coordinate: 0, factor: Exact(0.5), power: 0 }],
            train: None,
        };
        let times: Vec<f64> = (0..=40).map(|k| 0.25 * f64::from(k)).collect();
        let states = motion.predict(&[1.0, 0.0], &times).unwrap();
        let w = (1.0f64 - 1.0 / 64.0).sqrt();
        for (t, state) in times.iter().zip(states.chunks_exact(2)) {
            let decay = (-t / 8.0).exp();
            let x = decay * ((w * t).cos() + (w * t).sin() / (8.0 * w));
            let v = -decay * (w * t).sin() / w;
            assert!((state[0] - x).abs() < 1e-9 && (state[1] - v).abs() < 1e-9, "{t}: {state:?} {x} {v}");
        }
        assert_eq!(motion.predict(&[1.0, 0.0], &[0.0, 0.0]), Err(PredictionError::Times));
        let nothing = Motion { hamiltonian: None, ..motion };
        assert_eq!(nothing.predict(&[1.0, 0.0], &[0.0]), Err(PredictionError::NoHamiltonian));
    }
}
