//! Angles, degrees, units of velocities.

use super::*;

#[test]
fn angles_unwrap_and_degrees_are_converted() {
    // A rotor, and a velocity that belongs to it.
    let rotor = |turn: f64| {
        rows(move |k| {
            let angle = (0.3 * k / std::f64::consts::TAU).rem_euclid(1.0) * turn;
            format!("{},{angle},{}", 0.1 * k, 3.0 * turn / std::f64::consts::TAU)
        })
    };
    let radians =
        with(&format!("t,s,vs\n{}", rotor(std::f64::consts::TAU)), &ReadOptions::default()).unwrap();
    assert!(radians.recording.coordinates[0].is_angle);
    assert!((radians.recording.runs[0].positions[0][39] - 11.7).abs() < 1e-9);
    assert_eq!(radians.notes, ["`s` jumps by 2π: it is taken as an angle"]);
    let error = refused(&format!("t,s,vs\n{}", rotor(360.0)));
    assert!(error.contains("it jumps by 360") && error.contains("--degrees s"), "{error}");
    let options = ReadOptions { degrees: vec![Symbol::new("s")], ..ReadOptions::default() };
    for text in [format!("t,s,vs\n{}", rotor(360.0)), format!("t,s (deg),vs (deg/s)\n{}", rotor(360.0))] {
        let options = if text.contains("deg") { &ReadOptions::default() } else { &options };
        let reading = with(&text, options).unwrap();
        let run = &reading.recording.runs[0];
        assert!((run.positions[0][39] - 11.7).abs() < 1e-9 && (run.rates[0][0] - 3.0).abs() < 1e-12);
        assert_eq!(reading.notes, ["a.csv: `s` and `vs` are converted from degrees to radians"]);
    }
    let error = with(&format!("t,s,vs\n{}", rotor(std::f64::consts::TAU)), &options).unwrap_err();
    assert!(error.to_string().contains("it jumps by 2π"), "{error}");
    let unknown = ReadOptions { angles: vec![Symbol::new("r")], ..ReadOptions::default() };
    let error = with(&format!("t,s,vs\n{}", rotor(std::f64::consts::TAU)), &unknown).unwrap_err();
    assert_eq!(error.to_string(), "`--angle r`: there is no position `r`");
}

#[test]
fn velocities_in_other_units_are_refused() {
    let text = |factor: f64| {
        format!(
            "t,x,vx\n{}",
            rows(|k| {
                let (t, x, v) = state(k);
                format!("{t},{x},{}", factor * v)
            })
        )
    };
    let error = refused(&text(1000.0));
    assert!(error.contains("`vx` is not the velocity of `x` in these units"), "{error}");
    assert!(error.contains("--columns vx=-"), "{error}");
    let degrees = refused(&text(std::f64::consts::PI / 180.0));
    assert!(degrees.contains("--degrees x"), "{degrees}");
}
