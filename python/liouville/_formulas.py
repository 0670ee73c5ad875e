"""Formulas: their text, their values, and their way to and from SymPy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Mapping, Optional, Sequence, Union

from . import _liouville
from .errors import InputError

if TYPE_CHECKING:
    import numpy as np
    import sympy
    from numpy.typing import ArrayLike, NDArray

#: A formula as text, as one of liouville, or as a SymPy expression.
FormulaLike = Union[str, "Formula", "sympy.Basic"]


class Formula:
    """A formula as liouville wrote it.

    Attributes:
        text: The formula in liouville's language, in which it can be given back to every function.
        variables: The names of the variables that :meth:`value` expects, in order.
        where: Conditions that belong to the formula, as text; ``None`` where there are none.

    >>> import liouville as lv
    >>> found = lv.simplify("x^2 - 2*x*y + y^2")
    >>> found.text
    '(x - y)^2'
    >>> found.formula
    (x - y)**2
    >>> found.value([[3.0, 1.0], [1.0, 1.0]])
    array([4., 0.])
    """

    def __init__(
        self,
        text: str,
        variables: Sequence[str],
        *,
        latex: Optional[str] = None,
        where: Optional[str] = None,
        constants: Optional[Mapping[str, float]] = None,
    ) -> None:
        self.text = text
        self.variables = tuple(variables)
        self.where = where
        self._latex = latex
        self._constants = dict(constants or {})
        self._functions: dict[tuple[str, ...], _liouville.Function] = {}

    @property
    def formula(self) -> "sympy.Expr":
        """The formula as a SymPy expression; numbers are exact. SymPy is imported at the first use."""
        return to_sympy(self.text)

    @property
    def latex(self) -> str:
        """The formula in LaTeX's mathematics, without dollar signs."""
        if self._latex is None:
            import sympy

            self._latex = str(sympy.latex(self.formula))
        return self._latex

    def value(self, states: "ArrayLike", **constants: float) -> "NDArray[np.float64]":
        """The value of the formula at states.

        Args:
            states: Shape ``[..., n]``: the numbers of :attr:`variables` along the last axis; for a law these are the
                coordinates, then the momenta, in the units of the data.
            constants: Values of letters in the formula that are no variables. Measured constants have their measured
                value unless they are given here.

        Returns:
            Shape ``[...]``: NaN or infinite outside the domain of the formula.

        Raises:
            InputError: The last axis has another length, or a letter has no value.
        """
        import numpy as np

        samples = np.asarray(states)
        if samples.dtype.kind not in "fiub":
            raise InputError(f"error: states are real numbers, and have the dtype {samples.dtype}")
        width = len(self.variables)
        if samples.ndim == 0 or samples.shape[-1] != width:
            raise InputError(
                f"error: states have the shape [..., {width}] ({', '.join(self.variables)}),"
                f" and have {list(samples.shape)}"
            )
        values = {**self._constants, **constants}
        names = tuple(sorted(values))
        function = self._functions.get(names)
        if function is None:
            function = _liouville.Function(self.text, [*self.variables, *names])
            self._functions[names] = function
        rows = samples.reshape(-1, width).astype(np.float64)
        beside = np.broadcast_to([float(values[name]) for name in names], (len(rows), len(names)))
        found = function.values(np.ascontiguousarray(np.hstack([rows, beside])))
        return found.reshape(samples.shape[:-1])

    def __str__(self) -> str:
        return self.text if self.where is None else f"{self.text} where {self.where}"

    def __repr__(self) -> str:
        return f"Formula({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Formula) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex}$"

    def _sympy_(self) -> "sympy.Expr":
        return self.formula


def to_sympy(text: str) -> "sympy.Expr":
    """A formula of liouville's language as a SymPy expression, with exact numbers and symbols without assumptions.

    >>> from liouville._formulas import to_sympy
    >>> to_sympy("px^2/2 - 0.1*sqrt(x)")
    px**2/2 - sqrt(x)/10

    Raises:
        InputSyntaxError: The text is no formula.
    """
    import sympy

    source, names = _liouville.sympy_source(text)
    known = {name: getattr(sympy, name) for name in SYMPY_NAMES}
    symbols = {python: sympy.Symbol(name) for python, name in names}
    # liouville itself wrote the source, from a tree that it had read; it holds nothing but these names.
    return sympy.sympify(eval(source, {"__builtins__": {}}, {**known, **symbols}))


#: The names of SymPy that occur in liouville's expressions.
SYMPY_NAMES = ("sqrt", "sin", "cos", "tan", "exp", "log", "pi", "Rational", "S")


def to_text(formula: FormulaLike) -> str:
    """A formula in liouville's language, from text, a :class:`Formula` or a SymPy expression.

    >>> import sympy
    >>> from liouville._formulas import to_text
    >>> x, p = sympy.symbols("x p")
    >>> to_text(p**2/2 + sympy.exp(-x)*sympy.sqrt(x))
    'p^2/2 + sqrt(x)*exp(-x)'

    Raises:
        InputError: The expression has something that liouville's language has not.
    """
    if isinstance(formula, str):
        return formula
    if isinstance(formula, Formula):
        return str(formula)
    if hasattr(formula, "free_symbols"):
        from ._sympy_printer import written

        return written(formula)
    if isinstance(formula, (int, float)):
        return repr(formula)
    raise InputError(f"error: a formula is text or a SymPy expression, and this is of type {type(formula).__name__}")
