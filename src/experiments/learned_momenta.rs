//! The momenta of a network as polynomials in the laws. The paper's polynomials in the variables are of momenta that are
//! any function of the laws: in the laws one sees which.

use crate::expr::{Expr, Symbol};
use crate::learn::LearnedCoordinates;
use crate::learn::readout::{InLaws, momenta_in_laws};
use crate::recover::first_order::Observations;

use super::ExperimentError;
use super::tasks::Problem;

/// The digits of coefficients, at most.
const DIGITS: usize = 12;

/// The learned momenta of a network, in order.
#[derive(Default)]
pub(super) struct LearnedMomenta(Vec<InLaws>);

impl LearnedMomenta {
    /// In H and the known laws of the system.
    pub fn of(problem: &Problem, network: &LearnedCoordinates) -> Result<LearnedMomenta, ExperimentError> {
        let named = |(name, formula): &(String, Expr)| (Symbol::new(name), formula.clone());
        let hamiltonian = problem.hamiltonian.iter().map(|h| (Symbol::new("H"), h.clone()));
        let laws: Vec<(Symbol, Expr)> = hamiltonian.chain(problem.laws.iter().map(named)).collect();
        let observed = Observations { trajectories: problem.whole.clone(), train: problem.share };
        Ok(LearnedMomenta(momenta_in_laws(network, &laws, &observed)?))
    }

    /// A line for the texts of an equation.
    pub fn text(&self) -> String {
        let each = self.0.iter().enumerate().map(|(i, read)| {
            format!("`P{} = {}` (R² {:.4})", i + 1, read.formula().to_decimal_text(0, DIGITS), read.r2)
        });
        match self.0.is_empty() {
            true => String::new(),
            false => format!("- learned momenta, seed 0: {}\n", each.collect::<Vec<_>>().join("; ")),
        }
    }
}

/// How well the momenta of all cells (system, seed) are read.
pub(super) fn section(cells: &[(&str, u64, &LearnedMomenta)]) -> String {
    let mut rows = String::new();
    let mut systems: Vec<&str> = cells.iter().map(|(system, ..)| *system).collect();
    systems.dedup();
    for system in systems {
        let own = cells.iter().filter(|(other, ..)| *other == system).flat_map(|(.., momenta)| &momenta.0);
        let r2: Vec<f64> = own.clone().map(|read| read.r2).collect();
        let degrees: Vec<u32> = own.map(|read| read.degree).collect();
        if let (Some(low), Some(high)) = (degrees.iter().min(), degrees.iter().max()) {
            let least = r2.iter().copied().fold(f64::INFINITY, f64::min);
            let mean = r2.iter().sum::<f64>() / r2.len() as f64;
            let degrees = if low == high { format!("{low}") } else { format!("{low} – {high}") };
            rows += &format!("| {system} | {} | {degrees} | {least:.4} | {mean:.4} |\n", r2.len());
        }
    }
    format!(
        "## The networks' momenta in the laws\n\nEach learned momentum of eq. 16, 17, 21 and 25, of every seed, as a \
         polynomial in H and the known laws, of the degree that it asks for; R² of the polynomial as printed on held-out \
         states. Each is in [learned-momenta.csv](learned-momenta.csv), seed 0 stands below.\n\n\
         | system | momenta | degree in the laws | least R² | mean R² |\n| --- | --- | --- | --- | --- |\n{rows}\n"
    )
}

/// All learned momenta.
pub(super) fn csv(cells: &[(&str, u64, &LearnedMomenta)]) -> String {
    let mut csv = String::from("system,seed,momentum,degree,r2,held_out_error,in_laws\n");
    for (system, seed, momenta) in cells {
        for (i, read) in momenta.0.iter().enumerate() {
            let formula = read.formula().to_decimal_text(0, DIGITS);
            let InLaws { degree, r2, error, .. } = read;
            csv += &format!("{system},{seed},P{},{degree},{r2},{error:e},{formula}\n", i + 1);
        }
    }
    csv
}
