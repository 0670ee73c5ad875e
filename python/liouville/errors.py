"""What can go wrong. The text of an error is that of the command line, with the place of the fault."""

from __future__ import annotations

from typing import Optional


class LiouvilleError(Exception):
    """Base class of all errors of liouville. ``str(error)`` is the text that the command line prints."""


class InputError(LiouvilleError, ValueError):
    """The input is at fault."""


class InputSyntaxError(InputError):
    """A text is at fault at a place of it.

    Attributes:
        filename: The file or text at fault, such as ``"the formula"``.
        lineno: The line, from 1.
        offset: The column, from 1, in characters.
    """

    def __init__(self, text: str, filename: str, lineno: int, offset: int) -> None:
        super().__init__(text)
        self.filename = filename
        self.lineno = lineno
        self.offset = offset

    def __reduce__(self) -> tuple[type, tuple[str, str, int, int]]:
        return type(self), (str(self), self.filename, self.lineno, self.offset)


class LimitError(LiouvilleError, TimeoutError):
    """A limit ended the work before anything was found."""


class InterruptedWarning(UserWarning):
    """Ctrl-C ended the work; the result holds what was found until then."""


def of_failure(text: str, place: Optional[tuple[str, int, int]], ended: Optional[str]) -> LiouvilleError:
    """The exception for a failure of the engine."""
    if ended is not None:
        return LimitError(text)
    if place is not None:
        return InputSyntaxError(text, *place)
    return InputError(text)
