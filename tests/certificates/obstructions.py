"""Alters the proof of non-integrability in a certificate: the certificate must hold, and no false mutant may.

Usage: obstructions.py CERTIFICATE. Prints how many mutants were refused; status 1 where one that is false passes.
"""

import copy
import importlib.util
import sys
from fractions import Fraction


def mutants(data):
    """(name, data) for changes each of which makes the claim false."""
    claim = data["obstruction"]

    def with_claim(**changes):
        altered = copy.deepcopy(data)
        altered["obstruction"] |= changes
        return altered

    stronger = ["meromorphic", "meromorphic in q, p and the roots of H", "meromorphic near the origin", "rational"]
    stronger += ["rational in q, p and the roots of H", "rational in p and the exponentials of H"]
    for kind in stronger:
        if kind != claim["class"]:
            yield f"class {kind}", with_claim(**{"class": kind})
    if claim.get("eigenvalue") is not None:
        value = Fraction(claim["eigenvalue"])
        for other in (value + 1, -value, value / 2, Fraction(0), Fraction(1)):
            if other != value:
                yield f"eigenvalue {other}", with_claim(eigenvalue=str(other))
    if claim.get("polynomial"):
        yield "another polynomial", with_claim(polynomial=[*claim["polynomial"][:-1], str(Fraction(claim["polynomial"][-1]) + 1)])
        yield "a rational root", with_claim(polynomial=["-1", "1"])
    if "direction" in claim:
        for k in range(len(claim["direction"])):
            changed = list(claim["direction"])
            changed[k] = str(Fraction(changed[k]) + 7)
            # A multiple is the same direction.
            if any(Fraction(c) != 0 for j, c in enumerate(claim["direction"]) if j != k):
                yield f"direction {changed}", with_claim(direction=changed)
        yield "no direction", with_claim(direction=["0"] * len(claim["direction"]))
    if "centre" in claim:
        low, high = (Fraction(x) for x in claim["between"])
        width = high - low
        yield "beside the eigenvalue", with_claim(between=[str(high), str(high + width)])
        yield "with a value of the table", with_claim(between=["-3", str(high)])
        yield "turned round", with_claim(between=[str(high), str(low)])
        place = next(i for i in range(len(claim["centre"])) if i not in claim["vanishing"])
        moved = list(claim["centre"])
        moved[place] = str(Fraction(moved[place]) + Fraction(1, 1000))
        yield "another centre", with_claim(centre=moved)
        yield "a point without width", with_claim(radius="0")
        yield "the other sign", with_claim(sign=-claim["sign"])
        if claim["vanishing"]:
            yield "no coordinates vanish", with_claim(vanishing=[])
        yield "half a block", with_claim(block=claim["block"][:1])
    if claim["kind"] == "exponential":
        yield "equal weights", with_claim(weights=["1"] * len(claim["weights"]))
        yield "another exponent", with_claim(exponents=[claim["exponents"][0], claim["exponents"][0]])
        yield "opposite weights", with_claim(weights=[str(-Fraction(w)) for w in claim["weights"]])
    for part in ("whole", "leading", "lowest"):
        if part != claim.get("part", part):
            altered = with_claim(part=part)
            # The part of another name may be the same part; then the class must differ too.
            yield f"part {part}", altered
    for kind in ("darboux", "darboux-ball", "leading", "exponential"):
        if kind != claim["kind"]:
            yield f"kind {kind}", with_claim(kind=kind)
    dof = data["dof"]
    if claim["translations"]:
        vectors = claim["translations"]
        bent = [[str(Fraction(x) + k) for k, x in enumerate(vectors[0])], *vectors[1:]]
        yield "another translation", with_claim(translations=bent)
        yield "a translation twice", with_claim(translations=[*vectors, vectors[0]], relative=dof - len(vectors) - 1)
        yield "too few degrees of freedom left", with_claim(relative=claim["relative"] - 1)
    else:
        yield "a translation", with_claim(translations=[["1"] * dof], relative=dof - 1)
    free = " + ".join(f"p{i}**2/2" for i in range(dof))
    for name, energy in [
        ("round", f"{free} + ({' + '.join(f'q{i}**2' for i in range(dof))})**3"),
        ("separable", f"{free} + {' + '.join(f'q{i}**4' for i in range(dof))}"),
        ("Kepler", f"{free} - 1/sqrt({' + '.join(f'q{i}**2' for i in range(dof))})"),
        ("not natural", f"{data['H']} + q0*p0**2"),
    ]:
        yield f"H is {name}", {**copy.deepcopy(data), "H": energy}
    yield "no proof", {**copy.deepcopy(data), "obstruction": None}
    yield "a parameter", {**copy.deepcopy(data), "parameters": ["a"]}


def main(path):
    specification = importlib.util.spec_from_file_location("certificate", path)
    certificate = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(certificate)
    failures = certificate.check(certificate.DATA)
    if failures:
        print("the certificate itself fails:", failures)
        return 1
    passed, refused = [], 0
    for name, data in mutants(certificate.DATA):
        if certificate.check(data):
            refused += 1
        else:
            passed.append(name)
    print(refused, "mutants refused")
    for name in passed:
        print("PASSED:", name)
    return 1 if passed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
