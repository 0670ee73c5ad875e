//! The front of the library: each question of the command line as a function, and the report that answers it.

use std::fmt;

use crate::progress::Job;
#[cfg(feature = "learn")]
use crate::progress::{CancelToken, Ended, Limits};
use crate::questions::{self, Failure, IntegralsConfig};
use crate::report::{Figures, Format, Made, Question, Record};
use crate::system::System;

#[cfg(feature = "learn")]
use crate::data::{ReadOptions, Reading, read, read_text};
#[cfg(feature = "learn")]
use crate::questions::{End, Found, Networks, Recorded, Session};
#[cfg(feature = "learn")]
use crate::runs::{GrammarText, Inputs, Settings};

/// The answer to a question: a [`Record`] of all that was found, and what its pictures are drawn from.
///
/// Printed with `{}` it is the text that the command line prints.
pub struct Report {
    /// What was found: formulas, status, brackets, verdict, evidence.
    pub record: Record,
    question: Question,
    subject: Subject,
}

/// What the pictures of a report show.
enum Subject {
    /// Orbits of this system.
    System(Box<System>),
    /// The data of a discovery.
    #[cfg(feature = "learn")]
    Data(Box<(Inputs, Found)>),
}

impl Report {
    /// The report in this format; the text ends with a line break.
    ///
    /// ```
    /// use liouville::report::Format;
    ///
    /// let report = liouville::verify(&liouville::System::load("kepler")?, &["L = x*py - y*px"])?;
    /// assert!(report.to_string().contains("proved: {L, H} = 0"));
    /// assert!(report.render(Format::Json).starts_with('{'));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn render(&self, format: Format) -> String {
        self.record.render(format)
    }

    /// The report as one HTML page that needs no other file: formulas in MathML, pictures in SVG, no scripts. Drawing
    /// takes a fraction of a second.
    ///
    /// ```
    /// let report = liouville::verify(&liouville::System::load("kepler")?, &["L = x*py - y*px"])?;
    /// assert!(report.html().contains("<math"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn html(&self) -> String {
        self.record.to_html(&self.figures(), &Made { question: self.question, command: None })
    }

    /// The program, in Python for SymPy, that checks all claims of the report again.
    pub fn certificate(&self) -> String {
        self.record.certificate()
    }

    fn figures(&self) -> Figures {
        match &self.subject {
            Subject::System(system) => questions::figures(system, &self.record),
            #[cfg(feature = "learn")]
            Subject::Data(data) => data.1.figures(&data.0),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.record.render(Format::Text))
    }
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.record.fmt(f)
    }
}

/// Whether functions F of a system are conserved: the Poisson bracket {F, H} = Σ ∂F/∂q ∂H/∂p − ∂F/∂p ∂H/∂q in canonical
/// form, by exact algebra; where all vanish, also independence, involution and the verdict.
///
/// A function is written `qx*py - qy*px`, with a name `L = …`, or with conditions `… where x > 0`. Without any, the laws
/// that the system states as known are checked.
///
/// # Errors
/// A function that cannot be read, with its place; a system without a Hamiltonian, or one that the exact algebra cannot
/// represent.
///
/// # References
/// V. I. Arnold, *Mathematical Methods of Classical Mechanics*, 1989, §40 and §49.
///
/// ```
/// use liouville::{System, report::Status, verify};
///
/// let report = verify(&System::load("kepler")?, &["L = x*py - y*px", "px"])?;
/// assert_eq!(report.record.laws[0].status, Status::Proved);
/// assert_eq!(report.record.laws[1].bracket_with_h.as_deref(), Some("-x/(x^2 + y^2)^(3/2)"));
/// # Ok::<(), liouville::Failure>(())
/// ```
pub fn verify(system: &System, functions: &[&str]) -> Result<Report, Failure> {
    let functions: Vec<String> = functions.iter().map(|&function| function.to_owned()).collect();
    let record = questions::verify(system, &functions)?.record;
    Ok(Report { record, question: Question::Verify, subject: Subject::System(Box::new(system.clone())) })
}

/// All integrals of a system that are polynomial in the momenta, up to the degrees of the configuration, each proved,
/// and the verdict on integrability; where the laws leave it open, a proof that the system is not integrable is tried.
///
/// Coefficients are made of the ingredients of H (its roots, reciprocals, exponentials, angles) or of a grammar. The
/// search is exact: in a space that the record calls exhaustively searched no integral is missing.
///
/// # Errors
/// A system without a Hamiltonian, or one that the exact algebra cannot represent; a grammar that does not fit.
///
/// # References
/// J. Hietarinta, *Direct methods for the search of the second invariant*, 1987; J. J. Morales-Ruiz and J.-P. Ramis,
/// *A note on the non-integrability of some Hamiltonian systems with a homogeneous potential*, 2001, theorem 3.
///
/// ```
/// use liouville::{IntegralsConfig, System, integrals};
///
/// let report = integrals(&System::load("kepler")?, &IntegralsConfig::default())?;
/// assert_eq!(report.record.verdict.to_string(), "maximally superintegrable");
/// assert_eq!(report.record.laws[0].formula, "x*py - y*px");
/// # Ok::<(), liouville::Failure>(())
/// ```
pub fn integrals(system: &System, config: &IntegralsConfig) -> Result<Report, Failure> {
    let record = questions::integrals(system, config, &Job::silent())?.record;
    Ok(Report { record, question: Question::Integrals, subject: Subject::System(Box::new(system.clone())) })
}

#[cfg(feature = "learn")]
impl IntegralsConfig {
    /// The same search among the functions of a term library, in place of those that are derived from the Hamiltonian.
    /// The language is that of `--grammar`.
    ///
    /// # Errors
    /// What the language of grammars does not know, with the place.
    ///
    /// ```
    /// use liouville::{IntegralsConfig, System, integrals};
    ///
    /// let own = IntegralsConfig::default().with_grammar("grammar angular\nterms momenta^1 * coordinates^1\n")?;
    /// assert_eq!(integrals(&System::load("kepler")?, &own)?.record.laws.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_grammar(self, text: &str) -> Result<IntegralsConfig, Failure> {
        let grammar = GrammarText {
            path: "the grammar".to_owned(),
            text: text.to_owned(),
            included: Default::default(),
        };
        questions::parsed_grammar(&grammar)?;
        Ok(IntegralsConfig { grammar: Some(grammar), ..self })
    }
}

/// A formula in its canonical and most compact form, with conditions (`… where x > 0`) if it would be real at more points
/// than the one given.
///
/// # Errors
/// A formula that cannot be read, with its place, or that the exact algebra cannot represent.
///
/// ```
/// assert_eq!(liouville::simplify("x^2 - 2*x*y + y^2")?, "(x - y)^2");
/// assert_eq!(liouville::simplify("sin(a)^2 + cos(a)^2 + sqrt(x)^2")?, "x + 1 where x > 0");
/// # Ok::<(), liouville::Failure>(())
/// ```
pub fn simplify(formula: &str) -> Result<String, Failure> {
    let found = questions::simplify(formula, false)?.answer;
    Ok(match found.conditions.as_slice() {
        [] => found.formula.to_string(),
        conditions => format!("{} where {}", found.formula, conditions.join(", ")),
    })
}

/// A recording: one or several runs of one system, as read from files or a text.
///
/// The roles of columns are told by their names: a time, positions, and for each position its velocity (`vx` for `x`,
/// `omega` for `theta`), its canonical momentum (`px`), or neither. Angles are in radians. Times are in any unit, also
/// uneven; all other units follow from it.
#[cfg(feature = "learn")]
#[derive(Clone, Debug)]
pub struct Recording {
    reading: Reading,
    name: String,
    source: String,
}

#[cfg(feature = "learn")]
impl Recording {
    /// Reads files (CSV and its relatives, NPZ); several files are several runs.
    ///
    /// # Errors
    /// A file that cannot be read, or is not understood, with its place and the way out.
    ///
    /// ```
    /// let error = liouville::Recording::read(&["no-such-file.csv"]).unwrap_err();
    /// assert!(error.to_string().contains("no-such-file.csv"));
    /// ```
    pub fn read(files: &[&str]) -> Result<Recording, Failure> {
        let files: Vec<String> = files.iter().map(|&file| file.to_owned()).collect();
        let reading = read(&files, &ReadOptions::default())?;
        Ok(Recording { reading, name: questions::name_of(&files), source: files.join(", ") })
    }

    /// Reads a text with one row for each point; `name` stands for its file.
    ///
    /// # Errors
    /// A text that is not understood, with its place and the way out.
    ///
    /// ```
    /// let rows = (0..40).map(|k| 0.1 * f64::from(k)).map(|t| format!("{t},{}\n", t.cos()));
    /// let text = "t,x\n".to_owned() + &rows.collect::<String>();
    /// let recording = liouville::Recording::parse(&text, "spring.csv")?;
    /// assert!(recording.understood().ends_with("time t; position x alone"));
    /// # Ok::<(), liouville::Failure>(())
    /// ```
    pub fn parse(text: &str, name: &str) -> Result<Recording, Failure> {
        let reading = read_text(text, name, &ReadOptions::default())?;
        Ok(Recording { reading, name: questions::name_of(&[name.to_owned()]), source: name.to_owned() })
    }

    /// What was understood, in a sentence.
    pub fn understood(&self) -> &str {
        &self.reading.understood
    }
}

/// The law of motion of a recording as a Hamiltonian, its conserved quantities, each proved for every value of the
/// measured constants, and the verdict. Takes a second in the median and at most two minutes.
///
/// Constants that the data does not show to be rationals are letters with standard errors, in the units of the data.
///
/// # Errors
/// A recording that cannot be used: too few points, too many coordinates.
///
/// ```
/// let mut rows = "t,x\n".to_owned();
/// for k in 0..400 {
///     let t = 0.05 * f64::from(k);
///     rows += &format!("{t:.2},{:.6}\n", (1.3 * t).cos());
/// }
/// let recording = liouville::Recording::parse(&rows, "spring.csv")?;
/// let report = liouville::discover(&recording)?;
/// assert_eq!(report.record.verdict.to_string(), "integrable");
/// # Ok::<(), liouville::Failure>(())
/// ```
#[cfg(feature = "learn")]
pub fn discover(recording: &Recording) -> Result<Report, Failure> {
    let Recording { reading, name, source } = recording.clone();
    let settings = Settings::default();
    let limits = Limits { seconds: settings.seconds(true), work: u64::MAX };
    let token = limits.token(&CancelToken::new());
    let inputs = questions::inputs(String::new(), settings, None, Some(Recorded { reading, name, source }))?;
    let session = Session { job: Job::silent().with_token(token), threads: None };
    match questions::discover(&inputs, Networks::Trained(None), &session)? {
        End::Found(found) => Ok(Report {
            record: found.record.clone(),
            question: Question::Discover,
            subject: Subject::Data(Box::new((inputs, *found))),
        }),
        End::InTraining { ended, .. } => Err(Failure::ended(
            "the time limit was reached in a training\n".to_owned(),
            ended.or(Some(Ended::Seconds)),
        )),
    }
}
