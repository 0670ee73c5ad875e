//! Which pictures a report has, and the words beside them.

use super::super::figures::{Figures, Origin, Runs, Shown, Spectrum, Training};
use super::super::{NetworkRecord, Record, text};
use super::escape;
use super::plot::{Mark, Plot, Series};

/// The most coordinates that have a picture of their own.
const MOST_COORDINATES: usize = 4;
/// The residuals of a spectrum that are shown.
const MOST_RESIDUALS: usize = 24;

/// Where a logarithmic axis shows what is 0.
const NOTHING: f64 = 1e-17;

/// A picture on the page.
pub(super) struct Picture {
    title: String,
    caption: String,
    plot: Plot,
}

impl Picture {
    /// The figure element; nothing where there is nothing to draw.
    fn html(&self, number: usize) -> Option<String> {
        let id = format!("figure-{number}");
        let svg = self.plot.svg(&id, &self.title, &self.caption)?;
        let title = escape(&self.title);
        let legend = legend(&self.plot.series);
        let caption = escape(&self.caption);
        Some(format!(
            "<figure>{svg}{legend}<figcaption><strong>{title}.</strong> {caption}</figcaption></figure>\n"
        ))
    }
}

fn legend(series: &[Series]) -> String {
    let entry = |series: &Series| {
        let mark = if series.mark == Mark::Line { "line" } else { "dot" };
        let (colour, label) = (series.colour % super::plot::COLOURS.len(), escape(&series.label));
        format!("<li><span class=\"{mark} c{colour}\"></span>{label}</li>")
    };
    let entries: String = series.iter().filter(|series| !series.label.is_empty()).map(entry).collect();
    if entries.is_empty() { entries } else { format!("<ul class=\"legend\">{entries}</ul>") }
}

/// All pictures of a page, with a sentence on the runs that they show.
pub(super) fn section(record: &Record, figures: &Figures) -> String {
    let mut pictures = Vec::new();
    let mut text = String::new();
    if let Some(runs) = &figures.runs {
        text += &format!("<p>{}</p>\n", escape(&about(runs)));
        pictures.extend(motion(runs));
        pictures.extend(portraits(runs));
        pictures.extend(prediction(runs, record));
        pictures.extend(drift(runs));
    }
    pictures.extend(figures.spectrum.as_ref().map(spectrum));
    pictures.extend(record.network.as_ref().and_then(trials));
    pictures.extend(losses(&figures.trainings));
    let shown = pictures.iter().enumerate().filter_map(|(number, picture)| picture.html(number + 1));
    let shown: String = shown.collect();
    if shown.is_empty() {
        return String::new();
    }
    format!("<section>\n<h2>Pictures</h2>\n{text}<div class=\"figures\">\n{shown}</div>\n</section>\n")
}

fn about(runs: &Runs) -> String {
    let (shown, total) = (runs.shown.len(), runs.total);
    let what = match (runs.origin, total) {
        (Origin::HeldOut, 1) => "the run that was held out: no fit saw it".to_owned(),
        (Origin::HeldOut, _) => format!("{shown} of the {total} runs that were held out: no fit saw them"),
        (Origin::Fitted, 1) => "the recorded run".to_owned(),
        (Origin::Fitted, _) => format!("{shown} of the {total} runs"),
        (Origin::Orbits, _) => format!("{shown} orbits of H, integrated from initial states of the system"),
    };
    format!("The pictures of the motion show {what}.")
}

fn series(label: &str, colour: usize, mark: Mark, pieces: Vec<Vec<(f64, f64)>>) -> Series {
    Series { label: label.to_owned(), colour, mark, pieces }
}

/// One column of a run against another.
fn against(shown: &Shown, x: usize, y: usize) -> Vec<(f64, f64)> {
    let rows = shown.run.states.chunks_exact(shown.run.width().max(1));
    rows.map(|row| (row[x], row[y])).collect()
}

/// The pairs of coordinates that span a plane: names that differ by x and y in one place, as `qx1` and `qy1`.
fn planes(names: &[String]) -> Vec<(usize, usize)> {
    let partner = |name: &String| {
        let at = name.find('x')?;
        let other = format!("{}y{}", &name[..at], &name[at + 1..]);
        names.iter().position(|name| *name == other)
    };
    names.iter().enumerate().filter_map(|(x, name)| Some((x, partner(name)?))).collect()
}

/// The motion in the plane, or the coordinates over time.
fn motion(runs: &Runs) -> Option<Picture> {
    let planes = planes(&runs.coordinates);
    let names = |x: usize, y: usize| format!("{} and {}", runs.column(x), runs.column(y));
    let (first, shown) = (runs.shown.first()?, &runs.shown);
    if let [(x, y)] = planes[..] {
        let each = shown.iter().enumerate().map(|(k, run)| {
            let label = if shown.len() > 1 { format!("run {}", k + 1) } else { String::new() };
            series(&label, k, Mark::Line, vec![against(run, x, y)])
        });
        return Some(Picture {
            title: "Trajectories".into(),
            caption: format!("The motion in the plane of {}.", names(x, y)),
            plot: plane(runs.column(x), runs.column(y), each.collect()),
        });
    }
    if !planes.is_empty() {
        let each = planes
            .iter()
            .enumerate()
            .take(6)
            .map(|(k, &(x, y))| series(&names(x, y), k, Mark::Line, vec![against(first, x, y)]));
        return Some(Picture {
            title: "Trajectories".into(),
            caption: "The motion of each body in the plane, in one run.".into(),
            plot: plane("x", "y", each.collect()),
        });
    }
    let each = (0..runs.dof().min(MOST_COORDINATES)).map(|column| {
        series(runs.column(column), column, Mark::Line, vec![first.series(&first.run.states, column)])
    });
    Some(Picture {
        title: "Trajectory".into(),
        caption: format!("The coordinates {} over time, in one run.", list(&runs.coordinates)),
        plot: Plot { x: "time".into(), y: "coordinate".into(), series: each.collect(), ..Plot::default() },
    })
}

fn plane(x: &str, y: &str, series: Vec<Series>) -> Plot {
    Plot { x: x.into(), y: y.into(), equal: true, series, ..Plot::default() }
}

fn list(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(MOST_COORDINATES).map(String::as_str).collect();
    let more = if names.len() > shown.len() { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}

/// Each coordinate with its momentum.
fn portraits(runs: &Runs) -> Vec<Picture> {
    let portrait = |i: usize| {
        let (q, p) = (runs.column(i), runs.column(i + runs.dof()));
        let each = runs.shown.iter().enumerate();
        let each =
            each.map(|(k, run)| series("", k, Mark::Line, vec![against(run, i, i + runs.dof())])).collect();
        Picture {
            title: format!("Phase portrait of {q}"),
            caption: format!("The momentum {p} against {q}, one colour for each run."),
            plot: Plot { x: q.into(), y: p.into(), series: each, ..Plot::default() },
        }
    };
    (0..runs.dof().min(MOST_COORDINATES)).map(portrait).collect()
}

/// The data beside what the law of motion predicts, and what is left.
fn prediction(runs: &Runs, record: &Record) -> Vec<Picture> {
    let Some(run) = runs.shown.iter().find(|run| !run.predicted.is_empty()) else { return Vec::new() };
    let count = runs.dof().min(MOST_COORDINATES);
    let end = run.series(&run.predicted, 0).last().map_or(f64::INFINITY, |(t, _)| *t);
    let within = |points: Vec<(f64, f64)>| points.into_iter().filter(|(t, _)| *t <= end).collect::<Vec<_>>();
    let data = (0..count).map(|c| series("", c, Mark::Dots, vec![within(run.series(&run.run.states, c))]));
    let law = (0..count).map(|c| series(runs.column(c), c, Mark::Line, vec![run.series(&run.predicted, c)]));
    let compared = Picture {
        title: "Data and law".into(),
        caption: format!(
            "Dots: the data. Lines: the motion that the recovered H predicts from one initial state{}.",
            if runs.origin == Origin::HeldOut { ", of a run that no fit saw" } else { "" }
        ),
        plot: Plot {
            x: "time".into(),
            y: "coordinate".into(),
            series: data.chain(law).collect(),
            ..Plot::default()
        },
    };
    vec![compared, residuals(runs, run, record)]
}

fn residuals(runs: &Runs, run: &Shown, record: &Record) -> Picture {
    let width = run.run.width().max(1);
    let columns = runs.recorded.min(2 * MOST_COORDINATES);
    let noise = |c: usize| {
        let noise = record.data.as_ref()?.column_noise.get(runs.column(c)).copied()?;
        Some(noise).filter(|noise| *noise > 0.0)
    };
    let in_noise = (0..columns).all(|c| noise(c).is_some());
    let unit = |c: usize| {
        let values: Vec<f64> = run.run.states.iter().skip(c).step_by(width).copied().collect();
        let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
        let spread = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len().max(1) as f64;
        noise(c).filter(|_| in_noise).unwrap_or(spread.sqrt().max(f64::MIN_POSITIVE))
    };
    let left = |c: usize| {
        let both = run.series(&run.run.states, c).into_iter().zip(run.series(&run.predicted, c));
        let unit = unit(c);
        let shown = |left: f64| if in_noise { left } else { left.abs().max(NOTHING) };
        both.map(|((t, data), (_, law))| (t, shown((data - law) / unit))).collect::<Vec<_>>()
    };
    let mark = if in_noise { Mark::Dots } else { Mark::Line };
    let each: Vec<Series> = (0..columns).map(|c| series(runs.column(c), c, mark, vec![left(c)])).collect();
    let largest = each.iter().flat_map(|s| s.pieces[0].iter()).fold(0.0f64, |m, (_, r)| m.max(r.abs()));
    let (y, of) = match in_noise {
        true => ("residual / noise", "standard deviations of the measured noise"),
        false => ("|residual| / spread", "of the spread of each column"),
    };
    let caption = match largest {
        largest if largest > NOTHING => {
            format!("Data less prediction; at most {} {of}.", text::short(largest))
        }
        _ => "Data less prediction: the same numbers come out, to the last digit.".to_owned(),
    };
    Picture {
        title: "Residuals".into(),
        caption,
        plot: Plot {
            x: "time".into(),
            y: y.into(),
            logarithmic: !in_noise,
            levels: if in_noise { vec![0.0] } else { vec![] },
            series: each,
            ..Plot::default()
        },
    }
}

/// How far H and the laws drift along the runs.
fn drift(runs: &Runs) -> Option<Picture> {
    let along = |law: usize| {
        let piece =
            |run: &Shown| run.run.times.iter().copied().zip(run.drifts[law].iter().copied()).collect();
        runs.shown.iter().map(piece).collect::<Vec<Vec<(f64, f64)>>>()
    };
    let each: Vec<Series> =
        runs.laws.iter().enumerate().map(|(k, name)| series(name, k, Mark::Line, along(k))).collect();
    let largest = |s: &Series| {
        let finite = s.pieces.iter().flatten().filter(|(_, d)| d.is_finite());
        let most = finite.fold(0.0f64, |m, (_, d)| m.max(d.abs()));
        format!("{} {}", s.label, text::short(most))
    };
    let most = each.iter().map(largest).collect::<Vec<_>>().join(", ");
    (!each.is_empty()).then(|| Picture {
        title: "Drift of the laws".into(),
        caption: format!(
            "The change of each law along the runs, in units of how much it would change if the state moved as far as \
             it does over all runs. A law stays at the level of the noise or of rounding. Largest: {most}."
        ),
        plot: Plot {
            x: "time".into(),
            y: "|change of the law|".into(),
            logarithmic: true,
            series: each,
            ..Plot::default()
        },
    })
}

/// The residuals of the eigenproblem for conserved functions.
fn spectrum(found: &Spectrum) -> Picture {
    let points = found.residuals.iter().take(MOST_RESIDUALS).enumerate();
    let points = points.map(|(k, residual)| ((k + 1) as f64, residual.max(1e-17))).collect();
    Picture {
        title: "The spectrum that counts laws".into(),
        caption: format!(
            "{} functions to degree {} were combined so that their rate along the motion of H is least, on {} states \
             about the runs. As many residuals vanish as there are conserved combinations, H and products of laws among \
             them; the gap behind them says that there are no more in this space. Evidence, not a proof.",
            found.terms, found.degree, found.states
        ),
        plot: Plot {
            x: "number of the combination".into(),
            y: "residual".into(),
            logarithmic: true,
            counts: true,
            series: vec![series("", 0, Mark::Stems, vec![points])],
            ..Plot::default()
        },
    }
}

/// The Poisson term for each number of cyclic coordinates that was tried.
fn trials(network: &NetworkRecord) -> Option<Picture> {
    let points: Vec<(f64, f64)> =
        network.trials.iter().map(|trial| (trial.cyclic as f64, trial.poisson)).collect();
    (!points.is_empty()).then(|| Picture {
        title: "What the networks found room for".into(),
        caption: "The Poisson term of the loss after training with so many cyclic coordinates. It is small where there \
                  are at least as many laws in involution; the line is the limit at which the number is accepted."
            .into(),
        plot: Plot {
            x: "cyclic coordinates asked for".into(),
            y: "Poisson term".into(),
            logarithmic: true,
            counts: true,
            series: vec![series("", 2, Mark::Stems, vec![points])],
            levels: vec![network.poisson_limit],
            ..Plot::default()
        },
    })
}

/// The losses of the last training.
fn losses(trainings: &[Training]) -> Option<Picture> {
    let last = trainings.last().filter(|training| training.losses.len() > 1)?;
    let term = |k: usize, name: &str| {
        let points = last.losses.iter().map(|(step, losses)| (*step as f64, losses[k]));
        let points: Vec<(f64, f64)> = points.filter(|(_, loss)| *loss > 0.0).collect();
        (!points.is_empty()).then(|| series(name, k, Mark::Line, vec![points]))
    };
    let terms = ["Hamiltonian", "Poisson", "cyclic"];
    Some(Picture {
        title: "Training losses".into(),
        caption: "The terms of the loss over the steps of the last training.".into(),
        plot: Plot {
            x: "step".into(),
            y: "loss".into(),
            logarithmic: true,
            series: terms.iter().enumerate().filter_map(|(k, name)| term(k, name)).collect(),
            ..Plot::default()
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_are_told_by_names() {
        let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(planes(&names(&["qx1", "qy1", "qx2", "qy2"])), [(0, 1), (2, 3)]);
        assert_eq!(planes(&names(&["x", "y", "z"])), [(0, 1)]);
        assert!(planes(&names(&["θ1", "θ2"])).is_empty());
    }
}
