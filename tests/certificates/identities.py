"""The normal form of a certificate on functions that are 0, and on some that are not.

usage: identities.py CERTIFICATE
"""

import sys

from mutants import load

ZERO = [
    "sqrt(q0**2)**2 - q0**2",
    "sqrt(q0**2)/q0 - q0/sqrt(q0**2)",
    "sqrt(sqrt(q0**2 + q1**2) + q0)*sqrt(sqrt(q0**2 + q1**2) - q0) - sqrt(q1**2)",
    "(q0**3)**Rational(1, 3) - q0",
    "q0**Rational(2, 3)*q0**Rational(1, 3) - q0",
    "sqrt(sqrt(q0)) - q0**Rational(1, 4)",
    "sqrt(q0*q1)*sqrt(q0) - q0*sqrt(q1)",
    "sqrt(q0**2*q1) - sqrt(q0**2)*sqrt(q1)",
    "sqrt(q0/q1)*sqrt(q1) - sqrt(q0)",
    "1/sqrt(q0**2 + q1**2) - sqrt(q0**2 + q1**2)/(q0**2 + q1**2)",
    "sqrt(c0)**2 - sqrt(c0**2)",
    "sqrt(8) - 2*sqrt(2)",
    "exp(2*log(q0)) - q0**2",
    "exp(q0 + log(q1)) - q1*exp(q0)",
    "exp(q0/2)**2 - exp(q0)",
    "sqrt(exp(q0)) - exp(q0/2)",
    "log(q0*q1) - log(q0) - log(q1)",
    "log(4*q0) - 2*log(2) - log(q0)",
    "log(sqrt(q0)) - log(q0)/2",
    "sin(q0 + q1/2) - sin(q0)*cos(q1/2) - cos(q0)*sin(q1/2)",
    "cos(2*q0) - 1 + 2*sin(q0)**2",
    "tan(q0)*cos(q0) - sin(q0)",
    "sin(q0 + pi/3) - sin(q0)/2 - sqrt(3)/2*cos(q0)",
    "4*cos(pi/5) - 1 - sqrt(5)",
    "8*cos(pi/7)**3 - 4*cos(pi/7)**2 - 4*cos(pi/7) + 1",
    "sin(3*pi/7) - cos(pi/14)",
]
NOT_ZERO = [
    "sqrt(q0**2) - q0",
    "(q0**2)**Rational(1, 2) + q0",
    "log(q0**2) - log(q0)",
    "cos(pi/7) - cos(pi/9)",
    "sqrt(q0*q1) - q0",
    "(q0**2)**Rational(1, 3) - q0",
    "exp(q0) - exp(2*q0)",
]

certificate = load(sys.argv[1])
functions = certificate.Functions(
    {"coordinates": ["x", "y"], "momenta": ["px", "py"], "parameters": ["k"], "H": "q0", "where": [], "laws": [], "combinations": []}
)
wrong = []
for expected, texts in ((True, ZERO), (False, NOT_ZERO)):
    for text in texts:

        def work(field):
            return field.vanishes(certificate.evaluate(certificate.read(text), field))

        if functions.written(certificate.Knowledge(), work) != expected:
            wrong.append(text)
print("\n".join(wrong))
raise SystemExit(1 if wrong else 0)
