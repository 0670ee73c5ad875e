//! Formulas: values, and their way to SymPy.

use std::collections::BTreeSet;

use liouville::expr::{Symbol, Tape, parse, python_name};
use liouville::questions::{Failure, formula};
use numpy::{PyArray1, PyReadonlyArray2};
use pyo3::prelude::*;

use super::failure::{exception, input};

/// A formula that is evaluated in double precision.
#[pyclass(frozen, module = "liouville._liouville")]
pub struct Function {
    tape: Tape,
    inputs: usize,
}

#[pymethods]
impl Function {
    /// The formula as a function of the named variables, in this order.
    #[new]
    fn new(py: Python<'_>, text: &str, inputs: Vec<String>) -> PyResult<Function> {
        let parsed = formula(text).map_err(|failure| exception(py, &failure))?;
        let symbols: Vec<Symbol> = inputs.iter().map(Symbol::new).collect();
        let tape = Tape::new(&[parsed], &symbols).map_err(|error| input(py, error))?;
        Ok(Function { tape, inputs: symbols.len() })
    }

    /// Values at rows of `[samples, inputs]`: `[samples]`, not finite outside the domain.
    fn values<'py>(
        &self,
        py: Python<'py>,
        samples: PyReadonlyArray2<'py, f64>,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let samples = samples.as_array();
        if samples.ncols() != self.inputs {
            let found = format!("rows of {} numbers are expected, and have {}", self.inputs, samples.ncols());
            return Err(input(py, found));
        }
        let rows: Vec<f64> = samples.iter().copied().collect();
        Ok(PyArray1::from_vec(py, py.detach(|| self.tape.evaluate(&rows))))
    }
}

/// The formula as a Python expression for SymPy, and its variables, each with its name in that expression.
#[pyfunction]
pub fn sympy_source(py: Python<'_>, text: &str) -> PyResult<(String, Vec<(String, String)>)> {
    let parsed =
        parse(text).or_else(|_| formula(text)).map_err(|failure: Failure| exception(py, &failure))?;
    let symbols: BTreeSet<Symbol> = parsed.symbols();
    let names = symbols.iter().map(|symbol| (python_name(symbol.name()), symbol.name().to_owned())).collect();
    Ok((parsed.to_sympy(), names))
}
