# --- Functions of a certificate ----------------------------------------------------------------------------------

MEMORY = {}


def remembered(key, compute):
    """The value of a computation that depends on nothing but its key: done once."""
    if key not in MEMORY:
        MEMORY[key] = compute()
    return MEMORY[key]


def relation(text):
    """(left, relation, right) of a condition."""
    for sign in (">=", "<=", "!=", "=", ">", "<"):
        if sign in text:
            left, right = text.split(sign, 1)
            return left.strip(), sign, right.strip()
    raise Outside(f"a condition that cannot be read: {text}")


def composed(text, formulas):
    """A formula in f0, f1, … with these formulas in their place, and the places of those that occur."""
    places = []

    def formula(found):
        place = int(found[1])
        if place >= len(formulas):
            return found[0]
        places.append(place)
        return f"({formulas[place]})"

    return re.sub(r"\bf(\d+)\b", formula, text), places


def holds(a, sign, b):
    """Whether the relation holds between two numbers."""
    table = {">": a > b, "<": a < b, ">=": a >= b, "<=": a <= b, "!=": a != b, "=": a == b}
    return table[sign]


class Functions:
    """H, the laws and their combinations, by their place: H is 0, law k is k, combinations follow."""

    def __init__(self, data):
        dof = len(data["coordinates"])
        self.dof = dof
        self.variables = [f"q{i}" for i in range(dof)] + [f"p{i}" for i in range(dof)]
        self.names = self.variables + [f"c{i}" for i in range(len(data["parameters"]))]
        self.titles = ["H"] + [law["name"] for law in data["laws"]]
        self.formulas = [data["H"]] + [law["formula"] for law in data["laws"]]
        own = [data["where"]] + [law["where"] for law in data["laws"]]
        self.laws = len(self.titles)
        for combination in data["combinations"]:
            text, places = composed(combination["of"], self.formulas[: self.laws])
            self.titles.append(combination["name"])
            self.formulas.append(text)
            own.append([condition for place in places for condition in own[place]])
        self.conditions = [tuple(dict.fromkeys([*data["where"], *conditions])) for conditions in own]

    # In numbers.

    def point(self, number):
        """Rational values of all names, of that number in a fixed sequence: of all signs and several sizes. There
        are few different values of the parameters, so that several points have the same."""

        def make():
            source = random.Random(f"point {number}")
            size = source.choice([Fraction(1), Fraction(1), Fraction(4), Fraction(1, 4)])
            few = random.Random(f"parameters {number % PARAMETERS}")
            values = {}
            for name in self.names:
                parameter = name not in self.variables
                source = few if parameter else source
                size = 1 if parameter else size
                value = Fraction(source.randint(1, 9973), 4987) * size
                negative = number % PARAMETERS != 0 and source.random() < 0.5
                values[name] = -value if negative else value
            return values

        return remembered(("point", number, tuple(self.names)), make)

    def at(self, formula, number, exact=False):
        """Value and gradient at the point of that number; `None` outside the domain."""

        def compute():
            try:
                return evaluate(read(formula), Numbers(self.point(number), self.variables, exact))
            except Outside:
                return None

        return remembered(("at", formula, number, exact, tuple(self.names)), compute)

    def allowed(self, place, number):
        """Whether the function is defined at the point and its conditions hold there."""
        for condition in self.conditions[place]:
            left, sign, right = relation(condition)
            a, b = self.at(left, number), self.at(right, number)
            if a is None or b is None or not holds(a[0], sign, b[0]):
                return False
        return self.at(self.formulas[place], number) is not None

    def points(self, places, most=POINTS):
        """Numbers of points at which all these functions are defined and their conditions hold."""

        def compute():
            allowed = (n for n in range(TRIES) if all(self.allowed(place, n) for place in places))
            return list(islice(allowed, most))

        key = tuple((self.formulas[place], self.conditions[place]) for place in places)
        return remembered(("points", key, most, tuple(self.names)), compute)

    def gradient(self, place, number):
        return self.at(self.formulas[place], number)[1]

    # Exactly.

    def learned(self, place):
        """What must be positive for the function to be defined, and by its conditions."""
        key = (self.formulas[place], self.conditions[place], tuple(self.names))

        def compute():
            knowledge = Knowledge()
            self.written(knowledge, lambda field: self.assume_and_read(field, place))
            return frozenset(knowledge.positive)

        return remembered(("learned", key), compute)

    def assume_and_read(self, field, place):
        """Takes the conditions of a function for granted, then writes it in generators."""
        for condition in self.conditions[place]:
            left, sign, right = relation(condition)
            if sign in (">", "<"):
                a, b = (left, right) if sign == ">" else (right, left)
                difference = evaluate(read(a), field) - evaluate(read(b), field)
                if not difference.is_ground:
                    self.assume(field, difference)
        return evaluate(read(self.formulas[place]), field)

    @staticmethod
    def assume(field, a):
        """Notes that a is positive, and its one factor of unknown sign, where there is one."""
        number, found = field.factors(a)
        sign = 1 if number > 0 else -1
        unknown = [factor for factor, m in found if m % 2 and not field.is_positive(factor)]
        if len(unknown) == 1:
            field.learn_positive(unknown[0] * sign)

    def written(self, knowledge, work):
        """The result of work in a field, begun again whenever something is learned."""
        while True:
            field = Field(self.names, self.variables, knowledge)
            try:
                return work(field)
            except Restart:
                continue

    def exact_bracket_is(self, first, second, value):
        """Whether the exact normal form says that {first, second} = value, where both are defined."""
        key = tuple((self.formulas[p], self.conditions[p]) for p in (0, first, second))

        def work(field):
            f = field.gradient(evaluate(read(self.formulas[first]), field))
            g = field.gradient(evaluate(read(self.formulas[second]), field))
            return field.vanishes(field.bracket(f, g) - evaluate(read(value), field))

        def compute():
            try:
                learned = self.learned(0) | self.learned(first) | self.learned(second)
                return self.written(Knowledge(learned), work)
            except Outside:
                return False

        return remembered(("exact", key, value, tuple(self.names)), compute)

    def numeric_bracket(self, first, second, number):
        """{first, second} at a point, and the size of its terms."""
        return pairing(self.gradient(first, number), self.gradient(second, number))

    def numeric_bracket_is(self, first, second, value):
        """Whether {first, second} = value in 50 digits at all points found; there must be some."""
        points = self.points(sorted({0, first, second}))
        for number in points:
            bracket, size = self.numeric_bracket(first, second, number)
            claimed = self.at(value, number)
            if claimed is None or abs(bracket - claimed[0]) > SMALL * (size + abs(claimed[0]) + SMALL):
                return False
        return bool(points)

    def bracket_is(self, first, second, value):
        """Both ways."""
        return self.numeric_bracket_is(first, second, value) and self.exact_bracket_is(first, second, value)

    def moduli(self, places):
        """The insides of the moduli in these functions, with the generators that they are written in."""
        places = tuple(sorted({0, *places}))

        def work(field):
            for place in places:
                evaluate(read(self.formulas[place]), field)
            return field.generators, [g.inner for g in field.generators if g.kind == "modulus"]

        def compute():
            learned = frozenset().union(*(self.learned(place) for place in places))
            try:
                return self.written(Knowledge(learned), work)
            except Outside:
                # Their domains exclude each other.
                return [], []

        key = tuple((self.formulas[place], self.conditions[place]) for place in places)
        return remembered(("moduli", key, tuple(self.names)), compute)

    # Across surfaces.

    def value_at(self, formula, point):
        """The value at a point, `None` where there is none."""
        try:
            return evaluate(read(formula), Numbers(point, []))[0]
        except Outside:
            return None

    def sign_of_modulus(self, place, inside):
        """The sign of the inside of a modulus, as a function of a point."""
        generators = self.moduli([place])[0]
        return lambda point: sign_of(polynomial_at(inside, generator_values(generators, point)))

    def sign_of_divisor(self, divisor):
        """The sign of a divisor, as a function of a point; 0 where it is not defined."""
        return lambda point: sign_of(self.value_at(divisor, point) or 0)

    def crossings(self, place, sign):
        """Pairs of points close to the surface on which something changes its sign, one on each side, twice: at a
        small distance and at a much smaller one. The function is defined at all of them. Where all points are on one
        side, points further out are looked at."""
        groups, found = {}, []
        for number in self.points([place], POINTS * MORE):
            groups.setdefault(number % PARAMETERS, []).append(self.point(number))
        for points in groups.values():
            sides = {1: [], -1: []}
            for size in (1, *OUTER):
                if sides[1] and sides[-1]:
                    break
                for point in points:
                    further = {n: v * size if n in self.variables else v for n, v in point.items()}
                    sides.setdefault(sign(further), []).append(further)
            for a, b in list(zip(sides[1], sides[-1]))[:CROSSINGS]:
                pairs = self.close_pairs(sign, a, b)
                values = [self.value_at(self.formulas[place], p) for pair in pairs for p in pair]
                if pairs and None not in values:
                    found.append(pairs)
        return found

    @staticmethod
    def close_pairs(sign, a, b):
        """Points between a and b on both sides of a change of sign, at two distances; none where the sign is not
        defined on the way."""
        def between(t):
            return {name: a[name] + t * (b[name] - a[name]) for name in a}

        low, high = Fraction(0), Fraction(1)
        try:
            for _ in range(STEPS):
                middle = (low + high) / 2
                side = sign(between(middle))
                if side == 0:
                    low = high = middle
                    break
                low, high = (middle, high) if side > 0 else (low, middle)
        except (Outside, ArithmeticError, ValueError, TypeError):
            return []
        return [(between(low - d), between(high + d)) for d in DISTANCES]

    def jumps(self, place):
        """Whether the function differs on the two sides of a surface on which the inside of a modulus in it vanishes,
        or something by which it divides, and on which H does not grow beyond bounds. H's own conditions may exclude the
        surface."""
        walls = [relation(condition) for condition in self.conditions[0]]
        walls = [f"({left}) - ({right})" for left, sign, right in walls if sign == "!="]
        signs = [(self.sign_of_modulus(place, inside), False) for inside in self.moduli([place])[1]]
        signs += [(self.sign_of_divisor(divisor), True) for divisor in divisors(self.formulas[place])]
        for sign, may_be_infinite in signs:
            for far, near in self.crossings(place, sign):
                if any(abs(self.value_at(wall, near[0]) or 0) < LARGE for wall in walls):
                    continue
                steps = [self.step(self.formulas[place], pair) for pair in (far, near)]
                if None in steps or steps[1] * 2 < steps[0] or steps[1] < LARGE:
                    continue
                # A pole is no jump: there the difference grows.
                if may_be_infinite and steps[1] > 2 * steps[0]:
                    continue
                if not self.grows(far, near):
                    return True
        return False

    def step(self, formula, pair):
        a, b = (self.value_at(formula, point) for point in pair)
        return None if a is None or b is None else abs(a - b)

    def grows(self, far, near):
        """Whether H, on one side, is much larger near the surface than far from it."""
        for side in (0, 1):
            a, b = self.value_at(self.formulas[0], far[side]), self.value_at(self.formulas[0], near[side])
            if a is not None and b is not None and abs(b) > 4 * abs(a):
                return True
        return False

    def branches(self, places):
        """Numbers of points at which all these functions are defined, by the signs of the insides of their moduli:
        on each branch the functions are others."""
        places = sorted({0, *places})
        generators, moduli = self.moduli(places)
        if not moduli:
            return [self.points(places)]
        found = {}
        for number in self.points(places, POINTS * MORE):
            values = generator_values(generators, self.point(number))
            signs = tuple(polynomial_at(inside, values) > 0 for inside in moduli)
            found.setdefault(signs, []).append(number)
        return list(found.values())

    def rank_at(self, places, number):
        """The rank of the Jacobian at a point: in rationals where the functions are rational, else in 50 digits."""
        rows = [self.at(self.formulas[place], number, exact=True) for place in places]
        if None in rows:
            rows = [self.at(self.formulas[place], number) for place in places]
        return rank([row[1] for row in rows]) or 0

    def are_independent(self, places):
        """Whether the functions are independent on every branch of the moduli in them where all are defined."""
        def on(numbers):
            return any(self.rank_at(places, number) == len(places) for number in numbers)

        branches = self.branches(places)
        return bool(branches) and all(on(numbers) for numbers in branches)

    def rank(self, places):
        """The size of the largest independent set of these functions. Where no moduli stand in them and all are
        defined somewhere, it is the largest rank of the Jacobian at a point."""
        places = list(places)
        if not self.moduli(places)[1] and self.points(sorted({0, *places})):
            return max(self.rank_at(places, number) for number in self.points(sorted({0, *places})))
        sizes = range(min(len(places), 2 * self.dof), 0, -1)
        sets = (chosen for size in sizes for chosen in combinations(places, size))
        return next((len(chosen) for chosen in sets if self.are_independent(chosen)), 0)


def sign_of(value):
    return 0 if value == 0 else (1 if value > 0 else -1)


def divisors(formula):
    """The functions by which a formula divides, as formulas: bases of powers, factors of products apart."""
    found = {}

    def add(node):
        match node:
            case ast.BinOp(left=a, op=ast.Mult() | ast.Div(), right=b):
                add(a)
                add(b)
            case ast.BinOp(left=a, op=ast.Pow()) | ast.UnaryOp(operand=a) | ast.Call(func=ast.Name(id="sqrt"), args=[a]):
                add(a)
            case ast.Constant() | ast.Call(func=ast.Name(id="Rational" | "S" | "exp")):
                pass
            case _:
                found[ast.unparse(node)] = None

    for node in ast.walk(read(formula)):
        match node:
            case ast.BinOp(op=ast.Div(), right=b):
                add(b)
            case ast.BinOp(left=a, op=ast.Pow(), right=ast.UnaryOp(op=ast.USub())):
                add(a)
            case ast.Call(func=ast.Name(id="tan"), args=[a]):
                found[f"cos({ast.unparse(a)})"] = None
    return list(found)


def generator_values(generators, point):
    """The values of the generators of a field at a point, in 50 digits; roots are positive."""
    values, cosine = [], None
    for generator in generators:
        kind = generator.kind
        inside = None if generator.value is None else polynomial_at(generator.value, values)
        if kind == "variable":
            value = point.get(generator.label)
            value = +mpmath.pi if value is None else mpmath.mpf(value.numerator) / value.denominator
        elif kind == "cosine":
            value, cosine = mpmath.cos(inside), mpmath.sin(inside)
        elif kind == "sine":
            value = cosine
        elif kind == "exp":
            value = mpmath.exp(inside)
        elif kind == "log":
            value = mpmath.log(inside)
        elif kind == "inverse":
            value = 1 / inside
        elif kind == "number":
            value = 2 * mpmath.cos(mpmath.pi / int(generator.label.rsplit("/", 1)[1]))
        else:
            value = mpmath.sqrt(inside) if kind == "modulus" else inside ** (mpmath.mpf(1) / generator.power)
        values.append(value)
    return values


def polynomial_at(polynomial, values):
    """The value of a polynomial in generators."""
    total = mpmath.mpf(0)
    for monomial, coefficient in polynomial.terms():
        term = mpmath.mpf(int(coefficient.numerator)) / int(coefficient.denominator)
        for index, exponent in enumerate(monomial):
            if exponent:
                term *= values[index] ** exponent
        total += term
    return total


# --- The space of integrals, counted -----------------------------------------------------------------------------

# Primes tried for the constants, and points tried modulo each.
PRIMES = 64
POINTS_TRIED = 128

class Modular:
    """Random values modulo a large prime of the generators of a field, such that their relations hold. Modulo a
    prime that is 3 modulo 4, a number has one square root that is a square itself: this plays the positive one.
    `fixed` holds the values of constants."""

    def __init__(self, field, prime, source, fixed):
        self.prime, self.values = prime, []
        cosine = None
        for generator in field.generators:
            kind = generator.kind
            if generator.index in fixed:
                self.values.append(fixed[generator.index])
                continue
            inside = None if generator.value is None else self.of(generator.value)
            if kind in ("variable", "log"):
                value = source.randrange(1, prime)
            elif kind == "exp":
                value = pow(source.randrange(1, prime), 2, prime)
            elif kind == "cosine":
                t = source.randrange(1, prime)
                below = pow(1 + t * t, -1, prime)
                value, cosine = (1 - t * t) * below % prime, 2 * t * below % prime
            elif kind == "sine":
                value = cosine
            elif kind == "inverse":
                value = pow(inside, -1, prime) if inside else self.missing()
            elif kind in ("root", "modulus"):
                value = self.root(inside, generator.power)
            else:
                raise Outside("a constant that is not written in roots")
            self.values.append(value)

    @staticmethod
    def missing():
        raise ZeroDivisionError

    def root(self, a, index):
        """The root that is a square itself, of a number that is one."""
        if pow(a, (self.prime - 1) // 2, self.prime) != 1:
            self.missing()
        while index % 2 == 0:
            a, index = pow(a, (self.prime + 1) // 4, self.prime), index // 2
        return pow(a, pow(index, -1, self.prime - 1), self.prime)

    def of(self, polynomial):
        """The value of a polynomial in the generators."""
        total = 0
        for monomial, coefficient in polynomial.terms():
            value = int(coefficient.numerator) * pow(int(coefficient.denominator), -1, self.prime)
            for index, exponent in enumerate(monomial):
                if exponent:
                    value = value * pow(self.values[index], exponent, self.prime) % self.prime
            total += value
        return total % self.prime


def modular_primes():
    """Primes that are 3 modulo 4, below 2**61, modulo which roots of index 3, 5 and 7 are unique."""
    prime = 2**61
    while True:
        prime = sympy.prevprime(prime)
        if prime % 4 == 3 and all((prime - 1) % index for index in (3, 5, 7)):
            yield prime


def constants_of(field):
    """The numbers of the generators that depend on no coordinate and no momentum."""
    found = set()
    for generator in field.generators:
        if generator.kind == "variable":
            constant = generator.label not in field.variables
        else:
            used = {i for monomial in generator.value.keys() for i, e in enumerate(monomial) if e}
            constant = used <= found | {generator.index}
        if constant:
            found.add(generator.index)
    return found


def fixed_constants(field, source):
    """A prime, and values of the constants modulo it, for which there are points. The integrals are counted over
    the field of the constants, so these have the same values at all points."""
    for prime in islice(modular_primes(), PRIMES):
        for _ in range(POINTS_TRIED):
            try:
                values = Modular(field, prime, source, {}).values
            except ZeroDivisionError:
                continue
            return prime, {index: values[index] for index in constants_of(field)}
    raise Outside("no points modulo a prime")


def nullity(rows, prime):
    """The number of unknowns less the rank modulo a prime."""
    unknowns, found = len(rows[0]), 0
    basis = []
    for row in rows:
        for lead, other in basis:
            factor = row[lead]
            if factor:
                row = [(x - factor * y) % prime for x, y in zip(row, other)]
        lead = next((i for i, x in enumerate(row) if x), None)
        if lead is not None:
            inverse = pow(row[lead], -1, prime)
            basis.append((lead, [x * inverse % prime for x in row]))
            found += 1
            if found == unknowns:
                break
    return unknowns - found


def dimension_of_integrals(functions, terms):
    """The dimension of the space of combinations of the terms that commute with H, constants not counted: the
    nullity of {term, H} at more random points modulo a prime than there are terms, less that of the terms."""
    source = random.Random("space")

    def work(field):
        energy = field.gradient(evaluate(read(functions.formulas[0]), field))
        columns = [evaluate(read(term), field) for term in terms]
        used = sorted({i for c in columns for m in c.keys() for i, e in enumerate(m) if e})
        flows = []
        for index in used:
            slopes = [field.slope(field.generators[index], variable) for variable in functions.variables]
            flows.append((index, field.reduced(field.bracket(slopes, energy))))
        return field, columns, flows

    field, columns, flows = functions.written(Knowledge(functions.learned(0)), work)
    prime, fixed = fixed_constants(field, source)
    columns = [sparse(column, prime) for column in columns]
    brackets, values, tries = [], [], 0
    while len(brackets) < len(columns) + 12:
        tries += 1
        if tries > 64 * (len(columns) + 64):
            raise Outside("no points modulo the prime")
        try:
            point = Modular(field, prime, source, fixed)
        except ZeroDivisionError:
            continue
        row, value = rates_of(columns, flows, point)
        brackets.append(row)
        values.append([*value, 1])
    # Combinations that are constant, 0 among them, are no integrals.
    return nullity(brackets, prime) - nullity(values, prime)


def sparse(polynomial, prime):
    """[(coefficient, [(generator, exponent)])] modulo a prime."""
    terms = []
    for monomial, coefficient in polynomial.terms():
        residue = int(coefficient.numerator) * pow(int(coefficient.denominator), -1, prime) % prime
        terms.append((residue, [(i, e) for i, e in enumerate(monomial) if e]))
    return terms


def rates_of(columns, flows, point):
    """{column, H} and the column at a point: d/dt of a term is the sum over its generators g of the exponent times
    the term times (dg/dt)/g."""
    prime = point.prime
    rates = {index: point.of(flow) * pow(point.values[index], -1, prime) % prime for index, flow in flows}
    brackets, values, powers = [], [], {}
    for column in columns:
        bracket, total = 0, 0
        for term, factors in column:
            rate = 0
            for factor in factors:
                if factor not in powers:
                    powers[factor] = pow(point.values[factor[0]], factor[1], prime)
                term = term * powers[factor] % prime
                rate += factor[1] * rates[factor[0]]
            total += term
            bracket += term * rate
        brackets.append(bracket % prime)
        values.append(total % prime)
    return brackets, values


# --- The claims --------------------------------------------------------------------------------------------------


class Report:
    """The checks made so far. A check that cannot be carried out has failed."""

    def __init__(self, say):
        self.say, self.failures = say, []

    def check(self, name, test):
        try:
            good = bool(test())
        except (Outside, ArithmeticError, LookupError, SyntaxError, ValueError) as error:
            good = False
            name += f" ({type(error).__name__}: {error})"
        self.say(f"{name}: {'checked' if good else 'FAILED'}")
        if not good:
            self.failures.append(name)


def check(data, say=lambda line: None):
    """The checks that fail, by name. `say` hears a line for each check."""
    report, functions = Report(say), Functions(data)
    check_names(report, data)
    check_where(report, functions)
    check_laws(report, functions, data["generators"])
    if data["brackets"] is not None:
        check_brackets(report, functions, data["brackets"])
    if data["independent"] is not None:
        check_independence(report, functions, data["independent"])
        check_involution(report, functions, data)
    check_obstruction(report, data)
    check_verdict(report, data)
    if data["space"] is not None:
        check_space(report, functions, data["space"])
    return report.failures


def check_names(report, data):
    """Names are distinct as they are written, each coordinate has its momentum."""
    names = [*data["coordinates"], *data["momenta"], *data["parameters"]]
    report.check("names of coordinates, momenta and parameters are distinct", lambda: len(set(names)) == len(names))
    report.check("coordinates are as many as momenta", lambda: len(data["coordinates"]) == len(data["momenta"]))
    report.check("dof", lambda: data["dof"] == len(data["coordinates"]))
    laws = ["H"] + [law["name"] for law in [*data["laws"], *data["combinations"]]]
    report.check("names of laws and combinations are distinct", lambda: len(set(laws)) == len(laws))


def check_where(report, functions):
    """Conditions can be met: there are real points where they hold and the functions are defined. They suffice:
    where they hold, the function is defined."""
    for place, title in enumerate(functions.titles):
        conditions = functions.conditions[place]
        shown = f" where {', '.join(conditions)}" if conditions else ""
        report.check(f"{title} has real values{shown}", lambda: functions.points([place]))
        if conditions:
            report.check(f"{title} is defined wherever {', '.join(conditions)}", lambda: conditions_suffice(functions, place))


def conditions_suffice(functions, place):
    """Whether the function has a value at the points tried that meet its conditions."""
    for number in range(TRIES // 10):
        met = True
        for condition in functions.conditions[place]:
            left, sign, right = relation(condition)
            a, b = functions.at(left, number), functions.at(right, number)
            met = met and a is not None and b is not None and holds(a[0], sign, b[0])
        if met and functions.at(functions.formulas[place], number) is None:
            return False
    return True


def check_laws(report, functions, generators):
    """Laws are conserved. Where they are said to be generators of all laws found, none is a constant, and none
    is a multiple of another one or of H, up to a constant."""
    for place, title in enumerate(functions.titles[1:], start=1):
        report.check(f"{{{title}, H}} = 0", lambda: functions.bracket_is(place, 0, "0"))
        report.check(f"{title} does not jump where H is finite", lambda: not functions.jumps(place))
        if generators:
            report.check(f"{title} is not constant", lambda: not_constant(functions, place))
    if generators:
        for a, b in combinations(range(len(functions.titles)), 2):
            name = f"{functions.titles[a]} and {functions.titles[b]} are not proportional"
            report.check(name, lambda: not proportional(functions, a, b))


def not_constant(functions, place):
    """Whether the gradient does not vanish at some point."""
    return any(functions.rank_at([place], number) == 1 for number in functions.points([place]))


def proportional(functions, a, b):
    """Whether the gradient of one function is that of the other times a number or a function of the parameters."""
    factors = {}
    for number in functions.points(sorted({0, a, b})):
        f, g = functions.gradient(a, number), functions.gradient(b, number)
        size = max(abs(x) for x in g)
        if size < LARGE:
            continue
        at = max(range(len(g)), key=lambda i: abs(g[i]))
        factor = f[at] / g[at]
        first = factors.setdefault(number % PARAMETERS, factor)
        scale = 1 + abs(factor) * size
        same = all(abs(x - factor * y) < LARGE * scale for x, y in zip(f, g))
        if not same or abs(factor - first) > LARGE * (1 + abs(first)):
            return False
    return bool(factors)


def check_brackets(report, functions, matrix):
    """The matrix of brackets: what is written out is exact, what is said not to be 0 is not."""
    size = functions.laws
    shape = len(matrix) == size and all(len(row) == size for row in matrix)
    report.check("the matrix of brackets has a row and a column for H and each law", lambda: shape)
    if not shape:
        return
    for i, row in enumerate(matrix):
        for j, value in enumerate(row):
            name = f"{{{functions.titles[i]}, {functions.titles[j]}}}"
            if value == "not 0":
                report.check(f"{name} is not 0", lambda: not_zero(functions, i, j))
            elif i == j:
                report.check(f"{name} is stated as 0", lambda: value == "0")
            elif value == "unknown":
                report.say(f"{name}: not stated")
            elif i < j:
                report.check(f"{name} as stated", lambda: functions.bracket_is(i, j, value))
            else:
                # The exact check of the entry across the diagonal is not repeated.
                report.check(f"{name} as stated", lambda: functions.numeric_bracket_is(i, j, value))


def not_zero(functions, i, j):
    """Whether the bracket is not 0 at some point."""
    values = [functions.numeric_bracket(i, j, number) for number in functions.points(sorted({0, i, j}))]
    return any(abs(value) > LARGE * size for value, size in values)


def check_independence(report, functions, claimed):
    """The number of independent functions among H and the laws, as an equality. At least: a minor of this size
    does not vanish at a rational point, on each branch of the moduli. At most: the dimension bounds it, or the
    number of functions, or no minor of the next size is found at a random point where all are defined (for
    rational functions this is exact at each point)."""
    everything = list(range(len(functions.titles)))
    try:
        found = functions.rank(everything)
    except (Outside, ArithmeticError) as error:
        report.check(f"the rank of the Jacobian ({error})", lambda: False)
        return
    report.check(f"a minor of size {claimed} of the Jacobian does not vanish", lambda: claimed <= found)
    # Laws commute with H: where H is not constant there are at most 2*dof - 1.
    bound = min(functions.laws, 2 * functions.dof - 1)
    if claimed == bound:
        report.check(f"there are at most {bound} independent functions, by dimension", lambda: found <= bound)
    else:
        report.check(f"every {claimed + 1} functions are dependent at random points", lambda: found == claimed)


def check_involution(report, functions, data):
    """The involutive functions commute pairwise and are independent, and there is no larger such set."""
    names = data["involutive"]
    report.check("involutive functions are listed above, each once", lambda: len(set(names)) == len(names) and set(names) <= set(functions.titles))
    places = [functions.titles.index(name) for name in names if name in functions.titles]
    for a, b in combinations(places, 2):
        name = f"{{{functions.titles[a]}, {functions.titles[b]}}} = 0, in involution"
        report.check(name, lambda: functions.bracket_is(a, b, "0"))
    report.check("the involutive functions are independent", lambda: functions.are_independent(places) and len(places) == len(names))
    report.check("no larger set is in involution", lambda: not larger_set(functions, len(names)))


def larger_set(functions, size):
    """Whether more functions than `size`, at most dof, are independent and commute pairwise. Sets are looked at
    up to a number of steps."""
    everything = list(range(len(functions.titles)))
    if size >= functions.dof or functions.rank(everything) <= size:
        return False
    commute = {(a, b): not not_zero(functions, a, b) for a, b in combinations(everything, 2)}
    steps = 0

    def extend(chosen, rest):
        nonlocal steps
        steps += 1
        if len(chosen) > size:
            return functions.are_independent(chosen)
        for k, candidate in enumerate(rest):
            if steps > INVOLUTION_STEPS or len(chosen) + len(rest) - k <= size:
                return False
            if extend([*chosen, candidate], [c for c in rest[k + 1 :] if commute[candidate, c]]):
                return True
        return False

    return extend([], everything)


def check_verdict(report, data):
    """The verdict follows from the numbers by the definitions."""
    dof, independent, involutive = data["dof"], data["independent"], len(data["involutive"])
    if independent is None or involutive < dof:
        # That the proof of non-integrability holds is a check of its own.
        follows = "undecided" if data.get("obstruction") is None else "non-integrable"
    elif independent <= dof:
        follows = "integrable"
    elif independent >= 2 * dof - 1:
        follows = "maximally superintegrable"
    else:
        follows = "superintegrable"
    report.check(f"verdict: {data['verdict']}", lambda: data["verdict"] == follows)
    if independent is None:
        report.check("nothing is said of involution without a count", lambda: not data["involutive"])


def check_space(report, functions, space):
    """The dimension of the space of integrals among combinations of the terms."""
    name = f"{space['integrals']} integrals in the span of {len(space['terms'])} terms"
    report.check(name, lambda: dimension_of_integrals(functions, space["terms"]) == space["integrals"])


if __name__ == "__main__":
    failures = check(DATA, print)
    print(f"{len(failures)} checks FAILED" if failures else "all checks passed")
    raise SystemExit(1 if failures else 0)
