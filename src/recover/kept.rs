//! Laws that the runs keep, with their names.

use std::collections::BTreeMap;

use super::{Invariant, Invariants, Law};
use crate::expr::{Expr, Symbol};
use crate::integrals::name_laws;
use crate::mechanics::{ConservedQuantity, MechanicsError, PhaseSpace};
use crate::simplify::canonical_law;

/// A law that the runs keep.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Its name and formula; supported by the data.
    pub quantity: ConservedQuantity,
    /// Its standard deviation along runs, over that of the runs from each other.
    pub drift: f64,
}

impl Invariants {
    /// The laws as they are printed, with names.
    ///
    /// # Errors
    /// Names of coordinates and velocities that collide.
    pub fn named(&self, motion: &Law) -> Result<Vec<Kept>, MechanicsError> {
        let Invariants { velocities, laws } = self;
        if laws.is_empty() {
            return Ok(Vec::new());
        }
        let space = PhaseSpace::new(motion.coordinates.clone(), velocities.clone())?;
        let shown = |law: &Invariant| match law.is_rational {
            true => canonical_law(&law.formula, &space).unwrap_or_else(|_| law.formula.clone()),
            false => law.formula.clone(),
        };
        let formulas: Vec<Expr> = laws.iter().map(shown).collect();
        // Named as if the velocities were momenta: `Px`, not `Pvx`.
        let momenta = &motion.momenta;
        let as_momenta: BTreeMap<Symbol, Expr> =
            velocities.iter().cloned().zip(momenta.iter().cloned().map(Expr::Symbol)).collect();
        let canonical: Vec<Expr> = formulas.iter().map(|formula| formula.substitute(&as_momenta)).collect();
        let canonical_space = PhaseSpace::new(motion.coordinates.clone(), momenta.clone())?;
        let names = name_laws(&canonical, &canonical_space, velocities);
        let named = names.into_iter().zip(formulas).zip(laws);
        let kept = named.map(|((name, formula), law)| Kept {
            quantity: ConservedQuantity::supported(name, formula),
            drift: law.drift,
        });
        Ok(kept.collect())
    }
}
