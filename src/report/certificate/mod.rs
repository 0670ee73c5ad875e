//! Certificates: a result as a Python program that proves it again without liouville.
//!
//! What is written here is data: names as strings, formulas in names made for the purpose (`q0`, `p0`, `c0`), claims.
//! The program that checks it is the same for all results and stands in `numbers.py`, `field.py`, `obstruction.py` and
//! `checks.py`.

use std::collections::BTreeMap;

use super::{ObstructionRecord, Record};
use crate::expr::{Expr, Rational, Symbol, parse};
use crate::mechanics::{DarbouxPoint, Eigenvalue, NonIntegrability, Part, Reason, Status};

/// The parts of the program, in their order.
const PROGRAM: [&str; 4] = [
    include_str!("numbers.py"),
    include_str!("field.py"),
    include_str!("obstruction.py"),
    include_str!("checks.py"),
];

/// The relations of a condition, the longer ones first.
const RELATIONS: [&str; 6] = [">=", "<=", "!=", "=", ">", "<"];

impl Record {
    /// A self-contained Python program: its docstring states the system, the laws and their brackets; run
    /// with SymPy, it recomputes every claim, exactly and in 50 digits.
    pub fn certificate(&self) -> String {
        let mut text = String::from("#!/usr/bin/env python3\n\"\"\"");
        text += &self.statement();
        text += "\"\"\"\n\n";
        text += &self.data();
        for part in PROGRAM {
            text += "\n";
            text += part;
        }
        text
    }

    /// The result in words and formulas, for a reader.
    fn statement(&self) -> String {
        let system = &self.system;
        let hamiltonian = self.hamiltonian.formula.as_deref().unwrap_or("unknown");
        let mut text = format!("Certificate of conserved quantities of the system `{}`.\n\n", system.name);
        text += &format!("Coordinates: {}\n", system.coordinates.join(", "));
        text += &format!("Momenta: {}\n", system.momenta.join(", "));
        text += &format!("H = {hamiltonian}{}\n\n", where_clause(self.hamiltonian.domain.as_deref()));
        for law in self.laws.iter().filter(|law| law.status == Status::Proved) {
            let conditions = where_clause(law.domain.as_deref());
            text += &format!("{} = {}{conditions}\n    {{{}, H}} = 0\n", law.name, law.formula, law.name);
        }
        for combination in &self.combinations {
            text += &format!("{} = {}\n", combination.name, combination.of);
        }
        if !self.generators.is_empty() {
            text += "\nGenerators of the field in which the brackets were formed:\n";
            for generator in &self.generators {
                text += &format!("    {generator}\n");
            }
        }
        if !self.brackets.is_empty() {
            text += "\nBrackets among them that do not vanish:\n";
            let names = self.bracket_names();
            for (i, row) in self.brackets.iter().enumerate() {
                for (j, cell) in row.iter().enumerate().skip(i + 1) {
                    if cell != "0" {
                        text += &format!("    {{{}, {}}} = {cell}\n", names[i], names[j]);
                    }
                }
            }
        }
        if let Some(independent) = self.independent {
            text += &format!("\nIndependent: {independent}");
        }
        if !self.involutive.is_empty() {
            text += &format!("\nIn involution: {}\n", self.involutive.join(", "));
        }
        if let Some(obstruction) = &self.obstruction {
            text += &format!("\nProved: {}", obstruction.statement);
            if let Some(relative) = &obstruction.relative {
                text += &format!("\nProved of the motion {}", relative.statement);
            }
        }
        text += &format!(
            "\nVerdict: {}\n\nMade by liouville {}. Run this file with Python and SymPy to check it.\n",
            self.verdict, self.version
        );
        text
    }

    /// The same as a Python dictionary of strings and numbers.
    fn data(&self) -> String {
        let system = &self.system;
        let writer = Writer::new(&system.coordinates, &system.momenta, &system.symbolic);
        let proved: Vec<usize> =
            (0..self.laws.len()).filter(|&k| self.laws[k].status == Status::Proved).collect();
        let mut text = String::from(
            "# Formulas are in q0, q1, … for the coordinates, p0, p1, … for the momenta and c0, c1, … for the\n\
             # parameters, in the order of their names.\nDATA = {\n",
        );
        let mut entry = |key: &str, value: String| text += &format!("    {}: {value},\n", quoted(key));
        entry("system", quoted(&system.name));
        entry("coordinates", list(system.coordinates.iter().map(|name| quoted(name))));
        entry("momenta", list(system.momenta.iter().map(|name| quoted(name))));
        entry("parameters", list(system.symbolic.iter().map(|name| quoted(name))));
        entry("dof", system.coordinates.len().to_string());
        entry("H", writer.formula(self.hamiltonian.formula.as_deref().unwrap_or("0")));
        entry("where", writer.conditions(self.hamiltonian.domain.as_deref()));
        let laws = proved.iter().map(|&k| {
            let law = &self.laws[k];
            let (name, formula) = (quoted(&law.name), writer.formula(&law.formula));
            let conditions = writer.conditions(law.domain.as_deref());
            format!("\n        {{\"name\": {name}, \"formula\": {formula}, \"where\": {conditions}}}")
        });
        entry("laws", list(laws));
        entry("combinations", self.in_functions(&proved));
        entry("generators", python_bool(self.searched.is_some()).to_owned());
        entry("brackets", self.matrix(&proved, &writer));
        entry("independent", self.independent.map_or("None".to_owned(), |number| number.to_string()));
        entry("involutive", list(self.involutive.iter().map(|name| quoted(name))));
        entry("verdict", quoted(self.verdict.as_str()));
        entry("obstruction", self.obstruction.as_ref().map_or("None".to_owned(), obstruction));
        let space = self.space.as_ref().map(|space| {
            let terms = list(space.terms.iter().map(|term| format!("\n        {}", writer.formula(term))));
            format!("{{\"integrals\": {}, \"terms\": {terms}}}", space.integrals)
        });
        entry("space", space.unwrap_or("None".to_owned()));
        text + "}\n"
    }

    /// The combinations, with f0 for H and f1, f2, … for the proved laws.
    fn in_functions(&self, proved: &[usize]) -> String {
        let laws = proved.iter().map(|&k| self.laws[k].name.as_str());
        let all = std::iter::once("H").chain(laws).enumerate();
        let names = all.map(|(k, name)| (Symbol::new(name), Expr::symbol(format!("f{k}"))));
        let writer = Writer { names: names.collect() };
        list(self.combinations.iter().map(|combination| {
            let (name, of) = (quoted(&combination.name), writer.formula(&combination.of));
            format!("\n        {{\"name\": {name}, \"of\": {of}}}")
        }))
    }

    /// The brackets of H and the proved laws; `None` where the record holds none.
    fn matrix(&self, proved: &[usize], writer: &Writer) -> String {
        if self.brackets.is_empty() {
            return "None".to_owned();
        }
        let kept: Vec<usize> = std::iter::once(0).chain(proved.iter().map(|k| k + 1)).collect();
        let row = |&i: &usize| {
            let cells = kept.iter().map(|&j| writer.cell(&self.brackets[i][j]));
            format!("\n        {}", list(cells))
        };
        list(kept.iter().map(row))
    }
}

/// Formulas in names that Python and SymPy leave free and that cannot be mistaken for each other.
struct Writer {
    names: BTreeMap<Symbol, Expr>,
}

impl Writer {
    fn new(coordinates: &[String], momenta: &[String], parameters: &[String]) -> Writer {
        let mut names = BTreeMap::new();
        for (letter, group) in [("q", coordinates), ("p", momenta), ("c", parameters)] {
            for (number, name) in group.iter().enumerate() {
                names.insert(Symbol::new(name), Expr::symbol(format!("{letter}{number}")));
            }
        }
        Writer { names }
    }

    /// A formula of the record as a Python string; as it is where it is none.
    fn formula(&self, text: &str) -> String {
        quoted(&parse(text).map_or(text.to_owned(), |expr| expr.substitute(&self.names).to_sympy()))
    }

    /// An entry of the matrix of brackets: what is not written out has a word of its own.
    fn cell(&self, text: &str) -> String {
        match text {
            super::build::NOT_ZERO => quoted("not 0"),
            super::build::UNKNOWN | super::build::DISJOINT => quoted("unknown"),
            formula => self.formula(formula),
        }
    }

    /// Conditions such as `q > 0, y != 0` as a list.
    fn conditions(&self, text: Option<&str>) -> String {
        let parts = text.into_iter().flat_map(|text| text.split(',')).map(str::trim);
        let written = |condition: &str| {
            let Some(relation) = RELATIONS.into_iter().find(|r| condition.contains(r)) else {
                return quoted(condition);
            };
            let (left, right) = condition.split_once(relation).unwrap_or_default();
            let side = |text: &str| self.formula(text.trim()).trim_matches('"').to_owned();
            quoted(&format!("{} {relation} {}", side(left), side(right)))
        };
        list(parts.filter(|part| !part.is_empty()).map(written))
    }
}

/// The claim of non-integrability as a dictionary.
fn obstruction(record: &ObstructionRecord) -> String {
    let mut entries = vec![("class", quoted(&record.class))];
    match record.proof.as_ref().map(NonIntegrability::reason) {
        Some(Reason::Darboux { part, point, eigenvalue, .. }) => {
            let inner = match point {
                DarbouxPoint::Direction(_) | DarbouxPoint::Plane { .. } => "darboux",
                DarbouxPoint::Enclosed { .. } => "darboux-ball",
            };
            entries.push(("kind", quoted(if *part == Part::Whole { inner } else { "leading" })));
            entries.push(("inner", quoted(inner)));
            entries.push(("part", quoted(part_name(*part))));
            entries.extend(of_point(point));
            entries.extend(of_eigenvalue(eigenvalue));
        }
        Some(Reason::Exponential { weights, exponents, eigenvalue }) => {
            entries.push(("kind", quoted("exponential")));
            entries.push(("weights", rationals(weights)));
            entries.push(("exponents", list(exponents.iter().map(|exponent| rationals(exponent)))));
            entries.push(("eigenvalue", quoted(&eigenvalue.to_string())));
        }
        None => {}
    }
    let translations = record.proof.as_ref().map_or(&[][..], NonIntegrability::translations);
    entries.push(("translations", list(translations.iter().map(|vector| rationals(vector)))));
    let left = record.relative.as_ref().map(|relative| relative.degrees_of_freedom.to_string());
    entries.push(("relative", left.unwrap_or("None".to_owned())));
    let lines = entries.iter().map(|(key, value)| format!("\n        {}: {value}", quoted(key)));
    format!("{{{}}}", lines.collect::<Vec<_>>().join(","))
}

fn part_name(part: Part) -> &'static str {
    match part {
        Part::Whole => "whole",
        Part::Leading => "leading",
        Part::Lowest => "lowest",
    }
}

fn of_point(point: &DarbouxPoint) -> Vec<(&'static str, String)> {
    let numbers = |items: &[usize]| list(items.iter().map(ToString::to_string));
    match point {
        DarbouxPoint::Direction(direction) => {
            vec![("direction", rationals(direction))]
        }
        DarbouxPoint::Plane { basis, slope } => vec![
            ("basis", list(basis.iter().map(|vector| rationals(vector)))),
            ("slope", rationals(slope.coefficients())),
        ],
        DarbouxPoint::Enclosed { centre, radius, vanishing, block, sign } => vec![
            ("centre", rationals(centre)),
            ("radius", quoted(&radius.to_string())),
            ("vanishing", numbers(vanishing)),
            ("block", numbers(block)),
            ("sign", sign.to_string()),
        ],
    }
}

fn of_eigenvalue(eigenvalue: &Eigenvalue) -> Vec<(&'static str, String)> {
    match eigenvalue {
        Eigenvalue::Rational(value) => vec![("eigenvalue", quoted(&value.to_string()))],
        Eigenvalue::Irrational(polynomial) => {
            vec![("eigenvalue", "None".to_owned()), ("polynomial", rationals(polynomial.coefficients()))]
        }
        Eigenvalue::Between(low, high) => {
            vec![("between", list([low, high].into_iter().map(|end| quoted(&end.to_string()))))]
        }
    }
}

fn rationals(values: &[Rational]) -> String {
    list(values.iter().map(|value| quoted(&value.to_string())))
}

/// What follows a formula that holds under conditions.
fn where_clause(conditions: Option<&str>) -> String {
    conditions.map_or(String::new(), |conditions| format!(" where {conditions}"))
}

/// A list in Python.
fn list(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(", "))
}

/// A string in Python.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

fn python_bool(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}
