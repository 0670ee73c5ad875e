"""Random claims against `liouville verify`: {F, H} is evaluated with 50 digits at points of the common domain.

    python3 random_claims.py LIOUVILLE [--count N] [--seed S]     (needs mpmath)

A claim that is called proved or piecewise and whose bracket does not vanish at some point is a false proof. A claim that is
refuted and whose bracket vanishes at every point is a false refusal. Both are printed; the exit status is their number.
A law that is called proved is also followed along orbits: where H stays constant and the law does not, it jumps.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import mpmath as mp

mp.mp.dps = 60
# What computes: 60 digits, or double precision for orbits.
M = mp.mp
DIGITS = mp.mpf(10) ** -50
NAMES = ["x", "y", "px", "py", "a"]
POINTS = 12
TRIES = 300


class Outside(Exception):
    """The point is not in the domain, or lies where nothing can be told."""


# Formulas are strings (names, exact numbers) and tuples (operation, operands). Values are pairs of a number and its
# gradient over the names.


def constant(value):
    return value, [M.mpf(0)] * len(NAMES)


def chain(value, pairs):
    """A value with the gradient Σ slope·gradient."""
    gradient = [M.fsum(s * g[i] for s, g in pairs) for i in range(len(NAMES))]
    return value, gradient


def apart_from_zero(v):
    if abs(v) < M.mpf(10) ** -25:
        raise Outside
    return v


def power(base, exponent):
    v, g = base
    p, q = exponent
    if q != 1:
        if v <= 0:
            raise Outside
        apart_from_zero(v)
    if p < 0:
        apart_from_zero(v)
    if p == 0:
        return constant(M.mpf(1))
    e = M.mpf(p) / q
    value = v ** e if q != 1 else v ** p
    slope = e * (v ** (e - 1) if q != 1 else (v ** (p - 1)))
    return chain(value, [(slope, g)])


def logarithm(v):
    if v <= 0:
        raise Outside
    return M.log(apart_from_zero(v))


FUNCTIONS = {
    "sin": (lambda v: M.sin(v), lambda v: M.cos(v)),
    "cos": (lambda v: M.cos(v), lambda v: -M.sin(v)),
    "tan": (lambda v: M.tan(v), lambda v: 1 / M.cos(v) ** 2),
    "exp": (lambda v: M.exp(v), lambda v: M.exp(v)),
    "log": (logarithm, lambda v: 1 / v),
    "abs": (lambda v: abs(apart_from_zero(v)), lambda v: M.sign(v)),
    "sign": (lambda v: M.sign(apart_from_zero(v)), lambda v: M.mpf(0)),
}


def evaluate(formula, point):
    if isinstance(formula, str):
        if formula == "pi":
            return constant(+M.pi)
        if formula in NAMES:
            i = NAMES.index(formula)
            return point[i], [M.mpf(i == k) for k in range(len(NAMES))]
        top, _, below = formula.partition("/")
        return constant(M.mpf(top) / M.mpf(below or 1))
    operation, *operands = formula
    if operation == "^":
        return power(evaluate(operands[0], point), operands[1])
    if operation == "sqrt":
        return power(evaluate(operands[0], point), (1, 2))
    values = [evaluate(o, point) for o in operands]
    (v, g), *rest = values
    if operation == "neg":
        return chain(-v, [(-1, g)])
    if operation in FUNCTIONS:
        of, slope = FUNCTIONS[operation]
        if abs(v) > 200:
            raise Outside
        return chain(of(v), [(slope(v), g)])
    w, h = rest[0]
    if operation == "+":
        return chain(v + w, [(1, g), (1, h)])
    if operation == "-":
        return chain(v - w, [(1, g), (-1, h)])
    if operation == "*":
        return chain(v * w, [(w, g), (v, h)])
    apart_from_zero(w)
    return chain(v / w, [(1 / w, g), (-v / w**2, h)])


def written(formula):
    if isinstance(formula, str):
        return formula if "/" not in formula and not formula.startswith("-") else f"({formula})"
    operation, *operands = formula
    if operation == "^":
        p, q = operands[1]
        return f"({written(operands[0])})^({p}/{q})" if q != 1 else f"({written(operands[0])})^({p})"
    if operation == "neg":
        return f"(-{written(operands[0])})"
    if operation in FUNCTIONS or operation == "sqrt":
        return f"{operation}({written(operands[0])})"
    return f"({written(operands[0])} {operation} {written(operands[1])})"


NUMBERS = ["1", "2", "3", "1/2", "3/2", "-1", "-2", "5", "2/3", "7"]
CONSTANTS = [
    "pi",
    ("sqrt", "2"),
    ("sqrt", ("+", "3", ("*", "2", ("sqrt", "2")))),
    ("cos", ("/", "pi", "5")),
    ("sin", ("/", "pi", "6")),
    ("log", "6"),
    ("-", ("log", "2"), ("log", "3")),
    ("exp", "1"),
    ("cos", "a"),
    ("^", "2", (1, 3)),
]


def leaf(rng, names):
    roll = rng.random()
    if roll < 0.68:
        return rng.choice(names)
    if roll < 0.92:
        return rng.choice(NUMBERS)
    return rng.choice(CONSTANTS + ["a"])


def formula(rng, names, size):
    """A random formula of the class with about that many operations."""
    if size <= 0:
        return leaf(rng, names)
    roll = rng.random()
    if roll < 0.62:
        left = rng.randrange(size)
        operation = rng.choice(["+", "+", "-", "*", "*", "*", "/"])
        return operation, formula(rng, names, left), formula(rng, names, size - 1 - left)
    inner = formula(rng, names, size - 1)
    if roll < 0.80:
        return "^", inner, rng.choice([(2, 1), (2, 1), (3, 1), (-1, 1), (-2, 1), (1, 3), (3, 2), (-1, 2)])
    if roll < 0.88:
        return "sqrt", inner
    if roll < 0.91:
        return rng.choice(["abs", "sign"]), inner
    function = rng.choice(["sin", "cos", "exp", "log", "tan"])
    simple = inner if written_size(inner) < 4 else rng.choice(names)
    return function, simple


def written_size(f):
    return 1 if isinstance(f, str) else 1 + sum(written_size(o) for o in f[1:] if not is_exponent(o))


def is_exponent(o):
    return isinstance(o, tuple) and len(o) == 2 and all(isinstance(v, int) for v in o)


def true_rules(f, rng):
    """Other writings of the same function on the common domain."""
    square = lambda u: ("^", u, (2, 1))
    out = [("+", f, "0"), ("*", "2", ("/", f, "2")), ("-", ("+", f, "a"), "a"), ("^", ("^", f, (3, 1)), (1, 3))]
    if isinstance(f, str):
        return out
    operation, *o = f
    if operation == "^" and o[1] == (2, 1):
        out += [("*", o[0], o[0]), square(("abs", o[0])), square(("neg", o[0])), ("sqrt", ("^", o[0], (4, 1)))]
        if not isinstance(o[0], str) and o[0][0] == "+":
            u, v = o[0][1:]
            out.append(("+", ("+", square(u), square(v)), ("*", "2", ("*", u, v))))
    if operation == "*":
        u, v = o
        out += [("*", v, u), ("/", ("-", square(("+", u, v)), square(("-", u, v))), "4")]
        if not isinstance(v, str) and v[0] in "+-":
            out.append((v[0], ("*", u, v[1]), ("*", u, v[2])))
    if operation == "sqrt" and not isinstance(o[0], str) and o[0][0] == "^" and o[0][2] == (2, 1):
        out.append(("abs", o[0][1]))
    if operation == "sqrt":
        out += [("^", o[0], (1, 2)), ("/", o[0], ("sqrt", o[0]))]
    if operation == "abs":
        out += [("sqrt", square(o[0])), ("*", o[0], ("sign", o[0])), ("abs", ("neg", o[0]))]
    if operation == "sign":
        out += [("/", o[0], ("abs", o[0])), ("/", ("sqrt", square(o[0])), o[0])]
    if operation == "sin":
        half = ("/", o[0], "2")
        out += [("*", "2", ("*", ("sin", half), ("cos", half))), ("cos", ("-", o[0], ("/", "pi", "2")))]
    if operation == "cos":
        half = ("/", o[0], "2")
        out += [("-", "1", ("*", "2", square(("sin", half)))), ("sin", ("+", o[0], ("/", "pi", "2")))]
    if operation == "tan":
        out.append(("/", ("sin", o[0]), ("cos", o[0])))
    if operation == "exp":
        out += [("/", "1", ("exp", ("neg", o[0]))), ("^", ("exp", ("/", o[0], "2")), (2, 1))]
    if operation == "log":
        out += [("neg", ("log", ("/", "1", o[0]))), ("/", ("log", square(o[0])), "2")]
    return out


def near_rules(f, rng):
    """Writings that are the same on a part of the domain, or not at all."""
    out = [("abs", f), ("sqrt", ("^", f, (2, 1))), ("*", f, ("sign", f)), ("*", f, "141421356237/100000000000")]
    if isinstance(f, str):
        return out
    operation, *o = f
    if operation == "abs":
        out.append(o[0])
    if operation == "sign":
        out.append("1")
    if operation == "sqrt" and not isinstance(o[0], str) and o[0][0] == "*":
        out.append(("*", ("sqrt", o[0][1]), ("sqrt", o[0][2])))
    if operation == "cos":
        out.append(("sqrt", ("-", "1", ("^", ("sin", o[0]), (2, 1)))))
    if operation == "log":
        out.append(("log", ("neg", o[0])))
    if operation == "^":
        out.append(("^", ("abs", o[0]), o[1]))
    return out


def rewritten(f, rng, rules, chance):
    """The formula with rules applied at random places."""
    if not isinstance(f, str):
        f = tuple([f[0]] + [o if is_exponent(o) else rewritten(o, rng, rules, chance) for o in f[1:]])
    if rng.random() < chance:
        return rng.choice(rules(f, rng))
    return f


def outer(f, rng):
    """A function of f."""
    return rng.choice(
        [
            f,
            ("^", f, (2, 1)),
            ("+", f, ("^", f, (3, 1))),
            ("exp", f),
            ("sin", f),
            ("sqrt", ("+", "1", ("^", f, (2, 1)))),
            ("/", "1", ("+", f, "a")),
            ("*", "a", f),
            ("abs", f),
            ("log", f),
        ]
    )


def claim(rng):
    """A Hamiltonian and a function."""
    kind = rng.choice(["random", "energy", "parts", "parts", "angular", "cyclic", "near", "near"])
    size = rng.randrange(1, 6)
    if kind == "random":
        return kind, formula(rng, NAMES[:4], size + 1), formula(rng, NAMES[:4], size)
    kinetic = ("/", ("+", ("^", "px", (2, 1)), ("^", "py", (2, 1))), "2")
    if kind == "energy":
        h = ("+", kinetic, formula(rng, ["x", "y"], size)) if rng.random() < 0.6 else formula(rng, NAMES[:4], size)
        return kind, h, rewritten(outer(h, rng), rng, true_rules, 0.15)
    if kind == "angular":
        square = ("+", ("^", "x", (2, 1)), ("^", "y", (2, 1)))
        radius = rng.choice([square, ("sqrt", square), ("^", square, (-1, 2)), ("log", square)])
        h = ("+", kinetic, substituted(formula(rng, ["r"], size), radius))
        momentum = ("-", ("*", "x", "py"), ("*", "y", "px"))
        rules = true_rules if rng.random() < 0.7 else near_rules
        return kind, h, rewritten(outer(momentum, rng), rng, rules, 0.15)
    if kind == "cyclic":
        h = formula(rng, ["x", "px", "py"], size + 1)
        return kind, h, rewritten(outer(rng.choice(["py", ("*", "py", h)]), rng), rng, true_rules, 0.2)
    part = lambda q, p: ("+", ("/", ("^", p, (2, 1)), "2"), formula(rng, [q], size))
    first, second = part("x", "px"), part("y", "py")
    if rng.random() < 0.4:
        first = formula(rng, ["x", "px"], size)
    h = rng.choice([("+", first, second), ("+", first, second), ("*", first, second), ("/", first, second)])
    rules = near_rules if kind == "near" else true_rules
    h = rewritten(h, rng, rules if rng.random() < 0.5 else true_rules, 0.06)
    return kind, h, rewritten(outer(first, rng), rng, rules, 0.15)


def substituted(f, radius):
    if isinstance(f, str):
        return radius if f == "r" else f
    return tuple([f[0]] + [o if is_exponent(o) else substituted(o, radius) for o in f[1:]])


def bracket(f, h, point):
    """{F, H} and a bound on the size of its terms."""
    (_, u), (_, v) = evaluate(f, point), evaluate(h, point)
    terms = [u[0] * v[2], -u[2] * v[0], u[1] * v[3], -u[3] * v[1]]
    return M.fsum(terms), 4 * max(map(abs, u)) * max(map(abs, v))


def vanishing(f, h, rng, points=POINTS):
    """How many points of the domain were found, and at which the bracket does not vanish."""
    found, nonzero = 0, []
    for attempt in range(TRIES):
        scale = rng.choice([0.5, 2, 4, 12, 40])
        point = [M.mpf(rng.uniform(-scale, scale)) for _ in NAMES]
        if attempt % 3 == 0:
            point = [abs(v) for v in point]
        try:
            value, size = bracket(f, h, point)
        except (Outside, OverflowError, ZeroDivisionError):
            continue
        if not M.isfinite(value) or size > M.mpf(10) ** 200:
            continue
        found += 1
        if abs(value) > DIGITS * 10**8 * max(size, 1):
            nonzero.append(point)
        if found == points:
            break
    return found, nonzero


def jumps(f, h, rng):
    """A starting point of an orbit along which H keeps its value and F does not."""
    global M
    M = mp.fp
    try:
        starts = ([rng.uniform(-2, 2) for _ in NAMES] for _ in range(12))
        return next((start for start in starts if jumps_from(f, h, start)), None)
    finally:
        M = mp.mp


def jumps_from(f, h, start):
    state = list(start)
    try:
        (energy, _), (law, _) = evaluate(h, state), evaluate(f, state)
        for _ in range(120):
            state = step(h, state, 0.02)
            (e, slope), (l, _) = evaluate(h, state), evaluate(f, state)
            if max(abs(s) for s in slope) > 20 or abs(e - energy) > 1e-6 * (1 + abs(energy)):
                return False
            if abs(l - law) > 1e-2 * (1 + abs(law)):
                return True
    except (Outside, OverflowError, ZeroDivisionError, ValueError, TypeError):
        pass
    return False


def step(h, state, dt):
    """A step of Runge and Kutta's method."""

    def rate(s):
        _, g = evaluate(h, s)
        return [g[2], g[3], -g[0], -g[1], M.mpf(0)]

    shifted = lambda s, k, d: [v + d * w for v, w in zip(s, k)]
    k1 = rate(state)
    k2 = rate(shifted(state, k1, dt / 2))
    k3 = rate(shifted(state, k2, dt / 2))
    k4 = rate(shifted(state, k3, dt))
    return [v + dt / 6 * (a + 2 * b + 2 * c + d) for v, a, b, c, d in zip(state, k1, k2, k3, k4)]


def asked(program, folder, number, h, f):
    """What `liouville verify` answers: a status, or the kind of its refusal."""
    file = Path(folder) / f"claim{number}.ham"
    file.write_text(f"system claim\ncoordinates x, y\nmomenta px, py\nparameters a\nH = {written(h)}\n")
    command = [program, "verify", str(file), f"F = {written(f)}", "--json", "--quiet", "--threads", "1"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    except subprocess.TimeoutExpired:
        return "timeout"
    file.unlink()
    if done.returncode not in (0, 1, 3) or not done.stdout.strip():
        return "panic" if "panicked" in done.stderr else "error: " + done.stderr.strip().splitlines()[0][:60]
    return json.loads(done.stdout)["laws"][-1]["status"]


def judged(program, folder, seed, number):
    rng = random.Random(f"{seed}/{number}")
    kind, h, f = claim(rng)
    status = asked(program, folder, number, h, f)
    fault = None
    if status in ("proved", "piecewise", "refuted"):
        found, nonzero = vanishing(f, h, rng)
        if status != "refuted" and nonzero:
            fault = f"FALSE PROOF ({status}) at {[mp.nstr(v, 8) for v in nonzero[0]]}"
        if status == "refuted" and found >= POINTS and not nonzero and not vanishing(f, h, rng, TRIES)[1]:
            fault = "FALSE REFUSAL"
        if status == "proved" and fault is None and (start := jumps(f, h, rng)):
            fault = f"JUMP from {start}"
        if found == 0:
            status += ", no point found"
    if status in ("panic", "timeout"):
        fault = status
    return kind, status, fault, h, f


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("program")
    options.add_argument("--count", type=int, default=5000)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--first", type=int, default=0, help="number of the first claim")
    options = options.parse_args()
    program = str(Path(options.program).resolve())
    outcomes, faults = Counter(), 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.first, options.first + options.count):
            kind, status, fault, h, f = judged(program, folder, options.seed, number)
            outcomes[(kind, status if not status.startswith("error") else "error")] += 1
            outcomes[("all", status)] += 1
            if fault:
                faults += 1
                print(f"{number}: {fault}\n  H = {written(h)}\n  F = {written(f)}", flush=True)
    for (kind, status), count in sorted(outcomes.items()):
        print(f"{kind:8} {count:6}  {status}")
    print(f"{faults} faults among {options.count} claims, seed {options.seed}")
    sys.exit(min(faults, 100))


if __name__ == "__main__":
    main()
