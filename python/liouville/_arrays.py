"""Recordings from arrays, frames and files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Mapping, Optional, Sequence, Union

from . import _liouville
from ._systems import System, listed
from .errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    #: One array for all runs, or one for each.
    Runs = Union[ArrayLike, Sequence[ArrayLike]]

#: Extensions of files that need a library of their own.
PARQUET = (".parquet", ".pq")


def real(name: str, values: Any) -> "NDArray[np.float64]":
    """Values as an array of doubles, in whatever memory order and real dtype they came.

    Raises:
        InputError: They are no numbers: complex, text, objects, rows of different lengths.
    """
    import numpy as np

    try:
        array = np.asarray(values)
    except ValueError as error:
        raise InputError(f"error: `{name}` is no array: {error}") from None
    if np.ma.isMaskedArray(values) and np.ma.is_masked(values):
        array = np.ma.filled(np.ma.asarray(values, dtype=np.float64), np.nan)
    if array.dtype.kind == "O":
        try:
            array = array.astype(np.float64)
        except (TypeError, ValueError):
            raise InputError(f"error: `{name}` holds objects that are no numbers") from None
    if array.dtype.kind not in "fiu":
        raise InputError(f"error: `{name}` holds real numbers, and has the dtype {array.dtype}")
    return array.astype(np.float64)


def options_of(
    system: Optional[System],
    declared: Optional[tuple[list[str], str, list[str]]],
    columns: Union[None, str, Mapping[str, str]],
    angle: Union[str, Sequence[str]],
    degrees: Union[str, Sequence[str]],
    drop_incomplete: bool,
) -> _liouville.Options:
    """How a recording is read, as the extension takes it."""
    if columns is not None and not isinstance(columns, str):
        columns = ",".join(f"{column}={name}" for column, name in columns.items())
    return {
        "system": None if system is None else system._system,
        "declared": declared,
        "columns": columns,
        "angles": listed(angle),
        "degrees": listed(degrees),
        "drop_incomplete": drop_incomplete,
    }


def names_of(arrays: Mapping[str, Any], coordinates: Sequence[str]) -> tuple[list[str], str, list[str]]:
    """Names of the positions, the kind of their rates, and the names of these."""
    q = list(coordinates)
    for kind in ("p", "v"):
        if kind in arrays:
            return q, kind, [f"{kind}{name}" for name in q]
    return q, "", []


def sets_of(arrays: Mapping[str, Any]) -> list[tuple[str, list[tuple[str, "NDArray[np.float64]"]]]]:
    """Arrays as the reader takes them: one set for arrays of all runs, one for each run of lists.

    Raises:
        InputError: Arrays without times, or lists of different lengths.
    """
    if "q" not in arrays:
        raise InputError("error: the positions `q` are missing\nhelp: lv.discover(q=q, v=v, t=t)")
    if not _is_list_of_runs(arrays["q"]):
        return [("arrays", [(name, _at_least_1d(name, values)) for name, values in arrays.items()])]
    count = len(arrays["q"])
    if count == 0:
        raise InputError("error: `q` is an empty list of runs")
    times = arrays.get("t")
    shared = times is not None and not _is_list_of_runs(times)
    if shared and all(_at_least_1d("q", run).ndim == 1 for run in arrays["q"]):
        raise InputError(
            "error: `q` is a list of arrays with one axis: they may be coordinates or runs\n"
            "help: coordinates are np.stack([x, y], axis=-1); runs with one coordinate have lists of times too"
        )
    sets = []
    for run in range(count):
        one = []
        for name, values in arrays.items():
            if name == "t" and shared:
                one.append((name, _at_least_1d(name, times)))
                continue
            if not _is_list_of_runs(values) or len(values) != count:
                raise InputError(f"error: `q` is a list of {count} runs, and `{name}` is not")
            one.append((name, _at_least_1d(f"{name}[{run}]", values[run])))
        sets.append((f"run {run + 1}", one))
    return sets


def _at_least_1d(name: str, values: Any) -> "NDArray[np.float64]":
    array = real(name, values)
    if array.ndim == 0:
        raise InputError(f"error: `{name}` is a single number, and an array is expected")
    return array


def _is_list_of_runs(values: Any) -> bool:
    """Whether values are a list with an array for each run. Nested lists that make one array are that array."""
    if not isinstance(values, (list, tuple)):
        return False
    if any(hasattr(run, "ndim") and run.ndim > 0 for run in values):
        return True
    nested = [len(run) for run in values if isinstance(run, (list, tuple))]
    return len(values) == 0 or (len(nested) == len(values) and len(set(nested)) > 1)


def is_frame(value: Any) -> bool:
    """Whether a value is a frame of pandas or polars, without importing either."""
    module = type(value).__module__.split(".")[0]
    return module in ("pandas", "polars") and hasattr(value, "columns")


def text_of(frame: Any) -> str:
    """A frame as CSV, in which every number reads back the same: frames and files are read alike.

    Raises:
        InputError: It has no columns or no rows.
    """
    if hasattr(frame, "collect"):
        frame = frame.collect()
    if len(frame.columns) == 0 or len(frame) == 0:
        raise InputError(f"error: the frame is empty: {len(frame)} rows, {len(frame.columns)} columns")
    if hasattr(frame, "to_csv"):
        named = any(name is not None for name in frame.index.names)
        return str(frame.to_csv(index=named))
    return str(frame.write_csv())


def read_parquet(path: str) -> Any:
    """A Parquet file as a frame, by whichever of polars, pandas and pyarrow is there.

    Raises:
        InputError: None of them is, or the file cannot be read.
    """
    try:
        try:
            import polars

            return polars.read_parquet(path)
        except ImportError:
            pass
        try:
            import pyarrow.parquet

            table = pyarrow.parquet.read_table(path)
        except ImportError:
            try:
                import pandas

                return pandas.read_parquet(path)
            except ImportError:
                raise InputError(
                    f"error: reading `{path}` needs polars, pyarrow or pandas\nhelp: pip install pyarrow"
                ) from None
        return _Table(table)
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"error: cannot read `{path}`: {error}") from None


class _Table:
    """A table of pyarrow with what :func:`text_of` asks of a frame."""

    def __init__(self, table: Any) -> None:
        self._table = table
        self.columns = table.column_names

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def write_csv(self) -> str:
        import io

        import pyarrow.csv

        out = io.BytesIO()
        pyarrow.csv.write_csv(self._table, out, pyarrow.csv.WriteOptions(quoting_style="needed"))
        return out.getvalue().decode()


def read(
    subjects: Sequence[Any],
    arrays: Mapping[str, Any],
    coordinates: Sequence[str],
    options: _liouville.Options,
) -> Optional[_liouville.Reading]:
    """The recording that was given, in whatever form; ``None`` where there is none.

    Raises:
        InputError: It cannot be read.
    """
    if arrays:
        if subjects:
            raise InputError("error: a recording is given as arrays or as a frame or file, not as both")
        if options["system"] is None and coordinates:
            options["declared"] = names_of(arrays, coordinates)
        return _liouville.Reading.of_arrays(list(sets_of(arrays)), options)
    if not subjects:
        return None
    if all(isinstance(subject, (str, os.PathLike)) for subject in subjects):
        files = [os.fspath(subject) for subject in subjects]
        if not any(file.lower().endswith(PARQUET) for file in files):
            return _liouville.Reading.of_files(files, options)
        if len(files) > 1:
            raise InputError("error: several Parquet files are no recording\nhelp: put the runs into one file")
        return _liouville.Reading.of_text(text_of(read_parquet(files[0])), files[0], options)
    if len(subjects) > 1:
        raise InputError(
            "error: several frames are no recording\nhelp: put the runs into one frame, with a column `run`"
        )
    if not is_frame(subjects[0]):
        raise InputError(
            "error: a recording is a path, a frame of pandas or polars, or arrays q, v, p, t,"
            f" and this is of type {type(subjects[0]).__name__}"
        )
    return _liouville.Reading.of_text(text_of(subjects[0]), "the frame", options)
