//! Builds records from the exact search.

use super::{
    CombinationRecord, HamiltonianRecord, LawRecord, Record, SearchedRecord, SpaceRecord, SystemRecord,
};
use crate::integrals::{Combination, SearchOutcome, SearchedSpace, StopReason};
use crate::mechanics::{Assessment, Hamiltonian, PhaseSpace};
use crate::progress::Ended;
use crate::system::System;

impl Record {
    /// Builds the record of what `integrals` found: proved generators, the searched spaces, the verdict.
    pub fn of_search(system: &System, hamiltonian: &Hamiltonian, found: &SearchOutcome) -> Record {
        let mut record = Record::open(SystemRecord::of(system), HamiltonianRecord::given(hamiltonian));
        for law in &found.laws {
            law.certificate().into_iter().for_each(|certificate| record.add_generators(certificate));
            record.laws.push(LawRecord::of_law(law, hamiltonian.space()));
        }
        record.add_combinations(&found.combinations);
        record.set_assessment(&found.assessment, hamiltonian.space());
        record.searched = SearchedRecord::of(&found.searched, Some(found.stop));
        record.space = found.written.as_ref().map(|space| SpaceRecord {
            terms: space.terms.iter().map(|term| term.to_string()).collect(),
            integrals: space.integrals,
        });
        record
    }

    /// Adds combinations of the laws, and the assessment of H, the laws and the combinations.
    pub fn widen(&mut self, combinations: &[Combination], assessment: &Assessment, space: &PhaseSpace) {
        self.add_combinations(combinations);
        self.set_assessment(assessment, space);
    }

    /// Adds combinations of the laws. They do not become laws.
    pub(super) fn add_combinations(&mut self, combinations: &[Combination]) {
        for Combination { quantity, of } in combinations {
            quantity.certificate().into_iter().for_each(|certificate| self.add_generators(certificate));
            self.combinations.push(CombinationRecord {
                name: quantity.name().to_owned(),
                of: of.to_string(),
                latex: of.to_latex(),
            });
        }
    }
}

impl SearchedRecord {
    /// Describes the search by the widest space that was searched exhaustively, or by the widest of all if
    /// none was; `None` if there is none.
    pub(super) fn of(spaces: &[SearchedSpace], stop: Option<StopReason>) -> Option<SearchedRecord> {
        let widest = SearchedSpace::widest(spaces)?;
        let reason = |stop| match stop {
            StopReason::Settled => "settled: no more independent integrals are possible",
            StopReason::Complete => {
                "complete for the verdict: as many laws in involution as degrees of freedom; --exhaustive searches on"
            }
            StopReason::LeftOut => {
                "every space up to the momentum degree was searched but those that are too large"
            }
            StopReason::LadderComplete => "every space up to the momentum degree was searched",
            StopReason::Ended(Ended::Work) => "the limit of work was reached",
            StopReason::Ended(Ended::Seconds) => "the time limit was reached",
            StopReason::Ended(Ended::Interrupted) => "interrupted",
        };
        Some(SearchedRecord {
            terms: widest.terms,
            momentum_degree: widest.momentum_degree as usize,
            coefficient_degree: widest.coefficient_degree as usize,
            library: widest.library.clone(),
            exhaustive: widest.exhaustive,
            spaces: spaces.iter().map(sentence).collect(),
            stopped: stop.map(|stop| reason(stop).to_owned()),
        })
    }
}

fn sentence(space: &SearchedSpace) -> String {
    let kind = if space.exhaustive { "all found" } else { "some may be missing" };
    format!(
        "momentum degree {}, coefficients to degree {}, {}: {} terms, {} integrals ({kind})",
        space.momentum_degree, space.coefficient_degree, space.library, space.terms, space.integrals
    )
}
