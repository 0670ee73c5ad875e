"""Alters the claims of a certificate one by one and at random, and runs its check on each.

usage: mutants.py CERTIFICATE RANDOM [CONDITION]

Each mutant is judged a second time by code that has nothing in common with the certificate: formulas are SymPy's,
derivatives are SymPy's, and every claim is decided in 30 digits at random points. Both must agree on every mutant.
A CONDITION is added to H before the certificate is altered. Prints a JSON document.
"""

import ast
import copy
import importlib.util
import itertools
import json
import random
import re
import sys

import mpmath
import sympy

VERDICTS = ["integrable", "superintegrable", "maximally superintegrable", "undecided"]


# --- The judge ---------------------------------------------------------------------------------------------------


def judged(data):
    """The first claim that does not hold; `None` where all do."""
    try:
        return Judge(data).wrong()
    except (NameError, IndexError) as error:
        return f"no formula: {error}"


class Judge:
    """Whether all claims of a certificate hold, by derivatives of SymPy and numbers."""

    POINTS = 6

    def __init__(self, data):
        self.data = data
        dof = len(data["coordinates"])
        count = {"q": dof, "p": len(data["momenta"]), "c": len(data["parameters"])}
        texts = [f"{letter}{k}" for letter in "qpc" for k in range(count[letter])]
        self.names = {text: sympy.Symbol(text, real=True) for text in texts}
        self.symbols = list(self.names.values())
        self.q, self.p = self.symbols[:dof], self.symbols[dof : dof + count["p"]]
        self.titles = ["H"] + [law["name"] for law in data["laws"]]
        self.where = [data["where"]] + [[*data["where"], *law["where"]] for law in data["laws"]]
        self.laws = len(self.titles)
        formulas = [data["H"]] + [law["formula"] for law in data["laws"]]
        for combination in data["combinations"]:
            self.titles.append(combination["name"])
            parts = re.split(r"\bf([0-9]+)\b", combination["of"])
            places = [int(place) for place in parts[1::2]]
            parts[1::2] = [f"({formulas[place]})" for place in places]
            formulas.append("".join(parts))
            self.where.append([condition for place in places for condition in self.where[place]])
        self.functions, self.texts = [self.compiled(formula) for formula in formulas], formulas
        self.found = {}

    cache, insides = {}, {}

    def branch(self, place, point):
        """The signs of the insides of the moduli in a function: on each branch it is another one."""
        insides = self.insides[(self.texts[place], len(self.q), len(self.symbols))]
        return () if insides is None else tuple(inside > 0 for inside in insides(*point))

    def has_moduli(self, places):
        keys = [(self.texts[place], len(self.q), len(self.symbols)) for place in places]
        return any(self.insides[key] is not None for key in keys)

    def compiled(self, text):
        """Value and gradient as one function of all names."""
        key = (text, len(self.q), len(self.symbols))
        if key not in self.cache:
            known = {**self.names, **{n: getattr(sympy, n) for n in "sqrt sin cos tan exp log pi S Rational".split()}}
            formula = sympy.sympify(eval(text, {"__builtins__": {}}, known))
            parts = [formula, *(sympy.diff(formula, v) for v in self.q + self.p)]
            self.cache[key] = sympy.lambdify(self.symbols, parts, "mpmath")
            insides = [modulus.args[0] for modulus in formula.atoms(sympy.Abs)]
            self.insides[key] = sympy.lambdify(self.symbols, insides, "mpmath") if insides else None
        return self.cache[key]

    def at(self, function, point):
        """Value and gradient, `None` where they are not real."""
        try:
            values = [mpmath.mpmathify(v) for v in function(*point)]
        except (ZeroDivisionError, ValueError, OverflowError):
            return None
        if not all(mpmath.isfinite(v) and abs(mpmath.im(v)) < 1e-25 * (1 + abs(v)) for v in values):
            return None
        return [mpmath.re(v) for v in values]

    def holds(self, condition, point):
        for sign in (">=", "<=", "!=", ">", "<"):
            if sign in condition:
                a, b = (self.at(self.compiled(side.strip()), point) for side in condition.split(sign))
                return a is not None and b is not None and eval(f"a {sign} b", {"a": a[0], "b": b[0]})
        return False

    def points(self, places):
        """Points where the functions are real, their conditions met, each with the values there."""
        key = tuple(places)
        if key not in self.found:
            source, found = random.Random(7), []
            for _ in range(1500):
                size = source.choice([0.4, 1.3, 3.0])
                point = [mpmath.mpf(source.uniform(-size, size)) for _ in self.symbols]
                sign = source.choice([-1, 1])
                free = len(self.q + self.p)
                point[free:] = [sign * mpmath.mpf(k + 7) / 5 for k in range(len(point) - free)]
                if source.random() < 0.5:
                    point[:free] = [abs(x) for x in point[:free]]
                conditions = {c for place in places for c in self.where[place]}
                if all(self.holds(c, point) for c in conditions):
                    values = {place: self.at(self.functions[place], point) for place in places}
                    if None not in values.values():
                        found.append((point, values))
                if len(found) == self.POINTS * (8 if self.has_moduli(places) else 1):
                    break
            self.found[key] = found
        return self.found[key]

    def bracket(self, a, b):
        dof = len(self.q)
        terms = [a[1 + i] * b[1 + dof + i] - a[1 + dof + i] * b[1 + i] for i in range(dof)]
        return sum(terms), sum(map(abs, a[1:])) * sum(map(abs, b[1:]))

    def is_bracket(self, i, j, value):
        points = self.points(sorted({0, i, j}))
        for point, values in points:
            claimed = self.at(self.compiled(value), point)
            bracket, size = self.bracket(values[i], values[j])
            if claimed is None or abs(bracket - claimed[0]) > 1e-18 * (size + abs(claimed[0])):
                return False
        return bool(points)

    def rank_at(self, places, values):
        rows = [values[place][1:] for place in places]
        sizes = [max(map(abs, row)) for row in rows]
        rows = [[x / size if size > 1e-20 else 0 for x in row] for row, size in zip(rows, sizes)]
        singular = [x for x in mpmath.svd_r(mpmath.matrix(rows), compute_uv=False)] if rows else []
        return sum(1 for x in singular if x > 1e-12)

    def varies(self, place):
        return any(self.rank_at([place], values) for _, values in self.points([0, place]))

    def independent(self, places):
        """Whether the functions are independent on every branch of the moduli in them."""
        places, found = list(places), {}
        for point, values in self.points(sorted({0, *places})):
            branch = tuple(self.branch(place, point) for place in places)
            found[branch] = max(found.get(branch, 0), self.rank_at(places, values))
        return bool(found) and all(rank == len(places) for rank in found.values())

    def rank(self, places):
        """The size of the largest independent set."""
        points = self.points(sorted({0, *places}))
        if points and not self.has_moduli(places):
            return max(self.rank_at(places, values) for _, values in points)
        sets = (s for size in range(len(places), 0, -1) for s in itertools.combinations(places, size))
        return next((len(s) for s in sets if self.independent(s)), 0)

    def proportional(self, a, b):
        """Whether the gradients are constant multiples of each other at fixed parameters: their joint matrix over
        all points has rank 1."""
        free, groups = len(self.q + self.p), {}
        for point, values in self.points(sorted({0, a, b})):
            groups.setdefault(tuple(point[free:]), []).append(values)
        for group in groups.values():
            rows = [[x for values in group for x in values[place][1:]] for place in (a, b)]
            rows = [[x / (max(map(abs, row)) or 1) for x in row] for row in rows]
            if sum(1 for x in mpmath.svd_r(mpmath.matrix(rows), compute_uv=False) if x > 1e-12) > 1:
                return False
        return True

    def wrong(self):
        """The first claim that does not hold; `None` where all do."""
        with mpmath.workdps(30):
            try:
                return next((claim for claim, holds in self.claims() if not holds), None)
            except (TypeError, NameError, AttributeError, SyntaxError, IndexError) as error:
                return f"no formula: {error}"

    def claims(self):
        data, everything = self.data, list(range(len(self.titles)))
        names = [*data["coordinates"], *data["momenta"], *data["parameters"]]
        yield "names", len(set(names)) == len(names) and len(set(self.titles)) == len(self.titles)
        yield "dof", data["dof"] == len(data["coordinates"]) == len(data["momenta"])
        for place in everything:
            yield "real values", self.points([place])
            yield "where", self.where_suffices(place)
        for place in everything[1:]:
            yield "a law", self.is_bracket(place, 0, "0")
        if data["generators"]:
            yield "a constant law", all(map(self.varies, everything[1:]))
            pairs = itertools.combinations(everything, 2)
            yield "proportional laws", not any(self.proportional(a, b) for a, b in pairs)
        if data["brackets"] is not None:
            yield from self.matrix(data["brackets"])
        if data["independent"] is not None:
            yield "independent", self.rank(everything) == data["independent"]
            yield from self.involution()
        yield "verdict", data["verdict"] == self.verdict()

    def where_suffices(self, place):
        """Whether the function is real wherever its conditions hold."""
        if not self.where[place]:
            return True
        source = random.Random(8)
        for _ in range(60):
            point = [mpmath.mpf(source.uniform(-2, 2)) for _ in self.symbols]
            if all(self.holds(c, point) for c in self.where[place]) and self.at(self.functions[place], point) is None:
                return False
        return True

    def matrix(self, matrix):
        size = self.laws
        shape = len(matrix) == size and all(len(row) == size for row in matrix)
        yield "shape", shape
        for i, j in itertools.product(range(size), repeat=2):
            if matrix[i][j] not in ("unknown", "not 0"):
                yield "an entry", self.is_bracket(i, j, matrix[i][j])
            elif matrix[i][j] == "not 0":
                yield "an entry", not self.is_bracket(i, j, "0")

    def involution(self):
        names = self.data["involutive"]
        yield "listed", len(set(names)) == len(names) and set(names) <= set(self.titles)
        places = [self.titles.index(name) for name in names]
        yield "commute", self.commuting(places) and self.independent(places)
        larger = itertools.combinations(range(len(self.titles)), len(places) + 1)
        most = len(places) >= len(self.q)
        yield "largest", most or not any(self.commuting(s) and self.independent(s) for s in larger)

    def commuting(self, places):
        return all(self.is_bracket(a, b, "0") for a, b in itertools.combinations(places, 2))

    def verdict(self):
        dof, independent = len(self.q), self.data["independent"]
        if independent is None or len(self.data["involutive"]) < dof:
            return "undecided"
        if independent <= dof:
            return "integrable"
        return "maximally superintegrable" if independent == 2 * dof - 1 else "superintegrable"


# --- Mutants -----------------------------------------------------------------------------------------------------


def formulas_near(text):
    """(what was done, formula) for every single change of a formula: a sign, a term, a factor, a number, a name."""
    tree = ast.parse(text, mode="eval")
    nodes = list(ast.walk(tree))
    for place, node in enumerate(nodes):
        for done, changed in changes(node):
            copied = copy.deepcopy(tree)
            target = list(ast.walk(copied))[place]
            target.__class__ = changed.__class__
            target.__dict__ = copy.deepcopy(changed.__dict__)
            yield f"{done} `{ast.unparse(node)}`", ast.unparse(copied)


def changes(node):
    """Nodes that may stand in place of one."""
    if isinstance(node, ast.BinOp):
        if isinstance(node.op, (ast.Add, ast.Sub)):
            other = ast.Sub() if isinstance(node.op, ast.Add) else ast.Add()
            yield "sign in", ast.BinOp(node.left, other, node.right)
            yield "last term dropped from", node.left
            yield "first term dropped from", node.right
        if isinstance(node.op, ast.Mult):
            yield "last factor dropped from", node.left
    if isinstance(node, ast.UnaryOp):
        yield "sign of", node.operand
    if isinstance(node, ast.Constant):
        yield "number in place of", ast.Constant(node.value + 1)
    if isinstance(node, ast.Name) and node.id[0] == "f":
        yield "H in place of", ast.Name("f0")
    if isinstance(node, ast.Name) and node.id[0] in "qp" and node.id[1:].isdigit():
        yield "conjugate of", ast.Name(("p" if node.id[0] == "q" else "q") + node.id[1:])


def altered(data, **entries):
    changed = copy.deepcopy(data)
    changed.update(entries)
    return changed


def with_law(data, place, kind="laws", **entries):
    changed = copy.deepcopy(data)
    changed[kind][place].update(entries)
    return changed


def mutants(data):
    """(name, mutant) for each claim altered in turn."""
    yield from mutants_of_functions(data)
    yield from mutants_of_counts(data)
    yield from mutants_of_brackets(data)
    yield from mutants_of_conditions(data)


def mutants_of_functions(data):
    functions = [("H", data["H"], lambda text: altered(data, H=text))]
    for place, law in enumerate(data["laws"]):
        functions.append((law["name"], law["formula"], lambda text, k=place: with_law(data, k, formula=text)))
    for name, formula, put in functions:
        yield f"{name} doubled", put(f"2*({formula})")
        yield f"{name} negated", put(f"-({formula})")
        yield f"{name} plus a constant", put(f"{formula} + 1")
        yield f"{name} plus a coordinate", put(f"{formula} + q0")
        for done, text in formulas_near(formula):
            yield f"{name}: {done}", put(text)
        for other, text, _ in functions:
            if other != name:
                yield f"{name} replaced by {other}", put(text)
    for place, law in enumerate(data["laws"]):
        yield f"{law['name']} constant", with_law(data, place, formula="1")
        yield f"{law['name']} left out", altered(data, laws=[l for k, l in enumerate(data["laws"]) if k != place])
        yield f"{law['name']} named H", with_law(data, place, name="H")
    for place, combination in enumerate(data["combinations"]):
        name, left = combination["name"], [c for k, c in enumerate(data["combinations"]) if k != place]
        for done, text in formulas_near(combination["of"]):
            yield f"{name}: {done}", with_law(data, place, "combinations", of=text)
        yield f"{name} constant", with_law(data, place, "combinations", of="1")
        yield f"{name} left out", altered(data, combinations=left)
        yield f"{name} named H", with_law(data, place, "combinations", name="H")
    yield "coordinates of one name", altered(data, coordinates=[data["momenta"][0], *data["coordinates"][1:]])


def mutants_of_counts(data):
    for step in (-1, 1):
        yield f"dof {step:+}", altered(data, dof=data["dof"] + step)
        if data["independent"] is not None:
            yield f"independent {step:+}", altered(data, independent=data["independent"] + step)
    names = data["involutive"]
    titles = ["H"] + [law["name"] for law in [*data["laws"], *data["combinations"]]]
    for name in names:
        yield f"involutive without {name}", altered(data, involutive=[n for n in names if n != name])
    for other in [t for t in titles if t not in names]:
        yield f"involutive with {other}", altered(data, involutive=[*names, other])
        for name in names:
            exchanged = [other if n == name else n for n in names]
            yield f"involutive {other} for {name}", altered(data, involutive=exchanged)
    yield "involutive with a stranger", altered(data, involutive=[*names, "stranger"])
    for verdict in VERDICTS:
        if verdict != data["verdict"]:
            yield f"verdict {verdict}", altered(data, verdict=verdict)


def mutants_of_brackets(data):
    titles = ["H"] + [law["name"] for law in data["laws"]]
    for i, row in enumerate(data["brackets"] or []):
        for j, value in enumerate(row):
            instead = ["not 0", "1"] if value == "0" else ["0", f"-({value})", f"2*({value})"]
            for other in instead if value not in ("not 0", "unknown") else ["0"]:
                matrix = copy.deepcopy(data["brackets"])
                matrix[i][j] = other
                yield f"bracket {titles[i]}, {titles[j]}: {other[:40]}", altered(data, brackets=matrix)
    if data["brackets"]:
        yield "a row of brackets left out", altered(data, brackets=data["brackets"][:-1])


def mutants_of_conditions(data):
    reverse = {">": "<", "<": ">", "!=": "="}
    for condition in data["where"]:
        left, sign, right = condition.split(" ")
        yield f"where {condition} reversed", altered(data, where=[f"{left} {reverse[sign]} {right}"])
        yield f"where {condition} left out", altered(data, where=[c for c in data["where"] if c != condition])
    yield "where p0**2 < 0", altered(data, where=[*data["where"], "p0**2 < 0"])


def random_mutant(data, source):
    """Several alterations one after another."""
    done = []
    for _ in range(source.choice([1, 2, 2, 3])):
        try:
            name, data = source.choice(list(mutants(data)))
        except (SyntaxError, IndexError, ValueError):
            break
        done.append(name)
    return "; ".join(done), data


# --- Running -----------------------------------------------------------------------------------------------------


def load(path):
    specification = importlib.util.spec_from_file_location("certificate", path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def run(certificate, cases, result, kind):
    """Checks and judges each mutant."""
    for name, data in cases:
        failures, wrong = certificate.check(data), judged(data)
        result[kind]["mutants"] += 1
        result[kind]["false"] += wrong is not None
        if wrong is None and not failures:
            result[kind]["true"].append(name)
        elif wrong is None:
            result[kind]["refused"].append(f"{name}: {failures[0]}")
        elif not failures:
            result[kind]["missed"].append(f"{name}: {wrong}")


def main(path, count, condition=None):
    certificate = load(path)
    data = certificate.DATA
    if data["obstruction"] is not None:
        # Proofs of non-integrability are altered by obstructions.py.
        data |= {"obstruction": None, "verdict": "undecided"}
    if condition is not None:
        data["where"].append(condition)
    empty = {"mutants": 0, "false": 0, "true": [], "refused": [], "missed": []}
    result = {"failures": certificate.check(data), "judged": judged(data)}
    result |= {"each": copy.deepcopy(empty), "random": copy.deepcopy(empty), "spaces": 0}
    if data["space"] is not None:
        for step in (-1, 1):
            space = {**data["space"], "integrals": data["space"]["integrals"] + step}
            result["spaces"] += bool(certificate.check(altered(data, space=space)))
    data["space"] = None
    run(certificate, mutants(data), result, "each")
    source = random.Random(f"mutants of {data['system']}")
    run(certificate, (random_mutant(data, source) for _ in range(count)), result, "random")
    print(json.dumps(result, ensure_ascii=False))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:])
