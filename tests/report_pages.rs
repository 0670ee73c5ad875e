//! The reports as pages: their parts, and what a browser makes of them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// Runs the program and returns the page that it wrote.
fn page(name: &str, arguments: &[&str]) -> String {
    let path = scratch(name);
    let output = Command::new(env!("CARGO_BIN_EXE_liouville"))
        .args(arguments)
        .args(["--quiet", "--report"])
        .arg(&path)
        .output()
        .expect("the program");
    assert!(path.exists(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    let page = std::fs::read_to_string(&path).expect("a page");
    std::fs::remove_file(path).expect("the page is removed");
    page
}

fn scratch(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("liouville-page-{}-{name}.html", std::process::id()))
}

/// A recording of a spring with a quartic term, from its exact motion in numbers.
fn recording(folder: &Path) -> String {
    let (mut x, mut v, step) = (1.0f64, 0.0f64, 1e-4);
    let mut rows = "time,x,vx\n".to_owned();
    for k in 0..120_000 {
        if k % 400 == 0 {
            rows += &format!("{:.3},{x:.6},{v:.6}\n", f64::from(k) * step);
        }
        v -= 0.5 * step * (1.7 * x + 0.9 * x.powi(3));
        x += step * v;
        v -= 0.5 * step * (1.7 * x + 0.9 * x.powi(3));
    }
    let folder = folder.join(format!("liouville-page-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a scratch folder");
    let path = folder.join("spring.csv");
    std::fs::write(&path, rows).expect("a recording");
    path.to_string_lossy().into_owned()
}

/// The pages that the tests look at: each kind of question, verdict and data.
static PAGES: LazyLock<Vec<(&str, String)>> = LazyLock::new(pages);

fn pages() -> Vec<(&'static str, String)> {
    let recording = recording(&std::env::temp_dir());
    let pages = vec![
        ("verify", page("verify", &["verify", "spherical-pendulum", "qx*py - qy*px"])),
        ("refuted", page("refuted", &["verify", "kepler", "x*py - y*px", "K = px*x + 10^3*y^2*py"])),
        ("integrals", page("integrals", &["integrals", "kepler"])),
        ("henon-heiles", page("henon-heiles", &["integrals", "henon-heiles"])),
        ("discover", page("discover", &["discover", "charged-particle", "--steps", "40", "--cyclic", "2"])),
        ("recording", page("recording", &["discover", &recording])),
    ];
    let folder = Path::new(&recording).parent().expect("a folder");
    std::fs::remove_dir_all(folder).expect("the recording is removed");
    pages
}

/// Everything between `<name …>` and its end, for elements that do not hold themselves.
fn elements<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<{name}"), format!("</{name}>"));
    let is_start = |rest: &&str| rest.starts_with([' ', '>']);
    page.split(open.as_str())
        .skip(1)
        .filter(is_start)
        .filter_map(|rest| rest.split(close.as_str()).next())
        .collect()
}

#[test]
fn a_page_stands_alone_and_can_be_read_aloud() {
    for (name, page) in PAGES.iter() {
        assert!(page.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"), "{name}");
        for word in ["<script", "http://", "https://", "NaN", "inf\"", "url("] {
            assert!(!page.contains(word), "{name}: {word}");
        }
        assert_eq!(
            elements(page, "title").len() - elements(page, "svg").len(),
            1,
            "{name}: one title of its own"
        );
        // Headings go down one level at a time.
        let levels: Vec<u32> =
            page.split("<h").skip(1).filter_map(|rest| rest.chars().next()?.to_digit(10)).collect();
        assert_eq!((levels[0], levels.iter().filter(|level| **level == 1).count()), (1, 1), "{name}");
        assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{name}: {levels:?}");
        let pictures = elements(page, "svg");
        assert!(!pictures.is_empty(), "{name} has no picture");
        for picture in pictures {
            assert!(picture.contains("role=\"img\"") && picture.contains("<desc id="), "{name}");
        }
        for table in elements(page, "table") {
            assert!(table.contains("<caption>") && table.contains("scope=\"col\""), "{name}: {table}");
        }
        let ids: Vec<&str> = page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let distinct: std::collections::BTreeSet<&&str> = ids.iter().collect();
        assert_eq!(ids.len(), distinct.len(), "{name}: an id twice");
    }
}

#[test]
fn the_question_and_the_verdict_stand_first() {
    let verdicts: Vec<String> = PAGES
        .iter()
        .map(|(name, page)| {
            let question = elements(page, "h1")[0].trim_start_matches('>').to_owned();
            let verdict =
                page.split("<strong>").nth(1).and_then(|rest| rest.split('<').next()).unwrap_or("?");
            format!("{name}: {question} {verdict}")
        })
        .collect();
    insta::assert_snapshot!(verdicts.join("\n"));
}

/// The colours of a block of the style sheet by name, as red, green and blue.
fn colours(block: &str) -> std::collections::BTreeMap<&str, [f64; 3]> {
    let of = |text: &str| {
        let part = |k: usize| u8::from_str_radix(text.get(k..k + 2)?, 16).ok().map(f64::from);
        Some([part(0)?, part(2)?, part(4)?])
    };
    block
        .split("--")
        .skip(1)
        .filter_map(|rest| {
            let (name, value) = rest.split_once(": #")?;
            Some((name, of(value)?))
        })
        .collect()
}

/// The contrast of two colours (WCAG 2.2): (L1 + 0.05)/(L2 + 0.05) of the relative luminances.
fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
    let linear = |c: f64| match c / 255.0 {
        c if c <= 0.04045 => c / 12.92,
        c => ((c + 0.055) / 1.055).powf(2.4),
    };
    let luminance = |[r, g, b]: [f64; 3]| 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    let (a, b) = (luminance(a) + 0.05, luminance(b) + 0.05);
    a.max(b) / a.min(b)
}

#[test]
fn text_stands_out_from_its_paper() {
    let style = include_str!("../src/report/html/style.css");
    let blocks: Vec<&str> =
        style.split(":root {").skip(1).filter_map(|rest| rest.split('}').next()).collect();
    assert_eq!(blocks.len(), 3, "light, dark and print");
    for block in blocks {
        let colours = colours(block);
        for (text, paper) in [
            ("ink", "paper"),
            ("ink", "panel"),
            ("soft", "paper"),
            ("accent", "paper"),
            ("good", "good-paper"),
            ("open", "open-paper"),
            ("bad", "bad-paper"),
            ("ink", "good-paper"),
            ("ink", "open-paper"),
            ("ink", "bad-paper"),
        ] {
            let contrast = contrast(colours[text], colours[paper]);
            assert!(contrast >= 4.5, "{text} on {paper}: {contrast:.2}");
        }
    }
    // Lines and dots of pictures, light and dark.
    let white = [255.0; 3];
    for (paper, from) in
        [(white, ".c0 { background: #00629B"), ([20.0, 23.0, 28.0], "@media (prefers-color-scheme: dark)")]
    {
        let part = &style[style.find(from).expect("the colours of pictures")..];
        for number in 0..6 {
            let rest = part.split(&format!(".c{number} {{ background: #")).nth(1).expect("a colour");
            let hex = |k: usize| f64::from(u8::from_str_radix(&rest[k..k + 2], 16).expect("a number"));
            let contrast = contrast([hex(0), hex(2), hex(4)], paper);
            assert!(contrast >= 3.0, "colour {number}: {contrast:.2}");
        }
    }
}

/// The names under which Chromium is found.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// What the browser says on standard output and error about a page.
fn browse(file: &Path, arguments: &[&str]) -> (String, String) {
    let profile = scratch("profile");
    let browser = BROWSERS.iter().find(|name| Command::new(name).arg("--version").output().is_ok());
    let output = Command::new(browser.expect("Chromium; tests/report/chromium.sh installs it"))
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--enable-logging=stderr", "--virtual-time-budget=2000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .args(arguments)
        .arg(format!("file://{}", file.display()))
        .output()
        .expect("the browser");
    let _ = std::fs::remove_dir_all(profile);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

/// A page within a frame of this width, which writes the width of its content into the attribute `data-width`.
fn framed(page: &str, width: u32) -> String {
    let source = page.replace('&', "&amp;").replace('"', "&quot;");
    format!(
        "<!DOCTYPE html><iframe width=\"{width}\" height=\"900\" style=\"border:0\" srcdoc=\"{source}\"></iframe><script>\
         document.querySelector('iframe').onload = (event) => {{ const root = event.target.contentDocument.documentElement; \
         document.documentElement.dataset.width = root.scrollWidth + ' of ' + root.clientWidth; }}</script>"
    )
}

#[test]
#[ignore = "needs Chromium: tests/report/chromium.sh installs it"]
fn in_a_browser_nothing_overflows_and_no_error_is_told() {
    for (name, page) in PAGES.iter() {
        let path = scratch(&format!("browsed-{name}"));
        std::fs::write(&path, page).expect("a page");
        let (_, said) = browse(&path, &[]);
        assert!(!said.contains("CONSOLE"), "{name}: {said}");
        for width in [360, 1200] {
            std::fs::write(&path, framed(page, width)).expect("a page");
            let (shown, said) = browse(&path, &["--window-size=1300,1000"]);
            let widths = shown.split("data-width=\"").nth(1).and_then(|rest| rest.split('"').next());
            let (content, frame) = widths.and_then(|text| text.split_once(" of ")).expect("two widths");
            assert_eq!(content, frame, "{name} overflows at {width}\n{said}");
        }
        std::fs::remove_file(path).expect("the page is removed");
    }
}
