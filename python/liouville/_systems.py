"""Systems: what a ``.ham`` file says."""

from __future__ import annotations

import os
from dataclasses import dataclass
from fractions import Fraction
from numbers import Rational
from typing import TYPE_CHECKING, Any, Iterable, Mapping, Optional, Sequence, Union

from . import _liouville
from ._formulas import Formula, FormulaLike, to_text
from .errors import InputError, InputSyntaxError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: An exact value of a parameter: text such as ``"3/2"``, an integer, a fraction, a decimal number as it is written.
Value = Union[str, int, float, Fraction, "Rational"]


class System:
    """A Hamiltonian system: what the text of a ``.ham`` file says.

    Args:
        text: The text: ``coordinates``, ``momenta``, ``parameters``, ``H = …``, one statement a line; the line
            ``system NAME`` may be left out.
        parameters: Other values of parameters, exact: ``m="3/2"``. A float is read as the decimal that it prints as.

    Raises:
        InputSyntaxError: The text is at fault; the error points at the place.

    >>> import liouville as lv
    >>> spring = lv.System('''
    ... coordinates x
    ... momenta p
    ... parameters m = 1, k
    ... H = p^2/(2*m) + k*x^2/2
    ... ''', m="1/2")
    >>> spring.coordinates, spring.momenta, spring.parameters
    (('x',), ('p',), {'m': Fraction(1, 2), 'k': None})
    """

    def __init__(self, text: str, **parameters: Value) -> None:
        if not isinstance(text, str):
            raise InputError(f"error: the text of a system is a string, not of type {type(text).__name__}")
        set = settings(parameters)
        try:
            self._system = _liouville.System(text, "the system", set)
        except InputSyntaxError as error:
            if "the system has no name" not in str(error):
                raise
            # Beneath the rest, so that every line keeps its number.
            self._system = _liouville.System(f"{text}\nsystem system\n", "the system", set)

    @classmethod
    def load(cls, name: Union[str, "os.PathLike[str]"], **parameters: Value) -> "System":
        """A built-in system by its name (see :func:`liouville.systems`), or a file by its path.

        >>> System.load("kepler").momenta
        ('px', 'py')

        Raises:
            InputError: There is no such system; the error names similar ones.
        """
        return cls._of(_liouville.System.load(os.fspath(name), settings(parameters)))

    @classmethod
    def of(
        cls,
        hamiltonian: FormulaLike,
        coordinates: Union[str, Sequence[str]],
        momenta: Union[str, Sequence[str]],
        parameters: Optional[Mapping[str, Optional[Value]]] = None,
        *,
        angles: Union[str, Sequence[str]] = (),
        where: Optional[str] = None,
    ) -> "System":
        """The system of a Hamiltonian, which may be a SymPy expression.

        Args:
            hamiltonian: H as a function of coordinates, momenta and parameters.
            coordinates: Names, ``"x, y"`` or a sequence.
            momenta: Names in the order of the coordinates.
            parameters: Exact values; ``None`` leaves a parameter symbolic. Letters of H that are named nowhere are
                symbolic parameters.
            angles: Those of the coordinates that are periodic with 2π.
            where: Conditions on the domain, such as ``"r > 0"``.

        >>> import sympy
        >>> x, p, k = sympy.symbols("x p k")
        >>> System.of(p**2/2 + k*x**2/2, "x", "p").parameters
        {'k': None}
        """
        text = to_text(hamiltonian)
        named = {str(name): value for name, value in (parameters or {}).items()}
        q, p = listed(coordinates), listed(momenta)
        letters = [name for _, name in _liouville.sympy_source(text)[1]]
        for letter in letters:
            if letter not in (*q, *p):
                named.setdefault(letter, None)
        lines = ["system system", f"coordinates {', '.join(q)}", f"momenta {', '.join(p)}"]
        if named:
            given = [name if value is None else f"{name} = {exact(value)}" for name, value in named.items()]
            lines.append(f"parameters {', '.join(given)}")
        if angles:
            lines.append(f"angle {', '.join(listed(angles))}")
        if where:
            lines.append(f"where {where}")
        return cls("\n".join([*lines, f"H = {text}", ""]))

    @classmethod
    def _of(cls, system: _liouville.System) -> "System":
        made = cls.__new__(cls)
        made._system = system
        return made

    def with_parameters(self, **parameters: Value) -> "System":
        """The same system with other values of parameters.

        Raises:
            InputError: It has no such parameter.
        """
        set = [*self._system.set, *settings(parameters)]
        return System._of(_liouville.System(self._system.text, self._system.source, set))

    @property
    def name(self) -> str:
        """Its name, as in the text."""
        return self._system.name

    @property
    def text(self) -> str:
        """The text of the ``.ham`` file."""
        return self._system.text

    @property
    def coordinates(self) -> tuple[str, ...]:
        """The names of the coordinates."""
        return tuple(self._system.coordinates)

    @property
    def momenta(self) -> tuple[str, ...]:
        """The names of the momenta, in the order of the coordinates."""
        return tuple(self._system.momenta)

    @property
    def variables(self) -> tuple[str, ...]:
        """Coordinates, then momenta: the order of states."""
        return self.coordinates + self.momenta

    @property
    def angles(self) -> tuple[str, ...]:
        """The coordinates that are periodic with 2π."""
        return tuple(self._system.angles)

    @property
    def parameters(self) -> dict[str, Optional[Fraction]]:
        """The exact values of the parameters; ``None`` for one that is symbolic."""
        return {name: None if value is None else Fraction(value) for name, value in self._system.parameters}

    @property
    def hamiltonian(self) -> Optional[Formula]:
        """H as it is written; ``None`` for a system of measured data."""
        text = self._system.hamiltonian
        values = {name: float(value) for name, value in self.parameters.items() if value is not None}
        return None if text is None else Formula(text, self.variables, constants=values)

    @property
    def known(self) -> dict[str, str]:
        """The laws that the file states, from the literature."""
        return dict(self._system.known)

    def simulate(
        self,
        *,
        seed: int = 0,
        noise: float = 0.0,
        trajectories: Optional[int] = None,
        points: Optional[int] = None,
        span: Optional[float] = None,
        derivatives: Optional[bool] = None,
    ) -> "Trajectories":
        """Draws initial states by the system's recipe and integrates.

        Args:
            seed: The same seed gives the same numbers.
            noise: Standard deviation of Gaussian noise on q and p, relative to the rms of each.
            trajectories: How many; default as the system says. Likewise ``points`` of each and the time ``span``.
            derivatives: Whether time derivatives are given; by default where there is no noise.

        Raises:
            InputError: A parameter has no value, or there is no Hamiltonian.

        >>> System.load("kepler").simulate(trajectories=3, points=50).q.shape
        (3, 50, 2)
        """
        q, p, rates, t = self._system.simulate(seed, noise, trajectories, points, span, derivatives)
        dq, dp = rates if rates is not None else (None, None)
        return Trajectories(q, p, t, dq, dp)

    def __repr__(self) -> str:
        return f"<System {self.name}: {', '.join(self.variables)}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (self._system.text, self._system.source, self._system.set)


def _restored(text: str, source: str, set: list[str]) -> System:
    return System._of(_liouville.System(text, source, set))


@dataclass(frozen=True, eq=False)
class Trajectories:
    """Simulated trajectories.

    Attributes:
        q: Coordinates, ``[runs, points, dof]``.
        p: Momenta, like ``q``.
        t: Times, ``[points]``.
        dq: Exact time derivatives of ``q``, or ``None``.
        dp: Exact time derivatives of ``p``, or ``None``.
    """

    q: "Floats"
    p: "Floats"
    t: "Floats"
    dq: Optional["Floats"]
    dp: Optional["Floats"]

    @property
    def states(self) -> "Floats":
        """q, then p: ``[runs, points, 2·dof]``."""
        import numpy as np

        return np.concatenate([self.q, self.p], axis=-1)


#: A system as an object, its name, or its path.
SystemLike = Union[System, str, "os.PathLike[str]"]


def system_of(system: SystemLike) -> System:
    """The system that a user names. A text with a line break is that of a file."""
    if isinstance(system, System):
        return system
    if isinstance(system, str) and "\n" in system:
        return System(system)
    if isinstance(system, (str, os.PathLike)):
        return System.load(system)
    raise InputError(f"error: a system is a System, a name or a path, and this is of type {type(system).__name__}")


def listed(names: Union[str, Iterable[Any]]) -> list[str]:
    """``"x, y"`` or a sequence of names or symbols, as a list."""
    if isinstance(names, str):
        return [name for name in names.replace(",", " ").split()]
    return [str(name) for name in names]


def settings(parameters: Mapping[str, Value]) -> list[str]:
    """Parameters as the command line takes them."""
    return [f"{name}={exact(value)}" for name, value in parameters.items()]


def exact(value: Value) -> str:
    """A value as exact text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        raise InputError("error: the value of a parameter is a number")
    if isinstance(value, Rational):
        return str(value) if value.denominator == 1 else f"{value.numerator}/{value.denominator}"
    if isinstance(value, float):
        return repr(value)
    return to_text(value)
