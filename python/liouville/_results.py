"""What questions are answered with."""

from __future__ import annotations

import html
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Iterator, Mapping, Optional, Sequence, Union, overload

from . import _liouville
from ._formulas import Formula
from .errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class Constant:
    """A measured constant.

    Attributes:
        name: The letter that stands for it in formulas.
        value: The value, in the units of the data.
        standard_error: Its standard error.
    """

    name: str
    value: float
    standard_error: float

    def __float__(self) -> float:
        return self.value


class Constants(Mapping[str, Constant]):
    """Measured constants by name."""

    def __init__(self, constants: Sequence[Constant]) -> None:
        self._by_name = {constant.name: constant for constant in constants}

    def __getitem__(self, name: str) -> Constant:
        return self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)

    def __repr__(self) -> str:
        return f"Constants({list(self._by_name.values())})"


class RecordedFormula(Formula):
    """A formula of a result.

    Attributes:
        record: Its part of the JSON record.
    """

    def __init__(self, record: Mapping[str, Any], variables: Sequence[str], constants: Constants) -> None:
        super().__init__(
            record["formula"],
            variables,
            latex=record.get("latex"),
            where=record.get("where"),
            constants={name: constant.value for name, constant in constants.items()},
        )
        self.record = record

    @property
    def numeric(self) -> str:
        """The text with the measured constants put in."""
        return str(self.record.get("numeric", self.text))


class Hamiltonian(RecordedFormula):
    """The Hamiltonian of a result.

    Attributes:
        source: ``"given"``, ``"recovered"`` or ``"none"``.
        status: Of a recovered one: ``"exact"``, ``"determined"``, ``"ambiguous"``, ``"approximate"`` or
            ``"unexplained"``; ``None`` where it was given.
        exact: Whether every coefficient is exact; ``None`` where it was given.
    """

    def __init__(self, record: Mapping[str, Any], variables: Sequence[str], constants: Constants) -> None:
        super().__init__(record, variables, constants)
        self.source: str = record["source"]
        self.status: Optional[str] = record.get("status")
        self.exact: Optional[bool] = record.get("exact")


class Law(RecordedFormula):
    """A conserved quantity, or a claim about one.

    Attributes:
        name: Its name.
        status: ``"proved"`` or ``"supported"``; of claims also ``"piecewise"``, ``"refuted"``, ``"unknown"``.
        bracket_with_H: {law, H} in canonical form, as text; ``None`` where there is none.
        for_every: The measured constants for whose every value it is proved.
        evidence: What data says about it: relative residuals and drifts.
    """

    def __init__(self, record: Mapping[str, Any], variables: Sequence[str], constants: Constants) -> None:
        super().__init__(record, variables, constants)
        self.name: str = record["name"]
        self.status: str = record["status"]
        self.bracket_with_H: Optional[str] = record.get("bracket_with_H")
        self.for_every: tuple[str, ...] = tuple(record.get("for_every", ()))
        self.evidence: Mapping[str, float] = record.get("evidence", {})

    @property
    def is_proved(self) -> bool:
        """Whether {law, H} = 0 was proved by exact algebra."""
        return self.status == "proved"

    def __repr__(self) -> str:
        return f"<Law {self.name} = {self}: {self.status}>"


@dataclass(frozen=True)
class LearnedMomentum:
    """A momentum that a network learned.

    Attributes:
        formula: Its polynomial in the variables, as in the paper, with decimal coefficients.
        degree: The degree of that polynomial.
        mse: Mean squared error on held-out states by degree, from 1 up.
        in_laws: Its polynomial in the names of H and the laws: the momentum in units of its spread, without a constant;
            ``None`` where there are no laws.
        in_laws_degree: The degree of that.
        r2: R² of that polynomial as printed, on held-out states.
        held_out_error: Its rms error on held-out states, in units of the momentum's spread.
    """

    formula: str
    degree: int
    mse: tuple[float, ...]
    in_laws: Optional[str] = None
    in_laws_degree: Optional[int] = None
    r2: Optional[float] = None
    held_out_error: Optional[float] = None


@dataclass(frozen=True)
class FurtherLaw:
    """The evidence for a law that networks keep and that was not found as a formula.

    Attributes:
        outside: The share of its squared gradient outside the span of those of H and the laws.
        drift: Its rms deviation from the mean along held-out runs, relative to what it would be if the state moved as far
            as it does over all runs.
        runs: The number of held-out runs.
    """

    outside: float
    drift: float
    runs: int


@dataclass(frozen=True)
class Prediction:
    """How well a network predicts held-out runs, each from its first state, where no formula explains the motion.

    Attributes:
        runs: The number of runs.
        error: The rms deviation of the states over all times, in units of the spread of each column.
        times: The ends of parts of the time, from the beginning of a run.
        errors: The same deviation within each part.
    """

    runs: int
    error: float
    times: tuple[float, ...]
    errors: tuple[float, ...]


class Network:
    """What networks learned.

    Attributes:
        cyclic: The number of cyclic coordinates.
        steps: Training steps.
        losses: The terms of the loss on held-out data.
        momenta: The learned momenta.
        further_law_likely: How many laws are likely beside those found; ``None`` where the data cannot tell.
        further_laws: The evidence for each of them.
        further_law_unknown: Why the data cannot tell.
        prediction: How well it predicts, where it is the model: no formula explains the motion.
        record: Its part of the JSON record.
    """

    def __init__(self, record: Mapping[str, Any]) -> None:
        self.record = record
        self.cyclic: int = record["cyclic"]
        self.steps: int = record["steps"]
        self.losses: Mapping[str, float] = record["losses"]
        self.momenta = tuple(
            LearnedMomentum(**{**found, "mse": tuple(found["mse"])}) for found in record.get("coordinates", ())
        )
        self.further_law_likely: Optional[int] = record.get("further_law_likely")
        self.further_laws = tuple(FurtherLaw(**found) for found in record.get("further_laws", ()))
        self.further_law_unknown: Optional[str] = record.get("further_law_unknown")
        found = record.get("prediction")
        self.prediction = None if found is None else Prediction(
            found["runs"], found["error"], tuple(found["times"]), tuple(found["errors"])
        )

    def __repr__(self) -> str:
        return f"<Network: {self.cyclic} cyclic, {self.steps} steps>"


class Laws(Sequence[Law]):
    """Laws in order; also by name: ``laws["L"]``."""

    def __init__(self, laws: Sequence[Law]) -> None:
        self._laws = tuple(laws)

    @overload
    def __getitem__(self, at: Union[int, str]) -> Law: ...

    @overload
    def __getitem__(self, at: slice) -> "Laws": ...

    def __getitem__(self, at: Union[int, str, slice]) -> Union[Law, "Laws"]:
        if isinstance(at, slice):
            return Laws(self._laws[at])
        if isinstance(at, str):
            for law in self._laws:
                if law.name == at:
                    return law
            raise KeyError(at)
        return self._laws[at]

    def __len__(self) -> int:
        return len(self._laws)

    def __repr__(self) -> str:
        return repr(list(self._laws))


class Result:
    """The answer to a question: a Hamiltonian, its laws, a verdict.

    Attributes:
        hamiltonian: H, given or recovered; ``None`` where none was found.
        laws: A generating set of laws besides H.
        constants: The measured constants of a recovered H, with standard errors.
        verdict: ``"integrable"``, ``"superintegrable"``, ``"maximally superintegrable"``, ``"non-integrable"`` or
            ``"undecided"``: what was proved.
        ended: Why the work ended early: ``"interrupted"``, ``"time limit"``, ``"work limit"``; ``None`` where it
            did not.
        record: The JSON record of the command line, as a ``dict``.
    """

    def __init__(self, answer: _liouville.Answer, status: Optional[str] = None) -> None:
        self._answer = answer
        self._status = status
        self.record: dict[str, Any] = json.loads(answer.render("json"))
        system, given = self.record["system"], self.record["hamiltonian"]
        constants = [Constant(c["name"], c["value"], c["standard_error"]) for c in given.get("constants", ())]
        self.constants = Constants(constants)
        variables = [*system["coordinates"], *system["momenta"]]
        self.hamiltonian = Hamiltonian(given, variables, self.constants) if "formula" in given else None
        self.laws = Laws([Law(law, self._variables_of(law, variables), self.constants) for law in self.record["laws"]])
        self.verdict: str = self.record["verdict"]
        self.ended: Optional[str] = answer.ended

    def _variables_of(self, law: Mapping[str, Any], variables: list[str]) -> list[str]:
        """A law of the runs alone is one of positions and velocities."""
        names = self._answer.state_names
        if law["status"] != "supported" or names is None or names == variables:
            return variables
        used = {name for _, name in _liouville.sympy_source(law["formula"])[1]}
        momenta = set(variables) - set(names)
        return names if used & (set(names) - set(variables)) and not used & momenta else variables

    @property
    def independent(self) -> Optional[int]:
        """How many of H and the laws are functionally independent."""
        return self.record.get("independent")

    @property
    def involutive(self) -> tuple[str, ...]:
        """The names of a largest set in involution, H included."""
        return tuple(self.record["involutive"])

    @property
    def brackets(self) -> list[list[str]]:
        """Poisson brackets of H and the laws, H first, in canonical form."""
        return list(self.record["brackets"])

    @property
    def notes(self) -> tuple[str, ...]:
        """Remarks, one sentence each."""
        return tuple(self.record.get("notes", ()))

    @property
    def obstruction(self) -> Optional[str]:
        """Why the system is not integrable, where that is the verdict."""
        found = self.record.get("obstruction")
        return None if found is None else str(found["statement"])

    @property
    def state_names(self) -> tuple[str, ...]:
        """What :meth:`predict` takes as a state: coordinates, then momenta, or the velocities of a recording."""
        return tuple(self._answer.state_names or ())

    @property
    def text(self) -> str:
        """The page that the command line prints."""
        return self._answer.render("text")

    @property
    def latex(self) -> str:
        """H and the laws in LaTeX, one a line."""
        return self._answer.render("latex")

    @property
    def markdown(self) -> str:
        """The page in Markdown."""
        return self._answer.render("markdown")

    @property
    def html(self) -> str:
        """The report as one HTML page that needs no other file: formulas, pictures of the motion, drift of the laws."""
        return self._answer.html()

    @property
    def certificate(self) -> str:
        """A Python program for SymPy that proves the result again without liouville."""
        return self._answer.certificate()

    def report(self, path: "Union[str, os.PathLike[str]]") -> None:
        """Writes a report: a Markdown page for a name in ``.md``, else an HTML page with pictures that needs
        nothing else.

        Raises:
            OSError: The file cannot be written.
        """
        name = os.fspath(path)
        page = self.markdown if name.lower().endswith(".md") else self.html
        with open(name, "w", encoding="utf-8") as file:
            file.write(page)

    def predict(self, state: "ArrayLike", t: "ArrayLike") -> "NDArray[np.float64]":
        """The motion by the Hamiltonian of the result, with friction where it was found.

        Where no formula explains a recording, the motion is that of the network: ``network.prediction`` says how well it
        predicts.

        Args:
            state: ``[2·dof]`` or ``[runs, 2·dof]``: states at the first of the times, in the order of
                :attr:`state_names` and the units of the data.
            t: ``[points]``: increasing times.

        Returns:
            ``[points, 2·dof]`` or ``[runs, points, 2·dof]``, in the same order.

        Raises:
            InputError: No Hamiltonian explains the motion and no network predicts it, other shapes, times that do not
                increase, or a solution that runs into a singularity.

        >>> import liouville as lv
        >>> found = lv.verify("kepler", "L = x*py - y*px")
        >>> found.predict([1.0, 0.0, 0.0, 1.0], [0.0, 3.141592653589793]).round(6) + 0.0
        array([[ 1.,  0.,  0.,  1.],
               [-1.,  0.,  0., -1.]])
        """
        import numpy as np

        from ._arrays import real

        is_unexplained = self.hamiltonian is not None and self.hamiltonian.status == "unexplained"
        if is_unexplained and "prediction" not in self.record.get("network", {}):
            raise InputError("error: no Hamiltonian explains the recording, so there is nothing to predict with")
        times = np.atleast_1d(real("t", t))
        starts = real("state", state)
        if times.ndim != 1 or times.size == 0 or starts.ndim not in (1, 2):
            raise InputError(
                "error: a state has the shape [2*dof] or [runs, 2*dof] and times [points], and they have"
                f" {list(starts.shape)} and {list(times.shape)}"
            )
        rows = np.atleast_2d(starts)
        found = [self._answer.predict(np.ascontiguousarray(row), times) for row in rows]
        return found[0] if starts.ndim == 1 else np.stack(found)

    def __repr__(self) -> str:
        return self.text.rstrip("\n")

    def _repr_html_(self) -> str:
        return _fragment(self)

    def _repr_latex_(self) -> str:
        rows = [] if self.hamiltonian is None else [f"H &= {self.hamiltonian.latex}"]
        rows += [f"{law.name} &= {law.latex}" for law in self.laws]
        return "$\\displaystyle \\begin{aligned}" + " \\\\ ".join(rows) + "\\end{aligned}$"


class Verification(Result):
    """The answer of :func:`liouville.verify`.

    Attributes:
        status: The weakest status of all claims.
    """

    @property
    def status(self) -> str:
        """``"proved"``, ``"refuted"``, ``"piecewise"`` or ``"unknown"``: the weakest of all claims."""
        return str(self._status)

    @property
    def proved(self) -> bool:
        """Whether every claim was proved."""
        return self._status == "proved"


class Discovery(Result):
    """The answer of :func:`liouville.discover`.

    Attributes:
        network: What networks learned; ``None`` where none were trained.
    """

    @property
    def network(self) -> Optional[Network]:
        found = self.record.get("network")
        return None if found is None else Network(found)

    @property
    def data(self) -> Mapping[str, Any]:
        """What was read: ``read_as``, runs, points, noise."""
        return dict(self.record.get("data", {}))

    @property
    def alternatives(self) -> tuple[str, ...]:
        """Other forms of H that the data cannot tell from the printed one."""
        return tuple(other["formula"] for other in self.record["hamiltonian"].get("alternatives", ()))


def _fragment(result: Result) -> str:
    """H, laws and verdict as HTML, formulas for MathJax."""
    rows = []
    if result.hamiltonian is not None:
        hamiltonian = result.hamiltonian
        rows.append(("H", hamiltonian.latex, hamiltonian.status or hamiltonian.source))
    for law in result.laws:
        said = law.status if not law.for_every else f"{law.status} for every {', '.join(law.for_every)}"
        rows.append((law.name, law.latex, said if law.where is None else f"{said} where {law.where}"))
    cells = "".join(
        f"<tr><th scope='row' style='text-align:left'>{html.escape(name)}</th>"
        f"<td style='text-align:left'>$\\displaystyle {html.escape(latex)}$</td>"
        f"<td style='text-align:left'>{html.escape(said)}</td></tr>"
        for name, latex, said in rows
    )
    constants = ", ".join(f"{c.name} = {c.value:g} ± {c.standard_error:.2g}" for c in result.constants.values())
    name = html.escape(result.record["system"]["name"])
    lines = [f"<p><strong>{name}</strong>: {html.escape(result.verdict)}</p>", f"<table>{cells}</table>"]
    if constants:
        lines.append(f"<p>{html.escape(constants)}</p>")
    if result.obstruction is not None:
        lines.append(f"<p>{html.escape(result.obstruction)}</p>")
    if result.ended is not None:
        lines.append(f"<p>ended early: {html.escape(result.ended)}</p>")
    return "\n".join(lines)
