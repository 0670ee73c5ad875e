//! Coefficients: machine integers while all of them fit, big integers otherwise.

use dashu_base::{Abs, Gcd, Signed};
use dashu_int::IBig;

/// The coefficients of a polynomial in order. `Machine` whenever all fit in 64 bits.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) enum Coefficients {
    Machine(Vec<i64>),
    Big(Vec<IBig>),
}

impl Default for Coefficients {
    fn default() -> Coefficients {
        Coefficients::Machine(Vec::new())
    }
}

impl Coefficients {
    pub(super) fn from_machine(values: Vec<i64>) -> Coefficients {
        Coefficients::Machine(values)
    }

    /// Chooses the representation.
    pub(super) fn from_big(values: Vec<IBig>) -> Coefficients {
        match values.iter().map(|v| i64::try_from(v).ok()).collect() {
            Some(machine) => Coefficients::Machine(machine),
            None => Coefficients::Big(values),
        }
    }

    /// What an operation costs, in operations on machine words.
    pub(super) fn cost(&self) -> usize {
        match self {
            Coefficients::Machine(_) => 1,
            Coefficients::Big(_) => 8,
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Coefficients::Machine(values) => values.len(),
            Coefficients::Big(values) => values.len(),
        }
    }

    pub(super) fn get(&self, index: usize) -> IBig {
        match self {
            Coefficients::Machine(values) => values[index].into(),
            Coefficients::Big(values) => values[index].clone(),
        }
    }

    pub(super) fn is_negative(&self, index: usize) -> bool {
        match self {
            Coefficients::Machine(values) => values[index] < 0,
            Coefficients::Big(values) => values[index].is_negative(),
        }
    }

    fn big(&mut self) -> &mut Vec<IBig> {
        if let Coefficients::Machine(values) = self {
            *self = Coefficients::Big(values.iter().map(|&v| v.into()).collect());
        }
        match self {
            Coefficients::Big(values) => values,
            Coefficients::Machine(_) => unreachable!("made big above"),
        }
    }

    pub(super) fn to_big(&self) -> Vec<IBig> {
        match self {
            Coefficients::Machine(values) => values.iter().map(|&v| v.into()).collect(),
            Coefficients::Big(values) => values.clone(),
        }
    }

    /// Appends; a run of pushes keeps the representation canonical because only a value that does not
    /// fit makes it big.
    pub(super) fn push(&mut self, value: IBig) {
        match self {
            Coefficients::Machine(values) => match i64::try_from(&value) {
                Ok(small) => values.push(small),
                Err(_) => self.big().push(value),
            },
            Coefficients::Big(values) => values.push(value),
        }
    }

    pub(super) fn push_i128(&mut self, value: i128) {
        match (self, i64::try_from(value)) {
            (Coefficients::Machine(values), Ok(small)) => values.push(small),
            (store, _) => store.push(value.into()),
        }
    }

    /// Appends `source[index] · factor`.
    pub(super) fn push_product(&mut self, source: &Coefficients, index: usize, factor: i64) {
        match source {
            Coefficients::Machine(values) => self.push_i128(i128::from(values[index]) * i128::from(factor)),
            Coefficients::Big(values) => self.push(&values[index] * IBig::from(factor)),
        }
    }

    /// Appends the sum of the entries of `source` unless it is 0; says whether it did.
    pub(super) fn push_sum(&mut self, source: &Coefficients, indices: &[u32]) -> bool {
        match source {
            Coefficients::Machine(values) => {
                let sum: i128 = indices.iter().map(|&i| i128::from(values[i as usize])).sum();
                if sum != 0 {
                    self.push_i128(sum);
                }
                sum != 0
            }
            Coefficients::Big(values) => {
                let mut sum = values[indices[0] as usize].clone();
                indices[1..].iter().for_each(|&i| sum += &values[i as usize]);
                let keep = !sum.is_zero();
                if keep {
                    self.push(sum);
                }
                keep
            }
        }
    }

    pub(super) fn negated(&self) -> Coefficients {
        match self {
            Coefficients::Machine(values) => {
                match values.iter().map(|v| v.checked_neg()).collect::<Option<Vec<i64>>>() {
                    Some(negated) => Coefficients::Machine(negated),
                    None => Coefficients::Big(values.iter().map(|&v| -IBig::from(v)).collect()),
                }
            }
            Coefficients::Big(values) => Coefficients::from_big(values.iter().map(|v| -v).collect()),
        }
    }

    pub(super) fn scaled(&self, factor: &IBig) -> Coefficients {
        if let (Coefficients::Machine(values), Ok(small)) = (self, i64::try_from(factor))
            && let Some(scaled) = values.iter().map(|v| v.checked_mul(small)).collect::<Option<Vec<i64>>>()
        {
            return Coefficients::Machine(scaled);
        }
        Coefficients::from_big(self.to_big().into_iter().map(|v| v * factor).collect())
    }

    /// Each entry divided by `divisor`, which divides them all.
    pub(super) fn divided(&self, divisor: &IBig) -> Coefficients {
        if let (Coefficients::Machine(values), Ok(small)) = (self, i64::try_from(divisor))
            && small != -1
        {
            return Coefficients::Machine(values.iter().map(|v| v / small).collect());
        }
        Coefficients::from_big(self.to_big().into_iter().map(|v| v / divisor).collect())
    }

    pub(super) fn content(&self) -> IBig {
        match self {
            Coefficients::Machine(values) => {
                let mut content = 0u64;
                for value in values {
                    content = gcd(content, value.unsigned_abs());
                    if content == 1 {
                        break;
                    }
                }
                content.into()
            }
            Coefficients::Big(values) => {
                let mut content = IBig::ZERO;
                for value in values {
                    content = match content.is_zero() {
                        true => value.clone().abs(),
                        false => IBig::from(content.gcd(value)),
                    };
                    if content.is_one() {
                        break;
                    }
                }
                content
            }
        }
    }

    pub(super) fn height(&self) -> IBig {
        match self {
            Coefficients::Machine(values) => {
                values.iter().map(|v| v.unsigned_abs()).max().unwrap_or(0).into()
            }
            Coefficients::Big(values) => values.iter().map(|v| v.clone().abs()).max().unwrap_or(IBig::ZERO),
        }
    }
}

fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// The coefficients of a sum or difference, gathered in the order of the merged terms.
pub(super) struct Merge<'a> {
    left: &'a Coefficients,
    right: &'a Coefficients,
    subtract: bool,
    result: Coefficients,
}

impl<'a> Merge<'a> {
    pub(super) fn new(left: &'a Coefficients, right: &'a Coefficients, subtract: bool) -> Merge<'a> {
        let result = Coefficients::Machine(Vec::with_capacity(left.len() + right.len()));
        Merge { left, right, subtract, result }
    }

    pub(super) fn left(&mut self, index: usize) {
        self.result.push_product(self.left, index, 1);
    }

    pub(super) fn right(&mut self, index: usize) {
        self.result.push_product(self.right, index, if self.subtract { -1 } else { 1 });
    }

    /// Both sides have the monomial; says whether their coefficients do not cancel.
    pub(super) fn both(&mut self, i: usize, j: usize) -> bool {
        if let (Coefficients::Machine(a), Coefficients::Machine(b)) = (self.left, self.right) {
            let right = if self.subtract { -i128::from(b[j]) } else { i128::from(b[j]) };
            let sum = i128::from(a[i]) + right;
            if sum != 0 {
                self.result.push_i128(sum);
            }
            return sum != 0;
        }
        let right = self.right.get(j);
        let sum = if self.subtract { self.left.get(i) - right } else { self.left.get(i) + right };
        let keep = !sum.is_zero();
        if keep {
            self.result.push(sum);
        }
        keep
    }

    pub(super) fn finish(self) -> Coefficients {
        self.result
    }
}
