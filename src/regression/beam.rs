//! Beam search over supports on Gram matrices.

use std::collections::BTreeMap;

use super::gram::{Direction, Fit, Gram, GramAt, Member};

/// The terms among which a support is sought. Term k is column k of the Gram matrices.
#[derive(Clone, Debug, Default)]
pub struct Candidates {
    /// The price of each term, in units of χ² at σ = 1.
    pub costs: Vec<f64>,
    /// The family of each term.
    pub families: Vec<usize>,
    /// For each term with a nonlinear parameter the column that holds its change per relative change of the parameter,
    /// and the greatest step for which this is trusted.
    pub partners: Vec<Option<(usize, f64)>>,
}

impl Candidates {
    /// The first `count` of the terms.
    pub fn first(&self, count: usize) -> Candidates {
        Candidates {
            costs: self.costs[..count].to_vec(),
            families: self.families[..count].to_vec(),
            partners: self.partners[..count].to_vec(),
        }
    }
}

/// How wide a beam search is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct BeamConfig {
    /// Supports of four and more terms that are kept; of two terms 4 times, of three terms 2 times as many. 20 reads
    /// all recordings of the design note.
    pub width: usize,
    /// The largest support.
    pub size: usize,
    /// The most supports of one term.
    pub singles: usize,
    /// A size that lowers χ²/s² by less than this is a stall; two stalls in a row end the search. In nats times 2,
    /// the least price of a term.
    pub stall: f64,
    /// The number of best supports from which terms are dropped and swapped.
    pub polished: usize,
    /// Rounds of the alternating fit of coefficients and block scales; 1 leaves the scales alone.
    pub rounds: usize,
}

impl Default for BeamConfig {
    fn default() -> BeamConfig {
        BeamConfig { width: 20, size: 7, singles: 1000, stall: 12.0, polished: 6, rounds: 1 }
    }
}

/// A support with its fit.
#[derive(Clone, PartialEq, Debug)]
pub struct Support {
    /// The terms, in order.
    pub terms: Vec<usize>,
    /// The fit: the coefficients of the terms, then of the partners of those that have one.
    pub fit: Fit,
}

/// The supports that a beam search has fitted, by rising χ²/s² plus price: every size keeps its best, then terms of
/// the best few are dropped and swapped while this improves them. Only `allowed` terms are used. `scales` are the
/// block scales μ_g at which supports grow, and `s2` is the variance s² of the whitened equations.
pub fn beam_search(
    gram: &Gram,
    candidates: &Candidates,
    allowed: &[bool],
    scales: &[f64],
    s2: f64,
    config: &BeamConfig,
) -> Vec<Support> {
    let member = |(column, &partner): (usize, &Option<(usize, f64)>)| Member { column, partner };
    let members = candidates.partners.iter().enumerate().map(member).collect();
    let start = gram.at(scales);
    let mut search =
        Search { gram, candidates, allowed, members, start, scales, s2, config, found: BTreeMap::new() };
    search.grow();
    search.drop_and_swap();
    let mut all: Vec<Support> =
        search.found.iter().map(|(terms, fit)| Support { terms: terms.clone(), fit: fit.clone() }).collect();
    let score = |support: &Support| support.fit.chi + s2 * search.price(&support.terms);
    all.sort_by(|a, b| score(a).total_cmp(&score(b)));
    all
}

struct Search<'a> {
    gram: &'a Gram,
    candidates: &'a Candidates,
    allowed: &'a [bool],
    members: Vec<Member>,
    start: GramAt,
    scales: &'a [f64],
    s2: f64,
    config: &'a BeamConfig,
    found: BTreeMap<Vec<usize>, Fit>,
}

/// A term that may be added, and the score of the support with it.
struct Child {
    term: usize,
    chi: f64,
    score: f64,
}

impl Search<'_> {
    fn price(&self, terms: &[usize]) -> f64 {
        terms.iter().map(|&k| self.candidates.costs[k]).sum()
    }

    /// Fits a support unless this is done already.
    fn put(&mut self, terms: &[usize], scales: &[f64]) -> &Fit {
        let support: Vec<Member> = terms.iter().map(|&k| self.members[k]).collect();
        let (gram, rounds) = (self.gram, self.config.rounds);
        self.found.entry(terms.to_vec()).or_insert_with(|| gram.fit(&support, scales, rounds))
    }

    fn score(&self, terms: &[usize]) -> f64 {
        self.found[terms].chi + self.s2 * self.price(terms)
    }

    /// What a support spans: as it was fitted, or with all partners free.
    fn directions(&self, terms: &[usize]) -> Vec<Direction> {
        if let Some(fit) = self.found.get(terms) {
            return fit.directions.clone();
        }
        let members = terms.iter().map(|&k| self.members[k]);
        let columns = |member: Member| [Some(member.column), member.partner.map(|(partner, _)| partner)];
        members.flat_map(columns).flatten().map(|column| Direction { column, along: None }).collect()
    }

    /// The best `most` children of a support, and χ² of the support.
    fn children(&self, at: &GramAt, terms: &[usize], most: usize) -> (f64, Vec<Child>) {
        let children = at.children(&self.directions(terms), &self.members);
        let price = self.price(terms);
        let child = |(term, &gain): (usize, &f64)| {
            let chi = children.chi - gain;
            Child { term, chi, score: chi + self.s2 * (price + self.candidates.costs[term]) }
        };
        let usable = |&(k, &gain): &(usize, &f64)| gain > 0.0 && self.allowed[k] && !terms.contains(&k);
        let mut all: Vec<Child> = children.gains.iter().enumerate().filter(usable).map(child).collect();
        if all.len() > most {
            all.select_nth_unstable_by(most, |a, b| a.score.total_cmp(&b.score).then(a.term.cmp(&b.term)));
            all.truncate(most);
        }
        (children.chi, all)
    }

    fn grow(&mut self) {
        let (mut front, mut last, mut stalls) = (vec![Vec::new()], self.gram.square(), 0);
        for size in 1..=self.config.size {
            let width = self.config.width * [6, 4, 2].get(size - 1).unwrap_or(&1);
            let mut next: BTreeMap<Vec<usize>, f64> = BTreeMap::new();
            for terms in &front {
                let most = if size == 1 { usize::MAX } else { width };
                for child in self.children(&self.start, terms, most).1 {
                    let best = next.entry(with(terms, child.term)).or_insert(f64::INFINITY);
                    *best = best.min(child.chi);
                }
            }
            let (kept, best) = self.select(next, size, width);
            front = kept;
            stalls = if best > last - self.config.stall * self.s2 { stalls + 1 } else { 0 };
            last = last.min(best);
            if front.is_empty() || stalls == 2 {
                break;
            }
        }
    }

    /// The supports of one size to go on with, and the least χ² among them. No multiset of families fills the beam;
    /// of single terms, all without a nonlinear parameter are kept.
    fn select(
        &mut self,
        next: BTreeMap<Vec<usize>, f64>,
        size: usize,
        width: usize,
    ) -> (Vec<Vec<usize>>, f64) {
        let mut order: Vec<(f64, Vec<usize>, f64)> =
            next.into_iter().map(|(terms, chi)| (chi + self.s2 * self.price(&terms), terms, chi)).collect();
        order.sort_by(|a, b| a.0.total_cmp(&b.0));
        let most = if size == 1 { self.config.singles } else { width };
        let (mut kept, mut least) = (Vec::new(), f64::INFINITY);
        let mut of_families: BTreeMap<Vec<usize>, usize> = BTreeMap::new();
        for (_, terms, chi) in order {
            let count = of_families.entry(self.families(&terms)).or_default();
            if size > 1 && *count >= (width / 6).max(4) {
                continue;
            }
            *count += 1;
            let scales = self.scales;
            least = least.min(self.put(&terms, scales).chi).min(chi);
            kept.push(terms);
            if kept.len() == most {
                break;
            }
        }
        (kept, least)
    }

    fn families(&self, terms: &[usize]) -> Vec<usize> {
        let mut families: Vec<usize> = terms.iter().map(|&k| self.candidates.families[k]).collect();
        families.sort_unstable();
        families
    }

    fn drop_and_swap(&mut self) {
        let mut all: Vec<(f64, Vec<usize>)> =
            self.found.keys().map(|terms| (self.score(terms), terms.clone())).collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        all.truncate(self.config.polished);
        for (_, mut terms) in all {
            for _ in 0..12 {
                match self.better_neighbour(&terms) {
                    Some(better) => terms = better,
                    None => break,
                }
            }
        }
    }

    /// The first of the most promising neighbours that is better.
    fn better_neighbour(&mut self, terms: &[usize]) -> Option<Vec<usize>> {
        let scales = self.found[terms].scales.clone();
        let moved = scales.iter().zip(self.scales).any(|(a, b)| (a - b).abs() > 1e-2 * b.abs());
        let own = moved.then(|| self.gram.at(&scales));
        let at = own.as_ref().unwrap_or(&self.start);
        let mut moves: Vec<(f64, Vec<usize>)> = Vec::new();
        for (place, &dropped) in terms.iter().enumerate() {
            let mut rest = terms.to_vec();
            rest.remove(place);
            let (chi, mut children) = self.children(at, &rest, 3);
            children.retain(|child| child.term != dropped);
            moves.extend(children.into_iter().map(|child| (child.score, with(&rest, child.term))));
            if !rest.is_empty() {
                moves.push((chi + self.s2 * self.price(&rest), rest));
            }
        }
        moves.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(&b.1)));
        let present = self.score(terms);
        moves.truncate(3);
        moves.into_iter().map(|(_, terms)| terms).find(|terms| {
            self.put(terms, &scales);
            self.score(terms) < present - 1e-6
        })
    }
}

/// A support with one more term, in order.
fn with(terms: &[usize], term: usize) -> Vec<usize> {
    let at = terms.partition_point(|&k| k < term);
    let mut all = terms.to_vec();
    all.insert(at, term);
    all
}

#[cfg(test)]
mod tests {
    use faer::Mat;

    use super::*;

    fn noise(seed: usize, count: usize) -> Vec<f64> {
        (0..count).map(|k| ((seed * 37 + k) as f64 * 12.9898).sin() * 43758.5453 % 1.0).collect()
    }

    fn candidates(terms: usize) -> Candidates {
        let costs = (0..terms).map(|k| 10.0 + 1e-3 * k as f64).collect();
        Candidates { costs, families: vec![0; terms], partners: vec![None; terms] }
    }

    /// A sum of three columns of twelve, where a thirteenth lies nearer to the sum than any of the three.
    fn example() -> Gram {
        let mut columns: Vec<Vec<f64>> = (0..12).map(|j| noise(j + 1, 200)).collect();
        let sum: Vec<f64> = (0..200).map(|i| columns[1][i] + columns[4][i] - columns[7][i]).collect();
        let decoy = noise(99, 200).iter().zip(&sum).map(|(e, a)| a + 0.5 * e).collect();
        columns.push(decoy);
        let x = Mat::from_fn(200, 13, |i, j| 100.0 * columns[j][i]);
        let a: Vec<f64> = sum.iter().zip(noise(77, 200)).map(|(a, e)| 100.0 * a + 1.5 * e).collect();
        let mut gram = Gram::new(1, 13);
        gram.add(0, &x, &a);
        gram
    }

    #[test]
    fn the_right_three_terms_win_over_a_decoy() {
        let config = BeamConfig { width: 2, ..BeamConfig::default() };
        let found = beam_search(&example(), &candidates(13), &[true; 13], &[1.0], 1.0, &config);
        assert_eq!(found[0].terms, [1, 4, 7]);
        assert!(found[0].fit.coefficients.iter().zip([1.0, 1.0, -1.0]).all(|(c, t)| (c - t).abs() < 0.01));
    }

    #[test]
    fn terms_that_are_not_allowed_stay_out() {
        let mut allowed = [true; 13];
        allowed[4] = false;
        let found = beam_search(&example(), &candidates(13), &allowed, &[1.0], 1.0, &BeamConfig::default());
        assert!(found.iter().all(|support| !support.terms.contains(&4)));
    }

    #[test]
    fn a_support_stays_in_order() {
        assert_eq!(with(&[1, 5], 3), [1, 3, 5]);
        assert_eq!(with(&[], 2), [2]);
    }
}
