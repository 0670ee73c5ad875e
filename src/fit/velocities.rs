//! Measured motion whose "momenta" are velocities: potential, masses and friction together.
//!
//! p_i = m_i v_i with H = Σ p_i²/2m_i + V(q) and friction γ_i give v̇_i = −μ_i ∂V/∂q_i − γ_i v_i, μ_i = 1/m_i. One
//! mass sets the unit. The forces of a pair alone do not tell its mass; a term of V in the coordinates of
//! two pairs does, because it acts on both. Pairs that nothing couples keep mass one, and that is said.
//!
//! The equations are used in weak form (multiplied by bumps and integrated by parts): no accelerations are
//! needed. They are bilinear in V and μ, and solved by turns. Errors come from leaving out one block of
//! windows at a time, because the misfit of real data is no independent noise.

use super::FitError;
use super::hamiltonian::{Samples, column_rms, eliminate};
use super::linear::Normal;
use super::smoothing::{Bump, Path};
use crate::expr::{Expr, Symbol, Tape};

/// A value with its standard error.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Measured {
    /// The value.
    pub value: f64,
    /// Its standard error.
    pub error: f64,
}

/// What measured motion says of masses, potential and friction.
#[derive(Clone, PartialEq, Debug)]
pub struct Mechanical {
    /// m_i for each pair, the first one of each set of coupled pairs being exactly one.
    pub masses: Vec<Measured>,
    /// Whether nothing couples the pairs: the masses are then a convention.
    pub uncoupled: bool,
    /// γ_i for each pair.
    pub friction: Vec<Measured>,
    /// The terms of V that are left, by their place in the library, with their coefficients.
    pub potential: Vec<(usize, Measured)>,
    /// rms misfit of the accelerations relative to their rms, of the averages over the windows.
    pub residual: f64,
    /// Windows used.
    pub windows: usize,
}

/// Blocks of windows for the standard errors.
const BLOCKS: usize = 10;

/// Relative misfit up to which q̇ counts as equal to the momenta: what smoothing leaves of measured positions.
const SAME: f64 = 0.3;

/// Whether the momenta in the data are the velocities of their coordinates.
pub fn momenta_are_velocities(samples: &Samples) -> bool {
    let half = samples.width / 2;
    (0..half).all(|i| {
        let (mut misfit, mut size) = (0.0, 0.0);
        for (state, field) in
            samples.states.chunks_exact(samples.width).zip(samples.fields.chunks_exact(samples.width))
        {
            misfit += (field[i] - state[half + i]).powi(2);
            size += field[i].powi(2);
        }
        misfit <= SAME * SAME * size && size > 0.0
    })
}

/// Windows of one pair: a system for each block with the columns ∂φ_j/∂q_i and v_i and the right side −v̇_i,
/// in units of the rms acceleration.
struct Pair {
    blocks: Vec<Normal>,
}

fn pairs(
    potentials: &[Expr],
    inputs: &[Symbol],
    paths: &[Path],
    smoothed: &[Samples],
    window: f64,
) -> Result<(Vec<Pair>, usize), FitError> {
    let tape = Tape::new(potentials, inputs)?;
    let (width, half, count) = (inputs.len(), inputs.len() / 2, potentials.len());
    let fields: Vec<f64> = smoothed.iter().flat_map(|s| s.fields.iter().copied()).collect();
    let scales = column_rms(&fields, width);
    let mut found: Vec<Pair> =
        (0..half).map(|_| Pair { blocks: (0..BLOCKS).map(|_| Normal::new(count + 1)).collect() }).collect();
    let mut starts = Vec::new();
    for (k, path) in paths.iter().enumerate() {
        let n = path.len();
        let step = (path.times[n - 1] - path.times[0]) / (n - 1) as f64;
        let points = ((window / step).round() as usize + 1).clamp(7.min(n), n);
        starts.extend((0..=n - points).step_by((points / 4).max(1)).map(|start| (k, start, points)));
    }
    let gradients: Vec<Vec<f64>> = smoothed.iter().map(|s| tape.gradient(&s.states).1).collect();
    // Rows are gathered before they are reduced: one factorisation for each block.
    let mut gathered = vec![vec![Vec::new(); BLOCKS]; half];
    for (at, &(k, start, points)) in starts.iter().enumerate() {
        let block = at * BLOCKS / starts.len();
        let bump = Bump::new(&paths[k].times[start..start + points]);
        for (i, blocks) in gathered.iter_mut().enumerate() {
            let mut row = vec![0.0; count + 2];
            for p in 0..points {
                let at = start + p;
                for (j, value) in row[..count].iter_mut().enumerate() {
                    *value += bump.weight[p] * gradients[k][(at * count + j) * width + i];
                }
                let v = paths[k].states[at * width + half + i];
                row[count] += bump.weight[p] * smoothed[k].states[at * width + half + i];
                // −∫ w v̇ = ∫ ẇ v.
                row[count + 1] += bump.slope[p] * v;
            }
            row.iter_mut().for_each(|value| *value /= scales[half + i]);
            blocks[block].extend(row);
        }
    }
    for (pair, blocks) in found.iter_mut().zip(&gathered) {
        for (block, rows) in pair.blocks.iter_mut().zip(blocks).filter(|(_, rows)| !rows.is_empty()) {
            block.add(rows)?;
        }
    }
    Ok((found, starts.len()))
}

/// All pairs' equations in V and γ for given μ: the columns are the potentials, then one γ for each pair.
fn joint(pairs: &[Pair], inverse_masses: &[f64], without: Option<usize>) -> Result<Normal, FitError> {
    let count = pairs[0].blocks[0].columns() - 1;
    let mut system = Normal::new(count + pairs.len());
    for (i, pair) in pairs.iter().enumerate() {
        for (b, block) in pair.blocks.iter().enumerate().filter(|(b, _)| Some(*b) != without) {
            debug_assert!(b < BLOCKS);
            let mut rows = Vec::new();
            for row in block.factor_rows() {
                rows.extend(row[..count].iter().map(|x| x * inverse_masses[i]));
                rows.extend((0..pairs.len()).map(|l| if l == i { row[count] } else { 0.0 }));
                rows.push(row[count + 1]);
            }
            system.add_reduced(&rows, block.rows())?;
        }
    }
    Ok(system)
}

/// μ and γ of one pair for a given V: the force along ∇V and v_i against v̇_i.
fn inverse_mass(pair: &Pair, potential: &[(usize, f64)], without: Option<usize>) -> Result<f64, FitError> {
    let mut system = Normal::new(2);
    for (_, block) in pair.blocks.iter().enumerate().filter(|(b, _)| Some(*b) != without) {
        let count = block.columns() - 1;
        let rows: Vec<f64> = block
            .factor_rows()
            .iter()
            .flat_map(|row| {
                [potential.iter().map(|&(j, c)| c * row[j]).sum::<f64>(), row[count], row[count + 1]]
            })
            .collect();
        system.add_reduced(&rows, block.rows())?;
    }
    Ok(system.solve(&[0, 1])?.coefficients[0])
}

/// Which set of coupled pairs each pair belongs to, given the terms of V.
fn coupled(terms: &[&Expr], coordinates: &[Symbol]) -> Vec<usize> {
    let mut set: Vec<usize> = (0..coordinates.len()).collect();
    for term in terms {
        let symbols = term.symbols();
        let members: Vec<usize> =
            (0..coordinates.len()).filter(|&i| symbols.contains(&coordinates[i])).collect();
        for pair in members.windows(2) {
            let (a, b) = (set[pair[0]], set[pair[1]]);
            set.iter_mut().filter(|s| **s == b.max(a)).for_each(|s| *s = a.min(b));
        }
    }
    set
}

/// V and γ with μ by turns, on the given terms.
fn alternate(
    pairs: &[Pair],
    columns: &[usize],
    sets: &[usize],
    start: &[f64],
    without: Option<usize>,
) -> Result<(Vec<f64>, super::linear::Solution), FitError> {
    let mut inverse = start.to_vec();
    let mut all = columns.to_vec();
    let count = pairs[0].blocks[0].columns() - 1;
    all.extend(count..count + pairs.len());
    for _ in 0..200 {
        let solution = joint(pairs, &inverse, without)?.solve(&all)?;
        let potential: Vec<(usize, f64)> =
            columns.iter().copied().zip(solution.coefficients.iter().copied()).collect();
        let mut moved = 0.0f64;
        for i in (0..pairs.len()).filter(|&i| sets[i] != i) {
            let next = inverse_mass(&pairs[i], &potential, without)?;
            moved = moved.max((next / inverse[i] - 1.0).abs());
            inverse[i] = next;
        }
        if moved < 1e-9 {
            break;
        }
    }
    let solution = joint(pairs, &inverse, without)?.solve(&all)?;
    Ok((inverse, solution))
}

/// Masses, potential and friction from measured paths; `potentials` are the terms that V may have.
///
/// # Errors
/// Terms that cannot be compiled, too few windows, a fit that the data does not determine.
pub fn mechanical(
    potentials: &[Expr],
    inputs: &[Symbol],
    paths: &[Path],
    smoothed: &[Samples],
    window: f64,
) -> Result<Mechanical, FitError> {
    let (pairs, windows) = pairs(potentials, inputs, paths, smoothed, window)?;
    let (half, count) = (pairs.len(), potentials.len());
    if windows * half < 3 * (count + half) {
        return Err(FitError::TooFewSamples { samples: windows * half, unknowns: count + half });
    }
    // Each pair by itself: its own multiple of V tells the ratio of the masses through the shared terms.
    let mut own: Vec<Vec<(usize, f64)>> = Vec::new();
    for (i, pair) in pairs.iter().enumerate() {
        let mut system = Normal::new(count + 1);
        for block in &pair.blocks {
            system.add_reduced(&block.factor_rows().concat(), block.rows())?;
        }
        let acting: Vec<usize> =
            (0..count).filter(|&j| potentials[j].symbols().contains(&inputs[i])).chain([count]).collect();
        let found = eliminate(&system, &acting, 1.1, 1e-10)?.solution;
        own.push(found.columns.into_iter().zip(found.coefficients).filter(|(j, _)| *j < count).collect());
    }
    let kept: Vec<&Expr> = own.iter().flatten().map(|(j, _)| &potentials[*j]).collect();
    let sets = coupled(&kept, &inputs[..half]);
    let mut inverse = vec![1.0; half];
    for i in 0..half {
        for k in i + 1..half {
            let shared: Vec<(f64, f64)> = own[i]
                .iter()
                .filter_map(|(j, a)| own[k].iter().find(|(l, _)| l == j).map(|(_, b)| (*a, *b)))
                .collect();
            let square: f64 = shared.iter().map(|(a, _)| a * a).sum();
            if sets[k] == sets[i] && sets[k] != k && square > 0.0 && inverse[k] == 1.0 {
                let ratio = shared.iter().map(|(a, b)| a * b).sum::<f64>() / square;
                inverse[k] = inverse[i] * if ratio > 0.0 { ratio } else { 1.0 };
            }
        }
    }
    // The union of what the pairs need, then thinned out together.
    let mut columns: Vec<usize> = own.iter().flatten().map(|(j, _)| *j).collect();
    columns.sort_unstable();
    columns.dedup();
    let (next, _) = alternate(&pairs, &columns, &sets, &inverse, None)?;
    let friction: Vec<usize> = (count..count + half).collect();
    let system = joint(&pairs, &next, None)?;
    let thinned = eliminate(&system, &[&columns[..], &friction].concat(), 1.1, 1e-10)?;
    columns = thinned.solution.columns.iter().copied().filter(|&j| j < count).collect();
    let (inverse, solution) = alternate(&pairs, &columns, &sets, &next, None)?;
    if inverse.iter().any(|m| !m.is_finite() || *m <= 0.0) {
        return Err(FitError::Singular);
    }
    let values = |inverse: &[f64], solution: &super::linear::Solution| -> Vec<f64> {
        inverse.iter().map(|m| 1.0 / m).chain(solution.coefficients.iter().copied()).collect()
    };
    let best = values(&inverse, &solution);
    let mut squares = vec![0.0; best.len()];
    for b in 0..BLOCKS {
        let (inverse, solution) = alternate(&pairs, &columns, &sets, &inverse, Some(b))?;
        let part = values(&inverse, &solution);
        squares.iter_mut().zip(part.iter().zip(&best)).for_each(|(s, (x, y))| *s += (x - y).powi(2));
    }
    // Delete-one jackknife.
    let factor = (BLOCKS - 1) as f64 / BLOCKS as f64;
    let measured = |k: usize| Measured { value: best[k], error: (factor * squares[k]).sqrt() };
    Ok(Mechanical {
        masses: (0..half).map(measured).collect(),
        uncoupled: sets.iter().enumerate().all(|(i, s)| i == *s),
        friction: (0..half).map(|i| measured(half + columns.len() + i)).collect(),
        potential: columns.iter().enumerate().map(|(k, &j)| (j, measured(half + k))).collect(),
        residual: solution.rms / system.target_rms().max(f64::MIN_POSITIVE),
        windows,
    })
}

#[cfg(test)]
mod tests {
    use super::super::library::tests_polynomials;
    use super::super::smoothing::{smoothed, tests_normal};
    use super::*;

    /// Two coupled oscillators with masses 1 and 5/2 and friction, by small steps of the midpoint rule.
    fn damped(noise: f64) -> Vec<Path> {
        let force = |y: &[f64; 4]| {
            let (f, g) = (-6.0 * y[0] + 2.0 * y[1], 2.0 * y[0] - 5.0 * y[1]);
            [y[2], y[3], f - 0.05 * y[2], g / 2.5 - 0.02 * y[3]]
        };
        let mut y = [1.0, 0.5, 0.0, -0.3];
        let (mut times, mut states, mut seed) = (vec![], vec![], 3);
        for i in 0..600 {
            times.push(0.05 * f64::from(i));
            states.extend(y.iter().map(|x| x + noise * tests_normal(&mut seed)));
            for _ in 0..50 {
                let k = force(&y);
                let middle: [f64; 4] = std::array::from_fn(|c| y[c] + 0.0005 * k[c]);
                let k = force(&middle);
                y = std::array::from_fn(|c| y[c] + 0.001 * k[c]);
            }
        }
        vec![Path { times, states }]
    }

    #[test]
    fn masses_friction_and_potential_of_a_damped_chain() {
        let inputs: Vec<Symbol> = ["a", "b", "u", "v"].map(Symbol::new).into();
        let potentials = tests_polynomials(&["a", "b"], 2);
        for (noise, rtol) in [(0.0, 1e-3), (0.01, 0.05)] {
            let paths = damped(noise);
            let smooth = smoothed(&paths, &[noise; 4], if noise > 0.0 { 8 } else { 4 });
            assert!(momenta_are_velocities(&smooth[0]));
            let found = mechanical(&potentials, &inputs, &paths, &smooth, 2.5).unwrap();
            assert!((found.masses[1].value / 2.5 - 1.0).abs() < rtol, "{found:?}");
            assert!((found.friction[0].value / 0.05 - 1.0).abs() < 10.0 * rtol, "{found:?}");
            let potential: Vec<(String, f64)> =
                found.potential.iter().map(|(j, c)| (potentials[*j].to_string(), c.value)).collect();
            let truth = [("a^2", 3.0), ("a*b", -2.0), ("b^2", 2.5)];
            for (name, value) in truth {
                let c = potential.iter().find(|(n, _)| n == name).unwrap().1;
                assert!((c / value - 1.0).abs() < rtol, "{potential:?}");
            }
        }
    }
}
