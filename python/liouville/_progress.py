"""Progress of long calls."""

from __future__ import annotations

import sys
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Callable, Iterator, Optional, Union

from .errors import InterruptedWarning

if TYPE_CHECKING:
    from ._liouville import Listener

#: ``None`` shows a bar where tqdm is installed and someone looks; ``True`` shows it anyway; ``False`` shows nothing; a
#: function is called with a kind (``"note"``, ``"doing"``, ``"law"``, ``"step"``), a text, and steps done and in all.
Progress = Union[None, bool, Callable[[str, str, int, int], Any]]


@contextmanager
def shown(progress: Progress, title: str) -> Iterator["Optional[Listener]"]:
    """The listener that a progress argument asks for."""
    if callable(progress):
        yield progress
        return
    bar = _bar(title) if progress or (progress is None and _is_watched()) else None
    if bar is None:
        yield None
        return

    def listen(kind: str, text: str, done: int, total: int) -> None:
        if kind == "step":
            bar.total, bar.n = total, done
        bar.set_postfix_str(text if len(text) <= 70 else text[:69] + "…")

    try:
        yield listen
    finally:
        bar.close()


def _bar(title: str) -> Any:
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return None
    # Without the number of steps it shows the time and what is done.
    return tqdm(desc=title, total=None, leave=False, bar_format="{desc} {elapsed}{postfix}")


def _is_watched() -> bool:
    if "ipykernel" in sys.modules:
        return True
    return sys.stderr is not None and hasattr(sys.stderr, "isatty") and sys.stderr.isatty()


def warn_if_interrupted(ended: Optional[str]) -> None:
    """Says that a result is that of an interrupted call."""
    if ended == "interrupted":
        warnings.warn("interrupted: the result holds what was found until then", InterruptedWarning, stacklevel=3)
