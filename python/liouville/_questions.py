"""The questions: what is conserved, what moves here, is this a law?"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, Callable, Literal, Mapping, Optional, Sequence, Union

from . import _arrays as arrays
from . import _liouville
from ._formulas import Formula, FormulaLike, to_sympy, to_text
from ._progress import Progress, shown, warn_if_interrupted
from ._results import Discovery, Result, Verification
from ._systems import System, SystemLike, system_of
from .errors import InputError

if TYPE_CHECKING:
    import numpy as np
    import sympy
    from numpy.typing import NDArray

    from ._arrays import Runs


def verify(system: SystemLike, *formulas: FormulaLike, **named: FormulaLike) -> Verification:
    """Are these functions conserved? Proves or refutes {F, H} = 0 by exact algebra.

    Args:
        system: A :class:`System`, the name of a built-in one, a path, or the text of a ``.ham`` file.
        formulas: Functions of coordinates, momenta and parameters: text (``"L = x*py - y*px"``, ``"F where x > 0"``)
            or SymPy expressions. Without any, the laws that the system file states are checked.
        named: The same with names: ``L="x*py - y*px"``.

    Returns:
        The claims as ``laws``, each with its status and {F, H}; where all are proved also the verdict.

    Raises:
        InputError: A formula or the system is at fault; the error shows the place.

    >>> import liouville as lv
    >>> found = lv.verify("spherical-pendulum", L="qx*py - qy*px")
    >>> found.proved, found.verdict
    (True, 'integrable')
    >>> lv.verify("spherical-pendulum", "qx*py + qy*px").laws[0].status
    'refuted'
    """
    claims = [to_text(formula) for formula in formulas]
    claims += [f"{name} = {to_text(formula)}" for name, formula in named.items()]
    answer, status = _liouville.verify(system_of(system)._system, claims)
    return Verification(answer, status)


def integrals(
    system: SystemLike,
    *,
    momentum_degree: int = 4,
    coefficient_degree: Optional[int] = None,
    exhaustive: bool = False,
    time_limit: Optional[float] = None,
    work_limit: Optional[int] = None,
    grammar: "Union[None, str, os.PathLike[str]]" = None,
    progress: Progress = None,
) -> Result:
    """What is conserved? Searches all integrals polynomial in the momenta, from the Hamiltonian alone, and proves them.

    Where the laws leave the verdict open, it tries to prove that the system is not integrable.

    Args:
        system: A :class:`System`, the name of a built-in one, a path, or the text of a ``.ham`` file.
        momentum_degree: Highest degree in the momenta, 1 to 12.
        coefficient_degree: Highest weight of the coefficients; default is the momentum degree.
        exhaustive: Whether to search on where the laws found settle the verdict.
        time_limit: Seconds; what was found until then is given, and ``ended`` says so.
        work_limit: Multiplications modulo a prime, the same on every machine.
        grammar: A file with the terms to search in.
        progress: ``None`` shows a bar where tqdm is installed and someone looks, ``True`` anyway, ``False`` never; a
            function is called with a kind (``"note"``, ``"doing"``, ``"law"``, ``"step"``), a text, and steps done and
            in all.

    Returns:
        Laws and verdict. Ctrl-C ends the search: the result then holds what was found, ``ended`` is
        ``"interrupted"``, and a warning says so. A second Ctrl-C raises ``KeyboardInterrupt``.

    Raises:
        InputError: The system is at fault, or has no Hamiltonian.

    >>> import liouville as lv
    >>> found = lv.integrals("kepler")
    >>> found.verdict
    'maximally superintegrable'
    >>> found.laws["L"].formula
    -px*y + py*x
    """
    if not 1 <= momentum_degree <= 12:
        raise InputError(f"error: the momentum degree is {momentum_degree}, and is from 1 to 12")
    limit = _positive("time_limit", time_limit)
    path = None if grammar is None else os.fspath(grammar)
    with shown(progress, "integrals") as listener:
        answer = _liouville.integrals(
            system_of(system)._system,
            momentum_degree,
            coefficient_degree,
            exhaustive,
            limit,
            work_limit,
            path,
            listener,
        )
    warn_if_interrupted(answer.ended)
    return Result(answer)


def discover(
    *subjects: Any,
    q: "Optional[Runs]" = None,
    v: "Optional[Runs]" = None,
    p: "Optional[Runs]" = None,
    t: "Optional[Runs]" = None,
    dq: "Optional[Runs]" = None,
    dp: "Optional[Runs]" = None,
    dv: "Optional[Runs]" = None,
    coordinates: Union[str, Sequence[str]] = (),
    system: Optional[SystemLike] = None,
    columns: Union[None, str, Mapping[str, str]] = None,
    angle: Union[str, Sequence[str]] = (),
    degrees: Union[str, Sequence[str]] = (),
    drop_incomplete: bool = False,
    grammar: "Union[None, str, os.PathLike[str]]" = None,
    cyclic: Union[int, Literal["auto"]] = "auto",
    steps: Optional[int] = None,
    loss: Literal["relaxed", "paper"] = "relaxed",
    noise: float = 0.0,
    seed: int = 0,
    time_limit: Optional[float] = None,
    threads: Optional[int] = None,
    progress: Progress = None,
) -> Discovery:
    """Which law moves this, and what is conserved? From trajectories to a Hamiltonian and proved laws.

    A recording is given as arrays, as a frame of pandas or polars, or as paths (CSV and its kin, NPZ, Parquet; several
    files are several runs). Without a recording, the system is simulated and its H is used for nothing else.

    Args:
        subjects: A frame, paths of recordings, a system (a :class:`System`, a name, a ``.ham`` file).
        q: Positions, ``[runs, points, dof]`` or ``[points, dof]``, or with one coordinate ``[points]``; or a list with
            an array ``[points, dof]`` for each run. Any real dtype and memory order.
        v: Velocities, like ``q``, in units of ``q`` over ``t``. Positions alone are enough.
        p: Canonical momenta in place of velocities, like ``q``.
        t: Times, ``[points]``, ``[runs, points]``, or a list with an array for each run; increasing, at any steps.
        dq: Time derivatives of ``q``, where they are known exactly, with those of ``p`` or ``v`` (``dp``, ``dv``).
        dp: See ``dq``.
        dv: See ``dq``.
        coordinates: Names of the coordinates of arrays: ``"x, y"``; default ``q1, q2, …``.
        system: A system that says what the columns mean, or that is simulated.
        columns: Other names for columns of a frame or file: ``{"alpha": "theta"}``.
        angle: Columns that are angles in radians.
        degrees: Columns that are angles in degrees.
        drop_incomplete: Whether rows with missing or non-finite values are left out; they are refused otherwise.
        grammar: A file with the terms that may be used (coordinates and momenta only).
        cyclic: How many cyclic coordinates the networks learn.
        steps: Training steps; 0 goes without networks.
        loss: The loss that networks are trained with.
        noise: Noise of simulated measurements, relative to the rms of each column.
        seed: Seed of initial states, noise and networks.
        time_limit: Seconds; 120 by default for a recording.
        threads: Threads for training.
        progress: ``None`` shows a bar where tqdm is installed and someone looks, ``True`` anyway, ``False`` never; a
            function is called with a kind (``"note"``, ``"doing"``, ``"law"``, ``"step"``), a text, and steps done and
            in all.

    Returns:
        H with its status, measured constants, laws and verdict. Ctrl-C ends the discovery with what was found (see
        :func:`integrals`); before a form of H is found it raises ``KeyboardInterrupt``.

    Raises:
        InputError: The recording is at fault: shapes, dtypes, missing values, times that go back; the error says where.
        LimitError: The time limit passed before a form of H was found.

    >>> import numpy as np, liouville as lv
    >>> t = np.linspace(0, 20, 400)
    >>> x = np.cos(1.5*t)[:, None]
    >>> found = lv.discover(q=x, v=-1.5*np.sin(1.5*t)[:, None], t=t, coordinates="x")
    >>> found.hamiltonian.text, found.hamiltonian.status
    ('p_x^2/2 + 9*x^2/8', 'exact')
    >>> found.predict([1.0, 0.0], [0.0, np.pi/1.5]).round(6) + 0.0
    array([[ 1., 0.],
           [-1., 0.]])
    """
    given = {"q": q, "v": v, "p": p, "t": t, "dq": dq, "dp": dp, "dv": dv}
    named = {name: values for name, values in given.items() if values is not None}
    if "v" in named and "p" in named:
        raise InputError("error: both velocities `v` and momenta `p` are given\nhelp: give one of them")
    subject, rest = _split(subjects, system)
    options = arrays.options_of(subject, None, columns, angle, degrees, drop_incomplete)
    reading = arrays.read(rest, named, [str(name) for name in _names(coordinates)], options)
    if reading is None and subject is None:
        raise InputError("error: there is no recording\nhelp: lv.discover(q=q, v=v, t=t), a frame, or a path")
    asked: _liouville.Asked = {
        "seed": seed,
        "cyclic": _cyclic(cyclic),
        "steps": steps,
        "loss": _loss(loss),
        "noise": float(noise),
        "grammar": None if grammar is None else os.fspath(grammar),
        "time_limit": _positive("time_limit", time_limit),
        "threads": threads,
    }
    with shown(progress, "discover") as listener:
        answer = _liouville.discover(None if subject is None else subject._system, reading, asked, listener)
    warn_if_interrupted(answer.ended)
    return Discovery(answer)


#: Extensions of recordings.
RECORDINGS = (".csv", ".tsv", ".txt", ".dat", ".npz", *arrays.PARQUET)


def _split(subjects: Sequence[Any], system: Optional[SystemLike]) -> tuple[Optional[System], list[Any]]:
    """The system among the subjects, and the recordings."""
    systems: list[SystemLike] = [] if system is None else [system]
    rest: list[Any] = []
    for subject in subjects:
        is_path = isinstance(subject, (str, os.PathLike))
        if isinstance(subject, (list, tuple)) and all(isinstance(part, (str, os.PathLike)) for part in subject):
            rest.extend(subject)
        elif isinstance(subject, System) or (is_path and not os.fspath(subject).lower().endswith(RECORDINGS)):
            systems.append(subject)
        else:
            rest.append(subject)
    if len(systems) > 1:
        raise InputError(f"error: {len(systems)} systems are named\nhelp: recordings end in {', '.join(RECORDINGS)}")
    return (system_of(systems[0]) if systems else None), rest


def _names(coordinates: Union[str, Sequence[str]]) -> list[str]:
    from ._systems import listed

    return listed(coordinates)


def _cyclic(cyclic: Union[int, str]) -> Optional[int]:
    if cyclic == "auto":
        return None
    if isinstance(cyclic, int) and cyclic >= 0:
        return cyclic
    raise InputError(f"error: `cyclic` is a number or 'auto', and is {cyclic!r}")


def _loss(loss: str) -> str:
    if loss not in ("relaxed", "paper"):
        raise InputError(f"error: `loss` is 'relaxed' or 'paper', and is {loss!r}")
    return loss


def _positive(name: str, value: Optional[float]) -> Optional[float]:
    if value is not None and not value > 0:
        raise InputError(f"error: `{name}` is a positive number of seconds, and is {value}")
    return None if value is None else float(value)


def bracket(system: SystemLike, first: FormulaLike, second: FormulaLike) -> Formula:
    """The Poisson bracket {F, G} = Σ ∂F/∂q ∂G/∂p − ∂F/∂p ∂G/∂q in canonical form.

    Args:
        system: A :class:`System`, the name of a built-in one, a path, or the text of a ``.ham`` file.
        first: F; ``"H"`` is the Hamiltonian.
        second: G.

    Raises:
        InputError: A formula is at fault; or the exact algebra cannot decide what the bracket is.

    >>> import liouville as lv
    >>> lv.bracket("spherical-pendulum", "qx*py - qy*px", "qx^2 + qy^2").text
    '0'
    """
    named = system_of(system)
    text, conditions, document = _liouville.bracket(named._system, to_text(first), to_text(second))
    if json.loads(document)["vanishes"] == "unknown":
        raise InputError("error: whether the bracket vanishes is beyond the exact algebra")
    return Formula(text, named.variables, where=", ".join(conditions) or None, latex=json.loads(document)["latex"])


def simplify(formula: FormulaLike) -> Formula:
    """A formula in its canonical and most compact form; its variables are free, in alphabetical order.

    Raises:
        InputError: The formula is at fault; the error shows the place.

    >>> import liouville as lv
    >>> lv.simplify("sin(a)^2 + cos(a)^2").text
    '1'
    """
    text, conditions, document = _liouville.simplify(to_text(formula), False)
    variables = [name for _, name in _liouville.sympy_source(text)[1]]
    return Formula(text, variables, where=", ".join(conditions) or None, latex=json.loads(document)["latex"])


def equations(system: SystemLike, **parameters: Any) -> "Equations":
    """Hamilton's equations q̇ = ∂H/∂p, ṗ = −∂H/∂q, to read and to compute with.

    Args:
        system: A :class:`System`, the name of a built-in one, a path, or the text of a ``.ham`` file.
        parameters: Other values of parameters. Those without a value become arguments of the functions.

    Raises:
        InputError: The system is at fault, or has no Hamiltonian.

    >>> import liouville as lv
    >>> motion = lv.equations('''
    ... coordinates x
    ... momenta p
    ... parameters k
    ... H = p^2/2 + k*x^2/2
    ... ''')
    >>> print(motion.text)
    system
    H = (p^2 + k*x^2)/2
    <BLANKLINE>
    x' = p
    p' = -k*x
    >>> motion.rates(0.0, [1.0, 2.0], 3.0)
    array([ 2., -3.])
    """
    named = system_of(system)
    return Equations(named.with_parameters(**parameters) if parameters else named)


class Equations:
    """Hamilton's equations of a system.

    Attributes:
        system: The system.
        variables: Coordinates, then momenta: the order of states.
        parameters: The arguments of the functions, in order: parameters without a value that occur in H.
        record: The JSON document of the command line.
    """

    def __init__(self, system: System) -> None:
        self.system = system
        self.record: dict[str, Any] = json.loads(_liouville.equations(system._system, "json"))
        self.variables = system.variables
        self.parameters: tuple[str, ...] = tuple(self.record["system"]["symbolic"])
        self._program: Optional[dict[str, Any]] = None

    @property
    def text(self) -> str:
        """The equations as text."""
        return _liouville.equations(self.system._system, "text").rstrip("\n")

    @property
    def latex(self) -> str:
        """The equations in LaTeX, one a line."""
        return _liouville.equations(self.system._system, "latex").rstrip("\n")

    @property
    def formulas(self) -> "dict[str, sympy.Expr]":
        """The time derivative of each variable as a SymPy expression."""
        return {equation["variable"]: to_sympy(equation["rate"]) for equation in self.record["equations"]}

    @property
    def python(self) -> str:
        """A Python program with NumPy: ``hamiltonian(state, …)`` and ``rates(t, state, …)``."""
        return _liouville.equations(self.system._system, "python")

    @property
    def julia(self) -> str:
        """A Julia program: ``hamiltonian(state, parameters)`` and ``rates(state, parameters, t)``."""
        return _liouville.equations(self.system._system, "julia")

    @property
    def rust(self) -> str:
        """A Rust module: ``hamiltonian(&state, …)`` and ``rates(&state, …)``."""
        return _liouville.equations(self.system._system, "rust")

    @property
    def rates(self) -> "Callable[..., NDArray[np.float64]]":
        """``rates(t, state, *parameters)``, as SciPy's ``solve_ivp`` takes it: ``[2·dof]`` or ``[2·dof, samples]``."""
        rates: Callable[..., NDArray[np.float64]] = self._function("rates")
        return rates

    @property
    def hamiltonian(self) -> "Callable[..., NDArray[np.float64]]":
        """``hamiltonian(state, *parameters)``: ``[2·dof]`` or ``[2·dof, samples]`` to a number or ``[samples]``."""
        hamiltonian: Callable[..., NDArray[np.float64]] = self._function("hamiltonian")
        return hamiltonian

    def _function(self, name: str) -> Any:
        if self._program is None:
            program: dict[str, Any] = {}
            exec(compile(self.python, f"<equations of {self.system.name}>", "exec"), program)
            self._program = program
        return self._program[name]

    def __repr__(self) -> str:
        return self.text

    def _repr_latex_(self) -> str:
        rows = self.latex.replace(" = ", " &= ").replace("\n", " \\\\ ")
        return "$\\displaystyle \\begin{aligned}" + rows + "\\end{aligned}$"


def systems() -> dict[str, str]:
    """The built-in systems: names and descriptions.

    >>> import liouville as lv
    >>> "kepler" in lv.systems()
    True
    """
    return {name: description for name, _, description in _liouville.systems()}
