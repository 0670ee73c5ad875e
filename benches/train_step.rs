//! Time of one training step: loss, derivative and optimiser, and its share of the machine's rate of multiplication.
//!
//! `cargo bench --bench train_step` measures all; `… -- dof4_w100_b256_adam_t1` one of them. Cases `…_plain` are value
//! and derivative of the loss alone, by its equations in plain candle tensors: what the fused operation stands for.

use criterion::{Criterion, criterion_group, criterion_main};
use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use liouville::learn::{
    Config, Ending, Keeper, OptimiserKind, PlainLoss, Samples, Signal, TrainingData, train,
};
use liouville::progress::{Job, Step};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use std::hint::black_box;
use std::time::{Duration, Instant};

const BATCH: usize = 256;

/// Steps after which SOAP turns its bases: first this many are taken, in which workspaces are set up and bases turn more
/// often, and then a multiple of it is timed, as JAX's program times it.
const ROUND: u64 = 20;

/// Times the steps after the first round.
#[derive(Default)]
struct Clock {
    first: f64,
    last: f64,
}

impl Keeper for Clock {
    fn after(&mut self, step: &Step<'_>, _: bool) -> Signal {
        if step.step as u64 == ROUND {
            self.first = step.seconds;
        }
        self.last = step.seconds;
        Signal::Continue
    }
}

fn normal_data(dof: usize) -> TrainingData {
    let mut random = ChaCha8Rng::seed_from_u64(0);
    let mut numbers =
        |count: usize| (0..count).map(|_| StandardNormal.sample(&mut random)).collect::<Vec<f64>>();
    let train = Samples {
        states: numbers(20 * BATCH * 2 * dof),
        derivatives: numbers(20 * BATCH * 2 * dof),
        ..Samples::default()
    };
    TrainingData { dof, angles: vec![], train, test: Samples::default() }
}

/// The mean time of a step times their number.
fn time_of_steps(data: &TrainingData, config: &Config, steps: u64) -> Duration {
    let mut clock = Clock::default();
    let timed = steps.next_multiple_of(ROUND);
    let config = Config { steps: (ROUND + timed) as usize, ending: Ending::AllSteps, ..config.clone() };
    train(data, &config, &Job::silent(), &mut clock).expect("training on random data");
    Duration::from_secs_f64((clock.last - clock.first) * steps as f64 / timed as f64)
}

/// Multiplications and additions of the matrix products in the loss and its derivative: for each of the two networks,
/// three passes (value and Jacobian, and the two halves of the derivative) over 1 + outputs rows a sample.
fn flops_of_loss(dof: usize, width: usize) -> f64 {
    let network = |inputs: usize, outputs: usize| {
        let rows = BATCH * (1 + outputs);
        6 * rows * width * (width + inputs) + 6 * BATCH * width * outputs
    };
    (network(2 * dof, dof) + network(dof, 1)) as f64
}

/// Floating-point operations a second of one thread on products of 512 × 512 matrices by faer: the median of 31.
fn product_rate() -> f64 {
    let n = 512;
    let (a, b) = (vec![0.5_f32; n * n], vec![0.25_f32; n * n]);
    let mut c = vec![0_f32; n * n];
    let mut times: Vec<f64> = (0..31)
        .map(|_| {
            let begun = Instant::now();
            let [a, b] = [&a, &b].map(|matrix| MatRef::from_row_major_slice(matrix, n, n));
            let out = MatMut::from_row_major_slice_mut(&mut c, n, n);
            matmul(out, Accum::Replace, a, b, 1., Par::Seq);
            black_box(&c);
            begun.elapsed().as_secs_f64()
        })
        .collect();
    times.sort_by(f64::total_cmp);
    2. * (n * n * n) as f64 / times[times.len() / 2]
}

#[allow(clippy::print_stderr)]
fn training_step(criterion: &mut Criterion) {
    let rate = product_rate();
    eprintln!("products of 512 × 512 matrices, one thread: {:.1} Gflop/s", rate * 1e-9);
    let mut group = criterion.benchmark_group("scnn_step");
    group.sample_size(10).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(2));
    for dof in [2, 4] {
        let data = normal_data(dof);
        for width in [100, 200] {
            let config = Config { cyclic: dof, width, batch: BATCH, ..Config::default() };
            let plain = PlainLoss::new(&data, &config).expect("the equations on random data");
            group.bench_function(format!("dof{dof}_w{width}_b{BATCH}_plain"), |bencher| {
                bencher.iter(|| plain.differentiate().expect("a derivative"));
            });
            for (name, optimiser) in [("adam", OptimiserKind::Adam), ("soap", OptimiserKind::Soap)] {
                for threads in [1, 2] {
                    let config =
                        Config { cyclic: dof, width, optimiser, threads, batch: BATCH, ..Config::default() };
                    let mut fastest = f64::INFINITY;
                    group.bench_function(
                        format!("dof{dof}_w{width}_b{BATCH}_{name}_t{threads}"),
                        |bencher| {
                            bencher.iter_custom(|steps| {
                                let time = time_of_steps(&data, &config, steps);
                                fastest = fastest.min(time.as_secs_f64() / steps as f64);
                                time
                            });
                        },
                    );
                    if fastest.is_finite() && threads == 1 && name == "adam" {
                        let share = flops_of_loss(dof, width) / fastest / rate;
                        eprintln!(
                            "dof {dof}, width {width}: {:.0} % of that rate over the whole step",
                            100. * share
                        );
                    }
                }
            }
        }
    }
    group.finish();
}

criterion_group!(benches, training_step);
criterion_main!(benches);
