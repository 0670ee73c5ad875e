use super::*;

/// Deterministic numbers that look random.
fn noise(seed: usize, count: usize) -> Vec<f64> {
    (0..count).map(|k| ((seed * 31 + k) as f64 * 12.9898).sin() * 43758.5453 % 1.0).collect()
}

fn example() -> (Mat<f64>, Vec<f64>) {
    let columns: Vec<Vec<f64>> = (0..4).map(|j| noise(j + 1, 30)).collect();
    let x = Mat::from_fn(30, 4, |i, j| columns[j][i]);
    let a = (0..30).map(|i| 2.0 * columns[0][i] - columns[2][i] + 0.01 * (i as f64).sin()).collect();
    (x, a)
}

fn plain(columns: &[usize]) -> Vec<Member> {
    columns.iter().map(|&column| Member { column, partner: None }).collect()
}

fn of(x: &Mat<f64>, a: &[f64]) -> Gram {
    let mut gram = Gram::new(1, 4);
    gram.add(0, x, a);
    gram
}

#[test]
fn a_child_has_the_chi_of_its_fit() {
    let (x, a) = example();
    let gram = of(&x, &a);
    let support = gram.fit(&plain(&[0, 3]), &[1.0], 1);
    let children = gram.at(&[1.0]).children(&support.directions, &plain(&[0, 1, 2]));
    assert!((children.chi - support.chi).abs() < 1e-8 * gram.square());
    for k in [1, 2] {
        let fit = gram.fit(&plain(&[0, 3, k]), &[1.0], 1);
        assert!((children.chi - children.gains[k] - fit.chi).abs() < 1e-8 * gram.square());
    }
    assert_eq!(children.gains[0], 0.0);
    let fit = gram.fit(&plain(&[0, 2]), &[1.0], 1);
    assert!((fit.coefficients[0] - 2.0).abs() < 0.01 && (fit.coefficients[1] + 1.0).abs() < 0.01);
}

#[test]
fn a_step_is_held_at_its_bound() {
    let (x, a) = example();
    let gram = of(&x, &a);
    let both = gram.square() - gram.fit(&plain(&[0, 2]), &[1.0], 1).chi;
    for (step, held) in [(0.6, false), (0.3, true)] {
        let pair = Member { column: 0, partner: Some((2, step)) };
        let gain = gram.at(&[1.0]).children(&[], &[pair]).gains[0];
        let fit = gram.fit(&[pair], &[1.0], 1);
        assert_eq!(fit.directions.len(), if held { 1 } else { 2 });
        assert!((gram.square() - fit.chi - gain).abs() < 1e-8 * both);
        assert_eq!(gain < 0.99 * both, held);
        let ratio = fit.coefficients[1] / fit.coefficients[0];
        assert!((ratio + if held { 0.3 } else { 0.5 }).abs() < 0.01);
    }
}

#[test]
fn scales_of_blocks_are_fitted() {
    let (x, a) = example();
    let slow: Vec<f64> = a.iter().map(|a| 0.4 * a).collect();
    let mut gram = Gram::new(2, 4);
    gram.add(0, &x, &a);
    gram.add(1, &x, &slow);
    let fit = gram.fit(&plain(&[0, 2]), &[1.0, 1.0], 20);
    assert!((fit.scales[1] - 0.4).abs() < 1e-3, "{:?}", fit.scales);
    assert_eq!(fit.scales[0], 1.0);
}

#[test]
fn small_systems_are_solved() {
    let matrix = [4.0, 1.0, 1.0, 9.0];
    let c = solve_with_ridge(&matrix, &[5.0, 10.0], 0.0);
    assert!((c[0] - 1.0).abs() < 1e-12 && (c[1] - 1.0).abs() < 1e-12);
    assert!((quadratic(&matrix, &[1.0, 2.0]) - 44.0).abs() < 1e-12);
}
