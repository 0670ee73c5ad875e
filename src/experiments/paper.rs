//! What the paper prints: the numbers of its tables and the coefficients of its formulas, from `paper.json`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// The paper's numbers.
pub(super) static PAPER: LazyLock<Paper> =
    LazyLock::new(|| serde_json::from_str(include_str!("paper.json")).unwrap_or_default());

#[derive(Deserialize, Default)]
pub(super) struct Paper {
    /// By system.
    pub table1: BTreeMap<String, Row>,
    pub table2: Scan,
    pub table3: Scan,
    pub table4: Scan,
    pub formulas: Vec<Formula>,
}

/// A row of Table 1: the mean figures of its SCNN and of its HNN, in plain units.
#[derive(Clone, Copy, Deserialize)]
pub(super) struct Row {
    pub test_loss: (f64, f64),
    /// Trajectory and energy error, where given.
    pub trajectory: Option<(f64, f64)>,
    pub energy: Option<(f64, f64)>,
}

/// Tables 2 to 4: an error for each pair of weights.
#[derive(Deserialize, Default)]
pub(super) struct Scan {
    /// `[α1][α2]`.
    pub scnn: [[f64; 4]; 4],
    pub hnn: f64,
}

/// A formula of the paper.
#[derive(Deserialize)]
pub(super) struct Formula {
    pub equation: String,
    pub system: String,
    /// The true conserved quantities that are combinations of the terms; the formula is of the Hamiltonian where there
    /// are none.
    #[serde(default)]
    pub laws: Vec<String>,
    /// The terms that we fit with: a line of a grammar, and formulas besides.
    pub library: String,
    #[serde(default)]
    pub besides: Vec<String>,
    /// The terms of the paper's formula, and its rows of coefficients.
    pub terms: Vec<String>,
    pub printed: Vec<Vec<f64>>,
    /// What spans the truth in the paper's terms; for the oscillator its own matrix A (eq. 18) stands in.
    pub truth: Vec<Vec<f64>>,
    #[serde(default)]
    pub note: String,
}

#[cfg(test)]
mod tests {
    use super::Paper;

    #[test]
    fn the_numbers_read() {
        let paper: Paper = serde_json::from_str(include_str!("paper.json")).unwrap();
        assert_eq!((paper.table1.len(), paper.formulas.len()), (6, 8));
        for formula in &paper.formulas {
            let rows = formula.printed.iter().chain(&formula.truth);
            assert!(rows.into_iter().all(|row| row.len() == formula.terms.len()), "{}", formula.equation);
        }
    }
}
