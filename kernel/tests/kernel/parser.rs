//! Reading formulas and conditions.

use liouville_kernel::expr::{Condition, is_name, parse};

use crate::texts::assert_is_recorded;

#[track_caller]
fn reads_back(text: &str) {
    let expr = parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
    assert_eq!(expr.to_string(), text);
    assert_eq!(parse(&expr.to_string()).as_ref(), Ok(&expr));
}

#[test]
fn text_reads_back() {
    for text in [
        "qx*py - qy*px",
        "-x^2",
        "(-x)^2",
        "x^(-2)",
        "x^(2/3)",
        "2^x^y",
        "(2^x)^y",
        "a/b*c",
        "a*(b/c)",
        "a/(b*c)",
        "a - (b + c)",
        "-a + b",
        "1/2*x",
        "x/2",
        "(1/2)^2",
        "x^(-(y + 1))",
        "sqrt((x1 - x2)^2 + (y1 - y2)^2)",
        "θ1 + sin(θ1 - θ2)",
        "exp(-x)*log(pi)",
        "x/(1/2)",
        "1/2/x",
        "a*b/c/d",
    ] {
        reads_back(text);
    }
}

#[test]
fn other_spellings() {
    for (text, same) in [
        ("x**2", "x^2"),
        ("0.1", "1/10"),
        ("1e-3", "1/1000"),
        (".5*x", "1/2*x"),
        ("2.", "2"),
        ("6/4", "3/2"),
        ("2*-x", "-2*x"),
        ("--x", "x"),
        ("+x", "x"),
        ("a-(-b)", "a + b"),
        ("x^-2", "x^(-2)"),
        ("2^-x", "2^(-x)"),
        ("π", "pi"),
        ("(((x)))", "x"),
        ("abs(x)", "sqrt(x^2)"),
        ("abs(x - y)*2", "sqrt((x - y)^2)*2"),
        ("abs(abs(x))", "sqrt(sqrt(x^2)^2)"),
        ("abs(-3)", "sqrt((-3)^2)"),
        ("2^abs(x)", "2^sqrt(x^2)"),
        ("sign(x)", "sqrt(x^2)/x"),
        ("sign(x + y)^2", "(sqrt((x + y)^2)/(x + y))^2"),
        ("-sign(-x)", "sqrt((-x)^2)/x"),
        ("x*sign(sin(x))", "x*(sqrt(sin(x)^2)/sin(x))"),
    ] {
        let expr = parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(expr.to_string(), same, "{text}");
        assert_eq!(parse(same).as_ref(), Ok(&expr), "{text}");
    }
}

#[test]
fn what_restricts_a_domain_is_not_dropped() {
    for (text, same) in [
        ("0*log(x)", "0*log(x)"),
        ("log(x)*0", "0*log(x)"),
        ("-0*log(x)", "0*log(x)"),
        ("y - log(x)*0*y", "y + 0*log(x)"),
        ("2*(0*(3*log(x)))*sqrt(y)", "0*log(x)*sqrt(y)"),
        ("0*log(x)/y", "0*log(x)/y"),
        ("0*(1/x)", "0*(1/x)"),
        ("0*x^(-1)", "0*x^(-1)"),
        ("sqrt(x)^0", "sqrt(x)^0"),
        ("(1 + log(x))^0", "(1 + log(x))^0"),
        ("(0*log(x))*(0*sqrt(y))", "0*log(x)*sqrt(y)"),
        ("0*x*sin(x)", "0"),
        ("(x + exp(y)/2)^0", "1"),
    ] {
        let expr = parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
        let again = parse(&expr.to_string()).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(again, expr, "{text}");
        assert_eq!(expr.to_string(), same, "{text}");
    }
}

#[test]
fn errors_point_at_the_place() {
    let report: Vec<String> = [
        "",
        "x +",
        "2 x",
        "x)",
        "(x",
        "sin x",
        "f(x)",
        "ln(x)",
        "x $ y",
        "a − b",
        "x^^2",
        "()",
        "1e99999",
        "[x]",
        "x = 2",
        "3(x + 1)",
        "abs",
        "sign x",
        "sgn(x)",
        "abs(x",
        "x + 9^9^9",
        "2^1000000",
        "1e4096",
        "x*(1e-4000/1e4000)",
        "x^(10^5000)",
    ]
    .iter()
    .map(|text| {
        let error = parse(text).expect_err(text);
        let hint = error.hint.map_or(String::new(), |h| format!(" ({h})"));
        format!("{text:10} {:?}: {}{hint}", error.span, error.message)
    })
    .collect();
    assert_is_recorded(&report.join("\n"), include_str!("texts/errors_of_the_parser.txt"));
}

#[test]
fn functions_are_no_names() {
    for name in ["sqrt", "log", "abs", "sign", "pi", "π", "2x", "", "x y"] {
        assert!(!is_name(name), "{name}");
    }
    for name in ["absolute", "signs", "x1", "_a", "φ"] {
        assert!(is_name(name), "{name}");
    }
}

#[test]
fn numbers_have_a_largest_size() {
    let large = [
        "9^9^9",
        "9^(9^9)",
        "9^9^9^9^9",
        "2^1000000",
        "x*2^1000000",
        "1/2^1000000",
        "2^(-1000000)",
        "(1/3)^1000000",
        "sin(2^1000000)",
        "2^(10^9)",
        "((10^4000)^2)^2",
        "(10^3000*10^3000)^2",
        "x^9^9^9",
        "1.5^1e6",
        "8^(1000000/3)",
        "sqrt(x + 10^5000)",
        "-(7^7^7)",
        "(2 + 3)^99999",
        "abs(9^9^9)",
        "(2^999)^(2^999)",
    ];
    for text in large {
        let error = parse(text).expect_err(text);
        assert_eq!(error.message, "this number is too large", "{text}");
    }
    let small = [
        "10^300",
        "2^64",
        "(1/3)^20",
        "10^4000",
        "1^(10^9)",
        "0^(10^9)",
        "x^1000000",
        "(-1)^1000001",
        "2^x^1000",
        "2^(1/3)",
        "10^(-4000)",
        "1e4000*1e4000",
        "(2*x)^9000",
        "sqrt(2)^100000",
    ];
    for text in small {
        assert!(parse(text).is_ok(), "{text}");
    }
}

#[test]
fn signs_of_signs_have_a_largest_depth() {
    const MOST: usize = 6;
    let nested = |levels: usize| format!("{}x{}", "sign(".repeat(levels), ")".repeat(levels));
    assert!(parse(&nested(MOST)).is_ok());
    assert!(parse(&nested(MOST + 1)).unwrap_err().message.contains("nested"));
    assert!(parse(&nested(150)).is_err());
    assert!(parse(&format!("{}x{}", "abs(".repeat(90), ")".repeat(90))).is_ok());
}

#[test]
fn deep_nesting_is_an_error_and_long_sums_are_not() {
    let deep = format!("{}x{}", "(".repeat(10_000), ")".repeat(10_000));
    assert!(parse(&deep).unwrap_err().message.contains("nested"));
    assert!(parse(&"-".repeat(100_000)).is_err());
    assert!(parse(&format!("x{}", "^x".repeat(10_000))).is_err());
    let long = vec!["x*y"; 20_000].join(" - ");
    assert_eq!(parse(&long).unwrap().to_string(), long);
}

#[test]
fn conditions_read_back() {
    for (text, printed) in [
        ("x > 0", "x > 0"),
        ("x<0", "x < 0"),
        ("x < y", "y - x > 0"),
        ("2 > x", "2 - x > 0"),
        ("y != 0", "y != 0"),
        ("x != y", "x - y != 0"),
        ("sqrt(x) > 1", "sqrt(x) - 1 > 0"),
    ] {
        let condition = Condition::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(condition.to_string(), printed);
        assert_eq!(Condition::parse(printed), Ok(condition));
    }
    assert_eq!(Condition::parse_all("x > 0, y != 0").map(|all| all.len()), Ok(2));
}

#[test]
fn errors_have_their_place() {
    let error = |text: &str| Condition::parse_all(text).expect_err(text);
    assert_eq!(error("x > 0, y = 1").span, 9..10);
    assert_eq!(error("x > 0, y >= 1").span, 9..11);
    assert!(error("x").hint.is_some_and(|hint| hint.contains("x > 0")));
    assert_eq!(error("x > 0, y > (").span.start, 12);
}
