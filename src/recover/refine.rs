//! The constants of a form by variable projection.

use super::{Model, Problem};
use crate::regression::Matrix;
use crate::regression::beam::Support;
use crate::regression::varpro::{Blocks, Evaluated, VarproConfig, VarproFit, variable_projection};
use crate::terms::joint::{Column, Term};

/// Where a refinement starts.
#[derive(Clone, PartialEq, Debug)]
pub struct Form {
    /// The terms, those with a nonlinear parameter at its start value.
    pub terms: Vec<Term>,
    /// Ties between nonlinear parameters, one entry for each term; see [`Model::ties`].
    pub ties: Vec<Option<(usize, f64)>>,
    /// μ of each body.
    pub inverse_masses: Vec<f64>,
    /// Whether the masses are fitted; otherwise all are 1.
    pub masses: Masses,
}

/// What is known of the masses of the bodies.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Masses {
    /// All are equal.
    Equal,
    /// Each but the first is fitted.
    Own,
}

impl Form {
    /// The form of a support, its nonlinear parameters moved by the linearised step, within bounds.
    pub fn of_support(problem: &Problem, support: &Support, masses: Masses) -> Form {
        let mut terms: Vec<Term> = support.terms.iter().map(|&k| problem.library.terms[k].clone()).collect();
        let coefficients = &support.fit.coefficients;
        let (own, mut changes) = (&coefficients[..terms.len()], coefficients[terms.len()..].iter());
        for (term, c) in terms.iter_mut().zip(own).filter(|(term, _)| term.is_free()) {
            let (Some(change), Some(k)) = (changes.next(), term.parameter()) else { continue };
            let step = if *c == 0.0 { 0.0 } else { (change / c).clamp(-0.45, 0.6) };
            *term = term.with_parameter(k * (1.0 + step));
        }
        let ties = vec![None; terms.len()];
        Form { terms, ties, inverse_masses: support.fit.scales.clone(), masses }
    }

    /// The form of a model.
    pub fn of_model(problem: &Problem, model: &Model) -> Form {
        let first = |body: &Vec<usize>| model.inverse_masses[body[0]];
        Form {
            terms: model.terms.clone(),
            ties: model.ties.clone(),
            inverse_masses: problem.bodies().iter().map(first).collect(),
            masses: if model.masses() > 0 { Masses::Own } else { Masses::Equal },
        }
    }

    /// The form without one term. Parameters that were tied to its parameter get their own.
    pub fn without(&self, place: usize) -> Form {
        let mut form = self.clone();
        form.terms.remove(place);
        form.ties.remove(place);
        for tie in &mut form.ties {
            *tie = match *tie {
                Some((master, _)) if master == place => None,
                Some((master, ratio)) if master > place => Some((master - 1, ratio)),
                other => other,
            };
        }
        form
    }
}

/// Fits all constants of a form to the whitened equations; the score is left at infinity. `None` where a term is not
/// finite on the data or terms are dependent.
pub fn refine(problem: &Problem, form: &Form, config: &VarproConfig) -> Option<Model> {
    let moving = Moving::new(problem, form)?;
    let start: Option<Vec<f64>> = moving.masters.iter().map(|&k| form.terms[k].parameter()).collect();
    let rows = problem.rows_of_bodies();
    let blocks = Blocks { left: problem.left(), rows: &rows };
    let own = form.masses == Masses::Own;
    let evaluate = |parameters: &[f64]| moving.evaluate(parameters);
    let fit = variable_projection(&evaluate, blocks, &start?, &form.inverse_masses, own, config)?;
    Some(model(problem, form, fit))
}

/// The terms of a form whose columns move with the parameters.
struct Moving<'a> {
    problem: &'a Problem,
    form: &'a Form,
    /// The terms with a parameter of their own.
    masters: Vec<usize>,
    /// The columns, those of moving terms not yet filled in.
    fixed: Matrix,
}

impl<'a> Moving<'a> {
    fn new(problem: &'a Problem, form: &'a Form) -> Option<Moving<'a>> {
        let own = |&k: &usize| form.terms[k].is_free() && form.ties[k].is_none();
        let masters = (0..form.terms.len()).filter(own).collect();
        let fixed = Matrix::zeros(problem.equations(), form.terms.len());
        let mut moving = Moving { problem, form, masters, fixed };
        for (k, term) in form.terms.iter().enumerate() {
            if moving.owner(k).is_none() {
                moving.fixed.col_as_slice_mut(k).copy_from_slice(&problem.column(term)?);
            }
        }
        Some(moving)
    }

    /// The index of the parameter with which a term moves.
    fn owner(&self, k: usize) -> Option<usize> {
        let master = self.form.ties[k].map_or(k, |(master, _)| master);
        self.masters.iter().position(|&own| own == master)
    }

    fn evaluate(&self, parameters: &[f64]) -> Option<Evaluated> {
        let moved = |(k, term): (usize, &Term)| {
            let parameter = self.owner(k)?;
            let ratio = self.form.ties[k].map_or(1.0, |(_, ratio)| ratio);
            Some((k, parameter, term.with_parameter(ratio * parameters[parameter])))
        };
        let moved: Vec<(usize, usize, Term)> = self.form.terms.iter().enumerate().filter_map(moved).collect();
        let mut columns = self.fixed.clone();
        let mut changes = Matrix::zeros(self.problem.equations(), moved.len());
        if !moved.is_empty() {
            let mut asked = Vec::with_capacity(2 * moved.len());
            for (_, _, term) in &moved {
                asked.extend([Column::Force(term), Column::ByParameter(term)]);
            }
            let values = self.problem.columns(&asked)?;
            for (j, (k, _, _)) in moved.iter().enumerate() {
                columns.col_as_slice_mut(*k).copy_from_slice(values.col_as_slice(2 * j));
                changes.col_as_slice_mut(j).copy_from_slice(values.col_as_slice(2 * j + 1));
            }
        }
        let owners = moved.iter().map(|(k, parameter, _)| (*k, *parameter)).collect();
        Some(Evaluated { columns, changes, owners })
    }
}

/// The form with its fitted constants.
fn model(problem: &Problem, form: &Form, fit: VarproFit) -> Model {
    let (groups, masses) = match form.masses {
        Masses::Equal => (vec![(0..problem.dof()).collect()], Vec::new()),
        Masses::Own => (problem.bodies().to_vec(), fit.scales[1..].iter().map(|mu| mu.ln()).collect()),
    };
    let shape = Model {
        terms: form.terms.clone(),
        ties: form.ties.clone(),
        coefficients: fit.coefficients.clone(),
        inverse_masses: vec![1.0; problem.dof()],
        groups,
        chi: fit.chi,
        score: f64::INFINITY,
    };
    shape.with_constants(&[fit.coefficients, fit.parameters, masses].concat())
}
