"""liouville finds the laws of a dynamical system, from trajectories or a Hamiltonian, and proves them.

>>> import liouville as lv
>>> found = lv.integrals("kepler")
>>> found.verdict
'maximally superintegrable'
>>> found.laws["L"].text
'x*py - y*px'
"""

from __future__ import annotations

from ._formulas import Formula
from ._liouville import __version__
from ._questions import (
    Equations,
    bracket,
    discover,
    equations,
    integrals,
    simplify,
    systems,
    verify,
)
from ._results import (
    Constant,
    Discovery,
    FurtherLaw,
    Hamiltonian,
    Law,
    LearnedMomentum,
    Network,
    Prediction,
    Result,
    Verification,
)
from ._systems import System, Trajectories
from .errors import InputError, InputSyntaxError, InterruptedWarning, LimitError, LiouvilleError

__all__ = [
    "Constant",
    "Discovery",
    "Equations",
    "Formula",
    "FurtherLaw",
    "Hamiltonian",
    "InputError",
    "InputSyntaxError",
    "InterruptedWarning",
    "Law",
    "LearnedMomentum",
    "LimitError",
    "LiouvilleError",
    "Network",
    "Prediction",
    "Result",
    "System",
    "Trajectories",
    "Verification",
    "__version__",
    "bracket",
    "discover",
    "equations",
    "integrals",
    "simplify",
    "systems",
    "verify",
]
