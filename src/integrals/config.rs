//! The settings of a search.

use crate::expr::{Expr, Symbol};
use crate::progress::Limits;

/// How far to search.
#[derive(Clone, Debug)]
pub struct SearchConfig {
    /// The largest degree in the momenta.
    pub momentum_degree: u32,
    /// A bound on the weight of the coefficients of highest momentum degree. By default the only bound is
    /// the one that the momentum degree implies.
    pub coefficient_degree: Option<u32>,
    /// When to stop and return what was found. The unit of work is one multiplication modulo a prime during
    /// the elimination of the linear systems.
    pub limits: Limits,
    /// The most unknowns of one linear system. Larger systems are skipped, and the outcome then says so.
    pub max_unknowns: usize,
    /// The number of threads; by default that of the current pool.
    pub threads: Option<usize>,
    /// Whether to search every space up to the momentum degree, even if the verdict is complete.
    pub exhaustive: bool,
    /// The terms to search in, instead of those derived from the Hamiltonian.
    pub library: Option<Vec<Expr>>,
    /// The outcome lists the terms of a space only if it has at most this many.
    pub written_terms: Option<usize>,
    /// Names that no law gets, beside those that occur in H: parameters that have a value.
    pub reserved: Vec<Symbol>,
}

impl SearchConfig {
    /// The same with the momentum degree that this many degrees of freedom allow in reasonable time.
    pub fn bounded(&self, dof: usize) -> SearchConfig {
        let highest = match dof {
            0..=2 => 4,
            3 => 3,
            _ => 2,
        };
        SearchConfig { momentum_degree: self.momentum_degree.min(highest), ..self.clone() }
    }
}

impl Default for SearchConfig {
    fn default() -> SearchConfig {
        SearchConfig {
            momentum_degree: 4,
            coefficient_degree: None,
            limits: Limits { work: 1_000_000_000_000, seconds: 60.0 },
            max_unknowns: 3_000,
            threads: None,
            exhaustive: false,
            library: None,
            written_terms: None,
            reserved: Vec::new(),
        }
    }
}
