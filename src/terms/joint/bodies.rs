//! Which coordinates belong to one body.

use crate::data::Coordinate;

/// Which coordinates are those of one body, and share a mass.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub enum Bodies {
    /// Those whose names say so.
    #[default]
    ByName,
    /// None: every coordinate has a mass of its own, as two carts called `x` and `y` have.
    EachCoordinate,
}

impl Bodies {
    /// The coordinates of each body.
    pub fn of(self, coordinates: &[Coordinate]) -> Vec<Vec<usize>> {
        match self {
            Bodies::ByName => by_name(coordinates),
            Bodies::EachCoordinate => (0..coordinates.len()).map(|i| vec![i]).collect(),
        }
    }
}

/// The coordinates of each body, by their names: those with the same number or the same letters after an underscore
/// (`x1`, `y1`; `x_sun`, `y_sun`). Where this gives bodies of different sizes, each coordinate is a body.
fn by_name(coordinates: &[Coordinate]) -> Vec<Vec<usize>> {
    let mut groups: Vec<(&str, Vec<usize>)> = Vec::new();
    for (i, coordinate) in coordinates.iter().enumerate() {
        let label = label(coordinate.name.name());
        match groups.iter_mut().find(|(known, _)| *known == label) {
            Some((_, members)) => members.push(i),
            None => groups.push((label, vec![i])),
        }
    }
    let size = groups.first().map_or(0, |(_, members)| members.len());
    if groups.iter().all(|(_, members)| members.len() == size) {
        groups.into_iter().map(|(_, members)| members).collect()
    } else {
        Bodies::EachCoordinate.of(coordinates)
    }
}

/// The part of a name that tells the body: its last digits, else what follows an underscore, else nothing.
fn label(name: &str) -> &str {
    let letters = name.trim_end_matches(|c: char| c.is_ascii_digit());
    if letters.len() < name.len() {
        return &name[letters.len()..];
    }
    match name.split_once('_') {
        Some((head, tail)) if !head.is_empty() && head != "q" => tail,
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::Symbol;

    fn of(names: &[&str]) -> Vec<Vec<usize>> {
        let coordinate = |name: &&str| Coordinate { name: Symbol::new(name), is_angle: false };
        Bodies::ByName.of(&names.iter().map(coordinate).collect::<Vec<_>>())
    }

    #[test]
    fn names_tell_bodies() {
        assert_eq!(of(&["x", "y"]), [vec![0, 1]]);
        assert_eq!(of(&["x1", "y1", "x2", "y2"]), [vec![0, 1], vec![2, 3]]);
        assert_eq!(of(&["q1", "q2", "q3"]), [vec![0], vec![1], vec![2]]);
        assert_eq!(of(&["x_sun", "x_earth"]), [vec![0], vec![1]]);
        assert_eq!(of(&["q_x", "q_y"]), [vec![0, 1]]);
    }

    #[test]
    fn bodies_of_different_sizes_are_none() {
        assert_eq!(of(&["x1", "y1", "x2"]), [vec![0], vec![1], vec![2]]);
    }
}
