"""SymPy expressions in liouville's language."""

from __future__ import annotations

from typing import Any

import sympy
from sympy.printing.precedence import PRECEDENCE
from sympy.printing.str import StrPrinter

from .errors import InputError

FUNCTIONS = {"sin", "cos", "tan", "exp", "log"}


class _Printer(StrPrinter):  # type: ignore[misc]
    """Writes what liouville reads, or refuses."""

    def _print_Pow(self, expr: Any, rational: bool = False) -> str:
        if expr.exp == sympy.Rational(1, 2):
            return f"sqrt({self._print(expr.base)})"
        if expr.base == sympy.E:
            return f"exp({self._print(expr.exp)})"
        if expr.exp == -1:
            return f"1/{self.parenthesize(expr.base, PRECEDENCE['Pow'])}"
        tight = PRECEDENCE["Pow"]
        base = self.parenthesize(expr.base, tight, strict=False)
        if expr.base.is_Pow:
            base = f"({self._print(expr.base)})"
        exponent = self._print(expr.exp)
        if not (expr.exp.is_Symbol or (expr.exp.is_Integer and expr.exp >= 0)):
            exponent = f"({exponent})"
        return f"{base}^{exponent}"

    def _print_Exp1(self, expr: Any) -> str:
        return "exp(1)"

    def _print_Float(self, expr: Any) -> str:
        value = float(expr)
        if value != value or value in (float("inf"), float("-inf")):
            raise InputError(f"error: `{value}` is no number of a formula")
        return repr(value)

    def _print_Symbol(self, expr: Any) -> str:
        return str(expr.name)

    def _print_Function(self, expr: Any) -> str:
        name = expr.func.__name__
        if name not in FUNCTIONS or len(expr.args) != 1:
            raise InputError(
                f"error: `{expr}` is beyond the language of formulas\n"
                f"help: its functions are {', '.join(sorted(FUNCTIONS | {'sqrt'}))}"
            )
        return f"{name}({self._print(expr.args[0])})"

    def _print_sec(self, expr: Any) -> str:
        return f"(1/cos({self._print(expr.args[0])}))"

    def _print_csc(self, expr: Any) -> str:
        return f"(1/sin({self._print(expr.args[0])}))"

    def _print_cot(self, expr: Any) -> str:
        return f"(1/tan({self._print(expr.args[0])}))"

    def emptyPrinter(self, expr: Any) -> str:
        raise InputError(f"error: `{expr}` is beyond the language of formulas")

    def _print_Basic(self, expr: Any) -> str:
        return self.emptyPrinter(expr)

    def _print_ImaginaryUnit(self, expr: Any) -> str:
        raise InputError("error: formulas are real, and this has the imaginary unit")


ALLOWED = (
    sympy.Add, sympy.Mul, sympy.Pow, sympy.Symbol, sympy.Integer, sympy.Rational, sympy.Float, sympy.Function,
)  # fmt: skip


def written(expression: Any) -> str:
    """The expression as text that liouville reads.

    Raises:
        InputError: It has something that liouville's language has not.
    """
    if isinstance(expression, sympy.MatrixBase) or not isinstance(expression, sympy.Expr):
        raise InputError(f"error: `{expression}` is no formula")
    for part in sympy.preorder_traversal(expression):
        if not (isinstance(part, ALLOWED) or part in (sympy.pi, sympy.E)):
            raise InputError(f"error: `{part}` is beyond the language of formulas")
    return str(_Printer({"order": None}).doprint(expression))
