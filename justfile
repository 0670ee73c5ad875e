# The commands of daily work; `just` lists them.

default:
    @just --list

# The whole check, as CI runs it.
ci:
    bash .ci/run

# The exact kernel alone: builds in seconds.
kernel:
    cargo test --release -p liouville-kernel

# Everything, with training on small budgets.
test:
    cargo test --release

# See changed snapshots by eye before accepting them.
snapshots:
    cargo insta review

# Speed, as ratios against the peers (see results/README.md).
bench name:
    cargo bench --bench {{name}}
