//! A candidate for the law of motion: m_i q̈_i = Σ_k c_k f_ik(q, v).

use crate::terms::joint::Term;

/// A form with its constants.
#[derive(Clone, Debug)]
pub struct Model {
    /// The terms f_k. A term with a nonlinear parameter carries its present value.
    pub terms: Vec<Term>,
    /// Nonlinear parameters that are a multiple of another term's: `ties[k] = Some((l, ratio))` means
    /// κ_k = ratio·κ_l. One entry for each term.
    pub ties: Vec<Option<(usize, f64)>>,
    /// The coefficients c_k.
    pub coefficients: Vec<f64>,
    /// μ_i = 1/m_i, one for each coordinate; those of the first group are 1.
    pub inverse_masses: Vec<f64>,
    /// Coordinates that share a mass; the first group's mass is 1.
    pub groups: Vec<Vec<usize>>,
    /// χ² of the whitened weak equations.
    pub chi: f64,
    /// χ²/s² plus the description length, in nats.
    pub score: f64,
}

impl Model {
    /// The number of masses that were learned.
    pub fn masses(&self) -> usize {
        self.groups.len() - 1
    }

    /// The number of its constants: coefficients, nonlinear parameters of its own, masses.
    pub fn complexity(&self) -> usize {
        self.terms.len() + self.free_terms().len() + self.masses()
    }

    /// The terms that have a nonlinear parameter of their own (free, not tied), in order.
    pub fn free_terms(&self) -> Vec<usize> {
        let own = |&k: &usize| self.terms[k].is_free() && self.ties[k].is_none();
        (0..self.terms.len()).filter(own).collect()
    }

    /// All constants θ: coefficients, then nonlinear parameters of [`free_terms`](Self::free_terms), then ln μ of
    /// each group but the first.
    pub fn constants(&self) -> Vec<f64> {
        let mut all = self.coefficients.clone();
        all.extend(self.free_terms().iter().filter_map(|&k| self.terms[k].parameter()));
        all.extend(self.groups[1..].iter().map(|group| self.inverse_masses[group[0]].ln()));
        all
    }

    /// The model with other constants, in the order of [`constants`](Self::constants).
    pub fn with_constants(&self, theta: &[f64]) -> Model {
        let mut out = self.clone();
        let (count, free) = (self.terms.len(), self.free_terms());
        out.coefficients.copy_from_slice(&theta[..count]);
        for (&k, &value) in free.iter().zip(&theta[count..]) {
            out.terms[k] = self.terms[k].with_parameter(value);
        }
        for (k, tie) in self.ties.iter().enumerate() {
            if let Some((master, ratio)) = tie
                && let Some(value) = out.terms[*master].parameter()
            {
                out.terms[k] = self.terms[k].with_parameter(ratio * value);
            }
        }
        for (group, value) in self.groups[1..].iter().zip(&theta[count + free.len()..]) {
            group.iter().for_each(|&i| out.inverse_masses[i] = value.exp());
        }
        out
    }
}
