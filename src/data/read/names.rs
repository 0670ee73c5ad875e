//! Names that columns have in many programs and languages.

/// Names of times without underscores, in small letters; the plainest first.
pub const TIME_NAMES: &str = "\
    t time times timestamp elapsedtime elapsed ts tsec timesec tms timems tau seconds secs sec jdtdb \
    jdtt jdut jd juliandate julianday mjd zeit temps tempo tiempo epoch date datetime";

/// Names of runs without underscores, in small letters.
pub const RUN_NAMES: &str = "\
    trajectory traj run runs trial experiment exp episode case series dataset set track orbit body \
    planet star object particle ball target group label id simulation sim realization realisation \
    replica repetition rep shot session seed segment throw file";

/// Names of counters of rows, in small letters.
const COUNTERS: &str = "\
    index idx i n no nr row frame step sample unnamed0";

/// Names of quantities that are no positions, in small letters.
const QUANTITIES: &str = "\
    dt energy e etot etotal totalenergy ke pe kineticenergy potentialenergy kinetic potential \
    hamiltonian lagrangian mass m speed distance dist range lt rg rr lighttime temperature temp voltage \
    current force fx fy fz angularmomentum weight quality confidence ekin epot ekinetic epotential \
    energytotal kinetice potentiale lz angmom forcex forcey forcez work power humidity";

/// Whether a name without underscores is that of a time.
pub fn is_time_name(flat: &str) -> bool {
    let lower = flat.to_lowercase();
    lists(TIME_NAMES, &lower) || lower.starts_with("time") || lower.ends_with("time")
}

/// Whether a name without underscores is that of a body, of which several may act on each other.
pub fn is_body_name(flat: &str) -> bool {
    ["body", "planet", "star", "object", "particle", "ball"].contains(&flat.to_lowercase().as_str())
}

/// Whether a name without underscores is that of a run.
pub fn is_run_name(flat: &str) -> bool {
    let lower = flat.to_lowercase();
    let bare = ["number", "index", "idx", "name", "num", "no", "nr", "id"]
        .iter()
        .find_map(|ending| lower.strip_suffix(ending).filter(|rest| !rest.is_empty()));
    lists(RUN_NAMES, &lower) || bare.is_some_and(|bare| lists(RUN_NAMES, bare))
}

/// Whether a name without underscores is that of a counter of rows.
pub fn is_counter_name(flat: &str) -> bool {
    lists(COUNTERS, &flat.to_lowercase())
}

/// Whether a name without underscores is that of something that is no position.
pub fn is_quantity_name(flat: &str) -> bool {
    lists(QUANTITIES, &flat.to_lowercase())
}

/// Whether a list of words holds a word.
fn lists(list: &str, word: &str) -> bool {
    list.split(' ').any(|listed| listed == word)
}

/// The place of a name in a list; names as written there come before those with capitals.
pub fn rank(list: &str, flat: &str) -> (usize, bool) {
    let lower = flat.to_lowercase();
    (list.split(' ').position(|name| name == lower).unwrap_or(usize::MAX), lower != flat)
}
