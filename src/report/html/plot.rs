//! One coordinate system as SVG, drawn by plotters. Colours are exact words that the page's style sheet replaces in the
//! dark; see `style.css`.

use plotters::prelude::*;

use super::escape;

/// plotters places everything on whole pixels. The picture is drawn this much larger and shown smaller.
const SCALE: u32 = 4;
/// Its size as shown, in pixels.
const SIZE: (u32, u32) = (420, 300);
const LEFT: u32 = 58;
const BELOW: u32 = 40;
const MARGIN: u32 = 10;
/// Decades below its largest value that a logarithmic axis shows at most.
const DECADES: f64 = 18.0;
/// The most points of a curve, and the most dots of a series of measurements.
const MOST_POINTS: usize = 500;
const MOST_DOTS: usize = 160;

/// Colours that also the colour-blind can tell apart, after Okabe and Ito (2008), dark enough on white.
pub(super) const COLOURS: [RGBColor; 6] = [
    RGBColor(0, 98, 155),
    RGBColor(196, 78, 0),
    RGBColor(0, 122, 90),
    RGBColor(150, 66, 128),
    RGBColor(110, 84, 0),
    RGBColor(84, 92, 102),
];
const INK: RGBColor = RGBColor(59, 66, 76);
const GRID: RGBColor = RGBColor(226, 229, 233);
const AXIS: RGBColor = RGBColor(138, 146, 156);

/// How a series is drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Mark {
    Line,
    Dots,
    /// A dot on a stem from the lower edge, for a spectrum.
    Stems,
}

/// One series, possibly in several pieces.
#[derive(Clone, Debug)]
pub(super) struct Series {
    /// In the legend; empty for none.
    pub label: String,
    /// Number of its colour.
    pub colour: usize,
    pub mark: Mark,
    pub pieces: Vec<Vec<(f64, f64)>>,
}

/// One coordinate system.
#[derive(Clone, Debug, Default)]
pub(super) struct Plot {
    pub x: String,
    pub y: String,
    /// A logarithmic vertical axis.
    pub logarithmic: bool,
    /// One unit has the same length on both axes.
    pub equal: bool,
    /// Whole numbers on the horizontal axis.
    pub counts: bool,
    pub series: Vec<Series>,
    /// Horizontal lines.
    pub levels: Vec<f64>,
}

/// From, to.
type Range = (f64, f64);

impl Plot {
    /// The picture, with a title and a description for those who do not see it. Nothing if there is nothing to show.
    pub fn svg(&self, id: &str, title: &str, description: &str) -> Option<String> {
        let (x, y) = self.extent()?;
        let mut svg = String::new();
        self.draw(&mut svg, x, y).ok()?;
        let body = svg.split_once('>')?.1.trim_end().strip_suffix("</svg>")?.to_owned();
        let (width, height) = (SIZE.0 * SCALE, SIZE.1 * SCALE);
        Some(format!(
            "<svg class=\"plot\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\">\
             <title id=\"{id}-t\">{}</title><desc id=\"{id}-d\">{}</desc>{body}</svg>",
            escape(title),
            escape(description)
        ))
    }

    /// Where a value stands on the vertical axis; none where it cannot.
    fn height(&self, y: f64) -> Option<f64> {
        let y = if self.logarithmic { y.abs().log10() } else { y };
        y.is_finite().then_some(y)
    }

    fn points(&self, piece: &[(f64, f64)]) -> Vec<(f64, f64)> {
        let shown = piece.iter().filter(|(x, _)| x.is_finite());
        shown.filter_map(|&(x, y)| Some((x, self.height(y)?))).collect()
    }

    /// What is shown of both axes.
    fn extent(&self) -> Option<(Range, Range)> {
        let pieces = self.series.iter().flat_map(|series| &series.pieces);
        let points: Vec<(f64, f64)> = pieces.flat_map(|piece| self.points(piece)).collect();
        let range = |values: &mut dyn Iterator<Item = f64>| {
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)))
        };
        let x = range(&mut points.iter().map(|p| p.0));
        let levels = self.levels.iter().filter_map(|&level| self.height(level));
        let y = range(&mut points.iter().map(|p| p.1).chain(levels));
        if points.is_empty() {
            return None;
        }
        let (mut x, mut y) = match self.logarithmic {
            true => (padded(x, 0.03), ((y.0.max(y.1 - DECADES) - 0.3).floor(), (y.1 + 0.3).ceil())),
            false => (padded(x, 0.03), padded(y, 0.06)),
        };
        if self.counts {
            x = (x.0 - 0.4, x.1 + 0.4);
        }
        if self.equal {
            let across = f64::from(SIZE.0 - LEFT - 2 * MARGIN) / f64::from(SIZE.1 - BELOW - 2 * MARGIN);
            let (wide, high) = (x.1 - x.0, y.1 - y.0);
            (x, y) = (widened(x, high * across), widened(y, wide / across));
        }
        Some((x, y))
    }

    fn draw(&self, svg: &mut String, x: Range, y: Range) -> Result<(), Box<dyn std::error::Error>> {
        let size = (SIZE.0 * SCALE, SIZE.1 * SCALE);
        let area = SVGBackend::with_string(svg, size).into_drawing_area();
        let mut chart = ChartBuilder::on(&area)
            .margin(MARGIN * SCALE)
            .x_label_area_size(BELOW * SCALE)
            .y_label_area_size(LEFT * SCALE)
            .build_cartesian_2d(x.0..x.1, y.0..y.1)?;
        let font = |size: u32| ("sans-serif", size * SCALE).into_font().color(&INK);
        let logarithmic = self.logarithmic;
        let counts = self.counts;
        let across = |x: &f64| if counts { whole(*x) } else { tick(*x) };
        chart
            .configure_mesh()
            .x_desc(&self.x)
            .y_desc(&self.y)
            .x_labels(if counts { (x.1 - x.0).round().min(8.0) as usize } else { 6 })
            .y_labels(6)
            .x_label_formatter(&across)
            .y_label_formatter(&|y| if logarithmic { power(*y) } else { tick(*y) })
            .label_style(font(12))
            .axis_desc_style(font(13))
            .axis_style(AXIS.stroke_width(SCALE))
            .set_all_tick_mark_size(4 * SCALE)
            .max_light_lines(0)
            .bold_line_style(GRID.stroke_width(SCALE))
            .draw()?;
        for level in self.levels.iter().filter_map(|&level| self.height(level)) {
            let ends = vec![(x.0, level), (x.1, level)];
            chart.draw_series(LineSeries::new(ends, AXIS.stroke_width(2 * SCALE)))?;
        }
        for series in &self.series {
            let colour = COLOURS[series.colour % COLOURS.len()];
            for piece in &series.pieces {
                let points = self.points(piece).into_iter().map(|(x, v)| (x, v.clamp(y.0, y.1)));
                let points: Vec<(f64, f64)> = points.collect();
                if series.mark == Mark::Line {
                    let line = LineSeries::new(thinned(&points, MOST_POINTS), colour.stroke_width(2 * SCALE));
                    chart.draw_series(line)?;
                    continue;
                }
                for at in thinned(&points, MOST_DOTS) {
                    if series.mark == Mark::Stems {
                        let stem = LineSeries::new([(at.0, y.0), at], colour.stroke_width(2 * SCALE));
                        chart.draw_series(stem)?;
                    }
                    let radius = if series.mark == Mark::Stems { 4 } else { 2 };
                    chart.draw_series([Circle::new(at, radius * SCALE as i32, colour.filled())])?;
                }
            }
        }
        area.present()?;
        Ok(())
    }
}

/// A range with some room at its ends; a range of one point gets some as well.
fn padded((low, high): Range, share: f64) -> Range {
    let room = share * (high - low).max(1e-6 * high.abs()).max(1e-12);
    (low - room, high + room)
}

fn widened((low, high): Range, to: f64) -> Range {
    let room = ((to - (high - low)) / 2.0).max(0.0);
    (low - room, high + room)
}

/// At most so many of the points, the last among them.
fn thinned(points: &[(f64, f64)], most: usize) -> Vec<(f64, f64)> {
    let stride = points.len().div_ceil(most).max(1);
    let last =
        (!points.is_empty() && !(points.len() - 1).is_multiple_of(stride)).then(|| points[points.len() - 1]);
    points.iter().step_by(stride).copied().chain(last).collect()
}

/// A tick of a linear axis.
fn tick(x: f64) -> String {
    let text = match x.abs() {
        0.0 => "0".to_owned(),
        size if (1e-3..1e5).contains(&size) => format!("{}", (x * 1e6).round() / 1e6),
        size if size < 1e-12 => "0".to_owned(),
        _ => format!("{x:.1e}").replace(".0e", "e"),
    };
    text.replace('-', "−")
}

fn whole(x: f64) -> String {
    if (x - x.round()).abs() < 1e-6 { format!("{x:.0}") } else { String::new() }
}

/// A tick of a logarithmic axis, whole powers of ten alone.
fn power(exponent: f64) -> String {
    if (exponent - exponent.round()).abs() > 1e-6 {
        return String::new();
    }
    let raised = |c: char| match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        digit => digit.to_digit(10).and_then(|d| char::from_u32(0x2070 + d)).unwrap_or(digit),
    };
    format!("10{}", format!("{exponent:.0}").chars().map(raised).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(points: Vec<(f64, f64)>) -> Series {
        Series { label: "a".into(), colour: 0, mark: Mark::Line, pieces: vec![points] }
    }

    #[test]
    fn a_picture_has_a_title_a_description_and_no_broken_number() {
        let points = vec![(0.0, 1.0), (1.0, 100.0), (2.0, f64::NAN), (3.0, 0.0)];
        let plot =
            Plot { x: "time".into(), logarithmic: true, series: vec![line(points)], ..Plot::default() };
        let svg = plot.svg("f1", "Losses & more", "They fall.").unwrap();
        for word in ["role=\"img\"", "<title id=\"f1-t\">Losses &amp; more</title>", "10²", "time"] {
            assert!(svg.contains(word), "{word} is missing");
        }
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
    }

    #[test]
    fn nothing_is_drawn_of_nothing() {
        assert!(Plot { series: vec![line(vec![])], ..Plot::default() }.svg("f", "", "").is_none());
    }

    #[test]
    fn ticks_are_short() {
        let ticks = [0.0, 0.25, -3.0, 1e-7, 2.5e9].map(tick);
        assert_eq!(ticks, ["0", "0.25", "−3", "1e−7", "2.5e9"]);
        assert_eq!(power(-12.0), "10⁻¹²");
    }
}
