"""What `equations` generates runs, and agrees with `simulate`."""

from __future__ import annotations

import shutil
import subprocess

import numpy as np
import pytest
import sympy

import liouville as lv

SYSTEMS = list(lv.systems())


@pytest.mark.parametrize("name", SYSTEMS)
def test_python_agrees_with_the_simulation(name):
    system = lv.System.load(name)
    if system.hamiltonian is None or None in system.parameters.values():
        with pytest.raises(lv.InputError):
            system.simulate()
        return
    data = system.simulate(trajectories=3, points=20)
    motion = lv.equations(system)
    states = data.states.reshape(-1, len(system.variables)).T
    expected = np.concatenate([data.dq, data.dp], axis=-1).reshape(states.shape[::-1]).T
    found = motion.rates(0.0, states)
    assert np.allclose(found, expected, rtol=1e-9, atol=1e-9 * np.abs(expected).max())
    assert np.allclose(motion.rates(0.0, states[:, 0]), found[:, 0], rtol=1e-12)
    energies = motion.hamiltonian(states).reshape(3, -1)
    assert np.ptp(energies, axis=1).max() < 1e-9 * max(1.0, np.abs(energies).max())


def test_scipy_follows_the_same_trajectory():
    from scipy import integrate

    system = lv.System.load("double-pendulum")
    data = system.simulate(trajectories=1, points=30, span=3.0)
    motion = lv.equations(system)
    found = integrate.solve_ivp(
        motion.rates, (0.0, 3.0), data.states[0, 0], t_eval=data.t, rtol=1e-11, atol=1e-11, method="DOP853"
    )
    assert np.abs(found.y.T - data.states[0]).max() < 1e-7


def test_sympy_program_and_formulas_agree():
    motion = lv.equations("charged-particle", B=2)
    program: dict[str, object] = {}
    exec(lv._liouville.equations(motion.system._system, "sympy"), program)
    rates = program["rates"]
    assert isinstance(rates, dict)
    assert {str(name): str(rate) for name, rate in rates.items()} == {
        name: str(rate.subs({s: sympy.Symbol(s.name, real=True) for s in rate.free_symbols}))
        for name, rate in motion.formulas.items()
    }


def test_symbolic_parameters_are_arguments():
    motion = lv.equations("coordinates x\nmomenta p\nparameters m, k = 2\nH = p^2/(2*m) + k*x^2/2\n")
    assert motion.parameters == ("m",)
    assert motion.rates(0.0, [1.0, 3.0], 2.0).tolist() == [1.5, -2.0]
    assert "parameters" in motion.julia and "m: f64" in motion.rust


def test_a_system_without_hamiltonian_is_refused():
    with pytest.raises(lv.InputError, match="has no Hamiltonian"):
        lv.equations("coordinates x\nmomenta p\n")


@pytest.mark.skipif(shutil.which("julia") is None, reason="Julia is not installed")
def test_julia_agrees_with_python(tmp_path):
    for name in ("kepler", "double-pendulum", "charged-particle"):
        motion = lv.equations(name)
        state = [0.3, 0.7, -0.2, 0.9][: len(motion.variables)]
        program = f"{motion.julia}\nforeach(println, rates({state}))\n"
        (tmp_path / "program.jl").write_text(program, encoding="utf-8")
        said = subprocess.run(["julia", tmp_path / "program.jl"], check=True, capture_output=True, text=True)
        assert np.allclose([float(line) for line in said.stdout.split()], motion.rates(0.0, state), rtol=1e-12)
