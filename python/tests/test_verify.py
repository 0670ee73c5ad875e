"""Questions about a system that is given."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import sympy

import liouville as lv

KEPLER = """
coordinates x, y
momenta px, py
parameters k
H = (px^2 + py^2)/2 - k/sqrt(x^2 + y^2)
where k > 0
"""


def test_laws_are_proved_with_formulas_that_compute():
    found = lv.verify("kepler", "L = x*py - y*px")
    assert found.proved and found.status == "proved" and found.verdict == "integrable"
    law = found.laws["L"]
    assert law.is_proved and law.text == "x*py - y*px" and law.bracket_with_H == "0"
    x, y, px, py = sympy.symbols("x y px py")
    assert law.formula == x * py - y * px
    states = np.arange(24.0).reshape(2, 3, 4)
    expected = states[..., 0] * states[..., 3] - states[..., 1] * states[..., 2]
    assert np.array_equal(law.value(states), expected)
    assert law.value([1, 0, 0, 2]) == 2.0
    assert law.latex in found._repr_latex_() and "proved" in found._repr_html_()
    assert "Verdict" in repr(found) and found.record["verdict"] == "integrable"


def test_a_claim_that_is_wrong_is_refuted_with_its_bracket():
    found = lv.verify("spherical-pendulum", "qx*py + qy*px")
    assert not found.proved and found.status == "refuted"
    assert found.laws[0].bracket_with_H not in (None, "0")


def test_sympy_is_taken_wherever_a_formula_is():
    x, y, px, py, k = sympy.symbols("x y px py k", real=True)
    r = sympy.sqrt(x**2 + y**2)
    system = lv.System.of((px**2 + py**2) / 2 - k / r, [x, y], [px, py], where="k > 0")
    found = lv.verify(system, L=x * py - y * px, A=py * (x * py - y * px) - k * x / r)
    assert found.proved and found.verdict == "maximally superintegrable"
    assert lv.bracket(system, x**2, px).formula == 2 * sympy.Symbol("x")
    assert lv.simplify(sympy.sin(x) ** 2 + sympy.cos(x) ** 2).text == "1"
    assert lv.verify(system, found.laws["A"]).proved


@pytest.mark.parametrize(
    "expression",
    [
        "x**2 - 2*x*y + y**(-2)",
        "sqrt(x)*exp(-x**2/2)/(x - y)",
        "(x**y)**2 + x**(y**2)",
        "-(x - y)**3/(x*y)**Rational(2, 3)",
        "log(x)/tan(y) + pi*E**x + E",
        "1/sqrt(x**2 + y**2) - Rational(7, 3)*x",
        "-x**2 + (-x)**2*(-2)**3",
        "1/(x/y)",
        "sec(x) + 1.25e-7*y + 0.1",
        "x**-y",
    ],
)
def test_expressions_survive_the_way_there_and_back(expression):
    from liouville._formulas import to_sympy, to_text

    given = sympy.sympify(expression)
    returned = to_sympy(to_text(given))
    for at in ({"x": 0.7, "y": 0.3}, {"x": 2.3, "y": 1.9}):
        assert abs(complex(given.subs(at).evalf()) - complex(returned.subs(at).evalf())) < 1e-12


@pytest.mark.parametrize("expression", ["besselj(0, x)", "I*x", "Abs(x)", "Integral(x, x)", "x < 1", "oo", "f(x)"])
def test_expressions_beyond_the_language_are_refused(expression):
    given = sympy.sympify(expression, locals={"f": sympy.Function("f")})
    with pytest.raises(lv.InputError):
        lv.simplify(given)


def test_symbols_with_odd_names_keep_them():
    system = lv.System.of("(lambda^2 + E^2)/2 + θ1^2 + S^2", "E, S", "lambda, θ1")
    found = lv.verify(system) if system.known else lv.equations(system)
    assert set(found.formulas) == {"E", "S", "lambda", "θ1"}
    assert found.formulas["E"] == sympy.Symbol("lambda")
    assert found.rates(0.0, [1.0, 2.0, 3.0, 4.0]).tolist() == [3.0, 8.0, -1.0, -4.0]


def test_errors_say_what_the_command_line_says_and_where():
    with pytest.raises(lv.InputSyntaxError) as caught:
        lv.verify("kepler", "x*py - z*px")
    error = caught.value
    assert isinstance(error, ValueError) and isinstance(error, lv.LiouvilleError)
    assert (error.filename, error.lineno, error.offset) == ("the formula", 1, 8)
    assert "unknown name `z`" in str(error) and "^" in str(error) and "its names are" in str(error)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    with pytest.raises(lv.InputSyntaxError, match="the system:3"):
        lv.System("coordinates x\nmomenta p\nH = p^2 +\n")
    with pytest.raises(lv.InputError, match="did you mean|similar|there is no"):
        lv.System.load("keplr")
    with pytest.raises(lv.InputError, match="has no parameter"):
        lv.System.load("kepler", mass=2)
    with pytest.raises(lv.InputError, match="nothing to verify"):
        lv.verify(KEPLER)
    with pytest.raises(lv.InputError):
        lv.verify(3)


def test_systems_are_values():
    system = lv.System(KEPLER, k="3/2")
    assert str(system.parameters["k"]) == "3/2"
    assert str(system.with_parameters(k=0.1).parameters["k"]) == "1/10"
    again = pickle.loads(pickle.dumps(system))
    assert again.parameters == system.parameters and again.variables == ("x", "y", "px", "py")
    assert lv.System(KEPLER).parameters == {"k": None}
    assert "kepler" in lv.systems()


def test_the_command_line_gives_the_same_record(tmp_path):
    import json
    import subprocess
    import sys

    said = subprocess.run(
        [sys.executable, "-m", "liouville", "verify", "kepler", "L = x*py - y*px", "--json"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert json.loads(said.stdout) == lv.verify("kepler", "L = x*py - y*px").record
    no = subprocess.run([sys.executable, "-m", "liouville", "verify", "kepler", "x"], capture_output=True)
    assert no.returncode == 1
    bad = subprocess.run([sys.executable, "-m", "liouville", "verify", "keplr", "x"], capture_output=True, text=True)
    assert bad.returncode == 2 and "did you mean" in bad.stderr


def test_values_ask_for_the_right_shape():
    law = lv.verify("kepler", "L = x*py - y*px").laws[0]
    for states in (1.0, [1.0, 2.0], np.zeros((2, 3))):
        with pytest.raises(lv.InputError, match=r"shape"):
            law.value(states)
    with pytest.raises(lv.InputError, match="dtype"):
        law.value(np.zeros(4, dtype=complex))
    assert law.value(np.zeros((0, 4))).shape == (0,)
    states = np.arange(8, dtype=np.float32).reshape(4, 2, order="F").T
    assert law.value(states).dtype == np.float64
    free = lv.verify(KEPLER, "A = py*(x*py - y*px) - k*x/sqrt(x^2 + y^2)").laws[0]
    with pytest.raises(lv.InputError, match="k"):
        free.value([1.0, 0.0, 0.0, 1.0])
    assert free.value([1.0, 0.0, 0.0, 1.0], k=2.0) == -1.0


def test_predictions_follow_hamiltons_equations():
    system = lv.System.load("double-pendulum")
    data = system.simulate(trajectories=2, points=40, span=2.0)
    found = lv.verify(system, system.hamiltonian)
    predicted = found.predict(data.states[:, 0], data.t)
    assert np.abs(predicted - data.states).max() < 1e-9
    with pytest.raises(lv.InputError, match="increase"):
        found.predict(data.states[0, 0], [0.0, 1.0, 1.0])
    with pytest.raises(lv.InputError):
        found.predict([1.0, 2.0], [0.0, 1.0])
    with pytest.raises(lv.InputError):
        lv.verify(KEPLER, "x*py - y*px").predict([1.0, 0, 0, 1], [0.0, 1.0])


def test_reports_are_written(tmp_path):
    found = lv.verify("kepler", "L = x*py - y*px")
    found.report(tmp_path / "page.html")
    found.report(str(tmp_path / "page.md"))
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>") and "integrable" in page
    assert page == found.html
    assert "<math" in page and "<svg" in page
    assert "integrable" in (tmp_path / "page.md").read_text(encoding="utf-8")
    assert "sympy" in found.certificate
