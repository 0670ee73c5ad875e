//! What the networks learned, as formulas: each learned momentum as a polynomial in the variables.

use crate::expr::Expr;
use crate::learn::{LearnError, LearnedCoordinates};
use crate::recover::first_order::Prepared;
use crate::recover::first_order::describing::{DEGREE, Terms, lowest, states};

/// Errors below this share of the variance are all the same.
const NEGLIGIBLE: f64 = 1e-6;

/// A learned momentum P_i fitted by polynomials, as in the paper's Fig. 5.
#[derive(Clone, Debug)]
pub struct Multinomial {
    /// The polynomial of degree [`degree`](Self::degree), in decimals; P is taken with zero mean and unit variance.
    pub formula: Expr,
    /// The lowest degree that does nearly as well as the best.
    pub degree: u32,
    /// Mean squared error on held-out states for the degrees 1, 2, …, in units of the variance of P.
    pub mse: Vec<f64>,
}

/// The learned momenta on the states that are fitted, and on those held out.
struct Momenta {
    count: usize,
    fitted: Vec<f64>,
    held_out: Vec<f64>,
}

impl Momenta {
    fn new(learned: &LearnedCoordinates, data: &Prepared) -> Result<Momenta, LearnError> {
        let (fitted, held_out) = states(data);
        let (fitted, held_out) = (learned.evaluate(fitted)?, learned.evaluate(held_out)?);
        Ok(Momenta { count: fitted.count, fitted: fitted.values, held_out: held_out.values })
    }

    /// Momentum i on both sets, with zero mean and unit variance on the first.
    fn of(&self, i: usize) -> [Vec<f64>; 2] {
        let column =
            |values: &[f64]| values.iter().skip(i).step_by(self.count).copied().collect::<Vec<f64>>();
        let mut both = [column(&self.fitted), column(&self.held_out)];
        let points = both[0].len().max(1) as f64;
        let mean = both[0].iter().sum::<f64>() / points;
        let spread = (both[0].iter().map(|v| (v - mean).powi(2)).sum::<f64>() / points).sqrt();
        both.iter_mut().flatten().for_each(|v| *v = (*v - mean) / spread.max(f64::MIN_POSITIVE));
        both
    }
}

/// Each learned momentum fitted by polynomials of degrees 1 to 4 in the variables.
pub(super) fn multinomials(
    learned: &LearnedCoordinates,
    data: &Prepared,
) -> Result<Vec<Multinomial>, LearnError> {
    let momenta = Momenta::new(learned, data)?;
    let mut by_degree = Vec::new();
    for degree in 1..=DEGREE {
        let Some(terms) = Terms::up_to(degree, data)? else { break };
        by_degree.push(terms);
    }
    let mut found = Vec::new();
    for i in 0..momenta.count {
        let target = momenta.of(i);
        let mut fits = Vec::new();
        for terms in &by_degree {
            let all: Vec<usize> = (0..terms.count()).collect();
            fits.push(terms.fit(&all, &target)?);
        }
        let mse: Vec<f64> = fits.iter().map(|fit| fit.error).collect();
        let Some(at) = lowest(&mse, NEGLIGIBLE) else { continue };
        let formula = fits[at].formula(&by_degree[at], 0.01);
        found.push(Multinomial { formula, degree: at as u32 + 1, mse });
    }
    Ok(found)
}
