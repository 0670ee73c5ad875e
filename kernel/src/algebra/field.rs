//! [`Field`]: a finished tower of generators.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::construct::{Construction, Demand, Halt};
use super::tower::{Generator, Tower};
use super::{AlgebraError, RationalPolynomial, present, witness, work};
use crate::expr::{Condition, Expr, Rational, Relation, Symbol};

/// How many times a construction may restart with larger indices of roots and finer multiples.
const MAX_RESTARTS: usize = 64;

/// A differential field of functions, closed under the derivatives by its variables. It holds the rational
/// functions of variables, parameters and the generators that some formulas need. A field never changes.
///
/// Fields built from different formulas differ, even if one could hold the functions of the other.
#[derive(Debug)]
pub struct Field {
    pub(super) tower: Tower,
}

/// A generator: a function that was added to the field, and its definition.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GeneratorDescription {
    /// A name that no symbol of the field has: `g1`, `g2`, ….
    pub name: String,
    /// The function.
    pub function: Expr,
    /// For a generator that is algebraic over the earlier ones: an expression that is identically zero,
    /// such as `s^2 - (x^2 + y^2)`, with `s` the name.
    pub relation: Option<Expr>,
}

impl Field {
    /// Builds the field that holds all the expressions, on the domain where the conditions hold. One can
    /// differentiate by the symbols in `variables`, which keep their order. All other symbols are
    /// parameters, ordered by name.
    ///
    /// # Errors
    /// A divisor is zero or may be zero, a function or a size cannot be represented, or no real point
    /// satisfies the conditions.
    pub fn for_expressions<'a>(
        variables: &[Symbol],
        conditions: &[Condition],
        expressions: impl IntoIterator<Item = &'a Expr>,
    ) -> Result<Arc<Field>, AlgebraError> {
        Ok(Field::with_elements(variables, conditions, expressions)?.0)
    }

    /// Builds the field, and returns it with the values of the expressions.
    pub(super) fn with_elements<'a>(
        variables: &[Symbol],
        conditions: &[Condition],
        expressions: impl IntoIterator<Item = &'a Expr>,
    ) -> Result<(Arc<Field>, Vec<RationalPolynomial>), AlgebraError> {
        let expressions: Vec<&Expr> = expressions.into_iter().collect();
        let functions = || conditions.iter().map(|c| &c.function).chain(expressions.iter().copied());
        if functions().any(is_deep) {
            return Err(AlgebraError::TooDeep);
        }
        let (symbols, count) = ordered_symbols(variables, functions());
        let start = Tower::new(symbols, count);
        let mut demands = Vec::new();
        let built = work::bounded(|| build(&start, conditions, &expressions, &mut demands));
        let (tower, values) = match built {
            // Without the relations of cos(π/N) more is within reach.
            Err(error) if error != AlgebraError::Cancelled && demands.iter().any(Demand::is_of_turns) => {
                let mut plain = vec![Demand::plain_turns()];
                work::bounded(|| build(&start, conditions, &expressions, &mut plain)).map_err(|_| error)?
            }
            built => built?,
        };
        Ok((Arc::new(Field { tower }), values))
    }

    /// The conditions under which all formulas of the field are real: those that roots and logarithms need,
    /// and those that the caller stated.
    pub fn conditions(&self) -> Vec<Condition> {
        let tower = &self.tower;
        let written = |value: &RationalPolynomial| present::express(tower, value);
        let positive = tower.domain.iter().map(|value| Condition::positive(written(value)));
        positive.chain(tower.nonzero.iter().map(|value| Condition::nonzero(written(value)))).collect()
    }

    /// Whether some real point was found at which all formulas of the field are defined. `true` is a proof.
    pub fn has_real_point(&self) -> bool {
        const POINTS: u64 = 600;
        self.tower.domain.is_empty()
            || (0..POINTS).any(|point| witness::Evaluation::new(&self.tower, point).is_in_domain())
    }

    /// Whether it can be shown that the condition holds on the whole domain of the field.
    ///
    /// # Errors
    /// The field does not hold a function of the condition.
    pub fn implies(&self, condition: &Condition) -> Result<bool, AlgebraError> {
        let construction = Construction::within(&self.tower);
        let mut walk = Construction::within(&self.tower);
        let value = work::bounded(|| walk.convert(&condition.function)).map_err(|halt| match halt {
            Halt::Error(error) => error,
            Halt::Refine(_) => AlgebraError::NotInField { function: condition.function.to_string() },
        })?;
        if construction.is_plainly_positive(&value)? {
            return Ok(true);
        }
        let stated = |known: &RationalPolynomial| self.tower.agree(known, &value);
        Ok(condition.relation == Relation::NonZero
            && self.tower.nonzero.iter().map(stated).collect::<Result<Vec<_>, _>>()?.contains(&true))
    }

    /// The symbols that one can differentiate by.
    pub fn variables(&self) -> &[Symbol] {
        &self.tower.symbols[..self.tower.variables]
    }

    /// The symbols that derivatives treat as constants.
    pub fn parameters(&self) -> &[Symbol] {
        &self.tower.symbols[self.tower.variables..]
    }

    /// The generators in order. Each is defined by symbols and earlier generators.
    pub fn generators(&self) -> Vec<GeneratorDescription> {
        let tower = &self.tower;
        let mut number = 0;
        let mut name = || loop {
            number += 1;
            let name = format!("g{number}");
            if tower.symbols.iter().all(|s| s.name() != name) {
                break name;
            }
        };
        let names: Vec<String> = tower.generators().map(|_| name()).collect();
        let describe = |(position, (_, generator)): (usize, (usize, &Generator))| {
            let own = Expr::symbol(&names[position]);
            let relation = match generator {
                Generator::Root { radicand, index } => {
                    Some(own.to_power(Rational::from(*index)) - present::express(tower, radicand))
                }
                Generator::Sine { .. } => {
                    let cosine = Expr::symbol(&names[position - 1]);
                    Some(own.to_power(2) + cosine.to_power(2) - Expr::one())
                }
                Generator::Sign { .. } => Some(own.to_power(2) - Expr::one()),
                Generator::TwiceCosine { field } => {
                    let minimal = field.replacement(0);
                    let terms = minimal.terms().map(|(monomial, coefficient)| {
                        let power = monomial.first().map_or(0, |&(_, e)| e);
                        Expr::number(Rational::from(coefficient))
                            * own.clone().to_power(Rational::from(power))
                    });
                    Some(own.clone().to_power(Rational::from(field.degree())) - Expr::sum(terms))
                }
                Generator::Inverse { factor } => {
                    Some(own * present::express(tower, &factor.clone().into()) - Expr::one())
                }
                _ => None,
            };
            let function = present::generator_expr(tower, generator);
            GeneratorDescription { name: names[position].clone(), function, relation }
        };
        tower.generators().enumerate().map(describe).collect()
    }

    /// The conditions under which the identities of this field hold: `x^2 + y^2 > 0` for a root or
    /// logarithm, `x - y != 0` for a denominator.
    pub fn assumptions(&self) -> Vec<String> {
        let tower = &self.tower;
        let positive = tower.domain.iter().map(|value| format!("{} > 0", present::express(tower, value)));
        let nonzero = tower.generators().filter_map(|(_, generator)| match generator {
            Generator::Inverse { factor } if !matches!(factor.variables().as_slice(), &[v] if factor.len() == 1 && matches!(tower.generator(v), Some(Generator::Exponential { .. } | Generator::Pi))) => {
                Some(format!("{} != 0", present::express(tower, &factor.clone().into())))
            }
            Generator::Sign { of } => Some(format!("{} != 0", present::express(tower, of))),
            _ => None,
        });
        let mut assumptions: Vec<String> = Vec::new();
        for assumption in positive.chain(nonzero) {
            if !assumptions.contains(&assumption) {
                assumptions.push(assumption);
            }
        }
        assumptions
    }

    /// The index of the variable in [`variables`](Self::variables).
    pub(super) fn variable(&self, symbol: &Symbol) -> Result<usize, AlgebraError> {
        let position = self.variables().iter().position(|v| v == symbol);
        position.ok_or_else(|| AlgebraError::UnknownSymbol(symbol.clone()))
    }
}

/// The variables, then the other symbols of the functions ordered by name; and the number of variables.
fn ordered_symbols<'a>(
    variables: &[Symbol],
    functions: impl Iterator<Item = &'a Expr>,
) -> (Vec<Symbol>, usize) {
    let mut symbols: Vec<Symbol> = Vec::new();
    for variable in variables {
        if !symbols.contains(variable) {
            symbols.push(variable.clone());
        }
    }
    let count = symbols.len();
    let free: BTreeSet<Symbol> = functions.flat_map(|e| e.symbols()).collect();
    let parameters: Vec<Symbol> = free.into_iter().filter(|s| !symbols.contains(s)).collect();
    symbols.extend(parameters);
    (symbols, count)
}

/// A tower with the expressions in it.
type Built = Result<(Tower, Vec<RationalPolynomial>), AlgebraError>;

/// The tower that the conditions and expressions call for, and the expressions in it. It is built again where what
/// was found of the domain decides more: logarithms that are sums, and signs.
fn build(start: &Tower, conditions: &[Condition], expressions: &[&Expr], demands: &mut Vec<Demand>) -> Built {
    let (mut tower, mut values) = walk(start.clone(), conditions, expressions, demands)?;
    let mut second = start.clone();
    second.expected = tower.conditions_on_symbols();
    if !second.expected.is_empty()
        && tower.has_open_logarithms()
        && let Ok(split) = walk(second.clone(), conditions, expressions, demands)
    {
        (tower, values) = split;
    } else {
        second.expected.clear();
    }
    // A sign met before the condition that settles it: the whole is built again, with all conditions first.
    if !has_settled_sign(&tower)? {
        return Ok((tower, values));
    }
    let found = tower.domain.iter().map(|value| Condition::positive(present::express(&tower, value)));
    let all: Vec<Condition> = conditions.iter().cloned().chain(found).collect();
    walk(second, &all, expressions, demands)
}

/// Walks the formulas, starting again at each new demand.
fn walk(start: Tower, conditions: &[Condition], expressions: &[&Expr], demands: &mut Vec<Demand>) -> Built {
    for _ in 0..MAX_RESTARTS {
        let mut construction = Construction::open(start.clone(), demands);
        let convert = |c: &mut Construction| -> Result<Vec<_>, Halt> {
            c.begin()?;
            conditions.iter().try_for_each(|condition| c.restrict(condition))?;
            expressions.iter().map(|e| c.convert(e)).collect()
        };
        match convert(&mut construction) {
            Ok(values) => return Ok((construction.tower.into_owned(), values)),
            Err(Halt::Error(error)) => return Err(error),
            Err(Halt::Refine(demand)) => demand.enter(demands).map_err(|halt| match halt {
                Halt::Error(error) => error,
                Halt::Refine(_) => AlgebraError::TooLarge,
            })?,
        }
    }
    Err(AlgebraError::TooLarge)
}

/// Whether the tower has a generator for a sign that its own domain determines.
fn has_settled_sign(tower: &Tower) -> Result<bool, AlgebraError> {
    let walk = Construction::within(tower);
    for (_, generator) in tower.generators() {
        if let Generator::Sign { of } = generator
            && (walk.is_plainly_positive(of)? || walk.is_plainly_positive(&of.negated())?)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a formula nests more than [`MAX_DEPTH`](super::MAX_DEPTH) levels. No recursion: a deep formula
/// would overflow the stack.
pub(super) fn is_deep(expr: &Expr) -> bool {
    let mut level = vec![expr];
    for _ in 0..=super::MAX_DEPTH {
        level = level.into_iter().flat_map(Expr::children).collect();
        if level.is_empty() {
            return false;
        }
    }
    true
}
