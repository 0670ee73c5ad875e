# --- Exactly: polynomials over generators with relations ---------------------------------------------------------


class Generator:
    """A generator of a field. `kind` is
    variable  a coordinate, momentum or parameter, or pi;
    root      g**power = value, g > 0 (of a positive value);
    cosine    its sine is the next generator; sine: g**power = value with power 2, value 1 - cosine**2;
    exp       exp(value);  log: log(value);
    modulus   |value|, so g**2 = value**2;
    inverse   1/value;
    number    a constant with g**power = value."""

    def __init__(self, kind, label, index, value=None, power=None, inner=None):
        self.kind, self.label, self.index = kind, label, index
        self.value, self.power, self.inner = value, power, inner


class Knowledge:
    """What is learned while functions are written in generators, and kept when they are written again: which
    fractions of each root and angle occur, which polynomials are positive, how many generators there are."""

    def __init__(self, positive=()):
        self.parts = {}
        self.positive = set(positive)
        self.size = 24


class Field:
    """Functions as polynomials over generators. A polynomial that reduces to 0 is the function 0, wherever it is
    defined; one that does not may still be 0 where generators have relations that are not known here."""

    def __init__(self, names, variables, knowledge):
        self.names, self.variables, self.knowledge = names, variables, knowledge
        self.ring = sympy.ring([f"g{i}" for i in range(knowledge.size)], sympy.QQ)[0]
        self.generators, self.by_label, self.slopes = [], {}, {}
        for name in [*names, "pi"]:
            self.new("variable", name)

    # Generators.

    def new(self, kind, label, value=None, power=None, inner=None):
        """A new generator as a polynomial."""
        if len(self.generators) == self.knowledge.size:
            self.knowledge.size *= 2
            raise Restart
        generator = Generator(kind, label, len(self.generators), value, power, inner)
        self.generators.append(generator)
        self.by_label[label] = generator
        return self.ring.gens[generator.index]

    def known(self, label):
        """The generator with that label as a polynomial, if there is one."""
        generator = self.by_label.get(label)
        return None if generator is None else self.ring.gens[generator.index]

    def text(self, polynomial):
        """A text that stays the same when generators are numbered anew."""
        terms = []
        for monomial, coefficient in polynomial.terms():
            factors = [f"{self.generators[i].label}^{e}" for i, e in enumerate(monomial) if e]
            terms.append("*".join([str(coefficient), *factors]))
        return "(" + " + ".join(sorted(terms)) + ")"

    def part(self, key, denominator):
        """The common denominator of the fractions of `key` that occur."""
        common = lcm(self.knowledge.parts.get(key, 1), denominator)
        if self.knowledge.parts.get(key) not in (None, common):
            self.knowledge.parts[key] = common
            raise Restart
        self.knowledge.parts[key] = common
        return common

    def single(self, polynomial):
        """The generator, where the polynomial is one; else `None`."""
        if len(polynomial) != 1:
            return None
        monomial, coefficient = polynomial.terms()[0]
        used = [i for i, e in enumerate(monomial) if e]
        plain = coefficient == 1 and len(used) == 1 and monomial[used[0]] == 1
        return self.generators[used[0]] if plain else None

    # Normal form.

    def split(self, polynomial, index):
        """The polynomial by powers of one generator."""
        parts = {}
        for monomial, coefficient in polynomial.terms():
            exponent = monomial[index]
            rest = monomial[:index] + (0,) + monomial[index + 1 :]
            parts.setdefault(exponent, {})[rest] = coefficient
        return {exponent: self.ring.from_dict(terms) for exponent, terms in parts.items()}

    def lower(self, polynomial, generator):
        """The polynomial with the generator's relation applied."""
        parts = self.split(polynomial, generator.index)
        if all(exponent < generator.power for exponent in parts):
            return polynomial
        total, powers = self.ring.zero, {0: self.ring.one}
        for exponent, part in parts.items():
            times, left = divmod(exponent, generator.power)
            if times not in powers:
                powers[times] = generator.value**times
            total += part * powers[times] * self.ring.gens[generator.index] ** left
        return total

    def reduced(self, polynomial):
        """The polynomial with the relations of roots, sines and moduli applied, those made last first, and
        products of a generator with its inverse taken away."""
        highest = [0] * self.ring.ngens
        for monomial in polynomial.keys():
            highest = [max(a, b) for a, b in zip(highest, monomial)]
        for generator in reversed(self.generators):
            i = generator.index
            if generator.power is not None and highest[i] >= generator.power:
                polynomial = self.lower(polynomial, generator)
                highest = [max(column) for column in zip(*polynomial.keys())] if polynomial else highest
            if generator.kind == "inverse" and highest[i] and generator.inner is not None:
                polynomial = self.cancelled(polynomial, i, generator.inner)
        return polynomial

    def cancelled(self, polynomial, i, j):
        """The polynomial with g_i*g_j replaced by 1."""
        total = {}
        for monomial, coefficient in polynomial.terms():
            both = min(monomial[i], monomial[j])
            if both:
                monomial = list(monomial)
                monomial[i] -= both
                monomial[j] -= both
                monomial = tuple(monomial)
            total[monomial] = total.get(monomial, 0) + coefficient
        return self.ring.from_dict({m: c for m, c in total.items() if c})

    def over(self, polynomial):
        """(numerator, [(divisor, exponent)]): the polynomial without inverses, and what it was multiplied by."""
        divisors = []
        for generator in reversed(self.generators):
            most = max((monomial[generator.index] for monomial in polynomial.keys()), default=0)
            if generator.kind == "inverse":
                if most:
                    parts = self.split(polynomial, generator.index)
                    divisors.append((generator.value, most))
                    powers = [self.ring.one]
                    for _ in range(most):
                        powers.append(powers[-1] * generator.value)
                    products = (part * powers[most - exponent] for exponent, part in parts.items())
                    polynomial = sum(products, self.ring.zero)
            elif generator.power is not None and most >= generator.power:
                polynomial = self.lower(polynomial, generator)
        return polynomial, divisors

    def vanishes(self, polynomial):
        """Whether the normal form is 0."""
        return self.over(polynomial)[0] == 0

    # Arithmetic.

    def number(self, value):
        return self.ring.ground_new(sympy.QQ(value.numerator, value.denominator))

    def pi(self):
        return self.known("pi")

    def name(self, name):
        if name not in self.names:
            raise Outside(f"unknown name {name}")
        return self.known(name)

    def plus(self, a, b):
        return a + b

    def times(self, a, b):
        return self.reduced(a * b)

    def power(self, a, exponent):
        if exponent.denominator > 1:
            return self.root(a, exponent)
        n = int(exponent)
        if n < 0:
            a, n = self.inverse(a), -n
        return self.raised(a, n)

    def raised(self, a, n):
        total = self.ring.one
        for _ in range(n):
            total = self.reduced(total * a)
        return total

    def inverse(self, a):
        """1/a: every divisor that is not a number is made a generator."""
        a, divisors = self.over(self.reduced(a))
        if a == 0:
            raise Outside("division by zero")
        total = self.ring.one
        for divisor, exponent in divisors:
            total *= divisor**exponent
        monomial = tuple(min(column) for column in zip(*a.keys()))
        coefficient = a.LC
        rest = self.ring.from_dict(
            {tuple(x - y for x, y in zip(m, monomial)): c / coefficient for m, c in a.terms()}
        )
        total *= self.ring.ground_new(1 / coefficient)
        for index, exponent in enumerate(monomial):
            if exponent:
                total = self.reduced(total * self.inverse_of(self.ring.gens[index]) ** exponent)
        return total if rest == 1 else self.reduced(total * self.inverse_of(rest))

    def inverse_of(self, a):
        """The generator 1/a."""
        single = self.single(a)
        label = f"1/{self.text(a)}"
        known = self.known(label)
        inner = None if single is None else single.index
        return known if known is not None else self.new("inverse", label, a, None, inner)

    # Roots.

    def is_positive(self, a):
        """Whether a is positive for a reason that is seen at once, or was learned."""
        if self.text(a) in self.knowledge.positive:
            return True

        def positive(monomial, coefficient):
            kinds = ("root", "exp", "modulus")
            odd = [self.generators[i] for i, e in enumerate(monomial) if e % 2]
            sure = (g.kind in kinds or self.text(self.ring.gens[g.index]) in self.knowledge.positive for g in odd)
            return coefficient > 0 and all(sure)

        return all(positive(m, c) for m, c in a.terms())

    def learn_positive(self, a):
        """Notes that a is positive: the function is defined only there."""
        if not self.is_positive(a):
            self.knowledge.positive.add(self.text(a))
            raise Restart

    def modulus(self, a):
        """|a|, which is a or -a where the sign is known."""
        if self.is_positive(a):
            return a
        if self.is_positive(-a):
            return -a
        a = a if a.LC > 0 else -a
        label = f"|{self.text(a)}|"
        known = self.known(label)
        return known if known is not None else self.new("modulus", label, self.reduced(a * a), 2, a)

    def factors(self, a):
        """(number, [(factor, multiplicity)]) of a, divisors with negative multiplicity."""
        numerator, divisors = self.over(self.reduced(a))
        if numerator == 0:
            raise Outside("a root of 0")
        number, found = numerator.factor_list()
        merged = {}
        for factor, multiplicity in [*found, *((d, -e) for d, e in divisors)]:
            if factor.LC < 0:
                factor = -factor
                number = -number if multiplicity % 2 else number
            leading = factor.LC
            number, factor = number * leading**multiplicity, factor.quo_ground(leading)
            if factor != 1:
                merged[factor] = merged.get(factor, 0) + multiplicity
        number = Fraction(int(number.numerator), int(number.denominator))
        return number, [(factor, m) for factor, m in merged.items() if m]

    def root(self, a, exponent):
        """a to a fractional power, a > 0: the product of the moduli of its factors to their powers. The product
        of the factors of odd multiplicity is positive."""
        number, found = self.factors(a)
        odd, total = [], self.root_of_number(abs(number), exponent)
        sign = -1 if number < 0 else 1
        for factor, multiplicity in found:
            if multiplicity % 2 == 0 or self.is_positive(factor) or self.is_positive(-factor):
                if multiplicity % 2 and not self.is_positive(factor):
                    sign = -sign
                total *= self.positive_power(self.modulus(factor), multiplicity * exponent)
            else:
                odd.append((factor, multiplicity))
        if not odd:
            if sign < 0:
                raise Outside("a root of a negative function")
            return self.reduced(total)
        least = min((m for _, m in odd), key=abs)
        product = self.ring.ground_new(sign)
        for factor, multiplicity in odd:
            product *= factor
            if multiplicity != least:
                total *= self.positive_power(self.modulus(factor), (multiplicity - least) * exponent)
        self.learn_positive(product)
        return self.reduced(total * self.positive_power(product, least * exponent))

    def root_of_number(self, number, exponent):
        """A positive number to a fractional power, by its primes."""
        total = self.ring.one
        for value, sign in ((number.numerator, 1), (number.denominator, -1)):
            for prime, multiplicity in sympy.factorint(value).items():
                total *= self.positive_power(self.ring.ground_new(prime), Fraction(sign * multiplicity) * exponent)
        return total

    def positive_power(self, a, exponent):
        """a to any power, where a is positive and no product that could be taken apart."""
        if exponent.denominator == 1:
            n = int(exponent)
            return self.raised(self.inverse(a) if n < 0 else a, abs(n))
        single = self.single(a)
        if single is not None and single.kind == "root":
            return self.positive_power(single.value, exponent / single.power)
        if single is not None and single.kind == "exp":
            return self.exponential(self.times(single.value, self.number(exponent)))
        common = self.part(f"root {self.text(a)}", exponent.denominator)
        key = f"root {common} of {self.text(a)}"
        root = self.known(key)
        if root is None and common == 2:
            other = self.conjugate_root(a)
            if other is not None:
                return self.power(other, exponent * 2)
        if root is None:
            root = self.new("root", key, a, common)
        return self.power(root, exponent * common)

    def conjugate_root(self, a):
        """The square root of a by another one, where the product of both is known: sqrt(r + x) sqrt(r - x) = |y|."""
        for generator in list(self.generators):
            if generator.kind == "root" and generator.power == 2 and not generator.value.is_ground:
                number, found = self.factors(a * generator.value)
                if number > 0 and found and all(m % 2 == 0 for _, m in found):
                    product = self.root(a * generator.value, Fraction(1, 2))
                    return self.times(product, self.inverse_of(self.ring.gens[generator.index]))
        return None

    # Exponentials, logarithms, sines and cosines.

    def call(self, name, a):
        a = self.reduced(a)
        if name == "exp":
            return self.exponential(a)
        if name == "log":
            return self.logarithm(a)
        cosine, sine = self.circle(a)
        return cosine if name == "cos" else sine

    def terms(self, a):
        """The terms of a: (coefficient, monomial)."""
        for monomial, coefficient in a.terms():
            yield Fraction(int(coefficient.numerator), int(coefficient.denominator)), self.ring.from_dict({monomial: 1})

    def exponential(self, a):
        """exp of a sum is the product of the powers of exp of its terms."""
        total = self.ring.one
        for coefficient, monomial in self.terms(a):
            single = self.single(monomial)
            if single is not None and single.kind == "log":
                total = self.times(total, self.power(single.value, coefficient))
                continue
            common = self.part(f"exp {self.text(monomial)}", coefficient.denominator)
            key = f"exp {self.text(monomial)}/{common}"
            generator = self.known(key)
            if generator is None:
                generator = self.new("exp", key, monomial.quo_ground(common))
            total = self.times(total, self.power(generator, coefficient * common))
        return total

    def logarithm(self, a):
        """log of a product whose factors are positive is the sum of their logarithms."""
        number, found = self.factors(a)
        total = self.ring.zero
        for value, sign in ((abs(number).numerator, 1), (abs(number).denominator, -1)):
            for prime, multiplicity in sympy.factorint(value).items():
                total += self.simple_logarithm(self.ring.ground_new(prime)) * (sign * multiplicity)
        rest = self.ring.ground_new(1 if number > 0 else -1)
        for factor, multiplicity in found:
            if multiplicity % 2 == 0 or self.is_positive(factor):
                total += self.simple_logarithm(self.modulus(factor)) * multiplicity
            elif len(found) == 1:
                rest *= factor
                self.learn_positive(rest)
                return total + self.simple_logarithm(rest) * multiplicity
            else:
                rest = self.times(rest, self.power(factor, Fraction(multiplicity)))
        if rest == 1:
            return total
        if rest.is_ground:
            raise Outside("the logarithm of a negative function")
        self.learn_positive(rest)
        return total + self.simple_logarithm(rest)

    def simple_logarithm(self, a):
        single = self.single(a)
        if single is not None and single.kind == "exp":
            return single.value
        if single is not None and single.kind == "root":
            return self.logarithm(single.value).quo_ground(single.power)
        key = f"log {self.text(a)}"
        known = self.known(key)
        return known if known is not None else self.new("log", key, a)

    def circle(self, a):
        """(cos, sin) of a sum by the addition theorem."""
        total = (self.ring.one, self.ring.zero)
        for coefficient, monomial in self.terms(a):
            if monomial == self.pi():
                step = (self.cosine_of_pi(coefficient), self.cosine_of_pi(Fraction(1, 2) - coefficient))
                total = self.turned(total, step)
                continue
            common = self.part(f"angle {self.text(monomial)}", coefficient.denominator)
            key = f"angle {self.text(monomial)}/{common}"
            if self.known(key) is None:
                cosine = self.new("cosine", key, monomial.quo_ground(common))
                self.new("sine", f"sine of {key}", 1 - cosine**2, 2, monomial.quo_ground(common))
            cosine = self.known(key)
            sine = self.known(f"sine of {key}")
            times = int(coefficient * common)
            for _ in range(abs(times)):
                total = self.turned(total, (cosine, sine if times > 0 else -sine))
        return total

    def turned(self, a, b):
        return (self.reduced(a[0] * b[0] - a[1] * b[1]), self.reduced(a[1] * b[0] + a[0] * b[1]))

    def cosine_of_pi(self, part):
        """cos of a rational multiple of pi: in roots where it has a simple form, else by the minimal polynomial
        of twice the cosine of a fraction of pi."""
        value = sympy.cos(sympy.Rational(part.numerator, part.denominator) * sympy.pi)
        if not value.has(sympy.cos, sympy.sin):
            return evaluate(read(str(value)), self)
        common = self.part("fraction of pi", part.denominator)
        key = f"twice the cosine of pi/{common}"
        if self.known(key) is None:
            unknown = sympy.Symbol("unknown")
            minimal = sympy.minimal_polynomial(2 * sympy.cos(sympy.pi / common), unknown, polys=True)
            generator = self.new("number", key)
            coefficients = minimal.monic().all_coeffs()
            power = len(coefficients) - 1
            rest = (self.number(Fraction(-c)) * generator ** (power - k) for k, c in enumerate(coefficients) if k)
            self.by_label[key].power, self.by_label[key].value = power, sum(rest, self.ring.zero)
        cosine = self.known(key)
        before, last = self.ring.ground_new(2), cosine
        times = abs(int(part * common)) % (2 * common)
        for _ in range(times):
            before, last = last, self.reduced(cosine * last - before)
        return before.quo_ground(2)

    # Derivatives.

    def derivative(self, a, variable):
        """The partial derivative by the chain rule over the generators."""
        total = self.ring.zero
        used = [i for i, column in enumerate(zip(*a.keys())) if any(column)] if a else []
        for index in used:
            slope = self.slope(self.generators[index], variable)
            if slope != 0:
                total += a.diff(self.ring.gens[index]) * slope
        return self.reduced(total)

    def slope(self, generator, variable):
        key = (generator.index, variable)
        if key not in self.slopes:
            self.slopes[key] = self.slope_of(generator, variable)
        return self.slopes[key]

    def slope_of(self, generator, variable):
        """The derivative of a generator."""
        itself = self.ring.gens[generator.index]
        kind = generator.kind
        if kind in ("variable", "number"):
            return self.ring.one if generator.label == variable else self.ring.zero
        inside = generator.inner if kind in ("modulus", "sine") else generator.value
        inner = self.derivative(inside, variable)
        if inner == 0:
            return inner
        if kind == "root":
            return self.times(inner, self.power(itself, Fraction(1 - generator.power))).quo_ground(generator.power)
        if kind == "modulus":
            return self.times(self.times(inner, inside), self.inverse(itself))
        if kind == "inverse":
            return self.reduced(-inner * itself**2)
        if kind == "exp":
            return self.times(inner, itself)
        if kind == "log":
            return self.times(inner, self.inverse(inside))
        if kind == "cosine":
            return self.times(-inner, self.ring.gens[generator.index + 1])
        return self.times(inner, self.ring.gens[generator.index - 1])

    def gradient(self, a):
        return [self.derivative(a, variable) for variable in self.variables]

    def bracket(self, f, g):
        """Sum of df/dq dg/dp - df/dp dg/dq."""
        half = len(f) // 2
        total = self.ring.zero
        for i in range(half):
            total += f[i] * g[half + i] - f[half + i] * g[i]
        return total
