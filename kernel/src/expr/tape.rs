//! Formulas compiled for numbers: batched values and gradients in double precision.
//!
//! A [`Tape`] is a list of instructions without repetition (common subexpressions are shared). Samples
//! are worked on in blocks of [`LANES`], one register of that width an instruction, so that the inner
//! loops vectorise. Gradients are by reverse accumulation, for each output only over the instructions
//! that it depends on: a library of many short terms costs no more than the terms themselves.

use std::collections::HashMap;
use std::fmt;

use super::{Expr, Function, Rational, Symbol};

const LANES: usize = 16;
/// The same where samples come in few at a time: the stages of an integrator.
const FEW_LANES: usize = 8;

/// Why a formula cannot be compiled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TapeError {
    /// A variable of the formula is not among the inputs.
    UnknownSymbol(Symbol),
}

impl fmt::Display for TapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TapeError::UnknownSymbol(symbol) = self;
        write!(f, "`{symbol}` has no numerical value here")
    }
}

impl std::error::Error for TapeError {}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Instruction {
    Constant(f64),
    Input(usize),
    Add(usize, usize),
    Subtract(usize, usize),
    Multiply(usize, usize),
    Divide(usize, usize),
    Negate(usize),
    PowerInteger(usize, i32),
    PowerReal(usize, f64),
    Power(usize, usize),
    Call(Function, usize),
}

/// A list of formulas compiled for evaluation in double precision.
#[derive(Clone, Debug)]
pub struct Tape {
    instructions: Vec<Instruction>,
    outputs: Vec<usize>,
    /// For each output the instructions it depends on, ascending.
    cones: Vec<Vec<usize>>,
    inputs: usize,
}

impl Tape {
    /// The tape that computes `outputs` from values of `inputs`, in these orders.
    ///
    /// # Errors
    /// A variable that is not among the inputs.
    pub fn new(outputs: &[Expr], inputs: &[Symbol]) -> Result<Tape, TapeError> {
        let mut compiler = Compiler { inputs, instructions: Vec::new(), known: HashMap::new() };
        let outputs = outputs.iter().map(|expr| compiler.compile(expr)).collect::<Result<Vec<_>, _>>()?;
        let instructions = compiler.instructions;
        let cones = outputs.iter().map(|&output| cone(&instructions, output)).collect();
        Ok(Tape { instructions, outputs, cones, inputs: inputs.len() })
    }

    /// How many instructions one evaluation takes: its cost, whatever the machine.
    pub fn cost(&self) -> usize {
        self.instructions.len()
    }

    /// How many values a sample has.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// How many formulas are computed.
    pub fn outputs(&self) -> usize {
        self.outputs.len()
    }

    /// The values of all formulas at all samples.
    ///
    /// # Shapes
    /// `samples`: `[samples, inputs]` row by row; returned: `[samples, outputs]`. Outside a formula's
    /// domain its value is NaN or infinite.
    ///
    /// ```
    /// use liouville_kernel::expr::{Symbol, Tape, parse};
    ///
    /// let tape = Tape::new(&[parse("x*y")?, parse("x - y")?], &["x", "y"].map(Symbol::new))?;
    /// assert_eq!(tape.evaluate(&[2.0, 3.0, 5.0, 7.0]), [6.0, -1.0, 35.0, -2.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn evaluate(&self, samples: &[f64]) -> Vec<f64> {
        let (count, width) = (samples.len() / self.inputs.max(1), self.outputs.len());
        let mut values = vec![0.0; count * width];
        let mut registers = vec![[0.0; LANES]; self.instructions.len()];
        for start in (0..count).step_by(LANES) {
            let lanes = LANES.min(count - start);
            self.run(&samples[start * self.inputs..(start + lanes) * self.inputs], lanes, &mut registers);
            for lane in 0..lanes {
                for (column, &output) in self.outputs.iter().enumerate() {
                    values[(start + lane) * width + column] = registers[output][lane];
                }
            }
        }
        values
    }

    /// The values of all formulas at one sample `x` (length `inputs`), written to `out` (length
    /// `outputs`); `scratch` is reused between calls.
    pub fn evaluate_one(&self, x: &[f64], out: &mut [f64], scratch: &mut Vec<f64>) {
        scratch.resize(self.instructions.len(), 0.0);
        for (at, instruction) in self.instructions.iter().enumerate() {
            scratch[at] = match *instruction {
                Instruction::Input(index) => x[index],
                other => other.value(|register| scratch[register]),
            };
        }
        for (value, &output) in out.iter_mut().zip(&self.outputs) {
            *value = scratch[output];
        }
    }

    /// Values and gradients of all formulas at all samples.
    ///
    /// # Shapes
    /// `samples`: `[samples, inputs]`; returned: values `[samples, outputs]` and gradients
    /// `[samples, outputs, inputs]`.
    ///
    /// ```
    /// use liouville_kernel::expr::{Symbol, Tape, parse};
    ///
    /// let tape = Tape::new(&[parse("x^2*y")?], &["x", "y"].map(Symbol::new))?;
    /// assert_eq!(tape.gradient(&[2.0, 3.0]), (vec![12.0], vec![12.0, 4.0]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn gradient(&self, samples: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let (count, width) = (samples.len() / self.inputs.max(1), self.outputs.len());
        let mut values = vec![0.0; count * width];
        let mut gradients = vec![0.0; count * width * self.inputs];
        let mut registers = vec![[0.0; LANES]; self.instructions.len()];
        let mut adjoints = vec![[0.0; LANES]; self.instructions.len()];
        for start in (0..count).step_by(LANES) {
            let lanes = LANES.min(count - start);
            self.run(&samples[start * self.inputs..(start + lanes) * self.inputs], lanes, &mut registers);
            for (column, &output) in self.outputs.iter().enumerate() {
                self.sweep_back(column, &registers, &mut adjoints);
                for lane in 0..lanes {
                    let row = (start + lane) * width + column;
                    values[row] = registers[output][lane];
                    for &at in &self.cones[column] {
                        if let Instruction::Input(input) = self.instructions[at] {
                            gradients[row * self.inputs + input] = adjoints[at][lane];
                        }
                    }
                }
            }
        }
        (values, gradients)
    }

    fn run<const WIDE: usize>(&self, samples: &[f64], lanes: usize, registers: &mut [[f64; WIDE]]) {
        for (at, instruction) in self.instructions.iter().enumerate() {
            let mut result = [0.0; WIDE];
            match *instruction {
                Instruction::Input(index) => {
                    for lane in 0..lanes {
                        result[lane] = samples[lane * self.inputs + index];
                    }
                }
                Instruction::Add(a, b) => {
                    let (a, b) = (&registers[a], &registers[b]);
                    (0..WIDE).for_each(|l| result[l] = a[l] + b[l]);
                }
                Instruction::Subtract(a, b) => {
                    let (a, b) = (&registers[a], &registers[b]);
                    (0..WIDE).for_each(|l| result[l] = a[l] - b[l]);
                }
                Instruction::Multiply(a, b) => {
                    let (a, b) = (&registers[a], &registers[b]);
                    (0..WIDE).for_each(|l| result[l] = a[l] * b[l]);
                }
                Instruction::Divide(a, b) => {
                    let (a, b) = (&registers[a], &registers[b]);
                    (0..WIDE).for_each(|l| result[l] = a[l] / b[l]);
                }
                Instruction::Negate(a) => result = registers[a].map(|value| -value),
                other => (0..lanes).for_each(|l| result[l] = other.value(|register| registers[register][l])),
            }
            registers[at] = result;
        }
    }

    /// Leaves d(output)/d(instruction) in `adjoints`, for the instructions in the output's cone.
    fn sweep_back(&self, column: usize, registers: &[[f64; LANES]], adjoints: &mut [[f64; LANES]]) {
        let cone = &self.cones[column];
        for &at in cone {
            adjoints[at] = [0.0; LANES];
        }
        adjoints[self.outputs[column]] = [1.0; LANES];
        for &at in cone.iter().rev() {
            let slope = adjoints[at];
            let value = &registers[at];
            let mut pass = |to: usize, factor: &dyn Fn(usize) -> f64| {
                for lane in 0..LANES {
                    // A zero slope stays zero even where the factor is infinite.
                    if slope[lane] != 0.0 {
                        adjoints[to][lane] += slope[lane] * factor(lane);
                    }
                }
            };
            match self.instructions[at] {
                Instruction::Constant(_) | Instruction::Input(_) => {}
                Instruction::Add(a, b) => {
                    pass(a, &|_| 1.0);
                    pass(b, &|_| 1.0);
                }
                Instruction::Subtract(a, b) => {
                    pass(a, &|_| 1.0);
                    pass(b, &|_| -1.0);
                }
                Instruction::Multiply(a, b) => {
                    pass(a, &|l| registers[b][l]);
                    pass(b, &|l| registers[a][l]);
                }
                other => {
                    for (operand, to) in other.operands().into_iter().enumerate() {
                        let Some(to) = to else { continue };
                        pass(to, &|l| other.partial(operand, value[l], |register| registers[register][l]));
                    }
                }
            }
        }
    }

    /// Values of all formulas, and their derivatives along directions, by forward accumulation: one sweep over the
    /// instructions for all directions, where a gradient takes one an output.
    ///
    /// # Shapes
    /// `samples`: `[samples, inputs]`; `directions`: `[samples, along, inputs]`; returned: values
    /// `[samples, outputs]` and derivatives `[samples, along, outputs]`.
    pub fn derivatives_along(
        &self,
        samples: &[f64],
        directions: &[f64],
        along: usize,
    ) -> (Vec<f64>, Vec<f64>) {
        let (count, width) = (samples.len() / self.inputs.max(1), self.outputs.len());
        let mut values = vec![0.0; count * width];
        let mut slopes = vec![0.0; count * along * width];
        let mut registers = vec![[0.0; FEW_LANES]; self.instructions.len()];
        let mut tangents = vec![[0.0; FEW_LANES]; self.instructions.len() * along];
        for start in (0..count).step_by(FEW_LANES) {
            let lanes = FEW_LANES.min(count - start);
            self.run(&samples[start * self.inputs..(start + lanes) * self.inputs], lanes, &mut registers);
            let directions = &directions[start * along * self.inputs..][..lanes * along * self.inputs];
            self.sweep_forward(along, &registers, directions, &mut tangents);
            for lane in 0..lanes {
                let row = &mut values[(start + lane) * width..][..width];
                row.iter_mut().zip(&self.outputs).for_each(|(v, &output)| *v = registers[output][lane]);
                for direction in 0..along {
                    let row = &mut slopes[((start + lane) * along + direction) * width..][..width];
                    let tangent = |output: usize| tangents[output * along + direction][lane];
                    row.iter_mut().zip(&self.outputs).for_each(|(v, &output)| *v = tangent(output));
                }
            }
        }
        (values, slopes)
    }

    /// Leaves the derivatives of each instruction in `tangents`, `along` for each.
    fn sweep_forward(
        &self,
        along: usize,
        registers: &[[f64; FEW_LANES]],
        directions: &[f64],
        tangents: &mut [[f64; FEW_LANES]],
    ) {
        for (at, &instruction) in self.instructions.iter().enumerate() {
            let (before, results) = tangents.split_at_mut(at * along);
            let tangent = |of: usize, direction: usize| &before[of * along + direction];
            let own = &mut results[..along];
            match instruction {
                Instruction::Constant(_) => own.fill([0.0; FEW_LANES]),
                Instruction::Input(input) => own.iter_mut().enumerate().for_each(|(direction, result)| {
                    let rows = directions.chunks_exact(along * self.inputs);
                    let seeds = rows.map(|row| row[direction * self.inputs + input]);
                    result.iter_mut().zip(seeds).for_each(|(r, seed)| *r = seed);
                }),
                Instruction::Add(a, b) => own.iter_mut().enumerate().for_each(|(direction, result)| {
                    let (a, b) = (tangent(a, direction), tangent(b, direction));
                    *result = std::array::from_fn(|l| a[l] + b[l]);
                }),
                Instruction::Subtract(a, b) => own.iter_mut().enumerate().for_each(|(direction, result)| {
                    let (a, b) = (tangent(a, direction), tangent(b, direction));
                    *result = std::array::from_fn(|l| a[l] - b[l]);
                }),
                Instruction::Multiply(a, b) => own.iter_mut().enumerate().for_each(|(direction, result)| {
                    let (x, y) = (&registers[a], &registers[b]);
                    let (a, b) = (tangent(a, direction), tangent(b, direction));
                    *result = std::array::from_fn(|l| a[l] * y[l] + x[l] * b[l]);
                }),
                other => {
                    own.fill([0.0; FEW_LANES]);
                    other.pass_forward(at, along, registers, tangents);
                }
            }
        }
    }
}

impl Instruction {
    /// Adds to the tangents of the instruction `at` what its operands bring, by its partial derivatives.
    fn pass_forward(
        self,
        at: usize,
        along: usize,
        registers: &[[f64; FEW_LANES]],
        tangents: &mut [[f64; FEW_LANES]],
    ) {
        let (before, results) = tangents.split_at_mut(at * along);
        for (operand, of) in self.operands().into_iter().enumerate() {
            let Some(of) = of else { continue };
            let slopes = &before[of * along..(of + 1) * along];
            let partials = self.partials(operand, at, registers, slopes);
            for (result, slope) in results.iter_mut().zip(slopes) {
                // A zero slope stays zero even where the factor is infinite.
                let passed =
                    |lane: usize| if slope[lane] != 0.0 { slope[lane] * partials[lane] } else { 0.0 };
                *result = std::array::from_fn(|lane| result[lane] + passed(lane));
            }
        }
    }

    /// The partial derivatives by an operand at all samples, as far as one of the slopes is not zero there.
    fn partials(
        self,
        operand: usize,
        at: usize,
        registers: &[[f64; FEW_LANES]],
        slopes: &[[f64; FEW_LANES]],
    ) -> [f64; FEW_LANES] {
        // What is cheap is worked out without a look at the slopes, so that it vectorises.
        let values = &registers[at];
        match self {
            Instruction::Negate(_) => [-1.0; FEW_LANES],
            Instruction::Divide(_, b) if operand == 0 => registers[b].map(|below| 1.0 / below),
            Instruction::Divide(_, b) => {
                let below = &registers[b];
                std::array::from_fn(|lane| -values[lane] / below[lane])
            }
            Instruction::Call(Function::Sqrt, _) => values.map(|root| 0.5 / root),
            other => std::array::from_fn(|lane| {
                let moves = slopes.iter().any(|slope| slope[lane] != 0.0);
                let register = |register: usize| registers[register][lane];
                if moves { other.partial(operand, values[lane], register) } else { 0.0 }
            }),
        }
    }

    fn operands(self) -> [Option<usize>; 2] {
        match self {
            Instruction::Constant(_) | Instruction::Input(_) => [None, None],
            Instruction::Add(a, b)
            | Instruction::Subtract(a, b)
            | Instruction::Multiply(a, b)
            | Instruction::Divide(a, b)
            | Instruction::Power(a, b) => [Some(a), Some(b)],
            Instruction::Negate(a)
            | Instruction::PowerInteger(a, _)
            | Instruction::PowerReal(a, _)
            | Instruction::Call(_, a) => [Some(a), None],
        }
    }

    /// The partial derivative by an operand (0 or 1), from the value of the instruction and those of its operands.
    fn partial(self, operand: usize, value: f64, register: impl Fn(usize) -> f64) -> f64 {
        match self {
            Instruction::Constant(_) | Instruction::Input(_) => 0.0,
            Instruction::Add(..) => 1.0,
            Instruction::Subtract(..) => [1.0, -1.0][operand],
            Instruction::Multiply(a, b) => register([b, a][operand]),
            Instruction::Divide(_, b) if operand == 0 => 1.0 / register(b),
            Instruction::Divide(_, b) => -value / register(b),
            Instruction::Negate(_) => -1.0,
            Instruction::PowerInteger(a, n) => f64::from(n) * register(a).powi(n - 1),
            Instruction::PowerReal(a, n) => n * register(a).powf(n - 1.0),
            Instruction::Power(a, b) if operand == 0 => register(b) * register(a).powf(register(b) - 1.0),
            Instruction::Power(a, _) => value * register(a).ln(),
            Instruction::Call(function, a) => match function {
                Function::Sqrt => 0.5 / value,
                Function::Sin => register(a).cos(),
                Function::Cos => -register(a).sin(),
                Function::Tan => 1.0 + value * value,
                Function::Exp => value,
                Function::Log => 1.0 / register(a),
            },
        }
    }

    /// The value from those of the operands; inputs are read by the caller.
    fn value(self, register: impl Fn(usize) -> f64) -> f64 {
        match self {
            Instruction::Constant(value) => value,
            Instruction::Input(_) => f64::NAN,
            Instruction::Add(a, b) => register(a) + register(b),
            Instruction::Subtract(a, b) => register(a) - register(b),
            Instruction::Multiply(a, b) => register(a) * register(b),
            Instruction::Divide(a, b) => register(a) / register(b),
            Instruction::Negate(a) => -register(a),
            Instruction::PowerInteger(a, n) => register(a).powi(n),
            Instruction::PowerReal(a, n) => register(a).powf(n),
            Instruction::Power(a, b) => register(a).powf(register(b)),
            Instruction::Call(function, a) => function.apply(register(a)),
        }
    }
}

fn cone(instructions: &[Instruction], output: usize) -> Vec<usize> {
    let mut members = vec![output];
    let mut seen = std::collections::BTreeSet::from([output]);
    while let Some(at) = members.pop() {
        members.extend(
            instructions[at].operands().into_iter().flatten().filter(|&operand| seen.insert(operand)),
        );
    }
    seen.into_iter().collect()
}

/// An instruction as a key: constants by their bits.
type Key = (std::mem::Discriminant<Instruction>, u64, u64, Option<Function>);

struct Compiler<'a> {
    inputs: &'a [Symbol],
    instructions: Vec<Instruction>,
    known: HashMap<Key, usize>,
}

impl Compiler<'_> {
    fn emit(&mut self, instruction: Instruction) -> usize {
        let (first, second, function) = match instruction {
            Instruction::Constant(value) => (value.to_bits(), 0, None),
            Instruction::Input(index) => (index as u64, 0, None),
            Instruction::PowerInteger(a, n) => (a as u64, n as u64, None),
            Instruction::PowerReal(a, n) => (a as u64, n.to_bits(), None),
            Instruction::Call(function, a) => (a as u64, 0, Some(function)),
            other => {
                let [a, b] = other.operands();
                (a.unwrap_or(0) as u64, b.unwrap_or(0) as u64, None)
            }
        };
        let key = (std::mem::discriminant(&instruction), first, second, function);
        *self.known.entry(key).or_insert_with(|| {
            self.instructions.push(instruction);
            self.instructions.len() - 1
        })
    }

    fn compile(&mut self, expr: &Expr) -> Result<usize, TapeError> {
        Ok(match expr {
            Expr::Number(value) => self.emit(Instruction::Constant(value.to_f64().value())),
            Expr::Pi => self.emit(Instruction::Constant(std::f64::consts::PI)),
            Expr::Symbol(symbol) => {
                let index = self.inputs.iter().position(|input| input == symbol);
                self.emit(Instruction::Input(index.ok_or_else(|| TapeError::UnknownSymbol(symbol.clone()))?))
            }
            Expr::Sum(terms) => {
                let mut total: Option<usize> = None;
                for term in terms {
                    total = Some(match (total, term) {
                        (Some(sum), Expr::Negative(inner)) => {
                            let inner = self.compile(inner)?;
                            self.emit(Instruction::Subtract(sum, inner))
                        }
                        (Some(sum), term) => {
                            let term = self.compile(term)?;
                            self.emit(Instruction::Add(sum, term))
                        }
                        (None, term) => self.compile(term)?,
                    });
                }
                total.unwrap_or_else(|| self.emit(Instruction::Constant(0.0)))
            }
            Expr::Product(factors) => {
                let mut total: Option<usize> = None;
                for factor in factors {
                    let factor = self.compile(factor)?;
                    total = Some(
                        total.map_or(factor, |product| self.emit(Instruction::Multiply(product, factor))),
                    );
                }
                total.unwrap_or_else(|| self.emit(Instruction::Constant(1.0)))
            }
            Expr::Quotient(numerator, denominator) => {
                let (n, d) = (self.compile(numerator)?, self.compile(denominator)?);
                self.emit(Instruction::Divide(n, d))
            }
            Expr::Power(base, exponent) => {
                let base = self.compile(base)?;
                match exponent.as_number() {
                    Some(value) => self.constant_power(base, &value),
                    None => {
                        let exponent = self.compile(exponent)?;
                        self.emit(Instruction::Power(base, exponent))
                    }
                }
            }
            Expr::Negative(inner) => {
                let inner = self.compile(inner)?;
                self.emit(Instruction::Negate(inner))
            }
            Expr::Call(function, argument) => {
                let argument = self.compile(argument)?;
                self.emit(Instruction::Call(*function, argument))
            }
        })
    }

    fn constant_power(&mut self, base: usize, exponent: &Rational) -> usize {
        let value = exponent.to_f64().value();
        if exponent.is_int() && value.abs() <= f64::from(i32::MAX - 1) {
            return match value as i32 {
                2 => self.emit(Instruction::Multiply(base, base)),
                n => self.emit(Instruction::PowerInteger(base, n)),
            };
        }
        let half = Rational::from_parts(1.into(), 2u8.into());
        if *exponent == half {
            return self.emit(Instruction::Call(Function::Sqrt, base));
        }
        self.emit(Instruction::PowerReal(base, value))
    }
}
