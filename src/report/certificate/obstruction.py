# --- Proofs that a system is not integrable ----------------------------------------------------------------------
#
# Everything is computed again from H: the kinetic energy, the part of the potential and its degree, the Darboux point,
# the eigenvalue, and by Kimura's theorem that it is excluded. The class of integrals must be the one that this proves.

PRECISION = 320  # binary digits after the point of the ends of intervals


class Symbolic:
    """Formulas as SymPy's expressions; variables are complex."""

    def number(self, value):
        return sympy.Rational(value.numerator, value.denominator)

    def pi(self):
        return sympy.pi

    def name(self, name):
        return sympy.Symbol(name)

    def times(self, a, b):
        return a * b

    def plus(self, a, b):
        return a + b

    def power(self, a, exponent):
        return a ** self.number(exponent)

    def call(self, name, argument):
        return getattr(sympy, name)(argument)


class Kinetic:
    """H = p.A.p/2 + b.p + V with constant A."""

    def __init__(self, data):
        dof = len(data["coordinates"])
        self.q = [sympy.Symbol(f"q{i}") for i in range(dof)]
        self.p = [sympy.Symbol(f"p{i}") for i in range(dof)]
        h = symbolic(data["H"])
        rest = {p: 0 for p in self.p}
        slopes = [sympy.diff(h, p) for p in self.p]
        second = [[sympy.simplify(sympy.diff(slope, p)) for p in self.p] for slope in slopes]
        if not all(entry.is_Rational for row in second for entry in row):
            raise Outside("a kinetic energy that is not constant")
        self.masses = sympy.Matrix(second)
        self.turning = [t for t in (sympy.simplify(slope.subs(rest)) for slope in slopes) if t != 0]
        self.potential = h.subs(rest)
        self.dof = dof
        self.restricted = bool(data["where"])


def symbolic(text):
    return evaluate(read(text), Symbolic())


def check_obstruction(report, data):
    """The proof of non-integrability, recomputed."""
    claim = data.get("obstruction")
    if claim is None:
        return
    kinds = {"exponential": exponential_holds, "darboux": darboux_holds, "darboux-ball": ball_holds, "leading": leading_holds}

    def holds():
        system = Kinetic(data)
        if data["parameters"] or system.masses.det() == 0 or system.dof < 2:
            return False
        try:
            return kinds[claim["kind"]](system, claim) and splits(system, claim)
        except (Outside, ArithmeticError, KeyError, StopIteration, TypeError, ValueError, sympy.polys.polyerrors.BasePolynomialError):
            # What cannot be computed is not proved.
            return False

    report.check(f"not integrable, {claim['class']}: {claim['kind']}", holds)


def darboux_holds(system, claim):
    """A Darboux point of the whole potential, exactly."""
    return claim["part"] == "whole" and exact_point_holds(system, claim)


def ball_holds(system, claim):
    """A Darboux point of the whole potential, enclosed."""
    return claim["part"] == "whole" and enclosed_holds(system, claim)


def leading_holds(system, claim):
    """A Darboux point of the leading or the lowest part of the potential."""
    inner = {"darboux": exact_point_holds, "darboux-ball": enclosed_holds}[claim["inner"]]
    return claim["part"] in ("leading", "lowest") and inner(system, claim)


def exact_point_holds(system, claim):
    return direction_holds(system, claim) if "direction" in claim else plane_holds(system, claim)


def splits(system, claim):
    """Whether V does not change along the translations, and H is a sum of their motion and of what is relative to it."""
    if not claim["translations"]:
        return claim["relative"] is None
    rows = sympy.Matrix([list(vector(texts)) for texts in claim["translations"]])
    count = rows.rows
    independent = rows.rank() == count and (rows * system.masses.inv() * rows.T).det() != 0
    if system.turning or not independent or claim["relative"] != system.dof - count:
        return False
    slopes = sympy.Matrix([sympy.diff(system.potential, q) for q in system.q])
    return all(sympy.expand(change) == 0 or sympy.simplify(change) == 0 for change in rows * slopes)


# The table.


def kimura(first, second, third):
    """Whether the hypergeometric equation with these squares of exponent differences is solvable."""
    roots = [sympy.sqrt(square) for square in (first, second, third)]
    for signs in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
        total = sympy.nsimplify(sympy.simplify(roots[0] + signs[0] * roots[1] + signs[1] * roots[2]))
        if total.is_Integer and total % 2 == 1:
            return True
    half, third_, quarter, fifth = (Fraction(1, n) for n in (2, 3, 4, 5))
    families = [
        ((half, half, None), False), ((half, third_, third_), False), ((2 * third_, third_, third_), True),
        ((half, third_, quarter), False), ((2 * third_, quarter, quarter), True), ((half, third_, fifth), False),
        ((2 * fifth, third_, third_), True), ((2 * third_, fifth, fifth), True), ((half, 2 * fifth, fifth), True),
        ((3 * fifth, third_, fifth), True), ((2 * fifth, 2 * fifth, 2 * fifth), True), ((2 * third_, third_, fifth), True),
        ((4 * fifth, fifth, fifth), True), ((half, 2 * fifth, third_), True), ((3 * fifth, 2 * fifth, third_), True),
    ]
    values = [Fraction(int(r.p), int(r.q)) if r.is_Rational else None for r in roots]
    for a, b, c in ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)):
        for family, even in families:
            sums = {0}
            for value, target in zip((values[a], values[b], values[c]), family):
                if target is None:
                    continue
                shifts = [] if value is None else [s for s in (value - target, -value - target) if s.denominator == 1]
                sums = {(total + int(shift)) % 2 for total in sums for shift in shifts}
            if sums and (not even or 0 in sums):
                return True
    return False


def allowed(degree, eigenvalue):
    """Whether a homogeneous potential of this degree can be integrable with this rational eigenvalue."""
    if degree == 0:
        return True
    third = ((degree - 2) ** 2 + 8 * degree * eigenvalue) / (4 * degree**2)
    return kimura(1 / sympy.Rational(degree) ** 2, sympy.Rational(1, 4), third)


def allows_all(degree):
    """Whether no eigenvalue is excluded; otherwise none that is irrational is allowed."""
    return degree == 0 or (1 / sympy.Rational(degree) - sympy.Rational(1, 2)).is_Integer


def excluded(degree, claim, polynomial, variable):
    """Whether the eigenvalue of the claim is a root of the polynomial and is excluded."""
    polynomial = sympy.Poly(polynomial, variable)
    if claim["eigenvalue"] is not None:
        value = sympy.Rational(claim["eigenvalue"])
        return polynomial.eval(value) == 0 and not allowed(degree, value)
    factor = sympy.Poly([sympy.Rational(c) for c in reversed(claim["polynomial"])], variable)
    irrational = factor.degree() > 1 and all(f.degree() > 1 for f, _ in factor.factor_list()[1])
    return not allows_all(degree) and irrational and sympy.rem(polynomial, factor).is_zero


# The part of the potential.


def degree_of(term, q):
    """The degree of a formula that is homogeneous as it is written; None otherwise."""
    if not term.free_symbols & set(q):
        return sympy.Integer(0)
    if term.is_Symbol:
        return sympy.Integer(1)
    if term.is_Pow:
        base = degree_of(term.base, q)
        return base * term.exp if base is not None and term.exp.is_Rational else None
    if term.is_Mul:
        parts = [degree_of(factor, q) for factor in term.args]
        return None if None in parts else sum(parts)
    if term.is_Add:
        parts = {degree_of(part, q) for part in term.args}
        return parts.pop() if len(parts) == 1 else None
    return None


def homogeneous_terms(formula, q):
    """Homogeneous terms by their degrees: (above, below) where the formula is rational, else (terms, None)."""
    if formula.is_rational_function(*q):
        above, below = sympy.fraction(sympy.cancel(sympy.together(formula)))
        return tuple(by_degree(sympy.Poly(part, *q)) for part in (above, below))
    terms = {}
    for term in sympy.Add.make_args(sympy.expand(formula)):
        degree = degree_of(term, q)
        if degree is None:
            raise Outside("a potential without homogeneous parts")
        terms[degree] = terms.get(degree, 0) + term
    return terms, None


def by_degree(polynomial):
    parts = {}
    for powers, coefficient in polynomial.terms():
        term = coefficient * sympy.prod(g**e for g, e in zip(polynomial.gens, powers))
        degree = sympy.Integer(sum(powers))
        parts[degree] = parts.get(degree, 0) + term
    return parts


def part_of(system, part):
    """(potential, degree, class) of the leading, lowest or whole part; constants are dropped."""
    choose = {"leading": max, "lowest": min, "whole": max}[part]
    formula = system.potential
    for _ in range(2):
        above, below = homogeneous_terms(formula, system.q)
        if below is None:
            above = {d: t for d, t in above.items() if t.free_symbols}
            bottom, divisor = sympy.Integer(0), sympy.Integer(1)
        else:
            bottom = choose(below)
            divisor = below[bottom]
        kept = sympy.cancel(above[choose(above)] / divisor) if below is not None else above[choose(above)]
        if kept.free_symbols:
            break
        formula = sympy.cancel(sympy.together(formula - kept))
    degree = choose(above) - bottom
    rational = below is not None
    whole = len(above) == 1 and (not rational or len(below) == 1)
    if part == "whole":
        if not whole or system.turning:
            # A constant beside a homogeneous part is dropped, whatever its degree.
            return part_without_constant(system)
        return kept, degree, whole_class(system, rational)
    for turning in system.turning:
        of_above, of_below = homogeneous_terms(turning, system.q)
        own = choose(of_above) - (choose(of_below) if of_below is not None else 0)
        if not (2 * own < degree if part == "leading" else 2 * own > degree):
            raise Outside("gyroscopic terms that the part does not dominate")
    analytic = part == "lowest" and degree > 0 and not system.restricted
    analytic = analytic and all(f.is_polynomial(*system.q) for f in [system.potential, *system.turning])
    if not rational:
        return kept, degree, "rational in q, p and the roots of H"
    return kept, degree, "meromorphic near the origin" if analytic else "rational"


def whole_class(system, rational):
    if not rational:
        return "meromorphic in q, p and the roots of H"
    return "rational" if system.restricted else "meromorphic"


def part_without_constant(system):
    above, below = homogeneous_terms(system.potential, system.q)
    if system.turning or below is None or any(t.free_symbols for t in below.values()) or len(above) != 2 or 0 not in above:
        raise Outside("a potential that is not homogeneous")
    degree = max(d for d in above if d != 0)
    return above[degree] / sum(below.values()), degree, whole_class(system, True)


# Darboux points.


def vector(texts):
    return sympy.Matrix([sympy.Rational(text) for text in texts])


def direction_holds(system, claim):
    """One rational direction: the force is parallel to it, and a root of the characteristic polynomial is excluded."""
    potential, degree, kind = part_of(system, claim["part"])
    if not potential.is_rational_function(*system.q) and system.restricted:
        return False
    direction = vector(claim["direction"])
    at = dict(zip(system.q, direction))
    roots = [power.base for power in potential.atoms(sympy.Pow) if not power.exp.is_Integer]
    if any(sympy.simplify(base.subs(at)) == 0 for base in roots):
        return False
    force = (system.masses * sympy.Matrix([sympy.diff(potential, q).subs(at) for q in system.q])).applyfunc(sympy.simplify)
    place = next(i for i in range(system.dof) if direction[i] != 0)
    strength = force[place] / direction[place]
    if strength == 0 or any(sympy.simplify(entry) != 0 for entry in force - strength * direction):
        return False
    second = sympy.hessian(potential, system.q).subs(at)
    matrix = (system.masses * second / strength).applyfunc(sympy.simplify)
    if not all(entry.is_Rational for entry in matrix):
        return False
    variable = sympy.Symbol("x")
    return claim["class"] == kind and excluded(degree, claim, matrix.charpoly(variable).as_expr(), variable)


def plane_holds(system, claim):
    """Directions u + m v with slope(m) = 0, in the field Q[m]/(factor) for each factor of the slope."""
    potential, degree, kind = part_of(system, claim["part"])
    if claim["class"] != kind or not potential.is_rational_function(*system.q):
        return False
    m = sympy.Symbol("m")
    u, v = (vector(entries) for entries in claim["basis"])
    slope = sympy.Poly([sympy.Rational(c) for c in reversed(claim["slope"])], m)
    eigenvalues = sympy.Integer(1)
    variable = sympy.Symbol("x")
    factors = [factor for factor, _ in slope.factor_list()[1]]
    for factor in factors:
        eigenvalues *= eigenvalue_polynomial(system, potential, degree, (u, v), factor, variable)
    return bool(factors) and excluded(degree, claim, sympy.expand(eigenvalues), variable)


def eigenvalue_polynomial(system, potential, degree, basis, factor, variable):
    """The characteristic polynomial over Q of the eigenvalue in the plane that belongs to one factor of the slope."""
    u, v = basis
    m = factor.gen
    scale = sympy.Symbol("z")
    line = u * scale + v * m
    at = dict(zip(system.q, line))
    field = [sympy.diff(potential, q) for q in system.q]
    force = system.masses * sympy.Matrix([sympy.cancel(f.subs(at, simultaneous=True)) for f in field])
    frame = u.row_join(v)
    projection = (frame.T * frame).inv() * frame.T
    inner = (projection * force).applyfunc(sympy.cancel)
    if any(sympy.cancel(entry) != 0 for entry in force - frame * inner):
        raise Outside("a plane that forces leave")
    divergence = sympy.cancel(sympy.diff(inner[0], scale) + sympy.diff(inner[1], m))

    def reduced(formula):
        above, below = sympy.fraction(sympy.cancel(formula.subs(scale, 1)))
        inverse = sympy.invert(sympy.Poly(below, m), factor)
        return sympy.rem(sympy.Poly(above, m) * inverse, factor)

    along, across, spread = reduced(inner[0]), reduced(inner[1]), reduced(divergence)
    if along.is_zero or not sympy.rem(across - sympy.Poly(m, m) * along, factor).is_zero:
        raise Outside("no Darboux direction")
    value = sympy.rem(spread * sympy.invert(along, factor), factor) - sympy.Poly(degree - 1, m)
    return sympy.resultant(factor.as_expr(), variable - value.as_expr(), m)


def exponential_holds(system, claim):
    """Two exponentials that the weights select, and the eigenvalue of their Gram matrix."""
    if system.turning or claim["class"] != "rational in p and the exponentials of H":
        return False
    exponents = {}
    for term in sympy.Add.make_args(sympy.expand(sympy.powsimp(sympy.expand(system.potential)))):
        form, coefficient = sympy.Integer(0), sympy.Integer(1)
        for factor in sympy.Mul.make_args(sympy.powsimp(term)):
            if isinstance(factor, sympy.exp):
                form += factor.args[0]
            else:
                coefficient *= factor
        if coefficient.free_symbols:
            raise Outside("a potential that is no sum of exponentials")
        key = tuple(sympy.diff(form, q) for q in system.q)
        if any(not entry.is_Rational for entry in key) or sympy.expand(form - sum(k * q for k, q in zip(key, system.q))) != 0:
            raise Outside("an exponent that is not linear")
        exponents[key] = exponents.get(key, 0) + coefficient
    present = [key for key, value in exponents.items() if value != 0 and any(key)]
    weights = vector(claim["weights"])
    weight = {key: sum(k * w for k, w in zip(key, weights)) for key in present}
    extreme = [key for key in present if weight[key] == max(weight.values())]
    claimed = [tuple(vector(entries)) for entries in claim["exponents"]]
    if len(extreme) != 2 or set(extreme) != set(claimed):
        return False
    rows = sympy.Matrix(extreme)
    gram = rows * system.masses * rows.T
    if gram.det() == 0:
        return False
    c = gram.inv() * sympy.ones(2, 1)
    value = c[0] * gram[0, 0] + c[1] * gram[1, 1] - 1
    solvable = kimura(sympy.Integer(0), sympy.Rational(1, 4), (1 + 8 * value) / 4)
    return 0 not in c and value == sympy.Rational(claim["eigenvalue"]) and not solvable


# Intervals with ends n/2^PRECISION.


class Intervals:
    """Formulas on intervals, as pairs of integers in units of 2^-PRECISION."""

    def __init__(self, values):
        self.values = values

    def number(self, value):
        return (value.numerator << PRECISION) // value.denominator, -((-value.numerator << PRECISION) // value.denominator)

    def pi(self):
        raise Outside("no interval for pi")

    def name(self, name):
        return self.values[name]

    def plus(self, a, b):
        return a[0] + b[0], a[1] + b[1]

    def times(self, a, b):
        products = [x * y for x in a for y in b]
        return min(products) >> PRECISION, -(-max(products) >> PRECISION)

    def inverse(self, a):
        if a[0] <= 0 <= a[1]:
            raise Outside("a division by an interval around 0")
        one = 1 << (2 * PRECISION)
        return one // a[1], -(-one // a[0])

    def power(self, a, exponent):
        if exponent.denominator > 1:
            if a[0] <= 0:
                raise Outside("a root of an interval that is not positive")
            n = exponent.denominator
            root = lambda x: int(sympy.integer_nthroot(x << (PRECISION * (n - 1)), n)[0])
            a = root(a[0]), root(a[1]) + 1
        product = self.number(Fraction(1))
        for _ in range(abs(exponent.numerator)):
            product = self.times(product, a)
        return self.inverse(product) if exponent < 0 else product

    def call(self, name, argument):
        raise Outside(f"no interval for {name}")


def interval_of(formula, over):
    """The interval of a SymPy expression."""
    if formula.is_Rational:
        return over.number(Fraction(int(formula.p), int(formula.q)))
    if formula.is_Symbol:
        return over.name(formula.name)
    if formula.is_Pow and formula.exp.is_Rational:
        return over.power(interval_of(formula.base, over), Fraction(int(formula.exp.p), int(formula.exp.q)))
    if formula.is_Add or formula.is_Mul:
        parts = [interval_of(part, over) for part in formula.args]
        total = parts[0]
        for part in parts[1:]:
            total = over.plus(total, part) if formula.is_Add else over.times(total, part)
        return total
    raise Outside(f"no interval for {formula}")


def determinant_sign(matrix, over):
    """The sign of the determinant of all matrices in the intervals; None where it is open."""
    rows, sign = [list(row) for row in matrix], 1
    for k in range(len(rows)):
        pivot = max(range(k, len(rows)), key=lambda i: 0 if rows[i][k][0] <= 0 <= rows[i][k][1] else abs(sum(rows[i][k])))
        if rows[pivot][k][0] <= 0 <= rows[pivot][k][1]:
            return None
        if pivot != k:
            rows[k], rows[pivot] = rows[pivot], rows[k]
            sign = -sign
        sign = sign if rows[k][k][0] > 0 else -sign
        inverse = over.inverse(rows[k][k])
        for i in range(k + 1, len(rows)):
            factor = over.times(rows[i][k], inverse)
            for j in range(k, len(rows)):
                product = over.times(factor, rows[k][j])
                rows[i][j] = over.plus(rows[i][j], (-product[1], -product[0]))
    return sign


def table_between(degree, low, high):
    """The values of the Morales-Ramis table between two rationals; for a fractional degree by Kimura's theorem."""
    k = Fraction(int(degree.p), int(degree.q))
    if k.denominator > 1:
        return allowed_between(degree, k, low, high)
    special = {
        3: (Fraction(-1, 24), Fraction(1, 24), 6, (Fraction(2), Fraction(3, 2), Fraction(6, 5), Fraction(12, 5))),
        4: (Fraction(-1, 8), Fraction(1, 8), 4, (Fraction(4, 3),)),
        5: (Fraction(-9, 40), Fraction(1, 40), 10, (Fraction(10, 3), Fraction(4))),
    }.get(abs(degree))
    found = set()
    for p in range(-200, 201):
        values = [p + k * p * (p - 1) / 2, ((k - 1) / k + k * p * (p + 1)) / 2]
        if special:
            constant_, scale, step, offsets = special
            if degree < 0:
                constant_, scale = {3: Fraction(25, 24), 4: Fraction(9, 8), 5: Fraction(49, 40)}[-degree], -scale
            values += [constant_ + scale * (offset + step * p) ** 2 for offset in offsets]
        found |= {value for value in values if low <= value <= high}
    return found


def allowed_between(degree, k, low, high):
    """The eigenvalues that Kimura's theorem allows, from the third exponent difference d: a sum of the others and an
    integer, or a number of halves, thirds, quarters or fifths."""
    parts = {Fraction(n, m) for m in (2, 3, 4, 5) for n in range(1, m)} | {1 / k + Fraction(1, 2), -1 / k - Fraction(1, 2)}
    square = (8 * abs(k) * max(abs(low), abs(high)) + (k - 2) ** 2) / (4 * k * k)
    reach = int(sympy.integer_nthroot(int(square), 2)[0]) + abs(int(1 / k)) + 3
    values = {((2 * k * (part + n)) ** 2 - (k - 2) ** 2) / (8 * k) for part in parts for n in range(-reach, reach + 1)}
    return {v for v in values if low <= v <= high and allowed(degree, sympy.Rational(v.numerator, v.denominator))}


def enclosed_holds(system, claim):
    """Krawczyk's test for A V'(c) = sign c on the coordinates that do not vanish, and a change of sign of the
    determinant of an invariant block of sign A V'' - x between two numbers with no value of the table between them."""
    potential, degree, kind = part_of(system, claim["part"])
    if claim["class"] != kind or allows_all(degree) or degree_of(potential, system.q) != degree:
        return False
    if system.restricted and kind != "rational":
        return False
    dof, sign = system.dof, claim["sign"]
    vanishing, block = claim["vanishing"], claim["block"]
    free = [i for i in range(dof) if i not in vanishing]
    if sign not in (1, -1) or not invariant(system, potential, vanishing, block, free):
        return False
    centre = [Fraction(text) for text in claim["centre"]]
    radius = Fraction(claim["radius"])
    if radius <= 0 or any(centre[i] != 0 for i in vanishing):
        return False
    slopes = {i: sympy.diff(potential, system.q[i]) for i in range(dof)}

    def boxes(width):
        over = Intervals({})
        ends = {i: (over.number(centre[i] - width)[0], over.number(centre[i] + width)[1]) for i in free}
        over.values = {f"q{i}": ends.get(i, (0, 0)) for i in range(dof)}
        return over

    def variation(over, places):
        second = {(l, j): interval_of(sympy.diff(slopes[l], system.q[j]), over) for l in places for j in places}
        mass = lambda i, l: over.number(sign * Fraction(int(system.masses[i, l].p), int(system.masses[i, l].q)))

        def entry(i, j):
            total = (0, 0)
            for l in places:
                total = over.plus(total, over.times(mass(i, l), second[l, j]))
            return total

        return [[entry(i, j) for j in places] for i in places]

    if not krawczyk(system, free, centre, radius, boxes, variation, slopes, sign):
        return False
    over = boxes(radius)
    matrix = variation(over, block)
    low, high = (Fraction(text) for text in claim["between"])
    signs = []
    for x in (low, high):
        shift = over.number(-x)
        signs.append(determinant_sign([[over.plus(e, shift) if i == j else e for j, e in enumerate(row)] for i, row in enumerate(matrix)], over))
    within = max(abs(low), abs(high)) < 1000
    return low < high and within and None not in signs and signs[0] != signs[1] and not table_between(degree, low, high)


def invariant(system, potential, vanishing, block, free):
    """Whether forces do not leave the space where coordinates vanish, nor A V'' the block there."""
    everything = set(range(system.dof))
    if not block or not (set(block) == set(free) or set(block) <= set(vanishing)) or not everything >= set(block) | set(vanishing):
        return False
    for group in (vanishing, block):
        if any(system.masses[i, j] != 0 for i in group for j in everything - set(group)):
            return False
    there = {system.q[i]: 0 for i in vanishing}
    slopes = [sympy.diff(potential, system.q[i]) for i in vanishing]
    if any(sympy.simplify(slope.subs(there)) != 0 for slope in slopes):
        return False
    others = [] if set(block) == set(free) else [j for j in vanishing if j not in block]
    mixed = [sympy.diff(potential, system.q[i], system.q[j]) for i in block for j in others]
    return all(sympy.simplify(entry.subs(there)) == 0 for entry in mixed)


def krawczyk(system, free, centre, radius, boxes, variation, slopes, sign):
    """K(B) lies inside B for the box B around the centre."""
    point, over = boxes(Fraction(0)), boxes(radius)
    n = len(free)
    one = over.number(Fraction(1))

    def slope_matrix(arithmetic):
        matrix = variation(arithmetic, free)
        minus = (-one[1], -one[0])
        return [[arithmetic.plus(e, minus) if i == j else e for j, e in enumerate(row)] for i, row in enumerate(matrix)]

    middle = sympy.Matrix([[sympy.Rational(sum(e) >> 1, 1 << PRECISION) for e in row] for row in slope_matrix(point)])
    with mpmath.workdps(60):
        back = mpmath.matrix([[mpmath.mpf(int(e.p)) / int(e.q) for e in middle.row(i)] for i in range(n)]) ** -1
        inverse = [[Fraction(int(mpmath.nint(back[i, j] * 2**100)), 2**100) for j in range(n)] for i in range(n)]
    defect = []
    for i in free:
        total = point.number(-centre[i])
        for j in free:
            mass = Fraction(int(system.masses[i, j].p), int(system.masses[i, j].q))
            total = point.plus(total, point.times(point.number(sign * mass), interval_of(slopes[j], point)))
        defect.append(total)
    slope = slope_matrix(over)
    around = over.number(-radius)[0], over.number(radius)[1]
    for i in range(n):
        row = [over.number(entry) for entry in inverse[i]]
        shift = (0, 0)
        for j in range(n):
            product = over.times(row[j], defect[j])
            shift = over.plus(shift, (-product[1], -product[0]))
            entry = (0, 0)
            for l in range(n):
                product = over.times(row[l], slope[l][j])
                entry = over.plus(entry, (-product[1], -product[0]))
            entry = over.plus(entry, one) if i == j else entry
            shift = over.plus(shift, over.times(entry, around))
        if not (around[0] < shift[0] and shift[1] < around[1]):
            return False
    return True
