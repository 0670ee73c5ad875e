//! One step of the method of Dormand and Prince of order 8.
//!
//! Reference: E. Hairer, S. P. Nørsett, G. Wanner, *Solving Ordinary Differential Equations I*, 2nd ed., 1993,
//! section II.5 (DOP853).

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

/// The method with its memory, for systems of one size.
#[derive(Clone, Debug, Default)]
pub struct DormandPrince {
    stages: Vec<Vec<f64>>,
    point: Vec<f64>,
}

impl DormandPrince {
    /// For systems of so many equations.
    pub fn new(size: usize) -> DormandPrince {
        DormandPrince { stages: vec![vec![0.0; size]; STAGES.len() + 1], point: vec![0.0; size] }
    }

    /// Writes the state after a step `h` from `state`, whose time derivative is `rate`. `derivative` writes the time
    /// derivative of a state; it does not depend on time.
    pub fn step(
        &mut self,
        mut derivative: impl FnMut(&[f64], &mut [f64]),
        state: &[f64],
        rate: &[f64],
        h: f64,
        out: &mut [f64],
    ) {
        self.stages[0].copy_from_slice(rate);
        for (i, row) in STAGES.iter().enumerate() {
            combine(state, &self.stages, row, h, &mut self.point);
            derivative(&self.point, &mut self.stages[i + 1]);
        }
        combine(state, &self.stages, &WEIGHTS, h, out);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_method_has_order_eight() {
        let slope = |x: &[f64], out: &mut [f64]| out.copy_from_slice(&[x[1], -x[0].sin()]);
        let end = |steps: usize| {
            let (mut state, mut next, mut rate) = ([2.0, 0.5], [0.0; 2], [0.0; 2]);
            let mut method = DormandPrince::new(2);
            for _ in 0..steps {
                slope(&state, &mut rate);
                method.step(slope, &state, &rate, 4.0 / steps as f64, &mut next);
                state = next;
            }
            state[0]
        };
        let exact = end(256);
        let ratio = (end(8) - exact).abs() / (end(16) - exact).abs();
        assert!(ratio > 2f64.powf(7.0), "{ratio}");
    }
}
