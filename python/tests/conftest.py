"""What the tests share."""

from __future__ import annotations

import signal

import numpy as np
import pytest

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell starts programs in the background so, and Python then raises no KeyboardInterrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def oscillator(points: int = 300, runs: int = 3, rate: float = 1.5) -> dict[str, np.ndarray]:
    """Runs of an oscillator in the plane with x″ = −rate²·x: q, v ``[runs, points, 2]``, t ``[points]``."""
    t = np.linspace(0.0, 12.0, points)
    phases = np.arange(runs)[:, None, None] * 0.7 + np.array([0.0, 1.1])
    sizes = 1.0 + 0.3 * np.arange(runs)[:, None, None] * np.array([1.0, -0.5])
    angle = rate * t[None, :, None] + phases
    return {"q": sizes * np.cos(angle), "v": -rate * sizes * np.sin(angle), "t": t}


@pytest.fixture
def plane() -> dict[str, np.ndarray]:
    return oscillator()
