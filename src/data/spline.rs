//! Splines of degree 7 on given breaks.

/// The degree of every spline here: the weak form needs six smooth derivatives for errors of order h⁸.
pub const DEGREE: usize = 7;

/// The number of B-splines that do not vanish at a time.
pub const ORDER: usize = DEGREE + 1;

/// The B-splines of degree 7 on an interval: their breaks, with the ends repeated as clamped knots.
#[derive(Clone, PartialEq, Debug)]
pub struct Spline {
    breaks: Vec<f64>,
    knots: Vec<f64>,
}

impl Spline {
    /// The splines with these breaks.
    ///
    /// # Panics
    /// If there are fewer than two breaks or they do not increase.
    pub fn new(breaks: Vec<f64>) -> Self {
        assert!(breaks.len() >= 2 && breaks.windows(2).all(|pair| pair[0] < pair[1]), "breaks must increase");
        let mut knots = vec![breaks[0]; DEGREE];
        knots.extend(&breaks);
        knots.extend([breaks[breaks.len() - 1]; DEGREE]);
        Self { breaks, knots }
    }

    /// The breaks, increasing.
    pub fn breaks(&self) -> &[f64] {
        &self.breaks
    }

    /// The number of intervals.
    pub fn intervals(&self) -> usize {
        self.breaks.len() - 1
    }

    /// The number of B-splines.
    pub fn functions(&self) -> usize {
        self.intervals() + DEGREE
    }

    /// The interval in which a time lies: the first or last for times outside.
    pub fn interval(&self, t: f64) -> usize {
        self.breaks.partition_point(|b| *b <= t).clamp(1, self.intervals()) - 1
    }

    /// The values of a derivative of the B-splines that do not vanish at a time, and the index of the first of
    /// them. Times outside the breaks count as the nearest end; derivatives above the seventh vanish.
    ///
    /// # References
    /// de Boor, *A Practical Guide to Splines* (1978), chapter X.
    pub fn basis(&self, t: f64, derivative: usize) -> (usize, [f64; ORDER]) {
        let (low, high) = (self.breaks[0], self.breaks[self.intervals()]);
        let t = if t.is_nan() { low } else { t.clamp(low, high) };
        let first = self.interval(t);
        let mut values = [0.0; ORDER];
        if derivative > DEGREE {
            return (first, values);
        }
        // Knot `span` begins the interval.
        let (span, u) = (first + DEGREE, &self.knots);
        values[0] = 1.0;
        for degree in 1..=DEGREE - derivative {
            let mut saved = 0.0;
            for r in 0..degree {
                let (right, left) = (u[span + r + 1], u[span + r + 1 - degree]);
                let share = values[r] / (right - left);
                values[r] = saved + (right - t) * share;
                saved = (t - left) * share;
            }
            values[degree] = saved;
        }
        for degree in DEGREE - derivative + 1..=DEGREE {
            let mut before = 0.0;
            for r in 0..=degree {
                // The B-spline r of one degree less begins at knot span − degree + 1 + r.
                let after = if r < degree {
                    degree as f64 * values[r] / (u[span + 1 + r] - u[span + 1 + r - degree])
                } else {
                    0.0
                };
                values[r] = before - after;
                before = after;
            }
        }
        (first, values)
    }

    /// The value of a derivative of the spline with coefficients β, one for each function.
    pub fn value(&self, coefficients: &[f64], t: f64, derivative: usize) -> f64 {
        let (first, values) = self.basis(t, derivative);
        values.iter().zip(&coefficients[first..]).map(|(b, c)| b * c).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uneven() -> Spline {
        Spline::new(vec![0.0, 0.3, 0.4, 1.0, 1.7, 2.0, 2.1])
    }

    #[test]
    fn b_splines_add_to_one() {
        let spline = uneven();
        for k in 0..=42 {
            let t = 0.05 * k as f64;
            let sums = [0, 1, 2].map(|derivative| spline.basis(t, derivative).1.iter().sum::<f64>());
            assert!((sums[0] - 1.0).abs() < 1e-14);
            assert!(sums[1].abs() < 1e-12 && sums[2].abs() < 1e-10, "{sums:?}");
        }
    }

    #[test]
    fn derivatives_are_slopes() {
        let spline = uneven();
        let coefficients: Vec<f64> = (0..spline.functions()).map(|k| (3.0 * k as f64).sin()).collect();
        let at = |t: f64, derivative| spline.value(&coefficients, t, derivative);
        for k in 1..20 {
            let (t, h) = (0.1 * k as f64 + 0.03, 1e-5);
            for derivative in 0..4 {
                let slope = (at(t + h, derivative) - at(t - h, derivative)) / (2.0 * h);
                let exact = at(t, derivative + 1);
                assert!((slope - exact).abs() < 1e-6 * (1.0 + exact.abs()), "{t}, {derivative}");
            }
        }
    }

    #[test]
    fn seventh_derivatives_are_constant_and_higher_ones_vanish() {
        let spline = uneven();
        assert_eq!(spline.basis(0.05, 7), spline.basis(0.25, 7));
        assert_eq!(spline.basis(0.05, 8).1, [0.0; ORDER]);
    }

    #[test]
    fn times_outside_count_as_the_ends() {
        let spline = uneven();
        assert_eq!(spline.basis(-1.0, 0), spline.basis(0.0, 0));
        assert_eq!(spline.basis(9.0, 1), spline.basis(2.1, 1));
        assert_eq!(spline.interval(2.1), 5);
        assert_eq!(spline.basis(f64::NAN, 0), spline.basis(0.0, 0));
    }
}
