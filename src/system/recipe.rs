//! The steps of a `sample` block.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::expr::{Expr, Rational, Symbol};

use super::build::Scope;
use super::constant::exact_value;
use super::file::{Source, symbol};
use super::names::NameKind;
use super::place::did_you_mean;
use super::statement::{DistributionName, Located, Spanned, Statement};
use super::{Distribution, RecipeStep, SystemError};

/// Reads the steps in order; each may use parameters and what earlier steps gave a value.
pub fn read_recipe(
    source: &Source,
    scope: &Scope<'_>,
    sample: &Range<usize>,
    statements: &[Located],
) -> Result<Vec<RecipeStep>, SystemError> {
    let later = statements.iter().filter_map(|located| match &located.statement {
        Statement::Draw(name, ..) | Statement::Let(name, _) => Some(symbol(name)),
        _ => None,
    });
    let mut reader = Reader { source, scope, defined: BTreeSet::new(), named: later.collect() };
    let steps = statements.iter().map(|located| reader.step(located)).collect::<Result<Vec<_>, _>>()?;
    match scope.names.variables().find(|name| !reader.defined.contains(*name)) {
        None => Ok(steps),
        Some(missing) => {
            let message = format!("the recipe gives `{missing}` no value");
            let hint = format!("add `{missing} = …` or `{missing} ~ uniform(-1, 1)`");
            Err(source.error(SystemError::Recipe, sample, message, None, Some(hint)))
        }
    }
}

struct Reader<'a> {
    source: &'a Source,
    scope: &'a Scope<'a>,
    /// What the steps so far gave a value.
    defined: BTreeSet<Symbol>,
    /// What any step gives a value.
    named: BTreeSet<Symbol>,
}

impl Reader<'_> {
    fn step(&mut self, located: &Located) -> Result<RecipeStep, SystemError> {
        let place = self.source.place(located.span.clone());
        match &located.statement {
            Statement::Draw(name, distribution, [a, b]) => {
                let (first, second) = (self.formula(a)?, self.formula(b)?);
                self.check_distribution(*distribution, (&first, a), (&second, b))?;
                let is_variable = self.kind(name).is_some_and(NameKind::is_variable);
                self.define(name, is_variable)?;
                let distribution = match distribution {
                    DistributionName::Uniform => Distribution::Uniform(first, second),
                    DistributionName::Normal => Distribution::Normal(first, second),
                };
                Ok(RecipeStep::Draw { name: symbol(name), distribution, place })
            }
            Statement::Let(name, formula) => {
                let formula = self.formula(formula)?;
                if self.kind(name).is_some_and(NameKind::is_variable) {
                    let message = format!("`{}` is not an abbreviation", name.text);
                    let hint = format!("write `{} = …`, without `let`", name.text);
                    return Err(self.source.error(
                        SystemError::BadName,
                        &name.span,
                        message,
                        None,
                        Some(hint),
                    ));
                }
                self.define(name, false)?;
                Ok(RecipeStep::Define { name: symbol(name), formula })
            }
            Statement::Assign(name, formula) => {
                if !self.kind(name).is_some_and(NameKind::is_variable) {
                    return Err(self.not_a_variable(name));
                }
                let formula = self.formula(formula)?;
                self.define(name, true)?;
                Ok(RecipeStep::Define { name: symbol(name), formula })
            }
            Statement::Require(sides, relations) => {
                let sides = sides.iter().map(|side| self.formula(side)).collect::<Result<_, _>>()?;
                Ok(RecipeStep::Require { sides, relations: relations.clone(), place })
            }
            _ => Err(self.source.error(
                SystemError::Recipe,
                &located.span,
                "this is no step of a recipe",
                Some("`~`, `let`, an assignment or `require`"),
                None,
            )),
        }
    }

    fn kind(&self, name: &Spanned) -> Option<NameKind> {
        self.scope.names.kind(&symbol(name))
    }

    fn not_a_variable(&self, name: &Spanned) -> SystemError {
        let message = format!("`{}` is neither a coordinate nor a momentum", name.text);
        let hint = did_you_mean(&name.text, self.scope.names.variables().map(Symbol::name))
            .unwrap_or_else(|| format!("write `let {} = …` for an abbreviation", name.text));
        self.source.error(SystemError::UnknownName, &name.span, message, None, Some(hint))
    }

    fn define(&mut self, name: &Spanned, is_variable: bool) -> Result<(), SystemError> {
        if !is_variable {
            self.scope.names.check_free(self.source, name)?;
        }
        if self.defined.insert(symbol(name)) {
            return Ok(());
        }
        let message = format!("`{}` is given a value twice", name.text);
        Err(self.source.error(SystemError::BadName, &name.span, message, None, None))
    }

    /// A formula in parameters and names that have a value, abbreviations put in.
    fn formula(&self, piece: &Spanned) -> Result<Expr, SystemError> {
        let formula = self.source.formula(piece)?;
        for used in formula.symbols() {
            self.check_defined(piece, &used)?;
        }
        self.scope.expand(self.source, piece, &formula)
    }

    fn check_defined(&self, piece: &Spanned, used: &Symbol) -> Result<(), SystemError> {
        if self.defined.contains(used) {
            return Ok(());
        }
        let meaning = match (self.scope.names.kind(used), used.name()) {
            (Some(NameKind::Parameter), _) => return Ok(()),
            (Some(NameKind::Let), _) => self.scope.lets.get(used),
            (None, "H") => self.scope.hamiltonian,
            _ => None,
        };
        let place = self.source.word_in(piece, used);
        let needs_value = |name: &Symbol| {
            self.scope.names.kind(name).is_some_and(NameKind::is_variable) && !self.defined.contains(name)
        };
        if let Some(formula) = meaning {
            let Some(missing) = formula.symbols().into_iter().find(needs_value) else { return Ok(()) };
            let message = format!("`{used}` needs `{missing}`, which has no value yet");
            let hint = Some(format!("move this line below the one that gives `{missing}` its value"));
            return Err(self.source.error(SystemError::Recipe, &place, message, None, hint));
        }
        if needs_value(used) || self.named.contains(used) {
            let message = format!("`{used}` has no value yet");
            let hint = Some(format!("move this line below the one that gives `{used}` its value"));
            return Err(self.source.error(SystemError::Recipe, &place, message, None, hint));
        }
        let names = self.defined.iter().map(Symbol::name);
        let hint = match used.name() {
            "H" => Some("this system has no Hamiltonian".to_string()),
            name => did_you_mean(name, names.chain(self.scope.names.all().map(Symbol::name))),
        };
        let message = format!("unknown name `{used}`");
        let expected = Some("a parameter or a name defined above");
        Err(self.source.error(SystemError::UnknownName, &place, message, expected, hint))
    }

    /// Constant bounds are in order, a constant standard deviation is not negative.
    fn check_distribution(
        &self,
        distribution: DistributionName,
        (first, first_piece): (&Expr, &Spanned),
        (second, second_piece): (&Expr, &Spanned),
    ) -> Result<(), SystemError> {
        let value = |formula: &Expr| exact_value(formula, &BTreeMap::new()).ok();
        let (problem, piece) = match distribution {
            DistributionName::Uniform => match (value(first), value(second)) {
                (Some(low), Some(high)) if low > high => {
                    ("the lower bound is above the upper one", first_piece)
                }
                _ => return Ok(()),
            },
            DistributionName::Normal => match value(second) {
                Some(deviation) if deviation < Rational::ZERO => {
                    ("the standard deviation is negative", second_piece)
                }
                _ => return Ok(()),
            },
        };
        let expected = match distribution {
            DistributionName::Uniform => "the lower bound first",
            DistributionName::Normal => "a number not below 0",
        };
        Err(self.source.error(SystemError::BadValue, &piece.span, problem, Some(expected), None))
    }
}
