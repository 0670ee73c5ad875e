//! Builds records from the exact search.

use super::{HamiltonianRecord, LawRecord, Record, SearchedRecord, SpaceRecord, SystemRecord};
use crate::integrals::{SearchOutcome, SearchedSpace, StopReason};
use crate::mechanics::Hamiltonian;
use crate::progress::Ended;
use crate::system::System;

impl Record {
    /// Builds the record of what `integrals` found: proved generators, the searched spaces, the verdict.
    pub fn of_search(system: &System, hamiltonian: &Hamiltonian, found: &SearchOutcome) -> Record {
        let mut record = Record::open(SystemRecord::of(system), HamiltonianRecord::given(hamiltonian));
        for law in found.laws.iter().chain(&found.combinations) {
            law.certificate().into_iter().for_each(|certificate| record.add_generators(certificate));
            record.laws.push(LawRecord::of_law(law, hamiltonian.space()));
        }
        if !found.combinations.is_empty() {
            let names: Vec<&str> = found.combinations.iter().map(|law| law.name()).collect();
            record.notes.push(format!(
                "polynomials in the laws before, listed because they are in involution: {}",
                names.join(", ")
            ));
        }
        record.set_assessment(&found.assessment, hamiltonian.space());
        record.searched = SearchedRecord::of(&found.searched, Some(found.stop));
        record.space = found.written.as_ref().map(|space| SpaceRecord {
            terms: space.terms.iter().map(|term| term.to_string()).collect(),
            integrals: space.integrals,
        });
        record
    }
}

impl SearchedRecord {
    /// Describes the search by the widest space that was searched exhaustively; `None` if there is none.
    pub(super) fn of(spaces: &[SearchedSpace], stop: Option<StopReason>) -> Option<SearchedRecord> {
        let exhaustive = spaces.iter().filter(|s| s.exhaustive);
        let widest = exhaustive.max_by_key(|s| (s.momentum_degree, s.coefficient_degree, s.terms))?;
        let reason = |stop| match stop {
            StopReason::Settled => "settled: no more independent integrals are possible",
            StopReason::LadderComplete => "every space up to the momentum degree was searched",
            StopReason::Ended(Ended::Work) => "the limit of work was reached",
            StopReason::Ended(Ended::Seconds) => "the time limit was reached",
            StopReason::Ended(Ended::Interrupted) => "interrupted",
        };
        Some(SearchedRecord {
            terms: spaces.iter().map(|space| space.terms).max().unwrap_or(0),
            momentum_degree: widest.momentum_degree as usize,
            coefficient_degree: widest.coefficient_degree as usize,
            exhaustive: widest.exhaustive,
            spaces: spaces.iter().map(sentence).collect(),
            stopped: stop.map(|stop| reason(stop).to_owned()),
        })
    }
}

fn sentence(space: &SearchedSpace) -> String {
    let kind = if space.exhaustive { "all found" } else { "some may be missing" };
    format!(
        "momentum degree {}, coefficients to degree {}: {} terms, {} integrals ({kind})",
        space.momentum_degree, space.coefficient_degree, space.terms, space.integrals
    )
}
