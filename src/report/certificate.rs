//! Certificates: a result as a Python program that proves it again without liouville.

use super::Record;
use crate::mechanics::Status;

impl Record {
    /// A self-contained Python program: its docstring states the system, the laws and their brackets; run
    /// with SymPy, it forms every bracket anew and reduces it to zero by its own normal form.
    pub fn certificate(&self) -> String {
        let system = &self.system;
        let hamiltonian = self.hamiltonian.formula.as_deref().unwrap_or("unknown");
        let mut text = String::from("#!/usr/bin/env python3\n\"\"\"");
        text += &format!("Certificate of conserved quantities of the system `{}`.\n\n", system.name);
        text += &format!("Coordinates: {}\n", system.coordinates.join(", "));
        text += &format!("Momenta: {}\n", system.momenta.join(", "));
        text += &format!("H = {hamiltonian}\n\n");
        for law in self.laws.iter().filter(|law| law.status == Status::Proved) {
            text += &format!("{} = {}\n    {{{}, H}} = 0\n", law.name, law.formula, law.name);
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
        if !self.involutive.is_empty() {
            text += &format!("\nIn involution: {}\n", self.involutive.join(", "));
        }
        text += &format!(
            "Verdict: {}\n\nMade by liouville {}. Run this file with Python and SymPy to check it.\n\"\"\"\n",
            self.verdict, self.version
        );
        text += &self.data();
        text += CHECK;
        text
    }

    /// The system, laws and involutive set as Python values.
    fn data(&self) -> String {
        let mut text = String::from("import sympy\nfrom sympy import *\n\n");
        let symbols = |names: &[String]| {
            let defined: Vec<String> = names
                .iter()
                .map(|name| format!("{} = Symbol(\"{name}\", real=True)", python_name(name)))
                .collect();
            defined.join("\n") + "\n"
        };
        text += &symbols(&self.system.coordinates);
        text += &symbols(&self.system.momenta);
        text += &symbols(&self.system.symbolic);
        let list = |names: &[String]| names.iter().map(|n| python_name(n)).collect::<Vec<_>>().join(", ");
        text += &format!("coordinates = [{}]\n", list(&self.system.coordinates));
        text += &format!("momenta = [{}]\n", list(&self.system.momenta));
        text += &format!("H = {}\n", self.hamiltonian.sympy.as_deref().unwrap_or("0"));
        text += "laws = {\n";
        for law in self.laws.iter().filter(|law| law.status == Status::Proved) {
            text += &format!("    \"{}\": {},\n", law.name, law.sympy);
        }
        for combination in &self.combinations {
            text += &format!("    \"{}\": {},\n", combination.name, combination.sympy);
        }
        text += "}\n";
        let quoted: Vec<String> = self.involutive.iter().map(|name| format!("\"{name}\"")).collect();
        text += &format!("involutive = [{}]\n", quoted.join(", "));
        text
    }
}

/// Names of the grammar that Python keeps for itself.
fn python_name(name: &str) -> String {
    if name == "lambda" { "lambda_".to_owned() } else { name.to_owned() }
}

/// The check: an independent normal form for rational functions with roots, sines and exponentials.
const CHECK: &str = r#"

def bracket(f, g):
    """Sum of df/dq dg/dp - df/dp dg/dq."""
    return sum(diff(f, q) * diff(g, p) - diff(f, p) * diff(g, q) for q, p in zip(coordinates, momenta))


def numerator_and_relations(expression):
    """The expression as a polynomial over generators (roots, sines and cosines, exponentials), its
    denominator dropped, with the relations of the generators, last introduced first."""
    expression = expand_trig(expression.rewrite(cos) if expression.has(tan) else expression)
    expression = expression.replace(lambda e: isinstance(e, exp), lambda e: expand_power_exp(exp(expand(e.args[0]))))
    relations, made = [], {}

    def generator(key, relation=None):
        if key not in made:
            made[key] = Dummy(f"g{len(made)}")
            if relation is not None:
                relations.append((made[key], relation(made[key])))
        return made[key]

    def walk(e):
        if e.is_Pow and e.exp.is_Rational and not e.exp.is_Integer:
            base = factor_terms(together(walk(e.base)))
            index = index_of[srepr(expand(e.base))]
            root = generator(("root", srepr(expand(e.base))), lambda g: g**index - base)
            return root ** (e.exp * index)
        if isinstance(e, (sin, cos)):
            argument = e.args[0]
            c = generator(("cos", srepr(argument)))
            s = generator(("sin", srepr(argument)), lambda g: g**2 + c**2 - 1)
            return s if isinstance(e, sin) else c
        if isinstance(e, exp):
            coefficient, rest = e.args[0].as_coeff_Mul()
            index = index_of["exp", srepr(rest)]
            return generator(("exp", srepr(rest))) ** (coefficient * index)
        if isinstance(e, log):
            return generator(("log", srepr(e.args[0])))
        return e.func(*[walk(a) for a in e.args]) if e.args else e

    index_of = {}
    for power in expression.atoms(Pow):
        if power.exp.is_Rational:
            key = srepr(expand(power.base))
            index_of[key] = ilcm(index_of.get(key, 1), power.exp.q)
    for e in expression.atoms(exp):
        coefficient, rest = e.args[0].as_coeff_Mul()
        key = "exp", srepr(rest)
        index_of[key] = ilcm(index_of.get(key, 1), coefficient.q)
    numerator = fraction(together(walk(expression)))[0]
    return expand(numerator), relations


def vanishes(expression):
    """Whether the normal form of the expression is 0."""
    numerator, relations = numerator_and_relations(expression)
    for _ in range(len(relations) + 1):
        for generator, relation in reversed(relations):
            relation = fraction(together(relation))[0]
            if numerator.has(generator):
                numerator = expand(prem(numerator, relation, generator))
    return numerator == 0


if __name__ == "__main__":
    failed = 0
    for name, law in laws.items():
        good = vanishes(bracket(law, H))
        failed += not good
        print(f"{{{name}, H}} = 0: {'checked' if good else 'FAILED'}")
    named = {"H": H, **laws}
    for i, a in enumerate(involutive):
        for b in involutive[i + 1:]:
            good = vanishes(bracket(named[a], named[b]))
            failed += not good
            print(f"{{{a}, {b}}} = 0: {'checked' if good else 'FAILED'}")
    raise SystemExit(1 if failed else 0)
"#;
