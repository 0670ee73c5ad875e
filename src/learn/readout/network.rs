//! What the networks of a discovery say, for its record.

use crate::expr::{Expr, Symbol};
use crate::learn::{LearnError, LearnedCoordinates, LossTerms, Trained, Trial};
use crate::mechanics::{ConservedQuantity, PhaseSpace};
use crate::progress::Ended;
use crate::recover::first_order::Prepared;

use super::multinomials::{Multinomial, multinomials};
use super::{FurtherLaws, InLaws, Prediction, WhyUnknown, further, in_laws, motion};

/// What the networks learned.
#[derive(Clone, Debug)]
pub struct Network {
    /// Number of cyclic coordinates, given or chosen.
    pub cyclic: usize,
    /// Loss terms on the held-out data (on the training data where there is none).
    pub losses: LossTerms,
    /// Steps of training.
    pub steps: usize,
    /// Wall time of all training, in seconds.
    pub seconds: f64,
    /// The numbers of cyclic coordinates tried, in order.
    pub trials: Vec<Trial>,
    /// The learned momenta as polynomials.
    pub coordinates: Vec<Multinomial>,
    /// The learned momenta as functions of the laws; empty where there are none.
    pub in_laws: Vec<InLaws>,
    /// Whether they keep more than the laws say.
    pub further: FurtherLaws,
    /// How well the network predicts held-out runs, where it is the model: no formula explains the motion.
    pub prediction: Option<Prediction>,
    /// Why the training has fewer steps than it was to have, if it has.
    pub ended: Option<Ended>,
    /// The trained networks.
    pub learned: LearnedCoordinates,
}

impl Network {
    /// What trained networks say before there are laws.
    ///
    /// # Errors
    /// Other variables than those of the data.
    pub fn of(trained: Trained, data: &Prepared) -> Result<Network, LearnError> {
        let Trained { learned, trials, seconds, ended } = trained;
        Ok(Network {
            cyclic: learned.cyclic(),
            losses: learned.test_losses().or(learned.train_losses()).unwrap_or_default(),
            steps: learned.steps(),
            seconds,
            trials,
            coordinates: multinomials(&learned, data)?,
            in_laws: Vec::new(),
            further: FurtherLaws::Unknown(WhyUnknown::NoMomenta),
            prediction: None,
            ended,
            learned,
        })
    }

    /// Reads the learned momenta in the laws, H first where it explains the data, and judges whether there are more.
    ///
    /// # Errors
    /// Laws with other variables than the data.
    pub fn hold_against(&mut self, laws: &[(Symbol, Expr)], data: &Prepared) -> Result<(), LearnError> {
        self.in_laws = in_laws::in_laws(&self.learned, laws, data)?;
        self.further = further::laws(&self.learned, laws, data)?;
        Ok(())
    }

    /// Makes the network the model of the motion, with its prediction of held-out runs. Returns laws of the learned motion
    /// that are no functions of those known, given by name and formula.
    ///
    /// # Errors
    /// Laws with other variables than the data.
    pub fn as_the_model(
        &mut self,
        known: &[(Symbol, Expr)],
        data: &Prepared,
        space: &PhaseSpace,
    ) -> Result<Vec<ConservedQuantity>, LearnError> {
        self.prediction = motion::predicted(&self.learned, data);
        let formulas: Vec<Expr> = known.iter().map(|(_, formula)| formula.clone()).collect();
        let taken: Vec<Symbol> = known.iter().map(|(name, _)| name.clone()).collect();
        motion::laws_of(&self.learned, &formulas, data, (space, &taken))
    }
}
