//! Whether a column is the time derivative of another, and in which units.

/// How a column changes, compared with another that may be its velocity.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Agreement {
    /// Change per integral of the velocity: 1 where the units fit.
    pub ratio: f64,
    /// The correlation of change and integral, from −1 to 1.
    pub correlation: f64,
}

/// A run: times, a position, what may be its velocity.
pub type Pair<'a> = (&'a [f64], &'a [f64], &'a [f64]);

impl Agreement {
    /// Compares changes over a fortieth of each run with the velocity integrated by the trapezoidal rule, so
    /// that noise counts for less than in differences of neighbours. `None` without points, or where nothing
    /// moves.
    pub fn of<'a>(runs: impl IntoIterator<Item = Pair<'a>>) -> Option<Agreement> {
        let (mut changes, mut integrals, mut products) = (0.0, 0.0, 0.0);
        for (times, position, velocity) in runs {
            let window = (times.len() / 40).max(1);
            let mut integral = vec![0.0; times.len()];
            for at in 1..times.len() {
                let step = times[at] - times[at - 1];
                integral[at] = integral[at - 1] + step * (velocity[at] + velocity[at - 1]) / 2.0;
            }
            for at in window..times.len() {
                let change = position[at] - position[at - window];
                let area = integral[at] - integral[at - window];
                changes += change * change;
                integrals += area * area;
                products += change * area;
            }
        }
        let correlation = products / (changes * integrals).sqrt();
        correlation.is_finite().then(|| Agreement { ratio: products / integrals, correlation })
    }

    /// Whether the one follows the other, in whatever units.
    pub fn follows(self) -> bool {
        self.correlation > 0.9
    }

    /// Whether they surely follow each other in units that do not fit. Units differ by factors of at least
    /// 1.6; noise and coarse sampling do not reach a quarter where the correlation is high.
    pub fn misfits(self) -> bool {
        self.correlation > 0.98 && !(0.75..=1.25).contains(&self.ratio)
    }

    /// Whether the position is in degrees where the velocity is in radians per time.
    pub fn is_degrees_to_radians(self) -> bool {
        self.follows() && (self.ratio * std::f64::consts::PI / 180.0 - 1.0).abs() < 0.2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_that_fit_and_that_do_not() {
        let times: Vec<f64> = (0..400).map(|k| 0.02 * f64::from(k)).collect();
        let position: Vec<f64> = times.iter().map(|t| t.sin()).collect();
        let velocity: Vec<f64> = times.iter().map(|t| t.cos()).collect();
        let of = |position: &[f64], velocity: &[f64]| {
            Agreement::of([(times.as_slice(), position, velocity)]).unwrap()
        };
        let fits = of(&position, &velocity);
        assert!(fits.follows() && !fits.misfits() && (fits.ratio - 1.0).abs() < 1e-3);
        let degrees: Vec<f64> = position.iter().map(|x| x.to_degrees()).collect();
        let agreement = of(&degrees, &velocity);
        assert!(agreement.misfits() && agreement.is_degrees_to_radians());
        let speed: Vec<f64> = velocity.iter().map(|v| v.abs()).collect();
        assert!(!of(&position, &speed).follows());
        assert!(!of(&velocity, &position).follows());
        let resting = vec![1.0; 400];
        assert_eq!(Agreement::of([(times.as_slice(), resting.as_slice(), velocity.as_slice())]), None);
    }
}
