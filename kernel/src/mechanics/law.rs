//! [`ConservedQuantity`]: a law with its name and how it stands.

use std::fmt;

use super::Certificate;
use crate::expr::{Condition, Expr};

/// How a function stands as a law.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Status {
    /// {F, H} = 0 was proved by exact algebra.
    Proved,
    /// {F, H} = 0 was proved on each side of a surface, across which F may jump.
    Piecewise,
    /// Numerical evidence supports it.
    Supported,
    /// {F, H} ≠ 0 was proved.
    Refuted,
    /// Neither was proved.
    Unknown,
}

impl Status {
    /// The word in reports: `proved`, `piecewise`, `supported`, `refuted`, `unknown`.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Proved => "proved",
            Status::Piecewise => "piecewise",
            Status::Supported => "supported",
            Status::Refuted => "refuted",
            Status::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A conserved quantity. A proved one takes its formula from its [`Certificate`].
#[derive(Clone, Debug)]
pub struct ConservedQuantity {
    name: String,
    ground: Ground,
}

/// What a law rests on.
#[derive(Clone, Debug)]
enum Ground {
    Proof(Box<Certificate>),
    Evidence(Expr),
}

impl ConservedQuantity {
    /// A law that was proved.
    pub fn proved(name: impl Into<String>, certificate: Certificate) -> ConservedQuantity {
        ConservedQuantity { name: name.into(), ground: Ground::Proof(Box::new(certificate)) }
    }

    /// A law with numerical evidence alone.
    pub fn supported(name: impl Into<String>, formula: Expr) -> ConservedQuantity {
        ConservedQuantity { name: name.into(), ground: Ground::Evidence(formula) }
    }

    /// Its name: `L`, `Px`, ….
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its formula.
    pub fn formula(&self) -> &Expr {
        match &self.ground {
            Ground::Proof(certificate) => certificate.law(),
            Ground::Evidence(formula) => formula,
        }
    }

    /// The conditions under which it was proved, beyond those that its own formula and H make.
    pub fn domain(&self) -> &[Condition] {
        self.certificate().map_or(&[], Certificate::domain)
    }

    /// The proof, if there is one.
    pub fn certificate(&self) -> Option<&Certificate> {
        match &self.ground {
            Ground::Proof(certificate) => Some(certificate),
            Ground::Evidence(_) => None,
        }
    }

    /// [`Status::Proved`] or [`Status::Supported`].
    pub fn status(&self) -> Status {
        match self.ground {
            Ground::Proof(_) => Status::Proved,
            Ground::Evidence(_) => Status::Supported,
        }
    }

    /// Whether it is proved.
    pub fn is_proved(&self) -> bool {
        self.status() == Status::Proved
    }
}
