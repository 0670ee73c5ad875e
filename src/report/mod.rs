//! What is told to the user: one [`Record`] and its renderings.
//!
//! A [`Record`] holds text and numbers only, in the shape of the JSON document that users' scripts
//! read. It is filled from the results of the other rooms (`build`) and rendered as JSON (by serde),
//! as text for a terminal, as Markdown, or as bare formulas in LaTeX or SymPy. Pure: nothing is
//! printed or written here.
//!
//! Numbers that cannot be had are absent from the JSON, not null and not zero.

mod build;
mod certificate;
#[cfg(feature = "learn")]
mod discovery;
mod markdown;
mod search;
mod text;

use std::collections::BTreeMap;
use std::fmt::Display;

use serde::{Serialize, Serializer};

use crate::mechanics::{Status, Verdict};
use crate::progress::{Ended, Limits};

#[cfg(feature = "learn")]
pub use discovery::DiscoverySource;

/// The version of the JSON document.
pub const SCHEMA: u32 = 1;

/// Writes an enum by its word.
fn word<S: Serializer>(value: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// How a record is rendered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// For a terminal.
    Text,
    /// The laws as LaTeX, one a line.
    Latex,
    /// The laws as Python for SymPy, one a line.
    Sympy,
    /// The JSON document.
    Json,
    /// A Markdown page.
    Markdown,
}

/// The result of `discover`, `integrals` or `verify`.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Record {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The system asked about.
    pub system: SystemRecord,
    /// The Hamiltonian, given or recovered.
    pub hamiltonian: HamiltonianRecord,
    /// A generating set of laws, H not among them.
    pub laws: Vec<LawRecord>,
    /// Polynomials in H and the laws that are in involution; no laws of their own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub combinations: Vec<CombinationRecord>,
    /// The Poisson brackets of H and the laws, H first, each in canonical form.
    pub brackets: Vec<Vec<String>>,
    /// How many of H and the laws are functionally independent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub independent: Option<usize>,
    /// Names of a largest subset of H, laws and combinations in involution.
    pub involutive: Vec<String>,
    /// What the proved laws say about integrability.
    #[serde(serialize_with = "word")]
    pub verdict: Verdict,
    /// What the literature states for the system, for comparison with what `discover` recovered.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub known: Vec<KnownRecord>,
    /// What the exact search went through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub searched: Option<SearchedRecord>,
    /// What was learned from data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<NetworkRecord>,
    /// The data that was used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<DataRecord>,
    /// How far the search might go, and whether that ended it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limits: Option<LimitsRecord>,
    /// Numerical hints on regular or chaotic motion; never a proof.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<HintRecord>,
    /// The options in force.
    pub settings: BTreeMap<String, serde_json::Value>,
    /// The seed of all random choices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Remarks on the input or the result, each a sentence.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The generators of the field in which the brackets were formed, with relations and assumptions.
    #[serde(skip)]
    pub generators: Vec<String>,
    /// The version of liouville.
    pub version: String,
}

/// The system asked about.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct SystemRecord {
    /// Its name.
    pub name: String,
    /// The coordinates, in order.
    pub coordinates: Vec<String>,
    /// The momenta, in the order of their coordinates.
    pub momenta: Vec<String>,
    /// Exact values of the parameters that have one.
    pub parameters: BTreeMap<String, String>,
    /// The parameters that are kept symbolic.
    #[serde(skip)]
    pub symbolic: Vec<String>,
}

/// The Hamiltonian of a record.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct HamiltonianRecord {
    /// The formula.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub formula: Option<String>,
    /// The same in LaTeX.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latex: Option<String>,
    /// The same for SymPy.
    #[serde(skip)]
    pub sympy: Option<String>,
    /// `given`, `recovered` or `none`.
    pub source: String,
    /// Whether a recovered one has exact coefficients.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exact: Option<bool>,
    /// Relative residual of Hamilton's equations on held-out data, of a recovered one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub residual: Option<f64>,
    /// Where the data was simulated: whether the recovered one equals that of the system file up to a constant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agrees_with_file: Option<bool>,
    /// Masses and losses, where the momenta of the data are velocities.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mechanics: Option<MechanicsRecord>,
}

/// What was learned of masses and losses where the momenta of the data are velocities: momentum is mass times
/// velocity, and the velocities fall by friction besides what H says.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct MechanicsRecord {
    /// The mass of each coordinate, that of the first being the unit.
    pub masses: BTreeMap<String, MeasuredRecord>,
    /// Whether the data tells the masses apart; else they are set to one.
    pub masses_known: bool,
    /// The rate of friction of each coordinate.
    pub friction: BTreeMap<String, MeasuredRecord>,
    /// Misfit of the accelerations relative to their rms.
    pub force_residual: f64,
    /// Mean kinetic energy in the last fifth of the time over that in the first.
    pub kinetic_ratio: f64,
}

/// A measured number.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct MeasuredRecord {
    /// The value.
    pub value: f64,
    /// Its standard error; zero where the value is a convention.
    pub error: f64,
}

/// One conserved quantity.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct LawRecord {
    /// Its name by type: P…, L…, E…, A…, K….
    pub name: String,
    /// The formula in canonical form.
    pub formula: String,
    /// The same in LaTeX.
    pub latex: String,
    /// The same for SymPy.
    #[serde(skip)]
    pub sympy: String,
    /// How it stands; `refuted` and `unknown` only in `verify` and among the known laws.
    #[serde(serialize_with = "word")]
    pub status: Status,
    /// {law, H} in canonical form.
    #[serde(rename = "bracket_with_H", skip_serializing_if = "Option::is_none")]
    pub bracket_with_h: Option<String>,
    /// Degree in the momenta, where the law is polynomial in them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub momentum_degree: Option<usize>,
    /// Degree in coordinates and momenta together, where the law is a polynomial.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub degree: Option<usize>,
    /// Numerical evidence from data.
    #[serde(skip_serializing_if = "EvidenceRecord::is_empty")]
    pub evidence: EvidenceRecord,
}

/// A law that the literature states.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct KnownRecord {
    /// The law, held against the Hamiltonian of the record.
    #[serde(flatten)]
    pub law: LawRecord,
    /// Whether it is a function of H and the laws found: it does not raise the number of independent ones.
    pub determined: bool,
}

/// Numerical evidence for a law: relative residuals, smaller is better.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
pub struct EvidenceRecord {
    /// How far the law's gradient leaves the span of the learned coordinates' gradients.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span_residual: Option<f64>,
    /// Change of the law along the learned vector field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow_residual: Option<f64>,
    /// Change of the law along the time derivatives of the data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direct_residual: Option<f64>,
    /// Drift of the law along held-out trajectories.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trajectory_drift: Option<f64>,
}

impl EvidenceRecord {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        *self == EvidenceRecord::default()
    }
}

/// A polynomial in H and the laws.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct CombinationRecord {
    /// Its name.
    pub name: String,
    /// The polynomial in the names of the laws.
    pub of: String,
    /// The same as LaTeX.
    #[serde(skip)]
    pub latex: String,
    /// The formula in the variables, for SymPy.
    #[serde(skip)]
    pub sympy: String,
}

/// What an exact search went through: the widest space that was finished, or, where none was finished,
/// the widest that was begun.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct SearchedRecord {
    /// Its terms.
    pub terms: usize,
    /// Its highest degree in the momenta.
    pub momentum_degree: usize,
    /// Its highest degree of the coefficients of the highest momentum degree.
    pub coefficient_degree: usize,
    /// What its terms are made of.
    pub library: String,
    /// Whether all integrals in it were found.
    pub exhaustive: bool,
    /// The spaces, one sentence each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub spaces: Vec<String>,
    /// Why the search ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
}

/// How far a job might go.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct LimitsRecord {
    /// The most work, in multiplications modulo a prime.
    pub work: u64,
    /// The work that was done.
    pub work_done: u64,
    /// The most seconds; absent where there is no such limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// Whether a limit, or the user, ended the job before its end.
    pub reached: bool,
}

impl LimitsRecord {
    /// Of a job that did so much work and ended so.
    pub fn of(limits: Limits, work_done: u64, ended: Option<Ended>) -> LimitsRecord {
        LimitsRecord {
            work: limits.work,
            work_done,
            seconds: Some(limits.seconds).filter(|seconds| seconds.is_finite()),
            reached: ended.is_some(),
        }
    }
}

/// What the networks learned.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct NetworkRecord {
    /// The number of cyclic coordinates.
    pub cyclic: usize,
    /// The terms of the loss on held-out data.
    pub losses: BTreeMap<String, f64>,
    /// Training steps.
    pub steps: usize,
    /// Wall time of training in seconds. Left out of the JSON, which repeats to the byte.
    #[serde(skip)]
    pub seconds: Option<f64>,
    /// The paper's multinomial fits of the learned coordinates.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub coordinates: Vec<CoordinateRecord>,
    /// The numbers of cyclic coordinates that were tried.
    pub trials: Vec<TrialRecord>,
}

/// A training with a number of cyclic coordinates.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct TrialRecord {
    /// How many were asked for.
    pub cyclic: usize,
    /// The Poisson term that was left: near zero where there are as many laws in involution.
    pub poisson: f64,
}

/// A multinomial fit of one learned coordinate.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct CoordinateRecord {
    /// The fitted formula, its coefficients in decimals.
    pub formula: String,
    /// The degree that was chosen.
    pub degree: usize,
    /// Mean squared error by degree, from 1 up.
    pub mse: Vec<f64>,
}

/// The data that was used.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct DataRecord {
    /// `simulated` or the file's name.
    pub source: String,
    /// Trajectories.
    pub trajectories: usize,
    /// Points in all trajectories together.
    pub points: usize,
    /// `given` or `estimated`.
    pub derivatives: String,
    /// The noise level found in the data, relative to the rms of each column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub noise: Option<f64>,
}

/// A numerical hint on the motion, labelled as evidence.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct HintRecord {
    /// `regular`, `chaotic` or `unclear`.
    pub motion: String,
    /// The largest Lyapunov exponent on the sampled orbits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lyapunov_exponent: Option<f64>,
    /// The smallest smaller-alignment index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alignment_index: Option<f64>,
    /// How many orbits were followed.
    pub orbits: usize,
}

impl Record {
    /// The record in that format, ending in a line break.
    pub fn render(&self, format: Format) -> String {
        match format {
            Format::Text => text::page(self),
            Format::Markdown => markdown::page(self),
            Format::Json => {
                // A record holds no map with keys other than strings, so this cannot fail.
                let mut json = serde_json::to_string_pretty(self).unwrap_or_default();
                json.push('\n');
                json
            }
            Format::Latex => self.formulas(|h| h.latex.as_deref(), |law| &law.latex),
            Format::Sympy => self.formulas(|h| h.sympy.as_deref(), |law| &law.sympy),
        }
    }

    fn formulas<'a>(
        &'a self,
        hamiltonian: impl Fn(&'a HamiltonianRecord) -> Option<&'a str>,
        law: impl Fn(&'a LawRecord) -> &'a str,
    ) -> String {
        let first = hamiltonian(&self.hamiltonian).map(|formula| format!("H = {formula}\n"));
        let rest = self.laws.iter().map(|l| format!("{} = {}\n", l.name, law(l)));
        first.into_iter().chain(rest).collect()
    }

    /// The names of the rows and columns of the matrix of brackets.
    fn bracket_names(&self) -> Vec<&str> {
        std::iter::once("H").chain(self.laws.iter().map(|law| law.name.as_str())).collect()
    }

    /// H, the laws and the combinations, in the order of an assessment.
    fn compared_names(&self) -> Vec<&str> {
        let combinations = self.combinations.iter().map(|combination| combination.name.as_str());
        self.bracket_names().into_iter().chain(combinations).collect()
    }
}
