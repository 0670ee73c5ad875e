//! Files of many programs, read or refused.

mod angles;
mod columns;

use super::*;

/// Rows `line(k)` for k = 0 … 39.
fn rows(line: impl Fn(f64) -> String) -> String {
    (0..40).map(|k| line(f64::from(k)) + "\n").collect()
}

/// An oscillator: time, position, velocity.
fn state(k: f64) -> (f64, f64, f64) {
    let t = 0.1 * k;
    (t, t.cos(), -t.sin())
}

fn with(text: &str, options: &ReadOptions) -> Result<Reading, ReadError> {
    read_text(text, "a.csv", options)
}

fn understood(text: &str) -> String {
    match with(text, &ReadOptions::default()) {
        Ok(reading) => reading.understood,
        Err(error) => error.render(),
    }
}

fn refused(text: &str) -> String {
    with(text, &ReadOptions::default()).expect_err("a refusal").render()
}

fn declared(text: &str) -> ReadOptions {
    let system = System::parse(text, "s.ham").expect("a system");
    ReadOptions { declared: Some(Declared::from(&system)), ..ReadOptions::default() }
}

const PLAIN: &str = "read a.csv: 1 run of 40 points; time t; position x; its velocity v";

#[test]
fn separators_commas_and_line_ends() {
    let table = |separator: &str| {
        rows(|k| {
            let (t, x, v) = state(k);
            format!("{t}{separator}{x}{separator}{v}")
        })
    };
    assert_eq!(understood(&format!("t,x,v\n{}", table(","))), PLAIN);
    assert_eq!(understood(&format!("t\tx\tv\n{}", table("\t"))), PLAIN);
    assert_eq!(understood(&format!("t x v\n{}", table("  "))), PLAIN);
    assert_eq!(understood(&format!("t, x, v\n{}", table(" "))), PLAIN);
    assert_eq!(understood(&format!("\u{feff}t,x,v\r\n{}", table(",").replace('\n', "\r\n"))), PLAIN);
    let semicolons = format!("t;x;v\n{}", table(";"));
    assert_eq!(understood(&semicolons), format!("{PLAIN}; semicolons between columns"));
    assert_eq!(
        understood(&semicolons.replace('.', ",")),
        format!("{PLAIN}; semicolons between columns, decimal commas")
    );
}

#[test]
fn titles_comments_units_and_trailing_separators() {
    let body = rows(|k| {
        let (t, x, v) = state(k);
        format!("{t},{x},{v}")
    });
    let trailing = body.replace('\n', ",\n");
    for text in [
        format!("# made by a program\n% on a day\nt,x,v\n{body}# the end\n"),
        format!("Pendulum lab,,\nJanuary,12,\nt,x,v\n{body}"),
        format!("t,x,v\ns,m,m/s\n{body}"),
        format!("\"t (s)\",\"x (m)\",\"v (m/s)\"\n{body}"),
        format!("\"t\n(s)\",\"x [m]\",v / (m/s)\n{body}"),
        format!("t,x,v\n[s],[m],[m/s]\n{body}"),
        format!("t,x,v,\n{trailing}"),
        format!("t,x,v\n{trailing}"),
        format!("# t x v\n{}", body.replace(',', " ")),
        format!("# columns:\n# t, x, v\n{body}"),
        format!("$$SOE\nt,x,v\n***\n{body}$$EOE\nA word at the end, and another\n"),
    ] {
        assert_eq!(understood(&text), PLAIN, "{}", &text[..60]);
    }
}

#[test]
fn names_of_velocities() {
    for (header, expected) in [
        ("t,x,vx", "position x; its velocity vx"),
        ("time,x,x_dot", "position x; its velocity x_dot"),
        ("Time (s),x,dx/dt", "position x; its velocity dx_dt"),
        ("t,theta,omega", "position theta; its velocity omega; angle theta in radians"),
        ("t,θ,θ̇", "position θ; its velocity θ_dot; angle θ in radians"),
        ("t,φ,ω", "position φ; its velocity ω; angle φ in radians"),
        ("t,q,p", "position q; its momentum p"),
        ("t,q1,p1", "position q1; its momentum p1"),
        ("t,Position (m),Velocity (m/s)", "position Position; its velocity Velocity"),
        ("Latest: Time (s),Latest: X (m),Latest: X Velocity (m/s)", "position X; its velocity X_Velocity"),
        ("t,u,v", "position u; its velocity v"),
        ("t,prey,predator", "positions prey, predator alone"),
    ] {
        let text = format!(
            "{header}\n{}",
            rows(|k| {
                let (t, x, v) = state(k);
                format!("{t},{x},{v}")
            })
        );
        let said = understood(&text);
        assert!(said.ends_with(expected), "{header}: {said}");
    }
}

#[test]
fn bare_names_are_believed_where_the_numbers_agree() {
    // `v` is no velocity of `u` here: both are positions.
    let text = format!("t,u,v\n{}", rows(|k| format!("{k},{},{}", (0.1 * k).sin(), (0.03 * k).sin())));
    assert!(understood(&text).ends_with("positions u, v alone"), "{}", understood(&text));
    // A speed beside two positions is none.
    let text = format!("t,x,y,v\n{}", rows(|k| format!("{k},{},{},1", (0.1 * k).sin(), (0.1 * k).cos())));
    assert!(understood(&text).ends_with("positions x, y alone"), "{}", understood(&text));
    let flow = format!(
        "t,x,y,u,v\n{}",
        rows(|k| {
            let (t, x, v) = state(k);
            format!("{t},{x},{},{v},{}", 2.0 * x, 2.0 * v)
        })
    );
    assert!(understood(&flow).ends_with("positions x, y; their velocities u, v"), "{}", understood(&flow));
}

#[test]
fn accelerations_and_derivatives_are_used() {
    let row = |k: f64| {
        let (t, x, v) = state(k);
        format!("{t},{x},{v},{v},{}", -x)
    };
    for (header, end) in [
        ("t,x,v,dx,dv", "its velocity v; its acceleration"),
        ("t,x,vx,dx,ax", "its velocity vx; its acceleration"),
        ("t,q,p,dq,dp", "its momentum p; the time derivatives of all"),
    ] {
        let reading = with(&format!("{header}\n{}", rows(row)), &ReadOptions::default()).unwrap();
        assert!(reading.understood.ends_with(end), "{header}: {}", reading.understood);
        let derivatives = reading.recording.runs[0].derivatives.as_ref().unwrap();
        assert_eq!((derivatives.len(), derivatives[1][0]), (2, -1.0));
    }
    let half =
        rows(row).lines().map(|line| line.rsplit_once(',').unwrap().0.to_string() + "\n").collect::<String>();
    assert!(refused(&format!("t,q,p,dq\n{half}")).contains("the derivative column `dp` is missing"));
}

#[test]
fn further_columns_are_noted() {
    let text = format!(
        "planet,Date,JD,X,Y,VX,VY,RG,m,n\n{}",
        rows(|k| {
            let t = 0.1 * k;
            let (sin, cos) = t.sin_cos();
            format!("Mars,2020-Jan-{k},{t},{cos},{sin},{},{cos},{},5,{k}", -sin, 1.0 + t)
        })
    );
    let reading = with(&text, &ReadOptions::default()).unwrap();
    assert_eq!(
        reading.understood,
        "read a.csv: 1 run of 40 points (by planet); time JD; positions X, Y; their velocities VX, VY"
    );
    assert_eq!(reading.recording.runs[0].name, "Mars");
    assert_eq!(
        reading.notes,
        ["a.csv: not used: `Date` (text); `n` (counts the rows); `m` (constant); `RG` (no position)"]
    );
}

#[test]
fn runs_of_different_lengths_sorted_and_too_short() {
    let mut lines: Vec<String> = Vec::new();
    for k in 0..30 {
        lines.push(format!("a,{},{}", 29 - k, k * k));
        if k < 20 {
            lines.push(format!("b,{k},{}", k * k));
        }
        if k < 3 {
            lines.push(format!("c,{k},{k}"));
        }
    }
    let reading = with(&format!("run,t,x\n{}\n", lines.join("\n")), &ReadOptions::default()).unwrap();
    let names: Vec<(&str, usize)> =
        reading.recording.runs.iter().map(|run| (run.name.as_str(), run.points())).collect();
    assert_eq!(names, [("a", 30), ("b", 20)]);
    assert_eq!(reading.recording.runs[0].times[..2], [0.0, 1.0]);
    assert_eq!(reading.recording.runs[0].positions[0][..2], [841.0, 784.0]);
    assert_eq!(
        reading.notes,
        [
            "a.csv: rows out of order in 1 run are sorted by time",
            "a.csv: left out 1 of 3 runs with fewer than 9 points (c)"
        ]
    );
    assert!(reading.understood.contains("2 runs of 20 to 30 points (by run), 50 in all"));
}

#[test]
fn incomplete_rows_are_refused_or_left_out_and_counted() {
    let body = rows(|k| format!("{k},{}", k * k));
    let damaged =
        body.replace("\n7,49\n", "\n7,\n").replace("\n9,81\n", "\n9,nan\n").replace("\n30,900\n", "\n30\n");
    let text = format!("t,x\n{damaged}12,5\n");
    let error = refused(&text);
    assert!(error.contains("an empty cell in column `x`") && error.contains("a.csv:9:3"), "{error}");
    assert!(error.contains("`--drop-incomplete` leaves out the 3 such rows"), "{error}");
    let options = ReadOptions { drop_incomplete: true, ..ReadOptions::default() };
    let reading = with(&text, &options).unwrap();
    assert_eq!(reading.recording.runs[0].points(), 37);
    assert_eq!(
        reading.notes[1],
        "a.csv: left out 3 of 41 rows without a number in each column and 1 of 41 rows that repeat a time"
    );
    let repeated = refused(&format!("t,x\n{body}12,5\n"));
    assert!(repeated.contains("the time 12 stands twice (first on line 14)"), "{repeated}");
}

#[test]
fn a_damaged_first_row_is_no_title() {
    let body = rows(|k| format!("{k},{},{k}.5", k * k));
    let error = refused(&format!("t,x,y\n0,1\n{body}"));
    assert!(error.contains("a.csv:2:4") && error.contains("2 cells instead of 3"), "{error}");
    let error = refused(&format!("t,x,y\n,,1\n{body}"));
    assert!(error.contains("a.csv:2:1") && error.contains("an empty cell in column `t`"), "{error}");
    let numbered = refused(&format!("t,1x,_\n{body}"));
    assert!(numbered.contains("this line names no columns"), "{numbered}");
}

#[test]
fn times_that_begin_again_are_two_runs() {
    let body = rows(|k| format!("{k},{}", k * k));
    let error = refused(&format!("t,x\n{body}{}", body.replace(",", ".5,")));
    assert!(error.contains("the times begin again: 0.5 after 39") && error.contains("a.csv:42:1"), "{error}");
    assert!(error.contains("such as `run`, or a file each"), "{error}");
}

#[test]
fn dates_are_no_times() {
    for date in ["2024-05-01 10:00:", "10:15:", "2024-05-01T10:00:"] {
        let error = refused(&format!("time,x\n{}", rows(|k| format!("{date}{:02},{}", k, k * k))));
        assert!(error.contains("is a date or a time of day"), "{error}");
    }
}

#[test]
fn a_system_file_overrules_names() {
    let body = rows(|k| {
        let (t, x, v) = state(k);
        format!("0,{t},{x},{v},1")
    });
    let text = format!("trajectory,t,x,vx,z\n{body}");
    let reading = with(&text, &declared("system s\ncoordinates x\nvelocities vx\n")).unwrap();
    assert!(reading.understood.ends_with("position x; its velocity vx"));
    assert_eq!(reading.notes, ["a.csv: not used: `z` (not in the system file)"]);
    let reading = with(&text, &declared("system s\ncoordinates x\n")).unwrap();
    assert!(reading.understood.ends_with("position x alone"));
    let reading = with(&text, &declared("system s\ncoordinates vx\nmomenta x\n")).unwrap();
    assert!(reading.understood.ends_with("position vx; its momentum x"));
    let error = with(&text, &declared("system s\ncoordinates x\nmomenta px\n")).unwrap_err().render();
    assert!(
        error.contains("the column `px` is missing") && error.contains("--columns FILE_COLUMN=px"),
        "{error}"
    );
}

#[test]
fn damaged_files_are_errors_never_panics() {
    let text = format!(
        "# title\nrun,t [s],θ (rad),vθ,E\n,s,rad,rad/s,J\n{}",
        rows(|k| {
            let (t, x, v) = state(k);
            format!("\"a\",{t},{x},{v},1")
        })
    );
    let junk = [
        "\"", ",", ";", "\t", "\n", "\r", "|", "#", "%", "nan", "İ", "ẞ", "1e999", "(", ":", "run 2", "'",
        "\u{307}",
    ];
    let systems = [ReadOptions::default(), declared("system s\ncoordinates θ\nvelocities vθ\nangle θ\n")];
    let places: Vec<usize> =
        text.char_indices().map(|(at, _)| at).filter(|at| *at < 160 || at % 31 == 0).collect();
    for (count, at) in places.into_iter().enumerate() {
        let rest = &text[at..];
        let after = rest.char_indices().nth(1).map_or("", |(next, _)| &rest[next..]);
        for damaged in [
            text[..at].to_string(),
            format!("{}{after}", &text[..at]),
            format!("{}{}{rest}", &text[..at], junk[count % junk.len()]),
            format!("{}{}{after}", &text[..at], junk[count / junk.len() % junk.len()]),
        ] {
            for options in &systems {
                let options = ReadOptions { drop_incomplete: count % 2 == 0, ..options.clone() };
                if let Err(error) = with(&damaged, &options) {
                    assert!(error.render().starts_with("error: "));
                }
            }
        }
    }
}

#[test]
fn schmidt_lipson_files() {
    let row = |k: f64| {
        let (t, x, v) = state(k);
        format!(" 0.0e+000 {t} {x} {v}")
    };
    let reading = read_text(&format!("%x v\r\n{}", rows(row)), "a.txt", &ReadOptions::default()).unwrap();
    assert!(
        reading.understood.ends_with("(by trial); time t; position x; its velocity v"),
        "{}",
        reading.understood
    );
    let options = declared("system s\ncoordinates q\nmomenta p\n");
    let options = ReadOptions { columns: ColumnMap::parse("x=q,v=p").unwrap(), ..options };
    let doubled = rows(|k| format!("{} {} {}", row(k), state(k).2, -state(k).1));
    let reading = read_text(&format!("% x v\n{doubled}"), "a.txt", &options).unwrap();
    assert_eq!(reading.recording.runs[0].derivatives.as_ref().unwrap()[1][0], -1.0);
    // Two points that follow each other as one state.
    let two = declared("system s\ncoordinates x1, x2\nmomenta v1, v2\n");
    let reading = read_text(&format!("%x v\n{}", rows(row)), "a.txt", &two).unwrap();
    let run = &reading.recording.runs[0];
    assert_eq!((run.points(), run.positions[1][0]), (39, run.positions[0][1]));
}
