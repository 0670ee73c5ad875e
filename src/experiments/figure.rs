//! Figures as SVG, drawn by plotters without any font of the system.

use plotters::coord::Shift;
use plotters::prelude::*;

use super::ExperimentError;

/// Colours that also the colour-blind can tell apart (Okabe and Ito 2008).
const COLOURS: [RGBColor; 8] = [
    RGBColor(0, 0, 0),
    RGBColor(230, 159, 0),
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(150, 150, 150),
];

/// A line of a panel, possibly in several pieces, with a band about it.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    /// In the legend; empty for none.
    pub label: String,
    /// Number of its colour.
    pub colour: usize,
    pub pieces: Vec<Vec<(f64, f64)>>,
    /// x, lower and upper edge.
    pub band: Vec<(f64, f64, f64)>,
}

impl Line {
    pub fn new(label: &str, colour: usize, points: Vec<(f64, f64)>) -> Line {
        Line { label: label.into(), colour, pieces: vec![points], band: Vec::new() }
    }
}

/// A place for a legend.
#[derive(Clone, Copy, Debug)]
pub(super) enum Corner {
    UpperRight,
    LowerRight,
}

/// One coordinate system.
#[derive(Clone, Debug, Default)]
pub(super) struct Panel {
    pub title: String,
    pub x: String,
    pub y: String,
    /// A logarithmic vertical axis.
    pub logarithmic: bool,
    pub lines: Vec<Line>,
    /// Points to mark.
    pub marks: Vec<(f64, f64)>,
    /// Where the labels of the lines are shown.
    pub legend: Option<Corner>,
}

/// Decades below its largest value that a logarithmic axis shows at most.
const DECADES: f64 = 12.0;

/// Panels in rows of `columns`, as SVG.
pub(super) fn draw(panels: &[Panel], columns: usize) -> Result<String, ExperimentError> {
    let rows = panels.len().div_ceil(columns.max(1)).max(1);
    let mut svg = String::new();
    {
        let size = (420 * columns as u32, 340 * rows as u32);
        let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        root.fill(&WHITE).map_err(failed)?;
        for (area, panel) in root.split_evenly((rows, columns)).iter().zip(panels) {
            panel.draw(area)?;
        }
        root.present().map_err(failed)?;
    }
    Ok(svg)
}

fn failed(error: impl std::fmt::Display) -> ExperimentError {
    ExperimentError::Figure(error.to_string())
}

impl Panel {
    /// Where a value stands on the vertical axis; none where it cannot.
    fn height(&self, y: f64) -> Option<f64> {
        let y = if self.logarithmic { y.log10() } else { y };
        y.is_finite().then_some(y)
    }

    /// The points of a line that can be shown.
    fn shown(&self, points: &[(f64, f64)], floor: f64) -> Vec<(f64, f64)> {
        let point = |&(x, y): &(f64, f64)| Some((x, self.height(y)?)).filter(|_| x.is_finite());
        points.iter().filter_map(point).filter(|(_, y)| *y >= floor).collect()
    }

    /// x from, to; y from, to.
    fn extent(&self) -> (f64, f64, f64, f64) {
        let points = self.lines.iter().flat_map(|line| line.pieces.iter().flatten().copied());
        let shown =
            self.shown(&points.chain(self.marks.iter().copied()).collect::<Vec<_>>(), f64::NEG_INFINITY);
        let range = |values: Vec<f64>| {
            let (low, high) =
                values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)));
            if low > high { (0.0, 1.0) } else { (low, high) }
        };
        let padded = |(low, high): (f64, f64)| {
            let pad = 0.04 * (high - low).max(1e-9 * high.abs().max(1e-9));
            (low - pad, high + pad)
        };
        let (x0, x1) = padded(range(shown.iter().map(|p| p.0).collect()));
        let (y0, y1) = range(shown.iter().map(|p| p.1).collect());
        let y0 = if self.logarithmic { y0.max(y1 - DECADES) } else { y0 };
        let (y0, y1) = padded((y0, y1));
        (x0, x1, y0, y1)
    }

    fn draw(&self, area: &DrawingArea<SVGBackend, Shift>) -> Result<(), ExperimentError> {
        let (x0, x1, y0, y1) = self.extent();
        let mut chart = ChartBuilder::on(area)
            .caption(&self.title, ("sans-serif", 15))
            .margin(10)
            .x_label_area_size(38)
            .y_label_area_size(58)
            .build_cartesian_2d(x0..x1, y0..y1)
            .map_err(failed)?;
        let logarithmic = self.logarithmic;
        let tick = |y: &f64| if logarithmic { format!("{:.0e}", 10f64.powf(*y)) } else { short(*y) };
        chart
            .configure_mesh()
            .x_desc(&self.x)
            .y_desc(&self.y)
            .x_labels(6)
            .y_labels(7)
            .x_label_formatter(&|x| short(*x))
            .y_label_formatter(&tick)
            .label_style(("sans-serif", 11))
            .axis_desc_style(("sans-serif", 13))
            .max_light_lines(0)
            .bold_line_style(RGBColor(225, 225, 225))
            .draw()
            .map_err(failed)?;
        for line in &self.lines {
            let colour = COLOURS[line.colour % COLOURS.len()];
            if !line.band.is_empty() {
                let edge = |upper: bool| -> Vec<(f64, f64)> {
                    let point = |&(x, low, high): &(f64, f64, f64)| {
                        let y = self.height(if upper { high } else { low }).unwrap_or(y0);
                        (x, y.clamp(y0, y1))
                    };
                    line.band.iter().map(point).collect()
                };
                let outline: Vec<(f64, f64)> =
                    edge(true).into_iter().chain(edge(false).into_iter().rev()).collect();
                chart
                    .draw_series(std::iter::once(Polygon::new(outline, colour.mix(0.15))))
                    .map_err(failed)?;
            }
            for (number, piece) in line.pieces.iter().enumerate() {
                let series = LineSeries::new(self.shown(piece, y0), colour.stroke_width(2));
                let drawn = chart.draw_series(series).map_err(failed)?;
                if number == 0 && !line.label.is_empty() {
                    drawn.label(&line.label).legend(move |(x, y)| {
                        PathElement::new(vec![(x, y), (x + 18, y)], colour.stroke_width(2))
                    });
                }
            }
        }
        let marks = self.shown(&self.marks, y0);
        chart
            .draw_series(marks.into_iter().map(|at| TriangleMarker::new(at, 7, BLACK.filled())))
            .map_err(failed)?;
        if let Some(corner) = self.legend {
            let position = match corner {
                Corner::UpperRight => SeriesLabelPosition::UpperRight,
                Corner::LowerRight => SeriesLabelPosition::LowerRight,
            };
            chart
                .configure_series_labels()
                .position(position)
                .background_style(WHITE.mix(0.8))
                .border_style(RGBColor(200, 200, 200))
                .label_font(("sans-serif", 11))
                .draw()
                .map_err(failed)?;
        }
        Ok(())
    }
}

/// A tick of a linear axis.
fn short(x: f64) -> String {
    let rounded = (x * 1e6).round() / 1e6;
    if rounded == 0.0 { "0".into() } else { format!("{rounded}") }
}

/// The lines on which a function on a grid takes a value (marching squares): segments.
///
/// # Shapes
/// `values`: `[ys, xs]` row by row.
pub(super) fn contour(xs: &[f64], ys: &[f64], values: &[f64], level: f64) -> Vec<Vec<(f64, f64)>> {
    let mut segments = Vec::new();
    for (j, y) in ys.windows(2).enumerate() {
        for (i, x) in xs.windows(2).enumerate() {
            let at = |di: usize, dj: usize| values[(j + dj) * xs.len() + i + di] - level;
            let corners = [
                (x[0], y[0], at(0, 0)),
                (x[1], y[0], at(1, 0)),
                (x[1], y[1], at(1, 1)),
                (x[0], y[1], at(0, 1)),
            ];
            let crossings: Vec<(f64, f64)> = (0..4)
                .filter_map(|k| {
                    let ((xa, ya, a), (xb, yb, b)) = (corners[k], corners[(k + 1) % 4]);
                    ((a < 0.0) != (b < 0.0)).then(|| {
                        let t = a / (a - b);
                        (xa + t * (xb - xa), ya + t * (yb - ya))
                    })
                })
                .collect();
            segments.extend(crossings.chunks_exact(2).map(<[(f64, f64)]>::to_vec));
        }
    }
    segments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_has_its_words_and_no_broken_numbers() {
        let lines = vec![
            Line {
                band: vec![(0.0, 0.0, 2.0), (1.0, -1.0, 3.0)],
                ..Line::new("a line", 1, vec![(0.0, 1.0), (1.0, 100.0), (2.0, f64::NAN), (3.0, 0.0)])
            },
            Line::new("nothing", 2, vec![]),
        ];
        let panel = Panel {
            title: "title of a panel".into(),
            x: "time".into(),
            y: "loss".into(),
            logarithmic: true,
            lines,
            marks: vec![(0.5, 10.0)],
            legend: Some(Corner::LowerRight),
        };
        let svg = draw(&[panel.clone(), Panel::default(), panel], 2).unwrap();
        for word in ["<svg", "title of a panel", "time", "loss", "a line", "1e"] {
            assert!(svg.contains(word), "{word} is missing");
        }
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
    }

    #[test]
    fn contours_of_a_circle_lie_on_it() {
        let axis: Vec<f64> = (0..=40).map(|k| -1.0 + 0.05 * f64::from(k)).collect();
        let values: Vec<f64> = axis.iter().flat_map(|y| axis.iter().map(move |x| x * x + y * y)).collect();
        let segments = contour(&axis, &axis, &values, 0.5);
        assert!(segments.len() > 40);
        for (x, y) in segments.concat() {
            assert!((x * x + y * y - 0.5).abs() < 5e-3);
        }
    }
}
