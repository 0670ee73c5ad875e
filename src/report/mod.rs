//! What the user is told: one [`Record`] and its renderings.
//!
//! A [`Record`] holds only text and numbers, in the shape of the JSON document that users' scripts read.
//! `build` fills it from the results of other modules. It can be rendered as JSON (by serde), as text for a
//! terminal, as Markdown, or as bare formulas in LaTeX or SymPy; with [`Figures`], the numbers of its pictures, as one
//! HTML page. This module neither prints nor writes files.
//!
//! Unknown numbers are absent from the JSON. They are not null and not zero.

mod build;
mod certificate;
mod code;
#[cfg(feature = "learn")]
mod discovery;
mod equations;
mod figures;
mod html;
#[cfg(feature = "learn")]
mod learned;
mod markdown;
mod network;
mod obstruction;
mod orbits;
#[cfg(feature = "learn")]
mod recorded;
mod search;
mod text;

use std::collections::BTreeMap;
use std::fmt::Display;

use serde::{Serialize, Serializer};

use crate::progress::{Ended, Limits};

pub use crate::mechanics::{Status, Verdict};
pub use code::Language;
#[cfg(feature = "learn")]
pub use discovery::DiscoverySource;
pub use equations::{Equations, EquationsFormat};
pub use figures::{Figures, Origin, Runs, Shown, Spectrum, Training};
pub use network::{CoordinateRecord, FurtherLawRecord, NetworkRecord, PredictionRecord, TrialRecord};
pub use obstruction::ObstructionRecord;
pub use orbits::orbits;

/// The version of the JSON document.
pub const SCHEMA: u32 = 2;

/// Serializes an enum as its display text.
fn word<S: Serializer>(value: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// How a record is rendered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// For a terminal.
    Text,
    /// The laws as LaTeX, one per line, and the learned momenta.
    Latex,
    /// The laws as Python for SymPy, one per line.
    Sympy,
    /// The JSON document.
    Json,
    /// A Markdown page.
    Markdown,
}

/// What a report answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Question {
    /// What is conserved in this data, and is the motion integrable?
    Discover,
    /// Is this Hamiltonian integrable, and by which integrals?
    Integrals,
    /// Are these functions conserved?
    Verify,
}

impl Question {
    /// The command that answers it.
    pub fn command(self) -> &'static str {
        match self {
            Question::Discover => "discover",
            Question::Integrals => "integrals",
            Question::Verify => "verify",
        }
    }
}

/// How a report was made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Made {
    /// What it answers.
    pub question: Question,
    /// The command line that makes it again, where there was one.
    pub command: Option<String>,
}

/// The result of `discover`, `integrals` or `verify`.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Record {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The system that the user asked about.
    pub system: SystemRecord,
    /// The Hamiltonian, given or recovered.
    pub hamiltonian: HamiltonianRecord,
    /// A generating set of laws, without H.
    pub laws: Vec<LawRecord>,
    /// Polynomials in H and the laws that are in involution. They are not laws of their own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub combinations: Vec<CombinationRecord>,
    /// The Poisson brackets of H and the laws, each in canonical form. H comes first.
    pub brackets: Vec<Vec<String>>,
    /// How many of H and the laws are functionally independent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub independent: Option<usize>,
    /// Names of a largest subset of H, laws and combinations in involution.
    pub involutive: Vec<String>,
    /// What is proved about integrability.
    #[serde(serialize_with = "word")]
    pub verdict: Verdict,
    /// Why the system is not integrable, where that is the verdict.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub obstruction: Option<ObstructionRecord>,
    /// What the literature states for the system, for comparison with what `discover` recovered.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub known: Vec<KnownRecord>,
    /// What the exact search covered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub searched: Option<SearchedRecord>,
    /// What was learned from data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<NetworkRecord>,
    /// The data that was used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<DataRecord>,
    /// The limits of the search, and whether one of them ended it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limits: Option<LimitsRecord>,
    /// A numerical hint whether the motion is regular or chaotic; never a proof.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<HintRecord>,
    /// The options in effect.
    pub settings: BTreeMap<String, serde_json::Value>,
    /// The seed of all random choices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Remarks on the input or the result, one sentence each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The generators of the field in which the brackets were computed, with relations and assumptions.
    #[serde(skip)]
    pub generators: Vec<String>,
    /// A space of functions. The certificate computes the number of integrals in it again.
    #[serde(skip)]
    pub space: Option<SpaceRecord>,
    /// The version of liouville.
    pub version: String,
}

/// The system that the user asked about.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct SystemRecord {
    /// Its name.
    pub name: String,
    /// The coordinates, in order.
    pub coordinates: Vec<String>,
    /// The momenta, in the order of their coordinates.
    pub momenta: Vec<String>,
    /// The exact values of the parameters that have a value.
    pub parameters: BTreeMap<String, String>,
    /// The parameters that are kept symbolic. Laws hold for every value of them; counts, verdict and searched spaces
    /// hold for all values outside the zeros of a polynomial in them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub symbolic: Vec<String>,
}

/// The Hamiltonian of a record.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
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
    /// The conditions under which the Hamiltonian is used, in addition to the formula being real.
    #[serde(rename = "where", skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// `given`, `recovered` or `none`.
    pub source: String,
    /// For a recovered Hamiltonian: whether its coefficients are exact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exact: Option<bool>,
    /// For a recovered Hamiltonian: the relative residual of Hamilton's equations on held-out data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub residual: Option<f64>,
    /// For simulated data: whether the recovered Hamiltonian equals that of the system file up to a
    /// constant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agrees_with_file: Option<bool>,
    /// For a recording: how the Hamiltonian stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// For a recording: the share of the accelerations (rms) that the Hamiltonian leaves unexplained.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unexplained_fraction: Option<f64>,
    /// The measured constants, which stand as letters in the formula.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub constants: Vec<ConstantRecord>,
    /// The formula with the values of the constants.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub numeric: Option<String>,
    /// Other forms that the data cannot tell from this one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<AlternativeRecord>,
    /// The mass of each coordinate, where the data has velocities or positions. The first is the unit.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub masses: Vec<CoordinateValueRecord>,
    /// The friction of each coordinate that shows any: the rate γ of v̇ = … − γ·v.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub friction: Vec<CoordinateValueRecord>,
    /// The equations of motion in the variables of the data.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub equations: Vec<String>,
}

/// A measured constant.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ConstantRecord {
    /// The letter that stands for it in the formulas.
    pub name: String,
    /// The value.
    pub value: f64,
    /// The standard error.
    pub standard_error: f64,
}

/// A number that belongs to a coordinate.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct CoordinateValueRecord {
    /// The coordinate.
    pub coordinate: String,
    /// The value.
    pub value: f64,
    /// The standard error; zero if the value is exact or a convention.
    pub standard_error: f64,
}

/// A form of the Hamiltonian that the data cannot tell from the printed one.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct AlternativeRecord {
    /// The formula. Its letters stand for constants of its own.
    pub formula: String,
    /// The formula with the constants put in.
    pub numeric: String,
    /// The values of its letters.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub constants: Vec<ConstantRecord>,
    /// How much worse it is: the difference of χ² plus twice the description length in nats.
    pub delta_bic: f64,
    /// The formulas of the laws that are proved for it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub laws: Vec<String>,
    /// What these laws say.
    #[serde(serialize_with = "word")]
    pub verdict: Verdict,
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
    /// The conditions under which it was proved, in addition to the formula and H being real.
    #[serde(rename = "where", skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// Where a piecewise law may jump: the surface on which this function vanishes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub surface: Option<String>,
    /// Why a claim could not be judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// The status. `piecewise`, `refuted` and `unknown` occur only in `verify` and for known laws.
    #[serde(serialize_with = "word")]
    pub status: Status,
    /// The measured constants for whose every value the law is proved.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub for_every: Vec<String>,
    /// The formula with the values of the constants, where it holds any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub numeric: Option<String>,
    /// {law, H} in canonical form.
    #[serde(rename = "bracket_with_H", skip_serializing_if = "Option::is_none")]
    pub bracket_with_h: Option<String>,
    /// The degree in the momenta, if the law is polynomial in them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub momentum_degree: Option<usize>,
    /// The degree in coordinates and momenta together, if the law is a polynomial.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub degree: Option<usize>,
    /// Numerical evidence from data.
    #[serde(skip_serializing_if = "EvidenceRecord::is_empty")]
    pub evidence: EvidenceRecord,
}

/// A law that the literature states.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct KnownRecord {
    /// The law, compared with the Hamiltonian of the record.
    #[serde(flatten)]
    pub law: LawRecord,
    /// Whether the law is a function of H and the laws found, so that it is not a new independent law.
    pub determined: bool,
}

/// Numerical evidence for a law: relative residuals. Smaller is better.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
pub struct EvidenceRecord {
    /// How far the law's gradient lies outside the span of the gradients of the learned coordinates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span_residual: Option<f64>,
    /// The change of the law along the learned vector field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow_residual: Option<f64>,
    /// The change of the law along the time derivatives of the data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direct_residual: Option<f64>,
    /// The drift of the law along held-out trajectories.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trajectory_drift: Option<f64>,
}

impl EvidenceRecord {
    /// Whether there is no evidence.
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
}

/// What an exact search covered: the widest space that was finished, or the widest that was begun if none
/// was finished.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct SearchedRecord {
    /// The number of terms of this space.
    pub terms: usize,
    /// Its highest degree in the momenta.
    pub momentum_degree: usize,
    /// The highest degree of its coefficients of the highest momentum degree.
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

/// The limits of a job.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct LimitsRecord {
    /// The most work, in multiplications modulo a prime.
    pub work: u64,
    /// The work done.
    pub work_done: u64,
    /// The most seconds; absent if the time is not limited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// Whether a limit or the user stopped the job early.
    pub reached: bool,
}

impl LimitsRecord {
    /// The record of a job, from its limits, the work it did and the reason it ended.
    pub fn of(limits: Limits, work_done: u64, ended: Option<Ended>) -> LimitsRecord {
        LimitsRecord {
            work: limits.work,
            work_done,
            seconds: Some(limits.seconds).filter(|seconds| seconds.is_finite()),
            reached: ended.is_some(),
        }
    }
}

/// A space of functions in which all integrals were found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SpaceRecord {
    /// The functions that span it.
    pub terms: Vec<String>,
    /// The dimension of the space of integrals in it, without the constants.
    pub integrals: usize,
}

/// The data that was used.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct DataRecord {
    /// `simulated` or the name of the file.
    pub source: String,
    /// The number of trajectories.
    pub trajectories: usize,
    /// The number of points in all trajectories together.
    pub points: usize,
    /// `given` or `estimated`.
    pub derivatives: String,
    /// How a file was understood, in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_as: Option<String>,
    /// The noise level estimated from the data, relative to the rms of each column: the largest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub noise: Option<f64>,
    /// The standard deviation of the noise of each column of a recording, in its unit.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub column_noise: BTreeMap<String, f64>,
}

/// A numerical hint about the motion. It is evidence, not a proof.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct HintRecord {
    /// `regular`, `chaotic` or `unclear`.
    pub motion: String,
    /// The largest Lyapunov exponent over the sampled orbits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lyapunov_exponent: Option<f64>,
    /// The smallest smaller-alignment index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alignment_index: Option<f64>,
    /// The number of orbits that were integrated.
    pub orbits: usize,
}

impl Record {
    /// Renders the record in this format. The text ends with a line break.
    pub fn render(&self, format: Format) -> String {
        match format {
            Format::Text => text::page(self),
            Format::Markdown => markdown::page(self),
            Format::Json => {
                // This cannot fail: all maps in a record have string keys.
                let mut json = serde_json::to_string_pretty(self).unwrap_or_default();
                json.push('\n');
                json
            }
            Format::Latex => {
                let obstruction = self.obstruction.iter().map(|found| format!("{}\n", found.latex));
                self.formulas(|h| h.latex.as_deref(), |law| &law.latex)
                    + &obstruction.collect::<String>()
                    + &network::latex(self)
            }
            Format::Sympy => {
                let obstruction = self.obstruction.iter().map(|found| format!("# {}\n", found.statement));
                self.formulas(|h| h.sympy.as_deref(), |law| &law.sympy) + &obstruction.collect::<String>()
            }
        }
    }

    /// The record with its pictures as one HTML page that needs no other file: formulas in MathML, pictures in SVG, no
    /// scripts.
    pub fn to_html(&self, figures: &Figures, made: &Made) -> String {
        html::page(self, figures, made)
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
