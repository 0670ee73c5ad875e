//! Symmetric matrices that vanish away from the diagonal, and their Cholesky factors.

/// A symmetric matrix whose entries (i, j) vanish for |i − j| > `half_bandwidth`.
///
/// Row i of the lower triangle is stored contiguously, its diagonal entry last.
#[derive(Clone, PartialEq, Debug)]
pub struct Banded {
    size: usize,
    half_bandwidth: usize,
    entries: Vec<f64>,
}

/// The lower factor L of a positive definite banded matrix S = L·Lᵀ. It has the half bandwidth of S.
#[derive(Clone, PartialEq, Debug)]
pub struct BandedCholesky {
    lower: Banded,
}

impl Banded {
    /// The zero matrix.
    pub fn zero(size: usize, half_bandwidth: usize) -> Self {
        let half_bandwidth = half_bandwidth.min(size.saturating_sub(1));
        Self { size, half_bandwidth, entries: vec![0.0; size * (half_bandwidth + 1)] }
    }

    /// The number of rows.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The number of non-zero diagonals below the main one.
    pub fn half_bandwidth(&self) -> usize {
        self.half_bandwidth
    }

    /// The entry (i, j), zero outside the band.
    ///
    /// # Panics
    /// If an index is not below the size.
    pub fn get(&self, i: usize, j: usize) -> f64 {
        let (i, j) = (i.max(j), i.min(j));
        assert!(i < self.size, "row {i} of a matrix of size {}", self.size);
        if i - j > self.half_bandwidth { 0.0 } else { self.entries[self.index(i, j)] }
    }

    /// Adds to the entries (i, j) and (j, i).
    ///
    /// # Panics
    /// If (i, j) lies outside the band.
    pub fn add(&mut self, i: usize, j: usize, value: f64) {
        let (i, j) = (i.max(j), i.min(j));
        assert!(i < self.size && i - j <= self.half_bandwidth, "({i}, {j}) lies outside the band");
        let index = self.index(i, j);
        self.entries[index] += value;
    }

    /// Adds `weight`·v·vᵀ, where the entries of v beginning with `first` are `values` and the others vanish.
    pub fn add_outer(&mut self, first: usize, values: &[f64], weight: f64) {
        for (a, x) in values.iter().enumerate() {
            let row = self.index(first + a, first);
            for (entry, y) in self.entries[row..=row + a].iter_mut().zip(values) {
                *entry += weight * x * y;
            }
        }
    }

    /// The matrix `a`·self + `b`·other.
    ///
    /// # Panics
    /// If the shapes differ.
    pub fn combined(&self, a: f64, other: &Banded, b: f64) -> Banded {
        assert_eq!((self.size, self.half_bandwidth), (other.size, other.half_bandwidth), "shapes");
        let entries = self.entries.iter().zip(&other.entries).map(|(x, y)| a * x + b * y).collect();
        Banded { entries, ..*self }
    }

    /// The matrix `a`·self.
    pub fn scaled(&self, a: f64) -> Banded {
        Banded { entries: self.entries.iter().map(|x| a * x).collect(), ..*self }
    }

    /// Adds a number to every diagonal entry.
    pub fn add_to_diagonal(&mut self, value: f64) {
        for i in 0..self.size {
            let index = self.index(i, i);
            self.entries[index] += value;
        }
    }

    /// The mean of the diagonal entries.
    pub fn mean_diagonal(&self) -> f64 {
        (0..self.size).map(|i| self.entries[self.index(i, i)]).sum::<f64>() / self.size.max(1) as f64
    }

    fn index(&self, i: usize, j: usize) -> usize {
        i * (self.half_bandwidth + 1) + self.half_bandwidth + j - i
    }

    /// The stored part of row i up to the diagonal, with the column of its first entry.
    fn row(&self, i: usize) -> (usize, &[f64]) {
        let first = i.saturating_sub(self.half_bandwidth);
        (first, &self.entries[self.index(i, first)..=self.index(i, i)])
    }
}

impl BandedCholesky {
    /// The factor of a matrix, or nothing where the matrix is not positive definite to rounding.
    pub fn new(matrix: &Banded) -> Option<Self> {
        let mut lower = matrix.clone();
        for i in 0..lower.size {
            let first = i.saturating_sub(lower.half_bandwidth);
            for j in first..=i {
                let from = first.max(j.saturating_sub(lower.half_bandwidth));
                let (a, b) = (lower.index(i, from), lower.index(j, from));
                let used = dot(&lower.entries[a..a + j - from], &lower.entries[b..b + j - from]);
                let rest = lower.entries[lower.index(i, j)] - used;
                let index = lower.index(i, j);
                lower.entries[index] = if j < i {
                    rest / lower.entries[lower.index(j, j)]
                } else if rest > 0.0 && rest.is_finite() {
                    rest.sqrt()
                } else {
                    return None;
                };
            }
        }
        Some(Self { lower })
    }

    /// The number of rows.
    pub fn size(&self) -> usize {
        self.lower.size
    }

    /// The entry L_ij, zero outside the band and above the diagonal.
    pub fn get(&self, i: usize, j: usize) -> f64 {
        if j > i { 0.0 } else { self.lower.get(i, j) }
    }

    /// Overwrites b with S⁻¹·b.
    pub fn solve(&self, b: &mut [f64]) {
        self.solve_lower(b);
        self.solve_upper(b);
    }

    /// Overwrites b with L⁻¹·b.
    pub fn solve_lower(&self, b: &mut [f64]) {
        for k in 0..b.len() {
            b[k] = self.forward(0, k, b);
        }
    }

    /// The entries of L⁻¹·v from `first` on, where v has the entries `values` there and vanishes elsewhere.
    ///
    /// The result ends where the rest is below the share `negligible` of its largest entry.
    pub fn solve_lower_sparse(&self, first: usize, values: &[f64], negligible: f64) -> Vec<f64> {
        let mut out = values.to_vec();
        let (mut largest, mut small) = (0.0f64, 0);
        for k in 0..self.size() - first {
            if k >= out.len() {
                out.push(0.0);
            }
            out[k] = self.forward(first, k, &out);
            largest = largest.max(out[k].abs());
            small = if out[k].abs() <= negligible * largest { small + 1 } else { 0 };
            if k + 1 >= values.len() && small > self.lower.half_bandwidth {
                break;
            }
        }
        out
    }

    /// Entry `start + k` of a forward substitution whose earlier entries stand in `b`.
    fn forward(&self, start: usize, k: usize, b: &[f64]) -> f64 {
        let (column, row) = self.lower.row(start + k);
        let skip = start.saturating_sub(column);
        let row = &row[skip..];
        let from = (column + skip) - start;
        let (last, before) = row.split_last().expect("a row has its diagonal entry");
        (b[k] - dot(before, &b[from..k])) / last
    }

    /// Overwrites b with L⁻ᵀ·b.
    pub fn solve_upper(&self, b: &mut [f64]) {
        for i in (0..self.size()).rev() {
            let (first, row) = self.lower.row(i);
            let (last, before) = row.split_last().expect("a row has its diagonal entry");
            b[i] /= last;
            let x = b[i];
            for (y, l) in b[first..i].iter_mut().zip(before) {
                *y -= l * x;
            }
        }
    }

    /// The entries of S⁻¹ within the band of S.
    ///
    /// # References
    /// Takahashi, Fagan, Chen (1973); Hutchinson, de Hoog (1985) for splines.
    pub fn inverse_within_band(&self) -> Banded {
        let (n, width) = (self.size(), self.lower.half_bandwidth);
        let mut inverse = Banded::zero(n, width);
        for i in (0..n).rev() {
            let end = (i + width + 1).min(n);
            let diagonal = self.get(i, i);
            let column: Vec<f64> = (i + 1..end).map(|k| self.get(k, i) / diagonal).collect();
            for j in (i + 1..end).rev() {
                let sum: f64 = column.iter().zip(i + 1..).map(|(l, k)| l * inverse.get(k, j)).sum();
                inverse.add(i, j, -sum);
            }
            let sum: f64 = column.iter().zip(i + 1..).map(|(l, k)| l * inverse.get(k, i)).sum();
            inverse.add(i, i, 1.0 / (diagonal * diagonal) - sum);
        }
        inverse
    }
}

/// Σ x_i·y_i, in four partial sums so that the compiler can use vector instructions.
fn dot(x: &[f64], y: &[f64]) -> f64 {
    let mut sums = [0.0; 4];
    let (mut a, mut b) = (x.chunks_exact(4), y.chunks_exact(4));
    for (p, q) in a.by_ref().zip(b.by_ref()) {
        for (sum, (u, v)) in sums.iter_mut().zip(p.iter().zip(q)) {
            *sum += u * v;
        }
    }
    let rest: f64 = a.remainder().iter().zip(b.remainder()).map(|(u, v)| u * v).sum();
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A positive definite matrix with pseudo-random entries.
    fn matrix(size: usize, half_bandwidth: usize) -> Banded {
        let mut out = Banded::zero(size, half_bandwidth);
        for i in 0..size {
            for j in i.saturating_sub(half_bandwidth)..i {
                out.add(i, j, ((7 * i + 3 * j) as f64).sin());
            }
            out.add(i, i, 2.0 * half_bandwidth as f64 + 1.0);
        }
        out
    }

    fn times(matrix: &Banded, x: &[f64]) -> Vec<f64> {
        let row = |i: usize| (0..x.len()).map(|j| matrix.get(i, j) * x[j]).sum();
        (0..x.len()).map(row).collect()
    }

    #[test]
    fn solves() {
        for (size, width) in [(1, 0), (5, 7), (30, 7), (40, 1)] {
            let matrix = matrix(size, width);
            let x: Vec<f64> = (0..size).map(|k| (k as f64).cos()).collect();
            let mut b = times(&matrix, &x);
            BandedCholesky::new(&matrix).unwrap().solve(&mut b);
            assert!(b.iter().zip(&x).all(|(a, b)| (a - b).abs() < 1e-13), "{size}, {width}");
        }
    }

    #[test]
    fn inverts_within_the_band() {
        let matrix = matrix(30, 4);
        let factor = BandedCholesky::new(&matrix).unwrap();
        let inverse = factor.inverse_within_band();
        for j in 0..30 {
            let mut column = vec![0.0; 30];
            column[j] = 1.0;
            factor.solve(&mut column);
            let near = |i: usize| i.abs_diff(j) <= 4;
            for (i, x) in column.iter().enumerate().filter(|(i, _)| near(*i)) {
                assert!((inverse.get(i, j) - x).abs() < 1e-15);
            }
        }
    }

    #[test]
    fn sparse_solutions_are_those_of_the_whole() {
        let factor = BandedCholesky::new(&matrix(60, 3)).unwrap();
        let mut whole = vec![0.0; 60];
        whole[20..22].copy_from_slice(&[1.0, -2.0]);
        factor.solve_lower(&mut whole);
        assert!(whole[..20].iter().all(|x| *x == 0.0));
        let exact = factor.solve_lower_sparse(20, &[1.0, -2.0], 0.0);
        assert_eq!(exact, whole[20..]);
        let short = factor.solve_lower_sparse(20, &[1.0, -2.0], 1e-6);
        assert!(short.len() < exact.len() && short[..] == exact[..short.len()]);
        assert!(exact[short.len()..].iter().all(|x| x.abs() < 1e-5));
    }

    #[test]
    fn indefinite_matrices_have_no_factor() {
        let mut matrix = matrix(4, 1);
        matrix.add(2, 2, -10.0);
        assert_eq!(BandedCholesky::new(&matrix), None);
        matrix.add(2, 2, f64::NAN);
        assert_eq!(BandedCholesky::new(&matrix), None);
    }

    #[test]
    fn outer_products_add_up() {
        let mut matrix = Banded::zero(4, 2);
        matrix.add_outer(1, &[1.0, 2.0, 3.0], 2.0);
        assert_eq!([matrix.get(1, 1), matrix.get(3, 1), matrix.get(2, 3)], [2.0, 6.0, 12.0]);
        assert_eq!([matrix.get(0, 0), matrix.get(0, 3)], [0.0, 0.0]);
    }
}
