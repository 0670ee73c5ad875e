//! Presentation: from an expanded formula to its compact form, the exact check included.

use criterion::{Criterion, criterion_group, criterion_main};
use liouville::expr::parse;
use liouville::simplify::compact;

const FORMULAS: [(&str, &str); 4] = [
    ("eq11", "px1*qy1 - px1*qy2 - px2*qy1 + px2*qy2 - py1*qx1 + py1*qx2 + py2*qx1 - py2*qx2"),
    (
        "eq13",
        "2*qx1*py1 - qx2*py1 - qx3*py1 - 2*qy1*px1 + qy2*px1 + qy3*px1 + 2*qx2*py2 - qx1*py2 - qx3*py2 \
         - 2*qy2*px2 + qy1*px2 + qy3*px2 + 2*qx3*py3 - qx1*py3 - qx2*py3 - 2*qy3*px3 + qy1*px3 + qy2*px3",
    ),
    ("distance", "1/sqrt(x1^2 - 2*x1*x2 + x2^2 + y1^2 - 2*y1*y2 + y2^2)"),
    (
        "toda",
        "p1^3 + 3*p1*exp(q1)*exp(-q2) + 3*p1*exp(-q1)*exp(q3) + p2^3 + 3*p2*exp(q1)*exp(-q2) \
         + 3*p2*exp(q2)*exp(-q3) + p3^3 + 3*p3*exp(q2)*exp(-q3) + 3*p3*exp(-q1)*exp(q3)",
    ),
];

fn compact_forms(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("compact");
    group.sample_size(20);
    for (name, text) in FORMULAS {
        let formula = parse(text).expect("a formula");
        group.bench_function(name, |b| b.iter(|| compact(&formula)));
    }
    group.finish();
}

criterion_group!(benches, compact_forms);
criterion_main!(benches);
