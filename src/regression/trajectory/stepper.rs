//! One step of the method of Dormand and Prince of order 8, for a state and its sensitivities together.
//!
//! Reference: E. Hairer, S. P. Nørsett, G. Wanner, *Solving Ordinary Differential Equations I*, 2nd ed., 1993,
//! section II.5 (DOP853).

use crate::regression::motion::{Derivatives, Motion};

/// The rows of the tableau below the diagonal: for each stage after the first, pairs (earlier stage, coefficient).
const STAGES: [&[(usize, f64)]; 11] = [
    &[(0, 0.052_600_151_958_767_73)],
    &[(0, 0.019_725_056_984_537_9), (1, 0.059_175_170_953_613_7)],
    &[(0, 0.029_587_585_476_806_85), (2, 0.088_762_756_430_420_54)],
    &[(0, 0.241_365_134_159_266_7), (2, -0.884_549_479_328_286_1), (3, 0.924_834_003_261_792)],
    &[(0, 0.037_037_037_037_037_035), (3, 0.170_828_608_729_473_86), (4, 0.125_467_687_566_822_42)],
    &[(0, 0.037_109_375), (3, 0.170_252_211_019_544_05), (4, 0.060_216_538_980_455_96), (5, -0.017_578_125)],
    &[
        (0, 0.037_092_000_118_504_79),
        (3, 0.170_383_925_712_239_98),
        (4, 0.107_262_030_446_373_28),
        (5, -0.015_319_437_748_624_402),
        (6, 0.008_273_789_163_814_023),
    ],
    &[
        (0, 0.624_110_958_716_075_7),
        (3, -3.360_892_629_446_941_4),
        (4, -0.868_219_346_841_726),
        (5, 27.592_099_699_446_71),
        (6, 20.154_067_550_477_894),
        (7, -43.489_884_181_069_96),
    ],
    &[
        (0, 0.477_662_536_438_264_34),
        (3, -2.488_114_619_971_667_7),
        (4, -0.590_290_826_836_843),
        (5, 21.230_051_448_181_193),
        (6, 15.279_233_632_882_423),
        (7, -33.288_210_968_984_86),
        (8, -0.020_331_201_708_508_627),
    ],
    &[
        (0, -0.937_142_430_085_987_3),
        (3, 5.186_372_428_844_064),
        (4, 1.091_437_348_996_729_5),
        (5, -8.149_787_010_746_927),
        (6, -18.520_065_659_996_96),
        (7, 22.739_487_099_350_505),
        (8, 2.493_605_552_679_652_3),
        (9, -3.046_764_471_898_219_6),
    ],
    &[
        (0, 2.273_310_147_516_538),
        (3, -10.534_495_466_737_25),
        (4, -2.000_872_058_224_862_5),
        (5, -17.958_931_863_118_8),
        (6, 27.948_884_529_419_96),
        (7, -2.858_998_277_135_023_5),
        (8, -8.872_856_933_530_63),
        (9, 12.360_567_175_794_303),
        (10, 0.643_392_746_015_763_6),
    ],
];

/// The weights: pairs (stage, weight).
const WEIGHTS: [(usize, f64); 8] = [
    (0, 0.054_293_734_116_568_765),
    (5, 4.450_312_892_752_409),
    (6, 1.891_517_899_314_500_3),
    (7, -5.801_203_960_010_585),
    (8, 0.311_164_366_957_819_9),
    (9, -0.152_160_949_662_516_1),
    (10, 0.201_365_400_804_030_34),
    (11, 0.044_710_615_727_772_59),
];

/// Integrates a motion with given constants.
///
/// A *state* holds one row for each position, then one for each velocity. A row is the value, followed by its
/// sensitivities: derivatives with respect to the state at the anchor (2n), then to the constants (p). Without
/// sensitivities a row is the value alone. Shape `[2n, width]`.
pub(super) struct Stepper<'a> {
    motion: &'a dyn Motion,
    theta: &'a [f64],
    dof: usize,
    width: usize,
    stages: Vec<Vec<f64>>,
    state: Vec<f64>,
    q: Vec<f64>,
    v: Vec<f64>,
    value: Vec<f64>,
    by_position: Vec<f64>,
    by_velocity: Vec<f64>,
    by_parameter: Vec<f64>,
}

impl<'a> Stepper<'a> {
    /// A stepper that carries sensitivities along, or states alone.
    pub(super) fn new(motion: &'a dyn Motion, theta: &'a [f64], sensitivities: bool) -> Stepper<'a> {
        let (n, p) = (motion.dof(), motion.parameters());
        let width = if sensitivities { 1 + 2 * n + p } else { 1 };
        let size = 2 * n * width;
        Stepper {
            motion,
            theta,
            dof: n,
            width,
            stages: vec![vec![0.0; size]; STAGES.len() + 1],
            state: vec![0.0; size],
            q: vec![0.0; n],
            v: vec![0.0; n],
            value: vec![0.0; n],
            by_position: vec![0.0; n * n],
            by_velocity: vec![0.0; n * n],
            by_parameter: vec![0.0; n * p],
        }
    }

    /// Values in a row of a state.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// The state with these positions and velocities, where the sensitivities begin: the identity with respect
    /// to the state itself, zero with respect to the constants.
    pub(super) fn start(&self, values: &[f64]) -> Vec<f64> {
        let mut state = vec![0.0; 2 * self.dof * self.width];
        for (i, row) in state.chunks_exact_mut(self.width).enumerate() {
            row[0] = values[i];
            if self.width > 1 {
                row[1 + i] = 1.0;
            }
        }
        state
    }

    /// Writes the time derivative of a state.
    pub(super) fn derivative(&mut self, state: &[f64], out: &mut [f64]) {
        let (n, width) = (self.dof, self.width);
        let half = n * width;
        for i in 0..n {
            self.q[i] = state[i * width];
            self.v[i] = state[half + i * width];
        }
        out[..half].copy_from_slice(&state[half..]);
        if width == 1 {
            self.motion.acceleration(&self.q, &self.v, self.theta, &mut out[half..]);
            return;
        }
        let derivatives = Derivatives {
            value: &mut self.value,
            by_position: &mut self.by_position,
            by_velocity: &mut self.by_velocity,
            by_parameter: &mut self.by_parameter,
        };
        self.motion.derivatives(&self.q, &self.v, self.theta, derivatives);
        for i in 0..n {
            self.vary(i, state, &mut out[half + i * width..][..width]);
        }
    }

    /// Writes the row of the acceleration of coordinate `i`: δa = ∂a/∂q·δq + ∂a/∂v·δv + ∂a/∂θ.
    fn vary(&self, i: usize, state: &[f64], out: &mut [f64]) {
        let (n, width) = (self.dof, self.width);
        out.fill(0.0);
        let slopes = self.by_position[i * n..][..n].iter().chain(&self.by_velocity[i * n..][..n]);
        for (&slope, row) in slopes.zip(state.chunks_exact(width)) {
            if slope != 0.0 {
                out[1..].iter_mut().zip(&row[1..]).for_each(|(y, x)| *y += slope * x);
            }
        }
        let own = &self.by_parameter[i * (width - 1 - 2 * n)..];
        out[1 + 2 * n..].iter_mut().zip(own).for_each(|(y, x)| *y += x);
        out[0] = self.value[i];
    }

    /// Writes the state after a step `h` from `state`, whose time derivative is `rate`.
    pub(super) fn step(&mut self, state: &[f64], rate: &[f64], h: f64, out: &mut [f64]) {
        let mut stages = std::mem::take(&mut self.stages);
        let mut point = std::mem::take(&mut self.state);
        stages[0].copy_from_slice(rate);
        for (i, row) in STAGES.iter().enumerate() {
            combine(state, &stages, row, h, &mut point);
            self.derivative(&point, &mut stages[i + 1]);
        }
        combine(state, &stages, &WEIGHTS, h, out);
        self.stages = stages;
        self.state = point;
    }
}

/// out = state + h·Σ weight·stage.
fn combine(state: &[f64], stages: &[Vec<f64>], weights: &[(usize, f64)], h: f64, out: &mut [f64]) {
    out.copy_from_slice(state);
    for &(stage, weight) in weights {
        let factor = h * weight;
        out.iter_mut().zip(&stages[stage]).for_each(|(y, x)| *y += factor * x);
    }
}
