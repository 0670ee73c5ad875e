//! Hamilton's equations and their renderings: text, LaTeX, JSON, and programs.

use super::code::{Language, Names};
use crate::expr::{Condition, Expr, Rational, Symbol};

/// Hamilton's equations of a system.
#[derive(Clone, PartialEq, Debug)]
pub struct Equations {
    /// The name of the system.
    pub system: String,
    /// Coordinates, then momenta.
    pub variables: Vec<Symbol>,
    /// Parameters without a value that occur in H: arguments of the programs.
    pub parameters: Vec<Symbol>,
    /// Parameters with a value, which is put in.
    pub values: Vec<(Symbol, Rational)>,
    /// H in canonical form.
    pub hamiltonian: Expr,
    /// The time derivative of each variable.
    pub rates: Vec<Expr>,
    /// The conditions under which H is used, in addition to its being real.
    pub domain: Vec<Condition>,
}

/// How equations are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EquationsFormat {
    /// `qx' = 2*px`, one line each.
    Text,
    /// `\dot{q_{x}} = 2 p_{x}`, one line each.
    Latex,
    /// A Python program for SymPy.
    Sympy,
    /// The JSON document.
    Json,
    /// Functions for numbers.
    Program(Language),
}

impl Equations {
    /// The equations in a format. Programs need nothing but the standard library of their language, and NumPy in
    /// Python.
    ///
    /// # Shapes
    /// Of the programs: `hamiltonian` takes a state `[2·dof]`, coordinates first, and the parameters; `rates` takes
    /// the same and returns `[2·dof]`. In Python the state may also be `[2·dof, samples]`.
    pub fn render(&self, format: EquationsFormat) -> String {
        match format {
            EquationsFormat::Text => self.text(),
            EquationsFormat::Latex => self.latex(),
            EquationsFormat::Sympy => self.sympy(),
            EquationsFormat::Json => {
                format!("{}\n", serde_json::to_string_pretty(&self.document()).unwrap_or_default())
            }
            EquationsFormat::Program(Language::Python) => self.python(),
            EquationsFormat::Program(Language::Julia) => self.julia(),
            EquationsFormat::Program(Language::Rust) => self.rust(),
        }
    }

    /// What the equations are of, in lines: name and parameters, H, its domain.
    fn head(&self) -> Vec<String> {
        let values = self.values.iter().map(|(name, value)| format!(" · {name} = {value}"));
        let mut lines = vec![format!("{}{}", self.system, values.collect::<String>())];
        lines.push(format!("H = {}", self.hamiltonian));
        if !self.domain.is_empty() {
            lines.push(format!("where {}", self.conditions()));
        }
        lines
    }

    fn conditions(&self) -> String {
        self.domain.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }

    fn pairs(&self) -> impl Iterator<Item = (&Symbol, &Expr)> {
        self.variables.iter().zip(&self.rates)
    }

    fn text(&self) -> String {
        let rates = self.pairs().map(|(variable, rate)| format!("{variable}' = {rate}"));
        lines(self.head().into_iter().chain(std::iter::once(String::new())).chain(rates))
    }

    fn latex(&self) -> String {
        let name = |symbol: &Symbol| Expr::Symbol(symbol.clone()).to_latex();
        let rates =
            self.pairs().map(|(variable, rate)| format!("\\dot{{{}}} = {}", name(variable), rate.to_latex()));
        lines(std::iter::once(format!("H = {}", self.hamiltonian.to_latex())).chain(rates))
    }

    fn document(&self) -> serde_json::Value {
        let rate = |(variable, rate): (&Symbol, &Expr)| {
            serde_json::json!({
                "variable": variable.name(), "rate": rate.to_string(), "latex": rate.to_latex(),
                "sympy": rate.to_sympy(),
            })
        };
        let (coordinates, momenta) = self.variables.split_at(self.variables.len() / 2);
        let names = |symbols: &[Symbol]| symbols.iter().map(|s| s.name().to_owned()).collect::<Vec<_>>();
        let values = self.values.iter().map(|(name, value)| (name.name().to_owned(), value.to_string()));
        let mut document = serde_json::json!({
            "system": {
                "name": self.system, "coordinates": names(coordinates), "momenta": names(momenta),
                "parameters": values.collect::<std::collections::BTreeMap<_, _>>(),
                "symbolic": names(&self.parameters),
            },
            "hamiltonian": {"formula": self.hamiltonian.to_string(), "latex": self.hamiltonian.to_latex()},
            "equations": self.pairs().map(rate).collect::<Vec<_>>(),
        });
        if !self.domain.is_empty() {
            document["hamiltonian"]["where"] = serde_json::json!(self.conditions());
        }
        document
    }

    fn sympy(&self) -> String {
        let symbols = self.variables.iter().chain(&self.parameters);
        let names: Vec<String> = symbols.map(|symbol| crate::expr::python_name(symbol.name())).collect();
        let (list, words) = (names.join(", "), names.join(" "));
        let rates =
            self.rates.iter().zip(&names).map(|(rate, name)| format!("    {name}: {},", rate.to_sympy()));
        let mut program: Vec<String> = self.comment("#");
        program.push("from sympy import *\n".into());
        program.push(format!(
            "{list}{} = symbols(\"{words}\", real=True)",
            if names.len() == 1 { "," } else { "" }
        ));
        program.push(format!("H = {}", self.hamiltonian.to_sympy()));
        program.push("rates = {".into());
        program.extend(rates);
        program.push("}".into());
        lines(program)
    }

    /// The head of a program.
    fn comment(&self, mark: &str) -> Vec<String> {
        let title = format!("Hamilton's equations, written by liouville {}.", env!("CARGO_PKG_VERSION"));
        std::iter::once(title).chain(self.head()).map(|line| format!("{mark} {line}")).collect()
    }

    fn names(&self, language: Language) -> Names {
        Names::new(language, self.variables.iter().chain(&self.parameters))
    }

    fn python(&self) -> String {
        let names = self.names(Language::Python);
        let list = |symbols: &[Symbol]| symbols.iter().map(|s| names.of(s).to_owned()).collect::<Vec<_>>();
        let (variables, parameters) = (list(&self.variables).join(", "), list(&self.parameters));
        let arguments: String = parameters.iter().map(|name| format!(", {name}")).collect();
        let unpacked =
            ["    state = np.asarray(state, dtype=float)".to_owned(), format!("    {variables} = state")];
        let mut program = self.comment("#");
        program.push("import numpy as np\n\n".into());
        program.push(format!("def hamiltonian(state{arguments}):"));
        program.push(format!(
            "    \"\"\"H of a state ({variables}): [{0}] or [{0}, samples].\"\"\"",
            self.rates.len()
        ));
        program.extend(unpacked.clone());
        program.push(format!("    return {}\n\n", names.write(&self.hamiltonian)));
        program.push(format!("def rates(t, state{arguments}):"));
        program.push(format!(
            "    \"\"\"The time derivative of a state ({variables}), in the same shape.\"\"\""
        ));
        program.extend(unpacked);
        program.push("    found = np.empty_like(state)".into());
        let each = self.rates.iter().enumerate();
        program.extend(each.map(|(at, rate)| format!("    found[{at}] = {}", names.write(rate))));
        program.push("    return found".into());
        lines(program)
    }

    fn julia(&self) -> String {
        let names = self.names(Language::Julia);
        let list = |symbols: &[Symbol]| symbols.iter().map(|s| names.of(s).to_owned()).collect::<Vec<_>>();
        let (variables, parameters) = (list(&self.variables).join(", "), list(&self.parameters).join(", "));
        let mut unpacked = vec![format!("    {variables} = state")];
        if !parameters.is_empty() {
            unpacked.push(format!("    ({parameters},) = parameters"));
        }
        let beside =
            if parameters.is_empty() { String::new() } else { format!("; parameters: ({parameters})") };
        let mut program = self.comment("#");
        program.push(format!("\n\"H of a state ({variables}){beside}.\""));
        program.push("function hamiltonian(state, parameters = ())".into());
        program.extend(unpacked.clone());
        program.push(format!("    return {}\nend\n", names.write(&self.hamiltonian)));
        program.push(format!("\"The time derivative of a state ({variables}){beside}.\""));
        program.push("function rates(state, parameters = (), t = 0.0)".into());
        program.extend(unpacked);
        program.push("    return [".into());
        program.extend(self.rates.iter().map(|rate| format!("        {},", names.write(rate))));
        program.push("    ]\nend".into());
        lines(program)
    }

    fn rust(&self) -> String {
        let names = self.names(Language::Rust);
        let arguments: String =
            self.parameters.iter().map(|name| format!(", {}: f64", names.of(name))).collect();
        let all: Vec<&str> = self.variables.iter().map(|symbol| names.of(symbol)).collect();
        // What a function does not use is not bound.
        let pattern = |used: &[&Expr]| {
            let is_used = |symbol: &Symbol| used.iter().any(|formula| formula.symbols().contains(symbol));
            let name = |symbol| if is_used(symbol) { names.of(symbol) } else { "_" };
            self.variables.iter().map(name).collect::<Vec<_>>().join(", ")
        };
        let (size, variables) = (self.rates.len(), all.join(", "));
        let mut program = self.comment("//");
        let head = |name: &str, result: &str| {
            format!(
                "#[allow(non_snake_case, unused_parens, unused_variables)]\npub fn {name}(state: &[f64; {size}]{arguments}) -> {result} {{"
            )
        };
        program.push(format!("\n/// H of a state ({variables})."));
        program.push(head("hamiltonian", "f64"));
        program.push(format!("    let [{}] = *state;", pattern(&[&self.hamiltonian])));
        program.push(format!("    {}\n}}\n", names.write(&self.hamiltonian)));
        program.push(format!("/// The time derivative of a state ({variables})."));
        program.push(head("rates", &format!("[f64; {size}]")));
        program.push(format!("    let [{}] = *state;", pattern(&self.rates.iter().collect::<Vec<_>>())));
        program.push("    [".into());
        program.extend(self.rates.iter().map(|rate| format!("        {},", names.write(rate))));
        program.push("    ]\n}".into());
        lines(program)
    }
}

/// Lines as a text that ends with a line end.
fn lines(lines: impl IntoIterator<Item = String>) -> String {
    lines.into_iter().map(|line| format!("{line}\n")).collect()
}
