//! How phase space enters a network.

use super::linear::Real;

/// How phase space enters a network: angles as cosine and sine, everything else as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InputMap {
    pub(crate) dof: usize,
    /// Which columns of a state are angles.
    pub(crate) angles: Vec<bool>,
}

impl InputMap {
    pub(crate) fn new(dof: usize, angles: &[usize]) -> Self {
        Self { dof, angles: (0..2 * dof).map(|k| angles.contains(&k)).collect() }
    }

    /// Number of network inputs.
    pub(crate) fn features(&self) -> usize {
        self.angles.len() + self.angles.iter().filter(|&&a| a).count()
    }

    /// Number of network inputs that come of the coordinates; they stand before those of the momenta.
    pub(crate) fn coordinate_features(&self) -> usize {
        self.dof + self.angles[..self.dof].iter().filter(|&&a| a).count()
    }

    /// Appends the features of one scaled state.
    pub(crate) fn push_features(&self, state: impl Iterator<Item = f64>, out: &mut Vec<f64>) {
        for (x, &angle) in state.zip(&self.angles) {
            if angle {
                out.extend([x.cos(), x.sin()]);
            } else {
                out.push(x);
            }
        }
    }

    /// ∂y/∂x from ∂y/∂(features): `[features, outputs, samples]` → `[2·dof, outputs, samples]`.
    #[inline(always)]
    pub(crate) fn to_states<T: Real>(&self, inputs: &[T], jacobian: &[T], out: &mut [T], r: usize) {
        let size = out.len() / self.angles.len();
        let mut feature = 0;
        for (out, &angle) in out.chunks_exact_mut(size).zip(&self.angles) {
            if angle {
                let (cosine, sine) = inputs[feature * r..][..2 * r].split_at(r);
                let (by_cosine, by_sine) = jacobian[feature * size..][..2 * size].split_at(size);
                let blocks = by_cosine.chunks_exact(r).zip(by_sine.chunks_exact(r));
                for (out, (by_cosine, by_sine)) in out.chunks_exact_mut(r).zip(blocks) {
                    let rows = by_cosine.iter().zip(by_sine).zip(cosine).zip(sine);
                    for (out, (((&c, &s), &cosine), &sine)) in out.iter_mut().zip(rows) {
                        *out = cosine * s - sine * c;
                    }
                }
                feature += 2;
            } else {
                out.copy_from_slice(&jacobian[feature * size..][..size]);
                feature += 1;
            }
        }
    }

    /// The transpose of [`to_states`](Self::to_states).
    #[inline(always)]
    pub(crate) fn to_features<T: Real>(&self, inputs: &[T], bar: &[T], out: &mut [T], r: usize) {
        let size = bar.len() / self.angles.len();
        let mut feature = 0;
        for (bar, &angle) in bar.chunks_exact(size).zip(&self.angles) {
            if angle {
                let (cosine, sine) = inputs[feature * r..][..2 * r].split_at(r);
                let (by_cosine, by_sine) = out[feature * size..][..2 * size].split_at_mut(size);
                let blocks = by_cosine.chunks_exact_mut(r).zip(by_sine.chunks_exact_mut(r));
                for (bar, (by_cosine, by_sine)) in bar.chunks_exact(r).zip(blocks) {
                    let rows = by_cosine.iter_mut().zip(by_sine).zip(cosine).zip(sine);
                    for (&bar, (((c, s), &cosine), &sine)) in bar.iter().zip(rows) {
                        *c = -sine * bar;
                        *s = cosine * bar;
                    }
                }
                feature += 2;
            } else {
                out[feature * size..][..size].copy_from_slice(bar);
                feature += 1;
            }
        }
    }
}
