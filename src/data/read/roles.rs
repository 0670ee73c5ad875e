//! What the columns of a table are to each other: time, runs, positions, their rates, derivatives.
//!
//! Names decide; numbers are asked where a name alone does not say enough (`v` beside `u`), and whether a
//! column moves at all.

use super::Declared;
use super::heading::Heading;
use super::names::{RUN_NAMES, TIME_NAMES, is_run_name, is_time_name, rank};
use super::rates::flat;
use crate::data::Rates;

/// What is asked of the numbers.
pub trait Facts {
    /// Whether most cells of a column are numbers.
    fn is_number(&self, column: usize) -> bool;
    /// Whether every cell of a column is empty.
    fn is_blank(&self, column: usize) -> bool;
    /// Whether a column has another value in every row.
    fn names_rows(&self, column: usize) -> bool;
    /// Whether a column changes within some run.
    fn moves(&self, column: usize, runs: &[usize]) -> bool;
    /// Whether a column follows the time derivative of another.
    fn follows(&self, rate: usize, position: usize, time: usize, runs: &[usize]) -> bool;
    /// Whether a column is the distance from the origin or the direction of others.
    fn is_polar(&self, column: usize, axes: &[usize]) -> bool;
}

/// The columns with a role.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Roles {
    /// The time.
    pub time: usize,
    /// The columns that tell runs apart; none where the file is one run.
    pub runs: Vec<usize>,
    /// The positions.
    pub positions: Vec<usize>,
    /// What is recorded beside each position.
    pub rates: RateColumns,
    /// The time derivatives of the positions, then of their rates.
    pub derivatives: Option<Vec<usize>>,
    /// The columns that are not used.
    pub ignored: Vec<(usize, Reason)>,
}

/// The columns beside the positions, in their order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RateColumns {
    /// None.
    None,
    /// Their velocities.
    Velocities(Vec<usize>),
    /// Their momenta.
    Momenta(Vec<usize>),
}

impl RateColumns {
    /// The columns.
    pub fn columns(&self) -> &[usize] {
        match self {
            RateColumns::None => &[],
            RateColumns::Velocities(columns) | RateColumns::Momenta(columns) => columns,
        }
    }
}

/// Why a column is not used.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Reason {
    /// The user left it out.
    LeftOut,
    /// It holds text.
    Text,
    /// It holds nothing.
    Blank,
    /// It has no name.
    NoName,
    /// It counts the rows.
    RowNumbers,
    /// Another column is the time.
    SecondTime,
    /// It never changes within a run.
    Unchanging,
    /// It holds the errors of another column.
    Uncertainty,
    /// It has no velocity or momentum, unlike the positions.
    NoRate,
    /// Its name is that of an energy, a mass or the like.
    NoPosition,
    /// It is the distance or the direction of the positions.
    Polar,
    /// It is a velocity, momentum or derivative for which there is no use.
    Spare,
    /// The system file does not name it.
    NotDeclared,
}

/// Why columns have no roles.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Problem {
    /// No column is the time; one of the name of a time, if there is one, holds text. With the columns that have
    /// no other role.
    NoTime { text: Option<usize>, open: Vec<usize> },
    /// No column is a position.
    NoPositions,
    /// No column changes within a run; this one is a position by its name.
    NothingMoves { column: usize },
    /// A position has no rate, and another like it has.
    RateMissing { position: usize, like: usize, like_rate: usize },
    /// A velocity or acceleration has no position.
    PositionMissing { rate: usize },
    /// A column that the system file names is missing.
    Missing { name: String, what: &'static str },
    /// Two columns have one name.
    Twice { first: usize, second: usize },
    /// Some derivatives are there and others are not.
    HalfDerivatives { missing: String },
}

/// The roles of the columns; `left_out` are those that the user does not want.
pub fn assign(
    headings: &[Heading],
    facts: &dyn Facts,
    declared: Option<&Declared>,
    left_out: &[usize],
) -> Result<Roles, Problem> {
    let mut table = Columns { headings, facts, open: Vec::new(), ignored: Vec::new() };
    table.open = (0..headings.len()).filter(|column| !left_out.contains(column)).collect();
    table.ignored.extend(left_out.iter().map(|column| (*column, Reason::LeftOut)));
    let roles = match declared {
        Some(declared) => super::declared::assign(table, declared)?,
        None => super::recognised::assign(table)?,
    };
    check_names(headings, &roles)?;
    Ok(roles)
}

/// The columns that have no role yet.
pub struct Columns<'a> {
    pub headings: &'a [Heading],
    pub facts: &'a dyn Facts,
    pub open: Vec<usize>,
    pub ignored: Vec<(usize, Reason)>,
}

impl Columns<'_> {
    /// The name of a column without underscores.
    pub fn flat(&self, column: usize) -> String {
        flat(&self.headings[column].name)
    }

    /// Takes the column out of those without a role.
    pub fn take(&mut self, column: usize) {
        self.open.retain(|open| *open != column);
    }

    /// Takes columns out of those without a role, for a reason.
    pub fn ignore(&mut self, columns: &[usize], reason: Reason) {
        for &column in columns {
            self.take(column);
            self.ignored.push((column, reason));
        }
    }

    /// Ignores the open columns that a test picks.
    pub fn ignore_where(&mut self, reason: Reason, test: impl Fn(&Self, usize) -> bool) {
        let picked: Vec<usize> = self.open.iter().copied().filter(|&column| test(self, column)).collect();
        self.ignore(&picked, reason);
    }

    /// The column of times: of those with the name of a time, the one whose name is plainest.
    pub fn take_time(&mut self) -> Result<usize, Problem> {
        let named: Vec<usize> =
            self.open.iter().copied().filter(|&column| is_time_name(&self.flat(column))).collect();
        let plainest = |columns: &mut dyn Iterator<Item = usize>| {
            columns.min_by_key(|&column| rank(&TIME_NAMES, &self.flat(column)))
        };
        let numbers = &mut named.iter().copied().filter(|&column| self.facts.is_number(column));
        let Some(time) = plainest(numbers) else {
            let text = plainest(&mut named.iter().copied());
            return Err(Problem::NoTime { text, open: self.open.clone() });
        };
        self.take(time);
        Ok(time)
    }

    /// The columns that tell runs apart.
    pub fn take_runs(&mut self) -> Vec<usize> {
        let mut runs: Vec<usize> = self
            .open
            .iter()
            .copied()
            .filter(|&column| is_run_name(&self.flat(column)) && !self.facts.is_blank(column))
            .collect();
        let counts: Vec<usize> =
            runs.iter().copied().filter(|&column| self.facts.names_rows(column)).collect();
        self.ignore(&counts, Reason::RowNumbers);
        runs.retain(|column| !counts.contains(column));
        runs.sort_by_key(|&column| rank(&RUN_NAMES, &self.flat(column)));
        runs.iter().for_each(|&column| self.take(column));
        runs
    }
}

/// No two columns with a role have one name, and no name of a column with a role stands twice.
fn check_names(headings: &[Heading], roles: &Roles) -> Result<(), Problem> {
    let used = |column: &usize| {
        *column == roles.time
            || roles.runs.contains(column)
            || roles.positions.contains(column)
            || roles.rates.columns().contains(column)
    };
    for second in 0..headings.len() {
        let same = |first: &usize| headings[*first].name == headings[second].name;
        let Some(first) = (0..second).find(same) else { continue };
        let is_blank = headings[second].name.is_empty();
        if !is_blank && (used(&first) || used(&second)) && !is_left_out(roles, first, second) {
            return Err(Problem::Twice { first, second });
        }
    }
    Ok(())
}

/// Whether one of two columns was left out by the user or holds nothing.
fn is_left_out(roles: &Roles, first: usize, second: usize) -> bool {
    roles.ignored.iter().any(|(column, reason)| {
        [first, second].contains(column) && matches!(reason, Reason::LeftOut | Reason::Blank)
    })
}

/// What a system file says stands beside the positions.
pub fn names_of(rates: &Rates) -> Vec<&str> {
    match rates {
        Rates::None => Vec::new(),
        Rates::Velocities(names) | Rates::Momenta(names) => names.iter().map(|name| name.name()).collect(),
    }
}

#[cfg(test)]
mod tests {
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
        let mut declared = Declared {
            coordinates: symbols("b a"),
            rates: Rates::Momenta(symbols("d c")),
            angles: Vec::new(),
        };
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
}
