"""Ctrl-C, and what importing costs."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import threading
import time
import warnings

import pytest

import liouville as lv

#: Twelve particles in a ring: the search for integrals takes minutes.
LONG = "\n".join(
    [
        "system ring",
        "coordinates " + ", ".join(f"q{i}" for i in range(6)),
        "momenta " + ", ".join(f"p{i}" for i in range(6)),
        "H = " + " + ".join(f"p{i}^2/2 + (q{i} - q{(i + 1) % 6})^2 + (q{i} - q{(i + 1) % 6})^4" for i in range(6)),
        "",
    ]
)


def interrupt_after(seconds: float) -> None:
    def strike() -> None:
        time.sleep(seconds)
        signal.raise_signal(signal.SIGINT)

    threading.Thread(target=strike, daemon=True).start()


def test_ctrl_c_ends_a_search_with_what_was_found():
    interrupt_after(1.0)
    with pytest.warns(lv.InterruptedWarning):
        found = lv.integrals(LONG, momentum_degree=12, exhaustive=True, time_limit=300, progress=False)
    assert found.ended == "interrupted"
    assert found.record["limits"]["reached"]
    assert any(law.is_proved for law in found.laws)


def test_ctrl_c_leaves_what_cannot_end():
    system = lv.System.of(" + ".join(f"sqrt(x^2 + {n}*y^2 + p^2)" for n in range(2, 16)), "x, y", "p, q")
    interrupt_after(0.3)
    with pytest.raises(KeyboardInterrupt):
        lv.verify(system, " + ".join(f"(x + {n}*y)^9*sqrt(x^2 + {n}*y^2 + p^2)" for n in range(2, 16)))
        # Where the answer comes first: a signal of another thread is noticed between naps, not in one.
        for _ in range(300):
            time.sleep(0.1)


def test_time_limits_end_a_search_with_what_was_found():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = lv.integrals(LONG, momentum_degree=12, exhaustive=True, time_limit=0.5, progress=False)
    assert found.ended == "time limit"


def test_nothing_heavy_is_imported():
    program = textwrap.dedent(
        """
        import sys
        import liouville
        heavy = {"numpy", "sympy", "pandas", "polars", "tqdm", "scipy"} & set(sys.modules)
        assert not heavy, heavy
        liouville.verify("kepler", "x*py - y*px")
        assert "sympy" not in sys.modules
        """
    )
    subprocess.run([sys.executable, "-c", program], check=True)
