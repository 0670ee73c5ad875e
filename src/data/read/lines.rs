//! Lines of a text file, and their cells.

use std::ops::Range;

use super::number::{Cell, has_decimal_comma};

/// A line that holds something: neither blank nor a comment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Line<'a> {
    /// Its number, from 1.
    pub number: usize,
    /// Its text without the line end. A quoted cell may hold line ends.
    pub text: &'a str,
}

/// The lines of a file, sorted.
#[derive(Debug, Default)]
pub struct Lines<'a> {
    /// Those that hold something.
    pub rows: Vec<Line<'a>>,
    /// The comments before the first row, each with the number of bytes up to and with its sign (`#` or `%`).
    pub comments: Vec<(Line<'a>, usize)>,
}

/// The mark below which the programs of JPL Horizons write no more numbers.
const END_OF_EPHEMERIS: &str = "$$EOE";

impl<'a> Lines<'a> {
    /// Sorts the lines of a text. Lines end with a line feed, a carriage return, or both.
    pub fn of(text: &'a str) -> Lines<'a> {
        let end = if text.contains('\n') { '\n' } else { '\r' };
        let mut lines = Lines::default();
        let mut number = 0;
        let mut rest = text.trim_start_matches('\u{feff}');
        while !rest.is_empty() {
            let (line, breaks) = logical_line(rest, end);
            rest = rest.get(line.len() + 1..).unwrap_or("");
            let text = line.trim_end_matches('\r');
            let first = number + 1;
            number += 1 + breaks;
            let bare = text.trim_start();
            // A row of empty cells is blank too.
            if bare.chars().all(|c| c.is_whitespace() || ",;\"".contains(c)) {
                continue;
            }
            if bare.starts_with(END_OF_EPHEMERIS) {
                break;
            }
            match bare.trim_start_matches('"').strip_prefix(['#', '%']) {
                Some(comment) if lines.rows.is_empty() => {
                    lines.comments.push((Line { number: first, text }, text.len() - comment.len()));
                }
                Some(_) => {}
                None => lines.rows.push(Line { number: first, text }),
            }
        }
        lines
    }
}

/// The first line of a text and how many line ends stand in its quoted cells.
fn logical_line(text: &str, end: char) -> (&str, usize) {
    /// The most line ends within one line: a quotation mark that is never closed must not take the rest of
    /// the file with it.
    const MOST_BREAKS: usize = 20;
    let first = text.find(end).unwrap_or(text.len());
    if !text[..first].contains('"') {
        return (&text[..first], 0);
    }
    let (mut at, mut breaks, mut quotes) = (0, 0, 0);
    loop {
        let next = text[at..].find(end).map_or(text.len(), |length| at + length);
        quotes += text[at..next].matches('"').count();
        if quotes % 2 == 0 {
            return (&text[..next], breaks);
        }
        if next == text.len() || breaks == MOST_BREAKS {
            return (&text[..first], 0);
        }
        breaks += 1;
        at = next + 1;
    }
}

/// What stands between cells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Separator {
    /// `;`
    Semicolon,
    /// A tab.
    Tab,
    /// `,`
    Comma,
    /// `|`
    Bar,
    /// Any number of spaces and tabs.
    Blanks,
}

/// How a file writes its table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Format {
    /// What stands between cells.
    pub separator: Separator,
    /// Whether a comma stands where other files have a decimal point.
    pub decimal_comma: bool,
}

impl Separator {
    /// All, in the order in which they are preferred where a file can be read with several.
    pub const ALL: [Separator; 5] =
        [Separator::Semicolon, Separator::Tab, Separator::Comma, Separator::Bar, Separator::Blanks];

    /// The cells of a line, without space and quotation marks around them, into `cells`.
    pub fn split(self, line: &str, cells: &mut Vec<Range<usize>>) {
        cells.clear();
        let sign = match self {
            Separator::Semicolon => b';',
            Separator::Tab => b'\t',
            Separator::Comma => b',',
            Separator::Bar => b'|',
            Separator::Blanks => return split_blanks(line, cells),
        };
        let bytes = line.as_bytes();
        let mut start = 0;
        let mut at = 0;
        while at < bytes.len() {
            if bytes[at] == b'"' && bytes[start..at].iter().all(|b| b.is_ascii_whitespace()) {
                at = end_of_quote(bytes, at);
            } else if bytes[at] == sign {
                cells.push(trimmed(line, start..at));
                at += 1;
                start = at;
            } else {
                at += 1;
            }
        }
        cells.push(trimmed(line, start..bytes.len()));
    }
}

fn split_blanks(line: &str, cells: &mut Vec<Range<usize>>) {
    let bytes = line.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at].is_ascii_whitespace() {
            at += 1;
            continue;
        }
        let start = at;
        if bytes[at] == b'"' {
            at = end_of_quote(bytes, at);
        }
        while at < bytes.len() && !bytes[at].is_ascii_whitespace() {
            at += 1;
        }
        cells.push(trimmed(line, start..at));
    }
}

/// The place after the quotation that begins at `at`; the next place if it is never closed.
fn end_of_quote(bytes: &[u8], at: usize) -> usize {
    let mut end = at + 1;
    while end < bytes.len() {
        if bytes[end] == b'"' {
            if bytes.get(end + 1) != Some(&b'"') {
                return end + 1;
            }
            end += 1;
        }
        end += 1;
    }
    at + 1
}

fn trimmed(line: &str, range: Range<usize>) -> Range<usize> {
    let bytes = &line.as_bytes()[range.clone()];
    let lead = bytes.iter().take_while(|b| b.is_ascii_whitespace()).count();
    let tail = bytes[lead..].iter().rev().take_while(|b| b.is_ascii_whitespace()).count();
    let (start, end) = (range.start + lead, range.end - tail);
    let is_quoted = end - start >= 2 && line.as_bytes()[start] == b'"' && line.as_bytes()[end - 1] == b'"';
    if is_quoted { start + 1..end - 1 } else { start..end }
}

/// How the numbers of a file are written, seen from a sample of its lines, and how many cells most lines
/// have; `None` where no line holds a number.
pub fn recognise(rows: &[Line<'_>]) -> Option<(Format, usize)> {
    let sample = sample(rows);
    let mut best: Option<(f64, Format, usize)> = None;
    for separator in Separator::ALL {
        let Some((score, format, width)) = read_with(separator, &sample) else { continue };
        // The first of equals is kept.
        if best.is_none_or(|(highest, ..)| score > highest * (1.0 + 1e-9)) {
            best = Some((score, format, width));
        }
    }
    best.map(|(_, format, width)| (format, width))
}

/// Lines from the whole of the file: its beginning alone may be titles.
fn sample<'a>(rows: &[Line<'a>]) -> Vec<&'a str> {
    const COUNT: usize = 200;
    let step = (rows.len() / COUNT).max(1);
    rows.iter().step_by(step).map(|line| line.text).collect()
}

/// How well a separator explains a sample: the number of numeric cells times their share of the cells, in
/// the lines that have the most common number of cells.
fn read_with(separator: Separator, sample: &[&str]) -> Option<(f64, Format, usize)> {
    let mut cells = Vec::new();
    let mut counts: Vec<Counts> = Vec::new();
    for line in sample {
        separator.split(line, &mut cells);
        let texts = || cells.iter().map(|range| &line[range.clone()]);
        let points = texts().filter(|text| Cell::read(text, false).is_number()).count();
        let commas = match separator {
            Separator::Comma => 0,
            _ => texts().filter(|text| has_decimal_comma(text)).count(),
        };
        let decimals =
            texts().filter(|text| text.contains('.') && Cell::read(text, false).is_number()).count();
        if points + commas > 0 {
            counts.push(Counts { width: cells.len(), numbers: points + commas, commas, decimals });
        }
    }
    let mut widths: Vec<usize> = counts.iter().map(|count| count.width).collect();
    widths.sort_unstable();
    let frequency = |width: usize| widths.iter().filter(|w| **w == width).count();
    let width = widths.iter().copied().max_by_key(|&width| (frequency(width), width))?;
    let usual: Vec<&Counts> = counts.iter().filter(|count| count.width == width).collect();
    let sum = |part: fn(&Counts) -> usize| usual.iter().map(|count| part(count)).sum::<usize>();
    let (numbers, all) = (sum(|count| count.numbers), sum(|count| count.width));
    let format = Format { separator, decimal_comma: sum(|count| count.commas) > sum(|count| count.decimals) };
    Some((numbers as f64 * numbers as f64 / all as f64, format, width))
}

/// The cells of a line: all, those that are numbers, those with a decimal comma, those with a point.
struct Counts {
    width: usize,
    numbers: usize,
    commas: usize,
    decimals: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(separator: Separator, line: &str) -> Vec<String> {
        let mut ranges = Vec::new();
        separator.split(line, &mut ranges);
        ranges.into_iter().map(|range| line[range].to_string()).collect()
    }

    fn format(text: &str) -> (Separator, bool, usize) {
        let (format, width) = recognise(&Lines::of(text).rows).unwrap();
        (format.separator, format.decimal_comma, width)
    }

    #[test]
    fn cells_without_spaces_and_quotes() {
        assert_eq!(cells(Separator::Comma, " a, \"b,\"\"c\" ,,d"), ["a", "b,\"\"c", "", "d"]);
        assert_eq!(cells(Separator::Blanks, "  1\t2  \"x y\" "), ["1", "2", "x y"]);
        assert_eq!(cells(Separator::Tab, "1\t\t2\t"), ["1", "", "2", ""]);
        assert_eq!(cells(Separator::Semicolon, "5\" disc;2"), ["5\" disc", "2"]);
        assert_eq!(cells(Separator::Comma, "\"open,2"), ["\"open", "2"]);
    }

    #[test]
    fn lines_of_every_system() {
        for text in
            ["# c\na,b\n\n1,2\n", "# c\r\na,b\r\n\r\n1,2\r\n", "# c\ra,b\r\r1,2\r", "\u{feff}#c\na,b\n\n1,2"]
        {
            let lines = Lines::of(text);
            assert_eq!(lines.rows.iter().map(|l| l.text).collect::<Vec<_>>(), ["a,b", "1,2"], "{text:?}");
            assert_eq!(lines.rows[1].number, 4);
            let (comment, sign) = lines.comments[0];
            assert_eq!(comment.text[sign..].trim(), "c");
        }
    }

    #[test]
    fn line_ends_in_quoted_cells() {
        let lines = Lines::of("\"Time\n(s)\",x\n1,2\n\"open,3\n4,5\n");
        assert_eq!(lines.rows.len(), 4);
        assert_eq!((lines.rows[0].text, lines.rows[1].number), ("\"Time\n(s)\",x", 3));
    }

    #[test]
    fn separators_and_decimal_commas() {
        assert_eq!(format("t,x\n0,1\n1,2\n"), (Separator::Comma, false, 2));
        assert_eq!(format("t;x\n0,0;1,5\n0,1;2,5\n"), (Separator::Semicolon, true, 2));
        assert_eq!(format("t;x\n0;1\n1;2\n"), (Separator::Semicolon, false, 2));
        assert_eq!(format("t\tx\n0,0\t1,5\n0,1\t2,5\n"), (Separator::Tab, true, 2));
        assert_eq!(format("t x\n0,0 1,5\n0,1 2,5\n"), (Separator::Blanks, true, 2));
        assert_eq!(format("t x\n 0.0  1.5\n 0.1 2.5\n"), (Separator::Blanks, false, 2));
        assert_eq!(format("t, x\n0.0, 1.5\n0.1, 2.5\n"), (Separator::Comma, false, 2));
        assert_eq!(format("x\n0.5\n1.5\n"), (Separator::Semicolon, false, 1));
        let ephemeris =
            "JD, Date, X,\n1.5, A.D. 2020-Jan-01 00:00:00.0, 2.5,\n2.5, A.D. 2020-Jan-02 00:00:00.0, 3.5,\n";
        assert_eq!(format(ephemeris), (Separator::Comma, false, 4));
        assert_eq!(recognise(&Lines::of("a,b\nc,d\n").rows), None);
    }
}
