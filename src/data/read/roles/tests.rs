use super::*;
use crate::expr::Symbol;

/// Columns by their names: those in `texts` hold text, those in `fixed` never change, and velocities follow
/// their positions unless `strange`.
#[derive(Default)]
struct Named<'a> {
    names: Vec<&'a str>,
    texts: &'a [&'a str],
    fixed: &'a [&'a str],
    counts: &'a [&'a str],
    strange: bool,
}

impl Facts for Named<'_> {
    fn is_number(&self, column: usize) -> bool {
        !self.texts.contains(&self.names[column])
    }

    fn is_blank(&self, _: usize) -> bool {
        false
    }

    fn names_rows(&self, column: usize) -> bool {
        self.counts.contains(&self.names[column])
    }

    fn moves(&self, column: usize, _: &[usize]) -> bool {
        !self.fixed.contains(&self.names[column])
    }

    fn follows(&self, _: usize, _: usize, _: usize, _: &[usize]) -> bool {
        !self.strange
    }

    fn is_polar(&self, _: usize, _: &[usize]) -> bool {
        !self.strange
    }
}

fn roles(facts: &Named<'_>, declared: Option<&Declared>) -> Result<Roles, Problem> {
    let headings: Vec<Heading> = facts.names.iter().map(|name| Heading::of(name)).collect();
    assign(&headings, facts, declared, &[])
}

/// The roles in a line: `t | run | positions | rates | derivatives`.
fn said(facts: &Named<'_>) -> String {
    let names = |columns: &[usize]| columns.iter().map(|&c| facts.names[c]).collect::<Vec<_>>().join(" ");
    match roles(facts, None) {
        Err(problem) => format!("{problem:?}"),
        Ok(roles) => {
            let kind = match roles.rates {
                RateColumns::None => "",
                RateColumns::Velocities(_) => "v: ",
                RateColumns::Momenta(_) => "p: ",
            };
            let derivatives = roles.derivatives.map_or(String::new(), |d| format!(" | {}", names(&d)));
            let (runs, positions, rates) =
                (names(&roles.runs), names(&roles.positions), names(roles.rates.columns()));
            format!("{} | {runs} | {positions} | {kind}{rates}{derivatives}", facts.names[roles.time])
        }
    }
}

fn of(names: &str) -> String {
    said(&Named { names: names.split(' ').collect(), ..Named::default() })
}

#[test]
fn names_give_roles() {
    for (names, expected) in [
        ("t x", "t |  | x | "),
        ("time x y vx vy", "time |  | x y | v: vx vy"),
        ("vy y vx x t", "t |  | y x | v: vy vx"),
        ("run t q1 q2 p1 p2", "t | run | q1 q2 | p: p1 p2"),
        ("t x y px py", "t |  | x y | p: px py"),
        ("t theta omega", "t |  | theta | v: omega"),
        ("t theta1 theta2 omega1 omega2", "t |  | theta1 theta2 | v: omega1 omega2"),
        ("t θ1 θ2 ω1 ω2", "t |  | θ1 θ2 | v: ω1 ω2"),
        ("t theta phi p_theta p_phi", "t |  | theta phi | p: p_theta p_phi"),
        ("t r phi vr vphi", "t |  | r phi | v: vr vphi"),
        ("t x_1 x_2 x_dot_1 x_dot_2", "t |  | x_1 x_2 | v: x_dot_1 x_dot_2"),
        ("t x1 x2 v1 v2", "t |  | x1 x2 | v: v1 v2"),
        ("t o1 o2 w1 w2", "t |  | o1 o2 | v: w1 w2"),
        ("t xa xb va vb", "t |  | xa xb | v: va vb"),
        ("t position velocity acceleration", "t |  | position | v: velocity | velocity acceleration"),
        ("t x v a", "t |  | x | v: v | v a"),
        ("t x vx ax", "t |  | x | v: vx | vx ax"),
        ("t theta omega alpha", "t |  | theta | v: omega | omega alpha"),
        ("t q p dq dp", "t |  | q | p: p | dq dp"),
        ("t x dx ddx", "t |  | x | v: dx | dx ddx"),
        ("t x vx dx dvx", "t |  | x | v: vx | dx dvx"),
        ("t X Y Z VX VY VZ", "t |  | X Y Z | v: VX VY VZ"),
        ("t x y u v", "t |  | x y | v: u v"),
        ("t alpha beta", "t |  | alpha beta | "),
        ("t v w", "t |  | v w | "),
        ("t h v", "t |  | h | v: v"),
        ("t prey predator", "t |  | prey predator | "),
        ("t phi pressure", "t |  | phi pressure | "),
    ] {
        assert_eq!(of(names), expected, "{names}");
    }
}

#[test]
fn numbers_are_asked_where_names_say_too_little() {
    let names = vec!["t", "u", "v"];
    assert_eq!(said(&Named { names: names.clone(), ..Named::default() }), "t |  | u | v: v");
    assert_eq!(said(&Named { names, strange: true, ..Named::default() }), "t |  | u v | ");
    let polar = vec!["t", "x", "y", "r", "theta"];
    assert_eq!(said(&Named { names: polar.clone(), ..Named::default() }), "t |  | x y | ");
    assert_eq!(said(&Named { names: polar, strange: true, ..Named::default() }), "t |  | x y r theta | ");
}

#[test]
fn what_is_no_position_is_left_out_with_its_reason() {
    let facts = Named {
        names: "id t time_2 x vx x_err m E frame note y".split(' ').collect(),
        texts: &["note"],
        fixed: &["m"],
        counts: &["id"],
        ..Named::default()
    };
    let headings: Vec<Heading> = facts.names.iter().map(|name| Heading::of(name)).collect();
    // `y` has no velocity, and `x` has.
    let missing = Problem::RateMissing { position: 10, like: 3, like_rate: 4 };
    assert_eq!(assign(&headings, &facts, None, &[]), Err(missing));
    let roles = assign(&headings, &facts, None, &[10]).expect("roles");
    let mut ignored = roles.ignored;
    ignored.sort();
    assert_eq!(
        ignored,
        [
            (0, Reason::RowNumbers),
            (2, Reason::SecondTime),
            (5, Reason::Uncertainty),
            (6, Reason::Unchanging),
            (7, Reason::NoPosition),
            (8, Reason::RowNumbers),
            (9, Reason::Text),
            (10, Reason::LeftOut)
        ]
    );
}

#[test]
fn problems() {
    for (names, start) in [
        ("x y", "NoTime { text: None"),
        ("t", "NoPositions"),
        ("t vx vy", "PositionMissing { rate: 1 }"),
        ("t x y vx", "RateMissing { position: 2, like: 1, like_rate: 3 }"),
        ("t q1 q2 p1", "RateMissing { position: 2, like: 1, like_rate: 3 }"),
        ("t x x", "Twice { first: 1, second: 2 }"),
        ("t q p dq", "HalfDerivatives { missing: \"dp\" }"),
        ("t acceleration_x", "PositionMissing { rate: 1 }"),
    ] {
        assert!(of(names).starts_with(start), "{names}: {}", of(names));
    }
    let clock = Named { names: vec!["time", "x"], texts: &["time"], ..Named::default() };
    assert!(said(&clock).starts_with("NoTime { text: Some(0)"));
}

#[test]
fn a_system_file_decides() {
    let symbols = |names: &str| names.split(' ').map(Symbol::new).collect::<Vec<_>>();
    let mut declared =
        Declared { coordinates: symbols("b a"), rates: Rates::Momenta(symbols("d c")), angles: Vec::new() };
    let facts = Named { names: "a b c d t run x da db dc dd".split(' ').collect(), ..Named::default() };
    let found = roles(&facts, Some(&declared)).expect("roles");
    assert_eq!((found.positions, found.runs, found.time), (vec![1, 0], vec![5], 4));
    assert_eq!(found.rates, RateColumns::Momenta(vec![3, 2]));
    assert_eq!(found.derivatives, Some(vec![8, 7, 10, 9]));
    assert_eq!(found.ignored, [(6, Reason::NotDeclared)]);
    declared.rates = Rates::Velocities(symbols("d e"));
    let missing = Problem::Missing { name: "e".to_string(), what: "velocity" };
    assert_eq!(roles(&facts, Some(&declared)), Err(missing));
    // A variable may bear the name of a time where another column is one.
    let time = Declared { coordinates: symbols("t"), rates: Rates::None, angles: Vec::new() };
    let two = Named { names: vec!["t", "time"], ..Named::default() };
    assert_eq!(roles(&two, Some(&time)).expect("roles").time, 1);
}
