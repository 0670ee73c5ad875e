"""Recordings in every form."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from conftest import oscillator

import liouville as lv


def check(found: lv.Discovery, status: str = "exact") -> None:
    """The law of the oscillator in the plane."""
    assert found.hamiltonian is not None and found.hamiltonian.status == status
    assert found.verdict == "maximally superintegrable"
    assert all(law.is_proved for law in found.laws)


def test_arrays_with_velocities(plane):
    found = lv.discover(**plane, coordinates="x, y")
    check(found)
    assert found.hamiltonian.text == "(p_x^2 + p_y^2)/2 + 9*(x^2 + y^2)/8"
    assert found.state_names == ("x", "y", "vx", "vy")
    assert found.data["trajectories"] == 3 and found.data["points"] == 900
    start = np.concatenate([plane["q"][1, 0], plane["v"][1, 0]])
    predicted = found.predict(start, plane["t"])
    assert np.abs(predicted[:, :2] - plane["q"][1]).max() < 1e-6
    assert np.abs(predicted[:, 2:] - plane["v"][1]).max() < 1e-6
    law = found.laws[0]
    momenta = np.concatenate([plane["q"], plane["v"]], axis=-1)
    assert np.ptp(law.value(momenta), axis=1).max() < 1e-6


def test_shapes_orders_and_dtypes_mean_the_same(plane):
    text = lv.discover(**plane).text
    q, v, t = plane["q"], plane["v"], plane["t"]
    assert lv.discover(q=np.asfortranarray(q), v=np.asfortranarray(v), t=t).text == text
    assert lv.discover(q=q[:, ::-1][:, ::-1], v=v, t=np.tile(t, (3, 1))).text == text
    assert lv.discover(q=q.tolist(), v=v.tolist(), t=t.tolist()).text == text
    check(lv.discover(q=list(q), v=list(v), t=t))
    check(lv.discover(q=list(q), v=list(v), t=[t, t, t]))
    check(lv.discover(q=q[0], v=v[0], t=t))


def test_rows_out_of_order_are_sorted(plane):
    found = lv.discover(**plane)
    back = lv.discover(q=plane["q"][:, ::-1], v=plane["v"][:, ::-1], t=plane["t"][::-1])
    assert back.record["laws"] == found.record["laws"] and "sorted" in " ".join(back.notes)


def test_single_precision_is_read_with_its_rounding(plane):
    found = lv.discover(**{name: values.astype(np.float32) for name, values in plane.items()})
    assert found.hamiltonian.status in ("exact", "determined")
    assert found.verdict == "maximally superintegrable"


def test_integers_are_numbers():
    t = np.arange(60)
    found = lv.discover(q=(t * t)[:, None], t=t)
    assert found.hamiltonian is not None


def test_runs_of_different_lengths(plane):
    cut = [200, 300, 250]
    q = [plane["q"][run, :n] for run, n in enumerate(cut)]
    v = [plane["v"][run, :n] for run, n in enumerate(cut)]
    found = lv.discover(q=q, v=v, t=[plane["t"][:n] for n in cut])
    check(found)
    assert found.data["trajectories"] == 3 and found.data["points"] == 750


def test_momenta_and_positions_alone(plane):
    found = lv.discover(q=plane["q"], p=plane["v"], t=plane["t"], steps=0)
    assert found.verdict == "maximally superintegrable"
    assert found.state_names == ("q1", "q2", "p1", "p2")
    alone = lv.discover(q=plane["q"], t=plane["t"])
    assert alone.verdict == "maximally superintegrable"


def rows(plane):
    runs, points, _ = plane["q"].shape
    return {
        "run": np.repeat(np.arange(runs), points),
        "t": np.tile(plane["t"], runs),
        "x": plane["q"][..., 0].ravel(),
        "y": plane["q"][..., 1].ravel(),
        "vx": plane["v"][..., 0].ravel(),
        "vy": plane["v"][..., 1].ravel(),
    }


def test_frames_and_files_say_the_same(plane, tmp_path):
    import pandas

    frame = pandas.DataFrame(rows(plane))
    found = lv.discover(frame)
    check(found)
    import polars

    assert lv.discover(polars.DataFrame(rows(plane))).record["laws"] == found.record["laws"]
    frame.to_csv(tmp_path / "plane.csv", index=False)
    of_file = lv.discover(tmp_path / "plane.csv")
    assert of_file.record["laws"] == found.record["laws"]
    polars.DataFrame(rows(plane)).write_parquet(tmp_path / "plane.parquet")
    assert lv.discover(tmp_path / "plane.parquet").record["laws"] == found.record["laws"]
    frame.groupby("run").get_group(0).to_csv(tmp_path / "one.csv", index=False)
    frame.groupby("run").get_group(1).to_csv(tmp_path / "two.csv", index=False)
    check(lv.discover(tmp_path / "one.csv", tmp_path / "two.csv"))
    renamed = frame.rename(columns={"x": "alpha"})
    assert lv.discover(renamed, columns={"alpha": "x"}).record["laws"] == found.record["laws"]


def test_parquet_without_a_reader_says_what_to_install(plane, tmp_path, monkeypatch):
    import sys

    for name in ("polars", "pyarrow", "pyarrow.parquet", "pandas"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(lv.InputError, match="pip install pyarrow"):
        lv.discover("plane.parquet")


def bad(**arrays):
    with pytest.raises(lv.InputError) as caught:
        lv.discover(**arrays)
    return str(caught.value)


def test_what_is_wrong_with_arrays_is_said(plane):
    q, v, t = plane["q"], plane["v"], plane["t"]
    holes = q.copy()
    holes[1, 7, 0] = np.nan
    assert "q1" in bad(q=holes, v=v, t=t)
    holes[1, 7, 0] = np.inf
    assert "q1" in bad(q=holes, v=v, t=t)
    check(lv.discover(q=holes, v=v, t=t, drop_incomplete=True))
    assert "[3, 300, 2]" in bad(q=q, v=v[:, :10], t=t)
    assert "`t`" in bad(q=q, v=v, t=t[:10])
    assert "`t`" in bad(q=q, v=v)
    assert "dtype complex" in bad(q=q.astype(complex), t=t)
    assert "dtype <U" in bad(q=np.array(["a", "b"]), t=t)
    assert "objects" in bad(q=np.array([None, "b"], dtype=object), t=t)
    assert "shape [1, 3, 300, 2]" in bad(q=q[None], t=t)
    assert "single number" in bad(q=1.0, t=t)
    assert "empty" in bad(q=np.empty((0, 2)), t=np.empty(0))
    assert "empty" in bad(q=[], t=[])
    assert "empty" in bad(q=np.empty((3, 0, 2)), v=np.empty((3, 0, 2)), t=np.empty(0))
    assert "missing" in bad(v=v, t=t)
    assert "both" in bad(q=q, v=v, p=v, t=t)
    assert "list" in bad(q=list(q), v=v, t=t)
    assert "one axis" in bad(q=[q[0, :, 0], q[0, :, 1]], t=t)
    assert "no name" in bad(q=q, v=v, t=t, coordinates="x, 2y")
    assert "3" in bad(q=q, v=v, t=t, coordinates="x, y, z")
    assert "stands twice" in bad(q=q, v=v, t=np.where(t == t[7], t[6], t))
    assert "points" in bad(q=q[:, :5], v=v[:, :5], t=t[:5])
    assert "no position `zz`" in bad(q=q, v=v, t=t, degrees="zz")
    assert "no recording" in bad()
    masked = np.ma.masked_array(q, mask=np.isclose(q, q[1, 7, 0]))
    assert "q1" in bad(q=masked, v=v, t=t)


def test_what_is_wrong_with_frames_and_paths_is_said(plane, tmp_path):
    import pandas

    frame = pandas.DataFrame(rows(plane))
    holes = frame.copy()
    holes.loc[5, "x"] = np.nan
    with pytest.raises(lv.InputSyntaxError) as caught:
        lv.discover(holes)
    assert caught.value.filename == "the frame" and caught.value.lineno == 7
    with pytest.raises(lv.InputError, match="empty"):
        lv.discover(frame.iloc[:0])
    with pytest.raises(lv.InputError):
        lv.discover(tmp_path / "nothing.csv")
    with pytest.raises(lv.InputError, match="of type dict"):
        lv.discover({"a": 1})
    with pytest.raises(lv.InputError, match="positive"):
        lv.discover(frame, time_limit=0)


def test_a_system_says_what_columns_mean(plane):
    system = "system bead\ncoordinates x, y\nvelocities u, w\n"
    found = lv.discover(q=plane["q"], v=plane["v"], t=plane["t"], system=lv.System(system))
    check(found)
    assert found.state_names == ("x", "y", "u", "w")


def test_a_system_is_simulated():
    found = lv.discover("charged-particle", steps=0)
    assert found.hamiltonian.exact and found.record["hamiltonian"]["agrees_with_file"]
    assert found.laws["L"].is_proved
    assert lv.discover(lv.System.load("charged-particle"), steps=0).record == found.record


def test_learned_momenta_are_read_in_the_laws():
    network = lv.discover("charged-particle", steps=300, cyclic=2).network
    assert isinstance(network, lv.Network) and network.cyclic == len(network.momenta) == 2
    for momentum in network.momenta:
        assert {"H", "L"} & set(momentum.in_laws.replace("*", " ").replace("^", " ").split())
        assert momentum.r2 <= 1 and momentum.held_out_error > 0 and momentum.in_laws_degree <= 6
    assert network.further_law_likely == len(network.further_laws)
    assert lv.discover("charged-particle", steps=0).network is None


def test_two_threads_discover_at_once(plane):
    alone = lv.discover(**plane).record
    found: dict[int, dict] = {}

    def work(number):
        found[number] = lv.discover(**oscillator()).record

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    ticks = 0
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        ticks += 1
        threads[0].join(0.005)
    # The interpreter ran on while both worked.
    assert ticks > 2
    for number in range(2):
        assert found[number]["laws"] == alone["laws"]
        assert found[number]["hamiltonian"]["formula"] == alone["hamiltonian"]["formula"]


def test_progress_is_told(plane):
    told = []
    lv.discover(**plane, progress=lambda *event: told.append(event))
    assert any(kind == "note" and "H = " in text for kind, text, _, _ in told)

    def refuse(*event):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        lv.discover(**plane, progress=refuse)


def ripples(runs: int = 10, points: int = 90) -> dict[str, np.ndarray]:
    """A central motion in the plane that no formula of the library explains: its force is drawn by hand, by a table."""
    from scipy.interpolate import CubicSpline

    slope = CubicSpline(np.arange(0.0, 4.5, 0.5), [0.0, 0.25, 0.57, 1.05, 1.36, 1.95, 2.7, 3.9, 5.2]).derivative()

    def rates(state: np.ndarray) -> np.ndarray:
        q, v = state[:, :2], state[:, 2:]
        r = np.hypot(q[:, :1], q[:, 1:])
        return np.hstack([v, -slope(r) * q / r])

    run = np.arange(1, runs + 1)
    part = [(run * np.sqrt(root)) % 1.0 for root in (2.0, 3.0, 5.0, 7.0)]
    r, angle = 0.7 + 0.9 * part[0], 2 * np.pi * part[1]
    state = np.stack([r * np.cos(angle), r * np.sin(angle), 2 * part[2] - 1, 2 * part[3] - 1], axis=1)
    t = np.linspace(0.0, 6.0, points)
    inner, states = 20, [state]
    for step in np.diff(t):
        for _ in range(inner):
            h = step / inner
            k1 = rates(state)
            k2 = rates(state + h / 2 * k1)
            k3 = rates(state + h / 2 * k2)
            state = state + h / 6 * (k1 + 2 * k2 + 2 * k3 + rates(state + h * k3))
        states.append(state)
    found = np.stack(states, axis=1)
    return {"q": found[:, :, :2], "v": found[:, :, 2:], "t": t}


def test_a_network_predicts_what_no_formula_explains():
    data = ripples()
    found = lv.discover(**data, coordinates="x, y", steps=400)
    assert found.hamiltonian is not None and found.hamiltonian.status == "unexplained"
    assert found.network is not None and found.network.prediction is not None
    start = np.concatenate([data["q"][-1, 0], data["v"][-1, 0]])
    predicted = found.predict(start, data["t"][:30])
    assert np.array_equal(predicted[0], start)
    assert np.abs(predicted[:, :2] - data["q"][-1, :30]).max() < 0.2
