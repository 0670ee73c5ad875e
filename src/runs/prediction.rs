//! Motion predicted from a state.

use crate::dynamics::{HamiltonianField, IntegrationError, Method, VectorField, integrate};
use crate::expr::{Expr, Symbol, Tape, TapeError};
use crate::learn::{LearnedCoordinates, LearnedField};

use super::Motion;
use super::starts::{SlowedField, formula, symbols};

/// Why a motion cannot be predicted.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum PredictionError {
    /// There is nothing to follow.
    #[error("there is no Hamiltonian and no network that could be followed")]
    NothingToFollow,
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
    /// The states at the given times of the motion that is at `start` at the first of them, by Gauss–Legendre collocation:
    /// by H, friction included, or by the network, if there is one, where the motion has no H.
    ///
    /// # Shapes
    /// `start`: `[2·dof]`, coordinates, then what the data has beside them: momenta, or velocities where
    /// [`canonical`](Motion::canonical) says how momenta follow from these. `times`: `[points]`; returned:
    /// `[points, 2·dof]`, like `start`.
    ///
    /// # Errors
    /// Neither H nor a network, times that do not increase, a solution that ends before the last time.
    pub fn predict(
        &self,
        network: Option<&LearnedCoordinates>,
        start: &[f64],
        times: &[f64],
    ) -> Result<Vec<f64>, PredictionError> {
        if times.windows(2).any(|pair| pair[1].partial_cmp(&pair[0]) != Some(std::cmp::Ordering::Greater)) {
            return Err(PredictionError::Times);
        }
        let law = self.law_field()?;
        let learned = network.map(LearnedField);
        let field: &dyn VectorField = match (&law, &learned) {
            (Some(law), _) => law,
            (None, Some(learned)) => learned,
            (None, None) => return Err(PredictionError::NothingToFollow),
        };
        let mut states = integrate(field, &self.with_momenta(start)?, times, Method::GaussLegendre)?;
        if self.canonical.is_some() {
            let velocities = self.velocities_of(field, &states)?;
            let dof = self.coordinates.len();
            let rows = states.chunks_exact_mut(2 * dof).zip(velocities.chunks_exact(dof));
            rows.for_each(|(state, velocities)| state[dof..].copy_from_slice(velocities));
        }
        Ok(states)
    }

    /// The field of H with friction, if there is an H.
    fn law_field(&self) -> Result<Option<SlowedField>, PredictionError> {
        let Some(text) = &self.hamiltonian else { return Ok(None) };
        let h = formula(text).map_err(PredictionError::Formula)?;
        let field = HamiltonianField::new(&h, &symbols(&self.coordinates), &symbols(&self.momenta))?;
        Ok(Some(SlowedField { field, slowing: self.slowing.clone() }))
    }

    /// A state of the data with its canonical momenta.
    fn with_momenta(&self, start: &[f64]) -> Result<Vec<f64>, PredictionError> {
        let mut state = start.to_vec();
        if let Some(canonical) = &self.canonical {
            let coordinates = symbols(&self.coordinates);
            let dof = coordinates.len();
            let inputs: Vec<Symbol> = coordinates.into_iter().chain(symbols(&canonical.velocities)).collect();
            let read = |text: &String| formula(text).map_err(PredictionError::Formula);
            let formulas = canonical.formulas.iter().map(read).collect::<Result<Vec<_>, _>>()?;
            state[dof..].copy_from_slice(&Tape::new(&formulas, &inputs)?.evaluate(start));
        }
        Ok(state)
    }

    /// The velocities in states with canonical momenta, `[points, dof]`: by the formulas of the momenta, so that those of
    /// the first state come back also from a network, whose ∂H/∂p is not exact; else by the field.
    fn velocities_of(&self, field: &dyn VectorField, states: &[f64]) -> Result<Vec<f64>, PredictionError> {
        let (dof, inputs) = (self.coordinates.len(), [&self.coordinates[..], &self.momenta[..]].concat());
        let names = self.canonical.iter().flat_map(|canonical| symbols(&canonical.velocities));
        if let Some(found) = self.velocities()
            && let Some(formulas) = names.map(|name| found.get(&name).cloned()).collect::<Option<Vec<Expr>>>()
        {
            return Ok(Tape::new(&formulas, &symbols(&inputs))?.evaluate(states));
        }
        let mut rates = vec![0.0; states.len()];
        field.evaluate(states, &mut rates);
        Ok(rates.chunks_exact(2 * dof).flat_map(|row| row[..dof].to_vec()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::{self, Config, ModelKind, Samples, TrainingData, Unkept};
    use crate::progress::Job;
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
        let states = motion.predict(None, &[1.0, 0.0], &times).unwrap();
        let w = (1.0f64 - 1.0 / 64.0).sqrt();
        for (t, state) in times.iter().zip(states.chunks_exact(2)) {
            let decay = (-t / 8.0).exp();
            let x = decay * ((w * t).cos() + (w * t).sin() / (8.0 * w));
            let v = -decay * (w * t).sin() / w;
            assert!((state[0] - x).abs() < 1e-9 && (state[1] - v).abs() < 1e-9, "{t}: {state:?} {x} {v}");
        }
        assert_eq!(motion.predict(None, &[1.0, 0.0], &[0.0, 0.0]), Err(PredictionError::Times));
        let nothing = Motion { hamiltonian: None, ..motion };
        assert_eq!(nothing.predict(None, &[1.0, 0.0], &[0.0]), Err(PredictionError::NothingToFollow));
    }

    #[test]
    fn a_network_moves_what_has_no_hamiltonian() {
        // x″ = −4x with p = 2v.
        let states: Vec<f64> = (0..400)
            .flat_map(|k| [2f64, 3.0].map(|root| 2.0 * (f64::from(k) * root.sqrt()).fract() - 1.0))
            .collect();
        let derivatives = states.chunks_exact(2).flat_map(|x| [x[1] / 2.0, -8.0 * x[0]]).collect();
        let train = Samples { states, derivatives, ..Samples::default() };
        let data = TrainingData { dof: 1, angles: Vec::new(), train, test: Samples::default() };
        let model = ModelKind::Hamiltonian;
        let config = Config { model, steps: 600, width: 32, warm_up: 20, ..Config::default() };
        let network = learn::train(&data, &config, &Job::silent(), &mut Unkept).unwrap();
        let motion = Motion {
            coordinates: vec!["x".into()],
            momenta: vec!["p_x".into()],
            hamiltonian: None,
            laws: Vec::new(),
            canonical: Some(Canonical { velocities: vec!["v".into()], formulas: vec!["2*v".into()] }),
            slowing: Vec::new(),
            train: None,
        };
        let times = [0.0, 0.4, 0.8];
        let states = motion.predict(Some(&network), &[0.2, 0.1], &times).unwrap();
        assert_eq!(states[..2], [0.2, 0.1]);
        for (t, state) in times.iter().zip(states.chunks_exact(2)) {
            let (s, c) = (2.0 * t).sin_cos();
            let off = (state[0] - (0.2 * c + 0.05 * s)).abs() + (state[1] - (0.1 * c - 0.4 * s)).abs();
            assert!(off < 0.1, "{t}: {state:?}");
        }
        // An H comes first.
        let with_h = Motion { hamiltonian: Some("p_x^2/4 + 4*x^2".into()), ..motion };
        let states = with_h.predict(Some(&network), &[0.2, 0.1], &times).unwrap();
        assert_eq!(states, with_h.predict(None, &[0.2, 0.1], &times).unwrap());
    }
}
