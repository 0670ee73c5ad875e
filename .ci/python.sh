#!/usr/bin/env bash
# The Python package in a virtual environment of its own: built in the target folder of the workspace, tested, its types
# checked, its notebooks run, and built again from its source distribution's list of files.
set -euo pipefail
cd "$(dirname "$0")/.."
python3 -m venv target/python
environment="$PWD/target/python/bin"
"$environment/pip" install --quiet "maturin>=1.9,<2"
export PATH="$environment:$PATH" VIRTUAL_ENV="$PWD/target/python"
(cd python && maturin develop --release --quiet --extras test)
cd python
mypy
python -m pytest
