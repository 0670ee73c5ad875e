//! Roles recognised from the names of the columns alone.

use super::names::{is_counter_name, is_quantity_name, is_time_name};
use super::rates::{
    Relation, bare_relation, called, digits_after_word, endings, is_angle_name, relations, stem,
};
use super::roles::{Columns, Problem, RateColumns, Reason, Roles};

/// The roles of columns whose names nobody declared.
pub fn assign(mut columns: Columns<'_>) -> Result<Roles, Problem> {
    columns.ignore_where(Reason::Blank, |columns, column| columns.facts.is_blank(column));
    let time = columns.take_time()?;
    let runs = columns.take_runs();
    columns.ignore_where(Reason::Text, |columns, column| !columns.facts.is_number(column));
    columns.ignore_where(Reason::NoName, |columns, column| columns.headings[column].name.is_empty());
    columns.ignore_where(Reason::SecondTime, |columns, column| is_time_name(&columns.flat(column)));
    columns.ignore_where(Reason::RowNumbers, |columns, column| is_counter_name(&columns.flat(column)));
    let mut kin = Kin::by_names(&columns);
    kin.add_bare_names(&columns, time, &runs);
    let mut positions = kin.positions(&columns);
    let resting: Vec<usize> = positions.iter().copied().filter(|&p| kin.rests(&columns, p, &runs)).collect();
    for position in resting {
        positions.retain(|p| *p != position);
        columns.ignore(&[position], Reason::Unchanging);
        columns.ignore(&kin.all_of(position), Reason::Unchanging);
    }
    let quantities: Vec<usize> = positions
        .iter()
        .copied()
        .filter(|&p| kin.all_of(p).is_empty() && is_quantity_name(&columns.flat(p)))
        .collect();
    // Where nothing else is there, a quantity is what was recorded.
    if quantities.len() < positions.len() {
        positions.retain(|p| !quantities.contains(p));
        columns.ignore(&quantities, Reason::NoPosition);
    }
    if let Some(&rate) = positions.iter().find(|&&p| is_lonely_rate(&columns.flat(p))) {
        return Err(Problem::PositionMissing { rate });
    }
    let polar = polar(&columns, &kin, &positions);
    positions.retain(|p| !polar.contains(p));
    columns.ignore(&polar, Reason::Polar);
    if positions.is_empty() {
        let resting = columns.ignored.iter().find(|(_, reason)| *reason == Reason::Unchanging);
        return Err(match resting {
            Some(&(column, _)) => Problem::NothingMoves { column },
            None => Problem::NoPositions,
        });
    }
    let rates = rates(&mut columns, &kin, &mut positions)?;
    let derivatives = derivatives(&columns, &kin, &positions, &rates)?;
    let with_role = [&positions, rates.columns(), derivatives.as_deref().unwrap_or_default()].concat();
    with_role.iter().for_each(|&column| columns.take(column));
    let uncertain: Vec<usize> =
        columns.open.iter().copied().filter(|c| kin.is(Relation::Uncertainty, *c)).collect();
    columns.ignore(&uncertain, Reason::Uncertainty);
    columns.ignore_where(Reason::Spare, |_, _| true);
    Ok(Roles { time, runs, positions, rates, derivatives, ignored: columns.ignored })
}

/// Which columns are velocities, momenta, … of which.
struct Kin {
    /// Column, what it is, and to which column.
    ties: Vec<(usize, Relation, usize)>,
    /// Columns that are a `v`, `p` or `a` of several positions: a magnitude.
    magnitudes: Vec<usize>,
}

impl Kin {
    /// What the names say: `vx` belongs to `x`.
    fn by_names(columns: &Columns<'_>) -> Kin {
        let both = |name: String| (name.to_lowercase(), name);
        let called = |column: usize| called(&columns.flat(column)).into_iter().map(both).collect();
        let names: Vec<Called> = columns.open.iter().map(|&column| (column, called(column))).collect();
        let mut ties = Vec::new();
        // `PE` is no momentum of `E`.
        for &column in columns.open.iter().filter(|&&column| !is_quantity_name(&columns.flat(column))) {
            let flat = columns.flat(column);
            let found = relations(&flat).into_iter().find_map(|(relation, base)| {
                let numbered = format!("{base}{}", digits_after_word(&flat));
                let wanted = if flat.ends_with(base) { vec![base] } else { vec![base, numbered.as_str()] };
                let of = named(&names, column, &wanted)?;
                // `wx` is no velocity of `x`; `wtheta` is one of `theta`.
                let is_turning = ["w", "omega"].iter().any(|word| flat.to_lowercase().starts_with(word));
                let turns = !is_turning || flat.len() == base.len() || is_angle_name(&columns.flat(of));
                turns.then_some((column, relation, of))
            });
            ties.extend(found);
        }
        // Beside `vx`, `dx` is the derivative that belongs to it.
        ties.sort_by_key(|&(column, ..)| columns.flat(column).starts_with('d'));
        Kin { ties, magnitudes: Vec::new() }
    }

    /// What bare names say: `v` belongs to the only position, `p2` to the one that ends in 2.
    fn add_bare_names(&mut self, columns: &Columns<'_>, time: usize, runs: &[usize]) {
        let free: Vec<usize> = columns.open.iter().copied().filter(|c| !self.is_tied(*c)).collect();
        let is_bare = |column: usize| {
            let flat = columns.flat(column);
            // `alpha` is an acceleration beside another angle only.
            let others = free.iter().any(|&o| o != column && is_angle_name(&columns.flat(o)));
            bare_relation(&flat).is_some() && (!is_angle_name(&flat) || others)
        };
        let mut bases: Vec<usize> = free.iter().copied().filter(|&c| !is_bare(c)).collect();
        if bases.iter().any(|&c| !is_quantity_name(&columns.flat(c))) {
            bases.retain(|&c| !is_quantity_name(&columns.flat(c)));
        }
        if self.add_flow_names(columns, &mut bases, time, runs) {
            return;
        }
        let mut bare: Vec<(Relation, usize)> = free
            .iter()
            .filter(|&&c| is_bare(c) && !bases.contains(&c))
            .filter_map(|&c| bare_relation(&columns.flat(c)).map(|(relation, _)| (relation, c)))
            .collect();
        // Velocities first: accelerations are believed beside velocities only.
        bare.sort();
        for (relation, column) in bare {
            let flat = columns.flat(column);
            let Some((_, ending)) = bare_relation(&flat) else { continue };
            let fitting: Vec<usize> =
                bases.iter().copied().filter(|&b| endings(&columns.flat(b)).contains(&ending)).collect();
            let velocity = fitting.first().and_then(|&base| self.of(Relation::Velocity, base));
            match (relation, fitting.as_slice()) {
                // Beside `v`, `dx` is the derivative that belongs to it.
                (Relation::Velocity, &[base])
                    if velocity.is_none_or(|named| columns.flat(named).starts_with('d'))
                        && columns.facts.follows(column, base, time, runs) =>
                {
                    self.ties.insert(0, (column, relation, base));
                }
                (Relation::Momentum, &[base]) if self.of(relation, base).is_none() => {
                    self.ties.push((column, relation, base));
                }
                (Relation::Acceleration, &[base])
                    if velocity.is_some_and(|v| columns.facts.follows(column, v, time, runs)) =>
                {
                    self.ties.push((column, relation, base));
                }
                (_, [_, _, ..]) if !is_angle_name(&flat) => self.magnitudes.push(column),
                _ => {}
            }
        }
    }

    /// `u, v, w` as the velocities of `x, y, z`.
    fn add_flow_names(
        &mut self,
        columns: &Columns<'_>,
        bases: &mut Vec<usize>,
        time: usize,
        runs: &[usize],
    ) -> bool {
        let find = |name: &str| columns.open.iter().copied().find(|&c| columns.flat(c) == name);
        let pairs: Vec<(usize, usize)> =
            [("u", "x"), ("v", "y"), ("w", "z")].iter().filter_map(|(v, x)| find(v).zip(find(x))).collect();
        let is_whole = pairs.len() >= 2 && find("z").is_some() == (pairs.len() == 3);
        if !is_whole || !pairs.iter().all(|&(v, x)| columns.facts.follows(v, x, time, runs)) {
            return false;
        }
        self.ties.extend(pairs.iter().map(|&(v, x)| (v, Relation::Velocity, x)));
        bases.retain(|base| !pairs.iter().any(|(v, _)| v == base));
        true
    }

    fn is_tied(&self, column: usize) -> bool {
        self.ties.iter().any(|(tied, ..)| *tied == column)
    }

    fn is(&self, relation: Relation, column: usize) -> bool {
        self.ties.iter().any(|(tied, kind, _)| *tied == column && *kind == relation)
    }

    /// The columns that are this to that column.
    fn all(&self, relation: Relation, of: usize) -> Vec<usize> {
        self.ties
            .iter()
            .filter(|(_, kind, base)| *kind == relation && *base == of)
            .map(|(c, ..)| *c)
            .collect()
    }

    fn of(&self, relation: Relation, of: usize) -> Option<usize> {
        self.all(relation, of).first().copied()
    }

    /// Everything that belongs to a column, and to what belongs to it.
    fn all_of(&self, of: usize) -> Vec<usize> {
        let mut found: Vec<usize> = Vec::new();
        let mut waiting = vec![of];
        while let Some(base) = waiting.pop() {
            let direct = self.ties.iter().filter(|(_, _, other)| *other == base).map(|(c, ..)| *c);
            let new: Vec<usize> = direct.filter(|column| *column != of && !found.contains(column)).collect();
            found.extend(&new);
            waiting.extend(new);
        }
        found
    }

    fn positions(&self, columns: &Columns<'_>) -> Vec<usize> {
        let is_position = |c: &usize| !self.is_tied(*c) && !self.magnitudes.contains(c);
        columns.open.iter().copied().filter(is_position).collect()
    }

    fn rests(&self, columns: &Columns<'_>, position: usize, runs: &[usize]) -> bool {
        let moves = |column: usize| columns.facts.moves(column, runs);
        !moves(position) && !self.all_of(position).into_iter().any(moves)
    }
}

/// A column and what it may be called: in small letters, and as it is written.
type Called = (usize, Vec<(String, String)>);

/// The column of one of these names, other than `except`: first letter by letter, then in any case.
fn named(names: &[Called], except: usize, wanted: &[&str]) -> Option<usize> {
    let others = || names.iter().filter(|(column, _)| *column != except);
    let exact = |(_, called): &&Called| called.iter().any(|(_, name)| wanted.contains(&name.as_str()));
    let lower: Vec<String> = wanted.iter().map(|name| name.to_lowercase()).collect();
    let similar = |(_, called): &&Called| called.iter().any(|(name, _)| lower.contains(name));
    others().find(exact).or_else(|| others().find(similar)).map(|(column, _)| *column)
}

/// Whether a name is that of the velocity of a position that is usual, or says that it is a rate.
fn is_lonely_rate(flat: &str) -> bool {
    let lower = flat.to_lowercase();
    let base = lower.strip_prefix('v').or_else(|| lower.strip_suffix("dot")).unwrap_or("");
    ["x", "y", "z", "theta", "phi"].contains(&stem(base).0)
        || ["acceleration", "accelerometer", "linearacceleration", "gyro", "velocity", "angularvelocity"]
            .iter()
            .any(|word| lower.starts_with(word))
}

/// Polar coordinates of the positions x, y (and z), written beside them.
fn polar(columns: &Columns<'_>, kin: &Kin, positions: &[usize]) -> Vec<usize> {
    let find = |name: &str| positions.iter().copied().find(|&p| columns.flat(p).to_lowercase() == name);
    let (Some(x), Some(y)) = (find("x"), find("y")) else { return Vec::new() };
    let plane = vec![x, y];
    let space: Vec<usize> = plane.iter().copied().chain(find("z")).collect();
    let is_polar = |&p: &usize| {
        let name = columns.flat(p).to_lowercase();
        let may_be =
            is_angle_name(&name) || ["r", "rho", "radius", "distance", "dist"].contains(&name.as_str());
        !space.contains(&p)
            && may_be
            && kin.all_of(p).is_empty()
            && [&plane, &space].iter().any(|axes| columns.facts.is_polar(p, axes))
    };
    positions.iter().copied().filter(is_polar).collect()
}

/// The rates of all positions. Positions that have none are no positions after all, unless they are like one
/// that has: then a column is missing.
fn rates(columns: &mut Columns<'_>, kin: &Kin, positions: &mut Vec<usize>) -> Result<RateColumns, Problem> {
    let having = |relation| {
        let pairs = positions.iter().filter_map(|&p| kin.all(relation, p).first().map(|&rate| (p, rate)));
        pairs.collect::<Vec<(usize, usize)>>()
    };
    let (velocities, momenta) = (having(Relation::Velocity), having(Relation::Momentum));
    let (pairs, has_momenta) = match momenta.len() >= velocities.len() {
        true => (momenta, true),
        false => (velocities, false),
    };
    if pairs.is_empty() {
        return Ok(RateColumns::None);
    }
    let without: Vec<usize> =
        positions.iter().copied().filter(|p| !pairs.iter().any(|(having, _)| having == p)).collect();
    for &position in &without {
        let like =
            pairs.iter().find(|(having, _)| are_alike(&columns.flat(position), &columns.flat(*having)));
        if let Some(&(like, like_rate)) = like {
            return Err(Problem::RateMissing { position, like, like_rate });
        }
    }
    positions.retain(|p| !without.contains(p));
    columns.ignore(&without, Reason::NoRate);
    let rates = pairs.into_iter().map(|(_, rate)| rate).collect();
    Ok(if has_momenta { RateColumns::Momenta(rates) } else { RateColumns::Velocities(rates) })
}

/// Whether two names differ only in a number or an axis.
fn are_alike(a: &str, b: &str) -> bool {
    let axis = |name: &str| stem(name).0.replace(['x', 'y', 'z', 'X', 'Y', 'Z'], "·");
    axis(a) == axis(b) || is_angle_name(a) && is_angle_name(b)
}

/// The time derivatives of positions and rates, where they are there for all.
fn derivatives(
    columns: &Columns<'_>,
    kin: &Kin,
    positions: &[usize],
    rates: &RateColumns,
) -> Result<Option<Vec<usize>>, Problem> {
    let velocity = |of: usize, rate: usize| {
        let all = kin.all(Relation::Velocity, of);
        all.iter().copied().find(|column| *column != rate).or(all.first().copied())
    };
    let derivative = |of: usize| kin.of(Relation::Velocity, of);
    let pairs = || positions.iter().copied().zip(rates.columns().iter().copied());
    let first: Vec<Option<usize>> = pairs().map(|(position, rate)| velocity(position, rate)).collect();
    let second: Vec<Option<usize>> = match rates {
        RateColumns::None => return Ok(None),
        RateColumns::Velocities(_) => pairs()
            .map(|(position, rate)| derivative(rate).or_else(|| kin.of(Relation::Acceleration, position)))
            .collect(),
        RateColumns::Momenta(_) => pairs().map(|(_, rate)| derivative(rate)).collect(),
    };
    let all: Option<Vec<usize>> = first.iter().chain(&second).copied().collect();
    if all.is_some() || matches!(rates, RateColumns::Velocities(_)) {
        return Ok(all);
    }
    // Velocities beside momenta are worth less than an error; derivatives named as such are not.
    let is_derivative = |column: &Option<usize>| column.is_some_and(|c| columns.flat(c).starts_with('d'));
    let of: Vec<usize> = pairs().map(|(position, _)| position).chain(pairs().map(|(_, rate)| rate)).collect();
    let missing = first.iter().chain(&second).position(Option::is_none);
    match missing.filter(|_| first.iter().chain(&second).any(is_derivative)) {
        Some(at) => Err(Problem::HalfDerivatives { missing: format!("d{}", columns.headings[of[at]].name) }),
        None => Ok(None),
    }
}
