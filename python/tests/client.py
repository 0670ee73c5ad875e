"""A client's program, which mypy checks strictly: the types that the package promises."""

from __future__ import annotations

from typing import Optional

import numpy as np
from numpy.typing import NDArray

import liouville as lv


def laws_of(name: str) -> dict[str, str]:
    found: lv.Result = lv.integrals(name, time_limit=10)
    return {law.name: law.text for law in found.laws}


def drift(law: lv.Law, states: NDArray[np.float64]) -> float:
    values: NDArray[np.float64] = law.value(states)
    return float(np.ptp(values))


def main() -> None:
    kepler: lv.System = lv.System.load("kepler")
    found: lv.Verification = lv.verify(kepler, L="x*py - y*px")
    assert found.proved
    states = kepler.simulate(trajectories=1, points=20).states[0]
    assert drift(found.laws["L"], states) < 1e-9
    motion: lv.Equations = lv.equations(kepler)
    rates: NDArray[np.float64] = motion.rates(0.0, states[0])
    predicted: NDArray[np.float64] = found.predict(states[0], np.linspace(0, 1, 5))
    assert rates.shape == (4,) and predicted.shape == (5, 4)
    hamiltonian: Optional[lv.Hamiltonian] = found.hamiltonian
    assert hamiltonian is not None and hamiltonian.status is None
    bracket: lv.Formula = lv.bracket(kepler, "x", "px")
    print(laws_of("kepler"), found.verdict, bracket.text)


if __name__ == "__main__":
    main()
