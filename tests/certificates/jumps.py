"""Whether the check of a certificate refuses laws that jump where H is finite, and no others.

usage: jumps.py CERTIFICATE
"""

import importlib.util
import sys

FREE = "p0**2/2 + p1**2/2"
SIGN = "sqrt(q0**2)/q0*p1"
CASES = [
    (FREE, SIGN, [], True),
    (FREE, "sqrt((q0 - q1)**2)/(q0 - q1)", [], True),
    (FREE, "p1*(q0**6)**Rational(1, 6)/q0", [], True),
    (f"{FREE} + sqrt(q0**2)", "p1*sqrt(sin(q0)**2)/sin(q0)", [], True),
    (f"{FREE} + q0**6/(q0**10)**Rational(1, 2)", SIGN, [], True),
    (FREE, "sqrt(p0**2)", [], False),
    (FREE, "sqrt((q0*p1 - q1*p0)**2)*p0", [], False),
    (f"{FREE} + sqrt(q0**2)", "p0**2/2 + sqrt(q0**2)", [], False),
    (f"{FREE} + 1/q0**2", SIGN, [], False),
    (f"{FREE} + 1/sqrt(q0**2)", SIGN, [], False),
    (FREE, SIGN, ["q0 != 0"], False),
]


def main(path):
    specification = importlib.util.spec_from_file_location("certificate", path)
    certificate = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(certificate)
    data = {"system": "s", "coordinates": ["x", "y"], "momenta": ["px", "py"], "parameters": [], "dof": 2}
    data |= {"combinations": [], "generators": False, "brackets": None, "independent": None, "involutive": []}
    data |= {"verdict": "undecided", "space": None}
    wrong = 0
    for energy, law, where, jumps in CASES:
        laws = [{"name": "F", "formula": law, "where": []}]
        failures = certificate.check({**data, "H": energy, "where": where, "laws": laws})
        if any("jump" in failure for failure in failures) != jumps:
            print(f"{law} of {energy} where {where}: {failures}")
            wrong += 1
    return wrong


if __name__ == "__main__":
    raise SystemExit(1 if main(sys.argv[1]) else 0)
