//! What data and networks say about a law, in numbers.

use crate::expr::Expr;
use crate::learn::{LearnError, LearnedCoordinates};
use crate::recover::first_order::Prepared;
use crate::recover::first_order::laws::scaled;
use crate::regression::RegressionError;
use crate::regression::conserved::{Evaluated, Measure, residual};

/// How far a law F is from being conserved, by independent measures on held-out data; each relative to
/// |∇F| in scaled coordinates. Absent where it cannot be had.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Evidence {
    /// Part of ∇F outside the span of the learned momenta's gradients: small when the network uses F.
    pub span_residual: Option<f64>,
    /// ∇F along the learned vector field.
    pub flow_residual: Option<f64>,
    /// ∇F along the data's velocities.
    pub direct: Option<f64>,
    /// rms deviation of F from its mean along each held-out trajectory; of the size of the measurement noise for
    /// a law in noisy data.
    pub trajectory_drift: Option<f64>,
}

impl Evidence {
    /// The evidence for a law, of the data and of a network if there is one.
    ///
    /// # Errors
    /// Other variables in the law than in the data.
    pub fn of(
        law: &Expr,
        data: &Prepared,
        learned: Option<&LearnedCoordinates>,
    ) -> Result<Evidence, LearnError> {
        let samples = if data.held_out.is_empty() { &data.samples } else { &data.held_out };
        let law = std::slice::from_ref(law);
        let evaluated = Evaluated::new(law, &data.inputs, &samples.states, &data.scales)?;
        let finite = |value: f64| value.is_finite().then_some(value);
        let along = |fields: &[f64]| {
            finite(residual(&evaluated, &[1.0], Measure::Flow(&scaled(fields, &data.scales))))
        };
        let mut evidence = Evidence { direct: along(&samples.fields), ..Evidence::default() };
        if let Some(learned) = learned {
            evidence.flow_residual = along(&learned.vector_field(&samples.states)?);
            let momenta = learned.evaluate(&samples.states)?;
            if momenta.count > 0 {
                let gradients: Vec<f64> = momenta
                    .gradients
                    .iter()
                    .enumerate()
                    .map(|(i, g)| g * data.scales[i % data.scales.len()])
                    .collect();
                evidence.span_residual =
                    finite(residual(&evaluated, &[1.0], Measure::Span(&gradients, momenta.count)));
            }
        }
        evidence.trajectory_drift = drift(law, data)?.and_then(finite);
        Ok(evidence)
    }
}

fn drift(law: &[Expr], data: &Prepared) -> Result<Option<f64>, RegressionError> {
    let paths = if data.test_paths.is_empty() { &data.paths } else { &data.test_paths };
    let states: Vec<f64> = paths.iter().flat_map(|p| p.states.iter().copied()).collect();
    let lengths: Vec<usize> = paths.iter().map(|p| p.points()).collect();
    if states.is_empty() {
        return Ok(None);
    }
    let evaluated = Evaluated::new(law, &data.inputs, &states, &data.scales)?;
    Ok(Some(residual(&evaluated, &[1.0], Measure::Trajectory(&lengths))))
}
