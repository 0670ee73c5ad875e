# ---------------------------------------------------------------------------------------------------------------
# The check. It knows nothing of liouville: it reads the formulas above and recomputes every claim.
#
# A bracket is formed twice, by two parts of this program that have nothing in common but the reader of formulas:
# exactly, as a polynomial over generators whose relations are known (class Field), and in 50 digits at random
# real points (class Numbers). Both must agree with the claim. Roots and fractional powers are those of positive
# numbers: where the base is negative the function is not defined.
#
# Run as a program it prints a line for each check and exits with status 0 only if all hold. Imported as a module
# it offers check(data), which returns the list of the checks that failed.
# ---------------------------------------------------------------------------------------------------------------
import ast
import random
import re
import sys
from fractions import Fraction
from itertools import combinations, islice
from math import lcm

import mpmath
import sympy

sys.setrecursionlimit(100_000)
mpmath.mp.dps = 60

POINTS = 12  # real points at which a claim is checked in 50 digits
MORE = 8  # times as many points where moduli make several branches
PARAMETERS = 4  # different values of the parameters among them
TRIES = 3000  # points tried to find these
SMALL = mpmath.mpf(10) ** -40  # what 50 digits leave of a zero, relative to the terms that cancel
LARGE = mpmath.mpf(10) ** -20  # what is certainly not a zero
STEPS = 110  # halvings of a segment that crosses a surface
CROSSINGS = 4  # segments for each set of parameters
OUTER = (30, 1000)  # times as far out surfaces are looked for that no point found is beyond
DISTANCES = (Fraction(1, 10**12), Fraction(1, 10**24))  # from the surface, at which a function is compared
INVOLUTION_STEPS = 3000  # sets looked at to see that no larger one commutes


class Outside(Exception):
    """A function has no real value, or the formula is none that this program reads."""


class Restart(Exception):
    """Something was learned that changes how the functions before are written: begin again."""


# --- Reading formulas --------------------------------------------------------------------------------------------

TREES = {}


def read(text):
    """The syntax tree of a formula. Nothing is executed: `evaluate` walks over the tree."""
    if text not in TREES:
        TREES[text] = ast.parse(text, mode="eval").body
    return TREES[text]


def constant(node):
    """The value of an exponent, a rational number."""
    match node:
        case ast.Constant(value=int(value)):
            return Fraction(value)
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -constant(inner)
        case ast.Call(func=ast.Name(id="Rational"), args=[a, b]):
            return constant(a) / constant(b)
        case ast.Call(func=ast.Name(id="S"), args=[inner]):
            return constant(inner)
        case ast.BinOp(left=a, op=ast.Add(), right=b):
            return constant(a) + constant(b)
        case ast.BinOp(left=a, op=ast.Sub(), right=b):
            return constant(a) - constant(b)
        case ast.BinOp(left=a, op=ast.Mult(), right=b):
            return constant(a) * constant(b)
        case ast.BinOp(left=a, op=ast.Div(), right=b):
            return constant(a) / constant(b)
    raise Outside("an exponent that is not a rational number")


def evaluate(node, over):
    """The value of a formula in the arithmetic `over` (a Field or Numbers)."""
    match node:
        case ast.Constant(value=int(value)):
            return over.number(Fraction(value))
        case ast.Name(id="pi"):
            return over.pi()
        case ast.Name(id=name):
            return over.name(name)
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return over.times(over.number(Fraction(-1)), evaluate(inner, over))
        case ast.BinOp(op=ast.Add() | ast.Sub()):
            return sum_of(node, over)
        case ast.BinOp(left=a, op=ast.Mult(), right=b):
            return over.times(evaluate(a, over), evaluate(b, over))
        case ast.BinOp(left=a, op=ast.Div(), right=b):
            return over.times(evaluate(a, over), over.power(evaluate(b, over), Fraction(-1)))
        case ast.BinOp(left=a, op=ast.Pow(), right=b):
            return over.power(evaluate(a, over), constant(b))
        case ast.Call(func=ast.Name(id="Rational")):
            return over.number(constant(node))
        case ast.Call(func=ast.Name(id="S"), args=[inner]):
            return evaluate(inner, over)
        case ast.Call(func=ast.Name(id="sqrt"), args=[inner]):
            return over.power(evaluate(inner, over), Fraction(1, 2))
        case ast.Call(func=ast.Name(id="tan"), args=[inner]):
            argument = evaluate(inner, over)
            return over.times(over.call("sin", argument), over.power(over.call("cos", argument), Fraction(-1)))
        case ast.Call(func=ast.Name(id="sin" | "cos" | "exp" | "log" as name), args=[inner]):
            return over.call(name, evaluate(inner, over))
    raise Outside(f"a formula that cannot be read: {ast.unparse(node)}")


def sum_of(node, over):
    """The value of a sum, its terms one after another."""
    terms = []
    while isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)):
        terms.append((node.right, isinstance(node.op, ast.Sub)))
        node = node.left
    total = evaluate(node, over)
    for term, negative in reversed(terms):
        value = evaluate(term, over)
        total = over.plus(total, over.times(over.number(Fraction(-1)), value) if negative else value)
    return total


# --- In numbers: value and gradient at a point -------------------------------------------------------------------


class Numbers:
    """Formulas at a point: each value is a pair of a number and its gradient. With `exact`, in rationals, where
    functions other than powers have no value; else in 50 digits."""

    def __init__(self, point, variables, exact=False):
        self.exact = exact
        zero = [self.of(Fraction(0))] * len(variables)
        self.zero = zero
        self.names = {}
        for name, value in point.items():
            gradient = list(zero)
            if name in variables:
                gradient[variables.index(name)] = self.of(Fraction(1))
            self.names[name] = (self.of(value), gradient)

    def of(self, value):
        return value if self.exact else mpmath.mpf(value.numerator) / value.denominator

    def number(self, value):
        return (self.of(value), self.zero)

    def pi(self):
        if self.exact:
            raise Outside("pi is not rational")
        return (+mpmath.pi, self.zero)

    def name(self, name):
        if name not in self.names:
            raise Outside(f"unknown name {name}")
        return self.names[name]

    def plus(self, a, b):
        return (a[0] + b[0], [x + y for x, y in zip(a[1], b[1])])

    def times(self, a, b):
        return (a[0] * b[0], [x * b[0] + a[0] * y for x, y in zip(a[1], b[1])])

    def chain(self, value, slope, argument):
        return (value, [slope * x for x in argument[1]])

    def power(self, a, exponent):
        if exponent == 0:
            return self.number(Fraction(1))
        if exponent.denominator == 1:
            n = int(exponent)
            if a[0] == 0 and n < 0:
                raise Outside("division by zero")
            slope = n * a[0] ** (n - 1) if a[0] != 0 or n > 1 else (a[0] * 0 + 1)
            return self.chain(a[0] ** n, slope, a)
        if self.exact or a[0] <= 0:
            raise Outside("a root of a number that is not positive")
        value = a[0] ** self.of(exponent)
        return self.chain(value, self.of(exponent) * value / a[0], a)

    def call(self, name, a):
        if self.exact:
            raise Outside(f"{name} is not rational")
        if name == "sin":
            return self.chain(mpmath.sin(a[0]), mpmath.cos(a[0]), a)
        if name == "cos":
            return self.chain(mpmath.cos(a[0]), -mpmath.sin(a[0]), a)
        if name == "exp":
            if a[0] > 10_000:
                raise Outside("too large")
            return self.chain(mpmath.exp(a[0]), mpmath.exp(a[0]), a)
        if a[0] <= 0:
            raise Outside("the logarithm of a number that is not positive")
        return self.chain(mpmath.log(a[0]), 1 / a[0], a)


def pairing(f, g):
    """The bracket from two gradients, and the size of the terms that may cancel in it."""
    half = len(f) // 2
    terms = [f[i] * g[half + i] for i in range(half)] + [-f[half + i] * g[i] for i in range(half)]
    return sum(terms), sum(abs(term) for term in terms)


def rank(rows):
    """The rank of a matrix of numbers by elimination with full pivoting; the pivots show a minor that does not
    vanish. `None` where a pivot is neither clearly zero nor clearly not."""
    rows = [list(row) for row in rows]
    exact = all(isinstance(x, Fraction) for row in rows for x in row)
    scaled = []
    for row in rows:
        size = max(abs(x) for x in row)
        if not exact and size < SMALL:
            size = 0
            row = [x * 0 for x in row]
        scaled.append(row if size == 0 else [x / size for x in row])
    rows, found = scaled, 0
    while rows:
        size, i, j = max((abs(x), i, j) for i, row in enumerate(rows) for j, x in enumerate(row))
        if size == 0 or (not exact and size < SMALL):
            return found
        if not exact and size < LARGE:
            return None
        pivot = rows.pop(i)
        rows = [[x - row[j] / pivot[j] * y for x, y in zip(row, pivot)] for row in rows]
        found += 1
    return found
